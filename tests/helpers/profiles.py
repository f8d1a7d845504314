"""Profiles made by hand, whose votes are known; what a profile says of itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from helpers.movers import ESTIMATOR
from onnx import TensorProto, helper, numpy_helper

from poseprint.core.series import EstimatorInfo
from poseprint.core.skeleton import UPPER_BODY
from poseprint.io.profile_folder import InputSpec
from poseprint.supervised.profile import SupervisedProfile
from poseprint.verification.profile import EnrolledProfile


def liveliness(threshold: float, feature: int = 8, inputs: int | None = 24) -> bytes:
    """A network whose logit is `threshold` minus how much one feature changes from frame to frame, on average.

    Feature 8 is the x of the right wrist; z-scored, a faster rhythm changes more. It takes so many inputs, or any number.
    """

    def constant(name: str, value: object, dtype: type) -> onnx.TensorProto:
        return numpy_helper.from_array(np.array(value, dtype=dtype), name)

    initial = [
        constant("one", [1], np.int64),
        constant("zero", [0], np.int64),
        constant("end", [1 << 30], np.int64),
        constant("minus", [-1], np.int64),
        constant("axis", [1], np.int64),
        constant("feature", feature, np.int64),
        constant("threshold", threshold, np.float32),
    ]
    nodes = [
        helper.make_node("Gather", ["features", "feature"], ["track"], axis=2),
        helper.make_node("Slice", ["track", "one", "end", "axis"], ["later"]),
        helper.make_node("Slice", ["track", "zero", "minus", "axis"], ["earlier"]),
        helper.make_node("Sub", ["later", "earlier"], ["step"]),
        helper.make_node("Abs", ["step"], ["size"]),
        helper.make_node("ReduceMean", ["size", "axis"], ["mean"], keepdims=0),
        helper.make_node("Sub", ["threshold", "mean"], ["small"]),
        helper.make_node("Mul", ["small", "gain"], ["logits"]),
    ]
    initial.append(constant("gain", 100.0, np.float32))
    graph = helper.make_graph(
        nodes,
        "liveliness",
        [
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["movements", "frames", inputs]),
            helper.make_tensor_value_info("lengths", TensorProto.INT64, ["movements"]),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["movements"])],
        initial,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return bytes(model.SerializeToString())


def make_profile(
    folder: Path,
    *,
    person: str = "Ann",
    threshold: float = 0.2,
    onnx: bytes | None = None,
    skeleton: str = UPPER_BODY.name,
    estimator: EstimatorInfo = ESTIMATOR,
    length: int = 150,
    shoulders: float = 0.28,
    features: str = "keypoints",
) -> Path:
    """A profile that votes real for whoever's right wrist moves slowly enough."""
    profile = SupervisedProfile(
        person=person,
        input=InputSpec(skeleton, 30.0, length, "zscore", estimator, features=features),
        model={"name": "lstm"},
        made_from=(
            {
                "recording": "a",
                "person": person,
                "label": "real",
                "seconds": 60.0,
                "sha256": "e" * 64,
                "shoulders": shoulders,
            },
        ),
        training={"test": {"accuracy": 0.8}},
        onnx=liveliness(threshold) if onnx is None else onnx,
        weights=b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ",
    )
    profile.write(folder)
    return folder


def codes(profile: EnrolledProfile) -> set[str]:
    """Codes of what its enrolment found."""
    return {str(f["code"]) for f in profile.findings}
