"""Files that are written whole or not at all: in a scratch folder beside their place, then moved there.

What is not a regular file (a FIFO, a terminal, a device) is written to and stays what it is; a link is followed.
"""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from hwsim.errors import InputError
from hwsim.scratch import locked, scratch_folder

_WAIT_S = 10.0
"""How long a process waits for another one that replaces a file of the same folder."""


@contextmanager
def alone(path: str | os.PathLike) -> Iterator[None]:
    """Within it no other process is in such a block for a file of the same folder: for files that are read, added to
    and replaced. Not to be nested.

    The lock is one on the folder, which ends with the process, however that ends. Where the system has none (Windows,
    some network disks), or another process keeps it for _WAIT_S, the block runs without.
    """
    handle = locked(Path(os.path.realpath(path)).parent, wait_s=_WAIT_S)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


@contextmanager
def replacing(path: str | os.PathLike, *, keep: bool = False) -> Iterator[Path]:
    """A new file to write. At the end it replaces the file that ``path`` names, links followed, or is copied to what
    is not a regular file. It is deleted if anything fails.

    keep : where ``path`` exists by then it stays, and the new file is deleted. Raises InputError where no file can be
    made there.
    """
    path = Path(path)
    check_writable(path)
    plain = _replaceable(path)
    target = Path(os.path.realpath(path)) if plain else path
    with ExitStack() as opened:
        try:
            folder = opened.enter_context(
                scratch_folder(f".hwsim-{target.name}", place=target.parent if plain else None)
            )
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror}") from None
        part = folder / target.name
        with naming(path, str(part)):
            part.touch()
            yield part
            if not plain:
                _copy(part, target)
                return
            os.chmod(part, _mode(target))
            if keep:
                _put_if_absent(part, target)
            else:
                os.replace(part, target)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write ``text`` to ``path`` in UTF-8, as `replacing` does; what UTF-8 cannot hold, a byte of a name that is none,
    as an escape. Raises InputError."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", errors="backslashreplace")


@contextmanager
def naming(path: str | os.PathLike, part: str = "") -> Iterator[None]:
    """Within it a disk that takes no more is refused with the name of ``path``: what writes to an open file does not
    say which. part : the name under which the file is written. Raises InputError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename not in (None, part):
            raise
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None


def _replaceable(path: Path) -> bool:
    """Whether ``path`` is a regular file, or nothing yet. The file that standard output goes to is not: what is
    printed later would go to the old one."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return True
    return stat.S_ISREG(found.st_mode) and _own_stream(found) is None


def _own_stream(found: os.stat_result) -> IO[str] | None:
    """The standard output or error of this process that is the file ``found``."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if os.path.samestat(found, os.fstat(stream.fileno())):
                return stream
        except (OSError, ValueError, AttributeError):  # closed, or no file at all
            continue
    return None


def _copy(part: Path, target: Path) -> None:
    """Write the bytes of ``part`` to ``target``, which is not a regular file. A FIFO waits for its reader."""
    stream = _own_stream(target.stat())
    if stream is not None:
        stream.flush()
    where = target if stream is None else os.dup(stream.fileno())
    with part.open("rb") as source, open(where, "wb") as sink:
        shutil.copyfileobj(source, sink)


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those that a plain open() gives (mkstemp's are private)."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _put_if_absent(part: Path, path: Path) -> None:
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        if not path.exists():
            os.replace(part, path)
            return
    part.unlink()


def check_writable(path: str | os.PathLike) -> None:
    """Raise InputError where ``path`` is a folder or read-only, or where its folder, links followed, does not exist or
    takes no files: before the work, not after."""
    if not str(path):
        raise InputError("a file to write needs a name, got an empty text")
    try:
        found = os.stat(path)
    except FileNotFoundError:
        found = None
    except OSError as error:  # a link to itself, a file in place of a folder
        raise InputError(f"cannot write {path}: {error.strerror}") from None
    if found is not None and stat.S_ISDIR(found.st_mode):
        raise InputError(f"cannot write {path}: it is a folder")
    if found is not None and not os.access(path, os.W_OK):
        raise InputError(f"cannot write {path}: it is read-only")
    if found is not None and not stat.S_ISREG(found.st_mode):
        return
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise InputError(f"cannot write {path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise InputError(f"cannot write {path}: the folder {folder} is read-only")
