"""Rebuild what ships in the package as references: backgrounds, cohorts, calibrations, bridges.

    python scripts/build_reference.py [--poses DIR] [--bridge DIR] [--clips DIR]

Reads the Kinect tables and the clips of people who talk in ../shared/data. To bring MediaPipe's statistics to the Kinect's
scale, figures are drawn that move as MSRC-12's movers did, measured by MediaPipe, and compared movement by movement with what
was drawn (a quarter of an hour); that, and where the middle of bodies in films is, stays as it ships unless asked for. Heads
and faces, and the calibrations on films, are learned from the clips. Statistics of statistics go into the package, nobody's
poses, and nothing of the private person among the clips alone.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.app.datasets.collect import collect
from poseprint.core.arrays import Array, mean_of
from poseprint.core.series import PoseSeries
from poseprint.estimation.extraction import extract
from poseprint.evaluation.error_rates import decisions, error_rates, errors, figures
from poseprint.io.kinect import read_kinect
from poseprint.io.parquet import read_poses, write_poses
from poseprint.movements.measure import measure
from poseprint.rendering.avatar import write_video
from poseprint.rendering.figure import LOOKS
from poseprint.verification.learn_films import FUSIONS, SURVIVES, calibrate_films, difference, with_faces
from poseprint.verification.learn_reference import Roles, learn_reference, with_llr
from poseprint.verification.reference import FOLDER, NAMES, Reference, read_reference, write_reference
from poseprint.verification.trials import Take, Trials, takes_of_table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
from film_clips import MANIFESTS, read_clips, teaching  # noqa: E402
from film_trials import bodies, calibrated, nested  # noqa: E402
from swaps import pairs as swap_pairs  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
SETS = ("msrc12", "utd_mhad", "isl_kinect")
SIZE = (640, 360)
SECONDS = 12
NAMES_OF = {"Obama": "Barack Obama", "Trump": "Donald Trump", "Biden": "Joe Biden", "Merkel": "Angela Merkel"}
"""People of the clips' manifest, by the name that users would give."""
MEASURED_BY = "mediapipe-pose-full"
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
    """How much more the drawn movements' statistics spread than those that MediaPipe measures of them."""
    drawn, seen = [], []
    for one, other in pairs:
        a, b = (measure(series, 2).movements() for series in (one, other))
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
    varied = (~missing).sum(axis=0) > 9
    varied &= (np.nanstd(x, axis=0) > 1e-6) & (np.nanstd(y, axis=0) > 1e-6)
    columns = zip(x.T[varied], y.T[varied], missing.T[varied], strict=True)
    together = [np.corrcoef(a[~m], b[~m])[0, 1] for a, b, m in columns]
    facts = {
        "movements": len(x),
        "recordings": len(pairs),
        "median_correlation": round(float(np.nanmedian(together)), 3),
    }
    return gain, facts


def speakers(folder: Path) -> list[tuple[str, PoseSeries]]:
    """Clips of public speakers and of a signer as MediaPipe measures them, each with who is seen."""
    with (DATA / "videos" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["label"].startswith("real") and "+" not in r["person"]]
    clips = [(NAMES_OF.get(r["person"], r["person"]), DATA / "videos" / r["file"]) for r in rows]
    clips += [("signer", clip) for clip in sorted((DATA / "openpose_signer").glob("*.mp4"))]
    return [(person, read_poses(collect(clip, folder, person=person).file)) for person, clip in clips]


def film_origins(folder: Path) -> tuple[list[str], Array]:
    """Whose clips tell where the middle of bodies is, and the mean statistics of each."""
    measured = (
        Take.of(measure(replace(series, person=person), 2), group="films") for person, series in speakers(folder)
    )
    takes = [t for t in measured if t is not None and t.seconds >= 4]
    names = sorted({t.person for t in takes})
    own = [np.stack([t.summary().mean for t in takes if t.person == name]) for name in names]
    return names, np.stack([mean_of(rows) for rows in own])


