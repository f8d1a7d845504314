"""The fuzz campaign: its inputs can be made again, what it must find it finds, and what it tries is sound."""

from __future__ import annotations

import resource
from dataclasses import replace
from pathlib import Path

import fuzz
import numpy as np
import pytest
from fuzzing import sound, targets
from fuzzing.films import boxes
from fuzzing.targets import KINDS, Bench
from fuzzing.workers import Limits, campaign, measured
from helpers.fuzz import Planted

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("sound"), 0)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("kind", KINDS)
def test_an_input_can_be_made_again(bench: Bench, tmp_path: Path, kind: str) -> None:
    made = []
    for number in (0, 1, 2, 3, 0, 1, 2, 3):
        folder = tmp_path / str(len(made))
        folder.mkdir()
        _, befell = bench.make(kind, number, folder)
        made.append((befell, contents(folder)))
    assert made[:4] == made[4:]
    assert len({befell for befell, _ in made}) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_some_inputs_of_each_kind_are_read_or_refused(bench: Bench, tmp_path: Path, kind: str) -> None:
    for number in range(10):
        folder = tmp_path / str(number)
        folder.mkdir()
        outcome = measured(bench, kind, number, *bench.make(kind, number, folder), Limits(seconds=60))
        assert outcome["faults"] == [], outcome
        assert outcome["result"] in ("read", "refused")
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] == resource.RLIM_INFINITY  # or whoever measured is ended later


def test_a_sound_film_is_consistent_whatever_its_container(bench: Bench, tmp_path: Path) -> None:
    """Or a verdict that is withheld would say nothing of what befell a film."""
    bench.use(tmp_path)
    for file in bench.sound.of("video"):
        outcome = bench.run("video", 1, file, f"{file.name}: nothing")
        assert (outcome.result, outcome.faults) == ("read", [])
        assert outcome.decisions[0] == "consistent", file.name


def test_what_is_planted_is_found() -> None:
    limits = Limits(seconds=2, patience=4, megabytes=100)
    found = {o["number"]: o for o in campaign([("csv", n) for n in range(8)], Planted, 2, limits)}
    assert {n: o["result"] for n, o in found.items()} == {
        **{0: "read", 1: "refused", 2: "traceback", 3: "read", 4: "read", 5: "crash", 6: "hang", 7: "hang"}
    }
    faults = {n: [(kind, what) for kind, what in o["faults"]] for n, o in found.items()}
    assert [kind for n in range(8) for kind, _ in faults[n]] == [
        *("traceback", "warning", "memory", "crash", "hang", "hang")
    ]
    assert "ValueError: what the reader did not foresee" in faults[2][0][1]
    assert "SIGSEGV" in faults[5][0][1]


def test_a_verdict_on_what_lost_its_meaning_is_found(bench: Bench) -> None:
    series = bench.speaker
    verdict = targets.check_poses(series, bench.profiles[0], costs=targets.COSTS)
    assert verdict.decision == "consistent"
    numbers = np.arange(len(series))
    times = [float(t) for t in series.time]
    assert not targets._in_no_order(verdict, series, dict(zip(times, map(int, numbers), strict=True)))
    shuffled = np.random.default_rng(0).permutation(numbers)
    assert targets._in_no_order(verdict, series, dict(zip(times, map(int, shuffled), strict=True)))
    assert targets._contradictions(verdict, series) == []
    assert targets._contradictions(replace(verdict, seconds={"recording": 10.0, "used": 11.0}), series)
    assert targets._contradictions(replace(verdict, movements=()), series) == ["a decision without a movement"]
    assert targets._more_than_shown(series, 5) == [f"{series.present().sum() / 30:.1f} s of poses from 5 pictures"]


def test_a_picture_tells_its_number_or_nothing() -> None:
    pictures = [sound.picture(n) for n in range(sound.PICTURES)]
    assert [sound.number_in(p) for p in pictures] == list(range(sound.PICTURES))
    for turned in (np.flipud, np.fliplr, np.rot90, lambda p: p[::-1, ::-1]):
        assert {sound.number_in(np.ascontiguousarray(turned(p))) for p in pictures} == {None}


def test_the_boxes_of_an_mp4(bench: Bench) -> None:
    data = (bench.sound.folder / "video" / "h264.mp4").read_bytes()
    kinds = [kind for kind, _, _ in boxes(data)]
    assert {b"moov", b"trak", b"tkhd", b"stts", b"stsd", b"mdat"} <= set(kinds)


def test_the_figures_are_of_all_inputs() -> None:
    jobs = fuzz.jobs_of(10_000, ())
    assert len(jobs) == len(set(jobs)) == 10_000
    assert fuzz.jobs_of(0, ["video:7"]) == [("video", 7)]
    outcomes = list(campaign([("csv", n) for n in range(3)], Planted, 1, Limits()))
    (row,) = fuzz.summary(outcomes, 0, Limits(), 1.0)["kinds"]
    assert (row["inputs"], row["read"], row["refused"], row["faults"]) == (3, 1, 1, {"traceback": 1})
