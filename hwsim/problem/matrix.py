"""Matrices: numpy's ``.npy`` and ``.npz``, scipy's sparse ``.npz``, Matrix Market.

Enters: the bytes of a file and, where the user says it, what the values mean (`hwsim.problem.reading`). Leaves: a
Problem. Without a word a symmetric matrix holds couplings J of spins in dimod's sign, each pair once in the energy, and
the reading says so. Memory and time grow with the entries of the file, not with the square of the variables.
"""

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.display import short
from hwsim.errors import InputError, ReadError
from hwsim.npy import array_of, parts_of
from hwsim.problem.carrier import check_numbers, of_matrix
from hwsim.problem.model_file import is_model, read_model
from hwsim.problem.problem import Problem, check_size
from hwsim.problem.reading import SAY, is_symmetric, read_as, read_or_refuse
from hwsim.text import count, real, stem

_SPARSE = {"format", "shape", "data"}
_PLACES = {"shape", "row", "col", "indices", "indptr", "offsets"}
"""Arrays of whole numbers in what scipy writes."""


def read_npy(path: Path, data: bytes, as_: str | None) -> Problem:
    """The matrix in a ``.npy`` file. Raises ReadError."""
    return _problem(path, _array(path, data), as_)


def _array(path: Path, data: bytes) -> np.ndarray:
    """The array of numbers in ``data``, without a copy."""
    try:
        array = array_of(data, str(path))
    except InputError as error:
        raise ReadError(*error.mistakes) from None
    check_numbers(array.dtype, path)
    return array


def read_npz(path: Path, data: bytes, as_: str | None) -> Problem:
    """The matrix of scipy.sparse.save_npz, or the one array of a numpy archive. Raises ReadError."""
    import scipy.sparse

    try:
        parts = parts_of(io.BytesIO(data), str(path))
    except InputError as error:
        raise ReadError(*error.mistakes) from None
    names = list(parts)
    if is_model(names):
        return read_model(path, data)
    if "manifest" in names:
        raise ReadError(f"{path} is a file that hwsim saved, not a problem: hwsim run and hwsim.load_run read those")
    if len(names) == 1:
        return _problem(path, _array(path, parts[names[0]]), as_)
    if not set(names) >= _SPARSE:
        raise ReadError(f"{path} must hold one matrix, got {short(', '.join(names), 80) or 'no array'}")
    try:
        for name, part in parts.items():  # a size that the file does not hold takes memory in scipy
            if array_of(part, name).dtype.kind not in "iu" and name in _PLACES:
                raise ReadError(f"{name} that are no whole numbers")
        matrix = scipy.sparse.load_npz(io.BytesIO(data))
        if hasattr(matrix, "check_format"):  # an index outside would end the process
            matrix.check_format(full_check=True)
        if np.any(np.diff(getattr(matrix, "indptr", [])) < 0):  # which is looked at only where the last one is not 0
            raise ReadError("rows that end before they begin")
    except Exception:
        raise ReadError(f"{path} is not a readable sparse matrix: it may be damaged") from None
    return _problem(path, matrix, as_)


def read_matrix_market(path: Path, text: str, as_: str | None) -> Problem:
    """The matrix in a Matrix Market file. A matrix of ``pattern`` has no values, so its meaning must be said. Raises
    ReadError."""
    field, matrix = matrix_market(path, text)
    if field == "pattern" and as_ is None:
        raise ReadError(
            f"{path} line 1: a pattern can be read as a max-cut of weights 1, as couplings 1 of spins (-1 and +1) or "
            f"as a QUBO (0 and 1): {SAY.format('max-cut, --as spin or --as qubo')}"
        )
    return _problem(path, matrix, as_)


_WORDS = (("coordinate", "array"), ("real", "double", "integer", "pattern"), ("general", "symmetric"))
"""Known formats, fields and symmetries of Matrix Market."""


