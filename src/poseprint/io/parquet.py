"""Poses as Parquet, one file a recording: the project's own form (docs/formats.md)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from poseprint.core.errors import PoseFileError
from poseprint.core.files import absence, atomic_write, parse_json
from poseprint.core.series import EstimatorInfo, PoseSeries
from poseprint.core.skeleton import UPPER_BODY, Skeleton
from poseprint.io.notes import described

FORMAT_VERSION = 2
SKELETONS: dict[str, Skeleton] = {UPPER_BODY.name: UPPER_BODY}
_CHANNEL = "channel_"


def write_poses(series: PoseSeries, path: Path | str) -> None:
    """Write a series; the file appears whole or not at all.

    Args:
        series: poses of a recording.
        path: the Parquet file, of format version 2 (docs/formats.md).

    Raises:
        PoseprintError: the path cannot be written.
    """
    columns: dict[str, Any] = {
        "frame": pa.array(np.arange(len(series), dtype=np.int32)),
        "time_s": pa.array(series.time),
    }
    for k, name in enumerate(series.skeleton.keypoints):
        columns[f"{name}_x"] = pa.array(series.position[:, k, 0])
        columns[f"{name}_y"] = pa.array(series.position[:, k, 1])
        columns[f"{name}_confidence"] = pa.array(series.confidence[:, k])
    for name, values in series.channels.items():
        columns[_CHANNEL + name] = pa.array(values)
    meta = {"format_version": FORMAT_VERSION, **described(series)}
    table = pa.table(columns).replace_schema_metadata({"poseprint": json.dumps(meta)})
    with atomic_write(path) as partial, open_native(partial, "wb") as file:
        # Streams of like bytes: half the size of plain floats, and lossless.
        pq.write_table(table, file, compression="zstd", use_dictionary=False, use_byte_stream_split=True)


def read_poses(path: Path | str) -> PoseSeries:
    """Read a series.

    Args:
        path: a Parquet file that `write_poses` wrote, of this version or an older one.

    Raises:
        PoseFileError: not Parquet, not poses, of a newer version, or with a column missing.
    """
    meta = read_poses_metadata(path)
    skeleton = SKELETONS.get(str(meta.get("skeleton")))
    if skeleton is None:
        raise PoseFileError(
            f"{path}: skeleton {meta.get('skeleton')!r} is not known here; known: {', '.join(SKELETONS)}"
        )
    names = [f"{k}_{column}" for k in skeleton.keypoints for column in ("x", "y", "confidence")]
    try:
        with open_native(Path(path)) as file:
            table = pq.read_table(file)
        absent = [name for name in ("time_s", *names) if name not in table.column_names]
        if absent:
            raise PoseFileError(f"{path}: columns are missing: {', '.join(absent[:5])}")
        values = np.stack([table[name].to_numpy() for name in names], axis=1)
        values = values.reshape(-1, len(skeleton.keypoints), 3)
        return PoseSeries(
            position=values[:, :, :2],
            confidence=values[:, :, 2],
            time=table["time_s"].to_numpy(),
            fps=float(meta["fps"]),
            frame_size=(int(meta["frame_size"][0]), int(meta["frame_size"][1])),
            skeleton=skeleton,
            recording=str(meta["recording"]),
            person=str(meta.get("person", "")),
            source_sha256=str(meta.get("source_sha256", "")),
            estimator=EstimatorInfo(**meta["estimator"]),
            channels={
                c.removeprefix(_CHANNEL): table[c].to_numpy() for c in table.column_names if c.startswith(_CHANNEL)
            },
            log=tuple(meta.get("log", ())),
        )
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError, IndexError) as error:
        raise PoseFileError(f"{path}: not a pose file of version {FORMAT_VERSION} ({error})") from error


def read_poses_metadata(path: Path | str) -> dict[str, Any]:
    """The json in the file's schema, without reading the poses.

    Raises:
        PoseFileError: not Parquet, not poses, or of a newer version.
    """
    if not Path(path).exists():
        raise PoseFileError(absence(Path(path)))
    try:
        with open_native(Path(path)) as file:
            raw = (pq.read_schema(file).metadata or {}).get(b"poseprint")
    except (pa.ArrowException, OSError, ValueError) as error:  # a ValueError: a column's name is no UTF-8
        raise PoseFileError(f"{path}: not a Parquet file, or damaged") from error
    if raw is None:
        raise PoseFileError(
            f"{path}: a Parquet file, but not of poses (no `poseprint` metadata); make one with `poseprint extract`"
        )
    try:
        meta = parse_json(raw)
        version = int(meta["format_version"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise PoseFileError(f"{path}: its `poseprint` metadata cannot be read") from error
    if not 1 <= version <= FORMAT_VERSION:
        raise PoseFileError(
            f"{path}: pose format {version}; this poseprint reads formats up to {FORMAT_VERSION}: update poseprint"
        )
    return dict(meta)


def count_frames(path: Path) -> int:
    """How many frames a file of poses has, without reading them.

    Raises:
        PoseFileError: not Parquet.
    """
    try:
        with open_native(path) as file:
            return int(pq.read_metadata(file).num_rows)
    except (pa.ArrowException, OSError) as error:
        raise PoseFileError(f"{path}: not a Parquet file, or damaged") from error


def open_native(path: Path, mode: str = "rb") -> pa.NativeFile:
    """A file for pyarrow, which takes a path that is no UTF-8 as bytes alone, and whose threads outlive Python's own files."""
    return pa.OSFile(str(path) if os.name == "nt" else os.fsencode(path), mode)
