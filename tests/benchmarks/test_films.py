"""benchmarks/films.py: any manifest, nested trials, and what a table of swaps is made of."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import film_fields
import film_trials
import films
import numpy as np
import pytest
from film_clips import read_clips, teaching
from helpers.movers import talker
from scipy.spatial.transform import Rotation

from poseprint.evaluation.error_rates import decisions
from poseprint.io.parquet import write_poses
from poseprint.movements.head import COUNT
from poseprint.verification.learn_films import Film

COLUMNS = "file,person,label,session,face_of,body_of,manipulation"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six people on two occasions each, a swap of two of them and a lip sync."""
    lines = [f"p{p}_{n}.mp4,p{p},real,s{p}{n},p{p},p{p}," for p in range(6) for n in range(2)]
    lines += ["swap.mp4,p1,deepfake,s00,p1,p0,face of p1 on p0", "lips.mp4,p2,lipsync,s99,p2,p2,lips"]
    (tmp_path / "manifest.csv").write_text("\n".join([COLUMNS, *lines]))
    for line in lines:
        name, mover = line.split(".")[0], line.split(",")[5]
        number = int(name[-1]) if name[0] == "p" else 5
        series = talker(400, style=int(mover[1:]), seed=10 * int(mover[1:]) + number)
        write_poses(replace(series, recording=name), tmp_path / f"{name}.parquet")
    return tmp_path


def test_any_manifest_is_tested_with_what_ships(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["films.py", "--data", str(data / "manifest.csv"), "--poses", str(data)])
    films.main()
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["auc", "cllr", "decided", "wrong", "swaps"]
    assert list(found["auc"]) == ["motion", "static", "both"]
    assert found["auc"]["motion"] > 0.6
    assert found["swaps"]["pairs"] == 1
    assert found["swaps"]["consistent"] in (0, 1)


def test_nobody_tested_has_taught(data: Path) -> None:
    clips = read_clips([data / "manifest.csv"], data)
    made = teaching(clips)
    assert [f.take.recording for f in made if f.is_swap] == ["swap"]
    rng = np.random.default_rng(0)
    pairs = rng.normal(size=(12, 1, COUNT)) + 0.1 * rng.normal(size=(12, 2, COUNT))
    tried = film_trials.nested(made, pairs, film_trials.bodies(), manipulated=films.others(clips))
    assert {kind: int((tried.kind == kind).sum()) for kind in set(tried.kind)} == {
        "clip": 6 * 2 + 6 * 5 * 2,
        "swap": 1,
        "body": 1,
        "take": 1,
        "lipsync": 1,
    }
    told = film_trials.calibrated(tried)
    assert (told.trials.genuine[told.kind == "clip"]).sum() == 12
    assert np.isfinite(told.trials.llr["both"]).all()
    rows = films.rows(told, clips)
    assert {row["clip"] for row in rows} == {"swap.mp4", "lips.mp4"}
    assert films.swaps(told)["body_owner_higher"] in (0.0, 1.0)
    assert set(decisions(told.trials)) <= {"inconsistent", "inconclusive", "consistent"}


def test_fewer_people_keep_the_share_of_those_on_several_occasions(data: Path) -> None:
    made = [f for f in teaching(read_clips([data / "manifest.csv"], data)) if not f.is_swap]
    once = [Film(replace(f.take, person=f"q{n}", session=f"q{n}"), f"q{n}") for n, f in enumerate(made)]
    drawn = film_trials.drawn([*made, *once], 6, np.random.default_rng(0))
    people = {f.take.person for f in drawn}
    assert len(people) == 6
    assert sum(name[0] == "p" for name in people) == 2


def test_manifests_that_say_too_little_are_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="no such manifest"):
        read_clips([data / "none.csv"])
    (data / "bare.csv").write_text("file,person\na.mp4,p0\n")
    with pytest.raises(SystemExit, match="columns label are missing"):
        read_clips([data / "bare.csv"])
    (data / "gone.csv").write_text("file,person,label\ngone.mp4,p0,real\n")
    monkeypatch.setattr(sys, "argv", ["films.py", "--data", str(data / "gone.csv"), "--poses", str(data)])
    with pytest.raises(SystemExit, match="no genuine clip"):
        films.main()


def test_a_head_pose_is_found_again() -> None:
    rng = np.random.default_rng(0)
    model = rng.normal(size=(50, 3)) * [1.0, 1.2, 0.5]
    pose = np.array([0.2, -0.3, 0.1, 0.4, -0.2, 9.0])
    turned = Rotation.from_rotvec(pose[:3]).apply(model) + pose[3:]
    points = turned[:, :2] / turned[:, 2:] * 1280 + [640, 360]
    np.testing.assert_allclose(film_fields.head_pose(points, model, (1280, 720)), pose, atol=1e-3)


def test_tracks_that_go_together_are_known_by_it() -> None:
    found = film_fields.windows(talker(400, style=1))
    assert found.shape == ((400 - film_fields.WINDOW) // film_fields.STEP + 1, 190)
    assert np.abs(found).max() <= 1
    assert film_fields.windows(talker(200, style=1)).shape == (1, 190)
    assert film_fields.windows(talker(100, style=1)).shape == (0, 190)
