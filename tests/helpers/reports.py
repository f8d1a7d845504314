"""Verdicts made up for a report, and its page as a browser would find it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.core.findings import Finding
from poseprint.core.series import PoseSeries
from poseprint.core.verdict import LikelihoodRatio, MovementScore, ProfileSummary, Verdict
from poseprint.rendering.report.page import write_report
from poseprint.verification.decision import Costs
from poseprint.verification.explanation import Departure, Quality

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7*7 }}\u2028"
REST = np.array(
    [(0, -6), (0, 0), (-5, 0), (-6.5, 8), (-6, 15), (5, 0), (6.5, 8), (6, 15), (-1, -7), (1, -7), (-2, -6.5), (2, -6.5)]
)


def waving(frames: int = 900, size: tuple[int, int] = (640, 360), fps: float = 30.0) -> PoseSeries:
    """A figure that waves its right hand; its left wrist is missing now and then, and it is gone for a while."""
    t = np.arange(frames) / fps
    position = np.repeat(REST[None] / 10, frames, 0)
    position[:, 4] += np.stack([0.4 * np.sin(4 * t), -1.2 + 0.1 * np.cos(8 * t)], 1)
    position = position * size[1] / 4 + (size[0] / 2, size[1] / 2.4)
    position[300:330] = np.nan
    position[400:500, 7] = np.nan
    confidence = np.full((frames, 12), 0.9)
    confidence[600:700, 4] = 0.3
    return PoseSeries(position=position, confidence=confidence, time=t, fps=fps, frame_size=size, recording="speech")


def judged(series: PoseSeries, scores: tuple[float, ...] = (0.9, 0.8, 0.2, 0.7), **changes: Any) -> Verdict:
    movements = tuple(
        MovementScore(150 * i, 150 * i + 150, 5.0 * i, 5.0 * i + 5, score, int(score > 0.5), 0.95)
        for i, score in enumerate(scores)
    )
    real = sum(m.vote for m in movements)
    verdict = Verdict(
        decision="consistent" if real * 2 > len(scores) else "inconsistent",
        reason=f"{real} of {len(scores)} movements were voted real.",
        person="Barack Obama",
        recording=series.recording,
        score=real / len(scores) if scores else None,
        votes={"real": real, "fake": len(scores) - real},
        movements=movements,
        findings=(
            Finding("PERSON_ABSENT", "exclude", "nobody is there for 1.0 s", "trim the video", ((300, 330),)),
            Finding("CUTS", "note", "the recording is edited", "nothing to do"),
        ),
        seconds={"recording": series.duration, "used": 5.0 * len(scores)},
        seen={"nose": 0.97, "eyes": 0.97, "ears": 0.97, "shoulders": 0.97, "elbows": 0.97, "wrists": 0.8},
        settings={"length": 150, "fps": series.fps, "vote_above": 0.5},
        method="supervised",
        profile=ProfileSummary(
            "Barack Obama",
            made_from=(
                {
                    "recording": "address",
                    "person": "Barack Obama",
                    "label": "real",
                    "seconds": 63.0,
                    "sha256": "a" * 64,
                },
                {"recording": "other", "person": "Other", "label": "fake", "seconds": 200.0, "sha256": "b" * 64},
            ),
            training={
                "split": "recording",
                "settings": {"seed": 0},
                "test": {"movements": 40, "recordings": 5, "accuracy": 0.9, "interval": [0.8, 0.95], "majority": 0.6},
            },
        ),
        versions={"poseprint": "0.1.0"},
        hashes={"recording": "c" * 64},
    )
    return replace(verdict, **changes)


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, text by element, and the scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, _: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts.append(data)
        elif self._inside != "style":
            self.text += data

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", self.text)


def written(tmp_path: Path, verdict: Verdict, series: PoseSeries, **options: Any) -> Page:
    write_report(verdict, series, tmp_path / "report.html", **options)
    return Page((tmp_path / "report.html").read_text(encoding="utf-8"))


NOD = Departure(
    "place_nose_x", "place of the nose along x", "posture", ("nose",), 0.26, -0.05, 0.18, "shoulder widths", 4.5
)
HASTE = Departure("tempo", "tempo of the right wrist", "tempo", ("right_wrist",), 1.0, 2.0, 6.0, "1/s", -2.5)
LLRS = ((2.0, 1.5, 1.0), (-0.5, -1.2, 0.4), (0.01, None, 0.01), (1.2, 0.9, 0.8))


def weighed(series: PoseSeries, llr: tuple[float | None, ...] = (1.42, 0.31, 1.1), **changes: Any) -> Verdict:
    """What an enrolled profile might say of `waving`."""
    kinds = ("both", "motion", "static")
    movements = tuple(
        MovementScore(
            150 * i,
            150 * i + 150,
            5.0 * i,
            5.0 * i + 5,
            both or 0.0,
            int((both or 0) > 0),
            0.95,
            dict(zip(kinds, (both, *rest), strict=True)),
            (NOD, HASTE) if i == 1 else (),
        )
        for i, (both, *rest) in enumerate(LLRS)
    )
    evidence = LikelihoodRatio(
        llr=dict(zip(kinds, llr, strict=True)),
        margin={kind: 0.12 for kind, value in zip(kinds, llr, strict=True) if value is not None},
        lower=-1.3,
        upper=2.3,
        thresholds=Costs().thresholds,
        usual_costs=True,
        words="moderate support that it is Barack Obama who moves",
        rests_on="movement and posture",
        hidden=0.24,
        error_rates={
            "seconds": 20.0,
            "enrolled": 3,
            "eer": 0.221,
            "eer_interval": [0.164, 0.295],
            "persons": 20,
            "genuine_consistent": 0.1875,
            "genuine_inconsistent": 0.034,
            "impostor_consistent": 0.0008,
            "impostor_inconsistent": 0.1969,
        },
        departures=(NOD, HASTE),
        qualities=(Quality("posture", "head", 3.5), Quality("posture", "left arm", 1.2), Quality("tempo", "body", 0.4)),
        typical=(0, 3),
        untypical=(1,),
        change=None,
    )
    evidence = replace(evidence, **{k: changes.pop(k) for k in list(changes) if k in LikelihoodRatio.__annotations__})
    made_from = [
        {
            "recording": "address",
            "person": "Barack Obama",
            "label": "real",
            "session": "monday",
            "seconds": 63.0,
            "movements": 24,
        },
        {
            "recording": "rally",
            "person": "Barack Obama",
            "label": "real",
            "session": "",
            "seconds": 57.0,
            "movements": 20,
        },
    ]
    finding = {"code": "ONE_SESSION", "severity": "warning", "message": "all of one day", "advice": "add another day"}
    verdict = judged(
        series,
        decision="consistent",
        reason="LLR +1.42: moderate support.",
        movements=movements,
        method="enrolled",
        profile=ProfileSummary("Barack Obama", tuple(made_from), findings=(finding,)),
    )
    return replace(verdict, **{"evidence": evidence, "score": llr[0], **changes})


def having(page: Page, name: str) -> list[dict[str, str | None]]:
    """The attributes of every element of a class."""
    return [a for _, a in page.elements if name in (a.get("class") or "").split()]
