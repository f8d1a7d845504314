"""What ships with the program: a background, its cohort and calibrations, for pictures and for depth.

`picture` serves what any video gives, `depth` recordings that tell how far each keypoint is. Each is one
safetensors file (statistics of statistics: nobody's recordings) and one json file beside it, whose facts the model
card, the advice at enrolment and the error rates in a report are written from. scripts/build_reference.py makes both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from poseprint.atomic import replacing
from poseprint.background import KINDS, Background, Metric, Summary
from poseprint.calibration import Calibration, circumstances
from poseprint.errors import ProfileError
from poseprint.pose import Array
from poseprint.statistics import MOTION, STATIC, catalogue, columns_of

FORMAT_VERSION = 1
FOLDER = Path(__file__).resolve().parent / "references"
NAMES = {2: "picture", 3: "depth"}
EVIDENCE: dict[str, tuple[str, ...]] = {"static": ("static",), "motion": ("motion",), "both": ("static", "motion")}
"""The three LLRs that are always given, and the scores each is made of."""
_ByKind = dict[str, Array | None]
_TRIANGLES = ("within", "moment", "between")


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a recording says for or against one enrolled person.

    Attributes:
        scores: normalised, by kind (static, motion); None where too little was measured.
        llr: static, motion and both, base 10, within the bounds; None where there is no score or no calibration.
        ranking: the same before the bounds: for ordering, never for a verdict.
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
        bridges: by estimator, shift and gain [shape=(2, statistics)] that bring its statistics to the background's
            scale, measured on the same movements.
        facts: json-ready: what it was made from, persons by sha256 of their recordings, error rates, curves.
        sha256: of the two files.
    """

    background: Background
    calibrations: Mapping[str, Calibration]
    bridges: Mapping[str, Array]
    facts: Mapping[str, Any]
    sha256: str = ""

    @property
    def axes(self) -> int:
        """2 for pictures, 3 with depth."""
        return self.background.axes

    def bridged(self, statistics: Array, estimator: str) -> Array:
        """Statistics as this estimator measured them, on the background's scale."""
        bridge = self.bridges.get(estimator)
        return statistics if bridge is None else (statistics - bridge[0]) * bridge[1]

    def cohort_person(self, sha256: str) -> int | None:
        """Which cohort person a recording belongs to, by the sha256 of its poses; None for nobody."""
        known = self.facts.get("recordings", {})
        return int(known[sha256[:16]]) if sha256[:16] in known else None

    def metrics(self, enrolled: Summary, available: Array | None = None) -> dict[str, Metric | None]:
        """By kind, the metric of the statistics that the enrolment, and whoever is tested, have."""
        has = np.isfinite(enrolled.mean) if available is None else np.isfinite(enrolled.mean) & available
        return {kind: self.background.metric(kind, has) for kind in KINDS}

    def evidence(self, enrolled: Summary, tests: list[Summary], *, without: int | None = None) -> list[Evidence]:
        """What each test says of the enrolled person; tests with the same statistics missing are scored together.

        Args:
            enrolled: the person of interest.
            tests: movements or recordings.
            without: a cohort person to leave out, because they are enrolled or tested.
        """
        used = columns_of((*STATIC, *MOTION), self.axes)
        groups: dict[bytes, list[int]] = {}
        for i, test in enumerate(tests):
            groups.setdefault(np.isfinite(test.mean[used]).tobytes(), []).append(i)
        out: list[Evidence | None] = [None] * len(tests)
        for rows in groups.values():
            some = [tests[i] for i in rows]
            metrics = self.metrics(enrolled, np.isfinite(some[0].mean))
            scores = {k: m.normalised(enrolled, some, without=without) if m else None for k, m in metrics.items()}
            hidden = 1 - float((np.isfinite(some[0].mean) & np.isfinite(enrolled.mean))[used].mean())
            seconds = np.array([5.0 * t.movements for t in some])
            around = circumstances(seconds, np.full(len(some), hidden), np.full(len(some), enrolled.recordings))
            llr, ranking = self._calibrated(scores, around)
            for place, i in enumerate(rows):
                one = [
                    {k: None if v is None else float(v[place]) for k, v in d.items()} for d in (scores, llr, ranking)
                ]
                out[i] = Evidence(one[0], one[1], one[2], float(seconds[place]), hidden)
        return [e for e in out if e is not None]

    def _calibrated(self, scores: Mapping[str, Array | None], around: Array) -> tuple[_ByKind, _ByKind]:
        llr: _ByKind = {}
        ranking: _ByKind = {}
        for name, kinds in EVIDENCE.items():
            values = [v for v in (scores[kind] for kind in kinds) if v is not None]
            if len(values) < len(kinds) or name not in self.calibrations:
                llr[name] = ranking[name] = None
                continue
            ranking[name] = self.calibrations[name].unbounded(np.stack(values, axis=1), around)
            llr[name] = self.calibrations[name].llr(np.stack(values, axis=1), around)
        return llr, ranking


