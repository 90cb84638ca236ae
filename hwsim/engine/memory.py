"""Memory: arrays that begin at a cache line, so that no vector lies across two."""

import numpy as np

_LINE = 64


def aligned(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """Zeros of ``shape``, C order, the first octet at a multiple of 64."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    octets = np.zeros(size + _LINE, dtype=np.uint8)
    skip = -octets.ctypes.data % _LINE
    return octets[skip : skip + size].view(dtype).reshape(shape)
