"""A case: what is added is hashed first, what is checked is kept with the command that repeats it, and all of it can be handed on."""

from __future__ import annotations

import json
import os
import shlex
import sys
import zipfile
from pathlib import Path

import pytest
from helpers.command import Command
from helpers.estimators import FixedEstimator
from helpers.files import FAST, SLOW, csv_of, poses
from helpers.movers import mover
from helpers.places import ROOT
from helpers.profiles import make_profile
from rocrate.rocrate import ROCrate

from poseprint.app.cases import LONGEST, Case, new_case
from poseprint.app.check import check_poses
from poseprint.app.profiles import read_profile
from poseprint.app.repeating import repeating_command
from poseprint.core.errors import PoseprintError
from poseprint.core.files import file_sha256
from poseprint.estimation.measuring import Measuring
from poseprint.io.case_file import append, read_log
from poseprint.io.case_verify import verify
from poseprint.io.parquet import read_poses
from poseprint.rendering import avatar
from poseprint.verification.decision import Costs
from poseprint.verification.enrolment import enroll


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return new_case(tmp_path / "case", "Is it Ann?")


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return make_profile(tmp_path / "profile")


def unchanged(case: Case) -> bool:
    found = verify(case.folder)
    assert found.head == case.read().head
    return not found.problems


def test_a_new_case_asks_its_question(case: Case) -> None:
    about = case.summary()
    assert (about["question"], about["inputs"], about["checks"], about["notes"]) == ("Is it Ann?", (), (), ())
    assert json.loads(json.dumps(about))["head"] == read_log(case.folder)[-1].hash
    assert unchanged(case)


@pytest.mark.parametrize(
    ("question", "told"), [(" \n", "a case needs a question; it is empty"), ("?" * 10**6, "at most 20000")]
)
def test_a_question_that_is_none_is_refused(tmp_path: Path, question: str, told: str) -> None:
    with pytest.raises(PoseprintError, match=told):
        new_case(tmp_path / "case", question)
    assert not (tmp_path / "case").exists()


def test_what_is_added_is_copied_and_named_by_its_sha256(case: Case, tmp_path: Path) -> None:
    path = poses(tmp_path / "a clip.parquet")
    added = case.add(path)
    held, sha256 = added.input, file_sha256(path)
    assert (added.is_new, held.number, held.sha256, held.name) == (True, 1, sha256, "a clip.parquet")
    assert held.file == f"inputs/{sha256[:12]}-a clip.parquet"
    assert (case.folder / held.file).read_bytes() == path.read_bytes()
    assert (held.size, held.path) == (path.stat().st_size, "")
    events = [line.event for line in read_log(case.folder)]
    assert events == ["created", "input", "provenance"]
    again = case.add(path.rename(tmp_path / "b.parquet"))
    assert (again.is_new, again.input) == (False, held)
    assert len(read_log(case.folder)) == 3
    assert unchanged(case)


def test_without_a_copy_the_case_knows_hash_and_place(case: Case, tmp_path: Path, profile: Path) -> None:
    path = poses(tmp_path / "a.parquet")
    held = case.add(path, copy=False).input
    assert (held.file, held.path) == ("", str(path.resolve()))
    assert not (case.folder / "inputs").exists()
    assert case.check("1", profile)[0].decision == "consistent"
    poses(path, tempo=FAST)
    with pytest.raises(PoseprintError, match="is missing or was altered since it was added"):
        case.check("1", profile)
    poses(path)
    kept = case.add(path).input
    assert (kept.number, kept.file, kept.path) == (1, f"inputs/{held.sha256[:12]}-a.parquet", "")
    assert unchanged(case)


NAMES = [
    "<b>bold.mp4",
    "line\nbreak.mp4",
    "\u202egpj.mp4",
    "n" * 251 + ".mp4",
    "-rf",
    "..mp4",
    "北京.mp4",
    b"\xff\xfe.mp4",
]


