"""Video -> PoseSeries: pictures to an estimator, in parallel, interruptible, on the 30 fps grid.

A video is cut into chunks whose length depends on its own alone, aligned with the default movements. Each chunk starts
a fresh estimator WARM_UP frames early, so that its tracking has settled where the chunk begins, and
again at each cut. The chunks do not depend on how many of them run at a time, so one worker and many
give the same keypoints to the last bit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import VideoError
from poseprint.core.files import atomic_write
from poseprint.core.progress import Progress, processors, silent
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.core.version import __version__
from poseprint.estimation.estimator import Estimator, Pose
from poseprint.estimation.registry import load_estimator
from poseprint.estimation.shots import Change, ShotDetector
from poseprint.io.clock import TOLERANCE
from poseprint.io.video import DecodeStats, Frame, VideoInfo, frames, probe

CHUNK = 150
"""Grid frames in the shortest chunk, and what all chunks but the last are multiples of: a default movement."""
LONGEST_CHUNK = 900
"""Grid frames in the longest chunk; each starts with a warm-up, so longer ones cost less."""
MOST_JOBS = 4
"""Workers at a time by default: each holds about 100 MB."""
WARM_UP = 15
"""Grid frames an estimator sees before a chunk begins; its poses on them are thrown away."""
LONGEST_GAP = 0.15
"""Seconds between source pictures up to which poses are interpolated; beyond, they are missing."""

SEQUENTIAL_CHUNKS = 4
"""Chunks of a video that can only be read from its start, however long it is: each reads all that is before it."""

_COLUMNS = ("number", "time", "position", "confidence", "cut", "reshaped", "change", "camera", "people", "errors")
Chunk = dict[str, Array]
_NO_PICTURE = np.zeros((0, 0, 3), dtype=np.uint8)


def extract(
    path: Path | str,
    *,
    estimator: str | Estimator = "mediapipe",
    models: Path | None = None,
    jobs: int | None = None,
    chunks_dir: Path | None = None,
    progress: Progress = silent,
    info: VideoInfo | None = None,
) -> PoseSeries:
    """The poses in a video file at 30 per second.

    Args:
        path: a local video file.
        estimator: a name in `poseprint.estimation.registry.ESTIMATORS`; or an estimator, which then works alone,
            whatever `jobs` is, and stays open.
        models: folder of the estimator's model files; None for the user's cache.
        jobs: chunks at a time; None for one a processor, but no more than MOST_JOBS.
        chunks_dir: folder that keeps finished chunks, so that an interrupted extraction goes on; None to keep none.
        progress: called as frames are done; the step is the file's name.
        info: what `probe` found, if it was asked already.

    Raises:
        VideoError: nothing in the file can be decoded.
        MissingDependencyError: the model files are not there and cannot be fetched.
    """
    video = info if info is not None else probe(path)
    total = video.grid_frames()
    spans = _chunks(total, anywhere=video.stamps is not None)
    extraction = _Extraction(video, estimator, models, chunks_dir, progress, total)
    workers = 1 if not isinstance(estimator, str) else jobs or min(MOST_JOBS, processors())
    chunks = extraction.run(spans, min(workers, len(spans)))
    return _assemble(video, extraction.estimator_used, chunks)


def _chunks(total: int, *, anywhere: bool = True) -> list[tuple[int, int | None]]:
    """The chunks of a video of `total` grid frames; they depend on nothing else. The last one is open.

    Args:
        total: grid frames.
        anywhere: whether reading can begin anywhere.
    """
    most = LONGEST_CHUNK if anywhere else max(LONGEST_CHUNK, -(-total // SEQUENTIAL_CHUNKS))
    length = int(np.clip(total // 4 // CHUNK, 1, -(-most // CHUNK))) * CHUNK
    starts = list(range(0, total, length))
    if len(starts) > 1 and total - starts[-1] < length // 3:
        starts.pop()
    return list(zip(starts, [*starts[1:], None], strict=True))


@dataclass(frozen=True)
class _SourcePicture:
    """A source picture: what was read of it, its shot, its change from the last."""

    frame: Frame
    shot: int
    change: Change


class _Extraction:
    """One extraction: its workers, their shared state, and how they are stopped."""

    def __init__(
        self,
        video: VideoInfo,
        estimator: str | Estimator,
        models: Path | None,
        chunks_dir: Path | None,
        progress: Progress,
        total: int,
    ) -> None:
        self._video, self._estimator_or_name, self._models, self._chunks_dir = video, estimator, models, chunks_dir
        self._progress, self._total, self._done = progress, total, 0
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._local, self._estimators = threading.local(), list[Estimator]()
        self.estimator_used = self._estimator()

    def run(self, spans: list[tuple[int, int | None]], jobs: int) -> list[Chunk]:
        """Every chunk in order; on any exception the workers stop and what is finished stays on disk."""
        pool = ThreadPoolExecutor(jobs, thread_name_prefix="extract")
        try:
            futures = [pool.submit(self._chunk, first, last) for first, last in spans]
            waiting: set[Future[Chunk]] = set(futures)
            while waiting:  # with a time-out, so that Ctrl-C is heard
                done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
            return [future.result() for future in futures]
        finally:
            self._stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            for estimator in self._estimators:
                estimator.close()

    def _estimator(self) -> Estimator:
        """This thread's own estimator, or the one that was given."""
        if not isinstance(self._estimator_or_name, str):
            return self._estimator_or_name
        if not hasattr(self._local, "estimator"):
            self._local.estimator = load_estimator(self._estimator_or_name, self._models)
            with self._lock:
                self._estimators.append(self._local.estimator)
        estimator: Estimator = self._local.estimator
        return estimator

    def _chunk(self, first: int, last: int | None) -> Chunk:
        stored = self._chunks_dir / f"{first:08d}-{last or 0:08d}.npz" if self._chunks_dir else None
        chunk = _read_chunk(stored) if stored else None
        if chunk is None:
            chunk = self._estimate(first, last)
            if stored:
                with atomic_write(stored) as partial:
                    np.savez(partial, **chunk)  # type: ignore[arg-type]
        else:
            self._count((self._total if last is None else last) - first)
        return chunk

    def _estimate(self, first: int, last: int | None) -> Chunk:
        """Poses and signals of the source pictures shown from grid point `first` until before `last`."""
        stats = DecodeStats()
        pending: deque[_SourcePicture] = deque()  # given to the estimator, no pose yet
        rows: list[tuple[_SourcePicture, Pose]] = []
        shots = groupby(self._pictures(first, last, stats), key=lambda shown: shown.shot)
        for _, shot in shots:
            poses = self._estimator().track(_track_inputs(shot, pending))
            rows.extend((pending.popleft(), pose) for pose in poses)
        rows = [(shown, pose) for shown, pose in rows if shown.frame.time >= first / GRID_FPS - TOLERANCE]
        keypoints = len(self._estimator().skeleton.keypoints)
        return {
            "number": np.array([s.frame.number for s, _ in rows], dtype=np.int64),
            "time": np.array([s.frame.time for s, _ in rows], dtype=np.float64),
            "position": np.array([p.position for _, p in rows], dtype=np.float64).reshape(-1, keypoints, 2),
            "confidence": np.array([p.confidence for _, p in rows], dtype=np.float64).reshape(-1, keypoints),
            "cut": np.array([s.change.cut for s, _ in rows], dtype=np.float32),
            "reshaped": np.array([s.frame.reshaped for s, _ in rows], dtype=np.float32),
            "change": np.array([s.change.change for s, _ in rows], dtype=np.float32),
            "camera": np.array([s.change.camera for s, _ in rows], dtype=np.float32),
            "people": np.array([p.people for _, p in rows], dtype=np.float32),
            "errors": np.array(stats.errors),
        }

    def _pictures(self, first: int, last: int | None, stats: DecodeStats) -> Iterator[_SourcePicture]:
        """The pictures of a chunk and of its warm-up, with how each differs from the one before."""
        detector, shot, reached = ShotDetector(), 0, first
        start, end = max(0, first - WARM_UP) / GRID_FPS, np.inf if last is None else last / GRID_FPS
        for frame in frames(self._video, start, end, stats=stats):
            if self._stop.is_set():
                raise KeyboardInterrupt
            change = detector(frame.thumbnail, cut=frame.cut)
            shot += change.cut
            yield _SourcePicture(frame, shot, change)
            now = min(int(frame.time * GRID_FPS), self._total)
            self._count(max(0, now - reached))
            reached = max(reached, now)
        self._count((self._total if last is None else last) - reached)

    def _count(self, frames_done: int) -> None:
        with self._lock:
            self._done += frames_done
            self._progress(self._video.path.name, min(self._done, self._total), self._total)


