"""All representations of a mover behind one protocol: the helpers of `verification.py --compare`.

A representation is fitted on a background of people, and scores people enrolled against what is tested. Folds and
trials are those of verification.py; every row is normalised by the same cohort (AS-norm) unless it says otherwise, and
`both` adds to it the static score of the reference, in the cohort's deviations, with weights that no one fitted.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import verification as protocol
from embedding.runtime import KEYPOINTS, embed
from sklearn.svm import OneClassSVM

from poseprint.core.arrays import Array, mean_of
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import NECK
from poseprint.evaluation.metrics import trial_metrics
from poseprint.io.kinect import KinectRecording, read_kinect
from poseprint.movements import statistics
from poseprint.movements.cleaning import clean
from poseprint.movements.cutting import LENGTH
from poseprint.movements.measure import measure
from poseprint.movements.statistics import FURTHER, MOTION, STATIC, columns_of
from poseprint.movements.tracks import TRACKS, tracks_of
from poseprint.verification.background import Background, Metric
from poseprint.verification.learn_reference import Labelled, Roles, calibration_halves, fit_background
from poseprint.verification.summary import Summary
from poseprint.verification.trials import LEVELS, POOLED, Take, Trials

Person = Sequence[Take]
"""Recordings that one person is enrolled on."""
Rows = Callable[[Take], Array]
"""Numbers of each movement of a recording [shape=(movements, columns)]."""
COUNTS = (1, 3, 10)
"""Recordings enrolled."""
BACKGROUNDS = (5, 10, 15)
"""People in the background."""
YAWS = (-40.0, -20.0, 20.0, 40.0)
"""Degrees by which a background is turned to be seen from elsewhere."""
SLOW_HZ = 3.0
NETWORKS = ("convolution", "recurrent", "transformer")
EMBEDDED = 0.3
"""Weight of an embedding's score beside that of the statistics."""
DRAWS = 100
"""Of the bootstrap, a row."""
DEFAULT = "ensemble of PLDA, AS-norm (default)"
ROLES = {
    "MSRC-12 alone": Roles(between=()),
    "MSRC-12, UTD-MHAD between": Roles(between=("utd_mhad",)),
    "MSRC-12, UTD-MHAD whole": Roles(whole=("msrc12", "utd_mhad"), between=()),
    "MSRC-12, signers between": Roles(between=("isl_kinect",)),
    "MSRC-12, signers whole": Roles(whole=("msrc12", "isl_kinect"), between=()),
    "MSRC-12, PRECOG between": Roles(between=("precog16",)),
    "MSRC-12, PRECOG whole": Roles(whole=("msrc12", "precog16"), between=()),
    "MSRC-12, walkers between": Roles(between=("kinect_gait_164",)),
    "MSRC-12, walkers whole": Roles(whole=("msrc12", "kinect_gait_164"), between=()),
    "default and PRECOG between": Roles(between=("utd_mhad", "isl_kinect", "precog16")),
    "default and walkers between": Roles(between=("utd_mhad", "isl_kinect", "kinect_gait_164")),
}
"""Backgrounds. whole: teaches what varies within and between people, and is in the cohort; between: the latter alone."""


def measured_rows(take: Take) -> Array:
    """The statistics."""
    return take.statistics


@dataclass(frozen=True, eq=False)
class Tested:
    """What is tested, with the recordings it is from.

    Attributes:
        level: one of LEVELS.
        person: who moves.
        parts: recordings, each with the rows of its movements that count; None for all.
    """

    level: str
    person: str
    parts: tuple[tuple[Take, tuple[int, ...] | None], ...]

    def summary(self, rows: Rows = measured_rows) -> Summary:
        """All of it, in some numbers."""
        found = []
        for take, chosen in self.parts:
            if chosen is None:
                found.append(Summary.of(rows(take), take.seconds))
            else:
                seconds = float(take.movement_seconds[list(chosen)].sum())
                found.append(Summary.of(rows(take)[list(chosen)], seconds))
        return found[0] if len(found) == 1 else Summary.joined(found)

    def movements(self, rows: Rows) -> Array:
        """Numbers of all its movements."""
        return np.concatenate([rows(t) if chosen is None else rows(t)[list(chosen)] for t, chosen in self.parts])


