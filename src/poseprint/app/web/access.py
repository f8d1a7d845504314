"""Who may speak to the server, and how much at a time: all that is decided before a request is read."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from poseprint.app.web.problems import problem

MOST_AT_ONCE = 64
"""Requests under way; more are sent away."""
MOST_UPLOADS = 4
"""Films that arrive at a time."""
MOST_BYTES = 1_000_000
"""Of a request that is no film."""
TOO_LARGE = f"a request has {MOST_BYTES} bytes at most"
READS = ("GET", "HEAD", "OPTIONS")
CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
    "content-security-policy": CONTENT_SECURITY,
}


class Access:
    """Lets requests through that come from this machine's own page, or know the token.

    A page elsewhere can make a browser send requests here: so the Host must be ours (no name that was bent to 127.0.0.1), what
    changes something must come from our own origin, and the token is in a cookie that only our own pages send.

    Args:
        app: what is behind.
        token: that the address carries at first.
        hosts: what may stand in Host; None for whatever stands there (for tests without a network).
        cookie: name of the cookie that holds the token.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: Callable[[], set[str]], cookie: str) -> None:
        self._app, self._token, self._hosts, self._cookie = app, token, hosts, cookie
        self._under_way = self._uploads = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send) if scope["type"] == "lifespan" else None
        upload = scope["method"] == "POST" and scope["path"] == "/api/v1/clips"
        refused = self._refusal(scope, upload=upload)
        if refused is not None:
            await refused(scope, receive, _with_headers(send))
            return None
        self._under_way += 1
        self._uploads += upload
        try:
            await self._app(scope, receive if upload else _limited(receive), _with_headers(send))
        finally:
            self._under_way -= 1
            self._uploads -= upload
        return None

    def _refusal(self, scope: Scope, *, upload: bool) -> ASGIApp | None:
        """Why a request is sent away, as an answer."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get("host", "").lower() not in self._hosts():
            return problem(400, "the page is to be had at the address that `poseprint serve` printed")
        asks_api = scope["path"].startswith("/api/")  # a camera must not be opened by a page elsewhere, not even unread
        if asks_api and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return problem(403, "a page elsewhere may not do that")
        if scope["method"] not in READS:
            origin = headers.get("origin")
            ours = origin is None or origin in {f"http://{host}" for host in self._hosts()}
            if not ours or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                return problem(403, "a page elsewhere may not do that")
        if not self._knows(headers):
            given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
            if scope["method"] == "GET" and self._is_token(given[0]):
                return self._let_in(scope)
            return problem(401, "the token is missing or wrong: open the address that `poseprint serve` printed")
        if self._under_way >= MOST_AT_ONCE or (upload and self._uploads >= MOST_UPLOADS):
            return problem(429, "too much at once; come back in a moment", {"retry-after": "1"})
        length = headers.get("content-length", "0")
        if not upload and not (length.isascii() and length.isdecimal() and int(length[:20]) <= MOST_BYTES):
            return problem(413, TOO_LARGE)
        return None

    def _knows(self, headers: dict[str, str]) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._is_token(given.strip())
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        return self._cookie in cookies and self._is_token(cookies[self._cookie].value)

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())

    def _let_in(self, scope: Scope) -> ASGIApp:
        """To the same address without the token, which stays in a cookie."""
        rest = parse_qs(scope["query_string"].decode("latin-1"))
        rest.pop("token", None)
        cookie = f"{self._cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict"
        query = f"?{urlencode(rest, doseq=True)}" if rest else ""
        path = "/" + scope["path"].lstrip("/")  # no address of elsewhere, as //elsewhere would be
        return problem(303, "go on there", {"location": f"{path}{query}", "set-cookie": cookie})


def _limited(receive: Receive) -> Receive:
    """What arrives, as long as it is no more than a request may have."""
    arrived = 0

    async def limited() -> Message:
        nonlocal arrived
        message = await receive()
        arrived += len(message.get("body", b""))
        if arrived > MOST_BYTES:
            raise HTTPException(413, TOO_LARGE)
        return message

    return limited


def _with_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name for name, _ in message["headers"]}
            more = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in there]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return with_headers
