"""netCDF files of poses as the library movement has them, with h5py and h5netcdf (`pip install 'poseprint[formats]'`).

Dimensions are time, space, keypoints and individuals; since movement 0.17 the last two are called keypoint and individual, which is
read as well. What a series has besides is written too: channels as variables along time, the rest as json in the attribute
`poseprint`. movement passes both on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from poseprint.core.arrays import Array
from poseprint.core.errors import MissingDependencyError, PoseFileError
from poseprint.core.files import absence, atomic_write
from poseprint.core.series import UNKNOWN, EstimatorInfo, PoseSeries
from poseprint.core.skeleton import LEFT_SHOULDER, NECK, RIGHT_SHOULDER, UPPER_BODY
from poseprint.io.joint_names import keypoints_among, with_neck
from poseprint.io.notes import NOTE, Note, note_of, read_note

_CHANNEL = "channel_"
_DIMS = {"keypoint": "keypoints", "individual": "individuals"}
_POSITION = ("time", "space", "keypoints", "individuals")
_CONFIDENCE = ("time", "keypoints", "individuals")
_MOST_FRAMES, _MOST_NAMES, _LONGEST_NAME = 1 << 21, 1000, 200
_MOST_NUMBERS = 1 << 26  # coordinates of one individual
_LARGEST, _LARGEST_CHUNK = 2 << 30, 1 << 28  # bytes


def write_movement(series: PoseSeries, path: Path | str) -> tuple[str, ...]:
    """Write a series as netCDF that movement reads; it appears whole or not at all.

    Args:
        series: poses of a recording.
        path: the file.

    Returns:
        what the form cannot hold and is left out: nothing.

    Raises:
        PoseprintError: the path cannot be written, or h5py and h5netcdf are not installed.
    """
    with _libraries():
        import h5netcdf
        import h5py
    individual = series.person or "person"
    with atomic_write(path) as partial, h5netcdf.File(partial, "w") as file:
        file.dimensions = dict(zip(_POSITION, (len(series), 2, len(series.skeleton.keypoints), 1), strict=True))
        text = h5py.string_dtype()
        for name, names in (("space", "xy"), ("keypoints", series.skeleton.keypoints), ("individuals", [individual])):
            file.create_variable(name, (name,), text, data=np.array(list(names), dtype=object))
        variables: dict[str, tuple[tuple[str, ...], Array]] = {
            "time": (("time",), series.time),
            "position": (_POSITION, series.position.transpose(0, 2, 1)[..., None]),
            "confidence": (_CONFIDENCE, series.confidence[..., None]),
            **{_CHANNEL + name: (("time",), values) for name, values in series.channels.items()},
        }
        for name, (dims, values) in variables.items():
            file.create_variable(name, dims, values.dtype, data=values)
        file.attrs.update(
            ds_type="poses",
            fps=series.fps,
            time_unit="seconds",
            source_software=series.estimator.name,
            **{NOTE: note_of(series, list(series.channels))},
        )
    return ()


def read_movement(
    path: Path | str,
    *,
    fps: float | None = None,
    frame_size: tuple[int, int] | None = None,
    individual: str | None = None,
) -> PoseSeries:
    """One individual's poses from a netCDF file that movement or `write_movement` wrote.

    Keypoints are known by their names, such as left_wrist, LWrist or wrist_l; without a neck it is the middle of the shoulders. A
    confidence that is not known counts as 1 where there is a position.

    Args:
        path: the file.
        fps: frames per second, of files that count frames.
        frame_size: (width, height) of the picture in pixels, which movement does not tell.
        individual: the name of the one to read, where there are several.

    Raises:
        PoseFileError: not such a file, of poses in three dimensions, without shoulders or time; something needed was not given.
        MissingDependencyError: h5py is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise PoseFileError(f"{path}: is a folder; name the file" if path.is_dir() else absence(path))
    with _libraries():
        import h5py
    if path.stat().st_size > _LARGEST:
        raise PoseFileError(f"{path}: larger than {_LARGEST >> 30} GB, too large for one recording")
    try:
        with h5py.File(path, "r") as file:
            return _Dataset(file, path).series(fps, frame_size, individual)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
        reason = str(error).partition("\n")[0]
        raise PoseFileError(
            f"{path}: not a netCDF file (HDF5) of poses as movement writes it, or damaged ({reason})"
        ) from error


