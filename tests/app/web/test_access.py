"""Who may speak to the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from helpers.desks import HOST, TOKEN, client_of

from poseprint.app.library import Library
from poseprint.app.web.server import Desk


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[TestClient]:
    with client_of(Desk(Library(tmp_path / "library")), token="") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/api/v1/checks", "/openapi.json", "/static/web.css", "/api/v1/jobs/x/events"])
def test_without_the_token_nothing_is_answered(stranger: TestClient, path: str) -> None:
    for headers in ({}, {"authorization": "Bearer wrong"}, {"cookie": "poseprint=wrong"}):
        answer = stranger.get(path, headers=headers)
        assert answer.status_code == 401
        assert "poseprint serve" in answer.json()["detail"]
    assert stranger.get(path, params={"token": "wrong"}).status_code == 401


def test_the_address_lets_in_and_hides_the_token(stranger: TestClient) -> None:
    answer = stranger.get("/", params={"token": TOKEN, "clip": ""}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert stranger.get("/").status_code == 200


def test_another_name_for_this_machine_is_refused(stranger: TestClient) -> None:
    """Else a page elsewhere could bend its own name to 127.0.0.1 and read along."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    for host in ("elsewhere.example", "127.0.0.1:1", "", f"{HOST}.elsewhere.example"):
        assert stranger.get("/api/v1/checks", headers={**headers, "host": host}).status_code == 400


@pytest.mark.parametrize(
    "headers", [{"origin": "http://elsewhere.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
def test_a_page_elsewhere_changes_nothing(stranger: TestClient, headers: dict[str, str]) -> None:
    headers = {**headers, "authorization": f"Bearer {TOKEN}"}
    answer = stranger.post("/api/v1/clips", params={"name": "a"}, content=b"x", headers=headers)
    assert answer.status_code == 403
    assert stranger.get("/api/v1/clips", headers={"authorization": headers["authorization"]}).json() == []
    if "sec-fetch-site" in headers:
        assert stranger.get("/api/v1/live", params={"camera": 0}, headers=headers).status_code == 403


def test_a_request_that_is_no_film_is_small(stranger: TestClient) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    assert stranger.post("/api/v1/checks", content=bytes(1_000_001), headers=headers).status_code == 413

    def pieces() -> Iterator[bytes]:
        yield from (bytes(300_000) for _ in range(5))

    assert stranger.post("/api/v1/checks", content=pieces(), headers=headers).status_code == 413


def test_every_answer_forbids_what_comes_from_elsewhere(stranger: TestClient) -> None:
    for path in ("/", "/nowhere"):
        answer = stranger.get(path, headers={"authorization": f"Bearer {TOKEN}"})
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
