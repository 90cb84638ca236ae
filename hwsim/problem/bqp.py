"""Lists of a QUBO's matrix as benchmark libraries write them: Biq Mac ``.sparse``, Bonn ``.bq``, OR-Library.

Enters: the text of a file. Leaves: a Problem. Each is a line ``n entries`` and lines ``i j q``, counted from 1, and
they mean different things. Biq Mac (biqmac.aau.at): least x^T Q x with Q symmetric and one of q_ij, q_ji given, so that
an entry off the diagonal counts twice (bqp50-1 then has its published optimum, -2098). Bonn (bqp.cs.uni-bonn.de): least
x^T Q x, the entries as they are. OR-Library (Beasley): a first line with the number of problems, and the largest
x^T Q x with Q symmetric as in Biq Mac.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from hwsim.errors import ReadError
from hwsim.problem.problem import Problem, check_size
from hwsim.text import count, is_whole, real, stem

Body = list[tuple[int, list[str]]]

_BIQ_MAC = "a QUBO of the Biq Mac library: least sum q x x, entries off the diagonal twice, as the matrix is symmetric"
_BONN = "a QUBO of the Bonn library: least sum q x x over the entries as they are"
_OR = (
    "a QUBO of the OR-Library: largest sum q x x, entries off the diagonal twice, as the matrix is symmetric; energies "
    "are minus that sum"
)


def read_sparse(path: Path, text: str) -> Problem:
    """A ``.sparse`` file of the Biq Mac library. Raises ReadError."""
    return _problem(path, _body(text), symmetric=True, reading=_BIQ_MAC)


def read_bq(path: Path, text: str) -> Problem:
    """A ``.bq`` file of the Bonn library. Raises ReadError."""
    return _problem(path, _body(text), symmetric=False, reading=_BONN)


def is_or_library(text: str) -> bool:
    """Whether ``text`` begins with the number of problems, and then ``n entries``."""
    body = _body(text, most=3)
    if [len(parts) for _, parts in body] != [1, 2, 3]:
        return False
    return all(is_whole(part) for _, parts in body[:2] for part in parts)


def read_or_library(path: Path, text: str, chosen: int | None = None) -> Problem:
    """Problem ``chosen`` of a file of the OR-Library, counted from 1; None where it holds one. Raises ReadError."""
    body = _body(text)
    first, (field, *_) = body[0]
    problems = count(path, first, field)
    if chosen is None and problems != 1:
        raise ReadError(f"{path} holds {problems} problems (OR-Library): choose one as {path}#1")
    if chosen is not None and not 1 <= chosen <= problems:
        raise ReadError(f"{path} holds {problems} problems (OR-Library), got #{chosen}")
    parts: list[Body] = []
    at = 1
    for _ in range(problems):
        if at >= len(body) or len(body[at][1]) != 2:
            raise ReadError(f"{path} line {first} promises {problems} problems, found {len(parts)}")
        end = at + 1 + count(path, body[at][0], body[at][1][1])
        parts.append(body[at:end])
        at = end
    if at < len(body):
        raise ReadError(f"{path} line {body[at][0]}: nothing may follow the last problem")
    name = stem(path) if chosen is None else f"{stem(path)}#{chosen}"
    made = _problem(path, parts[(chosen or 1) - 1], symmetric=True, reading=_OR, maximised=True)
    return replace(made, name=name)


def _body(text: str, most: int | None = None) -> Body:
    """(line, fields) of the first ``most`` lines that are no comment."""
    found: Body = []
    for k, line in enumerate(text.split("\n"), 1):
        parts = line.partition("#")[0].split()
        if parts:
            found.append((k, parts))
        if len(found) == most:
            break
    return found


def _problem(path: Path, body: Body, *, symmetric: bool, reading: str, maximised: bool = False) -> Problem:
    import dimod

    if not body or len(body[0][1]) != 2:
        raise ReadError(f"{path} line {body[0][0] if body else 1}: expected 'variables entries'")
    first, head = body[0]
    n, m = (count(path, first, part) for part in head)
    check_size(path, first, n)
    if len(body) - 1 != m:
        raise ReadError(f"{path} line {first} promises {m} entries, found {len(body) - 1}")
    seen: dict[tuple[int, int], int] = {}
    values = []
    for k, parts in body[1:]:
        if len(parts) != 3:
            raise ReadError(f"{path} line {k}: expected 'i j value', got {' '.join(parts)[:60]!r}")
        i, j = count(path, k, parts[0]), count(path, k, parts[1])
        if not (1 <= i <= n and 1 <= j <= n):
            raise ReadError(f"{path} line {k}: an entry outside 1..{n}, got {i} {j}")
        key = (min(i, j), max(i, j)) if symmetric else (i, j)
        if key in seen:
            raise ReadError(f"{path} line {k}: the entry {i} {j} is already in line {seen[key]}")
        seen[key] = k
        values.append(real(path, k, parts[2]))
    rows, columns = np.array(list(seen), dtype=np.int64).reshape(-1, 2).T - 1
    loop = rows == columns
    entries = np.array(values, dtype=np.float64) * np.where(loop | (not symmetric), 1.0, 2.0) * (-1 if maximised else 1)
    linear = np.bincount(rows[loop], weights=entries[loop], minlength=n)
    bqm = dimod.BinaryQuadraticModel.from_numpy_vectors(
        linear, (rows[~loop], columns[~loop], entries[~loop]), 0.0, dimod.BINARY, variable_order=list(range(1, n + 1))
    )
    return Problem(bqm=bqm, name=stem(path), kind="qubo", maximised=maximised, reading=reading)
