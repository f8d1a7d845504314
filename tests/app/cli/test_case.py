"""`poseprint case`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.command import Command
from helpers.files import FAST, poses
from helpers.profiles import make_profile

from poseprint.io.case_verify import verify


@pytest.fixture
def folder(tmp_path: Path, command: Command) -> Path:
    assert command("case", "new", tmp_path / "case", "--question", "Is it Ann?").code == 0
    return tmp_path / "case"


@pytest.mark.slow
def test_a_case_from_its_question_to_its_export(folder: Path, tmp_path: Path, command: Command) -> None:
    """Each command prints the head, which is noted elsewhere, and which the log then still holds."""
    clip, profile = poses(tmp_path / "a.parquet", tempo=FAST), make_profile(tmp_path / "profile")
    heads = []
    for arguments, code, told in (
        (("add", folder, clip), 0, "input 1: a.parquet, sha256 "),
        (("add", folder, clip, "--no-copy"), 0, "input 1 (is there already): a.parquet, sha256 "),
        (("check", folder, "a.parquet", "--profile", profile), 1, "inconsistent: "),
        (("note", folder, "Too\x1b[31m fast.", "--by", "Me"), 0, ""),
        (("show", folder), 0, "Is it Ann?\nbegun "),
        (("export", folder, "-o", tmp_path / "case.zip"), 0, f"{tmp_path / 'case.zip'}\n"),
        (("verify", tmp_path / "case.zip"), 0, "unchanged: every file is as the log says\n"),
    ):
        ran = command("case", *arguments)
        assert (ran.code, ran.err) == (code, "")
        assert ran.out.startswith(told)
        assert "\x1b" not in ran.out
        heads.append(ran.out.splitlines()[-1].removeprefix("head: "))
    assert heads[-1] == verify(folder).head
    for head in heads:
        assert command("case", "verify", folder, "--head", head).code == 0
    shown = command("case", "show", folder).out
    for told in ("input 1: a.parquet, ", "check 1, ", "input 1 against Ann: inconsistent: ", "Z, Me: Too?[31m fast."):
        assert told in shown


def test_json(folder: Path, tmp_path: Path, command: Command) -> None:
    clip, profile = poses(tmp_path / "a.parquet"), make_profile(tmp_path / "profile")
    assert command("case", "add", folder, clip).code == 0
    ran = command("case", "check", folder, 1, "--profile", profile, "--json")
    assert (ran.code, ran.out) == (0, (folder / "checks/1/verdict.json").read_text())
    assert json.loads(command("case", "show", folder, "--json").out)["checks"][0]["decision"] == "consistent"
    told = {"unchanged": True, "problems": [], "head": verify(folder).head}
    assert json.loads(command("case", "verify", folder, "--json").out) == told


def test_a_change_is_told_with_exit_code_1(folder: Path, command: Command) -> None:
    (folder / "new\x1b.txt").touch()
    ran = command("case", "verify", folder)
    assert (ran.code, ran.out) == (1, "new?.txt: is in the case, and the log does not name it\n")
    found = json.loads(command("case", "verify", folder, "--json").out)
    assert (found["unchanged"], len(found["problems"])) == (False, 1)
    (folder / "new\x1b.txt").unlink()
    ran = command("case", "verify", folder, "--head", "0" * 64)
    assert (ran.code, ran.out.count("holds no line whose hash is 0000")) == (1, 1)


def test_errors_are_one_line_and_exit_code_3(folder: Path, tmp_path: Path, command: Command) -> None:
    profile = make_profile(tmp_path / "profile")
    for arguments, told in (
        (("new", folder, "--question", "Again?"), "is not empty; name a new folder for the case"),
        (("new", tmp_path / "other", "--question", ""), "a case needs a question; it is empty"),
        (("add", tmp_path, folder / "case.json"), "not a case (no case.json); `poseprint case new` makes one"),
        (("add", folder, tmp_path / "none.mp4"), "no such file or folder"),
        (("check", folder, "7", "--profile", profile), "7: no input of the case"),
        (("note", folder, "n" * 10**5), "a note needs a text of at most 20000 letters"),
        (("verify", tmp_path / "none.zip"), "no such file or folder"),
        (("verify", folder, "--head", "12"), "--head is a sha256, 64 hexadecimal digits"),
        (("export", folder, "-o", tmp_path / "case.tar"), "is written as .zip; name it so"),
    ):
        assert told in command("case", *arguments).error()
