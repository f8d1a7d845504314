"""Quality gates: what in a recording can serve as evidence, and every doubt about it as a Finding.

The paper picked its videos by hand: 30 fps, similar frame sizes, the person in the middle, nobody else
in the picture, a steady camera (section 3.1). Here that is done by measurement, from the poses and the
signals that extraction left in their channels. What each code means: `poseprint.core.findings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import numpy as np

from poseprint.core.arrays import Array, Span, covered, median_of, runs
from poseprint.core.findings import Finding, Inspection, by_severity, finding
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, NOSE, PAIRS, RIGHT_SHOULDER
from poseprint.movements.cleaning import FILLED_GAP_S, clean
from poseprint.movements.cutting import LENGTH


@dataclass(frozen=True)
class Thresholds:
    """Every number the gates decide by."""

    absent_s: float = 0.5  # a stretch without a person from this length on is reported
    pause_s: float = 1.0  # a stretch without a picture from this length on is a pause
    leaning: float = 55.0  # degrees from upright, nose over neck in the median, from which a person is not upright
    rarely_seen: float = 0.5  # share of time below which a pair of keypoints is rarely seen
    never_seen: float = 0.2  # elbows and wrists both below: no arms in sight
    tracking_jump: float = 0.5  # shoulder widths the neck may move between two frames
    tiny_px: float = 32.0  # shoulder width in pixels
    small_picture_px: int = 240  # lower side of the picture
    centre: float = 0.3  # the neck's middle place may be this far from the picture's middle, in widths
    points_outside: float = 0.01  # share of the points outside the picture from which on it is noted
    picture_doubted: float = 0.1  # share far outside, wrists aside, from which on the picture is another one
    camera_drift: float = 0.002  # picture widths a frame, mean over half a second
    camera_pan: float = 0.01  # the same, from where frames are not used
    same_picture: float = 0.005  # mean grey-level change below which a picture repeats the last
    frozen_s: float = 0.5  # a stretch of repeated pictures from this length on is frozen
    repeated_share: float = 0.05  # share of repeated pictures from which the real frame rate is lower
    still: float = 0.004  # shoulder widths by which the liveliest keypoint must vary
    low_rate: float = 20.0  # frames per second of the source
    lost_share: float = 0.01  # share of the recording that could not be decoded
    header_share: float = 0.02  # share by which the header's frame count may be off


THRESHOLDS = Thresholds()


def inspect(
    series: PoseSeries,
    *,
    length: int | None = None,
    thresholds: Thresholds = THRESHOLDS,
    cleaned: PoseSeries | None = None,
) -> Inspection:
    """Run every gate over a series as it was extracted (not cleaned).

    Args:
        series: poses with the channels that extraction left; a gate whose channel is missing is silent.
        length: frames in a movement, 5 s unless said; less usable evidence than that is TOO_LITTLE_EVIDENCE.
        thresholds: the numbers to decide by.
        cleaned: the same series cleaned, where that was done already.
    """
    length = length or round(LENGTH / GRID_FPS * series.fps)
    recording = _Recording.of(series, thresholds, cleaned or clean(series))
    findings = list(chain.from_iterable(gate(recording) for gate in GATES))
    usable = recording.tracked.copy()
    for excluding in (f for f in findings if f.severity == "exclude"):
        for first, last in excluding.frames or ((0, len(series)),):
            usable[first:last] = False
    spans = tuple(
        (first + a, first + b) for first, last in recording.shots for a, b in runs(usable[first:last]) if b - a >= 2
    )
    longest = max((b - a for a, b in spans), default=0)
    if longest < length:
        findings.append(
            finding(
                "TOO_LITTLE_EVIDENCE",
                f"the longest usable stretch is {longest / series.fps:.1f} s; one movement needs {length / series.fps:.1f} s",
            )
        )
    seen = series.seen()
    shares = {name: float(seen[:, list(pair)].mean()) if len(series) else 0.0 for name, pair in PAIRS.items()}
    return Inspection(by_severity(findings), spans, shares, sum(b - a for a, b in spans) / series.fps)


@dataclass(frozen=True)
class _Recording:
    """A series, and what several gates need of it."""

    series: PoseSeries
    limits: Thresholds
    seen: Array  # bool [frames, keypoints]
    tracked: Array  # bool [frames]: somebody is there, or was a moment ago and will be again
    jumps: tuple[int, ...]  # frames at which the tracked body leaps
    shots: tuple[Span, ...]  # between cuts and leaps
    pauses: tuple[Span, ...]  # where no picture comes

    @staticmethod
    def of(series: PoseSeries, limits: Thresholds, cleaned: PoseSeries) -> _Recording:
        tracked = cleaned.present()
        known = np.flatnonzero(~np.isnan(series.position[:, NECK, 0]))
        leap = np.linalg.norm(np.diff(series.position[known, NECK], axis=0), axis=1) / series.shoulder_width()
        # Somebody who was unseen for a moment and is back elsewhere is as doubtful as a leap.
        moment = np.diff(known) <= FILLED_GAP_S * series.fps + 1
        cuts = {first for first, _ in series.shots()}
        leaps = [(int(known[i]), int(known[i + 1])) for i in np.flatnonzero((leap > limits.tracking_jump) & moment)]
        leaps = [(a, b) for a, b in leaps if not cuts & set(range(a + 1, b + 1))]
        jumps = tuple(b for _, b in leaps)
        edges = sorted({*cuts, *jumps, *(a + 1 for a, _ in leaps), len(series)})
        shots = tuple((a, b) for a, b in pairwise(edges))
        shown = series.channels.get("shown", np.ones(len(series))) > 0
        pauses = tuple((a, b) for a, b in runs(~shown) if b - a >= limits.pause_s * series.fps)
        return _Recording(series, limits, series.seen(), tracked, jumps, shots, pauses)

    def pair_share(self, pair: str, span: Span) -> float:
        """Share of the frames with a person in which a pair is seen."""
        tracked = self.tracked[span[0] : span[1]]
        seen = self.seen[span[0] : span[1]][tracked]
        return float(seen[:, list(PAIRS[pair])].mean()) if tracked.any() else 0.0

    def seconds(self, frames: float) -> str:
        return f"{frames / self.series.fps:.1f} s"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count != 1 else ''}"


def _total_frames(spans: Sequence[Span]) -> int:
    return sum(b - a for a, b in spans)


def _pauses(recording: _Recording) -> Iterator[Finding]:
    pauses = recording.pauses
    if pauses:
        yield finding(
            "PAUSE",
            f"no picture comes for {recording.seconds(_total_frames(pauses))} in {_counted(len(pauses), 'pause')}",
            tuple(pauses),
        )


def _presence(recording: _Recording) -> Iterator[Finding]:
    if not recording.tracked.any():
        yield finding("NO_PERSON", f"no person was found in any of {len(recording.series)} frames")
        return
    nobody = ~recording.tracked & ~covered(recording.pauses, len(recording.tracked))
    absent = [(a, b) for a, b in runs(nobody) if b - a >= recording.limits.absent_s * recording.series.fps]
    if absent:
        people = recording.series.channels.get("people", np.zeros(len(recording.tracked)))
        somebody = (people[~recording.tracked] > 0).any()
        what = "the person is out of sight" if somebody else "nobody is in the picture"
        yield finding("PERSON_ABSENT", f"{what} for {recording.seconds(_total_frames(absent))}", tuple(absent))


def _second_person(recording: _Recording) -> Iterator[Finding]:
    people = recording.series.channels.get("people")
    if people is None or not (people > 1).any():
        return
    several = np.zeros(len(people), dtype=bool)
    for first, last in recording.series.shots():
        counted = first + np.flatnonzero(~np.isnan(people[first:last]))
        if len(counted):
            # Between two counts, the nearer one holds.
            middles = (counted[1:] + counted[:-1]) / 2
            several[first:last] = people[counted[np.searchsorted(middles, np.arange(first, last))]] > 1
    spans = runs(several)
    most = int(np.nanmax(people))
    yield finding(
        "SECOND_PERSON",
        f"{most} persons of comparable size are in the picture for {recording.seconds(_total_frames(spans))}",
        tuple(spans),
    )


def _edits(recording: _Recording) -> Iterator[Finding]:
    cuts = [first for first, _ in recording.series.shots()][1:]
    if cuts:
        yield finding(
            "CUTS", _counted(len(cuts), "cut") + " or dissolve" + "s" * (len(cuts) > 1), tuple((c, c + 1) for c in cuts)
        )
    if recording.jumps:
        yield finding(
            "TRACKING_JUMP",
            f"the tracked body leaps, {_counted(len(recording.jumps), 'time')}",
            tuple((j, j + 1) for j in recording.jumps),
        )


def _keypoints(recording: _Recording) -> Iterator[Finding]:
    limits = recording.limits
    shown = [(a, b) for a, b in recording.shots if recording.tracked[a:b].any()]
    no_shoulders = [s for s in shown if recording.pair_share("shoulders", s) < limits.rarely_seen]
    no_arms = [
        s
        for s in shown
        if s not in no_shoulders
        and max(recording.pair_share("elbows", s), recording.pair_share("wrists", s)) < limits.never_seen
    ]
    if no_shoulders:
        yield finding(
            "SHOULDERS_HIDDEN",
            f"shoulders are rarely seen for {recording.seconds(_total_frames(no_shoulders))}",
            tuple(no_shoulders),
        )
    if no_arms:
        yield finding(
            "ARMS_NOT_IN_SIGHT",
            f"no elbows or wrists are in sight for {recording.seconds(_total_frames(no_arms))}",
            tuple(no_arms),
        )
    rest = [s for s in shown if s not in no_shoulders and s not in no_arms]
    for code, pairs in (
        ("ELBOWS_HIDDEN", ("elbows",)),
        ("WRISTS_HIDDEN", ("wrists",)),
        ("FACE_HIDDEN", ("nose", "eyes")),
    ):
        hidden = [s for s in rest if max(recording.pair_share(p, s) for p in pairs) < limits.rarely_seen]
        if hidden:
            weights = [b - a for a, b in hidden]
            share = np.average([max(recording.pair_share(p, s) for p in pairs) for s in hidden], weights=weights)
            yield finding(
                code,
                f"{' and '.join(pairs)} are seen {share:.0%} of the time over {recording.seconds(_total_frames(hidden))}",
                tuple(hidden),
            )


def _framing(recording: _Recording) -> Iterator[Finding]:
    series, limits = recording.series, recording.limits
    width, height = series.frame_size
    if min(width, height) < limits.small_picture_px:
        yield finding("SMALL_PICTURE", f"the picture is {width} x {height} pixels")
    tiny, off_centre = [], []
    for first, last in recording.shots:
        if not recording.tracked[first:last].any():
            continue
        span = series.position[first:last]
        shoulders = np.linalg.norm(span[:, RIGHT_SHOULDER] - span[:, LEFT_SHOULDER], axis=1)
        if median_of(shoulders) < limits.tiny_px:
            tiny.append((first, last))
        if abs(median_of(span[:, NECK, 0]) - width / 2) > limits.centre * width:
            off_centre.append((first, last))
    if tiny:
        yield finding(
            "TINY_PERSON",
            f"shoulders are less than {limits.tiny_px:.0f} pixels apart for {recording.seconds(_total_frames(tiny))}",
            tuple(tiny),
        )
    if off_centre:
        yield finding(
            "OFF_CENTRE",
            f"the person stands at the side of the picture for {recording.seconds(_total_frames(off_centre))}",
            tuple(off_centre),
        )


def _upright(recording: _Recording) -> Iterator[Finding]:
    turned = []
    for first, last in recording.shots:
        up = recording.series.position[first:last, NECK] - recording.series.position[first:last, NOSE]
        across, along = median_of(up[:, 0]), median_of(up[:, 1])
        if abs(np.degrees(np.arctan2(across, along))) > recording.limits.leaning:
            turned.append(((first, last), "stands on the head" if along < -abs(across) else "lies on the side"))
    if turned:
        spans = tuple(span for span, _ in turned)
        how = " or ".join(sorted({how for _, how in turned}))
        yield finding("NOT_UPRIGHT", f"the person {how} for {recording.seconds(_total_frames(spans))}", spans)


def _camera(recording: _Recording) -> Iterator[Finding]:
    camera = recording.series.channels.get("camera")
    if camera is None:
        return
    window = max(1, round(recording.series.fps / 2))
    speed = (
        np.convolve(camera, np.ones(window) / window, mode="same") if len(camera) > window else np.zeros(len(camera))
    )
    fast = runs(speed > recording.limits.camera_pan)
    slow = runs((speed > recording.limits.camera_drift) & (speed <= recording.limits.camera_pan))
    if fast:
        yield finding("CAMERA_PAN", f"the camera moves fast for {recording.seconds(_total_frames(fast))}", tuple(fast))
    if slow:
        yield finding("CAMERA_MOVES", f"the camera moves for {recording.seconds(_total_frames(slow))}", tuple(slow))


def _still(recording: _Recording) -> bool:
    """Whether neither the neck in the picture nor anything relative to the neck moves; False if that cannot be measured."""
    neck, width = recording.series.position[:, [NECK]], recording.series.shoulder_width()
    relative = np.where(recording.seen[:, :, None], recording.series.position - neck, np.nan)[:, [NOSE, *range(2, 8)]]
    points = np.concatenate([neck, relative], axis=1)
    known = points[:, np.isfinite(points).all(axis=2).sum(axis=0) > 1]
    return bool(width > 0 and known.size and np.nanstd(known, axis=0).max() <= recording.limits.still * width)


def _repeats(recording: _Recording) -> Iterator[Finding]:
    series, limits = recording.series, recording.limits
    if _still(recording):
        yield finding(
            "STILL_PICTURE",
            f"no keypoint moves by more than {limits.still:.1%} of a shoulder width in {series.duration:.1f} s",
        )
        return
    change, shown = series.channels.get("change"), series.channels.get("shown")
    if change is None or shown is None or not (shown > 0).any():
        return
    pictures = np.flatnonzero(shown > 0)
    same = np.zeros(len(series), dtype=bool)
    same[pictures[1:]] = change[pictures[1:]] < limits.same_picture
    # Between two pictures of the source the frame belongs to the earlier one.
    repeated = same[pictures[np.clip(np.searchsorted(pictures, np.arange(len(series)), side="right") - 1, 0, None)]]
    frozen = [(a, b) for a, b in runs(repeated) if b - a >= limits.frozen_s * series.fps]
    if frozen:
        yield finding(
            "FROZEN", f"the picture stands still for {recording.seconds(_total_frames(frozen))}", tuple(frozen)
        )
    repeats = same[pictures]
    for a, b in frozen:
        repeats[(pictures >= a) & (pictures < b)] = False
    share = float(repeats.mean())
    if share >= limits.repeated_share:
        rate = len(pictures) / series.duration * (1 - share)
        yield finding(
            "REPEATED_FRAMES", f"{share:.0%} of the pictures repeat the one before; about {rate:.0f} a second are new"
        )


def _number(entry: Mapping[str, Any], key: str, default: float) -> float:
    """A number from a log entry; a file from elsewhere may hold anything there."""
    value = entry.get(key)
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else default


def _entry(series: PoseSeries, step: str) -> Mapping[str, Any] | None:
    """The first entry of a step in the log."""
    return next((entry for entry in series.log if entry.get("step") == step), None)


def _outside(recording: _Recording) -> Iterator[Finding]:
    entry = _entry(recording.series, "within_picture") or {}
    outside, far = _number(entry, "outside", 0), _number(entry, "far_outside", 0)
    width, height = recording.series.frame_size
    if far > recording.limits.picture_doubted:
        left, top, right, bottom = (_number(entry, end, 0) for end in ("left", "top", "right", "bottom"))
        yield finding(
            "PICTURE_SIZE_DOUBTED",
            f"{far:.0%} of the points lie far outside the picture of {width}x{height}; "
            f"all reach from {left:.0f},{top:.0f} to {right:.0f},{bottom:.0f}",
        )
    elif outside >= recording.limits.points_outside:
        yield finding("POINTS_OUTSIDE", f"{outside:.0%} of the points lie outside the picture of {width}x{height}")


def _ready_made(recording: _Recording) -> Iterator[Finding]:
    """What is known of the source of poses that were not extracted here."""
    series = recording.series
    rate = _number(_entry(series, "resample") or {}, "from_fps", series.fps)
    if rate < recording.limits.low_rate:
        step = round(_number(_entry(series, "read_openpose_json") or {}, "frame_step", 1))
        rise = f": the numbers of the json files rise by {step}" if step > 1 else ""
        yield finding("LOW_FRAME_RATE", f"{rate:.1f} pictures per second{rise}")


def _source(recording: _Recording) -> Iterator[Finding]:
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


def _file(recording: _Recording, extracted: Mapping[str, Any], video: Mapping[str, Any]) -> Iterator[Finding]:
    """What of the file could not be read, or is not as its header says."""
    limits = recording.limits
    length = max(recording.series.duration, _number(video, "declared_duration", 0), 1 / recording.series.fps)
    lost, failures = _number(extracted, "lost_seconds", 0), _number(extracted, "decode_errors", 0)
    cut_off = _number(video, "cut_off", 0)
    if lost / length > limits.lost_share or failures or cut_off:
        errors = f", at least {_counted(round(failures), 'decoding error')}" if failures else ""
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
        yield finding("CLOCK_RESTARTS", f"the clock starts again or leaps, {_counted(restarts, 'time')}")


def _film(extracted: Mapping[str, Any], video: Mapping[str, Any]) -> Iterator[Finding]:
    """What sort of picture the file holds."""
    streams, stream = round(_number(video, "streams", 1)), round(_number(video, "stream", 1))
    if streams > 1:
        size = video.get("size")
        shape = f" ({size[0]} x {size[1]})" if isinstance(size, Sequence) and len(size) == 2 else ""
        yield finding("SEVERAL_STREAMS", f"of {streams} video streams number {stream}{shape} was measured")
    reshaped = round(_number(extracted, "reshaped", 0))
    if reshaped:
        yield finding(
            "SHAPE_CHANGES", f"the picture's size, shape or orientation changes, {_counted(reshaped, 'time')}"
        )
    if video.get("interlaced") is True:
        yield finding("INTERLACED", "the footage is interlaced")
    if video.get("transfer"):
        yield finding("HIGH_DYNAMIC_RANGE", f"the footage is coded as {video['transfer']!s:.8}")


GATES: tuple[Callable[[_Recording], Iterator[Finding]], ...] = (
    _pauses,
    _outside,
    _presence,
    _second_person,
    _edits,
    _keypoints,
    _framing,
    _upright,
    _camera,
    _repeats,
    _source,
)
"""The gates in the order they run; each looks at the recording alone."""
