"""What enrolled.html shows: the LLR on its scale, error rates, what departs from the person, the enrolment."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from typing import Any

from poseprint.core.verdict import Departure, ProfileSummary, Quality, Verdict
from poseprint.movements.statistics import MOTION, STATIC
from poseprint.rendering.report.chart import LEAST, TOP, Bar, Chart, Row
from poseprint.rendering.report.words import number, tick

KINDS = (
    ("both", "movement and posture together"),
    ("motion", "movement alone"),
    ("static", "posture and framing alone"),
)
"""The three LLRs that are always shown, and what they are of."""
PARTS = ("head", "eyes", "mouth", "face", "right arm", "left arm", "both arms", "body")
"""Parts of a person, in the order of the heat table's columns."""
SHADES = (1.0, 1.5, 2.0, 3.0)
"""Deviations at which a cell of the heat table becomes a shade darker."""
MEASURED_ON = "acted gestures before a depth camera"
"""What error rates were measured on, where they do not say."""
PARTS_SHOWN = {
    "body": "body",
    "head": "head",
    "eyes": "brows, lids and gaze",
    "mouth": "cheeks, jaw and mouth",
    "body_posture": "body, as it is held",
    "head_posture": "head, as it is held",
    "expression": "face at rest",
}
"""The parts whose LLRs stand beside each other in films, and what each is of; the first four are movement."""
MOVING = tuple(PARTS_SHOWN)[:4]
TALL, LOW, GAP = 150, 34, 28
"""Heights of the timeline's first row and of the others, and what lies between two, pixels."""
UNBOUNDED = 2.0
"""How far a scale reaches to either side of 0, in LLR, where no bounds are known."""


def view(verdict: Verdict) -> dict[str, Any]:
    """Everything that enrolled.html shows and the frame does not; `axis` is None where nothing could be measured."""
    evidence = verdict.evidence
    return {
        "axis": _axis(verdict),
        "times": _times(evidence.llr["both"]) if evidence else "",
        "errors": _errors(verdict),
        "departures": [_range(d) for d in evidence.departures] if evidence else [],
        "parts": _parts(verdict),
        "heat": _heat(evidence.qualities) if evidence else None,
        "chart": _chart(verdict),
        "movement_departures": [[_range(d) for d in m.departures] for m in verdict.movements],
        "replays": _replays(verdict),
        "enrolment": _enrolment(verdict.profile),
    }


def _axis(verdict: Verdict) -> dict[str, Any] | None:
    """The scale of the LLR from bound to bound, in percent of its width, and the three marks on it with their margins."""
    evidence = verdict.evidence
    if evidence is None:
        return None
    low, high = evidence.thresholds
    left, right = _scale(verdict)
    left, right = min(left, low - 0.2), max(right, high + 0.2)

    def x(llr: float) -> float:
        return round(100 * (min(max(llr, left), right) - left) / (right - left), 3)

    return {
        "low": x(low),
        "high": x(high),
        "lower": x(evidence.lower),
        "upper": x(evidence.upper),
        "zero": x(0.0),
        "ticks": [(x(t), t) for t in range(math.ceil(left), math.floor(right) + 1)],
        "marks": [
            {
                "kind": kind,
                "words": words,
                "llr": llr,
                "margin": margin,
                "x": None if llr is None else x(llr),
                "span": None if llr is None or not margin else (x(llr - margin), x(llr + margin)),
            }
            for kind, words in KINDS
            for llr, margin in [(evidence.llr[kind], evidence.margin.get(kind))]
        ],
        "out_of_reach": [
            word
            for word, beyond in (("inconsistent", evidence.lower > low), ("consistent", evidence.upper < high))
            if beyond
        ],
        "at_bound": evidence.llr["both"] in (evidence.lower, evidence.upper),
    }


def _scale(verdict: Verdict) -> tuple[float, float]:
    """Lowest and highest LLR that is drawn."""
    llrs = [v for m in verdict.movements for v in (m.llr or {}).values() if v is not None]
    if verdict.evidence:
        llrs += [verdict.evidence.lower, verdict.evidence.upper]
    return min([*llrs, 0.0]) or -UNBOUNDED, max([*llrs, 0.0]) or UNBOUNDED


def _times(llr: float | None) -> str:
    """The likelihood ratio as a plain number of two digits: 190, 1.6."""
    if llr is None:
        return ""
    ratio = 10 ** abs(llr)
    digits = max(0, 1 - math.floor(math.log10(ratio)))
    rounded = round(ratio, 1 - math.floor(math.log10(ratio)))
    return f"{rounded:,.{min(digits, 1)}f}"


def _errors(verdict: Verdict) -> dict[str, Any] | None:
    """Error rates at this duration, as counts of a hundred clips."""
    rates = verdict.evidence.error_rates if verdict.evidence else None
    if not rates:
        return None

    def share(name: str) -> float | None:
        value = rates.get(name)
        return None if value is None else float(value)

    groups = []
    for kind, right_answer, wrong_answer in (
        ("genuine", "consistent", "inconsistent"),
        ("impostor", "inconsistent", "consistent"),
    ):
        right, wrong = share(f"{kind}_{right_answer}"), share(f"{kind}_{wrong_answer}") or 0.0
        groups.append(
            {
                "kind": kind,
                "right": None if right is None else 100 * right,
                "wrong": 100 * wrong,
                "right_words": None if right is None else _of_hundred(right),
                "wrong_words": _of_hundred(wrong),
                "open_words": None if right is None else _of_hundred(1 - right - wrong),
            }
        )
    return {
        **rates,
        "films": bool(rates.get("films")),
        "data": str(rates.get("data") or MEASURED_ON),
        "groups": groups,
        "usual_costs": verdict.evidence is not None and verdict.evidence.usual_costs,
        "interval": rates.get("eer_interval"),
    }


