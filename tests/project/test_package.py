"""What the package promises as a whole: cheap to import, thin to depend on, and nothing that runs what it reads."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.movers import mover
from helpers.places import ROOT
from helpers.profiles import make_profile

import poseprint
from poseprint.io.parquet import write_poses

HEAVY = {"torch", "optuna", "mediapipe", "matplotlib"}
SOURCES = sorted(Path(poseprint.__file__).parent.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))
HELP = """
import sys
sys.argv = ["poseprint", "--help"]
from poseprint.app.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("code", ["import poseprint", HELP], ids=["import", "help"])
def test_it_starts_fast_and_loads_nothing_heavy(code: str) -> None:
    ran = python(code + "\nimport sys; print('MODULES', *{m.partition('.')[0] for m in sys.modules})")
    assert ran.returncode == 0, ran.stderr
    modules = set(ran.stdout.rpartition("MODULES")[2].split())
    assert "poseprint" in modules
    assert not modules & (HEAVY | {"av", "numpy", "onnxruntime", "pyarrow"})
    seconds = []
    for _ in range(6):
        start = time.perf_counter()
        assert python(code).returncode == 0
        seconds.append(time.perf_counter() - start)
        if seconds[-1] < 0.5:
            break
    assert min(seconds) < 0.5, seconds


def test_every_public_name_is_there() -> None:
    assert set(poseprint.__all__) == set(poseprint._HOME)
    assert len(poseprint.__all__) == len(set(poseprint.__all__))
    assert set(poseprint.__all__) < set(dir(poseprint))
    assert "__version__" in dir(poseprint)
    for name in poseprint.__all__:
        assert getattr(poseprint, name) is not None
    with pytest.raises(AttributeError, match="'poseprint' has no attribute 'chek'"):
        poseprint.chek  # noqa: B018


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(poseprint.__file__).read_text())
    block = next(n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    imported = {a.name: n.module for n in block.body if isinstance(n, ast.ImportFrom) for a in n.names}
    assert imported == {name: f"poseprint.{home}" for name, home in poseprint._HOME.items()}


@pytest.mark.slow
def test_checking_poses_needs_neither_torch_nor_mediapipe(tmp_path: Path) -> None:
    write_poses(mover(300, tempo=0.3), tmp_path / "a.parquet")
    code = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "mediapipe", "matplotlib"):
            raise ImportError(name)
sys.meta_path.insert(0, Absent())
import poseprint
print(poseprint.check(sys.argv[1], sys.argv[2]).decision)
"""
    ran = python(code, tmp_path / "a.parquet", make_profile(tmp_path / "profile"))
    assert (ran.stdout, ran.stderr) == ("consistent\n", "")


@pytest.mark.slow
@pytest.mark.parametrize("absent", ["torch", "matplotlib"])
def test_training_names_the_extra_that_is_missing(tmp_path: Path, absent: str) -> None:
    code = f"""
import sys
sys.modules[{absent!r}] = None
sys.argv = ["poseprint", "train", "data", "--person", "Ann", "-o", "profile"]
from poseprint.app.cli.main import main
main()
"""
    ran = python(code)
    assert ran.returncode == 3
    assert ran.stderr == f"poseprint: error: training needs {absent}: install it with pip install 'poseprint[train]'\n"


def test_nothing_that_is_read_can_run() -> None:
    for path in SOURCES:
        text = path.read_text()
        assert not re.search(
            r"\b(pickle|dill|joblib|shelve|marshal)\b\s*[.,\n]|allow_pickle=True|\beval\(|\bexec\(",
            text.replace(".eval()", ""),
        ), path
        for call in re.findall(r"(?<!safetensors\.)torch\.load\([^)]*\)", text):
            assert "weights_only=True" in call, path
        for call in re.findall(r"np\.load\([^)]*\)", text):
            assert "allow_pickle=False" in call, path


def test_a_module_reads_in_one_sitting() -> None:
    """It says what it is for, and ends after 400 lines."""
    for path in (*SOURCES, *TESTS, *BENCHMARKS):
        text = path.read_text()
        assert len(text.splitlines()) <= 400, path
        assert ast.get_docstring(ast.parse(text)), path


def test_every_test_asserts_something() -> None:
    """By itself, or by a helper that says so in its name."""
    for path in TESTS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert re.search(r"\bassert|\bpytest\.(raises|fail)\(", ast.unparse(node)), (path, node.name)


def test_the_version_is_the_installed_one() -> None:
    from importlib.metadata import version

    assert poseprint.__version__ == version("poseprint")
