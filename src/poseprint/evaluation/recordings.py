"""Which recordings of a data set serve an evaluation, and which reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from poseprint.core.errors import DatasetError
from poseprint.core.progress import Progress
from poseprint.core.series import PoseSeries
from poseprint.io.dataset import read_recordings
from poseprint.io.parquet import read_poses
from poseprint.movements.measure import measure
from poseprint.movements.tracks import axes_of
from poseprint.verification.reference import NAMES, Reference, read_reference, shipped
from poseprint.verification.trials import Take

Space = Literal["picture", "depth"]


def reference_in(folder: Path, space: str | None) -> Reference:
    """A reference of one's own: that of a space, or the only one in the folder.

    Raises:
        PoseprintError: there is none, or it cannot be read.
    """
    available = [axes for axes, name in NAMES.items() if (folder / f"{name}.json").is_file()]
    wanted = [axes for axes in available if space in (None, NAMES[axes])]
    if len(wanted) != 1:
        names = " and ".join(NAMES[axes] for axes in available) or "none"
        raise DatasetError(f"{folder}: references in it: {names}; choose with `space` picture or `space` depth")
    return read_reference(wanted[0], folder)


@dataclass(frozen=True)
class UsableRecording:
    """A recording that serves the evaluation: as measured, and its poses."""

    take: Take
    series: PoseSeries


def read_real(folder: Path) -> tuple[list[tuple[PoseSeries, str, str]], list[str]]:
    """Poses, activity and session of the real recordings; a sentence for each of the others."""
    real, left_out, kinds = [], [], dict[tuple[str, str], list[str]]()
    for line in read_recordings(folder):
        if line.label != "real":
            left_out.append(
                f"{line.recording} is left out: labelled {line.label}, and only genuine recordings serve here"
            )
        elif not line.person:
            left_out.append(f"{line.recording} is left out: recordings.csv does not tell who is in it")
        else:
            series = replace(read_poses(folder / line.file), recording=line.recording, person=line.person)
            real.append((series, line.activity, line.session))
            info = series.estimator
            name = f"{info.name} {info.version}".strip() + (
                f" ({info.weights_sha256[:8]})" if info.weights_sha256 else ""
            )
            kinds.setdefault((series.skeleton.name, name), []).append(line.recording)
    if not real:
        raise DatasetError(f"{folder}: no real recording of a named person in it; " + "; ".join(left_out[:1]))
    if len(kinds) > 1:
        several = ", ".join(f"{name} ({names[0]}, {len(names)} in all)" for (_, name), names in kinds.items())
        raise DatasetError(
            f"{folder}: recordings of different estimators or skeletons cannot be compared: {several}; "
            "make a data set of each and evaluate them apart"
        )
    return real, left_out


def fitting_reference(
    series: Sequence[tuple[PoseSeries, str, str]], reference: Reference | None, space: Space | None, folder: Path
) -> Reference:
    """The reference given, or the shipped one, of the space that all recordings can be measured in.

    Raises:
        DatasetError: the recordings or the reference given are not of the space asked for.
    """
    flat = next((s.recording for s, _, _ in series if axes_of(s) != 3), None)
    if space not in (None, *NAMES.values()):
        raise DatasetError(f"space {space!r}: it is picture or depth")
    axes = next((a for a, name in NAMES.items() if name == space), 2 if flat else 3)
    if reference is not None and space is None:
        axes = reference.axes
    if axes == 3 and flat:
        raise DatasetError(f"{folder}: {flat} tells no depth; evaluate in the space of pictures (`space` picture)")
    if reference is not None and reference.axes != axes:
        raise DatasetError(
            f"the reference is for {NAMES[reference.axes]}, not for {NAMES[axes]}; give one of the same space"
        )
    return reference or shipped(axes)


def measure_usable(
    series: Sequence[tuple[PoseSeries, str, str]],
    reference: Reference,
    left_out: list[str],
    group: str,
    progress: Progress,
) -> list[UsableRecording]:
    """The usable recordings, each content once; adds a sentence to `left_out` for every other."""
    usable: list[UsableRecording] = []
    contents: dict[str, str] = {}
    for number, (poses, activity, session) in enumerate(series, 1):
        measured = measure(poses, reference.axes)
        take = Take.of(measured, group=group, activity=activity, session=session)
        first = contents.get(poses.sha256) or contents.get(poses.film) or poses.recording
        contents.update({key: first for key in (poses.sha256, poses.film) if key})
        if take is None:
            doubts = [f.message for f in measured.inspection.excluding if f.code != "TOO_LITTLE_EVIDENCE"]
            reason = "; ".join(doubts) or "no usable stretch in it is a second long"
            left_out.append(f"{poses.recording} is left out: {reason}")
        elif first != poses.recording:
            left_out.append(f"{poses.recording} is left out: the same recording as {first}")
        else:
            usable.append(UsableRecording(take, poses))
        progress("recordings measured", number, len(series))
    return usable


def keep_unseen(
    measured: list[UsableRecording], reference: Reference, folder: Path
) -> tuple[list[UsableRecording], list[str]]:
    """The recordings of persons whom the reference does not know, and the persons whom it does."""
    known = sorted({m.take.person for m in measured if reference.cohort_people(m.take.sha256)})
    kept = [m for m in measured if m.take.person not in known]
    persons = sorted({m.take.person for m in kept})
    if len(persons) < 2:
        advice = (
            f"{names_in_short(known)} cannot be tested, being in the reference's background: add recordings of persons who are not in "
            "it, or give a reference made without these (`reference`)"
            if known
            else "add recordings of other persons: whoever is tested needs impostors"
        )
        raise DatasetError(
            f"{folder}: an evaluation needs usable recordings of at least 2 persons to test, got "
            f"{len(persons)}{f' ({persons[0]})' if persons else ''}; {advice}"
        )
    return kept, known


def names_in_short(persons: Sequence[str]) -> str:
    """At most five names, and how many more."""
    return ", ".join(persons[:5]) + (f" and {len(persons) - 5} more" if len(persons) > 5 else "")
