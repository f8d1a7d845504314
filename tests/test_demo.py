"""The demo runs the whole path on pixels, and says plainly what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from poseprint.dataset import read_recordings
from poseprint.demo import SAMPLE, run
from poseprint.io.parquet import read_poses
from poseprint.profile import read_profile


def test_the_sample_is_small_and_whole() -> None:
    assert sum(f.stat().st_size for f in SAMPLE.rglob("*") if f.is_file()) < 1 << 20
    recordings = read_recordings(SAMPLE / "recordings")
    assert len(recordings) >= 8
    profile = read_profile(SAMPLE / "profile")
    for line in recordings:
        series = read_poses(SAMPLE / "recordings" / line.file)
        assert series.person == line.person
        assert series.estimator == profile.input.estimator
    assert {m["recording"] for m in profile.made_from} == {r.recording for r in recordings}
    assert not {"genuine", "impostor"} & {r.recording for r in recordings}
    assert not [f for f in SAMPLE.rglob("*") if f.suffix in (".mp4", ".png", ".jpg")]


@pytest.mark.models
def test_the_demo_tells_genuine_from_impostor(tmp_path: Path, models: None) -> None:
    said: list[str] = []
    verdicts = run(tmp_path, say=said.append)
    assert verdicts["genuine"].decision == "consistent"
    assert verdicts["impostor"].decision == "inconsistent"
    text = "\n".join(said)
    for words in ("motion is real", "pixels are drawn", "no better than", "minutes of footage"):
        assert words in text
    for name in ("genuine", "impostor"):
        assert (tmp_path / f"{name}.mp4").exists()
        assert (tmp_path / f"{name}.html").stat().st_size > 100_000
        assert str(tmp_path / f"{name}.html") in text
        series = read_poses(tmp_path / f"{name}.parquet")
        assert series.present().mean() >= 0.98
