"""How right the head's rotation is and which tracks are fragile, from benchmarks/results/head.json and swaps.json; called by write_docs.py."""

from __future__ import annotations

from typing import Any

from pages import ROOT, filled, result, table

CHANGES = {"half": "half size", "fps15": "15 fps", "crf35": "crf 35", "all": "all three"}


def page() -> str:
    """docs/head.md with its tables filled in."""
    text, r = (ROOT / "docs" / "head.md").read_text(encoding="utf-8"), result("head")
    return filled(text, error=_error(r["drawn"]), steady=_steady(r["steady"]), swaps=_swaps(result("swaps")))


def _error(r: dict[str, Any]) -> str:
    angles = ("yaw", "pitch", "roll")
    rows = [
        [
            f"{row['degrees'][0]} to {row['degrees'][1]}",
            row["pictures"],
            f"{row['found']:.1%}",
            *(f"{row[angle]['median']:.1f}, {row[angle]['q90']:.1f}" for angle in angles),
            *(f"{row[f'{angle}_less_offset']['median']:.1f}" for angle in angles),
        ]
        for row in r["errors"]
    ]
    pitch = [offset["head_pitch"] for offset in r["offsets"].values()]
    driven = "; ".join(f"`{row['track']}` {row['median']:.2f}" for row in r["expression"])
    return (
        f"Looks {' and '.join(r['looks'])}, {len(r['offsets'])} films of {r['seconds']} s at {r['size'][0]}x{r['size'][1]}, "
        f"written by `python benchmarks/head.py`. Degrees: median and 90 % quantile of the error\nas it is, and the median without a film's constant offset.\n\n"
        + table(
            ["yaw, degrees", "pictures", "found", *angles, *(f"{angle}, no offset" for angle in angles)],
            rows,
        )
        + f"\nThe constant offset of pitch is {min(pitch):.1f} to {max(pitch):.1f} degrees: what is straight ahead is a matter of definition. Where the head\nmoves freely, a change of 1 is measured as "
        + ", ".join(f"{slope:.2f} (`{name}`)" for name, slope in r["slopes"].items())
        + ".\n"
        "\nA head that looks straight ahead, by its place from left to right in a wide picture:\n\n"
        + table(
            ["place, share of the width", *angles],
            [[row["place"], *(f"{row[f'head_{angle}']:.1f}" for angle in angles)] for row in r["placed"]],
        )
        + f"\nMedian correlation of a part of the expression with how strongly it was drawn: {driven}.\n"
    )


def _steady(r: dict[str, Any]) -> str:
    limit, rows = r["fragile_below"], r["on_real"]

    def cells(row: dict[str, Any]) -> list[str]:
        return [f"`{row['track']}`", *("" if row[c] is None else f"{row[c]:.3f}" for c in CHANGES)]

    def below(change: str) -> list[str]:
        return [row["track"] for row in rows if (row[change] or 0) < limit]

    lasting = [row["track"] for row in rows if all((row[c] or 0) >= limit for c in CHANGES)]
    fragile = {
        name: ", ".join(f"`{track}`" for track in below(change)) or "none"
        for change, name in CHANGES.items()
        if change != "all"
    }
    return (
        f"Median correlation over {len(r['real'])} real clips:\n\n"
        + table(["track", *CHANGES.values()], [cells(row) for row in rows])
        + f"\n**At least {limit} whatever befell the clip:** {', '.join(f'`{track}`' for track in lasting) or 'none'}. "
        f"**Fragile,** below {limit}, where all three come together: the {len(below('all'))} other tracks. Where one comes alone:\n\n"
        + "".join(f"- {name}: {tracks}\n" for name, tracks in fragile.items())
        + f"\nThe drawn films ({r['drawn_ears_px']} pixels from ear to ear, a half of that when halved):\n\n"
        + table(["track", *CHANGES.values()], [cells(row) for row in r["on_drawn"]])
    )


def _swaps(r: dict[str, Any]) -> str:
    limit = r["threshold"]
    rows = [
        [
            g["kind"],
            g["quality"],
            g["statistics"],
            f"{g['median']:.2f} ({g['interval'][0]:.2f} to {g['interval'][1]:.2f})",
            f"{g['chosen_on_dev']}, {g['of_them_on_the_rest']}",
        ]
        for g in r["groups"]
    ]
    header = ["of", "quality", "statistics", "median correlation", f"at least {limit} on dev, of them on the rest"]
    known = sorted((s for s in r["statistics"] if s["correlation"] is not None), key=lambda s: s["correlation"])
    least = ", ".join(f"`{s['name']}` {s['correlation']:.2f}" for s in known[:8])
    again = "; ".join(f"{name} {share:.0%}" for name, share in r["found_again"].items())
    return (
        f"`python benchmarks/swaps.py`: {r['pairs']} pairs of a clip and its face swap ({r['left_out']} more show a face too shortly), correlation of each statistic over the pairs, "
        f"95 % intervals by\ndrawing pairs (some people are in several, so they are too narrow). {r['dev']} pairs (dev) choose, the others tell what the choice is worth.\n\n"
        + table(header, rows)
        + f"\nLeast alike: {least}.\n"
        f"\nThe swapped clip's own original is the nearest of {r['pairs'] - r['dev']} by: {again}; by chance {r['by_chance']:.0%}. That is one recording found again, not a person in another.\n"
    )
