"""Constraints: a model with an objective and constraints becomes a QUBO with penalties; reads tell which they break.

Enters: a dimod ConstrainedQuadraticModel. Leaves: a Problem; later, states of its variables and what they violate. The
conversion is dimod.cqm_to_bqm: an inequality takes binary slack variables, an integer binary digits.
"""

import math
import re
import warnings
from typing import Any

import numpy as np

from hwsim.arguments import named
from hwsim.errors import ArgumentError, InputError
from hwsim.problem.problem import Problem, completed
from hwsim.rounding import rounding

_MAX_INTEGER = 2**20
_NEAR = 2.0**-50
"""A number is whole where it errs by no more than this part of itself, as a power of ten times a decimal may."""


def add_integer(cqm: Any, name: Any, low: float, high: float, *, where: str) -> None:
    """Give ``cqm`` an integer between ``low`` and ``high``, which may be infinite. Raises InputError."""
    if not low <= high:
        raise InputError(f"{where} gives {name} the bounds {low:g} to {high:g}, which no number meets")
    limit = 2.0**53 - 1
    cqm.add_variable("INTEGER", name, lower_bound=max(low, -limit), upper_bound=min(high, limit))


@named
def penalised(cqm: Any, *, penalty: float | None = None, name: str = "constrained", maximised: bool = False) -> Problem:
    """``cqm`` with each violation at ``penalty`` times its square (None: ten times the largest bias of the objective).

    Slack bits are slack0_0, slack0_1, ...; fractional coefficients of an inequality are multiplied by the power of ten,
    at most 1000, that makes them whole, and its violations with them. Raises InputError for continuous variables,
    integers outside 0 to 2**20, soft and quadratic constraints, numbers that are not finite, and a constraint that
    no values satisfy.
    """
    import dimod

    if not isinstance(cqm, dimod.ConstrainedQuadraticModel):
        raise ArgumentError(f"cqm must be a dimod ConstrainedQuadraticModel, got an object of {type(cqm).__name__}")
    if penalty is not None and not 0 < penalty < math.inf:
        raise InputError(f"penalty must be > 0 and finite, got {penalty:g}")
    if not len(cqm.variables):
        raise InputError(f"{name} holds no variables")
    _check(cqm)
    spinless = cqm.spin_to_binary(inplace=False)  # cqm_to_bqm fails on spins beside integers
    model = dimod.ConstrainedQuadraticModel()
    for v in spinless.variables:
        top = math.floor(spinless.upper_bound(v))
        if spinless.vartype(v).name == "BINARY" or top < 2:  # binary_encoding starts at 2
            model.add_variable("BINARY", v)
        else:
            model.add_variable("INTEGER", v, lower_bound=0, upper_bound=top)
    objective = spinless.objective
    terms = [(v, bias) for v, bias in objective.linear.items()]
    model.set_objective([*terms, *objective.iter_quadratic(), (objective.offset,)])
    alone, _ = _as_bqm(model, None, cqm.variables)
    for label, constraint in spinless.constraints.items():
        _add(model, label, constraint)
    for v in spinless.variables:
        if spinless.upper_bound(v) < 1:
            model.add_constraint_from_iterable([(v, 1)], "==", 0)
    bqm, invert = _as_bqm(model, penalty, cqm.variables)
    parts = None
    if len(model.constraints):
        model.set_objective([])
        violations, _ = _as_bqm(model, 1.0, cqm.variables)
        parts = _over(bqm, alone), _over(bqm, violations), float(penalty or 10.0 * float(_largest_bias(alone)) or 1.0)
    return Problem(bqm=bqm, name=name, kind="constrained", constrained=(cqm, invert), maximised=maximised, parts=parts)


def modelled(cqm: Any, *, name: str, maximised: bool) -> Problem:
    """``cqm`` as a plain QUBO where it has only bits and no constraint, else `penalised`. Raises InputError."""
    import dimod

    if len(cqm.constraints) or any(cqm.vartype(v).name != "BINARY" for v in cqm.variables):
        return penalised(cqm, name=name, maximised=maximised)
    _check(cqm)
    reading = "a QUBO to be maximised: energies are minus its objective" if maximised else None
    objective = cqm.objective
    bqm = dimod.BinaryQuadraticModel("BINARY")
    bqm.add_linear_from((v, objective.linear[v]) for v in cqm.variables)
    bqm.add_quadratic_from(objective.iter_quadratic())
    bqm.offset = objective.offset
    return Problem(bqm=bqm, name=name, kind="qubo", maximised=maximised, reading=reading)


