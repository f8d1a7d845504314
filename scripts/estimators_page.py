"""The tables of docs/estimators.md from benchmarks/results/estimators.json; called by write_docs.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pages import ROOT, filled, result, table

ARMS = ("right_elbow", "right_wrist", "left_elbow", "left_wrist")
Keypoints = Mapping[str, Mapping[str, float | None]]


def page() -> str:
    r = result("estimators")
    text = (ROOT / "docs" / "estimators.md").read_text(encoding="utf-8")
    return filled(
        text, estimators=_estimators(r), keypoints=_keypoints(r), tiers=_tiers(result("tiers")), sides=_sides(r)
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _median(keypoints: Keypoints, names: tuple[str, ...] | None = None, what: str = "median") -> float:
    """Median over keypoints."""
    values = [keypoints[name][what] for name in names or tuple(keypoints)]
    return float(np.median([value for value in values if value is not None]))


def _estimators(r: dict[str, Any]) -> str:
    rows = [
        [
            f"`{e['name']}` {e['version']}",
            e["keypoints"],
            e["licence"],
            f"{e['pictures_per_second']:.0f}",
            _number(_median(e["drawn"]["keypoints"])),
            _number(_median(e["drawn"]["keypoints"], ARMS)),
            _share(float(np.mean([e["drawn"]["keypoints"][name]["seen"] for name in ARMS]))),
            _number(e["drawn"]["unsteadiness"]),
        ]
        for e in r["estimators"]
    ]
    header = [
        "estimator",
        "keypoints",
        "licence",
        "pictures a second",
        "error",
        "error, elbows and wrists",
        "elbows and wrists seen",
        "unsteadiness",
    ]
    drawn, decoder = r["drawn"], r["decoder"]
    return (
        f"`python benchmarks/estimators.py`, {r['processors']} processors, one worker on one thread each, in turn over the same pictures of 360 to 720 "
        f"lines.\nError: median distance from where a joint was drawn, in shoulder widths, over {drawn['pictures']} pictures of "
        f"{len(drawn['recordings'])} recordings as avatars of {len(drawn['looks'])} looks; the median\nof the keypoints. Unsteadiness: median second "
        "difference of that error from picture to picture.\n\n"
        + table(header, rows)
        + f"\nThe decoder alone takes {decoder['milliseconds']} ms for the maps of a picture of {decoder['input'][0]} x {decoder['input'][1]} with "
        f"{decoder['people']} people (median; the network takes the rest).\n"
    )


def _keypoints(r: dict[str, Any]) -> str:
    mediapipe, openpose = r["estimators"]
    real = r["real"]["mediapipe_to_openpose"]["keypoints"]

    def shift(row: Mapping[str, float | None]) -> str:
        return "" if row["right"] is None else f"{row['right']:+.3f}, {row['down']:+.3f}"

    rows = []
    for name in real:
        drawn = [e["drawn"]["keypoints"][name] for e in (mediapipe, openpose)]
        signer = [e["signer"]["keypoints"][name] for e in (mediapipe, openpose)]
        rows.append(
            [
                name.replace("_", " "),
                *(f"{_number(row['median'])} ({_share(row['seen'])})" for row in drawn),
                *map(shift, drawn),
                _number(real[name]["median"]),
                shift(real[name]),
                *(f"{_number(row['median'])} ({_share(row['seen'])})" for row in signer),
            ]
        )
    header = [
        "keypoint",
        "mediapipe to the truth",
        "openpose to the truth",
        "mediapipe's shift",
        "openpose's shift",
        "mediapipe to openpose, real clips",
        "shift",
        "mediapipe to OpenPose's own",
        "openpose to OpenPose's own",
    ]
    return (
        "Median distances in shoulder widths; in brackets the share seen of what was there to be seen. Shifts: median to the right and down.\n"
        f"Real clips: {r['real']['pictures']} pictures of {len(r['real']['clips'])} clips of public speakers. OpenPose's own: the BODY_25 output that came with "
        f"{r['signer']['pictures']} pictures of a\nsigner, {r['signer']['clips']} clips; elbows and wrists differ from ours by "
        f"{_number(_median(openpose['signer']['keypoints'], ARMS))} (median of the four), the worst by "
        f"{_number(max(openpose['signer']['keypoints'][name]['median'] for name in ARMS))}.\n\n" + table(header, rows)
    )


def _tiers(r: dict[str, Any]) -> str:
    rows = [
        [
            f"**{t['tier']}**" if t["tier"] == r["used"] else t["tier"],
            f"{t['pictures_per_second']:.0f}",
            _number(_median(t["drawn"]["keypoints"])),
            _number(_median(t["drawn"]["keypoints"], ARMS)),
            _number(t["drawn"]["unsteadiness"]),
            _number(_median(t["signer"]["keypoints"], ARMS)),
        ]
        for t in r["tiers"]
    ]
    header = [
        "network",
        "pictures a second",
        "error, drawn",
        "error of elbows and wrists, drawn",
        "unsteadiness",
        "elbows and wrists from OpenPose's own, signer",
    ]
    speed = {t["tier"]: t["pictures_per_second"] for t in r["tiers"]}
    error = {t["tier"]: _median(t["drawn"]["keypoints"], ARMS) for t in r["tiers"]}
    return (
        f"`python benchmarks/tiers.py`, networks of `{r['package']}`, one worker; errors in shoulder widths as above.\n\n"
        + table(header, rows)
        + f"\nThe small one is {speed['lite'] / speed['full']:.1f} times as fast and puts elbows and wrists {error['lite'] / error['full']:.1f} times as far off; the large one is "
        f"{speed['full'] / speed['heavy']:.1f} times slower and\nputs them {error['heavy'] / error['full']:.2f} times as far off.\n"
    )


def _sides(r: dict[str, Any]) -> str:
    rows = [
        [
            f"**{s['shorter']}**" if s["shorter"] == r["shorter_sides"]["used"] else s["shorter"],
            f"{s['pictures_per_second']:.0f}",
            _number(_median(s["drawn"], ARMS)),
            _share(float(np.mean([s["drawn"][name]["seen"] for name in ARMS]))),
            _number(_median(s["signer"], ARMS)),
        ]
        for s in r["shorter_sides"]["measured"]
    ]
    header = [
        "shorter side, pixels",
        "pictures a second",
        "error of elbows and wrists, drawn",
        "of them seen",
        "from OpenPose's own, signer",
    ]
    return table(header, rows)
