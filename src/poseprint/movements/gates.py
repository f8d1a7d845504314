"""Quality gates: what in a recording can serve as evidence, and every doubt about it as a Finding.

The paper picked its videos by hand: 30 fps, similar frame sizes, the person in the middle, nobody else
in the picture, a steady camera (section 3.1). Here that is done by measurement, from the poses and the
signals that extraction left in their channels. What each code means: `poseprint.core.findings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

import numpy as np

from poseprint.core.arrays import covered, median_of, runs
from poseprint.core.findings import Finding, Inspection, by_severity, finding
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, NOSE, PAIRS, RIGHT_SHOULDER
from poseprint.movements.cleaning import clean
from poseprint.movements.cutting import LENGTH
from poseprint.movements.disorder import disorder_of
from poseprint.movements.families import BODY
from poseprint.movements.file_gates import outside, source
from poseprint.movements.gated import THRESHOLDS, Gated, Thresholds, counted, total_frames
from poseprint.movements.joining import of_parts
from poseprint.movements.kinds import HEAD, in_sight, usable_spans
from poseprint.movements.people_gates import joints, people


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
    recording = Gated.of(series, thresholds, cleaned or clean(series))
    findings = list(chain.from_iterable(gate(recording) for gate in GATES))
    kinds = usable_spans(recording, findings)
    spans = kinds[BODY]
    longest = {kind: max((b - a for a, b in of_kind), default=0) for kind, of_kind in kinds.items()}
    if max(longest.values()) < length:
        findings.append(
            finding(
                "TOO_LITTLE_EVIDENCE",
                f"the longest usable stretch is {max(longest.values()) / series.fps:.1f} s; one movement needs {length / series.fps:.1f} s",
            )
        )
    elif longest[BODY] < length:
        others = ", ".join(
            f"{kind} {recording.seconds(total_frames(kinds[kind]))}" for kind in kinds if longest[kind] >= length
        )
        findings.append(
            finding(
                "BODY_NOT_IN_SIGHT", f"no {length / series.fps:.1f} s of the body are usable; in sight are {others}"
            )
        )
    seen = series.seen()
    shares = {name: float(seen[:, list(pair)].mean()) if len(series) else 0.0 for name, pair in PAIRS.items()}
    return Inspection(by_severity(findings), spans, shares, total_frames(spans) / series.fps, kinds)


def _pauses(recording: Gated) -> Iterator[Finding]:
    pauses = recording.pauses
    if pauses:
        yield finding(
            "PAUSE",
            f"no picture comes for {recording.seconds(total_frames(pauses))} in {counted(len(pauses), 'pause')}",
            tuple(pauses),
        )


def _presence(recording: Gated) -> Iterator[Finding]:
    there = in_sight(recording)
    present = there[BODY] | there.get(HEAD, np.zeros(len(recording.series), dtype=bool))
    if not present.any():
        yield finding("NO_PERSON", f"no person was found in any of {len(recording.series)} frames")
        return
    nobody = ~present & ~covered(recording.pauses, len(present))
    absent = [(a, b) for a, b in runs(nobody) if b - a >= recording.limits.absent_s * recording.series.fps]
    if absent:
        counts = recording.series.channels.get("people", np.zeros(len(present)))
        somebody = (counts[~present] > 0).any()
        what = "the person is out of sight" if somebody else "nobody is in the picture"
        yield finding("PERSON_ABSENT", f"{what} for {recording.seconds(total_frames(absent))}", tuple(absent))


def _edits(recording: Gated) -> Iterator[Finding]:
    cuts = [first for first, _ in recording.series.shots()][1:]
    if cuts:
        yield finding(
            "CUTS", counted(len(cuts), "cut") + " or dissolve" + "s" * (len(cuts) > 1), tuple((c, c + 1) for c in cuts)
        )
    if recording.jumps:
        yield finding(
            "TRACKING_JUMP",
            f"the tracked body leaps, {counted(len(recording.jumps), 'time')}",
            tuple((j, j + 1) for j in recording.jumps),
        )


def _flicker(recording: Gated) -> Iterator[Finding]:
    series, limits = recording.series, recording.limits
    if series.fps < limits.low_rate:
        return
    flickers = np.zeros(len(series), dtype=bool)
    for first, last, found in disorder_of(series, recording.seen):
        together = found.together > limits.together
        turn = limits.together_turn if together else limits.flicker_turn
        disorder = limits.together_disorder if together else limits.flicker_disorder
        flickers[first:last] |= found.turn > turn and found.disorder > disorder
    if flickers.any():
        spans = runs(flickers)
        yield finding("UNSTEADY", f"the body flickers for {recording.seconds(total_frames(spans))}", tuple(spans))


def _keypoints(recording: Gated) -> Iterator[Finding]:
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
            f"shoulders are rarely seen for {recording.seconds(total_frames(no_shoulders))}",
            tuple(no_shoulders),
        )
    if no_arms:
        yield finding(
            "ARMS_NOT_IN_SIGHT",
            f"no elbows or wrists are in sight for {recording.seconds(total_frames(no_arms))}",
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
                f"{' and '.join(pairs)} are seen {share:.0%} of the time over {recording.seconds(total_frames(hidden))}",
                tuple(hidden),
            )


def _framing(recording: Gated) -> Iterator[Finding]:
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
            f"shoulders are less than {limits.tiny_px:.0f} pixels apart for {recording.seconds(total_frames(tiny))}",
            tuple(tiny),
        )
    if off_centre:
        yield finding(
            "OFF_CENTRE",
            f"the person stands at the side of the picture for {recording.seconds(total_frames(off_centre))}",
            tuple(off_centre),
        )


def _upright(recording: Gated) -> Iterator[Finding]:
    turned = []
    for first, last in recording.shots:
        up = recording.series.position[first:last, NECK] - recording.series.position[first:last, NOSE]
        across, along = median_of(up[:, 0]), median_of(up[:, 1])
        if abs(np.degrees(np.arctan2(across, along))) > recording.limits.leaning:
            turned.append(((first, last), "stands on the head" if along < -abs(across) else "lies on the side"))
    if turned:
        spans = tuple(span for span, _ in turned)
        how = " or ".join(sorted({how for _, how in turned}))
        yield finding("NOT_UPRIGHT", f"the person {how} for {recording.seconds(total_frames(spans))}", spans)


def _camera(recording: Gated) -> Iterator[Finding]:
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
        yield finding("CAMERA_PAN", f"the camera moves fast for {recording.seconds(total_frames(fast))}", tuple(fast))
    if slow:
        yield finding("CAMERA_MOVES", f"the camera moves for {recording.seconds(total_frames(slow))}", tuple(slow))


def _still(recording: Gated) -> bool:
    """Whether neither the neck in the picture nor anything relative to the neck moves; False if that cannot be measured."""
    neck, width = recording.series.position[:, [NECK]], recording.series.shoulder_width()
    relative = np.where(recording.seen[:, :, None], recording.series.position - neck, np.nan)[:, [NOSE, *range(2, 8)]]
    points = np.concatenate([neck, relative], axis=1)
    known = points[:, np.isfinite(points).all(axis=2).sum(axis=0) > 1]
    return bool(width > 0 and known.size and np.nanstd(known, axis=0).max() <= recording.limits.still * width)


def _repeats(recording: Gated) -> Iterator[Finding]:
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
            "FROZEN", f"the picture stands still for {recording.seconds(total_frames(frozen))}", tuple(frozen)
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


GATES: tuple[Callable[[Gated], Iterator[Finding]], ...] = (
    _pauses,
    outside,
    _presence,
    people,
    joints,
    _edits,
    _flicker,
    _keypoints,
    _framing,
    _upright,
    _camera,
    _repeats,
    source,
    of_parts,
)
"""The gates in the order they run; each looks at the recording alone."""