def _as_bqm(model: Any, penalty: float | None, taken: Any) -> tuple[Any, Any]:
    """dimod.cqm_to_bqm, with slack bits named in order."""
    import dimod

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a constraint that always holds, left out
        bqm, invert = dimod.cqm_to_bqm(model, lagrange_multiplier=penalty)
    bqm.relabel_variables(_slack_names(bqm.variables, taken))
    return bqm, invert


def _over(whole: Any, part: Any) -> Any:
    """``part`` over all variables of ``whole``, in their order: its energies add the same terms in the same order."""
    import dimod

    same = dimod.BinaryQuadraticModel("BINARY")
    same.add_linear_from((v, part.get_linear(v) if v in part.variables else 0.0) for v in whole.variables)
    same.add_quadratic_from((u, v, bias) for u, v, bias in part.iter_quadratic() if bias)
    same.offset = part.offset
    return same


def _largest_bias(bqm: Any) -> float:
    return max((abs(bias) for bias in (*bqm.linear.values(), *bqm.quadratic.values())), default=0.0)


def _check(cqm: Any) -> None:
    for v in cqm.variables:
        kind, low, high = cqm.vartype(v).name, cqm.lower_bound(v), cqm.upper_bound(v)
        if kind == "REAL":
            raise InputError(f"variable {v} is continuous, which cannot become a QUBO: declare it binary or integer")
        if kind == "INTEGER" and not 0 == low <= high <= _MAX_INTEGER:
            raise InputError(f"integer {v} must lie between 0 and at most {_MAX_INTEGER}, got {low:g} to {high:g}")
    if not _finite(cqm.objective):
        raise InputError("the objective holds a number that is not finite")
    for label, constraint in cqm.constraints.items():
        if constraint.lhs.is_soft():
            raise InputError(f"constraint {label} is soft: only hard ones become penalties")
        if not constraint.lhs.is_linear():
            raise InputError(f"constraint {label} is quadratic: only linear ones become penalties")
        if not (_finite(constraint.lhs) and math.isfinite(constraint.rhs)):
            raise InputError(f"constraint {label} holds a number that is not finite")


def _finite(model: Any) -> bool:
    numbers = [*model.linear.values(), *model.quadratic.values(), model.offset]
    return all(math.isfinite(number) for number in numbers)


def _add(model: Any, label: Any, constraint: Any) -> None:
    """A linear constraint in whole numbers: dimod's slack bits count in units of one."""
    terms, sense = dict(constraint.lhs.linear), constraint.sense.value
    rhs = constraint.rhs - constraint.lhs.offset
    if sense != "==":
        scale = next((f for f in (1, 10, 100, 1000) if all(_whole(f * c) for c in terms.values())), None)
        if scale is None:
            raise InputError(f"constraint {label} has coefficients of more than three decimals: multiply it first")
        terms = {v: float(round(scale * c)) for v, c in terms.items()}
        slack = _NEAR * scale * (abs(constraint.rhs) + abs(constraint.lhs.offset))
        rhs = float(math.floor(scale * rhs + slack) if sense == "<=" else math.ceil(scale * rhs - slack))
    ends = [sorted((0.0, c * model.upper_bound(v))) for v, c in terms.items()]
    low, high = (sum(end[side] for end in ends) for side in (0, 1))
    slack = rounding([end for pair in ends for end in pair], rhs)
    if (sense != ">=" and low > rhs + slack) or (sense != "<=" and high < rhs - slack):
        raise InputError(f"no values of its variables satisfy constraint {label}")
    model.add_constraint_from_iterable(list(terms.items()), sense, rhs, label=label)


def _rounding(cqm: Any, constraint: Any) -> float:
    """How far the computed left side of ``constraint`` may lie off, in its own unit."""
    sizes = [c * max(abs(cqm.lower_bound(v)), abs(cqm.upper_bound(v))) for v, c in constraint.lhs.linear.items()]
    return rounding(sizes, constraint.lhs.offset, constraint.rhs)


def _whole(value: float) -> bool:
    return abs(value - round(value)) <= _NEAR * abs(value)


def _slack_names(variables: Any, taken: Any) -> dict:
    """{dimod's label: slack<k>_<bit>}; dimod draws its labels at random."""
    numbers: dict[str, int] = {}
    names = {}
    for label in variables:
        found = re.fullmatch(r"slack_(v[0-9a-f]{32})_(\d+)", label) if isinstance(label, str) else None
        if found:
            k = numbers.setdefault(found.group(1), len(numbers))
            names[label] = f"slack{k}_{found.group(2)}"
            while names[label] in taken:
                names[label] += "'"
    return names


