"""What no friend sends: every operation under random requests, and films that promise more than they hold."""

from __future__ import annotations

from pathlib import Path

import pytest
import schemathesis
from helpers.desks import HOST, TOKEN, client_of, ended, enrolled, hand_in, recording
from helpers.videos import film
from hypothesis import HealthCheck, Phase, given, settings

from poseprint.app import clips
from poseprint.app.library import Library
from poseprint.app.web.server import Desk, make_app

pytestmark = pytest.mark.slow


@pytest.fixture
def api(tmp_path: Path) -> schemathesis.BaseSchema:
    """The operations of a desk on which something lies already."""
    desk = Desk(Library(tmp_path / "library"))
    client = client_of(desk)
    profile = enrolled(client, tmp_path)
    clip = hand_in(client, recording(tmp_path, "clip", seed=7))
    ended(client, client.post("/api/v1/checks", json={"clips": [clip], "profiles": [profile]}).json())
    return schemathesis.openapi.from_asgi(
        "/openapi.json",
        make_app(desk, TOKEN, lambda: {HOST}),
        headers={"host": HOST, "authorization": f"Bearer {TOKEN}"},
    )


def test_no_request_finds_a_fault(api: schemathesis.BaseSchema) -> None:
    operations = [found.ok() for found in api.get_all_operations()]
    assert len(operations) > 25
    for operation in operations:
        if operation.path.endswith("/events"):
            continue  # goes on until a job ends

        @settings(
            max_examples=12,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            answer = case.call(headers={"host": HOST, "authorization": f"Bearer {TOKEN}"})
            assert answer.status_code < 500, answer.text
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == ["application/problem+json"]

        ask()


def test_a_film_of_too_many_hours_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb of frames is small on the disk and endless to measure."""
    monkeypatch.setattr(clips, "MOST_HOURS", 0.0005)
    client = client_of(Desk(Library(tmp_path / "library")))
    profile = enrolled(client, tmp_path)
    clip = hand_in(client, film(tmp_path / "bomb.mp4", (64, 36), frames=120))
    job = client.post("/api/v1/checks", json={"clips": [clip], "profiles": [profile]}).json()
    failed = ended(client, job)
    assert failed["state"] == "failed"
    assert "at most" in failed["error"]
