"""Satisfiability: DIMACS CNF and WCNF (both dialects) to a BQM whose energy is the weight of violated clauses.

A clause is violated when every literal is false. With y = 1 - literal that is the product of the y; up to two factors
are quadratic as they are, more are folded pairwise through auxiliary variables a = y1 y2 with Rosenberg's penalty
y1 y2 - 2 a (y1 + y2) + 3 a, which is 0 when a is right and at least 1 when it is wrong. So for the best auxiliaries the
energy is exactly the weight of violated clauses.
"""

import math
import re
from pathlib import Path
from typing import Any, NamedTuple

from hwsim.errors import InputError, ReadError
from hwsim.problem.problem import MAX_VARIABLES, Problem, check_size
from hwsim.text import count, is_whole, real, stem, whole

Affine = tuple[float, dict]  # constant, {variable: coefficient}

_EXACT = 2**53
"""Whole numbers below this are exact in float64."""


class _Header(NamedTuple):
    """n_variables, n_clauses : as promised;  top : the weight from which a clause is hard, None without one"""

    weighted: bool
    n_variables: int
    n_clauses: int
    top: int | None


def is_sat(text: str) -> bool:
    """Whether a line of ``text`` begins with ``p cnf`` or ``p wcnf``."""
    return re.search(r"^p[ \t]+w?cnf\b", text, re.MULTILINE) is not None


def read_sat(path: Path, text: str, *, weighted: bool) -> Problem:
    """CNF (``p cnf``), classic WCNF (``p wcnf n m top``) and the 2022 WCNF dialect (``h`` clauses, no header), which
    ``weighted`` allows.

    A clause ends with 0, not with its line. SATLIB's closing ``%`` line and the lone ``0`` after it end the file.
    Weights are exact whole numbers, or decimals. A hard clause outweighs all soft ones.
    """
    header: _Header | None = None
    clauses: list[tuple[float | None, list[int]]] = []
    clause: list[tuple[int, str]] = []
    for k, line in enumerate(text.split("\n"), 1):
        parts = line.split()
        if not parts or parts[0].startswith("c"):
            continue
        if parts[0] == "%":
            break
        if parts[0] == "p":
            if header is not None or clauses or clause:
                raise ReadError(f"{path} line {k}: the 'p' line must come once, before the clauses")
            header = _header(path, k, parts)
            continue
        if header is None and not weighted:
            raise ReadError(f"{path} line {k}: a clause before the 'p cnf' line")
        for part in parts:
            # a weight may be spelt 0
            if part != "0" or ((weighted if header is None else header.weighted) and not clause):
                clause.append((k, part))
                continue
            clauses.append(_clause(path, k, clause, header, weighted))
            clause = []
    if clause:
        raise ReadError(f"{path} line {clause[-1][0]}: a clause must end with 0")
    if header is not None and header.n_clauses != len(clauses):
        raise ReadError(f"{path} promises {header.n_clauses} clauses, found {len(clauses)}")
    largest = max((abs(literal) for _, clause in clauses for literal in clause), default=0)
    n_variables = largest if header is None else header.n_variables
    kind = "max-sat" if (weighted if header is None else header.weighted) else "sat"
    hard = [weight is None for weight, _ in clauses]
    split = None
    if any(hard) and not all(hard):
        alone: list[tuple[float | None, list[int]]] = [(None if w is None else 0, clause) for w, clause in clauses]
        soft, broken = clauses_to_bqm(clauses, n_variables, hard=0.0), clauses_to_bqm(alone, n_variables, hard=1.0)
        split = soft, broken, hard_weight(clauses)
    bqm = clauses_to_bqm(clauses, n_variables)
    return Problem(bqm=bqm, name=stem(path), kind=kind, clauses=clauses, parts=split)


def _header(path: Path, line: int, parts: list[str]) -> _Header:
    kind = parts[1] if len(parts) > 1 else ""
    if len(parts) not in {"cnf": (4,), "wcnf": (4, 5)}.get(kind, ()):
        raise ReadError(f"{path} line {line}: the header must be 'p cnf n m' or 'p wcnf n m [top]'")
    top = whole(path, line, parts[4]) if len(parts) > 4 else None
    n = count(path, line, parts[2])
    check_size(path, line, n)
    return _Header(kind == "wcnf", n, count(path, line, parts[3]), top)


