"""Reads the arrays that scripts/galaxydump writes."""

import numpy as np

TYPES = {"u8": np.dtype("u1"), "f32": np.dtype("<f4"), "f64": np.dtype("<f8")}


def read(folder, name, *shape):
    """The array in folder/name, whose type the name ends with."""
    return np.fromfile(folder / name, TYPES[name.rpartition(".")[2]]).reshape(shape or -1)
