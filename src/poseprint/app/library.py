"""What the page keeps between two visits: clips, profiles and checks, in a folder of the user's own.

    clips/ID/       clip.json, and in film/ what was uploaded; of a local path nothing but the path
    profiles/ID/    a profile, as `poseprint enroll` writes it
    checks/ID/      check.json, verdict.json as `--json` prints it, report.html, poses.parquet, replay.json
    jobs/ID.json    see `poseprint.app.jobs`
    cases/ID/       see `poseprint.app.cases`

What is listed is what lies there: no index to repair. An entry is a folder that appears whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from poseprint.app.cases import Case
from poseprint.app.check import check_poses
from poseprint.app.clips import Clip, Clips
from poseprint.app.enroll import enroll_footage
from poseprint.app.profiles import Profile, read_profile
from poseprint.app.shelf import Shelf, new_id, now, write_json
from poseprint.app.sources import Source
from poseprint.core.choice import Choice
from poseprint.core.errors import PoseprintError
from poseprint.core.files import parse_json
from poseprint.core.names import same_file_name
from poseprint.core.progress import Progress, silent
from poseprint.core.series import PoseSeries
from poseprint.core.verdict import Verdict
from poseprint.estimation.measuring import Measuring
from poseprint.io.case_file import CASE
from poseprint.io.parquet import write_poses
from poseprint.io.profile_folder import MANIFEST
from poseprint.io.video import VideoInfo
from poseprint.movements.joining import joined
from poseprint.rendering.report.page import write_report
from poseprint.rendering.report.replay import replay_data
from poseprint.verification.profile import EnrolledProfile

FACTS = "check.json"
OWN_CLOCK_S = 0.05
"""Seconds before a film's first picture from which on a browser, which counts from the first sound, is shown a copy instead."""


@dataclass(frozen=True)
class Check:
    """One question and its answer.

    Attributes:
        id: unique; later ones sort behind earlier ones.
        created: when, UTC.
        clips: id and name of each.
        profile: id of the profile.
        person: whose it is.
        decision, llr: of the verdict.
        who, at: who was chosen, see Measuring.
        profile_sha256: of the profile as it was then.
    """

    id: str
    created: str
    clips: Sequence[Mapping[str, str]]
    profile: str
    person: str
    decision: str
    llr: float | None
    who: int | None
    at: Sequence[float] | None
    profile_sha256: str


