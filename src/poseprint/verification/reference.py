"""A background, its cohort and calibrations, for pictures and for depth: those that ship, and those that users learn.

`picture` serves what any video gives, `depth` recordings that tell how far each keypoint is. Each is one safetensors
file (statistics of statistics: nobody's recordings) and one json file beside it, whose facts the model card, the advice
at enrolment and the error rates in a report are written from. scripts/build_reference.py makes both that ship,
`poseprint.app.references` those of a data set.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from poseprint.core.arrays import Array, mean_of, one_thread
from poseprint.core.errors import ProfileError
from poseprint.core.files import atomic_write, parse_json
from poseprint.core.series import KINECT
from poseprint.movements.statistics import catalogue, catalogue_sha256
from poseprint.verification.background import (
    KINDS,
    Background,
    Metric,
    Recipe,
    among_all,
    body_recipes,
    columns_used,
    face_recipes,
    square_among_all,
)
from poseprint.verification.calibration import Calibration, circumstances
from poseprint.verification.summary import Summary

FORMAT_VERSION = 2
FOLDER = Path(__file__).resolve().parent / "references"
NAMES = {2: "picture", 3: "depth"}
"""Axes -> the reference that needs nothing but them."""
SHIPPED = "shipped"
"""Name of the references in the package."""
EVIDENCE: dict[str, tuple[str, ...]] = {"static": ("static",), "motion": ("motion",), "both": ("static", "motion")}
"""The three LLRs that are always given, and the scores of the body that each is made of where nothing else is known."""
UNLIKE = 0.4
"""Share put down to footage (`Reference.foreign`) up to which the calibration is trusted in full: MSRC-12 people whom the
background does not know stay below 0.35, people of other data sets lie between 0.4 and 0.98."""
_ByKind = dict[str, Array | None]
_TRIANGLES = ("within", "moment", "between")
FACES = "faces_"
"""How the names of the arrays of heads and faces begin."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a recording says for or against one enrolled person.

    Attributes:
        scores: normalised, by kind: static and motion of the body, in films those of FACE_KINDS too; None where too little
            was measured.
        llr: static, motion and both, in films each of PARTS too; base 10, within the bounds; None where there is no score or
            no calibration.
        ranking: the same before bounds and trust: for ordering, never for a verdict.
        seconds: of movement it rests on.
        hidden: share of the statistics that could not be measured, 0 to 1.
    """

    scores: Mapping[str, float | None]
    llr: Mapping[str, float | None]
    ranking: Mapping[str, float | None]
    seconds: float
    hidden: float


@dataclass(frozen=True, eq=False)
class Reference:
    """A background with everything that was measured with it.

    Attributes:
        background: many people.
        calibrations: by kind of evidence: static, motion, both.
        gains: by estimator, how much more each statistic spreads in the background's data than as this estimator measures
            the same movements [shape=(statistics,)].
        origins: by estimator, mean statistics of people it measured in films [shape=(people, statistics)]: speakers move
            less than people who act gestures, so they have a middle of their own.
        films: by estimator, the calibrations with shift and gain fitted anew on those films.
        faces: heads and faces of people who talk in films; None where nothing but bodies is known.
        speakers: names of the people of its cohort, by number.
        of_films: whether the calibrations are those of films.
        facts: json-ready: what it was made from, persons by sha256 of their recordings, error rates, curves.
        sha256: of the two files.
        native: estimator of the recordings that it was made from; others need a comparison with it.
        name: `shipped`, or that of its folder.
    """

    background: Background
    calibrations: Mapping[str, Calibration]
    gains: Mapping[str, Array]
    origins: Mapping[str, Array]
    films: Mapping[str, Mapping[str, Calibration]]
    facts: Mapping[str, Any]
    sha256: str = ""
    faces: Background | None = None
    speakers: tuple[str, ...] = ()
    of_films: bool = False
    native: str = KINECT
    name: str = SHIPPED

    @property
    def axes(self) -> int:
        """2 for pictures, 3 with depth."""
        return self.background.axes

    @property
    def backgrounds(self) -> tuple[Background, ...]:
        """Of bodies and, where they are known, of heads and faces."""
        return (self.background, self.faces) if self.faces else (self.background,)

    @property
    def used(self) -> Array:
        """The statistics that some score is made of [shape=(n,)]."""
        return np.concatenate([b.used for b in self.backgrounds])

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of evidence that are scored apart."""
        return tuple(kind for b in self.backgrounds for kind in b.recipes)

    def seen_by(self, estimator: str, *besides: str) -> Reference:
        """The reference for what an estimator measures in films: its middle, its scale, its calibrations.

        Args:
            estimator: its name; for one that is unknown here nothing changes.
            besides: people who must not help to tell where the middle is.
        """
        b = self.background
        if estimator in self.gains:
            b = replace(b, scale=b.scale / self.gains[estimator])
        if estimator in self.origins:
            others = [i for i, name in enumerate(self.facts["speakers"]) if not _is_one_of(str(name), besides)]
            middle = mean_of(self.origins[estimator][others], share=0)
            b = replace(b, mean=np.where(np.isfinite(middle), middle, b.mean))
        if estimator not in {*self.origins, *self.films}:
            return replace(self, background=b, faces=None)
        left_out = [i for i, name in enumerate(self.speakers) if _is_one_of(name, besides)]
        faces = self.faces and without_people(self.faces, left_out)
        calibrations = self.films.get(estimator, self.calibrations)
        return replace(self, background=b, faces=faces, calibrations=calibrations, of_films=estimator in self.films)

    def speaks(self, person: str) -> bool:
        """Whether it knows somebody of this name from films, who is left out when they are judged."""
        return any(_is_one_of(str(name), (person,)) for name in (*self.facts.get("speakers", ()), *self.speakers))

    def cohort_people(self, sha256: str) -> tuple[int, ...]:
        """Which person of the cohort a recording belongs to, by the sha256 of its poses; mostly nobody."""
        known = self.facts.get("recordings", {})
        return (int(known[sha256[:16]]),) if sha256[:16] in known else ()

    def body_metrics(self, enrolled: Summary, available: Array | None = None) -> dict[str, Metric | None]:
        """By kind of the body's evidence, the metric of the statistics that the enrolment, and whoever is tested, have."""
        return _metrics_of(self.background, enrolled, available)

    def worth(self, enrolled: Summary) -> float:
        """How many recordings of the usual length an enrolment is worth: short ones do not count in full."""
        return min(enrolled.recordings, max(enrolled.movements / self.background.recording_movements, 0.1))

    def foreign(self, enrolled: Summary) -> float:
        """How far the footage of an enrolment is from what the background knows: 0 like it, towards 1 unlike it."""
        with one_thread():
            metrics = [m for m in self.body_metrics(enrolled).values() if m is not None]
            point = self.background.scaled(enrolled.mean)
            counts = enrolled.recordings, enrolled.movements
            return max((m.foreign(point, counts) for m in metrics), default=0.0)

    def trust(self, enrolled: Summary) -> float:
        """What LLRs are multiplied by: 1, and towards 0 the less the footage is like any the calibration was fitted on."""
        return 1.0 if self.of_films else min(1.0, (1 - self.foreign(enrolled)) / (1 - UNLIKE))

    def evidence(self, enrolled: Summary, tests: list[Summary], *, without: Collection[int] = ()) -> list[Evidence]:
        """What each test says of the enrolled person; tests with the same statistics missing are scored together.

        Args:
            enrolled: the person of interest.
            tests: movements or recordings.
            without: cohort people to leave out, because they are enrolled or tested.
        """
        with one_thread():
            return self._evidence(enrolled, tests, without)

    def _evidence(self, enrolled: Summary, tests: list[Summary], without: Collection[int]) -> list[Evidence]:
        used = self.used
        trust = self.trust(enrolled)
        groups: dict[bytes, list[int]] = {}
        for i, test in enumerate(tests):
            groups.setdefault(np.isfinite(test.mean[used]).tobytes(), []).append(i)
        out: list[Evidence | None] = [None] * len(tests)
        for rows in groups.values():
            some = [tests[i] for i in rows]
            counts = np.array([t.recordings for t in some]), np.array([t.movements for t in some])
            points = np.stack([t.mean for t in some])
            scores: _ByKind = dict.fromkeys(self.kinds)
            for background in self.backgrounds:  # a metric may be shared with a reference of another middle
                own, theirs = background.scaled(enrolled.mean), background.scaled(points)
                for kind, m in _metrics_of(background, enrolled, np.isfinite(points[0])).items():
                    if m is not None:
                        left_out = without if kind in KINDS else ()
                        worth = enrolled.recordings, enrolled.movements
                        scores[kind] = m.normalised(own, worth, theirs, counts, without=left_out)
            hidden = 1 - float((np.isfinite(points[0]) & np.isfinite(enrolled.mean))[used].mean())
            seconds = 5.0 * counts[1]
            around = circumstances(seconds, np.full(len(some), hidden), np.full(len(some), self.worth(enrolled)))
            llr, ranking = self._calibrated(scores, around, trust)
            for place, i in enumerate(rows):
                own_scores, own_llr, own_ranking = (
                    {k: None if v is None or np.isnan(v[place]) else float(v[place]) for k, v in d.items()}
                    for d in (scores, llr, ranking)
                )
                out[i] = Evidence(own_scores, own_llr, own_ranking, float(seconds[place]), hidden)
        return [e for e in out if e is not None]

    def _calibrated(self, scores: _ByKind, around: Array, trust: float) -> tuple[_ByKind, _ByKind]:
        llr: _ByKind = dict.fromkeys(EVIDENCE)
        ranking: _ByKind = dict.fromkeys(EVIDENCE)
        missing = np.full(len(around), np.nan)
        for name, calibration in self.calibrations.items():
            values = [scores.get(kind) for kind in calibration.kinds]
            table = np.stack([missing if v is None else v for v in values], axis=1)
            ranking[name] = calibration.unbounded(table, around)
            llr[name] = trust * calibration.llr(table, around)
        return llr, ranking


