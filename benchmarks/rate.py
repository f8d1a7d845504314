"""What fewer estimated poses a second cost: everybody of MSRC-12 told apart as at `--rate 30`, 15 and 10.

    python benchmarks/rate.py [--seeds 1]

Every recording, enrolled and tested, is read at the lower rate and brought back to 30 poses a second by straight lines, as `--rate`
does; protocol and references are those of benchmarks/verification.py, as pictures show the movers.
"""

from __future__ import annotations

import argparse
from functools import partial

from common import finish
from protocol import table
from verification import evaluate_axes

from poseprint.core.series import GRID_FPS
from poseprint.movements.perturbations import at_frame_rate

RATES = (30, 15, 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1)
    seeds = parser.parse_args().seeds
    rates = {}
    for rate in RATES:
        changed = {} if rate == GRID_FPS else {"change": partial(at_frame_rate, fps=rate)}
        rates[str(rate)] = evaluate_axes(table("msrc12"), 2, seeds, **changed)
    finish("rate", {"rates": rates})


if __name__ == "__main__":
    main()
