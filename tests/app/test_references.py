"""References of one's own: what is learned, what is refused, and how a check, an enrolment and an evaluation use one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.evaluation import fewer_draws
from helpers.movers import mover
from helpers.profiles import make_profile
from helpers.references import fewer_trials, many, own_mover

import poseprint
from poseprint.app.check import check, check_poses
from poseprint.app.enroll import enroll_footage
from poseprint.app.references import learn_reference, references_in
from poseprint.app.told_reference import describe, in_words
from poseprint.core.errors import DatasetError, PoseprintError, ProfileError
from poseprint.core.series import KINECT, EstimatorInfo
from poseprint.evaluation.error_rates import errors
from poseprint.io.dataset import read_recordings, write_recordings
from poseprint.io.parquet import write_poses
from poseprint.verification.calibration import bounds
from poseprint.verification.enrolment import enroll
from poseprint.verification.learn_reference import Roles, told_apart
from poseprint.verification.learn_reference import learn_reference as learn_bodies
from poseprint.verification.reference import Reference, read_reference, shipped, write_reference
from poseprint.verification.trials import Trials, takes_of_table


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reference, Path, Path]:
    """A reference of nine people, five of whom have two days; its folder and the data set."""
    folder = tmp_path_factory.mktemp("learned")
    data = many(folder / "speakers", 9, once=4)
    with fewer_trials():
        (reference,) = learn_reference(data, folder / "own")
    return reference, folder / "own", data


def error_of(data: Path, **options: object) -> str:
    with pytest.raises(DatasetError) as caught:
        learn_reference(data, data.parent / "own", **options)  # type: ignore[arg-type]
    assert not (data.parent / "own").exists()
    return str(caught.value)


@pytest.mark.slow
def test_what_cannot_be_learned_from_is_refused_in_words(tmp_path: Path) -> None:
    assert "all usable recordings show one person (p0)" in error_of(many(tmp_path / "one", 1))
    assert "nobody of 3 people has two usable recordings" in error_of(many(tmp_path / "once", 3, 1))
    message = error_of(many(tmp_path / "few", 5))
    assert "at least 8 people that show their bodies, got 5 (p0, p1, p2, p3, p4)" in message
    assert "the reference that ships serves" in message
    assert "at least 4 people need two usable values of recording, got 3" in error_of(
        many(tmp_path / "twice", 8, once=5)
    )
    assert "two usable values of activity, got 0" in error_of(many(tmp_path / "act"), by="activity")
    assert "it is recording, session or activity" in error_of(tmp_path / "act", by="day")
    assert "no recordings.csv in it" in error_of(tmp_path)


@pytest.mark.slow
def test_what_is_unusable_or_mixed_is_refused(tmp_path: Path) -> None:
    data = many(tmp_path / "data", 2)
    write_poses(replace(own_mover(1, 1), estimator=EstimatorInfo("openpose", "BODY_25")), data / "p1-1.parquet")
    assert "different estimators or skeletons cannot be compared" in error_of(data)
    for line in read_recordings(data):
        write_poses(replace(own_mover(0, 0, frames=20), recording=line.recording), data / line.file)
    assert "nothing usable to learn from: p0-0 is left out" in error_of(data)
    write_recordings(data, [replace(line, label="fake") for line in read_recordings(data)])
    assert "no real recording of a named person" in error_of(data)


@pytest.mark.slow
def test_what_few_people_support_is_told(learned: tuple[Reference, Path, Path]) -> None:
    reference, folder, _ = learned
    assert (reference.name, reference.native, reference.axes) == ("own", "mediapipe-pose-full", 2)
    both = reference.calibrations["both"]
    assert (both.lower, both.upper) == bounds(5, 9)
    told = describe(reference)
    assert told["parted_by"] == "session"
    assert told["bodies"]["reach"] == {"inconsistent": False, "consistent": True}
    assert told["bodies"]["compared"] == 5
    figures = told["bodies"]["figures"]
    assert {"eer", "auc", "cllr", "majority", "intervals"} <= figures.keys()
    assert figures["genuine"] > 0
    text = "\n".join(in_words(told))
    assert "9 people, 5 of them compared with themselves, support an LLR from -0.78 to +1.57" in text
    assert "`inconsistent` (that takes 8 people who are compared with themselves); `consistent` is within reach" in text
    assert "answering always the commoner of the two would be right" in text
    json.dumps(told, allow_nan=False)
    assert references_in(folder)[0].sha256 == reference.sha256


@pytest.mark.slow
def test_a_check_says_which_reference_judged(learned: tuple[Reference, Path, Path], tmp_path: Path) -> None:
    reference, folder, _ = learned
    person = [own_mover(20, take) for take in range(3)]
    profile = enroll("Zoe", person[:2], sessions=["mon", "tue"], reference=reference)
    verdict = check_poses(person[2], profile, reference=reference)
    assert verdict.hashes["reference"] == reference.sha256
    assert verdict.settings["reference"] == "own"
    assert verdict.evidence is not None
    assert verdict.evidence.lower == pytest.approx(reference.calibrations["both"].lower)
    assert "CALIBRATED_ON_FEW" in {f.code for f in verdict.findings}
    ships = check_poses(person[2], profile)
    assert (ships.hashes["reference"], ships.settings["reference"]) == (shipped(2).sha256, "shipped")
    files = [
        write_poses(series, tmp_path / f"{k}.parquet") or tmp_path / f"{k}.parquet" for k, series in enumerate(person)
    ]
    enroll_footage("Zoe", files[:2], tmp_path / "zoe", session="mon", reference=folder)
    assert (
        check(files[2], tmp_path / "zoe", reference=folder).to_dict()
        == check_poses(
            poseprint.read_poses(files[2]), poseprint.read_profile(tmp_path / "zoe"), reference=str(folder)
        ).to_dict()
    )


@pytest.mark.slow
def test_whoever_taught_a_reference_is_not_tested_with_it(
    learned: tuple[Reference, Path, Path], tmp_path: Path
) -> None:
    _, folder, data = learned
    for number in (30, 31):
        for take in range(2):
            series = own_mover(number, take)
            write_poses(series, data / f"{series.recording}.parquet")
    lines = read_recordings(data)
    more = [
        replace(lines[0], recording=f"p{n}-{t}", person=f"p{n}", file=f"p{n}-{t}.parquet")
        for n in (30, 31)
        for t in (0, 1)
    ]
    both = tmp_path / "both"
    both.mkdir()
    for line in (*lines, *more):
        (both / line.file).write_bytes((data / line.file).read_bytes())
    write_recordings(both, [*lines, *more])
    with fewer_draws():
        result = poseprint.evaluate(both, reference=folder, output=tmp_path / "out", by="recording")
    assert (result["reference"]["from"], result["data"]["persons"]) == ("own", 2)
    assert len(result["persons_in_the_reference"]) == 9


@pytest.mark.slow
def test_a_reference_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    profile = enroll("Zoe", [mover(400, seed=1)])
    with pytest.raises(DatasetError, match="is for depth, not for picture"):
        check_poses(mover(400), profile, reference=shipped(3))
    other = replace(shipped(2), gains={}, origins={}, films={}, name="own")
    with pytest.raises(DatasetError, match="was learned from poses by kinect, these are by 'mediapipe-pose-full'"):
        check_poses(mover(400), profile, reference=other)
    with pytest.raises(DatasetError, match="no reference in it; `poseprint reference learn"):
        enroll_footage("Zoe", [tmp_path / "clip.mp4"], tmp_path / "zoe", reference=tmp_path)
    trained = make_profile(tmp_path / "trained")
    with pytest.raises(ProfileError, match="judged by its network, without a reference"):
        check(tmp_path / "clip.mp4", trained, reference=tmp_path)


@pytest.mark.slow
def test_films_teach_heads_and_faces(tmp_path: Path) -> None:
    with fewer_trials():
        (reference,) = learn_reference(many(tmp_path / "talkers", 8, faces=True), tmp_path / "own")
        again = describe(learn_reference(many(tmp_path / "days", 8, faces=True, sessions=False), tmp_path / "own")[0])
    assert reference.faces is not None
    assert reference.speakers == tuple(f"p{n}" for n in range(8))
    assert reference.facts["films"]["genuine_persons"] == 8
    assert set(reference.films["mediapipe-pose-full"]) >= {"both", "bearing", "mouth"}
    person = [own_mover(20, take, faces=True) for take in range(3)]
    verdict = check_poses(person[2], enroll("Zoe", person[:2]), reference=reference)
    assert verdict.evidence is not None
    assert verdict.evidence.parts["mouth"] is not None
    told = describe(reference)
    assert told["films"]["people"] == 8
    assert "Films with head and face: 8 people, 8 of them compared" in "\n".join(in_words(told))
    assert again["films"] is None
    assert any("heads and faces are not learned: " in note for note in again["notes"])


@pytest.mark.slow
def test_depth_gives_two_references(tmp_path: Path) -> None:
    out = tmp_path / "own"
    with fewer_trials():
        learned = learn_reference(many(tmp_path / "kinect", 8, depth=True), out)
    assert [r.axes for r in learned] == [2, 3]
    assert {r.native for r in learned} == {KINECT}
    assert [r.axes for r in references_in(out)] == [2, 3]
    with fewer_trials():
        learn_reference(many(tmp_path / "flat", 8), out)
    assert [r.axes for r in references_in(out)] == [2]


def test_nothing_from_elsewhere_is_replaced(tmp_path: Path) -> None:
    data = many(tmp_path / "data", 1, 1)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "picture.json").write_text("{}")
    with pytest.raises(PoseprintError, match="is no earlier output of `reference`"):
        learn_reference(data, tmp_path / "mine")
    with pytest.raises(PoseprintError, match="is read here, it is"):
        learn_reference(data, data)


def test_a_file_of_another_reference_is_noticed(tmp_path: Path) -> None:
    for name, reference in (("one", shipped(2)), ("two", replace(shipped(2), gains={}))):
        (tmp_path / name).mkdir()
        write_reference(reference, tmp_path / name)
    (tmp_path / "one" / "picture.safetensors").write_bytes((tmp_path / "two" / "picture.safetensors").read_bytes())
    with pytest.raises(ProfileError, match=r"does not belong to picture\.json.*`poseprint reference learn`"):
        read_reference(2, tmp_path / "one")


@pytest.mark.slow
@pytest.mark.shared_data
def test_msrc12_alone_gives_nearly_the_figures_that_ship(shared: Path) -> None:
    takes = takes_of_table(shared / "msrc12" / "upper_body.parquet", 2, group="msrc12")
    reference, folds = learn_bodies(takes, 2, roles=Roles(between=()))
    told = told_apart([f.fitting for f in folds], Trials.joined([f.fitting for f in folds]), reference.calibrations)
    mine = {(r["evidence"], r["seconds"], r["enrolled"]): r for r in errors(told)}
    for row in shipped(2).facts["errors"]:
        own = mine[row["evidence"], row["seconds"], row["enrolled"]]
        assert own["eer"] == pytest.approx(row["eer"], abs=0.03)  # benchmarks/results/reference.json tells by how much
        assert own["cllr"] == pytest.approx(row["cllr"], abs=0.08)
    assert reference.calibrations["both"].lower == shipped(2).calibrations["both"].lower
    assert reference.calibrations["both"].upper == shipped(2).calibrations["both"].upper