def with_film_calibrations(reference: Reference, gestures: Trials, poses: Path | None) -> Reference:
    """The reference with heads and faces of the people in the clips, and calibrations on their trials."""
    clips, pairs = read_clips(MANIFESTS, poses), swap_pairs()
    tried = nested(teaching(clips), pairs, bodies(reference))
    alike = gestures.at((gestures.level == "recording") & (gestures.hidden < 0.05) & (gestures.enrolled > 3))
    apart = {kind: difference(alike, tried.of("clip").trials, FUSIONS[kind]) for kind in ("motion", "both")}
    served = all(low <= 0 <= high for low, high in (intervals["gain"] for intervals in apart.values()))
    further = len(set(alike.model)) if served else 0
    told = calibrated(tried, genuine_persons=further).of("clip").trials
    fit = tried.of("clip", "swap")
    own, found = told.model[told.genuine], decisions(told)
    films = {
        "persons": len(set(told.model)),
        "genuine_persons": len(set(own)),
        "gestures": further,
        "apart": apart,
        "swaps": int((tried.kind == "swap").sum()),
        "swap_pairs": len(pairs),
        "survives": SURVIVES,
        **{kind: figures(told, kind) for kind in FUSIONS},
        "errors": {
            "evidence": "both",
            "seconds": float(np.median(told.seconds)),
            "enrolled": int(np.median(told.enrolled)),
            "data": "public clips of people who talk, each against everybody's clips of other occasions",
            "films": True,
            "genuine": int(told.genuine.sum()),
            "impostor": int((~told.genuine).sum()),
            "verdicts": int((found != "inconclusive").sum()),
            **error_rates(told, "both", found),
        },
    }
    reference = with_faces(reference, teaching(clips, private=False), pairs)
    calibrations = calibrate_films(fit.trials, fit.kind == "swap", genuine_persons=further)
    return replace(reference, films={MEASURED_BY: calibrations}, facts={**reference.facts, "films": films})


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
    parser.add_argument("--bridge", type=Path, help="Measure the bridge anew, and keep its poses here.")
    parser.add_argument(
        "--clips", type=Path, help="Measure the middle of bodies in films anew, and keep the poses here."
    )
    parser.add_argument(
        "--poses", type=Path, help="The data set that benchmarks/clips.py left; else the clips are measured."
    )
    options = parser.parse_args()
    if not (DATA / "msrc12").is_dir():
        sys.exit(f"no measuring data at {DATA}")
    roles = Roles()
    for axes in NAMES:
        takes = [t for g in SETS for t in takes_of_table(DATA / g / "upper_body.parquet", axes, group=g)]
        reference, folds = learn_reference(takes, axes, roles=roles)
        trials = with_llr(Trials.joined([fold.fitting for fold in folds]), reference.calibrations)
        people = sorted({t.person for t in takes if t.group in roles.whole})
        facts = {
            **card(takes, roles),
            "calibrated_on": roles.calibrate,
            "errors": errors(trials),
            "recordings": {t.sha256[:16]: people.index(t.person) for t in takes if t.group in roles.whole},
        }
        reference = replace(reference, facts=facts)
        if axes == 2:
            gains, origins = read_reference(2).gains, read_reference(2).origins
            facts |= {k: read_reference(2).facts[k] for k in ("bridge", "speakers")}
            if options.bridge:
                gain, facts["bridge"] = bridge(drawn_and_measured(options.bridge))
                gains = {MEASURED_BY: gain}
            if options.clips:
                facts["speakers"], middle = film_origins(options.clips)
                origins = {MEASURED_BY: middle}
            reference = replace(reference, gains=gains, origins=origins, facts=facts)
            reference = with_film_calibrations(reference, trials, options.poses)
        write_reference(reference)
    size = sum(f.stat().st_size for f in FOLDER.iterdir())
    print(f"{FOLDER}: {size / 1024:.0f} KiB", file=sys.stderr)


if __name__ == "__main__":
    main()
