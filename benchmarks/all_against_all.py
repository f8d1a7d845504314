"""Every clip of the public speakers against everybody's other clips: what an enrolled profile makes of them.

    python benchmarks/all_against_all.py [--data DIR]

DIR is the data set that benchmarks/clips.py leaves. Each person with a genuine clip is enrolled on all their genuine
clips but the one tested; every clip, deepfakes too, is checked as `poseprint check` would. The film calibration that
ships was fitted on these very speakers (two numbers a kind of evidence): how it does on a speaker it was not fitted on
stands in the model card.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from clips import FOLDER
from common import finish

from poseprint.app.check import check_poses
from poseprint.core.errors import DatasetError
from poseprint.io.dataset import read_recordings
from poseprint.io.parquet import read_poses
from poseprint.verification.enrolment import enroll

FULL = {"Obama": "Barack Obama", "Trump": "Donald Trump", "Biden": "Joe Biden", "Merkel": "Angela Merkel"}


def trial(person: str, own: list[Path], clip: Path, who: str, label: str) -> dict[str, Any] | None:
    """One line, or None where the person has no other usable clip."""
    try:
        profile = enroll(person, [read_poses(file) for file in own])
    except DatasetError:
        return None
    verdict = check_poses(read_poses(clip), profile)
    kind = "deepfake" if label == "fake" else "genuine" if who == person else "impostor"
    evidence = verdict.evidence
    return {
        "person": person,
        "clip": clip.stem,
        "who": who,
        "kind": kind,
        "enrolled": len(profile.made_from),
        "enrolled_seconds": round(sum(r["seconds"] for r in profile.made_from), 1),
        "seconds": round(verdict.seconds["used"], 1),
        "llr": {k: None if v is None else round(v, 2) for k, v in evidence.llr.items()} if evidence else None,
        "rests_on": evidence.rests_on if evidence else None,
        "decision": verdict.decision,
        "reason": verdict.reason,
        "departures": [
            {
                "words": d.words,
                "value": round(d.value, 3),
                "low": round(d.low, 3),
                "high": round(d.high, 3),
                "unit": d.unit,
            }
            for d in (evidence.departures[:4] if evidence and kind == "deepfake" else ())
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=FOLDER)
    data = parser.parse_args().data
    lines = [(r, FULL.get(r.person, r.person)) for r in read_recordings(data) if r.person and "+" not in r.person]
    rows = []
    for person in sorted({who for r, who in lines if r.label == "real"}):
        for tested, who in lines:
            if tested.label == "fake" and who != person:
                continue
            own = [
                data / r.file for r, w in lines if w == person and r.label == "real" and r.recording != tested.recording
            ]
            row = trial(person, own, data / tested.file, who, tested.label) if own else None
            if row:
                rows.append(row)
    counts = Counter((r["kind"], r["decision"]) for r in rows)
    finish(
        "all_against_all",
        {
            "speakers": len({r["who"] for r in rows}),
            "decisions": {f"{kind} {decision}": n for (kind, decision), n in sorted(counts.items())},
            "trials": rows,
        },
    )


if __name__ == "__main__":
    main()
