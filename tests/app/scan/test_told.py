"""What a scan found, in words."""

from __future__ import annotations

from pathlib import Path

from helpers.command import Command
from helpers.files import csv_of
from helpers.movers import mover
from helpers.reports import EVIL
from helpers.scan_tables import clip, scan_folder, verdict

from poseprint.app.scan.report import summary
from poseprint.app.scan.told import told

JOURNAL = [
    {"what": "begun", "s": 0.0, "at": 1795751511.0},
    {"what": "clip", "s": 5.0, "film_s": 45.0, "bytes": 1000, "status": "measured"},
    {"what": "ended", "s": 10.0},
]


def archive(folder: Path, name: str = "a.mp4") -> Path:
    parts = [clip(name, verdict(2.0), verdict(-1.2, "bob")), clip("b.mp4", status="failed", reason="b.mp4: empty")]
    return scan_folder(folder, parts, to_do=["c.mp4"], journal=JOURNAL)


def test_all_of_it(tmp_path: Path) -> None:
    text = told(summary(archive(tmp_path / "out"), fdr=0.1))
    for words in (
        "3 clips: 1 failed, 1 measured",
        "Not complete: 1 clips are still to do; the command that scanned goes on with them.",
        "| ann     | Ann    |          1 |     1 |               0 |",
        "| a.mp4 | 1   | ann     | consistent | CALIBRATED_ON_FEW | yes    | +2.00 |   0.10 |      30 |      0 |",
        "| CALIBRATED_ON_FEW | note     | treat the LLR as a reason to look closer",
        "| empty  | b.mp4   |     1 |",
        "Last run: 1 clips in 10 s: 360 clips and 4.5 h of footage an hour.",
        "What is left takes about 40 s at the last run's pace.",
        f"Profile bob: {'b' * 64}",
    ):
        assert words in text


def test_brief(tmp_path: Path) -> None:
    text = told(summary(archive(tmp_path / "out")), brief=True)
    assert "Verdicts by profile" in text
    assert "If none of these people is in the archive" in text
    assert text.endswith(f"More: poseprint scan report {tmp_path / 'out'}")
    assert "Clips to look at first" not in text


def test_nothing_found(tmp_path: Path) -> None:
    text = told(summary(scan_folder(tmp_path / "out", to_do=["a.mp4"])))
    assert "1 clips are still to do" in text
    assert "Clips to look at first: none" in text


def test_verdicts_still_to_come(tmp_path: Path) -> None:
    out = scan_folder(tmp_path / "out", [clip("a.mp4", verdict(2.0))])
    (out / "verdicts" / "part-000000.parquet").unlink()
    assert "the verdicts on 1 clips are still to come" in told(summary(out))


def test_hostile_names_neither_reach_the_terminal_nor_break_a_table(tmp_path: Path) -> None:
    name = "\x1b[2J|" + EVIL + "\n| x |" + "long" * 30
    out = archive(tmp_path / "out", name)
    text = told(summary(out))
    assert "\x1b" not in text
    assert all(c.isprintable() or c == "\n" for c in text)
    line = next(line for line in text.splitlines() if "longlong" in line)
    assert line.count(" | ") == 8


def test_commands(tmp_path: Path, command: Command) -> None:
    out, page = archive(tmp_path / "out"), tmp_path / "scan.html"
    ran = command("scan", "report", out, "--fdr", "0.1", "--html", page)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == told(summary(out, fdr=0.1)) + "\n"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert command("scan", "report", out, "--html", page).code == 0  # it is replaced
    assert '"complete": false' in command("scan", "report", out, "--json").out
    assert "is between 0 and 1" in command("scan", "report", out, "--fdr", "5").error()
    csv_of(mover(150), tmp_path / "poses.csv")
    assert "nothing was scanned into it" in command("scan", "report", tmp_path).error()
    assert "is written as .html" in command("scan", "report", out, "--html", tmp_path / "poses.csv").error()
    (tmp_path / "other.html").write_text("mine")
    assert "poseprint did not write it" in command("scan", "report", out, "--html", tmp_path / "other.html").error()
    assert (tmp_path / "other.html").read_text() == "mine"