def _track_inputs(shot: Iterable[_SourcePicture], pending: deque[_SourcePicture]) -> Iterator[tuple[float, Array]]:
    """What `Estimator.track` takes."""
    for shown in shot:
        picture = shown.frame.picture
        pending.append(
            replace(shown, frame=replace(shown.frame, picture=_NO_PICTURE))
        )  # only the current one is in memory
        yield shown.frame.time, picture


def _read_chunk(path: Path) -> Chunk | None:
    """A finished chunk, or None if it is not there or cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in _COLUMNS}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def _assemble(video: VideoInfo, estimator: Estimator, chunks: list[Chunk]) -> PoseSeries:
    """Chunks of source pictures -> a series on the grid."""
    pictures: Chunk = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in _COLUMNS[:-1]}
    time = pictures["time"]
    if not len(time):
        raise VideoError(f"{video.path}: nothing in it can be decoded; the file is damaged or cut off")
    count = max(1, int(np.ceil((time[-1] + 1 / video.fps - TOLERANCE) * GRID_FPS)))
    nearest = np.clip(np.floor(time * GRID_FPS + 0.5).astype(np.int64), 0, count - 1)
    pictures["position"] = pictures["position"] * np.array(video.size, dtype=np.float64)
    position, confidence = _interpolate(pictures, nearest, np.arange(count) / GRID_FPS)
    log = {
        "step": "extract",
        "poseprint": __version__,
        "video": video.facts(),
        "pictures": len(time),
        "reshaped": int(pictures["reshaped"].sum()),
        "decode_errors": int(sum(chunk["errors"] for chunk in chunks)),
        "lost_seconds": round(_lost_seconds(video, pictures["number"]), 3),
    }
    return PoseSeries(
        position=position,
        confidence=np.clip(confidence, 0, 1),
        time=np.arange(count) / GRID_FPS,
        fps=GRID_FPS,
        frame_size=video.size,
        skeleton=estimator.skeleton,
        recording=video.path.stem,
        source_sha256=video.sha256,
        estimator=estimator.info,
        channels=_signals(pictures, nearest, count),
        log=(log,),
    )


def _signals(pictures: Chunk, nearest: Array, count: int) -> dict[str, Array]:
    """What the pictures say besides, each at the grid point nearest to its picture: of several there, the most."""
    signals = {"shown": np.zeros(count)}
    signals["shown"][nearest] = 1
    for name in ("cut", "change", "camera"):
        signals[name] = np.zeros(count)
        np.maximum.at(signals[name], nearest, pictures[name])
    signals["people"] = np.full(count, np.nan)
    np.fmax.at(signals["people"], nearest, pictures["people"])
    return signals


def _interpolate(pictures: Chunk, nearest: Array, grid: Array) -> tuple[Array, Array]:
    """Positions and confidences at the grid's times.

    Between two pictures of one shot a pose is interpolated linearly to the grid's time, so that a
    source of 25 frames a second does not seem to stand still five times a second.

    Args:
        pictures: the source pictures' columns.
        nearest: the grid point nearest to each.
        grid: seconds [shape=(frames,)].
    """
    time, shot = pictures["time"], np.cumsum(pictures["cut"])
    current = np.maximum(np.searchsorted(nearest, np.arange(len(grid)), side="right") - 1, 0)
    before = np.maximum(current - (time[current] > grid + TOLERANCE), 0)
    after = np.minimum(before + 1, len(time) - 1)
    gap = time[after] - time[before]
    weight = np.clip((grid - time[before]) / np.where(gap > 0, gap, 1), 0, 1)
    weight[weight * gap < TOLERANCE] = 0
    weight[(1 - weight) * gap < TOLERANCE] = 1
    alone = (gap > LONGEST_GAP) | (shot[before] != shot[after]) | (before == after)
    before, after, weight = (np.where(alone, current, i) for i in (before, after, weight))
    weight[alone] = 0
    w = weight[:, None, None]
    start, end = pictures["position"][before], pictures["position"][after]
    position = np.where(w == 0, start, np.where(w == 1, end, (1 - w) * start + w * end))
    confidence = (1 - w[:, 0]) * pictures["confidence"][before] + w[:, 0] * pictures["confidence"][after]
    # A picture that stays on display for long is no evidence that the person stood still.
    position[np.abs(grid - time[current]) > LONGEST_GAP] = np.nan
    return position, confidence


def _lost_seconds(video: VideoInfo, numbers: Array) -> float:
    """How long pictures are missing that the file has but that did not decode, or that are cut off at its end."""
    clock = video.clock
    wanted = np.flatnonzero(clock.measured)
    place = np.searchsorted(wanted, numbers)
    step = max(1 / video.fps, 1 / GRID_FPS)
    gaps = np.diff(clock.times[numbers])
    lost = gaps[(np.diff(place) > 1) & (gaps > 1.5 * step)] - step
    tail = clock.times[wanted[-1]] - clock.times[numbers[-1]]
    if video.cut_off:
        tail = max(tail, video.declared_duration - step - clock.times[numbers[-1]])
    return float(lost.sum() + max(tail, 0))
