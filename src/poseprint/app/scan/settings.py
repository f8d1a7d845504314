"""What a scan does, and what is the same for all of its clips."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from poseprint.app.check import reference_for
from poseprint.app.profiles import read_profile
from poseprint.app.sources import settings_of
from poseprint.core.errors import PoseprintError
from poseprint.core.files import absence
from poseprint.core.version import __version__
from poseprint.estimation.measuring import Measuring
from poseprint.io.profile_folder import MANIFEST
from poseprint.verification.decision import Costs
from poseprint.verification.reference import Reference

MOST_PEOPLE = 8
"""People of a clip who are measured at most: those who are largest and most central over time."""


@dataclass(frozen=True)
class Selection:
    """Which clips are measured at all.

    Attributes:
        fewest, most: people who may usually be in sight.
        everything: whether every clip is measured, whatever a first look at it says.
    """

    fewest: int = 1
    most: int = MOST_PEOPLE
    everything: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.fewest <= self.most:
            raise PoseprintError(f"`people`: from 1 on, the smaller number first; got {self.fewest} to {self.most}")


@dataclass(frozen=True, eq=False)
class Watched:
    """A profile of the list, as files, so that a worker anywhere can read it.

    Attributes:
        name: of its folder.
        person: the person of interest.
        sha256: of the profile.
        files: their contents by name.
        reference: what it is judged with; None for what ships.
    """

    name: str
    person: str
    sha256: str
    files: Mapping[str, bytes]
    reference: Reference | None = None


def watch_list(folder: Path, reference: Path | None = None) -> tuple[Watched, ...]:
    """The profiles in a folder, one a folder, or the one that it is, in order of their names.

    Args:
        folder: with profiles.
        reference: folder of the reference that they are judged with; what ships unless given.

    Raises:
        PoseprintError: there is none, one is broken, or the reference cannot be read or does not fit one.
    """
    if not folder.is_dir():
        raise PoseprintError(absence(folder))
    folders = [folder] if (folder / MANIFEST).is_file() else sorted(p.parent for p in folder.glob(f"*/{MANIFEST}"))
    if not folders:
        raise PoseprintError(
            f"{folder}: no profile in it; expected a folder for each, as `poseprint enroll` writes them"
        )
    watched, known = [], dict[int, Reference | Path | None]()  # each reference is read once
    for own in folders:
        profile = read_profile(own)
        files = {p.name: p.read_bytes() for p in sorted(own.iterdir()) if p.is_file() and not p.name.startswith(".")}
        try:
            chosen = reference_for(profile, known.get(profile.input.axes, reference))
        except PoseprintError as error:
            raise PoseprintError(f"{own}: {error}") from error
        known[profile.input.axes] = chosen
        watched.append(Watched(own.name or own.resolve().name, profile.person, profile.sha256, files, chosen))
    return tuple(watched)


@dataclass(frozen=True, eq=False)
class Plan:
    """What is the same for all clips of a scan; it goes to each worker once.

    Attributes:
        measuring: how clips are measured; nothing in it names a person.
        selection: which clips are.
        profiles: whom they are judged against.
        costs: of being wrong.
        takes: whether the same take in other files is looked for.
    """

    measuring: Measuring
    selection: Selection
    profiles: tuple[Watched, ...]
    costs: Costs = field(default_factory=Costs)
    takes: bool = True

    @cached_property
    def measured_by(self) -> dict[str, Any]:
        """All that changes what is measured, json-ready."""
        selection = "everything" if self.selection.everything else [self.selection.fewest, self.selection.most]
        return {"poseprint": __version__, **settings_of(self.measuring), "people": selection}

    @cached_property
    def judged_by(self) -> str:
        """sha256 of all that changes a verdict on what was measured."""
        about = {
            "poseprint": __version__,
            "profiles": {w.name: [w.sha256, w.reference and w.reference.sha256] for w in self.profiles},
            "costs": [self.costs.wrong, self.costs.prior],
        }
        return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
