"""What codecs, sizes, frame rates and another estimator do to statistics and likelihood ratios, from real footage.

    python benchmarks/robustness.py [--keep DIR]

Short clips of two speakers are encoded anew (H.264 at CRF 23 and 40, half the size, 10 and 15 pictures a second),
measured again, and compared with what the clip itself gave. The speakers are enrolled on their other clips as they
are, read from the data set of benchmarks/clips.py where that is there. A signer's clips, for which OpenPose's own
output is there, show what another estimator does. Distances are in standard deviations of what varies between
recordings of one person, by the background that ships; changes made to poses rather than pictures are in
`poseprint evaluate`. DIR keeps the poses: where they are, nothing is measured again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from clips import FOLDER
from common import SHARED, clips, finish

from poseprint.core.arrays import Array
from poseprint.core.series import PoseSeries
from poseprint.estimation.extraction import extract
from poseprint.io.openpose_json import read_openpose_json
from poseprint.io.parquet import read_poses, write_poses
from poseprint.movements.measure import Measured, measure
from poseprint.movements.statistics import MOTION, STATIC, catalogue, columns_of
from poseprint.verification.background import KINDS
from poseprint.verification.decision import Costs
from poseprint.verification.reference import EVIDENCE, Reference, shipped
from poseprint.verification.summary import Summary

CLIPS = {
    "Obama": (
        "obama_real_2020-rally-philadelphia",
        "obama_real_nasa-speech_stock-watermark",
        "obama_real_2020-dnc-philadelphia_cspan",
    ),
    "Trump": (
        "trump_real_2015-12-30-rally_1080p",
        "trump_real_factory-speech",
        "trump_real_2018-fargo-fundraiser_cbsn",
    ),
}
"""Clips of each speaker; the first two, short ones, are tested, each with the others enrolled."""
TESTED = 2
FINE = 16
"""CRF of what is changed in another way than by compression."""
CHANGES: dict[str, dict[str, float]] = {
    "crf_23": {"crf": 23},
    "crf_40": {"crf": 40},
    "half_size": {"scale": 0.5},
    "15_fps": {"fps": 15},
    "10_fps": {"fps": 10},
}


def encoded(source: Path, target: Path, *, crf: int = FINE, scale: float = 1.0, fps: float | None = None) -> Path:
    """The video encoded anew; of a lower frame rate, with the picture on display at each of its times."""
    with av.open(str(source)) as video, av.open(str(target), "w") as out:
        given = video.streams.video[0]
        rate = Fraction(fps).limit_denominator(1001) if fps else given.average_rate
        stream = out.add_stream("libx264", rate=rate)
        stream.width, stream.height = (2 * round(v * scale / 2) for v in (given.width, given.height))
        stream.pix_fmt, stream.options = "yuv420p", {"crf": str(crf), "preset": "medium"}
        stream.codec_context.time_base = Fraction(1, 90000)
        for seconds, frame in _shown(video, given, fps):
            picture = frame.reformat(stream.width, stream.height, "yuv420p", interpolation="AREA")
            picture.pts, picture.time_base, picture.pict_type = round(seconds * 90000), Fraction(1, 90000), 0
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return target


def _shown(video: Any, stream: Any, fps: float | None) -> Iterator[tuple[float, Any]]:
    start, due, last = None, 0, None
    for frame in video.decode(stream):
        start = frame.time if start is None else start
        seconds = frame.time - start
        if fps is None:
            yield seconds, frame
            continue
        while last is not None and due / fps < seconds - 1e-6:
            yield due / fps, last
            due += 1
        last = frame
    if fps is not None and last is not None:
        yield due / fps, last


def distances(first: Measured, second: Measured, reference: Reference) -> dict[str, Any]:
    """How far two measurements of the same movement are apart, median over statistics, by kind and by quality."""
    b = reference.background
    means, other_means = (Summary.of_movements(m.movements()).mean for m in (first, second))
    step = np.abs(means - other_means) / b.scale
    deviation = np.sqrt(np.maximum(np.diag(b.within), 1e-9))
    far = step / deviation

    def middle(qualities: tuple[str, ...]) -> float | None:
        values = far[columns_of(qualities, b.axes)]
        return _rounded(float(np.median(values[np.isfinite(values)]))) if np.isfinite(values).any() else None

    known = columns_of((*STATIC, *MOTION), b.axes)
    lost = np.isfinite(means[known]) & ~np.isfinite(other_means[known])
    return {
        **{kind: middle(qualities) for kind, qualities in KINDS.items()},
        "by_quality": {
            q: middle((q,))
            for q in dict.fromkeys(s.quality for s in catalogue(b.axes))
            if q in _USED and len(columns_of((q,), b.axes))
        },
        "statistics_lost": int(lost.sum()),
    }


_USED = (*STATIC, *MOTION)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def llrs(reference: Reference, enrolled: dict[str, list[Measured]], tested: Measured) -> dict[str, dict[str, Any]]:
    """LLRs of the tested recording for whoever is enrolled, base 10; that of `both` also before its bounds."""
    out = {}
    for person, own in enrolled.items():
        seen = reference.seen_by(own[0].series.estimator.name, person)
        (evidence,) = seen.evidence(
            Summary.joined([Summary.of_movements(m.movements()) for m in own]),
            [Summary.of_movements(tested.movements())],
        )
        out[person] = {kind: _rounded(evidence.llr[kind]) for kind in EVIDENCE}
        out[person]["both_unbounded"] = _rounded(evidence.ranking["both"])
    return out


def poses(video: Path, kept: Path, *, make: Callable[[], Path] | None = None) -> PoseSeries:
    """The poses in a video, which is made if need be; measured once and kept."""
    if not kept.exists():
        write_poses(extract(make() if make else video), kept)
        print(kept.stem, file=sys.stderr)
    return read_poses(kept)


def speakers(reference: Reference, folder: Path) -> list[dict[str, Any]]:
    whole: dict[str, Measured] = {}
    for name in (name for names in CLIPS.values() for name in names):
        ready = FOLDER / f"{name}.parquet"
        whole[name] = measure(
            poses(SHARED / "videos" / f"{name}.mp4", ready if ready.exists() else folder / f"{name}.parquet"),
            reference.axes,
        )
    rows = []
    for person, names in CLIPS.items():
        for name in names[:TESTED]:
            enrolled = {
                who: [whole[n] for n in own if n != name and len(whole[n].movements())] for who, own in CLIPS.items()
            }
            rows.append(_clip_row(reference, folder, person, name, whole[name], enrolled))
    return rows


def _clip_row(
    reference: Reference, folder: Path, person: str, name: str, before: Measured, enrolled: dict[str, list[Measured]]
) -> dict[str, Any]:
    source = SHARED / "videos" / f"{name}.mp4"
    row: dict[str, Any] = {
        "clip": name,
        "person": person,
        "seconds": round(before.movements().seconds, 1),
        "enrolled_seconds": {who: round(sum(m.movements().seconds for m in own), 1) for who, own in enrolled.items()},
        "llr": llrs(reference, enrolled, before),
        "changes": {},
    }
    for change, how in CHANGES.items():
        video = folder / f"{name}-{change}.mp4"
        make = partial(encoded, source, video, **how)
        after = measure(poses(video, video.with_suffix(".parquet"), make=make), reference.axes)
        figures: dict[str, Any] = {"seconds": round(after.movements().seconds, 1)}
        if len(after.movements()):
            figures |= {"distance": distances(before, after, reference), "llr": llrs(reference, enrolled, after)}
        row["changes"][change] = figures
    return row


def estimators(reference: Reference, folder: Path) -> list[dict[str, Any]]:
    """OpenPose's output and MediaPipe's of the same clips, both as measured."""
    data = SHARED / "openpose_signer"
    ours: dict[str, Measured] = {}
    theirs: dict[str, Measured] = {}
    for clip in sorted(data.glob("*.mp4")):
        series = poses(clip, folder / f"{clip.stem}.parquet")
        other = read_openpose_json(data / "json" / clip.stem, fps=25, frame_size=series.frame_size)
        ours[clip.stem], theirs[clip.stem] = measure(series, reference.axes), measure(other, reference.axes)
    rows = []
    for name in ours:
        if not (len(ours[name].movements()) and len(theirs[name].movements())):
            rows.append({"clip": name, "distance": None})
            continue
        others = {"signer": [m for n, m in ours.items() if n != name and len(m.movements())]}
        rows.append(
            {
                "clip": name,
                "seconds": round(ours[name].movements().seconds, 1),
                "distance": distances(ours[name], theirs[name], reference),
                "llr_same_estimator": llrs(reference, others, ours[name])["signer"],
                "llr_other_estimator": llrs(reference, others, theirs[name])["signer"],
            }
        )
    return rows


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Over the clips, for each change: median distance, and how the LLR of both kinds moves before its bounds."""
    out = {}
    for change in CHANGES:
        measured = [(row, row["changes"][change]) for row in rows if "distance" in row["changes"][change]]
        moves: dict[str, list[float]] = {"genuine": [], "impostor": []}
        changed = total = 0
        for row, after in measured:
            for who, llr in row["llr"].items():
                other = after["llr"][who]
                if llr["both"] is not None and other["both"] is not None:
                    side = "genuine" if who == row["person"] else "impostor"
                    moves[side].append(other["both_unbounded"] - llr["both_unbounded"])
                    changed += Costs().decide(llr["both"]) != Costs().decide(other["both"])
                    total += 1
        out[change] = {
            "clips": len(measured),
            **{kind: _median([after["distance"][kind] for _, after in measured]) for kind in KINDS},
            "llr_moves": {side: _median(values) for side, values in moves.items()},
            "llr_moves_most": {side: _rounded(max(map(abs, values), default=None)) for side, values in moves.items()},
            "verdicts_changed": f"{changed} of {total}",
        }
    return out


