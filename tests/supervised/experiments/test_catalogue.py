"""The experiments there are, at either scale."""

from __future__ import annotations

from dataclasses import replace

from poseprint.supervised.experiments.catalogue import EXPERIMENTS, SCALES
from poseprint.supervised.settings import PRESETS


def test_rows_follow_the_scale_and_the_changes() -> None:
    full, reduced = SCALES["full"], SCALES["reduced"]
    for experiment in EXPERIMENTS.values():
        for row in experiment.rows:
            assert full.settings(row) == row.settings
            assert reduced.settings(row).test_share == 0.2
    paper = EXPERIMENTS["lstm"].rows[0]
    small = reduced.settings(paper)
    assert (small.epochs, small.batch_size, small.every) == (25, 16, 3)
    assert small.lr_step == round(30 * 25 / 200)
    quick = reduced.settings(next(row for row in EXPERIMENTS["lstm"].rows if row.settings == PRESETS["quick"]))
    assert replace(quick, validation_share=0.1, test_share=0.1, reshuffle=True) == PRESETS["quick"]
