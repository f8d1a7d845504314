"""The API page: the public names, with signatures and docstrings as the code has them."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from importlib import import_module
from itertools import pairwise
from types import ModuleType
from typing import Any

from pages import ROOT

PACKAGES = (
    "poseprint",
    "poseprint.io",
    "poseprint.movements",
    "poseprint.supervised",
    "poseprint.rendering",
    "poseprint.app.datasets",
)
"""The packages that have public names."""
SECTION = re.compile(r"(Args|Attributes|Returns|Raises|Yields):")


def public_names(package: ModuleType) -> list[str]:
    """What a package's __init__.pyi, or where there is none its __init__.py, hands on, in its order."""
    source = ROOT / "src" / package.__name__.replace(".", "/") / "__init__.pyi"
    source = source if source.exists() else source.with_suffix(".py")
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return [
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    ]


def page(generated: str) -> str:
    """docs/api.md."""
    lines = [
        "# Python API\n",
        generated.strip() + "\n",
        "Names that keep their meaning between versions. Whatever else the packages hold is poseprint's own and may change.",
        "Arrays are numpy's; their shapes and units stand in brackets. Errors are `poseprint.PoseprintError` or a kind of it.\n",
    ]
    for name in PACKAGES:
        package = import_module(name)
        lines.append(f"## {name}\n")
        lines += [
            text for member in public_names(package) for text in entry(f"{name}.{member}", getattr(package, member))
        ]
    return "\n".join(lines).rstrip() + "\n"


def entry(name: str, member: Any) -> list[str]:
    """A public name: its signature, and its docstring as Markdown; its public methods, if it is a class."""
    if not (inspect.isclass(member) or inspect.isfunction(member)):
        return [f"### `{name}`\n", *described(documented(name)), ""]
    lines = [f"### `{name}`\n", f"```python\n{signature(name.rpartition('.')[2], member)}\n```\n"]
    lines += described(inspect.getdoc(member) or "")
    if inspect.isclass(member) and not issubclass(member, Exception):
        for key, value in vars(member).items():
            function = getattr(value, "__func__", value.fget if isinstance(value, property) else value)
            if key.startswith("_") or not (inspect.isfunction(function) and function.__doc__):
                continue
            lines.append(
                f"- **`{key if isinstance(value, property) else signature(key, function)}`** {summary(function)}"
            )
    return [*lines, ""]


def signature(name: str, member: Any) -> str:
    """How it is called, as the code writes it."""
    if inspect.isclass(member) and not dataclasses.is_dataclass(member):
        return f"class {name}({member.__base__.__name__})"
    text = str(inspect.signature(member)).replace("'", "").replace("self, ", "").replace("(self)", "()")
    text = re.sub(r"<function silent at \w+>", "silent", text)
    return ("class " if inspect.isclass(member) else "") + name + re.sub(r"<factory>", "...", text)


def summary(function: Any) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())


def documented(name: str) -> str:
    """The text below a constant in the code."""
    package, _, constant = name.rpartition(".")
    for node in ast.walk(ast.parse((ROOT / "src" / package.replace(".", "/") / "__init__.pyi").read_text())):
        if isinstance(node, ast.ImportFrom) and any(alias.asname == constant for alias in node.names):
            module = import_module(f"{package}.{node.module}")
            body = ast.parse(inspect.getsource(module)).body
            for line, following in pairwise(body):
                targets = getattr(line, "targets", [getattr(line, "target", None)])
                if any(getattr(target, "id", "") == constant for target in targets) and isinstance(following, ast.Expr):
                    return str(ast.literal_eval(following.value))
    return ""


def described(docstring: str) -> list[str]:
    """A docstring in the house form as Markdown: its sections become lists."""
    lines: list[str] = []
    in_list = False
    for line in docstring.splitlines():
        heading = SECTION.fullmatch(line)
        if heading:
            lines, in_list = [*lines, f"**{heading[1]}**", ""], True
        elif in_list and line.startswith("    ") and not line.startswith("     "):
            item = re.match(r"    ([\w, *]+): (.*)", line)
            lines.append(f"- `{item[1]}`: {item[2]}" if item else f"- {line.strip()}")
        elif in_list and line.strip():
            lines.append(f"  {line.strip()}")
        else:
            in_list = in_list and not line.strip()
            lines.append(line)
    return [*lines, ""]
