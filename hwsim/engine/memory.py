"""Memory: arrays that begin at a cache line, so that no vector spans two."""

import numpy as np

_CACHE_LINE = 64


def aligned(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """Zeros of ``shape``, C order, the first octet at a multiple of 64."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    octets = np.zeros(size + _CACHE_LINE, dtype=np.uint8)
    skip = -octets.ctypes.data % _CACHE_LINE
    return octets[skip : skip + size].view(dtype).reshape(shape)
