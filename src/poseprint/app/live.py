"""What runs now + profile -> readings: the verdict so far, again and again, and at once what happens in the picture.

Pictures are measured where the readings are taken, and judged in a thread beside. Nothing is written, and no picture is kept.
A reading's verdict is that of `poseprint.app.check` on the last seconds, so over a whole film that is played the last one is the
film's, but for this: one unbroken tracking stands in the place of chunks, nothing is measured again where somebody else was followed,
and where measuring does not keep up, pictures are left out or fewer poses a second estimated.

A verdict so far may turn with what follows: how often verdicts are wrong was measured with one look at a whole clip, not with the first
of many looks that reaches one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Any, Literal

from poseprint.app.check import check_poses, misfit_of, reference_for
from poseprint.app.outlook import MOVEMENT_S, outlook
from poseprint.app.profiles import Profile, read_profile
from poseprint.core.errors import PoseprintError, VideoError
from poseprint.core.series import PoseSeries
from poseprint.core.verdict import Decision, Verdict
from poseprint.estimation.chunks import Pictures
from poseprint.estimation.measuring import Measuring
from poseprint.estimation.watching import Glimpse, Watcher
from poseprint.io.camera import Source, Stream
from poseprint.io.video import Frame
from poseprint.movements.gated import THRESHOLDS
from poseprint.movements.gates import inspect
from poseprint.verification.reference import Reference

WINDOW_S, EVERY_S = 600.0, 2.0
LISTENING_S = 0.2
"""Seconds for which a picture is waited for before it is seen whether to stop."""
SHARE = 0.2
"""Share of the time that judging may take: what takes longer is done less often."""
LASTS_S = 2.0
"""Seconds for which nobody is in sight, or the picture stands still, before it is told; and without a second person before another is."""
HISTORY = 1000
"""Readings that are looked back on to say what more footage promises."""

Kind = Literal["cut", "second_person", "nobody", "frozen", "dropped", "rate"]


@dataclass(frozen=True)
class Happening:
    """Something that was noticed.

    Attributes:
        kind: cut, second_person (of comparable size), nobody (in sight), frozen (the picture stands still), dropped (pictures for which
            there was no time), or rate (fewer or more poses a second are measured).
        seconds: when, since the first picture.
        words: what, for people.
    """

    kind: Kind
    seconds: float
    words: str


@dataclass(frozen=True)
class Reading:
    """What can be said so far.

    Attributes:
        watched: seconds since the first picture.
        usable: seconds of the window inside movements that were judged; before there are any, of the longest usable stretch.
        llr: static, motion and both, base 10, in bounds; empty where nothing was judged, or by votes.
        margin: of each, see `poseprint.core.verdict.LikelihoodRatio`.
        lower, upper: the bounds of `both`; None where there is no LLR.
        thresholds: LLR up to which the verdict is inconsistent, and from which it is consistent; None where there is no LLR.
        score: of a supervised profile, share of movements voted real; otherwise the LLR of both.
        decision: the verdict so far.
        reason: why, in words.
        needed: seconds of usable footage that a verdict still needs; see `poseprint.app.outlook`.
        outlook: the same in words.
        events: what happened since the reading before.
        rate: poses a second that are estimated.
        dropped: pictures left out so far.
        final: whether it is the last.
        verdict: all of it; None before the first.
        series: of the last reading, the poses that it is on.
    """

    watched: float
    usable: float
    llr: Mapping[str, float | None]
    margin: Mapping[str, float]
    lower: float | None
    upper: float | None
    thresholds: tuple[float, float] | None
    score: float | None
    decision: Decision
    reason: str
    needed: float | None
    outlook: str
    events: tuple[Happening, ...]
    rate: int
    dropped: int
    final: bool = False
    verdict: Verdict | None = field(default=None, repr=False, compare=False)
    series: PoseSeries | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Json-ready, without verdict and series."""
        values = asdict(replace(self, verdict=None, series=None))
        del values["verdict"], values["series"]
        return {**values, "watched": round(self.watched, 3)}


_NOTHING_YET = Reading(
    watched=0,
    usable=0,
    llr={},
    margin={},
    lower=None,
    upper=None,
    thresholds=None,
    score=None,
    decision="inconclusive",
    reason="Nothing was judged yet.",
    needed=MOVEMENT_S,
    outlook=f"{MOVEMENT_S:.0f} s more for one whole movement",
    events=(),
    rate=0,
    dropped=0,
)


