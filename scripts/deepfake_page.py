"""The measured part of docs/threat-model.md, from benchmarks/results/deepfakes.json; called by write_docs.py."""

from __future__ import annotations

from typing import Any

from pages import ROOT, filled, result, table

PAGE = ROOT / "docs" / "threat-model.md"


def page() -> str:
    """The threat model with its tables filled in."""
    text = PAGE.read_text(encoding="utf-8")
    return filled(text, deepfakes=_measured(result("deepfakes")))


def _measured(r: dict[str, Any]) -> str:
    return (
        "Written by `scripts/write_docs.py` from the results of `python benchmarks/deepfakes.py`. LLRs are base 10; intervals are 95 %, over persons.\n\n"
        + (_edits(r) if "msrc12" in r else "")
        + (_splices(r["splices_picture"], "as a film shows them") if "splices_picture" in r else "")
        + (_splices(r["splices_depth"], "with depth") if "splices_depth" in r else "")
        + (_speakers(r) if "speakers" in r else "")
        + _drawn(r)
    )


def _percent(share: dict[str, Any] | None) -> str:
    if share is None or share["share"] is None:
        return ""
    interval = share["interval"]
    return f"{share['share']:.0%}" + (f" ({interval[0]:.0%} to {interval[1]:.0%})" if interval else "")


def _edits(r: dict[str, Any]) -> str:
    rows = []
    for row in r["msrc12"]:
        auc = [""] * 2
        if row["auc"]:
            auc = [
                f"{a['auc']:.2f} ({a['interval'][0]:.2f} to {a['interval'][1]:.2f})"
                for a in (row["auc"][k] for k in ("both", "motion"))
            ]
        rows.append(
            [
                row["what"],
                str(row["trials"]),
                *(f"{row['llr'][k]:+.2f}" for k in ("both", "motion", "static")),
                *(f"{row['decisions'][d]:.0%}" for d in ("consistent", "inconclusive", "inconsistent")),
                *auc,
            ]
        )
    header = [
        "what",
        "recordings judged",
        "LLR",
        "motion alone",
        "posture alone",
        "consistent",
        "inconclusive",
        "inconsistent",
        "AUC against others' untouched motion",
        "AUC, motion alone",
    ]
    return (
        f"### Edits\n\n{r['msrc12'][0]['persons']} movers of MSRC-12 as a film shows them, enrolled on half of the gestures and tested on the other half,"
        " judged with a background that\ndoes not know them. The first row is what must be caught. A face swap leaves the poses as they are, so what is measured here is the motion.\n\n"
        + table(header, rows)
    )


def _splices(rows: list[dict[str, Any]], how: str) -> str:
    lines = []
    for row in rows:
        for name, words in (
            ("all", row["what"]),
            ("differ", f"{row['what']}, where the two movers' LLRs differ in sign"),
        ):
            if name in row:
                s = row[name]
                cells = [_percent(s[k]) for k in ("located", "exact", "flagged", "flagged_and_located")]
                lines.append([words, str(s["flagged"]["cases"]), *cells])
    header = [
        "recording",
        "cases",
        "a place named within 5 s",
        "all places, no others",
        "reported",
        "reported and within 5 s",
    ]
    return (
        f"\n### Where the mover changes, {how}\n\n{rows[0]['persons']} other movers than those on whom the thresholds were chosen (those are in the background here). *Named*: the likeliest place, "
        "reported or not. *Reported*: `CHANGE_OF_MOVER`;\nin the last three rows every report is a false alarm. Each mover moves for 8 s at least.\n\n"
        + table(header, lines)
    )


def _speakers(r: dict[str, Any]) -> str:
    kinds = list(dict.fromkeys(row["kind"] for row in r["speakers"]))
    lines = []
    for kind in kinds:
        own = [row for row in r["speakers"] if row["kind"] == kind]
        known = [row["llr"]["both"] for row in own if row["llr"]["both"] is not None]
        decisions = [row["decision"] for row in own]
        lines.append(
            [
                {"own": "own recordings, each left out of its enrolment", "impostor": "other speakers' recordings"}.get(
                    kind, f"own, {kind.replace(' ', ' x ')}"
                ),
                str(len(own)),
                f"{sum(known) / len(known):+.2f}" if known else "",
                *(str(decisions.count(d)) for d in ("consistent", "inconclusive", "inconsistent")),
            ]
        )
    header = ["what", "recordings judged", "mean LLR", "consistent", "inconclusive", "inconsistent"]
    text = (
        "\n### Public speakers\n\nThe sample's recordings, mostly of ten seconds, each on another occasion; too few people for intervals.\n\n"
        + table(header, lines)
        + "\n"
    )
    if all(row["decision"] == "inconclusive" for row in r["speakers"]):
        text += "**No verdict is reached on any of these**: on films of speakers, seconds of evidence from a few recordings do not carry one, genuine or not.\n\n"
    for row in r["speakers_changes"]:
        found = row["found"]
        said = (
            "too little to look for a change"
            if found is None
            else f"likeliest change at {found['seconds']:g} s, {'reported' if found['flagged'] else 'not reported'}"
        )
        text += f"- {row['clip']}: {said}\n"
    return text


def _drawn(r: dict[str, Any]) -> str:
    if not r.get("drawn"):
        return ""
    lines = [
        [
            row["person"],
            row["motion"],
            *(
                "" if s["llr"]["both"] is None else f"{s['llr']['both']:+.2f}"
                for s in (row["as_filmed"], *row["looks"])
            ),
            "" if row["change"] is None else f"{row['change']:.2f}",
        ]
        for row in r["drawn"]
    ]
    within = sum(row["within_tolerance"] for row in r["drawn"])
    header = [
        "claimed to be",
        "whose motion",
        "LLR as filmed",
        "drawn, first looks",
        "drawn, other looks",
        "change before the bounds",
    ]
    return (
        "\n### The same motion under other looks\n\nDrawn as a figure twice, each time with other looks, and measured again from the pixels. The "
        f"looks should not matter: before its bounds the LLR changes by\nat most {r['tolerance']:g} in {within} of {len(lines)} cases.\n\n"
        + table(header, lines)
    )
