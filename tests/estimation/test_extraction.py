"""From pictures to poses on the grid, with an estimator whose answers are known."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from helpers.movers import mover
from helpers.videos import write_video

import poseprint
from poseprint.app.datasets.collect import PARTS, collect
from poseprint.core.arrays import Array
from poseprint.core.errors import DatasetError, PoseprintError
from poseprint.core.series import EstimatorInfo
from poseprint.core.skeleton import UPPER_BODY
from poseprint.estimation import registry
from poseprint.estimation.estimator import Pose
from poseprint.estimation.extraction import CHUNK, _chunks, extract
from poseprint.io.dataset import read_recordings
from poseprint.io.parquet import read_poses, write_poses
from poseprint.movements.gates import inspect


class Known:
    """Every keypoint lies where the picture's bright bar is; counts its calls."""

    info = EstimatorInfo("known", "1", "0")
    skeleton = UPPER_BODY
    shots: ClassVar[list[int]] = []
    stop_after: ClassVar[int | None] = None
    seen = 0
    lock = threading.Lock()

    def track(self, pictures: Iterable[tuple[float, Array]]) -> Iterator[Pose]:
        count = 0
        for _, picture in pictures:
            with Known.lock:
                Known.seen += 1
                if Known.stop_after is not None and Known.seen > Known.stop_after:
                    raise KeyboardInterrupt
            count += 1
            bright = np.flatnonzero(picture[:, :, 0].mean(axis=0) > 150)
            x = bright.mean() / picture.shape[1] if len(bright) else np.nan
            yield Pose(np.full((12, 2), x), np.full(12, 0.9 if len(bright) else 0.0), 1.0)
        Known.shots.append(count)

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    Known.shots, Known.stop_after, Known.seen = [], None, 0
    monkeypatch.setitem(registry.ESTIMATORS, "mediapipe", lambda _: Known())


def bar(seconds: float, *, background: int = 60) -> np.ndarray:
    """A bar that moves by 60 pixels a second over a textured ground."""
    picture = np.random.default_rng(1).integers(background, background + 20, (96, 640, 3), dtype=np.uint8)
    left = 100 + round(60 * seconds)
    picture[:, left : left + 40] = 255
    return picture


@pytest.mark.parametrize("fps", [24, 25, 30, 60])
def test_poses_lie_on_the_grid_at_any_source_rate(tmp_path: Path, fps: int) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / fps), 4 * fps, fps=fps)
    series = extract(path)
    assert series.fps == 30
    assert abs(len(series) - 120) <= 1
    assert series.time == pytest.approx(np.arange(len(series)) / 30)
    wanted = 120 + 60 * series.time
    inner = slice(0, len(series) - 2)  # after the last picture nothing is known of the movement
    assert np.abs(series.position[inner, 0, 0] - wanted[inner]).max() < 1.5
    assert series.frame_size == (640, 96)
    assert series.recording == "v"
    assert series.log[0]["lost_seconds"] == 0


def test_workers_do_not_change_the_result(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k % 200 / 30), 400)
    one, many = extract(path, jobs=1), extract(path, jobs=4)
    assert np.array_equal(one.position, many.position, equal_nan=True)
    for name in one.channels:
        assert np.array_equal(one.channels[name], many.channels[name], equal_nan=True)


