"""Findings: doubts about a recording that can be lived with, each with a stable code.

`docs/findings.md` is generated from the tables here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from poseprint.core.arrays import Span

Severity = Literal["exclude", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One doubt about a recording. It measures consistency of the data, not truth.

    Attributes:
        code: stable identifier, such as SECOND_PERSON.
        severity: `exclude`: the frames are not used as evidence; `warning`: they are used but the
            evidence is weaker; `note`: good to know.
        message: what was seen, with numbers.
        advice: what the user can do about it.
        frames: ranges (first, last + 1) it concerns; empty where it concerns the whole recording.
    """

    code: str
    severity: Severity
    message: str
    advice: str
    frames: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Inspection:
    """What the gates say of a recording.

    Attributes:
        findings: doubts, the gravest first.
        spans: stretches of frames that may serve as evidence, none across a cut.
        seen: share of the time each pair of keypoints was seen, by name, 0 to 1.
        seconds: length of the stretches together.
        kinds: the same stretches, and those of head, face and hands where these were measured, by kind of evidence.
    """

    findings: tuple[Finding, ...]
    spans: tuple[Span, ...]
    seen: Mapping[str, float]
    seconds: float
    kinds: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)

    def seconds_by_kind(self, fps: float) -> dict[str, float]:
        """Length of the stretches together, by kind of evidence, at so many frames a second."""
        return {kind: sum(last - first for first, last in spans) / fps for kind, spans in self.kinds.items()}

    @property
    def excluding(self) -> tuple[Finding, ...]:
        """The findings for which frames are not used as evidence."""
        return tuple(f for f in self.findings if f.severity == "exclude")


