"""benchmarks/verification.py: what it promises of any table of joints, and of tables that are none."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from helpers.movers import mover

from poseprint.io.kinect import JOINTS, KINECT, read_kinect
from poseprint.movements.statistics import columns_of
from poseprint.verification.background import KINDS
from poseprint.verification.learn_reference import Roles, calibration_halves, learn_reference
from poseprint.verification.reference import shipped
from poseprint.verification.summary import Summary
from poseprint.verification.trials import LEVELS, Take, probes_of, run_trials, takes_of_table

Benchmark = Callable[..., dict[str, Any]]


@pytest.fixture
def benchmark(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Benchmark:
    """Runs the benchmark on a table, where there is no measuring data: its one json object."""
    import protocol
    import verification

    monkeypatch.setattr(protocol, "SHARED", tmp_path / "nowhere")
    protocol.known_people.cache_clear()

    def run(*arguments: object) -> dict[str, Any]:
        verification.main([str(a) for a in arguments])
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return run


def joints(
    path: Path,
    people: dict[str, int],
    *,
    activities: Sequence[str] | None = ("wave", "point"),
    frames: int = 240,
) -> Path:
    """Made-up movers two metres away, as a table; so many recordings of each person."""
    parts: list[dict[str, Any]] = []
    for p, (person, count) in enumerate(people.items()):
        for k in range(count):
            series = mover(
                frames, size=(1280, 960), amplitude=0.2 + 0.1 * p, tempo=0.6 + 0.3 * p, sway=0.03, seed=10 * p + k
            )
            part: dict[str, Any] = {
                "person": [person] * frames,
                "recording": [f"{person}_{k}"] * frames,
                "time_ms": np.round(1000 * series.time),
            }
            if activities:
                part["activity"] = [activities[k % len(activities)]] * frames
            for keypoint, joint in JOINTS.items():
                place = series.position[:, series.skeleton.index(keypoint)].astype(np.float64)
                part[f"{joint}_x_mm"] = (KINECT.width / 2 - place[:, 0]) * 2000 / KINECT.focal
                part[f"{joint}_y_mm"] = (KINECT.height / 2 - place[:, 1]) * 2000 / KINECT.focal
                part[f"{joint}_z_mm"] = np.full(frames, 2000.0)
            parts.append(part)
    pq.write_table(pa.concat_tables([pa.table(p) for p in parts]), path)
    return path


@pytest.mark.slow
def test_the_promised_figures(tmp_path: Path, benchmark: Benchmark) -> None:
    people = {f"p0{k}": 10 for k in range(1, 6)}  # names that the background has too
    result = benchmark("--data", joints(tmp_path / "t.parquet", people), "--seeds", 1)
    for r in (result, result["picture"]):
        for kind in ("static", "motion", "both"):
            for level in LEVELS:
                assert 0 <= r[kind][level]["auc"] <= 1
                assert 0 <= r[kind][level]["eer"] <= 1
                low, high = r[kind][level]["auc_interval"]
                assert low <= r[kind][level]["auc"] <= high
        for level in ("recording", "4recordings"):
            assert r["cllr"][level] == r["both"][level]["cllr"]
            assert r["min_cllr"][level] <= r["cllr"][level]
        assert (r["persons"], r["recordings"], r["split_by"], r["folds"]) == (5, 50, ["activity"], 1)
        assert r["llr_out_of_bounds"] == 0
        assert r["seconds"]["5s"] == 5
        assert 0.5 < r["majority"]["recording"] < 1
        assert r["notes"] == []
    assert (result["axes"], result["picture"]["axes"]) == (3, 2)
    assert result["motion"]["4recordings"]["auc"] > 0.5  # five people who differ in amplitude and tempo


@pytest.mark.slow
@pytest.mark.parametrize(
    ("people", "options", "split", "note"),
    [
        ({"Ann": 3}, {}, "activity", "no impostors"),
        ({"Ann": 1, "Bob": 1}, {}, "recording", "no impostors"),
        ({"Ann": 1, "Bob": 2, "Cid": 3}, {"activities": None, "frames": 45}, "recording", None),
        ({"Ann": 6, "Bob": 6}, {"activities": ("walk",)}, "recording", "four are tested, the others enrolled"),
        ({"Ann": 4, "Bob": 4}, {"activities": ("a", "b")}, "activity", None),
    ],
)
def test_tables_with_little_in_them(
    tmp_path: Path, benchmark: Benchmark, people: dict[str, int], options: dict[str, Any], split: str, note: str | None
) -> None:
    result = benchmark("--data", joints(tmp_path / "t.parquet", people, **options), "--axes", 2, "--seeds", 2)
    assert result["axes"] == 2
    assert "picture" not in result
    assert result["split_by"] == [split] or not result["trials"]["recording"]["genuine"]
    assert any(note in n for n in result["notes"]) if note else not result["notes"]
    if note == "no impostors":
        assert result["both"]["recording"]["auc"] is None
        assert result["cllr"]["4recordings"] is None
    elif "four" in (note or ""):
        assert result["trials"]["4recordings"]["genuine"] > 0


@pytest.mark.slow
def test_of_a_large_table_a_part_is_tested(
    tmp_path: Path, benchmark: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    import verification

    monkeypatch.setattr(verification, "MOST_TRIALS", 1)
    path = joints(tmp_path / "t.parquet", {"Ann": 40, "Bob": 40, "Cid": 40}, frames=40)
    result = benchmark("--data", path, "--axes", 2, "--seeds", 1)
    assert sum(result["trials"]["recording"][k] for k in ("genuine", "impostor")) == 3 * 2 * 60


def test_what_is_no_such_table(tmp_path: Path, capsys: pytest.CaptureFixture[str], benchmark: Benchmark) -> None:
    (tmp_path / "text.parquet").write_text("no table")
    pq.write_table(pa.table({"person": ["Ann"]}), tmp_path / "other.parquet")
    short = joints(tmp_path / "short.parquet", {"Ann": 2}, frames=8)
    wrong: list[tuple[list[object], str]] = [
        (["--data", tmp_path / "missing.parquet"], "missing.parquet"),
        (["--data", tmp_path / "text.parquet"], "cannot be read as a table of joints"),
        (["--data", tmp_path / "other.parquet"], "columns are missing"),
        (["--data", short], "no usable recording of a second or longer"),
        (["--data", short, "--seeds", 0], "--seeds must be 1 or more"),
        ([], "give a table with --data"),
    ]
    for arguments, problem in wrong:
        with pytest.raises(SystemExit) as end:
            benchmark(*arguments)
        output = capsys.readouterr()
        errors = [line for line in output.err.splitlines() if line.startswith("error: ")]
        assert (end.value.code, output.out, len(errors)) == (3, "", 1)
        assert problem in errors[0]


def test_people_whom_the_reference_knows_are_tested_by_another_one(tmp_path: Path) -> None:
    import protocol

    recordings = read_kinect(joints(tmp_path / "t.parquet", {f"p{k:02}": 1 for k in range(12)}, frames=40))
    shas = {r.series.person: r.series.sha256 for r in recordings}
    known = {sha: ("msrc12", f"other_{name}") for name, sha in shas.items() if name < "p07"}
    known |= {shas["p08"]: ("utd_mhad", "s1")}
    folds = protocol.folds_of(recordings, known)
    assert len(folds) == 2  # seven of the calibrating set, five at a time
    assert sorted(p for f in folds for p in f.people) == sorted(shas)
    for fold in folds:
        assert fold.unknown == {known[shas[p]] for p in fold.people if shas[p] in known}
    (alone,) = protocol.folds_of(recordings, {})
    assert (len(alone.people), alone.unknown) == (12, frozenset())


@pytest.fixture
def takes(tmp_path: Path) -> list[Take]:
    people = {f"p{k}": 4 for k in range(8)}
    return takes_of_table(joints(tmp_path / "t.parquet", people, frames=160), 2, group="msrc12")


@pytest.mark.slow
def test_compared_representations_are_scored_much_as_the_reference_scores(takes: list[Take]) -> None:
    representations = pytest.importorskip("comparison.representations", exc_type=ImportError)  # needs scikit-learn
    from comparison.trials import directions_of

    roles = Roles(between=())
    own = [t for t in takes if t.person < "p2"]
    reference, _ = learn_reference(takes, 2, roles=roles)
    enrol, test = calibration_halves(own, "activity")[0]
    (direction, _) = directions_of(own, 1)
    expected = _sorted(test)
    assert [(t.level, t.person) for t in direction.tested] == [(level, person) for level, person, _ in expected]
    for tested, (_, _, summary) in zip(direction.tested, expected):
        np.testing.assert_array_equal(tested.summary().mean, summary.mean)
    trials = run_trials(reference, enrol, [(t.level, t.person, t.summary()) for t in direction.tested])
    background = representations.background_of(takes, 2, roles)
    for kind, qualities in KINDS.items():
        raw = representations.plda(background, kind, columns_of(qualities, 2))
        (scores,) = representations.normal(raw, [direction], takes)
        # The comparison leaves the middle where it is, so that all representations are scored alike.
        assert np.corrcoef(scores.ravel(), trials.scores[kind])[0, 1] > 0.95


def _sorted(test: Sequence[Take]) -> list[tuple[str, str, Summary]]:
    """Pieces in the order in which the comparison draws them."""
    drawn = probes_of(test)
    return [p for p in drawn if p[0] != "4recordings"] + [p for p in drawn if p[0] == "4recordings"]


def test_a_body_turned_twice_is_where_it_was(tmp_path: Path) -> None:
    from comparison.recordings import turned

    series = read_kinect(joints(tmp_path / "t.parquet", {"Ann": 1}, frames=40))[0].series
    back = turned(turned(series, 20.0), -20.0)
    np.testing.assert_allclose(back.position[:, :8], series.position[:, :8], atol=1e-3)
    assert np.abs(turned(series, 20.0).position[:, 2] - series.position[:, 2]).max() > 1


@pytest.mark.slow
@pytest.mark.shared_data
def test_a_slice_of_a_known_set_is_not_tested_by_who_knows_it(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import protocol
    import verification

    whole = pq.read_table(shared / "utd_mhad" / "upper_body.parquet")
    names = sorted(set(whole["person"].to_pylist()))[:4]
    selected = whole.filter(pc.is_in(whole["person"], pa.array(names)))
    kept = sorted(set(selected["recording"].to_pylist()))[::6]
    path = tmp_path / "slice.parquet"
    pq.write_table(selected.filter(pc.is_in(selected["recording"], pa.array(kept))), path)
    asked: list[frozenset[tuple[str, str]]] = []

    def without(people: frozenset[tuple[str, str]], axes: int) -> Any:
        asked.append(people)
        return shipped(axes)

    monkeypatch.setattr(verification, "reference_without", without)
    protocol.known_people.cache_clear()
    result = verification.evaluate_axes(path, 2, 1)
    assert asked == [frozenset(("utd_mhad", name) for name in names)]
    assert result["persons"] == 4
    assert result["motion"]["4recordings"]["auc"] is not None
