"""Folders of scans made up: tables, and nothing measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from poseprint.app.scan import rows
from poseprint.verification.decision import Costs
from poseprint.verification.reference import shipped

Row = dict[str, Any]
BOUNDS = (-1.462398, 2.513218)
"""Of LLRs on films."""


def verdict(llr: float | None, profile: str = "ann", **changes: Any) -> Row:
    """A verdict as a film would get it; without an LLR, of somebody who cannot be compared."""
    return {
        "profile": profile,
        "person": profile.capitalize(),
        "decision": "inconclusive" if llr is None else Costs().decide(llr),
        "reason": "",
        "llr": llr,
        "margin": None if llr is None else 0.1,
        "lower": None if llr is None else BOUNDS[0],
        "upper": None if llr is None else BOUNDS[1],
        "seconds": 30.0,
        "findings": ["TOO_LITTLE_EVIDENCE"] if llr is None else ["CALIBRATED_ON_FEW"],
        "method": "enrolled",
        "profile_sha256": profile[:1] * 64,
        "program": "0.1.0",
        "reference": shipped(2).sha256,
        **changes,
    }


def clip(file: str, *verdicts: Row, copy_of: str | None = None, **changes: Any) -> Row:
    """A clip with one person and the verdicts on them; with a `status`, one that was not measured."""
    person = {"who": 1, "seconds": 40.0, "poses": "scan.json", "copy_of": copy_of, "copy_who": 1 if copy_of else None}
    return {
        "file": file,
        "size": 1000,
        "mark": "m",
        "sha256": "c" * 64,
        "status": "measured",
        "reason": "",
        "duration_s": 45.0,
        "measured": [] if "status" in changes else [person],
        "verdicts": verdicts,
        **changes,
    }


def scan_folder(
    folder: Path, *parts: Sequence[Row], to_do: Sequence[str] = (), journal: Sequence[Mapping[str, Any]] = ()
) -> Path:
    """A scan of some clips in parts.

    Args:
        folder: is made.
        parts: clips of each, see `clip`.
        to_do: files that were listed too, in a part of their own.
        journal: lines of its one run.
    """
    for name in ("listing", "clips", "tracks", "verdicts", "log"):
        (folder / name).mkdir(parents=True)
    about = {"format_version": 1, "measured_by": {"poseprint": "0.1.0", "estimator": "mediapipe", "people": [1, 8]}}
    (folder / "scan.json").write_text(json.dumps(about))
    for number, clips in enumerate(parts):
        _write(folder, "listing", number, clips)
        _write(folder, "clips", number, clips)
        tracks = [{"file": c["file"], "who": p["who"], "track": b""} for c in clips for p in c["measured"]]
        _write(folder, "tracks", number, tracks)
        told = [
            {**v, "file": c["file"], "sha256": c["sha256"], "who": p["who"], "copy_of": p["copy_of"]}
            for c in clips
            for p in c["measured"]
            for v in c["verdicts"]
        ]
        _write(folder, "verdicts", number, told or [{"file": c["file"], "reason": c["reason"]} for c in clips])
    if to_do:
        _write(folder, "listing", len(parts), [{"file": file, "size": 4000, "mark": "m"} for file in to_do])
    if journal:
        (folder / "log" / "20261127T000000Z-1.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in journal))
    return folder


def _write(folder: Path, name: str, number: int, lines: Sequence[Row]) -> None:
    schema = {"listing": rows.LISTED, "clips": rows.CLIPS, "tracks": rows.TRACKS, "verdicts": rows.VERDICTS}[name]
    made = rows.table(list(lines), schema.with_metadata({"judged_by": "all"}))
    pq.write_table(made, folder / name / f"part-{number:06d}.parquet")
