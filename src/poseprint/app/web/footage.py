"""What the page tells of profiles and of films: facts, and what more footage would bring."""

from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from poseprint.app.clips import Clip, Clips
from poseprint.app.jobs import TooManyError
from poseprint.app.profiles import read_profile
from poseprint.core.errors import PoseprintError
from poseprint.core.files import atomic_write
from poseprint.io.poses import is_poses
from poseprint.io.profile_folder import MANIFEST
from poseprint.rendering.report.replay import write_small_copy
from poseprint.verification.profile import EnrolledProfile
from poseprint.verification.reference import shipped

LENGTHS = (20.0, 72.0)
"""Seconds of clips for which the curve is drawn."""
_DAY = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_copying = threading.Lock()


def facts_of(name: str, folder: Path) -> dict[str, Any]:
    """What a profile is made of, json-ready; of one that cannot be read, why."""
    changed = datetime.fromtimestamp((folder / MANIFEST).stat().st_mtime, UTC)
    facts: dict[str, Any] = {"id": name, "changed": changed.strftime("%Y-%m-%dT%H:%M:%SZ")}
    try:
        profile = read_profile(folder)
    except PoseprintError as error:
        return {**facts, "person": name, "error": str(error), "recordings": [], "findings": [], "seconds": 0.0}
    own = [dict(row) for row in profile.made_from if row.get("label", "real") == "real"]
    sessions = sorted({row["session"] for row in own if row.get("session")})
    days = sorted(filter(None, map(_day, sessions)))
    return {
        **facts,
        "person": profile.person,
        "kind": profile.kind,
        "sha256": profile.sha256,
        "axes": profile.input.axes,
        "estimator": f"{profile.input.estimator.name} {profile.input.estimator.version}".strip(),
        "seconds": sum(float(row.get("seconds") or 0) for row in own),
        "recordings": own,
        "sessions": sessions,
        "newest": days[-1].isoformat() if days else None,
        "newest_days_ago": (datetime.now(UTC).date() - days[-1]).days if days else None,
        "findings": [dict(f) for f in profile.findings] if isinstance(profile, EnrolledProfile) else [],
    }


def curve(axes: int) -> list[dict[str, Any]]:
    """How often genuine clips are recognised, by recordings enrolled, for clips of LENGTHS; measured on acted gestures."""
    rows = shipped(axes).facts["errors"]
    return [
        {k: row[k] for k in ("seconds", "enrolled", "persons", "eer", "genuine_consistent", "impostor_inconsistent")}
        for row in rows
        if row["evidence"] == "both" and row["seconds"] in LENGTHS
    ]


def watchable(clips: Clips, clip: Clip) -> Path:
    """A copy of a film that any browser shows, made when it is first asked for.

    Raises:
        PoseprintError: these are poses, or the film cannot be read.
    """
    film, copy = clips.file_of(clip), clips.entry(clip.id) / "watchable.mp4"
    if is_poses(film):
        raise PoseprintError(f"{clip.name}: these are poses, which have no pictures")
    if not copy.is_file():
        if not _copying.acquire(blocking=False):
            raise TooManyError("another film is being copied for watching; come back in a moment")
        try:
            with atomic_write(copy) as partial:
                write_small_copy(film, partial)
        finally:
            _copying.release()
    return copy


def _day(session: str) -> date | None:
    """The day that a session names."""
    match = _DAY.search(session)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
