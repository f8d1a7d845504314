"""Poses and footage that a page replays."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from helpers.reports import judged, waving, written
from helpers.videos import film

from poseprint.rendering.report.replay import MISSING


def test_poses_that_are_all_missing(tmp_path: Path) -> None:
    series = waving()
    series = replace(series, position=np.full_like(series.position, np.nan))
    data = json.loads(written(tmp_path, judged(series), series).scripts[0])
    assert set(np.frombuffer(base64.b64decode(data["position"]), "<i2")) == {MISSING}
    assert data["shoulders"] is None


@pytest.mark.parametrize("size", [(640, 360), (3840, 2160)])
def test_embedded_poses_come_back(tmp_path: Path, size: tuple[int, int]) -> None:
    series = waving(size=size)
    data = json.loads(written(tmp_path, judged(series), series).scripts[0])
    packed = np.frombuffer(base64.b64decode(data["position"]), "<i2").reshape(series.position.shape)
    position = np.where(packed == data["missing"], np.nan, packed / data["perPixel"])
    np.testing.assert_allclose(position, series.position, atol=0.5 / data["perPixel"] + 1e-3)
    confidence = np.frombuffer(base64.b64decode(data["confidence"]), np.uint8).reshape(series.confidence.shape)
    np.testing.assert_allclose(confidence / 255, series.confidence, atol=0.002)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "small"), [((1280, 720), (640, 360)), ((360, 720), (320, 640)), ((64, 48), (64, 48))])
def test_footage_is_embedded_small_and_in_step(tmp_path: Path, size: tuple[int, int], small: tuple[int, int]) -> None:
    series = waving(frames=60)
    page = written(tmp_path, judged(series, ()), series, footage=film(tmp_path / "film.mp4", size))
    source = next(a["src"] or "" for t, a in page.elements if t == "video")
    head, text = source.split(",")
    assert head == "data:video/mp4;base64"
    (tmp_path / "small.mp4").write_bytes(base64.b64decode(text))
    with av.open(str(tmp_path / "small.mp4")) as container:
        decoded = list(container.decode(video=0))
        assert (decoded[0].width, decoded[0].height) == small
        assert not container.streams.audio
    assert [f.time for f in decoded] == pytest.approx([i / 30 for i in range(60)])
    assert decoded[40].to_ndarray(format="rgb24").mean() == pytest.approx(160, abs=4)
