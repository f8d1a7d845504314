"""The html report: one file that shows a verdict and all its evidence, offline and without the footage.

The frame of the page is report.html. Its blocks are filled by enrolled.html or supervised.html, whichever method made the
verdict, with what the module of that name makes of the verdict.

The page makes no request: its Content-Security-Policy allows only the one script and the one style
sheet whose hashes it names, so a recording called `<script>` stays a name even if escaping failed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from poseprint.core.files import atomic_write
from poseprint.core.progress import Progress, silent
from poseprint.core.series import PoseSeries
from poseprint.core.verdict import Verdict
from poseprint.rendering.report import enrolled, supervised, words
from poseprint.rendering.report.replay import replay_data, small_copy
from poseprint.rendering.report.timeline import ranges, strips, timeline

VIEWS = {"enrolled": enrolled.view, "supervised": supervised.view}
"""What each method's template shows, under `view`."""


def write_report(
    verdict: Verdict,
    series: PoseSeries,
    path: Path | str,
    footage: Path | str | None = None,
    progress: Progress = silent,
) -> None:
    """Write a verdict as one self-contained html page.

    Args:
        verdict: what `poseprint.app.check` found.
        series: the poses it was found on.
        path: the page to write; it is replaced whole or not at all.
        footage: the recording; given, a small copy of its pictures is embedded beside the skeleton.
        progress: called as its frames are copied.

    Raises:
        PoseprintError: the page cannot be written.
        VideoError: the footage cannot be read.
    """
    page = _page(verdict, series, small_copy(Path(footage), progress) if footage else "")
    with atomic_write(path) as partial:
        # A file name may hold bytes that are no text; they must not cost the whole report.
        partial.write_bytes(page.encode("utf-8", "replace"))


def is_report(path: Path) -> bool:
    """Whether a file is a report that `write_report` wrote."""
    with path.open("rb") as file:
        return b'<meta name="generator" content="poseprint">' in file.read(500)


def _page(verdict: Verdict, series: PoseSeries, video: str) -> str:
    files = resources.files(__package__)
    css, skeleton, script = (
        files.joinpath(name).read_text(encoding="utf-8") for name in ("report.css", "skeleton.js", "report.js")
    )
    js = skeleton + script
    return (
        environment()
        .get_template(f"{verdict.method}.html")
        .render(
            verdict=verdict,
            series=series,
            view=VIEWS[verdict.method](verdict),
            timeline=timeline(verdict, series),
            training=words.flat(verdict.profile.training),
            settings=words.flat(verdict.settings),
            made_from=verdict.profile.made_from,
            doubts=words.doubts(verdict),
            strips=strips(verdict, series),
            findings=[(finding, ranges(finding.frames, verdict, series)) for finding in verdict.findings],
            written=datetime.now(UTC).strftime("%-d %B %Y, %H:%M UTC" if os.name != "nt" else "%d %B %Y, %H:%M UTC"),
            data=replay_data(verdict, series),
            verdict_json=json.dumps(words.plain(verdict.to_dict()), indent=2, ensure_ascii=False),
            video=video,
            css=Markup(css),  # our own files: the two texts that are meant to be markup
            js=Markup(js),
            css_hash=csp_hash(css),
            js_hash=csp_hash(js),
        )
    )


def environment() -> Environment:
    """What fills the templates: all that is not ours is escaped, and what is not known is an error."""
    environment = Environment(
        loader=PackageLoader("poseprint", "rendering/report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock": words.clock,
        "duration": words.duration,
        "value": words.value,
        "words": words.words,
        "sentence": words.sentence,
        "llr": words.llr,
        "tick": words.tick,
        "signed": words.signed,
        "short": words.short,
    }
    return environment


def csp_hash(text: str) -> str:
    """What the Content-Security-Policy names a script or style sheet by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
