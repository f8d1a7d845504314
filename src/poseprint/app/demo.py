"""The main job on an embedded sample: enrol from genuine recordings, then drawn videos -> poses -> verdicts -> reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from poseprint.app.check import check_poses
from poseprint.app.profiles import read_profile
from poseprint.core.files import claimed
from poseprint.core.progress import Progress, silent
from poseprint.core.series import PoseSeries
from poseprint.core.verdict import Decision, Verdict
from poseprint.estimation.extraction import extract
from poseprint.estimation.measuring import Measuring
from poseprint.io.dataset import read_recordings
from poseprint.io.parquet import read_poses, write_poses
from poseprint.rendering.avatar import write_video
from poseprint.rendering.figure import LOOKS
from poseprint.rendering.report.page import write_report
from poseprint.supervised.profile import SupervisedProfile
from poseprint.verification.enrolment import enroll
from poseprint.verification.profile import EnrolledProfile

SAMPLE = Path(__file__).parent / "sample"
SIZE = (640, 360)
CASES = (("genuine", "navy"), ("impostor", "olive"))
"""Each recording that is checked, and the looks of the figure that it is drawn as."""

INTRODUCTION = """\
What this is: the motion is real, measured in public speeches; the pixels are drawn, so nobody's footage is here.
{person} is enrolled from {count} short recordings of his own, {minutes:.1f} minutes of footage in all: no fake and nobody else is
needed. Then two drawn videos are measured and checked, a later part of one of those speeches and another speaker: figures
whose body, head and face move as theirs did. So little footage seldom settles anything (often `inconclusive`), and drawn
figures are measured a little differently than people on film: take what comes out as a look at the machinery, not as evidence."""

SUPERVISED = """
{number}. the paper's way, on the same two videos: a small LSTM trained on {minutes:.1f} minutes of footage, {own:.1f} of them of {person},
   the rest of the very people it must tell him from, the impostor among them. An easy case: on recordings of other
   occasions such a profile is no better than guessing (docs/results.md has every verdict)."""


def run(
    output: Path,
    *,
    measuring: Measuring | None = None,
    show: Callable[[str], None] = print,
    progress: Progress = silent,
) -> dict[str, Verdict]:
    """Enrol a speaker; draw, extract, judge and report one genuine and one impostor recording.

    Args:
        output: folder for the profile, the videos, poses and reports.
        measuring: see `poseprint.extract`.
        show: called with sentences for the user.
        progress: called as frames are done, for each piece of work anew.

    Returns:
        the verdicts of the enrolled profile by recording, `genuine` and `impostor`, and those of the paper's supervised
        one, `genuine_supervised` and `impostor_supervised`.

    Raises:
        PoseprintError: the output cannot be written or holds files of these names from elsewhere, or the model files cannot be fetched.
    """
    files = [f"{name}{suffix}" for name, _ in CASES for suffix in (".mp4", ".parquet", ".html")]
    with claimed(output, {"demo": ["profile", *files]}):
        return _run(output, measuring, show, progress)


def _run(
    output: Path, measuring: Measuring | None, show: Callable[[str], None], progress: Progress
) -> dict[str, Verdict]:
    started = time.monotonic()
    supervised = read_profile(SAMPLE / "profile")
    assert isinstance(supervised, SupervisedProfile)
    profile = _enroll_speaker(supervised.person, output / "profile", show)
    verdicts, measured = {}, {}
    for number, (name, look) in enumerate(CASES):
        motion = read_poses(SAMPLE / "demo" / f"{name}.parquet")
        video, report = output / f"{name}.mp4", output / f"{name}.html"
        who = motion.person if name == "genuine" else f"{motion.person}, claimed to be {profile.person}"
        show(f"\n{number + 2}. {name}: {motion.duration:.0f} s of {who}")
        write_video(motion, video, look=LOOKS[look], size=SIZE, progress=progress)
        show(f"   drawn       {video}")
        series = measured[name] = extract(video, measuring, progress=progress)
        write_poses(series, output / f"{name}.parquet")
        show(f"   measured    {len(series)} poses from its pixels, a person in {series.present().mean():.0%} of them")
        verdict = verdicts[name] = check_poses(series, profile)
        write_report(verdict, series, report, footage=video)
        _show_verdict(name, verdict, show)
        show(f"   report      {report.resolve()}")
    verdicts |= _check_supervised(supervised, measured, len(CASES) + 2, show)
    show(f"\nDone in {time.monotonic() - started:.0f} s. Open the reports in a browser; nothing was uploaded.")
    return verdicts


def _enroll_speaker(person: str, folder: Path, show: Callable[[str], None]) -> EnrolledProfile:
    """The person's profile from the sample's genuine recordings, and the findings of its audit."""
    lines = [r for r in read_recordings(SAMPLE / "recordings") if r.person == person and r.label == "real"]
    recordings = [read_poses(SAMPLE / "recordings" / r.file) for r in lines]
    started = time.monotonic()
    # Each recording of the sample is of an occasion of its own.
    profile = enroll(person, recordings, sessions=[r.session or r.recording for r in lines])
    profile.write(folder)
    written = read_profile(folder)
    assert isinstance(written, EnrolledProfile)
    minutes = sum(float(r["seconds"]) for r in written.made_from) / 60
    show(INTRODUCTION.format(person=person, count=len(written.made_from), minutes=minutes))
    show(f"\n1. enrolment of {person}, in {time.monotonic() - started:.1f} s")
    for row in written.made_from:
        show(f"   recording   {row['recording']}: {row['seconds']:.0f} s")
    for finding in written.findings:
        show(f"   {finding['severity']:<11} {finding['code']}: {finding['message']}")
    show(f"   profile     {folder}")
    return written


def _show_verdict(name: str, verdict: Verdict, show: Callable[[str], None]) -> None:
    """Show findings, LLR and verdict of the enrolled profile, and whether it is right."""
    for finding in verdict.findings:
        show(f"   {finding.severity:<11} {finding.code}: {finding.message}")
    if verdict.evidence:
        llr = {k: "not measured" if v is None else f"{round(v, 2) + 0.0:+.2f}" for k, v in verdict.evidence.llr.items()}
        show(f"   LLR         {llr['both']}; movement alone {llr['motion']}, posture and framing alone {llr['static']}")
    show(f"   verdict     {verdict.decision.upper()}: {verdict.reason} {correctness(name, verdict.decision)}")


def correctness(name: str, decision: Decision) -> str:
    """Whether the verdict is right, as only a demo knows."""
    if decision == "inconclusive":
        return "(It leaves the question open.)"
    right = (decision == "consistent") == (name == "genuine")
    return "(In truth: right.)" if right else "(In truth: wrong.)"


def _check_supervised(
    profile: SupervisedProfile, measured: dict[str, PoseSeries], number: int, show: Callable[[str], None]
) -> dict[str, Verdict]:
    """The supervised profile's verdicts on the same recordings, a line each."""
    minutes = sum(r["seconds"] for r in profile.made_from) / 60
    own = sum(r["seconds"] for r in profile.made_from if r["label"] == "real") / 60
    show(SUPERVISED.format(number=number, minutes=minutes, own=own, person=profile.person))
    verdicts = {}
    for name, series in measured.items():
        verdict = verdicts[f"{name}_supervised"] = check_poses(series, profile)
        show(f"   {name:<11} {verdict.decision.upper()}: {verdict.reason} {correctness(name, verdict.decision)}")
    return verdicts
