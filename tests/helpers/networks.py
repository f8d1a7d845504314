"""Maps as an OpenPose network would give them, and small networks that give them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from poseprint.core.arrays import Array
from poseprint.estimation.part_affinity import JOINTS, LIMBS

SIGMA, HALF_WIDTH = 0.9, 1.0
"""Of a joint's bell and of a limb, in values of the map: what OpenPose's networks are trained with."""
STANDING = np.array(
    [
        *[(0.0, -0.6), (0.0, 0.0)],
        *[(-0.5, 0.0), (-0.65, 0.7), (-0.5, 1.3), (0.5, 0.0), (0.65, 0.7), (0.5, 1.3)],
        *[(-0.3, 1.6), (-0.32, 2.5), (-0.33, 3.3), (0.3, 1.6), (0.32, 2.5), (0.33, 3.3)],
        *[(-0.12, -0.72), (0.12, -0.72), (-0.26, -0.66), (0.26, -0.66)],
    ]
)
"""COCO-18 joints of somebody who stands, in shoulder widths from the neck."""


def standing(neck: tuple[float, float], shoulders: float) -> Array:
    """Somebody's joints [shape=(18, 2)], the neck at a place."""
    return np.asarray(STANDING * shoulders + np.array(neck))


def drawn_maps(people: list[Array], shape: tuple[int, int]) -> tuple[Array, Array]:
    """Heat maps [shape=(19, height, width)] and fields [shape=(38, height, width)] as networks are taught.

    Args:
        people: joints in values of the map, where the middle of the first value is 0 [each shape=(18, 2)]; NaN = missing.
        shape: (height, width) of the maps.
    """
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    heat, fields, count = (
        np.zeros((JOINTS + 1, *shape)),
        np.zeros((len(LIMBS), 2, *shape)),
        np.zeros((len(LIMBS), *shape)),
    )
    for person in people:
        for joint in range(JOINTS):
            if np.isfinite(person[joint, 0]):
                away = (x - person[joint, 0]) ** 2 + (y - person[joint, 1]) ** 2
                heat[joint] = np.maximum(heat[joint], np.exp(-away / (2 * SIGMA**2)))
        for limb, (start, end) in enumerate(LIMBS):
            along = person[end] - person[start]
            length = np.linalg.norm(along)
            if not length > 0:
                continue
            unit = along / length
            forward = (x - person[start, 0]) * unit[0] + (y - person[start, 1]) * unit[1]
            aside = (x - person[start, 0]) * unit[1] - (y - person[start, 1]) * unit[0]
            on = (forward >= -HALF_WIDTH) & (forward <= length + HALF_WIDTH) & (np.abs(aside) <= HALF_WIDTH)
            fields[limb] += on * unit[:, None, None]
            count[limb] += on
    heat[JOINTS] = 1 - heat[:JOINTS].max(axis=0)
    fields /= np.maximum(count, 1)[:, None]
    return heat.astype(np.float32), fields.reshape(-1, *shape).astype(np.float32)


def coloured_network(path: Path) -> Path:
    """A network of pictures of any size that takes blue for noses, green for necks and red for right shoulders.

    A neck points to the nose and to the shoulder wherever those lie in opposite directions, along x or along y.
    """
    weight, bias = np.zeros((57, 3, 8, 8), np.float32), np.zeros(57, np.float32)
    weight[[0, 1, 2], [0, 1, 2]] = 1 / 64 / 255
    bias[19 + 2 * LIMBS.index((1, 0)) :][:2] = 1
    bias[19 + 2 * LIMBS.index((1, 2)) :][:2] = -1
    picture = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "height", "width"])
    output = helper.make_tensor_value_info("maps", TensorProto.FLOAT, None)
    tensors = [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(bias, "bias")]
    nodes = [helper.make_node("Conv", ["image", "weight", "bias"], ["maps"], kernel_shape=[8, 8], strides=[8, 8])]
    return _saved(path, helper.make_graph(nodes, "coloured", [picture], [output], tensors), {})


def network(
    path: Path,
    outputs: list[Array],
    *,
    size: tuple[int | str, int | str],
    channels: int | str = 3,
    kind: int = TensorProto.FLOAT,
    metadata: dict[str, str] | None = None,
    pixel: tuple[int, int, int] | None = None,
) -> Path:
    """A network that gives the same maps whatever it is shown.

    Args:
        path: where it goes.
        outputs: what it gives, each [shape=(channels, height, width)].
        size: (height, width) of its input.
        channels, kind: of its input.
        metadata: entries of the file.
        pixel: channel, row and column of the input; the outputs are multiplied by its value.
    """
    picture = helper.make_tensor_value_info("image", kind, [1, channels, *size])
    nodes, tensors, values = [], [], []
    # Without `pixel` the maps are multiplied by 1: by 0 times the input, plus 1.
    start = np.array([0, *(pixel or (0, 0, 0))], dtype=np.int64)
    for name, value in (("from", start), ("to", start + 1), ("none", np.float32(0)), ("one", np.float32(1))):
        tensors.append(numpy_helper.from_array(np.asarray(value), name))
    nodes.append(helper.make_node("Slice", ["image", "from", "to"], ["first"]))
    nodes.append(helper.make_node("Cast", ["first"], ["value"], to=TensorProto.FLOAT))
    if pixel is None:
        nodes += [
            helper.make_node("Mul", ["value", "none"], ["zero"]),
            helper.make_node("Add", ["zero", "one"], ["by"]),
        ]
    for number, maps in enumerate(outputs):
        tensors.append(numpy_helper.from_array(maps[None].astype(np.float32), f"maps{number}"))
        nodes.append(helper.make_node("Mul", [f"maps{number}", "value" if pixel else "by"], [f"output{number}"]))
        values.append(helper.make_tensor_value_info(f"output{number}", TensorProto.FLOAT, None))
    return _saved(path, helper.make_graph(nodes, "drawn", [picture], values, tensors), metadata or {})


def _saved(path: Path, graph: onnx.GraphProto, metadata: dict[str, str]) -> Path:
    model = helper.make_model(graph, producer_name="tests", opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, metadata)
    onnx.save(model, str(path))
    return path
