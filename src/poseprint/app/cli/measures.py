"""The options of every command that measures a video."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, get_type_hints

import typer

from poseprint.app.cli.options import Jobs, Models
from poseprint.core.errors import PoseprintError

Who = Annotated[
    int | None,
    typer.Option("--who", min=1, metavar="N", help="Number of the person to measure, as `inspect` lists them."),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="X,Y[@SECONDS]", help="The person who is at this place, in pixels, then (0 s unless said)."
    ),
]
NoHead = Annotated[bool, typer.Option("--no-head", help="Do not measure head and face, which is faster.")]
Hands = Annotated[bool, typer.Option("--hands", help="Measure the hands too, which is slower.")]
Rate = Annotated[
    int, typer.Option("--rate", help="Poses a second that are estimated: 30, 15 or 10; those between are interpolated.")
]
EstimatorName = Annotated[
    str, typer.Option("--estimator", metavar="NAME", help="Pose estimator: mediapipe or openpose.")
]
Weights = Annotated[
    Path | None, typer.Option("--weights", metavar="FILE.onnx", help="The network of an estimator that brings none.")
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Measure anew, and keep nothing of it (see `poseprint cache`).")
]

_OPTIONS: dict[str, tuple[Any, Any]] = {
    "who": (Who, None),
    "at": (At, None),
    "no_head": (NoHead, False),
    "hands": (Hands, False),
    "rate": (Rate, 30),
    "estimator": (EstimatorName, "mediapipe"),
    "weights": (Weights, None),
    "models": (Models, None),
    "jobs": (Jobs, None),
    "no_cache": (NoCache, False),
}
"""Parameter -> what it is, and its default."""
OF_ONE_VIDEO = ("who", "at")
OF_FILES = (*OF_ONE_VIDEO, "jobs", "no_cache")
"""What says nothing of many videos; and of what runs now."""


def measures(command: Callable[..., Any], *, without: Collection[str] = ()) -> Callable[..., Any]:
    """A command whose parameter `measuring` is made of options, `without` some of them."""
    offered = {k: v for k, v in _OPTIONS.items() if k not in without}

    def with_options(**arguments: Any) -> Any:
        given = {name: arguments.pop(name) if name in offered else default for name, (_, default) in _OPTIONS.items()}
        return command(**arguments, measuring=_measuring(**given))

    # Annotations are texts, of which that of `measuring` alone names what is loaded later.
    texts = {name: text for name, text in command.__annotations__.items() if name not in ("measuring", "return")}
    known = get_type_hints(
        SimpleNamespace(__annotations__=texts), vars(inspect.getmodule(command)), include_extras=True
    )
    kind, parameters = inspect.Parameter.KEYWORD_ONLY, inspect.signature(command).parameters
    own = [p.replace(kind=kind, annotation=known[name]) for name, p in parameters.items() if name in known]
    added = [inspect.Parameter(name, kind, default=d, annotation=a) for name, (a, d) in offered.items()]
    about = {
        "__name__": command.__name__,
        "__doc__": command.__doc__,
        "__signature__": inspect.Signature([*own, *added]),
    }
    for name, value in {**about, "__annotations__": {p.name: p.annotation for p in (*own, *added)}}.items():
        setattr(with_options, name, value)
    return with_options


def _measuring(*, at: str | None, no_head: bool, no_cache: bool, **given: Any) -> Any:
    from poseprint.estimation.measuring import Measuring

    return Measuring(at=_place(at), head=not no_head, cache=not no_cache, **given)


def _place(text: str | None) -> tuple[float, float, float] | None:
    """x, y and seconds of an --at."""
    if text is None:
        return None
    number = r"(\d+(?:\.\d+)?)"
    match = re.fullmatch(rf"\s*{number}\s*,\s*{number}\s*(?:@\s*{number}\s*)?", text)
    if match is None:
        raise PoseprintError(f"--at {text!r}: expected X,Y or X,Y@SECONDS, such as 320,180@2.5")
    x, y, seconds = match.groups()
    return float(x), float(y), float(seconds or 0)
