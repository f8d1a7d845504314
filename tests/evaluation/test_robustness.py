"""What becomes of verdicts when recordings are changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.evaluation import PEOPLE, recording_of

from poseprint.evaluation.robustness import robustness
from poseprint.movements.measure import measure
from poseprint.movements.perturbations import PERTURBATIONS
from poseprint.verification.reference import shipped
from poseprint.verification.trials import Take


@pytest.mark.slow
def test_robustness_is_told_for_every_change(evaluated: tuple[dict[str, Any], Path, list[str]]) -> None:
    rows = {row["name"]: row for row in evaluated[0]["robustness"]["rows"]}
    assert list(rows) == ["unchanged", *PERTURBATIONS]
    assert evaluated[0]["robustness"]["by"] == "session"
    same = rows["60_fps"]
    assert (same["shift"], same["changed"]) == ({"genuine": 0, "impostor": 0}, 0)
    assert same["figures"] == rows["unchanged"]["figures"]
    assert abs(rows["jitter_0.05"]["shift"]["genuine"]) > 0
    assert all(row["recordings"] + row["unusable"] == 12 for row in rows.values())


@pytest.mark.slow
def test_a_change_after_which_nothing_can_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = []
    for person in PEOPLE:
        for k in range(3):
            series = recording_of(person, k)
            take = Take.of(measure(series, 2))
            assert take is not None
            pairs.append((take, series))
    gone = replace(PERTURBATIONS["crop"], apply=lambda s: replace(s, position=np.full_like(s.position, np.nan)))
    half = replace(gone, apply=lambda s: gone.apply(s) if s.person == "Ann" else s)
    monkeypatch.setattr("poseprint.evaluation.robustness.PERTURBATIONS", {"gone": gone, "half": half})
    takes = [take for take, _ in pairs]
    rows = robustness(lambda _: shipped(2), takes, pairs, seed=0)
    assert [(r["recordings"], r["unusable"]) for r in rows] == [(9, 0), (0, 9), (6, 3)]
    assert "figures" not in rows[1]
    assert (rows[2]["shift"], rows[2]["changed"]) == ({"genuine": 0, "impostor": 0}, 0)
