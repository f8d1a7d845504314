"""The server: on 127.0.0.1 alone, behind a token, with one worker that measures."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from poseprint.app.jobs import ENDED, Job, Jobs
from poseprint.app.library import Library
from poseprint.app.web import api, api_cases, api_live, pages, problems
from poseprint.app.web.access import Access
from poseprint.core.errors import PoseprintError
from poseprint.core.files import locked
from poseprint.core.progress import Progress
from poseprint.core.version import __version__
from poseprint.estimation.measuring import Measuring

HOST = "127.0.0.1"
MOST_FILM_BYTES = 4_000_000_000


@dataclass
class Desk:
    """What the server works with.

    Attributes:
        library: what is kept.
        jobs: what is under way.
        allowed: folders of which local paths may be named.
        most_film_bytes: of one film that is uploaded.
        models: folder of the estimator's model files.
    """

    library: Library
    allowed: Sequence[Path] = ()
    most_film_bytes: int = MOST_FILM_BYTES
    models: Path | None = None
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.library.folder / "jobs", self._work)

    def being_enrolled(self) -> set[str]:
        """Ids of the profiles that jobs are to make or to change."""
        return {job.request["profile"] for job in self.jobs.all() if job.kind == "enroll" and job.state not in ENDED}

    def ensure_idle(self, profile: str) -> None:
        """See that no job is to change a profile. Raises PoseprintError if one is."""
        if profile in self.being_enrolled():
            raise PoseprintError(f"{profile}: is being enrolled; wait for that, or cancel it")

    def _work(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        """Do what a job asks for."""
        asked = job.request
        if job.kind == "enroll":
            profile = self.library.enroll(
                asked["profile"],
                asked["person"],
                asked["clips"],
                new=asked["new"],
                session=asked["session"],
                forget=asked["forget"],
                measuring=Measuring(models=self.models),
                progress=progress,
            )
            return {"profile": asked["profile"], "recordings": len(profile.made_from)}
        if job.kind == "case":
            number = self.library.put_into_case(asked["case"], asked["check"], self.models, progress)
            return {"case": asked["case"], "number": number}
        checks: list[dict[str, Any]] = []
        for profile in asked["profiles"]:
            at = tuple(asked["at"]) if asked["at"] else None
            measuring = Measuring(models=self.models, who=asked["who"], at=at)
            made = self.library.check(asked["clips"], profile, measuring, progress)
            checks.append({"check": made.id, "person": made.person, "decision": made.decision, "llr": made.llr})
        return {"checks": checks}


def make_app(desk: Desk, token: str, hosts: Callable[[], set[str]], cookie: str = "poseprint") -> Any:
    """The application: pages, REST and files, behind Access.

    Args:
        desk: what it works with.
        token: without which nothing is answered.
        hosts: what may stand in Host.
        cookie: that holds the token.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.jobs.close()

    app = FastAPI(
        title="poseprint",
        version=__version__,
        description="Does the person in this video move like the person they claim to be? On this machine alone.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    problems.install(app)
    for router in (api.router(desk), api_cases.router(desk), api_live.router(desk), pages.router(desk, app)):
        app.include_router(router)
    app.mount("/static", StaticFiles(packages=[("poseprint.app.web", "static")]))
    return Access(app, token, hosts, cookie)


def serve(
    library: Path | None = None,
    *,
    port: int = 0,
    browser: bool = True,
    allowed: Sequence[Path] = (),
    models: Path | None = None,
    show: Callable[[str], object] = print,
) -> None:
    """Serve until it is interrupted.

    Args:
        library: folder of what is kept; None for the user's own.
        port: 0 for any that is free.
        browser: whether to open the page.
        allowed: folders of which local paths may be named.
        models: folder of the estimator's model files.
        show: takes the address.

    Raises:
        PoseprintError: the port is taken, a folder is not there, or another server works in the library.
    """
    for folder in allowed:
        if not folder.is_dir():
            raise PoseprintError(f"{folder}: no such folder")
    kept = Library(library)
    with locked(
        kept.folder / "serve.lock", busy=f"{kept.folder}: another `poseprint serve` works there; stop it first"
    ):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
        except OSError as error:
            raise PoseprintError(f"port {port}: cannot be used ({error.strerror}); name another with --port") from error
        port = listening.getsockname()[1]
        token, hosts = secrets.token_urlsafe(24), {f"{HOST}:{port}", f"localhost:{port}"}
        app = make_app(Desk(kept, allowed, models=models), token, lambda: hosts, f"poseprint-{port}")
        config = uvicorn.Config(app, log_level="warning", server_header=False, timeout_graceful_shutdown=2)
        address = f"http://{HOST}:{port}/?token={token}"
        show(f"poseprint is at {address}")
        if browser:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        uvicorn.Server(config).run(sockets=[listening])
