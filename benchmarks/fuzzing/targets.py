"""What is done with a damaged input, and what may not come of it.

An input may be read or refused with a `PoseprintError`, in one line of at most LONGEST_MESSAGE letters. Faults are

- `traceback`: any other exception;
- `warning`: a warning of Python's or numpy's, which a user would read as noise;
- `message`: an error too long to be read;
- `invariant`: a series or a verdict that contradicts itself (see `_contradictions` and `_more_than_shown`);
- `verdict`: `consistent`, of an input that lost its meaning.

An input lost its meaning if it was destroyed on purpose (`fuzzing.tables.DESTROYED`), or if it is a film and the pictures in
what was judged, two seconds or more, come in no order: more than a quarter of the steps between them leap by over LEAP
pictures. Costs are set so low that a fifth of a ban of evidence is a verdict. Not asked is

- that less than two seconds be known to be in disorder;
- that a film that runs slower or faster throughout be told from one that was filmed so;
- that a supervised profile know that joints bear each other's names: its network knows the people it was trained on alone;
- that no `inconsistent` be said of an input that lost its meaning: they are counted (`destroyed` in the figures).
"""

from __future__ import annotations

import json
import traceback
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from fuzzing import films, tables
from fuzzing.damage import Rng, pick
from fuzzing.sound import Numbers, Sound, speaker
from poseprint.app.check import check_poses
from poseprint.app.datasets.build import read_manifest
from poseprint.app.datasets.describe import describe
from poseprint.app.profiles import Profile, read_profile
from poseprint.app.sources import read_source
from poseprint.core.errors import PoseprintError
from poseprint.core.series import PoseSeries
from poseprint.core.verdict import Verdict
from poseprint.estimation.extraction import extract
from poseprint.estimation.grid import LONGEST_GAP
from poseprint.estimation.measuring import Measuring
from poseprint.io.kinect import read_kinect
from poseprint.io.paper_csv import read_csv_pair
from poseprint.io.parquet import read_poses, write_poses
from poseprint.movements.disorder import WINDOW_S
from poseprint.rendering.report.page import write_report
from poseprint.verification.decision import Costs

KINDS = {"video": 0.3, "parquet": 0.2, "openpose": 0.15, "csv": 0.1, "profile": 0.15, "manifest": 0.1}
"""Kinds of inputs and their shares."""
LONGEST_MESSAGE = 1000
COSTS = Costs(wrong=2.5)  # thresholds of 0.18 either way
SIZE = (1280, 720)
LEAP = 8
"""Pictures by which the next one in order is at most away."""
REPORTED = 8
"""One of so many inputs is also written again, and drawn as a report."""


@dataclass
class Outcome:
    """What came of an input: `read` or `refused`, the decisions, faults as (kind, what)."""

    befell: str = ""
    result: str = ""
    message: str = ""
    decisions: list[str] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)


class Bench:
    """The sound inputs and the profiles that judge, loaded once."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.sound, self.seed, self.speaker = Sound.make(folder), seed, speaker()
        self.profiles = [read_profile(folder / "profile" / name) for name in ("enrolled", "supervised")]

    def make(self, kind: str, number: int, folder: Path) -> tuple[Path, str]:
        """A damaged input in a folder and what befell it: the same for a seed, a kind and a number."""
        rng: Rng = np.random.default_rng([self.seed, list(KINDS).index(kind), number])
        source = pick(rng, self.sound.of(kind))
        target = folder / source.name
        if kind == "video":
            others = [file.read_bytes() for file in self.sound.of(kind) if file.suffix == source.suffix]
            data, befell = films.film_damaged(source.read_bytes(), source.name, others, rng)
            target.write_bytes(data)
        else:
            damage = {
                "parquet": tables.parquet_damaged,
                "openpose": tables.openpose_damaged,
                "csv": tables.csv_damaged,
                "profile": tables.profile_damaged,
                "manifest": tables.manifest_damaged,
            }[kind]
            befell = damage(source, target, rng)
        return target, f"{source.name}: {befell}"

    def run(self, kind: str, number: int, path: Path, befell: str) -> Outcome:
        """Do with an input what a user would."""
        outcome = Outcome(befell)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                getattr(self, f"_{kind}")(path, outcome, number % REPORTED == 0)
                outcome.result = "read"
            except PoseprintError as error:
                outcome.result, outcome.message = "refused", str(error)
                if len(outcome.message) > LONGEST_MESSAGE:
                    outcome.faults.append(("message", f"{len(outcome.message)} letters: {outcome.message[:100]}"))
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                own = [f for f in traceback.extract_tb(error.__traceback__) if "/poseprint/" in f.filename][-1:]
                places = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in (where, *own))
                outcome.result = "traceback"
                outcome.faults.append(("traceback", f"{type(error).__name__}: {str(error)[:200]} ({places})"))
        for warning in {(str(w.message)[:150], w.filename, w.lineno) for w in warned}:
            outcome.faults.append(("warning", f"{warning[0]} ({'/'.join(warning[1].split('/')[-2:])}:{warning[2]})"))
        return outcome

    # ---- each kind -----------------------------------------------------------------------------

    def _video(self, path: Path, outcome: Outcome, report: bool) -> None:
        estimator = Numbers(self.speaker)
        series = extract(path, Measuring(estimator=estimator))
        outcome.faults += [("invariant", what) for what in _more_than_shown(series, len(estimator.seen))]
        for verdict in self._judged(series, outcome, report, fitted=False):
            if verdict.decision == "consistent" and _in_no_order(verdict, series, estimator.seen):
                outcome.faults.append(
                    ("verdict", f"{verdict.method}: consistent, though the pictures come in no order")
                )

    def _parquet(self, path: Path, outcome: Outcome, report: bool) -> None:
        if path.name == "kinect.parquet":
            for recording in read_kinect(path)[:2]:
                self._judged(recording.series, outcome, report, fitted=True)
        else:
            self._judged(read_source(path), outcome, report, fitted=False)

    def _csv(self, path: Path, outcome: Outcome, report: bool) -> None:
        labels = path.with_name("labels.csv")
        labels.write_text("1\n0\n")
        self._judged(read_source(path, frame_size=SIZE), outcome, report, fitted=True)
        read_csv_pair(path, labels)

    def _openpose(self, path: Path, outcome: Outcome, report: bool) -> None:
        self._judged(read_source(path, fps=30, frame_size=SIZE), outcome, report, fitted=True)

    def _profile(self, path: Path, outcome: Outcome, report: bool) -> None:
        self._judge(self.speaker, read_profile(path), outcome, path.parent, report)

    def _manifest(self, path: Path, _outcome: Outcome, _report: bool) -> None:
        if path.name == "dataset":
            json.dumps(describe(path), allow_nan=False)
        else:
            read_manifest(path / "manifest.csv")

    # ---- judging -------------------------------------------------------------------------------

    def _judged(self, series: PoseSeries, outcome: Outcome, report: bool, *, fitted: bool) -> list[Verdict]:
        """A series against each profile, which takes any estimator's poses where it is `fitted`."""
        verdicts = []
        folder = Path(self._scratch)
        for profile in self.profiles:
            if fitted:
                profile = replace(profile, input=replace(profile.input, estimator=series.estimator))
            verdicts.append(self._judge(series, profile, outcome, folder, report))
            if _destroyed_for(profile.kind, outcome.befell) and verdicts[-1].decision == "consistent":
                outcome.faults.append(("verdict", f"{profile.kind}: consistent, though its poses are destroyed"))
        if report:
            write_poses(series, folder / "again.parquet")
            again = read_poses(folder / "again.parquet")
            if again.position.tobytes() != series.position.tobytes():
                outcome.faults.append(("invariant", "written and read again, the poses are others"))
        return verdicts

    def _judge(self, series: PoseSeries, profile: Profile, outcome: Outcome, folder: Path, report: bool) -> Verdict:
        verdict = check_poses(series, profile, costs=COSTS)
        outcome.decisions.append(verdict.decision)
        outcome.faults += [("invariant", f"{profile.kind}: {what}") for what in _contradictions(verdict, series)]
        if report:
            write_report(verdict, series, folder / "report.html")
        return verdict

    _scratch: str = "."

    def use(self, scratch: Path) -> None:
        """Where reports go."""
        self._scratch = str(scratch)


