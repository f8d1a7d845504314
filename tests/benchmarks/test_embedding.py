"""The learned embedding: shapes, its onnx, what it takes out, and that it learns who moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from embedding.network import NETWORKS, EmbeddingNetwork, _augmented, _Batches, to_onnx, train_embedding  # noqa: E402
from embedding.runtime import (  # noqa: E402
    KEYPOINTS,
    SHORTEST,
    Augmentation,
    EmbeddingSettings,
    centred,
    embed,
)

from poseprint.core.arrays import Array  # noqa: E402
from poseprint.core.errors import PoseprintError  # noqa: E402

FEW = EmbeddingSettings(channels=16, dimensions=12, steps=2, identities=4, movements=4)
RIGHT_WRIST, LEFT_WRIST = KEYPOINTS.index("right_wrist"), KEYPOINTS.index("left_wrist")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """More would wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def noise(count: int, frames: int = 60, axes: int = 2) -> Array:
    """Movements of nobody."""
    return np.random.default_rng(count).normal(size=(count, frames, len(KEYPOINTS), axes)).astype(np.float32)


def trained(network: str = "convolution", settings: EmbeddingSettings = FEW, seed: int = 0) -> EmbeddingNetwork:
    """A network that has seen little."""
    persons, activities = zip(*[(f"person {i % 3}", f"activity {i % 2}") for i in range(12)])
    return train_embedding(
        noise(12, axes=settings.axes), persons, activities, network=network, settings=settings, seed=seed
    )


def gestures(tempo: float, activity: int, count: int, seed: int, *, left: bool = False) -> Array:
    """Movements of one person: a hand that swings at their tempo, along a line that is the activity's."""
    random, time = np.random.default_rng(seed), np.arange(90)[None] / 30
    swing = 0.3 * np.sin(2 * np.pi * (tempo * time + random.random((count, 1)))) * random.uniform(0.8, 1.2, (count, 1))
    movements = random.normal(scale=0.003, size=(count, 90, len(KEYPOINTS), 2))
    movements[:, :, LEFT_WRIST if left else RIGHT_WRIST, 0] += swing * np.cos(activity)
    movements[:, :, LEFT_WRIST if left else RIGHT_WRIST, 1] += swing * np.sin(activity)
    return movements.astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("network", NETWORKS)
def test_onnx_agrees_with_torch_on_any_number_of_movements_and_frames(network: str, axes: int) -> None:
    model = trained(network, replace(FEW, axes=axes))
    onnx = to_onnx(model)
    for count, frames in ((1, SHORTEST), (3, 61), (65, 150)):
        movements = noise(count, frames, axes)
        embeddings = embed(onnx, movements)
        assert (embeddings.shape, embeddings.dtype) == ((count, 12), np.float32)
        np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
        with torch.inference_mode():
            np.testing.assert_allclose(embeddings, model(torch.from_numpy(movements)).numpy(), atol=1e-4)
    assert embed(onnx, noise(0, 60, axes)).shape == (0, 12)


@pytest.mark.parametrize("network", NETWORKS)
def test_networks_are_small(network: str) -> None:
    made = EmbeddingNetwork(network, EmbeddingSettings(axes=3))
    assert sum(p.numel() for p in made.parameters()) < 200_000


@pytest.mark.slow
@pytest.mark.parametrize("network", NETWORKS)
def test_a_seed_repeats_and_leaves_the_callers_randomness_alone(network: str) -> None:
    state = torch.random.get_rng_state()
    first, second, other = (to_onnx(trained(network, seed=seed)) for seed in (0, 0, 1))
    assert torch.equal(state, torch.random.get_rng_state())
    assert first == second
    assert first != other


@pytest.mark.slow
def test_the_mean_pose_is_taken_out_and_nothing_seen_is_the_mean() -> None:
    onnx, movements = to_onnx(trained()), noise(4)
    moved = movements + np.random.default_rng(0).normal(size=(4, 1, len(KEYPOINTS), 2)).astype(np.float32)
    np.testing.assert_allclose(embed(onnx, moved), embed(onnx, movements), atol=1e-4)
    hidden, still = moved.copy(), moved.copy()
    hidden[:, :, LEFT_WRIST], still[:, :, LEFT_WRIST] = np.nan, 5.0
    np.testing.assert_allclose(embed(onnx, hidden), embed(onnx, still), atol=1e-4)
    hidden = moved.copy()
    hidden[:, 10:20, LEFT_WRIST] = np.nan
    shifted = centred(hidden)
    assert shifted.dtype == np.float32
    assert not shifted[:, 10:20, LEFT_WRIST].any()
    np.testing.assert_allclose(shifted.mean(axis=1), 0, atol=1e-6)


