"""A case: one question, and all that was done to answer it, in a folder that tells when something in it was changed.

How it lies on the disk says `poseprint.io.case_file`, what changed in it `poseprint.io.case_verify`. Nothing here decides
anything; a check is `poseprint.app.check`.
"""

from __future__ import annotations

import functools
import hashlib
import re
import shutil
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from poseprint.app.check import check_poses
from poseprint.app.profiles import read_profile
from poseprint.app.repeating import repeating_command
from poseprint.app.sources import read_source
from poseprint.core.errors import PoseprintError, ProfileError
from poseprint.core.files import absence, ensure_replaceable, file_sha256, json_text
from poseprint.core.names import safe_file_name, safe_film_name, typed
from poseprint.core.progress import Progress, silent
from poseprint.core.series import PoseSeries
from poseprint.core.verdict import Verdict
from poseprint.estimation.measuring import Measuring
from poseprint.estimation.model_files import FILES
from poseprint.io.case_file import FolderContents, append, create, read_log, settle, store
from poseprint.io.case_log import Line, utc
from poseprint.io.case_record import CaseRecord, Check, Input
from poseprint.io.parquet import write_poses
from poseprint.io.poses import is_poses
from poseprint.io.profile_folder import MANIFEST, ProfileFolder
from poseprint.io.provenance import read_provenance
from poseprint.io.ro_crate import is_crate, write_crate
from poseprint.rendering.report.page import write_report
from poseprint.verification.decision import Costs
from poseprint.verification.reference import SHIPPED

LONGEST = 20_000
"""Letters of a question or a note."""


@dataclass(frozen=True)
class Added:
    """What became of a file that was added.

    Attributes:
        input: as the case knows it.
        is_new: whether the case did not have it before.
    """

    input: Input
    is_new: bool


def new_case(folder: Path | str, question: str) -> Case:
    """Begin a case.

    Args:
        folder: made if need be; it holds nothing.
        question: what the case asks.

    Raises:
        PoseprintError: no question, something is in the folder, or it cannot be written.
    """
    create(Path(folder), _worded(question, "a case needs a question"))
    return Case(Path(folder))


