"""Search for better settings with Optuna: by validation alone, over one split, resumable after any kill."""

from __future__ import annotations

import csv
import hashlib
import json
import logging
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import optuna
import safetensors.torch
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, Trial, TrialState
from torch import nn

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.core.files import atomic_write, claimed
from poseprint.core.progress import Progress, silent
from poseprint.core.version import __version__
from poseprint.io.dataset import read_recordings
from poseprint.supervised.accuracy import accuracy_report
from poseprint.supervised.curves import draw_trials
from poseprint.supervised.data import SUBSETS, SplitMovements, demand_person, load, split_movements
from poseprint.supervised.fitting import few_threads, fit, predict
from poseprint.supervised.movement_set import MovementSet, Normalisation
from poseprint.supervised.networks.registry import make_model
from poseprint.supervised.settings import PRESETS, Settings

logger = logging.getLogger(__name__)

STUDY = "study.jsonl"
RANGES = {
    "layers": (1, 3),
    "hidden": (16, 256),
    "dropout": (0.0, 0.6),
    "lr": (1e-4, 3e-2),
    "weight_decay": (1e-7, 1e-2),
}
"""What is searched; a base setting that lies outside widens its range."""

SEARCHED = (*RANGES, "normalisation", "length")
SHARES_OF_LENGTH = (0.4, 0.6, 0.8, 1.0)
"""Lengths searched, as shares of the base settings' length."""

UNGUIDED = 10
"""Trials before the search learns from those behind it."""

TIE = 0.01
"""What the log loss weighs at most in a trial's value."""

SEEN = (
    "with movements of {length} frames `train` splits otherwise and tests on {recordings}, which this search has seen:"
    " the test figures to go by are those of the search"
)

Splitter = Callable[[Settings], SplitMovements]
"""The movements that settings cut, split as all trials have them."""


