"""An evaluation that the tests of its parts share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.evaluation import data_set, fewer_draws, recording_of
from helpers.log import logged

import poseprint
from poseprint.io.dataset import Recording, read_recordings, write_recordings
from poseprint.io.parquet import write_poses


@pytest.fixture(autouse=True, scope="module")
def few_draws() -> Iterator[None]:
    with fewer_draws():
        yield


@pytest.fixture(scope="session")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path, list[str]]:
    """A data set with one recording of nobody and one fake, evaluated."""
    folder = tmp_path_factory.mktemp("evaluated")
    data, out, logged_messages = data_set(folder / "people"), folder / "out", list[str]()
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
    write_recordings(data, [*read_recordings(data), *more])
    steps = list[tuple[str, int, int]]()
    with fewer_draws():
        with logged() as messages:
            result = poseprint.evaluate(data, output=out, progress=lambda *step: steps.append(step))
        logged_messages += messages
    assert {step for step, _, _ in steps} == {
        "recordings measured",
        *(f"trials by {by}" for by in ("recording", "activity", "session")),
        "changed recordings",
    }
    for what in {step for step, _, _ in steps}:
        of_step = [(done, total) for step, done, total in steps if step == what]
        assert [done for done, _ in of_step] == list(range(1, of_step[0][1] + 1))
    return result, out, logged_messages
