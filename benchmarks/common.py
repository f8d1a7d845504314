"""What the benchmarks share: where the measuring data is, who is in it, where results go."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Clip:
    """A line of the clips' manifest; label is real or fake."""

    path: Path
    person: str
    label: str


def clips(data: Path = SHARED, folder: str = "videos") -> Iterator[Clip]:
    """The clips of public speakers; in the folder `clips` are more people, and manipulated films."""
    manifest = data / folder / "manifest.csv"
    if not manifest.is_file():
        sys.exit(f"no measuring data at {data}: this benchmark needs ../shared/data")
    with manifest.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield Clip(
                data / folder / row["file"], row["person"], "real" if row["label"].startswith("real") else "fake"
            )


def finish(name: str, result: dict[str, Any]) -> None:
    """Print the result as one json object and keep it beside the benchmarks."""
    text = json.dumps({"benchmark": name, "date": time.strftime("%Y-%m-%d"), **result}, indent=1, ensure_ascii=False)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(text)
