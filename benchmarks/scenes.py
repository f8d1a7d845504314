"""Drawn scenes of several people whose keypoints are known: nobody's footage, every movement measured on somebody.

    python benchmarks/scenes.py FOLDER    # one picture of each scene, to look at

A scene has a cast; each member goes along a path of their own with the gestures of a recording of the sample. `scenes` gives two
sets that share no recording, no look and no layout: one to choose thresholds on, one kept aside for the figures that are reported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from poseprint.core.skeleton import LEFT_EAR, LEFT_EYE, NECK, NOSE, RIGHT_EAR, RIGHT_EYE
from poseprint.io.poses import read_poses
from poseprint.rendering.avatar import OVERSAMPLING, _complete
from poseprint.rendering.figure import BACKDROPS, CIRCLE, Figure, Look

SAMPLE = Path(__file__).resolve().parent.parent / "src" / "poseprint" / "app" / "sample" / "recordings"
SIZE = (1280, 720)
SECONDS = 10.0
ASKED = 4  # times a second
SETS = {
    "development": ("obama_rally", "trump_rally", "merkel_interview", "biden_lectern", "trump_factory"),
    "kept_aside": ("obama_convention_begin", "trump_briefing", "oliver_desk", "obama_nasa", "trump_fundraiser"),
}
"""Whose movements each set of scenes has."""
HEAD = [NOSE, RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR]
DEEP = np.array([0.5, 0.4, 0.4, 0.0, 0.0])  # how far these lie before the ears, in distances from ear to ear

Path2D = Callable[[float], tuple[float, float, float] | None]
"""Time in seconds -> the neck in shares of width and height, and the shoulder width in pixels; None = not there."""


@dataclass(frozen=True)
class Member:
    """One of the cast: whose movement, what they look like, where they go, how far they are turned (radians)."""

    recording: str
    look: Look
    path: Path2D
    turn: float = 0.0
    late: int = 0  # frames of the recording that are passed over


@dataclass(frozen=True)
class Scene:
    """People in front of a backdrop, the rearmost first; light 1 = full."""

    name: str
    cast: tuple[Member, ...]
    backdrop: Look
    light: float = 1.0
    cuts: tuple[float, ...] = ()

    def pictures(
        self, seed: int, times: Sequence[float] = tuple(np.arange(0, SECONDS, 1 / ASKED).tolist())
    ) -> Iterator[tuple[float, np.ndarray, np.ndarray, np.ndarray]]:
        """Time, uint8 RGB picture, keypoints [shape=(cast, 12, 2)] in pixels (NaN = not there) and the share of each head in sight."""
        rng = np.random.default_rng(seed)
        width, height = (OVERSAMPLING * length for length in SIZE)
        empty = BACKDROPS[self.backdrop.backdrop](width, height, self.backdrop.background)
        for time in times:
            picture, pose = empty.copy(), np.full((len(self.cast), 12, 2), np.nan)
            heads = np.zeros((len(self.cast), len(CIRCLE) * 3, 2))
            in_sight = np.zeros(heads.shape[:2], dtype=bool)
            for who, member in enumerate(self.cast):
                place = member.path(time)
                if place is None:
                    continue
                pose[who], unit, head = _pose(member, time, place)
                before = np.asarray(picture).copy()
                Figure(picture, pose[who] * OVERSAMPLING, unit * OVERSAMPLING, head * OVERSAMPLING, member.look).draw()
                covered = (np.asarray(picture) != before).any(axis=2)
                middle = pose[who, [RIGHT_EAR, LEFT_EAR]].mean(axis=0)
                heads[who] = middle + np.concatenate([CIRCLE * r for r in (0.15, 0.35, 0.5)]) * head
                in_sight[:who] &= ~_at(covered, heads[:who])
                in_sight[who] = ((heads[who] >= 0) & (heads[who] < SIZE)).all(axis=1)
            drawn = np.asarray(picture.reduce(OVERSAMPLING))
            if self.light < 1:
                drawn = (drawn * self.light + rng.normal(0, 4, drawn.shape)).clip(0, 255).astype(np.uint8)
            yield time, drawn, pose, in_sight.mean(axis=1)


def _at(mask: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The mask (of the picture drawn larger) at points of the picture; outside False."""
    x, y = np.round(points * OVERSAMPLING).astype(int).transpose(2, 0, 1)
    inside = (x >= 0) & (y >= 0) & (x < mask.shape[1]) & (y < mask.shape[0])
    return inside & mask[y.clip(0, mask.shape[0] - 1), x.clip(0, mask.shape[1] - 1)]


