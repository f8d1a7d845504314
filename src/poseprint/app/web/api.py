"""REST under /api/v1: the same operations as the page and the command line, json as `--json` gives it."""

from __future__ import annotations

import asyncio
import json
import mimetypes
import shutil
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.requests import ClientDisconnect

from poseprint.app.clips import Clip
from poseprint.app.jobs import ENDED, Job
from poseprint.app.library import Check
from poseprint.app.pictures import people_at, picture_at
from poseprint.app.web.asked import (
    SANDBOX,
    Enrolment,
    Id,
    LocalPath,
    MoreFootage,
    Question,
    Renaming,
    Seconds,
)
from poseprint.app.web.footage import curve, facts_of, watchable
from poseprint.app.web.messages import Words, chosen
from poseprint.app.web.paths import allowed_path
from poseprint.app.web.problems import PROBLEM, problem
from poseprint.app.web.told import as_text
from poseprint.core.errors import PoseprintError

if TYPE_CHECKING:
    from poseprint.app.web.server import Desk

ROOM = 500_000_000
"""Bytes that stay free on the disk."""
LOOKED, HEARTBEAT = 0.1, 150
"""Seconds between two looks at a job, and looks after which something is sent anyway."""


def router(desk: Desk) -> APIRouter:
    """All operations on a desk."""
    api = APIRouter(prefix="/api/v1", responses=PROBLEM)
    library = desk.library

    # ---- clips ----

    @api.get("/clips")
    def list_clips() -> list[Clip]:
        """Every clip that was handed in, the newest first."""
        return library.clips.all()

    @api.post("/clips", status_code=201, openapi_extra=_BODY)
    async def upload_clip(request: Request, name: Annotated[str, Query(min_length=1, max_length=200)]) -> Response:
        """Hand in a film, or a file of poses: the request's body is the file."""
        length, most = request.headers.get("content-length", ""), desk.most_film_bytes
        promised = int(length[:20]) if length.isascii() and length.isdecimal() else 0
        if promised > most:
            return problem(
                413, f"{name}: has {promised:,} bytes; a film may have {most:,}. Cut out the part in question"
            )
        free = shutil.disk_usage(library.folder).free - ROOM
        if promised > free:
            return problem(413, f"{name}: has {promised:,} bytes, and {max(0, free):,} are free on the disk")
        with library.clips.receive(Path(name.replace("\\", "/")).name or name) as incoming:
            try:
                async for piece in request.stream():
                    if incoming.write(piece) > min(most, free):
                        return problem(413, f"{name}: goes on beyond {min(most, free):,} bytes; nothing of it was kept")
            except ClientDisconnect:
                return problem(400, f"{name}: did not arrive whole; nothing of it was kept")
            return JSONResponse(asdict(incoming.keep()), 201)

    @api.post("/clips/paths", status_code=201)
    def name_path(asked: LocalPath) -> Clip:
        """Hand in a film by its path on this machine; it is not copied."""
        return library.clips.add_path(allowed_path(asked.path, desk.allowed))

    @api.get("/clips/{clip}")
    def get_clip(clip: Id) -> Clip:
        """One clip."""
        return library.clips.get(clip)

    @api.delete("/clips/{clip}", status_code=204)
    def remove_clip(clip: Id) -> None:
        """Forget a clip; its checks stay, and so does a film that was named by its path."""
        library.clips.remove(clip)

    @api.get("/clips/{clip}/film", response_class=FileResponse)
    def film(clip: Id) -> Response:
        """The film itself, in ranges if asked."""
        known = library.clips.get(clip)
        kind = mimetypes.guess_type(known.name)[0] or ""
        safe = kind if kind.startswith("video/") else "application/octet-stream"
        return FileResponse(
            library.clips.file_of(known), media_type=safe, headers={"content-security-policy": "sandbox"}
        )

    @api.get("/clips/{clip}/watchable", response_class=FileResponse)
    def watchable_film(clip: Id) -> Response:
        """A small H.264 copy of a film, for browsers that cannot show it as it is."""
        return FileResponse(watchable(library.clips, library.clips.get(clip)), media_type="video/mp4")

    @api.get("/clips/{clip}/picture", response_class=Response)
    def picture(clip: Id, time: Seconds = 0) -> Response:
        """The picture that is on display at a time, as a JPEG."""
        return Response(picture_at(library.clips.file_of(library.clips.get(clip)), time), media_type="image/jpeg")

    @api.get("/clips/{clip}/people")
    def people(clip: Id, time: Seconds = 0) -> dict[str, Any]:
        """Everybody in the picture at a time: where `at` of a check has to point."""
        return people_at(library.clips.file_of(library.clips.get(clip)), time)

    # ---- profiles ----

    @api.get("/profiles")
    def list_profiles() -> list[dict[str, Any]]:
        """Every profile: person, seconds, recordings, days, findings, versions."""
        return [facts_of(name, folder) for name, folder in library.profiles()]

    @api.post("/profiles", status_code=202)
    def enroll(asked: Enrolment) -> Job:
        """Enrol a person: answers with the job."""
        for clip in asked.clips:
            library.clips.get(clip)
        profile = library.new_profile(asked.person, desk.being_enrolled())
        return desk.jobs.submit("enroll", _enrolment(profile, asked.person, asked, new=True))

    @api.get("/profiles/{profile}")
    def get_profile(profile: Id) -> dict[str, Any]:
        """One profile, with the curve that says what more footage would bring."""
        facts = facts_of(profile, library.profile_folder(profile))
        return {**facts, "curve": curve(int(facts.get("axes", 2)))}

    @api.patch("/profiles/{profile}")
    def rename(profile: Id, asked: Renaming) -> dict[str, Any]:
        """Give the person another name."""
        desk.ensure_idle(profile)
        library.rename_profile(profile, asked.person)
        return facts_of(profile, library.profile_folder(profile))

    @api.delete("/profiles/{profile}", status_code=204)
    def remove_profile(profile: Id) -> None:
        """Delete a profile; checks with it stay."""
        desk.ensure_idle(profile)
        library.remove_profile(profile)

    @api.post("/profiles/{profile}/recordings", status_code=202)
    def add_recordings(profile: Id, asked: MoreFootage) -> Job:
        """Add footage to a profile: answers with the job."""
        for clip in asked.clips:
            library.clips.get(clip)
        return desk.jobs.submit("enroll", _enrolment(profile, library.enrolled(profile).person, asked, new=False))

    @api.delete("/profiles/{profile}/recordings/{recording:path}", status_code=202)
    def forget_recording(profile: Id, recording: Annotated[str, InPath(max_length=300)]) -> Job:
        """Take a recording out of a profile: answers with the job."""
        known = library.enrolled(profile)
        if recording not in {row["recording"] for row in known.made_from}:
            raise PoseprintError(f"{recording}: no recording of this profile")
        request = {
            "profile": profile,
            "person": known.person,
            "clips": [],
            "session": "",
            "forget": [recording],
            "new": False,
        }
        return desk.jobs.submit("enroll", request)

    # ---- checks ----

    @api.get("/checks")
    def list_checks(q: Annotated[str, Query(max_length=200)] = "") -> list[Check]:
        """Every check in which each word of `q` occurs, the newest first."""
        return library.found(q)

    @api.post("/checks", status_code=202)
    def check(asked: Question) -> Job:
        """Judge clips by one profile or by several: answers with the job, whose result names the checks."""
        if asked.who is not None and asked.at is not None:
            raise PoseprintError("who and at both name a person; give one of them")
        for clip in asked.clips:
            library.clips.get(clip)
        for profile in asked.profiles:
            library.profile_folder(profile)
        return desk.jobs.submit("check", asked.model_dump())

    @api.get("/checks/{check}")
    def get_check(check: Id) -> dict[str, Any]:
        """The verdict, as `poseprint check --json` prints it."""
        return library.verdict_of(check)

    @api.get("/checks/{check}/text", response_class=Response)
    def text(check: Id, request: Request, language: Annotated[str, Query(max_length=20)] = "") -> Response:
        """The verdict as a text to paste."""
        words = Words(chosen(language, request.headers.get("accept-language", "")))
        return Response(as_text(library.verdict_of(check), words), media_type="text/plain; charset=utf-8")

    @api.get("/checks/{check}/report", response_class=FileResponse)
    def report(check: Id, *, download: bool = False) -> Response:
        """The report: one page that opens offline."""
        file, known = library.of_check(check, "report.html"), library.check_of(check)
        name = f"{known.person} - {known.clips[0]['name']}.html" if download else None
        return FileResponse(file, media_type="text/html", headers=SANDBOX, filename=name)

    @api.get("/checks/{check}/poses", response_class=FileResponse)
    def poses(check: Id) -> Response:
        """The poses that were judged, in Parquet."""
        return FileResponse(library.of_check(check, "poses.parquet"), filename=f"{check}.parquet")

    @api.get("/checks/{check}/replay", response_class=FileResponse)
    def replay(check: Id) -> Response:
        """The poses as the page's player takes them."""
        return FileResponse(library.of_check(check, "replay.json"), media_type="application/json")

    @api.delete("/checks/{check}", status_code=204)
    def remove_check(check: Id) -> None:
        """Remove a check and its report."""
        library.remove_check(check)

    # ---- jobs ----

    @api.get("/jobs")
    def list_jobs() -> list[Job]:
        """Every job that is remembered, the newest first."""
        return desk.jobs.all()

    @api.get("/jobs/{job}")
    def get_job(job: Id) -> Job:
        """How a job stands."""
        return desk.jobs.get(job)

    @api.get("/jobs/{job}/events", response_class=StreamingResponse)
    async def events(job: Id) -> Response:
        """How a job goes on, as server-sent events; the last one tells how it ended."""
        desk.jobs.get(job)

        async def told() -> AsyncIterator[str]:
            last, silence = None, 0
            while True:
                current = desk.jobs.get(job)
                silence += 1
                if current is not last or silence >= HEARTBEAT:
                    last, silence = current, 0
                    yield f"data: {json.dumps(asdict(current))}\n\n"
                if current.state in ENDED:
                    return
                await asyncio.sleep(LOOKED)

        return StreamingResponse(told(), media_type="text/event-stream")

    @api.delete("/jobs/{job}")
    def cancel(job: Id) -> Job:
        """Cancel a job; what it has measured is kept."""
        return desk.jobs.cancel(job)

    @api.post("/jobs/{job}/resume", status_code=202)
    def resume(job: Id) -> Job:
        """Go on with a job that was cancelled or failed."""
        return desk.jobs.resume(job)

    return api


_BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}}


def _enrolment(profile: str, person: str, asked: Enrolment | MoreFootage, *, new: bool) -> dict[str, Any]:
    about = {"profile": profile, "person": person, "new": new}
    return {**about, "clips": asked.clips, "session": asked.session, "forget": []}
