"""REST: the same operations and the same values as the command line."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from helpers.command import Command
from helpers.desks import client_of, ended, enrolled, hand_in, recording

from poseprint.app.library import Library
from poseprint.app.web.server import Desk

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Library(tmp_path / "library"), allowed=[tmp_path / "allowed"], most_film_bytes=2_000_000)


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    with client_of(desk) as client:
        yield client


def checked(client: TestClient, clip: str, *profiles: str) -> list[dict[str, object]]:
    job = client.post("/api/v1/checks", json={"clips": [clip], "profiles": profiles}).json()
    done = ended(client, job)
    assert done["state"] == "done", done
    return list(done["result"]["checks"])


def test_the_verdict_is_the_command_lines(tmp_path: Path, client: TestClient, desk: Desk, command: Command) -> None:
    """Page, REST, `--json` and report tell one verdict to the last digit."""
    profile = enrolled(client, tmp_path)
    path = recording(tmp_path, "clip", seed=7)
    (made,) = checked(client, hand_in(client, path), profile)
    by_rest = client.get(f"/api/v1/checks/{made['check']}").json()
    by_command = json.loads(command("check", path, "--profile", desk.library.profile_folder(profile), "--json").out)
    assert by_rest == by_command
    report = client.get(f"/api/v1/checks/{made['check']}/report").text
    embedded = report.partition('<pre id="json">')[2] or report
    assert by_command["hashes"]["recording"] in embedded
    page = client.get(f"/checks/{made['check']}").text
    assert f"LLR {by_rest['score']:+.2f}".replace("-", "−") in page
    assert f"verdict {by_rest['decision']}" in page
    text = client.get(f"/api/v1/checks/{made['check']}/text").text
    assert by_command["hashes"]["recording"] in text
    assert client.get("/api/v1/checks", params={"q": "ann CLIP"}).json()[0]["id"] == made["check"]
    assert client.get("/api/v1/checks", params={"q": "berta"}).json() == []


def test_who_of_a_list(tmp_path: Path, client: TestClient) -> None:
    own, other = enrolled(client, tmp_path), enrolled(client, tmp_path, "Bob", tempo=1.4)
    made = checked(client, hand_in(client, recording(tmp_path, "clip", seed=7)), own, other)
    assert [m["person"] for m in made] == ["Ann", "Bob"]
    page = client.get(f"/checks/{made[0]['check']}").text
    assert page.count('class="badge') == 2


def test_a_profile_lives(tmp_path: Path, client: TestClient) -> None:
    """Made, shown, renamed, added to, something forgotten, deleted."""
    name = enrolled(client, tmp_path, "Jörg <b>")
    facts = client.get(f"/api/v1/profiles/{name}").json()
    assert facts["person"] == "Jörg <b>"
    assert (len(facts["recordings"]), facts["newest"], facts["sessions"]) == (2, "2026-03-01", ["2026-03-01"])
    assert {row["enrolled"] for row in facts["curve"]} >= {1, 3, 10}
    assert client.patch(f"/api/v1/profiles/{name}", json={"person": "Jörg"}).json()["person"] == "Jörg"
    clip = hand_in(client, recording(tmp_path, "third", seed=3))
    added = client.post(f"/api/v1/profiles/{name}/recordings", json={"clips": [clip]}).json()
    assert ended(client, added)["result"]["recordings"] == 3
    gone = client.delete(f"/api/v1/profiles/{name}/recordings/mover_3").json()
    assert ended(client, gone)["result"]["recordings"] == 2
    assert client.delete(f"/api/v1/profiles/{name}/recordings/mover_3").status_code == 400
    assert "<b>" not in client.get("/people").text.partition("<main")[2].partition("</main")[0]
    assert client.delete(f"/api/v1/profiles/{name}").status_code == 204
    assert client.get(f"/api/v1/profiles/{name}").status_code == 404
    assert client.get("/api/v1/profiles").json() == []


def test_a_damaged_profile_is_shown_as_such(tmp_path: Path, client: TestClient, desk: Desk) -> None:
    name = enrolled(client, tmp_path)
    (desk.library.profile_folder(name) / "profile.json").write_text("{}")
    assert "error" in client.get("/api/v1/profiles").json()[0]
    for path in ("/", "/people", f"/people/{name}", "/checks"):
        assert client.get(path).status_code == 200, path


def test_a_job_that_fails_says_why(tmp_path: Path, client: TestClient) -> None:
    clip = client.post("/api/v1/clips", params={"name": "a.mp4"}, content=b"no film at all").json()["id"]
    job = client.post("/api/v1/profiles", json={"person": "Ann", "clips": [clip]}).json()
    failed = ended(client, job)
    assert failed["state"] == "failed"
    assert "a.mp4" in failed["error"]
    assert "library" not in failed["error"] or "clips" in failed["error"]
    assert ended(client, client.post(f"/api/v1/jobs/{job['id']}/resume").json())["state"] == "failed"
    with client.stream("GET", f"/api/v1/jobs/{job['id']}/events") as events:
        said = [json.loads(line.removeprefix("data: ")) for line in events.iter_lines() if line]
    assert said[-1]["state"] == "failed"


def test_uploads_that_are_refused(tmp_path: Path, client: TestClient, desk: Desk) -> None:
    def post(content: bytes = b"x", name: str = "a.mp4", **headers: str) -> tuple[int, str]:
        answer = client.post("/api/v1/clips", params={"name": name}, content=content, headers=headers)
        return answer.status_code, answer.json().get("detail", "")

    status, words = post(**{"content-length": str(5_000_000_000)})
    assert status == 413
    assert "2,000,000" in words
    assert post(bytes(2_000_001))[0] == 413
    assert post(b"") == (400, "a.mp4: the file is empty")

    def endless() -> Iterator[bytes]:
        for _ in range(50):
            yield bytes(100_000)

    answer = client.post("/api/v1/clips", params={"name": "a.mp4"}, content=endless())
    assert (answer.status_code, "goes on beyond" in answer.text) == (413, True)
    assert list((desk.library.folder / "clips").iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..",
        "a/b\\c.mp4",
        "<script>alert(1)</script>.mp4",
        "con.mp4",
        "\u202eA\n\x00.mp4",
        "ä" * 200,
    ],
)
def test_names_that_are_traps(client: TestClient, desk: Desk, name: str) -> None:
    clip = client.post("/api/v1/clips", params={"name": name}, content=b"no film").json()
    inside = desk.library.clips.file_of(desk.library.clips.get(clip["id"])).resolve()
    assert inside.is_relative_to(desk.library.folder.resolve())
    assert len(inside.name.encode()) < 200
    page = client.get("/", params={"clip": clip["id"]}).text
    assert "<script>alert" not in page
    film = client.get(f"/api/v1/clips/{clip['id']}/film")
    assert film.content == b"no film"
    assert film.headers["content-security-policy"] == "sandbox"


def test_local_paths_only_where_allowed(tmp_path: Path, client: TestClient, desk: Desk) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    inside, outside = recording(allowed, "inside"), recording(tmp_path, "outside")
    (allowed / "link.parquet").symlink_to(outside)
    for path in (outside, allowed / "link.parquet", allowed / ".." / "outside.parquet", Path("/etc/passwd"), "\x00"):
        answer = client.post("/api/v1/clips/paths", json={"path": str(path)})
        assert (answer.status_code, "--allow-paths" in answer.json()["detail"]) == (403, True), path
    clip = client.post("/api/v1/clips/paths", json={"path": str(inside)}).json()
    assert client.get(f"/api/v1/clips/{clip['id']}/film").content == inside.read_bytes()
    assert client.delete(f"/api/v1/clips/{clip['id']}").status_code == 204
    assert inside.is_file()
    missing = client.post("/api/v1/clips/paths", json={"path": str(allowed / "none.mp4")})
    assert missing.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v1/checks/none", None, 404),
        ("GET", "/api/v1/clips/none/film", None, 404),
        ("GET", "/api/v1/clips/..%2f..%2fjobs", None, 404),
        ("GET", "/api/v1/jobs/none/events", None, 404),
        ("DELETE", "/api/v1/jobs/none", None, 404),
        ("POST", "/api/v1/checks", {"clips": ["none"], "profiles": ["none"]}, 404),
        ("POST", "/api/v1/checks", {"clips": [], "profiles": ["x"]}, 422),
        ("POST", "/api/v1/checks", {"clips": ["a"], "profiles": ["a"], "more": 1}, 422),
        ("POST", "/api/v1/checks", {"clips": ["a"], "profiles": ["a"], "who": 1, "at": [1, 2, 3]}, 400),
        ("POST", "/api/v1/profiles", {"person": "", "clips": ["a"]}, 422),
        ("GET", "/api/v1/nothing", None, 404),
        ("PUT", "/api/v1/clips", None, 405),
    ],
)
def test_problems_are_told_as_details(client: TestClient, method: str, path: str, body: object, status: int) -> None:
    answer = client.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


def test_a_picture_and_who_is_in_it(client: TestClient, clip: Path, tmp_path: Path) -> None:
    name = hand_in(client, clip)
    seen = client.get(f"/api/v1/clips/{name}/people", params={"time": 1}).json()
    assert seen["size"] == [640, 360]
    (person,) = seen["people"]
    left, top, right, bottom = person["box"]
    assert left < person["x"] < right
    assert top < person["y"] < bottom
    assert client.get(f"/api/v1/clips/{name}/picture").content[:3] == b"\xff\xd8\xff"
    assert client.get(f"/api/v1/clips/{name}/watchable").headers["content-type"] == "video/mp4"
    part = client.get(f"/api/v1/clips/{name}/film", headers={"range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)
    poses = hand_in(client, recording(tmp_path, "poses"))
    for what in ("people", "picture", "watchable"):
        assert client.get(f"/api/v1/clips/{poses}/{what}").status_code == 400


def test_many_at_once_are_sent_away_in_words(desk: Desk) -> None:
    """200 requests at once: each is answered, and none by a fault."""
    with client_of(desk) as client:
        answers: list[int] = []

        def ask() -> None:
            answers.append(client.post("/api/v1/clips", params={"name": "a"}, content=bytes(100_000)).status_code)

        threads = [threading.Thread(target=ask) for _ in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(answers) == 200
    assert set(answers) <= {201, 429}
    assert answers.count(201) >= 1
    assert len(desk.library.clips.all()) == 1
    assert not list((desk.library.folder / "clips").glob(".*"))


def test_every_page_in_every_language(tmp_path: Path, client: TestClient) -> None:
    profile = enrolled(client, tmp_path)
    (made,) = checked(client, hand_in(client, recording(tmp_path, "clip", seed=7)), profile)
    paths = ("/", "/people", f"/people/{profile}", "/checks", f"/checks/{made['check']}", "/jobs", "/api")
    for code in ("en", "de"):
        client.get(f"/language/{code}", params={"back": "/people"})
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, answer.text
            if path != "/jobs":
                assert f'<html lang="{code}">' in answer.text
    assert client.get("/language/de", params={"back": "//elsewhere"}, follow_redirects=False).headers["location"] == "/"


def test_a_clip_that_is_another_file_by_now_is_not_judged(tmp_path: Path, client: TestClient) -> None:
    (tmp_path / "allowed").mkdir()
    profile, path = enrolled(client, tmp_path), recording(tmp_path / "allowed", "clip", seed=7)
    clip = client.post("/api/v1/clips/paths", json={"path": str(path)}).json()["id"]
    recording(tmp_path / "allowed", "clip", seed=8)
    job = client.post("/api/v1/checks", json={"clips": [clip], "profiles": [profile]}).json()
    assert "changed since it was handed in" in ended(client, job)["error"]


def test_a_wrong_name_can_be_mended(tmp_path: Path, client: TestClient) -> None:
    profile, path = enrolled(client, tmp_path), recording(tmp_path, "clip", seed=7)
    assert hand_in(client, path, "clip.bin") == hand_in(client, path)
    assert checked(client, hand_in(client, path), profile)


def test_a_profile_is_not_pulled_from_under_a_job(tmp_path: Path, client: TestClient, desk: Desk) -> None:
    name = enrolled(client, tmp_path)
    busy = {"profile": name, "person": "Ann", "clips": [], "session": "", "forget": [], "new": False}
    desk.jobs.close()
    desk.jobs.submit("enroll", busy)
    assert client.patch(f"/api/v1/profiles/{name}", json={"person": "Bob"}).status_code == 400
    assert client.delete(f"/api/v1/profiles/{name}").status_code == 400
    clip = hand_in(client, recording(tmp_path, "other", seed=9))
    jobs = [client.post("/api/v1/profiles", json={"person": "李", "clips": [clip]}).json() for _ in range(2)]
    assert jobs[0]["request"]["profile"] != jobs[1]["request"]["profile"]
