"""Verdicts on films: people who talk, told apart across occasions; face swaps and lip syncs against whom they show.

    python benchmarks/films.py [--poses DIR]            the clips of ../shared/data, nested: nobody tested has taught
    python benchmarks/films.py --compare [--poses DIR]  what was tried, each the same way
    python benchmarks/films.py --data MANIFEST.csv      any clips, with what ships; they serve as trials and nothing else

MANIFEST.csv has the columns file, person and label (real, deepfake, reenactment or lipsync), and where known session (the
occasion), face_of and body_of. Clips are measured as `poseprint extract` does, and kept in the user's cache; DIR is a data set that
benchmarks/clips.py left. No clip is ever tested against clips of its own occasion.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from common import finish
from film_calibrations import calibrations
from film_clips import MANIFESTS, PRIVATE, Clip, read_clips, teaching
from film_fields import field_baselines, head_pose_baseline
from film_trials import ESTIMATOR, Tried, bodies, calibrated, joined, nested, share, told, tried_among
from swaps import pairs as swap_pairs

from poseprint.core.arrays import one_thread
from poseprint.evaluation.error_rates import decisions
from poseprint.evaluation.metrics import trial_metrics
from poseprint.verification.learn_films import FUSIONS, MOVEMENT, POSTURE, Film
from poseprint.verification.reference import shipped
from poseprint.verification.trials import Trials

KINDS = ("motion", "static", "both")
PARTS = ("body", "head", "eyes", "mouth", "bearing", "body_posture", "head_posture", "expression")
EQUAL = dict.fromkeys(MOVEMENT, 1.0)
COUNTS = (8, 12, 16, 20)
"""How many people teach, for the curve."""


def figures(trials: Trials, kinds: Sequence[str] = KINDS) -> dict[str, Any]:
    """Metrics of each kind of evidence, with intervals over persons."""
    out = {}
    for kind in kinds:
        m = trial_metrics(trials, kind)
        intervals = m["intervals"] or {}
        out[kind] = {
            **{k: None if m[k] is None else round(m[k], 3) for k in ("auc", "eer", "cllr", "min_cllr", "majority")},
            **{
                f"{k}_interval": [round(v, 3) for v in intervals[k]] if k in intervals else None
                for k in ("auc", "cllr")
            },
            **{k: m[k] for k in ("persons", "genuine", "impostor", "without_score")},
        }
    return out


def swaps(tried: Tried) -> dict[str, Any]:
    """Each swap by the profile of the face's owner, against the owner's genuine clips and against the body's owner."""
    clips, swap = tried.of("clip").trials, tried.of("swap").trials
    body, take = tried.of("body").trials, tried.of("take").trials
    below, higher, same = [], [], 0
    for person, clip, llr in zip(swap.model, swap.level, swap.ranking["both"], strict=True):
        below += list(clips.ranking["both"][clips.genuine & (clips.model == person)] > llr)
        owner = body.ranking["both"][body.level == clip]
        if not len(owner):
            owner = take.ranking["both"][take.level == clip]
            same += len(owner) > 0
        higher += list(owner[:1] > llr)
    return {
        "pairs": len(swap),
        "consistent": int((decisions(swap) == "consistent").sum()),
        "below_genuine": share(below),
        "body_owner_higher": share(higher),
        "body_owner_on_the_same_occasion": int(same),
    }


def summary(tried: Tried) -> dict[str, Any]:
    """What every mode prints."""
    clips = tried.of("clip").trials
    found = {kind: trial_metrics(clips, kind, draws=1) for kind in KINDS}
    decided = told(clips)
    return {
        "auc": {kind: None if m["auc"] is None else round(m["auc"], 3) for kind, m in found.items()},
        "cllr": None if found["both"]["cllr"] is None else round(found["both"]["cllr"], 3),
        "decided": decided["decided"],
        "wrong": decided["wrong"],
        "swaps": swaps(tried),
    }


def others(clips: Sequence[Clip]) -> dict[str, list[Film]]:
    """Lip syncs and reenactments, whose face and body are one person's."""
    return {
        label: [c.film for c in clips if c.film and c.label == label and c.body_of and c.face_of == c.body_of]
        for label in ("lipsync", "reenactment")
    }


def rows(tried: Tried, clips: Sequence[Clip]) -> list[dict[str, Any]]:
    """Every manipulated clip: what the profiles of the face's owner and of the body's say."""
    about = {c.film.take.recording: c for c in clips if c.film}
    out = []
    manipulated = tried.of("swap", "body", "take", "lipsync", "reenactment")
    for row, (kind, decision) in enumerate(zip(manipulated.kind, decisions(manipulated.trials), strict=True)):
        t = manipulated.trials
        clip = about[str(t.level[row])]
        if PRIVATE in (clip.face_of, clip.body_of):
            continue
        known = {k: float(t.llr[k][row]) for k in (*KINDS, *PARTS) if k in t.llr}
        llr = {k: None if np.isnan(value) else round(value, 2) for k, value in known.items()}
        out.append(
            {
                "clip": clip.file,
                "manipulation": clip.manipulation or clip.label,
                "profile": str(t.model[row]),
                "of": str(kind),
                "decision": str(decision),
                "llr": llr,
            }
        )
    return out


