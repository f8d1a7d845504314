"""The paper's experiments, and those it proposes, on honest splits: `poseprint experiment`.

catalogue.py says what there is to run, plan.py which runs that makes, runs.py what a run does, runner.py does
them, summary.py and figures.py show what came of them.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from poseprint.core.files import atomic_write, claimed
from poseprint.core.progress import Progress, processors, silent
from poseprint.core.version import __version__
from poseprint.supervised.data import load
from poseprint.supervised.experiments.catalogue import EXPERIMENTS
from poseprint.supervised.experiments.figures import draw
from poseprint.supervised.experiments.plan import SPLITS, Plan, check_names, describe, make_plan
from poseprint.supervised.experiments.runner import Runner, open_runner
from poseprint.supervised.experiments.summary import markdown, summarise
from poseprint.supervised.settings import Settings

logger = logging.getLogger(__name__)


def run_experiment(
    name: str,
    dataset: Path | str,
    output: Path | str,
    *,
    scale: str = "reduced",
    splits: Sequence[str] = SPLITS,
    persons: Sequence[str] = (),
    seeds: int | None = None,
    changes: Sequence[str] = (),
    jobs: int | None = None,
    progress: Progress = silent,
) -> list[Path]:
    """Run an experiment, or all, and write what came of it.

    `output` gets NAME.json, NAME.md and figures, and `output`/runs a folder a run: killed at any point, the
    same call goes on from there, and experiments share the runs they have in common.

    Args:
        name, scale, splits, persons, seeds, changes: see `poseprint.supervised.experiments.plan.make_plan`.
        dataset: a folder with recordings.csv and pose files.
        output: folder for the results.
        jobs: runs side by side; all processors unless said. No figure but the seconds depends on it. With more than
            one, a script needs the guard `if __name__ == "__main__":`, as for any use of several processes.
        progress: called after each run.

    Returns:
        the json files.

    Raises:
        PoseprintError: a name that is not known, data that it cannot be run on, or an output folder that is in use or
            holds files of these names from elsewhere; before any training.
    """
    dataset, output = Path(dataset), Path(output)
    check_names(name, scale, splits, seeds, changes)
    names = EXPERIMENTS if name == "all" else (name,)
    with claimed(output, {f"experiment {n}": [f"{n}.json", f"{n}.md", f"{n}*.svg"] for n in names}):
        base = Settings().changed([c for c in changes if c.startswith("length=")])
        usable, left_out = load(dataset, base)
        for message in left_out:
            logger.info(message)
        plan = make_plan(name, usable, scale=scale, splits=splits, persons=persons, seeds=seeds, changes=changes)
        for message in plan.left_out:
            logger.info(message)
        data = describe(plan, usable)
        logger.info(
            f"{data['persons']} persons, {data['recordings']} recordings, {data['hours']:.2f} h; "
            f"of interest: {', '.join(plan.persons.of_interest)}; split by {' and by '.join(plan.splits)}"
        )
        about = {"scale": scale, "changes": list(changes), "data": data}
        with open_runner(dataset, output / "runs", usable, length=base.length, jobs=jobs or processors()) as runner:
            return [_run(experiment, plan, runner, about, output, progress) for experiment in plan.names]


def _run(name: str, plan: Plan, runner: Runner, about: Mapping[str, Any], output: Path, progress: Progress) -> Path:
    """Run an experiment of a plan and write what came of it; the json file."""
    began = time.monotonic()
    planned = plan.runs(name)
    results = runner.results(planned, progress)
    summary: dict[str, Any] = {
        **summarise(name, plan, list(zip(planned, results, strict=True))),
        "version": __version__,
        "scale": about["scale"],
        "changes": about["changes"],
        "seeds": plan.scale.seeds,
        "seeds_of_image_networks": plan.scale.image_seeds,
        "data": {"footage_sha256": runner.footage, **about["data"]},
    }
    file = _write(output, name, summary)
    logger.info(f"{summary['title']}: {file} ({time.monotonic() - began:.0f} s)")
    return file


def _write(output: Path, name: str, summary: dict[str, Any]) -> Path:
    file = output / f"{name}.json"
    with atomic_write(file) as partial:
        partial.write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for earlier in output.glob(f"{name}*.svg"):
        earlier.unlink()
    figures = draw(summary, output)
    with atomic_write(output / f"{name}.md") as partial:
        images = "\n".join(f"![{summary['title']}]({path.name})" for path in figures)
        partial.write_text(f"# {summary['title']}\n\n{markdown(summary)}\n{images}\n", encoding="utf-8")
    return file
