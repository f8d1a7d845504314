"""The paper's method: a network that votes on movements. The only package that trains."""
