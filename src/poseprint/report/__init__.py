"""The html report: one file that shows a verdict and all its evidence, offline and without the footage.

The page makes no request: its Content-Security-Policy allows only the one script and the one style
sheet whose hashes it names, so a recording called `<script>` stays a name even if escaping failed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from poseprint.atomic import replacing
from poseprint.errors import MissingDependencyError
from poseprint.pose import PoseSeries
from poseprint.verdict import Verdict

__all__ = ["write_report"]

MISSING = -32768
"""Stands for NaN among the embedded positions."""

STRIP_COLUMNS = 240
"""Columns of the strip that shows which keypoints are seen when."""

FOOTAGE_SIDE = 640
"""Longer side of the embedded footage, pixels."""


def write_report(verdict: Verdict, series: PoseSeries, path: Path | str, footage: Path | str | None = None) -> None:
    """Write a verdict as one self-contained html page.

    Args:
        verdict: what `poseprint.verdict` found.
        series: the poses it was found on.
        path: the page to write; it is replaced whole or not at all.
        footage: the recording; given, a small copy of its pictures is embedded beside the skeleton.

    Raises:
        PoseprintError: the page cannot be written.
        VideoError: the footage cannot be read.
    """
    page = _page(verdict, series, _small_copy(Path(footage)) if footage else "")
    with replacing(path) as partial:
        # A file name may hold bytes that are no text; they must not cost the whole report.
        partial.write_bytes(page.encode("utf-8", "replace"))


def _page(verdict: Verdict, series: PoseSeries, video: str) -> str:
    files = resources.files(__name__)
    css, js = (files.joinpath(f"report.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    environment = Environment(
        loader=PackageLoader("poseprint", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock": _clock,
        "duration": _duration,
        "value": _value,
        "words": _words,
        "sentence": _sentence,
    }
    training = _flat(verdict.profile.get("training"))
    plain = _plain(verdict.to_dict())
    return environment.get_template("report.html").render(
        verdict=verdict,
        series=series,
        timeline=_timeline(verdict, series),
        enrolment=_enrolment(verdict.profile),
        training=training,
        measured=_measured(verdict.profile.get("training")),
        movement_seconds=float(np.median([m.end - m.start for m in verdict.movements] or [5.0])),
        settings=_flat(verdict.settings),
        made_from=_made_from(verdict.profile),
        doubts=_doubts(verdict),
        strips=_strips(verdict, series),
        findings=[(finding, _ranges(finding.frames, verdict, series)) for finding in verdict.findings],
        written=datetime.now(UTC).strftime("%-d %B %Y, %H:%M UTC" if os.name != "nt" else "%d %B %Y, %H:%M UTC"),
        data=_replay_data(verdict, series),
        verdict_json=json.dumps(plain, indent=2, ensure_ascii=False),
        video=video,
        css=Markup(css),  # our own files: the two texts that are meant to be markup
        js=Markup(js),
        css_hash=_csp_hash(css),
        js_hash=_csp_hash(js),
    )


def _csp_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


# ---- numbers and words -------------------------------------------------------------------------


def _clock(seconds: float, digits: int = 1) -> str:
    """A moment of the recording, as 1:02.5 or 1:00:02.5."""
    ticks = round(seconds * 10**digits)
    whole, rest = divmod(ticks, 10**digits)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    text = f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
    return f"{text}.{rest:0{digits}}" if digits else text


def _duration(seconds: float) -> str:
    """A length of time: seconds up to two minutes, then minutes."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _words(key: object) -> str:
    return str(key).replace("_", " ")


def _sentence(text: str) -> str:
    """A message as a sentence: findings are written without capital and full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _doubts(verdict: Verdict) -> str:
    """How many findings of each severity, in words."""
    words = {
        "exclude": ("excludes footage", "exclude footage"),
        "warning": ("warning", "warnings"),
        "note": ("note", "notes"),
    }
    counts = [(sum(f.severity == severity for f in verdict.findings), pair) for severity, pair in words.items()]
    return ", ".join(f"{n} {pair[n > 1]}" for n, pair in counts if n) or "nothing found"


def _value(value: object) -> str:
    """A setting or figure in the shortest form that still reads the same."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if value is None:
        return "not set"
    if isinstance(value, float | np.floating):
        return f"{float(value):.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(_value(v) for v in value) or "none"
    return str(value)


