"""Pictures that keep coming, measured as they come; the last of them as a PoseSeries whenever it is asked for.

Unlike in a file nothing is measured again: where somebody else than the person was followed, who turns out to be the one most in sight,
nothing counts as measured.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.series import GRID_FPS, PoseSeries
from poseprint.estimation.assembly import series_of
from poseprint.estimation.cast import Cast, Person
from poseprint.estimation.chunks import Chunk, Pictures
from poseprint.estimation.instruments import ASTRAY, Instruments, Seen
from poseprint.estimation.measuring import RATES, Measuring
from poseprint.io.camera import Running
from poseprint.io.clock import TOLERANCE
from poseprint.io.people import COMPARABLE
from poseprint.io.video import Frame, VideoInfo

FULL, SPARE = 0.9, 0.6
"""Share of the time that measuring may take before fewer pictures a second are measured, and below which more would fit again."""
WEIGHED = 60
"""Pictures measured whose cost tells what the next ones will."""
TIDIED = 0.1
"""Share of the window by which more is kept before what is older is let go, all at once."""
_NO_PICTURE = np.zeros((0, 0, 3), dtype=np.uint8)


@dataclass(frozen=True)
class Glimpse:
    """What one picture told.

    Attributes:
        cut: a new shot begins with it.
        change: mean absolute change from the one before, grey levels.
        people: how many of comparable size are in it; None where nobody was looked for.
        somebody: whether somebody was measured in it; None where it was not measured.
    """

    cut: bool
    change: float
    people: int | None
    somebody: bool | None


class Watcher:
    """Measures pictures of something that runs, at a rate it keeps up with, and keeps those of the last seconds.

    Args:
        measuring: how; its rate is the highest. What it names of jobs, cache and person does not count.
        window: seconds that are kept.

    Attributes:
        rate: poses a second that are estimated now, one of RATES.
    """

    def __init__(self, measuring: Measuring, window: float) -> None:
        self._measuring, self._window = measuring, window
        self._instruments = Instruments.load(measuring)
        self._pictures = Pictures(self._instruments)
        self._costs: deque[float] = deque(maxlen=WEIGHED)
        self._tick, self._newest, self._tidied = -1.0, -1.0, 0.0
        self.rate = measuring.rate

    def close(self) -> None:
        """Free what it opened itself."""
        self._pictures.close()
        if isinstance(self._measuring.estimator, str):
            self._instruments.close()

    def measure(self, frame: Frame) -> Glimpse:
        """The next picture."""
        tick = np.floor((frame.time + TOLERANCE) * self.rate)
        if self.rate < GRID_FPS and tick <= self._tick and not frame.cut:
            frame = replace(frame, picture=_NO_PICTURE)
        self._tick = tick
        begun = perf_counter()
        change, seen = self._pictures.measure(frame)
        if seen is not None and not (change.cut or self._newest < 0):  # trackers are loaded once a shot
            self._costs.append(perf_counter() - begun)
        if frame.time > self._tidied + self._window * TIDIED:
            self._pictures.forget(frame.time - self._window)
            self._tidied = frame.time
        self._newest = frame.time
        somebody = None if seen is None else bool(np.isfinite(seen.position).any())
        return Glimpse(change.cut, change.change, None if seen is None else _people(seen), somebody)

    def keep_up(self) -> bool:
        """Choose the rate by what measuring a picture costs; whether it is another one now."""
        if len(self._costs) < WEIGHED:
            return False
        cost, before = float(np.mean(self._costs)), self.rate
        fitting = [rate for rate in RATES if rate * cost <= (FULL if rate <= self.rate else SPARE)]
        self.rate = min(max(fitting, default=min(RATES)), self._measuring.rate)
        if self.rate != before:
            self._costs.clear()
        return self.rate != before

    def seen_so_far(self) -> Pictures:
        """What is kept, for `series` in another thread."""
        pictures = self._pictures.copy()
        pictures.forget(self._newest - self._window)
        return pictures

    def series(self, pictures: Pictures, footage: VideoInfo | Running, errors: int = 0) -> PoseSeries:
        """The poses of whoever was most in sight.

        Args:
            pictures: what was kept; some.
            footage: what they come from.
            errors: how often decoding failed.
        """
        chunk = pictures.columns(errors)
        begun = np.floor((chunk["time"][0] + TOLERANCE) * GRID_FPS) / GRID_FPS
        chunk["time"] = chunk["time"] - begun
        if isinstance(footage, Running) and len(chunk["time"]) > 1:
            footage = replace(footage, fps=float(1 / np.median(np.diff(chunk["time"]))))
        cast = Cast.of(chunk, footage.picture_size[0])
        person = cast.chosen(None, None)
        chunk = _of(person, chunk) if person else chunk
        measuring = replace(self._measuring, rate=self.rate)
        return series_of(footage, measuring, self._instruments, chunk, cast, person)


def _people(seen: Seen) -> int | None:
    """How many people of the size of whoever is followed, or of the largest, a picture shows."""
    if seen.heads is None:
        return None
    width = seen.heads[:, 2]
    largest = width[seen.aimed] if seen.aimed >= 0 else width.max(initial=0)
    return int((width >= COMPARABLE * largest).sum())


def _of(person: Person, chunk: Chunk) -> Chunk:
    """What was measured, without that of others: from a look in which somebody else was followed until the next in which nobody
    else was."""
    unlinked = np.setdiff1d(np.flatnonzero(chunk["aimed"]), person.rows)
    other = [row for row in unlinked if not _is_there(person, chunk["time"][chunk["head_of"][row]], chunk["head"][row])]
    asked = chunk["asked"]
    if not other:
        return chunk
    elsewhere = np.isin(asked, chunk["head_of"][other])
    last = np.searchsorted(asked, chunk["of"], side="right") - 1
    shot = np.cumsum(chunk["cut"])
    holds: Array = (last >= 0) & (shot[asked[last]] == shot[chunk["of"]]) & elsewhere[last]
    rows = {"of", "position", "confidence", "extra", "apart"}
    return {name: values[~holds] if name in rows else values for name, values in chunk.items()}


def _is_there(person: Person, time: float, head: Array) -> bool:
    """Whether a head lies where the person's is expected at a time: it was only not linked to the others."""
    own = person.expected(time)
    return own is not None and float(np.linalg.norm(head[:2] - own[:2])) <= ASTRAY * float(own[2])
