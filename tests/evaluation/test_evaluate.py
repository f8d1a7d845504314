"""`poseprint evaluate`: a data set in, tables and figures out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from helpers.command import Command
from helpers.movers import mover

import poseprint
from poseprint.app.datasets.convert import import_kinect
from poseprint.core.errors import DatasetError
from poseprint.core.series import EstimatorInfo, PoseSeries
from poseprint.evaluation import protocol
from poseprint.evaluation.page import table
from poseprint.evaluation.protocol import applicable, draw, parted, reliability
from poseprint.evaluation.robustness import robustness
from poseprint.io.dataset import Recording, write_recordings
from poseprint.io.parquet import write_poses
from poseprint.movements.measure import measure
from poseprint.movements.perturbations import PERTURBATIONS
from poseprint.verification.reference import Reference, shipped, write_reference
from poseprint.verification.trials import Take

PEOPLE = {"Ann": (0.15, 0.4, 180), "Bob": (0.3, 0.8, 220), "Cyd": (0.5, 0.55, 200)}
"""Amplitude, tempo and shoulder width of each."""


def recording_of(person: str, number: int, frames: int = 330) -> PoseSeries:
    amplitude, tempo, width = PEOPLE[person]
    wobble = 1 + 0.1 * np.sin(number * 2.1)
    name, seed = f"{person}-{number}", 31 * number + len(person) + ord(person[0])
    return mover(
        frames,
        amplitude=amplitude * wobble,
        tempo=tempo * wobble,
        shoulder=width,
        seed=seed,
        recording=name,
        person=person,
    )


def data_set(folder: Path, people: Any = tuple(PEOPLE), *, recordings: int = 8, told: bool = True) -> Path:
    """Everybody's recordings, in two sessions of their own and four activities of all."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for person in people:
        for k in range(recordings):
            series = recording_of(person, k)
            write_poses(series, folder / f"{series.recording}.parquet")
            session, activity = (f"{person}'s day {k % 2}", f"topic {k % 4}") if told else ("", "")
            lines.append(Recording(series.recording, person, "real", session, f"{series.recording}.parquet", activity))
    write_recordings(folder, lines)
    return folder


def lines_of(folder: Path) -> list[Recording]:
    from poseprint.io.dataset import read_recordings

    return read_recordings(folder)


