"""The measured part of docs/people.md, from benchmarks/results/people.json; called by write_docs.py."""

from __future__ import annotations

from typing import Any

from pages import ROOT, filled, result, table

PAGE = ROOT / "docs" / "people.md"
NAMES = {
    "faces": "faces on tiles (ours)",
    "movenet": "MoveNet MultiPose, 256 pixels",
    "openpose": "OpenPose's network",
}


def page() -> str:
    """The page with its tables filled in."""
    return filled(PAGE.read_text(encoding="utf-8"), people=_measured(result("people")))


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _measured(r: dict[str, Any]) -> str:
    finders = r["finders"]
    rows = [
        [
            NAMES[name],
            _share(f["recall"]),
            f"{f['false_a_picture']:.4f}",
            f"{f['switches_a_minute']:.2f}",
            f"{f['breaks_a_minute']:.2f}",
            f"{f['milliseconds_a_picture']:.0f}",
        ]
        for name, f in finders.items()
    ]
    first = next(iter(finders.values()))
    text = (
        "Written by `scripts/write_docs.py` from the results of `python benchmarks/people.py`: "
        f"{r['scenes']} drawn scenes of {r['size'][0]}x{r['size'][1]}\npixels, kept aside while thresholds were chosen, {first['pictures']} pictures with "
        f"{first['people_in_sight']} people in sight, {r['asked_a_second']} pictures a second. One thread of a busy machine.\n\n"
        + table(
            ["finder", "recall", "false people a picture", "switches a minute", "breaks a minute", "ms a picture"], rows
        )
        + "\nRecall by kind of scene (false people a picture in brackets, where there were any):\n\n"
    )
    kinds = [
        [kind, *(_of_kind(f["by_scene"][kind]) for f in finders.values())]
        for kind in first["by_scene"]
        if first["by_scene"][kind]["recall"] is not None
    ]
    text += table(["scene", *(NAMES[name] for name in finders)], kinds)
    text += "\nReal clips; how many of the pictures show so many people to the finder:\n\n"
    clips = [
        [
            clip["clip"].removesuffix(".mp4"),
            clip["pictures"],
            *(_counts(f["real"][k]) for f in finders.values()),
        ]
        for k, clip in enumerate(first["real"])
    ]
    return text + table(["clip", "pictures", *(NAMES[name] for name in finders)], clips)


def _of_kind(figures: dict[str, Any]) -> str:
    false = figures["false_a_picture"]
    return _share(figures["recall"]) + (f" ({false:.3f})" if false else "")


def _counts(clip: dict[str, Any]) -> str:
    return ", ".join(f"{n} people: {count}" for n, count in clip["pictures_by_people_found"].items())
