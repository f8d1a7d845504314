"""Scans without workers, and archives of poses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from helpers.movers import talker

from poseprint.app.scan.settings import Plan, Selection, watch_list
from poseprint.estimation.measuring import Measuring
from poseprint.io.parquet import write_poses
from poseprint.verification.enrolment import enroll

SECONDS = 14


@dataclass(eq=False)
class Task:
    """A task that was started."""

    function: Callable[..., Any]
    given: tuple[Any, ...]


class Here:
    """A runner that does each task when it is asked for what came of it, in this process.

    Args:
        plan: of the scan.
        befall: called before each task with the function's name and what it is given; may raise in its place.
    """

    slots = 2

    def __init__(self, plan: Plan, befall: Callable[..., None] = lambda *_: None) -> None:
        self._plan, self._befall = plan, befall
        self.done: list[tuple[Any, ...]] = []

    def start(self, function: Callable[..., Any], *given: Any) -> Task:
        return Task(function, given)

    def wait(self, tasks: Collection[Any], seconds: float) -> Collection[Any]:
        del seconds
        return list(tasks)[-1:]  # the newest first: in another order than they were started

    def result(self, task: Any) -> Any:
        function, given = task.function, task.given
        self._befall(function.__name__, *given)
        self.done.append((function.__name__, *given))
        return function(self._plan, *given)

    def close(self) -> None:
        pass


def clips(folder: Path, *seeds: int) -> Path:
    """Poses of people who talk, a file each: `0.parquet` of seed 0, and so on; three people in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        write_poses(talker(SECONDS * 30, style=seed % 3, seed=seed), folder / f"{seed}.parquet")
    return folder


def profiles(folder: Path, *styles: int) -> Path:
    """Profiles of some of these people: `p0`, and so on."""
    for style in styles:
        own = [talker(600, style=style, seed=100 + 10 * style + k) for k in range(2)]
        enroll(f"Person {style}", own).write(folder / f"p{style}")
    return folder


def plan_of(folder: Path, **settings: Any) -> Plan:
    """A plan for the profiles in a folder."""
    measuring = Measuring(**settings.pop("measuring", {}))
    return Plan(measuring, settings.pop("selection", Selection()), watch_list(folder), **settings)


def lines(folder: Path, table: str) -> list[dict[str, Any]]:
    """A table of a scan."""
    return [row for file in sorted((folder / table).glob("*.parquet")) for row in pq.read_table(file).to_pylist()]


def content(folder: Path) -> dict[str, str]:
    """sha256 of every file of a scan by name, but for the journal."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.parent.name != "log"
    }