def test_a_cut_starts_the_estimator_afresh_and_is_not_interpolated(tmp_path: Path) -> None:
    def picture(k: int) -> np.ndarray:
        return bar(k / 25) if k < 50 else 255 - bar(4 - k / 25)

    series = extract(write_video(tmp_path / "v.mp4", picture, 100, fps=25))
    assert np.flatnonzero(series.channels["cut"]).tolist() == [60]
    assert series.shots() == [(0, 60), (60, 120)]
    assert sorted(Known.shots) == [50, 50]
    assert "CUTS" in {f.code for f in inspect(series).findings}


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 60), 2 * CHUNK)
    extract(path, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (2 * CHUNK, 2 * CHUNK)


def test_lost_pictures_are_missing_and_reported(tmp_path: Path) -> None:
    times = [k / 30 for k in range(180) if not 60 <= k < 90]
    series = extract(write_video(tmp_path / "v.mp4", lambda k: bar(times[k]), len(times), times=times))
    assert abs(len(series) - 180) <= 1
    assert np.isnan(series.position[66:89, 0, 0]).all()
    assert np.isfinite(series.position[92:170, 0, 0]).all()
    assert series.log[0]["lost_seconds"] == pytest.approx(1.0, abs=0.1)
    assert "FILE_DAMAGED" in {f.code for f in inspect(series).findings}


def test_truncated_video_keeps_what_decodes(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 60), 300, container_options={"movflags": "faststart"})
    with path.open("rb+") as file:
        file.truncate(path.stat().st_size * 6 // 10)
    series = extract(path)
    assert 60 < len(series) < 280
    assert "FILE_DAMAGED" in {f.code for f in inspect(series).findings}


def test_interrupted_extraction_goes_on(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 60), 5 * CHUNK, options={"preset": "ultrafast", "g": "30"})
    Known.stop_after = 3 * CHUNK
    with pytest.raises(KeyboardInterrupt):
        collect(path, tmp_path / "data", jobs=1)
    assert not (tmp_path / "data" / "v.parquet").exists()
    kept = list((tmp_path / "data" / PARTS).rglob("*.npz"))
    assert len(kept) == 2
    Known.stop_after, Known.seen = None, 0
    done = collect(path, tmp_path / "data", jobs=1)
    assert Known.seen <= 3 * (CHUNK + 15)
    assert not (tmp_path / "data" / PARTS).exists()
    whole = extract(path, jobs=1)
    assert np.array_equal(read_poses(done.file).position, whole.position, equal_nan=True)


def test_a_broken_part_is_measured_again(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 60), 2 * CHUNK)
    whole = extract(path, parts=tmp_path / "parts")
    for part in (tmp_path / "parts").iterdir():
        part.write_bytes(b"PK\x03\x04 broken")
    assert np.array_equal(extract(path, parts=tmp_path / "parts").position, whole.position, equal_nan=True)


def test_collect_lists_and_does_not_measure_twice(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 30), 60)
    first = collect(path, tmp_path / "data", person="Ann", session="monday")
    again = collect(path, tmp_path / "data")
    assert first.new
    assert not again.new
    assert "v,Ann,real,monday,v.parquet" in (tmp_path / "data" / "recordings.csv").read_text()
    (tmp_path / "other").mkdir()
    other = write_video(tmp_path / "other" / "v.mp4", lambda k: bar(k / 60), 60)
    assert collect(other, tmp_path / "data").file.name.startswith("v-")
    with pytest.raises(DatasetError, match="label"):
        collect(path, tmp_path / "data", label="genuine")


def test_unwritable_output_is_told_before_the_work(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 30), 30)
    (tmp_path / "file").touch()
    with pytest.raises(PoseprintError, match="cannot be written"):
        collect(path, tmp_path / "file" / "data")
    assert Known.seen == 0


def test_poses_from_elsewhere_delete_nothing(tmp_path: Path) -> None:
    victim = tmp_path / f"victim-{poseprint.__version__}"
    victim.mkdir()
    evil = replace(mover(60), source_sha256="../../victim")
    write_poses(evil, tmp_path / "evil.parquet")
    collect(tmp_path / "evil.parquet", tmp_path / "up" / "data")
    assert victim.is_dir()


def test_other_poses_of_the_same_name_replace_nothing(tmp_path: Path) -> None:
    for folder, seed in (("a", 1), ("b", 2)):
        write_poses(mover(60, seed=seed), tmp_path / folder / "x.parquet")
        collect(tmp_path / folder / "x.parquet", tmp_path / "data", person=folder)
    again = collect(tmp_path / "a" / "x.parquet", tmp_path / "data")
    assert not again.new
    lines = read_recordings(tmp_path / "data")
    assert sorted(line.person for line in lines) == ["a", "b"]
    assert len({line.file for line in lines}) == 2


def test_only_what_is_given_changes_a_line(tmp_path: Path) -> None:
    write_poses(mover(60), tmp_path / " odd .parquet")
    for given in ({"person": "Ann", "label": "fake"}, {"session": "monday"}, {"label": "real"}, {}):
        collect(tmp_path / " odd .parquet", tmp_path / "data", **given)
    (line,) = read_recordings(tmp_path / "data")
    assert (line.recording, line.person, line.label, line.session) == ("odd", "Ann", "real", "monday")


@pytest.mark.parametrize("total", [1, 149, 150, 221, 1843, 3108, 108_000])
def test_chunks_cover_a_video_once(total: int) -> None:
    chunks = _chunks(total)
    assert chunks[0][0] == 0
    assert chunks[-1][1] is None
    assert all(a[1] == b[0] for a, b in pairwise(chunks))
    assert all(first % CHUNK == 0 for first, _ in chunks)