def drawn(takes: Sequence[Take], *, seed: int) -> list[Tested]:
    """What is tested of some recordings: the very probes of `poseprint.verification.trials.probes_of`."""
    rng = np.random.default_rng(seed)
    out: list[Tested] = []
    for take in takes:
        out += [Tested("5s", take.person, ((take, (row,)),)) for row in take.disjoint]
        out.append(Tested("recording", take.person, ((take, None),)))
    for person in sorted({t.person for t in takes}):
        own = [t for t in takes if t.person == person]
        for _ in range(POOLED if len(own) >= 4 else 0):
            chosen = rng.choice(len(own), 4, replace=False)
            out.append(Tested("4recordings", person, tuple((own[i], None) for i in chosen)))
    return out


# ---- representations: people enrolled and probes tested -> scores [shape=(people, probes)] ---------------------------

Raw = Callable[[Sequence[Person], Sequence[Tested]], Array]


def background_of(takes: Sequence[Take], axes: int, roles: Roles, rows: Rows = measured_rows) -> Background:
    """A background in some numbers."""
    labelled = []
    for t in takes:
        table = rows(t)
        summary = Summary.of(table, t.seconds)
        whole = t.group in roles.whole
        labelled.append(Labelled(t.person, t.group, summary, table - np.nan_to_num(summary.mean), whole, whole))
    return fit_background(labelled, axes)


def _scaled(background: Background, summaries: Sequence[Summary]) -> Array:
    """In the background's units, around the middle of its cohort's people."""
    people = np.unique(background.cohort_person)
    centre = np.mean([background.cohort[background.cohort_person == p].mean(axis=0) for p in people], axis=0)
    return np.nan_to_num(background.scaled(np.stack([s.mean for s in summaries])) - centre)


def _enrolled(people: Sequence[Person], rows: Rows) -> list[Summary]:
    return [Summary.joined([Summary.of(rows(t), t.seconds) for t in own]) for own in people]


def plda(background: Background, kind: str, columns: Array, rows: Rows = measured_rows) -> Raw:
    """PLDA on some columns: one model (kind "static") or an ensemble on random subsets ("motion")."""
    metric = Metric.of(background, kind, columns)

    def raw(people: Sequence[Person], tested: Sequence[Tested]) -> Array:
        models, tests = _enrolled(people, rows), [t.summary(rows) for t in tested]
        return log_ratios(metric, _scaled(background, models), models, _scaled(background, tests), tests)

    return raw


def log_ratios(
    metric: Metric, models: Array, enrolled: Sequence[Summary], tests: Array, tested: Sequence[Summary]
) -> Array:
    """`Metric.llr` for many people at once: those enrolled on equally many recordings share their variances, so that
    what is left of the squares are products of matrices."""
    total = np.zeros((len(models), len(tests)))
    recordings = np.array([m.recordings for m in enrolled])
    test_recordings = np.array([t.recordings for t in tested])
    movements = np.array([t.movements for t in tested])
    extra = np.maximum(1 / movements - 1 / (metric.background.recording_movements * test_recordings), 0)
    for member in metric.members:
        model, test = models[:, member.columns] @ member.project, tests[:, member.columns] @ member.project
        noise = 1 / test_recordings[:, None] + member.moment * extra[:, None]
        alone = member.between + noise
        total += 0.5 * (test**2 / alone + np.log(alone)).sum(axis=1)
        for count in np.unique(recordings):
            own = recordings == count
            known = 1 / (1 / member.between + count)
            centre, weight = known * count * model[own], 1 / (known + noise)
            away = (
                (test**2 * weight - np.log(weight)).sum(axis=1) - 2 * centre @ (test * weight).T + centre**2 @ weight.T
            )
            total[own] -= 0.5 * away
    return total / len(metric.members)


def discriminant(background: Background, columns: Array, *, shrink: float = 0.1, dimensions: int = 14) -> Raw:
    """Linear discriminants of the background's people, and the cosine in their space."""
    block = np.ix_(columns, columns)
    within = background.within[block]
    sphere = np.trace(within) / len(columns) * np.eye(len(columns))
    values, vectors = np.linalg.eigh((1 - shrink) * within + shrink * sphere)
    whiten = vectors / np.sqrt(np.maximum(values, 1e-9))
    spread, directions = np.linalg.eigh(whiten.T @ background.between[block] @ whiten)
    project = whiten @ directions[:, np.argsort(-spread)[:dimensions]]

    def raw(people: Sequence[Person], tested: Sequence[Tested]) -> Array:
        models = _scaled(background, _enrolled(people, measured_rows))[:, columns] @ project
        tests = _scaled(background, [t.summary() for t in tested])[:, columns] @ project
        return _unit(models) @ _unit(tests).T

    return raw


