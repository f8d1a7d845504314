"""Several recordings as one: nothing moves across their edges, and no doubt about one of them is lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.movers import mover, wanderer, with_face

from poseprint.app.check import check_poses
from poseprint.core.errors import PoseprintError
from poseprint.core.series import EstimatorInfo
from poseprint.movements.gates import inspect
from poseprint.movements.joining import joined
from poseprint.movements.measure import measure
from poseprint.verification.enrolment import enroll


def test_movements_lie_within_one_recording_each() -> None:
    first, second = wanderer(400, seed=1), wanderer(350, seed=2)
    both = joined([first, second])
    assert len(both) == 750
    assert both.recording == f"{first.recording} + {second.recording}"
    assert both.shots() == [(0, 400), (400, 750)]
    assert not any(a < 400 < b for a, b in measure(both, 2).spans())
    np.testing.assert_array_equal(both.position[400:], second.position)
    assert joined([first]) is first


def test_another_size_rate_and_channels_are_brought_together() -> None:
    plain = mover(150, fps=25.0, size=(640, 360), shoulder=100, seed=1)
    faced = with_face(mover(300, seed=2))
    both = joined([faced, plain])
    assert (both.fps, both.frame_size, len(both)) == (30.0, (1280, 720), 480)
    assert both.part(300, 480).shoulder_width() == pytest.approx(200, rel=0.02)
    assert np.isnan(both.channels["head_yaw"][300:]).all()
    assert not both.channels["face_confidence"][300:].any()
    assert inspect(both).kinds["face"] == ((0, 300),)


def test_doubts_about_a_file_stay() -> None:
    slow = mover(300, seed=1)
    entry = {**slow.log[0], "rivals": [2], "who": 1}
    doubted = replace(slow, log=(entry,), channels={**slow.channels, "near": np.zeros(300)})
    both = joined([mover(300, seed=2), doubted])
    (meant,) = [f for f in inspect(both).findings if f.code == "WHO_IS_MEANT"]
    assert meant.frames == ((300, 600),)
    assert meant.message.startswith("mover_1: 2 people could be meant")
    assert inspect(both).spans == ((0, 300),)


SPAN = {"code": "WHO_IS_MEANT", "message": "two", "frames": [[0, 150]]}


@pytest.mark.parametrize(
    "recordings",
    [
        7,
        {"findings": []},
        ["a"],
        [{}],
        [{"findings": 3}],
        [{"findings": ["x", {}, {"code": []}, {"code": "NO_SUCH", "frames": []}]}],
        [
            {
                "findings": [
                    {**SPAN, "frames": frames} for frames in (None, [1], [[1]], [["a", "b"]], [[-1, 1 << 70]], "ab")
                ]
            }
        ],
    ],
)
def test_a_file_that_only_says_it_was_joined_tells_nothing(recordings: object) -> None:
    series = mover(300)
    forged = replace(series, log=(*series.log, {"step": "join", "recordings": recordings}))
    assert inspect(forged).findings == inspect(series).findings
    told = replace(series, log=(*series.log, {"step": "join", "recordings": [{"recording": "a", "findings": [SPAN]}]}))
    assert [(f.code, f.frames) for f in inspect(told).findings] == [("WHO_IS_MEANT", ((0, 150),))]


def test_one_verdict_for_all_of_them() -> None:
    profile = enroll("Ann", [wanderer(seed=s) for s in range(3)])
    verdict = check_poses(joined([wanderer(450, seed=8), wanderer(450, seed=9)]), profile)
    assert verdict.evidence is not None
    assert verdict.seconds["used"] == pytest.approx(30)
    known = check_poses(joined([wanderer(seed=8), wanderer(seed=1)]), profile)
    assert "KNOWN_TAKE" in {f.code for f in known.findings}
    assert known.decision == "inconclusive"


def test_what_cannot_be_joined_is_refused() -> None:
    with pytest.raises(PoseprintError, match="give a recording"):
        joined([])
    with pytest.raises(PoseprintError, match="given twice"):
        joined([mover(seed=1), mover(seed=1)])
    other = replace(mover(seed=2), estimator=EstimatorInfo("another"))
    with pytest.raises(PoseprintError, match="different estimators"):
        joined([mover(seed=1), other])
