"""Other forms into a data set: Kinect tables, the paper's csv pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from poseprint.app.datasets.collect import changing, line_of, listed_recordings
from poseprint.core.errors import PoseFileError
from poseprint.core.files import absence, ensure_writable
from poseprint.core.progress import Progress, silent
from poseprint.core.series import PoseSeries
from poseprint.io.dataset import Recording, pose_file_path
from poseprint.io.kinect import KINECT, Camera, read_kinect
from poseprint.io.paper_csv import read_csv_pair, series_of_movements
from poseprint.io.parquet import write_poses


def import_kinect(path: Path, folder: Path, *, camera: Camera = KINECT, progress: Progress = silent) -> list[Recording]:
    """Add the recordings of a Kinect table to a data set, all as real; see `poseprint.io.kinect.read_kinect`.

    Nothing is written before the whole table is read. What is there already stays as it is.

    Args:
        path: the table, a Parquet file.
        folder: the data set, to make or to add to.
        camera: what projects its joints onto a picture.
        progress: called before each recording.

    Returns:
        the lines that recordings.csv has for them.

    Raises:
        PoseprintError: no such table, or the folder cannot be written.
    """
    _demand_file(path)
    recordings = read_kinect(path, camera=camera)
    return _add([(r.series, "real", r.session, r.activity) for r in recordings], folder, progress)


def import_csv_pair(
    poses_csv: Path,
    labels_csv: Path,
    folder: Path,
    *,
    person: str,
    frame_size: tuple[int, int],
    progress: Progress = silent,
) -> list[Recording]:
    """Add the movements of the paper's csv pair to a data set.

    The form does not separate recordings: each unbroken run of movements with one label is taken as one.
    That can join recordings that stand next to each other, but splits none whose movements stand together. They
    are named after the file and numbered in its order, and a cut at every 150th frame keeps the movements as they are.

    Args:
        poses_csv, labels_csv: see `poseprint.io.paper_csv`.
        folder: the data set, to make or to add to.
        person: who moves in the real movements and is claimed to in the fake ones.
        frame_size: (width, height) in pixels.
        progress: called before each recording.

    Returns:
        the lines that recordings.csv has for them.

    Raises:
        PoseprintError: no such pair, or the folder cannot be written.
    """
    for file in (poses_csv, labels_csv):
        _demand_file(file)
    positions, labels = read_csv_pair(poses_csv, labels_csv)
    edges = [0, *(int(i) + 1 for i in np.flatnonzero(np.diff(labels))), len(labels)]
    recordings = []
    for number, (first, last) in enumerate(pairwise(edges), 1):
        name = f"{poses_csv.stem}-{number:0{max(4, len(str(len(edges))))}d}"
        position = positions[first:last].reshape(-1, *positions.shape[2:])
        series = series_of_movements(position, poses_csv, frame_size=frame_size, recording=name)
        recordings.append(
            (replace(series, person=person).within_picture(), "real" if labels[first] else "fake", "", "")
        )
    return _add(recordings, folder, progress)


def _demand_file(path: Path) -> None:
    if not path.is_file():
        raise PoseFileError(f"{path}: is a folder; name the file" if path.is_dir() else absence(path))


def _add(recordings: Sequence[tuple[PoseSeries, str, str, str]], folder: Path, progress: Progress) -> list[Recording]:
    """Write series with label, session and activity into a data set, unless they are there already; then list them."""
    listed_recordings(folder)
    ensure_writable(folder)
    lines = []
    with changing(folder) as listed:
        for count, (series, label, session, activity) in enumerate(recordings):
            progress(series.recording, count, len(recordings))
            file = pose_file_path(folder, series.recording, series, list(listed.values()))
            if not file.exists():
                write_poses(replace(series, recording=file.stem), file)
            line = line_of(file, listed.values()) or Recording(file.stem, "", label, "", file.name)
            person, session, activity = series.person.strip(), session.strip(), activity.strip()
            lines.append(replace(line, label=label, person=person, session=session, activity=activity))
        listed.update((line.recording, line) for line in lines)
    return lines
