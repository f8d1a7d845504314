"""The benchmark of the finders of people: its scenes, whom it takes somebody for, and the candidate that it converts."""

from __future__ import annotations

from itertools import islice

import numpy as np
import onnxruntime
import pytest
from movenet import _Graph, _strided_slice
from onnx import TensorProto, helper, numpy_helper
from people import matched
from scenes import KINDS, SETS, SIZE, scenes

from poseprint.core.skeleton import UPPER_BODY


def test_the_sets_have_every_kind_of_scene_twice_and_no_recording_in_common() -> None:
    cast = {which: [scene.cast for scene, _ in scenes(which)] for which in SETS}
    for which, casts in cast.items():
        assert len(casts) == 2 * len(KINDS)
        assert {member.recording for members in casts for member in members} == set(SETS[which])
    assert not set(SETS["development"]) & set(SETS["kept_aside"])
    looks = [{member.look for members in casts for member in members} for casts in cast.values()]
    assert not looks[0] & looks[1]


@pytest.mark.slow
def test_the_truth_of_a_scene() -> None:
    shown = {scene.name: list(scene.pictures(seed, [0, 5])) for scene, seed in islice(scenes("development"), 4)}
    for name, pictures in shown.items():
        for _, picture, pose, in_sight in pictures:
            assert picture.shape == (SIZE[1], SIZE[0], 3)
            assert picture.dtype == np.uint8
            assert pose.shape == (len(in_sight), len(UPPER_BODY.keypoints), 2), name
            assert (in_sight[np.isnan(pose[:, 0, 0])] == 0).all()
    assert all((pictures[0][3] == 1).all() for pictures in shown.values())
    assert shown["one leaves and comes back"][1][3].tolist() == [1, 0]


@pytest.mark.slow
def test_whoever_is_behind_another_is_not_in_sight() -> None:
    scene, seed = next((s, seed) for s, seed in scenes("development") if s.name == "crossing")
    in_sight = np.array([shown[3] for shown in scene.pictures(seed, [4.5, 5, 5.5])])
    assert in_sight[:, 0].min() < 0.3
    assert (in_sight[:, 1] == 1).all()


def test_each_is_taken_for_the_nearest_and_nobody_for_two() -> None:
    truth = np.zeros((2, 12, 2))
    truth[:, :, 1] = -np.arange(12) % 5 * 20
    truth[:, 5, 0] = 100  # shoulders of 100 pixels
    truth[1] += np.array([300, 0])
    assert matched(truth[[1, 0]] + 10, truth).tolist() == [1, 0]
    assert matched(truth[[0, 0]], truth).tolist() in ([0, -1], [-1, 0])
    assert matched(truth[:1] + np.array([150, 0]), truth).tolist() == [-1]
    head = np.full_like(truth, np.nan)
    head[:, [0, 8, 9]] = truth[:, [0, 8, 9]]
    assert matched(head, truth).tolist() == [0, 1]
    assert matched(truth[:0], truth).tolist() == []
    assert matched(truth, truth[:0]).tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("begin", "end", "step", "masks", "expected"),
    [
        ([0], [1], [1], {"shrink_axis": 1}, lambda x: x[0]),
        ([1, 0], [3, 2], [1, 1], {"begin": 2}, lambda x: x[1:3, :2]),
        ([0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1], {"begin": 11, "end": 11, "new_axis": 4}, lambda x: x[:, :, None, :]),
        ([0, 0, 0], [0, 0, 0], [1, 1, 1], {"begin": 5, "end": 5, "new_axis": 2}, lambda x: x[:, None]),
        ([1, 0, 0], [2, 0, 4], [1, 1, 2], {"shrink_axis": 1, "new_axis": 2}, lambda x: x[1, None, 0:4:2]),
    ],
)
def test_a_strided_slice_is_that_of_numpy(begin, end, step, masks, expected) -> None:
    value = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    graph = _Graph({name: np.array(v) for name, v in zip(("begin", "end", "step"), (begin, end, step), strict=True)})
    names = ("begin", "end", "new_axis", "shrink_axis")
    _strided_slice(graph, "out", ["x", "begin", "end", "step"], {f"{name}_mask": masks.get(name, 0) for name in names})
    made = helper.make_graph(
        graph.nodes,
        "slice",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, value.shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(v, name) for name, v in graph.used.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    np.testing.assert_array_equal(session.run(None, {"x": value})[0], expected(value))
