"""Cases and live by REST."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from helpers.crowd import crowd_picture
from helpers.desks import client_of, ended, enrolled, hand_in, recording
from helpers.videos import write_video

from poseprint.app.library import Library
from poseprint.app.web.server import Desk
from poseprint.io.case_verify import verify

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Library(tmp_path / "library"), allowed=[tmp_path])


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    with client_of(desk) as client:
        yield client


@pytest.fixture
def check(tmp_path: Path, client: TestClient) -> dict[str, Any]:
    """A check in the library."""
    profile = enrolled(client, tmp_path)
    clip = hand_in(client, recording(tmp_path, "clip", seed=7), "<b>clip.parquet")
    done = ended(client, client.post("/api/v1/checks", json={"clips": [clip], "profiles": [profile]}).json())
    return {"profile": profile, "clip": clip, **done["result"]["checks"][0]}


def test_a_case_from_question_to_zip(tmp_path: Path, client: TestClient, desk: Desk, check: dict[str, Any]) -> None:
    case = client.post("/api/v1/cases", json={"question": "Is it <i>Ann</i>?"}).json()["id"]
    job = client.post(f"/api/v1/cases/{case}/checks", json={"check": check["check"]}).json()
    assert ended(client, job)["result"] == {"case": case, "number": 1}
    client.post(f"/api/v1/cases/{case}/notes", json={"text": "<script>alert(1)</script>", "by": "me"})
    told = client.get(f"/api/v1/cases/{case}").json()
    assert (told["checks"][0]["decision"], told["checks"][0]["llr"]["both"]) == (check["decision"], check["llr"])
    assert [note["text"] for note in told["notes"]] == ["<script>alert(1)</script>"]
    assert client.post(f"/api/v1/cases/{case}/inputs", json={"clip": check["clip"]}).json()["is_new"] is False
    page = client.get(f"/cases/{case}").text
    assert "<script>alert" not in page
    assert "<i>Ann" not in page
    assert client.get(f"/api/v1/cases/{case}/checks/1/report").headers["content-security-policy"].startswith("sandbox")
    assert client.get(f"/api/v1/cases/{case}/checks/2/report").status_code == 400
    exported = tmp_path / "case.zip"
    exported.write_bytes(client.get(f"/api/v1/cases/{case}/export").content)
    assert verify(exported, told["head"]).problems == ()
    assert not list(desk.library.folder.glob("*.zip"))
    assert client.get(f"/api/v1/cases/{case}/verification").json()["problems"] == []
    (desk.library.case_folder(case) / "checks" / "1" / "report.html").write_text("another")
    assert "report.html" in client.get(f"/api/v1/cases/{case}/verification").json()["problems"][0]
    assert client.get("/cases").status_code == 200
    assert client.get("/cases", params={"check": check["check"]}).text.count("<b>clip") == 0


def test_a_check_by_a_profile_that_changed_since_is_no_evidence(
    tmp_path: Path, client: TestClient, check: dict[str, Any]
) -> None:
    case = client.post("/api/v1/cases", json={"question": "Is it Ann?"}).json()["id"]
    client.patch(f"/api/v1/profiles/{check['profile']}", json={"person": "Ann Other"})
    failed = ended(client, client.post(f"/api/v1/cases/{case}/checks", json={"check": check["check"]}).json())
    assert "changed since" in failed["error"]


def test_an_altered_case_is_shown_as_such(client: TestClient, desk: Desk) -> None:
    case = client.post("/api/v1/cases", json={"question": "Is it Ann?"}).json()["id"]
    log = desk.library.case_folder(case) / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b"Ann", b"Bob"))
    (listed,) = client.get("/api/v1/cases").json()
    assert "error" in listed
    assert client.get("/cases").status_code == 200
    assert client.get(f"/cases/{case}").status_code == 400
    assert client.get(f"/api/v1/cases/{case}/verification").json()["problems"]
    assert client.get(f"/api/v1/cases/{case}/verification", params={"head": "no hash"}).status_code == 400


@pytest.mark.usefixtures("crowd")
def test_live_tells_readings_and_ends(tmp_path: Path, client: TestClient) -> None:
    profile = enrolled(client, tmp_path)
    film = tmp_path / "two.mp4"
    write_video(film, lambda k: crowd_picture((90 + k % 5, 60, 30), (230, 60, 29) if k > 90 else None), 240)

    def watch(**asked: object) -> list[dict[str, Any]]:
        with client.stream("GET", "/api/v1/live", params={"profile": profile, **asked}) as events:
            return [json.loads(line.removeprefix("data: ")) for line in events.iter_lines() if line]

    readings = watch(path=str(film), pace=0)
    assert readings[-1]["final"]
    assert readings[-1]["watched"] > 7.5
    kinds = {event["kind"] for reading in readings for event in reading["events"]}
    assert "second_person" in kinds
    assert "error" in watch(camera=77)[-1]
    for asked, status in (
        ({}, 400),
        ({"camera": 0, "path": str(film)}, 400),
        ({"path": "/etc/passwd"}, 403),
        ({"screen": "1,2"}, 422),
        ({"profile": "none", "camera": 0}, 404),
    ):
        assert client.get("/api/v1/live", params={"profile": profile, **asked}).status_code == status, asked
