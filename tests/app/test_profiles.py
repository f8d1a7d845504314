"""A profile on disk: whole, versioned, and refused when altered."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from helpers.places import GOLDEN
from helpers.profiles import liveliness, make_profile

from poseprint.app.profiles import read_profile
from poseprint.core.errors import ProfileError
from poseprint.io.profile_folder import manifest_sha256


def test_round_trip(tmp_path: Path) -> None:
    profile = read_profile(make_profile(tmp_path, person="Zoë"))
    assert profile.person == "Zoë"
    assert profile.input.length == 150
    scores = profile.score(np.ones((70, 150, 24), np.float32), np.full(70, 150))
    assert scores.shape == (70,)
    assert ((scores > 0) & (scores < 1)).all()
    assert profile.score(np.zeros((0, 150, 24), np.float32), np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("name", ["profile.json", "model.onnx", "model.safetensors"])
def test_a_changed_byte_is_found(tmp_path: Path, name: str) -> None:
    folder = make_profile(tmp_path)
    content = bytearray((folder / name).read_bytes())
    at = content.index(b"Ann") if name == "profile.json" else len(content) // 2
    content[at] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ProfileError, match="altered"):
        read_profile(folder)


def test_what_is_no_profile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="not a profile"):
        read_profile(tmp_path)
    folder = make_profile(tmp_path / "a")
    (folder / "model.onnx").unlink()
    with pytest.raises(ProfileError, match="missing"):
        read_profile(folder)
    for text, message in (
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"format_version": 99}', "update poseprint"),
        ('{"format_version": 1}', "not a profile of version 1"),
    ):
        (folder / "profile.json").write_text(text)
        with pytest.raises(ProfileError, match=message):
            read_profile(folder)


def test_golden_profile_stays_readable() -> None:
    profile = read_profile(GOLDEN / "profile_v1")
    assert profile.person == "Golden"
    features = np.linspace(-1, 1, 150 * 24, dtype=np.float32).reshape(1, 150, 24)
    expected = json.loads((GOLDEN / "profile_v1_score.json").read_text())
    assert profile.score(features, np.array([150])) == pytest.approx(expected, abs=1e-5)
    assert asdict(profile.input)["normalisation"] == "zscore"


@pytest.mark.parametrize("network", [b"not a network", liveliness(0.2, feature=99)])
def test_a_model_that_does_not_run_is_an_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], network: bytes
) -> None:
    profile = read_profile(make_profile(tmp_path, onnx=network))
    with pytest.raises(ProfileError, match="does not run"):
        profile.score(np.zeros((1, 150, 24), np.float32), np.array([150]))
    assert capfd.readouterr() == ("", "")


def test_scores_that_are_no_numbers_are_no_votes(tmp_path: Path) -> None:
    profile = read_profile(make_profile(tmp_path, threshold=float("nan")))
    with pytest.raises(ProfileError, match="no numbers"):
        profile.score(np.zeros((1, 150, 24), np.float32), np.array([150]))


def test_a_signed_profile_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    for key, value in (("training", [1]), ("made_from", ["a"])):
        folder = make_profile(tmp_path / key)
        manifest = json.loads((folder / "profile.json").read_text())
        manifest[key] = value
        manifest["sha256"] = manifest_sha256(manifest)
        (folder / "profile.json").write_text(json.dumps(manifest))
        with pytest.raises(ProfileError, match="another kind"):
            read_profile(folder)
    folder = make_profile(tmp_path / "nan")
    manifest["training"] = {"loss": float("nan")}
    manifest["sha256"] = manifest_sha256(manifest)
    (folder / "profile.json").write_text(json.dumps(manifest))
    with pytest.raises(ProfileError, match="cannot be read as a profile"):
        read_profile(folder)
    with pytest.raises(ProfileError, match="2 to 100000 frames"):
        read_profile(make_profile(tmp_path / "length", length="x"))  # type: ignore[arg-type]
