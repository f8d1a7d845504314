"""What is in a data set."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.movers import empty, mover, with_channel

from poseprint.app.datasets.describe import describe, table
from poseprint.core.series import PoseSeries
from poseprint.io.dataset import Recording, write_recordings
from poseprint.io.parquet import write_poses


def described(folder: Path, series: dict[str, tuple[str, str, str, PoseSeries]]) -> Path:
    """A data set of recordings given as name -> person, label, session, poses."""
    for name, (_, _, _, poses) in series.items():
        write_poses(poses, folder / f"{name}.parquet")
    write_recordings(folder, [Recording(n, p, label, s, f"{n}.parquet") for n, (p, label, s, _) in series.items()])
    return folder


def made_up(folder: Path) -> Path:
    return described(
        folder,
        {
            "a1": ("Ann", "real", "monday", mover(500, seed=1)),  # 3 movements, 50 frames over
            "a2": ("Ann", "real", "tuesday", empty(mover(450, seed=2), slice(150, 300))),  # 2
            "a3": ("Ann", "fake", "", mover(200, seed=3)),  # 1
            "b1": ("Bob|y", "real", "monday", mover(375, fps=25, seed=4)),  # 15 s: 3
            "b2": ("Bob|y", "real", "monday", mover(149, seed=5)),
            "b3": ("Bob|y", "fake", "", with_channel(mover(150, seed=6), "people", slice(None), 2)),
            "b4": ("Bob|y", "fake", "", with_channel(mover(150, seed=7), "people", slice(None), 2)),
        },
    )


def test_a_description_by_hand(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    found = describe(made_up(tmp_path), progress=lambda *args: told.append(args))
    assert told[0] == ("a1", 1, 7)
    assert told[-1] == ("b4", 7, 7)
    seconds = {
        "Ann": (500 / 30 + 15 + 200 / 30, 500 / 30 + 10 + 200 / 30),
        "Bob|y": (15 + 149 / 30 + 10, 15 + 149 / 30),
    }
    assert found["length"] == 150
    assert [one["person"] for one in found["persons"]] == ["Ann", "Bob|y"]
    ann, bob = found["persons"]
    assert (ann["recordings"], bob["recordings"]) == ({"real": 2, "fake": 1}, {"real": 2, "fake": 2})
    assert (ann["movements"], bob["movements"]) == ({"real": 5, "fake": 1}, {"real": 3, "fake": 0})
    assert (ann["sessions"], bob["sessions"]) == (2, 1)
    assert (ann["majority"], bob["majority"]) == (5 / 9, 6 / 9)
    for one in found["persons"]:
        total, usable = seconds[one["person"]]
        assert one["hours"] == pytest.approx({"total": total / 3600, "usable": usable / 3600})
    total = found["total"]
    assert (total["recordings"], total["movements"]) == ({"real": 4, "fake": 3}, {"real": 8, "fake": 1})
    assert (total["sessions"], total["majority"]) == (2, 8 / 9)
    assert total["hours"]["total"] == pytest.approx(sum(t for t, _ in seconds.values()) / 3600)
    assert found["unused"] == {"recordings": 3, "codes": {"SECOND_PERSON": 2, "TOO_LITTLE_EVIDENCE": 1}}
    assert list(found["unused"]["codes"]) == ["SECOND_PERSON", "TOO_LITTLE_EVIDENCE"]
    longer = describe(tmp_path, length=160)["total"]["movements"]
    assert longer == {"real": 3 + 2, "fake": 1}


def test_a_description_as_a_table(tmp_path: Path) -> None:
    lines = table(describe(made_up(tmp_path))).splitlines()
    assert lines[:5] == [
        "| person | recordings real | fake | hours | usable | movements real | fake | sessions | majority |",
        "| ------ | --------------: | ---: | ----: | -----: | -------------: | ---: | -------: | -------: |",
        "| Ann    |               2 |    1 | 0.011 |  0.009 |              5 |    1 |        2 |    55.6% |",
        "| Bob\\|y |               2 |    2 | 0.008 |  0.006 |              3 |    0 |        1 |    66.7% |",
        "| all    |               4 |    3 | 0.019 |  0.015 |              8 |    1 |        2 |    88.9% |",
    ]
    assert lines[-1] == (
        "Recordings without a usable movement: 3 of 7; excluded by SECOND_PERSON (2), TOO_LITTLE_EVIDENCE (1)"
    )


def test_a_data_set_without_a_movement(tmp_path: Path) -> None:
    found = describe(described(tmp_path, {"a": ("", "real", "", mover(100))}))
    assert found["total"]["majority"] is None
    assert found["unused"] == {"recordings": 1, "codes": {"TOO_LITTLE_EVIDENCE": 1}}
    assert "| (no name) |" in table(found)
