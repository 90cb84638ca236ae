"""Boltzmann machines: networks whose units have roles, visible or hidden, and clamps that fix some of them.

Enters: weight matrices in the convention of machine learning, P(s) ~ exp(sum b s + sum W s s) with s = +-1. Leaves: a
Problem in dimod's sign, so J = -W and h = -b.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hwsim.arguments import named
from hwsim.errors import ArgumentError, InputError
from hwsim.problem.problem import Problem

MAX_VISIBLE = 20
"""Visible units whose law is enumerated: 2**20 states."""


@named
def rbm(weights: np.ndarray, visible_bias: np.ndarray, hidden_bias: np.ndarray, *, name: str = "rbm") -> Problem:
    """A restricted Boltzmann machine: ``weights`` float64 (v, h), biases (v,) and (h,). Units are v0.. and h0.. ."""
    weights = _matrix(weights, "weights")
    labels = [[f"v{i}" for i in range(weights.shape[0])], [f"h{j}" for j in range(weights.shape[1])]]
    return _layered([weights], [visible_bias, hidden_bias], labels, ["visible", "hidden"], name)


@named
def dbm(weights: Sequence[np.ndarray], biases: Sequence[np.ndarray], *, name: str = "dbm") -> Problem:
    """A deep Boltzmann machine: ``weights[k]`` (n_k, n_k+1) between layer k and the next, a bias (n_k,) for each layer.

    Layer 0 is visible, its units v0..; those of layer k are h<k>_0.. .
    """
    for what, each in (("weights", weights), ("biases", biases)):
        if not isinstance(each, Sequence | np.ndarray) or isinstance(each, str | bytes):
            raise ArgumentError(f"{what} must be a list, with an array for each layer, got {each!r}")
    weights = [_matrix(w, f"weights {k}") for k, w in enumerate(weights)]
    if not weights:
        raise InputError("a deep machine needs at least one matrix of weights")
    sizes = [weights[0].shape[0], *(w.shape[1] for w in weights)]
    labels = [[f"v{i}" for i in range(sizes[0])]]
    labels += [[f"h{k}_{i}" for i in range(n)] for k, n in enumerate(sizes[1:], 1)]
    roles = ["visible", *(f"hidden {k}" for k in range(1, len(sizes)))]
    return _layered(weights, biases, labels, roles, name)


def bm(weights: np.ndarray, bias: np.ndarray, *, n_visible: int, name: str = "bm") -> Problem:
    """A Boltzmann machine with any couplings: ``weights`` float64 (n, n), symmetric; the first are visible."""
    weights, bias = _matrix(weights, "weights"), _numbers(bias, "bias")
    n = len(bias)
    if weights.shape != (n, n) or np.any(weights != weights.T) or np.any(np.diag(weights)):
        raise InputError(f"weights of {n} units must be a symmetric matrix ({n}, {n}) with a diagonal of 0")
    if not 1 <= n_visible <= n:
        raise InputError(f"n_visible must be between 1 and {n}, got {n_visible}")
    labels = [f"v{i}" for i in range(n_visible)] + [f"h{i}" for i in range(n - n_visible)]
    model = _model(labels, bias)
    for i, j in zip(*np.nonzero(np.triu(weights)), strict=True):
        model.add_quadratic(labels[i], labels[j], -float(weights[i, j]))
    roles = {"visible": labels[:n_visible], "hidden": labels[n_visible:]}
    return Problem(bqm=model, name=name, kind="boltzmann", roles={k: v for k, v in roles.items() if v})


def _numbers(values: Any, name: str) -> np.ndarray:
    """``values`` as float64. Raises ArgumentError."""
    try:
        made = np.asarray(values)
        if made.dtype.kind != "c":
            return made.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ArgumentError(f"{name} must be finite numbers, got {values!r}")


def _matrix(weights: Any, name: str) -> np.ndarray:
    weights = _numbers(weights, name)
    if weights.ndim != 2 or not weights.size or not np.all(np.isfinite(weights)):
        raise InputError(f"{name} must be a matrix of finite numbers, got shape {weights.shape}")
    return weights


def _layered(
    weights: Sequence[np.ndarray], biases: Sequence[np.ndarray], labels: list[list[str]], roles: list[str], name: str
) -> Problem:
    if len(biases) != len(labels):
        raise InputError(f"{len(labels)} layers need as many biases, got {len(biases)}")
    biases = [_numbers(part, f"bias {k}") for k, part in enumerate(biases)]
    for part, names in zip(biases, labels, strict=True):
        if np.shape(part) != (len(names),):
            raise InputError(f"the bias of {len(names)} units must have shape ({len(names)},), got {np.shape(part)}")
    model = _model([label for layer in labels for label in layer], np.concatenate(biases))
    for k, w in enumerate(weights):
        if w.shape != (len(labels[k]), len(labels[k + 1])):
            raise InputError(f"weights {k} must have shape ({len(labels[k])}, {len(labels[k + 1])}), got {w.shape}")
        for i, u in enumerate(labels[k]):
            for j, v in enumerate(labels[k + 1]):
                if w[i, j] != 0:
                    model.add_quadratic(u, v, -float(w[i, j]))
    return Problem(bqm=model, name=name, kind="boltzmann", roles=dict(zip(roles, labels, strict=True)))


def _model(labels: list[str], bias: np.ndarray) -> Any:
    """Every unit first, in order: p-bit k is unit k."""
    import dimod

    if not np.all(np.isfinite(bias)):
        raise InputError("a Boltzmann machine holds a bias that is not finite")
    model = dimod.BinaryQuadraticModel("SPIN")
    for label, value in zip(labels, bias, strict=True):
        model.add_linear(label, -float(value))
    return model


@named
def clamp(problem: Problem, values: Mapping[Any, int]) -> Problem:
    """``problem`` with variables fixed: {label: +-1 of spins, 0 or 1 of binary variables}. Raises InputError."""
    allowed = (-1, 1) if problem.bqm.vartype.name == "SPIN" else (0, 1)
    for label, value in values.items():
        if label in problem.fixed:
            raise InputError(f"{label} is already clamped to {problem.fixed[label]}")
        if label not in problem.bqm.variables:
            raise InputError(f"{problem.name} has no variable {label!r} to clamp")
        if value not in allowed:
            raise InputError(f"{label!r} must be {allowed[0]} or {allowed[1]}, got {value!r}")
    if len(values) == problem.bqm.num_variables and values:
        raise InputError(f"every variable of {problem.name} is clamped: nothing is left to run")
    bqm = _fixed(problem.bqm, values)
    parts = problem.parts
    if parts is not None:
        parts = _fixed(parts[0], values), _fixed(parts[1], values), parts[2]
    roles = {role: [label for label in members if label not in values] for role, members in problem.roles.items()}
    return replace(
        problem,
        bqm=bqm,
        parts=parts,
        roles={role: members for role, members in roles.items() if members},
        fixed=dict(problem.fixed) | dict(values),
        known_energy=None,
        known_source=None,
        known_is_exact=False,
    )


def _fixed(bqm: Any, values: Mapping[Any, int]) -> Any:
    """A copy of ``bqm`` with variables fixed."""
    bqm = bqm.copy()
    for label, value in values.items():
        bqm.fix_variable(label, value)
    return bqm


def visible_law(problem: Problem, beta: float) -> np.ndarray:
    """float64 (2**v,): P(visible) of an RBM at ``beta``, bit i of the state number being unit i, 1 when it is +1.

    Hidden units are summed in closed form: ln P(v) = -beta sum h_i v_i + sum_j ln 2 cosh(beta (h_j + sum_i J_ij v_i)).
    Raises InputError beyond 20 visible units, or where hidden units are coupled.
    """
    visible = list(problem.roles.get("visible", ()))
    hidden = [label for label in problem.bqm.variables if label not in set(visible)]
    if not 1 <= len(visible) <= MAX_VISIBLE:
        raise InputError(f"the law of the visible units needs 1 to {MAX_VISIBLE} of them, got {len(visible)}")
    place = {label: i for i, label in enumerate(visible)}
    states = np.where((np.arange(2 ** len(visible))[:, None] >> np.arange(len(visible))) & 1, 1.0, -1.0)
    bqm = problem.bqm
    exponent = -beta * (states @ np.array([bqm.get_linear(label) for label in visible]))
    pull: dict[Any, list[tuple[int, float]]] = {label: [] for label in hidden}
    for u, v, value in bqm.iter_quadratic():
        if u in place and v in place:
            exponent -= beta * value * states[:, place[u]] * states[:, place[v]]
        elif u not in place and v not in place:
            raise InputError(f"hidden units {u!r} and {v!r} are coupled: their sum has no closed form")
        else:
            seen, other = (u, v) if u in place else (v, u)
            pull[other].append((place[seen], value))
    for label, pairs in pull.items():
        field = np.full(len(states), float(bqm.get_linear(label)))
        for i, value in pairs:
            field += value * states[:, i]
        exponent += np.logaddexp(beta * field, -beta * field)
    law = np.exp(exponent - exponent.max())
    return law / law.sum()
