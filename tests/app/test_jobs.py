"""Work in the background: in order, cancelled, taken up again, by the next program too."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from helpers.browsers import eventually

from poseprint.app import jobs as jobs_module
from poseprint.app.jobs import Job, Jobs, TooManyError
from poseprint.app.shelf import UnknownError
from poseprint.core.errors import PoseprintError
from poseprint.core.progress import Progress


class Steps:
    """Work of three steps, each of which waits until it is let go on."""

    def __init__(self) -> None:
        self.gate, self.begun = threading.Event(), []

    def __call__(self, job: Job, progress: Progress) -> dict[str, Any]:
        self.begun.append(job.request["n"])
        for k in range(3):
            progress("counting", k, 3)
            self.gate.wait(0.02)
            while not self.gate.is_set():
                progress("counting", k, 3)
                self.gate.wait(0.02)
        if job.request["n"] == "bad":
            raise PoseprintError("it is bad")
        if job.request["n"] == "fault":
            raise ZeroDivisionError
        return {"n": job.request["n"]}


@contextmanager
def queue(folder: Path, work: Steps) -> Iterator[Jobs]:
    folder.mkdir(exist_ok=True)
    jobs = Jobs(folder, work)
    yield jobs
    jobs.close()


def test_one_after_the_other_and_how_each_ends(tmp_path: Path) -> None:
    work = Steps()
    work.gate.set()
    with queue(tmp_path / "jobs", work) as jobs:
        named = [jobs.submit("work", {"n": n}) for n in ("one", "bad", "fault", "two")]
        eventually(lambda: jobs.get(named[-1].id).state == "done")
        assert work.begun == ["one", "bad", "fault", "two"]
        assert [jobs.get(job.id).state for job in named] == ["done", "failed", "failed", "done"]
        assert jobs.get(named[1].id).error == "it is bad"
        assert "ZeroDivisionError" in jobs.get(named[2].id).error
        assert jobs.get(named[0].id).result == {"n": "one"}
        assert [job.id for job in jobs.all()] == [job.id for job in reversed(named)]
    with pytest.raises(UnknownError):
        jobs.get("none")


def test_cancelled_while_it_waits_and_while_it_runs(tmp_path: Path) -> None:
    work = Steps()
    with queue(tmp_path / "jobs", work) as jobs:
        running, waiting = jobs.submit("work", {"n": 1}), jobs.submit("work", {"n": 2})
        eventually(lambda: jobs.get(running.id).total == 3)
        assert jobs.cancel(waiting.id).state == "cancelled"
        jobs.cancel(running.id)
        eventually(lambda: jobs.get(running.id).state == "cancelled")
        with pytest.raises(PoseprintError, match="cancelled or failed"):
            jobs.resume(jobs.submit("work", {"n": 3}).id)
        work.gate.set()
        jobs.resume(running.id)
        eventually(lambda: jobs.get(running.id).state == "done")
        assert work.begun.count(1) == 2
        assert 2 not in work.begun


def test_the_next_program_goes_on(tmp_path: Path) -> None:
    """Closed or killed, what was under way and what waited is done by whoever opens the folder next."""
    work = Steps()
    with queue(tmp_path / "jobs", work) as jobs:
        names = [jobs.submit("work", {"n": n}).id for n in range(3)]
        eventually(lambda: jobs.get(names[0]).state == "running")
    (tmp_path / "jobs" / "damaged.json").write_text("{")
    (tmp_path / "jobs" / "other.json").write_text("[1]")
    work.gate.set()
    with queue(tmp_path / "jobs", work) as jobs:
        eventually(lambda: all(jobs.get(name).state == "done" for name in names))
    assert work.begun == [0, 0, 1, 2]


def test_nobody_queues_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "MOST_WAITING", 2)
    monkeypatch.setattr(jobs_module, "MOST_KEPT", 1)
    work = Steps()
    with queue(tmp_path / "jobs", work) as jobs:
        first = jobs.submit("work", {"n": 0})
        eventually(lambda: jobs.get(first.id).state == "running")
        last = [jobs.submit("work", {"n": n}) for n in (1, 2)][-1]
        with pytest.raises(TooManyError, match="2 jobs"):
            jobs.submit("work", {"n": 3})
        work.gate.set()
        eventually(lambda: jobs.get(last.id).state == "done")
        assert len(list((tmp_path / "jobs").glob("*.json"))) == 2
