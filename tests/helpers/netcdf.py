"""netCDF files of poses by another program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

NAMES = ("nose", "LeftShoulder", "shoulder_R", "tail")


def netcdf(path: Path, change: Callable[[Any], None] = lambda _: None, **attributes: Any) -> Path:
    """A file of two individuals and five frames by another program, in other dimensions' order."""
    import h5py

    h5 = h5py.File(path, "w")
    texts = h5py.string_dtype()
    axes = {"space": ["x", "y"], "keypoints": NAMES, "individuals": ["a", "b"]}
    for name, values in axes.items():
        h5.create_dataset(name, data=np.array(values, dtype=object), dtype=texts)
    h5["time"] = np.arange(5) / 25
    for name in ("time", *axes):
        h5[name].make_scale(name)
    place = np.arange(5 * 4 * 2 * 2, dtype=np.float64).reshape(5, 4, 2, 2)  # time, keypoints, individuals, space
    h5["position"] = place
    h5["confidence"] = np.full((5, 4, 2), 0.5)
    for name, dims in (
        ("position", ("time", "keypoints", "individuals", "space")),
        ("confidence", ("time", "keypoints", "individuals")),
    ):
        for number, dim in enumerate(dims):
            h5[name].dims[number].attach_scale(h5[dim])
    h5.attrs.update({"ds_type": "poses", "fps": 25.0, "time_unit": "seconds", "source_software": "SLEAP", **attributes})
    change(h5)
    h5.close()
    return path
