"""Live, as server-sent events: a camera, a part of the screen, or a film that is played."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from poseprint.app.jobs import TooManyError
from poseprint.app.live import live
from poseprint.app.web.paths import allowed_path
from poseprint.app.web.problems import PROBLEM
from poseprint.core.errors import PoseprintError, explain
from poseprint.estimation.measuring import Measuring
from poseprint.io.camera import Camera, Film, Screen, Source

if TYPE_CHECKING:
    from poseprint.app.web.server import Desk

PATIENCE_S = 5.0
"""How long the one who watched before may take to end."""


def router(desk: Desk) -> APIRouter:
    """The one operation: to watch."""
    api = APIRouter(prefix="/api/v1", responses=PROBLEM)
    watching = threading.Lock()

    @api.get("/live", response_class=StreamingResponse)
    async def watch(
        profile: Annotated[str, Query(max_length=80)],
        camera: Annotated[int | None, Query(ge=0, le=99)] = None,
        screen: Annotated[str, Query(max_length=40, pattern=r"^(\d{1,5},\d{1,5},\d{1,5},\d{1,5})?$")] = "",
        path: Annotated[str, Query(max_length=4000)] = "",
        pace: Annotated[float, Query(ge=0, le=100)] = 1,
        *,
        refused: bool = False,
    ) -> Response:
        """A running verdict, as server-sent events, until whoever listens goes away.

        One of: the number of a camera, a part of the screen (left,top,width,height), a local film that may be named. With `refused`
        nothing is watched: the answer is only why it would be refused.
        """
        folder = desk.library.profile_folder(profile)
        if (camera is not None) + bool(screen) + bool(path) != 1:
            raise PoseprintError("name one of camera, screen and path")
        source: Source
        if camera is not None:
            source = Camera(camera)
        elif screen:
            source = Screen(*map(int, screen.split(",")))
        else:
            source = Film(allowed_path(path, desk.allowed), pace)
        if refused:
            if watching.locked():
                raise TooManyError("something is watched already; end that first")
            return Response(status_code=204)
        if not await asyncio.to_thread(
            watching.acquire, timeout=PATIENCE_S
        ):  # what just ended still makes its last judgement
            raise TooManyError("something is watched already; end that first")
        return StreamingResponse(told(source, folder), media_type="text/event-stream")

    async def told(source: Source, folder: Any) -> AsyncIterator[str]:
        """Readings of a thread, one event each; the thread ends when nobody listens any more."""
        loop, stop = asyncio.get_running_loop(), threading.Event()
        readings: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

        def say(value: dict[str, Any] | None) -> None:
            loop.call_soon_threadsafe(readings.put_nowait, value)

        def work() -> None:
            try:
                for reading in live(source, folder, Measuring(models=desk.models), stop=stop):
                    say(reading.to_dict())
            except Exception as error:
                say({"error": explain(error)})
            finally:
                watching.release()
                say(None)

        threading.Thread(target=work, name="live", daemon=True).start()
        try:
            while (value := await readings.get()) is not None:
                yield f"data: {json.dumps(value)}\n\n"
        finally:
            stop.set()

    return api
