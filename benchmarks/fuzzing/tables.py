"""What can befall poses in Parquet, csv and json, profiles and manifests; each into a folder of its own."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fuzzing.damage import BYTES, Rng, deep_json, json_damaged, pick, span, text_damaged
from poseprint.io.profile_folder import MANIFEST, manifest_sha256

NUMBERS = (0.0, -1.0, 1e-30, 1e30, 3.5e38, 1e300, float("nan"), float("inf"), -float("inf"))
Poses = Any  # float64 [shape=(frames, 12, 3)]: x, y, confidence


# ---- poses whose meaning is destroyed, in any form --------------------------------------------------


def _noise(poses: Poses, rng: Rng) -> Poses:
    low, high = np.nanmin(poses[:, :, :2]), np.nanmax(poses[:, :, :2])
    return np.concatenate([rng.uniform(low, high, poses[:, :, :2].shape), np.ones(poses[:, :, 2:].shape)], axis=2)


def _nobody(poses: Poses, _: Rng) -> Poses:
    return np.concatenate([np.full(poses[:, :, :2].shape, np.nan), np.zeros(poses[:, :, 2:].shape)], axis=2)


def _unseen(poses: Poses, _: Rng) -> Poses:
    """Places as they were, and no confidence in any of them."""
    return np.concatenate([poses[:, :, :2], np.zeros(poses[:, :, 2:].shape)], axis=2)


def _one_point(poses: Poses, _: Rng) -> Poses:
    return np.concatenate([np.broadcast_to(poses[:, 1:2, :2], poses[:, :, :2].shape), poses[:, :, 2:]], axis=2)


DESTROYED: dict[str, Callable[[Poses, Rng], Poses]] = {
    "noise": _noise,
    "nobody": _nobody,
    "no confidence": _unseen,
    "one point": _one_point,
    "one frame": lambda poses, rng: np.repeat(poses[rng.integers(len(poses))][None], len(poses), axis=0),
    "frames in any order": lambda poses, rng: poses[rng.permutation(len(poses))],
    "joints swapped": lambda poses, rng: poses[:, _swapped(poses.shape[1], rng)],
    "on the head": lambda poses, _: poses * np.array([1, -1, 1]) + np.array([0, np.nanmax(poses[:, :, 1]), 0]),
}
"""What leaves nothing of how the person moves, or nothing of a person; no verdict may come of it."""


def _swapped(count: int, rng: Rng) -> Any:
    """An order in which hardly a joint is where it was."""
    order = np.arange(count)
    while (order == np.arange(count)).sum() > 2:
        order = rng.permutation(count)
    return order


# ---- Parquet ---------------------------------------------------------------------------------------


def parquet_damaged(source: Path, target: Path, rng: Rng) -> str:
    """A damaged copy of a Parquet file; what befell it."""
    data = source.read_bytes()
    table = pq.read_table(source)
    meta = json.loads((table.schema.metadata or {}).get(b"poseprint", b"null"))
    ways = ["bytes"] * 4 + ["columns"] * 3 + (["poses"] * 3 + ["metadata"] * 5 if meta else [])
    way = pick(rng, ways)
    if way == "bytes":
        change = pick(rng, list(BYTES))
        target.write_bytes(BYTES[change](data, rng))
        return f"bytes: {change}"
    if way == "metadata":
        changed: Any = json_damaged(meta, rng)
        text = json.dumps(changed).encode()
        if rng.random() < 0.1:
            text = deep_json(rng) if rng.random() < 0.5 else BYTES[pick(rng, list(BYTES))](text, rng)
        table = table.replace_schema_metadata({b"poseprint": text})
        befell = "metadata"
    elif way == "poses":
        name = pick(rng, list(DESTROYED))
        table, befell = _with_poses(table, DESTROYED[name], rng), f"destroyed: {name}"
    else:
        table, befell = _columns_damaged(table, rng)
    try:
        pq.write_table(table, target, compression=pick(rng, ("zstd", "none", "snappy")))
    except (pa.ArrowException, OSError):
        target.write_bytes(BYTES["flipped"](data, rng))
        return "bytes: flipped"
    return befell


def _with_poses(table: pa.Table, change: Callable[[Poses, Rng], Poses], rng: Rng) -> pa.Table:
    names = [c for c in table.column_names if c.endswith(("_x", "_y", "_confidence")) and not c.startswith("channel_")]
    poses = np.stack([table[c].to_numpy() for c in names], axis=1).astype(float).reshape(len(table), -1, 3)
    changed = change(poses, rng).reshape(len(table), -1).astype(np.float32)
    for k, name in enumerate(names):
        table = table.set_column(table.column_names.index(name), name, pa.array(changed[:, k]))
    return table


def _columns_damaged(table: pa.Table, rng: Rng) -> tuple[pa.Table, str]:
    change = pick(
        rng, ("removed", "doubled", "renamed", "type", "values", "values", "rows", "order", "empty", "long", "strange")
    )
    at = int(rng.integers(table.num_columns))
    name = table.column_names[at]
    column = table[name]
    meta = table.schema.metadata
    if change == "removed":
        table = table.drop_columns([name])
    elif change == "doubled":
        table = table.append_column(name, column)
    elif change == "renamed":
        other = pick(rng, ("channel_x", "channel_cut", "", "time_s", name.upper(), "channel_" + "x" * 5000))
        table = table.rename_columns([other if k == at else c for k, c in enumerate(table.column_names)])
    elif change == "type":
        to = pick(rng, (pa.string(), pa.int8(), pa.bool_(), pa.float16(), pa.binary(), pa.decimal128(38, 10)))
        try:
            column = column.cast(to, safe=False)
        except (pa.ArrowException, OSError):
            column = pa.chunked_array([pa.nulls(len(table), to)])
        table = table.set_column(at, name, column)
    elif change == "values":
        values = np.array(column.to_pylist(), dtype=object)
        hit = rng.random(len(values)) < pick(rng, (0.01, 0.3, 1.0))
        values[hit] = pick(rng, (*NUMBERS, None))
        try:
            table = table.set_column(at, name, pa.array(list(values), from_pandas=False))
        except (pa.ArrowException, OverflowError, TypeError):
            table = table.drop_columns([name])
    elif change == "rows":
        first, end = span(rng, len(table), len(table))
        table = pa.concat_tables([table.slice(0, first), table.slice(end)])
    elif change == "order":
        table = table.take(rng.permutation(len(table)))
    elif change == "empty":
        table = table.slice(0, int(rng.integers(3)))
    elif change == "long":
        table = pa.concat_tables([table] * int(pick(rng, (2, 20))))
    else:
        strange = pick(rng, (pa.nulls(len(table)), pa.array([[1.0]] * len(table)), pa.array([{"a": 1}] * len(table))))
        table = table.set_column(at, name, strange)
    return table.replace_schema_metadata(meta), f"column {change}"


# ---- csv, OpenPose ---------------------------------------------------------------------------------


def csv_damaged(source: Path, target: Path, rng: Rng) -> str:
    """A damaged copy of a poses.csv; what befell it."""
    data = source.read_bytes()
    way = pick(rng, ("bytes", "text", "text", "poses"))
    if way == "poses":
        name = pick(rng, [n for n in DESTROYED if n != "no confidence"])  # which a csv does not tell
        places = np.genfromtxt(source, delimiter=",").reshape(-1, 12, 2)
        poses = np.concatenate([places, np.ones((*places.shape[:2], 1))], axis=2)
        poses[(places == 0).all(axis=2), :2] = np.nan
        changed = np.nan_to_num(DESTROYED[name](poses, rng)[:, :, :2].reshape(len(places), -1))
        target.write_text("".join(",".join(f"{v:.2f}" for v in row) + "\n" for row in changed))
        return f"destroyed: {name}"
    if way == "text":
        target.write_bytes(text_damaged(data, rng))
        return "text"
    change = pick(rng, list(BYTES))
    target.write_bytes(BYTES[change](data, rng))
    return f"bytes: {change}"


def openpose_damaged(source: Path, target: Path, rng: Rng) -> str:
    """A damaged copy of a folder of OpenPose json; what befell it."""
    shutil.copytree(source, target)
    files = sorted(target.iterdir())
    way = pick(rng, ("bytes", "json", "json", "all json", "names", "poses", "people"))
    hit = [files[int(k)] for k in rng.choice(len(files), int(pick(rng, (1, 3, 60))), replace=False)]
    if way == "bytes":
        change = pick(rng, list(BYTES))
        for file in hit:
            file.write_bytes(BYTES[change](file.read_bytes(), rng))
        return f"bytes: {change}"
    if way == "names":
        return _names_damaged(target, files, rng)
    if way == "poses":
        name = pick(rng, list(DESTROYED))
        _change_keypoints(files, lambda poses: DESTROYED[name](poses, rng))
        return f"destroyed: {name}"
    if way == "people":
        change = pick(rng, ("order", "none", "many", "scale"))
        for file in hit if change != "scale" else files:
            frame = json.loads(file.read_text())
            if change == "scale":
                for person in frame["people"]:
                    person["pose_keypoints_2d"] = [v / 1280 for v in person["pose_keypoints_2d"]]
            else:
                frame["people"] = {"order": frame["people"][::-1], "none": [], "many": frame["people"] * 50}[change]
            file.write_text(json.dumps(frame))
        return f"people {change}"
    for file in files if way == "all json" else hit:
        state = np.random.default_rng(int(rng.integers(1 << 30)))
        deep = state.random() < 0.02
        file.write_bytes(
            deep_json(state) if deep else json.dumps(json_damaged(json.loads(file.read_text()), state)).encode()
        )
    return way


def _names_damaged(folder: Path, files: list[Path], rng: Rng) -> str:
    change = pick(rng, ("huge number", "no number", "missing", "doubled", "every third", "hidden", "folder"))
    file = pick(rng, files)
    if change == "every third":
        for k, other in enumerate(files):
            if k % 3:
                other.unlink()
    elif change == "missing":
        for other in files[: int(rng.integers(len(files) + 1))]:
            other.unlink()
    elif change == "folder":
        file.unlink()
        file.mkdir()
    else:
        huge = f"clip_{'9' * int(pick(rng, (9, 19, 200)))}_keypoints.json"
        other = {"huge number": huge, "no number": "clip.json", "doubled": f"b{file.name}"}
        shutil.copy(file, folder / other.get(change, f"._{file.name}"))
    return f"names: {change}"


def _change_keypoints(files: list[Path], change: Callable[[Poses], Poses]) -> None:
    """Every person's poses through a function of all frames."""
    frames = [json.loads(file.read_text()) for file in files]
    poses = np.array([[p["pose_keypoints_2d"] for p in frame["people"]] for frame in frames]).reshape(
        len(files), -1, 25, 3
    )
    used = [0, 1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 18]
    for person in range(poses.shape[1]):
        own = poses[:, person, used]
        own[own[:, :, 2] <= 0, :2] = np.nan
        poses[:, person, used] = np.nan_to_num(change(own))
    for file, frame, now in zip(files, frames, poses, strict=True):
        for person, values in zip(frame["people"], now, strict=True):
            person["pose_keypoints_2d"] = values.ravel().tolist()
        file.write_text(json.dumps(frame))


