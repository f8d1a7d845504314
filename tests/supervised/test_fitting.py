"""Fitting a model: which movements make a batch, which epoch is kept, and that a kill changes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from poseprint.core.errors import PoseprintError  # noqa: E402
from poseprint.supervised import fitting  # noqa: E402
from poseprint.supervised.fitting import Fitted, fit, predict  # noqa: E402
from poseprint.supervised.movement_set import MovementSet  # noqa: E402
from poseprint.supervised.networks.registry import make_model  # noqa: E402
from poseprint.supervised.settings import Settings  # noqa: E402

SMALL = Settings(hidden=8, layers=1, dropout=0.0, lr=5e-3, batch_size=8, epochs=6, clip=1.0, weight_decay=0.0)


@pytest.fixture(autouse=True)
def every_epoch(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Checkpoints after each epoch, however short it is; one thread."""
    monkeypatch.setattr(fitting, "SAVING", 1e12)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def movements(
    count: int = 40, *, seed: int = 0, kinds: int = 2, noise: float = 0.5, lengths: tuple[int, int] = (12, 12)
) -> MovementSet:
    """Movements whose first feature tells their label, the more of it the less noise; lengths are from a range."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % kinds
    frames = rng.integers(lengths[0], lengths[1] + 1, size=count)
    features = rng.normal(0, 0.1, (count, lengths[1], 24))
    features[:, :, 0] = (labels - (kinds - 1) / 2)[:, None] + rng.normal(0, noise, (count, 1))
    features[np.arange(lengths[1]) >= frames[:, None]] = 0
    return MovementSet(
        features=features.astype(np.float32),
        lengths=frames.astype(np.int64),
        starts=np.zeros(count),
        recordings=tuple(f"r{i}" for i in range(count)),
        persons=("Ann",) * count,
        labels=labels.astype(np.int64),
    )


def same_weights(one: Fitted, other: Fitted) -> bool:
    first, second = one.model.state_dict(), other.model.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def figures(fitted: Fitted) -> list[dict[str, float]]:
    """The history without what a clock says."""
    return [{k: v for k, v in row.items() if k != "seconds"} for row in fitted.history]


def killed_at(epoch: int) -> Callable[..., None]:
    def kill(done: int, *_: object) -> None:
        if done == epoch:
            raise KeyboardInterrupt

    return kill


# Batches


def test_batches_hold_every_movement_once_in_an_order_of_seed_and_epoch() -> None:
    orders = []
    for seed, epoch in ((3, 0), (3, 1), (3, 0), (4, 0)):
        batches = fitting.batches(np.full(50, 12), 8, fitting.epoch_seed(Settings(seed=seed), epoch))
        assert [len(b) for b in batches] == [8] * 6 + [2]
        orders.append(torch.cat(list(batches)).tolist())
        assert sorted(orders[-1]) == list(range(50))
    assert orders[0] == orders[2]
    assert orders[1] != orders[0] != orders[3]


def test_movements_of_like_length_come_into_one_batch() -> None:
    lengths = np.random.default_rng(0).integers(30, 600, size=100)
    batches = fitting.batches(lengths, 16, seed=0)
    assert sorted(torch.cat(list(batches)).tolist()) == list(range(100))
    spans = sorted((lengths[b].min(), lengths[b].max()) for b in batches)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert [lengths[b].max() for b in batches] != sorted(lengths[b].max() for b in batches)  # they come in any order
    others = fitting.batches(lengths, 16, seed=1)
    assert [sorted(b.tolist()) for b in others] != [sorted(b.tolist()) for b in batches]


def test_a_batch_is_cut_to_its_longest_movement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = fitting._Fit._step

    def step(self: Any, batch: Any, name: str) -> Any:
        self.model.register_forward_pre_hook(lambda _, given: seen.append((given[0].shape[1], int(given[1].max()))))
        return real(self, batch, name)

    monkeypatch.setattr(fitting._Fit, "_step", step)
    fit(movements(lengths=(4, 40)), movements(10, seed=1), replace(SMALL, epochs=1), tmp_path)
    assert len(seen) >= 6
    assert all(frames == longest for frames, longest in seen)
    assert len({frames for frames, _ in seen}) > 3


@pytest.mark.slow
def test_mixed_lengths_are_learnt(tmp_path: Path) -> None:
    train, validation = movements(60, lengths=(2, 50), noise=0.1), movements(20, seed=1, lengths=(2, 50), noise=0.1)
    fitted = fit(train, validation, replace(SMALL, epochs=15), tmp_path)
    assert fitted.history[fitted.best_epoch - 1]["validation_accuracy"] > 0.9
    scores = predict(fitted.model, validation)
    for i, length in enumerate(validation.lengths):
        alone = validation.subset([i])
        cut = replace(alone, features=alone.features[:, :length])
        assert predict(fitted.model, cut)[0] == pytest.approx(scores[i], abs=1e-5)


# The best epoch


@pytest.mark.slow
def test_the_best_epoch_has_the_highest_accuracy_and_of_equals_the_lowest_loss(tmp_path: Path) -> None:
    validation = movements(4, seed=1, noise=0.0)
    validation = replace(validation, labels=np.array([0, 1, 0, 0]))  # one is wrong: confidence costs
    fitted = fit(movements(noise=0.0), validation, replace(SMALL, epochs=30, lr=2e-2), tmp_path)
    highest = max(row["validation_accuracy"] for row in fitted.history)
    assert highest == 0.75
    equals = [row for row in fitted.history if row["validation_accuracy"] == highest]
    best = min(equals, key=lambda row: row["validation_loss"])
    assert best not in (equals[0], equals[-1])  # else the test would be satisfied by the first or the last
    assert min(fitted.history, key=lambda row: row["validation_loss"])["epoch"] <= best["epoch"]
    assert fitted.best_epoch == best["epoch"] + 1
    with torch.inference_mode():
        logits = torch.from_numpy(predict(fitted.model, validation))
        labels = torch.from_numpy(validation.labels).float()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
    assert float(loss) == pytest.approx(best["validation_loss"], abs=1e-6)


@pytest.mark.parametrize(
    ("told", "best"),
    [
        ([(0.5, 0.1), (0.75, 0.9), (0.75, 0.8), (0.75, 0.8), (0.6, 0.0), (0.75, 0.85)], 3),  # accuracy before loss
        ([(0.0, 9.0), (0.0, 8.0), (0.0, 8.5)], 2),
        ([(1.0, 0.0), (1.0, 0.0)], 1),
        ([(0.5, float("nan")), (0.6, 0.5), (0.6, float("nan"))], 2),
    ],
)
def test_the_best_of_given_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[tuple[float, float]], best: int
) -> None:
    real = fitting._Fit.figures

    def figures(self: Any) -> dict[str, float]:
        accuracy, loss = told[self.current_epoch]
        return {**real(self), "validation_accuracy": accuracy, "validation_loss": loss}

    monkeypatch.setattr(fitting._Fit, "figures", figures)
    data = movements(), movements(10, seed=1)
    fitted = fit(*data, replace(SMALL, epochs=len(told)), tmp_path / "whole")
    assert fitted.best_epoch == best
    stopped = fit(*data, replace(SMALL, epochs=best), tmp_path / "stopped")
    assert same_weights(fitted, stopped)


def test_the_history_tells_of_every_epoch(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    train, validation = movements(), movements(10, seed=1)
    fitted = fit(train, validation, SMALL, tmp_path, on_epoch=lambda done, total, _: seen.append((done, total)))
    assert seen == [(k, 6) for k in range(1, 7)]
    assert [row["epoch"] for row in fitted.history] == list(range(6))
    assert all(0 <= row[f"{part}_accuracy"] <= 1 for row in fitted.history for part in ("train", "validation"))
    seconds = [row["seconds"] for row in fitted.history]
    assert seconds == sorted(seconds)
    assert fitted.seconds == seconds[-1] > 0
    assert fitted.parameters == sum(p.numel() for p in make_model(SMALL).parameters())
    assert not fitted.model.training


# What is learnt


@pytest.mark.slow
def test_several_outputs_are_learnt(tmp_path: Path) -> None:
    train, validation = movements(60, kinds=3, noise=0.05), movements(30, seed=1, kinds=3, noise=0.05)
    fitted = fit(train, validation, replace(SMALL, epochs=20, lr=2e-2), tmp_path, outputs=3)
    logits = predict(fitted.model, validation)
    assert logits.shape == (30, 3)
    assert (logits.argmax(1) == validation.labels).mean() > 0.95
    row = fitted.history[fitted.best_epoch - 1]
    assert row["validation_accuracy"] == pytest.approx((logits.argmax(1) == validation.labels).mean())
    share = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    cross_entropy = -np.log(share[np.arange(30), validation.labels]).mean()
    assert row["validation_loss"] == pytest.approx(cross_entropy, abs=1e-5)


def test_given_weights_are_started_from_and_a_head_of_another_shape_stays_fresh(tmp_path: Path) -> None:
    many = fit(movements(30, kinds=3), movements(9, seed=1, kinds=3), SMALL, tmp_path / "a", outputs=3)
    given = many.model.state_dict()
    still = replace(SMALL, epochs=1, lr=1e-12)
    data = movements(), movements(10, seed=1)
    started = fit(*data, still, tmp_path / "b", weights=given).model.state_dict()
    fresh = fit(*data, still, tmp_path / "c").model.state_dict()
    assert given["output.weight"].shape == (3, 8)
    for name, value in started.items():
        expected, other = (fresh, given) if name.startswith("output.") else (given, fresh)
        assert torch.allclose(value, expected[name], atol=1e-9), name
        assert value.shape != other[name].shape or not torch.allclose(value, other[name], atol=1e-3), name
    same_head = fit(*data, still, tmp_path / "d", weights=started | {"unknown": torch.zeros(3)}).model.state_dict()
    assert all(torch.allclose(same_head[k], started[k], atol=1e-9) for k in started)


def test_labels_are_weighed_equally_where_that_is_asked(tmp_path: Path) -> None:
    rare = movements(40, noise=3.0)
    rare = replace(rare, labels=(np.arange(40) % 8 == 0).astype(np.int64))
    logits = {
        balance: predict(fit(rare, rare, replace(SMALL, balance=balance), tmp_path / str(balance)).model, rare)
        for balance in (False, True)
    }
    assert logits[True].mean() > logits[False].mean() + 0.3


@pytest.mark.slow
def test_one_cycle_rises_and_ends_near_nothing(tmp_path: Path) -> None:
    settings = replace(SMALL, schedule="onecycle", lr=1e-2, epochs=20)
    fitted = fit(movements(), movements(10, seed=1), settings, tmp_path)
    rates = [row["lr"] for row in fitted.history]
    top = int(np.argmax(rates))
    assert 3 <= top <= 8
    assert 0.9e-2 < rates[top] <= 1e-2
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] < 1e-4  # at the last epoch's start
    assert fit(movements(), movements(10, seed=1), replace(settings, epochs=1, batch_size=64), tmp_path / "one").history


def test_steps_multiply_the_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rates: dict[int, float] = {}
    real = fitting._Fit.training_step

    def step(self: Any, batch: Any) -> Any:
        rates[self.current_epoch] = self.optimizer.param_groups[0]["lr"]
        return real(self, batch)

    monkeypatch.setattr(fitting._Fit, "training_step", step)
    fit(movements(), movements(10, seed=1), replace(SMALL, lr=1e-2, lr_step=2, lr_gamma=0.1), tmp_path)
    assert list(rates.values()) == pytest.approx([1e-2, 1e-2, 1e-3, 1e-3, 1e-4, 1e-4])


# Kills


@pytest.mark.slow
@pytest.mark.parametrize("killed", [1, 3, 5, 8])
@pytest.mark.parametrize(
    ("changes", "lengths"),
    [
        ({"layers": 2, "dropout": 0.4}, (12, 12)),
        ({"layers": 2, "dropout": 0.4}, (3, 30)),
        ({"schedule": "onecycle"}, (12, 12)),
        ({"lr_step": 1, "lr_gamma": 0.7}, (12, 12)),
        ({"optimizer": "sgd", "lr": 0.1, "lr_step": 2}, (3, 30)),
    ],
)
def test_a_killed_fit_goes_on_and_ends_the_same(
    tmp_path: Path, killed: int, changes: dict[str, Any], lengths: tuple[int, int]
) -> None:
    settings = replace(SMALL, epochs=8, **changes)
    data = movements(lengths=lengths), movements(10, seed=1, lengths=lengths)
    whole = fit(*data, settings, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(*data, settings, tmp_path / "killed", on_epoch=killed_at(killed))
    assert (tmp_path / "killed" / "checkpoint.ckpt").exists()
    epochs: list[int] = []
    resumed = fit(*data, settings, tmp_path / "killed", on_epoch=lambda done, *_: epochs.append(done))
    assert epochs == list(range(killed + 1, 9))
    assert figures(resumed) == figures(whole)
    assert resumed.best_epoch == whole.best_epoch
    assert same_weights(resumed, whole)
    assert not list(tmp_path.rglob("*.ckpt"))


@pytest.mark.slow
def test_a_fit_killed_within_an_epoch_goes_on_from_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(SMALL, layers=2, dropout=0.4, lr_step=2)
    data = movements(lengths=(3, 30)), movements(10, seed=1)
    whole = fit(*data, settings, tmp_path / "whole")
    real = fitting._Fit.training_step
    steps = 0

    def step(self: Any, batch: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps == 13:  # of five an epoch
            raise KeyboardInterrupt
        return real(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(fitting._Fit, "training_step", step)
        with pytest.raises(KeyboardInterrupt):
            fit(*data, settings, tmp_path / "killed")
    epochs: list[int] = []
    resumed = fit(*data, settings, tmp_path / "killed", on_epoch=lambda done, *_: epochs.append(done))
    assert epochs == [3, 4, 5, 6]
    assert figures(resumed) == figures(whole)
    assert same_weights(resumed, whole)


@pytest.mark.slow
def test_patience_stops_and_a_kill_at_any_epoch_does_not_change_where(tmp_path: Path) -> None:
    settings = replace(SMALL, epochs=40, patience=3, lr=2e-2)
    data = movements(noise=2.0), movements(10, seed=1, noise=2.0)
    whole = fit(*data, settings, tmp_path / "whole")
    ended = len(whole.history)
    assert ended == whole.best_epoch + 3 < 40
    for killed in range(1, ended + 1):  # the last of them has stopped already, but not yet said so
        work = tmp_path / str(killed)
        with pytest.raises(KeyboardInterrupt):
            fit(*data, settings, work, on_epoch=killed_at(killed))
        resumed = fit(*data, settings, work)
        assert figures(resumed) == figures(whole), killed
        assert same_weights(resumed, whole)


def test_checkpoints_cost_little_and_go_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "SAVING", 1e-9)
    saved = []
    real = torch.save
    monkeypatch.setattr(torch, "save", lambda what, path: (saved.append(len(what["history"])), real(what, path))[1])
    fit(movements(), movements(10, seed=1), SMALL, tmp_path)
    assert saved == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize("what", ["settings", "features", "labels", "validation"])
def test_another_fits_folder_is_refused(tmp_path: Path, what: str) -> None:
    train, validation, settings = movements(), movements(10, seed=1), SMALL
    with pytest.raises(KeyboardInterrupt):
        fit(train, validation, settings, tmp_path, on_epoch=killed_at(2))
    if what == "settings":
        settings = replace(settings, lr=1e-3)
    elif what == "features":
        train = movements(seed=7)
    elif what == "labels":
        train = replace(train, labels=1 - train.labels)
    else:
        validation = movements(10, seed=7)
    with pytest.raises(PoseprintError, match="other settings or data that was not finished; remove it"):
        fit(train, validation, settings, tmp_path)
    assert (tmp_path / "checkpoint.ckpt").exists()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path: Path) -> None:
    data = movements(), movements(10, seed=1)
    first, again = (fit(*data, SMALL, tmp_path / name) for name in "ab")
    other = fit(*data, replace(SMALL, seed=1), tmp_path / "c")
    assert same_weights(first, again)
    assert figures(first) == figures(again)
    assert not same_weights(first, other)


# Prediction


def test_predicting_goes_in_portions_and_bears_an_empty_set() -> None:
    model = make_model(SMALL).eval()
    many = movements(150, lengths=(3, 30))
    scores = predict(model, many)
    assert (scores.shape, scores.dtype) == ((150,), np.float32)
    some = [3, 70, 149]
    assert np.allclose(predict(model, many.subset(some)), scores[some], atol=1e-6)
    assert predict(model, many.subset([])).shape == (0,)
