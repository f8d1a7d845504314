"""Leave one recording out: a profile from some of a speaker's recordings, checked on every other recording.

    python benchmarks/speakers.py [--data DIR] [--seed 0]

DIR is the data set that benchmarks/clips.py leaves. For each person of interest and each recording, a
profile is trained on all other genuine recordings (deepfakes are never trained on) and checks the one
left out. An impostor may have other recordings among those trained on, which favours the method.
Every setting is reported; none was chosen by these figures.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from clips import FOLDER
from common import finish

from poseprint.app.check import check_poses
from poseprint.app.profiles import read_profile
from poseprint.core.errors import DatasetError
from poseprint.io.dataset import read_recordings, write_recordings
from poseprint.io.parquet import read_poses
from poseprint.supervised.accuracy import accuracy_report
from poseprint.supervised.settings import Settings
from poseprint.supervised.training import train

PERSONS = ("Obama", "Trump")
SETTINGS = Settings(
    hidden=64, layers=1, dropout=0.0, lr=3e-3, batch_size=16, epochs=60, patience=20, stride=30, clip=1.0, balance=True
)


def trials(data: Path, person: str, settings: Settings) -> list[dict[str, object]]:
    """One line a recording: what a profile of `person` made without it says of it."""
    recordings = read_recordings(data)
    rows = []
    for left_out in recordings:
        rest = [r for r in recordings if r.label == "real" and r.recording != left_out.recording]
        kind = "deepfake" if left_out.label == "fake" else "genuine" if left_out.person == person else "impostor"
        if kind == "deepfake" and left_out.person != person:
            continue
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            write_recordings(folder, [replace(r, file=str(data / r.file)) for r in rest])
            row: dict[str, object] = {
                "person": person,
                "recording": left_out.recording,
                "who": left_out.person,
                "kind": kind,
            }
            try:
                training = train(folder, person, folder / "profile", settings)
            except DatasetError as error:
                rows.append({**row, "decision": "not trained", "reason": str(error)})
                continue
            verdict = check_poses(read_poses(data / left_out.file), read_profile(folder / "profile"))
        rows.append(
            {
                **row,
                "decision": verdict.decision,
                "votes": dict(verdict.votes),
                "scores": [round(m.score, 3) for m in verdict.movements],
                "seconds": round(verdict.seconds["used"], 1),
                "validation": training["validation"]["accuracy"],
                "reason": verdict.reason if verdict.decision == "inconclusive" else "",
            }
        )
    return rows


def summary(rows: list[dict[str, object]]) -> dict[str, object]:
    """Genuine and impostor recordings judged, and accuracy by movement with an interval over recordings."""
    judged = [r for r in rows if r["kind"] != "deepfake" and r["decision"] in ("consistent", "inconsistent")]
    labels, scores, names = [], [], []
    for row in judged:
        for score in row["scores"]:  # type: ignore[attr-defined]
            labels.append(int(row["kind"] == "genuine"))
            scores.append(score)
            names.append(str(row["recording"]))
    right = [r for r in judged if (r["decision"] == "consistent") == (r["kind"] == "genuine")]
    return {
        "recordings_judged": len(judged),
        "recordings_right": len(right),
        "genuine_judged": sum(r["kind"] == "genuine" for r in judged),
        "genuine_consistent": sum(r["kind"] == "genuine" and r["decision"] == "consistent" for r in judged),
        "impostors_judged": sum(r["kind"] == "impostor" for r in judged),
        "impostors_inconsistent": sum(r["kind"] == "impostor" and r["decision"] == "inconsistent" for r in judged),
        "majority_recordings": max(sum(r["kind"] == k for r in judged) for k in ("genuine", "impostor")),
        "movements": accuracy_report(labels, scores, names),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=FOLDER)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    runs = []
    for normalisation in ("zscore", "body"):
        settings = replace(SETTINGS, normalisation=normalisation, seed=arguments.seed)
        for person in PERSONS:
            rows = trials(arguments.data, person, settings)
            runs.append({"person": person, "settings": asdict(settings), "summary": summary(rows), "trials": rows})
    finish("speakers", {"seed": arguments.seed, "runs": runs})


if __name__ == "__main__":
    main()
