"""How surely a take is known again, from benchmarks/results/same_take.json, and found in an archive, from take_index.json;
called by write_docs.py."""

from __future__ import annotations

from typing import Any

from pages import filled, result, table

NAMES = {
    "films": "films of people who talk, each with every other",
    "msrc12": "gestures (MSRC-12), each with every other recording",
    "kinect_gait_164": "walks of 164 people, each with every other",
}


def with_part(text: str) -> str:
    """A page with its parts about the same take filled in."""
    return filled(text, same_take=_measured(result("same_take")), take_index=_found(result("take_index")))


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


def _found(r: dict[str, Any]) -> str:
    copies = [
        [
            row["what"],
            f"{row['index']} of {row['one_by_one']}",
            f"{row['whole_index']} of {row['whole_one_by_one']}",
            *(f"{row[what]} of {row['copies']}" for what in ("duplicates", "whole_duplicates", "of_another")),
        ]
        for row in r["copies"]
    ]
    archives = [
        [
            NAMES[row["set"]].split(",")[0],
            row["recordings"],
            row["pairs"],
            row["compared"],
            row["alike"],
            row["duplicates"],
            f"{row['one_by_one_in_index']} of {row['one_by_one']} ({row['one_by_one_pairs']})",
        ]
        for row in r["archives"]
    ]
    cost = [
        [
            f"{row['recordings']:,}",
            f"{row['milliseconds']:.0f}",
            f"{row['milliseconds_to_add']:.1f}",
            f"{row['bytes_a_minute'] / 1000:.0f}",
            f"{row['known']} of {row['of']}",
        ]
        for row in r["cost"]
    ]
    return (
        "Written by `scripts/write_docs.py` from the results of `python benchmarks/take_index.py`. Copies are of recordings of MSRC-12, in which people make "
        "twelve gestures again and again, and are changed as poses (`movements/perturbations.py`): a table of films would need an archive of them. "
        "*Found* is of those that the comparison of the pair alone finds. The limits of the index were chosen on copies of other recordings.\n\n"
        + table(
            [
                "the copy",
                "copy looked up: found",
                "whole looked up, the copy came first: found",
                "copy is a duplicate of the whole",
                "whole is a duplicate of the copy",
                "copy would be a duplicate of another recording",
            ],
            copies,
        )
        + "\nArchives in which each recording is another take:\n\n"
        + table(
            [
                "recordings of",
                "recordings",
                "pairs",
                "pairs compared",
                "pairs with something alike",
                "called duplicates",
                "found of those alike when all pairs are compared (pairs tried)",
            ],
            archives,
        )
        + "\nOne processor, made-up recordings of a minute:\n\n"
        + table(
            [
                "recordings",
                "milliseconds to look up",
                "milliseconds to add",
                "kilobytes a minute",
                "copies found alone",
            ],
            cost,
        )
    )
