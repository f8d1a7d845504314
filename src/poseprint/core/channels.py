"""The channels of a PoseSeries that measure a head, a face, hands and depth: their names, and how they mirror and scale."""

from __future__ import annotations

from collections.abc import Mapping

from poseprint.core.arrays import Array

HEAD = tuple(f"head_{name}" for name in ("yaw", "pitch", "roll", "x", "y", "confidence"))
"""Rotation in radians (`poseprint.core.rotation`), the middle of the face in pixels, and the confidence, 0 to 1."""
BLENDSHAPES = (
    "neutral",
    *(f"brow_{name}" for name in ("down_left", "down_right", "inner_up", "outer_up_left", "outer_up_right")),
    *(f"cheek_{name}" for name in ("puff", "squint_left", "squint_right")),
    *(
        f"eye_{name}_{side}"
        for name in ("blink", "look_down", "look_in", "look_out", "look_up", "squint", "wide")
        for side in ("left", "right")
    ),
    *(f"jaw_{name}" for name in ("forward", "left", "open", "right")),
    "mouth_close",
    *(f"mouth_{name}_{side}" for name in ("dimple", "frown") for side in ("left", "right")),
    *(f"mouth_{name}" for name in ("funnel", "left", "lower_down_left", "lower_down_right")),
    *(f"mouth_{name}" for name in ("press_left", "press_right", "pucker", "right")),
    *(f"mouth_{name}" for name in ("roll_lower", "roll_upper", "shrug_lower", "shrug_upper")),
    *(f"mouth_{name}_{side}" for name in ("smile", "stretch", "upper_up") for side in ("left", "right")),
    *(f"nose_sneer_{side}" for side in ("left", "right")),
)
"""The 52 coefficients of expression of MediaPipe's face landmarker, 0 to 1."""
FACE = (*(f"face_{name}" for name in BLENDSHAPES), "face_confidence")
HAND_JOINTS = (
    "wrist",
    *(f"thumb_{joint}" for joint in ("cmc", "mcp", "ip", "tip")),
    *(
        f"{finger}_{joint}"
        for finger in ("index", "middle", "ring", "little")
        for joint in ("mcp", "pip", "dip", "tip")
    ),
)
"""The 21 keypoints of a hand."""
HANDS = {
    side: (*(f"{side}_hand_{joint}_{axis}" for joint in HAND_JOINTS for axis in "xy"), f"{side}_hand_confidence")
    for side in ("right", "left")
}
"""Keypoints of each hand in pixels, then its confidence, 0 to 1."""
_TRACKS = ("depth_", "head_", "face_", "right_hand_", "left_hand_")


def is_track(name: str) -> bool:
    """Whether a channel measures the person, from frame to frame, and not the picture."""
    return name.startswith(_TRACKS)


def is_place(name: str) -> bool:
    """Whether a channel is a coordinate in pixels."""
    return is_track(name) and (name.startswith("depth_") or name.endswith(("_x", "_y")))


def mirrored_name(name: str) -> str:
    """The name of the same on the other side, of a keypoint or a channel."""
    return "_".join({"left": "right", "right": "left"}.get(part, part) for part in name.split("_"))


def scaled(channels: Mapping[str, Array], factor: float) -> dict[str, Array]:
    """The channels as a picture so many times as large shows them."""
    return {name: values * factor if is_place(name) else values for name, values in channels.items()}


def mirrored(channels: Mapping[str, Array], width: float) -> dict[str, Array]:
    """The channels as the mirrored film shows them, in a picture so many pixels wide."""
    found = {}
    for name, values in channels.items():
        if not is_track(name):
            found[name] = values
        elif name in ("head_yaw", "head_roll"):
            found[name] = -values
        else:
            found[mirrored_name(name)] = width - values if name.endswith("_x") else values
    return found