def one_class(background: Background, columns: Array, *, nu: float = 0.1) -> Raw:
    """A one-class SVM on the movements of the enrolment alone; a test's score is the mean over its movements."""

    def rows(take: Take) -> Array:
        return np.nan_to_num(background.scaled(take.statistics))[:, columns]

    def raw(people: Sequence[Person], tested: Sequence[Tested]) -> Array:
        moves = [t.movements(rows) for t in tested]
        ends = np.cumsum([len(m) for m in moves])[:-1]
        scores = []
        for own in people:
            svm = OneClassSVM(nu=nu, gamma="scale").fit(np.concatenate([rows(t) for t in own]))
            each = np.split(svm.score_samples(np.concatenate(moves)), ends)
            scores.append([float(e.mean()) for e in each])
        return np.array(scores)

    return raw


def cosine(rows: Rows, centre: Array) -> Raw:
    """Cosine of mean embeddings around the background's centre."""

    def raw(people: Sequence[Person], tested: Sequence[Tested]) -> Array:
        models = np.stack([mean_of(np.concatenate([rows(t) for t in own])) for own in people])
        tests = np.stack([t.movements(rows).mean(axis=0) for t in tested])
        return _unit(models - centre) @ _unit(tests - centre).T

    return raw


def _unit(points: Array) -> Array:
    return points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-9)


def normalised(raw: Raw, people: Sequence[Person], tested: Sequence[Tested], cohort: Sequence[Take]) -> Array:
    """AS-norm as in `poseprint.verification.background.Metric.normalised`, for any representation."""
    names = sorted({t.person for t in cohort})
    others = [[t for t in cohort if t.person == name] for name in names]
    recordings = [Tested("recording", t.person, ((t, None),)) for t in cohort]
    own = raw(people, [*tested, *recordings])
    scores, against = own[:, : len(tested)], own[:, len(tested) :]
    z_mean, z_deviation = _top(against.T)
    t_mean, t_deviation = _top(raw(others, tested))
    return np.asarray(
        0.5 * ((scores - z_mean[:, None]) / z_deviation[:, None] + (scores - t_mean[None]) / t_deviation[None])
    )


