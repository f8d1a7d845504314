"""Runs carried out: none twice, in any order, and on after a kill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.experiments import PEOPLE, TINY, data_set, results, run, timeless
from helpers.movers import mover

from poseprint.core.errors import PoseprintError
from poseprint.io.parquet import write_poses
from poseprint.supervised import fitting


def killed_after(count: int) -> Callable[..., None]:
    said = 0

    def kill(*_: object) -> None:
        nonlocal said
        said += 1
        if said == count:
            raise KeyboardInterrupt

    return kill


@pytest.mark.slow
@pytest.mark.usefixtures("light")
def test_a_second_experiment_does_only_what_the_first_has_not_done(data: Path, tmp_path: Path) -> None:
    """Table 3's row stands in both; with 8 units all of them, A and B of the sizes are the same too."""
    said: list[str] = []
    told = lambda *given: said.append(given[0])  # noqa: E731
    sizes = run("lstm", data, tmp_path, progress=told)
    assert len(said) == 8
    said.clear()
    faces = run("faces", data, tmp_path, progress=told)
    assert said == ["ResNet152, face (after Li and Lyu)"] * 2
    assert faces["rows"][1]["splits"] == sizes["rows"][0]["splits"]
    said.clear()
    assert run("faces", data, tmp_path, progress=told) == faces
    assert said == []
    run("faces", data, tmp_path, progress=told, changes=[*TINY, "lr=0.02"])
    assert len(said) == 4


@pytest.mark.slow
def test_footage_that_changed_is_run_anew(tmp_path: Path, quick: str) -> None:
    folder = data_set(tmp_path / "data", PEOPLE)
    run(quick, folder, tmp_path / "out")
    before = results(tmp_path / "out")
    write_poses(mover(300, tempo=3, seed=77, recording="Bob_0", person="Bob"), folder / "Bob_0.parquet")
    run(quick, folder, tmp_path / "out")
    assert len(results(tmp_path / "out")) == 2 * len(before) == 4


@pytest.mark.slow
def test_the_same_seed_gives_the_same_figures(data: Path, tmp_path: Path) -> None:
    first, again = (run("transfer", data, tmp_path / name) for name in "ab")
    assert timeless(first) == timeless(again)
    assert timeless(first) != first


@pytest.mark.slow
def test_figures_do_not_depend_on_how_many_runs_go_side_by_side(data: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {"persons": ("Ann", "Bob"), "splits": ("recording",), "changes": [*TINY, "layers=2"]}
    alone, beside = (run("lstm", data, tmp_path / str(jobs), jobs=jobs, **given) for jobs in (1, 2))
    assert timeless(alone) == timeless(beside)
    assert [r.parent.name for r in results(tmp_path / "1")] == [r.parent.name for r in results(tmp_path / "2")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lstm", "transfer"])
def test_a_killed_experiment_goes_on_and_ends_the_same(name: str, data: Path, tmp_path: Path) -> None:
    said: list[object] = []
    whole = run(name, data, tmp_path / "whole", progress=lambda *given: said.append(given))
    total = len(said)
    for count in (2, 3):
        with pytest.raises(KeyboardInterrupt):
            run(name, data, tmp_path / "killed", progress=killed_after(count))
        assert not (tmp_path / "killed" / f"{name}.json").exists()
    assert len(results(tmp_path / "killed")) == 5
    said.clear()
    resumed = run(name, data, tmp_path / "killed", progress=lambda *given: said.append(given))
    assert len(said) == total - 5
    assert said[-1][1:] == (total, total)  # type: ignore[index]
    assert timeless(resumed) == timeless(whole)


@pytest.mark.slow
def test_a_run_killed_within_its_fit_goes_on_from_its_checkpoint(
    quick: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "SAVING", 1e12)  # a checkpoint after each epoch
    changes = [*TINY, "epochs=5", "layers=2", "dropout=0.3"]
    epochs: list[int] = []
    real = fitting._Fit.begin

    def start(self: Any) -> None:
        epochs.append(self.current_epoch)
        real(self)

    monkeypatch.setattr(fitting._Fit, "begin", start)
    whole = run(quick, data, tmp_path / "whole", changes=changes)
    assert epochs == [0, 1, 2, 3, 4] * 2
    step = fitting._Fit.training_step

    def kill(self: Any, batch: Any) -> Any:
        if len(epochs) == 8:  # the third epoch of the second run
            raise KeyboardInterrupt
        return step(self, batch)

    epochs.clear()
    with monkeypatch.context() as patch:
        patch.setattr(fitting._Fit, "training_step", kill)
        with pytest.raises(KeyboardInterrupt):
            run(quick, data, tmp_path / "killed", changes=changes)
    assert len(results(tmp_path / "killed")) == 1
    assert len(list((tmp_path / "killed").rglob("*.ckpt"))) == 1
    epochs.clear()
    resumed = run(quick, data, tmp_path / "killed", changes=changes)
    assert epochs == [2, 3, 4]
    assert timeless(resumed) == timeless(whole)
    assert not list((tmp_path / "killed").rglob("*.ckpt"))


@pytest.mark.slow
def test_a_folder_is_worked_in_by_one_experiment_at_a_time(quick: str, data: Path, tmp_path: Path) -> None:
    refused: list[str] = []

    def again(*_: object) -> None:
        with pytest.raises(PoseprintError) as caught:
            run(quick, data, tmp_path)
        refused.append(str(caught.value))

    run(quick, data, tmp_path, progress=again)
    assert len(refused) == 2
    assert all("another process is at work there" in text for text in refused)
    run(quick, data, tmp_path)


@pytest.mark.slow
def test_a_result_that_was_cut_off_is_refused_by_name(quick: str, data: Path, tmp_path: Path) -> None:
    run(quick, data, tmp_path)
    broken = results(tmp_path)[0]
    broken.write_text(broken.read_text()[:40])
    with pytest.raises(PoseprintError, match=r"result\.json: cannot be read; remove it"):
        run(quick, data, tmp_path)