CODES: dict[str, tuple[Severity, str]] = {
    "NO_PERSON": ("exclude", "No person is found anywhere in the recording."),
    "PERSON_ABSENT": ("exclude", "For a while nobody is in the picture, or not the person who is measured."),
    "SECOND_PERSON": (
        "exclude",
        "Somebody else of comparable size is in the picture, or within arm's reach of whoever is measured on a crop of "
        "their own, so it is unclear whose movement is measured.",
    ),
    "WHO_IS_MEANT": (
        "exclude",
        "Several people are about as large, as central and as long in sight; nothing is judged until one is chosen.",
    ),
    "OTHERS_IN_SIGHT": (
        "note",
        "Others of comparable size are in the picture; one person is measured on their own crop.",
    ),
    "JOINTS_DOUBTED": (
        "warning",
        "A second look at the same picture puts joints elsewhere; these weigh less.",
    ),
    "BODY_NOT_IN_SIGHT": (
        "note",
        "Head and face are in sight and measured, shoulders and arms are not long enough to judge by.",
    ),
    "TRACKING_JUMP": (
        "warning",
        "The tracked body leaps, as when the estimator changes from one person to another; movements end there.",
    ),
    "UNSTEADY": (
        "exclude",
        "The body flickers from frame to frame as none moves: frames in disorder, or keypoints that are none.",
    ),
    "CUTS": ("note", "The recording is edited; no movement crosses a cut."),
    "SHOULDERS_HIDDEN": ("exclude", "Shoulders are rarely seen, so there is no body to measure by."),
    "ARMS_NOT_IN_SIGHT": (
        "exclude",
        "Neither elbows nor wrists are seen: a close-up, or a body hidden up to the shoulders.",
    ),
    "ELBOWS_HIDDEN": ("warning", "Elbows are rarely seen."),
    "WRISTS_HIDDEN": ("warning", "Wrists are rarely seen, as behind a lectern."),
    "FACE_HIDDEN": ("warning", "Nose and eyes are rarely seen."),
    "TINY_PERSON": ("exclude", "The person is too small for keypoints to be exact."),
    "SMALL_PICTURE": ("warning", "The picture is small."),
    "OFF_CENTRE": ("warning", "The person is far from the middle of the picture."),
    "POINTS_OUTSIDE": ("note", "Some points of the poses lie outside the picture; they count as not seen."),
    "PICTURE_SIZE_DOUBTED": (
        "exclude",
        "Many points of the poses lie outside the picture: it is hardly the one they were measured in.",
    ),
    "CAMERA_MOVES": ("warning", "The camera moves."),
    "CAMERA_PAN": ("exclude", "The camera moves fast."),
    "FROZEN": ("exclude", "The picture stands still for a while although the video runs."),
    "REPEATED_FRAMES": ("warning", "Pictures are repeated: the video really has fewer per second than it says."),
    "STILL_PICTURE": ("exclude", "Nothing in the recording moves: a photograph, not a film."),
    "LOW_FRAME_RATE": ("warning", "The video has few pictures per second, so fast movement is lost."),
    "FRAME_RATE_CONVERTED": (
        "note",
        "The video is not at 30 pictures per second; poses were brought to 30 by their time stamps.",
    ),
    "PAUSE": ("exclude", "For a while no picture comes: the recording paused, or pictures are lost."),
    "CLOCK_RESTARTS": (
        "note",
        "The file's clock starts again or leaps, as where parts were put together; no movement crosses the place.",
    ),
    "NO_TIME_STAMPS": ("warning", "The file does not tell when its pictures are shown, so speeds rest on its header."),
    "SHAPE_CHANGES": (
        "warning",
        "The picture's size, shape or orientation changes within the file; no movement crosses the change.",
    ),
    "SEVERAL_STREAMS": ("note", "The file holds several video streams; one of them was measured."),
    "BLACK_BARS": ("note", "The picture has black bars; they were left out."),
    "NOT_UPRIGHT": (
        "exclude",
        "The person lies on the side or stands on the head: the film is turned and does not say so.",
    ),
    "INTERLACED": ("warning", "Each picture is woven of two moments, so what moves fast has combed edges."),
    "HIGH_DYNAMIC_RANGE": ("note", "Brightness is coded for a display of high dynamic range and was not adapted."),
    "FILE_DAMAGED": ("warning", "Part of the file could not be decoded."),
    "HEADER_DISAGREES": ("note", "The file's header promises another number of frames than it holds."),
    "TOO_LITTLE_EVIDENCE": ("exclude", "What passes the gates is shorter than one movement."),
    "FRAMING_DIFFERS": ("warning", "The person is framed differently than in the footage the profile was made from."),
    "RECORDING_LEFT_OUT": ("warning", "A recording cannot serve for enrolment."),
    "DUPLICATE_RECORDING": ("note", "A recording shows a take that is enrolled already; it counts once."),
    "RECORDINGS_DISAGREE": (
        "warning",
        "Some of the enrolled recordings look like another mover: a wrong person, or another camera or seat.",
    ),
    "ONE_RECORDING": ("warning", "The profile rests on a single recording."),
    "ONE_SESSION": ("warning", "All enrolled recordings are of one place and day, as far as is known."),
    "MORE_WOULD_HELP": ("note", "More footage of the person would make verdicts surer."),
    "HANDS_UNKNOWN": ("warning", "The enrolled recordings rarely show the hands."),
    "UNTRIED_ESTIMATOR": ("warning", "Error rates were never measured with this pose estimator."),
    "CALIBRATED_ON_FEW": ("note", "LLRs on films were calibrated on few people and short clips."),
    "UNLIKE_BACKGROUND": (
        "warning",
        "The footage is of another kind than the background's: its LLRs cannot be trusted.",
    ),
    "POSTURE_ALONE": ("warning", "The verdict rests on posture and framing; the movement itself says nothing."),
    "CHANGE_OF_MOVER": ("warning", "Within the recording, the mover seems to change."),
    "FACE_ALONE": (
        "warning",
        "The face moves like the person's, body and head do not: so does a face swap, whoever moves under it.",
    ),
    "PARTS_DISAGREE": (
        "warning",
        "Parts of the mover speak against each other: a face or a mouth may be put on somebody's movement.",
    ),
    "NOTHING_IN_COMMON": (
        "warning",
        "The recording shows other parts of the person than the profile knows.",
    ),
    "KNOWN_TAKE": (
        "warning",
        "The profile was made from this take, or from a part of it: its movement, whatever face it has now, is counted twice.",
    ),
    "PROFILE_DOUBTED": ("warning", "The profile's own recordings do not look like one person."),
}
"""Every code, its severity and its meaning."""

