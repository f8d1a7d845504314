"""What a scan costs, misses and survives, from benchmarks/results/selection.json, scan.json and scan_campaign.json; called by write_docs.py."""

from __future__ import annotations

from typing import Any

from pages import filled, result, table

KINDS = {
    "real": "pieces of films of people who talk",
    "drawn": "drawn films of a figure that moves",
    "copy": "copies of both",
    "nobody": "films of nobody",
    "still": "stills",
}
DISTURBED = {
    "local": "workers of this machine",
    "clock": "the clock set forward or back, up to a year, for the scan's processes",
    "disk": "a disk too small, then larger",
    "ray": "Ray, three nodes",
    "network": "Ray, one node in a network namespace of its own, which is cut off",
}


def with_parts(text: str) -> str:
    """A page with its parts about a scan filled in."""
    return filled(
        text,
        selection=_selection(result("selection")),
        scan=_scan(result("scan")),
        scan_campaign=_campaign(result("scan_campaign")),
    )


def _selection(r: dict[str, Any]) -> str:
    films, cost = r["films"], r["cost"]
    rows = [
        [
            name,
            r[kind]["films"],
            r[kind]["passed_over"],
            len(r[kind]["missed"]) if kind in ("real", "drawn") else "",
            r[kind]["pictures"],
        ]
        for kind, name in KINDS.items()
    ]
    return (
        "Written by `scripts/write_docs.py` from the results of `python benchmarks/selection.py ARCHIVE`. *Missed* is a film that was passed over though measuring it finds evidence of "
        "five seconds or more.\n\n"
        f"- Of {films['films']} films of people who talk, {films['of_use']} of them of use, {films['passed_over']} were passed over and {len(films['missed'])} missed. With none missed of "
        f"{films['of_use']}, up to {3 / films['of_use']:.1%} may be (95 %).\n"
        f"- A first look takes {cost['look_share']:.1%} of the time that measuring with `--rate {cost['rate']}` takes (median of {cost['films']} films, one processor); a film that is passed over takes nothing else.\n\n"
        + table(["pieces of 6 s", "films", "passed over", "missed", "pictures looked at"], rows)
    )


def _scan(r: dict[str, Any]) -> str:
    local, ray, efficiency, loop = r["local"], r["ray"], r["efficiency"], r["loop"]
    memory = [
        [name, *(part[f"{what}_mib"] for what in ("second_quarter", "last_quarter", "most", "largest_process"))]
        for name, part in (("processes of this machine", local), ("Ray", ray))
    ]
    return (
        f"`python benchmarks/scan.py ARCHIVE`, an archive of {local['clips']} clips by `benchmarks/archive.py`: drawn and real films of 6 s, copies of them (encoded again, scaled, cropped, mirrored, cut), "
        f"films of nobody, stills, broken and hostile files; {r['profiles']} profiles, `--rate {r['rate']}`, {r['processors']} processors. Written by `scripts/write_docs.py`.\n\n"
        f"- {local['clips']} clips ({local['film_s'] / 60:.0f} minutes of film), {local['people']} people measured, {local['verdicts']} verdicts in {local['seconds'] / 60:.1f} minutes.\n"
        f"- On a Ray cluster of three node processes on the same machine: {ray['seconds'] / 60:.1f} minutes, the same bytes but for the log ({'yes' if ray['same_bytes'] else 'NO'}).\n"
        f"- One worker takes {efficiency['one_s']:.0f} s for {efficiency['clips']} of the films, {efficiency['workers']} take {efficiency['all_s']:.0f} s: efficiency {efficiency['efficiency']:.2f}.\n"
        f"- A shell loop over `poseprint check`, each of {loop['clips']} films against each profile (a film is measured once, what was measured is kept): {loop['loop_s']:.0f} s; the scan {loop['scan_s']:.0f} s, "
        f"{loop['times']:.1f} times as fast.\n\n"
        + table(["memory, MiB, all processes", "second quarter", "last quarter", "most", "largest process"], memory)
    )


def _campaign(r: dict[str, Any]) -> str:
    rows = [
        [
            DISTURBED[run["what"]],
            ", ".join(f"{what} {count}" for what, count in sorted(run["happened"].items())),
            run["begun"],
            f"{run['same_bytes']} of {run['scans']}",
            run["doubled"],
            run["put_aside_then_done"],
        ]
        for run in r["runs"]
    ]
    return (
        f"`python benchmarks/scan_campaign.py ARCHIVE` (as root, for network and disk), {r['clips']} clips, seed {r['seed']}; undisturbed {r['undisturbed_s']} s. Processes are killed at random moments "
        "(SIGKILL), and a scan that ended early is begun again with the same command, until it is through. Then every file is compared with what an undisturbed scan left. A clip over which two "
        "workers were killed, or lost touch when the clock was set, is put aside; `--again` then does it, which the last column counts.\n\n"
        + table(
            ["on", "what happened, times", "begun", "ended with the same bytes", "lines doubled", "needed `--again`"],
            rows,
        )
    )
