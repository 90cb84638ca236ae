"""Arrays from files of numpy, ``.npy`` and the parts of a ``.npz``, and to the latter.

Enters: bytes, or a file that is open. Leaves: arrays. A header is compared with the bytes that are there before memory
is taken, so one that promises 10**12 entries costs nothing; objects are never unpickled.
"""

import io
import math
import os
import zipfile
import zlib
from collections.abc import Mapping
from typing import BinaryIO

import numpy as np

from hwsim.errors import InputError
from hwsim.text import MAX_UNPACKED

KINDS = "biufcSU"
"""Numbers and text: the kinds of arrays that are read."""


def array_of(data: bytes, name: str) -> np.ndarray:
    """The read-only array in ``data``, the content of ``name``, without a copy. Raises InputError."""
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        head = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = head(file)
    except Exception:
        raise InputError(f"{name} is not a readable numpy file: it may be damaged") from None
    if dtype.kind not in KINDS:
        what = "objects, which are never unpickled" if dtype.hasobject else f"values of the type {dtype}"
        raise InputError(f"{name} holds {what}: save numbers")
    held = len(data) - file.tell()
    if any(type(size) is not int or size < 0 for size in shape):
        raise InputError(f"{name} is not a readable numpy file: it may be damaged")
    size = math.prod(shape) * dtype.itemsize
    if size != held:
        raise InputError(f"{name} promises an array of shape {shape}, {size} bytes, and holds {held}")
    if not size:
        return np.zeros(shape, dtype)
    return np.frombuffer(data, dtype, offset=file.tell()).reshape(shape, order="F" if fortran else "C")


def parts_of(file: BinaryIO, name: str, *, only: str | None = None) -> dict[str, bytes]:
    """The content of each part of the archive ``file``, or of that called ``only``, by its name, which loses ``.npy``.
    Raises InputError."""
    try:
        file.seek(0, os.SEEK_END)
        length = file.tell()
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if sum(each.file_size for each in entries) > max(length, MAX_UNPACKED):
                raise InputError(f"{name} unpacks to more than {MAX_UNPACKED} bytes: save it without compression")
            names = [each.filename.removesuffix(".npy") for each in entries]
            if len(set(names)) < len(names):
                raise InputError(f"{name} holds two arrays of one name: it may be damaged")
            wanted = [(key, each) for key, each in zip(names, entries, strict=True) if only in (None, key)]
            return {key: archive.read(each) for key, each in wanted}
    except InputError:
        raise
    except (zipfile.BadZipFile, EOFError, zlib.error):
        raise InputError(f"{name} is not a readable numpy archive, or only a part of one") from None
    except Exception:  # a compression that Python lacks, a password, a date that is none
        raise InputError(f"{name} is not a readable numpy archive: it may be damaged") from None


def write_arrays(file: BinaryIO, arrays: Mapping[str, np.ndarray]) -> None:
    """Write ``arrays`` to ``file`` as `numpy.savez` does, but without the date: equal arrays make equal bytes, and a
    clock that stands before 1980, where the dates of zip files begin, does not matter."""
    with zipfile.ZipFile(file, "w") as archive:
        for key, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{key}.npy"), "w", force_zip64=True) as part:
                np.lib.format.write_array(part, np.asanyarray(array), allow_pickle=False)


def arrays_of(data: bytes, name: str) -> dict[str, np.ndarray]:
    """The arrays of ``data``, the content of ``name``; that of a ``.npy`` is called "". Raises InputError."""
    if data.startswith(b"\x93NUMPY"):
        return {"": array_of(data, name)}
    return {key: array_of(part, f"{key} in {name}") for key, part in parts_of(io.BytesIO(data), name).items()}
