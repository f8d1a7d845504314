"""Statistics of head and face: what they measure, what they leave out, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from poseprint.core.arrays import Array
from poseprint.core.errors import PoseprintError
from poseprint.movements.families import FACE_PARTS
from poseprint.movements.head import ANGLES, COUNT, REGIONS, SHAPES, face_statistics
from poseprint.movements.statistics import STATIC, catalogue

pytestmark = pytest.mark.filterwarnings("error")
TIME = np.arange(150) / 30
TABLE = catalogue(2)[-COUNT:]


def head(hertz: float = 0.5, reach: float = 0.3) -> Array:
    """A head that shakes, nods a little, and hardly tilts."""
    shake, nod = np.sin(2 * np.pi * hertz * TIME), np.sin(2 * np.pi * 2 * hertz * TIME)
    return np.stack([reach * shake, 0.3 * reach * nod, 0.02 * shake], axis=1)


def face(**shapes: Array | float) -> Array:
    """A face at rest but for some shapes."""
    values = np.zeros((len(TIME), len(SHAPES)))
    for name, track in shapes.items():
        values[:, SHAPES.index(name)] = track
    return values


def statistics_of(of_head: Array, of_face: Array) -> Array:
    return face_statistics(np.hstack([of_head, of_face])[None])[0]


def by_name(of_head: Array, of_face: Array) -> dict[str, float]:
    return dict(zip((s.name for s in TABLE), statistics_of(of_head, of_face), strict=True))


def talking(hertz: float = 2.0) -> Array:
    return 0.3 + 0.3 * np.sin(2 * np.pi * hertz * TIME)


def test_the_catalogue_names_each_statistic_once() -> None:
    assert len({s.name for s in TABLE}) == len({s.words for s in TABLE}) == len(TABLE)
    assert {s.part for s in TABLE} == set(FACE_PARTS)
    assert statistics_of(head(), face()).shape == (len(TABLE),)


def test_every_shape_is_in_one_region() -> None:
    for name in SHAPES:
        assert sum(name.startswith(begin) for begin in REGIONS.values()) == 1


def test_a_face_that_stands_still_has_statistics() -> None:
    assert np.isfinite(statistics_of(np.zeros((150, 3)), face())).all()
    assert np.isfinite(statistics_of(np.zeros((30, 3)), face()[:30])).all()


def test_a_farther_and_a_faster_turn_are_told_apart() -> None:
    small, wide, fast = (by_name(head(h, r), face()) for h, r in ((0.5, 0.2), (0.5, 0.4), (1.0, 0.2)))
    assert wide["spread_yaw"] - small["spread_yaw"] == pytest.approx(np.log(2), abs=0.05)
    assert abs(fast["spread_yaw"] - small["spread_yaw"]) < 0.02
    for angle in ("yaw", "pitch"):
        assert fast[f"tempo_{angle}_fast"] - small[f"tempo_{angle}_fast"] == pytest.approx(np.log(2), abs=0.15)
    assert fast["speed_yaw_50"] > small["speed_yaw_50"] + 0.5
    assert small["band_yaw_0.1-0.5Hz"] > small["band_yaw_1.2-2.5Hz"] + 1


def test_how_a_head_is_held_and_a_face_rests_is_static() -> None:
    moving = face(jaw_open=talking(), mouth_smile_left=0.1)
    plain = by_name(head(), moving)
    resting = face(jaw_open=talking(), mouth_smile_left=0.4, mouth_smile_right=0.3)
    posed = by_name(head() + np.array([0.2, -0.1, 0.05]), resting)
    changed = {n for n in plain if abs(plain[n] - posed[n]) > 1e-3}
    assert changed == {*(f"held_{angle}" for angle in ANGLES), "rests_mouth_smile_left", "rests_mouth_smile_right"}
    assert {s.quality for s in TABLE if s.name in changed} == {"posture", "expression"} < set(STATIC)


def test_a_turn_through_half_a_circle_is_no_leap() -> None:
    turned = head()
    turned[:, 2] = (turned[:, 2] + np.pi + np.pi) % (2 * np.pi) - np.pi
    assert by_name(turned, face())["spread_roll"] == pytest.approx(by_name(head(), face())["spread_roll"], abs=1e-6)


def test_what_moves_together() -> None:
    smile = talking(0.7)
    both = by_name(head(), face(mouth_smile_left=smile, mouth_smile_right=smile))
    against = by_name(head(), face(mouth_smile_left=smile, mouth_smile_right=1 - smile))
    assert both["sides_mouth_smile"] > 1.5
    assert against["sides_mouth_smile"] < -1.5
    assert both["turning_yaw_with_roll"] > 0.5
    jaw = talking() * (TIME > 2.5)
    with_brows = by_name(head(), face(jaw_open=jaw, brow_inner_up=jaw))
    apart = by_name(head(), face(jaw_open=jaw, brow_inner_up=talking() * (TIME < 2.5)))
    assert with_brows["together_brows_with_jaw"] > 0.5 > 0 > apart["together_brows_with_jaw"]


def test_each_statistic_speaks_of_the_part_that_moves() -> None:
    parts = {s.name: s.part for s in TABLE}
    assert parts["spread_yaw"] == parts["turning_yaw_with_roll"] == parts["together_head_with_mouth"] == "head"
    assert parts["velocity_eye_blink_left"] == parts["together_brows_with_gaze"] == parts["eyes_shut_long"] == "eyes"
    assert parts["deviation_jaw_open"] == parts["sides_mouth_smile"] == parts["together_cheeks_with_jaw"] == "mouth"
    assert parts["together_brows_with_jaw"] == parts["rests_jaw_open"] == "face"


def test_movements_taken_together_are_as_they_are_alone() -> None:
    some = np.stack([np.hstack([head(h), face(jaw_open=talking(h))]) for h in (0.5, 0.8, 1.1)])
    np.testing.assert_allclose(face_statistics(some), [face_statistics(one[None])[0] for one in some], atol=1e-12)


def test_blinks_are_counted() -> None:
    def shut(every: float) -> dict[str, float]:
        closed = np.exp(-((((TIME + every / 2) % every - every / 2) / 0.15) ** 2))
        return by_name(head(), face(eye_blink_left=closed, eye_blink_right=closed))

    rarely, often = shut(2.5), shut(1.0)
    assert np.exp(often["eyes_shut_often"]) > 1.5 * np.exp(rarely["eyes_shut_often"])
    assert often["eyes_shut_long"] > rarely["eyes_shut_long"]


def test_what_is_refused() -> None:
    with pytest.raises(PoseprintError, match="at least 30 frames"):
        statistics_of(head()[:29], face()[:29])
    unseen = head()
    unseen[10] = np.nan
    with pytest.raises(PoseprintError, match="not in sight for all of the movement"):
        statistics_of(unseen, face())