class Library:
    """The folder of what is kept.

    Args:
        folder: made if need be, readable by its owner alone; None for the user's own.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or user_data_path("poseprint")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.clips = Clips(self.folder / "clips")
            self._profiles = Shelf(self.folder / "profiles", "profile")
            self._checks = Shelf(self.folder / "checks", "check")
            self._cases = Shelf(self.folder / "cases", "case")
            (self.folder / "jobs").mkdir(exist_ok=True)
        except OSError as error:
            raise PoseprintError(f"{self.folder}: cannot be written ({error.strerror})") from error

    # ---- profiles ----

    def profiles(self) -> list[tuple[str, Path]]:
        """Id and folder of each profile, in the order of their names."""
        return [(p.name, p) for p in self._profiles.folders() if (p / MANIFEST).is_file()]

    def profile_folder(self, name: str) -> Path:
        """The folder of a profile. Raises UnknownError if there is none."""
        return self._profiles.holding(name, MANIFEST)

    def new_profile(self, person: str, reserved: Collection[str] = ()) -> str:
        """An id for a person's profile that no other has, and none of those that are to be made."""
        plain = re.sub(r"[^a-z0-9]+", "-", same_file_name(person)).strip("-")[:60] or "person"
        taken = {p.name for p in self._profiles.folders()} | set(reserved)
        return next(n for k in range(1, len(taken) + 3) if (n := plain if k == 1 else f"{plain}-{k}") not in taken)

    def enrolled(self, name: str) -> EnrolledProfile:
        """An enrolled profile, every byte of it checked. Raises PoseprintError if it is none, or broken."""
        profile = read_profile(self.profile_folder(name))
        if not isinstance(profile, EnrolledProfile):
            raise PoseprintError(f"{name}: a supervised profile, which is trained anew and not changed")
        return profile

    def rename_profile(self, name: str, person: str) -> None:
        """Give a profile's person another name; the id stays."""
        if not person.strip():
            raise PoseprintError("a profile needs the name of the person")
        replace(self.enrolled(name), person=person.strip()).write(self.profile_folder(name))

    def remove_profile(self, name: str) -> None:
        """Remove a profile; checks with it stay as they are."""
        self._profiles.discard(self.profile_folder(name).name)

    def enroll(
        self,
        profile: str,
        person: str,
        clips: Sequence[str],
        *,
        new: bool = True,
        session: str | None = None,
        forget: Sequence[str] = (),
        measuring: Measuring | None = None,
        progress: Progress = silent,
    ) -> EnrolledProfile:
        """Make a profile of clips, or add them to it or take some out; see `poseprint.app.enroll`."""
        folder = self._profiles.entry(profile) if new else self.profile_folder(profile)
        if not new:
            person = self.enrolled(profile).person  # which may have been renamed since this was asked for
        sources = [self.clips.opened(self.clips.get(name)).path for name in clips]
        return enroll_footage(
            person,
            sources,
            folder,
            add=bool(sources) and not new,
            forget=forget,
            session=session or None,
            measuring=measuring,
            progress=progress,
        )

    # ---- checks ----

    def check(
        self, clips: Sequence[str], profile: str, measuring: Measuring | None = None, progress: Progress = silent
    ) -> Check:
        """Judge clips, several together, by a profile, and keep all that belongs to the verdict.

        Raises:
            PoseprintError: see `poseprint.app.check`.
        """
        folder = self.profile_folder(profile)
        loaded = read_profile(folder)
        measuring = measuring or Measuring()
        measuring.ensure_one(len(clips))
        known = [self.clips.get(name) for name in clips]
        opened = [self.clips.opened(clip) for clip in known]
        read = [source.read(measuring, progress=progress) for source in opened]
        for k, (clip, source) in enumerate(zip(known, opened, strict=True)):
            if isinstance(source.content, VideoInfo):
                read[k] = replace(read[k], recording=Path(clip.name).stem)
        progress("judging", 0, 0)
        series = joined(read)
        return self._keep_check(check_poses(series, loaded), series, opened, known, (profile, loaded), measuring)

    def _keep_check(
        self,
        verdict: Verdict,
        series: PoseSeries,
        opened: Sequence[Source],
        clips: Sequence[Clip],
        by: tuple[str, Profile],
        measuring: Measuring,
    ) -> Check:
        profile, loaded = by
        kept = Check(
            id=new_id(),
            created=now(),
            clips=tuple({"id": c.id, "name": c.name} for c in clips),
            profile=profile,
            person=loaded.person,
            decision=verdict.decision,
            llr=verdict.evidence.llr["both"] if verdict.evidence else None,
            who=measuring.who,
            at=measuring.at,
            profile_sha256=loaded.sha256,
        )

        def fill(folder: Path) -> None:
            write_json(folder / "verdict.json", verdict.to_dict())
            write_report(verdict, series, folder / "report.html")
            write_poses(series, folder / "poses.parquet")
            write_json(folder / "replay.json", {**replay_data(verdict, series), **_over_the_film(series, opened)})
            write_json(folder / FACTS, asdict(kept))

        self._checks.made(kept.id, fill)
        return kept

    def checks(self) -> list[Check]:
        """All checks, the newest first."""
        return list(self._checks.facts(Check, FACTS))[::-1]

    def found(self, text: str) -> list[Check]:
        """The checks in whose person, clips, verdict or date each word of a text occurs, the newest first."""
        words = text.casefold().split()

        def about(check: Check) -> str:
            return " ".join([check.person, check.decision, check.created, *(c["name"] for c in check.clips)]).casefold()

        return [check for check in self.checks() if all(word in about(check) for word in words)]

    def check_of(self, name: str) -> Check:
        """The check of an id. Raises UnknownError if there is none."""
        return self._checks.facts_of(name, Check, FACTS)

    def verdict_of(self, name: str) -> dict[str, Any]:
        """The verdict of a check, as `--json` prints it. Raises UnknownError if there is none."""
        verdict: dict[str, Any] = parse_json(self.of_check(name, "verdict.json").read_bytes())
        return verdict

    def of_check(self, name: str, file: str) -> Path:
        """A file of a check: verdict.json, report.html, poses.parquet or replay.json."""
        return self._checks.entry(self.check_of(name).id) / file

    def remove_check(self, name: str) -> None:
        """Remove a check and all that belongs to it."""
        self._checks.discard(self.check_of(name).id)

    # ---- cases ----

    def case_folder(self, name: str) -> Path:
        """The folder of a case. Raises UnknownError if there is none."""
        return self._cases.holding(name, CASE)

    def cases(self) -> list[dict[str, Any]]:
        """The summary of every case, the newest first; of one that cannot be read, why."""
        told = []
        for folder in reversed(self._cases.folders()):
            try:
                told.append({"id": folder.name, **Case.open(folder).summary()})
            except PoseprintError as error:
                told.append({"id": folder.name, "error": str(error)})
        return told

    def put_into_case(self, case: str, check: str, models: Path | None = None, progress: Progress = silent) -> int:
        """Repeat a check on a case's own copies of clip and profile; returns its number there.

        Raises:
            PoseprintError: the check was of several clips, clip or profile are gone, or the profile was changed since.
        """
        known, opened = self.check_of(check), Case.open(self.case_folder(case))
        folder = self.profile_folder(known.profile)
        if len(known.clips) != 1:
            raise PoseprintError("a case takes checks of one clip; check its clips one by one")
        if read_profile(folder).sha256 != known.profile_sha256:
            raise PoseprintError("the profile was changed since this check; check again, and put that into the case")
        added = opened.add(self.clips.unchanged(self.clips.get(known.clips[0]["id"])))
        at = (known.at[0], known.at[1], known.at[2]) if known.at else None
        measuring = Measuring(models=models, who=known.who, at=at)
        _, made = opened.check(added.input.sha256, folder, measuring, progress=progress)
        return made.number


def _over_the_film(series: PoseSeries, opened: Sequence[Source]) -> dict[str, Any]:
    """What is shown besides the skeleton: where it lies in the displayed picture, how the head is turned, who else is there."""
    video = opened[0].content if len(opened) == 1 else None
    bars = video.bars if isinstance(video, VideoInfo) else None
    head = {
        name: [None if v != v else round(float(v), 3) for v in series.channels[f"head_{name}"]]
        for name in ("yaw", "pitch", "roll", "x", "y")
        if f"head_{name}" in series.channels
    }
    displayed = video.displayed if isinstance(video, VideoInfo) else series.frame_size
    choice = Choice.of(series.log) if len(opened) == 1 else Choice()
    return {
        "film": isinstance(video, VideoInfo),
        "own_clock": isinstance(video, VideoInfo) and (video.restarts > 0 or video.start > OWN_CLOCK_S),
        "displayed": displayed,
        "shift": [bars.left, bars.top] if bars else [0, 0],
        "head": head,
        "people": [dict(person) for person in choice.people],
        "who": choice.who,
    }
