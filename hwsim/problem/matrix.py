"""Matrices: numpy's ``.npy`` and ``.npz``, scipy's sparse ``.npz``, Matrix Market.

Enters: the bytes of a file and, where the user says it, what the values mean. Leaves: a Problem. Without a word a
matrix holds couplings J of spins in dimod's sign, symmetric, each pair once in the energy, and the reading says so. As
a QUBO the energy is sum_ij Q_ij x_i x_j, so both triangles count and the diagonal is a bias. Memory and time grow with
the entries of the file, not with the square of the variables.
"""

import io
import math
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.errors import ReadError
from hwsim.problem.pairs import SAY
from hwsim.problem.problem import Problem, check_size, make_bqm, max_cut
from hwsim.text import count, real

_SPARSE = {"format", "shape", "data"}
_MAX_EXACT = 2**53


def read_npy(path: Path, data: bytes, as_: str | None) -> Problem:
    """The matrix in a ``.npy`` file. Raises ReadError."""
    return _problem(path, _array(path, data), as_)


def _array(path: Path, data: bytes) -> np.ndarray:
    """The array in ``data``, without a copy; objects are never unpickled."""
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        head = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = head(file)
    except Exception as error:
        raise ReadError(f"{path} is not a readable numpy file ({' '.join(str(error).split())})") from None
    _check_type(path, dtype)
    size, held = math.prod(shape) * dtype.itemsize, len(data) - file.tell()
    if size != held:
        raise ReadError(f"{path} promises an array of shape {shape}, {size} bytes, and holds {held}")
    array = np.frombuffer(data, dtype, offset=file.tell())
    return array.reshape(shape, order="F" if fortran else "C")


def read_npz(path: Path, data: bytes, as_: str | None) -> Problem:
    """The matrix of scipy.sparse.save_npz, or the one array of a numpy archive. Raises ReadError."""
    import scipy.sparse

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            names = [name.removesuffix(".npy") for name in parts.namelist()]
            only = parts.read(parts.namelist()[0]) if len(names) == 1 else b""
    except Exception as error:
        raise ReadError(f"{path} is not a readable numpy archive ({' '.join(str(error).split())})") from None
    if "manifest" in names:
        raise ReadError(f"{path} is a file that hwsim saved, not a problem: hwsim run and hwsim.load_run read those")
    if len(names) == 1:
        return _problem(path, _array(path, only), as_)
    if not set(names) >= _SPARSE:
        raise ReadError(f"{path} must hold one matrix, got {', '.join(names) or 'no array'}")
    try:
        matrix = scipy.sparse.load_npz(io.BytesIO(data))
        if hasattr(matrix, "check_format"):  # an index outside would end the process
            matrix.check_format(full_check=True)
    except Exception as error:
        raise ReadError(f"{path} is not a readable sparse matrix ({' '.join(str(error).split())})") from None
    return _problem(path, matrix, as_)


def read_matrix_market(path: Path, text: str, as_: str | None) -> Problem:
    """The matrix in a Matrix Market file. A matrix of ``pattern`` has no values, so its meaning must be said; an entry
    given twice is refused. Raises ReadError."""
    import scipy.io

    field = check_matrix_market(path, text)
    if field == "pattern" and as_ is None:
        raise ReadError(
            f"{path} line 1: a pattern can be read as a max-cut of weights 1, as couplings 1 of spins (-1 and +1) or "
            f"as a QUBO (0 and 1): {SAY.format('max-cut, --as spin or --as qubo')}"
        )
    try:
        matrix = scipy.io.mmread(io.BytesIO(text.encode()), spmatrix=False)
    except Exception as error:
        raise ReadError(f"{path} is not a readable Matrix Market file ({' '.join(str(error).split())})") from None
    return _problem(path, matrix, as_)


