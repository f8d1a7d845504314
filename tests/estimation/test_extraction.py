"""From pictures to poses on the grid, with an estimator whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from helpers.estimators import FixedEstimator, bar
from helpers.videos import write_video

from poseprint.app.datasets.collect import CHUNKS_DIR, collect
from poseprint.estimation.chunks import AT_A_TIME, CHUNK, LONGEST_CHUNK, spans_of
from poseprint.estimation.extraction import extract
from poseprint.estimation.measuring import Measuring
from poseprint.io.parquet import read_poses
from poseprint.movements.gates import inspect

pytestmark = pytest.mark.usefixtures("known")


@pytest.mark.slow
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


@pytest.mark.slow
def test_workers_do_not_change_the_result(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k % 200 / 30), 400)
    one, many = extract(path, Measuring(jobs=1)), extract(path, Measuring(jobs=4))
    assert np.array_equal(one.position, many.position, equal_nan=True)
    for name in one.channels:
        assert np.array_equal(one.channels[name], many.channels[name], equal_nan=True)


@pytest.mark.slow
def test_an_estimator_may_be_handed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 60), 3 * CHUNK)
    named, given = extract(path), FixedEstimator()
    monkeypatch.setattr(FixedEstimator, "close", lambda _: pytest.fail("whoever hands it in closes it"))
    handed = extract(path, Measuring(estimator=given, jobs=4))
    assert np.array_equal(handed.position, named.position, equal_nan=True)
    assert handed.estimator == FixedEstimator.info


@pytest.mark.slow
def test_a_cut_starts_the_estimator_afresh_and_is_not_interpolated(tmp_path: Path) -> None:
    def picture(k: int) -> np.ndarray:
        return bar(k / 25) if k < 50 else 255 - bar(4 - k / 25)

    series = extract(write_video(tmp_path / "v.mp4", picture, 100, fps=25))
    assert np.flatnonzero(series.channels["cut"]).tolist() == [60]
    assert series.shots() == [(0, 60), (60, 120)]
    assert sorted(FixedEstimator.shots) == [50, 50]
    assert "CUTS" in {f.code for f in inspect(series).findings}


@pytest.mark.slow
def test_progress_reaches_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 60), 2 * CHUNK)
    extract(path, progress=lambda _, done, total: seen.append((done, total)))
    assert seen[-1] == (2 * CHUNK, 2 * CHUNK)


@pytest.mark.slow
def test_a_pause_is_no_evidence_and_no_damage(tmp_path: Path) -> None:
    times = [k / 30 for k in range(210) if not 60 <= k < 120]
    series = extract(write_video(tmp_path / "v.mp4", lambda k: bar(times[k]), len(times), times=times))
    assert abs(len(series) - 210) <= 1
    assert np.isnan(series.position[66:119, 0, 0]).all()
    assert np.isfinite(series.position[120:200, 0, 0]).all()
    assert series.log[0]["lost_seconds"] == 0
    assert series.shots() == [(0, 120), (120, 210)]
    found = {f.code: f for f in inspect(series).findings}
    assert found.keys() >= {"PAUSE"}
    assert not found.keys() & {"FILE_DAMAGED", "PERSON_ABSENT", "LOW_FRAME_RATE"}
    assert found["PAUSE"].frames == ((60, 120),)


@pytest.mark.slow
def test_a_trembling_clock_is_followed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    times = [0.0, *(k / 30 + float(rng.normal(0, 0.004)) for k in range(1, 150))]
    series = extract(write_video(tmp_path / "v.mp4", lambda k: bar(times[k]), 150, times=times))
    assert series.log[0]["pictures"] == 150
    assert np.abs(series.position[:148, 0, 0] - (120 + 60 * series.time[:148])).max() < 1.5
    assert not {f.code for f in inspect(series).findings} & {
        "FILE_DAMAGED",
        "REPEATED_FRAMES",
        "HEADER_DISAGREES",
        "CUTS",
    }


@pytest.mark.slow
def test_parts_put_together_are_all_measured(tmp_path: Path) -> None:
    parts = [write_video(tmp_path / f"{fps}.ts", lambda k, fps=fps: bar(k / fps), 3 * fps, fps=fps) for fps in (25, 30)]
    both = tmp_path / "both.ts"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    series = extract(both)
    assert series.log[0]["pictures"] == 75 + 90
    assert abs(len(series) - 180) <= 1
    assert np.flatnonzero(series.channels["cut"]).tolist() == [90]
    for part in (slice(0, 88), slice(90, 178)):
        assert np.abs(series.position[part, 0, 0] - (120 + 2 * np.arange(88))).max() < 2.5
    assert {f.code for f in inspect(series).findings} >= {"CLOCK_RESTARTS", "CUTS"}
    again = extract(both, Measuring(jobs=4))
    assert np.array_equal(again.position, series.position, equal_nan=True)


@pytest.mark.slow
def test_truncated_video_keeps_what_decodes(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 60), 300, container_options={"movflags": "faststart"})
    with path.open("rb+") as file:
        file.truncate(path.stat().st_size * 6 // 10)
    series = extract(path)
    assert 60 < len(series) < 280
    assert "FILE_DAMAGED" in {f.code for f in inspect(series).findings}


@pytest.mark.slow
def test_interrupted_extraction_goes_on(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 60), 5 * CHUNK, options={"preset": "ultrafast", "g": "30"})
    FixedEstimator.stop_after = 3 * CHUNK
    with pytest.raises(KeyboardInterrupt):
        collect(path, tmp_path / "data", measuring=Measuring(jobs=1))
    assert not (tmp_path / "data" / "v.parquet").exists()
    kept = list((tmp_path / "data" / CHUNKS_DIR).rglob("*.npz"))
    assert len(kept) == 2
    FixedEstimator.stop_after, FixedEstimator.seen = None, 0
    done = collect(path, tmp_path / "data", measuring=Measuring(jobs=1))
    assert FixedEstimator.seen <= 3 * (CHUNK + 15)
    assert not (tmp_path / "data" / CHUNKS_DIR).exists()
    whole = extract(path, Measuring(jobs=1))
    assert np.array_equal(read_poses(done.file).position, whole.position, equal_nan=True)


@pytest.mark.slow
def test_a_broken_part_is_measured_again(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: bar(k / 60), 2 * CHUNK)
    whole = extract(path, chunks_dir=tmp_path / "parts")
    for part in (tmp_path / "parts").iterdir():
        part.write_bytes(b"PK\x03\x04 broken")
    assert np.array_equal(extract(path, chunks_dir=tmp_path / "parts").position, whole.position, equal_nan=True)


@pytest.mark.slow
def test_parts_that_other_weights_measured_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, parts = write_video(tmp_path / "v.mp4", lambda k: bar(k / 60), 30), tmp_path / "parts"
    extract(path, chunks_dir=parts)
    before = FixedEstimator.seen
    extract(path, chunks_dir=parts)
    assert FixedEstimator.seen == before
    monkeypatch.setattr(FixedEstimator, "info", replace(FixedEstimator.info, weights_sha256="other"))
    extract(path, chunks_dir=parts)
    assert FixedEstimator.seen == 2 * before


@pytest.mark.parametrize("total", [1, 149, 150, 221, 1843, 3108, 108_000])
def test_chunks_cover_a_video_once(total: int) -> None:
    chunks = spans_of(total)
    assert chunks[0][0] == 0
    assert chunks[-1][1] is None
    assert all(a[1] == b[0] for a, b in pairwise(chunks))
    lengths = [b[0] - a[0] for a, b in pairwise([*chunks, (total, None)])]
    assert max(lengths) <= LONGEST_CHUNK
    assert max(lengths) - min(lengths) <= 1
    assert len(chunks) in (1, 2) or len(chunks) % AT_A_TIME == 0
