"""A PoseSeries into what can be measured. Touches no disk, no picture and no model."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
