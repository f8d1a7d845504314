"""Show that two versions of the program give the same results, by their command lines alone.

    python scripts/compare_results.py BEFORE [AFTER] [--data DIR] [--keep DIR]

BEFORE and AFTER are checkouts; AFTER is this one unless named. Each command below runs in both, side by side, in
a folder of its own. What it says, its exit code and every file it writes must be the same, apart from EXCLUDED. The
data files that ship are compared too. The estimator's model files must be installed (`poseprint models install`).
Without the measuring data (--data, else ../shared/data) its commands are left out, and the last line says so.
Exit code 0: all the same; 1: something differs, or a command did not do in BEFORE what it is here for.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatch
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
Found = dict[str, list[str]]
"""What a command gave, as lines to compare: its exit code, stdout, stderr and each file by name."""

# What is not compared: where (command, and which of its outputs), what of a line, and why. Everything else is.
EXCLUDED = (
    ("*", r"(?<=poseprint)(?:&#34;|[^\d\n]){1,24}\d+\.\d+\.\d+\w*", "the program's version"),
    ("experiment *.json", r"^version = .*", "the program's version"),
    ("files", r"(?<=/runs/)[0-9a-f]{20}(?=/)", "a run's folder is named by a hash that takes in the version"),
    ("experiment *.json", r"(?<=\bseconds = )\d.*", "seconds a training took"),
    ("experiment *", r"(?<=\| )[\d.]+ \|$|[\d.]+(?= s of training)", "the same, in the tables and below them"),
    ("experiment stderr", r"^\[\d+/\d+\].*", "runs go side by side: their order, and the seconds they took"),
    ("experiment stderr", r"\(\d+ s\)$", "seconds the experiment took"),
    ("train *metrics.csv", r"(?<=,)[\d.e-]+$", "seconds since the training began, the last column"),
    ("tune *study.jsonl", r'"(worker_id|datetime_\w+)":"[^"]*"', "when and by which process a trial was run"),
    ("demo stdout", r"(?<=in )[\d.]+ s\b", "seconds the demo took"),
    ("demo stdout", r"(?<=report {6}).*/(before|after)/", "the demo tells whole paths"),
    ("*.html", r"(?<=<dt>Written</dt><dd>)[^<]*", "when the report was written"),
)

# A command a line; `!` marks those that must end in an error. ../given holds what both sides are given.
HELP = "extract,inspect,draw,enroll,train,tune,experiment,evaluate,check,demo,models,models install,dataset"
HELP += ",dataset build,dataset describe,dataset import"
SAMPLE = """
--version
inspect ../given/sample/recordings/trump_briefing.parquet
enroll 'Barack Obama' ../given/sample/recordings -o enrolled
check ../given/sample/demo/genuine.parquet --profile enrolled --json
check ../given/sample/demo/impostor.parquet --profile enrolled --report enrolled.html
check ../given/sample/demo/genuine.parquet --profile enrolled --stride 75 --wrong-cost 3 --prior 0.3 --json
enroll 'Barack Obama' -o enrolled --forget obama_nasa
enroll 'Barack Obama' ../given/sample/demo/genuine.parquet -o enrolled --add --session later --json
check ../given/sample/recordings/obama_nasa.parquet --profile enrolled --json
check ../given/sample/demo/genuine.parquet --profile ../given/sample/profile --json
check ../given/sample/demo/genuine.parquet --profile ../given/sample/profile --stride 75 --json
check ../given/sample/demo/impostor.parquet --profile ../given/sample/profile --report supervised.html
check ../given/golden/poses_v1.parquet --profile ../given/golden/profile_v1 --json
check ../given/sample/recordings/obama_rally.parquet --profile ../given/golden/profile_v1 --stride 75 --json
check ../given/golden/poses_v1.parquet --profile ../given/golden/profile_v2 --json
check ../given/sample/recordings/merkel_interview.parquet --profile ../given/golden/profile_v2 --report golden.html
draw ../given/sample/recordings/biden_lectern.parquet -o drawn.mp4
dataset import ../given/poses.csv ../given/labels.csv --person Somebody --frame-size 1280x720 -o pair
dataset build ../given/manifest.csv -o built
dataset describe ../given/sample/recordings --json
evaluate ../given/sample/recordings -o evaluated --by recording --seed 1 --json
train ../given/sample/recordings --person 'Barack Obama' -o trained --set epochs=2
check ../given/sample/demo/genuine.parquet --profile trained --json
tune ../given/sample/recordings --person 'Barack Obama' -o tuned --trials 2 --set epochs=1
demo
! check nothing.parquet --profile enrolled
! check ../given/sample/demo/genuine.parquet --profile nothing
! check ../given/sample/demo/genuine.parquet
! enroll 'Barack Obama' -o ../given/sample/profile --forget obama_nasa
! train ../given/sample/recordings --person Nobody -o nothing
! experiment nothing ../given/sample/recordings -o nothing
! dataset build ../given/labels.csv -o nothing
! nothing
"""
DATA = """
extract ../given/speaker.mp4 -o speaker --person Biden --session lectern
check speaker/speaker.parquet --profile enrolled --json
extract ../given/signer -o signer --fps 25 --frame-size 1280x720
inspect ../given/signer --fps 25 --frame-size 1280x720 --json
check ../given/signer --fps 25 --frame-size 1280x720 --profile enrolled --json
enroll Signer ../given/signer --fps 25 --frame-size 1280x720 -o signing --json
check signer/signer.parquet --profile signing --json
dataset import ../given/gestures.parquet -o gestures
dataset describe gestures --json
enroll p01 gestures -o depth --json
check gestures/P2_1_5_p03.parquet --profile depth --json
check gestures/P3_1_5_p01.parquet --profile depth --report depth.html
dataset import ../given/signs.parquet -o signs
dataset import ../given/gestures.parquet -o signs
evaluate signs -o judged
experiment lstm gestures -o experiment --person p01 --seeds 1 --jobs 2 --set epochs=2
experiment lengths gestures -o experiment --person p01 --seeds 1 --split recording --set epochs=1
experiment transfer gestures -o experiment --person p01 --seeds 1 --split recording --set epochs=1
"""

LAUNCH = """
import importlib, pathlib, sys
module, function, src = sys.argv[1:4]
sys.argv[:4] = ["poseprint"]
run = getattr(importlib.import_module(module), function)
if not pathlib.Path(sys.modules[module].__file__).resolve().is_relative_to(src):
    sys.exit(f"{module} is not the one in {src}")
