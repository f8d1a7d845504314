"""Make the pictures of the tutorial again: the tests of the page take them, in 128 colours they are small.

python scripts/screenshots.py
"""

from __future__ import annotations

import os
import subprocess
import sys

from pages import ROOT
from PIL import Image

FOLDER = ROOT / "docs" / "images"
SHOWN = ("people", "person", "check", "verdict", "watch", "clips", "case")


def main() -> None:
    tests = [sys.executable, "-m", "pytest", "-q", "tests/app/web/test_browser.py", "-k", "not fits"]
    subprocess.run(tests, cwd=ROOT, env={**os.environ, "POSEPRINT_SCREENSHOTS": str(FOLDER)}, check=True)
    for path in FOLDER.glob("*.png"):
        if path.stem in SHOWN:
            # an octree keeps the few pixels of a skeleton in their colours, the median cut makes them grey
            picture = Image.open(path).convert("RGB").quantize(128, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
            picture.save(path, optimize=True)
        else:
            path.unlink()


if __name__ == "__main__":
    main()
