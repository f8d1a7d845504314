"""`poseprint scan` and `poseprint scan report` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from helpers.command import Command
from helpers.references import fewer_trials, many
from helpers.scans import Here, clips, lines, profiles

from poseprint.app.cli.scan import _with_address
from poseprint.app.references import learn_reference
from poseprint.app.scan import runners
from poseprint.verification.reference import shipped

pytestmark = pytest.mark.slow


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "Local", lambda plan, **_: Here(plan))


@pytest.mark.usefixtures("here")
def test_a_scan_and_its_report(command: Command, tmp_path: Path) -> None:
    clips(tmp_path / "clips", 0, 1)
    profiles(tmp_path / "watched", 0)
    out = tmp_path / "out"
    ran = command("scan", tmp_path / "clips", "--profiles", tmp_path / "watched", "-o", out)
    assert ran.code == 0, ran.error
    assert "2" in ran.out
    again = command("scan", "report", out, "--json")
    assert again.code == 0
    assert json.loads(again.out)
    assert command("scan", "run", tmp_path / "clips", "--profiles", tmp_path / "watched", "-o", out).code == 0


@pytest.mark.usefixtures("here")
def test_duckdb_reads_the_tables_as_they_lie(command: Command, tmp_path: Path) -> None:
    clips(tmp_path / "clips", 0, 1)
    profiles(tmp_path / "watched", 0, 1)
    out = tmp_path / "out"
    command("scan", tmp_path / "clips", "--profiles", tmp_path / "watched", "-o", out)
    query = f"select profile, count(*), max(llr) from '{out}/verdicts/*.parquet' group by profile order by profile"
    found = duckdb.sql(query).fetchall()
    assert [(name, count) for name, count, _ in found] == [("p0", 2), ("p1", 2)]
    (frames,) = duckdb.sql(f"select count(*) from '{out}/poses/*/*.parquet'").fetchall()[0]
    assert frames == 2 * 14 * 30
    (who,) = duckdb.sql(f"select unnest(measured).who from '{out}/clips/*.parquet'").fetchall()[0]
    assert who == 1


@pytest.mark.usefixtures("here")
def test_a_reference_of_ones_own_judges(command: Command, tmp_path: Path) -> None:
    clips(tmp_path / "clips", 0)
    profiles(tmp_path / "watched", 0, 1)
    with fewer_trials():
        (own,) = learn_reference(many(tmp_path / "data"), tmp_path / "own")
    scan = ("scan", tmp_path / "clips", "--profiles", tmp_path / "watched", "-o", tmp_path / "out")
    for more, reference in (((), shipped(2)), (("--reference", tmp_path / "own"), own), ((), shipped(2))):
        assert command(*scan, *more).code == 0
        assert {row["reference"] for row in lines(tmp_path / "out", "verdicts")} == {reference.sha256}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{}/none", "--profiles", "{}/watched", "-o", "{}/out"), "no such file or folder"),
        (("{}/clips", "--profiles", "{}/none", "-o", "{}/out"), "no such file or folder"),
        (("{}/clips", "--profiles", "{}/clips", "-o", "{}/out"), "no profile in it"),
        (("{}/clips", "--profiles", "{}/watched", "-o", "{}/out", "--people", "many"), "--people 'many': expected"),
        (("{}/clips", "--profiles", "{}/watched", "-o", "{}/out", "--people", "3-2"), "the smaller number first"),
        (("{}/clips", "--profiles", "{}/watched", "-o", "{}/out", "--rate", "12"), "--rate is one of 10, 15, 30"),
        (("{}/clips", "--profiles", "{}/watched", "-o", "{}/out", "--reference", "{}/clips"), "no reference in it"),
        (("{}/clips", "--profiles", "{}/watched"), "Missing option"),
        (("report", "{}/none"), "none"),
    ],
)
def test_what_cannot_be_is_told(command: Command, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    clips(tmp_path / "clips", 0)
    profiles(tmp_path / "watched", 0)
    ran = command("scan", *(a.format(tmp_path) for a in arguments))
    assert ran.code == 3
    assert message in ran.error()


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["a", "--ray"], ["a", "--ray=auto"]),
        (["--ray", "clips", "-o", "x"], ["--ray=auto", "clips", "-o", "x"]),
        (["--ray", "10.0.0.1:6379", "clips"], ["--ray", "10.0.0.1:6379", "clips"]),
        (["--ray", "ray://head:10001"], ["--ray", "ray://head:10001"]),
        (["--ray=local"], ["--ray=local"]),
        (["clips"], ["clips"]),
    ],
)
def test_ray_may_stand_without_an_address(given: list[str], meant: list[str]) -> None:
    assert _with_address(given) == meant
