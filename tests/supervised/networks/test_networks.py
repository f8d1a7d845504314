"""Networks: the shapes they take and give, what of a movement they look at, and their onnx."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("pytorchcv")

import onnxruntime  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from poseprint.core.skeleton import UPPER_BODY  # noqa: E402
from poseprint.supervised.networks.images import ROWS, FrameCNNLSTM, ImageNetwork, _picture  # noqa: E402
from poseprint.supervised.networks.inputs import Selection  # noqa: E402
from poseprint.supervised.networks.lstm import ManyToOneLSTM  # noqa: E402
from poseprint.supervised.networks.registry import MODELS, make_model  # noqa: E402
from poseprint.supervised.settings import Settings  # noqa: E402
from poseprint.supervised.training import export_onnx  # noqa: E402

SMALL = Settings(hidden=8, layers=1, dropout=0.0)
FACE = ("nose", "right_eye", "left_eye", "right_ear", "left_ear")


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    """First weights that are always the same, and one thread: more would wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def answers(model: nn.Module, features: Tensor, lengths: list[int] | None = None) -> Tensor:
    """Logits of movements that are as long as there are frames, unless said."""
    given = [features.shape[1]] * len(features) if lengths is None else lengths
    with torch.inference_mode():
        logits: Tensor = model.eval()(features, torch.tensor(given))
    return logits


def movements(count: int, frames: int) -> Tensor:
    return torch.randn(count, frames, 24)


def changed(features: Tensor, frames: list[int]) -> Tensor:
    """The movements with other numbers at some frames."""
    other = features.clone()
    other[:, frames] += 1 + torch.rand(len(features), len(frames), 24)
    return other


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_every_network_takes_movements_and_gives_logits(name: str) -> None:
    settings = Settings(model=name, hidden=8)
    lengths = [50, 41, 3]
    model = make_model(settings)
    single = answers(model, movements(3, 50), lengths)
    assert (single.shape, single.dtype) == ((3,), torch.float32)
    assert answers(model, movements(1, 50)).shape == (1,)
    several = answers(make_model(settings, 4), movements(3, 50), lengths)
    assert several.shape == (3, 4)
    assert torch.isfinite(single).all()
    assert torch.isfinite(several).all()


def test_every_network_of_the_settings_can_be_made() -> None:
    for name in MODELS:
        assert Settings(model=name).checked().model == name


@pytest.mark.parametrize("every", [1, 4])
@pytest.mark.parametrize("layers", [1, 2])
def test_movements_of_mixed_lengths_are_judged_as_each_alone(layers: int, every: int) -> None:
    model = ManyToOneLSTM(16, layers, 0.5, every=every, outputs=2)
    features, lengths = movements(6, 40), [40, 1, 17, 40, 23, 2]
    together = answers(model, features, lengths)
    alone = [answers(model, features[i : i + 1, :length])[0] for i, length in enumerate(lengths)]
    assert torch.allclose(together, torch.stack(alone), atol=1e-5)
    exported = _looked_up(model, features, lengths)
    assert torch.allclose(together, exported, atol=1e-5)


def _looked_up(model: ManyToOneLSTM, features: Tensor, lengths: list[int]) -> Tensor:
    """Logits from states over all frames, the padding among them, as an export computes them."""
    with torch.inference_mode():
        chosen, left = model.select(features, torch.tensor(lengths))
        states, _ = model.lstm(chosen)
        logits: Tensor = model.output(states[torch.arange(len(left)), left - 1])
    return logits


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lstm", "cnn_lstm"])
@pytest.mark.parametrize(("frames", "last"), [(31, 30), (32, 30), (39, 30), (40, 30), (41, 40), (1, 0)])
def test_every_tenth_frame_alone_counts_and_the_last_of_them_last(name: str, frames: int, last: int) -> None:
    model = make_model(Settings(model=name, hidden=8, layers=1, every=10))
    features = movements(2, frames)
    before = answers(model, features)
    between = [f for f in range(frames) if f % 10]
    assert torch.equal(answers(model, changed(features, between)), before)
    for used in range(0, frames, 10):
        assert not torch.equal(answers(model, changed(features, [used])), before)
    cut_there = answers(model, features[:, : last + 1])
    assert torch.allclose(cut_there, before, atol=1e-6)
    padded = torch.cat([features, movements(2, 25)], dim=1)
    assert torch.allclose(answers(model, padded, [frames] * 2), before, atol=1e-6)


@pytest.mark.slow
def test_networks_for_pictures_look_at_every_kth_frame_too() -> None:
    model = make_model(Settings(model="resnet50", every=3))
    features = movements(1, 60)
    before = answers(model, features)
    assert torch.equal(answers(model, changed(features, [f for f in range(60) if f % 3])), before)
    assert not torch.equal(answers(model, changed(features, [57])), before)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lstm", "cnn_lstm", "resnet50"])
def test_a_network_of_the_face_depends_on_nose_eyes_and_ears_alone(name: str) -> None:
    model = make_model(Settings(model=name, hidden=8, layers=1, keypoints="face"))
    features = movements(1, 20)
    before = answers(model, features)
    face = [2 * UPPER_BODY.index(keypoint) + axis for keypoint in FACE for axis in (0, 1)]
    body = [column for column in range(24) if column not in face]
    other = features.clone()
    other[:, :, body] = torch.randn(20, len(body))
    assert torch.equal(answers(model, other), before)
    for column in face:
        other = features.clone()
        other[:, :, column] += torch.randn(20)
        assert not torch.equal(answers(model, other), before)


