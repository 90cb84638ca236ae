"""Scratch folders: places for what is not whole yet, of which nothing stays, even where the process is killed.

A process that is killed leaves its folder. The next one of the same name deletes it: the folder is locked as long as
its process lives, by the system, so that no clock and no process number is asked. Many network disks show such a lock
to its own computer alone, so the name of a folder says which one made it, and no other one deletes it.
"""

import errno
import hashlib
import math
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from hwsim.interrupt import unfinished

try:
    import fcntl
except ImportError:  # Windows, where what a killed process left stays
    fcntl = None  # type: ignore[assignment]

_RANDOM = 8
"""Characters that tempfile puts at the end of a name."""
_MOST_OF_NAME = 160
"""Bytes of the name of a scratch folder before its random part; a file system allows 255."""
_AGAIN_S = 0.01
"""How often a process that waits for a lock looks."""
_searched: set[tuple[Path, str]] = set()
"""Where this process has looked for folders of killed ones: once is enough."""


@contextmanager
def scratch_folder(name: str, *, place: str | os.PathLike | None = None) -> Iterator[Path]:
    """A new folder, deleted at the end with all that is in it, as are those that killed processes left under ``name``.

    place : the folder in which it is made, None for that of the system's temporary files. Raises OSError.
    """
    where = Path(tempfile.gettempdir() if place is None else place)
    prefix = f"{os.fsdecode(os.fsencode(name)[:_MOST_OF_NAME])}-{_system()}-"
    if (where, prefix) not in _searched:
        _searched.add((where, prefix))
        _delete_left(where, prefix)
    path, lock = _locked_folder(where, prefix)
    unfinished.add(path)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        unfinished.discard(path)
        if lock is not None:
            os.close(lock)


@cache
def _system() -> str:
    """Eight letters for the running system: other ones, and this one once it has started again, have others."""
    try:
        running = Path("/proc/sys/kernel/random/boot_id").read_text()
    except OSError:  # not Linux
        running = platform.node()
    return hashlib.blake2b(running.encode(), digest_size=4).hexdigest()


def _locked_folder(where: Path, prefix: str) -> tuple[Path, int | None]:
    """A new folder and the handle of its lock, None where the system has none. Raises OSError."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=where))
        try:
            lock = locked(path, wait_s=math.inf)
        except OSError:
            path.rmdir()
            raise
        if path.exists():
            return path, lock
        if lock is not None:  # before the lock was there, another process took the folder for a left one
            os.close(lock)


def _delete_left(where: Path, prefix: str) -> None:
    """Delete the folders of processes that ended without doing so: nobody holds their locks."""
    with suppress(OSError), os.scandir(where) as entries:
        left = [each for each in entries if each.name.startswith(prefix) and len(each.name) == len(prefix) + _RANDOM]
        for path in (each.path for each in left):
            lock = locked(path, wait_s=0)
            if lock is not None:
                if os.fstat(lock).st_uid == os.geteuid():
                    shutil.rmtree(path, ignore_errors=True)
                os.close(lock)


def locked(folder: str | os.PathLike, *, wait_s: float) -> int | None:
    """The handle that holds the lock of ``folder``, which the system frees when the process ends; None where another
    process holds it for ``wait_s``, where it is no folder, and on a file system without locks. Raises OSError where too
    many files are open."""
    if fcntl is None:
        return None
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise
        return None
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except OSError as error:
            if not isinstance(error, BlockingIOError) or time.monotonic() >= until:
                os.close(handle)
                return None
        time.sleep(_AGAIN_S)
