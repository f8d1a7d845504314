"""The docs say what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.movers import mover
from helpers.places import ROOT

import poseprint
from poseprint.verification.enrolment import enroll


@pytest.mark.slow
def test_generated_pages_are_up_to_date() -> None:
    run = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "write_docs.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_links_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.slow
def test_readme_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.S)
    monkeypatch.chdir(tmp_path)
    takes = [mover(600, seed=i, tempo=0.3 + 0.03 * i) for i in range(2)]
    enroll("Jane Doe", takes).write(tmp_path / "jane")
    # Pixels are measured elsewhere; here the poses are given.
    monkeypatch.setattr(poseprint, "extract", lambda path: mover(600, seed=9, tempo=0.3, recording=Path(path).stem))
    exec(compile(code, "README.md", "exec"), {})
    assert "LLR" in capsys.readouterr().out
    page = (tmp_path / "verdict.html").read_text(encoding="utf-8")
    assert "Compared with</dt><dd><bdi>Jane Doe" in page


def test_every_package_is_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for folder in (ROOT / "src" / "poseprint").iterdir():
        if (folder / "__init__.py").exists():
            assert f"{folder.name}/" in text


def test_version_is_in_one_piece() -> None:
    assert f'version = "{poseprint.__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert poseprint.__version__ in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
