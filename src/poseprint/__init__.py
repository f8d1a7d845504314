"""Does the person in this recording move like the person they claim to be?

    import poseprint

    verdict = poseprint.check("clip.mp4", "profile/")
    print(verdict.decision, verdict.reason)

Everything here is loaded when it is first asked for: importing the package loads neither torch nor mediapipe.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poseprint.app.check import check, check_poses
    from poseprint.app.datasets.build import build
    from poseprint.app.datasets.collect import collect
    from poseprint.app.datasets.convert import import_csv_pair, import_kinect
    from poseprint.app.datasets.describe import describe
    from poseprint.app.profiles import read_profile, write_profile
    from poseprint.core.errors import PoseprintError
    from poseprint.core.findings import Finding
    from poseprint.core.series import PoseSeries
    from poseprint.core.skeleton import UPPER_BODY, Skeleton
    from poseprint.core.verdict import Verdict
    from poseprint.estimation.extraction import extract
    from poseprint.evaluation.evaluate import evaluate
    from poseprint.io.paper_csv import read_csv_pair, write_csv_pair
    from poseprint.io.parquet import read_poses, write_poses
    from poseprint.io.poses import read_any_poses
    from poseprint.movements.cutting import cut_movements
    from poseprint.movements.gates import inspect
    from poseprint.rendering.avatar import write_video
    from poseprint.rendering.report.page import write_report
    from poseprint.supervised.experiments.run import run_experiment
    from poseprint.supervised.profile import SupervisedProfile
    from poseprint.supervised.settings import PRESETS, Settings
    from poseprint.supervised.training import train
    from poseprint.supervised.tuning import tune
    from poseprint.verification.enrolment import enroll
    from poseprint.verification.profile import EnrolledProfile

from poseprint.core.version import __version__ as __version__

_HOME = {
    "EnrolledProfile": "verification.profile",
    "Finding": "core.findings",
    "PRESETS": "supervised.settings",
    "PoseSeries": "core.series",
    "PoseprintError": "core.errors",
    "SupervisedProfile": "supervised.profile",
    "Settings": "supervised.settings",
    "Skeleton": "core.skeleton",
    "UPPER_BODY": "core.skeleton",
    "Verdict": "core.verdict",
    "build": "app.datasets.build",
    "check": "app.check",
    "check_poses": "app.check",
    "collect": "app.datasets.collect",
    "cut_movements": "movements.cutting",
    "describe": "app.datasets.describe",
    "enroll": "verification.enrolment",
    "evaluate": "evaluation.evaluate",
    "extract": "estimation.extraction",
    "import_csv_pair": "app.datasets.convert",
    "import_kinect": "app.datasets.convert",
    "inspect": "movements.gates",
    "read_any_poses": "io.poses",
    "read_csv_pair": "io.paper_csv",
    "read_poses": "io.parquet",
    "read_profile": "app.profiles",
    "run_experiment": "supervised.experiments.run",
    "train": "supervised.training",
    "tune": "supervised.tuning",
    "write_csv_pair": "io.paper_csv",
    "write_profile": "app.profiles",
    "write_poses": "io.parquet",
    "write_report": "rendering.report.page",
    "write_video": "rendering.avatar",
}

__all__ = [
    "PRESETS",
    "UPPER_BODY",
    "EnrolledProfile",
    "Finding",
    "PoseSeries",
    "PoseprintError",
    "Settings",
    "Skeleton",
    "SupervisedProfile",
    "Verdict",
    "build",
    "check",
    "check_poses",
    "collect",
    "cut_movements",
    "describe",
    "enroll",
    "evaluate",
    "extract",
    "import_csv_pair",
    "import_kinect",
    "inspect",
    "read_any_poses",
    "read_csv_pair",
    "read_poses",
    "read_profile",
    "run_experiment",
    "train",
    "tune",
    "write_csv_pair",
    "write_poses",
    "write_profile",
    "write_report",
    "write_video",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'poseprint' has no attribute {name!r}")
    return getattr(import_module(f"poseprint.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
