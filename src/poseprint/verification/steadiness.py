"""How far a recording's evidence moves when the recording is measured anew.

An encoder, another size, a cut-off second: each moves every keypoint a little and turns some confidences about. So the
recording is measured a few times over as another encoding might give it
(`poseprint.movements.perturbations.measured_anew`), and the spread of those LLRs is its margin.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache

import numpy as np

from poseprint.core.arrays import covered
from poseprint.core.series import GRID_FPS
from poseprint.movements.cleaning import clean
from poseprint.movements.cutting import LENGTH
from poseprint.movements.families import BODY
from poseprint.movements.measure import Measured, statistics_of
from poseprint.movements.perturbations import measured_anew
from poseprint.verification.reference import EVIDENCE, Evidence, Reference
from poseprint.verification.summary import Summary

COPIES = 4
"""How many times a recording is measured over."""
CUT = 6
"""Frames that each copy starts later than the one before: where movements begin is as accidental as what an encoder does."""
MOST_MOVEMENTS = 12
"""Movements, side by side, that are measured over; of a longer recording they are taken throughout, and the margin is
narrowed as that of so many more."""
COVER, LEAST = 2.5, 0.15
"""Deviations of the copies that a margin is wide, and the margin of what no copy of the poses shows, such as an estimator
that follows another crop of the picture. Together they cover nine of ten changes of thirteen clips that were encoded,
scaled or cut anew, none of them of benchmarks/steadiness.py."""


def margins(
    reference: Reference, enrolled: Summary, measured: Measured, whole: Evidence, *, without: Collection[int] = ()
) -> dict[str, float]:
    """How far each LLR of a recording moves when it is measured anew, in about nine of ten cases; base 10.

    Args:
        reference: whose background and calibrations apply.
        enrolled: the person of interest.
        measured: the recording; it has movements.
        whole: what it says of the person enrolled.
        without: cohort people to leave out, because they are enrolled or tested.

    Returns:
        by kind of evidence, of those that have an LLR. Where every copy lies beyond the LLR's bounds, it is 0.
    """
    tests = [_measured_over(measured, draw, reference.axes) for draw in range(COPIES)]
    copies = reference.evidence(enrolled, [t for t in tests if t is not None], without=without)
    narrowed = COVER * min(1.0, np.sqrt(MOST_MOVEMENTS / max(len(measured.spans(LENGTH)), 1)))
    trust, out = reference.trust(enrolled), {}
    for kind in EVIDENCE:
        llr, middle = whole.llr[kind], whole.ranking[kind]
        if llr is None or middle is None:
            continue
        known = [score for c in copies if (score := c.ranking[kind]) is not None] or [0.0]
        wide = float(np.hypot(narrowed * np.std(known), LEAST))
        calibration = reference.calibrations[kind]
        ends = trust * np.clip([middle - wide, middle + wide], calibration.lower, calibration.upper)
        out[kind] = float(np.abs(ends - llr).max())
    return out


@lru_cache(maxsize=COPIES)
def _measured_over(measured: Measured, draw: int, axes: int) -> Summary | None:
    """A copy of the recording, each a little shorter than the last, None where that leaves no movement; kept for the next
    profile that it is judged against."""
    copy = measured_anew(measured.series, draw)
    kinds = {
        kind: tuple((min(a + draw * CUT, max(a, b - LENGTH)), b) for a, b in spans)
        for kind, spans in measured.inspection.kinds.items()
    }
    inspection = replace(measured.inspection, spans=kinds[BODY], kinds=kinds)
    shortened = Measured(copy, inspection, statistics_of(copy, clean(copy), inspection, axes))
    spans = shortened.spans(LENGTH)
    if not spans:
        return None
    chosen = np.unique(np.linspace(0, len(spans) - 1, MOST_MOVEMENTS).round().astype(int))
    spans = tuple(spans[i] for i in chosen)
    return Summary.of(shortened.statistics.of(spans), float(covered(spans).sum()) / GRID_FPS)
