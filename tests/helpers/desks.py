"""A server without a network, and one with it: what a test speaks to, and what it hands in."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi.testclient import TestClient
from helpers.movers import mover

from poseprint.app.jobs import ENDED
from poseprint.app.library import Library
from poseprint.app.web.server import Desk, make_app
from poseprint.io.parquet import write_poses

HOST = "127.0.0.1:8000"
TOKEN = "a-token"


def client_of(desk: Desk, *, token: str = TOKEN) -> TestClient:
    """Speaks to a desk as a program does that knows the token."""
    app = make_app(desk, TOKEN, lambda: {HOST})
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return TestClient(app, base_url=f"http://{HOST}", headers=headers, raise_server_exceptions=False)


def recording(folder: Path, name: str, *, tempo: float = 0.3, seconds: float = 20, **changes: Any) -> Path:
    """Poses of a made-up mover in a file."""
    path = folder / f"{name}.parquet"
    write_poses(mover(round(30 * seconds), tempo=tempo, **changes), path)
    return path


def hand_in(client: TestClient, path: Path, name: str = "") -> str:
    """The id of a clip that was handed in."""
    answer = client.post("/api/v1/clips", params={"name": name or path.name}, content=path.read_bytes())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def ended(client: TestClient, job: dict[str, Any], seconds: float = 30) -> dict[str, Any]:
    """A job once it has ended."""
    until = time.monotonic() + seconds
    while (now := client.get(f"/api/v1/jobs/{job['id']}").json())["state"] not in ENDED:
        assert time.monotonic() < until, now
        time.sleep(0.02)
    return dict(now)


def enrolled(client: TestClient, folder: Path, person: str = "Ann", *, tempo: float = 0.3) -> str:
    """The id of a profile made of two recordings."""
    clips = [hand_in(client, recording(folder, f"{person}{n}", tempo=tempo, seed=n)) for n in (1, 2)]
    answer = client.post("/api/v1/profiles", json={"person": person, "clips": clips, "session": "2026-03-01"})
    assert answer.status_code == 202, answer.text
    done = ended(client, answer.json())
    assert done["state"] == "done", done
    return str(done["result"]["profile"])


@contextmanager
def served(folder: Path, **settings: Any) -> Iterator[tuple[str, Desk]]:
    """A server on a free port: its address with the token, and its desk."""
    desk = Desk(Library(folder), **settings)
    hosts: set[str] = set()
    config = uvicorn.Config(
        make_app(desk, TOKEN, lambda: hosts), port=0, log_level="error", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < until
            time.sleep(0.02)
        hosts.add(f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
        yield f"http://{next(iter(hosts))}/?token={TOKEN}", desk
    finally:
        server.should_exit = True
        thread.join(10)
