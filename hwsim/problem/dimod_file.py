"""dimod's own files of binary quadratic and constrained models: BinaryQuadraticModel.to_file() and the same of a CQM.

Enters: the bytes of a file. Leaves: a Problem. dimod's readers take every number of a file as it is, and an index
outside ends the process, so sizes and indices are compared with the header before dimod reads the file.
"""

import io
import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.errors import ReadError
from hwsim.problem.constrained import penalised
from hwsim.problem.problem import Problem
from hwsim.text import MAX_UNPACKED, stem

BQM_MARK, CQM_MARK = b"DIMODBQM", b"DIMODCQM"
_EXPRESSION_MARK = b"DIMODEXPR"
_BIASES, _INDICES = ("float32", "float64"), ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_VARTYPES = 4
"""How many kinds of variables dimod numbers: binary, spin, integer, real."""


class _Broken(Exception):
    """Sizes or numbers of a file contradict each other."""


def read_bqm(path: Path, data: bytes) -> Problem:
    """The problem of a BinaryQuadraticModel. Raises ReadError."""
    import dimod

    try:
        _check_bqm(data)
        bqm = dimod.BinaryQuadraticModel.from_file(io.BytesIO(data))
    except Exception:
        raise ReadError(f"{path} is not a readable dimod BQM file: it may be damaged") from None
    vectors = bqm.to_numpy_vectors()
    if not (np.all(np.isfinite(vectors.linear_biases)) and np.all(np.isfinite(vectors.quadratic.biases))):
        raise ReadError(f"{path} holds a bias that is not finite")
    return Problem(bqm=bqm, name=stem(path), kind="ising" if bqm.vartype.name == "SPIN" else "qubo")


def read_cqm(path: Path, data: bytes) -> Problem:
    """The problem of a ConstrainedQuadraticModel. Raises ReadError."""
    import dimod

    try:
        head, _ = _header(data, CQM_MARK)
        if data[len(CQM_MARK)] < 2:
            raise ReadError(
                f"{path} is a dimod CQM file of version {data[len(CQM_MARK)]}, and 2 is read: read it with dimod, and "
                "save it again"
            )
        _check_cqm(head, data)
        cqm = dimod.ConstrainedQuadraticModel.from_file(io.BytesIO(data))
    except ReadError:
        raise
    except Exception:
        raise ReadError(f"{path} is not a readable dimod CQM file: it may be damaged") from None
    return penalised(cqm, name=stem(path))


def _header(data: bytes, mark: bytes) -> tuple[dict[str, Any], int]:
    """(header, where it ends) : after the mark a version of two bytes, the length of the JSON, and the JSON."""
    start = len(mark) + 6
    if not data.startswith(mark) or len(data) < start:
        raise _Broken
    (length,) = struct.unpack_from("<I", data, start - 4)
    head = json.loads(data[start : start + length].decode("ascii"))
    if not isinstance(head, dict):
        raise _Broken
    return head, start + length


def _sizes(head: Mapping[str, Any]) -> tuple[int, int]:
    """(variables, interactions) of a header."""
    shape = head["shape"]
    if len(shape) != 2 or not all(type(size) is int and 0 <= size < 2**31 for size in shape):
        raise _Broken
    return shape[0], shape[1]


def _dtype(word: Any, known: tuple[str, ...]) -> np.dtype:
    if word not in known:
        raise _Broken
    return np.dtype(word)


def _check_bqm(data: bytes) -> None:
    """Raise unless each variable has its bias and its neighbours, which are other variables, ascending."""
    head, at = _header(data, BQM_MARK)
    n, m = _sizes(head)
    if data[len(BQM_MARK)] > 2 or head["vartype"] not in ("SPIN", "BINARY"):
        raise _Broken
    bias, index, count = (
        _dtype(head[key], known) for key, known in (("dtype", _BIASES), ("itype", _INDICES), ("ntype", _INDICES))
    )
    linear = np.dtype([("first", count), ("bias", bias)])
    pair = np.dtype([("other", index), ("bias", bias)])
    start = at + bias.itemsize
    between = start + n * linear.itemsize
    if between + 2 * m * pair.itemsize > len(data):
        raise _Broken
    first = np.frombuffer(data, linear, n, start)["first"].astype(np.int64)
    ends = np.append(first, 2 * m)
    if n and (first[0] != 0 or np.any(np.diff(ends) < 0)):
        raise _Broken
    if not n:
        if m:
            raise _Broken
        return
    other = np.frombuffer(data, pair, 2 * m, between)["other"].astype(np.int64)
    row = np.repeat(np.arange(n), np.diff(ends))
    if np.any((other < 0) | (other >= n) | (other == row)) or np.any(np.diff(row * n + other) <= 0):
        raise _Broken


def _check_cqm(head: Mapping[str, Any], data: bytes) -> None:
    """Raise unless the parts hold the variables of the header, and expressions of those."""
    n = head["num_variables"]
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED:
            raise _Broken
        kinds = np.dtype([("vartype", np.int8), ("low", np.float64), ("high", np.float64)])
        if type(n) is not int or not 0 <= n < 2**31:
            raise _Broken
        found = _numbers(_section(parts.read("varinfo"), 0, b"VTYP")[0], kinds, n)
        if np.any((found["vartype"] < 0) | (found["vartype"] >= _VARTYPES)):
            raise _Broken
        if not np.all(np.isfinite(found["low"]) & np.isfinite(found["high"])):
            raise _Broken
        for name in parts.namelist():
            if name == "objective" or (name.startswith("constraints/") and name.endswith("/lhs")):
                _check_expression(parts.read(name), n)


def _section(data: bytes, at: int, mark: bytes, size: int = 4) -> tuple[bytes, int]:
    """(content, where it ends) of the section at ``at``: its mark, its length as a number of ``size`` bytes."""
    start = at + len(mark) + size
    length = int.from_bytes(data[at + len(mark) : start], "little")
    if data[at : at + len(mark)] != mark or start + length > len(data):
        raise _Broken
    return data[start : start + length], start + length


def _numbers(data: bytes, dtype: np.dtype, count: int) -> np.ndarray:
    if len(data) < count * dtype.itemsize:
        raise _Broken
    return np.frombuffer(data, dtype, count)


def _check_expression(data: bytes, n_variables: int) -> None:
    """Raise unless an expression has different variables of the model, a bias each, and pairs of them, ascending."""
    head, at = _header(data, _EXPRESSION_MARK)
    n, m = _sizes(head)
    if head["dtype"] != "float64" or head["itype"] != "int32":
        raise _Broken
    variables, at = _section(data, at, b"INDX")
    offset, at = _section(data, at, b"OFFS")
    linear, at = _section(data, at, b"LINB")
    quadratic, _ = _section(data, at, b"QUAD", 8)
    used = _numbers(variables, np.dtype(np.int32), n)
    _numbers(offset, np.dtype(np.float64), 1)
    _numbers(linear, np.dtype(np.float64), n)
    pairs = _numbers(quadratic, np.dtype([("u", np.int32), ("v", np.int32), ("bias", np.float64)]), m)
    u, v = pairs["u"].astype(np.int64), pairs["v"].astype(np.int64)
    if np.any((used < 0) | (used >= n_variables)) or len(np.unique(used)) != n:
        raise _Broken
    if np.any((v < 0) | (v > u) | (u >= n)) or np.any(np.diff(u * n + v) <= 0):
        raise _Broken
