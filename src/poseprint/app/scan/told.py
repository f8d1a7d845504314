"""What a scan found, in words for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from poseprint.app.scan.tally import SIGNS
from poseprint.core.tables import plain_cell, text_table
from poseprint.rendering.report.words import duration

_LONG = 60
"""Letters of a cell of text."""


def told(found: Mapping[str, Any], *, brief: bool = False) -> str:
    """A summary as text for a terminal.

    Args:
        found: what `poseprint.app.scan.report.summary` returned.
        brief: only verdicts and what chance explains of them, as at the end of a scan.
    """
    blocks = [_told_clips(found), _told_profiles(found)]
    if brief:
        words = [*found["chance"]["words"][:2], f"More: poseprint scan report {plain_cell(found['folder'])}"]
        return "\n\n".join([*filter(None, blocks), "\n".join(words)])
    words = [*found["chance"]["words"], *(found["fdr"]["words"] if found["fdr"] else ())]
    blocks += ["\n".join(f"- {line}" for line in words), _told_first(found)]
    blocks += [_told_findings(found), _told_reasons("Failed", found["failed"])]
    blocks += [_told_reasons("Passed over", found["passed_over"]), _told_pace(found["throughput"]), _told_made(found)]
    return "\n\n".join(filter(None, blocks))


def _told_clips(found: Mapping[str, Any]) -> str:
    clips = found["clips"]
    status = ", ".join(f"{count} {name}" for name, count in clips["status"].items())
    lines = [f"{plain_cell(found['folder'])}: {clips['listed']} clips" + (f": {status}" if status else "")]
    if clips["to_do"]:
        lines.append(
            f"Not complete: {clips['to_do']} clips are still to do; the command that scanned goes on with them."
        )
    elif clips["to_judge"]:
        lines.append(
            f"Not complete: the verdicts on {clips['to_judge']} clips are still to come; the command that scanned goes on with them."
        )
    lines.append(
        f"{duration(found['film_s'])} of footage, {found['people']} people measured, {found['copies']} of them in a copy of another take."
    )
    return "\n".join(lines)


def _told_profiles(found: Mapping[str, Any]) -> str:
    if not found["profiles"]:
        return ""
    stands = found["fdr"] is not None
    header = ["profile", "person", "consistent", *["stand"] * stands, "by chance up to", "inconsistent"]
    header += [*["stand"] * stands, "inconclusive", "recordings"]
    rows = []
    for profile in found["profiles"]:
        verdicts, explained = profile["verdicts"], profile["by_chance"]["consistent"]
        stand = [[str(profile["stand"][side])] if stands else [] for side in SIGNS]
        rows.append(
            [
                *map(_short, (profile["profile"], profile["person"])),
                str(verdicts["consistent"]),
                *stand[0],
                str(explained["most"]) if explained else "not known",
                str(verdicts["inconsistent"]),
                *stand[1],
                str(verdicts["inconclusive"]),
                str(profile["recordings"]),
            ]
        )
    return "\n".join(["Verdicts by profile, copies of a take left out:", *text_table(header, rows, left=2)])


def _told_first(found: Mapping[str, Any]) -> str:
    if not found["first"]:
        return "Clips to look at first: none, no verdict is consistent or inconsistent."
    stands = found["fdr"] is not None
    header = [
        "file",
        "who",
        "profile",
        "verdict",
        "findings",
        *["stands"] * stands,
        "LLR",
        "margin",
        "seconds",
        "copies",
    ]
    rows = [
        [
            _short(row["file"], from_end=True),
            str(row["who"]),
            _short(row["profile"]) + (f" and {row['also']} more" if row["also"] else ""),
            row["decision"],
            _short(" ".join(row["findings"])),
            *["yes" if row["stands"] else "no"] * stands,
            f"{row['llr']:+.2f}",
            f"{row['margin']:.2f}",
            f"{row['seconds']:.0f}",
            str(row["copies"]),
        ]
        for row in found["first"]
    ]
    return "\n".join(
        ["Clips to look at first, the strongest verdicts either way:", *text_table(header, rows, left=5 + stands)]
    )


def _told_findings(found: Mapping[str, Any]) -> str:
    rows = [[row["code"], row["severity"], row["advice"], str(row["people"])] for row in found["findings"]]
    return (
        "\n".join(
            [
                "Findings, by how many people in clips they concern:",
                *text_table(["code", "severity", "what to do", "people"], rows, left=3),
            ]
        )
        if rows
        else ""
    )


def _told_reasons(title: str, reasons: Iterable[Mapping[str, Any]]) -> str:
    rows = [[plain_cell(r["reason"]), _short(r["example"], from_end=True), str(r["clips"])] for r in reasons]
    return "\n".join([f"{title}:", *text_table(["reason", "such as", "clips"], rows, left=2)]) if rows else ""


def _told_pace(pace: Mapping[str, Any]) -> str:
    runs = pace["runs"]
    named = [("last run", runs[-1])] if runs else []
    named += [(f"all {len(runs)} runs", pace["all"])] if len(runs) > 1 else []
    lines = [
        f"{name.capitalize()}: {run['clips']} clips in {duration(run['seconds'])}: {run['clips_an_hour'] or 0:.0f} clips and "
        f"{duration(run['film_s_an_hour'] or 0)} of footage an hour."
        for name, run in named
    ]
    if pace["left_s"]:
        lines.append(f"What is left takes about {duration(pace['left_s'])} at the last run's pace.")
    return "\n".join(lines)


def _told_made(found: Mapping[str, Any]) -> str:
    made = found["made_with"]
    changed = [name for name, sha256 in made["profiles"].items() if len(sha256) > 1]
    lines = [f"Made with poseprint {', '.join(made['programs']) or made['measured_by'].get('poseprint', '')}."]
    lines += [f"Reference: {sha256}" for sha256 in made["references"] if sha256]
    lines += [f"Profile {plain_cell(name)}: {', '.join(sha256)}" for name, sha256 in made["profiles"].items()]
    if changed:
        lines.append(
            f"Changed while the scan went on: {', '.join(map(plain_cell, changed))}; scan again, and all verdicts are of their last state."
        )
    return "\n".join(lines)


def _short(text: str, *, from_end: bool = False) -> str:
    """A cell of text from outside: what is too long is cut where it says least."""
    if len(text) > _LONG:
        text = f"...{text[-_LONG:]}" if from_end else f"{text[:_LONG]}..."
    return plain_cell(text)
