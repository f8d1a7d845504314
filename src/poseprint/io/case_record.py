"""What the log of a case says: its question, inputs, profiles, checks and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from poseprint.core.errors import PoseprintError
from poseprint.io.case_log import LOG, Line


@dataclass(frozen=True)
class Input:
    """A file that is examined.

    Attributes:
        number: from 1, in the order in which inputs were added.
        sha256: of the file, taken before anything decoded it.
        name: of the file as it was added.
        file: the copy in the case; empty where the case has its hash alone.
        path: where the file lies, if the case has no copy.
        size: bytes.
        modified: when the file was last written, by the file system it came from.
        added: when it was added.
        provenance: see `poseprint.io.provenance.Provenance`; empty if that was never told.
    """

    number: int
    sha256: str
    name: str
    file: str
    path: str
    size: int
    modified: str
    added: str
    provenance: Mapping[str, Any]


@dataclass(frozen=True)
class ProfileCopy:
    """A profile that inputs were compared with.

    Attributes:
        sha256: of the profile.
        person: whose it is.
        folder: the copy in the case.
        files: path in the case -> sha256.
    """

    sha256: str
    person: str
    folder: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class Check:
    """What a check found.

    Attributes:
        number: from 1; its files lie in checks/N.
        time: when it was logged.
        input: number of the input.
        profile: sha256 of the profile.
        decision, reason: see `poseprint.core.verdict.Verdict`.
        llr: static, motion and both, base 10; empty where the profile gives none.
        versions, hashes: of the verdict; `models` among the hashes by file, `program` of poseprint's own code.
        command: what repeats it, run in the folder of the case.
        files: path in the case -> sha256.
    """

    number: int
    time: str
    input: int
    profile: str
    decision: str
    reason: str
    llr: Mapping[str, float | None]
    versions: Mapping[str, str]
    hashes: Mapping[str, Any]
    command: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class Note:
    """What the examiner wrote.

    Attributes:
        time: when.
        by: who; empty if that was not said.
        text: what.
    """

    time: str
    by: str
    text: str


@dataclass(frozen=True)
class CaseRecord:
    """What the log of a case says.

    Attributes:
        question: what the case asks.
        created: when it was made.
        changed: when its last line was written.
        head: hash of that line.
        inputs, profiles, checks, notes: in the order in which they came.
        files: path in the case -> sha256 of every file.
    """

    question: str
    created: str
    changed: str
    head: str
    inputs: tuple[Input, ...]
    profiles: tuple[ProfileCopy, ...]
    checks: tuple[Check, ...]
    notes: tuple[Note, ...]
    files: Mapping[str, str]

    @staticmethod
    def of(lines: Sequence[Line]) -> CaseRecord:
        """Read what the lines of an unaltered log say.

        Raises:
            PoseprintError: they do not say what lines of a case do.
        """
        try:
            return _record(lines)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PoseprintError(f"{LOG}: a line does not say what that of a case does ({error})") from error

    def to_dict(self) -> dict[str, Any]:
        """As json-ready values."""
        values = asdict(self)
        del values["files"]
        return values


def _record(lines: Sequence[Line]) -> CaseRecord:
    inputs: dict[str, Input] = {}
    profiles: dict[str, ProfileCopy] = {}
    checks, notes = [], []
    files: dict[str, str] = {}
    for line in lines:
        facts, own = line.facts, dict(line.files)
        files |= own
        if line.event == "input":
            inputs[facts["sha256"]] = _input(line, inputs)
        elif line.event == "provenance":
            found = {"words": _text(facts["found"]["words"]), **facts["found"]}
            inputs[facts["input"]] = replace(inputs[facts["input"]], provenance=found)
        elif line.event == "profile":
            profiles[facts["sha256"]] = ProfileCopy(
                _text(facts["sha256"]), _text(facts["person"]), _text(facts["folder"]), own
            )
        elif line.event == "check":
            checks.append(_check(line, inputs[facts["input"]], profiles[facts["profile"]]))
        elif line.event == "note":
            notes.append(Note(line.time, _text(facts["by"]), _text(facts["text"])))
    return CaseRecord(
        question=_text(lines[0].facts["question"]),
        created=lines[0].time,
        changed=lines[-1].time,
        head=lines[-1].hash,
        inputs=tuple(inputs.values()),
        profiles=tuple(profiles.values()),
        checks=tuple(checks),
        notes=tuple(notes),
        files=files,
    )


def _input(line: Line, known: Mapping[str, Input]) -> Input:
    """The input that a line names; one that was added again keeps its number."""
    facts, before = line.facts, known.get(line.facts["sha256"])
    return Input(
        number=before.number if before else len(known) + 1,
        sha256=_text(facts["sha256"]),
        name=_text(facts["name"]),
        file=next(iter(line.files), before.file if before else ""),
        path=_text(facts["path"]),
        size=int(facts["size"]),
        modified=_text(facts["modified"]),
        added=before.added if before else line.time,
        provenance=before.provenance if before else {},
    )


def _check(line: Line, examined: Input, profile: ProfileCopy) -> Check:
    facts = line.facts
    return Check(
        number=int(facts["number"]),
        time=line.time,
        input=examined.number,
        profile=profile.sha256,
        decision=_text(facts["decision"]),
        reason=_text(facts["reason"]),
        llr=dict(facts["llr"]),
        versions={"poseprint": _text(facts["versions"]["poseprint"]), **facts["versions"]},
        hashes=dict(facts["hashes"]),
        command=_text(facts["command"]),
        files=dict(line.files),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
