"""A scan from files to tables: each clip once, whatever happens in between."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from helpers.movers import mover, talker
from helpers.scans import SECONDS, Here, clips, content, lines, plan_of, profiles

from poseprint.app.scan import run as scanning
from poseprint.app.scan import store
from poseprint.app.scan.run import scan
from poseprint.app.scan.runners import WorkerLostError
from poseprint.app.scan.sources import UnreachableError
from poseprint.core.errors import PoseprintError
from poseprint.core.files import claimed
from poseprint.io.parquet import write_poses
from poseprint.verification.decision import Costs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return profiles(tmp_path_factory.mktemp("watched"), 0, 1)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five recordings, a copy, a cut copy, and two files that are none."""
    folder = clips(tmp_path_factory.mktemp("archive") / "clips", 0, 1, 2, 3, 4)
    shutil.copy(folder / "3.parquet", folder / "again.parquet")
    write_poses(talker(SECONDS * 30, style=2, seed=2).part(15, 375), folder / "cut.parquet")
    (folder / "broken.mp4").write_bytes(b"no film")
    (folder / "empty.mp4").touch()
    return folder


@pytest.fixture(autouse=True)
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PART", 4)
    monkeypatch.setattr(scanning, "missing", lambda _models: [])


def scanned(
    archive: Path, watched: Path, out: Path, *, befall: Callable[..., None] = lambda *_: None, **more: Any
) -> list[Any]:
    """Scan; returns the tasks that were done."""
    runners: list[Here] = []

    def runner(plan: Any) -> Here:
        runners.append(Here(plan, befall))
        return runners[0]

    again, sources = more.pop("again", False), more.pop("sources", [str(archive)])
    scan(sources, plan_of(watched, **more), out, runner=runner, again=again)
    return runners[0].done


def count(done: list[Any], *names: str) -> int:
    return sum(task[0] in names for task in done)


def test_a_line_for_each_clip_person_and_profile(archive: Path, watched: Path, tmp_path: Path) -> None:
    done = scanned(archive, watched, tmp_path / "out")
    verdicts = {(Path(v["file"]).name, v["profile"]): v for v in lines(tmp_path / "out", "verdicts")}
    assert len(verdicts) == 7 * 2 + 2
    own, other = verdicts["0.parquet", "p0"], verdicts["0.parquet", "p1"]
    assert own["person"] == "Person 0"
    assert own["llr"] > other["llr"]
    assert own["who"] == 1
    assert own["lower"] <= own["llr"] <= own["upper"]
    assert own["llr_motion"] is not None
    assert own["seconds_recording"] == SECONDS
    assert "CALIBRATED_ON_FEW" in own["findings"] or "UNTRIED_ESTIMATOR" in own["findings"]
    assert own["program"]
    assert own["reference"]
    assert "no known container" in verdicts["broken.mp4", None]["reason"]
    assert "empty" in verdicts["empty.mp4", None]["reason"]
    assert count(done, "begin") == 8  # one of the two that are the same
    assert count(done, "judge") == 5
    assert not list((tmp_path / "out" / "work").iterdir())


def test_a_copy_is_judged_as_what_it_is_a_copy_of(archive: Path, watched: Path, tmp_path: Path) -> None:
    scanned(archive, watched, tmp_path / "out")
    verdicts = {(Path(v["file"]).name, v["profile"]): v for v in lines(tmp_path / "out", "verdicts")}
    for copy, original in (("again.parquet", "3.parquet"), ("cut.parquet", "2.parquet")):
        for profile in ("p0", "p1"):
            assert Path(verdicts[copy, profile]["copy_of"]).name == original
            assert verdicts[copy, profile]["llr"] == verdicts[original, profile]["llr"]
            assert verdicts[original, profile]["copy_of"] is None


def test_a_short_likeness_is_told_but_judged(watched: Path, tmp_path: Path) -> None:
    folder, out = clips(tmp_path / "clips", 0, 1), tmp_path / "out"
    write_poses(talker(SECONDS * 30, style=1, seed=1).part(30, 240), folder / "short.parquet")
    done = scanned(folder, watched, out)
    assert count(done, "judge") == 3
    people = {Path(row["file"]).name: row["measured"][0] for row in lines(out, "clips")}
    assert people["short.parquet"]["copy_of"] is None
    assert people["short.parquet"]["like"] == str(folder / "1.parquet")
    assert people["0.parquet"]["like"] is None