def _top(scores: Array) -> tuple[Array, Array]:
    upper = np.sort(scores, axis=0)[len(scores) // 2 :]
    return upper.mean(axis=0), np.maximum(upper.std(axis=0), 1e-3)


# ---- movements, turned and slowed ---------------------------------------------------------------


def turned(series: PoseSeries, degrees: float) -> PoseSeries:
    """The body turned about the vertical through the neck, seen as before (weak perspective)."""
    position = series.position.astype(np.float64)
    angle = np.deg2rad(degrees)
    channels = dict(series.channels)
    neck = position[:, NECK, 0].copy()
    for name in KEYPOINTS:
        k = series.skeleton.index(name)
        x, z = position[:, k, 0] - neck, series.channels[f"depth_{name}"]
        position[:, k, 0] = neck + np.cos(angle) * x + np.sin(angle) * z
        channels[f"depth_{name}"] = np.cos(angle) * z - np.sin(angle) * x
    outside = (position[..., 0] < 0) | (position[..., 0] >= series.frame_size[0])
    position[outside] = np.nan
    return replace(series, position=position, channels=channels)


@contextmanager
def slow_only() -> Iterator[None]:
    """Statistics of movement below SLOW_HZ."""
    usual = statistics.LOW_PASS_HZ
    try:
        statistics.LOW_PASS_HZ = SLOW_HZ
        statistics._filters.cache_clear()
        yield
    finally:
        statistics.LOW_PASS_HZ = usual
        statistics._filters.cache_clear()


def slow_takes(name: str, axes: int) -> list[Take]:
    with slow_only():
        return protocol.takes_of_table(protocol.table(name), axes, group=name)


def turned_takes(axes: int) -> list[Take]:
    """MSRC-12 from four sides."""
    found = []
    for r in _msrc():
        for degrees in YAWS:
            measured = measure(turned(r.series, degrees), axes)
            take = Take.of(measured, group="msrc12", activity=r.activity)
            if take is not None:
                found.append(take)
    return found


@cache
def _msrc() -> tuple[KinectRecording, ...]:
    return tuple(read_kinect(protocol.table("msrc12")))


def movement_arrays(axes: int) -> dict[str, Array]:
    """Keypoints of each movement of MSRC-12, in shoulder widths, by sha256 of the recording's poses: what an embedding
    sees, float32 [shape=(movements, LENGTH, 8, axes)]."""
    order = [[name for name, _ in TRACKS[:7]].index(name) if name != "neck" else -1 for name in KEYPOINTS]
    neck = [name for name, _ in TRACKS].index("body")
    out: dict[str, Array] = {}
    for r in _msrc():
        measured = measure(r.series, axes)
        tracks = tracks_of(clean(measured.series), axes=axes)
        body = tracks.position[:, neck]
        place = np.stack([body if k < 0 else tracks.position[:, k] + body for k in order], axis=1)
        seen = np.stack([tracks.seen[:, neck if k < 0 else k] for k in order], axis=1)
        place = np.where(seen[:, :, None], place, np.nan)
        # A movement shorter than the others is played forth and back.
        frames = [
            np.abs((np.arange(LENGTH) + b - a - 1) % max(2 * (b - a - 1), 1) - (b - a - 1))
            for a, b in measured.movements().spans
        ]
        moves = [place[a:b][f] for (a, b), f in zip(measured.movements().spans, frames)]
        if moves:
            out[measured.series.sha256] = np.stack(moves).astype(np.float32)
    return out


def learned(network: str, takes: Sequence[Take], moves: Mapping[str, Array]) -> bytes:
    """An embedding of pictures, as onnx, that learned from these recordings; `moves` have depth, so that they can be
    turned as they are shown."""
    from embedding.network import to_onnx, train_embedding

    teach = [t for t in takes if t.sha256 in moves]
    movements = np.concatenate([moves[t.sha256] for t in teach])
    count = [len(moves[t.sha256]) for t in teach]
    model = train_embedding(
        movements,
        np.repeat([t.person for t in teach], count).tolist(),
        np.repeat([t.activity for t in teach], count).tolist(),
        network=network,
    )
    return to_onnx(model)


def embedded(onnx: bytes, moves: Mapping[str, Array]) -> Rows:
    """Embeddings of a recording's movements."""
    found: dict[str, Array] = {}

    def rows(take: Take) -> Array:
        if take.sha256 not in found:
            found[take.sha256] = embed(onnx, moves[take.sha256][..., :2]).astype(np.float64)
        return found[take.sha256]

    return rows


# ---- the comparison -----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Direction:
    """One half of a fold enrolled, the other tested."""

    people: tuple[str, ...]
    enrolled: tuple[tuple[Take, ...], ...]
    tested: tuple[Tested, ...]


def directions(
    own: Sequence[Take], seeds: int, *, count: int = 0, of: Mapping[str, Take] | None = None
) -> list[Direction]:
    """The trials of a fold.

    Args:
        own: recordings of the fold's people.
        seeds: how many times activities are parted.
        count: recordings enrolled; 0 for all.
        of: what stands for a recording, by its sha256, if it is measured in another way.
    """
    out = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        for enrol, test in calibration_halves(own, "activity", seed=seed):
            people = tuple(sorted({t.person for t in enrol}))
            enrolled = []
            for name in people:
                some = [t for t in enrol if t.person == name]
                if count:
                    some = [some[i] for i in rng.permutation(len(some))[:count]]
                enrolled.append(tuple(some if of is None else [of[t.sha256] for t in some]))
            tested = drawn(test, seed=seed)
            if of is not None:
                tested = [replace(t, parts=tuple((of[k.sha256], rows) for k, rows in t.parts)) for t in tested]
            out.append(Direction(people, tuple(enrolled), tuple(tested)))
    return out


def trials_of(parts: Sequence[tuple[Direction, Array]]) -> Trials:
    """Scores as trials, for their metrics: a score is its own ranking."""
    found = []
    for direction, scores in parts:
        probes = direction.tested
        shape = (len(direction.people), len(probes))
        model = np.repeat(np.array(direction.people)[:, None], shape[1], axis=1).ravel()
        test = np.tile(np.array([t.person for t in probes]), shape[0])
        values = {"motion": scores.ravel()}
        nothing = np.zeros(scores.size)
        level = np.tile(np.array([t.level for t in probes]), shape[0])
        found.append(Trials(level, model, test, model == test, values, values, values, nothing, nothing, nothing))
    return Trials.joined(found)


@dataclass(eq=False)
class Comparison:
    """Rows of scores, each over all folds.

    Attributes:
        parts: by row, the part of the comparison it belongs to.
        trials: by row and kind of evidence.
    """

    parts: dict[str, str] = field(default_factory=dict)
    trials: dict[str, dict[str, list[Trials]]] = field(default_factory=dict)

    @staticmethod
    def joined(folds: Sequence[Comparison]) -> Comparison:
        """All folds together."""
        whole = Comparison(dict(folds[0].parts))
        for name, kinds in folds[0].trials.items():
            whole.trials[name] = {kind: [t for f in folds for t in f.trials[name][kind]] for kind in kinds}
        return whole

    def add(self, part: str, name: str, kind: str, ways: Sequence[Direction], scores: Sequence[Array]) -> None:
        """Add a fold's scores; kind is motion, static or both."""
        self.parts[name] = part
        self.trials.setdefault(name, {}).setdefault(kind, []).append(trials_of(list(zip(ways, scores, strict=True))))

    def table(self) -> list[dict[str, Any]]:
        """Figures of each row at each level."""
        rows = []
        for name, kinds in self.trials.items():
            row: dict[str, Any] = {"part": self.parts[name], "name": name}
            for kind, parts in kinds.items():
                trials = Trials.joined(parts)
                row[kind] = {}
                for level in LEVELS:
                    found = trial_metrics(trials.at(trials.level == level), "motion", draws=DRAWS)
                    row[kind][level] = {n: found[n] for n in ("auc", "eer", "genuine", "impostor", "persons")} | {
                        f"{n}_interval": (found["intervals"] or {}).get(n) for n in ("auc", "eer")
                    }
            rows.append(row)
        return protocol.rounded(rows)


def normal(raw: Raw, ways: Sequence[Direction], cohort: Sequence[Take]) -> list[Array]:
    """Normalised scores of a fold."""
    return [normalised(raw, w.enrolled, w.tested, cohort) for w in ways]


def compare(seeds: int) -> dict[str, Any]:
    """All representations in one run."""
    seeds = min(seeds, 2)
    folds = [f.people for f in protocol.folds_of(_msrc(), protocol.known_people())]
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1), multiprocessing.get_context("spawn")) as pool:
        view = pool.submit(_views, seeds)
        found = [job.result() for job in [pool.submit(_compare_fold, fold, seeds) for fold in folds]]
        return {
            "data": "MSRC-12",
            "recording_minutes": found[0]["recording_minutes"],
            "seeds": seeds,
            "protocol": (
                "Folds and trials as in verification.json. Scores are normalised by the cohort unless a row says "
                "otherwise. both: with the static score of the default added, each in the cohort's deviations."
            ),
            **{protocol.NAMES[axes]: Comparison.joined([f[axes] for f in found]).table() for axes in (3, 2)},
            "view": view.result(),
        }


