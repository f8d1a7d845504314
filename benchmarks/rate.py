"""What fewer estimated poses a second cost: everybody of MSRC-12 told apart as at `--rate 30`, 15 and 10.

    python benchmarks/rate.py [--seeds 1]

Every recording, enrolled and tested, is read at the lower rate and brought back to 30 poses a second as `--rate` does that.
Protocol and references are those of benchmarks/verification.py, as pictures show the movers.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial

import numpy as np
from common import finish
from protocol import table
from verification import evaluate_axes

from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.estimation.grid import Between
from poseprint.io.clock import TOLERANCE

RATES = (30, 15, 10)


def measured_at(series: PoseSeries, rate: int) -> PoseSeries:
    """The series as it is where only so many poses a second were estimated."""
    measured = np.flatnonzero(np.diff(np.floor((series.time + TOLERANCE) * rate), prepend=-1) > 0)
    between = Between.of(series.time[measured], np.zeros(len(measured)), len(series))
    return replace(series, position=between(series.position[measured].astype(np.float64)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1)
    seeds = parser.parse_args().seeds
    rates = {}
    for rate in RATES:
        changed = {} if rate == GRID_FPS else {"change": partial(measured_at, rate=rate)}
        rates[str(rate)] = evaluate_axes(table("msrc12"), 2, seeds, **changed)
    finish("rate", {"rates": rates})


if __name__ == "__main__":
    main()
