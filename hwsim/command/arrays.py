"""Arrays from files: .npy, Matrix Market, text with rows."""

from pathlib import Path
from typing import Any

from hwsim.errors import InputError
from hwsim.npy import array_of
from hwsim.text import decoded, ending, read_data


def read_array(path: str, name: str, dimensions: int) -> Any:
    """float64 array of a .npy, .mtx or text file. Raises InputError."""
    import numpy as np

    from hwsim.problem.matrix import matrix_market

    data = read_data(path, refuse=InputError)
    if data.startswith(b"PK"):
        raise InputError(f"{path} is an archive of arrays: save one array with numpy.save")
    try:
        if ending(path) == ".npy":
            array = array_of(data, path)
        elif ending(path) == ".mtx":
            array = matrix_market(Path(path), decoded(path, data, refuse=InputError), square=False)[1]
            array = array.toarray() if hasattr(array, "toarray") else array
        else:
            text = decoded(path, data, refuse=InputError).replace(",", " ")
            array = np.array([line.split() for line in text.splitlines() if line.strip()], dtype=float)
    except InputError:
        raise
    except (ValueError, OverflowError) as error:
        raise InputError(f"{path} holds no array of numbers ({' '.join(str(error).split())})") from None
    return checked(array, name, dimensions, where=path)


def checked(array: Any, name: str, dimensions: int, *, where: str) -> Any:
    """``array`` as float64 of so many ``dimensions``; a vector may be a matrix of one row or column. where : its file
    or name. Raises InputError."""
    if array.dtype.kind not in "fiub":
        raise InputError(f"{where} must hold real numbers, got {array.dtype}")
    array = array.astype(float)
    if dimensions == 1 and array.ndim == 2 and 1 in array.shape:
        array = array.ravel()
    if array.ndim != dimensions or array.size == 0:
        raise InputError(f"{name} must have {dimensions} dimension{'s' * (dimensions > 1)}, got shape {array.shape}")
    return array
