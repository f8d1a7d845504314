"""The paper's experiments, and those it proposes, on honest splits: `poseprint experiment`.

table.py says what there is to run, plan.py which runs that makes, tasks.py what a run does, workshop.py
carries runs out, summary.py and pictures.py show what came of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from poseprint.core.files import demand_writable, replacing
from poseprint.core.progress import processors
from poseprint.core.version import __version__
from poseprint.supervised.data import load
from poseprint.supervised.experiments.figures import draw
from poseprint.supervised.experiments.plan import SPLITS, check_names, described, make_plan
from poseprint.supervised.experiments.runner import Said, open_workshop
from poseprint.supervised.experiments.summary import markdown, summarise
from poseprint.supervised.settings import Settings

__all__ = ["run_experiment"]


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
    said: Said = lambda *_: None,
    say: Callable[[str], None] = lambda _: None,
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
        said: called after each run.
        say: called with sentences for the user.

    Returns:
        the json files.

    Raises:
        PoseprintError: a name that is not known, or data that it cannot be run on; before any training.
    """
    dataset, output = Path(dataset), Path(output)
    check_names(name, scale, splits, seeds, changes)
    demand_writable(output)
    base = Settings().changed([c for c in changes if c.startswith("length=")])
    usable, left_out = load(dataset, base)
    for sentence in left_out:
        say(sentence)
    plan = make_plan(name, usable, scale=scale, splits=splits, persons=persons, seeds=seeds, changes=changes)
    if plan.left_out:
        say(plan.left_out)
    data = described(plan, usable)
    say(
        f"{data['persons']} persons, {data['recordings']} recordings, {data['hours']:.2f} h; "
        f"of interest: {', '.join(plan.cast.persons)}; split by {' and by '.join(plan.splits)}"
    )
    jobs = jobs or processors()
    written = []
    with open_workshop(dataset, output / "runs", usable, length=base.length, jobs=jobs) as shop:
        for one in plan.names:
            began = time.monotonic()
            planned = plan.of(one)
            results = shop.perform(planned, said)
            found = [(p, results[p.run.key(shop.footage)]) for p in planned]
            summary: dict[str, Any] = {
                **summarise(one, plan, found),
                "version": __version__,
                "scale": scale,
                "changes": list(changes),
                "seeds": plan.scale.seeds,
                "seeds_of_image_networks": plan.scale.image_seeds,
                "data": {"footage_sha256": shop.footage, **data},
            }
            written.append(_write(output, one, summary))
            say(f"{summary['title']}: {written[-1]} ({time.monotonic() - began:.0f} s)")
    return written


def _write(output: Path, name: str, summary: dict[str, Any]) -> Path:
    file = output / f"{name}.json"
    with replacing(file) as partial:
        partial.write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for old in output.glob(f"{name}*.svg"):
        old.unlink()
    pictures = draw(summary, output)
    with replacing(output / f"{name}.md") as partial:
        shown = "\n".join(f"![{summary['title']}]({path.name})" for path in pictures)
        partial.write_text(f"# {summary['title']}\n\n{markdown(summary)}\n{shown}\n", encoding="utf-8")
    return file