@dataclass(frozen=True)
class Case:
    """A case that is there.

    Attributes:
        folder: where.
    """

    folder: Path

    @staticmethod
    def open(folder: Path | str) -> Case:
        """The case in a folder.

        Raises:
            PoseprintError: none is there, it is of a newer version, or its log was altered.
        """
        case = Case(Path(folder))
        case.read()
        return case

    def read(self) -> CaseRecord:
        """What its log says now.

        Raises:
            PoseprintError: as of `open`.
        """
        return CaseRecord.of(read_log(self.folder))

    def summary(self) -> dict[str, Any]:
        """Question, inputs, profiles, checks, notes and head, json-ready.

        Raises:
            PoseprintError: as of `open`.
        """
        return self.read().to_dict()

    def add(self, path: Path | str, *, copy: bool = True) -> Added:
        """Add a file to be examined: hashed and logged before anything decodes it, then asked for its C2PA manifest.

        Args:
            path: a video, or a file of poses.
            copy: keep a copy of it in the case; else the case has its hash and its place.

        Raises:
            PoseprintError: no such file, it changes while it is copied, or the case cannot be written.
        """
        path = Path(path)
        if path.is_dir():
            raise PoseprintError(
                f"{path}: is a folder; a case takes files. `poseprint extract` makes one of OpenPose json"
            )
        if not path.is_file():
            raise PoseprintError(f"{path}: is no plain file" if path.exists() else absence(path))
        sha256, known = file_sha256(path), self.read().inputs
        there = next((held for held in known if held.sha256 == sha256), None)
        if there is None or (copy and not there.file):
            self._log_input(path, sha256, copy=copy)
        held = self.input(sha256)
        if held.provenance.get("found") in (None, "not looked at"):
            found = read_provenance(self.folder / held.file if held.file else path)
            if found.found != held.provenance.get("found"):
                append(self.folder, "provenance", {"input": sha256, "found": found.to_dict()})
        return Added(self.input(sha256), there is None)

    def input(self, name: str) -> Input:
        """An input of the case.

        Args:
            name: its number, its name, or at least the first six digits of its sha256.

        Raises:
            PoseprintError: none is called so, or several are.
        """
        inputs = self.read().inputs
        for found in (
            [held for held in inputs if str(held.number) == name],
            [held for held in inputs if name in (held.name, held.file)],
            [held for held in inputs if re.fullmatch(r"[0-9a-f]{6,64}", name) and held.sha256.startswith(name)],
        ):
            if len(found) > 1:
                numbers = " and ".join(str(held.number) for held in found)
                raise PoseprintError(f"{name}: inputs {numbers} are called so; name one by its number")
            if found:
                return found[0]
        raise PoseprintError(f"{name}: no input of the case; `poseprint case add` adds a file, `case show` lists them")

    def check(
        self,
        name: str,
        profile: Path | str,
        measuring: Measuring | None = None,
        *,
        stride: int | None = None,
        costs: Costs | None = None,
        frame_size: tuple[int, int] | None = None,
        progress: Progress = silent,
    ) -> tuple[Verdict, Check]:
        """Judge an input by a profile, both as the case has them, and keep what was found.

        Args:
            name: of the input, see `input`.
            profile: the folder of a profile, which is copied into the case unless it is there.
            measuring: how a video is measured, and whom; the usual way unless given.
            stride, costs: as of `poseprint.check_poses`.
            frame_size: of poses in csv, which do not tell it.
            progress: called as the video is measured.

        Raises:
            PoseprintError: no such input, it was changed since it was added, or what `poseprint.check` raises.
        """
        read_profile(profile)  # before the long work
        held = self.input(name)
        path = self._place(held)
        if not path.is_file() or file_sha256(path) != held.sha256:
            raise PoseprintError(
                f"{path}: is missing or was altered since it was added; `poseprint case verify` tells more"
            )
        copied = self._keep_profile(ProfileFolder.read(Path(profile)))
        series = read_source(path, measuring, frame_size=frame_size, progress=progress)
        verdict = check_poses(series, read_profile(copied), stride=stride, costs=costs)
        return verdict, self.record(verdict, series, held.sha256, copied, measuring)

    def record(
        self,
        verdict: Verdict,
        series: PoseSeries,
        input_sha256: str,
        profile: Path | str,
        measuring: Measuring | None = None,
    ) -> Check:
        """Keep a verdict: as json, as report, with the poses it was found on.

        Args:
            verdict: what was found.
            series: the poses, as they were measured.
            input_sha256: of the input that they were measured of.
            profile: the folder of the profile that judged, which is copied into the case unless it is there.
            measuring: how they were measured, for the command that repeats it.

        Raises:
            PoseprintError: no such input, input or profile are not those of the verdict, or it was made with a reference of
                one's own, which a case does not keep.
        """
        if verdict.settings.get("reference", SHIPPED) != SHIPPED:
            raise PoseprintError("a case keeps checks with the reference that ships; this one was made with another")
        held, source = self.input(input_sha256), ProfileFolder.read(Path(profile))
        ready_made = is_poses(Path(held.file or held.path))  # which name the video that they were measured of
        is_of_it = ready_made or verdict.hashes["recording"] == held.sha256
        if not is_of_it or verdict.hashes["profile"] != source.manifest["sha256"]:
            raise PoseprintError(f"{held.name}: the verdict is of another recording, or by another profile")
        folder = self._keep_profile(source)
        number, place = self._claim()
        names = [f"{place}/{name}" for name in ("verdict.json", "poses.parquet", "report.html")]
        try:
            (self.folder / names[0]).write_bytes(_printed(json_text(verdict.to_dict())))
            write_poses(series, self.folder / names[1])
            write_report(verdict, series, self.folder / names[2])
            files = {name: settle(self.folder, name) for name in names}
        except BaseException:
            shutil.rmtree(self.folder / place, ignore_errors=True)
            raise
        models = dict(FILES) if series.estimator.name.startswith("mediapipe") and not ready_made else {}
        facts = {
            "number": number,
            "input": held.sha256,
            "profile": verdict.hashes["profile"],
            "decision": verdict.decision,
            "reason": verdict.reason,
            "llr": dict(verdict.evidence.llr) if verdict.evidence else {},
            "versions": dict(verdict.versions),
            "hashes": {**verdict.hashes, "models": models, "program": _program_sha256()},
            "command": repeating_command(
                held.file or held.path, folder.relative_to(self.folder), verdict, series, measuring or Measuring()
            ),
        }
        append(self.folder, "check", facts, files)
        return next(check for check in self.read().checks if check.number == number)

    def note(self, text: str, by: str = "") -> None:
        """Write a note into the log.

        Args:
            text: what the examiner has to say.
            by: who that is.

        Raises:
            PoseprintError: nothing is said, or too much for a note.
        """
        facts = {"text": _worded(text, "a note needs a text"), "by": typed(by.strip())[:200]}
        append(self.folder, "note", facts)

    def export(self, output: Path | str, *, force: bool = False) -> str:
        """Write the case as an RO-Crate zip.

        Args:
            output: the zip.
            force: replace a file that is no exported case.

        Returns:
            the head of the log that is in it.

        Raises:
            PoseprintError: something in the case was altered, or the zip cannot be written.
        """
        self.read()
        ensure_replaceable(Path(output), (".zip",), inputs=(self.folder,), is_own=is_crate, force=force)
        return write_crate(FolderContents(self.folder), Path(output))

    def _log_input(self, path: Path, sha256: str, *, copy: bool) -> Line:
        """Log a file, copied first if so wished."""
        name, about = typed(path.name), path.stat()
        place = "" if copy else str(path.resolve())
        if typed(place) != place:
            raise PoseprintError(f"{path}: its path is no UTF-8, so that it would not be found again; have it copied")
        facts = {"sha256": sha256, "name": name, "path": place, "size": about.st_size, "modified": utc(about.st_mtime)}
        if not copy:
            return append(self.folder, "input", facts)
        kept = f"inputs/{sha256[:12]}-{safe_film_name(name)}"
        with path.open("rb") as file:
            if store(self.folder, kept, file) != sha256:
                (self.folder / kept).unlink()
                raise PoseprintError(f"{path}: was written to while it was copied; add it when it is finished")
        return append(self.folder, "input", facts, {kept: sha256})

    def _place(self, held: Input) -> Path:
        return self.folder / held.file if held.file else Path(held.path)

    def _keep_profile(self, profile: ProfileFolder) -> Path:
        """The case's copy of a profile, made if it has none."""
        sha256 = str(profile.manifest["sha256"])
        known = next((p for p in self.read().profiles if p.sha256 == sha256), None)
        if known is not None:
            return self.folder / known.folder
        person = str(profile.manifest["person"])
        place = f"profiles/{sha256[:12]}-{safe_file_name(person)}"
        contents: dict[str, bytes] = {}
        for name in profile.manifest["files"]:
            if safe_file_name(name) != name:
                raise ProfileError(f"{profile.path}: names a file {name!r}, which is none of a profile")
            contents[name] = profile.content(name)
        contents[MANIFEST] = (profile.path / MANIFEST).read_bytes()
        files = {f"{place}/{name}": store(self.folder, f"{place}/{name}", BytesIO(c)) for name, c in contents.items()}
        append(self.folder, "profile", {"sha256": sha256, "person": person, "folder": place}, files)
        return self.folder / place

    def _claim(self) -> tuple[int, str]:
        """The number of a new check, and its folder, which no other process has."""
        number = len(self.read().checks) + 1
        while True:
            try:
                (self.folder / f"checks/{number}").mkdir(parents=True)
            except FileExistsError:
                number += 1
            except OSError as error:
                raise PoseprintError(f"{self.folder}: cannot be written ({error.strerror})") from error
            else:
                return number, f"checks/{number}"


def _worded(text: str, needed: str) -> str:
    """A text of the user's that says something, and not too much."""
    if not text.strip():
        raise PoseprintError(f"{needed}; it is empty")
    if len(text) > LONGEST:
        raise PoseprintError(f"{needed} of at most {LONGEST} letters, this has {len(text)}; add a longer one as a file")
    return typed(text.strip())


def _printed(text: str) -> bytes:
    """As standard output would have it."""
    return (text + "\n").encode(errors="backslashreplace")


@functools.cache
def _program_sha256() -> str:
    """sha256 of poseprint's own code: of each file's name and sha256."""
    root = Path(__file__).parents[1]
    parts = sorted(f"{path.relative_to(root).as_posix()} {file_sha256(path)}\n" for path in root.rglob("*.py"))
    return hashlib.sha256("".join(parts).encode()).hexdigest()
