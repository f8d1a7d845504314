"""A verdict in words, from the values that `--json` prints: words first, numbers second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poseprint.app.web.messages import Words
from poseprint.rendering.report.words import sentence
from poseprint.verification.decision import SCALE

LONG = 60.0
"""Seconds of usable footage below which a longer clip is asked for."""
MANY = 5
"""Enrolled recordings below which more are asked for."""
ROWS = ("both", "motion", "static", "body", "head", "eyes", "mouth", "body_posture", "head_posture", "expression")
"""The kinds of evidence, in the order in which they are shown."""


def told(verdict: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """What the page and a text to paste say of a verdict.

    Args:
        verdict: as `poseprint.core.verdict.Verdict.to_dict` gives it.
        words: the language.

    Returns:
        headline, sentence, number, the two propositions `for` and `against`, population, what would `settle` it, the `rows` of
        evidence as (kind, words, LLR), and `findings`, each with severity, title, message, advice and its frames.
    """
    person, evidence = verdict["profile"]["person"], verdict.get("evidence")
    findings = [
        {**f, "title": words.finding(f["code"]), "advice": words.advice(f["code"]) or f["advice"]}
        for f in verdict["findings"]
    ]
    return {
        "headline": words(f"verdict.{verdict['decision']}", person=person),
        "sentence": _sentence(verdict, words),
        "number": _number(evidence, words),
        "for": words("proposition.for", person=person),
        "against": words("proposition.against", person=person),
        "population": _population(evidence, words),
        "settle": _settling(verdict, findings, words),
        "rows": _rows(evidence, words),
        "findings": findings,
    }


def as_text(verdict: Mapping[str, Any], words: Words) -> str:
    """The verdict as a text to paste: every figure with what it means and what it was made with."""
    said = told(verdict, words)
    lines = [said["headline"], said["sentence"], said["number"], "", said["for"], said["against"], said["population"]]
    if said["settle"]:
        lines += ["", words("settle.title"), *(f"- {line}" for line in said["settle"])]
    doubts = [f for f in said["findings"] if f["severity"] != "note"]
    if doubts:
        lines += ["", words("findings.title"), *(f"- {f['title']} ({f['code']})" for f in doubts)]
    made = words(
        "made.with",
        recording=verdict["recording"],
        sha256=verdict["hashes"]["recording"],
        version=verdict["versions"]["poseprint"],
        profile=verdict["hashes"]["profile"],
    )
    return "\n".join([*(line for line in lines if line is not None), "", words("not.proof"), made])


def signed(llr: float | None) -> str:
    """An LLR as it is read: +1.08, −0.40."""
    return "–" if llr is None else f"{llr:+.2f}".replace("-", "−")


def _sentence(verdict: Mapping[str, Any], words: Words) -> str:
    """How strongly what supports which proposition, and why there is no verdict where there is none."""
    person, evidence = verdict["profile"]["person"], verdict.get("evidence")
    codes = {f["code"] for f in verdict["findings"]}
    if verdict["profile"]["kind"] == "supervised":
        return words("sentence.votes", real=verdict["votes"]["real"], all=sum(verdict["votes"].values()))
    if "NOTHING_IN_COMMON" in codes:
        return words.finding("NOTHING_IN_COMMON")
    if evidence is None or evidence["llr"]["both"] is None:
        return words("sentence.nothing")
    llr = evidence["llr"]["both"]
    size = next((k for k, (limit, _) in enumerate(SCALE) if abs(llr) < limit), len(SCALE) - 1)
    side = "none" if size == 0 else "for" if llr > 0 else "against"
    text = words(f"sentence.{side}", strength=words(f"scale.{size}"), person=person)
    low, high = evidence["thresholds"]
    if verdict["decision"] == "inconclusive":
        beyond = llr >= high or llr <= low
        text += " " + words("sentence.withheld" if beyond else "sentence.too_little")
    margin = evidence["margin"].get("both", 0.0)
    if verdict["decision"] != "inconclusive" and (low < llr - margin < high or low < llr + margin < high):
        text += " " + words("sentence.within")
    if evidence["rests_on"] == "posture":
        text += " " + words("sentence.posture")
    return text


def _number(evidence: Mapping[str, Any] | None, words: Words) -> str:
    if evidence is None or evidence["llr"]["both"] is None:
        return words("number.none")
    llr, (low, high) = evidence["llr"]["both"], evidence["thresholds"]
    margin, ratio = evidence["margin"].get("both", 0.0), 10 ** abs(llr)
    return words(
        "number.for" if llr >= 0 else "number.against",
        llr=signed(llr),
        margin=words("number.margin", margin=f"{margin:.2f}") if margin else words("number.end"),
        times=f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}",
        low=signed(low),
        high=signed(high),
        lower=signed(evidence["lower"]),
        upper=signed(evidence["upper"]),
    )


def _population(evidence: Mapping[str, Any] | None, words: Words) -> str:
    rates = (evidence or {}).get("error_rates") or {}
    if not rates:
        return words("population.unknown")
    return words("population.films" if rates.get("films") else "population.gestures", persons=rates["persons"])


def _settling(verdict: Mapping[str, Any], findings: list[dict[str, Any]], words: Words) -> list[str]:
    """What would make the answer surer, the nearest first."""
    evidence, person = verdict.get("evidence"), verdict["profile"]["person"]
    said = [sentence(f["advice"]) for f in findings if f["severity"] == "exclude"]
    if evidence is not None:
        low, high = evidence["thresholds"]
        out = [w for w, o in (("inconsistent", evidence["lower"] > low), ("consistent", evidence["upper"] < high)) if o]
        said += [words(f"settle.reach.{decision}") for decision in out]
    if verdict["decision"] == "inconclusive":
        if verdict["seconds"]["used"] < LONG:
            said.append(words("settle.longer", seconds=round(verdict["seconds"]["used"])))
        recordings = [r for r in verdict["profile"]["made_from"] if r.get("label", "real") == "real"]
        if len(recordings) < MANY:
            said.append(words("settle.enroll", person=person, recordings=len(recordings)))
        said.append(words("settle.several"))
    return list(dict.fromkeys(said))


def _rows(evidence: Mapping[str, Any] | None, words: Words) -> list[dict[str, Any]]:
    if evidence is None:
        return []
    known = {**evidence.get("parts", {}), **evidence["llr"]}
    return [
        {"kind": kind, "words": words(f"row.{kind}"), "llr": known[kind], "shown": signed(known[kind])}
        for kind in ROWS
        if known.get(kind) is not None
    ]