def _plain(value: Any) -> Any:
    """Only what json knows: numpy's numbers become Python's, NaN and infinity become null."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def _flat(values: object, prefix: str = "") -> list[tuple[str, Any]]:
    """Nested settings as rows (name, value)."""
    if not isinstance(values, Mapping):
        return []
    rows: list[tuple[str, Any]] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        rows += _flat(value, f"{name}: ") if isinstance(value, Mapping) else [(name, value)]
    return rows


# ---- what the profile says of itself -----------------------------------------------------------


def _made_from(profile: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = profile.get("made_from") or []
    return [row for row in rows if isinstance(row, Mapping)]


def _enrolment(profile: Mapping[str, Any]) -> list[tuple[str, int, float]]:
    """Recordings and seconds the profile was made from, by label; paper's 1 and 0 become words."""
    groups: dict[str, tuple[int, float]] = {}
    for row in _made_from(profile):
        label = {"1": "real", "0": "fake"}.get(str(row.get("label")), str(row.get("label", "")))
        count, seconds = groups.get(label, (0, 0.0))
        groups[label] = (count + 1, seconds + float(row.get("seconds") or 0))
    return [(label, count, seconds) for label, (count, seconds) in groups.items()]


def _measured(training: object) -> dict[str, Any] | None:
    """The figures on recordings the training did not see, if there are any."""
    test = training.get("test") if isinstance(training, Mapping) else None
    if not isinstance(test, Mapping) or not isinstance(test.get("accuracy"), float | int):
        return None
    assert isinstance(training, Mapping)
    wrong, majority = 1 - test["accuracy"], test.get("majority")
    low_high = test.get("interval")
    return {
        "by_recording": training.get("split") == "recording",
        "recordings": test.get("recordings"),
        "movements": test.get("movements"),
        "wrong": wrong,
        "interval": (1 - low_high[1], 1 - low_high[0]) if low_high else None,
        "guessing": None if majority is None else 1 - majority,
    }


# ---- the timeline ------------------------------------------------------------------------------


def _ranges(frames: Iterable[tuple[int, int]], verdict: Verdict, series: PoseSeries) -> list[tuple[float, float]]:
    """Ranges of frames as ranges of seconds, inside the recording."""
    # A check counts frames at its own rate, where the recording's was another.
    fps = float(verdict.settings.get("fps") or series.fps)
    start = float(series.time[0]) if len(series) else 0.0
    clipped = ((max(first / fps, 0.0), min(last / fps, series.duration)) for first, last in frames)
    return [(start + a, start + b) for a, b in clipped if b > a]


def _timeline(verdict: Verdict, series: PoseSeries) -> dict[str, Any]:
    """Everything drawn along the recording, in percent of its length."""
    start = float(series.time[0]) if len(series) else 0.0
    length = series.duration or 1.0

    def span(a: float, b: float) -> dict[str, float]:
        left, right = (min(max(100 * (t - start) / length, 0), 100) for t in (a, b))
        return {"x": round(left, 3), "width": round(right - left, 3)}

    def merged(ranges: Sequence[tuple[float, float]]) -> list[dict[str, float]]:
        # Keypoints that flicker make thousands of ranges; gaps too narrow to be seen are closed.
        joined: list[list[float]] = []
        for a, b in sorted(ranges):
            if joined and a - joined[-1][1] < length / 1000:
                joined[-1][1] = max(joined[-1][1], b)
            else:
                joined.append([a, b])
        return [span(a, b) for a, b in joined]

    bars, unused, reached = [], [], start
    ends = [m.start for m in verdict.movements[1:]] + [start + length]
    for movement, following in zip(verdict.movements, ends, strict=False):
        if movement.start > reached + 0.5 / series.fps:
            unused.append(span(reached, movement.start))
        reached = max(reached, movement.end)
        # Movements may overlap; each bar then ends where the next one starts.
        bars.append({"movement": movement, **span(movement.start, min(movement.end, following))})
    if start + length > reached + 0.5 / series.fps:
        unused.append(span(reached, start + length))
    step = next((s for s in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800) if length / s <= 7), 3600)
    ticks = [t for t in range(0, math.ceil(start + length), step) if start <= t < start + 0.97 * length]
    return {
        "start": start,
        "end": start + length,
        "bars": bars,
        "unused": unused,
        "ticks": [(span(t, t)["x"], t) for t in ticks],
        "rows": [
            {"finding": finding, "spans": merged(ranges)}
            for finding in verdict.findings
            if (ranges := _ranges(finding.frames, verdict, series))
        ],
    }


