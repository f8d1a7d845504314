"""What a scan's tables come to: counts, clips to look at first, reasons."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.scan_tables import BOUNDS, clip, scan_folder, verdict

from poseprint.app.scan.report import summary
from poseprint.app.scan.tally import FIRST
from poseprint.core.errors import PoseprintError


def archive(folder: Path) -> Path:
    return scan_folder(
        folder,
        [
            clip("a.mp4", verdict(2.0), verdict(-1.2, "bob")),
            clip("b.mp4", verdict(0.2), verdict(None, "bob")),
            clip("broken.mp4", status="failed", reason="broken.mp4: not a video file (at byte 17 of 90)"),
            clip("worse.mp4", status="failed", reason="worse.mp4: not a video file (at byte 4 of 90)"),
        ],
        [
            clip("copies/a.mp4", verdict(2.0), verdict(-1.2, "bob"), copy_of="a.mp4"),
            clip("crowd.mp4", status="passed over", reason="12 people are usually in sight; 1 to 8 were asked for"),
            clip("c.mp4", verdict(-1.0, findings=["CALIBRATED_ON_FEW", "CUTS"]), verdict(-1.4, "bob")),
        ],
    )


def test_what_was_found(tmp_path: Path) -> None:
    found = summary(archive(tmp_path / "out"))
    assert json.loads(json.dumps(found, allow_nan=False))["clips"] == found["clips"]
    assert found["complete"]
    assert found["clips"] == {
        "listed": 7,
        "status": {"failed": 2, "measured": 4, "passed over": 1},
        "to_do": 0,
        "to_judge": 0,
    }
    assert (found["film_s"], found["people"], found["copies"]) == (180.0, 4, 1)
    ann, bob = found["profiles"]
    assert ann["verdicts"] == {"consistent": 1, "inconsistent": 1, "inconclusive": 1}
    assert bob["verdicts"] == {"consistent": 0, "inconsistent": 2, "inconclusive": 1}
    assert [(p["recordings"], p["copies"], p["comparisons"]) for p in (ann, bob)] == [(3, 1, 3), (3, 1, 2)]
    assert [row["from"] for row in ann["llrs"]] == [-1.0, 0.2, 2.0]
    assert [row["consistent"] for row in ann["llrs"]] == [0, 0, 1]
    assert found["bounds"] == [list(BOUNDS)]
    assert {row["code"]: row["people"] for row in found["findings"]} == {
        "CALIBRATED_ON_FEW": 3,
        "TOO_LITTLE_EVIDENCE": 1,
        "CUTS": 1,
    }
    assert found["made_with"]["profiles"] == {"ann": ["a" * 64], "bob": ["b" * 64]}


def test_clips_to_look_at_first(tmp_path: Path) -> None:
    first, second = summary(archive(tmp_path / "out"))["first"]
    assert (first["file"], first["profile"], first["decision"], first["also"]) == ("a.mp4", "ann", "consistent", 0)
    assert (first["copies"], first["copied_as"]) == (1, ["copies/a.mp4"])
    assert (second["file"], second["profile"], second["also"], second["copies"]) == ("c.mp4", "bob", 1, 0)


def test_first_are_the_strongest_without_their_margin_and_both_sides_have_a_place(tmp_path: Path) -> None:
    many = [clip(f"{k:02}.mp4", verdict(1 + k / 40)) for k in range(30)]
    many += [clip(f"x{k:02}.mp4", verdict(-1 - k / 100)) for k in range(30)]
    doubted = clip("doubted.mp4", verdict(2.0, margin=0.9))
    surest = clip("surest.mp4", verdict(1.9, margin=0.0))
    first = summary(scan_folder(tmp_path / "out", many, [doubted, surest]))["first"]
    files = [row["file"] for row in first]
    assert files[:3] == ["surest.mp4", "29.mp4", "28.mp4"]
    assert "doubted.mp4" not in files
    assert [row["decision"] for row in first] == ["consistent"] * (FIRST // 2) + ["inconsistent"] * (FIRST // 2)
    few = summary(scan_folder(tmp_path / "few", many[:25], [clip("x.mp4", verdict(-1.1))]))["first"]
    assert [row["decision"] for row in few] == ["consistent"] * (FIRST - 1) + ["inconsistent"]


def test_reasons_are_one_where_only_names_and_numbers_differ(tmp_path: Path) -> None:
    found = summary(archive(tmp_path / "out"))
    assert found["failed"] == [
        {"reason": "not a video file (at byte N of 90)", "clips": 2, "example": "broken.mp4"},
    ]
    assert [row["reason"] for row in found["passed_over"]] == ["12 people are usually in sight; 1 to 8 were asked for"]


def test_who_could_not_be_judged_counts_as_failed(tmp_path: Path) -> None:
    lost = clip("a.mp4", {"reason": "put aside: its worker was lost 3 times"})
    found = summary(scan_folder(tmp_path / "out", [lost]))
    assert [row["reason"] for row in found["failed"]] == ["put aside: its worker was lost 3 times"]
    assert (found["profiles"], found["first"]) == ([], [])
    assert found["chance"]["words"][0].startswith("No profile gave a likelihood ratio")


def test_incomplete_scans_say_so(tmp_path: Path) -> None:
    out = scan_folder(tmp_path / "out", [clip("a.mp4", verdict(2.0))], to_do=["b.mp4", "c.mp4"])
    found = summary(out)
    assert not found["complete"]
    assert (found["clips"]["listed"], found["clips"]["to_do"]) == (3, 2)
    for file in (out / "verdicts").iterdir():
        file.unlink()
    (out / "listing" / "part-000001.parquet").unlink()
    found = summary(out)
    assert not found["complete"]
    assert (found["clips"]["to_do"], found["clips"]["to_judge"], found["profiles"]) == (0, 1, [])


def test_a_profile_that_changed_is_told(tmp_path: Path) -> None:
    parts = [[clip(f"{k}.mp4", verdict(2.0, profile_sha256=k * 64))] for k in "ab"]
    found = summary(scan_folder(tmp_path / "out", *parts))
    assert found["made_with"]["profiles"] == {"ann": ["a" * 64, "b" * 64]}


def test_folders_that_are_no_scan(tmp_path: Path) -> None:
    with pytest.raises(PoseprintError, match="no such file or folder"):
        summary(tmp_path / "nothing")
    with pytest.raises(PoseprintError, match="nothing was scanned into it"):
        summary(tmp_path)


def test_damaged_tables(tmp_path: Path) -> None:
    out = archive(tmp_path / "out")
    (out / "verdicts" / "part-000001.parquet").write_bytes(b"PAR1")
    with pytest.raises(PoseprintError, match=r"part-000001\.parquet: is damaged .* the scan makes it again"):
        summary(out)


def test_parts_keep_their_numbers_where_a_listing_is_gone(tmp_path: Path) -> None:
    out = scan_folder(tmp_path / "out", [clip("a.mp4", verdict(2.0))], [clip("b.mp4", verdict(2.0))])
    (out / "listing" / "part-000000.parquet").unlink()
    clips = summary(out)["clips"]
    assert (clips["listed"], clips["to_do"]) == (1, 0)