def _metrics_of(background: Background, enrolled: Summary, available: Array | None) -> dict[str, Metric | None]:
    has = np.isfinite(enrolled.mean) if available is None else np.isfinite(enrolled.mean) & available
    return {kind: background.metric(kind, has) for kind in background.recipes}


def without_people(background: Background, people: Collection[int]) -> Background:
    """The background with some people taken out of its cohort."""
    keep = ~np.isin(background.cohort_person, list(people))
    if keep.all():
        return background
    return replace(
        background,
        cohort=background.cohort[keep],
        cohort_person=np.unique(background.cohort_person[keep], return_inverse=True)[1],
        cohort_movements=background.cohort_movements[keep],
        _metrics={},
    )


def write_reference(reference: Reference, folder: Path = FOLDER) -> None:
    """Write the two files; covariances are kept as triangles of 16-bit numbers."""
    b = reference.background
    arrays = _packed(b, "")
    if reference.faces:
        survives = np.zeros(len(catalogue(b.axes)), dtype=np.uint8)
        survives[reference.faces.used] = 1
        arrays |= {**_packed(reference.faces, FACES), "survives": survives}
    arrays |= {f"gain_{k}": gain.astype(np.float32) for k, gain in reference.gains.items()}
    arrays |= {f"origins_{k}": origins.astype(np.float32) for k, origins in reference.origins.items()}
    facts = {
        "format_version": FORMAT_VERSION,
        "axes": b.axes,
        "native": reference.native,
        "statistics": catalogue_sha256(b.axes),
        "recording_movements": b.recording_movements,
        "faces_recording_movements": reference.faces.recording_movements if reference.faces else 0.0,
        "speakers": list(reference.speakers),
        "calibrations": {k: c.to_dict() for k, c in reference.calibrations.items()},
        "films": {k: {n: c.to_dict() for n, c in v.items()} for k, v in reference.films.items()},
        "facts": dict(reference.facts),
    }
    stem, content = NAMES[b.axes], save({k: np.ascontiguousarray(v) for k, v in arrays.items()})
    facts["arrays"] = hashlib.sha256(content).hexdigest()
    with atomic_write(folder / f"{stem}.safetensors") as partial:
        partial.write_bytes(content)
    with atomic_write(folder / f"{stem}.json") as partial:
        partial.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_reference(axes: int, folder: Path | None = None) -> Reference:
    """A reference, as it was written.

    Args:
        axes: 2 for pictures, 3 with depth.
        folder: with the reference; the one that ships unless given.

    Raises:
        ProfileError: it is missing, damaged, or of other statistics than this program takes.
    """
    stem, is_own = NAMES[axes], folder is not None
    again = "learn it again with `poseprint reference learn`" if is_own else "install poseprint again"
    folder = folder or FOLDER
    try:
        text = (folder / f"{stem}.json").read_bytes()
        content = (folder / f"{stem}.safetensors").read_bytes()
        facts, arrays = parse_json(text), load(content)
        if facts["format_version"] != FORMAT_VERSION or facts["statistics"] != catalogue_sha256(axes):
            raise ProfileError(f"{folder / stem}.json: made for other statistics than poseprint takes now; {again}")
        if facts.get("arrays", digest := hashlib.sha256(content).hexdigest()) != digest:
            raise ValueError(f"{stem}.safetensors does not belong to {stem}.json")
        told = facts["facts"].get("films", {})
        if not EVIDENCE.keys() <= facts["calibrations"].keys() or (
            facts["films"] and not {"errors", "both"} <= told.keys()
        ):
            raise ValueError("its calibrations are not whole")
        faces = None
        if "survives" in arrays:
            recipes = face_recipes(arrays["survives"] > 0)
            faces = _unpacked(arrays, FACES, axes, recipes, float(facts["faces_recording_movements"]))
        return Reference(
            background=_unpacked(arrays, "", axes, body_recipes(axes), float(facts["recording_movements"])),
            calibrations={k: Calibration.from_dict(c) for k, c in facts["calibrations"].items()},
            gains=_named(arrays, "gain_"),
            origins=_named(arrays, "origins_"),
            films={k: {n: Calibration.from_dict(c) for n, c in v.items()} for k, v in facts["films"].items()},
            facts=facts["facts"],
            sha256=hashlib.sha256(text + content).hexdigest(),
            faces=faces,
            speakers=tuple(str(name) for name in facts["speakers"]),
            native=str(facts.get("native", KINECT)),
            name=folder.resolve().name if is_own else SHIPPED,
        )
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ProfileError(f"{folder / stem}: the reference cannot be read ({error}); {again}") from error


