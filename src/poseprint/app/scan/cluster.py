"""The tasks of a scan on Ray: a cluster, or the processors of this machine."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection
from typing import Any

from poseprint.app.scan.runners import LONGEST_S, WORKER_BYTES, WorkerLostError, in_time
from poseprint.app.scan.settings import Plan
from poseprint.core.errors import MissingDependencyError, PoseprintError
from poseprint.core.version import __version__

AHEAD = 2
"""Tasks at a time for each processor of the cluster: one runs, one waits where its worker will be free."""
_plans: dict[str, Plan] = {}
"""Of a worker: the plan it works by, which it fetches once."""


class Cluster:
    """Ray tasks, one processor each.

    Ray's own retries are switched off: the scan counts tries, and does what a dead worker or node leaves elsewhere.

    Args:
        plan: of the scan.
        address: of the cluster; where none is given, $RAY_ADDRESS, a cluster of this machine, or one started for this scan.

    Raises:
        PoseprintError: Ray is not installed, or no cluster answers.
    """

    def __init__(self, plan: Plan, address: str = "") -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
        try:
            import ray
        except ImportError as error:
            raise MissingDependencyError("a cluster needs Ray: install it with pip install 'poseprint[ray]'") from error
        self._ray: Any = ray
        try:
            ray.init(address=address or None, log_to_driver=False, logging_level=logging.ERROR)
            self.slots = max(1, int(AHEAD * self._ray.cluster_resources().get("CPU", 1)))
        except Exception as error:  # Ray has many of its own
            raise PoseprintError(f"no Ray cluster answers at {address or 'this machine'}: {error}") from error
        self._key = os.urandom(8).hex()
        self._shared = self._ray.put(plan)
        options = {"num_cpus": 1, "max_retries": 0, "memory": WORKER_BYTES if _tells_memory(self._ray) else 0}
        self._remote = self._ray.remote(**options)(_run)

    def start(self, function: Callable[..., Any], *given: Any) -> Any:
        """See `poseprint.app.scan.runners.Runner`."""
        return self._remote.remote(self._key, [self._shared], __version__, function, *given)

    def wait(self, tasks: Collection[Any], seconds: float) -> Collection[Any]:
        """See Runner."""
        waiting = list(tasks)
        done, _ = self._ray.wait(waiting, num_returns=1, timeout=seconds)
        return set(done)

    def result(self, task: Any) -> Any:
        """See Runner."""
        from ray import exceptions

        try:
            return self._ray.get(task)
        except exceptions.RayTaskError as error:
            raise error.cause from error
        except exceptions.RayError as error:
            raise WorkerLostError(_how(error)) from error

    def close(self) -> None:
        """See Runner."""
        self._ray.shutdown()


def _tells_memory(ray: Any) -> bool:
    return bool(ray.cluster_resources().get("memory", 0) >= WORKER_BYTES)


def _how(error: Exception) -> str:
    """What became of a worker, in a word or two: Ray's own texts name addresses and times."""
    return f"its worker was lost ({type(error).__name__})"


def _run(key: str, shared: list[Any], version: str, function: Callable[..., Any], *given: Any) -> Any:
    if key not in _plans:
        import ray

        _plans.clear()
        _plans[key] = ray.get(shared[0])
    if version != __version__:
        raise PoseprintError(f"a node has poseprint {__version__}, the scan {version}")
    return in_time(LONGEST_S, function, _plans[key], *given)
