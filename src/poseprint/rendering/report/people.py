"""A page that shows everybody in a video, each with a picture, so that one can be chosen."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image, ImageDraw

from poseprint.core.choice import Choice
from poseprint.core.files import atomic_write
from poseprint.core.findings import Inspection
from poseprint.core.series import PoseSeries
from poseprint.io.poses import is_poses
from poseprint.io.video import VideoInfo, frames, probe

MARK = b'<meta name="generator" content="poseprint inspect">'
"""What tells a page of ours."""
WIDEST = 480
"""Pixels of a thumbnail."""
_COLOUR = (255, 196, 0)
_BOX = (0.65, 0.55, 0.65, 1.4)
"""Left, top, right and bottom of a person's box from the middle of the head, in shoulder widths."""


def write_people_page(series: PoseSeries, inspection: Inspection, source: Path, path: Path) -> None:
    """Write who is in a recording, whom the poses are of, and what the gates say, as one self-contained page.

    Args:
        series: the poses of the one who was measured.
        inspection: what the gates say of them.
        source: the video, of which the pictures are; of ready-made poses there are none.
        path: the page to write.

    Raises:
        PoseprintError: the page cannot be written, or the video not be read.
    """
    choice = Choice.of(series.log)
    video = None if is_poses(source) else probe(source)
    people = [{**person, "picture": _thumbnail(video, person)} for person in choice.people]
    kinds = inspection.seconds_by_kind(series.fps)
    environment = Environment(
        loader=PackageLoader("poseprint.rendering.report", "."), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("people.html").render(
        series=series, people=people, who=choice.who, kinds=kinds, findings=inspection.findings
    )
    with atomic_write(path) as partial:
        partial.write_bytes(page.encode("utf-8", "replace"))


def is_people_page(path: Path) -> bool:
    """Whether a file is a page that `write_people_page` wrote."""
    with path.open("rb") as file:
        return MARK in file.read(1000)


def _thumbnail(video: VideoInfo | None, person: Mapping[str, Any]) -> str:
    """The picture in which a person is largest, small, with a box on them, as a data address; empty without a video."""
    frame = next(frames(video, float(person["clearest"])), None) if video else None
    if video is None or frame is None:
        return ""
    picture = Image.fromarray(frame.picture)
    scale = picture.width / video.size[0]
    (x, y), size = (scale * v for v in person["there"]), scale * person["size"]
    left, top, right, bottom = _BOX
    box = (x - left * size, y - top * size, x + right * size, y + bottom * size)
    ImageDraw.Draw(picture).rectangle(box, outline=_COLOUR, width=max(2, picture.width // 160))
    picture.thumbnail((WIDEST, WIDEST))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode()
