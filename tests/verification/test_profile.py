"""An enrolled profile on disk: whole, versioned, and refused when altered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.movers import wanderer
from helpers.places import GOLDEN, REAL

from poseprint.app.check import check_poses
from poseprint.app.profiles import read_profile
from poseprint.core.errors import ProfileError
from poseprint.io.parquet import read_poses
from poseprint.io.profile_folder import manifest_sha256
from poseprint.movements.perturbations import jitter, mirror
from poseprint.verification.enrolment import forget
from poseprint.verification.profile import EnrolledProfile


def test_a_profile_comes_back_as_it_was(tmp_path: Path, ann: EnrolledProfile) -> None:
    ann.write(tmp_path)
    again = read_profile(tmp_path)
    assert isinstance(again, EnrolledProfile)
    np.testing.assert_array_equal(again.statistics, ann.statistics)
    assert (again.person, again.input, again.made_from) == (ann.person, ann.input, ann.made_from)
    assert json.loads((tmp_path / "profile.json").read_text())["format_version"] == 3
    assert not list(tmp_path.glob("*.pkl"))
    (file,) = tmp_path.glob("enrolment-*.safetensors")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ProfileError, match="was altered"):
        read_profile(tmp_path)


def altered(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A profile whose manifest was changed by somebody who knows how its digest is made."""
    manifest = json.loads((folder / "profile.json").read_text())
    change(manifest)
    manifest["sha256"] = manifest_sha256(manifest)
    (folder / "profile.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["made_from"][0].pop("seconds"),
        lambda m: m["made_from"][0].update(seconds="x"),
        lambda m: m["made_from"][0].update(seconds=float("nan")),
        lambda m: m["made_from"][0].update(movements=0),
        lambda m: m["made_from"][0].update(shoulders="wide"),
        lambda m: m.update(findings=["a"]),
        lambda m: m.update(made_from=[]),
        lambda m: m["input"].update(length=30),
        lambda m: m["input"].update(axes=7),
        lambda m: m.update(files={}),
    ],
)
def test_a_profile_that_was_tampered_with_is_refused(
    tmp_path: Path, ann: EnrolledProfile, change: Callable[[dict[str, Any]], None]
) -> None:
    ann.write(tmp_path)
    with pytest.raises(ProfileError):
        read_profile(altered(tmp_path, change))


@pytest.mark.parametrize("value", [np.inf, -1e30, 101])
def test_a_profile_of_statistics_that_none_has_is_refused(tmp_path: Path, ann: EnrolledProfile, value: float) -> None:
    statistics = ann.statistics.copy()
    statistics[0, 0] = value
    replace(ann, statistics=statistics).write(tmp_path)
    with pytest.raises(ProfileError, match="a statistic is beyond 100"):
        read_profile(tmp_path)


def test_a_nan_that_signals_is_read_as_any_other(tmp_path: Path, ann: EnrolledProfile) -> None:
    statistics = ann.statistics.copy()
    statistics.view(np.uint32)[0, 0] = 0x7F800001
    replace(ann, statistics=statistics).write(tmp_path)
    with np.errstate(all="raise"):
        assert np.isnan(read_profile(tmp_path).statistics.astype(np.float64)[0, 0])


@pytest.mark.slow
def test_a_profile_is_whole_while_it_changes(
    tmp_path: Path, ann: EnrolledProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann.write(tmp_path)

    def interrupted(manifest: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("poseprint.io.profile_folder.manifest_sha256", interrupted)
        with pytest.raises(KeyboardInterrupt):
            forget(ann, "0-0").write(tmp_path)
    assert len(read_profile(tmp_path).made_from) == 4
    forget(ann, "0-0").write(tmp_path)
    assert len(read_profile(tmp_path).made_from) == 3
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("version", [2, 3])
def test_a_profile_of_an_older_version_stays_readable_and_knows_its_takes(version: int) -> None:
    profile = read_profile(GOLDEN / f"profile_v{version}")
    assert isinstance(profile, EnrolledProfile)
    assert (profile.person, len(profile.made_from)) == ("Angela Merkel", 1)
    assert profile.tracks[0].shape[1] == 14
    verdict = check_poses(wanderer(), profile)
    assert verdict.evidence is not None
    assert "KNOWN_TAKE" not in {f.code for f in verdict.findings}
    copy = mirror(jitter(read_poses(REAL / "merkel_interview.parquet"), 0.01))
    assert "KNOWN_TAKE" in {f.code for f in check_poses(copy, profile).findings}