def write_reference(reference: Reference, folder: Path) -> None:
    """Write the two files; covariances are kept as triangles of 16-bit numbers."""
    b = reference.background
    used = columns_of((*STATIC, *MOTION), b.axes)
    upper = np.triu_indices(len(used))
    arrays = {name: getattr(b, name)[np.ix_(used, used)][upper].astype(np.float16) for name in _TRIANGLES}
    arrays |= {"mean": b.mean.astype(np.float32), "scale": b.scale.astype(np.float32)}
    arrays |= {"cohort": b.cohort[:, used].astype(np.float16), "cohort_person": b.cohort_person.astype(np.int16)}
    arrays |= {"cohort_movements": b.cohort_movements.astype(np.float32)}
    arrays |= {f"bridge_{name}": bridge.astype(np.float32) for name, bridge in reference.bridges.items()}
    facts = {
        "format_version": FORMAT_VERSION,
        "axes": b.axes,
        "statistics": _names_sha256(b.axes),
        "recording_movements": b.recording_movements,
        "calibrations": {name: c.to_dict() for name, c in reference.calibrations.items()},
        "facts": dict(reference.facts),
    }
    stem = NAMES[b.axes]
    with replacing(folder / f"{stem}.safetensors") as partial:
        partial.write_bytes(save({k: np.ascontiguousarray(v) for k, v in arrays.items()}))
    with replacing(folder / f"{stem}.json") as partial:
        partial.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_reference(axes: int, folder: Path = FOLDER) -> Reference:
    """The reference for pictures (axes 2) or with depth (3).

    Raises:
        ProfileError: it is missing, damaged, or of other statistics than this program takes.
    """
    stem = NAMES[axes]
    try:
        text = (folder / f"{stem}.json").read_bytes()
        content = (folder / f"{stem}.safetensors").read_bytes()
        facts, arrays = json.loads(text), load(content)
        if facts["format_version"] != FORMAT_VERSION or facts["statistics"] != _names_sha256(axes):
            raise ProfileError(f"{folder / stem}.json: made for other statistics; run scripts/build_reference.py again")
        used = columns_of((*STATIC, *MOTION), axes)
        size = len(catalogue(axes))
        cohort = np.zeros((len(arrays["cohort"]), size))
        cohort[:, used] = arrays["cohort"]
        background = Background(
            axes=axes,
            mean=arrays["mean"].astype(np.float64),
            scale=arrays["scale"].astype(np.float64),
            within=_square(arrays["within"], used, size),
            moment=_square(arrays["moment"], used, size),
            between=_square(arrays["between"], used, size),
            recording_movements=float(facts["recording_movements"]),
            cohort=cohort,
            cohort_person=arrays["cohort_person"].astype(np.int64),
            cohort_movements=arrays["cohort_movements"].astype(np.float64),
        )
        return Reference(
            background=background,
            calibrations={name: Calibration.from_dict(c) for name, c in facts["calibrations"].items()},
            bridges={
                n.removeprefix("bridge_"): a.astype(np.float64) for n, a in arrays.items() if n.startswith("bridge_")
            },
            facts=facts["facts"],
            sha256=hashlib.sha256(text + content).hexdigest(),
        )
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ProfileError(
            f"{folder / stem}: the reference cannot be read ({error}); install poseprint again"
        ) from error


@cache
def shipped(axes: int) -> Reference:
    """The reference in the package, read once."""
    return read_reference(axes)


def _names_sha256(axes: int) -> str:
    return hashlib.sha256("\n".join(s.name for s in catalogue(axes)).encode()).hexdigest()


def _square(triangle: Array, used: Array, size: int) -> Array:
    block = np.zeros((len(used), len(used)))
    block[np.triu_indices(len(used))] = triangle
    whole = np.zeros((size, size))
    whole[np.ix_(used, used)] = block + np.triu(block, 1).T
    return whole
