"""What the page says, in any language that has a file in messages/: texts by key, with {names} where values go."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from poseprint.core.files import parse_json
from poseprint.core.findings import ADVICE, CODES

USUAL = "en"


@cache
def languages() -> dict[str, str]:
    """Each language's code and its own name for itself, the usual one first."""
    codes = [f.name.removesuffix(".json") for f in _folder().iterdir() if f.name.endswith(".json")]
    return {code: catalogue(code)["language"] for code in sorted(codes, key=lambda code: (code != USUAL, code))}


@cache
def catalogue(language: str) -> dict[str, str]:
    """All texts of a language."""
    texts: dict[str, str] = parse_json((_folder() / f"{language}.json").read_bytes())
    return texts


def _folder() -> Any:
    return resources.files(__package__) / "messages"


def chosen(wanted: str, accepted: str) -> str:
    """The language to speak.

    Args:
        wanted: what the user chose; empty if nothing.
        accepted: the browser's Accept-Language.
    """
    asked = [wanted, *(part.partition(";")[0].strip().partition("-")[0] for part in accepted[:200].split(","))]
    return next((code for code in asked if code in languages()), USUAL)


class Words:
    """The texts of one language: `words("key", name=value)`."""

    def __init__(self, language: str) -> None:
        self.language, self._texts = language, catalogue(language)

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a key. Raises KeyError for a key or a value that the text needs and that is not there."""
        return self._texts[key].format(**values)

    def finding(self, code: str) -> str:
        """What a finding means; in English as the list of findings has it."""
        return self._texts.get(f"finding.{code}") or CODES.get(code, ("note", code))[1]

    def advice(self, code: str) -> str:
        """What to do about a finding."""
        return self._texts.get(f"advice.{code}") or ADVICE.get(code, "")

    @property
    def of_scripts(self) -> dict[str, str]:
        """The texts that the scripts of the page need, whose keys begin with `js.`."""
        return {key.removeprefix("js."): text for key, text in self._texts.items() if key.startswith("js.")}
