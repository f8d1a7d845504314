"""Local paths that may be named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from poseprint.app.clips import ForbiddenPathError


def allowed_path(path: str, folders: Sequence[Path]) -> Path:
    """A path that may be named: it lies, all links followed, in one of the folders.

    Raises:
        ForbiddenPathError: it does not; whether anything is there is not told.
    """
    try:
        real = Path(path).expanduser().resolve()
        inside = any(real.is_relative_to(folder.resolve()) for folder in folders)
    except (OSError, ValueError, RuntimeError):
        inside = False
    if not inside:
        raise ForbiddenPathError(
            "no such file in a folder that may be named; start `poseprint serve` with --allow-paths and the folder"
        )
    return real
