"""MATLAB files of version 4 to 7: ``J`` and ``h``, ``Q``, or one matrix of another name.

Enters: the bytes of a file and what the matrix means. Leaves: a Problem. p-bit labs keep J and h with the sign of
E = - sum h s - sum J s s, others with that of dimod, and the file does not tell: the sign is asked for.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.errors import ReadError
from hwsim.problem.carrier import number, of_matrix
from hwsim.problem.problem import Problem
from hwsim.problem.reading import SAY, read_as
from hwsim.text import MAX_UNPACKED, stem

_HDF5 = b"\x89HDF\r\n\x1a\n"
_COUPLINGS, _BIASES = ("J", "W", "weights"), ("h", "b", "bias")
SIGNS = "with E = sum h s + sum J s s (--as spin) or with the other sign, of the p-bit papers"


def is_mat(data: bytes) -> bool:
    """Whether ``data`` is a MATLAB file by its first bytes."""
    return data.startswith((b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file", _HDF5))


def read_mat(path: Path, data: bytes, as_: str | None) -> Problem:
    """The problem in a MATLAB file. Raises ReadError."""
    import scipy.io

    if data.startswith((b"MATLAB 7.3", _HDF5)):
        raise ReadError(f"{path} is a MATLAB file of version 7.3 (HDF5): save it again with save(..., '-v7')")
    if is_mat(data):
        _check_elements(path, data)
    else:
        _check_old(path, data)
    try:
        held = scipy.io.loadmat(io.BytesIO(data))
        for value in held.values():
            if hasattr(value, "check_format"):  # an index outside would end the process
                value.check_format(full_check=True)
    except Exception:
        raise ReadError(f"{path} is not a readable MATLAB file: it may be damaged") from None
    held = {name: value for name, value in held.items() if not name.startswith("__")}
    name = _matrix_name(path, held)
    entries = of_matrix(held[name], f"{name} in {path}", refuse=ReadError)
    bias = next((key for key in _BIASES if key in held and key != name), None)
    biases = {} if bias is None else _biases(path, bias, held[bias], len(entries.labels))
    if as_ is None:
        _ask(path, name, bias)
    if as_ == "max-cut" and any(biases.values()):
        raise ReadError(f"{path} holds the biases {bias}, which a max-cut has not")
    return read_as(entries, as_ or "qubo", name=stem(path), biases=biases)


_MATRIX, _COMPRESSED = 14, 15
_NUMBERS = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8, 16: 1, 17: 1, 18: 1}
"""Types of elements that hold numbers or text (MAT-file format, version 5, table 1-1)."""
_HEADER, _COMPLEX, _SPARSE = 128, 0x0800, 5


_OLD_SIZES = (8, 4, 4, 2, 2, 1)
"""Octets of a number by its type in a file of version 4: float64, float32, int32, int16, uint16, uint8."""


def _check_old(path: Path, data: bytes) -> None:
    """Raise ReadError unless ``data`` is a chain of matrices of version 4, as long as each of them says: scipy.io would
    take another file for one of version 5."""
    if not any(_is_old(data, order) for order in "<>"):
        raise ReadError(f"{path} is not a readable MATLAB file: it may be damaged")


def _is_old(data: bytes, order: str) -> bool:
    at = 0
    while at < len(data):
        if at + 20 > len(data):
            return False
        kind, rows, columns, imaginary, name = struct.unpack_from(order + "5i", data, at)
        number, form = kind // 10 % 10, kind % 10
        if not 0 <= kind < 5000 or number >= len(_OLD_SIZES) or form > 2 or min(rows, columns, name) < 0:
            return False
        size = rows * columns * _OLD_SIZES[number] * (2 if imaginary else 1)
        at += 20 + name + size
        if at > len(data):
            return False
    return at > 0


def _check_elements(path: Path, data: bytes) -> None:
    """Raise ReadError where an element of a file of version 5 has an unknown type or no room, or holds complex numbers:
    scipy.io reads on, and ends the process."""
    if len(data) < _HEADER or data[126:128] not in (b"IM", b"MI"):
        raise ReadError(f"{path} is not a readable MATLAB file (its header is cut)")
    order = "<" if data[126:128] == b"IM" else ">"
    for kind, body in _elements(path, data[_HEADER:], order):
        if kind == _COMPRESSED:
            try:
                unpacked = zlib.decompressobj().decompress(body, MAX_UNPACKED)
            except zlib.error:
                raise ReadError(f"{path} is not a readable MATLAB file (a compressed part is broken)") from None
            for inner, part in _elements(path, unpacked, order):
                _check_array(path, inner, part, order)
        else:
            _check_array(path, kind, body, order)


def _check_array(path: Path, kind: int, body: bytes, order: str, depth: int = 0) -> None:
    """Raise ReadError unless an array is made of known parts, as many as its class needs."""
    parts = list(_elements(path, body, order)) if kind == _MATRIX and depth < 8 else []
    if len(parts) > 0 and len(parts[0][1]) == 8:
        (flags,) = struct.unpack(order + "I", parts[0][1][:4])
        if flags & _COMPLEX:
            raise ReadError(f"{path} holds complex numbers: save real ones")
        numeric = flags & 0xFF in (_SPARSE, *range(6, 16))
        if numeric and len(parts) != (6 if flags & 0xFF == _SPARSE else 4):
            parts = []
    for inner, part in parts:
        if inner == _MATRIX:
            _check_array(path, inner, part, order, depth + 1)
    if len(parts) < 3:
        raise ReadError(f"{path} is not a readable MATLAB file (an array is broken)")


def _elements(path: Path, data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """(type, content) of each element in ``data``. Raises ReadError."""
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from(order + "II", data, at)
        start = at + 8
        if kind >> 16:  # a short one, of at most four bytes
            kind, size, start = kind & 0xFFFF, kind >> 16, at + 4
        known = kind in (_MATRIX, _COMPRESSED) or (kind in _NUMBERS and size % _NUMBERS[kind] == 0)
        if not known or start + size > len(data):
            raise ReadError(f"{path} is not a readable MATLAB file (an element is broken or cut)")
        yield kind, data[start : start + size]
        at = start + size if kind == _COMPRESSED else at + 8 if start == at + 4 else start + (size + 7) // 8 * 8


def _matrix_name(path: Path, held: dict[str, Any]) -> str:
    """The matrix that is the problem: the one with a known name, or the only square one."""
    square = [
        name
        for name, value in held.items()
        if getattr(value, "ndim", 0) == 2 and value.shape[0] == value.shape[1] > 1 and value.dtype.kind in "fiub"
    ]
    known = [name for name in (*_COUPLINGS, "Q") if name in square]
    if len(known) == 1 or (not known and len(square) == 1):
        return (known or square)[0]
    if not square:
        raise ReadError(f"{path} must hold a square matrix such as J or Q, got {', '.join(held) or 'no variable'}")
    raise ReadError(f"{path} holds several square matrices, {', '.join(known or square)}: save the one that counts")


def _biases(path: Path, name: str, value: Any, n: int) -> dict[Any, float]:
    values = value.toarray() if hasattr(value, "toarray") else np.asarray(value)
    if values.size != n or max(values.shape) != n:
        raise ReadError(f"{name} in {path} must have {n} values, one for each row of the matrix, got {values.shape}")
    flat = values.ravel().tolist()
    return {k: number(each, f"{name}[{k}] in {path}", refuse=ReadError) for k, each in enumerate(flat)}


def _ask(path: Path, name: str, bias: str | None) -> None:
    """Raise ReadError unless the names tell what the matrix means: Q without biases is a QUBO."""
    if name == "Q" and bias is None:
        return
    if name == "J" or (bias is not None and name != "Q"):
        raise ReadError(
            f"{path} holds {name}{'' if bias is None else f' and {bias}'}, which can be read as couplings of spins "
            f"{SIGNS} (--as p-bit): {SAY.format('spin or --as p-bit')}"
        )
    raise ReadError(
        f"{path} holds {name}, which can be read as couplings of spins {SIGNS} (--as p-bit), as a QUBO or as the "
        f"weights of a max-cut: {SAY.format('spin, --as p-bit, --as qubo or --as max-cut')}"
    )