@pytest.mark.slow
def test_a_mirrored_mover_is_another_identity() -> None:
    persons, activities = ["a"] * 8 + ["b"] * 8, [f"{i % 4}" for i in range(16)]
    movements = np.concatenate([gestures(1.0, i % 4, 1, i) for i in range(16)])
    batches = _Batches(persons, activities, FEW, 0)
    assert batches.identities == 4
    rows, identity, _, mirrored = batches.draw()
    assert set(identity.tolist()) == {0, 1, 2, 3}
    assert torch.equal(mirrored, identity >= 2)
    assert all((persons[row] == "b") == (i % 2) for row, i in zip(rows.tolist(), identity.tolist()))

    unchanged = replace(FEW, augmentation=Augmentation(0, 0, 0, 0, 0, 0, frames=90))
    given = torch.from_numpy(centred(movements))
    mirrored = torch.arange(16) % 2 == 1
    shown = _augmented(given, mirrored, unchanged)
    torch.testing.assert_close(shown[0], given[0], atol=1e-4, rtol=0)
    torch.testing.assert_close(shown[1, :, LEFT_WRIST, 0], -given[1, :, RIGHT_WRIST, 0], atol=1e-4, rtol=0)
    torch.testing.assert_close(shown[1, :, LEFT_WRIST, 1], given[1, :, RIGHT_WRIST, 1], atol=1e-4, rtol=0)

    onnx = to_onnx(train_embedding(movements, persons, activities, settings=replace(FEW, steps=40, dropout=0.0)))
    right, left = (embed(onnx, gestures(1.0, 0, 6, 50, left=left)) for left in (False, True))
    assert (right @ right.T).min() > (right @ left.T).max()


@pytest.mark.slow
@pytest.mark.parametrize("network", NETWORKS)
def test_it_learns_tempo_across_activities_and_knows_persons_it_never_saw(network: str) -> None:
    movements, persons, activities = [], [], []
    for person, activity in product(range(6), range(3)):
        movements.append(gestures(0.6 + 0.3 * person, activity, 6, 10 * person + activity))
        persons += [f"person {person}"] * 6
        activities += [f"activity {activity}"] * 6
    settings = replace(FEW, channels=24, steps=60, identities=6, dropout=0.1, lr=6e-3)
    settings = replace(settings, augmentation=Augmentation(mirror=False, speed=0.02, frames=60))
    seen: list[tuple[int, int, float]] = []
    model = train_embedding(
        np.concatenate(movements), persons, activities, network=network, settings=settings,
        progress=lambda done, of, figures: seen.append((done, of, figures["contrast"])),
    )  # fmt: skip
    assert seen[0][:2] == (1, 60)
    assert seen[-1][:2] == (60, 60)
    assert np.mean([loss for *_, loss in seen[-10:]]) < seen[0][2]
    onnx = to_onnx(model)
    slow, fast = ([embed(onnx, gestures(tempo, activity, 8, 99)) for activity in (0, 1)] for tempo in (0.75, 1.95))
    for first, second in ((0, 1), (1, 0)):
        assert (slow[first] @ slow[second].T).mean() > (slow[first] @ fast[second].T).mean() + 0.3


@pytest.mark.slow
def test_what_cannot_be_used_is_an_error_that_says_so() -> None:
    onnx = to_onnx(trained())
    with pytest.raises(PoseprintError, match=r"frames >= 16, 8, 2 or 3\], got \[2, 15, 8, 2\]"):
        embed(onnx, noise(2, SHORTEST - 1))
    with pytest.raises(PoseprintError, match="trained on 2 axes, got 3"):
        embed(onnx, noise(2, axes=3))
    with pytest.raises(PoseprintError, match="finite"):
        embed(onnx, noise(2) * np.inf)
    with pytest.raises(PoseprintError, match="does not load"):
        embed(b"no network", noise(2))
    with pytest.raises(PoseprintError, match=r"needs two persons, .* got \(2, 2, 2\) of each"):
        train_embedding(noise(2), ["a", "a"], ["x", "y"])
    with pytest.raises(PoseprintError, match="of 2 axes cannot train an embedding of 3"):
        train_embedding(noise(2), ["a", "b"], ["x", "y"], settings=EmbeddingSettings(axes=3))
