"""An evaluation as a Markdown page, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from poseprint.evaluation.metrics import FEWEST, TARGET
from poseprint.verification.reference import EVIDENCE

LEVEL_WORDS = {"5s": "one movement", "recording": "one recording", "4recordings": "four recordings"}
_SHOWN = 10
_PICTURES = {
    "det": "Detection error trade-off: impostors accepted against genuine rejected, at every threshold.",
    "tippett": "Tippett plot: how many trials have at least some LLR, genuine and impostor.",
    "reliability": "Reliability: how often it is the person where the LLR says so with some probability.",
    "seconds": "Equal error rate against seconds of evidence.",
}


def page(result: Mapping[str, Any]) -> str:
    """What `poseprint.evaluate` found, as Markdown.

    Args:
        result: what evaluation.json holds.
    """
    sections = [_head(result)]
    sections += [_protocol(by, results, result) for by, results in result["protocols"].items()]
    sections.append(_robustness(result["robustness"]))
    sections.append(_left_out(result["data"]["left_out"]))
    return "\n".join(section for section in sections if section)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; cells hold no line breaks, and bars in them are escaped."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    cells = [[" ".join(c.split()).replace("|", "\\|") for c in line] for line in lines]
    return "".join("| " + " | ".join(line) + " |\n" for line in cells)


def _head(result: Mapping[str, Any]) -> str:
    data, reference = result["data"], result["reference"]
    counts = data["recordings_a_person"]
    name = "".join(c if c.isprintable() else "?" for c in data["name"])
    groupings = [f"{data[k]} {k}" for k in ("sessions", "activities") if data[k]]
    return (
        f"# Evaluation: {name}\n\n"
        f"Data: {data['persons']} persons, {data['recordings']} genuine recordings ({counts[0]} to {counts[-1]} a person), "
        f"{data['hours']:.2f} hours of usable movement{', ' + ' and '.join(groupings) if groupings else ''}; poses by "
        f"{data['estimator']['name']} {data['estimator']['version']}".rstrip()
        + ".\n"
        + f"Reference: {reference['name']}, sha256 {reference['sha256'][:16] or '(not from a file)'}. "
        f"poseprint {result['poseprint']}, seed {result['seed']}, {result['partings']} random partings pooled, each with both "
        "halves enrolled in turn.\n\n"
        "Everybody is enrolled on some of their recordings and tested on others; everybody else is an impostor. Nothing is "
        "fitted to this data here. `static` is posture and proportions (what a photograph, a podium or a camera sets), "
        "`motion` has the mean pose and the body's size taken out, `both` is the two together.\n"
        "AUC is the share of pairs in which the genuine trial scores higher (1 perfect, 0.5 guessing). EER is the error rate "
        f"where misses and false alarms are alike. minDCF is the least cost at a prior of {TARGET:g}, 1 for a verdict without "
        "evidence. Cllr is the cost of the likelihood ratios as they are stated, in bits: 0 perfect, 1 says nothing, above 1 "
        "misleads; its minimum is what perfect calibration of the same order would leave. In brackets: 95 % intervals over "
        "persons. Majority: how often always saying the commoner answer, impostor, is right.\n\n"
        + "".join(f"- {note}\n" for note in result["notes"])
    )


def _protocol(by: str, results: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    header = ["evidence", "AUC", "EER", "minDCF", "Cllr", "min Cllr", "genuine", "impostor", "majority", "persons"]
    blocks = [f"\n## Parted by {by}\n"]
    shared = "an activity" if by == "activity" else f"a {by}"
    several = {"recording": "two recordings", "session": "two sessions", "activity": "two activities"}[by]
    blocks.append(
        f"No person's enrolment and test share {shared}; {results['persons_tested']} of {result['data']['persons']} persons have "
        f"{several} or more, and so genuine trials."
        + (
            " So few make every figure here rough, whatever its interval.\n"
            if results["persons_tested"] < FEWEST
            else "\n"
        )
    )
    for level, words in LEVEL_WORDS.items():
        rows = [
            [kind, *_cells(results["figures"][kind][level])] for kind in EVIDENCE if level in results["figures"][kind]
        ]
        if rows:
            seconds = results["figures"]["both"][level]["seconds"]
            blocks.append(f"**{words.capitalize()}** (median {seconds:.1f} s of evidence)\n\n" + table(header, rows))
    misled = _misled(results)
    if misled:
        blocks.append(misled)
    blocks.append(_decisions(results))
    if results["seconds"]:
        rows = [[f"{r['seconds']:g} s", *(_short(r[kind]) for kind in EVIDENCE)] for r in results["seconds"]]
        head = ["evidence", *(f"{kind}: EER, Cllr" for kind in EVIDENCE), "persons"]
        for row, r in zip(rows, results["seconds"]):
            row.append(str(r["both"]["persons"]))
        blocks.append("**Error against seconds of evidence**\n\n" + table(head, rows))
    for file in results["pictures"]:
        words = next(w for name, w in _PICTURES.items() if file.endswith(f"{name}.svg"))
        blocks.append(f"![{words}]({file})\n")
    return "\n".join(blocks)


def _misled(results: Mapping[str, Any]) -> str:
    """A sentence where likelihood ratios are worth less than none."""
    bad = [k for k in EVIDENCE if (results["figures"][k].get("recording", {}).get("cllr") or 0) > 1]
    if not bad:
        return ""
    return (
        f"**The likelihood ratios of {' and '.join(bad)} evidence mislead here**: their Cllr for one recording is above 1, worse "
        "than no evidence at all. The order of the trials may still be of use (AUC), but the calibration that ships does not "
        "hold for footage like this, and verdicts on it should not be relied on.\n"
    )


def _decisions(results: Mapping[str, Any]) -> str:
    rows = []
    for kind in EVIDENCE:
        for level, words in LEVEL_WORDS.items():
            if level in results["figures"][kind]:
                d = results["figures"][kind][level]["decisions"]
                sides = [(s, v) for s in ("genuine", "impostor") for v in ("consistent", "inconsistent")]
                rows.append([f"{kind}, {words}", *(_percent(d[side][verdict]) for side, verdict in sides)])
    header = ["evidence", "genuine: consistent", "inconsistent (wrong)", "impostor: consistent (wrong)", "inconsistent"]
    return "**Verdicts at the usual costs**; the rest is inconclusive\n\n" + table(header, rows)


def _cells(m: Mapping[str, Any]) -> list[str]:
    if m["auc"] is None:
        return ["none"] * 5 + [str(m["genuine"]), str(m["impostor"]), "", str(m["persons"])]
    spans = m["intervals"] or {}

    def cell(name: str, form: str) -> str:
        low_high = spans.get(name)
        extra = f" ({low_high[0]:{form}} to {low_high[1]:{form}})" if low_high else ""
        return f"{m[name]:{form}}{extra}"

    values = [cell("auc", ".3f"), cell("eer", ".1%"), cell("min_dcf", ".2f"), cell("cllr", ".2f")]
    counts = [str(m["genuine"]), str(m["impostor"]), f"{m['majority']:.1%}", str(m["persons"])]
    return [*values, f"{m['min_cllr']:.2f}", *counts]


def _short(m: Mapping[str, Any]) -> str:
    if m["eer"] is None:
        return "none"
    span = f" ({m['intervals']['eer'][0]:.1%} to {m['intervals']['eer'][1]:.1%})" if m["intervals"] else ""
    return f"{m['eer']:.1%}{span}, {m['cllr']:.2f}"


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"


def _robustness(results: Mapping[str, Any]) -> str:
    header = ["recordings tested", "usable", *(f"{k}: AUC" for k in EVIDENCE), "both: EER", "both: Cllr"]
    header += ["genuine LLR moves", "impostor LLR moves", "verdicts changed"]
    rows = []
    for row in results["rows"]:
        usable = f"{row['recordings']} of {row['recordings'] + row['unusable']}"
        if "figures" not in row:
            rows.append([row["words"], usable, *["none"] * 8])
            continue
        m = row["figures"]
        shifts = ["none" if v is None else f"{v:+.2f}" for v in row["shift"].values()]
        rows.append(
            [
                row["words"],
                usable,
                *("none" if m[k]["auc"] is None else f"{m[k]['auc']:.3f}" for k in EVIDENCE),
                _percent(m["both"]["eer"]),
                "none" if m["both"]["cllr"] is None else f"{m['both']['cllr']:.2f}",
                *shifts,
                _percent(row["changed"]),
            ]
        )
    return (
        f"\n## Robustness\n\nParted by {results['by']}, once: people are enrolled on recordings as they are, and up to "
        f"{results['most']} others of each are tested as they are and changed, one recording a trial. The changes are made to the "
        "poses, not to pictures. Moves are the median change of the LLR of `both` (base 10) before "
        "its bounds.\n\n" + table(header, rows)
    )


def _left_out(sentences: Sequence[str]) -> str:
    if not sentences:
        return ""
    more = f"- and {len(sentences) - _SHOWN} more, in evaluation.json\n" if len(sentences) > _SHOWN else ""
    shown = "".join(f"- {' '.join(s.split())}\n" for s in sentences[:_SHOWN])
    return f"\n## Left out: {len(sentences)} recording{'s' * (len(sentences) != 1)}\n\n{shown}{more}"
