"""How long the quick preset takes to reach the paper preset's validation accuracy.

    python benchmarks/presets.py [--persons p01 p11 p21] [--only paper|quick]

Data: MSRC-12. For each person of interest, 7 of their recordings and 7 of others, split by recording:
about 30 movements validate. Both presets see the same recordings, split and seed, on one thread; what is
compared is processor time, which a busy machine does not stretch as it does the clock's. The paper preset
runs whole (200 epochs at batch size 1, about half an hour a person); killed, the same command goes on.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from common import ROOT, SHARED, finish

from poseprint.io.dataset import Recording, write_recordings
from poseprint.io.kinect import read_kinect
from poseprint.io.parquet import write_poses
from poseprint.supervised.settings import PRESETS, Settings
from poseprint.supervised.training import train

WORK = ROOT / "benchmarks" / ".work" / "presets"
RECORDINGS = 7
SHARES = {"validation_share": 0.3, "test_share": 0.05}
VARIANTS: dict[str, Settings] = {
    "paper": replace(PRESETS["paper"], **SHARES),
    "quick": replace(PRESETS["quick"], **SHARES),
}


def data_set(person: str) -> Path:
    """Seven recordings of the person and one of each of seven others, as a data set folder."""
    folder = WORK / person / "data"
    if (folder / "recordings.csv").exists():
        return folder
    recordings = list(read_kinect(SHARED / "msrc12" / "upper_body.parquet"))
    own = [r.series for r in recordings if r.series.person == person][:RECORDINGS]
    others = sorted({r.series.person for r in recordings} - {person})[:: 19 // RECORDINGS][:RECORDINGS]
    of_others = [[r.series for r in recordings if r.series.person == name][i] for i, name in enumerate(others)]
    folder.mkdir(parents=True)
    lines = []
    for series in (*own, *of_others):
        write_poses(series, folder / f"{series.recording}.parquet")
        lines.append(Recording(series.recording, series.person, "real", "", f"{series.recording}.parquet"))
    write_recordings(folder, lines)
    return folder


def run(person: str, name: str) -> list[dict[str, float]]:
    """Train one variant for one person; a line an epoch: validation accuracy and processor seconds spent so far."""
    log = WORK / person / f"{name}.json"
    lines: list[dict[str, float]] = json.loads(log.read_text()) if log.exists() else []
    if (WORK / person / name / "profile.json").exists():
        return lines
    last = time.process_time()

    def keep(done: int, total: int, epoch: Mapping[str, float]) -> None:
        nonlocal last
        now = time.process_time()
        del lines[done - 1 :]  # what a kill came too early to save is done again
        spent = (lines[-1]["seconds"] if lines else 0.0) + now - last
        last = now
        lines.append({"epoch": done, "accuracy": epoch["validation_accuracy"], "seconds": spent})
        log.write_text(json.dumps(lines))
        print(person, name, f"{done}/{total}", f"{lines[-1]['accuracy']:.3f}", f"{spent:.1f} s", flush=True)

    train(data_set(person), person, WORK / person / name, VARIANTS[name], on_epoch=keep)
    return lines


def first(lines: list[dict[str, float]], accuracy: float) -> dict[str, float] | None:
    """The first epoch at least so accurate."""
    return next((line for line in lines if line["accuracy"] >= accuracy - 1e-9), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", nargs="+", default=["p01", "p11", "p21"])
    parser.add_argument("--only", choices=sorted(VARIANTS), help="run one variant and stop")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.only:
        for person in options.persons:
            run(person, options.only)
        return
    persons = {}
    for person in options.persons:
        lines = {name: run(person, name) for name in VARIANTS}
        bar = max(line["accuracy"] for line in lines["paper"])
        there = first(lines["paper"], bar)
        profile = json.loads((WORK / person / "paper" / "profile.json").read_text())["training"]["validation"]
        entry: dict[str, object] = {
            "validation_movements": profile["movements"],
            "validation_recordings": profile["recordings"],
            "validation_majority": profile["majority"],
            "validation_accuracy_of_paper": bar,
            "paper_whole_s": lines["paper"][-1]["seconds"],
        }
        for name, history in lines.items():
            reached = first(history, bar)
            entry[name] = {
                "best": max(line["accuracy"] for line in history),
                "epochs": len(history),
                "whole_s": history[-1]["seconds"],
                "reached_epoch": reached and reached["epoch"],
                "reached_s": reached and reached["seconds"],
                "whole_ratio": lines["paper"][-1]["seconds"] / history[-1]["seconds"],
                "ratio": reached and there and there["seconds"] / reached["seconds"],
            }
        persons[person] = entry
    ratios = {
        name: [entry[name]["ratio"] for entry in persons.values()]  # type: ignore[index]
        for name in VARIANTS
        if name != "paper"
    }
    finish(
        "presets",
        {
            "data": "MSRC-12",
            "split": "recording",
            "recordings": 2 * RECORDINGS,
            "persons": persons,
            "median_ratio": {k: statistics.median(v) if all(v) else None for k, v in ratios.items()},
        },
    )


if __name__ == "__main__":
    main()
