"""The verdict: votes, and silence where the evidence is thin."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.movers import mover, wanderer, with_channel, with_head_and_hands, without
from helpers.profiles import liveliness, make_profile

from poseprint.app.check import Verdict, check, check_poses
from poseprint.app.profiles import read_profile
from poseprint.core.errors import ProfileError
from poseprint.core.series import EstimatorInfo, PoseSeries
from poseprint.movements.cleaning import resample
from poseprint.movements.perturbations import jitter
from poseprint.movements.same_take import movement_track
from poseprint.supervised.profile import SupervisedProfile


def verdict(series: PoseSeries, folder: Path, **settings: object) -> Verdict:
    return check_poses(series, read_profile(make_profile(folder, **settings)))  # type: ignore[arg-type]


SLOW, FAST = 0.3, 1.5  # swings a second; the profile votes real up to about 0.8


def test_votes_decide(tmp_path: Path) -> None:
    slow, fast = (verdict(mover(600, tempo=t), tmp_path) for t in (SLOW, FAST))
    assert (slow.decision, dict(slow.votes), slow.score) == ("consistent", {"real": 4, "fake": 0}, 1.0)
    assert (fast.decision, dict(fast.votes), fast.score) == ("inconsistent", {"real": 0, "fake": 4}, 0.0)
    assert slow.seconds == {"recording": 20.0, "used": 20.0}
    assert [(m.first, m.last, m.start, m.end) for m in slow.movements][:2] == [
        (0, 150, 0.0, 5.0),
        (150, 300, 5.0, 10.0),
    ]
    assert slow.findings == ()
    assert slow.seen["wrists"] == 1.0


def joined(*parts: PoseSeries) -> PoseSeries:
    """Several recordings as one, with cuts between them."""
    whole = parts[0]
    position = np.concatenate([p.position for p in parts])
    series = replace(
        mover(len(position)),
        position=position,
        confidence=np.concatenate([p.confidence for p in parts]),
        channels={n: np.concatenate([p.channels[n] for p in parts]) for n in whole.channels},
    )
    for edge in np.cumsum([len(p) for p in parts])[:-1]:
        series = with_channel(series, "cut", int(edge), 1)
    return series


@pytest.mark.parametrize(
    ("slow", "fast", "decision"),
    [(2, 1, "consistent"), (1, 1, "inconsistent"), (1, 2, "inconsistent"), (1, 0, "consistent")],
)
def test_real_only_if_real_votes_outnumber_fake_ones(tmp_path: Path, slow: int, fast: int, decision: str) -> None:
    series = joined(*[mover(150, tempo=SLOW)] * slow, *[mover(150, tempo=FAST)] * fast)
    found = verdict(series, tmp_path)
    assert found.decision == decision
    assert dict(found.votes) == {"real": slow, "fake": fast}


@pytest.mark.parametrize("change", [lambda s: s, lambda s: replace(jitter(s, 0.01), source_sha256="")])
def test_a_take_that_was_trained_on_gets_no_verdict(tmp_path: Path, change: Callable[[PoseSeries], PoseSeries]) -> None:
    series = wanderer(600, tempo=SLOW)
    made = read_profile(make_profile(tmp_path))
    assert isinstance(made, SupervisedProfile)
    row = {**made.made_from[0], "recording": "speech", "sha256": series.source_sha256}
    track = movement_track(series, [(0, len(series))])
    replace(made, made_from=(row,), tracks=(track,)).write(tmp_path)
    verdict = check_poses(change(series), read_profile(tmp_path))
    assert verdict.decision == "inconclusive"
    assert verdict.votes == {"real": 4, "fake": 0}
    assert verdict.reason.endswith("the profile was trained on this take, or on a part of it.")
    assert "'speech'" in next(f.message for f in verdict.findings if f.code == "KNOWN_TAKE")
    assert check_poses(wanderer(600, seed=1, tempo=SLOW), read_profile(tmp_path)).decision == "consistent"


def test_under_one_movement_is_inconclusive(tmp_path: Path) -> None:
    found = verdict(mover(149), tmp_path)
    assert (found.decision, found.score, found.movements) == ("inconclusive", None, ())
    assert "5.0 s" in found.reason
    assert "TOO_LITTLE_EVIDENCE" in {f.code for f in found.findings}


def test_cuts_leave_too_little(tmp_path: Path) -> None:
    series = mover(440)
    for at in (100, 200, 300):
        series = with_channel(series, "cut", at, 1)
    assert verdict(series, tmp_path).decision == "inconclusive"


def test_no_arms_is_inconclusive(tmp_path: Path) -> None:
    found = verdict(without(mover(600), "wrist", "elbow"), tmp_path)
    assert found.decision == "inconclusive"
    assert "no elbows or wrists" in found.reason


def test_what_is_dropped_is_not_judged(tmp_path: Path) -> None:
    series = with_channel(mover(900, tempo=SLOW), "people", slice(0, 450), 2)
    found = verdict(series, tmp_path)
    assert found.decision == "consistent"
    assert all(m.first >= 420 for m in found.movements)
    assert "SECOND_PERSON" in {f.code for f in found.findings}


def test_input_that_does_not_fit_gets_no_vote(tmp_path: Path) -> None:
    for settings, word in (
        ({"skeleton": "hands_21"}, "skeleton"),
        ({"estimator": EstimatorInfo("openpose", "BODY_25")}, "estimator"),
    ):
        found = verdict(mover(600), tmp_path, **settings)
        assert (found.decision, found.movements) == ("inconclusive", ())
        assert word in found.reason


def test_a_recording_that_tells_nothing_of_what_the_profile_takes_gets_no_vote(tmp_path: Path) -> None:
    whole = with_head_and_hands(mover(600, tempo=SLOW))
    for features, what in (("head_rotation", "the head's rotation"), ("hands", "the hands")):
        profile = read_profile(make_profile(tmp_path, features=features, onnx=liveliness(0.2, inputs=None)))
        found = check_poses(mover(600, tempo=SLOW), profile)
        assert (found.decision, found.movements) == ("inconclusive", ())
        assert found.reason.startswith(f"The profile was trained on {what}, of which the recording tells nothing")
        assert len(check_poses(whole, profile).movements) == 4
    with pytest.raises(ProfileError, match="features 'gait' is not known to this poseprint"):
        check_poses(whole, read_profile(make_profile(tmp_path, features="gait")))


def test_another_frame_rate_is_brought_to_the_profiles(tmp_path: Path) -> None:
    found = verdict(resample(mover(600, tempo=SLOW), 25), tmp_path)
    assert found.decision == "consistent"
    assert len(found.movements) == 4


def test_another_framing_is_a_finding(tmp_path: Path) -> None:
    assert "FRAMING_DIFFERS" in {f.code for f in verdict(mover(300), tmp_path, shoulders=0.6).findings}


def test_shift_and_scale_do_not_change_the_verdict(tmp_path: Path) -> None:
    series = mover(600, tempo=0.7)
    scores = np.array([m.score for m in verdict(series, tmp_path).movements])
    for moved in (
        replace(series, position=series.position + np.float32(30)),
        replace(series, position=series.position * np.float32(1.25)),
        replace(series, position=np.stack([1280 - series.position[..., 0], series.position[..., 1]], -1)),
    ):
        assert np.array([m.score for m in verdict(moved, tmp_path).movements]) == pytest.approx(scores, abs=1e-2)


def test_it_is_json(tmp_path: Path) -> None:
    found = verdict(mover(600), tmp_path)
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert content["decision"] == found.decision
    assert content["hashes"]["profile"]
    assert content["versions"]["poseprint"]


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_next_to_nothing(tmp_path: Path, frames: int) -> None:
    assert verdict(mover(300).part(0, frames), tmp_path).decision == "inconclusive"


def test_check_takes_paths(tmp_path: Path) -> None:
    from poseprint.io.parquet import write_poses

    write_poses(mover(300, tempo=SLOW), tmp_path / "a.parquet")
    assert check(str(tmp_path / "a.parquet"), str(make_profile(tmp_path / "p"))).decision == "consistent"
