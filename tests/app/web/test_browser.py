"""The pages in a browser: what a fact-checker does, from the first drop to the last download."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from helpers.browsers import eventually
from helpers.crowd import crowd_picture
from helpers.desks import client_of, enrolled, hand_in, recording, served
from helpers.movers import mover
from helpers.videos import write_video as write_film

from poseprint.app import pictures
from poseprint.app.web.server import Desk
from poseprint.estimation.model_files import models_dir
from poseprint.io.case_verify import verify
from poseprint.rendering import avatar

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SCREENSHOTS = os.environ.get("POSEPRINT_SCREENSHOTS")
"""Folder for the pictures of the tutorial, where they are to be made anew."""


@pytest.fixture(scope="module")
def speech(models: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn film of 11 s, long enough for two movements."""
    path = tmp_path_factory.mktemp("speech") / "speech.mp4"
    avatar.write_video(mover(330, size=(640, 360), shoulder=100, tempo=0.3, seed=7), path)
    return path


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of this module's own, so that what one test measured serves the next."""
    with pytest.MonkeyPatch.context() as patch:
        folder, models = tmp_path_factory.mktemp("cache"), models_dir()
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.setenv("POSEPRINT_CACHE_BYTES", "1000000000")
        patch.setenv("POSEPRINT_MODELS", str(models))
        yield folder


@pytest.fixture
def desk_with_ann(tmp_path: Path) -> Iterator[tuple[str, Desk, str]]:
    """A served desk on which Ann is enrolled: address, desk, profile."""
    with served(tmp_path / "library") as (address, desk):
        yield address, desk, enrolled(client_of(desk), tmp_path)


