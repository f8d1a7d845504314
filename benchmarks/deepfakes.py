"""Deepfakes on demand: what body movement catches, and what it cannot and must not catch.

    python benchmarks/deepfakes.py [--tune]

Real movement, edited: MSRC-12's twenty movers in two halves, each judged with a reference learned without it, enrolled
on half of the activities and tested on the other half (with --tune, the places and thresholds of `poseprint.verification.change_of_mover`
are shown on the first half; all figures about splices are of the second); and the sample's public speakers, measured
by MediaPipe, with the reference that ships. About ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common import RESULTS, SHARED, finish
from splicing import Half, msrc_halves, splice_table, tune

from poseprint.app.demo import SAMPLE
from poseprint.core.series import PoseSeries
from poseprint.estimation.extraction import extract
from poseprint.estimation.model_files import missing
from poseprint.evaluation.metrics import trial_metrics
from poseprint.io.dataset import read_recordings
from poseprint.io.parquet import read_poses
from poseprint.movements import forgeries as edits
from poseprint.movements.measure import measure
from poseprint.rendering.avatar import write_video
from poseprint.rendering.figure import LOOKS
from poseprint.verification.change_of_mover import LEAST_S, THRESHOLD, likeliest_change
from poseprint.verification.decision import Costs
from poseprint.verification.reference import Evidence, shipped
from poseprint.verification.summary import Summary
from poseprint.verification.trials import Trials, run_trials

SPEEDS = (0.8, 0.9, 1.1, 1.25)
AMPLITUDES = (0.7, 0.85, 1.15, 1.3)
TOLERANCE = 0.5
"""How far the LLR before its bounds may change, base 10, when the same motion is drawn under other looks and measured again."""
KINDS = ("both", "motion", "static")


# ---- edits of a mover's own recordings --------------------------------------------------------------


def edited_tables() -> dict[str, tuple[str, Callable[[PoseSeries], PoseSeries] | None]]:
    rows: dict[str, tuple[str, Callable[[PoseSeries], PoseSeries] | None]] = {"none": ("untouched", None)}
    for factor in SPEEDS:
        rows[f"speed {factor}"] = (f"played {factor:g} times as fast", partial(edits.speed, factor=factor))
    for factor in AMPLITUDES:
        words = f"gestures {factor:g} times as large"
        rows[f"amplitude {factor}"] = (words, partial(edits.amplitude, factor=factor))
    return rows


def edit_rows(parts: Sequence[Half], each: int) -> list[dict[str, Any]]:
    """The person's own recordings edited, against untouched recordings of other movers."""
    plain: list[Trials] = []
    gathered: dict[str, list[Trials]] = {name: [] for name in edited_tables()}
    for half in parts:
        for enrol, test in half.enrolment_and_test():
            rng = np.random.default_rng(1)
            chosen = []
            for person in half.people:
                own = [t for t in test if t.person == person]
                chosen += [own[i] for i in rng.permutation(len(own))[:each]]
            for name, (_, edit) in edited_tables().items():
                tested = []
                for take in chosen:
                    series = half.series[take.recording]
                    measured = measure(edit(series) if edit else series, half.reference.axes)
                    if len(measured.movements()):
                        tested.append(("recording", take.person, Summary.of_movements(measured.movements())))
                trials = run_trials(half.reference, enrol, tested)
                gathered[name].append(trials.at(trials.genuine))
                if name == "none":
                    plain.append(trials.at(~trials.genuine))
    impostors = Trials.joined(plain)
    rows = [_row("impostor", "another mover's motion under the person's looks", impostors, None)]
    for name, (words, _) in edited_tables().items():
        own = Trials.joined(gathered[name])
        rows.append(_row(name, f"the person's own motion, {words}", own, Trials.joined([own, impostors])))
    rows[0]["auc"] = rows[1]["auc"]
    return rows