def _of_hundred(share: float) -> str:
    count = round(100 * share)
    return "fewer than 1" if not count and share > 0 else str(count)


def _range(departure: Departure) -> dict[str, Any]:
    """A departure with its bar: the person's own range and this recording's mark, in percent of the bar's width."""
    points = (departure.value, departure.low, departure.high)
    known = [p for p in points if math.isfinite(p)]
    least, most = (min(known), max(known)) if known else (0.0, 1.0)
    margin = 0.12 * (most - least) or 1.0
    left, width = least - margin, most - least + 2 * margin

    def x(value: float) -> float:
        return round(100 * (value - left) / width, 2) if math.isfinite(value) else 0.0

    return {
        "departure": departure,
        "low": x(departure.low),
        "width": round(x(departure.high) - x(departure.low), 2),
        "mark": x(departure.value),
    }


def _heat(qualities: Sequence[Quality]) -> dict[str, Any] | None:
    """Quality x part of the body; each cell its deviations and how dark it is, None where nothing was measured."""
    deviations = {(q.quality, q.part): q.deviations for q in qualities}
    if not deviations:
        return None
    parts = _in_order(PARTS, {part for _, part in deviations})
    order = _in_order((*MOTION, *STATIC), {quality for quality, _ in deviations})
    return {
        "parts": parts,
        "rows": [
            (
                quality,
                [
                    None if value is None else (value, sum(value >= limit for limit in SHADES))
                    for part in parts
                    for value in [deviations.get((quality, part))]
                ],
            )
            for quality in order
        ],
    }


def _in_order(usual: Sequence[str], names: Set[str]) -> list[str]:
    """The names in their usual order, others behind them."""
    return [name for name in usual if name in names] + sorted(names - set(usual))


def _chart(verdict: Verdict) -> Chart:
    """Each movement's LLRs as bars up and down from zero: a tall row of both together, a low one of each kind."""
    least, most = _scale(verdict)

    def below(llr: float, height: int) -> float:
        """How far below the upper edge of its row an LLR is."""
        return round(height * (most - min(max(llr, least), most)) / (most - least), 1)

    def bar(llr: float | None, top: int, height: int) -> Bar | None:
        if llr is None:
            return None
        upper, lower = sorted((below(llr, height), below(0.0, height)))
        upper = upper if lower - upper >= LEAST or llr <= 0 else lower - LEAST
        return Bar(upper + top, round(max(lower - upper, LEAST), 1), "real" if llr > 0 else "fake")

    rows: list[Row] = []
    told = [{**m.parts, **(m.llr or {})} for m in verdict.movements]
    parts = [(kind, PARTS_SHOWN[kind]) for kind in MOVING if any(m.get(kind) is not None for m in told)]
    for kind, words in (*KINDS, *parts):
        top, height = (rows[-1].top + rows[-1].height + GAP, LOW) if rows else (TOP, TALL)
        bars = [bar(m.get(kind), top, height) for m in told]
        rows.append(Row(top, height, bars, words if len(rows) else "", below(0.0, height) + top))
    thresholds = verdict.evidence.thresholds if verdict.evidence else ()
    return Chart(
        rows=rows,
        ticks=[(below(t, TALL) + TOP, tick(t)) for t in range(math.ceil(least), math.floor(most) + 1)],
        thresholds=[below(t, TALL) + TOP for t in thresholds],
        findings=rows[-1].top + rows[-1].height + 36,
    )


def _parts(verdict: Verdict) -> list[dict[str, Any]]:
    """Each part's LLR as a bar to the left or the right of 0, in percent of the scale's width; none where bodies alone are known."""
    evidence = verdict.evidence
    if evidence is None or all(
        evidence.parts.get(kind) is None for kind in PARTS_SHOWN if kind not in ("body", "body_posture")
    ):
        return []
    left, right = _scale(verdict)

    def x(llr: float) -> float:
        return round(100 * (min(max(llr, left), right) - left) / (right - left), 2)

    shown = []
    for kind, words in PARTS_SHOWN.items():
        llr = evidence.parts.get(kind)
        first, last = sorted((x(0.0), x(llr or 0.0)))
        shown.append(
            {"kind": kind, "words": words, "llr": llr, "x": first, "width": round(last - first, 2), "zero": x(0.0)}
        )
    return shown


def _replays(verdict: Verdict) -> list[tuple[str, list[int]]]:
    """Which movements are replayed side by side, under which heading."""
    evidence = verdict.evidence
    if evidence is None:
        return []
    count = len(verdict.movements)
    groups = [("Most like", evidence.typical), ("Least like", evidence.untypical)]
    return [(words, [i for i in places if 0 <= i < count]) for words, places in groups]


def _enrolment(profile: ProfileSummary) -> dict[str, Any]:
    """The enrolment behind a profile: its recordings, sessions, minutes, movements and the audit's findings."""
    rows = profile.made_from
    return {
        "recordings": len(rows),
        "sessions": sorted({str(r["session"]) for r in rows if r.get("session")}),
        "minutes": sum(number(r.get("seconds")) for r in rows) / 60,
        "movements": int(sum(number(r.get("movements")) for r in rows)),
        "findings": [
            {k: str(f.get(k, "")) for k in ("code", "severity", "message", "advice")} for f in profile.findings
        ],
    }
