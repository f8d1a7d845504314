"""What survives a face swap: each statistic of head and face, in a clip and in the same clip with another face.

    python benchmarks/swaps.py [--threshold 0.7]

Pairs of ../shared/data/face_swaps: the movement is one and the same, the face is another. A statistic of the movement comes out
the same in both clips, one of the face does not: what correlates over the pairs at least at the threshold says how somebody moves.
A clip counts once, by the mean over its movements of 5 s; clips that show a face for less than that on either side are left out. Half
of the pairs choose (dev), the other half tell what the choice is worth: how often the original of a swapped clip is found among all.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np
import pyarrow.parquet as pq
from common import SHARED, finish

from poseprint.core.arrays import Array, runs
from poseprint.core.rotation import angles_of
from poseprint.core.series import GRID_FPS
from poseprint.movements.cutting import LENGTH, cut_movements
from poseprint.movements.families import FACE_PARTS
from poseprint.movements.head import COUNT, SHAPES, face_statistics
from poseprint.movements.measure import STRIDE
from poseprint.movements.statistics import STATIC, catalogue
from poseprint.verification.learn_films import SURVIVES, survival

TRACKS = SHARED / "face_swaps" / "face_tracks.parquet"
SIDES = ("original", "swapped")
UP_TO_DOWN = np.diag([1.0, -1.0, -1.0])
BOOTSTRAPS = 1000


def camel(name: str) -> str:
    """brow_down_left as browDownLeft."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def clips() -> dict[str, dict[str, tuple[Array, Array, Array]]]:
    """By pair and side: whether a face is there, the head's angles, and the face's shapes, at the grid's rate."""
    stored = pq.read_table(TRACKS)
    table = {name: stored[name].to_numpy() for name in stored.column_names}
    found: dict[str, dict[str, tuple[Array, Array, Array]]] = defaultdict(dict)
    for clip in sorted(set(table["clip"])):
        for side in SIDES:
            rows = np.flatnonzero((table["clip"] == clip) & (table["side"] == side))
            time = table["time_s"][rows]
            rotation = np.stack([table[f"r{i}{j}"][rows] for i in range(3) for j in range(3)], axis=1) / 1e4
            shapes = np.stack([table[camel(name)][rows] for name in SHAPES], axis=1) / 1e3
            seen = (rotation[:, 0] > -3) & (shapes[:, 0] >= 0)
            turned = UP_TO_DOWN @ rotation.reshape(-1, 3, 3) @ UP_TO_DOWN
            head = np.stack(angles_of(turned), axis=1)
            grid = np.arange(time[0], time[-1], 1 / GRID_FPS)
            nearest = np.abs(time[None] - grid[:, None]).argmin(axis=1)
            on_grid = [np.stack([np.interp(grid, time[seen], c[seen]) for c in v.T], axis=1) for v in (head, shapes)]
            found[clip][side] = (seen[nearest], *on_grid)
    return found


def measured(clip: dict[str, tuple[Array, Array, Array]]) -> Array | None:
    """The mean statistics of both sides over the same movements [shape=(2, statistics)]; None if there is none."""
    frames = min(len(seen) for seen, _, _ in clip.values())
    both = np.all([seen[:frames] for seen, _, _ in clip.values()], axis=0)
    spans = cut_movements(runs(both), length=LENGTH, stride=STRIDE)
    if not spans:
        return None
    return np.array(
        [
            face_statistics(np.stack([np.hstack([head, face])[a:b] for a, b in spans])).mean(axis=0)
            for _, head, face in (clip[side] for side in SIDES)
        ]
    )


def pairs() -> Array:
    """Mean statistics of head and face in every pair that shows a face for long enough [shape=(pairs, 2, statistics)]."""
    both = (measured(clip) for clip in clips().values())
    return np.stack([values for values in both if values is not None])


def found_again(values: Array, chosen: Array) -> float:
    """Share of swapped clips whose own original is nearest among all, by the chosen statistics, each in units of its deviation."""
    chosen = chosen & np.isfinite(survival(values))
    scaled = values[:, :, chosen] / values[:, 0, chosen].std(axis=0)
    apart = np.linalg.norm(scaled[:, 1][:, None] - scaled[:, 0][None], axis=2)
    return float((apart.argmin(axis=1) == np.arange(len(values))).mean())


def interval(values: Array, columns: Array, random: np.random.Generator) -> list[float]:
    """95 % interval of the median correlation of some statistics, by drawing clips."""
    drawn = [random.integers(0, len(values), len(values)) for _ in range(BOOTSTRAPS)]
    medians = [np.nanmedian(survival(values[rows][:, :, columns])) for rows in drawn]
    return [round(float(q), 3) for q in np.quantile(medians, (0.025, 0.975))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threshold", type=float, default=SURVIVES)
    threshold = parser.parse_args().threshold
    values = pairs()
    statistics, random = catalogue(2)[-COUNT:], np.random.default_rng(0)
    dev = random.permutation(len(values)) < len(values) // 2
    over_all, on_dev, on_rest = survival(values), survival(values[dev]), survival(values[~dev])
    chosen = on_dev >= threshold
    static = np.array([s.quality in STATIC for s in statistics])
    groups = []
    for kind in FACE_PARTS:
        for quality in dict.fromkeys(s.quality for s in statistics):
            columns = np.array([s.quality == quality and s.part == kind for s in statistics])
            if columns.any():
                groups.append(
                    {
                        "kind": kind,
                        "quality": quality,
                        "statistics": int(columns.sum()),
                        "median": round(float(np.nanmedian(over_all[columns])), 3),
                        "interval": interval(values, columns, random),
                        "chosen_on_dev": int((columns & chosen).sum()),
                        "of_them_on_the_rest": int((columns & chosen & (on_rest >= threshold)).sum()),
                    }
                )
    rest = values[~dev]
    sets = {
        "all motion": ~static,
        "motion that survives": ~static & chosen,
        "motion that does not": ~static & ~chosen,
        "all static": static,
    }
    finish(
        "swaps",
        {
            "pairs": len(values),
            "left_out": len(clips()) - len(values),
            "dev": int(dev.sum()),
            "threshold": threshold,
            "groups": groups,
            "found_again": {name: round(found_again(rest, columns), 3) for name, columns in sets.items()},
            "by_chance": round(1 / len(rest), 3),
            "statistics": [
                {
                    "name": s.name,
                    "words": s.words,
                    "kind": s.part,
                    "quality": s.quality,
                    "correlation": round(float(r), 3) if np.isfinite(r) else None,
                }
                for s, r in zip(statistics, over_all, strict=True)
            ],
        },
    )


if __name__ == "__main__":
    main()
