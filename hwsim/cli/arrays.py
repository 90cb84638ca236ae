"""Arrays from files: .npy, Matrix Market, text with rows."""

from pathlib import Path
from typing import Any

from hwsim.errors import InputError


def read_array(path: str, name: str, dimensions: int) -> Any:
    """float64 array of a .npy, .mtx or text file. Raises InputError."""
    import numpy as np
    from scipy.io import mmread

    try:
        if path.endswith(".npy"):
            array = np.load(path, allow_pickle=False)
        elif path.endswith(".mtx"):
            array = mmread(path, spmatrix=False)
            array = array.toarray() if hasattr(array, "toarray") else array
        else:
            text = Path(path).read_text(encoding="utf-8").replace(",", " ")
            array = np.array([line.split() for line in text.splitlines() if line.strip()], dtype=float)
    except FileNotFoundError:
        raise InputError(f"no such file: {path}") from None
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{path} holds no array of numbers ({' '.join(str(error).split())})") from None
    if array.dtype.kind not in "fiub":
        raise InputError(f"{path} must hold real numbers, got {array.dtype}")
    array = array.astype(float)
    if dimensions == 1 and array.ndim == 2 and 1 in array.shape:
        array = array.ravel()
    if array.ndim != dimensions or array.size == 0:
        raise InputError(f"{name} must have {dimensions} dimension{'s' * (dimensions > 1)}, got shape {array.shape}")
    return array
