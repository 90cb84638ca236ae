"""The problem: a dimod BQM and what is known about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hwsim.display import Facts, Shown, counted
from hwsim.errors import InputError, ReadError
from hwsim.memory import check_problem
from hwsim.rounding import power_of_two


@dataclass(frozen=True, kw_only=True)
class Problem(Shown):
    """What to solve. Energy is dimod's: E = sum h s + sum J s s + offset, lower is better.

    kind : "max-cut" (J = w/2, offset = -W/2, so that the cut is -E), "ising", "qubo", "sat" (E is the weight of
    violated clauses), "logic" (a circuit with some words clamped), "boltzmann", "constrained"
    known_energy : of the ground state or the best state on record, with its source
    circuit, clamps : of a logic problem, a Circuit of hwsim.problem.logic and {word: number}
    roles : {role: labels}, such as visible and hidden units;  fixed : {label: value} of variables that were clamped
    sites : {label: p-bit} on which a variable sits, where the chip has these p-bits and the wires between them
    clauses : of a "sat" problem, (weight, literals), weight None for a hard one
    constrained : of a "constrained" problem, dimod's model and the function from samples to its variables
    parts : where constraints or hard clauses cost a penalty, (objective, violations, penalty): ``bqm`` is the first
    plus ``penalty`` times the second. Energies are counted in these parts, as a large penalty takes digits from ``bqm``
    maximised : its objective was to be maximised, and has been negated
    reading : how a file was read that could be read otherwise, in words; None where there is no other way
    """

    bqm: Any
    name: str
    kind: str
    known_energy: float | None = None
    known_source: str | None = None
    known_is_exact: bool = False
    circuit: Any = None
    clamps: Mapping[str, int] = field(default_factory=dict)
    roles: Mapping[str, Sequence] = field(default_factory=dict)
    fixed: Mapping[Any, int] = field(default_factory=dict)
    sites: Mapping[Any, int] = field(default_factory=dict)
    clauses: Sequence[tuple[float | None, list[int]]] = ()
    constrained: Any = None
    parts: tuple[Any, Any, float] | None = None
    maximised: bool = False
    reading: str | None = None

    def _shown(self) -> tuple[str, Facts]:
        bqm = self.bqm
        size = f"{counted(bqm.num_variables, 'variable')}, {counted(bqm.num_interactions, 'coupling')}"
        known = self.known_energy
        broken = None if not self.clauses else counted(len(self.clauses), "clause")
        roles = ", ".join(f"{len(labels)} {name}" for name, labels in self.roles.items())
        return f"Problem {self.name}: {self.kind}, {size}", [
            ("values", "-1 and +1" if bqm.vartype.name == "SPIN" else "0 and 1"),
            ("read as", self.reading),
            ("known energy", None if known is None else f"{known:.10g} ({self.known_source or 'on record'})"),
            ("clauses", broken),
            ("roles", roles or None),
        ]


MAX_VARIABLES = 2**24
"""The largest number of variables that a file may promise: each takes memory before a line names it."""


def check_size(path: Any, line: int, n: int) -> None:
    """Raise ReadError where line ``line`` of ``path`` promises more than MAX_VARIABLES variables, InputError where they
    do not fit into memory."""
    if n > MAX_VARIABLES:
        raise ReadError(f"{path} line {line} promises {n} variables; at most {MAX_VARIABLES} are read")
    check_problem(n, 0, f"{path} line {line}", each=0)


def completed(problem: Problem, labels: Sequence, states: np.ndarray) -> tuple[list, np.ndarray]:
    """(labels, int8 (reads, n + fixed)) : ``states`` of -1 and +1, (reads, n), with the clamped variables appended."""
    held = np.array([1 if value > 0 else -1 for value in problem.fixed.values()], dtype=np.int8)
    return [*labels, *problem.fixed], np.hstack([states, np.tile(held, (len(states), 1))])


def own_energies(problem: Any, samples: np.ndarray) -> np.ndarray:
    """float64 (k,): energies of ``samples`` int8 (k, n) in the own values of ``problem``, a Problem or BQM, whose
    variables they follow in order."""
    bqm, parts = getattr(problem, "bqm", problem), getattr(problem, "parts", None)
    labels = list(bqm.variables)
    if parts is None:
        return bqm.energies((samples, labels))
    objective, broken, penalty = parts
    return objective.energies((samples, labels)) + penalty * broken.energies((samples, labels))


def terms_of(bqm: Any) -> tuple[np.ndarray, np.ndarray, float]:
    """(biases, couplings, offset) of a BQM: the terms of its energies."""
    vectors = bqm.to_numpy_vectors()
    return vectors.linear_biases, vectors.quadratic.biases, float(bqm.offset)


def in_floats(bqm: Any) -> Any:
    """``bqm`` with float64 biases: of fractions, decimals, and float32, which would lose digits. Raises InputError."""
    if bqm.dtype == np.float64:
        return bqm
    import dimod

    try:
        linear = {label: float(bias) for label, bias in bqm.linear.items()}
        quadratic = {pair: float(bias) for pair, bias in bqm.quadratic.items()}
        return dimod.BinaryQuadraticModel(linear, quadratic, float(bqm.offset), bqm.vartype)
    except (TypeError, ValueError, OverflowError):
        raise InputError("the problem holds a bias or coupling that is no real number") from None


def max_cut(name: str, nodes: list, rows: np.ndarray, columns: np.ndarray, weights: np.ndarray) -> Problem:
    """Max-cut of a weighted graph, with the best cut on record; ``rows`` and ``columns`` index ``nodes``."""
    from hwsim.problem.known import best_known_cut

    weights = np.asarray(weights, dtype=np.float64)
    bqm = make_bqm(np.zeros(len(nodes)), rows, columns, weights / 2, nodes, offset=-float(weights.sum()) / 2)
    known = best_known_cut(len(nodes), rows, columns, weights)
    if known is None:
        return Problem(bqm=bqm, name=name, kind="max-cut")
    return Problem(
        bqm=bqm,
        name=name,
        kind="max-cut",
        known_energy=-float(known["cut"]),
        known_source=known["source"],
        known_is_exact=bool(known["exact"]),
    )


def make_bqm(
    bias: np.ndarray, rows: np.ndarray, columns: np.ndarray, values: np.ndarray, nodes: Sequence, *, offset: float = 0.0
) -> Any:
    """Spin BQM from arrays; every node is kept, even one without couplings."""
    import dimod

    if not (np.all(np.isfinite(values)) and np.all(np.isfinite(bias))):
        raise InputError("the problem holds a weight that is not finite")
    for node in nodes:
        if isinstance(node, float) and not np.isfinite(node):
            raise InputError(f"a variable is named {node}, which is no number: name it by text")
    try:
        return dimod.BinaryQuadraticModel.from_numpy_vectors(
            np.asarray(bias, dtype=np.float64), (rows, columns, values), offset, dimod.SPIN, variable_order=list(nodes)
        )
    except OverflowError:
        raise InputError("a variable is named by a whole number of more than 64 bits: name it by text") from None


def input_sigma(bqm: Any) -> float:
    """Scale of the input of a p-bit, > 0: mean over i of sqrt((n - 1) Var_j J_ij), the zeros of the full row included.

    Onizawa and Hanyu (arXiv:2604.01564) set their anneal by this spread: 0.1/sigma to 10/sigma. Without couplings the
    input is the bias alone: the largest one, and 1 where all are zero.
    """
    spin = bqm if bqm.vartype.name == "SPIN" else bqm.change_vartype("SPIN", inplace=False)
    n = spin.num_variables
    vectors = spin.to_numpy_vectors()
    rows, columns, values = vectors.quadratic
    ends = np.concatenate((rows, columns))
    unit = power_of_two(values)
    both = np.concatenate((values, values)) / unit
    mean = np.bincount(ends, weights=both, minlength=n) / n
    square = np.bincount(ends, weights=both**2, minlength=n) / n
    sigma = unit * float(np.mean(np.sqrt(np.maximum((n - 1) * (square - mean**2), 0.0)))) if n else 0.0
    return sigma or float(np.abs(vectors.linear_biases).max(initial=0.0)) or 1.0
