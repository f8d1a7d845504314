"""References learned as `poseprint reference learn` does, from MSRC-12 alone, from few of its people, and from film clips.

    python benchmarks/reference.py [--work DIR] [--poses DIR] [--parts alone roles few films]

- MSRC-12 alone, imported as a data set, against the reference that ships: it lacks the two groups of gestures that teach only what
  varies between people, and its figures are of calibrations which the people in a trial had no part in. Besides, all three groups in
  their roles, fitted and told as scripts/build_reference.py does: that must give what ships.
- 8 and 12 people of MSRC-12, drawn once: what so few support.
- Clips of people who talk (../shared/data), measured at 10 poses a second into the data set --poses; what is there is not measured again.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from clips import PRIVATE
from common import RESULTS, SHARED, finish
from film_clips import OCCASIONS

from poseprint.app.datasets.collect import collect
from poseprint.app.datasets.convert import import_kinect
from poseprint.app.references import learn_reference
from poseprint.app.told_reference import describe
from poseprint.estimation.measuring import Measuring
from poseprint.evaluation.error_rates import errors
from poseprint.io.dataset import read_recordings, write_recordings
from poseprint.verification import learn_reference as bodies
from poseprint.verification.reference import NAMES, Reference, shipped
from poseprint.verification.trials import Trials, takes_of_table

SETS = ("msrc12", "utd_mhad", "isl_kinect")
FIGURES = ("eer", "cllr", "genuine_consistent", "genuine_inconsistent", "impostor_consistent", "impostor_inconsistent")
TOLERANCE = {"eer": 0.02, "cllr": 0.05, "shares": 0.06}
"""How far figures of MSRC-12 alone may lie from those that ship to count as the same; a 95 % interval of an EER reaches farther."""
FEW = (8, 12)
PARTS = ("alone", "roles", "few", "films")


def compared(
    rows: Sequence[Mapping[str, Any]], calibrations: Mapping[str, Any], reference: Reference
) -> dict[str, Any]:
    """Error rates and calibrations against those of a reference that ships."""
    mine = {(r["evidence"], r["seconds"], r["enrolled"]): r for r in rows}
    table = []
    for theirs in reference.facts["errors"]:
        row = mine[theirs["evidence"], theirs["seconds"], theirs["enrolled"]]
        table.append(
            {
                **{k: theirs[k] for k in ("evidence", "seconds", "enrolled")},
                **{f: [theirs[f], row[f]] for f in FIGURES},
                "eer_interval": theirs["eer_interval"],
            }
        )

    def greatest(*names: str) -> float:
        return round(max(abs(row[f][0] - row[f][1]) for row in table for f in names), 4)

    return {
        "greatest_difference": {
            "eer": greatest("eer"),
            "cllr": greatest("cllr"),
            "shares": greatest(*FIGURES[2:]),
            "weights": {
                kind: float(np.abs(np.subtract(c.weights, reference.calibrations[kind].weights)).max())
                for kind, c in calibrations.items()
            },
        },
        "bounds": {k: [[c.lower, c.upper] for c in (reference.calibrations[k], calibrations[k])] for k in calibrations},
        "outside_the_interval_that_ships": sum(
            not row["eer_interval"][0] <= row["eer"][1] <= row["eer_interval"][1] for row in table
        ),
        "rows": table,
    }


def with_all_roles(axes: int) -> dict[str, Any]:
    """What scripts/build_reference.py makes of the three groups, against what ships."""
    takes = [t for g in SETS for t in takes_of_table(SHARED / g / "upper_body.parquet", axes, group=g)]
    reference, folds = bodies.learn_reference(takes, axes)
    told = bodies.with_llr(Trials.joined([fold.fitting for fold in folds]), reference.calibrations)
    found = {"space": NAMES[axes], **compared(errors(told), reference.calibrations, shipped(axes))}
    del found["rows"]
    ours, theirs = reference.background, shipped(axes).background
    used = theirs.used
    found["greatest_difference"]["mean"] = float(np.abs(ours.mean - theirs.mean)[used].max())
    found["greatest_difference"]["between"] = float(np.abs(ours.between - theirs.between).max())
    return found


def of_few(dataset: Path, folder: Path, count: int) -> dict[str, Any]:
    """What a reference of so many people of a data set says of itself, without depth."""
    lines = read_recordings(dataset)
    people = np.random.default_rng(count).permutation(sorted({r.person for r in lines}))[:count]
    part = folder / f"people-{count}"
    part.mkdir(exist_ok=True)
    own = [r for r in lines if r.person in people]
    for line in own:
        (part / line.file).unlink(missing_ok=True)
        (part / line.file).symlink_to((dataset / line.file).resolve())
    write_recordings(part, own)
    return {"count": count, **without_names(describe(learn_reference(part, folder / f"reference-{count}")[0]))}


def clips(poses: Path) -> Path:
    """The genuine clips of one public person each, measured into a data set."""
    for folder in ("clips", "videos"):
        with (SHARED / folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["label"].startswith("real") and "+" not in row["person"] and row["person"] != PRIVATE:
                    session = row.get("session") or OCCASIONS.get(row["file"], Path(row["file"]).stem)
                    collect(
                        SHARED / folder / row["file"],
                        poses,
                        person=row["person"],
                        label="real",
                        session=session,
                        measuring=Measuring(rate=10, cache=False),
                    )
    return poses


def without_names(told: dict[str, Any]) -> dict[str, Any]:
    """What `describe` tells, without what changes with the machine."""
    return {k: v for k, v in told.items() if k not in ("sha256", "name")}


def alone(work: Path) -> list[dict[str, Any]]:
    """MSRC-12 as a user would learn from it, against what ships."""
    found = []
    for reference in learn_reference(imported(work), work / "reference"):
        told = compared(reference.facts["errors"], reference.calibrations, shipped(reference.axes))
        far = told["greatest_difference"]
        found.append(
            {
                "space": NAMES[reference.axes],
                "within_tolerance": all(far[name] <= most for name, most in TOLERANCE.items()),
                **told,
                "figures": reference.facts["figures"]["both"],
            }
        )
    return found


def imported(work: Path) -> Path:
    """MSRC-12 as a data set."""
    import_kinect(SHARED / "msrc12" / "upper_body.parquet", work / "msrc12")
    return work / "msrc12"


def films(work: Path, poses: Path) -> dict[str, Any]:
    """What a reference says of itself that was learned from the clips, and what the one that ships says."""
    told = describe(learn_reference(clips(poses), work / "films")[0])
    lines = read_recordings(poses)
    ships = shipped(2).facts["films"]
    return {
        "clips": len(lines),
        "people": len({r.person for r in lines}),
        **without_names(told),
        "groups": [{**group, "name": "film clips"} for group in told["groups"]],
        "ships": {"people": ships["persons"], **{k: ships["both"][k] for k in ("eer", "auc", "cllr", "intervals")}},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, help="Where references are made; a temporary folder unless given.")
    parser.add_argument("--poses", type=Path, default=Path(tempfile.gettempdir()) / "poseprint-reference-clips")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="The others stay as they were found.")
    options = parser.parse_args()
    file = RESULTS / "reference.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        ways: dict[str, Callable[[], Any]] = {
            "alone": lambda: alone(work),
            "roles": lambda: [with_all_roles(axes) for axes in NAMES],
            "few": lambda: [of_few(imported(work), work, count) for count in FEW],
            "films": lambda: films(work, options.poses),
        }
        found = {part: ways[part]() if part in options.parts else known.get(part) for part in PARTS}
        finish("reference", {"tolerance": TOLERANCE, **found})


if __name__ == "__main__":
    main()
