"""njit with a disk cache that notices an edited source.

numba's own cache looks at the kernel's file alone and keeps running an old device function after that one was edited.
Here the cache folder is named after a hash of the kernel's file and of every file of the package that it imports, by
itself or through others, so an edit of any of them starts a new folder.
``HWSIM_CACHE_DIR`` moves the folder; a folder that cannot be written, or files in it that were cut, mean compiling
again, and nothing worse.
"""

import hashlib
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any

import numba
from numba.core import config

from hwsim.scratch import scratch_folder

_PACKAGE = Path(__file__).parent
_OFTEN = 64
"""Calls, after which a look at types is saved."""
_IMPORT = re.compile(r"^\s*(?:from|import)\s+hwsim\b([\w.]*)(?:\s+import\s+(\([^)]*\)|[^\n]*))?", re.MULTILINE)


@cache
def imported(source: Path) -> frozenset[Path]:
    """The files of the package that ``source`` imports, at its top or within a function; without the list of public
    names, which no kernel reads."""
    found = set()
    for module, names in _IMPORT.findall(source.read_text(encoding="utf-8")):
        place = _PACKAGE.joinpath(*module.split(".")[1:])
        for path in (place, *(place / name for name in re.findall(r"\w+", names))):
            found |= {file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()}
    return frozenset(found - {_PACKAGE / "__init__.py"})


def sources(source: Path) -> list[Path]:
    """``source`` and every file of the package that it imports, itself or through others, in order."""
    found, fresh = set(), {source}
    while fresh:
        found |= fresh
        fresh = {path for one in fresh for path in imported(one)} - found
    return sorted(found)


@cache
def _content(path: Path) -> bytes:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).digest()


@cache
def cache_folder(source: Path) -> str | None:
    """The folder of the compiled kernels of exactly this ``source``, or None when it cannot be written."""
    digest = hashlib.blake2b(numba.__version__.encode(), digest_size=8)
    for path in sources(source):
        digest.update(path.name.encode() + _content(path))
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
    folder = cache_folder(Path(function.__code__.co_filename))
    # without numpy's error model every division carries a branch that raises, and no loop vectorises; wrappers for C
    # would never be called, and take a twentieth of the time of compiling
    options |= {"error_model": "numpy", "no_cfunc_wrapper": True}
    before = config.CACHE_DIR  # type: ignore[attr-defined]  # made when numba is imported
    try:
        config.CACHE_DIR = folder or before  # type: ignore[attr-defined]
        made = numba.njit(cache=folder is not None, **options)(function)
    finally:
        config.CACHE_DIR = before  # type: ignore[attr-defined]
    if folder is not None:
        _forgive(made._cache._cache_file, folder)
    return made


_told: set[str] = set()


def _forgive(file: Any, folder: str) -> None:
    """Let numba's cache ``file`` take what is empty or cut as missing, so that it is compiled again, and go on without
    what the disk does not take. The folder is named once.

    Two processes that compile one kernel for different types must not choose one name for both: numba counts the names
    that it finds, and whoever read the index with the name of the one would then run the code of the other.
    """
    load_index, load_data, save = file._load_index, file._load_data, file.save
    base = file._index_name.removesuffix(".nbi")
    file._source_stamp = "the name of the folder"  # which depends on the content; a new date is no new source
    file._open_for_write = _written

    def tell(words: str) -> None:
        if folder not in _told:
            _told.add(folder)
            print(f"hwsim: {words} {folder}", file=sys.stderr)

    def index() -> Any:
        try:
            return load_index()
        except Exception:
            tell("compiling again, for there are damaged kernels in")
            return {}

    def data(name: str) -> Any:
        try:
            return load_data(name)
        except OSError:
            raise
        except Exception:
            tell("compiling again, for there are damaged kernels in")
            raise OSError(name) from None  # numba then compiles, and writes it anew

    def keep(key: Any, compiled: Any) -> None:
        file._data_name_pattern = f"{base}-{secrets.token_hex(8)}.{{number:d}}.nbc"
        try:
            save(key, compiled)
        except OSError as error:
            why = error.strerror or error
            tell(f"compiled kernels are not kept ({why}): HWSIM_CACHE_DIR names another folder than")

    file._load_index, file._load_data, file.save = index, data, keep


@contextmanager
def _written(path: str) -> Iterator[IO[bytes]]:
    """The file ``path`` of a kernel, to be written whole or not at all. All of a folder share the name of the scratch
    folder, so that the next one deletes what a killed process left: their own names are random. Raises OSError."""
    with scratch_folder(".hwsim-kernel", place=os.path.dirname(path)) as folder:
        part = folder / "part"
        with part.open("wb") as file:
            yield file
        os.replace(part, path)


def kernel(function: Callable) -> Any:
    """``njit`` for an event loop: it releases the GIL, and counts no references to its arrays.

    Counting them, atomically, wherever an event takes an array out of a record made the lanes take 1.2 to 2.5 times as
    long, and bitplanes three times. ``_nrt`` is an option of numba's own, and what a kernel calls inherits it; numba
    refuses to compile a kernel that allocates.
    """
    return njit(function, nogil=True, _nrt=False)


def inner(function: Callable) -> Any:
    """``njit`` for what kernels alone call, too large to be inlined into each: without the wrapper that makes it a
    function of Python, which takes as long to compile as a page of code."""
    return njit(function, no_cpython_wrapper=True)


class Often:
    """A kernel for a caller that calls it often with arguments of the same types, array by array the same dtype,
    dimensions, contiguity and leave to write. The caller says by `renew` where a type may have changed.

    numba looks at all types at every call, which takes ten microseconds for the hundred arrays of an event loop, eight
    times as long as the call itself. From the _OFTEN-th call on nobody looks: to find out what was compiled for the
    types takes as long as fifty looks.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self.renew()

    def renew(self) -> None:
        """Look at the types again."""
        self._run, self._calls = self._kernel, 0

    def __call__(self, *arguments: Any) -> Any:
        self._calls += 1
        if self._calls == _OFTEN:
            signature = tuple(self._kernel.typeof_pyval(argument) for argument in arguments)
            self._kernel.compile(signature)
            self._run = self._kernel.overloads[signature].entry_point
        return self._run(*arguments)


inline = numba.njit(inline="always", error_model="numpy")
"""For a part of a kernel that takes less time than a call: a call passes seven words for every array."""


@contextmanager
def watched(tell: Callable[[], None]) -> Iterator[None]:
    """Call ``tell`` at each function that numba begins to compile within the ``with`` block; none that it finds in its
    cache."""
    from numba.core import event

    class Listener(event.Listener):
        def on_start(self, event: Any) -> None:
            tell()

        def on_end(self, event: Any) -> None:
            """Nothing to tell."""

    listener = Listener()
    event.register("numba:compile", listener)
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)
