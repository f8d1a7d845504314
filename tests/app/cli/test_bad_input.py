"""What users and attackers bring: each ends in one line and exit code 3, or in a finding, never in a traceback."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers.command import Command, Ran
from helpers.movers import mover
from helpers.profiles import make_profile
from helpers.videos import write_video

from poseprint.io.dataset import Recording, write_recordings
from poseprint.io.display import LONGEST_SIDE
from poseprint.rendering import avatar

SIZE = (640, 360)


def codes(ran: Ran) -> set[str]:
    """Codes of the findings in `check --json` or `inspect --json`."""
    return {found["code"] for found in json.loads(ran.out)["findings"]}


def video_of(path: Path, pictures: Iterator[np.ndarray], **settings: object) -> Path:
    held = list(pictures)
    return write_video(path, lambda k: held[k], len(held), **settings)  # type: ignore[arg-type]


def truncated_head(path: Path) -> None:
    whole = write_video(path, lambda _: np.zeros((96, 96, 3), np.uint8), 30).read_bytes()
    path.write_bytes(whole[: whole.index(b"moov")])


def sound(path: Path) -> None:
    from helpers.videos import audio_only

    audio_only(path)


def playlist(path: Path) -> None:
    target = write_video(path.with_name("target.ts"), lambda _: np.zeros((96, 96, 3), np.uint8), 30)
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{target}\n#EXT-X-ENDLIST\n")


NO_VIDEOS: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "empty": ("v.mp4", Path.touch, "the file is empty"),
    "text": ("v.mp4", lambda path: path.write_text("this is no film\n" * 99), "not a video file"),
    "noise": ("v.mp4", lambda path: path.write_bytes(np.random.default_rng(0).bytes(50_000)), "not a video file"),
    "no index": ("v.mp4", truncated_head, "not a video file"),
    "sound": ("v.mp4", sound, "holds no video stream (sound alone?)"),
    "nothing": ("v.mp4", lambda _: None, "no such file"),
    "folder": ("v.mp4", Path.mkdir, "no OpenPose json files"),
    "fifo": ("v.mp4", os.mkfifo, "not a regular file; videos are read from local files only"),
    "device": ("v.mp4", lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    "loop": ("v.mp4", lambda path: path.symlink_to(path), "v.mp4"),
    "long name": ("v" * 300 + ".mp4", lambda _: None, "too long"),
    "playlist": ("v.m3u8", playlist, "not a video file"),
    "playlist as mp4": ("v.mp4", playlist, "not a video file"),
    "no extension": ("v", lambda path: path.write_text("x"), "not a video file"),
    "odd name": ("two\nlines \x1b[31m.mp4", Path.touch, "the file is empty"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NO_VIDEOS)
def test_what_is_no_video(tmp_path: Path, profile: Path, command: Command, no_network: None, name: str) -> None:
    file, make, message = NO_VIDEOS[name]
    make(tmp_path / file)
    assert message in command("check", tmp_path / file, "--profile", profile).error()
    assert message in command("inspect", tmp_path / file).error()
    assert message in command("extract", tmp_path / file, "-o", tmp_path / "data").error()
    assert not list((tmp_path / "data").glob("*"))


@pytest.mark.slow
@pytest.mark.models
def test_a_truncated_video_gives_what_is_left(tmp_path: Path, profile: Path, clip: Path, command: Command) -> None:
    part = tmp_path / "part.mp4"
    part.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])
    ran = command("check", part, "--profile", profile, "--json")
    assert ran.code == 2
    assert {"FILE_DAMAGED", "TOO_LITTLE_EVIDENCE"} <= codes(ran)
    assert 1 < json.loads(ran.out)["seconds"]["recording"] < 2.8
    shown = command("inspect", part)
    assert shown.code == 0
    assert "could not be decoded" in shown.out


@pytest.mark.slow
@pytest.mark.models
def test_one_frame(tmp_path: Path, profile: Path, models: None, command: Command) -> None:
    path = video_of(tmp_path / "v.mp4", avatar.draw_frames(mover(1, size=SIZE, shoulder=100)))
    ran = command("check", path, "--profile", profile, "--json")
    assert ran.code == 2
    assert "TOO_LITTLE_EVIDENCE" in codes(ran)
    assert json.loads(ran.out)["score"] is None


@pytest.mark.slow
@pytest.mark.models
def test_four_by_four_pixels(tmp_path: Path, profile: Path, models: None, command: Command) -> None:
    path = write_video(tmp_path / "v.mp4", lambda k: np.full((4, 4, 3), k, np.uint8), 60, codec="mpeg4", options={})
    ran = command("check", path, "--profile", profile, "--json")
    assert ran.code == 2
    assert {"NO_PERSON", "SMALL_PICTURE"} <= codes(ran)


@pytest.mark.slow
@pytest.mark.models
def test_8k(tmp_path: Path, models: None, command: Command) -> None:
    size, scale = (7680, 4320), 4
    small = list(avatar.draw_frames(mover(2, size=(size[0] // scale, size[1] // scale), shoulder=300)))
    pictures = (p.repeat(scale, axis=0).repeat(scale, axis=1) for p in small)
    path = video_of(tmp_path / "v.mp4", pictures, options={"preset": "ultrafast"})
    ran = command("inspect", path, "--json")
    assert ran.code == 0
    content = json.loads(ran.out)
    assert content["frame_size"] == list(size)
    assert max(size) > LONGEST_SIDE
    assert content["person_share"] == 1.0


@pytest.mark.slow
@pytest.mark.models
def test_nobody(tmp_path: Path, profile: Path, models: None, command: Command) -> None:
    rng = np.random.default_rng(0)
    wall = rng.integers(60, 200, (9, 16, 3), dtype=np.uint8).repeat(20, axis=0).repeat(20, axis=1)
    path = write_video(tmp_path / "v.mp4", lambda k: np.roll(wall, k // 3, axis=1), 155)
    ran = command("check", path, "--profile", profile, "--json")
    assert ran.code == 2
    assert "NO_PERSON" in codes(ran)
    assert "no person was found in any of 155 frames" in json.loads(ran.out)["reason"]


@pytest.mark.slow
@pytest.mark.models
def test_two_people(tmp_path: Path, profile: Path, models: None, command: Command) -> None:
    left, right = (avatar.draw_frames(mover(155, size=(320, 360), shoulder=90, tempo=0.3, seed=s)) for s in (0, 1))
    pairs = (np.concatenate(pair, axis=1) for pair in zip(left, right, strict=True))
    path = video_of(tmp_path / "v.mp4", pairs)
    ran = command("check", path, "--profile", profile, "--json")
    assert ran.code == 2
    assert codes(ran) >= {"WHO_IS_MEANT", "OTHERS_IN_SIGHT"}
    assert json.loads(ran.out)["movements"] == []
    assert not codes(command("check", path, "--profile", profile, "--json", "--who", 1)) & {
        "WHO_IS_MEANT",
        "TOO_LITTLE_EVIDENCE",
    }


@pytest.mark.slow
@pytest.mark.models
def test_the_same_picture_all_the_time(tmp_path: Path, profile: Path, models: None, command: Command) -> None:
    [picture] = avatar.draw_frames(mover(1, size=SIZE, shoulder=100))
    path = write_video(tmp_path / "v.mp4", lambda _: picture, 155)
    ran = command("check", path, "--profile", profile, "--json")
    assert ran.code == 2
    assert codes(ran) & {"STILL_PICTURE", "FROZEN"}
    assert "NO_PERSON" not in codes(ran)


def row(columns: int = 24, value: object = "1.5") -> str:
    return ",".join([str(value), *["2"] * (columns - 1)])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no rows"),
        (row(23), "line 1 has 23 columns, expected 24"),
        (f"{row()}\n{row(25)}", "line 2 has 25 columns, expected 24"),
        (f"{row()}\n{row(value='nan')}", "line 2 holds NaN or infinity; a missing keypoint is written 0,0"),
        (row(value="inf"), "line 1 holds NaN or infinity"),
        (row(value="-1e400"), "line 1 holds NaN or infinity"),
        (row(value="left"), "line 1 holds something that is no number"),
        ("\0\0\0", "csv"),
        ('"' + "1" * 200_000 + '"', "cannot be read as csv"),
    ],
)
def test_csv_that_does_not_fit(tmp_path: Path, profile: Path, command: Command, content: str, message: str) -> None:
    path = tmp_path / "poses.csv"
    path.write_text(content)
    assert message in command("check", path, "--profile", profile, "--frame-size", "640x360").error()
    assert message in command("draw", path, "-o", tmp_path / "v.mp4", "--frame-size", "640x360").error()
    assert not (tmp_path / "v.mp4").exists()


def test_parquet_of_another_version(tmp_path: Path, profile: Path, command: Command) -> None:
    from helpers.datasets import rewritten

    newer = rewritten(tmp_path / "a.parquet", meta=lambda stored: {**stored, "format_version": 3})
    error = command("check", newer, "--profile", profile).error()
    assert error == f"{newer}: pose format 3; this poseprint reads formats up to 2: update poseprint"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1", b"no poses"])
def test_what_is_no_parquet(tmp_path: Path, profile: Path, command: Command, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    assert "not a Parquet file, or damaged" in command("check", tmp_path / "a.parquet", "--profile", profile).error()


def test_openpose_json_that_does_not_fit(tmp_path: Path, profile: Path, command: Command) -> None:
    how = ("--profile", profile, "--fps", 25, "--frame-size", "640x360")
    (tmp_path / "clip").mkdir()
    assert "no OpenPose json files" in command("check", tmp_path / "clip", *how).error()
    for text in ("", "{", "[]", '{"people": 3}', '{"people": [{"pose_keypoints_2d": [1, 2]}]}', "[" * 100_000):
        (tmp_path / "clip" / "v_000000000000_keypoints.json").write_text(text)
        assert "not a json file of OpenPose" in command("check", tmp_path / "clip", *how).error()


@pytest.mark.parametrize("name", ["profile.json", "model.onnx", "model.safetensors"])
def test_a_profile_with_a_changed_byte(profile: Path, source: Path, command: Command, name: str) -> None:
    content = bytearray((profile / name).read_bytes())
    content[content.index(b"Ann") if name == "profile.json" else len(content) // 2] ^= 1
    (profile / name).write_bytes(content)
    error = command("check", source, "--profile", profile).error()
    assert name in error
    assert "was altered" in error
    assert "sha256 differs" in error


def test_a_profile_that_is_none(tmp_path: Path, source: Path, command: Command) -> None:
    (tmp_path / "empty").mkdir()
    for folder, message in (
        (source, "not a profile; a profile is a folder"),
        (tmp_path / "empty", "not a profile (no profile.json)"),
        (tmp_path / "absent", "no such file or folder"),
        (source / "below", "no such file or folder"),
    ):
        assert f"{folder}: {message}" in command("check", source, "--profile", folder).error()
    (tmp_path / "empty" / "profile.json").write_text("[" * 100_000)
    assert "cannot be read as a profile" in command("check", source, "--profile", tmp_path / "empty").error()


def test_a_profile_of_another_skeleton(tmp_path: Path, source: Path, command: Command) -> None:
    folder = make_profile(tmp_path / "hands", skeleton="hands_21")
    ran = command("check", source, "--profile", folder, "--json")
    assert ran.code == 2
    verdict = json.loads(ran.out)
    assert (verdict["decision"], verdict["score"], verdict["movements"]) == ("inconclusive", None, [])
    assert "made for skeleton 'hands_21'" in verdict["reason"]


@pytest.mark.slow
def test_output_that_cannot_be_written(tmp_path: Path, profile: Path, source: Path, command: Command) -> None:
    from helpers.datasets import dataset
    from helpers.openpose import openpose_folder

    (tmp_path / "file").touch()
    below, folder = tmp_path / "file" / "x", openpose_folder(tmp_path / "clip")
    data = dataset(tmp_path / "data", {"Ann": 0.5, "Bob": 1.5})
    for arguments in (
        ("extract", folder, "-o", below, "--fps", 25, "--frame-size", "640x360"),
        ("extract", folder, "-o", tmp_path / "file", "--fps", 25, "--frame-size", "640x360"),
        ("check", source, "--profile", profile, "--report", below / "report.html"),
        ("draw", source, "-o", below / "drawn.mp4"),
        ("train", data, "--person", "Ann", "-o", below, "--set", "epochs=1", "--set", "length=60"),
        ("demo", "-o", below),
    ):
        ran = command(*arguments)
        # Training says first what it is about to train on.
        assert "cannot be written (Not a directory)" in ran._replace(err=ran.err.splitlines()[-1]).error() or (
            "cannot be written (File exists)" in ran.error()
        )
    assert (tmp_path / "file").read_bytes() == b""


SCRIPT = "<script>alert(1)</script>"


@pytest.mark.slow
def test_hostile_names_in_a_data_set_stay_names(tmp_path: Path, command: Command) -> None:
    from helpers.datasets import dataset

    data, out = dataset(tmp_path / "data", {"Ann": 0.5, "Bob": 1.5}), tmp_path / "out" / "deep" / "profile"
    names = [SCRIPT, "../../x", "/etc/x", "a\nb", "=1+1", "{{ 7*7 }}", "%s\0"[:2], "Bob_3"]
    files = sorted(p.name for p in data.glob("*.parquet"))
    people = [file[:3] for file in files]
    write_recordings(data, [Recording(n, p, "real", SCRIPT, f) for n, p, f in zip(names, people, files, strict=True)])
    before = {p for p in tmp_path.rglob("*") if out not in p.parents}
    small = ("--set", "epochs=1", "--set", "hidden=4", "--set", "length=60", "--set", "stride=60")
    assert command("train", data, "--person", "Ann", "-o", out, *small).code == 0
    after = {p for p in tmp_path.rglob("*") if out not in p.parents}
    assert after - before <= {out, *out.parents}
    made_from = json.loads((out / "profile.json").read_text())["made_from"]
    assert {m["recording"] for m in made_from} == set(names)
    assert (
        command("check", data / files[0], "--profile", out, "--report", tmp_path / "r.html").code == 2
    )  # a take that it was trained on
    page = (tmp_path / "r.html").read_text()
    assert SCRIPT not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_data_set_that_points_elsewhere(tmp_path: Path, command: Command) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    train = ("train", tmp_path / "data", "--person", "Ann", "-o", tmp_path / "profile")
    for file, message in (
        ("../secret.txt", "secret.txt: not a Parquet file, or damaged"),
        ("../absent.parquet", "no file '../absent.parquet' in"),
        ("/dev/zero", "no file '/dev/zero' in"),
        (SCRIPT, f"no file '{SCRIPT}' in"),
    ):
        write_recordings(tmp_path / "data", [Recording("a", "Ann", "real", "", file)])
        error = command(*train).error()
        assert message in error
        assert "secret" not in error.replace("secret.txt", "")
    assert not (tmp_path / "profile").exists()
