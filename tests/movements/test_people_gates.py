"""Gates about people, about joints that a second look puts elsewhere, and the kinds of evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.movers import empty, mover, no_arms, with_channel, with_log, with_new_channel, without

from poseprint.core.arrays import Span
from poseprint.core.findings import CODES, Inspection
from poseprint.core.series import PoseSeries
from poseprint.movements.gated import THRESHOLDS
from poseprint.movements.gates import inspect
from poseprint.movements.kinds import NEEDS

pytestmark = pytest.mark.filterwarnings("error")


def found(series: PoseSeries) -> dict[str, str]:
    """Code -> message of every finding."""
    return {f.code: f.message for f in inspect(series).findings}


def on_a_crop(series: PoseSeries, **log: Any) -> PoseSeries:
    """As extraction leaves somebody who was measured on a crop of their own."""
    return with_log(with_new_channel(series, "near", slice(0), 0), **{"who": 1, "rivals": [], **log})


def with_head(series: PoseSeries, confidence: float = 1, at: slice = slice(None)) -> PoseSeries:
    """The series with a head measured at some frames."""
    return with_new_channel(series, "head_confidence", at, confidence)


# How to spoil a clean recording, all that it trips, the message of the first, and what that one concerns.
SPOILT: dict[str, tuple[Callable[[], PoseSeries], tuple[str, ...], str, tuple[Span, ...]]] = {
    "somebody else in a whole picture": (
        lambda: with_channel(mover(400), "people", 60, 2),
        ("SECOND_PERSON",),
        "2 persons of comparable size are in the picture for 2.0 s",
        ((31, 91),),
    ),
    "somebody else beside a crop": (
        lambda: with_channel(on_a_crop(mover(400)), "people", 60, 2),
        ("OTHERS_IN_SIGHT",),
        "2 people of comparable size are in the picture for 2.0 s; number 1 is measured",
        ((31, 91),),
    ),
    "somebody else beside nobody in particular": (
        lambda: with_channel(on_a_crop(mover(400), who=None), "people", 60, 3),
        ("OTHERS_IN_SIGHT",),
        "3 people of comparable size are in the picture for 2.0 s; one of them is measured",
        ((31, 91),),
    ),
    "somebody within arm's reach": (
        lambda: with_channel(with_channel(on_a_crop(mover(400)), "people", 60, 2), "near", 60, 1),
        ("SECOND_PERSON", "OTHERS_IN_SIGHT"),
        "somebody of comparable size is within arm's reach for 2.0 s",
        ((31, 91),),
    ),
    "one of two": (
        lambda: on_a_crop(mover(), rivals=[3]),
        ("WHO_IS_MEANT", "TOO_LITTLE_EVIDENCE"),
        "2 people could be meant: number 1 or 3",
        (),
    ),
    "one of three": (
        lambda: on_a_crop(mover(), who=2, rivals=[1, 3]),
        ("WHO_IS_MEANT", "TOO_LITTLE_EVIDENCE"),
        "3 people could be meant: number 2 or 1 or 3",
        (),
    ),
    "joints elsewhere": (
        lambda: with_new_channel(mover(), "doubted", slice(100, 200), 0.2),
        ("JOINTS_DOUBTED",),
        "a second look puts 7% of the joints elsewhere, within 3.3 s",
        ((100, 200),),
    ),
    "a head alone": (
        lambda: with_head(without(mover(), "elbow", "wrist")),
        ("ARMS_NOT_IN_SIGHT", "BODY_NOT_IN_SIGHT"),
        "no elbows or wrists are in sight for 10.0 s",
        ((0, 300),),
    ),
    "a face that fills the picture": (
        lambda: with_head(empty(mover(), slice(None))),
        ("BODY_NOT_IN_SIGHT",),
        "no 5.0 s of the body are usable; in sight are head 10.0 s",
        (),
    ),
    "a face for a while, then nobody": (
        lambda: with_head(empty(mover(), slice(None)), at=slice(0, 200)),
        ("PERSON_ABSENT", "BODY_NOT_IN_SIGHT"),
        "the person is out of sight for 3.3 s",
        ((200, 300),),
    ),
    "a head too, too short": (
        lambda: with_head(without(mover(), "elbow", "wrist"), at=slice(0, 149)),
        ("ARMS_NOT_IN_SIGHT", "TOO_LITTLE_EVIDENCE"),
        "no elbows or wrists are in sight for 10.0 s",
        ((0, 300),),
    ),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_recording_trips_its_codes(how: str) -> None:
    spoil, codes, message, frames = SPOILT[how]
    inspection = inspect(spoil())
    by_code = {f.code: f for f in inspection.findings}
    assert by_code.keys() == set(codes)
    first = by_code[codes[0]]
    assert (first.message, first.frames, first.severity) == (message, frames, CODES[codes[0]][0])
    assert first.advice


NEARLY: dict[str, Callable[[], PoseSeries]] = {
    "nobody else counted": lambda: with_channel(mover(), "people", slice(None), 1),
    "nobody counted": lambda: with_channel(mover(), "people", slice(None), float("nan")),
    "nobody else on a crop": lambda: on_a_crop(mover()),
    "named among rivals": lambda: on_a_crop(mover(), named=True),
    "hardly a joint elsewhere": lambda: with_new_channel(mover(), "doubted", slice(0, 70), 0.2),
    "no joint elsewhere": lambda: with_new_channel(mover(), "doubted", slice(0), 0),
    "no head in sight, but a body": lambda: with_head(mover(), 0),
}


@pytest.mark.parametrize("name", NEARLY)
def test_what_is_just_good_enough_trips_nothing(name: str) -> None:
    assert found(NEARLY[name]()) == {}


def test_others_beside_a_crop_leave_the_evidence_whole_and_those_within_reach_do_not() -> None:
    beside = with_channel(on_a_crop(mover(400)), "people", 60, 2)
    assert inspect(beside).spans == ((0, 400),)
    assert inspect(with_channel(beside, "near", 60, 1)).spans == ((0, 31), (91, 400))


def test_people_count_only_in_their_own_shot() -> None:
    series = with_channel(with_channel(mover(400), "cut", 200, 1), "people", slice(200, None), np.nan)
    assert inspect(with_channel(series, "people", 390, 2)).spans == ((0, 200),)


def test_how_many_doubted_joints_are_told_can_be_set() -> None:
    series = with_new_channel(mover(), "doubted", slice(0, 30), 0.2)
    limits = replace(THRESHOLDS, joints_doubted=0.01)
    assert {f.code for f in inspect(series, thresholds=limits).findings} == {"JOINTS_DOUBTED"}


@pytest.mark.parametrize("rivals", ["many", {"2": 3}, None, ["two"]])
def test_a_log_filled_with_anything_names_no_rivals(rivals: object) -> None:
    assert found(on_a_crop(mover(), rivals=rivals)) == {}


# Kinds of evidence


def test_a_body_alone_is_the_one_kind_there_is() -> None:
    inspection = inspect(mover())
    assert inspection.kinds == {"body": ((0, 300),)}
    assert inspection.kinds["body"] == inspection.spans


@pytest.mark.parametrize(("kind", "channel"), [(kind, name) for kind, names in NEEDS.items() for name in names])
def test_each_kind_is_usable_where_it_is_sure(kind: str, channel: str) -> None:
    series = with_new_channel(with_channel(mover(), "cut", 100, 1), channel, slice(20, 200), 0.5)
    kinds = inspect(with_channel(series, channel, slice(150, 160), 0.49)).kinds
    assert kinds == {"body": ((0, 100), (100, 300)), kind: ((20, 100), (100, 150), (160, 200))}


def test_either_hand_is_hands() -> None:
    series = with_new_channel(mover(), "right_hand_confidence", slice(0, 100), 0.9)
    kinds = inspect(with_new_channel(series, "left_hand_confidence", slice(50, 200), 0.9)).kinds
    assert kinds["hands"] == ((0, 200),)


@pytest.mark.parametrize("hidden", [("elbow", "wrist"), ("shoulder",)])
def test_a_head_needs_neither_shoulders_nor_arms(hidden: tuple[str, ...]) -> None:
    inspection = inspect(with_head(without(mover(), *hidden)))
    assert inspection.kinds == {"body": (), "head": ((0, 300),)}
    assert (inspection.spans, inspection.seconds) == ((), 0)


def test_what_is_said_of_a_body_that_is_not_in_sight() -> None:
    assert found(with_head(no_arms(mover())))["BODY_NOT_IN_SIGHT"] == (
        "no 5.0 s of the body are usable; in sight are head 10.0 s"
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: with_channel(s, "change", slice(100, 150), 0),
        lambda s: with_channel(with_channel(s, "people", 125, 2), "people", [65, 185], 1),
    ],
    ids=["frozen", "somebody else"],
)
def test_what_spoils_pictures_spoils_every_kind(spoil: Callable[[PoseSeries], PoseSeries]) -> None:
    kinds = inspect(spoil(with_head(mover(400)))).kinds
    assert kinds["head"] == kinds["body"]
    assert len(kinds["head"]) == 2


def test_who_could_be_meant_leaves_no_evidence_of_any_kind() -> None:
    inspection: Inspection = inspect(on_a_crop(with_head(mover()), rivals=[2]))
    assert set(inspection.kinds.values()) == {()}


def test_a_head_is_evidence_where_no_body_is_found() -> None:
    inspection = inspect(with_head(empty(mover(400), slice(180, 220))))
    assert inspection.kinds == {"body": ((0, 180), (220, 400)), "head": ((0, 400),)}
    assert "PERSON_ABSENT" not in {f.code for f in inspection.findings}