def _compare_fold(people: frozenset[str], seeds: int) -> dict[Any, Any]:
    """The scores of a fold, with depth and for pictures, as Comparison."""
    moves = {axes: movement_arrays(axes) for axes in (3, 2)}
    networks: dict[str, bytes] = {}
    result: dict[Any, Any] = {}
    for axes in (3, 2):
        usual = [t for name in protocol.SETS for t in protocol.shared_takes(name, axes)]
        known = [t for t in usual if not (t.group == "msrc12" and t.person in people)]
        own = [t for t in usual if t.group == "msrc12" and t.person in people]
        fold = _Fold(Comparison(), axes, known, own, directions(own, seeds))
        fold.defaults()
        fold.discriminants()
        if axes == 3:
            fold.groups()
            more = [t for name in ("precog16", "kinect_gait_164") for t in protocol.shared_takes(name, axes)]
            fold.backgrounds([*known, *more])
            fold.amounts(seeds)
            fold.slowed([t for name in protocol.SETS for t in slow_takes(name, axes)], seeds)
            result["recording_minutes"] = round(float(np.mean([t.seconds for t in fold.cohort])) / 60, 2)
            for network in NETWORKS:
                protocol.say(f"learning: {network}")
                networks[network] = learned(network, fold.cohort, moves[3])
        else:
            fold.turned([t for t in turned_takes(axes) if t.person not in people])
        fold.embeddings(networks, moves[axes])
        result[axes] = fold.table
    return result