def broken_constraints(problem: Problem, labels: list, states: np.ndarray) -> dict[str, Any]:
    """The constraints that ``states`` int8 (reads, n) of +-1, in the order of ``labels``, break.

    constraints : [(label, share of reads that break it)], most broken first;  feasible : share of reads that break
    none;  best_objective : the best among those, None without one;  objective : of the read with the fewest broken.
    """
    cqm, invert = problem.constrained
    labels, states = completed(problem, labels, states)
    binary = problem.bqm.vartype.name == "BINARY"
    near = {label: _rounding(cqm, constraint) for label, constraint in cqm.constraints.items()}
    distinct, count = np.unique(states, axis=0, return_counts=True)
    broken = dict.fromkeys(cqm.constraints, 0)
    feasible, best, fewest = 0, None, (np.inf, np.inf)
    for row, times in zip(distinct, count.tolist(), strict=True):
        values = (row > 0).astype(int) if binary else row
        sample = invert(dict(zip(labels, values.tolist(), strict=True)))
        for v in cqm.variables:
            if cqm.vartype(v).name == "SPIN":  # penalised() made it binary
                sample[v] = 2 * sample[v] - 1
        # cqm_to_bqm leaves out variables that nothing depends on
        sample = {v: sample.get(v, max(0, int(cqm.lower_bound(v)))) for v in cqm.variables}
        wrong = [label for label, amount in cqm.iter_violations(sample, clip=True) if amount > near[label]]
        for label in wrong:
            broken[label] += times
        objective = float(cqm.objective.energy(sample))
        fewest = min(fewest, (len(wrong), objective))
        if not wrong:
            feasible += times
            best = objective if best is None else min(best, objective)
    sign = -1.0 if problem.maximised else 1.0
    reads = len(states)
    order = sorted(broken.items(), key=lambda item: -item[1])
    return {
        "constraints": [(str(label), times / reads) for label, times in order],
        "feasible": feasible / reads,
        "best_objective": None if best is None else sign * best,
        "fewest_broken": int(fewest[0]),
        "objective": sign * fewest[1],
    }


def broken_clauses(problem: Problem, labels: list, states: np.ndarray) -> dict[str, Any]:
    """The clauses that ``states`` int8 (reads, n) break, hard and soft ones apart.

    clauses, hard_clauses, soft_clauses : how many there are;  satisfied : share of reads that break none
    hard_satisfied : share that keep all hard ones;  fewest_hard_broken, mean_hard_broken : in a read
    best_soft_weight, best_soft_broken : least weight of broken soft clauses among the reads that keep all hard ones,
    and the number broken in that read; None where no read does;  mean_soft_weight : over all reads
    fewest_broken, mean_broken : clauses in a read, where none is hard
    """
    place = {label: k for k, label in enumerate(labels)}
    weights = [weight for weight, _ in problem.clauses if weight is not None]
    whole = all(isinstance(weight, int) for weight in weights)
    hard, soft = np.zeros(len(states), dtype=np.int64), np.zeros(len(states), dtype=np.int64)
    weight_broken: Any = np.zeros(len(states), dtype=np.int64 if whole else np.float64)
    for weight, clause in problem.clauses:
        broken = np.ones(len(states), dtype=bool)
        for literal in clause:
            if abs(literal) in place:
                broken &= (states[:, place[abs(literal)]] > 0) != (literal > 0)
            elif abs(literal) in problem.fixed:
                broken &= (problem.fixed[abs(literal)] > 0) != (literal > 0)
        if weight is None:
            hard += broken
        else:
            soft += broken
            weight_broken[broken] += weight
    kept = np.flatnonzero(hard == 0)
    best = kept[np.lexsort((soft[kept], weight_broken[kept]))[0]] if len(kept) else None
    found: dict[str, Any] = {
        "clauses": len(problem.clauses),
        "hard_clauses": len(problem.clauses) - len(weights),
        "soft_clauses": len(weights),
        "satisfied": float(np.mean(hard + soft == 0)),
        "hard_satisfied": len(kept) / len(states),
        "fewest_hard_broken": int(hard.min()),
        "mean_hard_broken": float(hard.mean()),
        "best_soft_weight": None if best is None else weight_broken[best].item(),
        "best_soft_broken": None if best is None else int(soft[best]),
        "mean_soft_weight": float(weight_broken.mean()),
    }
    if len(weights) == len(problem.clauses):
        found |= {"fewest_broken": int(soft.min()), "mean_broken": float(soft.mean())}
    return found
