"""The command line that repeats a check."""

from __future__ import annotations

import shlex
from pathlib import Path

from poseprint.core.series import PoseSeries
from poseprint.core.verdict import Verdict
from poseprint.estimation.measuring import Measuring
from poseprint.io.poses import is_poses
from poseprint.verification.decision import Costs


def repeating_command(source: str, profile: Path, verdict: Verdict, series: PoseSeries, measuring: Measuring) -> str:
    """What prints the same verdict again as json; a video is measured anew, not looked up.

    Args:
        source: the recording, as it is named where the command is run.
        profile: the profile's folder, likewise.
        verdict: what was found.
        series: the poses it was found on.
        measuring: how they were measured.
    """
    parts, settings = ["poseprint", "check", source, "--profile", profile.as_posix(), "--json"], verdict.settings
    if settings["stride"] != settings["length"]:
        parts += ["--stride", str(settings["stride"])]
    for option, key, usual in (
        ("--wrong-cost", "cost_of_a_wrong_verdict", Costs.wrong),
        ("--prior", "prior", Costs.prior),
    ):
        if settings.get(key, usual) != usual:
            parts += [option, str(settings[key])]
    if Path(source).suffix.lower() == ".csv":
        parts += ["--frame-size", "x".join(map(str, series.frame_size))]
    return shlex.join(parts if is_poses(Path(source)) else [*parts, *_options(measuring)])


def _options(measuring: Measuring) -> list[str]:
    """How a video was measured, where that is not the usual way."""
    options, estimator = ["--no-cache"], measuring.settings["estimator"]
    if estimator != Measuring.estimator:
        options += ["--estimator", estimator]
    if measuring.weights:
        options += ["--weights", measuring.weights.name]  # by its name alone: its sha256 is in the verdict
    if measuring.who is not None:
        options += ["--who", str(measuring.who)]
    if measuring.at is not None:
        x, y, seconds = measuring.at
        options += ["--at", f"{x:g},{y:g}@{seconds:g}"]
    if measuring.rate != Measuring.rate:
        options += ["--rate", str(measuring.rate)]
    return [*options, *["--no-head"] * (not measuring.head), *["--hands"] * measuring.hands]