def _destroyed_for(kind: str, befell: str) -> bool:
    """Whether an input lost its meaning on purpose, in a way that a profile of this kind must know; see the module."""
    way, _, name = befell.partition(": ")[2].partition(": ")
    return way == "destroyed" and not (kind == "supervised" and name == "joints swapped")


def _contradictions(verdict: Verdict, series: PoseSeries) -> list[str]:
    """What in a verdict cannot be."""
    frames = series.duration * verdict.settings["fps"]
    used, whole = verdict.seconds["used"], verdict.seconds["recording"]
    evidence = verdict.evidence
    holds = {
        "a decision without a movement": verdict.decision == "inconclusive" or bool(verdict.movements),
        f"{used} s used of {whole} s": 0 <= used <= whole + 1e-6,
        f"{whole} s of {series.duration} s": abs(whole - series.duration)
        <= 1 / verdict.settings["fps"] + 1 / series.fps,
        "a movement outside the recording": all(0 <= m.first < m.last <= frames + 1.5 for m in verdict.movements),
        "a score that is no number": all(np.isfinite(m.score) for m in verdict.movements),
        "shares beyond 0 and 1": all(0 <= share <= 1 for share in verdict.seen.values()),
    }
    if evidence is not None:
        both = evidence.llr["both"]
        holds["an LLR beyond its bounds"] = both is None or evidence.lower <= both <= evidence.upper
        holds["a decision without an LLR"] = verdict.decision == "inconclusive" or both is not None
    try:
        json.dumps(verdict.to_dict(), allow_nan=False)
    except ValueError:
        holds["json that is none"] = False
    return [what for what, true in holds.items() if not true]


def _more_than_shown(series: PoseSeries, pictures: int) -> list[str]:
    """What in a film's poses cannot be: more seconds of a person than its pictures can have shown."""
    seconds = float(series.present().sum()) / series.fps
    longest = pictures * (LONGEST_GAP + 1 / series.fps)
    return [f"{seconds:.1f} s of poses from {pictures} pictures"] if seconds > longest else []


def _in_no_order(verdict: Verdict, series: PoseSeries, seen: dict[float, int]) -> bool:
    """Whether the pictures in what was judged come in no order; see the module."""
    times, numbers = np.array(sorted(seen)), np.array([seen[t] for t in sorted(seen)])
    at = np.searchsorted(times, series.time - series.time[0] + 1e-3, side="right") - 1
    shown = numbers[np.maximum(at, 0)]
    shown = np.where(shown < 0, np.nan, shown)  # nobody can be told there
    steps = [np.diff(shown[m.first : m.last]) for m in verdict.movements]
    if sum(len(own) for own in steps) < WINDOW_S * verdict.settings["fps"]:
        return False
    every: Any = np.concatenate(steps) if steps else np.zeros(0)
    every = every[np.isfinite(every)]
    return bool(len(every)) and float((abs(every) > LEAP).mean()) > 0.25
