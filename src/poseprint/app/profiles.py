"""Profiles of either kind: which it is says the manifest in its folder."""

from __future__ import annotations

from pathlib import Path

from poseprint.io.profile_folder import ProfileFolder
from poseprint.supervised.profile import SupervisedProfile
from poseprint.verification.profile import EnrolledProfile

Profile = EnrolledProfile | SupervisedProfile


def read_profile(folder: Path | str) -> Profile:
    """Read a profile and check every byte of it.

    Args:
        folder: what `poseprint enroll` or `poseprint train` wrote.

    Raises:
        ProfileError: not a profile, of a newer version, incomplete, or altered.
    """
    opened = ProfileFolder.read(Path(folder))
    enrolled = opened.manifest.get("kind") == EnrolledProfile.kind
    return EnrolledProfile.read(opened) if enrolled else SupervisedProfile.read(opened)


def write_profile(profile: Profile, folder: Path | str) -> None:
    """Write a profile; one that is in the folder already is replaced.

    Args:
        profile: of either kind.
        folder: made if need be.

    Raises:
        PoseprintError: the folder cannot be written.
    """
    profile.write(Path(folder))