def as_they_are(rows: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Verdicts on the clips before any change: where all are alike, that none changes says little."""
    verdicts: dict[str, Counter[str]] = {"genuine": Counter(), "impostor": Counter()}
    for row in rows:
        for who, llr in row["llr"].items():
            if llr["both"] is not None:
                verdicts["genuine" if who == row["person"] else "impostor"][Costs().decide(llr["both"])] += 1
    return {side: dict(counts) for side, counts in verdicts.items()}


def _median(values: list[Any]) -> float | None:
    known: Array = np.array([v for v in values if v is not None])
    return round(float(np.median(known)), 3) if len(known) else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "poseprint-robustness")
    folder = parser.parse_args().keep
    folder.mkdir(parents=True, exist_ok=True)
    next(iter(clips()))  # says so where there are none
    reference = shipped(2)
    rows = speakers(reference, folder)
    signer = estimators(reference, folder)
    finish(
        "robustness",
        {
            "reference": reference.sha256[:16],
            "verdicts_as_they_are": as_they_are(rows),
            "summary": summary(rows),
            "another_estimator": {
                **{kind: _median([r["distance"][kind] for r in signer if r["distance"]]) for kind in KINDS},
                "clips": sum(r["distance"] is not None for r in signer),
            },
            "clips": rows,
            "signer": signer,
        },
    )


if __name__ == "__main__":
    main()
