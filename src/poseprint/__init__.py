"""Does the person in this recording move like the person they claim to be?

    import poseprint

    verdict = poseprint.check("clip.mp4", "profile/")
    print(verdict.decision, verdict.reason)

The public names stand in __init__.pyi, here and in the packages that have one; each is loaded when it is first asked
for: importing the package loads neither torch nor mediapipe.
"""

import os
import sys
import warnings

import lazy_loader

if "onnxruntime" in sys.modules and os.environ.get("ORT_DISABLE_TELEMETRY") != "1":
    warnings.warn(
        "onnxruntime was loaded before poseprint, so it may send usage data; "
        "import poseprint first, or set ORT_DISABLE_TELEMETRY=1",
        stacklevel=2,
    )
os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # whatever it was; onnxruntime heeds it only while it is loaded

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
