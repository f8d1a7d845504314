"""What chance explains of a scan, and which verdicts stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.places import ROOT
from helpers.scan_tables import BOUNDS, clip, scan_folder, verdict

from poseprint.app.scan.report import summary
from poseprint.core.errors import PoseprintError
from poseprint.verification.reference import shipped

RATES = shipped(2).facts["films"]["errors"]


def clips(llrs: list[float], **changes: Any) -> list[dict[str, Any]]:
    """Each compared with two profiles, of the second of which it is neither."""
    return [clip(f"{k:03}.mp4", verdict(llr, **changes), verdict(0.0, "bob", **changes)) for k, llr in enumerate(llrs)]


def test_counts_to_expect(tmp_path: Path) -> None:
    found = summary(scan_folder(tmp_path / "out", clips([2.0] * 3 + [-1.2] * 97)))["chance"]
    assert (found["comparisons"], found["recordings"], found["without_rate"]) == (200, 100, 0)
    consistent, inconsistent = found["consistent"], found["inconsistent"]
    assert consistent["by_chance"]["count"] == pytest.approx(200 * RATES["impostor_consistent"])
    assert inconsistent["by_chance"]["count"] == pytest.approx(100 * RATES["genuine_inconsistent"])
    assert consistent["at_most"] == pytest.approx(200 / 9)
    (rates,) = found["rates"]
    assert (rates["consistent"]["independent"], rates["inconsistent"]["independent"]) == (26 * 25 // 2, 8)
    assert "3 did: no more than chance explains" in found["words"][1]
    assert "97 comparisons came out inconsistent" in found["words"][2]
    assert "a verdict is for one claim about one clip" in found["words"][-1].lower()


def test_more_than_chance_explains(tmp_path: Path) -> None:
    words = summary(scan_folder(tmp_path / "out", clips([2.0] * 50 + [0.0] * 50)))["chance"]["words"]
    assert "50 did: more than chance explains" in words[1]


def test_two_profiles_of_one_person_may_both_be_wrong_of_one_recording(tmp_path: Path) -> None:
    both = [clip("a.mp4", verdict(2.0), verdict(2.0, "ann2", person="Ann"))]
    found = summary(scan_folder(tmp_path / "out", both))["chance"]
    assert (found["recordings"], found["inconsistent"]["comparisons"]) == (1, 2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reference": "0" * 64}, "No error rate is known for 8 comparisons"),
        ({"findings": ["UNTRIED_ESTIMATOR"], "decision": "inconclusive"}, "No error rate is known for 8 comparisons"),
        ({"decision": "inconclusive"}, "not made at the usual costs"),
    ],
)
def test_no_rate_is_known(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    found = summary(scan_folder(tmp_path / "out", clips([2.0] * 4, **changes)))
    assert found["chance"]["consistent"]["by_chance"] is None
    assert any(words in line for line in found["chance"]["words"])
    assert all(p["by_chance"] == {"consistent": None, "inconsistent": None} for p in found["profiles"])


def test_withheld_verdicts_are_no_sign_of_other_costs(tmp_path: Path) -> None:
    withheld = verdict(2.5, findings=["KNOWN_TAKE", "CALIBRATED_ON_FEW"], decision="inconclusive")
    found = summary(scan_folder(tmp_path / "out", [clip("a.mp4", withheld)]), fdr=0.5)
    assert found["chance"]["usual_costs"]
    assert found["fdr"]["consistent"]["verdicts"] == 0


def test_gestures_before_a_depth_camera_have_rates_of_their_own(tmp_path: Path) -> None:
    depth = clips([2.0] * 4, reference=shipped(3).sha256, findings=["CUTS"])
    found = summary(scan_folder(tmp_path / "out", depth, clips([2.0])))["chance"]
    kinds = {rates["footage"]: rates for rates in found["rates"]}
    assert set(kinds) == {"native", "films"}
    rows = [row for row in shipped(3).facts["errors"] if row["evidence"] == "both"]
    assert kinds["native"]["consistent"]["share"] == max(row["impostor_consistent"] for row in rows)
    assert "gestures before a depth camera" in " ".join(found["words"])


def test_nothing_stands_where_the_scale_ends_too_soon(tmp_path: Path) -> None:
    found = summary(scan_folder(tmp_path / "out", clips([BOUNDS[1]] + [0.0] * 299)), fdr=0.1)
    consistent = found["fdr"]["consistent"]
    assert (found["fdr"]["comparisons"], consistent["verdicts"], consistent["stand"]) == (600, 1, 0)
    assert consistent["single_needs_llr"] == pytest.approx(3.793, abs=1e-3)
    assert consistent["alike_needed"] == 20
    assert found["fdr"]["words"][0] == (
        "At a false discovery rate of 10 %, 0 of 1 consistent verdicts stand. With 600 comparisons a single clip would need an LLR "
        "of +3.79; the scale ends at +2.51; 20 alike at its end would be needed."
    )
    page = " ".join((ROOT / "docs" / "scan.md").read_text(encoding="utf-8").replace("\n> ", " ").split())
    assert found["fdr"]["words"][0] in page
    assert not found["first"][0]["stands"]
    assert [p["stand"] for p in found["profiles"]] == [{"consistent": 0, "inconsistent": 0}] * 2


def test_so_many_alike_stand(tmp_path: Path) -> None:
    found = summary(scan_folder(tmp_path / "out", clips([BOUNDS[1]] * 20 + [1.0] + [0.0] * 279)), fdr=0.1)
    assert found["fdr"]["consistent"]["stand"] == 20
    assert [row["stands"] for row in found["first"]] == [True] * 20
    assert found["profiles"][0]["stand"] == {"consistent": 20, "inconsistent": 0}


def test_no_number_would_do(tmp_path: Path) -> None:
    found = summary(scan_folder(tmp_path / "out", clips([0.0])), fdr=0.001)
    assert found["fdr"]["consistent"]["alike_needed"] is None
    assert "no number of clips at its end would do" in found["fdr"]["words"][0]


def test_nothing_to_stand(tmp_path: Path) -> None:
    found = summary(scan_folder(tmp_path / "out", [clip("a.mp4", verdict(None))]), fdr=0.1)
    assert (found["fdr"]["words"], found["fdr"]["comparisons"]) == ([], 0)


def test_a_limit_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(PoseprintError, match="a false discovery rate is between 0 and 1"):
        summary(scan_folder(tmp_path / "out", clips([0.0])), fdr=10)
