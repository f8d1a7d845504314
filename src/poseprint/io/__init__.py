"""Files to data and back: videos, poses, data sets, profiles. Knows no movement."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
