"""Movers to experiment on, and experiments that cost little."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.experiments import PEOPLE, SMALL, Fit, data_set

from poseprint.supervised.data import Usable, load
from poseprint.supervised.experiments import runs as tasks
from poseprint.supervised.experiments.catalogue import EXPERIMENTS, Experiment
from poseprint.supervised.fitting import Fitted
from poseprint.supervised.movement_set import MovementSet
from poseprint.supervised.networks.registry import make_model
from poseprint.supervised.settings import Settings


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six persons of whom Ann moves slowly and widely."""
    return data_set(tmp_path_factory.mktemp("experiments") / "data", PEOPLE)


@pytest.fixture(scope="session")
def loaded(data: Path) -> list[Usable]:
    return load(data, SMALL)[0]


@pytest.fixture(autouse=True)
def small_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals of as few recordings as there are here."""
    monkeypatch.setattr("poseprint.supervised.accuracy.FEWEST", 2)


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """LSTMs in place of the networks for pictures."""
    for name, experiment in EXPERIMENTS.items():
        rows = tuple(replace(row, settings=replace(row.settings, model="lstm")) for row in experiment.rows)
        monkeypatch.setitem(EXPERIMENTS, name, replace(experiment, rows=rows))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of an experiment of one row, the body-centred LSTM."""
    row = replace(EXPERIMENTS["lstm"].rows[-1], name="quick", paper={"test": 0.9})
    monkeypatch.setitem(EXPERIMENTS, "one", Experiment("One row", "table", (row,)))
    return "one"


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[Fit]:
    """Every fit of the experiments that follow, none of which is carried out."""
    seen: list[Fit] = []
    figures = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "lr", "seconds")

    def fit(
        train: MovementSet,
        validation: MovementSet,
        settings: Settings,
        work: Path,
        *,
        outputs: int = 1,
        weights: Any = None,
        progress: Any = None,
    ) -> Fitted:
        seen.append(Fit(train, validation, settings, outputs, weights is not None))
        return Fitted(make_model(settings, outputs).eval(), 1, [{"epoch": 0, **dict.fromkeys(figures, 0.5)}])

    real = tasks._answers

    def judged(model: Any, movements: MovementSet) -> dict[str, Any]:
        seen[-1].tests.append(movements)
        return real(model, movements)

    monkeypatch.setattr(tasks, "fit", fit)
    monkeypatch.setattr(tasks, "_answers", judged)
    return seen
