"""Does the person in this recording move like the person they claim to be?

    import poseprint

    verdict = poseprint.check("clip.mp4", "profile/")
    print(verdict.decision, verdict.reason)

The public names stand in __init__.pyi, here and in the packages that have one; each is loaded when it is first asked
for: importing the package loads neither torch nor mediapipe.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
