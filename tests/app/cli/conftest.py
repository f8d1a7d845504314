"""A profile and poses for the commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.movers import mover
from helpers.profiles import make_profile

from poseprint.io.parquet import write_poses


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return make_profile(tmp_path / "profile")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_poses(mover(300, tempo=0.3), tmp_path / "good.parquet")
    return tmp_path / "good.parquet"
