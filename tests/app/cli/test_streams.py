"""Closed standard streams and locales without Unicode, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.files import poses

from poseprint.io.dataset import read_recordings

pytestmark = pytest.mark.slow

PROGRAM = [sys.executable, "-m", "poseprint"]


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_closed_streams_cost_no_verdict_and_reach_no_file(
    tmp_path: Path, profile: Path, source: Path, closed: str
) -> None:
    page = tmp_path / "r.html"
    command = [*PROGRAM, "check", str(source), "--profile", str(profile), "--report", str(page)]
    ran = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *command], capture_output=True, text=True, timeout=120, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert page.read_text().rstrip().endswith("</html>")
    command[3] = str(tmp_path / "none.parquet")
    ran = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *command], capture_output=True, text=True, timeout=120, check=False
    )
    assert (ran.returncode, ran.stdout) == (3, "")


def test_names_in_a_locale_without_unicode(tmp_path: Path) -> None:
    data = tmp_path / "data"
    source = poses(tmp_path / "x.parquet").rename(tmp_path / "Zürich.parquet")
    environment = {**os.environ, "LC_ALL": "POSIX", "PYTHONUTF8": "0"}

    def run(*arguments: object) -> str:
        ran = subprocess.run(
            [*PROGRAM, *map(str, arguments)], capture_output=True, env=environment, timeout=120, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.decode("ascii")

    run("extract", source, "-o", data, "--person", "Zoë", "--session", b"M\xfcnchen".decode("utf-8", "surrogateescape"))
    (line,) = read_recordings(data)
    assert (line.person, line.session) == ("Zoë", "München")
    assert json.loads(run("dataset", "describe", data, "--json"))["persons"][0]["person"] == "Zoë"
    assert "Zo\\xeb" in run("dataset", "describe", data)
    assert json.loads(run("enroll", "Zoë", data, "-o", tmp_path / "profile", "--json"))["person"] == "Zoë"
