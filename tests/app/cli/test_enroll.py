"""`poseprint enroll`: a profile made, grown and reduced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.movers import wanderer

from poseprint.app.cli.main import app
from poseprint.core.errors import DatasetError, ProfileError
from poseprint.io.parquet import write_poses


def run(*arguments: object) -> int:
    return int(app([str(a) for a in arguments], standalone_mode=False) or 0)


@pytest.mark.slow
def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = []
    for seed in range(3):
        files.append(tmp_path / f"{seed}.parquet")
        write_poses(wanderer(seed=seed), files[-1])
    folder = tmp_path / "ann"
    assert run("enroll", "Ann", *files[:2], "-o", folder, "--session", "monday") == 0
    assert "0.7 minutes in 2 recordings" in capsys.readouterr().out
    with pytest.raises(ProfileError, match="`add` adds to it"):
        run("enroll", "Ann", files[2], "-o", folder)
    assert run("enroll", "Ann", files[2], "-o", folder, "--add", "--json") == 0
    assert [r["recording"] for r in json.loads(capsys.readouterr().out)["recordings"]] == ["0-0", "0-1", "0-2"]
    assert run("enroll", "Ann", "-o", folder, "--forget", "0-1") == 0
    assert "0-1:" not in capsys.readouterr().out
    assert run("check", files[1], "--profile", folder, "--json") in (0, 1, 2)
    assert json.loads(capsys.readouterr().out)["evidence"]["llr"]
    with pytest.raises(ProfileError, match="no profile is there to change"):
        run("enroll", "Ann", files[0], "-o", tmp_path / "new", "--add")
    with pytest.raises(DatasetError, match="give recordings"):
        run("enroll", "Ann", "-o", tmp_path / "new")
    assert not (folder / ".parts").exists()
