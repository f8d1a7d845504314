"""Video -> PoseSeries: one person measured, in parallel, interruptible, on the 30 fps grid.

A video is cut into chunks whose length depends on its own alone. Each starts fresh trackers WARM_UP frames early, so that
they have settled where the chunk begins, and again at each cut. The chunks do not depend on how many of them run at a time, so
one worker and many give the same keypoints to the last bit.

In a chunk the largest and most central person is measured, and everybody's head is kept. Then heads are linked to people
over the whole video, one of them is chosen, and those chunks in which it was somebody else are measured again.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path

from poseprint.core.errors import PoseprintError
from poseprint.core.progress import Progress, processors, silent
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.estimation.cast import Person
from poseprint.estimation.chunks import Chunk, measure_chunk, read_chunk, write_chunk
from poseprint.estimation.instruments import Instruments
from poseprint.estimation.measuring import Measuring
from poseprint.estimation.passes import FirstPass, spans_in
from poseprint.io.video import VideoInfo, probe

MOST_JOBS = 4
"""Workers at a time by default: each holds about 100 MB."""


def extract(
    path: Path | str,
    measuring: Measuring | None = None,
    *,
    chunks_dir: Path | None = None,
    progress: Progress = silent,
    info: VideoInfo | None = None,
) -> PoseSeries:
    """One person's poses in a video file at 30 per second.

    Args:
        path: a local video file.
        measuring: how it is measured, and whom; the usual way unless given.
        chunks_dir: folder that keeps finished chunks, so that an interrupted extraction goes on; None to keep none.
        progress: called as frames are done; the step is the file's name.
        info: what `probe` found, if it was asked already.

    Raises:
        VideoError: nothing in the file can be decoded.
        MissingDependencyError: the model files are not there and cannot be fetched.
        PoseprintError: the person who is named is not there.
    """
    video = info if info is not None else probe(path)
    measuring = measuring or Measuring()
    progress(video.path.name, 0, video.grid_frames())  # before the models are loaded, which takes a second
    extraction = _Extraction(video, measuring, chunks_dir, progress)
    try:
        return extraction.series()
    finally:
        extraction.close()


def _in_pictures(at: tuple[float, float, float] | None, video: VideoInfo) -> tuple[float, float, float] | None:
    """A place in the video in pixels of its pictures, which are smaller where the video is very large."""
    if at is None:
        return None
    return at[0] * video.picture_size[0] / video.size[0], at[1] * video.picture_size[1] / video.size[1], at[2]


class _Extraction:
    """One extraction: its workers, their shared state, and how they are stopped."""

    def __init__(self, video: VideoInfo, measuring: Measuring, chunks_dir: Path | None, progress: Progress) -> None:
        self._video, self._measuring, self._chunks_dir, self._progress = video, measuring, chunks_dir, progress
        self._total = video.grid_frames()
        self._spans = spans_in(video)
        self._step, self._done = video.path.name, 0
        self._stop, self._lock = threading.Event(), threading.Lock()
        self.instruments = Instruments.load(measuring)
        self._opened, self._idle = [self.instruments], [self.instruments]
        settings = {**measuring.settings, "weights": self.instruments.estimator.info.weights_sha256}
        self._settings = int(hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8], 16)

    def close(self) -> None:
        """Free what it opened itself."""
        if not self._alone:
            for instruments in self._opened:
                instruments.close()

    def series(self) -> PoseSeries:
        """The chosen person's poses."""
        video, measuring = self._video, self._measuring
        first = FirstPass.of(video, self.run(None))
        person = first.cast.chosen(measuring.who, _in_pictures(measuring.at, video))
        again = first.of_others(person) if person else []
        anew = {}
        if again:
            kept = {k: chunk for k, chunk in enumerate(first.chunks) if k not in again}
            chunks = self.run(person, kept)
            anew = {k: chunks[k] for k in again}
        return first.series(person, anew, measuring, self.instruments)

    def run(self, person: Person | None, kept: dict[int, Chunk] | None = None) -> list[Chunk]:
        """Every chunk in order; on any exception the workers stop and what is finished stays on disk.

        Args:
            person: who is measured; None for the largest and most central in each.
            kept: chunks that need no measuring, by number.
        """
        kept = kept or {}
        self._step = f"{self._video.path.name}{f', person {person.number}' if person else ''}"
        todo = [k for k in range(len(self._spans)) if k not in kept]
        ends = [first for first, _ in self._spans[1:]] + [self._total]
        self._done = sum(ends[k] - self._spans[k][0] for k in kept)
        workers = min(1 if self._alone else self._measuring.jobs or min(MOST_JOBS, processors()), len(todo))
        pool = ThreadPoolExecutor(workers, thread_name_prefix="extract")
        try:
            futures = {k: pool.submit(self._chunk, k, person) for k in todo}
            waiting: set[Future[Chunk]] = set(futures.values())
            while waiting:  # with a time-out, so that Ctrl-C is heard
                done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
            return [kept[k] if k in kept else futures[k].result() for k in range(len(self._spans))]
        finally:
            self._stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            self._stop.clear()

    @property
    def _alone(self) -> bool:
        return not isinstance(self._measuring.estimator, str)

    @contextmanager
    def _borrowed(self) -> Iterator[Instruments]:
        """Instruments that nobody works with at the moment: kept from chunk to chunk, loaded where there are too few."""
        with self._lock:
            instruments = self._idle.pop() if self._idle else None
        if instruments is None:
            instruments = Instruments.load(self._measuring)
            with self._lock:
                self._opened.append(instruments)
        try:
            yield instruments
        finally:
            with self._lock:
                self._idle.append(instruments)

    def _chunk(self, k: int, person: Person | None) -> Chunk:
        first, last = self._spans[k]
        whose = f"-{self._settings:010d}{f'-{person.number}' if person else ''}"
        stored = self._chunks_dir / f"{first:08d}-{last or 0:08d}{whose}.npz" if self._chunks_dir else None
        chunk = read_chunk(stored) if stored else None
        end = self._total if last is None else last
        if chunk is not None:
            self._count(end - first)
            return chunk
        passed = self._passed(first)
        with self._borrowed() as instruments:
            chunk = measure_chunk(
                self._video,
                (first, last),
                instruments,
                rate=self._measuring.rate,
                guide=person.expected if person else None,
                passed=passed,
            )
        passed(end / GRID_FPS)
        if stored:
            with suppress(PoseprintError):  # a full disk: the work goes on without what is kept
                write_chunk(chunk, stored)
        return chunk

    def _passed(self, first: int) -> Callable[[float], None]:
        """Told of each picture that is done: moves the bar, and ends the work where it is to stop."""
        reached = first

        def passed(time: float) -> None:
            nonlocal reached
            if self._stop.is_set():
                raise KeyboardInterrupt
            now = min(int(time * GRID_FPS), self._total)
            self._count(max(0, now - reached))
            reached = max(reached, now)

        return passed

    def _count(self, frames_done: int) -> None:
        with self._lock:
            self._done += frames_done
            self._progress(self._step, min(self._done, self._total), self._total)
