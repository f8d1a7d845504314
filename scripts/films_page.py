"""What is known of verdicts on films, from benchmarks/results/films.json and films_compare.json; called by write_docs.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pages import result, table

from poseprint.verification.judge import LEAST_BEARING
from poseprint.verification.learn_films import FUSIONS, SURVIVES
from poseprint.verification.reference import shipped

WORDS = {
    "motion": "movement",
    "static": "posture",
    "both": "**both**",
    "body": "body alone",
    "head": "head alone",
    "eyes": "brows, lids and gaze alone",
    "mouth": "cheeks, jaw and mouth alone",
    "bearing": "body and head",
    "body_posture": "body as it is held",
    "head_posture": "head as it is held",
    "expression": "face at rest (counts for nothing)",
}


def of_hundred(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.0f}"


def ranged(value: float, interval: list[float] | None) -> str:
    return f"{value:.2f}" + (f" ({interval[0]:.2f} to {interval[1]:.2f})" if interval else "")


def section() -> str:
    """For docs/results.md."""
    r = result("films")
    d, swaps, field = r["decisions"], r["swaps"], r["field"][0]
    return (
        "### Verdicts on films\n\n"
        f"`python benchmarks/films.py`: {r['clips']} clips of people who talk, {r['people']} people with genuine clips, {r['people_on_several_occasions']} of them on several occasions;\n"
        f"{r['genuine']} genuine and {r['impostor']} impostor trials, {r['seconds']:.0f} s of evidence in the median. Everybody is enrolled on their genuine clips; no clip is tested on its own\n"
        "occasion. Nested: the two people of a trial are in no background, cohort or calibration of it (in the trials of others that calibrate they may\n"
        f"be one of the cohort). What counts as movement was chosen on other people (face swaps, correlation at least {SURVIVES:g}); the weights that fuse the parts, the shrinkage of\n"
        "the backgrounds and how trials weigh in the calibration were chosen on these clips (below), which flatters a little. AUC and EER are of the fused score, Cllr and verdicts of the LLR. Intervals are 95 %, over persons.\n"
        "Measured before a mend of the middle from which the statistics of bodies are seen: it had not left out the two people of every trial.\n\n"
        + table(
            ["evidence", "AUC", "EER", "Cllr", "least Cllr", "genuine", "impostor", "commoner answer"],
            [
                [
                    WORDS[kind],
                    ranged(f["auc"], f["auc_interval"]),
                    f"{f['eer']:.0%}",
                    ranged(f["cllr"], f["cllr_interval"]),
                    f"{f['min_cllr']:.2f}",
                    f["genuine"],
                    f["impostor"],
                    f"{f['majority']:.0%}",
                ]
                for kind, f in r["figures"].items()
            ],
        )
        + f"\nAt the usual costs {of_hundred(d['decided'])} of 100 trials get a verdict ({of_hundred(d['genuine_decided'])} of 100 genuine ones), and {100 * (d['wrong'] or 0):.1f} of 100 of those are wrong: "
        f"{d['genuine_inconsistent']} genuine clips were called\ninconsistent, {d['impostors_consistent']} impostors consistent. With bounds that rest on the people in films alone, {of_hundred(r['alone']['decided'])} of 100.\n\n"
        "**Face swaps.** "
        f"{swaps['pairs']} swapped clips of which the face's owner has a genuine clip: the owner's profile finds {swaps['consistent'] or 'none'} of them consistent;\n"
        f"its LLR is below that of the owner's genuine clips in {of_hundred(swaps['below_genuine'])} of 100 comparisons, and the profile of whose body it is gives a higher one in {of_hundred(swaps['body_owner_higher'])} of 100\n"
        f"({swaps['body_owner_on_the_same_occasion']} of these on the swap's own occasion, for want of another). Every manipulated clip:\n\n"
        + table(
            [
                "clip",
                "profile of",
                "tested as",
                "verdict",
                "both",
                "body and head",
                "head",
                "eyes",
                "mouth",
                "face at rest",
            ],
            [
                [
                    f"`{row['clip'].removesuffix('.mp4')}`",
                    row["profile"],
                    TESTED[row["of"]],
                    row["decision"],
                    *(llr(row["llr"].get(k)) for k in ("both", "bearing", "head", "eyes", "mouth", "expression")),
                ]
                for row in sorted(r["rows"], key=lambda row: (row["clip"], row["of"]))
            ],
        )
        + f"\n{_under_another_face(r['rows'])}\n\n{_lips(r['rows'])}\n\n"
        + _calibrations(r)
        + "By group, where five people or more have genuine trials (what people look like, their age or gender the data does not tell):\n\n"
        + table(
            ["group", "people", "AUC of both", "Cllr", "decided of 100", "wrong of these"],
            [
                [
                    g["group"],
                    g["genuine_persons"],
                    ranged(g["auc"], g["auc_interval"]),
                    f"{g['cllr']:.2f}",
                    of_hundred(g["decided"]),
                    f"{100 * (g['wrong'] or 0):.1f}",
                ]
                for g in r["groups"]
            ],
        )
        + f"\n**The field on the same clips.** {field['method']}: a genuine clip scores above an impostor's against the same profile in {of_hundred(field['auc'])} of 100\n"
        f"comparisons ({field['genuine']} genuine of {field['trials']} trials), ours (movement) in {of_hundred(field['ours_on_the_same'])}. Theirs was made for hours of one person's speeches; here a profile has seconds. Its action units are\n"
        "taken from blendshapes, the nearest that MediaPipe gives.\n"
        f"{r['head_pose']['method']} asks another question, whether a face was put on, whoever moves: AUC {r['head_pose']['auc']:.2f} over {r['head_pose']['genuine']} genuine clips and {r['head_pose']['swaps']} swaps, learned\n"
        f"without the people of the clip (commoner answer {r['head_pose']['majority']:.0%}); its landmarks are MediaPipe's, its face the mean of these clips.\n\n"
        + _compare()
        + _paper_task()
    )


TESTED = {
    "swap": "swap: the face's owner",
    "body": "swap: whose body it is",
    "take": "swap: whose body it is, same occasion",
    "lipsync": "lip sync",
    "reenactment": "reenactment",
}


def llr(value: float | None) -> str:
    return "" if value is None else f"{value:+.2f}"


def _under_another_face(rows: list[Mapping[str, Any]]) -> str:
    """How often a mover is not known again under another face."""
    body = [row["decision"] for row in rows if row["of"] == "body"]
    return (
        f"**A mover under another face** is known again badly: of {len(body)} swapped clips tested against whose body it is, on other occasions, {body.count('consistent')} are consistent and {body.count('inconsistent')}\n"
        "inconsistent, which is wrong. These are short clips of actors who play another emotion in each scene, with pictures left out by the swap."
    )


def _lips(rows: list[Mapping[str, Any]]) -> str:
    """What lip syncs show of the mouth."""
    lips = [row["llr"] for row in rows if row["of"] == "lipsync"]
    below = sum(
        v["mouth"] is not None and v["mouth"] < min(v[k] for k in ("head", "eyes") if v[k] is not None) for v in lips
    )
    return f"**Lip syncs.** In {below} of {len(lips)} the mouth's LLR is below those of head and eyes: so few seconds of a mouth do not tell a lip sync."


def _calibrations(r: Mapping[str, Any]) -> str:
    """Ways to calibrate and to bound, of both together."""
    words = {"persons": "people", "ELUB": "after Vergeer et al. (2016)"}
    rows = [
        [
            c["calibration"],
            words[c["bounds"]],
            f"{c['lower']:+.2f} to {c['upper']:+.2f}",
            f"{c['cllr']:.3f}",
            f"{c['min_cllr']:.3f}",
            of_hundred(c["decided"]),
            f"{100 * c['wrong']:.1f}",
        ]
        for c in r["calibrations"]
    ]
    return (
        "**Calibrations and bounds** of both together, nested: logistic regression (as it ships) and bi-Gaussianised (Morrison 2024); bounds by the number of people (as they ship)\n"
        "and those beyond which one more misleading trial would make a decision worse than none, people counted as trials:\n\n"
        + table(
            [
                "calibration",
                "bounds",
                "from, to (median)",
                "Cllr",
                "least Cllr (devPAV: the difference)",
                "decided of 100",
                "wrong of these",
            ],
            rows,
        )
        + "\n"
    )


def _compare() -> str:
    r = result("films_compare")
    rows = [
        [
            row["what"],
            *(ranged(row["figures"][k]["auc"], row["figures"][k]["auc_interval"]) for k in ("motion", "both")),
            f"{row['figures']['both']['cllr']:.2f}",
            of_hundred(row["decided"]),
            f"{100 * (row['wrong'] or 0):.1f}",
            row["swaps"]["consistent"],
            of_hundred(row["swaps"]["body_owner_higher"]),
        ]
        for row in r["rows"]
    ]
    return (
        "**What was tried**, each nested in the same way (`python benchmarks/films.py --compare`):\n\n"
        + table(
            [
                "what",
                "AUC, movement",
                "AUC, both",
                "Cllr",
                "decided of 100",
                "wrong of these",
                "swaps found consistent",
                "body's owner higher",
            ],
            rows,
        )
        + "\nThe last rows are the curve over the number of people who teach, drawn anew for each trial; so few people are behind each point that it is rough.\n"
        + _adaptation()
    )


def _adaptation() -> str:
    r = result("film_adaptation")
    plain, *shared = r["rows"]
    best = max(shared, key=lambda row: row["motion"])
    return (
        f"\nUnlabelled films that adapt the background of bodies, by the rule for PLDA (what films vary more than the background is shared between within and between; `python benchmarks/film_adaptation.py`,\n"
        f"{r['people']} people): AUC of the body's movement {plain['motion']:.2f} as it is, {best['motion']:.2f} at best with {len(shared)} ways to share; posture {plain['static']:.2f} and {max(row['static'] for row in shared):.2f}. It is not used.\n"
    )


def _paper_task() -> str:
    r = result("film_task")
    counts = [
        [
            f"fakes on {task}" if label == "fake" else f"genuine, beside fakes on {task}",
            c["recordings"],
            c["with_movements"],
            f"{c['seconds']:.0f}",
            c["movements"],
        ]
        for task, labels in r["table_2"].items()
        for label, c in labels.items()
    ]
    rows = [
        [
            row["task"],
            row["model"],
            row["features"].replace("_", " "),
            row["split"],
            f"{row['accuracy']:.1%} ({row['least']:.1%} to {row['most']:.1%})"
            if row["accuracy"] is not None
            else "not to be split",
            f"{row['majority']:.1%}" if row["majority"] is not None else "",
            row["movements"],
        ]
        for row in r["rows"]
    ]
    return (
        "\n**The paper's own task on films**, genuine movements against those of manipulated clips, all people together (`python benchmarks/film_task.py`): its Table 2 for these clips,\n\n"
        + table(["clips", "recordings", "with movements", "seconds", "movements"], counts)
        + f"\nand its LSTM (Table 3 made small: 64 units, one layer) and the better of ours, test accuracy over {r['seeds']} seeds with the least and the most, beside always giving the\n"
        "commoner label. The paper reports 94.39 % on a random split of movements, where the commoner label gives about 92.9 %. Only clips with arms in sight have movements here;\n"
        "with poses by the OpenPose network this was not run.\n\n"
        + table(["fakes on", "model", "features", "split by", "accuracy", "commoner label", "movements tested"], rows)
    )


def card() -> str:
    """For docs/model-card.md."""
    picture, r = shipped(2), result("films")
    facts, film = picture.facts["films"], next(iter(picture.films.values()))["both"]
    apart = facts["apart"]["both"]
    weights = ", ".join(
        f"{WORDS[PART[kind]].removesuffix(' alone')} {weight:g}" for kind, weight in FUSIONS["both"].items()
    )
    behind = (
        f"How low an LLR may fall also counts on {facts['gestures']} people who act gestures before a depth camera: a test does not reject that a score says as much there\n"
        f"as in films (gain {apart['gain'][0]:+.2f} to {apart['gain'][1]:+.2f}, 95 % over persons; with so few people it rejects little). The shift is the films' own\n"
        f"(apart by {apart['shift'][0]:+.2f} to {apart['shift'][1]:+.2f}).\n"
        if facts["gestures"]
        else "A test rejects that one calibration serves gestures and films, so films stand alone.\n"
    )
    return (
        "## Films\n\n"
        f"In films body, head, eyes and mouth are scored apart, each against people of its own, and fused with stated weights ({weights}); a face at rest\n"
        f"stands beside them and counts for nothing, because whoever wears another's face has it. `consistent` needs an LLR of body and head together of {LEAST_BEARING:g} or more: a face swap\n"
        "leaves these somebody else's.\n\n"
        f"- **Whose clips**: {facts['persons']} people who talk in {r['clips']} clips from public repositories (news, speeches, interviews, paid actors, webcams), {facts['genuine_persons']} of them on several occasions. Names and\n"
        f"  labels rest on those repositories' word. Of {', '.join(picture.speakers)} mean statistics of head and face ship, nothing else; one private person\n"
        "  helped to calibrate and nothing of them ships. The middle of bodies in films is that of "
        + ", ".join(picture.facts["speakers"])
        + ".\n  Who is enrolled does not help to tell what others are like; the exclusion goes by name.\n"
        f"- **Face swaps**: {facts['swap_pairs']} pairs of a clip and the same clip under another face chose what counts as movement (correlation at least {facts['survives']:g}) and are part of what varies\n"
        f"  within a person; {facts['swaps']} swapped clips are trials among the impostors.\n"
        f"- **Bounds**: {film.lower:.2f} to {film.upper:+.2f} (base 10). "
        + behind
        + f"- **In no part of it**: languages but English and a little German, phones, years between two clips, more than {max(1, round(r['seconds'])):.0f} s of evidence in the median. Skin, hair, glasses, age and\n"
        "  gender are not told by the data, so nothing is known of how errors differ by them: take a verdict on people unlike presidents, entrepreneurs and actors\n"
        "  as untested.\n\n"
        "Figures, nested: [results](results.md#verdicts-on-films).\n\n"
    )


PART = {"motion": "body", "static": "body_posture", **{k: k for k in WORDS if k not in ("motion", "static")}}


def readme_line() -> str:
    """For the figures of README.md."""
    r = result("films")
    both, motion, d = r["figures"]["both"], r["figures"]["motion"], r["decisions"]
    return (
        f"- On films of {r['people']} people who talk, {r['people_on_several_occasions']} of them on several occasions, each told apart from all others by a reference that knew neither: AUC {ranged(both['auc'], both['auc_interval'])},\n"
        f"  movement alone {ranged(motion['auc'], motion['auc_interval'])}, Cllr {both['cllr']:.2f} (1 says nothing). {of_hundred(d['decided'])} of 100 get a verdict, {100 * (d['wrong'] or 0):.1f} of 100 of these wrong; of {r['swaps']['pairs']} face swaps {r['swaps']['consistent'] or 'none'}\n"
        "  was taken for the face's owner ([results](docs/results.md#verdicts-on-films), [model card](docs/model-card.md)).\n"
    )