@pytest.mark.parametrize("after", [0, 1, 3, 6, 9, 11, 14])
def test_killed_and_begun_again_gives_the_same_bytes(archive: Path, watched: Path, tmp_path: Path, after: int) -> None:
    scanned(archive, watched, tmp_path / "whole")
    left = after

    def killed(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scanned(archive, watched, tmp_path / "killed", befall=killed)
    done = scanned(archive, watched, tmp_path / "killed")
    assert content(tmp_path / "killed") == content(tmp_path / "whole")
    assert count(done, "begin", "judge", "identify") <= 8 + 5 + 9 - after + 2  # those at work are begun again


def test_what_is_complete_is_not_touched(archive: Path, watched: Path, tmp_path: Path) -> None:
    scanned(archive, watched, tmp_path / "out")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").glob("*/part-*")}
    assert not scanned(archive, watched, tmp_path / "out")
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "out").glob("*/part-*")} == before


def test_another_profile_or_other_costs_need_no_measuring(archive: Path, watched: Path, tmp_path: Path) -> None:
    scanned(archive, watched, tmp_path / "out")
    more = shutil.copytree(watched, tmp_path / "more")
    profiles(more, 2)
    done = scanned(archive, more, tmp_path / "out")
    assert {task[0] for task in done} == {"judge"}
    assert {v["profile"] for v in lines(tmp_path / "out", "verdicts")} == {"p0", "p1", "p2", None}
    done = scanned(archive, more, tmp_path / "out", costs=Costs(100, 0.5))
    assert {task[0] for task in done} == {"judge"}
    assert scanned(archive, more, tmp_path / "fresh", costs=Costs(100, 0.5))
    assert content(tmp_path / "out") == content(tmp_path / "fresh")


def test_new_files_join_and_old_ones_stay(watched: Path, tmp_path: Path) -> None:
    folder, out = clips(tmp_path / "clips", 0, 1), tmp_path / "out"
    scanned(folder, watched, out)
    clips(folder, 3)
    shutil.copy(folder / "0.parquet", folder / "copy.parquet")
    done = scanned(folder, watched, out)
    assert count(done, "begin") == 1
    assert count(done, "judge") == 1
    verdicts = {Path(v["file"]).name: v for v in lines(out, "verdicts")}
    assert set(verdicts) == {"0.parquet", "1.parquet", "3.parquet", "copy.parquet"}
    assert verdicts["copy.parquet"]["copy_of"] == str(folder / "0.parquet")


def test_a_file_that_changed_is_measured_again(watched: Path, tmp_path: Path) -> None:
    folder, out = clips(tmp_path / "clips", 0, 1), tmp_path / "out"
    scanned(folder, watched, out)
    before = {v["file"]: v["sha256"] for v in lines(out, "clips")}
    write_poses(talker(240, style=2, seed=9), folder / "1.parquet")
    done = scanned(folder, watched, out)
    assert [task[1].file for task in done if task[0] == "begin"] == [str(folder / "1.parquet")]
    after = {v["file"]: v["sha256"] for v in lines(out, "clips")}
    assert after[str(folder / "0.parquet")] == before[str(folder / "0.parquet")]
    assert after[str(folder / "1.parquet")] != before[str(folder / "1.parquet")]


def test_who_is_tried_twice_is_put_aside(watched: Path, tmp_path: Path) -> None:
    folder, out, tried = clips(tmp_path / "clips", 0, 1), tmp_path / "out", []

    def poison(function: str, *given: Any) -> None:
        if function == "begin" and given[0].file.endswith("1.parquet"):
            tried.append(function)
            raise WorkerLostError("its worker was ended by SIGSEGV")

    scanned(folder, watched, out, befall=poison)
    assert len(tried) == 2
    (line,) = (v for v in lines(out, "verdicts") if v["file"].endswith("1.parquet"))
    assert line["reason"] == "put aside: its worker was ended by SIGSEGV, 2 times"
    assert line["decision"] is None
    assert not scanned(folder, watched, out)
    scanned(folder, watched, out, again=True)
    assert {v["decision"] is None for v in lines(out, "verdicts")} == {False}
    scanned(folder, watched, tmp_path / "undisturbed")
    assert content(out) == content(tmp_path / "undisturbed")


def test_who_is_unreachable_once_is_tried_again(watched: Path, tmp_path: Path) -> None:
    folder, failures = clips(tmp_path / "clips", 0), []

    def flaky(function: str, *_: Any) -> None:
        if function == "begin" and not failures:
            failures.append(function)
            raise UnreachableError("s3://a/b: cannot be fetched")

    scanned(folder, watched, tmp_path / "out", befall=flaky)
    assert [c["status"] for c in lines(tmp_path / "out", "clips")] == ["measured"]


