"""The main job on an embedded sample: drawn videos of real motion -> poses -> gates -> verdicts -> reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from poseprint.avatar import write_video
from poseprint.extraction import Progress, extract
from poseprint.figure import LOOKS
from poseprint.io.parquet import read_poses, write_poses
from poseprint.profile import read_profile
from poseprint.report import write_report
from poseprint.verdict import Verdict, check_poses

SAMPLE = Path(__file__).parent / "sample"
SIZE = (640, 360)

HONESTY = """\
What this is: the motion is real, measured in public speeches; the pixels are drawn, so nobody's footage is here.
The profile is a small LSTM of the paper's kind, trained on {minutes:.1f} minutes of footage, {own:.1f} of them of
{person}. Both recordings are later parts of speeches whose beginnings trained it: an easy case. On recordings of
other occasions such a profile does no better than guessing (docs/results.md has every verdict). Take the demo as
a look at the machinery, not as evidence."""


def run(
    output: Path,
    *,
    models: Path | None = None,
    jobs: int | None = None,
    say: Callable[[str], None] = print,
    progress: Progress | None = None,
) -> dict[str, Verdict]:
    """Draw, extract, judge and report one genuine and one impostor recording.

    Args:
        output: folder for the videos, poses and reports.
        models, jobs: see `poseprint.extraction.extract`.
        say: called with sentences for the user.
        progress: called as frames are done, for each piece of work anew.

    Returns:
        the verdicts by recording, `genuine` and `impostor`.

    Raises:
        PoseprintError: the output cannot be written, or the model files cannot be fetched.
    """
    started = time.monotonic()
    profile = read_profile(SAMPLE / "profile")
    minutes = sum(r["seconds"] for r in profile.made_from) / 60
    own = sum(r["seconds"] for r in profile.made_from if r["label"] == "real") / 60
    say(HONESTY.format(minutes=minutes, own=own, person=profile.person))
    verdicts = {}
    for number, (name, look) in enumerate((("genuine", "navy"), ("impostor", "olive"))):
        motion = read_poses(SAMPLE / "demo" / f"{name}.parquet")
        video, report = output / f"{name}.mp4", output / f"{name}.html"
        who = motion.person if name == "genuine" else f"{motion.person}, claimed to be {profile.person}"
        say(f"\n{number + 1}. {name}: {motion.duration:.0f} s of {who}")
        write_video(motion, video, look=LOOKS[look], size=SIZE, progress=progress)
        say(f"   drawn       {video}")
        series = extract(video, models=models, jobs=jobs, progress=progress)
        write_poses(series, output / f"{name}.parquet")
        say(f"   measured    {len(series)} poses from its pixels, a person in {series.present().mean():.0%} of them")
        verdict = check_poses(series, profile)
        write_report(verdict, series, report, footage=video)
        for found in verdict.findings:
            say(f"   {found.severity:<11} {found.code}: {found.message}")
        say(f"   verdict     {verdict.decision.upper()}: {verdict.reason}")
        say(f"   report      {report.resolve()}")
        verdicts[name] = verdict
    say(f"\nDone in {time.monotonic() - started:.0f} s. Open the reports in a browser; nothing was uploaded.")
    return verdicts
