"""Pages in a browser: they play, answer to mouse and keyboard, and load nothing."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.browsers import eventually
from helpers.reports import EVIL, judged, waving, weighed
from helpers.videos import film

from poseprint.rendering.report.page import write_report


def opened(context: Any, path: Path) -> tuple[Any, list[str], list[str]]:
    """A report's page, and lists to which whatever it complains of and whatever it asks for are added."""
    page = context.new_page()
    trouble: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    return page, trouble, requests


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("with_footage", [False, True])
def test_page_in_a_browser(tmp_path: Path, browser: Any, with_footage: bool) -> None:
    series = replace(waving(), recording=EVIL)
    path = tmp_path / "report.html"
    verdict = judged(series, person=EVIL, recording=EVIL)
    footage = film(tmp_path / "film.mp4", (64, 36), frames=900) if with_footage else None
    write_report(verdict, series, path, footage=footage)
    context = browser.new_context(offline=True)
    page, trouble, requests = opened(context, path)

    def playhead() -> float:
        return float(page.locator("#chart .playhead").get_attribute("x1").rstrip("%"))

    assert playhead() == 0
    page.click("#play")
    eventually(lambda: playhead() > 1)
    page.click("#play")
    assert page.locator("#play").inner_text() == "Play"

    page.locator(".movement").nth(2).click()
    assert playhead() == pytest.approx(100 / 3, abs=0.01)
    assert page.locator("#clock").inner_text().startswith("0:10.0")
    assert "score 0.20, voted fake" in page.locator("#readout").inner_text()

    page.locator("#stage").focus()
    page.keyboard.press("Shift+ArrowRight")
    assert page.locator("#clock").inner_text().startswith("0:11.0")
    page.keyboard.press("Space")
    eventually(lambda: int(page.locator("#slider").input_value()) > 332)
    page.keyboard.press("Space")
    page.locator(".movement").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator("#clock").inner_text().startswith("0:05.0")
    # Something is drawn where somebody is seen, and nothing where nobody is.
    drawn = "document.getElementById('stage').toDataURL().length"
    somebody = page.evaluate(drawn)
    page.locator(".findings .seek").first.click()
    assert page.evaluate(drawn) < somebody / 2
    if with_footage:
        eventually(lambda: abs(page.evaluate("document.getElementById('video').currentTime") - 10) < 0.04)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert trouble == []
    assert [r for r in requests if not r.startswith("data:")] == [path.as_uri()]
    context.close()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("reduced", [False, True])
def test_enrolled_page_in_a_browser(tmp_path: Path, browser: Any, reduced: bool) -> None:
    series = replace(waving(), recording=EVIL)
    path = tmp_path / "report.html"
    change = {"start": 9.0, "end": 12.0, "elsewhere": 1.5, "within": -1.1}
    write_report(weighed(series, person=EVIL, recording=EVIL, change=change), series, path)
    context = browser.new_context(offline=True, reduced_motion="reduce" if reduced else "no-preference")
    page, trouble, requests = opened(context, path)

    def shown() -> list[bool]:
        return [panel.is_visible() for panel in page.locator(".chosen").all()]

    assert shown() == [False] * 4
    # By its middle it is clicked through the bars, as a hand would.
    page.locator(".movement").nth(1).click()
    assert shown() == [False, True, False, False]
    assert "place of the nose along x" in page.locator(".chosen").nth(1).inner_text()
    assert page.locator("#clock").inner_text().startswith("0:05.0")
    assert "LLR −0.50, movement alone −1.20" in page.locator("#readout").inner_text()
    page.keyboard.press("Tab")
    page.locator(".movement").nth(1).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert shown() == [False, False, True, False]

    picture = "document.querySelectorAll('.loop canvas')[0].toDataURL()"
    page.locator(".loop").first.scroll_into_view_if_needed()
    assert page.locator("#loops").inner_text() == ("Play all" if reduced else "Pause all")
    before = page.evaluate(picture)
    if reduced:
        time.sleep(0.3)
        assert page.evaluate(picture) == before
        page.click("#loops")
    eventually(lambda: page.evaluate(picture) != before)
    page.click("#loops")
    assert page.locator("#loops").inner_text() == "Play all"
    page.locator(".loop").nth(1).focus()
    page.keyboard.press("Enter")
    assert shown() == [False, False, False, True]
    for width in (1280, 390, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert trouble == []
    assert requests == [path.as_uri()]
    context.close()
