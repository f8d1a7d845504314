"""What an enrolled profile's verdict is shown by: the LLR on its scale, error rates, and what departs from the person."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from poseprint.core.verdict import Verdict
from poseprint.movements.statistics import MOTION, STATIC
from poseprint.rendering.report.supervised import made_from
from poseprint.rendering.report.words import number

KINDS = (
    ("both", "movement and posture together"),
    ("motion", "movement alone"),
    ("static", "posture and framing alone"),
)
"""The three LLRs that are always shown, and what they are of."""
PARTS = ("head", "right arm", "left arm", "both arms", "body")
HEAT = (1.0, 1.5, 2.0, 3.0)
"""Deviations at which a cell of the heat table becomes a shade darker."""
DATA = "acted gestures before a depth camera"
"""What error rates were measured on, where they do not say."""
BARS = 150
"""Height of the timeline's bars, pixels."""
LANE = 34
"""The same of the two rows below."""
WIDEST = 2.0
"""Half of a scale, in LLR, where no bounds are known."""


def view(verdict: Verdict) -> dict[str, Any]:
    """Everything that enrolled.html draws; `axis` is None where nothing could be measured."""
    evidence = verdict.evidence
    people = _person_of(verdict)
    return {
        **people,
        "axis": _axis(verdict),
        "times": _times(evidence.llr["both"]) if evidence else "",
        "errors": _errors(verdict),
        "departures": [_range(d) for d in evidence.departures] if evidence else [],
        "movements": [[_range(d) for d in m.departures] for m in verdict.movements],
        "heat": _heat(evidence.qualities) if evidence else None,
        "bars": _bars(verdict),
        "replays": _replays(verdict),
    }


def _axis(verdict: Verdict) -> dict[str, Any] | None:
    """The scale of the LLR from bound to bound, in percent of its width, and the three marks on it."""
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
            {"kind": kind, "words": words, "llr": evidence.llr.get(kind), "x": None if value is None else x(value)}
            for kind, words in KINDS
            for value in [evidence.llr.get(kind)]
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
    return min([*llrs, 0.0]) or -WIDEST, max([*llrs, 0.0]) or WIDEST


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
    for kind, right, wrong in (
        ("genuine", "genuine_consistent", "genuine_inconsistent"),
        ("impostor", "impostor_inconsistent", "impostor_consistent"),
    ):
        a, b = share(right), share(wrong) or 0.0
        groups.append(
            {
                "kind": kind,
                "right": None if a is None else 100 * a,
                "wrong": 100 * b,
                "right_words": None if a is None else _of_hundred(a),
                "wrong_words": _of_hundred(b),
                "open_words": None if a is None else _of_hundred(1 - a - b),
            }
        )
    data = str(rates.get("data") or DATA)
    return {
        **rates,
        "films": bool(rates.get("films")),
        "data": data,
        "groups": groups,
        "usual_costs": verdict.evidence is not None and verdict.evidence.usual_costs,
        "interval": rates.get("eer_interval"),
    }


def _of_hundred(share: float) -> str:
    count = round(100 * share)
    return "fewer than 1" if not count and share > 0 else str(count)


def _range(departure: Any) -> dict[str, Any]:
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


def _heat(qualities: Sequence[Any]) -> dict[str, Any] | None:
    """Quality x part of the body; each cell its deviations and how dark it is, None where nothing was measured."""
    found = {(q.quality, q.part): float(q.deviations) for q in qualities}
    if not found:
        return None
    named = [p for p in PARTS if any(part == p for _, part in found)]
    parts = named + sorted({part for _, part in found} - set(PARTS))
    order = [q for q in (*MOTION, *STATIC) if any(quality == q for quality, _ in found)]
    order += sorted({quality for quality, _ in found} - {*MOTION, *STATIC})
    return {
        "parts": parts,
        "rows": [
            (
                quality,
                [
                    None if value is None else (value, sum(value >= limit for limit in HEAT))
                    for part in parts
                    for value in [found.get((quality, part))]
                ],
            )
            for quality in order
        ],
    }


def _bars(verdict: Verdict) -> dict[str, Any]:
    """Each movement's LLRs as bars up and down from zero, in pixels from the top of their row."""
    least, most = _scale(verdict)

    def row(height: float) -> dict[str, Any]:
        def y(llr: float) -> float:
            return round(height * (most - min(max(llr, least), most)) / (most - least), 1)

        return {"zero": y(0.0), "y": y}

    main, lane = row(BARS), row(LANE)
    thresholds = verdict.evidence.thresholds if verdict.evidence else ()

    def bar(of: dict[str, Any], llr: float | None) -> dict[str, Any] | None:
        if llr is None:
            return None
        # At least three pixels, so that a movement that says nothing is still there to be clicked.
        top, bottom = sorted((of["y"](llr), of["zero"]))
        top = top if bottom - top >= 3 or llr <= 0 else bottom - 3
        return {"y": top, "height": round(max(bottom - top, 3.0), 1), "sign": "real" if llr > 0 else "fake"}

    def of_movement(llr: Mapping[str, float | None]) -> dict[str, Any]:
        rows = {kind: bar(main if kind == "both" else lane, llr.get(kind)) for kind, _ in KINDS}
        return {**rows, "llr": {kind: llr.get(kind) for kind, _ in KINDS}}

    return {
        "height": BARS,
        "lane": LANE,
        "zero": main["zero"],
        "lane_zero": lane["zero"],
        "thresholds": [main["y"](t) for t in thresholds],
        "ticks": [(main["y"](t), t) for t in range(math.ceil(least), math.floor(most) + 1)],
        "movements": [of_movement(m.llr or {"both": m.score}) for m in verdict.movements],
    }


def _replays(verdict: Verdict) -> list[tuple[str, list[int]]]:
    """Which movements are replayed side by side, under which heading."""
    evidence = verdict.evidence
    if evidence is None:
        return []
    count = len(verdict.movements)
    groups = [("Most like", evidence.typical), ("Least like", evidence.untypical)]
    return [(words, [i for i in places if 0 <= i < count]) for words, places in groups]


def _person_of(verdict: Verdict) -> dict[str, Any]:
    """The enrolment behind a profile: its recordings, sessions, minutes and the audit's findings."""
    rows = made_from(verdict.profile)
    found = verdict.profile.get("findings")
    findings = [f for f in found if isinstance(f, Mapping)] if isinstance(found, list | tuple) else []
    return {
        "recordings": len(rows),
        "sessions": sorted({str(r["session"]) for r in rows if r.get("session")}),
        "minutes": sum(number(r.get("seconds")) for r in rows) / 60,
        "movements_enrolled": int(sum(number(r.get("movements")) for r in rows)),
        "findings": [{k: str(f.get(k, "")) for k in ("code", "severity", "message", "advice")} for f in findings],
    }