def _views(seeds: int) -> list[dict[str, Any]]:
    """Signers enrolled facing front and tested from elsewhere, on other signs, by a background seen from the front
    or, of pictures, from four more sides; static and motion weigh alike in both."""
    rows = []
    for axes in (3, 2):
        signers = protocol.shared_takes("isl_kinect", axes)
        front = [t for n in ("msrc12", "utd_mhad") for t in protocol.shared_takes(n, axes)]
        cohort = [t for t in front if t.group == "msrc12"]
        for sides in (False, True)[: 2 if axes == 2 else 1]:
            roles = protocol.VIEW_ROLES
            background = background_of([*front, *(turned_takes(axes) if sides else ())], axes, roles)
            raws = {
                "static": plda(background, "static", columns_of(STATIC, axes)),
                "motion": plda(background, "motion", columns_of(MOTION, axes)),
            }
            for view in protocol.VIEWS:
                rows.append({"axes": axes, "background_turned": sides, "view": view})
                ways = [w for seed in range(seeds) for w in _signing(signers, view, seed)]
                scores = {kind: normal(raw, ways, cohort) for kind, raw in raws.items()}
                scores["both"] = [a + b for a, b in zip(scores["static"], scores["motion"])]
                for kind, found in scores.items():
                    trials = trials_of(list(zip(ways, found)))
                    for count in protocol.LENGTHS:
                        figures = trial_metrics(trials.at(trials.level == str(count)), "motion", draws=DRAWS)
                        rows[-1][f"{kind}_{count}"] = {n: figures[n] for n in ("auc", "eer")} | {
                            "auc_interval": figures["intervals"]["auc"]
                        }
    return protocol.rounded(rows)


def _signing(takes: Sequence[Take], view: str, seed: int) -> list[Direction]:
    rng = np.random.default_rng(seed)
    out = []
    for enrol, test in calibration_halves(takes, "activity", seed=seed):
        people = tuple(sorted({t.person for t in enrol}))
        enrolled = tuple(tuple(t for t in enrol if t.person == p and t.session == protocol.VIEWS[0]) for p in people)
        tested = []
        for person in people:
            own = [t for t in test if t.person == person and t.session == view]
            for count in protocol.LENGTHS:
                for _ in range(POOLED):
                    chosen = rng.choice(len(own), count, replace=False)
                    tested.append(Tested(str(count), person, tuple((own[i], None) for i in chosen)))
        out.append(Direction(people, enrolled, tuple(tested)))
    return out


