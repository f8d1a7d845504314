"""A browser without a screen, and how to wait for what a page does."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

CHROMIUM = next((c for c in ("/usr/bin/chromium", shutil.which("chromium") or "") if c and Path(c).exists()), "")
FLAGS = ["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking"]


def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Playwright's own waiting evaluates strings in the page, which its policy forbids."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
