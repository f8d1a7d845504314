"""Rebuild what ships in the package as references: backgrounds, cohorts, calibrations, bridges.

    python scripts/build_reference.py [--bridge DIR]

Reads the Kinect tables in ../shared/data. To bring MediaPipe's statistics to the Kinect's scale, figures are drawn
that move as MSRC-12's movers did, measured by MediaPipe, and compared movement by movement with what was drawn (about
a quarter of an hour the first time; DIR keeps the poses). Statistics of statistics go into the package, nobody's poses.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.avatar import write_video
from poseprint.calibration import Costs
from poseprint.extraction import extract
from poseprint.figure import LOOKS
from poseprint.io.kinect import read_kinect
from poseprint.io.parquet import read_poses, write_poses
from poseprint.learning import Roles, learn_reference
from poseprint.metrics import trial_metrics
from poseprint.pose import Array, PoseSeries
from poseprint.reference import FOLDER, NAMES, Reference, write_reference
from poseprint.trials import Take, Trials, takes_of_table
from poseprint.verification import measure

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
SETS = ("msrc12", "utd_mhad", "isl_kinect")
SIZE = (640, 360)
SECONDS = 12
RECORDINGS = 4
"""Recordings of each person that are drawn for the bridge."""


def framed(series: PoseSeries) -> PoseSeries:
    """A part of a recording, framed as a speaker is."""
    first = min(150, max(0, len(series) - SECONDS * 30))
    part = series.part(first, min(len(series), first + SECONDS * 30))
    zoom = 0.26 * SIZE[1] / part.shoulder_width()
    neck = np.nanmedian(part.position[:, 1], axis=0)
    position = (part.position - neck) * zoom + np.array([0.5, 0.42]) * SIZE
    return replace(part, position=position, frame_size=SIZE, time=part.time - part.time[0], channels={})


def drawn_and_measured(folder: Path) -> list[tuple[PoseSeries, PoseSeries]]:
    """The same movements as they were drawn and as MediaPipe sees them."""
    people: dict[str, list[PoseSeries]] = {}
    for recording in read_kinect(DATA / "msrc12" / "upper_body.parquet"):
        people.setdefault(recording.series.person, []).append(recording.series)
    pairs = []
    folder.mkdir(parents=True, exist_ok=True)
    for number, (_, own) in enumerate(sorted(people.items())):
        for turn in range(RECORDINGS):
            series = framed(own[(turn * 5 + number) % len(own)])
            file = folder / f"{series.recording}.parquet"
            if not file.exists():
                video = folder / "drawn.mp4"
                write_video(series, video, look=list(LOOKS.values())[(number + turn) % len(LOOKS)], size=SIZE)
                write_poses(replace(extract(video), recording=series.recording, person=series.person), file)
                print(f"bridge: {file.name}", file=sys.stderr)
            pairs.append((series, read_poses(file)))
    return pairs


def bridge(pairs: list[tuple[PoseSeries, PoseSeries]]) -> tuple[Array, dict[str, Any]]:
    """Shift and gain that make MediaPipe's statistics of the same movements have the drawn ones' mean and spread."""
    drawn, seen = [], []
    for one, other in pairs:
        a, b = measure(one, 2), measure(other, 2)
        where = {span: row for row, span in enumerate(b.spans)}
        for row, span in enumerate(a.spans):
            if span in where:
                drawn.append(a.statistics[row])
                seen.append(b.statistics[where[span]])
    x, y = np.array(drawn, dtype=np.float64), np.array(seen, dtype=np.float64)
    missing = np.isnan(x) | np.isnan(y)
    x[missing] = y[missing] = np.nan
    gain = np.nanstd(x, axis=0) / np.maximum(np.nanstd(y, axis=0), 1e-3)
    gain = np.clip(np.nan_to_num(gain, nan=1.0), 0.5, 2.0)
    shift = np.nan_to_num(np.nanmean(y, axis=0) - np.nanmean(x, axis=0) / gain)
    varied = (~missing).sum(axis=0) > 9
    varied &= (np.nanstd(x, axis=0) > 1e-6) & (np.nanstd(y, axis=0) > 1e-6)
    columns = zip(x.T[varied], y.T[varied], missing.T[varied], strict=True)
    together = [np.corrcoef(a[~m], b[~m])[0, 1] for a, b, m in columns]
    facts = {
        "movements": len(x),
        "recordings": len(pairs),
        "median_correlation": round(float(np.nanmedian(together)), 3),
    }
    return np.stack([shift, gain]), facts


def decided(llr: Array) -> Array:
    """The decision on each LLR at the usual costs."""
    return np.array([Costs().decide(value) for value in llr])


def errors(trials: Trials) -> list[dict[str, Any]]:
    """How often verdicts by LLR err, by seconds of evidence and recordings enrolled; nothing hidden."""
    rows = []
    whole = trials.hidden < 0.05
    for enrolled in (1.0, 3.0, 10.0):
        same = trials.enrolled > 3 if enrolled == 10 else trials.enrolled == enrolled
        for level in sorted({float(v) for v in trials.level if v.replace(".", "").isdigit()}):
            t = trials.at(whole & same & (trials.level == f"{level:g}"))
            for kind in ("both", "motion"):
                llr = t.llr[kind]
                figures = trial_metrics(t, kind)
                rows.append(
                    {
                        "evidence": kind,
                        "seconds": level,
                        "enrolled": int(enrolled),
                        "persons": figures["persons"],
                        "eer": round(figures["eer"], 4),
                        "eer_interval": [round(v, 4) for v in figures["intervals"]["eer"]],
                        "cllr": round(figures["cllr"], 4),
                        **{
                            f"{name}_{decision}": round(float((decided(llr[of]) == decision).mean()), 4)
                            for name, of in (("genuine", t.genuine), ("impostor", ~t.genuine))
                            for decision in ("consistent", "inconsistent")
                        },
                    }
                )
    return rows


def card(takes: list[Take], roles: Roles) -> dict[str, Any]:
    """What the reference was made from."""
    groups = []
    for group in SETS:
        own = [t for t in takes if t.group == group]
        groups.append(
            {
                "name": group,
                "people": len({t.person for t in own}),
                "recordings": len(own),
                "hours": round(sum(t.seconds for t in own) / 3600, 2),
                "role": "background, cohort and calibration" if group in roles.whole else "what varies between people",
            }
        )
    return {"groups": groups}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bridge", type=Path, default=Path(tempfile.gettempdir()) / "poseprint-bridge")
    folder = parser.parse_args().bridge
    if not (DATA / "msrc12").is_dir():
        sys.exit(f"no measuring data at {DATA}")
    roles = Roles()
    mediapipe, bridge_facts = bridge(drawn_and_measured(folder))
    for axes in NAMES:
        takes = [t for g in SETS for t in takes_of_table(DATA / g / "upper_body.parquet", axes, group=g)]
        bridges = {"mediapipe": mediapipe} if axes == 2 else {}
        reference, trials = learn_reference(takes, axes, roles=roles, bridges=bridges)
        people = sorted({t.person for t in takes if t.group in roles.whole})
        facts = {
            **card(takes, roles),
            "calibrated_on": Counter(t.group for t in takes if t.group == roles.calibrate).most_common(1)[0][0],
            "bridge": bridge_facts if axes == 2 else None,
            "errors": errors(trials),
            "recordings": {t.sha256[:16]: people.index(t.person) for t in takes if t.group in roles.whole},
        }
        write_reference(Reference(reference.background, reference.calibrations, bridges, facts), FOLDER)
        size = sum(f.stat().st_size for f in FOLDER.glob(f"{NAMES[axes]}.*"))
        print(f"{FOLDER / NAMES[axes]}: {size / 1024:.0f} KiB", file=sys.stderr)


if __name__ == "__main__":
    main()
