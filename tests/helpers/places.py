"""Where things lie in the checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
REAL = ROOT / "src" / "poseprint" / "app" / "sample" / "recordings"
"""Poses of real speakers, which come with the package."""
SHARED = ROOT.parent / "shared" / "data"
"""The measuring data; not in a fresh clone."""
