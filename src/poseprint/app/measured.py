"""The poses of videos that were measured before, in the user's cache: what was measured once is not measured again.

An entry is a file of poses named `<key>-<start of its own sha256>.parquet`, where the key tells the video's content and all
that changes what is measured. `<key>.parts` holds what is done of a video that is not finished. Whatever goes wrong with
the cache, the work goes on without it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from poseprint.core.errors import PoseprintError
from poseprint.core.files import cache_dir, file_sha256, locked
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.core.version import __version__
from poseprint.io.parquet import count_frames, read_poses, write_poses
from poseprint.io.video import VideoInfo

logger = logging.getLogger(__name__)

MEASURING_VERSION = 2
"""Of measuring itself; raised when the same video, settings and model give other figures."""
ENVIRONMENT = "POSEPRINT_CACHE_BYTES"
MOST_BYTES = 2_000_000_000
"""What the cache may take unless $POSEPRINT_CACHE_BYTES says otherwise; the least recently used goes first."""

_ENTRY = re.compile(r"[0-9a-f]{64}-[0-9a-f]{16}\.parquet")
_UNFINISHED = re.compile(r"[0-9a-f]{64}\.(parts|lock|parquet)|\.[0-9a-f]{16}\.[0-9a-f]+\.partial\.parquet")
"""What an interruption leaves. Nothing of another name is ever removed."""
_DAY = 86_400


@dataclass(frozen=True)
class Kept:
    """What the cache holds.

    Attributes:
        folder: where; it need not be there.
        recordings, seconds: videos measured, and how long they are together.
        unfinished: videos whose measuring was interrupted.
        size: bytes of all of it.
        most: bytes that it may take; 0 where the cache is switched off.
    """

    folder: Path
    recordings: int
    seconds: float
    unfinished: int
    size: int
    most: int


def measured_dir() -> Path:
    """The folder of the cache."""
    return cache_dir() / "measured"


def most_bytes() -> int:
    """What the cache may take; 0 switches it off.

    Raises:
        PoseprintError: $POSEPRINT_CACHE_BYTES is no whole number.
    """
    text = os.environ.get(ENVIRONMENT, "").strip() or str(MOST_BYTES)
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise PoseprintError(f"${ENVIRONMENT} is {text!r}; expected a whole number of bytes, 0 to keep nothing")
    return int(text)


def measured(
    video: VideoInfo, settings: Mapping[str, Any], measure: Callable[[Path | None], PoseSeries], *, cache: bool = True
) -> PoseSeries:
    """The poses in a video, from the cache or measured now.

    Args:
        video: what was probed of it.
        settings: all that changes what is measured, the model files among it; as json has it.
        measure: measures; takes the folder for what is done of an unfinished video, or None where nothing is kept.
        cache: whether to look into the cache and to keep what is measured.

    Raises:
        PoseprintError: of `measure`, or $POSEPRINT_CACHE_BYTES is no number.
    """
    most = most_bytes() if cache else 0
    if not most:
        return measure(None)
    folder, key = measured_dir(), _key(video, settings)
    series = _found(folder, key)
    if series is None:
        with ExitStack() as held:
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                held.enter_context(locked(folder / f"{key}.lock"))
            except (OSError, PoseprintError) as error:
                logger.info("%s; what is measured is not kept", error)
                return measure(None)
            series = _found(folder, key)  # another process may have measured it while this one waited
            if series is None:
                series = measure(folder / f"{key}.parts")
                _keep(series, folder, key, most)
    return replace(series, recording=video.path.stem)


def kept() -> Kept:
    """What the cache holds."""
    folder, paths = measured_dir(), list(_own())
    recordings = [path for path in paths if _ENTRY.fullmatch(path.name)]
    frames = 0
    for path in recordings:
        with suppress(PoseprintError):  # damaged: measured again when it is asked for
            frames += count_frames(path)
    unfinished = sum(path.suffix == ".parts" for path in paths)
    return Kept(folder, len(recordings), frames / GRID_FPS, unfinished, sum(map(_size, paths)), most_bytes())


def clear(older_than: float = 0) -> Kept:
    """Remove what the cache holds, but for what is being measured now; other files in its folder stay.

    Args:
        older_than: days for which an entry must have gone unused.

    Returns:
        what is left.
    """
    for path in _own():
        if not older_than or _used(path) <= time.time() - older_than * _DAY:
            _remove(path)
    return kept()


def _key(video: VideoInfo, settings: Mapping[str, Any]) -> str:
    made_by = [MEASURING_VERSION, __version__, version("av")]
    about = {"video": video.sha256, "settings": settings, "made_by": made_by}
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _found(folder: Path, key: str) -> PoseSeries | None:
    """A series of the cache; None where there is none, or only what is not as it was written."""
    for path in sorted(folder.glob(f"{key}-*.parquet")):
        with suppress(OSError, PoseprintError):
            if path.name == _name(key, path):
                series = read_poses(path)
                with suppress(OSError):  # a cache that can only be read
                    os.utime(path)
                return series
    return None


def _name(key: str, file: Path) -> str:
    return f"{key}-{file_sha256(file)[:16]}.parquet"


def _keep(series: PoseSeries, folder: Path, key: str, most: int) -> None:
    """Put a series into the cache, in the place of what is damaged, and take out what is too much."""
    new = folder / f"{key}.parquet"
    try:
        write_poses(series, new)
        for damaged in folder.glob(f"{key}-*.parquet"):
            damaged.unlink()
        new.replace(folder / _name(key, new))
        shutil.rmtree(folder / f"{key}.parts", ignore_errors=True)
        size = {path: _size(path) for path in _own()}
        for path in sorted(size, key=_used):
            if sum(size.values()) <= most:
                break
            _remove(path)
            del size[path]
    except (OSError, PoseprintError) as error:
        logger.info("%s: the cache cannot be written (%s); what was measured is not kept", folder, error)


def _own() -> Iterator[Path]:
    """What poseprint put into the folder."""
    with suppress(OSError):
        for path in sorted(measured_dir().iterdir()):
            if (_ENTRY.fullmatch(path.name) or _UNFINISHED.fullmatch(path.name)) and not path.is_symlink():
                yield path


def _size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; 0 of what is gone."""
    try:
        return sum(_size(inside) for inside in path.iterdir()) if path.is_dir() else path.stat().st_size
    except OSError:
        return 0


def _used(path: Path) -> float:
    """When an entry was used last, seconds of the system's clock."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def _remove(path: Path) -> None:
    """Remove an entry; what another process is measuring stays."""
    with suppress(OSError, PoseprintError):
        if path.suffix == ".parquet":
            path.unlink()
        else:
            with locked(path.with_suffix(".lock"), busy=f"{path}: is being measured"):
                shutil.rmtree(path.with_suffix(".parts"), ignore_errors=True)
