"""How fast a scan goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from poseprint.app.scan.throughput import STEPS, throughput

BEGUN = {"what": "begun", "s": 0.0, "at": 1795751511.0}


def done(seconds: float, film_s: float | None = 45.0, status: str = "measured") -> dict[str, Any]:
    return {"what": "clip", "s": seconds, "file": "a", "took_s": 1, "film_s": film_s, "bytes": 500, "status": status}


def write(folder: Path, name: str, *lines: dict[str, Any], torn: str = "") -> None:
    (folder / "log").mkdir(exist_ok=True)
    (folder / "log" / f"{name}.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines) + torn)


def test_runs_and_what_is_left(tmp_path: Path) -> None:
    write(tmp_path, "20261127T000000Z-1", BEGUN, done(10), done(20, None, "failed"), torn='{"what": "cli')
    write(tmp_path, "20261128T000000Z-1", BEGUN, done(50), done(60), done(90), {"what": "ended", "s": 100.0})
    write(tmp_path, "20261129T000000Z-1", BEGUN, {"what": "interrupted", "s": 2.0})
    found = throughput(tmp_path, bytes_left=3000)
    killed, whole, nothing = found["runs"]
    assert [run["ended"] for run in found["runs"]] == ["broken off", "ended", "interrupted"]
    assert (killed["clips"], killed["seconds"], killed["status"]) == (2, 20.0, {"failed": 1, "measured": 1})
    assert (whole["clips_an_hour"], whole["film_s_an_hour"]) == (108.0, 4860.0)
    assert (nothing["clips"], nothing["clips_an_hour"]) == (0, 0)
    assert (found["all"]["clips"], found["all"]["seconds"]) == (5, 122.0)
    assert found["left_s"] == 200  # 1500 bytes took 100 s
    assert len(found["over_time"]) == STEPS
    assert sum(step["clips"] for step in found["over_time"]) == 3
    assert found["over_time"][STEPS // 2]["film_s"] == 45.0


def test_no_journal(tmp_path: Path) -> None:
    found = throughput(tmp_path, 10)
    assert (found["runs"], found["over_time"], found["left_s"]) == ([], [], None)


@pytest.mark.parametrize("line", ["null", "[1]", '{"what": "clip"}', '{"what": "clip", "s": "x"}', "{"])
def test_lines_that_are_none_do_not_count(tmp_path: Path, line: str) -> None:
    write(tmp_path, "20261127T000000Z-1", BEGUN, done(10), torn=line)
    assert throughput(tmp_path, 0)["all"]["clips"] == 1
