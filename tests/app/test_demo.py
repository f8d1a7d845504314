"""The demo runs the whole path on pixels, and says plainly what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from poseprint.app.demo import SAMPLE, correctness, run
from poseprint.app.profiles import read_profile
from poseprint.core.verdict import Decision
from poseprint.io.dataset import read_recordings
from poseprint.io.parquet import read_poses
from poseprint.verification.profile import EnrolledProfile


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


@pytest.mark.slow
@pytest.mark.models
def test_the_demo_enrols_checks_and_says_what_it_is(tmp_path: Path, models: None) -> None:
    said: list[str] = []
    verdicts = run(tmp_path, show=said.append)
    text = "\n".join(said)
    for words in (
        "motion is real",
        "pixels are drawn",
        "No fake and nobody else",
        "minutes of footage",
        "not as evidence",
    ):
        assert words.lower() in text.lower()
    profile = read_profile(tmp_path / "profile")
    assert isinstance(profile, EnrolledProfile)
    own = [r.recording for r in read_recordings(SAMPLE / "recordings") if r.person == profile.person]
    assert [r["recording"] for r in profile.made_from] == own
    assert "ONE_SESSION" not in text
    llr = {name: verdicts[name].evidence.llr for name in ("genuine", "impostor")}  # type: ignore[union-attr]
    for kind in ("motion", "both"):
        assert llr["genuine"][kind] > llr["impostor"][kind]
    for name in ("genuine", "impostor"):
        verdict = verdicts[name]
        assert verdict.evidence is not None
        assert verdict.hashes["profile"] == profile.sha256
        assert f"verdict     {verdict.decision.upper()}: {verdict.reason}" in text
        assert (tmp_path / f"{name}.mp4").exists()
        page = (tmp_path / f"{name}.html").read_text(encoding="utf-8")
        assert "Posture and framing alone" in page
        assert "<video" in page
        assert str(tmp_path / f"{name}.html") in text
        series = read_poses(tmp_path / f"{name}.parquet")
        assert series.present().mean() >= 0.98
    # The paper's way, on the same pixels: the impostor is one of those it was trained against.
    assert verdicts["genuine_supervised"].decision == "consistent"
    assert verdicts["impostor_supervised"].decision == "inconsistent"
    assert "no better than guessing" in text


@pytest.mark.parametrize(
    ("name", "decision", "words"),
    [
        ("genuine", "consistent", "right"),
        ("genuine", "inconsistent", "wrong"),
        ("impostor", "inconsistent", "right"),
        ("impostor", "consistent", "wrong"),
        ("impostor", "inconclusive", "leaves the question open"),
    ],
)
def test_the_demo_says_whether_a_verdict_is_right(name: str, decision: Decision, words: str) -> None:
    assert words in correctness(name, decision)
