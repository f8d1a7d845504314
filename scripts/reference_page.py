"""What references of one's own were measured to say, from benchmarks/results/reference.json; called by write_docs.py."""

from __future__ import annotations

from typing import Any

from pages import ROOT, filled, result, table


def page() -> str:
    """docs/references.md with its measured part filled in."""
    return filled(
        (ROOT / "docs" / "references.md").read_text(encoding="utf-8"), measured=_measured(result("reference"))
    )


def _measured(r: dict[str, Any]) -> str:
    parts = [
        "Written by `scripts/write_docs.py` from the results of `python benchmarks/reference.py`.\n\n",
        _alone(r),
        *([_roles(r["roles"])] if r["roles"] else []),
        _supported("Few people of MSRC-12, drawn once:", r["few"]) if r["few"] else "",
        _films(r["films"]),
    ]
    return "\n".join(part for part in parts if part)


def _alone(r: dict[str, Any]) -> str:
    tolerance = r["tolerance"]
    rows = [
        [
            part["space"],
            *(f"{part['greatest_difference'][name]:.3f}" for name in tolerance),
            f"{len(part['rows']) - part['outside_the_interval_that_ships']} of {len(part['rows'])}",
            _example(part, "eer"),
            _example(part, "cllr"),
        ]
        for part in r["alone"]
    ]
    within = [part["space"] for part in r["alone"] if part["within_tolerance"]]
    stated = ", ".join(f"{name} {value:g}" for name, value in tolerance.items())
    return (
        "**MSRC-12 alone** (20 people, of whom the reference that ships is mostly made), learned as a user would, against the error rates that ship. It lacks the two further "
        "groups that teach what varies between people, and its LLRs are told by calibrations without the people in a trial, those that ship by one of all. The bounds are the same.\n"
        f"Tolerances stated beforehand ({stated}) are {'kept by ' + ' and '.join(within) if within else 'kept by neither space'}; every EER is compared with the 95 % interval that ships:\n\n"
        + table(
            [
                "",
                "greatest difference: EER",
                "Cllr",
                "shares of verdicts",
                "EERs within the interval that ships",
                "EER at 36 s, much enrolled: ships, alone",
                "Cllr",
            ],
            rows,
        )
    )


def _example(part: dict[str, Any], name: str) -> str:
    row = next(x for x in part["rows"] if (x["evidence"], x["seconds"], x["enrolled"]) == ("both", 36.0, 10))
    return ", ".join(f"{value:.2f}" for value in row[name])


def _roles(parts: list[dict[str, Any]]) -> str:
    rows = [
        [
            part["space"],
            *(f"{part['greatest_difference'][name]:.4f}" for name in ("eer", "cllr", "shares")),
            f"{max(part['greatest_difference']['weights'].values()):.1e}",
        ]
        for part in parts
    ]
    return (
        "**All three groups in their roles**, fitted and told as what ships was: the greatest differences from it.\n\n"
        + table(["", "EER", "Cllr", "shares of verdicts", "weights of calibrations"], rows)
    )


def _supported(what: str, told: list[dict[str, Any]]) -> str:
    rows = [_row(f"{one['count']} people", one["bodies"]) for one in told]
    return f"**{what[:-1]}**:\n\n" + table(HEADER, rows)


HEADER = [
    "",
    "people",
    "compared with themselves",
    "LLR from",
    "to",
    "EER of one recording",
    "AUC",
    "Cllr",
    "commoner answer right",
]


def _row(what: str, told: dict[str, Any]) -> list[object]:
    figures = told["figures"]
    return [
        what,
        told["people"],
        told["compared"],
        f"{told['lower']:+.2f}",
        f"{told['upper']:+.2f}",
        _with_interval(figures, "eer", percent=True),
        _with_interval(figures, "auc"),
        _with_interval(figures, "cllr"),
        f"{figures['majority']:.0%}",
    ]


def _with_interval(figures: dict[str, Any], name: str, *, percent: bool = False) -> str:
    values = [figures[name], *(figures["intervals"] or {}).get(name, ())]
    shown = [f"{v:.0%}" if percent else f"{v:.2f}" for v in values]
    return shown[0] + (f" ({shown[1]} to {shown[2]})" if len(shown) > 1 else "")


def _films(r: dict[str, Any]) -> str:
    ships, rates = r["ships"], r["film_errors"]
    decided = rates["verdicts"]
    return (
        f"**Film clips of people who talk**: {r['clips']} clips of {r['people']} public people at 10 poses a second, parted by occasion.\n\n"
        + table(HEADER, [_row("bodies alone", r["bodies"]), _row("body, head and face", r["films"])])
        + f"\nOf {rates['genuine'] + rates['impostor']} trials {decided or 'none'} {'get' if decided != 1 else 'gets'} a verdict at the usual costs. "
        f"Bodies alone tell {'nothing' if r['bodies']['figures']['cllr'] >= 1 else 'something'} (Cllr {r['bodies']['figures']['cllr']:.2f}). "
        f"The reference that ships, with bodies learned from gestures, {ships['people']} people in films and swaps among its impostors, has a Cllr of {_with_interval(ships, 'cllr')} "
        f"and an EER of {_with_interval(ships, 'eer', percent=True)} on clips of people it does not know, most of them these. So few clips make no better reference than the one that ships.\n"
    )
