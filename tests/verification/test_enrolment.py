"""Enrolment from a person's own recordings, and the verdicts that follow."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.movers import mover
from helpers.places import GOLDEN, ROOT

from poseprint.app.check import check_poses
from poseprint.app.cli.main import app
from poseprint.app.profiles import read_profile
from poseprint.core.errors import DatasetError, ProfileError
from poseprint.core.series import EstimatorInfo, PoseSeries
from poseprint.io.parquet import write_poses
from poseprint.io.profile_folder import manifest_sha256
from poseprint.movements.measure import measure
from poseprint.verification.decision import Costs
from poseprint.verification.enrolment import enroll, forget
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import summaries
from poseprint.verification.summary import Summary

REAL = ROOT / "src" / "poseprint" / "app" / "sample" / "recordings"


def wanderer(frames: int = 600, *, seed: int = 0, style: int = 0, recording: str = "", **options: float) -> PoseSeries:
    """A mover whose gestures never come back the same: two recordings of one style are two takes."""
    series = mover(frames, seed=seed, recording=recording or f"{style}-{seed}", person="Ann", **options)
    rng = np.random.default_rng(1000 * style + seed)
    position = series.position.copy()
    for k in (0, 3, 4, 6, 7):
        steps = np.cumsum(rng.normal(size=(frames, 2)), axis=0)
        width = 31 + 10 * style
        smooth = np.stack(
            [np.convolve(s, np.hanning(width) / np.hanning(width).sum(), "same") for s in steps.T], axis=1
        )
        position[:, k] += 15 * (smooth - smooth.mean(axis=0)) / smooth.std()
    return replace(series, position=position, source_sha256=f"{style:032x}{seed:032x}")


def codes(profile: EnrolledProfile) -> set[str]:
    return {str(f["code"]) for f in profile.findings}


@pytest.fixture(scope="module")
def ann() -> EnrolledProfile:
    return enroll("Ann", [wanderer(seed=s) for s in range(4)], sessions=["mon", "mon", "tue", "tue"])


def test_a_profile_comes_back_as_it_was(tmp_path: Path, ann: EnrolledProfile) -> None:
    ann.write(tmp_path)
    again = read_profile(tmp_path)
    assert isinstance(again, EnrolledProfile)
    np.testing.assert_array_equal(again.statistics, ann.statistics)
    assert (again.person, again.input, again.made_from) == (ann.person, ann.input, ann.made_from)
    assert json.loads((tmp_path / "profile.json").read_text())["format_version"] == 2
    assert not list(tmp_path.glob("*.pkl"))
    (file,) = tmp_path.glob("enrolment-*.safetensors")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ProfileError, match="was altered"):
        read_profile(tmp_path)


def altered(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A profile whose manifest was changed by somebody who knows how its digest is made."""
    manifest = json.loads((folder / "profile.json").read_text())
    change(manifest)
    manifest["sha256"] = manifest_sha256(manifest)
    (folder / "profile.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["made_from"][0].pop("seconds"),
        lambda m: m["made_from"][0].update(seconds="x"),
        lambda m: m["made_from"][0].update(seconds=float("nan")),
        lambda m: m["made_from"][0].update(movements=0),
        lambda m: m["made_from"][0].update(shoulders="wide"),
        lambda m: m.update(findings=["a"]),
        lambda m: m.update(made_from=[]),
        lambda m: m["input"].update(length=30),
        lambda m: m["input"].update(axes=7),
        lambda m: m.update(files={}),
    ],
)
def test_a_profile_that_was_tampered_with_is_refused(
    tmp_path: Path, ann: EnrolledProfile, change: Callable[[dict[str, Any]], None]
) -> None:
    ann.write(tmp_path)
    with pytest.raises(ProfileError):
        read_profile(altered(tmp_path, change))


