"""REST for cases: what `poseprint case` does, on cases that the library keeps."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, Response
from pydantic import Field
from starlette.background import BackgroundTask

from poseprint.app.cases import Case, new_case
from poseprint.app.jobs import Job
from poseprint.app.shelf import new_id
from poseprint.app.web.asked import SANDBOX, Asked, Id, Ref
from poseprint.app.web.problems import PROBLEM
from poseprint.core.errors import PoseprintError
from poseprint.io.case_verify import verify

if TYPE_CHECKING:
    from poseprint.app.web.server import Desk


class NewCase(Asked):
    """A question to answer."""

    question: Annotated[str, Field(min_length=1, max_length=20_000)]


class CaseInput(Asked):
    """A clip to examine."""

    clip: Ref


class CaseCheck(Asked):
    """A check of the library to repeat on the case's own copies."""

    check: Ref


class Note(Asked):
    """What the examiner has to say."""

    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    by: Annotated[str, Field(max_length=200)] = ""


def router(desk: Desk) -> APIRouter:
    """All operations on a desk's cases."""
    api = APIRouter(prefix="/api/v1/cases", responses=PROBLEM)
    library = desk.library

    def told(name: str) -> dict[str, Any]:
        return {"id": name, **Case.open(library.case_folder(name)).summary()}

    @api.get("")
    def list_cases() -> list[dict[str, Any]]:
        """Every case, the newest first; of one that was altered, what is wrong."""
        return library.cases()

    @api.post("", status_code=201)
    def begin(asked: NewCase) -> dict[str, Any]:
        """Begin a case."""
        name = new_id()
        new_case(library.folder / "cases" / name, asked.question)
        return told(name)

    @api.get("/{case}")
    def get_case(case: Id) -> dict[str, Any]:
        """Question, inputs, profiles, checks, notes and the head of the log."""
        return told(case)

    @api.post("/{case}/inputs", status_code=201)
    def add_input(case: Id, asked: CaseInput) -> dict[str, Any]:
        """Copy a clip into a case, hashed before anything decodes it."""
        clip = library.clips.get(asked.clip)
        added = Case.open(library.case_folder(case)).add(library.clips.file_of(clip))
        return {"is_new": added.is_new, **asdict(added.input)}

    @api.post("/{case}/checks", status_code=202)
    def add_check(case: Id, asked: CaseCheck) -> Job:
        """Repeat a check on the case's own copies of clip and profile: answers with the job."""
        library.case_folder(case)
        library.check_of(asked.check)
        return desk.jobs.submit("case", {"case": case, "check": asked.check})

    @api.post("/{case}/notes", status_code=201)
    def add_note(case: Id, asked: Note) -> dict[str, Any]:
        """Write a note into the log."""
        Case.open(library.case_folder(case)).note(asked.text, asked.by)
        return told(case)

    @api.get("/{case}/verification")
    def verification(case: Id, head: Annotated[str, Query(max_length=64)] = "") -> dict[str, Any]:
        """What was changed since it was logged; with a head noted elsewhere, whether the log still holds it."""
        return asdict(verify(library.case_folder(case), head or None))

    @api.get("/{case}/export", response_class=FileResponse)
    def export(case: Id) -> Response:
        """The case as an RO-Crate zip."""
        opened = Case.open(library.case_folder(case))
        with tempfile.NamedTemporaryFile(suffix=".zip", dir=library.folder, delete=False) as file:
            path = Path(file.name)
        try:
            opened.export(path, force=True)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return FileResponse(path, filename=f"case-{case}.zip", background=BackgroundTask(path.unlink, missing_ok=True))

    @api.get("/{case}/checks/{number}/report", response_class=FileResponse)
    def report(case: Id, number: int) -> Response:
        """The report of one check of a case."""
        path = library.case_folder(case) / "checks" / str(number) / "report.html"
        if not path.is_file():
            raise PoseprintError(f"{number}: no check of this case")
        return FileResponse(path, media_type="text/html", headers=SANDBOX)

    return api
