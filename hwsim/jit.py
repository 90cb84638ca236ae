"""njit with a disk cache that notices an edited source.

numba's own cache looks at the kernel's file alone and keeps running an old device function after that one was edited.
Here the cache folder is named after a hash of every source file of the package, so any edit starts a new folder.
``HWSIM_CACHE_DIR`` moves the folder; a folder that cannot be written means no cache, and nothing worse.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import config


@cache
def cache_folder() -> str | None:
    """The folder of compiled kernels for exactly these sources, or None when it cannot be written."""
    package = Path(__file__).parent
    digest = hashlib.blake2b(numba.__version__.encode(), digest_size=8)
    for source in sorted(package.rglob("*.py")):
        digest.update(str(source.relative_to(package)).encode() + source.read_bytes())
    base = os.environ.get("HWSIM_CACHE_DIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "hwsim"
    )
    folder = os.path.join(base, f"kernels-{digest.hexdigest()}")
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def njit(function: Callable | None = None, **options: Any) -> Any:
    """``numba.njit`` with the cache described above; use as ``@njit`` or ``@njit(nogil=True)``."""
    if function is None:
        return lambda wrapped: njit(wrapped, **options)
    folder = cache_folder()
    before = config.CACHE_DIR  # type: ignore[attr-defined]  # made when numba is imported
    try:
        config.CACHE_DIR = folder or before  # type: ignore[attr-defined]
        # without numpy's error model every division carries a branch that raises, and no loop vectorises
        return numba.njit(cache=folder is not None, error_model="numpy", **options)(function)
    finally:
        config.CACHE_DIR = before  # type: ignore[attr-defined]


def kernel(function: Callable) -> Any:
    """``njit`` for an event loop: it releases the GIL, and counts no references to its arrays.

    Counting them, atomically, wherever an event takes an array out of a record made the lanes take 1.2 to 2.5 times as
    long, and bitplanes three times. ``_nrt`` is an option of numba's own, and what a kernel calls inherits it; numba
    refuses to compile a kernel that allocates.
    """
    return njit(function, nogil=True, _nrt=False)


inline = numba.njit(inline="always", error_model="numpy")
"""For a part of a kernel that takes less time than a call: a call passes seven words for every array."""