def test_the_face_is_five_keypoints_x_before_y() -> None:
    features = torch.arange(24.0).expand(1, 2, 24)
    chosen, lengths = Selection(1, "face")(features, torch.tensor([2]))
    indices = [UPPER_BODY.index(name) for name in FACE]
    assert chosen[0, 0].tolist() == [2 * k + axis for k in indices for axis in (0, 1)]
    assert lengths.tolist() == [2]


def test_a_movement_as_a_picture_has_keypoints_down_and_frames_across() -> None:
    features = torch.tensor([[[10 * f + 2 * k + axis for k in range(3) for axis in (0, 1)] for f in range(4)]])
    assert features[0, 1].tolist() == [10, 11, 12, 13, 14, 15]  # x0, y0 .. x2, y2 of the second frame
    assert _picture(features)[0].tolist() == [
        [[0, 10, 20, 30], [2, 12, 22, 32], [4, 14, 24, 34]],
        [[1, 11, 21, 31], [3, 13, 23, 33], [5, 15, 25, 35]],
    ]


def test_the_picture_that_a_network_gets_has_its_rows_stretched() -> None:
    model = ImageNetwork("resnet50")
    seen: list[Tensor] = []
    model.network.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    features = torch.zeros(2, 50, 24)
    features[:, :, 0::2] = torch.arange(12.0)  # x of a keypoint is its row
    features[:, :, 1::2] = torch.arange(50.0)[:, None]  # y is the frame
    answers(model, features)
    assert seen[0].shape == (2, 2, ROWS, 50)
    rows = seen[0][0, 0]
    assert (rows == rows[:, :1]).all()
    assert (rows[:, 0].diff() >= 0).all()
    assert (rows[0, 0], rows[-1, 0]) == (0, 11)
    assert torch.allclose(seen[0][0, 1], torch.arange(50.0).expand(ROWS, 50))


@pytest.mark.slow
@pytest.mark.parametrize("frames", [150, 50])
@pytest.mark.parametrize("name", ["vgg16", "resnet50"])
def test_networks_for_pictures_take_five_seconds_whole_or_every_third_frame(name: str, frames: int) -> None:
    model = ImageNetwork(name, outputs=2)
    assert answers(model, movements(1, frames)).shape == (1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vgg16", "resnet50"])
def test_frames_past_the_length_are_black_in_the_picture(name: str) -> None:
    model = ImageNetwork(name)
    features = movements(2, 40)
    black = features.clone()
    black[1, 25:] = 0
    assert torch.equal(answers(model, features, [40, 25]), answers(model, black))
    assert not torch.equal(answers(model, features, [40, 25]), answers(model, features))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vgg16", "resnet50"])
def test_one_movement_of_few_frames_can_be_learnt_from(name: str) -> None:
    """A batch of one happens where the last of an epoch has nobody beside it."""
    model = ImageNetwork(name).train()
    logits = model(movements(1, 5), torch.tensor([5]))
    logits.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


@pytest.mark.slow
def test_a_frames_convolutions_do_not_see_other_frames() -> None:
    model = FrameCNNLSTM(8)
    features = movements(1, 12)

    def of_frames(given: Tensor) -> Tensor:
        with torch.inference_mode():
            found: Tensor = model.convolutions(_picture(given)).mean(dim=2).transpose(1, 2)
        return found

    before = of_frames(features)
    assert before.shape == (1, 12, 512)
    after = of_frames(changed(features, [f for f in range(12) if f != 5]))
    assert torch.allclose(after[:, 5], before[:, 5], atol=1e-6)
    assert not torch.allclose(after[:, 4], before[:, 4], atol=1e-2)
    assert torch.allclose(of_frames(features[:, 5:6])[:, 0], before[:, 5], atol=1e-5)


@pytest.mark.slow
def test_the_cnn_lstm_has_the_layers_of_vgg16() -> None:
    model = FrameCNNLSTM(8)
    widths = [m.out_channels for m in model.convolutions if isinstance(m, nn.Conv2d)]
    assert widths == [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
    assert sum(isinstance(m, nn.MaxPool2d) for m in model.convolutions) == 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "every", "keypoints", "outputs", "exported", "lengths"),
    [
        ("lstm", 10, "all", 1, 60, [41, 40, 31, 1]),
        ("lstm", 10, "all", 3, 60, [41, 40, 31, 1]),
        ("lstm", 3, "face", 1, 60, [41, 2, 30, 29]),
        ("cnn_lstm", 2, "all", 1, 60, [41, 40]),
        ("cnn_lstm", 1, "face", 3, 60, [41, 7]),
        ("resnet50", 1, "all", 1, 60, [75, 33]),
        ("resnet50", 3, "all", 1, 60, [60, 60]),  # what is stretched is exported for movements of its own length
    ],
)
def test_onnx_agrees_with_torch(
    name: str, every: int, keypoints: str, outputs: int, exported: int, lengths: list[int]
) -> None:
    model = make_model(Settings(model=name, hidden=8, layers=2, every=every, keypoints=keypoints), outputs)
    session = onnxruntime.InferenceSession(export_onnx(model, exported))
    assert [given.name for given in session.get_inputs()] == ["features", "lengths"]
    features = movements(len(lengths), max(lengths))
    (found,) = session.run(None, {"features": features.numpy(), "lengths": np.array(lengths)})
    ours = answers(model, features, lengths).numpy()
    assert found.shape == ours.shape
    assert np.abs(found - ours).max() < 1e-4 * max(1, np.abs(ours).max())
