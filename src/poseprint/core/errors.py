"""Every error poseprint raises on purpose.

    PoseprintError              anything a user can cause or mend; the command line exits with 3
    ├── VideoError              a file that is no video, or nothing in it decodes
    ├── PoseFileError           a pose file, csv pair or json folder that does not fit its form
    ├── DatasetError            a folder of recordings that cannot be used, or a split that cannot be made
    ├── ProfileError            a profile that is broken, altered, or does not fit the input
    └── MissingDependencyError  an optional dependency that is not installed

A doubt that can be lived with is no error: it is a `poseprint.core.findings.Finding`.
"""

import os

_LONGEST = 800  # letters of an error: more is what a file holds, not what is wrong with it


class PoseprintError(Exception):
    """Base of all errors raised on purpose; its text is one line meant for the user."""

    def __str__(self) -> str:
        text = " ".join(super().__str__().split())
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"


class VideoError(PoseprintError):
    """The file is not a video that can be read."""


class PoseFileError(PoseprintError):
    """A file of poses does not have the form it should have."""


class DatasetError(PoseprintError):
    """A data set cannot be used as it is."""


class ProfileError(PoseprintError):
    """A profile is broken, was altered, or does not fit what it is asked to judge."""


class MissingDependencyError(PoseprintError):
    """A capability needs a package or a model file that is not installed."""


def explain(error: Exception) -> str:
    """Any error as a sentence for the user. Raises the error itself if nothing foresaw it and POSEPRINT_DEBUG is set."""
    if isinstance(error, PoseprintError):
        return str(error)
    if isinstance(error, UnicodeEncodeError):
        return f"{error.object!r}: cannot be written as {error.encoding}; name it otherwise, or set PYTHONUTF8=1"
    if isinstance(error, OSError):  # a full disk, a name too long
        return f"{error.filename or 'input or output'}: {error.strerror or error}"
    if os.environ.get("POSEPRINT_DEBUG"):
        raise error
    return f"unforeseen {type(error).__name__}: {error} (a fault of poseprint; POSEPRINT_DEBUG=1 shows where)"