def _strips(verdict: Verdict, series: PoseSeries) -> list[dict[str, Any]]:
    """For each pair of keypoints, how much of it was seen in each column of time, as runs of equal share."""
    seen = series.seen()
    edges = np.linspace(0, len(series), min(STRIP_COLUMNS, len(series)) + 1).astype(int)
    strips = []
    for name, share in verdict.seen.items():
        single = name.removesuffix("s")
        columns = [i for i, k in enumerate(series.skeleton.keypoints) if k == name or k.endswith(f"_{single}")]
        # Quarters are as fine as the eye can tell apart, and keep the number of runs small.
        levels = [round(4 * float(seen[a:b, columns].mean())) if columns else 0 for a, b in pairwise(edges)]
        changes = [i for i in range(len(levels)) if i == 0 or levels[i] != levels[i - 1]]
        runs = [
            {
                "x": round(100 * a / len(levels), 3),
                "width": round(100 * (b - a) / len(levels), 3),
                "level": levels[a],
            }
            for a, b in pairwise([*changes, len(levels)])
            if levels[a]
        ]
        strips.append({"name": name, "share": share, "runs": runs})
    return strips


# ---- the replay --------------------------------------------------------------------------------


def _replay_data(verdict: Verdict, series: PoseSeries) -> dict[str, Any]:
    """What the script needs: poses in five bytes a keypoint, so ten minutes take 1.5 MB."""
    per_pixel = min(10.0, 32000 / max(series.frame_size))  # tenths of a pixel, coarser above 3200 pixels
    scaled = np.clip(np.nan_to_num(series.position, nan=0.0) * per_pixel, -32767, 32767)
    packed = np.where(np.isnan(series.position), MISSING, np.rint(scaled)).astype("<i2")
    confidence = np.rint(series.confidence * 255).astype(np.uint8)
    shoulders = series.shoulder_width() if {"right_shoulder", "left_shoulder"} <= set(series.skeleton.keypoints) else 0
    data = {
        "position": base64.b64encode(packed.tobytes()).decode(),
        "confidence": base64.b64encode(confidence.tobytes()).decode(),
        "perPixel": per_pixel,
        "missing": MISSING,
        "frames": len(series),
        "fps": series.fps,
        "start": float(series.time[0]) if len(series) else 0.0,
        "size": series.frame_size,
        "shoulders": shoulders,
        "keypoints": series.skeleton.keypoints,
        "edges": series.skeleton.edges,
        "cuts": [first for first, _ in series.shots()[1:]],
        "movements": [[m.start, m.end] for m in verdict.movements],
    }
    plain: dict[str, Any] = _plain(data)
    return plain


def _small_copy(footage: Path) -> str:
    """The pictures of a recording as a small H.264 film in a data URI; time stamps are those of the poses."""
    import av

    from poseprint.video import FPS, frames, probe

    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"  # a real file, because faststart reads back what it wrote
        with av.open(str(film), "w", options={"movflags": "+faststart"}) as container:
            stream = None
            for frame in frames(probe(footage)):
                if stream is None:
                    height, width = frame.picture.shape[:2]
                    shrink = min(1.0, FOOTAGE_SIDE / max(width, height))
                    try:
                        # A key frame each second keeps jumps on the timeline quick.
                        stream = container.add_stream(
                            "libx264", rate=round(FPS), options={"crf": "28", "preset": "veryfast", "g": "30"}
                        )
                    except ValueError as error:
                        raise MissingDependencyError(
                            "this build of PyAV cannot write H.264 (libx264 is missing): leave the footage out"
                        ) from error
                    # H.264 wants even sides.
                    stream.width, stream.height = (max(2, 2 * round(side * shrink / 2)) for side in (width, height))
                    stream.pix_fmt = "yuv420p"
                    stream.time_base = 1 / Fraction(FPS)
                picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame.picture), format="rgb24")
                picture.pts, picture.time_base = frame.index, 1 / Fraction(FPS)
                container.mux(stream.encode(picture))
            if stream is not None:
                container.mux(stream.encode(None))
        return "data:video/mp4;base64," + base64.b64encode(film.read_bytes()).decode() if stream else ""