@lru_cache
def _movement(recording: str) -> tuple[np.ndarray, float, float]:
    """Joints about the neck's usual place in shoulder widths, of the longest shot; ear distance; frames a second."""
    series = read_poses(SAMPLE / f"{recording}.parquet")
    first, last = max(series.shots(), key=lambda shot: shot[1] - shot[0])
    joints, unit, head = _complete(series.position[first:last].astype(np.float64), series.fps, 1.0)
    return (joints - np.median(joints[:, NECK], axis=0)) / unit, head / unit, series.fps


def _pose(member: Member, time: float, place: tuple[float, float, float]) -> tuple[np.ndarray, float, float]:
    joints, head, fps = _movement(member.recording)
    frame = (round(time * fps) + member.late) % (2 * len(joints) - 2)
    pose = joints[min(frame, 2 * len(joints) - 2 - frame)].copy()  # forth and back
    if member.turn:
        ears = pose[[RIGHT_EAR, LEFT_EAR], 0].mean()
        turned = np.cos(member.turn) * (pose[HEAD, 0] - ears) + np.sin(member.turn) * DEEP * head
        pose[:, 0] *= np.cos(member.turn)
        pose[HEAD, 0] = ears + turned
    x, y, unit = place
    return pose * unit + np.array([x, y]) * SIZE, unit, head * unit


def _stays(x: float, y: float, unit: float) -> Path2D:
    return lambda _: (x, y, unit)


def _walks(start: float, end: float, y: float, unit: float) -> Path2D:
    return lambda time: (start + (end - start) * time / SECONDS, y, unit)


def _looks(rng: np.random.Generator) -> Iterator[Look]:
    """Looks that tell people apart as clothes do."""

    def mixed(*ends: tuple[int, int, int]) -> tuple[int, int, int]:
        share = rng.dirichlet(np.ones(len(ends)))
        red, green, blue = (int(c) for c in (share @ np.array(ends)).round())
        return red, green, blue

    while True:
        yield Look(
            skin=mixed((240, 202, 176), (196, 142, 104), (92, 62, 46)),
            hair=mixed((30, 26, 26), (168, 116, 66), (150, 150, 150)),
            jacket=mixed((52, 70, 104), (108, 112, 82), (62, 62, 68), (122, 52, 72), (176, 156, 124)),
            shirt=mixed((250, 250, 250), (178, 204, 226), (240, 232, 214)),
            background=mixed((198, 206, 212), (118, 62, 66), (66, 84, 112), (206, 194, 174)),
            build=float(rng.uniform(0.86, 1.18)),
            backdrop=str(rng.choice(list(BACKDROPS))),
            long_hair=bool(rng.random() < 0.4),
            tie=mixed((142, 52, 58), (44, 84, 96)) if rng.random() < 0.4 else None,
        )


def scenes(which: str) -> Iterator[tuple[Scene, int]]:
    """The scenes of a set and their seeds, two layouts of each kind."""
    number = list(SETS).index(which)
    for layout in range(2):
        for kind, build in enumerate(KINDS):
            seed = 1000 * number + 100 * layout + kind
            rng = np.random.default_rng(seed)
            yield build(_Stage(rng, SETS[which])), seed


class _Stage:
    """Who and what a scene may have."""

    def __init__(self, rng: np.random.Generator, recordings: tuple[str, ...]) -> None:
        self.rng, self.looks = rng, _looks(rng)
        self.recordings = rng.permutation(recordings).tolist()

    def near(self, value: float, by: float = 0.1) -> float:
        return value * float(self.rng.uniform(1 - by, 1 + by))

    def member(self, path: Path2D, turn: float = 0.0) -> Member:
        self.recordings = self.recordings[1:] + self.recordings[:1]
        return Member(self.recordings[0], next(self.looks), path, turn, int(self.rng.integers(60)))

    def scene(self, name: str, *cast: Member, light: float = 1.0, cuts: tuple[float, ...] = ()) -> Scene:
        return Scene(name, cast, next(self.looks), light, cuts)


def _row(stage: _Stage, count: int, unit: float, y: float, edge: float) -> list[Member]:
    places = np.linspace(edge, 1 - edge, count)
    return [stage.member(_stays(x, stage.near(y, 0.06), stage.near(unit))) for x in places]


