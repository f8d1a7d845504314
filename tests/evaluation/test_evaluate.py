"""A data set evaluated: tables and figures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from helpers.evaluation import data_set

import poseprint
from poseprint.app.datasets.convert import import_kinect
from poseprint.evaluation.protocol import draw_trials
from poseprint.movements.measure import measure
from poseprint.verification.reference import Reference, shipped
from poseprint.verification.trials import Take


@pytest.mark.slow
def test_what_is_reported(evaluated: tuple[dict[str, Any], Path, list[str]]) -> None:
    result, out, _ = evaluated
    assert json.loads((out / "evaluation.json").read_text()) == result
    data = result["data"]
    assert (data["persons"], data["recordings"], data["sessions"], data["activities"]) == (3, 24, 6, 4)
    assert result["reference"]["name"] == "picture"
    assert set(result["protocols"]) == {"recording", "activity", "session"}
    for results in result["protocols"].values():
        assert results["persons_tested"] == 3
        assert set(results["figures"]) == {"static", "motion", "both"}
        assert set(results["figures"]["motion"]) == {"5s", "recording", "4recordings"}
        metrics = results["figures"]["both"]["recording"]
        assert metrics["genuine"] * 2 == metrics["impostor"]
        assert metrics["majority"] == pytest.approx(2 / 3)
        assert 0 <= metrics["min_cllr"] <= metrics["cllr"] + 1e-9
        assert metrics["intervals"] is None  # three persons
        for side in metrics["decisions"].values():
            assert 0 <= side["consistent"] + side["inconsistent"] <= 1
        assert [row["seconds"] for row in results["seconds"]] == [5, 10, 20, 30]
        # These made-up people differ in amplitude and tempo alone, and widely.
    assert result["protocols"]["recording"]["figures"]["motion"]["4recordings"]["auc"] > 0.7


@pytest.mark.slow
def test_the_same_seed_gives_the_same(tmp_path: Path) -> None:
    data = data_set(tmp_path / "data", ("Ann", "Bob"), recordings=2, grouped=False)
    first, second = (poseprint.evaluate(data, output=tmp_path / name, seed=5) for name in "ab")
    assert first == second
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name
    assert list(first["protocols"]) == ["recording"]
    assert "not parted by session" in " ".join(first["notes"])


@pytest.mark.slow
def test_each_person_is_judged_by_the_reference_as_their_check_would_see_it(tmp_path: Path) -> None:
    data, name = data_set(tmp_path / "data", ("Ann", "Bob"), recordings=2, grouped=False), "mediapipe-pose-full"
    whole = shipped(2)
    origins = np.stack([whole.background.mean, whole.background.mean + 50 * whole.background.scale])
    facts = {**whole.facts, "speakers": ["Cyd", "Bob"]}
    ones = np.ones_like(whole.background.scale)
    seen = replace(whole, gains={name: ones}, origins={name: origins}, facts=facts)
    asked = list[str]()

    class Watched(Reference):
        def seen_by(self, estimator: str, *besides: str) -> Reference:
            asked.extend(besides)
            return Reference.seen_by(seen, estimator, *besides)

    watched = Watched(**vars(seen))
    result = poseprint.evaluate(data, output=tmp_path / "out", reference=watched)
    assert sorted(asked) == ["Ann", "Bob"]
    notes = " ".join(result["notes"])
    assert "was told by 2 people (Cyd, Bob)" in notes
    assert "was never compared" not in notes


@pytest.mark.slow
@pytest.mark.shared_data
def test_signers_by_session(shared: Path, tmp_path: Path) -> None:
    whole = pq.read_table(shared / "isl_kinect" / "upper_body.parquet")
    signers = sorted(set(whole["person"].to_pylist()))[:4]
    signs = sorted(set(whole["activity"].to_pylist()))[:2]
    subset = whole.filter(
        pc.and_(pc.is_in(whole["person"], pa.array(signers)), pc.is_in(whole["activity"], pa.array(signs)))
    )
    pq.write_table(subset, tmp_path / "some.parquet")
    lines = import_kinect(tmp_path / "some.parquet", tmp_path / "data")
    assert {line.activity for line in lines} == set(signs)
    result = poseprint.evaluate(tmp_path / "data", output=tmp_path / "out", by="session")
    assert result["reference"]["name"] == "depth"
    assert result["data"]["sessions"] == 3
    results = result["protocols"]["session"]
    assert results["persons_tested"] == 4
    assert results["figures"]["both"]["4recordings"]["auc"] > 0.5
    takes = [
        t
        for line in lines[:30]
        if (t := Take.of(measure(poseprint.read_poses(tmp_path / "data" / line.file), 2), session=line.session))
    ]
    assert draw_trials(lambda _: shipped(2), [replace(t, session="") for t in takes], "recording", 0)
