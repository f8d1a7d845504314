"""The reference that judges a profile: what ships, or one of the user's own."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from poseprint.core.errors import DatasetError
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import NAMES, Reference, read_reference, shipped
from poseprint.verification.summary import Summary


def axes_in(folder: Path) -> list[int]:
    """Of which axes a folder has references.

    Raises:
        DatasetError: of none.
    """
    found = [axes for axes, name in NAMES.items() if (folder / f"{name}.json").is_file()]
    if not found:
        raise DatasetError(f"{folder}: no reference in it; `poseprint reference learn DATASET -o {folder}` makes one")
    return found


def choose(reference: Reference | Path | str | None, axes: int) -> Reference | None:
    """What a user chose, for so many axes: a reference, the one in a folder, or None for what ships.

    Raises:
        PoseprintError: the folder has none for so many axes, or it cannot be read.
    """
    if reference is None or isinstance(reference, Reference):
        return reference
    folder = Path(reference)
    if axes not in axes_in(folder):
        raise _other_axes(folder.name, axes_in(folder)[0], axes)
    return read_reference(axes, folder)


def ensure_fits(reference: Reference, axes: int, estimator: str) -> None:
    """See that a reference was learned from what is to be judged with it.

    Raises:
        DatasetError: it was learned from poses on other axes, or by another estimator.
    """
    if reference.axes != axes:
        raise _other_axes(reference.name, reference.axes, axes)
    known = dict.fromkeys((reference.native, *reference.gains, *reference.origins, *reference.films))
    if estimator not in known:
        raise DatasetError(
            f"the reference {reference.name!r} was learned from poses by {' and '.join(known)}, these are by {estimator!r}; "
            "learn one from poses by that estimator, or use the one that ships"
        )


def _other_axes(name: str, there: int, wanted: int) -> DatasetError:
    return DatasetError(
        f"the reference {name!r} is for {NAMES[there]}, not for {NAMES[wanted]}; give one of the same space"
    )


def reference_of(profile: EnrolledProfile, chosen: Reference | None = None) -> Reference:
    """A reference as the profile's estimator sees it; the person does not help to tell the middle.

    Args:
        profile: of the person of interest.
        chosen: what ships unless given.

    Raises:
        DatasetError: the one chosen does not fit the profile.
    """
    spec = profile.input
    if chosen is not None:
        ensure_fits(chosen, spec.axes, spec.estimator.name)
    reference = chosen or shipped(spec.axes)
    return _seen(reference, spec.estimator.name, *([profile.person] if reference.speaks(profile.person) else []))


@lru_cache(maxsize=16)
def _seen(reference: Reference, estimator: str, *besides: str) -> Reference:
    """Kept, with the metrics that it has computed, for the next profile of the same person, or of anybody that it does not know."""
    return reference.seen_by(estimator, *besides)


def summaries(profile: EnrolledProfile) -> list[Summary]:
    """Each recording of a profile, summed up."""
    return [Summary.of(profile.of_recording(i), float(r["seconds"])) for i, r in enumerate(profile.made_from)]


def cohort_people(profile: EnrolledProfile, reference: Reference) -> set[int]:
    """Which people of the cohort are enrolled here, by content; mostly nobody."""
    recordings = [str(r.get("poses_sha256", "")) for r in profile.made_from]
    return {c for sha256 in recordings for c in reference.cohort_people(sha256)}
