"""Quality gates: each finding can be tripped, and a clean recording trips none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.movers import disordered, empty, mover, shifted, with_channel, with_log, without
from hypothesis import given, settings
from hypothesis import strategies as st

from poseprint.core.findings import CODES, Inspection, finding
from poseprint.core.series import EstimatorInfo, PoseSeries
from poseprint.core.skeleton import PAIRS
from poseprint.movements.cleaning import resample
from poseprint.movements.cutting import cut_movements
from poseprint.movements.gated import THRESHOLDS
from poseprint.movements.gates import inspect

pytestmark = pytest.mark.filterwarnings("error")


def codes(inspection: Inspection) -> set[str]:
    return {found.code for found in inspection.findings}


def turned(series: PoseSeries, degrees: float) -> PoseSeries:
    """The film turned about its middle, clockwise."""
    angle, middle = np.radians(degrees), np.array(series.frame_size) / 2
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return replace(series, position=(series.position - middle) @ turn + middle)


@pytest.mark.parametrize(("degrees", "how"), [(90, "side"), (270, "side"), (180, "head"), (120, "side")])
def test_how_a_person_is_turned_is_told(degrees: float, how: str) -> None:
    (message,) = (f.message for f in inspect(turned(mover(), degrees)).findings if f.code == "NOT_UPRIGHT")
    assert how in message


def of_rate(fps: float) -> PoseSeries:
    """As extraction leaves a video of another frame rate: 10 s on the grid of 30."""
    return with_log(mover(), video={"fps": fps, "declared_frames": round(10 * fps)}, pictures=round(10 * fps))


def with_left(series: PoseSeries, **shares: Any) -> PoseSeries:
    """As reading leaves poses some of which lay outside the picture."""
    return replace(series, log=(*series.log, {"step": "within_picture", **shares}))


@pytest.mark.parametrize(
    "series",
    [
        mover(),
        mover(150),
        mover(seed=7, amplitude=0.1, tempo=0.5, shoulder=60, size=(640, 360)),
        mover(tempo=2.0, amplitude=0.5, shoulder=120, centre=(0.3, 0.4)),
    ],
)
def test_a_clean_recording_has_no_findings(series: PoseSeries) -> None:
    inspection = inspect(series)
    assert inspection.findings == ()
    assert inspection.spans == ((0, len(series)),)
    assert inspection.seconds == series.duration
    assert inspection.seen == dict.fromkeys(PAIRS, 1.0)


# How to spoil a clean recording, what it trips, and what that finding concerns.
SPOILT: dict[str, tuple[Callable[[], PoseSeries], set[str], tuple[tuple[int, int], ...]]] = {
    "NO_PERSON": (lambda: empty(mover(), slice(None)), {"TOO_LITTLE_EVIDENCE"}, ()),
    "PERSON_ABSENT": (lambda: empty(mover(), slice(200, 215)), set(), ((200, 215),)),
    "TRACKING_JUMP": (lambda: shifted(mover(), slice(150, None), (0.6, 0)), set(), ((150, 151),)),
    "UNSTEADY": (lambda: disordered(mover(400, tempo=2, sway=0.3), slice(0, 120)), set(), ((0, 120),)),
    "CUTS": (lambda: with_channel(mover(), "cut", 150, 1), set(), ((150, 151),)),
    "SHOULDERS_HIDDEN": (lambda: without(mover(), "shoulder"), {"TOO_LITTLE_EVIDENCE"}, ((0, 300),)),
    "ARMS_NOT_IN_SIGHT": (lambda: without(mover(), "elbow", "wrist"), {"TOO_LITTLE_EVIDENCE"}, ((0, 300),)),
    "ELBOWS_HIDDEN": (lambda: without(mover(), "elbow"), set(), ((0, 300),)),
    "WRISTS_HIDDEN": (lambda: without(mover(), "wrist"), set(), ((0, 300),)),
    "FACE_HIDDEN": (lambda: without(mover(), "nose", "eye"), set(), ((0, 300),)),
    "TINY_PERSON": (lambda: mover(shoulder=31), {"TOO_LITTLE_EVIDENCE"}, ((0, 300),)),
    "SMALL_PICTURE": (lambda: mover(size=(426, 238), shoulder=60), set(), ()),
    "OFF_CENTRE": (lambda: mover(centre=(0.18, 0.4)), set(), ((0, 300),)),
    "POINTS_OUTSIDE": (lambda: with_left(mover(), outside=0.02, far_outside=0.1), set(), ()),
    "PICTURE_SIZE_DOUBTED": (lambda: with_left(mover(), far_outside=0.11), {"TOO_LITTLE_EVIDENCE"}, ()),
    "CAMERA_MOVES": (lambda: with_channel(mover(), "camera", slice(None), 0.004), set(), ((0, 300),)),
    "CAMERA_PAN": (lambda: with_channel(mover(), "camera", slice(0, 30), 0.03), set(), ((0, 32),)),
    "FROZEN": (lambda: with_channel(mover(), "change", slice(200, 215), 0), set(), ((200, 215),)),
    "REPEATED_FRAMES": (lambda: with_channel(mover(), "change", slice(5, None, 6), 0.001), set(), ()),
    "STILL_PICTURE": (lambda: mover(amplitude=0, sway=0), {"TOO_LITTLE_EVIDENCE"}, ()),
    "LOW_FRAME_RATE": (lambda: of_rate(15), set(), ()),
    "FRAME_RATE_CONVERTED": (lambda: of_rate(25), set(), ()),
    "PAUSE": (lambda: with_channel(empty(mover(), slice(200, 230)), "shown", slice(200, 230), 0), set(), ((200, 230),)),
    "CLOCK_RESTARTS": (lambda: with_log(mover(), video={"restarts": 1}), set(), ()),
    "NO_TIME_STAMPS": (lambda: with_log(mover(), video={"timed": False}), set(), ()),
    "SHAPE_CHANGES": (lambda: with_log(mover(), reshaped=2), set(), ()),
    "SEVERAL_STREAMS": (lambda: with_log(mover(), video={"streams": 2, "stream": 2, "size": [640, 360]}), set(), ()),
    "BLACK_BARS": (lambda: with_log(mover(), video={"bars": [0, 60, 0, 60]}), set(), ()),
    "NOT_UPRIGHT": (lambda: turned(mover(), 90), {"TOO_LITTLE_EVIDENCE"}, ((0, 300),)),
    "INTERLACED": (lambda: with_log(mover(), video={"interlaced": True}), set(), ()),
    "HIGH_DYNAMIC_RANGE": (lambda: with_log(mover(), video={"transfer": "PQ"}), set(), ()),
    "FILE_DAMAGED": (lambda: with_log(mover(), lost_seconds=0.2), set(), ()),
    "HEADER_DISAGREES": (lambda: with_log(mover(), video={"declared_frames": 330, "stored_frames": 300}), set(), ()),
    "TOO_LITTLE_EVIDENCE": (lambda: mover(149), set(), ()),
}


ELSEWHERE = {
    "SECOND_PERSON",
    "WHO_IS_MEANT",
    "OTHERS_IN_SIGHT",
    "JOINTS_DOUBTED",
    "BODY_NOT_IN_SIGHT",
    "RECORDING_LEFT_OUT",
    "DUPLICATE_RECORDING",
    "RECORDINGS_DISAGREE",
    "ONE_RECORDING",
    "ONE_SESSION",
    "MORE_WOULD_HELP",
    "HANDS_UNKNOWN",
    "UNTRIED_ESTIMATOR",
    "CALIBRATED_ON_FEW",
    "UNLIKE_BACKGROUND",
    "POSTURE_ALONE",
    "FACE_ALONE",
    "PARTS_DISAGREE",
    "NOTHING_IN_COMMON",
    "CHANGE_OF_MOVER",
    "KNOWN_TAKE",
    "PROFILE_DOUBTED",
}
"""Codes of people, joints and kinds of evidence: test_people_gates.py; of enrolment and of verdicts: tests/verification."""


def test_every_code_is_tried() -> None:
    assert SPOILT.keys() | {"FRAMING_DIFFERS"} | ELSEWHERE == CODES.keys()


@pytest.mark.parametrize("code", SPOILT)
def test_a_spoilt_recording_trips_its_code(code: str) -> None:
    spoil, also, frames = SPOILT[code]
    inspection = inspect(spoil())
    found = {f.code: f for f in inspection.findings}
    # A pan's edges are slower than its middle.
    assert found.keys() - ({"CAMERA_MOVES"} if code == "CAMERA_PAN" else set()) == {code} | also
    assert found[code].severity == CODES[code][0]
    assert found[code].message
    assert found[code].advice
    assert found[code].frames == frames


NEARLY: dict[str, Callable[[], PoseSeries]] = {
    "absent for less than half a second": lambda: empty(mover(), slice(200, 214)),
    "a quick step": lambda: shifted(mover(), slice(150, None), (0.4, 0)),
    "wrists seen half the time": lambda: without(mover(), "wrist", at=slice(0, 150)),
    "nose hidden, eyes seen": lambda: without(mover(), "nose"),
    "ears hidden": lambda: without(mover(), "ear"),
    "far but not tiny": lambda: mover(shoulder=33),
    "small but not too small": lambda: mover(size=(426, 240), shoulder=60),
    "aside but not far": lambda: mover(centre=(0.22, 0.4)),
    "a trembling camera": lambda: with_channel(mover(), "camera", slice(None), 0.0015),
    "a point outside": lambda: with_left(mover(), outside=0.009),
    "a log that says nothing": lambda: with_left(mover(), outside="many", far_outside=None),
    "a bump of the camera": lambda: with_channel(mover(), "camera", 100, 0.02),
    "a picture repeated now and then": lambda: with_channel(mover(), "change", slice(30, None, 30), 0),
    "stands still for a moment": lambda: with_channel(mover(), "change", slice(200, 213), 0),
    "very calm": lambda: mover(amplitude=0.01, sway=0.002),
    "29.97 pictures a second": lambda: of_rate(29.97),
    "a moment lost": lambda: with_log(mover(), lost_seconds=0.05),
    "a header nearly right": lambda: with_log(mover(), video={"declared_frames": 304, "stored_frames": 300}),
    "an edit list leaves pictures out": lambda: with_log(mover(), video={"declared_frames": 400, "stored_frames": 400}),
    "no picture for less than a second": lambda: with_channel(mover(), "shown", slice(200, 229), 0),
    "leans": lambda: turned(mover(), 40),
    "a header that says nothing": lambda: with_log(mover(), video={"declared_frames": 0, "declared_duration": 0.0}),
}


@pytest.mark.parametrize("name", NEARLY)
def test_what_is_just_good_enough_trips_nothing(name: str) -> None:
    assert codes(inspect(NEARLY[name]())) == set()


def test_decoding_errors_alone_are_damage() -> None:
    (found,) = inspect(with_log(mover(), decode_errors=2)).findings
    assert found.code == "FILE_DAMAGED"
    assert found.message == "0.0 s of 10.0 s (0%) could not be decoded, at least 2 decoding errors"


def test_messages_tell_numbers() -> None:
    def message(code: str) -> str:
        return next(f.message for f in inspect(SPOILT[code][0]()).findings if f.code == code)

    assert message("PERSON_ABSENT") == "nobody is in the picture for 0.5 s"
    somebody = with_channel(empty(mover(), slice(200, 215)), "people", 205, 1)
    assert inspect(somebody).findings[0].message == "the person is out of sight for 0.5 s"
    assert message("CUTS") == "1 cut or dissolve"
    assert message("TRACKING_JUMP") == "the tracked body leaps, 1 time"
    assert message("WRISTS_HIDDEN") == "wrists are seen 0% of the time over 10.0 s"
    assert message("PAUSE") == "no picture comes for 1.0 s in 1 pause"
    assert message("SEVERAL_STREAMS") == "of 2 video streams number 2 (640 x 360) was measured"
    assert message("REPEATED_FRAMES") == "17% of the pictures repeat the one before; about 25 a second are new"
    assert message("HEADER_DISAGREES") == "the header promises 330 frames, 300 are there"
    assert message("TOO_LITTLE_EVIDENCE") == "the longest usable stretch is 5.0 s; one movement needs 5.0 s"


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_severity_a_meaning_and_advice(code: str) -> None:
    severity, meaning = CODES[code]
    assert severity in ("exclude", "warning", "note")
    assert meaning.endswith(".")
    assert finding(code, "x").advice
    assert finding(code, "x").severity == severity


# What remains as evidence


@pytest.mark.parametrize(
    ("series", "spans"),
    [
        (empty(mover(400), slice(180, 220)), ((0, 180), (220, 400))),
        (empty(mover(400), slice(0, 20)), ((20, 400),)),
        (with_channel(mover(400), "cut", 200, 1), ((0, 200), (200, 400))),
        (shifted(mover(400), slice(200, 230), (0, 0.8)), ((0, 200), (200, 230), (230, 400))),
        (with_channel(mover(400), "people", 60, 3), ((0, 31), (91, 400))),
        (with_channel(mover(400), "change", slice(100, 150), 0), ((0, 100), (150, 400))),
        (without(with_channel(mover(400), "cut", 200, 1), "elbow", "wrist", at=slice(200, 400)), ((0, 200),)),
        (without(with_channel(mover(400), "cut", 200, 1), "shoulder", at=slice(0, 200)), ((200, 400),)),
        (without(mover(400), "wrist", "nose"), ((0, 400),)),
        (with_channel(mover(400), "camera", slice(None), 0.03), ()),
        (mover(400, shoulder=20), ()),
        (mover(400, amplitude=0, sway=0), ()),
    ],
    ids=[
        "absent", "late", "cut", "leap", "crowd", "frozen", "close-up shot", "no body shot", "warnings", "pan", "tiny",
        "still",
    ],
)  # fmt: skip
def test_what_may_serve_as_evidence(series: PoseSeries, spans: tuple[tuple[int, int], ...]) -> None:
    inspection = inspect(series)
    assert inspection.spans == spans
    assert inspection.seconds == pytest.approx(sum(b - a for a, b in spans) / 30)


def test_several_doubts_leave_what_none_excludes() -> None:
    series = empty(with_channel(mover(600), "cut", 300, 1), slice(100, 130))
    series = with_channel(series, "change", slice(400, 420), 0)
    inspection = inspect(series)
    assert [f.code for f in inspection.findings] == ["PERSON_ABSENT", "FROZEN", "CUTS"]
    assert inspection.spans == ((0, 100), (130, 300), (300, 400), (420, 600))
    assert inspection.seconds == pytest.approx(550 / 30)


def test_the_gravest_come_first() -> None:
    series = without(with_channel(empty(mover(), slice(100, 130)), "cut", 200, 1), "wrist")
    severities = [f.severity for f in inspect(series).findings]
    assert severities == sorted(severities, key=["exclude", "warning", "note"].index)
    assert set(severities) == {"exclude", "warning", "note"}


def test_shares_of_time_seen() -> None:
    seen = inspect(without(mover(), "right_wrist", "nose", at=slice(0, 150))).seen
    assert seen == {"nose": 0.5, "eyes": 1, "ears": 1, "shoulders": 1, "elbows": 1, "wrists": 0.75}


def test_the_length_of_a_movement_decides_what_is_enough() -> None:
    assert codes(inspect(mover(149), length=149)) == set()
    assert codes(inspect(mover(300), length=301)) == {"TOO_LITTLE_EVIDENCE"}


@pytest.mark.parametrize("fps", [10, 25, 60])
def test_a_movement_lasts_five_seconds_at_any_rate(fps: float) -> None:
    assert "TOO_LITTLE_EVIDENCE" not in codes(inspect(mover(round(5 * fps), fps=fps)))
    assert "TOO_LITTLE_EVIDENCE" in codes(inspect(mover(round(5 * fps) - 1, fps=fps)))


def test_poses_made_elsewhere_at_a_low_rate() -> None:
    made, enough = (replace(mover(round(10 * fps), fps=fps), log=()) for fps in (19.9, 20))
    for series in (made, resample(made, 30)):
        (found,) = inspect(series).findings
        assert (found.code, found.message) == ("LOW_FRAME_RATE", "19.9 pictures per second")
    assert inspect(resample(enough, 30)).findings == ()


def test_thresholds_can_be_set() -> None:
    assert codes(inspect(mover(shoulder=100), thresholds=replace(THRESHOLDS, tiny_px=120))) >= {"TINY_PERSON"}


def test_a_frozen_source_of_fewer_pictures_is_frozen_in_between_too() -> None:
    series = mover(400)
    shown = (np.arange(400) % 2 == 0).astype(float)
    change = np.where(shown > 0, 1.0, 0.0)
    change[200:230] = 0
    series = replace(series, channels={**series.channels, "shown": shown, "change": change})
    assert inspect(series).spans == ((0, 200), (230, 400))


places = st.integers(1, 499)


@settings(max_examples=30, deadline=None)
@given(st.lists(places, max_size=4), st.lists(places, max_size=2), st.lists(places, max_size=2), st.integers(0, 3))
def test_no_movement_crosses_a_cut_a_leap_or_an_absence(
    cuts: list[int], leaps: list[int], absences: list[int], seed: int
) -> None:
    series = mover(500, seed=seed)
    for k, at in enumerate(leaps):
        series = shifted(series, slice(at, None), (0.7, 0.3 * k))
    for at in absences:
        series = empty(series, slice(at, at + 20))
    for at in cuts:
        series = with_channel(series, "cut", at, 1)
    inspection = inspect(series, length=50)
    assert all(a < b for a, b in inspection.spans)
    assert list(inspection.spans) == sorted(inspection.spans)
    gone = {frame for at in absences for frame in range(at, min(at + 20, 500))}
    for first, last in cut_movements(inspection.spans, length=50, stride=25, shortest=10):
        inside = set(range(first + 1, last))
        assert not inside & set(cuts)
        assert not {first, *inside} & gone
        if not gone:
            assert not inside & set(leaps)


# Series that lack something


@pytest.mark.parametrize("estimator", ["openpose", "unknown"])
def test_a_series_without_channels_and_log_is_inspected(estimator: str) -> None:
    bare = replace(mover(), channels={}, log=(), estimator=EstimatorInfo(estimator))
    assert codes(inspect(bare)) == set()
    assert inspect(bare).spans == ((0, 300),)
    assert codes(inspect(empty(bare, slice(100, 200)))) == {"PERSON_ABSENT", "TOO_LITTLE_EVIDENCE"}


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("frames", [0, 1, 2, 5])
def test_next_to_nothing_is_too_little(frames: int, bare: bool) -> None:
    series = mover(frames)
    series = replace(series, channels={}, log=()) if bare else series
    inspection = inspect(series)
    assert "TOO_LITTLE_EVIDENCE" in codes(inspection)
    assert codes(inspection) <= {"TOO_LITTLE_EVIDENCE", "NO_PERSON"}
    assert ("NO_PERSON" in codes(inspection)) == (frames == 0)
    assert inspection.seconds == sum(b - a for a, b in inspection.spans) / 30


@pytest.mark.parametrize("bare", [False, True])
def test_nothing_seen_is_nobody(bare: bool) -> None:
    series = empty(mover(), slice(None))
    series = replace(series, channels={}, log=()) if bare else series
    inspection = inspect(series)
    assert codes(inspection) == {"NO_PERSON", "TOO_LITTLE_EVIDENCE"}
    assert (inspection.spans, inspection.seconds) == ((), 0)
    assert inspection.seen == dict.fromkeys(PAIRS, 0.0)


def test_shoulders_outside_the_picture_are_no_photograph() -> None:
    series = mover()
    position = series.position.copy()
    position[:, [2, 5]] = np.nan
    assert codes(inspect(replace(series, position=position))) == {"SHOULDERS_HIDDEN", "TOO_LITTLE_EVIDENCE"}


def test_a_missing_neck_does_not_matter() -> None:
    series = mover()
    position = series.position.copy()
    position[:, 1] = np.nan
    assert inspect(replace(series, position=position)) == inspect(series)


def test_shoulders_on_one_spot_do_not_matter() -> None:
    series = mover()
    position = series.position.copy()
    position[:, 2] = position[:, 5]
    assert "TINY_PERSON" in codes(inspect(replace(series, position=position)))


def test_a_part_that_shows_no_new_picture_is_inspected() -> None:
    inspection = inspect(with_channel(mover(5), "shown", slice(None), 0))
    assert (codes(inspection), inspection.spans) == ({"TOO_LITTLE_EVIDENCE"}, ((0, 5),))


@pytest.mark.parametrize("gap", [0, 1, 4])
def test_a_change_of_person_across_a_short_gap_is_a_leap(gap: int) -> None:
    series = shifted(mover(300), slice(150, 300), (1.5, 0))
    if gap:
        series = empty(series, slice(150 - gap, 150))
    inspection = inspect(series)
    assert "TRACKING_JUMP" in {f.code for f in inspection.findings}
    assert all(last <= 150 or first >= 150 for first, last in inspection.spans)


def test_a_log_filled_with_anything_is_survived() -> None:
    for video in ({"fps": None, "declared_frames": "many"}, {"fps": float("nan")}):
        odd = with_log(mover(), video=video, lost_seconds="all", pictures=None)
        assert inspect(odd) == inspect(mover())