ADVICE = {
    "NO_PERSON": "use a recording that shows the person's upper body",
    "PERSON_ABSENT": "nothing to do if the rest is long enough; otherwise trim the video to the person",
    "SECOND_PERSON": "crop the video to the one person you mean, then run again",
    "WHO_IS_MEANT": "choose one with --who NUMBER or --at X,Y@SECONDS; `poseprint inspect` lists them",
    "OTHERS_IN_SIGHT": "check that it is the one you mean; --who NUMBER measures another",
    "JOINTS_DOUBTED": "look at the replay; a larger or sharper version of the video may settle it",
    "BODY_NOT_IN_SIGHT": "nothing to do: head and face are judged; footage that is framed wider says more",
    "TRACKING_JUMP": "look at the replay; crop the video to one person if it jumps between people",
    "UNSTEADY": "look at the replay; get the file again, or measure it again",
    "CUTS": "nothing to do; a longer unedited take makes stronger evidence",
    "SHOULDERS_HIDDEN": "use footage that shows head, shoulders and arms",
    "ARMS_NOT_IN_SIGHT": "use footage that is framed wider; where only a head is seen, head and face are judged",
    "ELBOWS_HIDDEN": "prefer footage in which the arms can be seen",
    "WRISTS_HIDDEN": "prefer footage in which the hands can be seen",
    "FACE_HIDDEN": "prefer footage filmed from the front",
    "TINY_PERSON": "use a larger version of the video or a closer shot",
    "SMALL_PICTURE": "find the original in a higher resolution",
    "OFF_CENTRE": "check that the measured person is the one you mean",
    "POINTS_OUTSIDE": "nothing to do",
    "PICTURE_SIZE_DOUBTED": "give the size of the picture that the poses were measured in (--frame-size)",
    "CAMERA_MOVES": "prefer a steady shot; the paper's normalisation takes camera movement for body movement",
    "CAMERA_PAN": "use a steady part of the recording",
    "FROZEN": "look at the video there: a stalled stream, or an edit",
    "REPEATED_FRAMES": "find the original, before its frame rate was changed",
    "STILL_PICTURE": "use a film of the person, not a photograph",
    "LOW_FRAME_RATE": "find a version with 24 pictures per second or more",
    "FRAME_RATE_CONVERTED": "nothing to do",
    "PAUSE": "nothing to do if the rest is long enough; otherwise find a version without the pause",
    "CLOCK_RESTARTS": "look at the place: find out whether one recording was put together from parts",
    "NO_TIME_STAMPS": "find the original file; speeds are wrong if its header does not tell the true frame rate",
    "SHAPE_CHANGES": "look at the place: an edit, or a stream that changed its quality",
    "SEVERAL_STREAMS": "if you mean another one, write it into a file of its own and run again",
    "BLACK_BARS": "nothing to do",
    "NOT_UPRIGHT": "turn the film upright and run again",
    "INTERLACED": "nothing to do for slow movement; otherwise find the original, or take the fields apart first",
    "HIGH_DYNAMIC_RANGE": "nothing to do; poses of such footage differ a little more from those of other versions",
    "FILE_DAMAGED": "get the file again if you can; what decoded was used",
    "HEADER_DISAGREES": "nothing to do; what decoded was used",
    "TOO_LITTLE_EVIDENCE": "use a longer recording in which the upper body stays in sight without cuts",
    "FRAMING_DIFFERS": "compare with footage framed alike, or enrol footage framed like this",
    "RECORDING_LEFT_OUT": "give a recording in which head, shoulders and arms are in sight for some seconds",
    "DUPLICATE_RECORDING": "nothing to do; other takes would add more",
    "RECORDINGS_DISAGREE": "look at them; take out what is not the person with --forget NAME",
    "ONE_RECORDING": "add recordings of other days and places with --add",
    "ONE_SESSION": "add recordings of another day, and name days with --session",
    "MORE_WOULD_HELP": "add recordings of other days with --add",
    "HANDS_UNKNOWN": "add recordings that show the hands",
    "UNTRIED_ESTIMATOR": "measure the videos with poseprint's own estimator",
    "CALIBRATED_ON_FEW": "treat the LLR as a reason to look closer; compare it with those of other clips of the person",
    "UNLIKE_BACKGROUND": "measure the videos with poseprint's own estimator, or see `poseprint evaluate` on such footage",
    "POSTURE_ALONE": "do not rest a claim on it: a podium is not a person",
    "CHANGE_OF_MOVER": "look at the replay there; check the parts one by one",
    "FACE_ALONE": "compare footage in which more of body and head is seen; find out where the face comes from",
    "PARTS_DISAGREE": "look at the parts over time in the report; find the original of the footage",
    "NOTHING_IN_COMMON": "enrol footage framed like this one, or check footage framed like the enrolled",
    "KNOWN_TAKE": "check another take, or trim the recording to what is not in the profile; footage said to be new was used again",
    "PROFILE_DOUBTED": "look at the profile's findings first: `poseprint enroll` lists them",
}


def finding(code: str, message: str, frames: tuple[Span, ...] = ()) -> Finding:
    """A Finding with the severity and advice its code has."""
    return Finding(code, CODES[code][0], message, ADVICE[code], frames)


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings ordered by severity; those of one severity stay in their order."""
    return tuple(sorted(findings, key=lambda f: get_args(Severity).index(f.severity)))
