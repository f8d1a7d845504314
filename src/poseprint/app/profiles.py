"""A profile on disk: a folder of profile.json and the files it names.

A supervised profile (version 1) has model.onnx, which runs, and model.safetensors, the weights to train on. An
enrolled profile (version 2) has enrolment-SHA256.safetensors: statistics of the person's own movements. profile.json names
the sha256 of the files beside it and carries one of itself, so that a changed byte anywhere is found before anything
is judged. No pickle is read or written.
"""

from __future__ import annotations

from pathlib import Path

from poseprint.io.profile_folder import ProfileFolder
from poseprint.supervised.profile import Profile, _supervised
from poseprint.verification.profile import EnrolledProfile, _enrolled


def read_profile(folder: Path | str) -> Profile | EnrolledProfile:
    """Read a profile of either kind and check every byte of it.

    Raises:
        ProfileError: not a profile, of a newer version, incomplete, or altered.
    """
    opened = ProfileFolder.read(Path(folder))
    with opened.understood():
        return _enrolled(opened) if opened.manifest["kind"] == "enrolled" else _supervised(opened)