sys.exit(run())
"""


@dataclass
class Side:
    """A checkout, the folder its commands run in, and the files that were there after the last one."""

    checkout: Path
    folder: Path
    seen: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def run(self, command: str) -> Found:
        """Run a command; a file is in what it gave if it is new or was written anew."""
        source, words = str(self.checkout / "src"), shlex.split(command)
        project = tomllib.loads((self.checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        start = [sys.executable, "-P", "-c", LAUNCH, *project["scripts"]["poseprint"].split(":"), source]
        around = {**os.environ, "PYTHONPATH": source, "COLUMNS": "100"}
        done = subprocess.run([*start, *words], cwd=self.folder, env=around, input=b"", capture_output=True)
        outputs = [("stdout", done.stdout), ("stderr", done.stderr)]
        files = sorted(f for f in self.folder.rglob("*") if f.is_file())
        stamps = {f: (f.stat().st_mtime_ns, f.stat().st_size) for f in files}
        names = {f: f.relative_to(self.folder).as_posix() for f in files}
        outputs += [(names[f], f.read_bytes()) for f in files if self.seen.get(f) != stamps[f]]
        self.seen = stamps
        # Files whose names are the same but for EXCLUDED are put together, ordered by what is in them.
        blocks: dict[str, list[list[str]]] = {}
        for name, content in outputs:
            lines = _kept(f"{words[0]} {name}", lines_of(name, content))
            blocks.setdefault(_kept("files", [name])[0], []).append(lines)
        found = {name: [line for block in sorted(several) for line in block] for name, several in blocks.items()}
        return {"exit code": [str(done.returncode)], "files": sorted(_kept("files", names.values())), **found}


def _kept(where: str, lines: Iterable[str]) -> list[str]:
    """The lines without what is excluded there."""
    rules = [pattern for place, pattern, _ in EXCLUDED if fnmatch(where, place)]
    kept = []
    for line in lines:
        for pattern in rules:
            line = re.sub(pattern, "...", line)
        kept.append(line)
    return kept


def lines_of(name: str, content: bytes) -> list[str]:
    """A file, or what a command said, as lines: a value a line of json and Parquet, a sha256 of what is no text."""
    if name.endswith(".parquet"):
        return list(_parquet(content))
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return [_sha256(content)]
    if name.endswith(".html"):  # blank lines and indents between tags are shown by no browser
        return [line.strip() for line in text.splitlines() if line.strip()]
    is_json = name.endswith(".json") or (name == "stdout" and text.startswith("{"))
    return list(_flat(json.loads(text))) if is_json else text.splitlines()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _flat(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from _flat(value[key], f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for i, one in enumerate(value):
            yield from _flat(one, f"{path}[{i}]")
    else:
        yield f"{path} = {json.dumps(value, ensure_ascii=False)}"


def _parquet(content: bytes) -> Iterator[str]:
    """All bytes before the footer, which holds the metadata, as one line; then each column and the metadata."""
    yield "pages = " + _sha256(content[: -8 - int.from_bytes(content[-8:-4], "little")])
    table = pq.read_table(pa.BufferReader(content))
    for column in table.schema:
        yield f"{column.name} ({column.type}) = {_sha256(repr(table[column.name].to_pylist()).encode())}"
    for key, value in (table.schema.metadata or {}).items():
        yield from _flat(json.loads(value), key.decode())


def _differences(name: str, before: list[str], after: list[str]) -> str:
    """The first lines that differ, from a little before where they do."""
    gone, new = ([line for line in a if line not in set_b] for a, set_b in ((before, {*after}), (after, {*before})))
    shown = []
    for pair in islice(zip_longest(gone, new, fillvalue="(nothing)"), 3):
        same = next(i for i, (a, b) in enumerate(zip_longest(*pair)) if a != b)
        shown.append(" -> ".join(line[max(0, same - 60) :][:100] for line in pair))
    return f"{name}: {max(len(gone), len(new))} lines differ: " + ("; ".join(shown) or "in their order alone")


def tell(what: str, before: Found, after: Found, problem: str = "") -> bool:
    """Print whether both gave the same; returns it."""
    pairs = [(name, before.get(name, []), after.get(name, [])) for name in before | after]
    problems = [problem] if problem else []
    problems += [_differences(name, a, b) for name, a, b in pairs if before.get(name) != after.get(name)]
    size = f"{len(before)} outputs, {sum(map(len, before.values()))} values or lines"
    print(f"{'DIFFERENT' if problems else 'same':9}  {what}  ({size})", flush=True)
    for line in problems[:8]:
        print(f"           {line}")
    if len(problems) > 8:
        print(f"           and {len(problems) - 8} more outputs")
    return not problems


def compare(command: str, sides: tuple[Side, Side]) -> bool:
    fails, words = command.startswith("! "), command.removeprefix("! ")
    with ThreadPoolExecutor(2) as pool:
        before, after = pool.map(Side.run, sides, (words, words))
    expected = ["3"] if fails else ["0", "1", "2"] if words.startswith("check") else ["0"]
    code, said = before["exit code"][0], " ".join(before["stderr"])
    problem = "" if code in expected else f"BEFORE ended with exit code {code}: {said[-300:]}"
    return tell(f"{words}: exit code {code}", before, after, problem)


def _shipped(checkout: Path) -> Found:
    """Data files in the package, and the golden files, wherever the package keeps them."""
    folders = [f for name in ("sample", "references") for f in (checkout / "src").rglob(name) if f.is_dir()]
    return {
        f"{folder.name}/{file.relative_to(folder).as_posix()}": lines_of(file.name, file.read_bytes())
        for folder in [*folders, checkout / "tests" / "golden"]
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix not in (".py", ".pyc")
    }


def give(before: Path, given: Path) -> list[str]:
    """Put the sample and the golden files in `given`, with what is made of them; the commands to inspect each."""
    shutil.copytree(next(f for f in (before / "src").rglob("sample") if f.is_dir()), given / "sample")
    shutil.copytree(before / "tests" / "golden", given / "golden")
    table = pq.read_table(given / "sample" / "demo" / "genuine.parquet")
    columns = [table[name].to_pylist() for name in table.column_names if name.endswith(("_x", "_y"))][:24]
    (given / "poses.csv").write_text("".join(",".join(map(str, row)) + "\n" for row in list(zip(*columns))[:600]))
    (given / "labels.csv").write_text("1\n1\n0\n1\n")
    lines = ["file,person,label,activity,recording", "sample/demo/genuine.parquet,Obama,real,speech,one"]
    lines += ["sample/demo/impostor.parquet,Trump,fake,,"]
    (given / "manifest.csv").write_text("\n".join(lines) + "\n")
    poses = sorted(file.relative_to(given.parent) for file in given.rglob("*.parquet"))
    return [f"inspect --json ../{file.as_posix()}" for file in poses]


def give_data(data: Path, given: Path) -> None:
    """Put a few recordings of the measuring data in `given`."""
    shutil.copy(data / "videos" / "biden_real_2021-wh-lectern.mp4", given / "speaker.mp4")
    shutil.copytree(data / "openpose_signer" / "json" / "linguistik", given / "signer")
    _cut(data / "msrc12" / "upper_body.parquet", given / "gestures.parquet", persons=5, recordings=3)
    _cut(data / "isl_kinect" / "upper_body.parquet", given / "signs.parquet", persons=5, recordings=6)


def _cut(source: Path, target: Path, *, persons: int, recordings: int) -> None:
    """The first persons of a Kinect table, and some recordings of each, evenly from all."""
    table = pq.read_table(source)
    chosen = []
    for person in sorted(set(table["person"].to_pylist()))[:persons]:
        own = sorted(set(table.filter(pc.equal(table["person"], person))["recording"].to_pylist()))
        chosen += own[:: len(own) // recordings][:recordings]
    pq.write_table(table.filter(pc.is_in(table["recording"], pa.array(chosen))), target)


def run(before: Path, after: Path, data: Path, work: Path) -> int:
    started, has_data = time.monotonic(), data.is_dir()
    for name in ("given", "before", "after"):
        (work / name).mkdir(parents=True)
    sides = (Side(before, work / "before"), Side(after, work / "after"))
    helps = [f"{name} --help" for name in HELP.split(",")]
    commands = ["--help", *helps, *give(before, work / "given"), *SAMPLE.strip().splitlines()]
    if has_data:
        give_data(data, work / "given")
        commands += DATA.strip().splitlines()
    results = [tell("data files that ship, and golden files", _shipped(before), _shipped(after))]
    results += [compare(command, sides) for command in commands]
    different = results.count(False)
    total = f"{different} of {len(results)} DIFFERENT" if different else f"all {len(results)} the same"
    left_out = "" if has_data else f"; without {data}, its {len(DATA.strip().splitlines())} commands are left out"
    print(f"{total}, in {time.monotonic() - started:.0f} s{left_out}")
    return int(different > 0)


def main() -> int:
    parser = argparse.ArgumentParser(description="Show that two versions of the program give the same results.")
    parser.add_argument("before", type=Path, metavar="BEFORE", help="checkout to compare with")
    parser.add_argument("after", type=Path, nargs="?", default=ROOT, metavar="AFTER", help="this checkout unless named")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="the measuring data")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="new folder for all that the commands write")
    options = parser.parse_args()
    if options.keep and options.keep.exists():
        parser.error(f"{options.keep} is there already")
    with tempfile.TemporaryDirectory() as temporary:
        return run(options.before.resolve(), options.after.resolve(), options.data, options.keep or Path(temporary))


if __name__ == "__main__":
    sys.exit(main())
