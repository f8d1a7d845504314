"""The tables of a scan: what their columns are, and a line of each (docs/scan.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from poseprint.app.scan.settings import Watched
from poseprint.core.errors import PoseprintError
from poseprint.core.verdict import Verdict
from poseprint.core.version import __version__

KINDS = ("motion", "static", "body", "head", "eyes", "mouth", "bearing", "body_posture", "head_posture", "expression")
"""The LLRs that a line has besides that of all evidence."""
_DIGITS = 6
Row = dict[str, Any]

LISTED = pa.schema([("file", pa.string()), ("size", pa.int64()), ("mark", pa.string())])
TRACKS = pa.schema([("file", pa.string()), ("who", pa.int32()), ("track", pa.binary())])
PEOPLE = pa.list_(
    pa.struct(
        [
            ("who", pa.int32()),
            ("seconds", pa.float64()),
            ("poses", pa.string()),
            ("copy_of", pa.string()),
            ("copy_who", pa.int32()),
            ("like", pa.string()),
            ("like_who", pa.int32()),
        ]
    )
)
CLIPS = pa.schema(
    [
        ("file", pa.string()),
        ("sha256", pa.string()),
        ("size", pa.int64()),
        ("mark", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("duration_s", pa.float64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("fps", pa.float64()),
        ("codec", pa.string()),
        ("people", pa.int32()),
        ("measured", PEOPLE),
    ]
)
VERDICTS = pa.schema(
    [
        ("file", pa.string()),
        ("sha256", pa.string()),
        ("who", pa.int32()),
        ("profile", pa.string()),
        ("person", pa.string()),
        ("decision", pa.string()),
        ("reason", pa.string()),
        ("llr", pa.float64()),
        *((f"llr_{kind}", pa.float64()) for kind in KINDS),
        ("margin", pa.float64()),
        ("lower", pa.float64()),
        ("upper", pa.float64()),
        ("score", pa.float64()),
        ("seconds", pa.float64()),
        ("seconds_recording", pa.float64()),
        ("findings", pa.list_(pa.string())),
        ("copy_of", pa.string()),
        ("copy_who", pa.int32()),
        ("method", pa.string()),
        ("profile_sha256", pa.string()),
        ("program", pa.string()),
        ("reference", pa.string()),
    ],
)


def verdict_row(watched: Watched, verdict: Verdict) -> Row:
    """The line of a verdict, but for file, sha256 and who."""
    evidence = verdict.evidence
    llr = {**evidence.llr, **evidence.parts} if evidence else {}
    return {
        "profile": watched.name,
        "person": watched.person,
        "decision": verdict.decision,
        "reason": verdict.reason,
        "llr": _rounded(llr.get("both")),
        **{f"llr_{kind}": _rounded(llr.get(kind)) for kind in KINDS},
        "margin": _rounded(evidence.margin.get("both")) if evidence else None,
        "lower": _rounded(evidence.lower) if evidence else None,
        "upper": _rounded(evidence.upper) if evidence else None,
        "score": _rounded(verdict.score),
        "seconds": _rounded(verdict.seconds["used"]),
        "seconds_recording": _rounded(verdict.seconds["recording"]),
        "findings": [f.code for f in verdict.findings],
        "method": verdict.method,
        "profile_sha256": watched.sha256,
        "program": __version__,
        "reference": verdict.hashes.get("reference"),
    }


def failed_row(watched: Watched, reason: str) -> Row:
    """The line of a profile that somebody could not be judged against."""
    about = {"profile": watched.name, "person": watched.person, "profile_sha256": watched.sha256}
    return {**about, "reason": reason, "program": __version__}


def verdict_lines(
    row: Mapping[str, Any],
    verdicts: Mapping[tuple[str, int], list[Row]],
    of_others: Mapping[tuple[str, int], list[Row]],
) -> Iterator[Row]:
    """The lines of a clip: one for each person and profile, or one that says why there are none.

    Args:
        row: the clip's line.
        verdicts: on those of its part who were judged, by file and who.
        of_others: the same of those in other parts of whom somebody here is a copy.
    """
    about = {"file": row["file"], "sha256": row["sha256"]}
    people = row.get("measured") or ()
    if not people:
        yield {**about, "reason": row["reason"] or "nobody was measured"}
    for person in people:
        place, of = (row["file"], person["who"]), (person["copy_of"], person["copy_who"])
        copied = {"copy_of": of[0], "copy_who": of[1]}
        for verdict in verdicts.get(of if of[0] else place) or of_others.get(of) or ():
            yield {**verdict, **about, "who": person["who"], **copied}


def people(found: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
    """Everybody who was measured in some clips: the clip's line, and what it says of them."""
    return ((row, person) for row in found for person in row.get("measured") or ())


def read_rows(file: Path, columns: Sequence[str] | None = None) -> Iterator[Row]:
    """The lines of a part's table, or some columns of them.

    Raises:
        PoseprintError: it cannot be read.
    """
    try:
        table = pq.ParquetFile(file).read(columns=columns and list(columns))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise PoseprintError(f"{file}: is damaged ({error}); remove it, and the scan makes it again") from error
    names = columns or table.column_names
    for batch in table.to_batches(max_chunksize=10_000):
        cells = [batch.column(name).to_pylist() for name in names]
        for values in zip(*cells, strict=True):
            yield dict(zip(names, values, strict=True))


def table(rows: list[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Lines as a table; what a line does not have is null."""
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), _DIGITS)