def tune(
    dataset: Path | str,
    person: str,
    output: Path | str,
    settings: Settings = PRESETS["quick"],
    *,
    trials: int = 30,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Search depth, width, dropout, learning rate, weight decay, normalisation and length for a person.

    The first trial is the settings themselves (a weight decay of 0 as 1e-7); after ten drawn at random, a
    tree-structured Parzen estimator draws where trials went well. Half-way trials whose best accuracy is below
    the median of the others are stopped. What is searched goes from a range of its own to the settings' value, if that lies
    outside; length goes down to 0.4 of the settings', and the stride is at most the length.

    A trial's value, to be made large, is the balanced accuracy on the validation movements of its best epoch
    plus TIE / (1 + log loss), the log loss balanced over the labels too. Balanced, because the share of the
    person's own movements changes with the length. Accuracy first, because a verdict counts votes; the log loss
    decides between trials with as many errors, and with up to 50 movements of a label never outweighs one.
    A short movement has less to go by, so the value leans to long ones.

    All trials have the same recordings in the same subsets: those with a movement of the settings' length, which
    is the longest, split once at that length. Split by movement there is no such thing, so the length stays.
    No test movement is scored before the search is over, and then by the best trial's network alone.

    Killed at any point, the same call goes on, with the trial it was in; with more trials it goes further. Seed
    and number of trials decide the result, however often it was interrupted, up to the rounding of a network that
    is taken up again.
    `output` keeps the study (study.jsonl), trials.csv, trials.png, best.json and the best network's weights.

    Args:
        dataset: a folder with recordings.csv and pose files.
        person: the person of interest, as named there.
        output: folder of the search.
        settings: what is not searched, where the search starts, and with its seed, its draws.
        trials: in all, with those already there.
        progress: called after each trial.

    Returns:
        what best.json holds: person, settings, set (`--set` of each that differs from the preset quick),
        trial (its number), trials, value, best_epoch, validation and test (see `accuracy_report`; validation,
        which the choice was made by, flatters), sides (recording -> subset; None if split by movement).

    Raises:
        DatasetError: the data set cannot be used or split.
        PoseprintError: fewer than one trial, a folder that cannot be written or is in use, or that holds a
            search of other data, another person or other settings.
    """
    dataset, output, settings = Path(dataset), Path(output), settings.checked()
    if trials < 1:
        raise PoseprintError(f"a search takes at least 1 trial, got {trials}")
    if settings.model != "lstm":
        raise PoseprintError(f"the search is over the LSTM's depth and width; the model is {settings.model!r}")
    demand_person(read_recordings(dataset), person)
    with claimed(output, {"tune": [STUDY, "trials", "trials.csv", "trials.png", "best.json"]}):
        return _tune(dataset, person, output, settings, trials, progress)


def _tune(
    dataset: Path, person: str, output: Path, settings: Settings, trials: int, progress: Progress
) -> dict[str, Any]:
    usable, left_out = load(dataset, settings)
    movements = split_movements(usable, person, settings)
    for message in left_out:
        logger.info(message)
    recording_subsets = movements.recording_subsets() if settings.split == "recording" else None

    def split_like_the_first(changed: Settings) -> SplitMovements:
        return split_movements(usable, person, changed, recording_subsets=recording_subsets)

    searched_from = _searched_from(person, settings, movements)
    with _study(output, searched_from) as study:
        while (done := len(_finished(study))) < trials:
            progress(f"settings for {person}", done, trials)
            _run(_next_trial(study, settings), settings, split_like_the_first, output / "trials")
            _remove_leftovers(output / "trials", study.best_trial.number)
            logger.info(_message(study, settings, trials))
            progress(f"settings for {person}", done + 1, trials)
        best = _settings(study.best_trial.params, settings)
        result = {
            "format_version": 1,
            "poseprint": __version__,
            "person": person,
            **_outcome(study, settings, split_like_the_first, output),
            "sides": recording_subsets,
            "searched_from": searched_from,
        }
    with atomic_write(output / "best.json") as partial:
        partial.write_text(json.dumps(result, indent=1))
    if recording_subsets and best.length != settings.length:
        usual = split_movements(load(dataset, best)[0], person, best).recording_subsets()
        seen = sorted(n for n in usual if usual[n] == "test" and recording_subsets.get(n, "test") != "test")
        if seen:
            logger.info(SEEN.format(length=best.length, recordings=", ".join(seen)))
    return result


def _run(trial: Trial, base: Settings, split: Splitter, folder: Path) -> None:
    """Train with a trial's settings and tell its study the value, or that it was stopped."""
    settings = _settings(trial.params, base)
    movements = split(settings)
    reported = trial.study.get_trials(deepcopy=False)[trial.number].intermediate_values

    def report_epoch(epoch: int, _: int, figures: Mapping[str, float]) -> None:
        if epoch not in reported:  # a trial taken up again repeats some epochs
            trial.report(figures["best"], epoch)
        if epoch < settings.epochs and trial.should_prune():
            raise optuna.TrialPruned

    try:
        fitted = fit(
            movements.train, movements.validation, settings, folder / str(trial.number + 1), on_epoch=report_epoch
        )
    except optuna.TrialPruned:
        trial.study.tell(trial, state=TrialState.PRUNED)
        return
    with atomic_write(_weights_file(folder, trial.number)) as partial:
        partial.write_bytes(safetensors.torch.save(fitted.model.state_dict()))
    logits = _logits(fitted.model, movements.validation, settings)
    loss = _log_loss(logits, movements.validation.labels)
    report = _report(logits, movements.validation)
    trial.set_user_attr("figures", {"validation": report, "log_loss": loss, "best_epoch": fitted.best_epoch})
    trial.study.tell(trial, report["balanced"] + TIE / (1 + loss))


def _outcome(study: optuna.Study, base: Settings, split: Splitter, output: Path) -> dict[str, Any]:
    """Write the trials, and test the best one's network."""
    best = _settings(study.best_trial.params, base)
    _write_trials(study, base, output / "trials.csv")
    draw_trials(output / "trials.csv", output / "trials.png")
    weights = _weights_file(output / "trials", study.best_trial.number)
    if not weights.is_file():
        raise PoseprintError(f"{weights}: the best trial's weights are gone; search anew in another folder")
    model = make_model(best)
    model.load_state_dict(safetensors.torch.load(weights.read_bytes()))
    test = split(best).test
    figures = study.best_trial.user_attrs["figures"]
    quick = asdict(PRESETS["quick"])
    return {
        "settings": asdict(best),
        "set": [f"{key}={value}" for key, value in asdict(best).items() if value != quick[key]],
        "trial": study.best_trial.number + 1,
        "trials": len(_finished(study)),
        "value": study.best_value,
        "best_epoch": figures["best_epoch"],
        "validation": figures["validation"],
        "test": _report(_logits(model.eval(), test, best), test),
    }


@contextmanager
def _study(output: Path, searched_from: Mapping[str, Any]) -> Iterator[optuna.Study]:
    """The study in a folder that is claimed, new or as it was left."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path = output / STUDY
    with path.open("ab+") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)  # a line that a kill left unfinished
        try:
            storage = JournalStorage(JournalFileBackend(str(path), lock_obj=_NoLock(str(path))))
            if not storage.get_all_studies():
                optuna.create_study(storage=storage, study_name="poseprint", direction="maximize")
            pruner = optuna.pruners.MedianPruner(n_warmup_steps=searched_from["settings"]["epochs"] // 4)
            study = optuna.load_study(study_name="poseprint", storage=storage, pruner=pruner)
        except (ValueError, KeyError, TypeError, AssertionError) as error:
            raise PoseprintError(f"{path}: not a search of this program, or damaged; name another folder") from error
        if not study.get_trials(deepcopy=False):
            study.set_user_attr("of", searched_from)
        elif study.user_attrs.get("of") != searched_from:
            raise PoseprintError(
                f"{output}: holds a search of other data, another person or other settings; name another folder"
            )
        yield study


class _NoLock(JournalFileOpenLock):
    """No lock for each line: Optuna's stays behind after a kill, while that on the folder goes with its process."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


def _next_trial(study: optuna.Study, base: Settings) -> Trial:
    """The trial that a kill left unfinished, or a new one; its draw depends on seed, number and trials done."""
    trials = study.get_trials(deepcopy=False)
    running = [t for t in trials if t.state == TrialState.RUNNING]
    number = running[0].number if running else len(trials)
    seed = np.random.SeedSequence([base.seed, number]).generate_state(1)
    study.sampler = optuna.samplers.TPESampler(
        n_startup_trials=UNGUIDED, multivariate=True, constant_liar=False, seed=int(seed[0])
    )
    start = {name: getattr(base, name) for name in SEARCHED}
    start["weight_decay"] = max(base.weight_decay, RANGES["weight_decay"][0])  # on a log scale there is no 0
    if not trials:
        study.enqueue_trial(start)
    trial = Trial(study, running[0]._trial_id) if running else study.ask()
    for name, (low, high) in RANGES.items():
        low, high = min(low, start[name]), max(high, start[name])
        if isinstance(low, int):
            trial.suggest_int(name, low, int(high), log=name == "hidden")
        else:
            trial.suggest_float(name, low, high, log=name != "dropout")
    trial.suggest_categorical("normalisation", get_args(Normalisation))
    shares = SHARES_OF_LENGTH if base.split == "recording" else (1.0,)
    trial.suggest_categorical("length", sorted({max(2, round(share * base.length)) for share in shares}))
    return trial


def _settings(params: Mapping[str, Any], base: Settings) -> Settings:
    """The settings of a trial, its numbers rounded to what a person would type."""
    rounded: dict[str, Any] = {
        key: float(f"{value:.3g}") if isinstance(value, float) else value for key, value in params.items()
    }
    return replace(base, **rounded, stride=min(base.stride, rounded["length"])).checked()


def _finished(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def _weights_file(folder: Path, number: int) -> Path:
    return folder / f"{number + 1}.safetensors"


def _remove_leftovers(folder: Path, best: int) -> None:
    """Remove what trials leave behind, but for the best one's weights."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path != _weights_file(folder, best):
            path.unlink()


def _logits(model: nn.Module, movements: MovementSet, settings: Settings) -> Array:
    """Logits; 0, which says nothing, of a network whose training ran away."""
    with few_threads(settings):
        return np.nan_to_num(predict(model, movements).astype(np.float64), nan=0.0)


def _report(logits: Array, movements: MovementSet) -> dict[str, Any]:
    return accuracy_report(movements.labels, (1 + np.tanh(logits / 2)) / 2, movements.recordings)


def _log_loss(logits: Array, labels: Array) -> float:
    """Mean over both labels of their movements' mean log loss."""
    losses = np.logaddexp(0, np.where(labels == 1, -logits, logits))
    return float(np.mean([losses[labels == kind].mean() for kind in (0, 1)]))


def _searched_from(person: str, settings: Settings, movements: SplitMovements) -> dict[str, Any]:
    """What tells a search from others: the person, where it starts, its ranges, the data and their split."""
    content = hashlib.sha256()
    for name in SUBSETS:
        subset: MovementSet = getattr(movements, name)
        content.update(subset.features.tobytes() + subset.labels.tobytes() + repr(subset.recordings).encode())
    return {
        "person": person,
        "settings": asdict(settings),
        "ranges": {name: list(ends) for name, ends in RANGES.items()},
        "shares_of_length": list(SHARES_OF_LENGTH),
        "movements_sha256": content.hexdigest(),
    }


def _message(study: optuna.Study, base: Settings, trials: int) -> str:
    """How the latest trial went."""
    last, best = _finished(study)[-1], study.best_trial
    settings = _settings(last.params, base)
    chosen = " ".join(f"{name}={getattr(settings, name)}" for name in SEARCHED)
    if last.state == TrialState.PRUNED:
        outcome = f"stopped at epoch {max(last.intermediate_values)}"
    else:
        outcome = f"balanced validation accuracy {_balanced(last):.3f}"
    return (
        f"trial {last.number + 1}/{trials}: {outcome}, best {_balanced(best):.3f} (trial {best.number + 1}); {chosen}"
    )


def _balanced(trial: FrozenTrial) -> float:
    return float(trial.user_attrs["figures"]["validation"]["balanced"])


def _write_trials(study: optuna.Study, base: Settings, file: Path) -> None:
    """A line a trial: what it was worth on the validation movements, and with which settings."""
    rows = []
    for trial in _finished(study):
        figures = trial.user_attrs.get("figures", {})
        validation = figures.get("validation", {"accuracy": trial.value})
        low, high = validation.get("interval") or (None, None)
        rows.append(
            {
                "trial": trial.number + 1,
                "state": trial.state.name.lower(),
                "value": trial.value if figures else None,
                **{key: validation.get(key) for key in ("accuracy", "balanced", "majority", "movements", "recordings")},
                "accuracy_low": low,
                "accuracy_high": high,
                "log_loss": figures.get("log_loss"),
                "best_epoch": figures.get("best_epoch"),
                "epochs": max(trial.intermediate_values),
                **{name: getattr(_settings(trial.params, base), name) for name in SEARCHED},
            }
        )
    with atomic_write(file) as partial, partial.open("w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