def _row(name: str, words: str, trials: Trials, together: Trials | None) -> dict[str, Any]:
    decisions = [Costs().decide(v) for v in trials.llr["both"] if np.isfinite(v)]
    row: dict[str, Any] = {
        "kind": name,
        "what": words,
        "persons": len(set(trials.model)),
        "trials": len(trials),
        "llr": {k: round(float(np.nanmean(trials.llr[k])), 3) for k in KINDS},
        "decisions": {
            d: round(decisions.count(d) / len(decisions), 3) for d in ("consistent", "inconsistent", "inconclusive")
        },
        "auc": None,
    }
    if together is not None:
        row["auc"] = {}
        for kind in KINDS:
            figures = trial_metrics(together, kind)
            interval = figures["intervals"]["auc"] if figures["intervals"] else None
            row["auc"][kind] = {
                "auc": round(figures["auc"], 3),
                "interval": interval and [round(v, 3) for v in interval],
            }
    return row


# ---- the sample's speakers ------------------------------------------------------------------------


def speakers() -> list[PoseSeries]:
    folder = SAMPLE / "recordings"
    return [
        replace(read_poses(folder / r.file), recording=r.recording, person=r.person) for r in read_recordings(folder)
    ]


def against(enrolled: Sequence[PoseSeries], tests: Sequence[tuple[str, PoseSeries]], person: str) -> list[Evidence]:
    """Evidence on a person of tests, each with the name of who moves; neither of the two helps to set the middle."""
    out: dict[int, Evidence] = {}
    for mover in sorted({name for name, _ in tests}):
        reference = shipped(2).seen_by(enrolled[0].estimator.name, person, mover)
        model = Summary.joined([Summary.of_movements(measure(s, reference.axes).movements()) for s in enrolled])
        rows = [i for i, (name, _) in enumerate(tests) if name == mover]
        part = reference.evidence(
            model, [Summary.of_movements(measure(tests[i][1], reference.axes).movements()) for i in rows]
        )
        out |= dict(zip(rows, part, strict=True))
    return [out[i] for i in range(len(tests))]


def _outcome(evidence: Evidence) -> dict[str, Any]:
    llr = {k: None if evidence.llr[k] is None else round(float(evidence.llr[k] or 0), 3) for k in KINDS}
    both = evidence.llr["both"]
    return {
        "llr": llr,
        "decision": "inconclusive" if both is None else Costs().decide(both),
        "seconds": round(evidence.seconds, 1),
    }


def speaker_rows() -> list[dict[str, Any]]:
    """Each recording of a speaker with three or more, judged on the others; and others' recordings; and edits."""
    everyone = speakers()
    rows: list[dict[str, Any]] = []
    for person in sorted({s.person for s in everyone}):
        own = [s for s in everyone if s.person == person]
        if len(own) < 3:
            continue
        for left_out in own:
            rest = [s for s in own if s is not left_out]
            tests = {name: edit(left_out) if edit else left_out for name, (_, edit) in edited_tables().items()}
            for name, evidence in zip(tests, against(rest, [(person, t) for t in tests.values()], person), strict=True):
                kind = "own" if name == "none" else name
                rows.append({"person": person, "recording": left_out.recording, "kind": kind, **_outcome(evidence)})
        others = [s for s in everyone if s.person != person]
        for series, evidence in zip(others, against(own, [(s.person, s) for s in others], person), strict=True):
            rows.append({"person": person, "recording": series.recording, "kind": "impostor", **_outcome(evidence)})
    return rows


