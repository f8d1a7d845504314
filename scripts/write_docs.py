"""Write the generated pages and the figures in README.md from the code and from benchmarks/results.

    python scripts/write_docs.py [--check]

--check writes nothing and fails if anything is not up to date.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import Any

import api_page
import deepfake_page
import enrolment_pages
import estimators_page
import films_page
import fuzz_page
import head_page
import people_page
import reference_page
import same_take_page
import scale_figures
import scale_page
import scan_page
import serve_page
import verification_pages
from experiment_pages import presets_section, readme_lines, section
from pages import ROOT, filled, result, table

from poseprint.app.cli.main import app
from poseprint.core.findings import ADVICE, CODES
from poseprint.movements.gated import THRESHOLDS
from poseprint.supervised.settings import PRESETS

GENERATED = "<!-- written by scripts/write_docs.py: change that, or the results it reads, and run `make docs` -->\n\n"


def percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def interval(figures: dict[str, Any]) -> str:
    low_high = figures["interval"]
    return (
        f"{figures['accuracy']:.0%} ({low_high[0]:.0%} to {low_high[1]:.0%})"
        if low_high
        else f"{figures['accuracy']:.0%}"
    )


def findings_page() -> str:
    rows = [[f"`{code}`", severity, meaning, ADVICE[code]] for code, (severity, meaning) in CODES.items()]
    limits = [[f"`{name}`", f"{value:g}"] for name, value in vars(THRESHOLDS).items()]
    return (
        "# Findings\n\n"
        + GENERATED
        + "A finding is a doubt about a recording. It speaks of the data, not of truth: a clip with findings may be\n"
        "genuine, a clip without may be forged. `exclude`: those frames are not used as evidence; `warning`: they are\n"
        "used, and the evidence is weaker; `note`: good to know.\n\n"
        + table(["code", "severity", "meaning", "what to do"], rows)
        + "\n## Thresholds\n\nEvery number the gates decide by (`poseprint.movements.gated.Thresholds` says what each means):\n\n"
        + table(["threshold", "value"], limits)
    )


def clips_page() -> str:
    recordings = result("clips")["recordings"]
    rows = [
        [
            r["recording"],
            f"{r['person']}, {r['label']}",
            r["pictures"],
            f"{r['seconds']:.1f}",
            percent(r["person_share"]),
            *(percent(r["seen"][pair]) for pair in ("eyes", "shoulders", "elbows", "wrists")),
            f"{r['usable_seconds']:.1f}",
            *(f"{r['seconds_by_kind'].get(kind, 0):.1f}" for kind in ("head", "face")),
            len(r["people"]),
            ", ".join(f"`{f['code']}`" for f in r["findings"]) or "none",
        ]
        for r in recordings
    ]
    whole = sum(r["seconds"] for r in recordings)
    rate = result("clips")["rate"]
    header = [
        "recording",
        "who",
        "pictures decoded",
        "seconds",
        "person found",
        "eyes",
        "shoulders",
        "elbows",
        "wrists",
        "usable s: body",
        "head",
        "face",
        "people",
        "findings",
    ]
    return (
        "# The real clips\n\n"
        + GENERATED
        + f"What `poseprint extract` and `poseprint inspect` make of {len(recordings)} clips of people who talk, {whole / 60:.1f} minutes "
        f"in all, hands too, with `--rate {rate}`.\nThe clips themselves are not part of the project. `python benchmarks/clips.py --rate {rate}` measures this page again.\n"
        "The columns eyes to wrists are shares of time in which the pair was seen; people are those in sight for a second or more.\n"
        f"{result('clips').get('unlisted', 0)} clips of a private person were measured too and are not listed.\n\n"
        + table(header, rows)
        + "\nWhat the findings say:\n\n"
        + "".join(
            f"- **{r['recording']}**: " + "; ".join(f"{f['message']} (`{f['code']}`)" for f in r["findings"]) + "\n"
            for r in recordings
            if r["findings"]
        )
    )


def speakers_section() -> str:
    data = result("speakers")
    runs = data["runs"]
    parts = [
        "## Leave one recording out, real speakers\n\n"
        "For each recording a profile is trained without it, on the genuine recordings that remain (one person of interest against\n"
        f"the other speakers; deepfakes are never trained on), with one layer of {data['runs'][0]['settings']['hidden']} units, split by recording for validation.\n"
        "It then checks the recording that was left out. An impostor may have other recordings among those trained on, which favours\n"
        f"the method. Seed {data['seed']}; both normalisations are shown, neither was chosen by these figures.\n"
        "Reproduce: `python benchmarks/clips.py && python benchmarks/speakers.py`.\n\n"
    ]
    rows = []
    for run in runs:
        s = run["summary"]
        rows.append(
            [
                run["person"],
                run["settings"]["normalisation"],
                f"{s['genuine_consistent']} of {s['genuine_judged']}",
                f"{s['impostors_inconsistent']} of {s['impostors_judged']}",
                f"{s['recordings_right']} of {s['recordings_judged']}",
                f"{s['majority_recordings']} of {s['recordings_judged']}",
                interval(s["movements"]),
                percent(s["movements"]["majority"]),
            ]
        )
    header = [
        "person of interest",
        "normalisation",
        "genuine found consistent",
        "impostors found inconsistent",
        "recordings right",
        "always the commoner answer",
        "movements right (95 % interval over recordings)",
        "always the commoner label",
    ]
    parts.append(table(header, rows))
    better = [run for run in runs if run["summary"]["recordings_right"] > run["summary"]["majority_recordings"]]
    above = [
        run for run in runs if run["summary"]["movements"]["interval"][0] > run["summary"]["movements"]["majority"]
    ]
    movements = [
        run for run in runs if run["summary"]["movements"]["accuracy"] > run["summary"]["movements"]["majority"]
    ]
    verdict = "nothing" if not better and not above else "little"
    parts.append(
        f"\n**What this supports: {verdict}.** Of {len(runs)} runs, {len(better)} get more recordings right than the commoner answer given "
        f"every time;\nby movement {len(movements)} do, {len(above)} of them with an interval that lies above it. A person has three or four "
        "usable recordings here, most of\nthem one movement long, so a network learns the lectern and the camera before it learns the\n"
        "person. That is the paper's method on little data, honestly split; the paper's own figure (94.39 %) comes from a random\n"
        'split of movements, in which always answering "real" would give about 92.9 %. Do not use a supervised profile from\n'
        "minutes of footage to judge a real clip.\n"
    )
    for run in runs:
        parts.append(f"\n### {run['person']}, {run['settings']['normalisation']}: every verdict\n\n")
        lines = []
        for t in run["trials"]:
            votes = t.get("votes") or {}
            count = f"{votes.get('real', 0)} : {votes.get('fake', 0)}" if sum(votes.values()) else ""
            seconds = t.get("seconds", "")
            lines.append(
                [t["recording"], t["who"], t["kind"], t["decision"], count, seconds, percent(t.get("validation"))]
            )
        parts.append(
            table(
                ["recording", "who", "trial", "verdict", "votes real : fake", "seconds judged", "validation accuracy"],
                lines,
            )
        )
    return "".join(parts)


def extract_section() -> str:
    r = result("extract")
    films = r["films"]
    text = (
        "## Speed of extraction\n\n"
        f"`python benchmarks/extract.py --long`: {r['clip']}, its beginning at three sizes, {r['processors']} processors; the plain loop over the same networks\n"
        f"(decode a picture, hand it to them, next) and ours alternate {len(films[0]['times_faster_all'])} times; medians.\n\n"
    )
    rows = [
        [
            f"{f['size'][0]} x {f['size'][1]}",
            f["networks"],
            f["pictures"],
            f"{f['pictures_per_second']['plain']:.0f}",
            f"{f['pictures_per_second']['ours']:.0f}",
            f"{f['times_faster']:.2f} ({', '.join(map(str, f['times_faster_all']))})",
            f"{f['distance_to_plain_shoulder_widths']['median']:.4f}, {f['distance_to_plain_shoulder_widths']['p99']:.3f}",
        ]
        for f in films
    ]
    header = [
        "picture",
        "measured",
        "pictures",
        "plain loop, a second",
        "poseprint, a second",
        "times as fast",
        "distance",
    ]
    text += table(header, rows)
    rate = r["rate"]
    text += (
        "\nOurs tells people apart, looks twice, finds cuts and measures the camera on the way. The distance is that between the keypoints of both, in shoulder widths:\n"
        "median and 99th percentile; two estimators differ by 0.1. One worker and all workers agree to the last bit "
        f"({'yes' if r['one_worker_equals_all'] else 'NO'}).\n\n"
        f"With `--rate {rate['poses_a_second']}` the body alone takes a {rate['times_real_time']:.1f}th of the time that the film at {rate['size'][0]} x {rate['size'][1]} lasts.\n"
    )
    if "peak_memory_mib" in r:
        m = r["peak_memory_mib"]
        text += f"\nPeak memory: {m['clip']:.0f} MiB over the clip, {m['clip_4_times']:.0f} MiB over the clip four times in a row.\n"
    h = result("hour")
    one, broken = h["in_one_go"], h["killed_and_resumed"]
    return (
        text
        + f"\n**An hour of 1080p**, drawn: `python benchmarks/hour.py`, {h['minutes']:.0f} minutes, {h['pictures']:,} pictures, the body alone with `--rate {h['rate']}`. In one go it holds "
        f"{one['second_quarter_mib']} MiB in the\nsecond quarter and {one['last_quarter_mib']} MiB in the last, {one['peak_mib']} MiB at most. Killed {broken['killed']} times and resumed it holds "
        f"{broken['peak_mib']} MiB at most, and leaves the same bytes ({'yes' if h['same_bytes'] else 'NO'}).\n\n"
        + rate_section()
    )


def rate_section() -> str:
    rates = result("rate")["rates"]
    full = next(iter(rates.values()))

    def cell(found: dict[str, Any], at_30: dict[str, Any]) -> str:
        low, high = found["auc_interval"]
        return f"{found['auc']:.3f} [{low:.2f}, {high:.2f}] ({found['auc'] - at_30['auc']:+.3f})"

    rows = [
        [
            f"`--rate {rate}`",
            kind,
            *(cell(r[kind][part], full[kind][part]) for part in ("5s", "recording", "4recordings")),
        ]
        for rate, r in rates.items()
        for kind in ("motion", "static", "both")
    ]
    return (
        "**What fewer poses a second cost**: `python benchmarks/rate.py`, MSRC-12 as pictures show it, "
        f"{full['persons']} persons in {full['folds']} folds, none tested who was learned from, other gestures\n"
        'tested than enrolled; area under the ROC curve, its 95 % interval over persons, and how it differs from that at 30 poses a second. Always "impostor" is right in '
        f"{percent(full['majority']['recording'])}.\n\n"
        + table(["poses a second", "evidence", "5 s", "one recording", "four recordings"], rows)
    )


def openpose_section() -> str:
    r = result("openpose")
    names = ["nose", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"]
    rows = [
        [
            c["clip"],
            *(("" if c["median"][n] is None else f"{c['median'][n]:.3f}") for n in names),
            percent(c["share_seen_by_both"]),
        ]
        for c in r["clips"]
    ]
    reader = r["reader_against_csv"]
    return (
        "## Against OpenPose\n\n"
        "`python benchmarks/openpose.py`: our MediaPipe estimate of a signer's four clips and OpenPose's (BODY_25) of the same clips,\n"
        "median distance in shoulder widths over the frames in which both saw the keypoint. The json reader differs from OpenPose's own\n"
        f"csv of {reader['frames']} frames by {reader['largest_px']:.4f} pixels at most. Two estimators place joints differently, by habit: enrol and\n"
        "check with the same one (`check` takes no vote otherwise).\n\n"
        + table(["clip", *(n.replace("_", " ") for n in names), "seen by both"], rows)
    )


def results_page() -> str:
    return (
        "# Results\n\n"
        + GENERATED
        + "Good or bad, as measured.\n\n"
        + verification_pages.section()
        + "\n"
        + enrolment_pages.section()
        + "\n"
        + section()
        + "\n"
        + presets_section()
        + "\n"
        + speakers_section()
        + "\n"
        + extract_section()
        + "\n"
        + openpose_section()
        + "\n"
        + serve_page.section()
    )


def command_names(group: Any) -> list[str]:
    return [command.name or command.callback.__name__ for command in group.registered_commands]


def command_page() -> str:
    commands = ["", *command_names(app)]
    for group in app.registered_groups:
        commands += [group.name] if group.typer_instance.registered_callback else []  # does something by itself
        commands += [f"{group.name} {name}" for name in command_names(group.typer_instance)]
    parts = [
        "# Commands\n\n",
        GENERATED,
        "Exit codes: 0 done (a check: consistent), 1 inconsistent, 2 inconclusive, 3 error, with its reason on one line.\n",
    ]
    for command in commands:
        run = subprocess.run(
            [sys.executable, "-m", "poseprint", *command.split(), "--help"],
            capture_output=True,
            text=True,
            check=True,
            env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "PATH": "", "TERMINAL_WIDTH": "100"},
        )
        help_text = "\n".join(line.rstrip() for line in run.stdout.strip().splitlines())
        parts.append(f"\n## poseprint {command}".rstrip() + f"\n\n```text\n{help_text}\n```\n")
    settings = vars(PRESETS["paper"])
    rows = [[f"`{k}`", str(v), str(vars(PRESETS["quick"])[k])] for k, v in settings.items()]
    parts.append("\n## Settings of `train --set`\n\n" + table(["setting", "preset paper", "preset quick"], rows))
    return "".join(parts)


def readme() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    r = result("extract")
    at_720p = next(f for f in r["films"] if f["size"][1] == 720 and f["networks"] == "body")
    runs = [run["summary"] for run in result("speakers")["runs"]]
    if any(run["recordings_right"] > run["majority_recordings"] for run in runs):
        sys.exit(
            "README and demo say that such a profile is no better than guessing; the results no longer do: reword them"
        )
    trials = "; ".join(
        f"{run['recordings_right']} of {run['recordings_judged']} against {run['majority_recordings']}" for run in runs
    )
    figures = (
        verification_pages.readme_line()
        + films_page.readme_line()
        + readme_lines()
        + "- A supervised profile of a public speaker, trained on the three or four short recordings at hand is **no better than guessing** on a\n"
        f"  recording it never saw. Recordings judged rightly, against always giving the commoner answer: {trials}\n"
        "  ([all verdicts](docs/results.md)). The demo's supervised profile is of that kind.\n"
        f"- Extraction is {r['times_faster']:.1f} times as fast as the plain loop over the same networks, or faster, on {r['processors']} processors "
        f"({at_720p['pictures_per_second']['ours']:.0f} pictures a\n  second at 720p for the body alone).\n"
    )
    return filled(text, figures=figures)


PAGES = {
    "docs/api.md": lambda: api_page.page(GENERATED),
    "docs/findings.md": findings_page,
    "docs/clips.md": clips_page,
    "docs/results.md": results_page,
    "docs/estimators.md": estimators_page.page,
    "docs/commands.md": command_page,
    "docs/model-card.md": lambda: GENERATED + enrolment_pages.model_card(),
    "docs/people.md": people_page.page,
    "docs/references.md": reference_page.page,
    "docs/scan.md": lambda: scan_page.with_parts((ROOT / "docs" / "scan.md").read_text(encoding="utf-8")),
    "docs/threat-model.md": lambda: fuzz_page.with_part(same_take_page.with_part(deepfake_page.page())),
    "docs/head.md": head_page.page,
    "docs/scale.md": lambda: scale_page.page(GENERATED),
    **scale_figures.FIGURES,
    "README.md": readme,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for name, page in PAGES.items():
        path, text = ROOT / name, page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                path.write_text(text, encoding="utf-8")
    print(("not up to date: " if check else "written: ") + ", ".join(stale) if stale else "all pages are up to date")
    sys.exit(bool(check and stale))


if __name__ == "__main__":
    main()
