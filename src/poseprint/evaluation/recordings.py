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
from poseprint.verification.chosen import axes_in, choose, ensure_fits
from poseprint.verification.reference import NAMES, Reference, shipped
from poseprint.verification.trials import Take

Space = Literal["picture", "depth"]


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
            "make a data set of each"
        )
    return real, left_out


def fitting_reference(
    series: Sequence[tuple[PoseSeries, str, str]],
    reference: Reference | Path | str | None,
    space: Space | None,
    folder: Path,
) -> Reference:
    """The reference given, or the shipped one, of the space that all recordings can be measured in.

    Raises:
        DatasetError: the recordings or the reference given are not of the space asked for, or it was learned from others than
            their estimator.
        PoseprintError: the reference cannot be read.
    """
    flat = next((s.recording for s, _, _ in series if axes_of(s) != 3), None)
    if space not in (None, *NAMES.values()):
        raise DatasetError(f"space {space!r}: it is picture or depth")
    if reference is None:
        offered = [2] if flat else list(NAMES)
    else:
        offered = [reference.axes] if isinstance(reference, Reference) else axes_in(Path(reference))
    served = [axes for axes in offered if axes == 2 or not flat]
    axes = next((a for a, name in NAMES.items() if name == space), max(served or offered))
    if axes == 3 and flat:
        raise DatasetError(f"{folder}: {flat} tells no depth; evaluate in the space of pictures (`space` picture)")
    chosen = choose(reference, axes)
    if chosen is not None:
        ensure_fits(chosen, axes, series[0][0].estimator.name)
    return chosen or shipped(axes)


def measure_usable(
    series: Sequence[tuple[PoseSeries, str, str]],
    axes: int,
    left_out: list[str],
    group: str,
    progress: Progress,
) -> list[UsableRecording]:
    """The usable recordings, measured on so many axes, each content once; adds a sentence to `left_out` for every other."""
    usable: list[UsableRecording] = []
    contents: dict[str, str] = {}
    for number, (poses, activity, session) in enumerate(series, 1):
        measured = measure(poses, axes)
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
