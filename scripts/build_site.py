"""The documentation as a site, from docs/ and the figures that its pages show.

    python scripts/build_site.py [FOLDER]

On GitHub a page shows a figure where it lies, outside docs/; here it is copied beside the pages. Needs pip install 'poseprint[docs]'.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from pages import ROOT

FIGURES = "../benchmarks/results/experiments/"


def build_site(folder: Path) -> None:
    """Build the site into a folder; whatever mkdocs warns of ends it."""
    with tempfile.TemporaryDirectory() as name:
        pages = Path(name) / "docs"
        shutil.copytree(ROOT / "docs", pages)
        (pages / "figures").mkdir()
        for figure in (ROOT / "benchmarks" / "results" / "experiments").glob("*.svg"):
            shutil.copy(figure, pages / "figures")
        for page in pages.glob("*.md"):
            page.write_text(page.read_text(encoding="utf-8").replace(f"]({FIGURES}", "](figures/"), encoding="utf-8")
        settings = {"docs_dir": str(pages), "site_dir": str(folder.resolve()), "strict": True}
        build(load_config(str(ROOT / "mkdocs.yml"), **settings))


if __name__ == "__main__":
    try:
        build_site(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "site")
    except Abort as error:
        sys.exit(str(error))
