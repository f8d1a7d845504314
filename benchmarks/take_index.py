"""What an index of an archive's recordings finds of what the comparison of every pair finds, and what that costs.

    python benchmarks/take_index.py

Recordings of MSRC-12, people who make the same gestures again and again, and of 164 people who walk. Of some, copies are looked
up among all: encoded again, mirrored, cropped, cut, at another frame rate. Time and memory are those of made-up recordings
of a minute.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from common import SHARED, finish
from same_take import track_of, usable

from poseprint.core.arrays import Array
from poseprint.core.series import PoseSeries
from poseprint.io.kinect import read_kinect
from poseprint.movements.forgeries import speed
from poseprint.movements.perturbations import at_frame_rate, crop, half_size, jitter, measured_anew, mirror
from poseprint.movements.same_take import COLUMNS, TRACK_HZ, same_takes
from poseprint.movements.take_index import TakeIndex, duplicate_of

SETS = (("msrc12", 3, 6), ("kinect_gait_164", 3, 16))
"""Tables of recordings; the first that is compared with all others one by one, and each how many-th."""
COPIED = (4, 9)
"""The first recording of MSRC-12 that is copied, and each how many-th; SLOW_DIFFERENCE was chosen on others, from the first on."""
SIZES = (100, 1000, 10000)
LOOKED_UP = 20


def excerpt(series: PoseSeries, seconds: float) -> PoseSeries:
    """Some seconds from a third of a recording on, encoded again."""
    first = len(series) // 3 + 1
    return jitter(series.part(first, first + round(seconds * series.fps)), 0.01)


def all_at_once(series: PoseSeries) -> PoseSeries:
    return jitter(mirror(at_frame_rate(series, 25).part(100, 400)), 0.012)


CHANGES: dict[str, Callable[[PoseSeries], PoseSeries]] = {
    "encoded again": partial(measured_anew, draw=1),
    "errors of 0.02 shoulder widths": partial(jitter, amount=0.02),
    "errors of 0.05 shoulder widths": partial(jitter, amount=0.05),
    "half the size": half_size,
    "mirrored": mirror,
    "cropped a shoulder width under the neck": crop,
    **{f"{rate} pictures a second": partial(at_frame_rate, fps=rate) for rate in (10, 25, 60)},
    **{f"{seconds} s of it": partial(excerpt, seconds=seconds) for seconds in (10, 6, 4, 3.2)},
    "10 s, mirrored, 25 pictures a second": all_at_once,
    "played 4 % faster": partial(speed, factor=1.04),
}


def index_of(tracks: Sequence[Array]) -> TakeIndex:
    index = TakeIndex()
    for track in tracks:
        index.add(track)
    return index


def numbers(alike: Sequence[tuple[int, Any]]) -> list[int]:
    return [number for number, _ in alike]


def copy_rows(recordings: Sequence[PoseSeries], tracks: Sequence[Array]) -> list[dict[str, Any]]:
    """Of each change, the copies: found one by one, found by the index, called duplicates, and so of another recording, as if
    theirs were not there; and the whole, where the copy came first."""
    rows = []
    index = index_of(tracks)
    for what, change in CHANGES.items():
        row = {"what": what, "copies": 0, "one_by_one": 0, "index": 0, "duplicates": 0, "of_another": 0}
        row |= {"whole_one_by_one": 0, "whole_index": 0, "whole_duplicates": 0}
        for n in range(COPIED[0], len(recordings), COPIED[1]):
            copy, whole = track_of(change(recordings[n])), tracks[n]
            (alone,), (back,) = same_takes(copy, [whole]), same_takes(whole, [copy])
            found, around = index.alike(copy), index_of([copy]).alike(whole)
            row["copies"] += 1
            row["one_by_one"] += bool(alone.stretches)
            row["index"] += bool(alone.stretches) and n in numbers(found)
            row["duplicates"] += duplicate_of([pair for pair in found if pair[0] == n]) == n
            row["of_another"] += duplicate_of([pair for pair in found if pair[0] != n]) is not None
            row["whole_one_by_one"] += bool(back.stretches)
            row["whole_index"] += bool(back.stretches) and bool(around)
            row["whole_duplicates"] += duplicate_of(around) == 0
        rows.append(row)
    return rows


def archive_row(name: str, tracks: Sequence[Array], first: int, step: int) -> dict[str, Any]:
    """A table as an archive in which nothing is there twice: what is alike, and what is called a duplicate."""
    index, pairs, duplicates, compared = TakeIndex(), set[tuple[int, int]](), 0, 0
    for n, track in enumerate(tracks):
        compared += len(index.worth_comparing(track))
        alike = index.alike(track)
        pairs |= {(n, m) for m in numbers(alike)}
        duplicates += duplicate_of(alike) is not None
        index.add(track)
    one_by_one = set[tuple[int, int]]()
    for n in range(first, len(tracks), step):
        likenesses = same_takes(tracks[n], tracks[:n])
        one_by_one |= {(n, m) for m, likeness in enumerate(likenesses) if likeness.stretches}
    return {
        "set": name,
        "recordings": len(tracks),
        "pairs": len(tracks) * (len(tracks) - 1) // 2,
        "compared": compared,
        "alike": len(pairs),
        "duplicates": duplicates,
        "one_by_one_pairs": sum(range(first, len(tracks), step)),
        "one_by_one": len(one_by_one),
        "one_by_one_in_index": len(pairs & one_by_one),
    }


def wandering(rng: np.random.Generator) -> Array:
    """A minute of somebody who wanders about."""
    return np.asarray(np.cumsum(rng.normal(size=(60 * TRACK_HZ, COLUMNS)) * 0.02, axis=0).astype(np.float16))


def cost_rows() -> list[dict[str, Any]]:
    """Milliseconds of one processor to look up a minute, and bytes a minute, in indexes of several sizes."""
    rng, index, tracks, rows = np.random.default_rng(0), TakeIndex(), list[Array](), []
    for size in SIZES:
        new = [wandering(rng) for _ in range(size - len(tracks))]
        tracks += new
        started = time.process_time()
        for track in new:
            index.add(track)
        adding = (time.process_time() - started) / len(new)
        taken, known = [], 0
        for n in range(LOOKED_UP):
            copied = int(rng.integers(size))
            copy = tracks[copied] + rng.normal(0, 0.003, (60 * TRACK_HZ, COLUMNS))
            sought = copy if n % 2 else wandering(rng)
            started = time.process_time()
            alike = index.alike(sought)
            taken.append(time.process_time() - started)
            known += n % 2 and numbers(alike) == [copied]
        rows.append(
            {
                "recordings": size,
                "milliseconds": round(float(np.median(taken)) * 1000, 1),
                "most_milliseconds": round(max(taken) * 1000, 1),
                "milliseconds_to_add": round(adding * 1000, 2),
                "bytes_a_minute": round(index.nbytes / size),
                "known": known,
                "of": LOOKED_UP // 2,
            }
        )
    return rows


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    archives: list[dict[str, Any]] = []
    copies: list[dict[str, Any]] = []
    for name, first, step in SETS:
        recordings = [r.series for r in read_kinect(SHARED / name / "upper_body.parquet")]
        tracks = [track_of(series) for series in recordings]
        archives.append(archive_row(name, [t for t in tracks if usable(t)], first, step))
        copies = copies or copy_rows(recordings, tracks)
    finish("take_index", {"copies": copies, "archives": archives, "cost": cost_rows()})


if __name__ == "__main__":
    main()