# ---- profiles and manifests ------------------------------------------------------------------------


def profile_damaged(source: Path, target: Path, rng: Rng) -> str:
    """A damaged copy of a profile; mostly signed anew, so that what is behind the sha256 is reached."""
    shutil.copytree(source, target)
    manifest = json.loads((target / MANIFEST).read_text())
    way = pick(rng, ("bytes", "manifest", "manifest", "manifest", "content", "content", "tensors", "missing"))
    file = target / pick(rng, sorted(manifest["files"]))
    if way == "bytes":
        change = pick(rng, list(BYTES))
        path = pick(rng, (target / MANIFEST, file))
        path.write_bytes(BYTES[change](path.read_bytes(), rng))
        return f"bytes: {change}, not signed"
    if way == "missing":
        pick(rng, (target / MANIFEST, file)).unlink()
        return "a file missing"
    if way == "manifest":
        files = manifest["files"]
        manifest = json_damaged(manifest, rng)
        if isinstance(manifest, dict) and rng.random() < 0.8:
            manifest["files"] = files
    elif way == "content":
        change = pick(rng, list(BYTES))
        file.write_bytes(BYTES[change](file.read_bytes(), rng))
        way = f"{file.suffix[1:]}: {change}"
    else:
        file = next(target.glob("*.safetensors"))
        way = f"tensors: {_tensors_damaged(file, rng)}"
    if isinstance(manifest, dict):
        _sign(manifest, file)
    (target / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return f"{way}, signed"


def _sign(manifest: dict[str, Any], file: Path) -> None:
    """The sha256 of a file that changed, and of the manifest itself."""
    files = manifest.get("files")
    if isinstance(files, dict) and file.name in files:
        files[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
    try:
        manifest["sha256"] = manifest_sha256(manifest)
    except (UnicodeEncodeError, ValueError):
        manifest["sha256"] = "0" * 64


def _tensors_damaged(file: Path, rng: Rng) -> str:
    """Arrays of other shapes, types or values, or a header changed as json."""
    data = file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + length]), bytearray(data[8 + length :])
    change = pick(rng, ("header", "values", "zero"))
    if change == "header":
        header = json_damaged(header, rng)
    elif change == "values":
        words = np.frombuffer(body, np.float32, count=len(body) // 4).copy()
        words[rng.random(len(words)) < pick(rng, (0.001, 0.1, 1.0))] = np.float32(
            np.clip(pick(rng, NUMBERS), -3e38, 3e38)
        )
        body[: words.nbytes] = words.tobytes()
    else:
        body = bytearray(len(body))
    text = json.dumps(header).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + bytes(body))
    return str(change)


def manifest_damaged(source: Path, target: Path, rng: Rng) -> str:
    """A damaged copy of a data set or of a manifest and what it names; what befell its table."""
    shutil.copytree(source, target)
    (table,) = target.glob("*.csv")
    change = pick(rng, ("text", "text", "text", *BYTES))
    table.write_bytes(
        text_damaged(table.read_bytes(), rng) if change == "text" else BYTES[change](table.read_bytes(), rng)
    )
    return str(change) if change == "text" else f"bytes: {change}"
