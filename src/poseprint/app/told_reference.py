"""What a reference was made from and what it supports: json-ready, and in words."""

from __future__ import annotations

import math
from typing import Any

from poseprint.verification.calibration import Calibration
from poseprint.verification.decision import Costs
from poseprint.verification.reference import NAMES, Reference

NOTHING = 1.0
"""Cllr of no evidence at all."""
LONGEST_LIST = 5
"""Notes that are told one by one."""


def describe(reference: Reference) -> dict[str, Any]:
    """What a reference was made from and what it supports, json-ready.

    Returns:
        name, space, sha256, estimators, groups, parted_by (what enrolment and test of its calibration did not share, where known);
        bodies and films (None without): people, those `compared` with themselves (in films, and people who act gestures), lower and
        upper bound of the LLR of both, which verdicts are within `reach` at the usual costs, and `figures` of one recording (None
        where the reference does not tell); errors and film_errors: rates by seconds and enrolment; notes: what was left out.
    """
    facts = reference.facts
    films = next(iter(reference.films.values()), None)
    return {
        "name": reference.name,
        "space": NAMES[reference.axes],
        "sha256": reference.sha256,
        "estimators": list(dict.fromkeys((reference.native, *reference.gains, *reference.films))),
        "groups": list(facts.get("groups", ())),
        "parted_by": facts.get("parted_by"),
        "bodies": _supported(reference.calibrations["both"], facts.get("figures", {}).get("both")),
        "films": films
        and {
            **_supported(films["both"], facts["films"]["both"]),
            "compared": facts["films"]["genuine_persons"],
            "gestures": facts["films"]["gestures"],
        },
        "errors": list(facts.get("errors", ())),
        "film_errors": facts.get("films", {}).get("errors"),
        "notes": list(facts.get("notes", ())),
    }


def _supported(calibration: Calibration, figures: dict[str, Any] | None) -> dict[str, Any]:
    low, high = Costs().thresholds
    return {
        "people": calibration.persons,
        "compared": round(10**-calibration.lower) - 1,
        "lower": calibration.lower,
        "upper": calibration.upper,
        "reach": {"inconsistent": calibration.lower <= low, "consistent": calibration.upper >= high},
        "figures": figures,
    }


def in_words(told: dict[str, Any]) -> list[str]:
    """The same in sentences, one a line.

    Args:
        told: see `describe`.
    """
    lines = [f"{told['name']}, {told['space']} (sha256 {told['sha256'][:12]}), of {' and '.join(told['estimators'])}:"]
    lines += [
        f"  {group['name']}: {group['people']} people, {group['recordings']} recordings, {group['hours']:.2f} hours; {group['role']}"
        for group in told["groups"]
    ]
    if told["parted_by"]:
        lines.append(f"  In its calibration, enrolment and test are of no common {told['parted_by']}.")
    bodies = [r for r in told["errors"] if r["evidence"] == "both"]
    most = max(bodies, key=lambda r: (r["enrolled"], -abs(r["seconds"] - 36)), default=None)
    for what, row in (("bodies", most), ("films", told["film_errors"])):
        if told[what]:
            lines += _support_in_words("Bodies" if what == "bodies" else "Films with head and face", told[what], row)
    notes = told["notes"]
    lines += [f"  {note}" for note in notes[:LONGEST_LIST]]
    if len(notes) > LONGEST_LIST:
        lines.append(f"  and {len(notes) - LONGEST_LIST} more notes (`--json` tells them)")
    return lines


def _support_in_words(what: str, told: dict[str, Any], errors: dict[str, Any] | None) -> list[str]:
    low, high = Costs().thresholds
    further = f" (how low also on {told['gestures']} who act gestures)" if told.get("gestures") else ""
    lines = [
        f"  {what}: {told['people']} people, {told['compared']} of them compared with themselves{further}, support an LLR from "
        f"{told['lower']:+.2f} to {told['upper']:+.2f}: {_reach_in_words(told)} (the usual costs ask for {low:+.2f} or less, {high:+.2f} "
        "or more)."
    ]
    figures = told["figures"]
    if figures and figures["eer"] is not None:
        seconds = f" of {figures['seconds']:.0f} s" if figures.get("seconds") else ""
        names = {"eer": "EER", "auc": "AUC", "cllr": "Cllr"}
        values = ", ".join(f"{words} {_value(figures, name)}" for name, words in names.items())
        lines.append(
            f"    One recording{seconds}, {figures['genuine']} trials of the person and {figures['impostor']} of others: {values}; "
            f"answering always the commoner of the two would be right in {figures['majority']:.0%}."
        )
        if figures["cllr"] >= NOTHING:
            lines.append(
                "    A Cllr of 1 or more is no better than no evidence: of people whom it does not know, this reference tells nothing."
            )
    if errors:
        shares = ", ".join(
            f"{errors[f'{side}_{verdict}']:.0%} of {words} {verdict}"
            for side, words in (("genuine", "genuine clips"), ("impostor", "others'"))
            for verdict in ("consistent", "inconsistent")
        )
        lines.append(
            f"    At {errors['seconds']:.0f} s, {errors['enrolled']} recording{'s' * (errors['enrolled'] != 1)} enrolled: "
            f"EER {errors['eer']:.0%}; {shares}."
        )
    return lines


def _value(figures: dict[str, Any], name: str) -> str:
    """A figure with its interval over persons."""
    percent = name == "eer"
    shown = [
        f"{v:.0%}" if percent else f"{v:.2f}" for v in (figures[name], *(figures["intervals"] or {}).get(name, ()))
    ]
    return shown[0] + (f" ({shown[1]} to {shown[2]})" if len(shown) > 1 else " (too few people for an interval)")


def _reach_in_words(told: dict[str, Any]) -> str:
    """Which verdicts such bounds allow, and how many people the others would need."""
    low, high = Costs().thresholds
    compared = math.ceil(10**-low - 1 - 1e-9)
    people = math.ceil((1 + math.sqrt(1 + 8 * (10**high - 1 - 1e-9))) / 2)
    missing = []
    if not told["reach"]["inconsistent"]:
        missing.append(f"`inconsistent` (that takes {compared} people who are compared with themselves)")
    if not told["reach"]["consistent"]:
        missing.append(f"`consistent` (that takes {people} people)")
    if not missing:
        return "both verdicts are within reach"
    within = [verdict for verdict, reached in told["reach"].items() if reached]
    others = f"; `{within[0]}` is within reach" if within else ""
    return f"no recording is called {' or '.join(missing)}{others}"
