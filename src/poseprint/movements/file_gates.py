"""Gates that look at what the log says of the file, the film in it, or the ready-made poses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from poseprint.core.findings import Finding, finding
from poseprint.core.series import PoseSeries
from poseprint.movements.gated import Gated, counted


def _number(entry: Mapping[str, Any], key: str, default: float) -> float:
    """A number from a log entry; a file from elsewhere may hold anything there."""
    value = entry.get(key)
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else default


def _entry(series: PoseSeries, step: str) -> Mapping[str, Any] | None:
    """The first entry of a step in the log."""
    return next((entry for entry in series.log if entry.get("step") == step), None)


def outside(recording: Gated) -> Iterator[Finding]:
    """Points of ready-made poses that lie outside the picture."""
    entry = _entry(recording.series, "within_picture") or {}
    share, far = _number(entry, "outside", 0), _number(entry, "far_outside", 0)
    width, height = recording.series.frame_size
    if far > recording.limits.picture_doubted:
        left, top, right, bottom = (_number(entry, end, 0) for end in ("left", "top", "right", "bottom"))
        yield finding(
            "PICTURE_SIZE_DOUBTED",
            f"{far:.0%} of the points lie far outside the picture of {width}x{height}; "
            f"all reach from {left:.0f},{top:.0f} to {right:.0f},{bottom:.0f}",
        )
    elif share >= recording.limits.points_outside:
        yield finding("POINTS_OUTSIDE", f"{share:.0%} of the points lie outside the picture of {width}x{height}")


def _ready_made(recording: Gated) -> Iterator[Finding]:
    """What is known of the source of poses that were not extracted here."""
    series = recording.series
    rate = _number(_entry(series, "resample") or {}, "from_fps", series.fps)
    if rate < recording.limits.low_rate:
        step = round(_number(_entry(series, "read_openpose_json") or {}, "frame_step", 1))
        rise = f": the numbers of the json files rise by {step}" if step > 1 else ""
        yield finding("LOW_FRAME_RATE", f"{rate:.1f} pictures per second{rise}")


def source(recording: Gated) -> Iterator[Finding]:
    """What is known of the file that the poses were measured in, or of how they were made."""
    extracted = _entry(recording.series, "extract")
    if extracted is None:
        yield from _ready_made(recording)
        return
    video = extracted.get("video")
    video = video if isinstance(video, Mapping) else {}
    yield from _file(recording, extracted, video)
    yield from _film(extracted, video)
    rate = _number(video, "fps", recording.series.fps)
    if rate < recording.limits.low_rate:
        yield finding("LOW_FRAME_RATE", f"{rate:.1f} pictures per second")
    elif abs(rate - recording.series.fps) > 0.05:
        yield finding("FRAME_RATE_CONVERTED", f"{rate:.2f} pictures per second")


def _file(recording: Gated, extracted: Mapping[str, Any], video: Mapping[str, Any]) -> Iterator[Finding]:
    """What of the file could not be read, or is not as its header says."""
    limits = recording.limits
    length = max(recording.series.duration, _number(video, "declared_duration", 0), 1 / recording.series.fps)
    lost, failures = _number(extracted, "lost_seconds", 0), _number(extracted, "decode_errors", 0)
    cut_off = _number(video, "cut_off", 0)
    if lost / length > limits.lost_share or failures or cut_off:
        errors = f", at least {counted(round(failures), 'decoding error')}" if failures else ""
        missing = f"; the file is cut off, {cut_off:.0f} bytes are missing" if cut_off else ""
        yield finding(
            "FILE_DAMAGED",
            f"{lost:.1f} s of {length:.1f} s ({lost / length:.0%}) could not be decoded{errors}{missing}",
        )
    declared = round(_number(video, "declared_frames", 0))
    stored = round(_number(video, "stored_frames", declared))
    if declared and abs(declared - stored) > limits.header_share * declared:
        yield finding("HEADER_DISAGREES", f"the header promises {declared} frames, {stored} are there")
    if video.get("timed") is False:
        yield finding("NO_TIME_STAMPS", f"pictures were counted at {_number(video, 'fps', 0):.2f} a second")
    restarts = round(_number(video, "restarts", 0))
    if restarts:
        yield finding("CLOCK_RESTARTS", f"the clock starts again or leaps, {counted(restarts, 'time')}")


def _film(extracted: Mapping[str, Any], video: Mapping[str, Any]) -> Iterator[Finding]:
    """What sort of picture the file holds."""
    streams, stream = round(_number(video, "streams", 1)), round(_number(video, "stream", 1))
    if streams > 1:
        size = video.get("size")
        shape = f" ({size[0]} x {size[1]})" if isinstance(size, Sequence) and len(size) == 2 else ""
        yield finding("SEVERAL_STREAMS", f"of {streams} video streams number {stream}{shape} was measured")
    reshaped = round(_number(extracted, "reshaped", 0))
    if reshaped:
        yield finding("SHAPE_CHANGES", f"the picture's size, shape or orientation changes, {counted(reshaped, 'time')}")
    bars = video.get("bars")
    if isinstance(bars, Sequence) and any(bars):
        yield finding(
            "BLACK_BARS", f"black bars are {', '.join(str(bar) for bar in bars)} pixels wide (left, top, right, bottom)"
        )
    if video.get("interlaced") is True:
        yield finding("INTERLACED", "the footage is interlaced")
    if video.get("transfer"):
        yield finding("HIGH_DYNAMIC_RANGE", f"the footage is coded as {video['transfer']!s:.8}")
