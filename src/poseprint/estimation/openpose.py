"""Any OpenPose network of 18 joints, given as ONNX, as an estimator of the paper's 12 keypoints.

Every picture is estimated by itself: nothing is smoothed. Joints that the network does not see are missing.
"""

from __future__ import annotations

import hashlib
import math
import threading
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
from PIL import Image

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.core.series import OPENPOSE, EstimatorInfo
from poseprint.core.skeleton import UPPER_BODY
from poseprint.estimation.estimator import Pose
from poseprint.estimation.part_affinity import JOINTS, LIMBS, decode
from poseprint.io.people import ASIDE, MISSED_S, RESIZED, People, centrality, departure

SHORTER = 184
"""Pixels of the shorter side of the network's input, where its file leaves that open. Somebody who fills the picture is
larger than most of those such networks learned from: with 256 fewer arms are seen, at twice the cost (docs/estimators.md)."""
LONGEST = 3
"""Times that the longer side may be the shorter one; a picture that is longer is made smaller."""
MULTIPLE = 8
"""What the sides of the input are multiples of."""
SCALE, OFFSET = "input_scale", "input_offset"
"""Entries of the file's metadata: the network takes a colour from 0 to 255, times the one plus the other. Without them
1 and 0; CMU's own weights need 0.00390625 (1 / 256) and -0.5."""
GREY = 128
"""Colour beside a picture that does not have the shape of the network's input."""

_UPPER_BODY = np.array([0, 1, 2, 3, 4, 5, 6, 7, 14, 15, 16, 17])
_HEAT_MAPS, _FIELDS = JOINTS + 1, 2 * len(LIMBS)
_EXTERNAL = b"\n\x08location\x12"  # as ONNX writes that weights lie in another file


class Network:
    """An OpenPose network; threads may share it.

    Args:
        content: the ONNX file.
        name: of the file, for errors.

    Raises:
        PoseprintError: it is no such network.
    """

    def __init__(self, content: bytes, name: str) -> None:
        import onnxruntime  # loaded only where there is a network to run

        if _EXTERNAL in content:
            raise PoseprintError(f"{name}: its weights lie in another file; save the network as one file")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # several workers share the processors
        options.log_severity_level = 4  # what it would print of a broken network is in the error
        self._name = name
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions share no public base
            raise PoseprintError(f"{name}: no ONNX network that can be run ({_first_line(error)})") from error
        inputs, about = self._session.get_inputs(), self._session.get_modelmeta()
        shape = list(inputs[0].shape) if len(inputs) == 1 and inputs[0].type == "tensor(float)" else []
        if len(shape) != 4 or (isinstance(shape[1], int) and shape[1] != 3):
            raise PoseprintError(
                f"{name}: no OpenPose network: its input is not one float32 picture [1, 3, height, width]"
            )
        self._input = inputs[0].name
        self._height, self._width = (side if isinstance(side, int) else None for side in shape[2:])
        self._scale, self._offset = (
            self._entry(about.custom_metadata_map, key, default) for key, default in ((SCALE, 1), (OFFSET, 0))
        )
        # Converters name the graph after the file it came from, wherever that was.
        self.version = f"{about.producer_name} {Path(about.graph_name).name}".strip()
        self.people(np.full((SHORTER, SHORTER, 3), GREY, dtype=np.uint8))  # what does not fit shows here, not later

    def people(self, picture: Array, shorter: int = SHORTER) -> tuple[Array, Array]:
        """Everybody in a uint8 RGB picture, as `poseprint.estimation.part_affinity.decode`, in pixels of the picture.

        Args:
            picture: [shape=(height, width, 3)].
            shorter: pixels of the input's shorter side, where the network leaves it open.
        """
        height, width = picture.shape[:2]
        zoom = shorter / max(min(height, width), max(height, width) / LONGEST)
        tall, wide = (
            fixed or MULTIPLE * max(2, math.ceil(round(side * zoom) / MULTIPLE))
            for fixed, side in ((self._height, height), (self._width, width))
        )
        zoom = min(tall / height, wide / width)
        inner = max(1, round(width * zoom)), max(1, round(height * zoom))
        shown = np.full((tall, wide, 3), GREY, dtype=np.uint8)
        # The filter takes in all that a pixel covers, so that a picture made smaller does not flicker.
        shown[: inner[1], : inner[0]] = np.asarray(Image.fromarray(picture).resize(inner, Image.Resampling.BICUBIC))
        heat_maps, fields = self._maps(shown)
        position, confidence = decode(heat_maps, fields, tall / heat_maps.shape[1])
        position *= np.array([width, height]) / inner
        outside = (position > (width, height)).any(axis=2)
        position[outside], confidence[outside] = np.nan, 0
        return position, confidence

    def _maps(self, shown: Array) -> tuple[Array, Array]:
        """Heat maps and fields of a picture that has the size of the input."""
        bgr = shown[None, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32) * self._scale + self._offset
        try:
            outputs = self._session.run(None, {self._input: np.ascontiguousarray(bgr, dtype=np.float32)})
        except Exception as error:
            raise PoseprintError(f"{self._name}: the network does not run ({_first_line(error)})") from error
        # A network may give each of its stages, or both kinds of maps as one: the last of each counts.
        maps = {a.shape[1]: a[0] for a in outputs if np.ndim(a) == 4 and len(a) == 1}
        if _HEAT_MAPS + _FIELDS in maps:
            maps[_HEAT_MAPS], maps[_FIELDS] = np.split(maps[_HEAT_MAPS + _FIELDS], [_HEAT_MAPS])
        if not {_HEAT_MAPS, _FIELDS} <= maps.keys():
            found = ", ".join(str(list(np.shape(a))) for a in outputs)
            raise PoseprintError(
                f"{self._name}: no OpenPose network of {JOINTS} joints: it gives {found}, "
                f"expected {_HEAT_MAPS} heat maps and {_FIELDS} part-affinity fields (or both as {_HEAT_MAPS + _FIELDS})"
            )
        heat_maps, fields = maps[_HEAT_MAPS], maps[_FIELDS]
        rows, columns = heat_maps.shape[1:]
        if (
            fields.shape[1:] != (rows, columns)
            or min(rows, columns) < 2
            or rows * bgr.shape[3] != columns * bgr.shape[2]
        ):
            raise PoseprintError(
                f"{self._name}: maps of {columns} x {rows} and fields of {fields.shape[2]} x {fields.shape[1]} "
                f"for a picture of {bgr.shape[3]} x {bgr.shape[2]}; expected one size, the picture's made smaller"
            )
        if not (np.isfinite(heat_maps).all() and np.isfinite(fields).all()):
            raise PoseprintError(f"{self._name}: the network gives values that are no numbers")
        return heat_maps, fields

    def _entry(self, metadata: dict[str, str], key: str, default: float) -> float:
        """A number from the file's metadata."""
        try:
            value = float(metadata.get(key, default))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise PoseprintError(f"{self._name}: {key} in its metadata is {metadata[key]!r}, expected a number")
        return value


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


