"""How surely a take is known again, from benchmarks/results/same_take.json; called by write_docs.py."""

from __future__ import annotations

from typing import Any

from pages import filled, result, table

NAMES = {
    "films": "films of people who talk, each with every other",
    "msrc12": "gestures (MSRC-12), each with every other recording",
    "kinect_gait_164": "walks of 164 people, each with every other",
}


def with_part(text: str) -> str:
    """A page with its part about the same take filled in."""
    return filled(text, same_take=_measured(result("same_take")))


def _measured(r: dict[str, Any]) -> str:
    films, swaps = len(r["limits_chosen_on"]), r["swaps"]
    copies = [
        [row["what"], *(f"{row[part]['known']} of {row[part]['of']}" for part in ("limits", "others"))]
        for row in r["copies"]
    ]
    others = [
        [NAMES[row["set"]], row["pairs"], row["wrong"], row["same_person"], row["wrong_same_person"]]
        for row in r["other_takes"]
    ]
    return (
        "Written by `scripts/write_docs.py` from the results of `python benchmarks/same_take.py`. The limits were chosen on copies of "
        f"{films} films, and on other recordings of MSRC-12 than are looked for here.\n\n"
        + table(["the enrolled film", f"known again, of those {films} films", "of other films"], copies)
        + f"\nWith another face on the same body: {swaps['known']} of {swaps['of']} known again; {swaps['out_of_sight']} more show too little of the body to be "
        "enrolled.\n\n"
        + table(["other takes", "pairs", "taken for one take", "pairs of one person", "taken for one take"], others)
        + f"\nTo look for ten minutes in an hour of enrolled footage takes {r['seconds_for_10_minutes_in_60']:.1f} s of one processor.\n"
    )
