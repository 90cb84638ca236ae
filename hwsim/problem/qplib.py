"""QPLIB files: a quadratic objective over binary and integer variables, with linear constraints.

Enters: the text of a file. Leaves: a dimod ConstrainedQuadraticModel to be minimised, and whether the file maximises.
The objective is x^T Q x / 2 + b x + q with Q a lower triangle (qplib.zib.de/doc.html), so that an entry q_ij stands for
q_ij x_i x_j / 2. Continuous variables and quadratic constraints are refused by name.
"""

import math
import re
from pathlib import Path
from typing import Any

from hwsim.errors import ReadError
from hwsim.problem.constrained import add_integer
from hwsim.problem.problem import check_size
from hwsim.text import count, real, whole

_TYPE = re.compile(r"[LDCQ][CBMIG][NBLDCQ]")


def is_qplib(text: str) -> bool:
    """Whether the second line of ``text`` is a type of QPLIB's, such as ``QBN``, and the third a sense."""
    lines = [line.partition("#")[0].strip() for line in text.split("\n", 3)[:3]]
    return len(lines) == 3 and _TYPE.fullmatch(lines[1]) is not None and lines[2].lower() in ("minimize", "maximize")


def read_qplib(path: Path, text: str) -> tuple[Any, bool]:
    """(dimod ConstrainedQuadraticModel, whether the file maximises). Raises ReadError."""
    if not is_qplib(text):
        raise ReadError(f"{path} is no QPLIB file: its second line must be a type such as QBN, its third a sense")
    lines = _Lines(path, text)
    lines.fields(1)  # the name
    kind, maximised = lines.fields(1)[0], lines.fields(1)[0].lower() == "maximize"
    if kind[1] in "CM":
        what = "continuous" if kind[1] == "C" else "continuous and binary"
        raise ReadError(f"{path} has {what} variables (type {kind}), which cannot become a QUBO")
    if kind[2] in "DCQ":
        raise ReadError(f"{path} has quadratic constraints (type {kind}): only linear ones become penalties")
    n = lines.number()
    check_size(path, lines.at, n)
    m = lines.number() if kind[2] == "L" else 0
    quadratic = {} if kind[0] == "L" else lines.table(2, (n, n))
    linear = lines.vector(n, real)
    constant = lines.value(real)
    left = lines.table(2, (m, n)) if m else {}
    infinity = lines.value(real)
    rows = [lines.vector(m, real) for _ in range(2)] if m else [[], []]
    bounds = [[0.0] * n, [1.0] * n] if kind[1] == "B" else [lines.vector(n, real) for _ in range(2)]
    types = lines.vector(n, whole) if kind[1] == "G" else [2 if kind[1] == "B" else 1] * n
    for size in (n, m, n) if m else (n, n):
        lines.vector(size, real)  # starting points, which are not used
    names = lines.names(n, "x")
    rows_named = lines.names(m, "c")
    lines.end()
    objective, constraints = (quadratic, linear, constant, maximised), (left, rows, infinity, rows_named)
    return _model(path, objective, constraints, names, (bounds, types)), maximised


class _Lines:
    """The lines of a file, in order, without comments."""

    def __init__(self, path: Path, text: str) -> None:
        bare = ((k, line.partition("#")[0].split()) for k, line in enumerate(text.split("\n"), 1))
        self.path, self.rest, self.at = path, iter([(k, parts) for k, parts in bare if parts]), 0

    def fields(self, wanted: int) -> list[str]:
        """The next line, which begins with ``wanted`` fields; what follows on it is a comment."""
        self.at, parts = next(self.rest, (0, []))
        if not parts:
            raise ReadError(f"{self.path} ends too soon")
        if len(parts) < wanted:
            raise ReadError(f"{self.path} line {self.at}: expected {wanted} numbers, got {' '.join(parts)[:60]!r}")
        return parts

    def number(self) -> int:
        return count(self.path, self.at, self.fields(1)[0])

    def value(self, kind: Any) -> Any:
        return kind(self.path, self.at, self.fields(1)[0])

    def index(self, text: str, most: int) -> int:
        value = count(self.path, self.at, text)
        if not 1 <= value <= most:
            raise ReadError(f"{self.path} line {self.at}: an index outside 1..{most}, got {value}")
        return value - 1

    def table(self, width: int, limits: tuple[int, ...]) -> dict[tuple[int, ...], float]:
        """Entries ``i j value``, after their number."""
        made: dict[tuple[int, ...], float] = {}
        for _ in range(self.number()):
            parts = self.fields(width + 1)
            key = tuple(self.index(part, most) for part, most in zip(parts, limits, strict=False))
            if key in made:
                raise ReadError(f"{self.path} line {self.at}: the entry {' '.join(parts[:width])} is given twice")
            made[key] = real(self.path, self.at, parts[width])
        return made

    def vector(self, n: int, kind: Any) -> list:
        """A default value, the number of others, and those."""
        made = [self.value(kind)] * n
        for _ in range(self.number()):
            parts = self.fields(2)
            made[self.index(parts[0], n)] = kind(self.path, self.at, parts[1])
        return made

    def names(self, n: int, letter: str) -> list[str]:
        """Names, by default x1, x2, ..."""
        made = [f"{letter}{k}" for k in range(1, n + 1)]
        for _ in range(self.number()):
            parts = self.fields(2)
            made[self.index(parts[0], n)] = parts[1]
        return made

    def end(self) -> None:
        k, parts = next(self.rest, (0, []))
        if parts:
            raise ReadError(f"{self.path} line {k}: nothing may follow the names, got {' '.join(parts)[:60]!r}")


def _model(
    path: Path,
    objective: tuple[dict, list, float, bool],
    constraints: tuple[dict, list, float, list[str]],
    names: list[str],
    variables: tuple[list, list],
) -> Any:
    """The model of what has been read; see `read_qplib`."""
    import dimod

    cqm: Any = dimod.ConstrainedQuadraticModel()
    (low, high), types = variables
    for k, name in enumerate(names):
        if types[k] == 0:
            raise ReadError(f"{path}: variable {name} is continuous, which cannot become a QUBO")
        if name in cqm.variables:
            raise ReadError(f"{path}: two variables are called {name}")
        if types[k] == 2 or (low[k], high[k]) == (0, 1):
            cqm.add_variable("BINARY", name)
        else:
            add_integer(cqm, name, low[k], high[k], where=str(path))
    quadratic, linear, constant, maximised = objective
    sign = -1.0 if maximised else 1.0
    terms: list[tuple] = [(names[i], sign * value) for i, value in enumerate(linear)]
    for (i, j), value in quadratic.items():
        square = i == j and cqm.vartype(names[i]).name == "BINARY"
        terms.append((names[i], sign * value / 2) if square else (names[i], names[j], sign * value / 2))
    cqm.set_objective([*terms, (sign * constant,)])
    left, (least, most), infinity, rows = constraints
    by_row: list[list[tuple]] = [[] for _ in rows]
    for (r, j), value in left.items():
        by_row[r].append((names[j], value))
    for r, label in enumerate(rows):
        ends = by_row[r]
        if least[r] == most[r]:
            cqm.add_constraint_from_iterable(ends, "==", most[r], label=label)
            continue
        for bound, sense, mark in ((least[r], ">=", " from below"), (most[r], "<=", "")):
            if abs(bound) < infinity and not math.isinf(bound):
                cqm.add_constraint_from_iterable(ends, sense, bound, label=label + mark)
    return cqm
