"""Processes of this machine and of a Ray cluster: their tasks, and what becomes of those whose worker dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.browsers import eventually
from helpers.scans import Here, clips, content, plan_of, profiles

from poseprint.app.scan.cluster import Cluster
from poseprint.app.scan.run import scan
from poseprint.app.scan.runners import Local, Runner, WorkerLostError, in_time, most_workers
from poseprint.app.scan.scheduling import Scheduler
from poseprint.app.scan.settings import Plan
from poseprint.core.errors import PoseprintError

pytestmark = pytest.mark.slow
NAMES = ("local", "ray")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return plan_of(profiles(tmp_path_factory.mktemp("watched"), 0, 1))


@pytest.fixture(scope="module", params=NAMES)
def runner(request: pytest.FixtureRequest, plan: Plan) -> Iterator[Runner]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "PYTHONPATH", os.pathsep.join(path for path in sys.path if path)
        )  # where Ray's workers find this module
        made: Runner = Local(plan, 2) if request.param == "local" else Cluster(plan)
        yield made
        made.close()


def told(plan: Plan, value: int) -> tuple[int, int, str]:
    return value, os.getpid(), plan.profiles[0].name


def die(_plan: Plan, flag: str) -> str:
    """Dies the first time."""
    if not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "lived"


def crash(_plan: Plan) -> None:
    os.abort()


def refuse(_plan: Plan) -> None:
    raise PoseprintError("not this")


def endless(_plan: Plan) -> None:
    in_time(1, time.sleep, 600)


def result(runner: Runner, *call: Any) -> Any:
    task = runner.start(*call)
    while not runner.wait([task], 1):
        pass
    return runner.result(task)


def test_tasks_know_the_plan_and_run_elsewhere(runner: Runner) -> None:
    value, process, name = result(runner, told, 5)
    assert (value, name) == (5, "p0")
    assert process != os.getpid()


def test_errors_come_back(runner: Runner) -> None:
    with pytest.raises(PoseprintError, match="not this"):
        result(runner, refuse)


def test_a_dead_workers_task_is_done_by_another(runner: Runner, tmp_path: Path) -> None:
    def flow() -> Any:
        (done,) = yield [(die, str(tmp_path / "flag"))]
        return done

    assert list(Scheduler(runner).run([("a", flow)])) == [("a", "lived")]


def test_a_crash_is_told(runner: Runner) -> None:
    with pytest.raises(WorkerLostError, match=r"SIGABRT|WorkerCrashed"):
        result(runner, crash)


def test_what_takes_too_long_ends(runner: Runner) -> None:
    with pytest.raises(WorkerLostError):
        result(runner, endless)
    assert result(runner, told, 6)[0] == 6


def test_whoever_runs_it_the_bytes_are_the_same(
    runner: Runner, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = clips(tmp_path / "clips", 0, 1, 2)
    (folder / "bad.mp4").write_bytes(b"no film")
    scan([str(folder)], plan, tmp_path / "here", runner=Here)
    monkeypatch.setattr(runner, "close", lambda: None)
    scan([str(folder)], plan, tmp_path / "there", runner=lambda _plan: runner)
    assert content(tmp_path / "here") == content(tmp_path / "there")


def test_workers_that_do_not_answer_are_told(plan: Plan) -> None:
    local = Local(plan, 1)
    local.close()
    with pytest.raises(PoseprintError, match="start the scan again"):
        local.start(told, 1)


def test_workers_end_with_whoever_began_them(tmp_path: Path) -> None:
    watched = profiles(tmp_path / "watched", 0)
    script = (
        "import sys, time\n"
        f"sys.path[:0] = {sys.path!r}\n"
        "from pathlib import Path\n"
        "from helpers.scans import plan_of\n"
        "from poseprint.app.scan.runners import Local\n"
        "from app.scan.test_workers import told\n"
        "if __name__ == '__main__':\n"
        f"    local = Local(plan_of(Path({str(watched)!r})), 2)\n"
        "    tasks = [local.start(told, k) for k in range(4)]\n"
        "    print(*{local.result(t)[1] for t in tasks}, flush=True)\n"
        "    time.sleep(600)\n"
    )
    (tmp_path / "driver.py").write_text(script)
    driver = subprocess.Popen([sys.executable, tmp_path / "driver.py"], stdout=subprocess.PIPE, text=True)
    assert driver.stdout
    workers = [int(word) for word in driver.stdout.readline().split()]
    assert workers
    driver.kill()
    driver.wait()
    eventually(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers), 30)


def test_workers_are_as_many_as_the_machine_bears() -> None:
    assert most_workers(1) == 1
    assert 1 <= most_workers(10_000) < 10_000


def test_no_cluster_is_told() -> None:
    with pytest.raises(PoseprintError, match="no Ray cluster answers"):
        Cluster(plan=None, address="127.0.0.1:1")  # type: ignore[arg-type]