@dataclass(eq=False)
class _Fold:
    table: Comparison
    axes: int
    known: list[Take]
    own: list[Take]
    ways: list[Direction]

    def __post_init__(self) -> None:
        self.motion = columns_of(MOTION, self.axes)
        self.static = columns_of(STATIC, self.axes)
        self.cohort = [t for t in self.known if t.group == "msrc12"]
        self.background = background_of(self.known, self.axes, Roles())
        self.statics = normal(plda(self.background, "static", self.static), self.ways, self.cohort)
        self.usual = normal(plda(self.background, "motion", self.motion), self.ways, self.cohort)

    def put(self, part: str, name: str, scores: list[Array], *, statics: list[Array] | None = None) -> None:
        """A row of motion, and of it together with the static score."""
        self.table.add(part, name, "motion", self.ways, scores)
        together = [a + b for a, b in zip(scores, self.statics if statics is None else statics)]
        self.table.add(part, name, "both", self.ways, together)

    def defaults(self) -> None:
        """What ships, and its static part."""
        self.put("default", DEFAULT, self.usual)
        self.table.add("static", "posture and proportions", "static", self.ways, self.statics)
        plain = plda(self.background, "static", self.static)
        unnormalised = [plain(w.enrolled, w.tested) for w in self.ways]
        self.table.add("static", "posture and proportions, no AS-norm", "static", self.ways, unnormalised)
        for quality in STATIC:
            raw = plda(self.background, "static", columns_of((quality,), self.axes))
            self.table.add("static", f"{quality} alone", "static", self.ways, normal(raw, self.ways, self.cohort))

    def groups(self) -> None:
        """One quality of movement at a time, and what Agarwal et al. do."""
        for quality in (*MOTION, *FURTHER):
            raw = plda(self.background, "motion", columns_of((quality,), self.axes))
            self.put("one quality", f"{quality} alone", normal(raw, self.ways, self.cohort))
        for quality in FURTHER:
            raw = plda(self.background, "motion", columns_of((*MOTION, quality), self.axes))
            self.put("one quality", f"all and {quality}", normal(raw, self.ways, self.cohort))
        correlations = one_class(self.background, columns_of(("correlation",), self.axes))
        self.put("one-class SVM", "190 correlations", [correlations(w.enrolled, w.tested) for w in self.ways])
        self.put("one-class SVM", "190 correlations, AS-norm", normal(correlations, self.ways, self.cohort))
        everything = one_class(self.background, columns_of((*MOTION, *FURTHER), self.axes))
        self.put("one-class SVM", "all motion statistics", [everything(w.enrolled, w.tested) for w in self.ways])
        self.put("one-class SVM", "all motion statistics, AS-norm", normal(everything, self.ways, self.cohort))

    def discriminants(self) -> None:
        """Models of a background of people, with the cohort and without."""
        for name, raw in {
            "discriminants and cosine": discriminant(self.background, self.motion),
            "one PLDA": plda(self.background, "static", self.motion),
            "ensemble of PLDA": plda(self.background, "motion", self.motion),
        }.items():
            plain = [raw(w.enrolled, w.tested) for w in self.ways]
            self.put("discriminants", f"{name}, no AS-norm", plain)
            if name != "ensemble of PLDA":
                self.put("discriminants", f"{name}, AS-norm", normal(raw, self.ways, self.cohort))

    def backgrounds(self, takes: Sequence[Take]) -> None:
        """Who else teaches."""
        for name, roles in ROLES.items():
            used = [t for t in takes if t.group in (*roles.whole, *roles.between)]
            background = background_of(used, self.axes, roles)
            cohort = [t for t in used if t.group in roles.whole]
            named = [replace(t, person=f"{t.group}/{t.person}") for t in cohort]
            static = normal(plda(background, "static", self.static), self.ways, named)
            self.put(
                "background", name, normal(plda(background, "motion", self.motion), self.ways, named), statics=static
            )

    def amounts(self, seeds: int) -> None:
        """How many people in the background, how many recordings enrolled."""
        people = np.random.default_rng(0).permutation(sorted({t.person for t in self.cohort}))
        for count in BACKGROUNDS:
            cohort = [t for t in self.cohort if t.person in people[:count]]
            background = background_of(cohort, self.axes, Roles(between=()))
            static = normal(plda(background, "static", self.static), self.ways, cohort)
            scores = normal(plda(background, "motion", self.motion), self.ways, cohort)
            self.put("background people", f"{count} people of MSRC-12 alone", scores, statics=static)
        for count in COUNTS:
            ways = directions(self.own, seeds, count=count)
            some = replace_ways(self, ways)
            some.put("enrolled", f"{count} recording{'s' * (count > 1)} enrolled", some.usual)

    def slowed(self, slow: Sequence[Take], seeds: int) -> None:
        """Without what is faster than gesture."""
        of = {t.sha256: t for t in slow}
        ways = directions(self.own, seeds, of=of)
        some = replace_ways(self, ways, known=[of[t.sha256] for t in self.known])
        some.put("filter", f"low-pass at {SLOW_HZ:g} Hz in place of {statistics.LOW_PASS_HZ:g}", some.usual)

    def turned(self, sides: list[Take]) -> None:
        """With the background's people seen from four more sides."""
        some = replace_ways(self, self.ways, known=[*self.known, *sides])
        some.put("view", "background turned by 20 and 40 degrees too", some.usual)

    def embeddings(self, networks: Mapping[str, bytes], moves: Mapping[str, Array]) -> None:
        """Networks that learned from the background's people."""
        for network, onnx in networks.items():
            rows = embedded(onnx, moves)
            centre = np.concatenate([rows(t) for t in self.cohort]).mean(axis=0)
            background = background_of(self.cohort, self.axes, Roles(between=()), rows)
            columns = np.arange(len(centre))
            for name, raw in {
                "cosine": cosine(rows, centre),
                "PLDA": plda(background, "static", columns, rows),
            }.items():
                scores = normal(raw, self.ways, self.cohort)
                self.put("embedding", f"{network}, {name}", scores)
                fused = [a + EMBEDDED * b for a, b in zip(self.usual, scores)]
                self.put("fusion", f"statistics and {network}, {name}", fused)


def replace_ways(fold: _Fold, ways: list[Direction], *, known: list[Take] | None = None) -> _Fold:
    """The fold with other trials or another background."""
    return _Fold(fold.table, fold.axes, fold.known if known is None else known, fold.own, ways)
