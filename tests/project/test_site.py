"""The documentation as a site: it builds without a warning, reads as on GitHub, and asks nobody for anything."""

from __future__ import annotations

import functools
import http.server
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from helpers.browsers import eventually
from helpers.desks import client_of, enrolled, recording, served
from helpers.places import ROOT
from markdown_it import MarkdownIt

pytestmark = pytest.mark.slow

ELSEWHERE = re.compile(
    r"""\bsrc(?:set)?\s*=\s*["'](?:https?:)?//|<link[^>]+href=["'](?:https?:)?//|url\(["']?(?:https?:)?//|@import[^;]+//"""
    r"""|\b(?:fetch|importScripts|import|Worker|EventSource|WebSocket|open)\([^)]*["'`](?:https?:)?//"""
)
SHAPES = ("li", "table", "tr", "h1", "h2", "h3", "pre", "code", "strong", "img")
"""What a page is made of; paragraphs are left out, for the two put them into lists by other rules."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built by the command of `make site`; whatever MkDocs warns of ends it, a page that the menu leaves out too."""
    folder = tmp_path_factory.mktemp("site") / "site"
    command = [sys.executable, str(ROOT / "scripts" / "build_site.py"), str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder.parent)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: str(page.stem))
def test_a_page_is_in_the_menu_and_reads_as_on_github(site: Path, page: Path) -> None:
    """MkDocs wants an empty line before a list and no fence inside one, or it shows the marks themselves."""
    assert f'href="{page.stem}.html"' in (site / "404.html").read_text(encoding="utf-8").replace('href="/', 'href="')
    built = (site / f"{page.stem}.html").read_text(encoding="utf-8")
    built = built[built.index('role="main"') : built.index("<footer")]
    there = MarkdownIt("commonmark").enable("table").render(page.read_text(encoding="utf-8"))
    assert _shapes(built) == _shapes(there)


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".css", ".js", ".svg")]
    assert len(files) > 30
    for path in files:
        found = ELSEWHERE.search(path.read_text(encoding="utf-8"))
        assert found is None, (path.name, found and found[0])


@pytest.mark.browser
def test_the_site_is_read_and_searched(site: Path, browser: Any) -> None:
    """By a web server of one's own; no script complains, nothing but a table is wider than the screen."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}/"
        page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="dark")
        asked: list[str] = []
        trouble: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto(base + "tutorial-fact-checker.html")
        assert page.locator("html").get_attribute("data-bs-theme") == "dark"
        pictures = page.locator("[role=main] img")
        assert pictures.count() == len(list((ROOT / "docs" / "images").glob("*.png")))
        page.click("[data-bs-target='#mkdocs_search_modal']")
        page.fill("#mkdocs-search-query", "prosecutor")

        def is_found() -> bool:
            page.press("#mkdocs-search-query", "End")  # each key searches, once the index is there
            return bool(page.locator("#mkdocs-search-results a[href*='what-to-write']").count())

        eventually(is_found)
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            for name in ("index", "results", "threat-model", "tutorial-fact-checker"):
                page.goto(f"{base}{name}.html")
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, name)
        assert [url for url in asked if not url.startswith(base)] == []
        assert trouble == []
        server.shutdown()


def test_the_rest_program_of_the_tutorial_runs(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "tutorial-researcher.md").read_text(encoding="utf-8")
    (program,) = (code for code in re.findall(r"```python\n(.*?)```", text, flags=re.S) if "requests" in code)
    recording(tmp_path, "clip", seed=7)
    with served(tmp_path / "library") as (address, desk):
        enrolled(client_of(desk), tmp_path, "Obama")
        command = [sys.executable, "-c", program, address]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert ran.stdout.splitlines()[-1].startswith("Obama in")
        assert len(desk.library.checks()) == 1
        no_token = subprocess.run(
            [*command[:-1], address + "x"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert no_token.returncode == 1
        assert "Traceback" not in no_token.stderr
        assert "token" in no_token.stderr


def _shapes(html: str) -> dict[str, int]:
    return {tag: len(re.findall(rf"<{tag}[\s>]", html)) for tag in SHAPES}
