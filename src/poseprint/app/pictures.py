"""One picture of a film, and who is in it: for choosing a person before anything is measured."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from poseprint.core.errors import PoseprintError
from poseprint.io.people import head_of
from poseprint.io.poses import is_poses
from poseprint.io.video import Frame, VideoInfo, frames, probe

WIDEST = 1280
"""Pixels of a picture that is shown."""
_BOX = (1.5, 1.2, 1.5, 3.2)
"""Left, top, right and bottom of a person's box from the middle of the head, in head widths."""
_finding = threading.Lock()


def picture_at(film: Path, seconds: float) -> bytes:
    """The picture that is on display at a time, as a JPEG.

    Raises:
        PoseprintError: these are poses, or nothing can be decoded there.
    """
    _, frame = _shown(film, seconds)
    picture = Image.fromarray(frame.picture)
    picture.thumbnail((WIDEST, WIDEST))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=85)
    return content.getvalue()


def people_at(film: Path, seconds: float) -> dict[str, Any]:
    """Everybody in the picture at a time; json-ready.

    Returns:
        `size` of the picture, `duration` and `time`, seconds; `people`, each with the middle of the head, `x` and `y`, and a `box`
        (left, top, right, bottom), in pixels as `--at` takes them, the largest first.

    Raises:
        PoseprintError: see `picture_at`.
    """
    video, frame = _shown(film, seconds)
    with _finding, _finder() as finder:
        found, _ = finder.find(frame.picture)
    scale = video.size[0] / frame.picture.shape[1]
    people = []
    for head in [head for pose in found if (head := head_of(pose)) is not None]:
        x, y, width = (round(scale * float(v), 1) for v in head)
        left, top, right, bottom = (width * share for share in _BOX)
        box = [max(0.0, x - left), max(0.0, y - top), min(video.size[0], x + right), min(video.size[1], y + bottom)]
        people.append({"x": x, "y": y, "box": box})
    people.sort(key=lambda person: person["box"][0] - person["box"][2])
    return {"size": list(video.size), "duration": video.duration, "time": frame.time, "people": people}


def _shown(film: Path, seconds: float) -> tuple[VideoInfo, Frame]:
    if is_poses(film):
        raise PoseprintError(f"{film.name}: these are poses, which have no picture")
    video = probe(film)
    frame = next(frames(video, min(max(0.0, seconds), video.duration)), None)
    if frame is None:
        frame = next(frames(video), None)
    if frame is None or not frame.picture.size:
        raise PoseprintError(f"{film.name}: no picture can be decoded there")
    return video, frame


@contextmanager
def _finder() -> Iterator[Any]:
    """Opened for one picture: that takes ten milliseconds, and MediaPipe minds being open when Python ends."""
    from poseprint.estimation.finder import PeopleFinder

    finder = PeopleFinder()
    try:
        yield finder
    finally:
        finder.close()