def _packed(b: Background, prefix: str) -> dict[str, Array]:
    """A background's arrays, of the statistics that it scores."""
    used = b.used
    upper = np.triu_indices(len(used))
    arrays = {k: getattr(b, k)[np.ix_(used, used)][upper].astype(np.float16) for k in _TRIANGLES}
    arrays |= {"mean": b.mean[used].astype(np.float32), "scale": b.scale[used].astype(np.float32)}
    arrays |= {"cohort": b.cohort[:, used].astype(np.float16), "cohort_person": b.cohort_person.astype(np.int16)}
    arrays |= {"cohort_movements": b.cohort_movements.astype(np.float32)}
    return {prefix + name: values for name, values in arrays.items()}


def _unpacked(
    arrays: Mapping[str, Array], prefix: str, axes: int, recipes: Mapping[str, Recipe], movements: float
) -> Background:
    used, size = columns_used(recipes), len(catalogue(axes))
    within, moment, between = (_square(arrays[prefix + name], used, size) for name in _TRIANGLES)
    return Background(
        axes=axes,
        mean=among_all(arrays[f"{prefix}mean"], used, size),
        scale=among_all(arrays[f"{prefix}scale"], used, size, 1.0),
        within=within,
        moment=moment,
        between=between,
        recording_movements=movements,
        cohort=among_all(arrays[f"{prefix}cohort"], used, size),
        cohort_person=arrays[f"{prefix}cohort_person"].astype(np.int64),
        cohort_movements=arrays[f"{prefix}cohort_movements"].astype(np.float64),
        recipes=recipes,
    )


@cache
def shipped(axes: int) -> Reference:
    """The reference in the package, read once."""
    return read_reference(axes)


def _named(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {k.removeprefix(prefix): a.astype(np.float64) for k, a in arrays.items() if k.startswith(prefix)}


def _is_one_of(name: str, people: Collection[str]) -> bool:
    return any(_same_name(name, person) for person in people)


def _same_name(one: str, other: str) -> bool:
    """Whether all words of the shorter name are in the longer one."""
    a, b = (set(name.lower().split()) for name in (one, other))
    return bool(a and b) and (a <= b or b <= a)


def _square(triangle: Array, used: Array, size: int) -> Array:
    block = np.zeros((len(used), len(used)))
    block[np.triu_indices(len(used))] = triangle
    return square_among_all(block + np.triu(block, 1).T, used, size)