@pytest.fixture(autouse=True, scope="module")
def fewer_draws() -> Iterator[None]:
    """Intervals and partings that cost less."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protocol, "SEEDS", 1)
        patch.setattr("poseprint.evaluation.evaluate.SEEDS", 1)
        patch.setattr(protocol, "DURATIONS", (5, 10, 20, 30))
        yield


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path, list[str]]:
    """A data set with one recording of nobody and one fake, evaluated."""
    folder = tmp_path_factory.mktemp("evaluated")
    data, out, said = data_set(folder / "people"), folder / "out", list[str]()
    short = recording_of("Ann", 99, frames=20)
    write_poses(short, data / "short.parquet")
    twin = replace(recording_of("Bob", 0), recording="twin")
    write_poses(twin, data / "twin.parquet")
    more = [
        Recording("short", "Ann", "real", "", "short.parquet"),
        Recording("twin", "Bob", "real", "", "twin.parquet"),
        Recording("impression", "Bob", "fake", "", "twin.parquet"),
        Recording("unnamed", "", "real", "", "twin.parquet"),
    ]
    write_recordings(data, [*lines_of(data), *more])
    steps = list[tuple[int, int, str]]()
    result = poseprint.evaluate(data, output=out, progress=lambda *step: steps.append(step), say=said.append)
    assert {what for _, _, what in steps} == {
        "recordings measured",
        *(f"trials by {by}" for by in ("recording", "activity", "session")),
        "changed recordings",
    }
    for what in {what for _, _, what in steps}:
        own = [(done, total) for done, total, name in steps if name == what]
        assert [done for done, _ in own] == list(range(1, own[0][1] + 1))
    return result, out, said


def test_what_is_told(evaluated: tuple[dict[str, Any], Path, list[str]]) -> None:
    result, out, _ = evaluated
    assert json.loads((out / "evaluation.json").read_text()) == result
    data = result["data"]
    assert (data["persons"], data["recordings"], data["sessions"], data["activities"]) == (3, 24, 6, 4)
    assert result["reference"]["name"] == "picture"
    assert set(result["protocols"]) == {"recording", "activity", "session"}
    for found in result["protocols"].values():
        assert found["persons_tested"] == 3
        assert set(found["figures"]) == {"static", "motion", "both"}
        assert set(found["figures"]["motion"]) == {"5s", "recording", "4recordings"}
        one = found["figures"]["both"]["recording"]
        assert one["genuine"] * 2 == one["impostor"]
        assert one["majority"] == pytest.approx(2 / 3)
        assert 0 <= one["min_cllr"] <= one["cllr"] + 1e-9
        assert one["intervals"] is None  # three persons
        for side in one["decisions"].values():
            assert 0 <= side["consistent"] + side["inconsistent"] <= 1
        assert [row["seconds"] for row in found["seconds"]] == [5, 10, 20, 30]
        # These made-up people differ in amplitude and tempo alone, and widely.
    assert result["protocols"]["recording"]["figures"]["motion"]["4recordings"]["auc"] > 0.7


def test_what_is_left_out_is_told_with_the_reason(evaluated: tuple[dict[str, Any], Path, list[str]]) -> None:
    result, _, said = evaluated
    left_out = result["data"]["left_out"]
    assert len(left_out) == 4
    assert set(left_out) <= set(said)
    for reason in (
        "short is left out: no usable stretch in it is a second long",
        "twin is left out: the same poses as Bob-0",
        "impression is left out: labelled fake",
        "unnamed is left out: recordings.csv does not tell who",
    ):
        assert any(sentence.startswith(reason) for sentence in left_out), reason
    assert "3 persons are too few for intervals" in " ".join(result["notes"])
    compared = "mediapipe-pose-full" in shipped(2).gains
    assert any("was never compared with mediapipe-pose-full" in note for note in result["notes"]) != compared


def test_the_page_and_the_figures(evaluated: tuple[dict[str, Any], Path, list[str]]) -> None:
    result, out, _ = evaluated
    page = (out / "evaluation.md").read_text(encoding="utf-8")
    for words in ("# Evaluation: people", "3 persons, 24 genuine recordings (8 to 8 a person)", "## Parted by session"):
        assert words in page
    assert "share an activity; 3 of 3 persons have two activities or more, and so genuine trials. So few make" in page
    assert "Left out: 4 recordings" in page
    for by in result["protocols"]:
        for name in ("det", "tippett", "reliability", "seconds"):
            assert f"]({by}-{name}.svg)" in page
            text = (out / f"{by}-{name}.svg").read_text(encoding="utf-8")
            ElementTree.fromstring(text)
            assert f"parted by {by}" in text
    assert not list(out.glob("*.part*"))
    widths = {line.count("|") - line.count("\\|") for line in page.splitlines() if line.startswith("| static |")}
    assert len(widths) == 1


def test_robustness_is_told_for_every_change(evaluated: tuple[dict[str, Any], Path, list[str]]) -> None:
    rows = {row["name"]: row for row in evaluated[0]["robustness"]["rows"]}
    assert list(rows) == ["unchanged", *PERTURBATIONS]
    assert evaluated[0]["robustness"]["by"] == "session"
    same = rows["60_fps"]
    assert (same["shift"], same["changed"]) == ({"genuine": 0, "impostor": 0}, 0)
    assert same["figures"] == rows["unchanged"]["figures"]
    assert abs(rows["jitter_0.05"]["shift"]["genuine"]) > 0
    assert all(row["recordings"] + row["unusable"] == 12 for row in rows.values())


def test_a_change_after_which_nothing_can_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = []
    for person in PEOPLE:
        for k in range(3):
            series = recording_of(person, k)
            take = Take.of(measure(series, 2))
            assert take is not None
            pairs.append((take, series))
    gone = replace(PERTURBATIONS["crop"], apply=lambda s: replace(s, position=np.full_like(s.position, np.nan)))
    half = replace(gone, apply=lambda s: gone.apply(s) if s.person == "Ann" else s)
    monkeypatch.setattr("poseprint.evaluation.robustness.PERTURBATIONS", {"gone": gone, "half": half})
    takes = [take for take, _ in pairs]
    rows = robustness(lambda _: shipped(2), takes, pairs, seed=0, tick=lambda: None)
    assert [(r["recordings"], r["unusable"]) for r in rows] == [(9, 0), (0, 9), (6, 3)]
    assert "figures" not in rows[1]
    assert (rows[2]["shift"], rows[2]["changed"]) == ({"genuine": 0, "impostor": 0}, 0)


def takes_of(**values: str) -> list[Take]:
    """One take a letter: values of `activity` and so on, in the order of persons Ann, Ann, .., Bob, .."""
    empty = np.zeros((1, 4), dtype=np.float32)
    count = len(next(iter(values.values())))
    return [
        Take(
            person="Ann" if k < count // 2 else "Bob",
            recording=f"r{k}",
            group="",
            statistics=empty,
            movement_seconds=np.array([5.0]),
            seconds=5.0,
            apart=(0,),
            **{name: values[name][k].strip() if name in values else "" for name in ("activity", "session")},
        )
        for k in range(count)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_no_person_shares_a_value_between_enrolment_and_test(seed: int) -> None:
    for values in ("abcabc", "abbcde", "aab bb", "aaaabc"):
        takes = takes_of(session=values)
        for enrol, test in parted(takes, "session", seed):
            for person in ("Ann", "Bob"):
                one, other = ({t.session for t in part if t.person == person} for part in (enrol, test))
                assert not one & other
                assert "" not in one | other
            kept = {t.recording for t in (*enrol, *test)}
            assert kept == {t.recording for t in takes if t.session}


def test_values_that_all_share_are_parted_for_all_alike() -> None:
    takes = takes_of(activity="abcdabcd")
    for seed in range(5):
        enrol, test = parted(takes, "activity", seed)[0]
        assert not {t.activity for t in enrol} & {t.activity for t in test}
    assert parted(takes, "activity", 1) == parted(takes, "activity", 1)
    assert len({tuple(t.recording for t in parted(takes, "activity", s)[0][0]) for s in range(8)}) > 1


def test_what_the_data_supports() -> None:
    assert applicable(takes_of(session="aabb")) == ["recording"]
    assert applicable(takes_of(session="abab", activity="aaaa")) == ["recording", "session"]
    assert applicable(takes_of(session="ab")) == []
    assert protocol.tested_persons(takes_of(session="abbb"), "session") == ["Ann"]


def test_reliability_of_llrs_that_are_right_and_that_are_too_bold() -> None:
    rng = np.random.default_rng(0)
    takes = takes_of(activity="abab")
    assert len(takes) == 4
    genuine = rng.random(20_000) < 0.5
    llr = (2 * (rng.normal(0, 1, 20_000) + np.where(genuine, 1, -1))) / np.log(10)
    from helpers.trials import trials

    right = reliability(trials(llr, genuine, model=["p"] * len(llr)), "both")
    assert sum(row["weight"] for row in right) == pytest.approx(1)
    for row in right:
        assert row["observed"] == pytest.approx(row["stated"], abs=0.06)
        assert row["persons"] == 1
    bold = reliability(trials(3 * llr, genuine, model=["p"] * len(llr)), "both")
    assert bold[0]["observed"] > bold[0]["stated"] + 0.02
    assert bold[-1]["observed"] < bold[-1]["stated"] - 0.02
    assert reliability(trials([1.0, 2.0], [True, True]), "both") == []


def test_the_same_seed_gives_the_same(tmp_path: Path) -> None:
    data = data_set(tmp_path / "data", ("Ann", "Bob"), recordings=2, told=False)
    first, second = (poseprint.evaluate(data, output=tmp_path / name, seed=5) for name in "ab")
    assert first == second
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name
    assert list(first["protocols"]) == ["recording"]
    assert "not parted by session" in " ".join(first["notes"])


# Bad input


def error_of(data: Path, tmp_path: Path, **options: Any) -> str:
    with pytest.raises(DatasetError) as caught:
        poseprint.evaluate(data, output=tmp_path / "out", **options)
    assert not (tmp_path / "out" / "evaluation.json").exists()
    return str(caught.value)


def test_a_folder_without_recordings(tmp_path: Path) -> None:
    assert "no recordings.csv in it; `poseprint extract" in error_of(tmp_path, tmp_path)


def test_one_person_alone(tmp_path: Path) -> None:
    said = error_of(data_set(tmp_path / "data", ("Ann",), recordings=2), tmp_path)
    assert "an evaluation needs usable recordings of at least 2 persons to test, got 1 (Ann)" in said
    assert "add recordings of other persons: whoever is tested needs impostors" in said


def test_one_recording_of_each(tmp_path: Path) -> None:
    said = error_of(data_set(tmp_path / "data", recordings=1), tmp_path)
    assert "by recording, at least 2 persons need two usable recordings, got 0; add recordings" in said


def test_a_way_to_part_that_the_data_does_not_tell(tmp_path: Path) -> None:
    data = data_set(tmp_path / "data", ("Ann", "Bob"), recordings=2, told=False)
    said = error_of(data, tmp_path, by="session")
    assert "fill in the column session of recordings.csv, or leave --by out" in said
    assert "it is recording, session or activity" in error_of(data, tmp_path, by="day")
    assert "tells no depth; evaluate in the space of pictures (--space picture)" in error_of(
        data, tmp_path, space="depth"
    )
    assert "it is picture or depth" in error_of(data, tmp_path, space="flat")


def test_mixed_estimators_are_both_named(tmp_path: Path) -> None:
    data = data_set(tmp_path / "data", ("Ann", "Bob"), recordings=2)
    other = replace(recording_of("Bob", 1), estimator=EstimatorInfo("openpose", "BODY_25"))
    write_poses(other, data / "Bob-1.parquet")
    said = error_of(data, tmp_path)
    assert "mediapipe-pose-full 0.10.31 (4eaa5eb7) (Ann-0, 3 in all), openpose BODY_25 (Bob-1, 1 in all)" in said
    assert "evaluate them apart" in said


def test_only_fakes(tmp_path: Path) -> None:
    data = data_set(tmp_path / "data", ("Ann",), recordings=1)
    write_recordings(data, [replace(line, label="fake") for line in lines_of(data)])
    assert "no real recording of a named person" in error_of(data, tmp_path)


def knowing(*persons: str, recordings: int = 2) -> Reference:
    """The shipped reference, as if these persons were in its background."""
    whole = shipped(2)
    known = {
        measure(recording_of(p, k), 2).series.sha256[:16]: n for n, p in enumerate(persons) for k in range(recordings)
    }
    return replace(whole, facts={**whole.facts, "recordings": {**whole.facts["recordings"], **known}})


def test_persons_in_the_reference_are_left_out_of_the_test(tmp_path: Path) -> None:
    data = data_set(tmp_path / "data", recordings=2, told=False)
    result = poseprint.evaluate(data, output=tmp_path / "out", reference=knowing("Cyd", recordings=1))
    assert result["persons_in_the_reference"] == ["Cyd"]
    assert result["data"]["persons"] == 2
    assert any("1 of 3 persons are in the reference's background and are left out" in note for note in result["notes"])
    said = error_of(data, tmp_path / "more", reference=knowing("Bob", "Cyd"))
    assert "Bob, Cyd cannot be tested, being in the reference's background" in said
    assert "give a reference made without these (--reference)" in said


def test_each_person_is_judged_by_the_reference_as_their_check_would_see_it(tmp_path: Path) -> None:
    data, name = data_set(tmp_path / "data", ("Ann", "Bob"), recordings=2, told=False), "mediapipe-pose-full"
    whole = shipped(2)
    origins = np.stack([whole.background.mean, whole.background.mean + 50 * whole.background.scale])
    facts = {**whole.facts, "speakers": ["Cyd", "Bob"]}
    ones = np.ones_like(whole.background.scale)
    seen = replace(whole, gains={name: ones}, origins={name: origins}, facts=facts)
    asked = list[str]()

    class Watched(Reference):
        def seen_by(self, estimator: str, *besides: str) -> Reference:
            asked.extend(besides)
            return Reference.seen_by(seen, estimator, *besides)

    watched = Watched(**vars(seen))
    result = poseprint.evaluate(data, output=tmp_path / "out", reference=watched)
    assert sorted(asked) == ["Ann", "Bob"]
    notes = " ".join(result["notes"])
    assert "was told by 2 people (Cyd, Bob)" in notes
    assert "was never compared" not in notes


def test_a_reference_of_another_space(tmp_path: Path) -> None:
    data = data_set(tmp_path / "data", ("Ann", "Bob"), recordings=2)
    assert "tells no depth" in error_of(data, tmp_path, reference=shipped(3))
    assert "give one of the same space" in error_of(data, tmp_path, reference=shipped(3), space="picture")


# The command


def test_the_command(tmp_path: Path, command: Command) -> None:
    data, out = data_set(tmp_path / "data", ("Ann", "Bob"), recordings=2), tmp_path / "out"
    (tmp_path / "own").mkdir()
    write_reference(shipped(2), tmp_path / "own")
    ran = command(
        "evaluate", data, "-o", out, "--by", "session", "--json", "--seed", "2", "--reference", tmp_path / "own"
    )
    assert ran.code == 0, ran.err
    result = json.loads(ran.out)
    assert list(result["protocols"]) == ["session"]
    assert (result["seed"], result["data"]["name"]) == (2, "data")
    assert "by session: " in ran.err
    assert str(tmp_path) not in (out / "evaluation.json").read_text() + (out / "evaluation.md").read_text()


def test_the_command_refuses(tmp_path: Path, command: Command) -> None:
    data = data_set(tmp_path / "data", ("Ann",), recordings=2)
    assert (
        "an evaluation needs usable recordings of at least 2"
        in command("evaluate", data, "-o", tmp_path / "out").error()
    )
    assert "no recordings.csv" in command("evaluate", tmp_path, "-o", tmp_path / "out").error()
    assert "references in it: none" in command("evaluate", data, "-o", tmp_path / "out", "--reference", data).error()
    (tmp_path / "file").touch()
    assert "cannot be written" in command("evaluate", data, "-o", tmp_path / "file").error()
    assert "'day'" in command("evaluate", data, "-o", tmp_path / "out", "--by", "day").err


def test_the_extra_that_is_missing_is_named() -> None:
    code = """
