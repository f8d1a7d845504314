"""The paper's method: a network that votes on movements. The only package that trains."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
