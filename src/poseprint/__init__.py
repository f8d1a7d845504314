"""Does the person in this recording move like the person they claim to be?"""

__version__ = "0.1.0"