@contextmanager
def visited(browser: Any, address: str, **settings: Any) -> Iterator[Any]:
    """A page at an address; at the end it must have asked nobody else and complained of nothing."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "en", **settings})
    page = context.new_page()
    page.trouble, requests = [], []
    page.on("console", lambda message: page.trouble.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.trouble.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    yield page
    base = address.partition("?")[0]
    assert [url for url in requests if not url.startswith((base, "blob:", "data:"))] == []
    assert page.trouble == []
    context.close()


def shot(page: Any, name: str, *sections: str) -> None:
    """A picture for the tutorial, if they are made: of what is in sight, or from the first of some sections to the last."""
    if SCREENSHOTS:
        page.wait_for_timeout(300)
        clip = None
        if sections:
            boxes = [page.locator(section).bounding_box() for section in ("html", sections[0], sections[-1])]
            page_top, top, end = boxes[0]["y"], boxes[1]["y"], boxes[2]["y"] + boxes[2]["height"]
            clip = {"x": 0, "y": top - page_top, "width": 1280, "height": end - top}
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=clip is not None, clip=clip)


def drop(page: Any, *paths: Path) -> None:
    """Drop files on the page's field as a mouse does."""
    files = [(path.name, base64.b64encode(path.read_bytes()).decode()) for path in paths]
    data = page.evaluate_handle(
        """(files) => {
            const data = new DataTransfer();
            for (const [name, text] of files)
                data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
            return data;
        }""",
        files,
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": data})


def test_enrolled_by_dropping_files(tmp_path: Path, browser: Any) -> None:
    """Dropped, enrolled, renamed, something taken out, deleted. The page's policy is off, for the test's own scripts."""
    with served(tmp_path / "library") as (address, _), visited(browser, address, bypass_csp=True) as page:
        page.on("dialog", lambda dialog: dialog.accept())
        page.click("text=People")
        page.fill("#person", "Ann")
        page.fill("#session", "2026-03-01, studio")
        drop(page, *(recording(tmp_path, f"ann{n}", seed=n) for n in (1, 2, 3)))
        page.wait_for_selector("#arrived li:nth-child(3):has-text('here')")
        shot(page, "people")
        page.click("button.main")
        page.wait_for_url("**/people/ann")
        assert page.locator(".forget").count() == 3
        page.wait_for_selector("#curve-chart canvas")
        shot(page, "person")
        page.locator(".forget").last.click()
        eventually(lambda: page.locator(".forget").count() == 2)
        page.fill("#new-name", "Ann Other")
        page.click("#rename button")
        page.wait_for_selector("h1:has-text('Ann Other')")
        page.click("#delete")
        page.wait_for_url("**/people")
        assert "Ann Other" not in page.inner_text("main")


def test_from_a_clip_to_a_verdict(
    tmp_path: Path, browser: Any, speech: Path, cache: Path, desk_with_ann: tuple[str, Desk, str]
) -> None:
    """A clip is chosen, a person clicked, the verdict read; film, skeleton and lines go by one clock."""
    address, desk, _ = desk_with_ann
    with visited(browser, address, accept_downloads=True) as page:
        page.set_input_files("#file", speech)
        page.wait_for_selector("#boxes rect", timeout=60_000)
        page.click("#boxes rect")
        shot(page, "check")
        page.click("#start")
        page.wait_for_selector("#progress progress")
        page.wait_for_url("**/checks/*", timeout=120_000)
        page.wait_for_selector("#result[data-ready]")
        verdict = client_of(desk).get(f"/api/v1/checks/{desk.library.checks()[0].id}").json()
        assert verdict["movements"]
        assert f"{verdict['score']:+.2f}".replace("-", "−") in page.inner_text("p.number")
        shot(page, "verdict")

        def playhead() -> float:
            return float(
                page.locator("#playhead").get_attribute("style").partition("translateX(")[2].partition("px")[0]
            )

        def clock() -> str:
            return str(page.inner_text("#clock")).partition(" / ")[0]

        first = playhead()
        page.locator("#main-chart .u-over").click(position={"x": 600, "y": 60})
        eventually(lambda: playhead() > first + 300)
        assert clock() > "0:04"
        assert page.locator("#departures").inner_text()
        shot(page, "watch", "section:has(#watch)", "section:has(#moment)")
        page.focus("#player")
        page.click("#play")
        at = clock()
        eventually(lambda: clock() > at)
        page.click("#play")
        for layer in ("skeleton", "box", "axis"):
            page.uncheck(f".layer[value={layer}]")
        with page.expect_download() as chart:
            page.click("#save-chart")
        assert Path(chart.value.path()).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        with page.expect_download() as report:
            page.click("text=Download the report")
        assert b'content="poseprint"' in Path(report.value.path()).read_bytes()
        page.click("#copy")
        eventually(lambda: page.inner_text("#told") != "" or page.locator("#told textarea").count() == 1)
        page.click("text=Clips")
        page.wait_for_url("**/checks", wait_until="load")  # what is typed before the scripts are there is not heard
        page.fill("[name=q]", "ann speech")
        page.wait_for_selector("#rows .again")
        shot(page, "clips")
        page.fill("[name=q]", "somebody else")
        page.wait_for_selector("#rows td[colspan]")


def test_the_person_meant_is_clicked(
    tmp_path: Path, browser: Any, crowd: Any, monkeypatch: pytest.MonkeyPatch, desk_with_ann: tuple[str, Desk, str]
) -> None:
    """Of two in the picture the one that was clicked is measured; on the verdict's page the other can be chosen."""
    monkeypatch.setattr(pictures, "_finder", lambda: nullcontext(crowd.instruments().finder))
    path = tmp_path / "two.mp4"
    write_film(path, lambda k: crowd_picture((90 + k % 5, 60, 30), (230, 60, 29)), 330)
    address, desk, _ = desk_with_ann
    with visited(browser, address) as page:
        page.set_input_files("#file", path)
        page.wait_for_selector("#boxes rect:nth-child(2)")
        boxes = page.locator("#boxes rect")
        left = [float(boxes.nth(k).get_attribute("x")) for k in range(2)]
        boxes.nth(left.index(max(left))).click()
        shot(page, "choose")
        page.click("#start")
        page.wait_for_url("**/checks/*", timeout=60_000)
        page.wait_for_selector("#people button:nth-child(2)")
        (made,) = desk.library.checks()
        assert made.at is not None
        assert made.at[0] > 160
        page.locator("#people button:not([aria-current=true])").first.click()
        eventually(lambda: len(desk.library.checks()) == 2)


def test_a_job_is_cancelled_and_gone_on_with(
    tmp_path: Path, browser: Any, crowd: Any, desk_with_ann: tuple[str, Desk, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In two tabs at once: what one starts the other sees, and cancels."""
    path = tmp_path / "one.mp4"
    write_film(path, lambda k: crowd_picture((90 + k % 5, 60, 30)), 900)
    address, desk, _ = desk_with_ann
    gate = hold(monkeypatch)
    with visited(browser, address) as page:
        clip = hand_in(client_of(desk), path)
        page.goto(f"{address.partition('?')[0]}?clip={clip}")
        page.wait_for_selector("#found label")
        page.click("#start")
        page.wait_for_selector("#progress .cancel")
        other = page.context.new_page()
        other.goto(address.partition("?")[0] + "people")
        other.wait_for_selector("#jobs .job button")
        other.click("#jobs .job button")
        page.wait_for_selector("#progress .resume")
        assert "Cancelled" in page.inner_text("#progress")
        gate.clear()
        page.click("#progress .resume")
        page.wait_for_url("**/checks/*", timeout=60_000)
    assert len(desk.library.checks()) == 1


def test_a_case_is_made_noted_verified_and_exported(
    tmp_path: Path, browser: Any, desk_with_ann: tuple[str, Desk, str]
) -> None:
    address, desk, profile = desk_with_ann
    client = client_of(desk)
    clip = hand_in(client, recording(tmp_path, "clip", seed=7))
    client.post("/api/v1/checks", json={"clips": [clip], "profiles": [profile]})
    eventually(lambda: bool(desk.library.checks()))
    with visited(browser, address, accept_downloads=True) as page:
        page.goto(f"{address.partition('?')[0]}checks/{desk.library.checks()[0].id}")
        page.click("text=Put into a case")
        page.fill("#question", "Does the clip show Ann?")
        page.click("#new-case button")
        page.wait_for_selector("#case .badge")
        page.fill("#note-text", "The clip was sent by a reader.")
        page.fill("#note-by", "A. Editor")
        page.click("#note button")
        page.wait_for_selector("text=sent by a reader")
        shot(page, "case")
        with page.expect_download() as download:
            page.click("text=Export (zip)")
        zipped = tmp_path / "case.zip"
        download.value.save_as(zipped)
        assert verify(zipped).problems == ()
        page.click("#verify")
        page.wait_for_selector("text=Everything is as it was logged")
        (note,) = client.get(f"/api/v1/cases/{desk.library.cases()[0]['id']}").json()["notes"]
        assert note["by"] == "A. Editor"


@pytest.mark.usefixtures("crowd")
def test_live_in_the_page(tmp_path: Path, browser: Any) -> None:
    """A film fed as a camera: readings come, a second person is told, and leaving ends the watching."""
    film = tmp_path / "two.mp4"
    write_film(film, lambda k: crowd_picture((90 + k % 5, 60, 30), (230, 60, 29) if k > 30 else None), 150)
    with served(tmp_path / "library", allowed=[tmp_path]) as (address, desk):
        enrolled(client_of(desk), tmp_path)
        with visited(browser, f"{address}") as page:
            page.click("text=Live")
            page.check("[name=source][value=path]")
            page.fill("#path", str(film))
            page.click("#begin")
            page.wait_for_selector("#events li")
            page.wait_for_selector("#begin:not([disabled])", timeout=30_000)
            assert page.inner_text("#decision") == "Inconclusive"
            shot(page, "live")


def hold(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Slow measuring down, as long as something is in the set that is returned."""
    import time

    from helpers.crowd import CrowdTracker

    gate, call = {"held"}, CrowdTracker.__call__

    def slowly(self: Any, *arguments: Any) -> Any:
        if gate:
            time.sleep(0.05)
        return call(self, *arguments)

    monkeypatch.setattr(CrowdTracker, "__call__", slowly)
    return gate


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280, 2560])
def test_every_page_fits(
    tmp_path: Path, browser: Any, desk_with_ann: tuple[str, Desk, str], width: int, scheme: str
) -> None:
    """Nothing is wider than the screen, everything has a name, and German is as complete."""
    address, desk, profile = desk_with_ann
    client = client_of(desk)
    clip = hand_in(client, recording(tmp_path, "clip", seed=7))
    job = client.post("/api/v1/checks", json={"clips": [clip], "profiles": [profile]}).json()
    eventually(lambda: client.get(f"/api/v1/jobs/{job['id']}").json()["state"] == "done")
    made = desk.library.checks()[0].id
    case = client.post("/api/v1/cases", json={"question": "Does the clip show Ann?"}).json()["id"]
    base = address.partition("?")[0]
    settings = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme, "bypass_csp": True}
    with visited(browser, address, **settings, locale="de" if width == 360 else "en") as page:
        for path in (
            "",
            "people",
            f"people/{profile}",
            "checks",
            f"checks/{made}",
            "cases",
            f"cases/{case}",
            "live",
            "api",
        ):
            page.goto(base + path)
            if path.startswith("checks/"):
                page.wait_for_selector("#result[data-ready]")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            nameless = page.evaluate(
                "[...document.querySelectorAll('button, input, select, canvas, img')].filter((e) => !(e.innerText || e.ariaLabel"
                " || e.alt || e.labels?.length || e.ariaHidden === 'true')).map((e) => e.outerHTML)"
            )
            assert nameless == [], path
            if SCREENSHOTS and os.environ.get("POSEPRINT_LOOKED_AT"):
                name = f"look-{width}-{scheme}-{path.partition('/')[0] or 'check'}{'-one' if '/' in path else ''}"
                page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)