@pytest.mark.parametrize("name", NAMES, ids=[str(number) for number in range(len(NAMES))])
def test_a_name_of_any_kind_is_safe(case: Case, tmp_path: Path, name: str | bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(b"content")
    held = case.add(path).input
    (kept,) = (case.folder / "inputs").iterdir()
    assert held.file == f"inputs/{kept.name}"
    assert kept.name.startswith(held.sha256[:12])
    assert kept.name.isprintable()
    assert len(kept.name.encode()) < 150
    assert kept.suffix == (".mp4" if path.suffix else "")
    case.export(tmp_path / "a.zip")
    assert unchanged(case)
    assert verify(tmp_path / "a.zip").problems == ()


def test_what_is_no_input_is_refused(case: Case, tmp_path: Path, profile: Path) -> None:
    with pytest.raises(PoseprintError, match="no such file"):
        case.add(tmp_path / "nothing.mp4")
    with pytest.raises(PoseprintError, match=r"is a folder; .* `poseprint extract`"):
        case.add(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PoseprintError, match="is no plain file"):
        case.add(tmp_path / "pipe")
    (tmp_path / os.fsdecode(b"\xff.mp4")).write_bytes(b"film")
    with pytest.raises(PoseprintError, match="its path is no UTF-8"):
        case.add(tmp_path / os.fsdecode(b"\xff.mp4"), copy=False)
    with pytest.raises(PoseprintError, match="1: no input of the case"):
        case.check("1", profile)
    (tmp_path / "a.mp4").write_text("no film")
    case.add(tmp_path / "a.mp4")
    with pytest.raises(PoseprintError, match=r"a\.mp4: "):
        case.check("1", profile)
    assert unchanged(case)


def test_an_input_is_named_by_number_name_or_hash(case: Case, tmp_path: Path) -> None:
    for folder, tempo in (("x", SLOW), ("y", FAST)):
        (tmp_path / folder).mkdir()
        case.add(poses(tmp_path / folder / "a.parquet", tempo=tempo))
    second = case.read().inputs[1]
    assert case.input("2") == case.input(second.sha256[:6]) == case.input(second.file) == second
    for name in ("3", second.sha256[:5], "inputs", ""):
        with pytest.raises(PoseprintError, match="no input of the case"):
            case.input(name)
    with pytest.raises(PoseprintError, match="inputs 1 and 2 are called so; name one by its number"):
        case.input("a.parquet")


def repeated(case: Case, command_line: str, command: Command, monkeypatch: pytest.MonkeyPatch) -> str:
    program, *arguments = shlex.split(command_line)
    assert program == "poseprint"
    monkeypatch.chdir(case.folder)
    return command(*arguments).out


@pytest.mark.slow
def test_a_check_is_kept_with_the_command_that_repeats_it(
    case: Case, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = poses(tmp_path / "it's Ann.parquet", tempo=0.4)
    enroll("Ann, the 1st", [mover(450, seed=seed) for seed in (1, 2)]).write(tmp_path / "ann")
    case.add(path)
    verdict, kept = case.check("1", tmp_path / "ann", stride=60, costs=Costs(3.5, 0.25))
    text = (case.folder / "checks/1/verdict.json").read_text(encoding="utf-8")
    assert json.loads(text) == json.loads(json.dumps(verdict.to_dict()))
    assert repeated(case, kept.command, command, monkeypatch) == text
    assert verdict.evidence
    assert (kept.number, kept.input, kept.decision, kept.llr) == (1, 1, verdict.decision, dict(verdict.evidence.llr))
    assert kept.hashes.items() >= verdict.hashes.items()
    assert kept.hashes["models"] == {}
    assert set(kept.files) == {f"checks/1/{name}" for name in ("verdict.json", "report.html", "poses.parquet")}
    assert (read_poses(case.folder / "checks/1/poses.parquet").position == read_poses(path).position).all()
    assert (case.folder / "checks/1/report.html").read_text().startswith("<!doctype html>")
    assert case.check("1", tmp_path / "ann")[1].number == 2
    assert len(case.read().profiles) == 1  # copied once
    assert unchanged(case)


@pytest.mark.slow
def test_a_check_of_a_video_is_repeated_by_its_options(
    case: Case, tmp_path: Path, known: None, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    avatar.write_video(mover(60, size=(160, 90), shoulder=25), tmp_path / "film.mp4")
    profile = make_profile(tmp_path / "profile", estimator=FixedEstimator.info)
    case.add(tmp_path / "film.mp4")
    kept = case.check("1", profile, Measuring(rate=10, head=False))[1]
    assert kept.command.endswith("--json --no-cache --rate 10 --no-head")
    assert repeated(case, kept.command, command, monkeypatch) == (case.folder / "checks/1/verdict.json").read_text()
    series = read_poses(case.folder / "checks/1/poses.parquet")
    other = Measuring(at=(80, 40.5, 1), hands=True, weights=tmp_path / "w.onnx")
    command_line = repeating_command("f.mp4", Path("p"), check_poses(series, read_profile(profile)), series, other)
    assert command_line == "poseprint check f.mp4 --profile p --json --no-cache --weights w.onnx --at 80,40.5@1 --hands"
    assert unchanged(case)


def test_a_csv_is_checked_with_its_size(
    case: Case, tmp_path: Path, profile: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.add(csv_of(mover(300), tmp_path / "poses.csv"))
    kept = case.check("1", profile, frame_size=(1280, 720))[1]
    assert kept.command.endswith("--frame-size 1280x720")
    assert repeated(case, kept.command, command, monkeypatch) == (case.folder / "checks/1/verdict.json").read_text()


def test_a_verdict_that_was_made_already_is_recorded_if_it_is_of_an_input(
    case: Case, tmp_path: Path, profile: Path
) -> None:
    path = poses(tmp_path / "a.parquet")
    series = read_poses(path)
    verdict = check_poses(series, read_profile(profile))
    with pytest.raises(PoseprintError, match="no input of the case"):
        case.record(verdict, series, file_sha256(path), profile)
    held = case.add(path).input
    other = make_profile(tmp_path / "other", person="Bob")
    with pytest.raises(PoseprintError, match="is of another recording, or by another profile"):
        case.record(verdict, series, held.sha256, other)
    (tmp_path / "a.mp4").write_bytes(b"film")
    with pytest.raises(PoseprintError, match="is of another recording, or by another profile"):
        case.record(verdict, series, case.add(tmp_path / "a.mp4").input.sha256, profile)
    assert [p.person for p in case.read().profiles] == []
    assert case.record(verdict, series, held.sha256, profile).decision == "consistent"
    assert unchanged(case)


def test_an_interrupted_check_leaves_nothing(
    case: Case, tmp_path: Path, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    case.add(poses(tmp_path / "a.parquet"))
    monkeypatch.setattr("poseprint.app.cases.write_report", interrupt)
    with pytest.raises(KeyboardInterrupt):
        case.check("1", profile)
    assert unchanged(case)
    assert case.read().checks == ()


def test_a_profile_that_names_files_elsewhere_is_refused(case: Case, tmp_path: Path, profile: Path) -> None:
    from poseprint.io.profile_folder import manifest_sha256

    (tmp_path / "stolen").write_bytes(b"mine")
    manifest = json.loads((profile / "profile.json").read_text())
    manifest["files"]["../stolen"] = file_sha256(tmp_path / "stolen")
    manifest["sha256"] = manifest_sha256(manifest)
    (profile / "profile.json").write_text(json.dumps(manifest))
    case.add(poses(tmp_path / "a.parquet"))
    with pytest.raises(PoseprintError, match=r"names a file '../stolen', which is none of a profile"):
        case.check("1", profile)
    assert unchanged(case)


def test_notes_are_kept_as_they_are(case: Case) -> None:
    case.note(" <script>alert(1)</script>\nsecond line ", " Me ")
    case.note("and on")
    said = [(note["text"], note["by"]) for note in case.summary()["notes"]]
    assert said == [("<script>alert(1)</script>\nsecond line", "Me"), ("and on", "")]
    for text, told in (
        ("", "it is empty"),
        ("n" * (LONGEST + 1), "at most 20000 letters, this has 20001; add a longer"),
    ):
        with pytest.raises(PoseprintError, match=told):
            case.note(text)


@pytest.mark.parametrize("event", ["input", "check", "note", "provenance", "profile"])
def test_a_log_that_says_nothing_is_no_case(case: Case, event: str) -> None:
    append(case.folder, event, {"sha256": 3})
    with pytest.raises(PoseprintError, match="a line does not say what that of a case does"):
        Case.open(case.folder)
    assert "does not say what that of a case does" in verify(case.folder).problems[0]


@pytest.fixture
def full(case: Case, tmp_path: Path) -> Case:
    """A case of all that there can be."""
    profile = make_profile(tmp_path / "profile", person="Ann Ångström")
    case.add(poses(tmp_path / "a clip.parquet"))
    case.add(poses(tmp_path / "far.parquet", tempo=FAST), copy=False)
    for name in "12":
        case.check(name, profile)
    case.note("Both <b>odd</b>", "Me")
    case.note("nobody says this")
    return case


def test_another_program_reads_what_is_exported(full: Case, tmp_path: Path) -> None:
    head = full.export(tmp_path / "case.zip")
    assert head == full.read().head
    read = ROCrate(tmp_path / "case.zip")
    assert read.name == "Is it Ann?"
    assert read.root_dataset["datePublished"]
    graph = {entity.id: entity for entity in read.get_entities()}
    files = {
        name: graph[name.replace(" ", "%20").replace("Å", "%C3%85").replace("ö", "%C3%B6")]
        for name in full.read().files
    }
    for name, sha256 in full.read().files.items():
        assert (files[name]["sha256"], files[name].type) == (sha256, "File")
        assert int(files[name]["contentSize"]) == (full.folder / name).stat().st_size
    first, second = (graph[f"#check-{number}"] for number in (1, 2))
    assert first.type == "CreateAction"
    assert (first["instrument"]["name"], first["instrument"]["softwareVersion"]) == ("poseprint", "0.1.0")
    assert [used.id.partition("-")[2] for used in first["object"]] == ["a%20clip.parquet", "Ann%20%C3%85ngstr%C3%B6m/"]
    assert [result.id for result in first["result"]] == [
        f"checks/1/{n}" for n in ("poses.parquet", "report.html", "verdict.json")
    ]
    assert second["object"][0]["sha256"] == full.read().inputs[1].sha256
    assert [(c["text"], c.get("author") and c["author"]["name"]) for c in read.root_dataset["comment"]] == [
        ("Both <b>odd</b>", "Me"),
        ("nobody says this", None),
    ]
    text = zipfile.ZipFile(tmp_path / "case.zip").read("ro-crate-metadata.json")
    named = set(graph) | {"https://w3id.org/ro/crate/1.1"}
    assert all(reference in named for reference in references(json.loads(text)["@graph"]))


def references(value: object) -> list[str]:
    """Every @id that something else refers to."""
    if isinstance(value, list):
        return [found for item in value for found in references(item)]
    if isinstance(value, dict):
        return [value["@id"]] if value.keys() == {"@id"} else references(list(value.values()))
    return []


def test_the_same_case_makes_the_same_bytes_and_replaces_nothing_else(full: Case, tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip", "a.zip"):
        full.export(tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert verify(tmp_path / "a.zip", full.read().head).problems == ()
    (tmp_path / "mine.zip").write_bytes(b"PK mine")
    for output, told in (
        (tmp_path / "mine.zip", "poseprint did not write it"),
        (full.folder / "a.zip", "is read here"),
    ):
        with pytest.raises(PoseprintError, match=told):
            full.export(output)
    full.export(tmp_path / "mine.zip", force=True)
    assert unchanged(full)


def test_what_is_changed_in_an_exported_case_is_found(full: Case, tmp_path: Path) -> None:
    full.export(tmp_path / "a.zip")
    content = (tmp_path / "a.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        for info in archive.infolist():
            place = content.index(info.filename.encode(), info.header_offset) + len(info.filename.encode()) + 5
            (tmp_path / "b.zip").write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            assert any(info.filename in told for told in verify(tmp_path / "b.zip").problems), info.filename
        with zipfile.ZipFile(tmp_path / "c.zip", "w") as other:
            for info in archive.infolist():
                other.writestr(info.filename, archive.read(info).replace(b": consistent", b": inconsistent"))
    assert verify(tmp_path / "c.zip").problems == ("ro-crate-metadata.json: does not say what the log says",)


def test_what_was_altered_is_not_exported(full: Case, tmp_path: Path) -> None:
    note = full.folder / "checks/1/verdict.json"
    note.write_text("{}")
    with pytest.raises(PoseprintError, match=r"checks/1/verdict.json: was altered; `poseprint case verify`"):
        full.export(tmp_path / "a.zip")
    note.unlink()
    with pytest.raises(PoseprintError, match=r"checks/1/verdict.json: is missing; "):
        full.export(tmp_path / "a.zip")
    assert [path.name for path in tmp_path.iterdir() if "zip" in path.name] == []


def test_an_exported_case_of_version_1_stays_readable() -> None:
    assert verify(ROOT / "tests" / "golden" / "case_v1.zip").problems == ()


def test_c2pa_is_looked_at_once_the_library_is_there(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as absent:
        absent.setitem(sys.modules, "c2pa", None)
        assert "not looked at" in case.add(poses(tmp_path / "a.parquet")).input.provenance["words"]
        case.add(tmp_path / "a.parquet")
    added = case.add(tmp_path / "a.parquet")
    assert (added.is_new, added.input.provenance["found"]) == (False, "none")
    assert [line.event for line in read_log(case.folder)] == ["created", "input", "provenance", "provenance"]
