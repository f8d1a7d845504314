"""Quality gates: what in a recording can serve as evidence, and every doubt about it as a Finding.

The paper picked its videos by hand: 30 fps, similar frame sizes, the person in the middle, nobody else
in the picture, a steady camera (section 3.1). Here that is done by measurement, from the poses and the
signals that extraction left in their channels. What each code means: `poseprint.core.findings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from poseprint.core.arrays import Array, Span, median_of, runs
from poseprint.core.findings import Finding, Inspection, by_severity, finding
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, NOSE, PAIRS, RIGHT_SHOULDER
from poseprint.movements.cleaning import FILLED_GAP_S, clean
from poseprint.movements.cutting import LENGTH


@dataclass(frozen=True)
class Thresholds:
    """Every number the gates decide by."""

    absent_s: float = 0.5  # a stretch without a person from this length on is reported
    rarely_seen: float = 0.5  # share of time below which a pair of keypoints is rarely seen
    never_seen: float = 0.2  # elbows and wrists both below: no arms in sight
    tracking_jump: float = 0.5  # shoulder widths the neck may move between two frames
    tiny_px: float = 32.0  # shoulder width in pixels
    small_picture_px: int = 240  # lower side of the picture
    centre: float = 0.3  # the neck's middle place may be this far from the picture's middle, in widths
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
    length: int = LENGTH,
    thresholds: Thresholds = THRESHOLDS,
    cleaned: PoseSeries | None = None,
) -> Inspection:
    """Run every gate over a series as it was extracted (not cleaned).

    Args:
        series: poses with the channels that extraction left; a gate whose channel is missing is silent.
        length: frames in a movement; less usable evidence than that is TOO_LITTLE_EVIDENCE.
        thresholds: the numbers to decide by.
        cleaned: the same series cleaned, where that was done already.
    """
    view = _View.of(series, thresholds, cleaned or clean(series))
    findings = [found for gate in GATES for found in gate(view)]
    usable = view.tracked.copy()
    for found in findings:
        if found.severity == "exclude":
            for first, last in found.frames or ((0, len(series)),):
                usable[first:last] = False
    spans = tuple(
        (first + a, first + b) for first, last in view.shots for a, b in runs(usable[first:last]) if b - a >= 2
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
    shares = {name: float(seen[:, list(k)].mean()) if len(series) else 0.0 for name, k in PAIRS.items()}
    return Inspection(by_severity(findings), spans, shares, sum(b - a for a, b in spans) / series.fps)


@dataclass(frozen=True)
class _View:
    """A series and what several gates ask of it."""

    series: PoseSeries
    limits: Thresholds
    seen: Array  # bool [frames, keypoints]
    tracked: Array  # bool [frames]: somebody is there, or was a moment ago and will be again
    jumps: tuple[int, ...]  # frames at which the tracked body leaps
    shots: tuple[Span, ...]  # between cuts and leaps

    @staticmethod
    def of(series: PoseSeries, limits: Thresholds, cleaned: PoseSeries) -> _View:
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
        return _View(series, limits, series.seen(), tracked, jumps, shots)

    def pair_share(self, pair: str, span: Span) -> float:
        """Share of the frames with a person in which a pair is seen."""
        there = self.tracked[span[0] : span[1]]
        return float(self.seen[span[0] : span[1]][there][:, list(PAIRS[pair])].mean()) if there.any() else 0.0

    def seconds(self, frames: float) -> str:
        return f"{frames / self.series.fps:.1f} s"


def _times(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"


def _total(spans: list[Span]) -> int:
    return sum(b - a for a, b in spans)


def _person(view: _View) -> Iterator[Finding]:
    if not view.tracked.any():
        yield finding("NO_PERSON", f"no person was found in any of {len(view.series)} frames")
        return
    away = [(a, b) for a, b in runs(~view.tracked) if b - a >= view.limits.absent_s * view.series.fps]
    if away:
        yield finding("PERSON_ABSENT", f"nobody is in the picture for {view.seconds(_total(away))}", tuple(away))


def _second_person(view: _View) -> Iterator[Finding]:
    people = view.series.channels.get("people")
    if people is None or not (people > 1).any():
        return
    crowded = np.zeros(len(people), dtype=bool)
    for first, last in view.series.shots():
        counted = first + np.flatnonzero(~np.isnan(people[first:last]))
        if len(counted):
            # Between two counts, the nearer one holds.
            middles = (counted[1:] + counted[:-1]) / 2
            crowded[first:last] = people[counted[np.searchsorted(middles, np.arange(first, last))]] > 1
    spans = runs(crowded)
    most = int(np.nanmax(people))
    yield finding(
        "SECOND_PERSON",
        f"{most} persons of comparable size are in the picture for {view.seconds(_total(spans))}",
        tuple(spans),
    )


def _edits(view: _View) -> Iterator[Finding]:
    cuts = [first for first, _ in view.series.shots()][1:]
    if cuts:
        yield finding(
            "CUTS", _times(len(cuts), "cut") + " or dissolve" + "s" * (len(cuts) > 1), tuple((c, c + 1) for c in cuts)
        )
    if view.jumps:
        yield finding(
            "TRACKING_JUMP",
            f"the tracked body leaps, {_times(len(view.jumps), 'time')}",
            tuple((j, j + 1) for j in view.jumps),
        )


def _keypoints(view: _View) -> Iterator[Finding]:
    limits = view.limits
    shown = [(a, b) for a, b in view.shots if view.tracked[a:b].any()]
    no_shoulders = [s for s in shown if view.pair_share("shoulders", s) < limits.rarely_seen]
    no_arms = [
        s
        for s in shown
        if s not in no_shoulders and max(view.pair_share("elbows", s), view.pair_share("wrists", s)) < limits.never_seen
    ]
    if no_shoulders:
        yield finding(
            "SHOULDERS_HIDDEN",
            f"shoulders are rarely seen for {view.seconds(_total(no_shoulders))}",
            tuple(no_shoulders),
        )
    if no_arms:
        yield finding(
            "ARMS_NOT_IN_SIGHT", f"no elbows or wrists are in sight for {view.seconds(_total(no_arms))}", tuple(no_arms)
        )
    rest = [s for s in shown if s not in no_shoulders and s not in no_arms]
    for code, pairs in (
        ("ELBOWS_HIDDEN", ("elbows",)),
        ("WRISTS_HIDDEN", ("wrists",)),
        ("FACE_HIDDEN", ("nose", "eyes")),
    ):
        lacking = [s for s in rest if max(view.pair_share(p, s) for p in pairs) < limits.rarely_seen]
        if lacking:
            weights = [b - a for a, b in lacking]
            share = np.average([max(view.pair_share(p, s) for p in pairs) for s in lacking], weights=weights)
            yield finding(
                code,
                f"{' and '.join(pairs)} are seen {share:.0%} of the time over {view.seconds(_total(lacking))}",
                tuple(lacking),
            )


def _place(view: _View) -> Iterator[Finding]:
    series, limits = view.series, view.limits
    width, height = series.frame_size
    if min(width, height) < limits.small_picture_px:
        yield finding("SMALL_PICTURE", f"the picture is {width} x {height} pixels")
    tiny, aside = [], []
    for first, last in view.shots:
        if not view.tracked[first:last].any():
            continue
        span = series.position[first:last]
        shoulders = np.linalg.norm(span[:, RIGHT_SHOULDER] - span[:, LEFT_SHOULDER], axis=1)
        if median_of(shoulders) < limits.tiny_px:
            tiny.append((first, last))
        if abs(median_of(span[:, NECK, 0]) - width / 2) > limits.centre * width:
            aside.append((first, last))
    if tiny:
        yield finding(
            "TINY_PERSON",
            f"shoulders are less than {limits.tiny_px:.0f} pixels apart for {view.seconds(_total(tiny))}",
            tuple(tiny),
        )
    if aside:
        yield finding(
            "OFF_CENTRE",
            f"the person stands at the side of the picture for {view.seconds(_total(aside))}",
            tuple(aside),
        )


def _camera(view: _View) -> Iterator[Finding]:
    camera = view.series.channels.get("camera")
    if camera is None:
        return
    window = max(1, round(view.series.fps / 2))
    speed = (
        np.convolve(camera, np.ones(window) / window, mode="same") if len(camera) > window else np.zeros(len(camera))
    )
    fast = runs(speed > view.limits.camera_pan)
    slow = runs((speed > view.limits.camera_drift) & (speed <= view.limits.camera_pan))
    if fast:
        yield finding("CAMERA_PAN", f"the camera moves fast for {view.seconds(_total(fast))}", tuple(fast))
    if slow:
        yield finding("CAMERA_MOVES", f"the camera moves for {view.seconds(_total(slow))}", tuple(slow))


def _still(view: _View) -> bool:
    """Whether neither the neck in the picture nor anything about the neck moves; False if that cannot be measured."""
    neck, width = view.series.position[:, [NECK]], view.series.shoulder_width()
    about = np.where(view.seen[:, :, None], view.series.position - neck, np.nan)[:, [NOSE, *range(2, 8)]]
    moved = np.concatenate([neck, about], axis=1)
    known = moved[:, np.isfinite(moved).all(axis=2).sum(axis=0) > 1]
    return bool(width > 0 and known.size and np.nanstd(known, axis=0).max() <= view.limits.still * width)


def _repeats(view: _View) -> Iterator[Finding]:
    series, limits = view.series, view.limits
    if _still(view):
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
    held = same[pictures[np.clip(np.searchsorted(pictures, np.arange(len(series)), side="right") - 1, 0, None)]]
    frozen = [(a, b) for a, b in runs(held) if b - a >= limits.frozen_s * series.fps]
    if frozen:
        yield finding("FROZEN", f"the picture stands still for {view.seconds(_total(frozen))}", tuple(frozen))
    loose = same[pictures]
    for a, b in frozen:
        loose[(pictures >= a) & (pictures < b)] = False
    share = float(loose.mean())
    if share >= limits.repeated_share:
        rate = len(pictures) / series.duration * (1 - share)
        yield finding(
            "REPEATED_FRAMES", f"{share:.0%} of the pictures repeat the one before; about {rate:.0f} a second are new"
        )


def _number(entry: Mapping[str, Any], key: str, otherwise: float) -> float:
    """A number from a log, which a file from elsewhere may have filled with anything."""
    value = entry.get(key)
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else otherwise


def _source(view: _View) -> Iterator[Finding]:
    extracted: Mapping[str, Any] | None = next((e for e in view.series.log if e.get("step") == "extract"), None)
    if extracted is None:
        return
    limits, video = view.limits, extracted.get("video")
    video = video if isinstance(video, Mapping) else {}
    length = max(view.series.duration, _number(video, "declared_duration", 0), 1 / view.series.fps)
    lost, failures = _number(extracted, "lost_seconds", 0), _number(extracted, "decode_errors", 0)
    if lost / length > limits.lost_share or failures:
        errors = f", at least {_times(round(failures), 'decoding error')}" if failures else ""
        yield finding(
            "FILE_DAMAGED", f"{lost:.1f} s of {length:.1f} s ({lost / length:.0%}) could not be decoded{errors}"
        )
    rate, declared = _number(video, "fps", view.series.fps), round(_number(video, "declared_frames", 0))
    pictures = round(_number(extracted, "pictures", declared))
    if rate <= view.series.fps * 1.02 and declared and abs(declared - pictures) > limits.header_share * declared:
        yield finding("HEADER_DISAGREES", f"the header promises {declared} frames, {pictures} decode")
    if rate < limits.low_rate:
        yield finding("LOW_FRAME_RATE", f"{rate:.1f} pictures per second")
    elif abs(rate - view.series.fps) > 0.05:
        yield finding("FRAME_RATE_CONVERTED", f"{rate:.2f} pictures per second")


GATES: tuple[Callable[[_View], Iterator[Finding]], ...] = (
    _person,
    _second_person,
    _edits,
    _keypoints,
    _place,
    _camera,
    _repeats,
    _source,
)
"""The gates in the order they run; each looks at the recording alone."""
