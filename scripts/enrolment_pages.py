"""The model card, and the parts of docs/results.md on enrolled speakers, robustness and speed, from result files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import films_page
from pages import result, table

from poseprint.movements.statistics import MOTION, STATIC, columns_of
from poseprint.verification.reference import NAMES, shipped

TERMS = {
    "msrc12": "MSRC-12 Kinect gestures (Fothergill et al., CHI 2012), Microsoft Research's terms for non-commercial research",
    "utd_mhad": "UTD-MHAD skeletons (Chen et al., ICIP 2015), free for research with citation",
    "isl_kinect": "Indian sign language words (Roy et al., arXiv 2010.12669), published for research",
}


def share(value: float) -> str:
    return f"{value:.1%}".replace("%", " %")


def model_card() -> str:
    """docs/model-card.md: what ships, from the facts that ship with it."""
    picture, depth = shipped(2), shipped(3)
    groups = [
        [TERMS[g["name"]], str(g["people"]), str(g["recordings"]), f"{g['hours']:.1f} h", g["role"]]
        for g in picture.facts["groups"]
    ]
    bounds = picture.calibrations["both"]
    sizes = [
        f"`{NAMES[r.axes]}`: {len(columns_of((*STATIC, *MOTION), r.axes))} statistics of a movement"
        for r in (picture, depth)
    ]
    return (
        "# Model card: the reference that ships\n\n"
        "What `poseprint enroll` and `check` compare with: how people differ, how one person varies, a cohort, and the calibration of LLRs.\n"
        "It holds means and covariances of statistics and mean statistics of recordings. No recording, no picture and no pose is in it.\n"
        "`python scripts/build_reference.py` makes it; `src/poseprint/verification/references` holds it.\n\n"
        f"- {sizes[0]}, for what any video gives; {sizes[1]}, for depth cameras.\n"
        "- Two-covariance model (PLDA) of posture and proportions, and 24 of them on random subsets of motion, normalised by the cohort (AS-norm).\n"
        f"- Calibrated by logistic regression on {bounds.persons} people, each scored by a background that did not know them. LLRs are kept between\n"
        f"  {bounds.lower:.2f} and {bounds.upper:+.2f} (base 10): more than so many people cannot support.\n\n"
        "## Made from\n\n"
        + table(["data", "people", "recordings", "length", "for"], groups)
        + "\nThe data's own terms go on holding for whoever wants the data; statistics of it ship here under Apache-2.0.\n"
        f"{picture.facts['bridge']['recordings']} recordings of MSRC-12 were drawn as figures and measured by MediaPipe, to bring its statistics to the same scale\n"
        f"(median correlation with what was drawn {picture.facts['bridge']['median_correlation']:.2f} over {picture.facts['bridge']['movements']} movements).\n\n"
        + films_page.card()
        + "## Errors by seconds of evidence and recordings enrolled\n\n"
        "MSRC-12, other gestures than enrolled, persons unknown to the background, calibration fitted on all of them (which flatters a little).\n"
        "EER with its 95 % interval over persons; then how many of 100 genuine and of 100 impostor pieces are decided wrongly, and rightly, at the usual costs.\n\n"
        + "".join(
            f"\n{NAMES[r.axes].capitalize()}, movement and posture:\n\n" + _errors(r.facts["errors"])
            for r in (picture, depth)
        )
        + "\n## Not tested on\n\n"
        "- Conversation, quarrels, illness, age, other cultures' gestures, children; people who sit; years between enrolment and test.\n"
        "- Impostors who study the person. The impostors here are other people who do the same gestures.\n"
        "- Footage unlike the background's (other sensors, other things to do): the program finds such footage by how far an enrolment stands\n"
        "  from the background, moves the middle there, scales LLRs down and gives no verdict (`UNLIKE_BACKGROUND`). Films that MediaPipe measured\n"
        "  are judged on a scale of their own instead, and have no such guard.\n"
        "- Other persons than these for the choice of qualities, shrinkage and the middle's movement: they were chosen on MSRC-12's folds and on the\n"
        "  four other sets in docs/results.md.\n"
        "- Sessions: MSRC-12 has one session a person, so what varies from day to day is not in the background.\n"
    )


def _errors(rows: Sequence[Mapping[str, Any]]) -> str:
    return table(
        ["seconds", "enrolled", "EER", "Cllr", "genuine wrong / right", "impostor wrong / right"],
        [
            [
                f"{r['seconds']:g}",
                f"{r['enrolled']} recording{'s' * (r['enrolled'] > 1)}",
                f"{share(r['eer'])} ({share(r['eer_interval'][0])} to {share(r['eer_interval'][1])})",
                f"{r['cllr']:.2f}",
                f"{100 * r['genuine_inconsistent']:.0f} / {100 * r['genuine_consistent']:.0f}",
                f"{100 * r['impostor_consistent']:.0f} / {100 * r['impostor_inconsistent']:.0f}",
            ]
            for r in rows
            if r["evidence"] == "both"
        ],
    )


def section() -> str:
    """For docs/results.md."""
    return films_page.section() + "\n" + _robustness() + "\n" + _steadiness() + "\n" + _speed()


def _robustness() -> str:
    r = result("robustness")
    rows = [
        [
            name.replace("_", " "),
            f"{s['static']:.2f}",
            f"{s['motion']:.2f}",
            f"{s['llr_moves']['genuine']:+.2f}",
            f"{s['llr_moves']['impostor']:+.2f}",
            f"{max(s['llr_moves_most'].values()):.2f}",
        ]
        for name, s in r["summary"].items()
    ]
    other = r["another_estimator"]
    return (
        "### What a codec does\n\n"
        "`python benchmarks/robustness.py`: real clips encoded anew and measured again. How far their statistics move, in deviations of what varies within a\n"
        "person (median over statistics), and how the LLR before its bounds moves (median, and the most of any).\n\n"
        + table(["change", "posture", "motion", "LLR, genuine", "LLR, impostor", "most"], rows)
        + f"\nOpenPose and MediaPipe on the same frames of {other['clips']} clips differ by {other['static']:.2f} (posture) and {other['motion']:.2f} (motion): as much as two recordings\n"
        "of one person. A profile refuses another estimator's poses. Frame rate, lost frames, mirror, crop, hidden joints and noise are in every `poseprint evaluate`.\n"
    )


def _steadiness() -> str:
    clips = result("steadiness")["clips"]
    rows = [
        [
            c["clip"].replace("_", " "),
            f"{c['llr']['motion']:+.2f}",
            f"{c['motion_mean']:.2f}",
            f"{c['motion_largest']:.2f}",
            f"{c['margin']['motion']:.2f}",
            f"{c['motion_within_margin']} of {c['of']}",
        ]
        for c in clips
    ]
    return (
        "### The same clip as another file\n\n"
        f"`python benchmarks/steadiness.py`: two clips in other containers, encoded anew, scaled, at other frame rates, with black bars, and cut short at the\n"
        f"beginning ({clips[0]['of']} changes each), against a profile of {clips[0]['enrolled']}'s other clips. How far the LLR of motion moves, and how often the margin that the\n"
        "verdict on the clip itself tells holds it. An LLR at the end of the scale cannot move.\n\n"
        + table(["clip", "LLR of motion", "change, mean", "largest", "margin", "within it"], rows)
    )


def _speed() -> str:
    r = result("enrolment_speed")
    return (
        "### Speed of enrolment\n\n"
        f"`python benchmarks/enrolment_speed.py`, {r['processors']} processors, median of {r['repeats']}: ten recordings of poses enrol in {r['enrol_ten_s']['median']:.1f} s "
        f"(most {r['enrol_ten_s']['most']:.1f} s),\na minute of poses is judged, with each of its movements explained, in {r['minute_s']['median']:.2f} s "
        f"(most {r['minute_s']['most']:.2f} s; the first in a process {r['first_minute_s']['median']:.2f} s).\n"
    )