_loaded: WeakValueDictionary[str, Network] = WeakValueDictionary()
_loading = threading.Lock()


def _load(weights: Path) -> tuple[Network, str]:
    """The network in a file, one for all who use it at a time, and the file's sha256."""
    try:
        content = weights.read_bytes()
    except OSError as error:
        raise PoseprintError(f"{weights}: cannot be read ({error.strerror}); name an ONNX file") from error
    sha256 = hashlib.sha256(content).hexdigest()
    with _loading:
        network = _loaded.get(sha256) or Network(content, str(weights))
        _loaded[sha256] = network
    return network, sha256


class OpenPosePose:
    """One person of a shot, or everybody in a picture.

    Args:
        weights: the network as one ONNX file. Input: float32 [1, 3, height, width], blue, green, red, see SCALE.
            Outputs: 19 heat maps and 38 part-affinity fields, or both as 57 channels in this order.
        shorter: pixels of the shorter side of the network's input, where the file leaves it open.

    Raises:
        PoseprintError: the file cannot be read, or holds no such network.
    """

    skeleton = UPPER_BODY

    def __init__(self, weights: Path, shorter: int = SHORTER) -> None:
        self._network, sha256 = _load(weights)
        self._shorter = shorter
        self.info = EstimatorInfo(OPENPOSE, self._network.version, sha256)

    def find(self, picture: Array) -> tuple[Array, Array]:
        """Everybody in a uint8 RGB picture [shape=(height, width, 3)].

        Returns:
            positions [shape=(people, 12, 2)] in pixels of the picture, NaN = missing; confidence [shape=(people, 12)].
        """
        position, confidence = (values[:, _UPPER_BODY] for values in self._network.people(picture, self._shorter))
        there = (confidence > 0).any(axis=1)  # not legs alone
        return position[there], confidence[there]

    def tracker(self) -> _OpenPoseTracker:
        """See `poseprint.estimation.estimator.Estimator.tracker`.

        The first person is the largest, of nearly equals the one nearer to the middle; it is then who is nearest to
        where they were and about as large. Somebody who is missed for MISSED_S is looked for afresh.
        """
        return _OpenPoseTracker(self)

    def look(self, picture: Array) -> Pose:
        """See `poseprint.estimation.estimator.Estimator.look`."""
        return self.tracker()(0.0, picture)

    def close(self) -> None:
        """The network goes with the last estimator that uses it."""


class _OpenPoseTracker:
    def __init__(self, estimator: OpenPosePose) -> None:
        self._estimator, self._followed = estimator, _Followed()

    def __call__(self, time: float, picture: Array) -> Pose:
        position, confidence = self._estimator.find(picture)
        size = np.array(picture.shape[1::-1], dtype=float)
        people = People.of(np.zeros(len(position), dtype=int), position)
        chosen = self._followed.one_of(people, time, size)
        if chosen is None:
            return Pose(np.full(position.shape[1:], np.nan), np.zeros(confidence.shape[1]))
        return Pose(position[chosen] / size, confidence[chosen])

    def close(self) -> None:
        """It holds nothing."""


class _Followed:
    """Who is followed through a shot: where they were last, in shares of the picture, and how large."""

    def __init__(self) -> None:
        self._place, self._size, self._time = np.zeros(2), 0.0, -np.inf

    def one_of(self, people: People, time: float, picture: Array) -> int | None:
        """Number of the person who is followed, None if they are not there.

        Args:
            people: everybody in the picture.
            time: seconds.
            picture: its (width, height) in pixels.
        """
        known = np.flatnonzero(people.size > 0)
        if not len(known):
            return None
        place, size = people.place[known], people.size[known]
        gap = time - self._time
        if gap > MISSED_S:
            best = int(np.argmax(size * centrality(place[:, 0], picture[0], ASIDE)))
        else:
            before = np.array([self._size * picture[1]])
            [distance] = departure(self._place[None] * picture, before, np.array([gap]), place, size, RESIZED)
            best = int(np.argmin(distance))
            if distance[best] > 1:
                return None
        self._place, self._size, self._time = place[best] / picture, float(size[best] / picture[1]), time
        return int(known[best])
