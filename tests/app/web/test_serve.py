"""`poseprint serve` as a process: where it listens, what it says, and that a kill loses nothing."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from helpers.browsers import eventually
from helpers.command import Command
from helpers.desks import client_of, enrolled
from helpers.movers import mover

from poseprint.app.library import Library
from poseprint.app.web.server import Desk
from poseprint.estimation.model_files import models_dir
from poseprint.rendering import avatar

pytestmark = pytest.mark.slow


@contextmanager
def server(library: Path, cache: Path) -> Iterator[tuple[httpx2.Client, subprocess.Popen[str]]]:
    """A server of its own, and a client that knows its token."""
    own = {"XDG_CACHE_HOME": str(cache), "POSEPRINT_CACHE_BYTES": "1000000000", "POSEPRINT_MODELS": str(models_dir())}
    command = [sys.executable, "-m", "poseprint", "serve", "--no-browser", "--library", str(library)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **own}) as process:
        assert process.stdout is not None
        said = re.search(r"(http://127\.0\.0\.1:\d+)/\?token=([\w-]+)", process.stdout.readline())
        assert said
        try:
            with httpx2.Client(base_url=said[1], headers={"authorization": f"Bearer {said[2]}"}, timeout=30) as client:
                eventually(lambda: answers(client))
                yield client, process
        finally:
            process.kill()


def answers(client: httpx2.Client) -> bool:
    try:
        return client.get("/api/v1/jobs").status_code == 200
    except httpx2.ConnectError:
        return False


@pytest.mark.models
def test_killed_and_started_again_nothing_is_lost(tmp_path: Path, models: None) -> None:
    film, library, cache = tmp_path / "speech.mp4", tmp_path / "library", tmp_path / "cache"
    avatar.write_video(mover(620, size=(480, 270), shoulder=80), film)
    profile = enrolled(client_of(Desk(Library(library))), tmp_path)

    def job(client: httpx2.Client) -> dict[str, Any]:
        return dict(client.get("/api/v1/jobs").json()[0])

    with server(library, cache) as (client, process):
        clip = client.post("/api/v1/clips", params={"name": film.name}, content=film.read_bytes()).json()["id"]
        client.post("/api/v1/checks", json={"clips": [clip], "profiles": [profile]})
        eventually(lambda: job(client)["total"] > 0, 10)  # before the models are loaded
        eventually(lambda: any((cache / "poseprint" / "measured").glob("*.parts/*.npz")), 60)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with server(library, cache) as (client, _):
        assert job(client)["state"] in ("waiting", "running", "done")
        eventually(lambda: job(client)["state"] == "done", 90)
        (made,) = client.get("/api/v1/checks").json()
        assert client.get(f"/api/v1/checks/{made['id']}").json()["recording"] == "speech"


def test_two_servers_do_not_share_a_library_nor_a_port(tmp_path: Path, command: Command) -> None:
    with server(tmp_path / "library", tmp_path) as (client, _):
        said = command("serve", "--no-browser", "--library", tmp_path / "library").error()
        assert "another `poseprint serve`" in said
        port = client.base_url.port
        assert f"port {port}" in command("serve", "--no-browser", "--library", tmp_path, "--port", port).error()
        with socket.socket() as outside:
            outside.settimeout(2)
            assert outside.connect_ex((socket.gethostbyname(socket.gethostname()), port)) != 0 or socket.gethostbyname(
                socket.gethostname()
            ).startswith("127.")
    assert "no such folder" in command("serve", "--allow-paths", tmp_path / "none").error()
