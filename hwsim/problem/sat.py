"""Satisfiability: DIMACS CNF and WCNF (both dialects) to a BQM whose energy is the weight of violated clauses.

A clause is violated when every literal is false. With y = 1 - literal that is the product of the y; up to two factors
are quadratic as they are, more are folded pairwise through auxiliary variables a = y1 y2 with Rosenberg's penalty
y1 y2 - 2 a (y1 + y2) + 3 a, which is 0 when a is right and at least 1 when it is wrong. So for the best auxiliaries the
energy is exactly the weight of violated clauses.
"""

from pathlib import Path
from typing import Any

from hwsim.errors import ReadError
from hwsim.problem.problem import Problem

Affine = tuple[float, dict]  # constant, {variable: coefficient}


def read_sat(path: Path, lines: list[str]) -> Problem:
    """CNF (``p cnf``), classic WCNF (``p wcnf n m top``) and the 2022 WCNF dialect (``h`` lines, no header).

    SATLIB's closing ``%`` line and the lone ``0`` after it end the file. A hard clause outweighs all soft ones.
    """
    n_variables: int | None = None
    n_clauses: int | None = None
    top, weighted = None, path.suffix == ".wcnf"
    clauses: list[tuple[float | None, list[int]]] = []
    for k, line in enumerate(lines, 1):
        parts = line.split()
        if not parts or parts[0] == "c":
            continue
        if parts[0] == "%":
            break
        if parts[0] == "p":
            if len(parts) < 4 or parts[1] not in ("cnf", "wcnf"):
                raise ReadError(f"{path} line {k}: the header must be 'p cnf n m' or 'p wcnf n m [top]'")
            weighted = parts[1] == "wcnf"
            n_variables, n_clauses = (_whole(path, k, part) for part in parts[2:4])
            top = float(_whole(path, k, parts[4])) if weighted and len(parts) > 4 else None
            continue
        if n_variables is None and not weighted:
            raise ReadError(f"{path} line {k}: a clause before the 'p cnf' line")
        if parts[-1] != "0":
            raise ReadError(f"{path} line {k}: a clause must end with 0")
        weight: float | None = 1.0
        if weighted:
            weight = None if parts[0] == "h" else _weight(path, k, parts[0])
            weight = None if weight is not None and top is not None and weight >= top else weight
            parts = parts[1:]
        literals = [_whole(path, k, part) for part in parts[:-1]]
        if 0 in literals:
            raise ReadError(f"{path} line {k}: 0 inside a clause")
        if n_variables is not None and any(abs(literal) > n_variables for literal in literals):
            raise ReadError(f"{path} line {k}: a variable beyond the {n_variables} that the header promises")
        clauses.append((weight, literals))
    if n_clauses is not None and n_clauses != len(clauses):
        raise ReadError(f"{path} promises {n_clauses} clauses, found {len(clauses)}")
    largest = max((abs(literal) for _, clause in clauses for literal in clause), default=0)
    bqm = clauses_to_bqm(clauses, n_variables or largest)
    return Problem(bqm=bqm, name=path.stem, kind="max-sat" if weighted else "sat", clauses=clauses)


def clauses_to_bqm(clauses: list[tuple[float | None, list[int]]], n_variables: int) -> Any:
    """Binary BQM over 1..n_variables and auxiliaries ("aux", k); a weight of None marks a hard clause."""
    import dimod

    hard = 1.0 + sum(weight for weight, _ in clauses if weight is not None)
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


def _whole(path: Path, line: int, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ReadError(f"{path} line {line}: expected a whole number, got {text!r}") from None


def _weight(path: Path, line: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ReadError(f"{path} line {line}: expected a weight or 'h', got {text!r}") from None
    if not 0 <= value < float("inf"):
        raise ReadError(f"{path} line {line}: a weight must be finite and >= 0, got {text!r}")
    return value