def groups(trials: Trials, clips: Sequence[Clip]) -> list[dict[str, Any]]:
    """Figures by what is in sight of the clip tested, where five people or more are in the group."""
    has_body = {c.film.take.recording: bool(np.isfinite(c.film.take.statistics[:, 0]).any()) for c in clips if c.film}
    seconds = {c.film.take.recording: c.film.take.seconds for c in clips if c.film}
    parts = {
        "shoulders and arms in sight": [has_body[name] for name in trials.level],
        "head and face alone": [not has_body[name] for name in trials.level],
        "clips under 10 s": [seconds[name] < 10 for name in trials.level],
        "clips of 10 s and more": [seconds[name] >= 10 for name in trials.level],
    }
    out = []
    for name, kept in parts.items():
        t = trials.at(np.array(kept))
        if len(set(t.model[t.genuine])) >= 5:
            out.append(
                {
                    "group": name,
                    "genuine_persons": len(set(t.model[t.genuine])),
                    **figures(t, ("both",))["both"],
                    **told(t),
                }
            )
    return out


def own_clips(poses: Path | None) -> tuple[list[Clip], Any]:
    """The clips of ../shared/data, and the pairs of face swaps."""
    return read_clips(MANIFESTS, poses), swap_pairs()


def gestures() -> int:
    """People of gestures that the shipped lower bound counts on."""
    return int(shipped(2).facts["films"]["gestures"])


def main_run(poses: Path | None) -> None:
    """The clips of ../shared/data, nested."""
    clips, pairs = own_clips(poses)
    scored = nested(teaching(clips), pairs, bodies(), manipulated=others(clips))
    tried = calibrated(scored, genuine_persons=gestures())
    trials = tried.of("clip").trials
    finish(
        "films",
        {
            **summary(tried),
            "clips": len(clips),
            "people": len({c.face_of for c in clips if c.is_real}),
            "people_on_several_occasions": len(set(trials.model[trials.genuine])),
            "genuine": int(trials.genuine.sum()),
            "impostor": int((~trials.genuine).sum()),
            "gestures": gestures(),
            "seconds": round(float(np.median(trials.seconds)), 1),
            "figures": figures(trials, tuple(FUSIONS)),
            "decisions": told(trials),
            "alone": told(calibrated(scored).of("clip").trials),
            "calibrations": calibrations(tried, genuine_persons=gestures()),
            "groups": groups(trials, clips),
            "rows": rows(tried, clips),
            "field": field_baselines(clips, trials),
            "head_pose": head_pose_baseline(clips),
        },
    )


def compare(poses: Path | None) -> None:
    """What was tried, each nested and calibrated the same way."""
    clips, pairs = own_clips(poses)
    films, further = teaching(clips), gestures()
    scored = nested(films, pairs, bodies())
    face = {"eyes": 1.0, "mouth": 1.0}
    fusions: dict[str, Mapping[str, float]] = {
        "as it ships": MOVEMENT,
        "all parts alike": EQUAL,
        "face alone": face,
        "mouth alone": {"mouth": 1.0},
        "body and head alone": {"motion": 1.0, "head": 1.0},
        "body alone": {"motion": 1.0},
    }
    table = []

    def row(name: str, tried: Tried) -> None:
        found = figures(tried.of("clip").trials)
        table.append({"what": name, "figures": found, **told(tried.of("clip").trials), "swaps": swaps(tried)})
        print(name, json.dumps(summary(tried)), file=sys.stderr)

    def fused(motion: Mapping[str, float], posture: Mapping[str, float] = POSTURE) -> dict[str, Mapping[str, float]]:
        return {**FUSIONS, "motion": motion, "static": posture, "both": {**motion, **posture}}

    for name, motion in fusions.items():
        row(name, calibrated(scored, genuine_persons=further, fusions=fused(motion)))
    row(
        "a face at rest counts too",
        calibrated(scored, genuine_persons=further, fusions=fused(MOVEMENT, {**POSTURE, "expression": 0.5})),
    )
    row("no swaps among the impostors", calibrated(scored, genuine_persons=further, fitted_on=("clip",)))
    row("each person and pair weighs alike", calibrated(scored, genuine_persons=further, by_person=True))
    row("bounds of films alone", calibrated(scored))
    row(
        "all movement, whatever survives a swap",
        calibrated(nested(films, pairs, bodies(), least=-2.0), genuine_persons=further),
    )
    row("what survives with 0.85", calibrated(nested(films, pairs, bodies(), least=0.85), genuine_persons=further))
    for count in COUNTS:
        row(f"{count} people teach", calibrated(nested(films, pairs, bodies(), among=count), genuine_persons=further))
    finish("films_compare", {"gestures": further, "rows": table})


def any_data(manifest: Path, poses: Path | None) -> None:
    """Clips that nobody here has seen, with what ships."""
    clips = read_clips([manifest], poses)
    films = teaching(clips)
    if not films:
        sys.exit(f"{manifest}: no genuine clip of one person with five seconds of evidence")
    tried = tried_among(films, lambda _: shipped(2), manipulated=others(clips))
    if not tried:
        sys.exit(f"{manifest}: nobody has clips of two occasions, and there are no two people")
    print(json.dumps(summary(joined(tried)), indent=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="MANIFEST.csv")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--poses", type=Path, metavar="DIR")
    options = parser.parse_args()
    assert ESTIMATOR in shipped(2).films
    with one_thread():
        if options.data:
            any_data(options.data, options.poses)
        elif options.compare:
            compare(options.poses)
        else:
            main_run(options.poses)


if __name__ == "__main__":
    main()