def test_copies_of_a_poison_share_its_fate(watched: Path, tmp_path: Path) -> None:
    folder = clips(tmp_path / "clips", 0)
    shutil.copy(folder / "0.parquet", folder / "9.parquet")

    def poison(function: str, *_: Any) -> None:
        if function == "begin":
            raise WorkerLostError("its worker was ended by SIGKILL")

    done = scanned(folder, watched, tmp_path / "out", befall=poison)
    assert count(done, "begin") == 0
    assert {c["status"] for c in lines(tmp_path / "out", "clips")} == {"failed"}


def test_a_full_disk_loses_nothing(
    archive: Path, watched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanned(archive, watched, tmp_path / "whole")
    real, left = store.atomic_write, 12

    def filled(path: Path, **more: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise PoseprintError(f"{path}: cannot be written (No space left on device)")
        return real(path, **more)

    monkeypatch.setattr(store, "atomic_write", filled)
    with pytest.raises(PoseprintError, match="No space left"):
        scanned(archive, watched, tmp_path / "full")
    monkeypatch.setattr(store, "atomic_write", real)
    scanned(archive, watched, tmp_path / "full")
    assert content(tmp_path / "full") == content(tmp_path / "whole")


def test_two_scans_do_not_share_a_folder(watched: Path, tmp_path: Path) -> None:
    folder, out = clips(tmp_path / "clips", 0), tmp_path / "out"
    scanned(folder, watched, out)
    with claimed(out, {}), pytest.raises(PoseprintError, match="another process is at work there"):
        scanned(folder, watched, out)


def test_other_measuring_needs_another_folder(watched: Path, tmp_path: Path) -> None:
    folder, out = clips(tmp_path / "clips", 0), tmp_path / "out"
    scanned(folder, watched, out)
    with pytest.raises(PoseprintError, match=r"scanned in another way \(rate: 30 there, 10 now\)"):
        scanned(folder, watched, out, measuring={"rate": 10})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda d: (d / "scan.json").write_text("{"), "cannot be read"),
        (lambda d: (d / "scan.json").write_text('{"format_version": 9}'), "newer poseprint"),
        (lambda d: (d / "clips" / "part-000000.parquet").write_bytes(b"x"), "is damaged"),
    ],
)
def test_a_damaged_folder_is_told(watched: Path, tmp_path: Path, make: Callable[[Path], Any], message: str) -> None:
    folder, out = clips(tmp_path / "clips", 0), tmp_path / "out"
    scanned(folder, watched, out)
    make(out)
    with pytest.raises(PoseprintError, match=message):
        scanned(folder, watched, out)


def test_a_folder_of_something_else_is_left_alone(watched: Path, tmp_path: Path) -> None:
    folder, out = clips(tmp_path / "clips", 0), tmp_path / "out"
    (out / "clips").mkdir(parents=True)
    (out / "clips" / "part-000000.parquet").write_bytes(b"mine")
    with pytest.raises(PoseprintError, match="no earlier output"):
        scanned(folder, watched, out)
    with pytest.raises(PoseprintError, match="is read here"):
        scanned(folder, watched, folder / "out")


def test_a_list_without_profiles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PoseprintError, match="no such file"):
        plan_of(tmp_path / "none")
    with pytest.raises(PoseprintError, match="no profile in it"):
        plan_of(tmp_path)
    folder = profiles(tmp_path / "p", 0)
    next((folder / "p0").glob("*.safetensors")).write_bytes(b"altered")
    with pytest.raises(PoseprintError, match="altered"):
        plan_of(folder)


def test_who_does_not_move_enough_has_a_reason(watched: Path, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    write_poses(mover(20), folder / "short.parquet")
    scanned(folder, watched, tmp_path / "out")
    assert {v["decision"] for v in lines(tmp_path / "out", "verdicts")} == {"inconclusive"}
    assert all("Too little can be measured" in v["reason"] for v in lines(tmp_path / "out", "verdicts"))


def test_progress_counts_clips(archive: Path, watched: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    scan(
        [str(archive)],
        plan_of(watched),
        tmp_path / "out",
        runner=partial(Here),
        progress=lambda _s, d, t: told.append((d, t)),
    )
    assert told[-1] == (9, 9)
    assert [d for d, _ in told] == sorted(d for d, _ in told)
