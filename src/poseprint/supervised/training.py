"""Data set + settings -> a trained profile: the paper's experiment (section 3.3, Table 3)."""

from __future__ import annotations

import csv
import logging
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import nn

from poseprint.core.errors import PoseprintError
from poseprint.core.files import atomic_write, claimed
from poseprint.core.progress import Progress, silent
from poseprint.core.series import GRID_FPS
from poseprint.io.dataset import ensure_no_data_set, read_recordings
from poseprint.io.profile_folder import MANIFEST
from poseprint.movements.cutting import cut_movements
from poseprint.movements.same_take import movement_track
from poseprint.supervised.accuracy import accuracy_report
from poseprint.supervised.curves import draw_curves
from poseprint.supervised.data import SUBSETS, Usable, demand_person, input_spec, load, split_movements
from poseprint.supervised.features import FEATURES
from poseprint.supervised.fitting import EpochCallback, Fitted, fit, predict
from poseprint.supervised.movement_set import MovementSet
from poseprint.supervised.profile import SupervisedProfile
from poseprint.supervised.settings import Settings

logger = logging.getLogger(__name__)


def train(
    dataset: Path | str,
    person: str,
    output: Path | str,
    settings: Settings | None = None,
    *,
    progress: Progress = silent,
    on_epoch: EpochCallback | None = None,
) -> dict[str, Any]:
    """Train the many-to-one LSTM on a data set and write a profile.

    The weights with the best validation accuracy are kept (of equals, those with the lowest loss). Killed
    at any point, the same call goes on from a recent epoch. `output`/training keeps the log of epochs
    (metrics.csv) and the curves of loss and accuracy.

    Args:
        dataset: a folder with recordings.csv and pose files.
        person: the person of interest, as named there.
        output: the profile's folder.
        settings: None for the paper's.
        progress: called after each epoch.
        on_epoch: called after each epoch with its figures.

    Returns:
        the profile's `training` entry: settings, best epoch, figures on each subset.

    Raises:
        DatasetError: the data set cannot be used or split.
        PoseprintError: the folder holds a profile, a data set, another training that is not finished or files of these
            names from elsewhere, or is in use.
    """
    dataset, output = Path(dataset), Path(output)
    settings = (settings or Settings()).checked()
    ensure_no_data_set(output)
    demand_person(read_recordings(dataset), person)
    if (output / MANIFEST).exists():
        raise PoseprintError(f"{output}: already holds a profile; name another folder or remove it")
    with claimed(output, {"train": ["training", "model.onnx", "model.safetensors"]}):
        return _train(dataset, person, output, settings, progress, on_epoch)


def _train(
    dataset: Path, person: str, output: Path, settings: Settings, progress: Progress, on_epoch: EpochCallback | None
) -> dict[str, Any]:
    usable, left_out = load(dataset, settings)
    for message in left_out:
        logger.info(message)
    movements = split_movements(usable, person, settings)
    logger.info(
        f"movements of {settings.length / GRID_FPS:.1f} s from {len(usable)} recordings, split by {settings.split}: "
        f"{len(movements.train)} to train ({int(movements.train.labels.sum())} of {person}), "
        f"{len(movements.validation)} to validate, {len(movements.test)} to test"
    )
    work = output / "training"

    def report(done: int, total: int, epoch: Mapping[str, float]) -> None:
        progress(f"training on {person}", done, total)
        if on_epoch:
            on_epoch(done, total, epoch)
        if done % max(1, total // 10) == 0 or done == total:
            accuracy, best = epoch["validation_accuracy"], epoch["best"]
            logger.debug("epoch %d/%d: validation accuracy %.3f, best %.3f", done, total, accuracy, best)

    fitted = fit(movements.train, movements.validation, settings, work, on_epoch=report)
    _write_history(fitted, work)
    training = {
        "settings": asdict(settings),
        "split": settings.split,
        "best_epoch": fitted.best_epoch,
        **{subset: _accuracy(fitted.model, getattr(movements, subset)) for subset in SUBSETS},
    }
    profile = SupervisedProfile(
        person=person,
        input=input_spec(usable, settings),
        model=_described(settings),
        made_from=tuple(_made_from(usable, person, settings)),
        training=training,
        onnx=export_onnx(fitted.model, settings.length, FEATURES[settings.features].count),
        weights=safetensors.torch.save(fitted.model.state_dict()),
        tracks=tuple(movement_track(recording.series, recording.spans) for recording in usable),
    )
    profile.write(output)
    return training


def _accuracy(model: nn.Module, movements: MovementSet) -> dict[str, Any]:
    """How well a model tells movements, see `accuracy_report`."""
    scores = torch.sigmoid(torch.from_numpy(predict(model, movements))).numpy()
    return accuracy_report(movements.labels, scores, movements.recordings)


def _described(settings: Settings) -> dict[str, Any]:
    """The network for the profile."""
    names = ("hidden", "layers", "dropout", "every", "keypoints")
    return {
        "name": settings.model,
        "inputs": FEATURES[settings.features].count,
        **{name: getattr(settings, name) for name in names},
    }


def _made_from(usable: list[Usable], person: str, settings: Settings) -> list[dict[str, Any]]:
    """A line a recording for the profile."""
    return [
        {
            "recording": recording.line.recording,
            "person": recording.line.person,
            "label": "real" if recording.is_own(person) else "fake",
            "session": recording.line.session,
            "seconds": round(recording.seconds, 2),
            "movements": len(cut_movements(recording.spans, length=settings.length)),
            "sha256": recording.series.source_sha256,
            "poses_sha256": recording.poses_sha256,
            "shoulders": round(recording.series.shoulder_width() / recording.series.frame_size[1], 4),
        }
        for recording in usable
    ]


def _write_history(fitted: Fitted, work: Path) -> None:
    """The log of epochs and the curves."""
    with atomic_write(work / "metrics.csv") as partial, partial.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(fitted.history[0]))
        writer.writeheader()
        writer.writerows(fitted.history)
    draw_curves(work / "metrics.csv", work, best_epoch=fitted.best_epoch - 1)


def export_onnx(model: nn.Module, length: int, inputs: int = FEATURES["keypoints"].count) -> bytes:
    """A model as onnx with inputs `features` and `lengths` and output `logits`, any number of movements and frames."""
    example = (torch.zeros(1, length, inputs), torch.tensor([length]))
    axes = {"features": {0: "movements", 1: "frames"}, "lengths": {0: "movements"}, "logits": {0: "movements"}}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        path = Path(folder) / "model.onnx"
        # torch's newer exporter takes many times as long for this network and gains nothing.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(),
            example,
            str(path),
            dynamo=False,
            input_names=["features", "lengths"],
            output_names=["logits"],
            dynamic_axes=axes,
        )
        return path.read_bytes()
