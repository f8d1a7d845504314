"""What requests are made of: names in paths and bodies, and what a body may hold."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path as InPath
from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from poseprint.app.shelf import ID

_WHOLE = f"^{ID.pattern}$"
SANDBOX = {"content-security-policy": "sandbox allow-scripts allow-downloads allow-popups"}
"""A report brings its own policy and script; it is shown as if it came from elsewhere, without our cookie."""
Id = Annotated[str, InPath(pattern=_WHOLE)]
Ref = Annotated[str, Field(pattern=_WHOLE)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Seconds = Annotated[float, Query(ge=0, le=1e6)]


class Asked(BaseModel):
    """A body: what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class LocalPath(Asked):
    """A recording on this machine's disk, in a folder that --allow-paths names."""

    path: Annotated[str, Field(min_length=1, max_length=4000)]


class Enrolment(Asked):
    """A person, and clips of them alone."""

    person: Name
    clips: Annotated[list[Ref], Field(min_length=1, max_length=200)]
    session: Annotated[str, Field(max_length=200)] = ""


class MoreFootage(Asked):
    """Clips to add to a profile."""

    clips: Annotated[list[Ref], Field(min_length=1, max_length=200)]
    session: Annotated[str, Field(max_length=200)] = ""


class Renaming(Asked):
    """Another name for a person."""

    person: Name


class Question(Asked):
    """Clips, several together if they are of one event and one mover, and the profiles to judge them by."""

    clips: Annotated[list[Ref], Field(min_length=1, max_length=20)]
    profiles: Annotated[list[Ref], Field(min_length=1, max_length=50)]
    who: Annotated[int | None, Field(ge=1, le=10_000)] = None
    at: Annotated[list[Annotated[float, Field(ge=0, le=1e6)]] | None, Field(min_length=3, max_length=3)] = None
