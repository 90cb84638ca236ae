"""Constraints: a model with an objective and conditions becomes a QUBO with penalties, and says which broke.

Enters: a dimod ConstrainedQuadraticModel. Leaves: a Problem; later, states of its variables and what they violate. The
conversion is dimod.cqm_to_bqm: an inequality takes binary slack variables, an integer binary digits.
"""

from typing import Any

import numpy as np

from hwsim.errors import InputError
from hwsim.problem.problem import Problem


def penalised(cqm: Any, *, penalty: float | None = None, name: str = "constrained") -> Problem:
    """``cqm`` with each violation at ``penalty`` times its square (None: ten times the largest bias of the objective).

    Raises InputError where dimod cannot convert it: real variables, inequalities of real numbers.
    """
    import dimod

    if penalty is not None and not penalty > 0:
        raise InputError(f"penalty must be > 0, got {penalty:g}")
    try:
        bqm, invert = dimod.cqm_to_bqm(cqm, lagrange_multiplier=penalty)
    except (ValueError, RuntimeError) as error:
        raise InputError(f"{name} cannot become a QUBO: {error}") from None
    if not bqm.num_variables:
        raise InputError(f"{name} holds no variables")
    return Problem(bqm=bqm, name=name, kind="constrained", constrained=(cqm, invert))


def broken_constraints(problem: Problem, labels: list, states: np.ndarray) -> dict[str, Any]:
    """What ``states`` int8 (reads, n) of +-1, in the order of ``labels``, violate.

    constraints : [(label, share of reads that break it)], most broken first;  feasible : share of reads that break
    none;  best_objective : least among those, None without one (of a maximised objective, its negative);  objective :
    that of the read with the fewest broken.
    """
    cqm, invert = problem.constrained
    binary = problem.bqm.vartype.name == "BINARY"
    distinct, count = np.unique(states, axis=0, return_counts=True)
    broken = dict.fromkeys(cqm.constraints, 0)
    feasible, best, fewest = 0, None, (np.inf, np.inf)
    for row, times in zip(distinct, count.tolist(), strict=True):
        values = (row > 0).astype(int) if binary else row
        sample = invert(dict(zip(labels, values.tolist(), strict=True)))
        # cqm_to_bqm leaves out variables that nothing depends on
        sample = {v: sample.get(v, max(0, int(cqm.lower_bound(v)))) for v in cqm.variables}
        wrong = [label for label, amount in cqm.iter_violations(sample, clip=True) if amount > 1e-9]
        for label in wrong:
            broken[label] += times
        objective = float(cqm.objective.energy(sample))
        fewest = min(fewest, (len(wrong), objective))
        if not wrong:
            feasible += times
            best = objective if best is None else min(best, objective)
    reads = len(states)
    order = sorted(broken.items(), key=lambda item: -item[1])
    return {
        "constraints": [(str(label), times / reads) for label, times in order],
        "feasible": feasible / reads,
        "best_objective": best,
        "fewest_broken": int(fewest[0]),
        "objective": fewest[1],
    }


def broken_clauses(problem: Problem, labels: list, states: np.ndarray) -> dict[str, Any]:
    """Clauses that ``states`` int8 (reads, n) violate: how many there are, the fewest broken in a read, the mean, and
    the share of reads that satisfy all; of weighted ones, hard and soft alike."""
    place = {label: k for k, label in enumerate(labels)}
    broken = np.zeros(len(states), dtype=np.int64)
    for _, clause in problem.clauses:
        satisfied = np.zeros(len(states), dtype=bool)
        for literal in clause:
            if abs(literal) in place:
                satisfied |= (states[:, place[abs(literal)]] > 0) == (literal > 0)
            elif abs(literal) in problem.fixed:
                satisfied |= (problem.fixed[abs(literal)] > 0) == (literal > 0)
        broken += ~satisfied
    return {
        "clauses": len(problem.clauses), "fewest_broken": int(broken.min()), "mean_broken": float(broken.mean()),
        "satisfied": float(np.mean(broken == 0)),
    }  # fmt: skip