def side_by_side(stage: _Stage) -> Scene:
    count = int(stage.rng.integers(2, 4))
    return stage.scene("side by side", *_row(stage, count, 420 / count, 0.45, 0.5 / count))


def crossing(stage: _Stage) -> Scene:
    unit, y = stage.near(130), stage.near(0.42)
    left, right = stage.near(0.16, 0.3), 1 - stage.near(0.16, 0.3)
    return stage.scene(
        "crossing",
        stage.member(_walks(left, right, y, stage.near(unit, 0.05))),
        stage.member(_walks(right, left, stage.near(y, 0.05), stage.near(unit, 0.05))),
    )


def leaving(stage: _Stage) -> Scene:
    gone = stage.near(3.0), stage.near(6.5)  # goes out to the right, comes back

    def path(time: float) -> tuple[float, float, float]:
        away = np.clip(min((time - gone[0]) / 1.2, (gone[1] - time) / 1.2), 0, 1)
        return 0.75 + 0.55 * float(away), 0.45, 150.0

    return stage.scene(
        "one leaves and comes back", stage.member(_stays(stage.near(0.3), 0.45, 160)), stage.member(path)
    )


def behind(stage: _Stage) -> Scene:
    front = stage.near(0.42)
    return stage.scene(
        "one behind and smaller",
        stage.member(_stays(front + stage.near(0.19), stage.near(0.38), stage.near(95))),
        stage.member(_stays(front, stage.near(0.45), stage.near(240))),
    )


def four(stage: _Stage) -> Scene:
    return stage.scene("four in a row", *_row(stage, 4, 125, 0.45, 0.14))


def close(stage: _Stage) -> Scene:
    unit, first = stage.near(170), stage.near(0.3)
    step = 1.05 * unit / SIZE[0]
    return stage.scene(
        "sitting close",
        *(stage.member(_stays(first + k * step, stage.near(0.5, 0.05), stage.near(unit, 0.05))) for k in range(3)),
    )


def small(stage: _Stage) -> Scene:
    return stage.scene("small (shoulders of 40 pixels)", *_row(stage, 3, 40, 0.45, stage.near(0.25)))


def edge(stage: _Stage) -> Scene:
    unit = stage.near(160)
    return stage.scene(
        "at the picture's edge",
        stage.member(_stays(stage.near(0.03), stage.near(0.45), unit)),
        stage.member(_stays(stage.near(0.55), 0.18, stage.near(unit))),
        stage.member(_stays(1 - stage.near(0.03), stage.near(0.6), unit)),
    )


def profile(stage: _Stage) -> Scene:
    unit = stage.near(170)
    return stage.scene(
        "one in profile",
        stage.member(_stays(stage.near(0.3), 0.45, unit), turn=stage.near(1.25, 0.08)),
        stage.member(_stays(stage.near(0.7), 0.45, unit)),
    )


def dim(stage: _Stage) -> Scene:
    return stage.scene("dim light", *_row(stage, 2, 150, 0.45, stage.near(0.27)), light=stage.near(0.35))


def cut(stage: _Stage) -> Scene:
    """Two people, then one of them alone and nearer, then both with places exchanged."""
    first, second = stage.near(3.4), stage.near(6.8)
    first, second = (round(t * ASKED) / ASKED for t in (first, second))

    def one(time: float) -> tuple[float, float, float]:
        return (0.28, 0.45, 150.0) if time < first else (0.5, 0.5, 260.0) if time < second else (0.7, 0.45, 150.0)

    def other(time: float) -> tuple[float, float, float] | None:
        return (0.7, 0.45, 155.0) if time < first else None if time < second else (0.28, 0.45, 155.0)

    return stage.scene("cuts", stage.member(one), stage.member(other), cuts=(first, second))


def nobody(stage: _Stage) -> Scene:
    return stage.scene("nobody")


KINDS = (side_by_side, crossing, leaving, behind, four, close, small, edge, profile, dim, cut, nobody)


def main() -> None:
    folder = Path(sys.argv[1])
    for which in SETS:
        for number, (scene, seed) in enumerate(scenes(which)):
            (shown,) = scene.pictures(seed, [5.0])
            Image.fromarray(shown[1]).save(folder / f"{which}_{number:02d}.png")
            print(which, number, scene.name, shown[3].round(2))


if __name__ == "__main__":
    main()