def _clause(
    path: Path, line: int, parts: list[tuple[int, str]], header: _Header | None, weighted: bool
) -> tuple[float | None, list[int]]:
    """(weight, literals) of a clause without its 0; weight None for a hard one."""
    weight: float | None = 1
    if weighted if header is None else header.weighted:
        at, first = parts[0]
        weight = None if first == "h" else _weight(path, at, first)
        if weight is not None and header is not None and header.top is not None and weight >= header.top:
            weight = None
        parts = parts[1:]
    literals = [whole(path, at, part) for at, part in parts]
    if 0 in literals:
        raise ReadError(f"{path} line {line}: a literal is a variable from 1, got a 0 of another spelling")
    limit = MAX_VARIABLES if header is None else header.n_variables
    for (at, _), literal in zip(parts, literals, strict=True):
        if abs(literal) > limit:
            promise = f"beyond the {limit} that the header promises" if header else f"beyond {limit}"
            raise ReadError(f"{path} line {at}: a variable {promise}")
    return weight, literals


def clauses_to_bqm(
    clauses: list[tuple[float | None, list[int]]], n_variables: int, *, hard: float | None = None
) -> Any:
    """Binary BQM over 1..n_variables and auxiliaries ("aux", k); a weight of None marks a hard clause, which has the
    weight ``hard``, by default `hard_weight`.

    Raises InputError where float64 does not hold the sum of the soft weights exactly."""
    import dimod

    hard = hard_weight(clauses) if hard is None else hard
    bqm = dimod.BinaryQuadraticModel("BINARY")
    for variable in range(1, n_variables + 1):
        bqm.add_variable(variable)
    n_auxiliary = 0
    for weight, clause in clauses:
        literals = sorted(set(clause))
        if any(-literal in literals for literal in literals):
            continue
        scale = hard if weight is None else weight
        factors: list[Affine] = [(1.0, {v: -1.0}) if v > 0 else (0.0, {-v: 1.0}) for v in literals]
        while len(factors) > 2:
            first, second = factors[0], factors[1]
            label = f"aux{n_auxiliary}"
            n_auxiliary += 1
            auxiliary: Affine = (0.0, {label: 1.0})
            _add_product(bqm, first, second, scale)
            _add_product(bqm, auxiliary, first, -2 * scale)
            _add_product(bqm, auxiliary, second, -2 * scale)
            bqm.add_linear(label, 3 * scale)
            factors = [auxiliary, *factors[2:]]
        while len(factors) < 2:
            factors.append((1.0, {}))
        _add_product(bqm, factors[0], factors[1], scale)
    return bqm


def hard_weight(clauses: list[tuple[float | None, list[int]]]) -> float:
    """The weight of a hard clause: more than all soft ones together, by more than the rounding of an energy."""
    soft = [weight for weight, _ in clauses if weight is not None]
    total = sum(soft) if all(isinstance(weight, int) for weight in soft) else math.fsum(soft)
    if total >= _EXACT:
        raise InputError(
            f"the soft weights add up to {total:.6g}, more than 64-bit numbers tell apart (2**53): divide them by a "
            "common factor"
        )
    # a clause of k literals holds at most 15 k times its weight in biases, and a spin a quarter of that
    spread = 15 * (total + 1) * sum(len(clause) for _, clause in clauses)
    return float(total + 1 if 4 * spread < _EXACT else 2 * (total + 1))


def _add_product(bqm: Any, a: Affine, b: Affine, scale: float) -> None:
    bqm.offset += scale * a[0] * b[0]
    for (constant, _), (_, terms) in ((a, b), (b, a)):
        for variable, coefficient in terms.items():
            bqm.add_linear(variable, scale * constant * coefficient)
    for u, cu in a[1].items():
        for v, cv in b[1].items():
            if u == v:
                bqm.add_linear(u, scale * cu * cv)
            else:
                bqm.add_quadratic(u, v, scale * cu * cv)


def _weight(path: Path, line: int, text: str) -> float:
    """An exact int where ``text`` is a whole number."""
    value = whole(path, line, text) if is_whole(text) else real(path, line, text)
    if value < 0:
        raise ReadError(f"{path} line {line}: a weight must be >= 0, got {text[:60]!r}")
    return value
