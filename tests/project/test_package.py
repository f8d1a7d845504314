"""What the package promises as a whole: cheap to import, thin to depend on, and nothing that runs what it reads."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import subprocess
import sys
import time
from importlib import import_module
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


def without(*packages: str) -> str:
    """Code after which these packages are as if they were not installed."""
    return f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {packages}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""


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


PUBLIC = {
    "poseprint": {
        *("extract", "inspect", "enroll", "check", "check_poses", "evaluate", "write_report", "Measuring"),
        *("read_poses", "write_poses", "read_profile", "write_profile"),
        *("learn_reference", "read_reference", "Reference"),
        *("PoseSeries", "Skeleton", "UPPER_BODY", "Finding", "Verdict", "EnrolledProfile", "SupervisedProfile"),
        *("PoseprintError", "__version__"),
    },
    "poseprint.io": {
        *("read_any_poses", "read_bvh", "read_csv_pair", "read_movement", "read_pose_file"),
        *("write_csv_pair", "write_movement", "write_pose_file"),
    },
    "poseprint.movements": {"cut_movements"},
    "poseprint.supervised": {"train", "tune", "run_experiment", "Settings", "PRESETS"},
    "poseprint.rendering": {"write_video"},
    "poseprint.app.datasets": {
        *("build", "collect", "describe", "export", "import_csv_pair", "import_kinect", "import_poses"),
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("package", PUBLIC)
def test_the_public_names_are_those_and_no_others(package: str) -> None:
    """A name that goes, or comes, changes what others build on: CHANGELOG.md says so."""
    module = import_module(package)
    stub = Path(str(module.__file__)).with_suffix(".pyi")
    tree = ast.parse((stub if stub.exists() else Path(str(module.__file__))).read_text())
    listed = [a.asname for node in tree.body if isinstance(node, ast.ImportFrom) for a in node.names]
    assert set(listed) == PUBLIC[package]
    assert len(listed) == len(PUBLIC[package])
    if stub.exists():
        assert set(module.__all__) == set(listed) <= set(dir(module))
    for name in PUBLIC[package]:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match="chek"):
        module.chek  # noqa: B018


@pytest.mark.slow
@pytest.mark.parametrize(
    ("package", "name"), [(package, name) for package, own in PUBLIC.items() for name in sorted(own)]
)
def test_a_public_function_says_what_it_takes(package: str, name: str) -> None:
    """Types on everything, a line on every argument."""
    member = getattr(import_module(package), name)
    if not (inspect.isfunction(member) or (inspect.isclass(member) and dataclasses.is_dataclass(member))):
        return
    signature, text = inspect.signature(member), inspect.getdoc(member) or ""
    assert all(p.annotation is not inspect.Parameter.empty for p in signature.parameters.values())
    where = "Args" if inspect.isfunction(member) else "Attributes"
    documented = set(re.findall(r"\w+", " ".join(re.findall(r"^    ([\w, ]+):", text.partition(f"{where}:")[2], re.M))))
    assert {p for p in signature.parameters if p != "kind"} <= documented
    if inspect.isfunction(member):
        assert signature.return_annotation is not inspect.Signature.empty


@pytest.mark.slow
def test_packages_define_nothing_and_nobody_imports_from_the_top() -> None:
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        if path.name == "__init__.py":
            assert not [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)], path
        for node in ast.walk(tree):
            assert not (isinstance(node, ast.ImportFrom) and node.module == "poseprint"), path


def test_nine_packages() -> None:
    folders = {p.name for p in Path(poseprint.__file__).parent.iterdir() if (p / "__init__.py").exists()}
    assert folders == {
        *("app", "core", "estimation", "evaluation", "io", "movements", "rendering", "supervised", "verification")
    }


@pytest.mark.slow
def test_the_scorer_loads_no_video_stack() -> None:
    ran = python("import sys, poseprint.verification.judge; print({'av', 'mediapipe', 'torch'} & set(sys.modules))")
    assert (ran.stdout, ran.stderr) == ("set()\n", "")


@pytest.mark.slow
def test_it_runs_as_a_module() -> None:
    ran = subprocess.run([sys.executable, "-m", "poseprint", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout == f"poseprint {poseprint.__version__}\n"


@pytest.mark.slow
def test_checking_poses_needs_neither_torch_nor_mediapipe(tmp_path: Path) -> None:
    write_poses(mover(300, tempo=0.3), tmp_path / "a.parquet")
    code = f"""{without("torch", "mediapipe", "matplotlib")}
import poseprint
print(poseprint.check(sys.argv[1], sys.argv[2]).decision)
"""
    ran = python(code, tmp_path / "a.parquet", make_profile(tmp_path / "profile"))
    assert (ran.stdout, ran.stderr) == ("consistent\n", "")


@pytest.mark.slow
@pytest.mark.parametrize("absent", ["torch", "matplotlib"])
def test_training_names_the_extra_that_is_missing(tmp_path: Path, absent: str) -> None:
    code = f"""{without(absent)}
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
