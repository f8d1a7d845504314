"""What damaged files come to, from benchmarks/results/fuzz.json; called by write_docs.py."""

from __future__ import annotations

from typing import Any

from pages import filled, result, table

NAMES = {
    "video": "films of 17 kinds: bytes, boxes, packets, time stamps",
    "parquet": "poses and Kinect joints in Parquet: bytes, columns, metadata, values",
    "openpose": "folders of OpenPose: json, names, people, values",
    "csv": "poses in csv: cells, lines, encodings, values",
    "profile": "profiles: manifests, networks, statistics, most of them signed anew",
    "manifest": "data sets and manifests",
}


def with_part(text: str) -> str:
    """A page with its part about damaged files filled in."""
    return filled(text, fuzz=_measured(result("fuzz")))


def _measured(r: dict[str, Any]) -> str:
    rows = [
        [
            NAMES[row["kind"]],
            *(row[figure] for figure in ("inputs", "read", "refused")),
            sum(row["faults"].values()),
            f"{row['seconds_median']:.2f}, {row['seconds_most']:.1f}",
            f"{row['megabytes_most']:.0f}",
        ]
        for row in r["kinds"]
    ]
    destroyed = {
        d: sum(row["destroyed"].get(d, 0) for row in r["kinds"]) for d in ("inconclusive", "inconsistent", "consistent")
    }
    return (
        f"Written by `scripts/write_docs.py` from the results of `python benchmarks/fuzz.py`: {r['inputs']} inputs, seed {r['seed']}, "
        f"limits of {r['limits']['seconds']:g} s of a processor and {r['limits']['megabytes']:g} MB.\n\n"
        + table(
            [
                "what was damaged",
                "inputs",
                "read",
                "refused",
                "faults",
                "seconds (median, most)",
                "MB more than before (most)",
            ],
            rows,
        )
        + f"\nVerdicts on poses that were destroyed on purpose: {destroyed['inconclusive']} inconclusive, {destroyed['inconsistent']} inconsistent, "
        f"{destroyed['consistent']} consistent\n(joints that bear each other's names, by the supervised profile: that is not asked).\n"
    )
