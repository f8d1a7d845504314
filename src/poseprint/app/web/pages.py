"""The pages: html around the same operations as REST, drawn from the same values."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from poseprint.app.cases import Case
from poseprint.app.jobs import ENDED
from poseprint.app.library import Check
from poseprint.app.web.footage import curve, facts_of
from poseprint.app.web.messages import Words, chosen, languages
from poseprint.app.web.told import signed, told
from poseprint.core.version import __version__
from poseprint.rendering.report.words import duration, sentence

if TYPE_CHECKING:
    from poseprint.app.web.server import Desk

LANGUAGE = "poseprint-language"
"""Cookie of the language that was chosen."""
OF_REPORTS = {"report.css": "text/css", "skeleton.js": "text/javascript"}
"""What pages and reports have in common."""


def router(desk: Desk, app: FastAPI) -> APIRouter:
    """Every page of a desk; `app` is the one whose operations are listed."""
    pages, library = APIRouter(include_in_schema=False), desk.library
    environment = Environment(
        loader=PackageLoader("poseprint.app.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"signed": signed, "duration": duration, "sentence": sentence}

    def words_for(request: Request) -> Words:
        return Words(chosen(request.cookies.get(LANGUAGE, ""), request.headers.get("accept-language", "")))

    def page(request: Request, template: str, **values: Any) -> Response:
        html = environment.get_template(template).render(
            **values, t=words_for(request), languages=languages(), version=__version__, here=request.url.path
        )
        return Response(html.encode("utf-8", "replace"), media_type="text/html; charset=utf-8")

    def profiles() -> list[dict[str, Any]]:
        return [facts_of(name, folder) for name, folder in library.profiles()]

    @pages.get("/")
    def new_check(request: Request, clip: Annotated[str, Query(max_length=80)] = "") -> Response:
        known = library.clips.get(clip) if clip else None
        return page(request, "check.html", profiles=profiles(), clip=known, paths=bool(desk.allowed))

    @pages.get("/checks")
    def checks(request: Request, q: Annotated[str, Query(max_length=200)] = "") -> Response:
        partial = "hx-request" in request.headers
        current = {facts["id"]: facts.get("sha256") for facts in profiles()}
        return page(request, "rows.html" if partial else "checks.html", checks=library.found(q), q=q, current=current)

    @pages.get("/checks/{check}")
    def result(request: Request, check: str) -> Response:
        known = library.check_of(check)
        verdict, words = library.verdict_of(check), words_for(request)
        compared = _compared(known, library.checks())
        return page(request, "result.html", check=known, verdict=verdict, said=told(verdict, words), compared=compared)

    @pages.get("/people")
    def people(request: Request) -> Response:
        return page(request, "people.html", profiles=profiles())

    @pages.get("/people/{profile}")
    def person(request: Request, profile: str) -> Response:
        facts = facts_of(profile, library.profile_folder(profile))
        return page(request, "person.html", facts=facts, curve=curve(int(facts.get("axes", 2))))

    @pages.get("/cases")
    def cases(request: Request, check: Annotated[str, Query(max_length=80)] = "") -> Response:
        return page(request, "cases.html", cases=library.cases(), check=library.check_of(check) if check else None)

    @pages.get("/cases/{case}")
    def case(request: Request, case: str) -> Response:
        return page(request, "case.html", id=case, case=Case.open(library.case_folder(case)).summary())

    @pages.get("/live")
    def live(request: Request) -> Response:
        return page(request, "live.html", profiles=profiles(), paths=bool(desk.allowed))

    @pages.get("/jobs")
    def jobs(request: Request) -> Response:
        return page(request, "jobs.html", jobs=[job for job in desk.jobs.all() if job.state not in ENDED])

    @pages.delete("/jobs/{job}")
    def cancel(request: Request, job: str) -> Response:
        desk.jobs.cancel(job)
        return jobs(request)

    @pages.get("/api")
    def operations(request: Request) -> Response:
        return page(request, "api.html", document=app.openapi())

    @pages.get("/language/{code}")
    def language(code: str, back: Annotated[str, Query(max_length=200)] = "/") -> Response:
        inside = back.startswith("/") and not back.startswith(("//", "/\\"))
        answer = RedirectResponse(back if inside else "/", 303)
        if code in languages():
            answer.set_cookie(LANGUAGE, code, max_age=31_536_000, samesite="strict", httponly=True)
        return answer

    @pages.get("/shared/{name}")
    def shared(name: str) -> Response:
        if name not in OF_REPORTS:
            return Response(status_code=404)
        content = resources.files("poseprint.rendering.report").joinpath(name).read_bytes()
        return Response(content, media_type=OF_REPORTS[name])

    return pages


def _compared(check: Check, checks: list[Check]) -> list[Check]:
    """A check and the newest of each other profile on the same mover of the same clips, by LLR."""

    def mover(one: Check) -> tuple[Any, ...]:
        return [clip["id"] for clip in one.clips], one.who, one.at and list(one.at)

    same = [other for other in reversed(checks) if other.llr is not None and mover(other) == mover(check)]
    by_profile = {**{other.profile: other for other in same}, check.profile: check}
    return sorted((c for c in by_profile.values() if c.llr is not None), key=lambda c: -(c.llr or 0.0))
