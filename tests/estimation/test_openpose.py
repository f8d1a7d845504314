"""OpenPose networks as an estimator: small ones that give known maps, and a real one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from helpers.movers import mover
from helpers.networks import coloured_network, drawn_maps, network, standing

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.core.files import file_sha256
from poseprint.core.series import PoseSeries
from poseprint.core.skeleton import LEFT_WRIST, NOSE, RIGHT_WRIST, UPPER_BODY
from poseprint.estimation.estimator import tracked
from poseprint.estimation.openpose import OpenPosePose
from poseprint.estimation.registry import load_estimator
from poseprint.rendering.avatar import draw_frames

UPPER = [0, 1, 2, 3, 4, 5, 6, 7, 14, 15, 16, 17]
PERSON = standing((14, 7), 6)
PICTURE = np.full((256, 456, 3), 90, np.uint8)


def maps(*people: Array, shape: tuple[int, int] = (32, 57)) -> list[Array]:
    return list(drawn_maps(list(people) or [PERSON], shape))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> OpenPosePose:
    """Sees one person, wherever it looks; its input is 456 x 256."""
    return OpenPosePose(network(tmp_path_factory.mktemp("n") / "n.onnx", maps(), size=(256, 456)))


@pytest.mark.parametrize(
    ("width", "height", "zoom"), [(456, 256, 1), (912, 512, 2), (1368, 768, 3), (1024, 1024, 4), (1140, 320, 2.5)]
)
def test_places_are_mapped_back_exactly(drawn: OpenPosePose, width: int, height: int, zoom: float) -> None:
    [position], [confidence] = drawn.find(np.zeros((height, width, 3), np.uint8))
    expected = (PERSON[UPPER] + 0.5) * 8 * zoom
    outside = (expected > (width, height)).any(axis=1)
    expected[outside] = np.nan
    assert position == pytest.approx(expected, abs=0.2 * zoom, nan_ok=True)
    assert np.array_equal(confidence == 0, outside)


def test_a_pose_is_in_shares_of_the_picture(drawn: OpenPosePose) -> None:
    for picture in (PICTURE, np.zeros((768, 1368, 3), np.uint8)):
        [pose] = tracked(drawn, [(0.0, picture)])
        assert pose.position == pytest.approx((PERSON[UPPER] + 0.5) * 8 / (456, 256), abs=1e-3)


@pytest.mark.parametrize(
    "order", [(0, 1), (1, 0), "one", "stages"], ids=["maps first", "fields first", "as one", "of each stage"]
)
def test_outputs_of_any_form(tmp_path: Path, drawn: OpenPosePose, order: object) -> None:
    heat, fields = maps()
    nothing = [np.zeros_like(heat), np.zeros_like(fields)]
    outputs = {
        (0, 1): [heat, fields],
        (1, 0): [fields, heat],
        "one": [np.concatenate([heat, fields])],
        "stages": [*nothing, heat, fields],
    }[order]  # type: ignore[index]
    loaded = OpenPosePose(network(tmp_path / "n.onnx", outputs, size=(256, 456)))
    assert np.array_equal(loaded.find(PICTURE)[0], drawn.find(PICTURE)[0])


def test_colours_are_blue_green_red_as_the_metadata_says(tmp_path: Path) -> None:
    picture = PICTURE.copy()
    picture[:, :, 2] = 128  # blue
    heat, fields = maps()

    def confidence(name: str, factor: float, metadata: dict[str, str]) -> Array:
        outputs = [heat * factor, fields * factor]
        path = network(tmp_path / name, outputs, size=(256, 456), pixel=(0, 0, 0), metadata=metadata)
        return OpenPosePose(path).find(picture)[1]

    plain = confidence("plain.onnx", 0.5 / 128, {})
    assert plain[0] == pytest.approx(0.5, abs=0.02)
    scaled = confidence("scaled.onnx", 1.0, {"input_scale": "0.00390625", "input_offset": "0"})
    assert scaled == pytest.approx(plain, abs=1e-6)
    moved = confidence("moved.onnx", 1.0, {"input_scale": "0.00390625", "input_offset": "-0.25"})
    assert moved[0] == pytest.approx(0.25, abs=0.02)


def test_it_says_what_it_is(tmp_path: Path) -> None:
    path = network(tmp_path / "n.onnx", maps(), size=(256, 456))
    loaded = load_estimator("openpose", weights=path)
    assert loaded.info.name == "openpose"
    assert loaded.info.version == "tests drawn"
    assert loaded.info.weights_sha256 == file_sha256(path)
    assert loaded.info.seen_confidence == 0.1
    assert loaded.skeleton == UPPER_BODY


def test_several_workers_share_a_network(tmp_path: Path) -> None:
    path = network(tmp_path / "n.onnx", maps(), size=(256, 456))
    one, other = OpenPosePose(path), OpenPosePose(path)
    assert one._network is other._network
    one.close()
    assert len(other.find(PICTURE)[0]) == 1


def test_nobody(tmp_path: Path) -> None:
    nothing = [np.zeros((19, 32, 57)), np.zeros((38, 32, 57))]
    loaded = OpenPosePose(network(tmp_path / "n.onnx", nothing, size=(256, 456)))
    position, confidence = loaded.find(PICTURE)
    assert position.shape == (0, 12, 2)
    assert confidence.shape == (0, 12)
    [pose] = tracked(loaded, [(0.0, PICTURE)])
    assert np.isnan(pose.position).all()
    assert (pose.confidence == 0).all()


def test_ten_people(tmp_path: Path) -> None:
    people = [standing((6 + 11 * k, 6), 4.5 if k != 4 else 5.2) for k in range(10)]
    loaded = OpenPosePose(network(tmp_path / "n.onnx", maps(*people, shape=(40, 120)), size=(320, 960)))
    picture = np.zeros((320, 960, 3), np.uint8)
    assert len(loaded.find(picture)[0]) == 10
    [pose] = tracked(loaded, [(0.0, picture)])
    assert pose.position[1] * (960, 320) == pytest.approx((np.array([6 + 11 * 4, 6]) + 0.5) * 8, abs=0.5)


def test_legs_alone_are_nobody(tmp_path: Path) -> None:
    person = PERSON.copy()
    person[UPPER] = np.nan
    loaded = OpenPosePose(network(tmp_path / "n.onnx", maps(person), size=(256, 456)))
    assert len(loaded.find(PICTURE)[0]) == 0


class Scene:
    """What an estimator finds in each picture, told beforehand: necks and shoulder widths in pixels."""

    def __init__(self, estimator: OpenPosePose, monkeypatch: pytest.MonkeyPatch) -> None:
        self.estimator, self.patch = estimator, monkeypatch

    def followed(self, pictures: list[list[tuple[float, float]]], *, every: float = 1 / 30) -> list[float]:
        """x of the neck that is followed, pixels; people are (x, shoulder width)."""
        told = iter(
            np.array([standing((x, 100), width)[UPPER] for x, width in people]).reshape(-1, 12, 2)
            for people in pictures
        )

        def find(_: Array) -> tuple[Array, Array]:
            position = next(told)
            return position, np.ones(position.shape[:2])

        self.patch.setattr(self.estimator, "find", find)
        shown = np.zeros((256, 456, 3), np.uint8)
        poses = tracked(self.estimator, ((k * every, shown) for k in range(len(pictures))))
        return [round(float(pose.position[1, 0] * 456), 3) for pose in poses]


@pytest.fixture
def scene(drawn: OpenPosePose, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(drawn, monkeypatch)


def test_the_largest_is_followed_and_of_equals_the_central_one(scene: Scene) -> None:
    assert scene.followed([[(60, 40), (228, 40), (400, 40)]]) == [228]
    assert scene.followed([[(60, 60), (228, 40)]]) == [60]


def test_who_was_followed_is_followed_on(scene: Scene) -> None:
    crossing = [[(228 + 6 * k, 50), (330 - 6 * k, 50 * 1.5)] for k in range(20)]
    assert scene.followed([[(228, 50)], *crossing]) == [228, *(228 + 6 * k for k in range(20))]


def test_a_bystander_is_not_taken_for_who_is_missed(scene: Scene) -> None:
    missed = [[(228, 50), (60, 50)], *[[(60, 50)]] * 3, [(60, 50), (236, 50)]]
    assert scene.followed(missed) == pytest.approx([228, np.nan, np.nan, np.nan, 236], nan_ok=True)


def test_who_stays_away_is_given_up(scene: Scene) -> None:
    pictures = [[(228, 50), (60, 40)], *[[(60, 40)]] * 6]
    places = scene.followed(pictures, every=1)
    assert places == pytest.approx([228, *[np.nan] * 5, 60], nan_ok=True)


def test_each_shot_starts_afresh(scene: Scene) -> None:
    assert scene.followed([[(60, 50)]]) == [60]
    assert scene.followed([[(60, 50), (228, 50)]]) == [228]


@pytest.mark.parametrize("size", [(300, 200), (1280, 720), (97, 211), (1920, 300), (184, 184), (40, 30)])
def test_no_place_is_off_to_a_side(tmp_path: Path, size: tuple[int, int]) -> None:
    """From pixels to pixels: a network that sees a nose in what is blue, a neck in green, a right shoulder in red."""
    loaded = OpenPosePose(coloured_network(tmp_path / "n.onnx"))
    width, height = size
    y, x = np.mgrid[:height, :width] + 0.5
    spread = 9 * max(min(size), max(size) / 3) / 184  # of the blobs, so that they are as large to the network
    for place in np.random.default_rng(0).uniform(0.45, 0.55, (5, 2)):
        middle = place * size
        expected = middle + np.array([4 * spread, 0, -4 * spread])[:, None] * ((1, 0) if width >= height else (0, 1))
        blobs = [np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * spread**2)) for a, b in expected[::-1]]
        [position], _ = loaded.find(np.round(255 * np.stack(blobs, axis=2)).astype(np.uint8))
        assert position[:3] == pytest.approx(expected, abs=0.05 * spread)
        assert np.isnan(position[3:]).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3)])
def test_a_picture_that_is_hardly_one(tmp_path: Path, size: tuple[int, int]) -> None:
    position, _ = OpenPosePose(coloured_network(tmp_path / "n.onnx")).find(np.zeros((*size, 3), np.uint8))
    assert len(position) == 0


Break = Callable[[Path], object]
HEAT, FIELDS = maps()
BROKEN: dict[str, tuple[Break, str]] = {
    "missing": (lambda _: None, "cannot be read .No such file"),
    "a folder": (lambda path: path.mkdir(), "cannot be read .Is a directory"),
    "empty": (lambda path: path.write_bytes(b""), "no ONNX network that can be run"),
    "a text": (lambda path: path.write_text("weights"), "no ONNX network that can be run"),
    "truncated": (
        lambda path: path.write_bytes(network(path, [HEAT, FIELDS], size=(256, 456)).read_bytes()[:20_000]),
        "no ONNX network that can be run",
    ),
    "25 joints": (
        lambda path: network(path, [np.zeros((26, 32, 57)), np.zeros((52, 32, 57))], size=(256, 456)),
        r"it gives \[1, 26, 32, 57\], \[1, 52, 32, 57\], expected 19 heat maps and 38 part-affinity fields",
    ),
    "no fields": (lambda path: network(path, [HEAT], size=(256, 456)), "expected 19 heat maps and 38 part-affinity"),
    "fields of another size": (
        lambda path: network(path, [HEAT, np.zeros((38, 16, 28))], size=(256, 456)),
        "maps of 57 x 32 and fields of 28 x 16 for a picture of 456 x 256",
    ),
    "maps of another shape": (
        lambda path: network(path, [np.zeros((19, 32, 32)), np.zeros((38, 32, 32))], size=(256, 456)),
        "maps of 32 x 32 and fields of 32 x 32 for a picture of 456 x 256",
    ),
    "one colour": (lambda path: network(path, [HEAT, FIELDS], size=(256, 456), channels=1), "input is not one float32"),
    "whole numbers": (
        lambda path: network(path, [HEAT, FIELDS], size=(256, 456), kind=onnx.TensorProto.UINT8),
        "input is not one float32 picture",
    ),
    "no numbers": (
        lambda path: network(path, [HEAT * np.nan, FIELDS], size=(256, 456)),
        "the network gives values that are no numbers",
    ),
    "metadata": (
        lambda path: network(path, [HEAT, FIELDS], size=(256, 456), metadata={"input_scale": "1/256"}),
        "input_scale in its metadata is '1/256', expected a number",
    ),
    "weights elsewhere": (
        lambda path: onnx.save(
            onnx.load(network(path, [HEAT, FIELDS], size=(256, 456))),
            path,
            save_as_external_data=True,
            location="weights.bin",
        ),
        "its weights lie in another file; save the network as one file",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_weights_of_no_use(tmp_path: Path, case: str, capfd: pytest.CaptureFixture[str]) -> None:
    make, message = BROKEN[case]
    path = tmp_path / "weights.onnx"
    make(path)
    with pytest.raises(PoseprintError, match=message) as raised:
        OpenPosePose(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert capfd.readouterr() == ("", "")


@pytest.fixture(scope="module")
def light(shared: Path) -> OpenPosePose:
    return OpenPosePose(shared.parent / "models" / "human-pose-estimation-0001.onnx")


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.shared_data
@pytest.mark.parametrize("size", [(640, 360), (350, 638), (500, 500)])
def test_a_drawn_figure_is_found_where_it_was_drawn(light: OpenPosePose, size: tuple[int, int]) -> None:
    series = mover(24, size=size, shoulder=0.22 * min(size), tempo=0.4)
    errors = shifts(light, series)
    apart = np.nanmedian(np.linalg.norm(errors, axis=2), axis=0)
    assert (apart < 0.1).all(), dict(zip(UPPER_BODY.keypoints, apart.round(3), strict=True))
    assert np.isfinite(errors[:, NOSE, 0]).all()
    assert np.isfinite(errors[:, [RIGHT_WRIST, LEFT_WRIST], 0]).mean() > 0.8


def shifts(estimator: OpenPosePose, series: PoseSeries) -> Array:
    """From where joints were drawn to where they were found, in shoulder widths [shape=(frames, 12, 2)]."""
    poses = tracked(estimator, ((k / 30, picture) for k, picture in enumerate(draw_frames(series))))
    found = np.stack([pose.position for pose in poses]) * series.frame_size
    return np.asarray((found - series.position) / series.shoulder_width())


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.shared_data
def test_a_figure_seen_mirrored_is_found_mirrored(light: OpenPosePose) -> None:
    """What is systematically off to one side in the picture would show twice."""
    picture = next(draw_frames(mover(1, size=(640, 360), shoulder=72)))
    [one], [other] = light.find(picture)[0], light.find(np.ascontiguousarray(picture[:, ::-1]))[0]
    mirrored = other * (-1, 1) + (640, 0)
    for right, left in UPPER_BODY.pairs:
        mirrored[[right, left]] = mirrored[[left, right]]
    aside = np.nanmedian((one - mirrored)[:, 0])
    assert abs(aside) < 0.02 * 72


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.shared_data
def test_two_drawn_people_are_told_apart(light: OpenPosePose) -> None:
    people = [mover(1, size=(320, 360), shoulder=64, seed=seed) for seed in (0, 1)]
    picture = np.concatenate([next(draw_frames(person)) for person in people], axis=1)
    position, _ = light.find(picture)
    assert len(position) == 2
    for place, truth, left in zip(position[np.argsort(position[:, 1, 0])], people, (0, 320), strict=True):
        apart = np.linalg.norm(place - truth.position[0] - (left, 0), axis=1) / 64
        assert np.nanmedian(apart) < 0.1
    assert len(tracked(light, [(0.0, picture)])) == 1