def live(
    source: Source,
    profile: Profile | Path | str,
    measuring: Measuring | None = None,
    *,
    window: float = WINDOW_S,
    every: float = EVERY_S,
    seconds: float | None = None,
    stop: Event | None = None,
    on_picture: Callable[[Frame], None] | None = None,
    reference: Reference | Path | str | None = None,
) -> Generator[Reading]:
    """Readings of something that runs, until it ends or is stopped; the last one is final and has the poses.

    Args:
        source: a camera, a part of the screen or a film that is played (`poseprint.io.camera`).
        profile: of the person of interest, or its folder.
        measuring: how pictures are measured; its rate is the highest, which falls where measuring does not keep up.
        window: seconds that are judged, the last ones; what is older is forgotten.
        every: seconds from one judging to the next, more where judging takes long.
        seconds: when to end; None for never.
        stop: when set, from any thread, the final reading follows.
        on_picture: called with each picture before it is measured.
        reference: what an enrolled profile is judged with, or its folder; what ships unless given.

    Raises:
        PoseprintError: a profile, a reference or a source that cannot be read, or a person is named. Where the source breaks off, the final
            reading comes before the error.
    """
    measuring = measuring or Measuring()
    if measuring.who is not None or measuring.at is not None:
        raise PoseprintError(
            "`who` and `at` are for files; of what runs now, show the person alone or a part of the screen"
        )
    if not (window > 0 and every > 0):
        raise PoseprintError(
            f"a window and the time between two readings are longer than 0 s, got {window:g} and {every:g}"
        )
    loaded = read_profile(profile) if isinstance(profile, Path | str) else profile
    run = _Run(source, loaded, measuring, window, reference_for(loaded, reference))
    try:
        yield from run.readings(every, seconds if seconds is not None else float("inf"), stop or Event(), on_picture)
    finally:
        run.close()


class _Run:
    """One run: its stream, what measures, and what judges."""

    def __init__(
        self, source: Source, profile: Profile, measuring: Measuring, window: float, reference: Reference | None
    ) -> None:
        self._source, self._profile, self._window, self._reference = source, profile, window, reference
        self._watcher = Watcher(measuring, window)
        self._stream = Stream(source)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="judge")
        self._notes = _Notes()
        self._history: deque[tuple[float, float]] = deque(maxlen=HISTORY)
        self._latest, self._watched, self._dropped = _NOTHING_YET, 0.0, 0

    def close(self) -> None:
        """Stop reading and judging, and free what measures."""
        self._stream.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._watcher.close()

    def readings(
        self, every: float, seconds: float, stop: Event, on_picture: Callable[[Frame], None] | None
    ) -> Iterator[Reading]:
        """See `live`."""
        judging: Future[tuple[Reading, float]] | None = None
        due, error, seen, ended = every, None, False, False
        while not stop.is_set() and self._watched < seconds:
            try:
                frame = self._stream.take(LISTENING_S)
            except EOFError:
                ended = True
                break
            except PoseprintError as broken:
                error = broken
                break
            if frame is not None:
                seen = True
                if on_picture is not None:
                    on_picture(frame)
                self._measure(frame)
            if judging is None and self._watched >= due:
                judging = self._pool.submit(self._judge, self._watcher.seen_so_far())
            if judging is not None and (judging.done() or self._source.waits):
                self._latest, took = judging.result()
                judging, due = None, self._watched + max(every, took / SHARE)
                yield self._reading(self._notes.of_reading(self._watched, self._dropped_now()))
            elif self._notes.urgent:
                yield self._reading(self._notes.of_event())
        self._stream.close()
        if judging is not None:
            judging.result()  # it looks back on the same readings
        if seen:
            whole = ended and not self._stream.dropped and self._watched <= self._window
            self._latest, _ = self._judge(self._watcher.seen_so_far(), final=True, whole=whole)
            yield self._reading(self._notes.of_reading(self._watched, self._dropped_now()))
        if error is not None:
            raise error
        if not seen:
            raise VideoError(f"{self._source.name}: stopped before the first picture")

    def _measure(self, frame: Frame) -> None:
        self._watched = frame.time
        before = self._watcher.rate
        self._notes.add(self._watcher.measure(frame), frame.time)
        if not self._source.waits and self._watcher.keep_up():
            now = self._watcher.rate
            why = "measuring does not keep up" if now < before else "measuring keeps up again"
            self._notes.note("rate", frame.time, f"{why}: {now} poses a second in the place of {before}")

    def _dropped_now(self) -> int:
        """Pictures that were let go since this was asked last."""
        before, self._dropped = self._dropped, self._stream.dropped
        return self._dropped - before

    def _judge(self, pictures: Pictures, *, final: bool = False, whole: bool = False) -> tuple[Reading, float]:
        """What can be said of the pictures of a window, or of a `whole` film, and how long that took."""
        begun = perf_counter()
        opened = self._stream.opened
        series = self._watcher.series(pictures, opened.footage, opened.stats.errors)
        if not whole:
            series = series.logged("part", details={"first": 0, "last": len(series)})
        verdict = check_poses(series, self._profile, reference=self._reference)
        evidence, misfit = verdict.evidence, misfit_of(series, self._profile)
        usable = verdict.seconds["used"] or (0.0 if misfit else _longest(series))
        promise = outlook(verdict, usable, self._history, window=self._window, misfit=misfit)
        if evidence is not None and (llr := evidence.llr["both"]) is not None:
            self._history.append((usable, llr))
        reading = Reading(
            watched=0.0,
            usable=usable,
            llr=evidence.llr if evidence else {},
            margin=evidence.margin if evidence else {},
            lower=evidence.lower if evidence else None,
            upper=evidence.upper if evidence else None,
            thresholds=evidence.thresholds if evidence else None,
            score=verdict.score,
            decision=verdict.decision,
            reason=verdict.reason,
            needed=promise.seconds,
            outlook=promise.words,
            events=(),
            rate=0,
            dropped=0,
            final=final,
            verdict=verdict,
            series=series if final else None,
        )
        return reading, perf_counter() - begun

    def _reading(self, events: tuple[Happening, ...]) -> Reading:
        """What was said last, with what happened since."""
        return replace(
            self._latest, watched=self._watched, events=events, rate=self._watcher.rate, dropped=self._stream.dropped
        )


