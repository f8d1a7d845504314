"""A fold of the comparison: its people enrolled and tested by one representation after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from comparison.embeddings import embedded
from comparison.recordings import SLOW_HZ
from comparison.representations import Raw, background_of, cosine, discriminant, normal, one_class, plda
from comparison.table import Table
from comparison.trials import Direction, directions_of
from poseprint.core.arrays import Array
from poseprint.movements import statistics
from poseprint.movements.statistics import FURTHER, MOTION, STATIC, columns_of
from poseprint.verification.learn_reference import Roles
from poseprint.verification.trials import Take

COUNTS = (1, 3, 10)
"""Recordings enrolled."""
BACKGROUNDS = (5, 10, 15)
"""People in the background."""
EMBEDDED = 0.3
"""Weight of an embedding's score beside that of the statistics."""
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


@dataclass(eq=False)
class FoldRows:
    """Rows of a fold, each method those of one part of the comparison.

    Attributes:
        table: takes the rows.
        axes: 2 or 3.
        known: recordings of those who teach.
        own: recordings of the fold's people.
        directions: the fold's trials.
    """

    table: Table
    axes: int
    known: list[Take]
    own: list[Take]
    directions: list[Direction]

    def __post_init__(self) -> None:
        self.motion = columns_of(MOTION, self.axes)
        self.static = columns_of(STATIC, self.axes)
        self.cohort = [t for t in self.known if t.group == "msrc12"]
        self.background = background_of(self.known, self.axes, Roles())
        self.statics = self.normal(plda(self.background, "static", self.static))
        self.usual = self.normal(plda(self.background, "motion", self.motion))

    def plain(self, raw: Raw) -> list[Array]:
        """Scores of each direction, without AS-norm."""
        return [raw(d.enrolled, d.tested) for d in self.directions]

    def normal(self, raw: Raw, cohort: Sequence[Take] | None = None) -> list[Array]:
        """Normalised scores of each direction, by the fold's cohort unless another is given."""
        return normal(raw, self.directions, self.cohort if cohort is None else cohort)

    def put(self, part: str, name: str, scores: list[Array], *, statics: list[Array] | None = None) -> None:
        """A row of motion, and of it together with the static score."""
        self.table.add(part, name, "motion", self.directions, scores)
        together = [a + b for a, b in zip(scores, self.statics if statics is None else statics)]
        self.table.add(part, name, "both", self.directions, together)

    def defaults(self) -> None:
        """What ships, and its static part."""
        self.put("default", DEFAULT, self.usual)
        self.table.add("static", "posture and proportions", "static", self.directions, self.statics)
        plain = self.plain(plda(self.background, "static", self.static))
        self.table.add("static", "posture and proportions, no AS-norm", "static", self.directions, plain)
        for quality in (q for q in STATIC if len(columns_of((q,), self.axes))):
            raw = plda(self.background, "static", columns_of((quality,), self.axes))
            self.table.add("static", f"{quality} alone", "static", self.directions, self.normal(raw))

    def groups(self) -> None:
        """One quality of movement at a time, and what Agarwal et al. do."""
        for quality in (*MOTION, *FURTHER):
            raw = plda(self.background, "motion", columns_of((quality,), self.axes))
            self.put("one quality", f"{quality} alone", self.normal(raw))
        for quality in FURTHER:
            raw = plda(self.background, "motion", columns_of((*MOTION, quality), self.axes))
            self.put("one quality", f"all and {quality}", self.normal(raw))
        correlations = one_class(self.background, columns_of(("correlation",), self.axes))
        self.put("one-class SVM", "190 correlations", self.plain(correlations))
        self.put("one-class SVM", "190 correlations, AS-norm", self.normal(correlations))
        everything = one_class(self.background, columns_of((*MOTION, *FURTHER), self.axes))
        self.put("one-class SVM", "all motion statistics", self.plain(everything))
        self.put("one-class SVM", "all motion statistics, AS-norm", self.normal(everything))

    def discriminants(self) -> None:
        """Models of a background of people, with the cohort and without."""
        for name, raw in {
            "discriminants and cosine": discriminant(self.background, self.motion),
            "one PLDA": plda(self.background, "static", self.motion),
            "ensemble of PLDA": plda(self.background, "motion", self.motion),
        }.items():
            self.put("discriminants", f"{name}, no AS-norm", self.plain(raw))
            if name != "ensemble of PLDA":
                self.put("discriminants", f"{name}, AS-norm", self.normal(raw))

    def backgrounds(self, takes: Sequence[Take]) -> None:
        """Who else teaches."""
        for name, roles in ROLES.items():
            used = [t for t in takes if t.group in (*roles.whole, *roles.between)]
            background = background_of(used, self.axes, roles)
            cohort = [t for t in used if t.group in roles.whole]
            named = [replace(t, person=f"{t.group}/{t.person}") for t in cohort]
            statics = self.normal(plda(background, "static", self.static), named)
            scores = self.normal(plda(background, "motion", self.motion), named)
            self.put("background", name, scores, statics=statics)

    def amounts(self, seeds: int) -> None:
        """How many people in the background, how many recordings enrolled."""
        people = np.random.default_rng(0).permutation(sorted({t.person for t in self.cohort}))
        for count in BACKGROUNDS:
            cohort = [t for t in self.cohort if t.person in people[:count]]
            background = background_of(cohort, self.axes, Roles(between=()))
            statics = self.normal(plda(background, "static", self.static), cohort)
            scores = self.normal(plda(background, "motion", self.motion), cohort)
            self.put("background people", f"{count} people of MSRC-12 alone", scores, statics=statics)
        for count in COUNTS:
            directions = directions_of(self.own, seeds, count=count)
            fewer = replace(self, directions=directions)
            fewer.put("enrolled", f"{count} recording{'s' * (count > 1)} enrolled", fewer.usual)

    def slowed(self, slow: Sequence[Take], seeds: int) -> None:
        """Without what is faster than gesture."""
        instead = {t.sha256: t for t in slow}
        directions = directions_of(self.own, seeds, instead=instead)
        slowed = replace(self, directions=directions, known=[instead[t.sha256] for t in self.known])
        slowed.put("filter", f"low-pass at {SLOW_HZ:g} Hz in place of {statistics.LOW_PASS_HZ:g}", slowed.usual)

    def turned(self, sides: list[Take]) -> None:
        """With the background's people seen from four more sides."""
        turned = replace(self, known=[*self.known, *sides])
        turned.put("view", "background turned by 20 and 40 degrees too", turned.usual)

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
                scores = self.normal(raw)
                self.put("embedding", f"{network}, {name}", scores)
                fused = [a + EMBEDDED * b for a, b in zip(self.usual, scores)]
                self.put("fusion", f"statistics and {network}, {name}", fused)