import sys
sys.modules["matplotlib"] = None
sys.argv = ["poseprint", "evaluate", "data", "-o", "out"]
from poseprint.app.cli.main import main
main()
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 3
    wanted = "an evaluation needs matplotlib: install it with pip install 'poseprint[train]'"
    assert ran.stderr == f"poseprint: error: {wanted}\n"


def test_a_cell_cannot_break_a_table() -> None:
    assert table(["a", "b"], [["x|y", "two\nlines"]]) == "| a | b |\n| --- | ---: |\n| x\\|y | two lines |\n"


@pytest.mark.shared_data
def test_signers_by_session(shared: Path, tmp_path: Path) -> None:
    whole = pq.read_table(shared / "isl_kinect" / "upper_body.parquet")
    signers = sorted(set(whole["person"].to_pylist()))[:4]
    signs = sorted(set(whole["activity"].to_pylist()))[:2]
    some = whole.filter(
        pc.and_(pc.is_in(whole["person"], pa.array(signers)), pc.is_in(whole["activity"], pa.array(signs)))
    )
    pq.write_table(some, tmp_path / "some.parquet")
    lines = import_kinect(tmp_path / "some.parquet", tmp_path / "data")
    assert {line.activity for line in lines} == set(signs)
    result = poseprint.evaluate(tmp_path / "data", output=tmp_path / "out", by="session")
    assert result["reference"]["name"] == "depth"
    assert result["data"]["sessions"] == 3
    found = result["protocols"]["session"]
    assert found["persons_tested"] == 4
    assert found["figures"]["both"]["4recordings"]["auc"] > 0.5
    takes = [
        t
        for line in lines[:30]
        if (t := Take.of(measure(poseprint.read_poses(tmp_path / "data" / line.file), 2), session=line.session))
    ]
    assert draw(lambda _: shipped(2), [replace(t, session="") for t in takes], "recording", 0, lambda: None)
