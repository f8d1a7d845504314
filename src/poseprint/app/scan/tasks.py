"""What a worker does with a clip: pure functions of the plan and a file, whose results go to whoever keeps them.

A worker is a process that does one task at a time. It keeps its instruments and the profiles from task to task, and
writes nothing but temporary files of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from poseprint.app.check import check_poses
from poseprint.app.profiles import Profile, read_profile
from poseprint.app.scan.rows import failed_row, verdict_row
from poseprint.app.scan.settings import MOST_PEOPLE, Plan, Watched
from poseprint.app.scan.sources import NOT_UTF8, Item, UnreachableError, fetched
from poseprint.app.sources import open_source
from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError, explain
from poseprint.core.files import file_sha256
from poseprint.core.series import PoseSeries
from poseprint.estimation.cast import Cast, Person
from poseprint.estimation.chunks import Chunk, measure_chunk
from poseprint.estimation.glance import glance
from poseprint.estimation.instruments import Instruments
from poseprint.estimation.measuring import Measuring
from poseprint.estimation.passes import FirstPass, spans_in
from poseprint.io.parquet import read_poses, write_poses
from poseprint.io.video import VideoInfo
from poseprint.movements.measure import measure
from poseprint.movements.same_take import movement_track

LONG_S = 120
"""Seconds from which on a film is measured in parts, by as many workers as are free."""
LEAST_S = 3.0
"""Nobody is measured who is in sight for less, unless there is nobody else."""


@dataclass(frozen=True, eq=False)
class Someone:
    """A person of a clip, measured.

    Attributes:
        who: their number in the clip, as `inspect` lists them.
        seconds: in sight.
        poses: as Parquet.
        track: what the recording is known again by, see `poseprint.movements.same_take`.
    """

    who: int
    seconds: float
    poses: bytes
    track: Array


@dataclass(frozen=True, eq=False)
class Clip:
    """What came of a clip.

    Attributes:
        status: measured, passed over, failed.
        reason: why it was not measured.
        sha256: of the file; empty where it could not be read.
        facts: of the film: duration_s, width, height, fps, codec, people.
        people: who were measured.
    """

    status: str
    reason: str = ""
    sha256: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    people: tuple[Someone, ...] = ()


@dataclass(frozen=True, eq=False)
class Long:
    """A film that is measured in parts.

    Attributes:
        video: what was probed.
        parts: how many.
    """

    video: VideoInfo
    parts: int


@dataclass(frozen=True, eq=False)
class Known:
    """Who is in a film that is measured in parts.

    Attributes:
        people: those to measure.
        again: of each, the numbers of the parts in which somebody else was.
    """

    people: tuple[Person, ...]
    again: tuple[tuple[int, ...], ...]


@lru_cache(maxsize=1)
def _instruments(measuring: Measuring) -> Instruments:
    return Instruments.load(measuring)


def identify(_plan: Plan, item: Item) -> str:
    """sha256 of a file; empty where it cannot be read."""
    try:
        with fetched(item.file) as path:
            return file_sha256(path)
    except UnreachableError:
        raise
    except Exception:  # `begin` says why
        return ""


def begin(plan: Plan, item: Item) -> Clip | Long:
    """Look at a file, and measure everybody in it unless it is long.

    Raises:
        UnreachableError: it cannot be fetched just now.
    """
    if item.mark == NOT_UTF8:
        return Clip("failed", "its name is not in UTF-8; rename it")
    try:
        with fetched(item.file) as path:
            try:
                return _begin(plan, path)
            except UnreachableError:
                raise
            except Exception as error:
                sha256 = file_sha256(path) if path.is_file() else ""
                return Clip("failed", explain(error).replace(str(path), item.file), sha256)
    except UnreachableError:
        raise
    except Exception as error:
        return Clip("failed", explain(error))


def _begin(plan: Plan, path: Path) -> Clip | Long:
    source = open_source(path)
    if isinstance(source.content, PoseSeries):
        sha256 = file_sha256(path)
        series = replace(source.content, recording=f"{sha256[:16]}-1")
        return Clip("measured", "", sha256, _facts(series), (_someone(series, 1, series.duration),))
    video, instruments = source.content, _instruments(plan.measuring)
    if not plan.selection.everything:
        why = glance(video, instruments.finder).passed_over(plan.selection.fewest, plan.selection.most)
        if why:
            return Clip("passed over", why, video.sha256, _film_facts(video))
    if video.duration >= LONG_S:
        return Long(video, len(spans_in(video)))
    first = FirstPass.of(video, [_measured(plan, video, k, None) for k in range(len(spans_in(video)))])
    people = [
        (person, {k: _measured(plan, video, k, person) for k in (first.of_others(person) if person else ())})
        for person in _to_measure(first.cast)
    ]
    return _clip(plan, first, people)


def part(plan: Plan, item: Item, video: VideoInfo, number: int, person: Person | None) -> Chunk:
    """One part of a long film; of a person, or of the largest and most central."""
    with fetched(item.file, keep=True) as path:
        try:
            return _measured(plan, replace(video, path=path), number, person)
        except Exception as error:
            raise PoseprintError(explain(error).replace(str(path), item.file)) from error


def meet(_plan: Plan, item: Item, video: VideoInfo, chunks: Sequence[Chunk]) -> Known | Clip:
    """Who is in a long film, when all of its parts were measured once."""
    try:
        first = FirstPass.of(video, chunks)
    except Exception as error:
        return Clip("failed", explain(error).replace(str(video.path), item.file), video.sha256)
    people = [person for person in _to_measure(first.cast) if person]
    return Known(tuple(people), tuple(tuple(first.of_others(person)) for person in people))


def join(
    plan: Plan,
    video: VideoInfo,
    chunks: Sequence[Chunk],
    people: Sequence[tuple[Person, Mapping[int, Chunk]]],
) -> Clip:
    """The people of a long film, of whom every part was measured."""
    return _clip(plan, FirstPass.of(video, chunks), people or [(None, {})])


def _to_measure(cast: Cast) -> list[Person | None]:
    long = [person for person in cast.people if person.seconds >= LEAST_S] or list(cast.people[:1])
    return [*long[:MOST_PEOPLE]] or [None]


def _measured(plan: Plan, video: VideoInfo, number: int, person: Person | None) -> Chunk:
    return measure_chunk(
        video,
        spans_in(video)[number],
        _instruments(plan.measuring),
        rate=plan.measuring.rate,
        guide=person.expected if person else None,
        passed=lambda _time: None,
    )


def _clip(plan: Plan, first: FirstPass, people: Sequence[tuple[Person | None, Mapping[int, Chunk]]]) -> Clip:
    instruments, found = _instruments(plan.measuring), []
    for person, again in people:
        who = person.number if person else 1
        measuring = replace(plan.measuring, who=who) if person else plan.measuring
        series = first.series(person, again, measuring, instruments)
        series = replace(series, recording=f"{first.video.sha256[:16]}-{who}")
        found.append(
            _someone(series, who, person.seconds if person else float(series.present().mean() * series.duration))
        )
    facts = {**_film_facts(first.video), "people": len(first.cast.people)}
    return Clip("measured", "", first.video.sha256, facts, tuple(found))


def _film_facts(video: VideoInfo) -> dict[str, Any]:
    width, height = video.size
    return {"duration_s": video.duration, "width": width, "height": height, "fps": video.fps, "codec": video.codec}


def _facts(series: PoseSeries) -> dict[str, Any]:
    width, height = series.frame_size
    return {
        "duration_s": series.duration,
        "width": width,
        "height": height,
        "fps": series.fps,
        "codec": "",
        "people": 1,
    }


def _someone(series: PoseSeries, who: int, seconds: float) -> Someone:
    measured = measure(series, 2)
    track = movement_track(measured.series, measured.stretches)
    with TemporaryDirectory(prefix="poseprint-") as folder:
        file = Path(folder) / "poses.parquet"
        write_poses(series, file)
        return Someone(who, seconds, file.read_bytes(), track)


def judge(plan: Plan, poses: bytes) -> list[dict[str, Any]]:
    """The verdicts on one person's poses against every profile."""
    with TemporaryDirectory(prefix="poseprint-") as folder:
        file = Path(folder) / "poses.parquet"
        file.write_bytes(poses)
        series = read_poses(file)
    rows = []
    for watched, profile in zip(plan.profiles, _profiles(plan.profiles), strict=True):
        try:
            verdict = check_poses(series, profile, costs=plan.costs, reference=watched.reference)
            rows.append(verdict_row(watched, verdict))
        except Exception as error:  # the other profiles are judged all the same
            rows.append(failed_row(watched, f"put aside: {explain(error)}"))
    return rows


@lru_cache(maxsize=1)
def _profiles(watched: tuple[Watched, ...]) -> tuple[Profile, ...]:
    found = []
    for one in watched:
        with TemporaryDirectory(prefix="poseprint-") as folder:
            for name, content in one.files.items():
                (Path(folder) / name).write_bytes(content)
            found.append(read_profile(folder))
    return tuple(found)