def _longest(series: PoseSeries) -> float:
    """Seconds of the longest stretch that may serve as evidence of anything."""
    kinds = inspect(series).kinds.values()
    return max((last - first for spans in kinds for first, last in spans), default=0) / series.fps


class _Notes:
    """What happens in the pictures; each thing is told when it begins, and again only after it was over."""

    def __init__(self) -> None:
        self._new: list[Happening] = []
        self._since: dict[Kind, float] = {}  # when what holds now began
        self._told: set[Kind] = set()
        self._several = -LASTS_S  # when a second person was seen last

    @property
    def urgent(self) -> bool:
        """Whether something is there to be told at once."""
        return bool(self._new)

    def note(self, kind: Kind, seconds: float, words: str) -> None:
        """Something to be told."""
        self._new.append(Happening(kind, seconds, words))

    def add(self, glimpse: Glimpse, time: float) -> None:
        """What a picture told."""
        if glimpse.cut:
            self.note("cut", time, "a cut: what follows is another shot")
        if glimpse.people is not None and glimpse.people > 1:
            if time - self._several >= LASTS_S:
                words = f"{glimpse.people} people of comparable size are in sight; show the one who is meant alone"
                self.note("second_person", time, words)
            self._several = time
        if glimpse.somebody is not None:
            self._lasting("nobody", not glimpse.somebody, time, "nobody is in sight")
        still = glimpse.change < THRESHOLDS.same_picture and not glimpse.cut
        self._lasting("frozen", still, time, "the picture stands still")

    def _lasting(self, kind: Kind, holds: bool, time: float, words: str) -> None:
        if not holds:
            self._since.pop(kind, None)
            self._told.discard(kind)
        elif kind not in self._told and time - self._since.setdefault(kind, time) >= LASTS_S:
            self._told.add(kind)
            self.note(kind, time, words)

    def of_event(self) -> tuple[Happening, ...]:
        """What is new; it is not told again."""
        new, self._new = tuple(self._new), []
        return new

    def of_reading(self, time: float, dropped: int) -> tuple[Happening, ...]:
        """The same, and how many pictures were let go meanwhile."""
        if dropped:
            self.note("dropped", time, f"{dropped} picture{'s' * (dropped != 1)} left out: measuring does not keep up")
        return self.of_event()
