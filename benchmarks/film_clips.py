"""The clips of people who talk: who is seen, who moves, on which occasion; measured and ready for trials."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clips import PRIVATE
from common import SHARED

from poseprint.app.sources import read_source
from poseprint.core.errors import PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.estimation.measuring import Measuring
from poseprint.io.parquet import read_poses
from poseprint.movements.measure import measure
from poseprint.verification.learn_films import Film
from poseprint.verification.trials import Take

MANIFESTS = tuple(SHARED / folder / "manifest.csv" for folder in ("videos", "clips"))
OCCASIONS = {"obama_real_2020-dnc-philadelphia_cspan.mp4": "2020-dnc-philadelphia"}
"""Occasions that a manifest without sessions shares with another manifest."""
FIRST_SHOT = {"trump-biden_real_2020-debate_cspan2.mp4": "Biden"}
"""Clips of several people of which the first shot shows one."""


@dataclass(frozen=True, eq=False)
class Clip:
    """A line of a manifest, measured.

    Attributes:
        file, manipulation: as the manifest has them.
        label: real, deepfake (somebody else moves, as far as is known), reenactment or lipsync.
        face_of, body_of: whose face is seen, whose body moves; empty where a manifest does not tell.
        session: the occasion.
        film: its statistics; None where nothing in it can serve.
        series: its poses.
        path: the film.
    """

    file: str
    label: str
    face_of: str
    body_of: str
    session: str
    manipulation: str
    film: Film | None
    series: PoseSeries
    path: Path

    @property
    def is_real(self) -> bool:
        """Whether the clip is genuine."""
        return self.label == "real"

    @property
    def is_swap(self) -> bool:
        """Whether it is known that somebody moves under another's face."""
        return self.label == "deepfake" and bool(self.body_of) and self.face_of != self.body_of


def read_clips(manifests: Sequence[Path], poses: Path | None = None) -> list[Clip]:
    """Every clip of some manifests; `poses` is a data set that benchmarks/clips.py left, else the clips are measured now.

    A clip that cannot be measured is left out with a line on standard error.
    """
    found = []
    for manifest in manifests:
        for row in _rows(manifest):
            try:
                found.append(_clip(manifest, row, poses))
            except PoseprintError as error:
                print(f"left out: {error}", file=sys.stderr)
    return found


def _rows(manifest: Path) -> Iterator[Mapping[str, str]]:
    if not manifest.is_file():
        sys.exit(f"{manifest}: no such manifest")
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        missing = {"file", "person", "label"} - set(rows.fieldnames or ())
        if missing:
            sys.exit(f"{manifest}: columns {', '.join(sorted(missing))} are missing")
        yield from rows


def _clip(manifest: Path, row: Mapping[str, str], poses: Path | None) -> Clip:
    file, stem = row["file"], Path(row["file"]).stem
    kept = poses / f"{stem}.parquet" if poses else None
    if kept and kept.is_file():
        series = read_poses(kept)
    else:
        print(f"measuring {file}", file=sys.stderr)
        series = read_source(manifest.parent / file, Measuring())
    person = row["person"]
    if file in FIRST_SHOT:
        person, (first, last) = FIRST_SHOT[file], series.shots()[0]
        series = replace(series.part(first, last), log=())
    label = row["label"].partition("(")[0].strip()
    face_of = row.get("face_of") or person
    body_of = row.get("body_of") or (person if label == "real" else "")
    session = row.get("session") or OCCASIONS.get(file, stem)
    series = replace(series, recording=stem, person=body_of)
    take = Take.of(measure(series, 2), group="films", session=session)
    film = Film(take, face_of) if take else None
    return Clip(
        file, label, face_of, body_of, session, row.get("manipulation") or "", film, series, manifest.parent / file
    )


def teaching(clips: Sequence[Clip], *, private: bool = True) -> list[Film]:
    """The films that teach and calibrate: genuine clips of one person, and swaps of which both people are known."""
    return [
        c.film
        for c in clips
        if c.film and (c.is_swap or (c.is_real and "+" not in c.face_of)) and (private or c.face_of != PRIVATE)
    ]
