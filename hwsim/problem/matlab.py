"""MATLAB files of version 4 to 7: ``J`` and ``h``, ``Q``, or one matrix of another name.

Enters: the bytes of a file and what the matrix means. Leaves: a Problem. p-bit labs keep J and h with the sign of
E = - sum h s - sum J s s, others with that of dimod, and the file does not tell: the sign is asked for.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.errors import ReadError
from hwsim.problem.carrier import number, of_matrix
from hwsim.problem.problem import Problem
from hwsim.problem.reading import SAY, read_as
from hwsim.text import stem

_HDF5 = b"\x89HDF\r\n\x1a\n"
_COUPLINGS, _BIASES = ("J", "W", "weights"), ("h", "b", "bias")
SIGNS = "with E = sum h s + sum J s s (--as spin) or with the sign of the p-bit papers, E = - sum h s - sum J s s"


def is_mat(data: bytes) -> bool:
    """Whether ``data`` is a MATLAB file by its first bytes."""
    return data.startswith((b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file", _HDF5))


def read_mat(path: Path, data: bytes, as_: str | None) -> Problem:
    """The problem in a MATLAB file. Raises ReadError."""
    import scipy.io

    if data.startswith((b"MATLAB 7.3", _HDF5)):
        raise ReadError(f"{path} is a MATLAB file of version 7.3 (HDF5): save it again with save(..., '-v7')")
    try:
        held = scipy.io.loadmat(io.BytesIO(data))
    except Exception as error:
        raise ReadError(f"{path} is not a readable MATLAB file ({' '.join(str(error).split())[:200]})") from None
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
