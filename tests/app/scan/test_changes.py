"""Scans of what changed since the last one: the tables are those of a scan that sees all of it for the first time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from helpers.movers import talker
from helpers.scans import SECONDS, Here, clips, content, lines, plan_of, profiles

from poseprint.app.scan import run as scanning
from poseprint.app.scan import store, tasks
from poseprint.app.scan.run import scan
from poseprint.io.parquet import write_poses

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return profiles(tmp_path_factory.mktemp("watched"), 0)


@pytest.fixture(autouse=True)
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PART", 2)
    monkeypatch.setattr(scanning, "missing", lambda _models: [])


def scanned(folder: Path, watched: Path, out: Path, *, again: bool = False, takes: bool = True) -> list[str]:
    """Scan; returns the tasks that were done."""
    runners: list[Here] = []

    def runner(plan: Any) -> Here:
        runners.append(Here(plan))
        return runners[0]

    scan([str(folder)], plan_of(watched, takes=takes), out, runner=runner, again=again)
    return [task[0] for task in runners[0].done]


def cut(file: Path, seed: int) -> None:
    """A piece of the recording of this seed."""
    write_poses(talker(SECONDS * 30, style=seed % 3, seed=seed).part(15, 375), file)


def told(out: Path) -> dict[str, Any]:
    """Of whom each file is a copy, and its LLRs."""
    found: dict[str, Any] = {}
    for row in lines(out, "verdicts"):
        of = Path(row["copy_of"]).name if row["copy_of"] else None
        found.setdefault(Path(row["file"]).name, []).append((of, row["llr"]))
    return found


def test_the_same_file_as_a_copy_is_a_copy_too(watched: Path, tmp_path: Path) -> None:
    folder, out = clips(tmp_path / "clips", 0, 1), tmp_path / "out"
    cut(folder / "2.parquet", 0)
    scanned(folder, watched, out)
    shutil.copy(folder / "2.parquet", folder / "3.parquet")
    scanned(folder, watched, out)
    assert {of for of, _ in told(out)["3.parquet"]} == {"0.parquet"}
    assert told(out)["3.parquet"] == told(out)["2.parquet"]
    assert not scanned(folder, watched, out)


def test_takes_need_not_be_looked_for(watched: Path, tmp_path: Path) -> None:
    folder, out = clips(tmp_path / "clips", 0), tmp_path / "out"
    shutil.copy(folder / "0.parquet", folder / "1.parquet")
    cut(folder / "2.parquet", 0)
    assert scanned(folder, watched, out, takes=False).count("judge") == 2
    assert [told(out)[f"{k}.parquet"][0][0] for k in range(3)] == [None, "0.parquet", None]
    assert not scanned(folder, watched, out)
    assert [told(out)[f"{k}.parquet"][0][0] for k in range(3)] == [None, "0.parquet", "0.parquet"]


def test_copies_of_what_changed_are_judged_anew(watched: Path, tmp_path: Path) -> None:
    folder, out = clips(tmp_path / "clips", 0, 1, 4), tmp_path / "out"
    cut(folder / "5.parquet", 0)
    scanned(folder, watched, out)
    assert told(out)["5.parquet"][0][0] == "0.parquet"
    write_poses(talker(SECONDS * 30, style=1, seed=7), folder / "0.parquet")
    done = scanned(folder, watched, out)
    assert done.count("begin") == 1
    assert done.count("judge") == 2
    assert told(out)["5.parquet"][0][0] is None
    scanned(folder, watched, tmp_path / "anew")
    assert told(out) == told(tmp_path / "anew")


def test_an_earlier_file_that_becomes_the_same_as_a_later_one(watched: Path, tmp_path: Path) -> None:
    folder, out = clips(tmp_path / "clips", 0, 1, 4, 5), tmp_path / "out"
    scanned(folder, watched, out)
    shutil.copy(folder / "5.parquet", folder / "0.parquet")
    scanned(folder, watched, out)
    assert told(out)["5.parquet"][0][0] == "0.parquet"
    assert told(out)["5.parquet"][0][1] == told(out)["0.parquet"][0][1]
    assert not scanned(folder, watched, out)


@pytest.mark.parametrize("table", ["clips", "tracks", "verdicts", "listing"])
def test_a_table_that_was_removed_is_made_again(watched: Path, tmp_path: Path, table: str) -> None:
    folder, out = clips(tmp_path / "clips", 0, 1, 4), tmp_path / "out"
    cut(folder / "5.parquet", 0)
    scanned(folder, watched, out)
    before = told(out)
    (out / table / "part-000000.parquet").unlink()
    scanned(folder, watched, out)
    assert {file: [llr for _, llr in rows] for file, rows in told(out).items()} == {
        file: [llr for _, llr in rows] for file, rows in before.items()
    }
    whole = content(out)
    assert not scanned(folder, watched, out)
    assert content(out) == whole


def test_a_file_that_is_away_keeps_its_result(watched: Path, tmp_path: Path) -> None:
    clips(tmp_path / "clips", 0, 1)
    listed, out = tmp_path / "clips" / "list.csv", tmp_path / "out"
    listed.write_text("file\n0.parquet\n1.parquet\n")
    scanned(listed, watched, out)
    before = content(out)
    (tmp_path / "clips" / "0.parquet").rename(tmp_path / "elsewhere")
    assert not scanned(listed, watched, out)
    assert content(out) == before


def test_a_profile_that_cannot_be_judged_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, out, two = clips(tmp_path / "clips", 0), tmp_path / "out", profiles(tmp_path / "two", 0, 1)
    check = tasks.check_poses

    def faulty(series: Any, profile: Any, **more: Any) -> Any:
        if profile.person == "Person 0":
            raise ZeroDivisionError("by nought")
        return check(series, profile, **more)

    monkeypatch.setattr(tasks, "check_poses", faulty)
    scanned(folder, two, out)
    failed, judged = lines(out, "verdicts")
    assert "put aside" in failed["reason"]
    assert (failed["profile"], failed["decision"]) == ("p0", None)
    assert judged["decision"]
    assert not scanned(folder, two, out)
    monkeypatch.undo()
    monkeypatch.setattr(store, "PART", 2)
    assert scanned(folder, two, out, again=True) == ["judge"]
    assert all(row["decision"] for row in lines(out, "verdicts"))
    assert not scanned(folder, two, out, again=True)


def test_what_is_nobodys_business_stays(watched: Path, tmp_path: Path) -> None:
    folder, out = clips(tmp_path / "clips", 0), tmp_path / "out"
    scanned(folder, watched, out)
    (out / "mine").mkdir()
    for name in ("mine/.letter.partial", "work/.0.ab.partial.json"):
        (out / name).touch()
    (out / ".folder.partial").mkdir()
    scanned(folder, watched, out)
    assert (out / "mine" / ".letter.partial").exists()
    assert not (out / "work" / ".0.ab.partial.json").exists()


@pytest.mark.skipif(os.name == "nt", reason="names are texts there")
def test_names_that_no_table_holds_have_a_line(watched: Path, tmp_path: Path) -> None:
    folder = clips(tmp_path / "clips", 0)
    shutil.copy(folder / "0.parquet", os.fsencode(folder / "caf") + b"\xe9.parquet")
    os.mkfifo(folder / "pipe.mp4")
    (folder / "empty.mp4").touch()
    scanned(folder, watched, tmp_path / "out")
    reasons = {Path(row["file"]).name: row["reason"] for row in lines(tmp_path / "out", "clips")}
    assert "not in UTF-8" in reasons["caf\\xe9.parquet"]
    assert "pipe" in reasons["pipe.mp4"]
    assert not reasons["0.parquet"]
