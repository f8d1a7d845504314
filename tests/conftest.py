"""Fixtures that many tests share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.browsers import CHROMIUM, FLAGS
from helpers.command import Command, Ran
from helpers.crowd import Crowd
from helpers.places import SHARED

from poseprint.estimation.model_files import missing


@pytest.fixture(scope="session")
def shared() -> Path:
    """The measuring data; a test that uses it is marked `shared_data`."""
    if not SHARED.is_dir():
        pytest.skip("the measuring data in ../shared/data is not here")
    return SHARED


@pytest.fixture(scope="session")
def models() -> None:
    """The estimator's model files; a test that uses them is marked `models`."""
    if missing():
        pytest.fail("the estimator's model files are missing: run `poseprint models install`")


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """An estimator whose answers are known, in the place of MediaPipe."""
    from helpers.estimators import FixedEstimator

    from poseprint.estimation.instruments import Instruments
    from poseprint.estimation.measuring import Measuring

    def load(measuring: Measuring) -> Instruments:
        return Instruments(FixedEstimator() if isinstance(measuring.estimator, str) else measuring.estimator)

    FixedEstimator.shots, FixedEstimator.stop_after, FixedEstimator.seen = [], None, 0
    monkeypatch.setattr(Instruments, "load", staticmethod(load))


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Crowd:
    """A finder and an estimator of people who are squares of colour, in the place of MediaPipe."""
    from poseprint.estimation.instruments import Instruments

    shared = Crowd()
    monkeypatch.setattr(Instruments, "load", staticmethod(lambda _measuring: shared.instruments()))
    return shared


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any attempt to open a socket fails."""
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command line in this process: `command("check", path, "--json")`."""
    from poseprint.app.cli.main import main

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["poseprint", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        code = end.value.code
        assert isinstance(code, int)
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture
def browser() -> Iterator[Any]:
    """Chromium; a test that uses it is marked `browser`."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("there is no chromium")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def clip(models: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn video of 3 s in which somebody gestures; for tests marked `models`."""
    from helpers.movers import mover

    from poseprint.rendering import avatar

    path = tmp_path_factory.mktemp("clip") / "gestures.mp4"
    avatar.write_video(mover(90, size=(640, 360), shoulder=100), path)
    return path


os.environ.setdefault("COLUMNS", "200")
os.environ["POSEPRINT_CACHE_BYTES"] = "0"  # but where a test is about the cache
