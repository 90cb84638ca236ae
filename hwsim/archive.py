"""Archives: the ``.npz`` files of hwsim. A manifest names the kind of content; arrays are stored with it.

Enters: a kind, a manifest that msgspec can write, arrays. Leaves: a file, whole or not at all; or the same back,
checked. A file of another kind, cut or damaged, is refused in one sentence that names what was found.
"""

import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec
import numpy as np

from hwsim.errors import ArgumentError, InputError
from hwsim.files import replacing
from hwsim.npy import array_of, parts_of, write_arrays

_FORMAT = "hwsim-"
_MANIFEST = "manifest"


class Head(msgspec.Struct):
    """What every manifest begins with."""

    format: str
    version: int


M = TypeVar("M", bound=Head)


def write(path: str | Path, manifest: Head, arrays: Mapping[str, np.ndarray]) -> None:
    """Write ``path``: ``manifest`` and ``arrays``, whole or not at all."""
    text = msgspec.json.encode(manifest).decode()
    with replacing(path) as part, part.open("wb") as file:
        write_arrays(file, {_MANIFEST: np.array(text), **arrays})


def kind_of(path: str | Path | BinaryIO) -> str | None:
    """The kind of a file of ours, such as ``program`` or ``run``; None for anything else."""
    try:
        head, _ = _open(path, Head, manifest_only=True)
    except InputError:
        return None
    return head.format.removeprefix(_FORMAT)


def read(path: str | Path | BinaryIO, kind: str, manifests: Mapping[int, type[M]]) -> tuple[M, dict[str, np.ndarray]]:
    """(manifest, arrays) of the archive of ``kind`` at ``path``. manifests : the manifest of each version that is read.

    Raises InputError for anything else, naming what was found.
    """
    head, _ = _open(path, Head, manifest_only=True, wanted=kind)
    found = head.format.removeprefix(_FORMAT)
    if not head.format.startswith(_FORMAT) or found != kind:
        what = f"a saved {found}" if head.format.startswith(_FORMAT) else f"of the format {head.format!r}"
        raise InputError(f"{name_of(path)} is {what}, not a saved {kind}")
    if head.version not in manifests:
        newest = max(manifests)
        age = "a newer" if head.version > newest else "an older"
        raise InputError(
            f"{name_of(path)} is a {kind} of {age} version of hwsim (file version {head.version}; this one reads "
            f"{', '.join(map(str, sorted(manifests)))})"
        )
    return _open(path, manifests[head.version], wanted=kind)


def _open(
    path: str | Path | BinaryIO, manifest: type[M], *, manifest_only: bool = False, wanted: str = "file of hwsim"
) -> tuple[M, dict[str, np.ndarray]]:
    name = name_of(path)
    if not isinstance(path, str | Path) and not hasattr(path, "seek"):
        raise ArgumentError(f"a saved {wanted} is read from a path or an open file, got {type(path).__name__}")
    try:
        with ExitStack() as opened:
            file = opened.enter_context(open(path, "rb")) if isinstance(path, str | Path) else path
            file.seek(0)
            if file.read(6) == b"\x93NUMPY":
                raise InputError(f"{name} is not a saved {wanted}: it is one bare array")
            if not zipfile.is_zipfile(file):
                raise InputError(f"{name} is not a saved {wanted}, or only a part of one")
            parts = parts_of(file, name, only=_MANIFEST if manifest_only else None)
    except FileNotFoundError:
        raise InputError(f"no such file: {path}") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder, not a saved {wanted}") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    if _MANIFEST not in parts:
        raise InputError(f"{name} is not a saved {wanted}: it has no manifest")
    try:
        text = str(array_of(parts.pop(_MANIFEST), name))
        found = msgspec.json.decode(text, type=manifest, strict=True)
    except (InputError, msgspec.MsgspecError, UnicodeError, RecursionError):
        raise InputError(f"{name} is not a saved {wanted}: its manifest is damaged") from None
    try:
        return found, {key: array_of(parts.pop(key), key).copy(order="K") for key in list(parts)}
    except InputError as error:
        raise InputError(f"{name} is a damaged {wanted}: {error}") from None


def name_of(path: Any) -> str:
    return str(path) if isinstance(path, str | Path) else "the file"
