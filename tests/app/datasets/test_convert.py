"""Data sets from Kinect tables and csv pairs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.datasets import csv_pair
from helpers.kinect import kinect_table
from helpers.movers import mover

from poseprint.app.datasets import convert
from poseprint.app.datasets.convert import import_csv_pair, import_kinect
from poseprint.core.errors import PoseFileError
from poseprint.core.skeleton import UPPER_BODY
from poseprint.io.dataset import Recording, read_recordings, write_recordings
from poseprint.io.parquet import read_poses, write_poses
from poseprint.movements.cutting import cut_movements
from poseprint.movements.gates import inspect


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"person": None}, "columns are missing: person"),
        ({"WristL_z_mm": None}, "columns are missing: WristL_z_mm"),
        ({"time_ms": ["soon", "later"]}, "cannot be read as a table of joints"),
        ({"Head_x_mm": [[1], [2, 3]]}, "cannot be read as a table of joints"),
        ({"Head_x_mm": [1, None]}, "not finite"),
        ({"Head_x_mm": [1.0, np.inf]}, "not finite"),
        ({"time_ms": [0, None]}, "not finite"),
        ({"time_ms": [0, 10**15]}, "lasts 1e[+]15 ms; is time_ms in milliseconds"),
        ({"person": ["p1", None]}, "a row without a person or without a recording"),
        ({"recording": [" ", "x"]}, "a row without a person or without a recording"),
        ({"person": [[1], [2]]}, "cannot be read as a table of joints"),
    ],
)
def test_what_is_no_kinect_table(tmp_path: Path, columns: dict[str, Any], problem: str) -> None:
    with pytest.raises(PoseFileError, match=f"t.parquet: .*{problem}"):
        import_kinect(kinect_table(tmp_path / "t.parquet", columns), tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_kinect_table_becomes_a_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = {"recording": ["../evil", "take", "take", "take"], "session": ["a", "b", "b", "b"]}
    columns["activity"] = ["wave", "point", "point", "point"]
    source, data = kinect_table(tmp_path / "t.parquet", columns, rows=4), tmp_path / "data"
    data.mkdir()
    write_poses(mover(300, recording="own"), data / "own.parquet")
    write_recordings(data, [Recording("own", "Ann", "fake", "", "own.parquet")])
    lines = import_kinect(source, data)
    assert [(r.person, r.label, r.session) for r in lines] == [("p1", "real", "a"), ("p1", "real", "b")]
    assert [r.activity for r in lines] == ["wave", "point"]
    assert re.fullmatch(r"_evil-[0-9a-f]{8}", lines[0].recording)
    assert {r.recording for r in read_recordings(data)} == {"own", "take", lines[0].recording}
    assert {p.parent for p in tmp_path.rglob("*evil*")} == {data}
    assert read_poses(data / lines[0].file).recording == lines[0].recording
    # The second time nothing is written but the table; a different recording of that name stands beside it.
    monkeypatch.setattr(convert, "write_poses", None)
    assert import_kinect(source, data) == lines
    monkeypatch.undo()
    other = import_kinect(kinect_table(tmp_path / "t.parquet", {"Head_x_mm": [9, 9]}), data)
    assert [r.recording[:5] for r in other] == ["take-"]
    assert len(read_recordings(data)) == 4


@pytest.mark.slow
@pytest.mark.shared_data
def test_msrc12(shared: Path, tmp_path: Path) -> None:
    lines = import_kinect(shared / "msrc12" / "upper_body.parquet", tmp_path)
    assert (len(lines), len({r.person for r in lines})) == (396, 20)
    assert len({r.activity for r in lines}) == 12
    assert read_recordings(tmp_path) == sorted(lines, key=lambda r: r.recording)
    series = read_poses(tmp_path / lines[0].file)
    assert series.estimator.name == "kinect"
    right, left = (np.nanmedian(series.position[:, UPPER_BODY.index(f"{s}_shoulder"), 0]) for s in ("right", "left"))
    assert right < left  # they face the camera


def test_a_csv_pair_gives_back_its_movements_in_their_order(tmp_path: Path) -> None:
    labels = [1, 1, 0, 1, 0, 0, 0]
    poses, answers, positions = csv_pair(tmp_path, labels)
    lines = import_csv_pair(poses, answers, tmp_path / "data", person="Ann", frame_size=(1280, 720))
    assert lines == read_recordings(tmp_path / "data")
    assert [(r.recording, r.person, r.label) for r in lines] == [
        ("poses-0001", "Ann", "real"),
        ("poses-0002", "Ann", "fake"),
        ("poses-0003", "Ann", "real"),
        ("poses-0004", "Ann", "fake"),
    ]
    movements, found = [], []
    for line in lines:
        series = read_poses(tmp_path / "data" / line.file)
        assert series.frame_size == (1280, 720)
        for first, last in cut_movements(inspect(series).spans, length=150):
            movements.append(series.position[first:last])
            found.append(int(line.label == "real"))
    np.testing.assert_array_equal(np.stack(movements), positions)
    assert found == labels
    assert import_csv_pair(poses, answers, tmp_path / "data", person="Ann", frame_size=(1280, 720)) == lines
