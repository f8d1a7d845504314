"""Errors as problem details (RFC 9457): a status, and in words what is wrong and what to do."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from poseprint.app.clips import ForbiddenPathError
from poseprint.app.jobs import TooManyError
from poseprint.app.shelf import UnknownError
from poseprint.core.errors import PoseprintError, explain

logger = logging.getLogger(__name__)

STATUS: dict[type[Exception], int] = {UnknownError: 404, TooManyError: 429, ForbiddenPathError: 403}
"""What of a user's errors is answered otherwise than by 400."""


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """An answer that says what is wrong."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(content, status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Have every error answered so."""

    @app.exception_handler(PoseprintError)
    async def _of_the_user(_: Request, error: PoseprintError) -> Response:
        return problem(next((s for kind, s in STATUS.items() if isinstance(error, kind)), 400), str(error))

    @app.exception_handler(RequestValidationError)
    async def _of_form(_: Request, error: RequestValidationError) -> Response:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        return problem(422, said.encode("utf-8", "replace").decode())

    @app.exception_handler(HTTPException)
    async def _of_http(_: Request, error: HTTPException) -> Response:
        return problem(error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(OSError)
    async def _of_the_disk(_: Request, error: OSError) -> Response:
        return problem(400, explain(error))

    @app.exception_handler(Exception)
    async def _unforeseen(_: Request, error: Exception) -> Response:
        logger.error("unforeseen", exc_info=error)
        return problem(500, f"unforeseen {type(error).__name__} (a fault of poseprint; the log shows where)")


PROBLEM: dict[int | str, dict[str, Any]] = {
    code: {"description": HTTPStatus(code).phrase, "content": {"application/problem+json": {}}}
    for code in (400, 401, 403, 404, 413, 422, 429)
}
"""The errors that any operation may answer with, for the OpenAPI document."""