@contextmanager
def _libraries() -> Iterator[None]:
    """Names the extra, if a library is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"netCDF needs {error.name}: install it with pip install 'poseprint[formats]'"
        ) from error


@dataclass(frozen=True)
class _Dataset:
    """A file that is open for reading: nothing in it is trusted."""

    file: Any
    path: Path

    def series(self, fps: float | None, frame_size: tuple[int, int] | None, individual: str | None) -> PoseSeries:
        """See `read_movement`."""
        kind = self._attribute("ds_type")
        self._require(kind in ("", "poses"), f"a data set of {kind:.40}, not of poses")
        note_text = self._attribute(NOTE)
        note = read_note(note_text, self.path) if note_text else None
        size = note.frame_size if note else frame_size
        if size is None:
            raise PoseFileError(
                f"{self.path}: movement does not tell the size of the picture; give it with `frame_size`"
            )
        time, rate = self._time(note, fps)
        position, confidence = self._poses(len(time), individual)
        software = self._attribute("source_software")
        log = {"step": "read_movement", "file": self.path.name, "source_software": software}
        series = PoseSeries(
            position=position,
            confidence=confidence,
            time=time,
            fps=rate,
            frame_size=size,
            recording=self.path.stem,
            estimator=EstimatorInfo(software or UNKNOWN),
            channels=self._channels(note, len(time)),
            log=(log,),
        )
        return note.on(series) if note else series

    def _require(self, holds: bool, problem: str) -> None:
        if not holds:
            raise PoseFileError(f"{self.path}: {problem}")

    def _attribute(self, name: str) -> str:
        """An attribute that is a text; empty where there is none."""
        if name not in self.file.attrs:
            return ""
        value = self.file.attrs[name]
        text = value.decode() if isinstance(value, bytes) else value
        return text if isinstance(text, str) else ""

    def _variable(self, name: str) -> Any:
        """A variable whose numbers lie in this very file, in pieces that fit into memory."""
        self._require(
            name in self.file, f"no variable {name} in it; a data set of poses has position, time and keypoints"
        )
        own = type(self.file.get(name, getlink=True)).__name__ == "HardLink"  # looked at before it is followed
        variable: Any = self.file[name] if own else None
        own = own and hasattr(variable, "dims") and not variable.external and not variable.is_virtual
        self._require(own, f"{name} lies elsewhere, or is no variable")
        chunk = np.prod(variable.chunks or (1,), dtype=np.float64) * variable.dtype.itemsize
        self._require(bool(chunk <= _LARGEST_CHUNK), f"{name} is stored in pieces that are too large")
        packed = [a for a in ("scale_factor", "add_offset") if a in variable.attrs]
        self._require(not packed, f"{name} is packed ({', '.join(packed)}); write it as plain numbers")
        return variable

    def _names(self, dimension: str) -> list[str]:
        """The names along a dimension."""
        written = next((d for d in (dimension.removesuffix("s"), dimension) if d in self.file), dimension)
        variable = self._variable(written)
        self._require(variable.ndim == 1 and 0 < len(variable) <= _MOST_NAMES, f"{written} are no names, or too many")
        self._require(variable.dtype.kind in "OS", f"{written} have no names; name them as texts")
        names = [
            name.decode() if isinstance(name, bytes) else str(name)
            for name in (variable[k] for k in range(len(variable)))
        ]
        self._require(max(map(len, names)) <= _LONGEST_NAME, f"{written} have names that are too long")
        return names

    def _time(self, note: Note | None, fps: float | None) -> tuple[Array, float]:
        """Seconds and frames per second."""
        variable = self._variable("time")
        frames = variable.shape[0] if variable.ndim == 1 else 0
        self._require(frames > 0, "holds no frames")
        self._require(frames <= _MOST_FRAMES, f"{frames} frames are too many for one recording")
        time = np.asarray(variable[:], dtype=np.float64)
        stated = np.ravel(self.file.attrs.get("fps", ()))
        rate = float(stated[0]) if stated.size == 1 else note.fps if note else fps
        if rate is None:
            raise PoseFileError(f"{self.path}: does not tell the frame rate; give it with `fps`")
        self._require(1 <= rate <= 1000, f"fps must be from 1 to 1000, got {rate:g}")
        return (time / rate if self._attribute("time_unit") == "frames" else time), rate

    def _poses(self, frames: int, individual: str | None) -> tuple[Array, Array]:
        """Positions [shape=(frames, 12, 2)] and confidences [shape=(frames, 12)] of one individual."""
        space, keypoints, individuals = (self._names(dimension) for dimension in _POSITION[1:])
        self._require(
            space == ["x", "y"], f"its space is {', '.join(space):.40}; poses in a picture have x and y, in pixels"
        )
        if individual is None:
            self._require(
                len(individuals) == 1,
                f"{len(individuals)} individuals ({', '.join(individuals[:10]):.300}); "
                "`poseprint dataset import` takes one, named with `individual`",
            )
        self._require(
            individual is None or individual in individuals,
            f"no individual {individual!r}; it has {', '.join(individuals[:10]):.300}",
        )
        one = individuals.index(individual) if individual is not None else 0
        among = keypoints_among(keypoints)
        self._require(
            {LEFT_SHOULDER, RIGHT_SHOULDER} <= among.keys(),
            f"no left_shoulder and right_shoulder among its keypoints ({', '.join(keypoints[:10]):.300})",
        )
        self._require(2 * frames * len(keypoints) <= _MOST_NUMBERS, "holds more than one recording can have")
        shape = {"time": frames, "space": 2, "keypoints": len(keypoints), "individuals": len(individuals)}
        source = list(among.values())
        position = np.full((frames, len(UPPER_BODY.keypoints), 2), np.nan)
        position[:, list(among)] = self._of("position", _POSITION, shape, one)[:, :, source].transpose(0, 2, 1)
        confidence = np.full(position.shape[:2], np.nan)
        if "confidence" in self.file:
            confidence[:, list(among)] = self._of("confidence", _CONFIDENCE, shape, one)[:, source]
        confidence = np.clip(np.where(np.isnan(confidence), ~np.isnan(position[:, :, 0]), confidence), 0, 1)
        return (position, confidence) if NECK in among else with_neck(position, confidence)

    def _of(self, name: str, dims: tuple[str, ...], shape: dict[str, int], individual: int) -> Array:
        """A variable's numbers of one individual, float64, along the other dimensions in this order."""
        variable = self._variable(name)
        own = [
            _DIMS.get(d, d)
            for d in (scales[0].name.rpartition("/")[2] if len(scales) else "" for scales in variable.dims)
        ]
        missing = [d for d in dims if d not in own]
        if name == "confidence" and missing == ["keypoints"]:  # one for the whole of an individual
            own.append("keypoints")
        elif missing or len(own) != len(dims):
            raise PoseFileError(
                f"{self.path}: {name} has the dimensions {', '.join(own):.100}; expected {', '.join(dims)}"
            )
        held = [d for d in own if d not in missing]
        self._require(
            variable.shape == tuple(shape[d] for d in held),
            f"{name} has the shape {variable.shape}, expected {tuple(shape[d] for d in held)}",
        )
        values = np.asarray(
            variable[tuple(individual if d == "individuals" else slice(None) for d in held)], np.float64
        )
        filled = np.ravel(variable.attrs.get("_FillValue", np.nan))
        values = np.where(values == filled[0], np.nan, values)
        rest = [d for d in held if d != "individuals"]
        if missing:
            values = np.repeat(values[:, None], shape["keypoints"], axis=1)
            rest.append("keypoints")
        return values.transpose([rest.index(d) for d in dims if d != "individuals"])

    def _channels(self, note: Note | None, frames: int) -> dict[str, Array]:
        """The channels that poseprint wrote."""
        channels = {}
        for name in note.channels if note else ():
            variable = self._variable(_CHANNEL + name)
            self._require(variable.shape == (frames,), f"{_CHANNEL}{name} has the shape {variable.shape}")
            channels[name] = np.asarray(variable[:], dtype=np.float32)
        return channels
