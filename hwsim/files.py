"""Files that are written whole or not at all: under another name in the same folder, then renamed."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hwsim.errors import InputError


@contextmanager
def replacing(path: str | os.PathLike, *, keep: bool = False) -> Iterator[Path]:
    """A new file to write, which replaces ``path`` at the end, or is deleted if anything fails.

    keep : where ``path`` exists by then it stays, and the new file is deleted. Raises InputError where no file can be
    made there.
    """
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
    os.close(handle)
    try:
        yield Path(name)
        mask = os.umask(0)  # mkstemp makes the file private; give it what a plain open() would have
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        if keep:
            _put_if_absent(Path(name), path)
        else:
            os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


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
    """Raise InputError where the folder of ``path`` does not exist or takes no files: before the work, not after."""
    folder = Path(path).parent
    if not folder.is_dir():
        raise InputError(f"cannot write {path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise InputError(f"cannot write {path}: the folder {folder} is read-only")