def speaker_changes() -> list[dict[str, Any]]:
    """Untouched long recordings of speakers, and one with another speaker spliced in."""
    everyone = {s.recording: s for s in speakers()}
    long, other = everyone["obama_convention_begin"], everyone["trump_briefing"]
    clips = {
        "obama_convention_begin, untouched": (long, None, long.person),
        "trump_briefing, untouched": (other, None, other.person),
        "obama_convention_begin, from 20 s on trump_briefing": (edits.splice(long, other, 20.0), 20.0, long.person),
    }
    rows = []
    for words, (series, at, person) in clips.items():
        reference = shipped(2).seen_by(series.estimator.name, person)
        own = [s for s in everyone.values() if s.person == person and s.recording != series.recording]
        enrolled = Summary.joined([Summary.of_movements(measure(s, reference.axes).movements()) for s in own])
        change = likeliest_change(reference, enrolled, measure(series, reference.axes))
        row: dict[str, Any] = {"clip": words, "changes_at_s": at, "found": None}
        if change is not None:
            row["found"] = {
                "seconds": round(change.seconds, 1),
                "until": change.until_seconds and round(change.until_seconds, 1),
                "strength": round(change.strength, 1),
                "before": change.before["both"],
                "after": change.after["both"],
                "flagged": change.opposed and change.strength >= THRESHOLD,
            }
        rows.append(row)
    return rows


def drawn_rows() -> list[dict[str, Any]]:
    """Motion drawn under two looks and measured again from the pixels."""
    everyone = {s.recording: s for s in speakers()}
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for person, motion in (
            ("Barack Obama", "obama_nasa"),
            ("Barack Obama", "trump_fundraiser"),
            ("Donald Trump", "trump_fundraiser"),
        ):
            drawn = []
            part = everyone[motion].part(0, min(len(everyone[motion]), 300))
            for look_name in ("navy", "olive"):
                video = Path(temporary) / f"{motion}_{look_name}.mp4"
                write_video(replace(part, time=part.time - part.time[0]), video, look=LOOKS[look_name], size=(640, 360))
                drawn.append(extract(video))
            own = [s for s in everyone.values() if s.person == person and s.recording != motion]
            before, *after = against(own, [(everyone[motion].person, s) for s in (part, *drawn)], person)
            # Before the bounds, at which two different values would look alike.
            values = [e.ranking["both"] for e in after if e.ranking["both"] is not None]
            change = abs(values[0] - values[1]) if len(values) == 2 else None
            rows.append(
                {
                    "person": person,
                    "motion": motion,
                    "genuine": everyone[motion].person == person,
                    "as_filmed": _outcome(before),
                    "looks": [_outcome(e) for e in after],
                    "change": None if change is None else round(change, 3),
                    "within_tolerance": change is not None and change <= TOLERANCE,
                }
            )
    return rows


PARTS = ("picture", "depth", "speakers")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--each", type=int, default=4, help="cases of each kind for each person and split")
    parser.add_argument("--part", choices=PARTS, help="measure this again and keep the other results")
    arguments = parser.parse_args()
    if not (SHARED / "msrc12").is_dir():
        sys.exit(f"no measuring data at {SHARED}: this benchmark needs ../shared/data")
    if arguments.tune:
        tune(msrc_halves(2)[0], arguments.each)
        return
    kept = RESULTS / "deepfakes.json"
    result: dict[str, Any] = json.loads(kept.read_text("utf-8")) if arguments.part and kept.exists() else {}
    seconds = result.get("seconds", {})
    result |= {"threshold": THRESHOLD, "least_seconds": LEAST_S, "tolerance": TOLERANCE}
    for part in (arguments.part,) if arguments.part else PARTS:
        started = time.monotonic()
        if part == "speakers":
            result |= {"speakers": speaker_rows(), "speakers_changes": speaker_changes()}
            result["drawn"] = None if missing() else drawn_rows()
        else:
            tuned, tested = msrc_halves(2 if part == "picture" else 3)
            result[f"splices_{part}"] = splice_table(tested, arguments.each)
            if part == "picture":
                result["msrc12"] = edit_rows((tuned, tested), max(1, arguments.each // 2))
        seconds[part] = round(time.monotonic() - started)
    result |= {"seconds": seconds}
    finish("deepfakes", json.loads(json.dumps(result, default=float)))


if __name__ == "__main__":
    main()