def test_a_profile_is_whole_while_it_changes(
    tmp_path: Path, ann: EnrolledProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann.write(tmp_path)

    def interrupted(manifest: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("poseprint.io.profile_folder.manifest_sha256", interrupted)
        with pytest.raises(KeyboardInterrupt):
            forget(ann, "0-0").write(tmp_path)
    assert len(read_profile(tmp_path).made_from) == 4
    forget(ann, "0-0").write(tmp_path)
    assert len(read_profile(tmp_path).made_from) == 3
    assert len(list(tmp_path.iterdir())) == 2


def test_a_verdict_says_all_that_went_into_it(ann: EnrolledProfile) -> None:
    verdict = check_poses(wanderer(seed=9), ann)
    found = verdict.evidence
    assert found is not None
    assert set(found.llr) == {"static", "motion", "both"}
    assert found.lower <= found.llr["both"] <= found.upper
    assert verdict.score == found.llr["both"]
    assert verdict.decision == Costs().decide(found.llr["both"])
    assert len(verdict.movements) == 4
    assert all(m.llr is not None for m in verdict.movements)
    assert set(found.typical) | set(found.untypical) <= set(range(4))
    assert not set(found.typical) & set(found.untypical)
    assert {q.part for q in found.qualities} >= {"right arm", "left arm"}
    assert json.loads(json.dumps(verdict.to_dict()))["evidence"]["llr"] == dict(found.llr)
    assert verdict.hashes["reference"]


def test_departures_name_what_differs(ann: EnrolledProfile) -> None:
    fast = check_poses(wanderer(seed=9, tempo=3.0), ann)
    assert fast.evidence is not None
    assert fast.evidence.departures
    worst = fast.evidence.departures[0]
    assert not worst.low <= worst.value <= worst.high
    assert abs(worst.deviations) >= 2
    usual = check_poses(wanderer(seed=9), ann)
    assert usual.evidence is not None
    assert usual.evidence.llr["both"] > fast.evidence.llr["both"]


def test_mirror_scale_and_place_in_the_picture(ann: EnrolledProfile) -> None:
    series = wanderer(seed=9)
    moved = replace(series, position=series.position * np.float32(0.7) + np.float32(40))
    one, other = (check_poses(s, ann).evidence for s in (series, moved))
    assert one is not None
    assert other is not None
    assert other.llr == pytest.approx(one.llr, abs=0.1)


def test_costs_decide(ann: EnrolledProfile) -> None:
    series = wanderer(seed=9)
    bold, shy = check_poses(series, ann, costs=Costs(wrong=2.01)), check_poses(series, ann, costs=Costs(wrong=1e6))
    assert shy.decision == "inconclusive"
    assert bold.evidence is not None
    assert bold.settings["cost_of_a_wrong_verdict"] == 2.01


def test_one_recording_works_and_says_what_it_cannot_know() -> None:
    profile = enroll("Ann", [wanderer()])
    assert {"ONE_RECORDING", "MORE_WOULD_HELP"} <= codes(profile)
    assert "ONE_SESSION" not in codes(profile)
    assert check_poses(wanderer(seed=5), profile).evidence is not None


def test_sessions_are_asked_for(ann: EnrolledProfile) -> None:
    assert "ONE_SESSION" not in codes(ann)
    assert "ONE_SESSION" in codes(enroll("Ann", [wanderer(seed=s) for s in range(2)]))


def test_how_much_more_would_help_is_told_with_the_measured_curve() -> None:
    profile = enroll("Ann", [wanderer()])
    (told,) = [f for f in profile.findings if f["code"] == "MORE_WOULD_HELP"]
    assert "more minutes from another day would help" in told["message"]
    assert "%" in told["message"]


def test_the_same_take_counts_once() -> None:
    first = wanderer(900, seed=1)
    noisy = first.position + np.random.default_rng(0).normal(0, 0.4, first.position.shape).astype(np.float32)
    copy = replace(first, position=noisy, source_sha256="f" * 64, recording="copy").part(90, 900)
    profile = enroll("Ann", [first, wanderer(900, seed=2), copy])
    assert [r["recording"] for r in profile.made_from] == ["0-1", "0-2"]
    assert "DUPLICATE_RECORDING" in codes(profile)


def test_it_grows_and_forgets(ann: EnrolledProfile) -> None:
    grown = enroll("Ann", [wanderer(seed=7), wanderer(seed=0)], grow=ann)
    assert [r["recording"] for r in grown.made_from] == ["0-0", "0-1", "0-2", "0-3", "0-7"]
    smaller = forget(grown, "0-7")
    np.testing.assert_array_equal(smaller.statistics, ann.statistics)
    with pytest.raises(ProfileError, match="no recording 'x'; it has: 0-0"):
        forget(ann, "x")
    with pytest.raises(ProfileError, match="only recording"):
        forget(enroll("Ann", [wanderer()]), "0-0")
    with pytest.raises(ProfileError, match="of 'Ann', not of 'Bob'"):
        enroll("Bob", [wanderer(seed=7)], grow=ann)


def test_two_people_in_one_enrolment_are_noticed() -> None:
    mine = [wanderer(seed=s) for s in range(4)]
    other = [wanderer(seed=s, style=3, tempo=2.5, amplitude=0.9, sway=0.2, shoulder=260) for s in range(2)]
    position = [s.position + np.where(np.arange(12)[:, None] == 0, (60, 40), 0).astype(np.float32) for s in other]
    profile = enroll("Ann", [*mine, *(replace(s, position=p) for s, p in zip(other, position, strict=True))])
    assert "RECORDINGS_DISAGREE" in codes(profile)
    assert "PROFILE_DOUBTED" in {f.code for f in check_poses(wanderer(seed=9), profile).findings}
    assert "RECORDINGS_DISAGREE" not in codes(enroll("Ann", mine))


def no_arms(series: PoseSeries) -> PoseSeries:
    position = series.position.copy()
    position[:, [3, 4, 6, 7]] = np.nan
    return replace(series, position=position)


def test_what_cannot_serve_is_refused_or_left_out() -> None:
    with pytest.raises(DatasetError, match=r"nothing to enrol.*framed wider"):
        enroll("Ann", [no_arms(wanderer())])
    profile = enroll("Ann", [wanderer(), no_arms(wanderer(seed=3))])
    assert "RECORDING_LEFT_OUT" in codes(profile)
    with pytest.raises(DatasetError, match="give recordings"):
        enroll("Ann", [])
    with pytest.raises(DatasetError, match="needs the name"):
        enroll(" ", [wanderer()])
    other = replace(wanderer(seed=2), estimator=EstimatorInfo("openpose", "BODY_25"))
    with pytest.raises(DatasetError, match=r"different estimators.*measure all of them with one"):
        enroll("Ann", [wanderer(), other])


def test_a_check_that_cannot_be_made_says_what_to_do(ann: EnrolledProfile) -> None:
    short = check_poses(wanderer().part(0, 25), ann)
    assert (short.decision, short.evidence) == ("inconclusive", None)
    assert "Too little can be measured" in short.reason
    hidden = check_poses(no_arms(wanderer(seed=9)), ann)
    assert hidden.decision == "inconclusive"
    assert "framed wider" in hidden.reason
    other = check_poses(replace(wanderer(seed=9), estimator=EstimatorInfo("openpose", "BODY_25")), ann)
    assert other.decision == "inconclusive"
    assert "Measure the recording with the profile's estimator" in other.reason


def test_parts_of_one_film_are_recordings_of_their_own() -> None:
    whole = wanderer(1800, seed=1)
    parts = [replace(whole.part(a, b), recording=f"part-{a}") for a, b in ((0, 800), (900, 1800))]
    assert len(enroll("Ann", parts).made_from) == 2


def test_short_recordings_do_not_count_in_full() -> None:
    from poseprint.verification.reference import shipped

    reference = shipped(2)
    short, long = ([wanderer(n, seed=s) for s in range(4)] for n in (60, 900))
    worth = [reference.worth(Summary.joined(summaries(enroll("Ann", r)))) for r in (short, long)]
    assert worth[0] < 1 < 3 < worth[1]


def test_a_long_recording_is_judged_in_little_memory(ann: EnrolledProfile) -> None:
    hour = wanderer(30 * 3600, seed=5)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert check_poses(hour, ann).evidence is not None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_500_000  # KiB


def test_a_zoom_at_a_cut_changes_no_statistic() -> None:
    series = wanderer(300, seed=1)
    position = series.position.copy()
    position[150:] = (position[150:] - 400) * np.float32(1.8) + 400
    cut = {**series.channels, "cut": np.where(np.arange(300) == 150, 1.0, 0.0)}
    plain, zoomed = replace(series, channels=cut), replace(series, channels=cut, position=position)
    for a, b in zip(measure(plain, 2).movements().statistics, measure(zoomed, 2).movements().statistics, strict=True):
        np.testing.assert_allclose(a, b, atol=0.02)


def test_two_speakers_in_one_enrolment_are_noticed_in_films() -> None:
    from poseprint.io.parquet import read_poses

    trump = [read_poses(REAL / f"trump_{name}.parquet") for name in ("briefing", "factory", "fundraiser")]
    assert "RECORDINGS_DISAGREE" in codes(enroll("X", [*trump, read_poses(REAL / "merkel_interview.parquet")]))


def test_untried_estimators_are_said_so() -> None:
    odd = [replace(wanderer(seed=s), estimator=EstimatorInfo("openpose", "BODY_25")) for s in range(2)]
    profile = enroll("Ann", odd)
    assert "UNTRIED_ESTIMATOR" in codes(profile)
    verdict = check_poses(replace(wanderer(seed=9), estimator=EstimatorInfo("openpose", "BODY_25")), profile)
    assert verdict.decision == "inconclusive"
    assert "never measured with this pose estimator" in verdict.reason


def test_real_speakers_enrol_in_no_time() -> None:
    from poseprint.io.parquet import read_poses

    recordings = [read_poses(file) for file in sorted(REAL.glob("*.parquet"))]
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        profile = enroll("Everybody", recordings)
        seconds.append(time.perf_counter() - started)
    assert len(profile.made_from) == 10
    assert min(seconds) < 5
    minute = wanderer(1800, seed=4)
    check_poses(minute, profile)
    started = time.perf_counter()
    check_poses(minute, profile)
    assert time.perf_counter() - started < 2  # 0.5 s on two idle cores: benchmarks/enrolment_speed.py measures it


def run(*arguments: object) -> int:
    return int(app([str(a) for a in arguments], standalone_mode=False) or 0)


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = []
    for seed in range(3):
        files.append(tmp_path / f"{seed}.parquet")
        write_poses(wanderer(seed=seed), files[-1])
    folder = tmp_path / "ann"
    assert run("enroll", "Ann", *files[:2], "-o", folder, "--session", "monday") == 0
    assert "0.7 minutes in 2 recordings" in capsys.readouterr().out
    with pytest.raises(ProfileError, match="--add adds to it"):
        run("enroll", "Ann", files[2], "-o", folder)
    assert run("enroll", "Ann", files[2], "-o", folder, "--add", "--json") == 0
    assert [r["recording"] for r in json.loads(capsys.readouterr().out)["recordings"]] == ["0-0", "0-1", "0-2"]
    assert run("enroll", "Ann", "-o", folder, "--forget", "0-1") == 0
    assert "0-1:" not in capsys.readouterr().out
    assert run("check", files[1], "--profile", folder, "--json") in (0, 1, 2)
    assert json.loads(capsys.readouterr().out)["evidence"]["llr"]
    with pytest.raises(ProfileError, match="no profile is there to change"):
        run("enroll", "Ann", files[0], "-o", tmp_path / "new", "--add")
    with pytest.raises(DatasetError, match="give recordings"):
        run("enroll", "Ann", "-o", tmp_path / "new")
    assert not (folder / ".parts").exists()


def test_a_profile_of_version_2_stays_readable() -> None:
    profile = read_profile(GOLDEN / "profile_v2")
    assert isinstance(profile, EnrolledProfile)
    assert (profile.person, len(profile.made_from)) == ("Angela Merkel", 1)
    assert check_poses(wanderer(), profile).evidence is not None


@pytest.mark.shared_data
def test_a_part_from_another_mover_is_found_and_told(shared: Path) -> None:
    from poseprint.io.kinect import read_kinect
    from poseprint.movements.forgeries import splice

    people: dict[str, list[PoseSeries]] = {}
    for found in read_kinect(shared / "msrc12" / "upper_body.parquet"):
        people.setdefault(found.series.person, []).append(found.series)
    told = 0
    names = sorted(people)[:6]
    for one, other in zip(names, [*names[3:], *names[:3]], strict=True):
        profile = enroll(one, people[one][:10])
        mixed = splice(people[one][12].part(0, 900), people[other][12], 15.0)
        verdict = check_poses(mixed, profile)
        assert verdict.evidence is not None
        change = verdict.evidence.change
        if change is not None:
            assert verdict.decision == "inconclusive"
            told += abs(change["start"] - 15) <= 5
            assert "CHANGE_OF_MOVER" in {f.code for f in verdict.findings}
    assert told >= 2  # where the two LLRs are not opposed it is silent; benchmarks/deepfakes.py measures how often
