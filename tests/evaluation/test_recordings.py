"""Which recordings of a data set serve, and what is reported of those that do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.evaluation import data_set, recording_of

import poseprint
from poseprint.core.errors import DatasetError
from poseprint.core.series import EstimatorInfo
from poseprint.io.dataset import read_recordings, write_recordings
from poseprint.io.parquet import write_poses
from poseprint.movements.measure import measure
from poseprint.verification.reference import Reference, shipped


@pytest.mark.slow
def test_what_is_left_out_is_reported_with_the_reason(evaluated: tuple[dict[str, Any], Path, list[str]]) -> None:
    result, _, messages = evaluated
    left_out = result["data"]["left_out"]
    assert len(left_out) == 4
    assert set(left_out) <= set(messages)
    for reason in (
        "short is left out: no usable stretch in it is a second long",
        "twin is left out: the same recording as Bob-0",
        "impression is left out: labelled fake",
        "unnamed is left out: recordings.csv does not tell who",
    ):
        assert any(sentence.startswith(reason) for sentence in left_out), reason
    assert "3 persons are too few for intervals" in " ".join(result["notes"])
    compared = "mediapipe-pose-full" in shipped(2).gains
    assert any("was never compared with mediapipe-pose-full" in note for note in result["notes"]) != compared


def error_of(data: Path, tmp_path: Path, **options: Any) -> str:
    with pytest.raises(DatasetError) as caught:
        poseprint.evaluate(data, output=tmp_path / "out", **options)
    assert not (tmp_path / "out" / "evaluation.json").exists()
    return str(caught.value)


def test_a_folder_without_recordings(tmp_path: Path) -> None:
    assert "no recordings.csv in it; `poseprint extract" in error_of(tmp_path, tmp_path)


def test_one_person_alone(tmp_path: Path) -> None:
    message = error_of(data_set(tmp_path / "data", ("Ann",), recordings=2), tmp_path)
    assert "an evaluation needs usable recordings of at least 2 persons to test, got 1 (Ann)" in message
    assert "add recordings of other persons: whoever is tested needs impostors" in message


def test_one_recording_of_each(tmp_path: Path) -> None:
    message = error_of(data_set(tmp_path / "data", recordings=1), tmp_path)
    assert "by recording, at least 2 persons need two usable recordings, got 0; add recordings" in message


def test_a_way_to_part_that_the_data_does_not_tell(tmp_path: Path) -> None:
    data = data_set(tmp_path / "data", ("Ann", "Bob"), recordings=2, grouped=False)
    message = error_of(data, tmp_path, by="session")
    assert "fill in the column session of recordings.csv, or leave `by` out" in message
    assert "it is recording, session or activity" in error_of(data, tmp_path, by="day")
    assert "tells no depth; evaluate in the space of pictures (`space` picture)" in error_of(
        data, tmp_path, space="depth"
    )
    assert "it is picture or depth" in error_of(data, tmp_path, space="flat")


def test_mixed_estimators_are_both_named(tmp_path: Path) -> None:
    data = data_set(tmp_path / "data", ("Ann", "Bob"), recordings=2)
    other = replace(recording_of("Bob", 1), estimator=EstimatorInfo("openpose", "BODY_25"))
    write_poses(other, data / "Bob-1.parquet")
    message = error_of(data, tmp_path)
    assert "mediapipe-pose-full 0.10.31 (4eaa5eb7) (Ann-0, 3 in all), openpose BODY_25 (Bob-1, 1 in all)" in message
    assert "make a data set of each" in message


def test_only_fakes(tmp_path: Path) -> None:
    data = data_set(tmp_path / "data", ("Ann",), recordings=1)
    write_recordings(data, [replace(line, label="fake") for line in read_recordings(data)])
    assert "no real recording of a named person" in error_of(data, tmp_path)


def knowing(*persons: str, recordings: int = 2) -> Reference:
    """The shipped reference, as if these persons were in its background."""
    whole = shipped(2)
    known = {
        measure(recording_of(p, k), 2).series.sha256[:16]: n for n, p in enumerate(persons) for k in range(recordings)
    }
    return replace(whole, facts={**whole.facts, "recordings": {**whole.facts["recordings"], **known}})


@pytest.mark.slow
def test_persons_in_the_reference_are_left_out_of_the_test(tmp_path: Path) -> None:
    data = data_set(tmp_path / "data", recordings=2, grouped=False)
    result = poseprint.evaluate(data, output=tmp_path / "out", reference=knowing("Cyd", recordings=1))
    assert result["persons_in_the_reference"] == ["Cyd"]
    assert result["data"]["persons"] == 2
    assert any("1 of 3 persons are in the reference's background and are left out" in note for note in result["notes"])
    message = error_of(data, tmp_path / "more", reference=knowing("Bob", "Cyd"))
    assert "Bob, Cyd cannot be tested, being in the reference's background" in message
    assert "give a reference made without these (`reference`)" in message


def test_a_reference_of_another_space(tmp_path: Path) -> None:
    data = data_set(tmp_path / "data", ("Ann", "Bob"), recordings=2)
    assert "tells no depth" in error_of(data, tmp_path, reference=shipped(3))
    assert "give one of the same space" in error_of(data, tmp_path, reference=shipped(3), space="picture")