def matrix_market(path: Path, text: str, *, square: bool = True) -> tuple[str, Any]:
    """(field of the header, matrix) : float64, a scipy.sparse array of the format ``coordinate``, else a numpy array.

    square : whether another matrix is refused. Raises ReadError where header, size and lines do not agree, and for an
    entry given twice."""
    import scipy.sparse

    lines = enumerate(text.split("\n"), 1)
    header = next(lines)[1].lower().split()
    if len(header) != 5 or header[1] != "matrix":
        raise ReadError(
            f"{path} line 1: the header must be '%%MatrixMarket matrix FORMAT FIELD SYMMETRY', got {' '.join(header)!r}"
        )
    for word, known in zip(header[2:], _WORDS, strict=True):
        if word not in known:
            raise ReadError(f"{path} line 1: read are {', '.join(known)}, got {word!r}")
    form, field, symmetry = header[2:]
    body = ((k, line.split()) for k, line in lines if line.strip() and not line.lstrip().startswith("%"))
    sparse, symmetric = form == "coordinate", symmetry == "symmetric"
    first, size = next(body, (1, []))
    sizes = [count(path, first, part) for part in size]
    square = square or symmetric
    if len(sizes) != (3 if sparse else 2) or (square and sizes[0] != sizes[1]):
        what = f"'rows columns{' entries' if sparse else ''}' of a {'square ' if square else ''}matrix"
        raise ReadError(f"{path} line {first}: expected the size {what}")
    n, columns = sizes[:2]
    check_size(path, first, max(n, columns))
    ends, values = _entries(path, body, (n, columns), field, sparse=sparse, symmetric=symmetric)
    promised = sizes[2] if sparse else (n * (n + 1) // 2 if symmetric else n * columns)
    if len(values) != promised:
        raise ReadError(f"{path} line {first} promises {promised} entries, found {len(values)}")
    if sparse:
        rows, cols = np.array(ends, dtype=np.int64).reshape(-1, 2).T - 1
        made: Any = scipy.sparse.coo_array((np.array(values), (rows, cols)), shape=(n, columns))
        return field, made + scipy.sparse.triu(made.T, 1) + scipy.sparse.tril(made.T, -1) if symmetric else made
    if not symmetric:
        return field, np.array(values, dtype=np.float64).reshape(columns, n).T
    table = np.zeros((n, n))
    table[np.triu_indices(n)[::-1]] = values  # column by column, from the diagonal down
    return field, table + np.triu(table.T, 1)


def _entries(
    path: Path, body: Any, size: tuple[int, int], field: str, *, sparse: bool, symmetric: bool
) -> tuple[list[tuple[int, int]], list[float]]:
    """([(i, j)] of a sparse matrix, values) in the lines ``body``. Raises ReadError."""
    n, columns = size
    width = (2 if field == "pattern" else 3) if sparse else 1
    values: list[float] = []
    ends: dict[tuple[int, int], int] = {}
    for k, parts in body:
        if len(parts) != width:
            raise ReadError(f"{path} line {k}: expected {width} numbers, got {' '.join(parts)[:60]!r}")
        if sparse:
            i, j = count(path, k, parts[0]), count(path, k, parts[1])
            if not (1 <= i <= n and 1 <= j <= columns):
                raise ReadError(f"{path} line {k}: an entry outside {n} rows and {columns} columns, got {i} {j}")
            key = (max(i, j), min(i, j)) if symmetric else (i, j)
            if key in ends:
                raise ReadError(f"{path} line {k}: the entry {i} {j} is already in line {ends[key]}")
            ends[key] = k
        if field == "integer" and not re.fullmatch(r"[+-]?[0-9]{1,19}", parts[-1]):
            raise ReadError(f"{path} line {k}: expected an integer, got {parts[-1]!r}")
        values.append(1.0 if field == "pattern" else real(path, k, parts[-1]))
    return list(ends), values


def text_rows(path: Path, text: str) -> np.ndarray | None:
    """float64 (n, n): the rows of a matrix of n > 3 in ``text``, with or without a line n before them; None where it is
    none. With three columns it could be a list of pairs. Raises ReadError."""
    rows: list[tuple[int, list[str]]] = []
    for k, line in enumerate(text.split("\n"), 1):
        fields = line.partition("#")[0].replace(",", " ").split()
        if fields and len(rows) < 2 and len(fields) < 4 and (rows or len(fields) > 1):
            return None  # quick, as lists of pairs may be long
        if fields:
            rows.append((k, fields))
    if len(rows) > 1 and rows[0][1] == [str(len(rows) - 1)]:
        rows = rows[1:]
    n = len(rows)
    if n < 4 or any(len(fields) != n for _, fields in rows):
        return None
    return np.array([[real(path, k, field) for field in fields] for k, fields in rows])


def read_rows(path: Path, rows: np.ndarray, as_: str | None) -> Problem:
    """The problem of `text_rows`. Raises ReadError."""
    return read_or_refuse(of_matrix(rows, str(path), refuse=ReadError), as_, name=stem(path))


def _problem(path: Path, matrix: Any, as_: str | None) -> Problem:
    """The problem of a square ``matrix``, dense or sparse."""
    entries = of_matrix(matrix, str(path), refuse=ReadError)
    if as_ is not None:
        return read_as(entries, as_, name=stem(path))
    if not entries.weighted:
        raise ReadError(
            f"{path} holds true and false, which can be read as a max-cut of weights 1, as couplings 1 of spins "
            f"(-1 and +1) or as a QUBO (0 and 1): {SAY.format('max-cut, --as spin or --as qubo')}"
        )
    if np.any(entries.rows == entries.columns):
        raise ReadError(
            f"{path} has a nonzero diagonal: a spin has no coupling with itself; --as qubo reads it as biases"
        )
    if not is_symmetric(entries):
        raise ReadError(
            f"{path} holds a matrix that is not symmetric; --as qubo reads sum Q x x of both triangles, --as spin or "
            "--as max-cut one triangle as each pair once"
        )
    return replace(read_as(entries, "spin", name=stem(path)), reading="couplings of spins, E = sum J s s over pairs")