def check_matrix_market(path: Path, text: str, *, square: bool = True) -> str:
    """The field of the header. square : whether another matrix is refused. Raises ReadError where header, size and
    lines do not agree, and for an entry given twice."""
    lines = enumerate(text.split("\n"), 1)
    header = next(lines)[1].lower().split()
    if len(header) != 5 or header[1] != "matrix":
        raise ReadError(
            f"{path} line 1: the header must be '%%MatrixMarket matrix FORMAT FIELD SYMMETRY', got {' '.join(header)!r}"
        )
    form, field, symmetry = header[2:]
    for word, known in (
        (form, ("coordinate", "array")),
        (field, ("real", "double", "integer", "pattern")),
        (symmetry, ("general", "symmetric")),
    ):
        if word not in known:
            raise ReadError(f"{path} line 1: read are {', '.join(known)}, got {word!r}")
    body = ((k, line.split()) for k, line in lines if line.strip() and not line.lstrip().startswith("%"))
    first, size = next(body, (1, []))
    sizes = [count(path, first, part) for part in size]
    sparse = form == "coordinate"
    square = square or symmetry == "symmetric"
    if len(sizes) != (3 if sparse else 2) or (square and sizes[0] != sizes[1]):
        what = f"'rows columns{' entries' if sparse else ''}' of a {'square ' if square else ''}matrix"
        raise ReadError(f"{path} line {first}: expected the size {what}")
    n, columns = sizes[:2]
    check_size(path, first, max(n, columns))
    promised = sizes[2] if sparse else (n * columns if symmetry == "general" else n * (n + 1) // 2)
    width = (2 if field == "pattern" else 3) if sparse else 1
    found = 0
    seen: dict[tuple[int, int], int] = {}
    for k, parts in body:
        if len(parts) != width:
            raise ReadError(f"{path} line {k}: expected {width} numbers, got {' '.join(parts)[:60]!r}")
        if sparse:
            i, j = count(path, k, parts[0]), count(path, k, parts[1])
            if not (1 <= i <= n and 1 <= j <= columns):
                raise ReadError(f"{path} line {k}: an entry outside {n} rows and {columns} columns, got {i} {j}")
            key = (max(i, j), min(i, j)) if symmetry == "symmetric" else (i, j)
            if key in seen:
                raise ReadError(f"{path} line {k}: the entry {i} {j} is already in line {seen[key]}")
            seen[key] = k
        if field == "integer" and not re.fullmatch(r"[+-]?[0-9]{1,19}", parts[-1]):
            raise ReadError(f"{path} line {k}: expected an integer, got {parts[-1]!r}")
        if field != "pattern":
            real(path, k, parts[-1])
        found += 1
    if found != promised:
        raise ReadError(f"{path} line {first} promises {promised} entries, found {found}")
    return field


def _check_type(path: Path, dtype: np.dtype) -> None:
    if dtype.kind not in "fiub":
        what = {"c": "complex numbers", "O": "objects", "U": "text", "S": "text"}.get(dtype.kind, f"type {dtype}")
        raise ReadError(f"{path} must hold real numbers, got {what}")


def _problem(path: Path, matrix: Any, as_: str | None) -> Problem:
    """The problem of a square ``matrix``, dense or sparse."""
    import scipy.sparse

    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ReadError(f"{path} must hold a square matrix, got shape {matrix.shape}")
    _check_type(path, matrix.dtype)
    if matrix.dtype.kind == "b" and as_ is None:
        raise ReadError(
            f"{path} holds true and false, which can be read as a max-cut of weights 1, as couplings 1 of spins "
            f"(-1 and +1) or as a QUBO (0 and 1): {SAY.format('max-cut, --as spin or --as qubo')}"
        )
    if matrix.dtype.kind == "f":
        matrix = matrix.astype(np.float64)  # scipy has no halves and no other byte order
    table = scipy.sparse.csr_array(matrix.astype(matrix.dtype.newbyteorder("=")))
    if (
        table.dtype.kind in "iu"
        and len(table.data)
        and (table.data.max() > _MAX_EXACT or table.data.min() < -_MAX_EXACT)
    ):
        raise ReadError(f"{path} holds an integer beyond 2**53, which 64-bit numbers do not hold exactly")
    table = table.astype(np.float64)
    table.sum_duplicates()
    if not np.all(np.isfinite(table.data)):
        raise ReadError(f"{path} holds a value that is not finite")
    table.eliminate_zeros()
    if as_ == "qubo":
        return _qubo(path, table)
    if (table != table.T).nnz:
        raise ReadError(
            f"{path} holds a matrix that is not symmetric; --as qubo reads sum Q x x of both triangles"
            if as_ is None
            else f"{path} holds a matrix that is not symmetric"
        )
    if np.any(table.diagonal()):
        what = "node has no edge" if as_ == "max-cut" else "spin has no coupling"
        other = "; --as qubo reads it as biases" if as_ is None else ""
        raise ReadError(f"{path} has a nonzero diagonal: a {what} with itself{other}")
    n = table.shape[0]
    upper = scipy.sparse.triu(table, 1, format="coo")
    if as_ == "max-cut":
        return max_cut(path.stem, list(range(n)), upper.row, upper.col, upper.data)
    bqm = make_bqm(np.zeros(n), upper.row, upper.col, upper.data, range(n))
    made = Problem(bqm=bqm, name=path.stem, kind="ising")
    words = "couplings of spins, E = sum J s s over pairs"
    return made if as_ is not None else replace(made, reading=words)


def _qubo(path: Path, table: Any) -> Problem:
    """E = sum_ij Q_ij x_i x_j over both triangles and the diagonal."""
    import dimod
    import scipy.sparse

    both = scipy.sparse.triu(table, 1) + scipy.sparse.tril(table, -1).T
    upper = both.tocoo()
    bqm = dimod.BinaryQuadraticModel.from_numpy_vectors(
        table.diagonal(),
        (upper.row, upper.col, upper.data),
        0.0,
        dimod.BINARY,
        variable_order=list(range(table.shape[0])),
    )
    return Problem(bqm=bqm, name=path.stem, kind="qubo")
