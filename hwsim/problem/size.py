"""Size: how large a generated problem is, asked before it is made.

Enters: the name of a generator and its parameters. Leaves: nothing, or a refusal that names memory needed and there.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hwsim.memory import check_problem

_ARRAYS, _PAIRS, _OBJECTS = 80, 35, 600
"""Bytes for a coupling: of arrays, of a pair that is only drawn, of graphs and clauses of Python."""

_ARRAY_S, _OBJECT_S = 1e-6, 2e-5
"""Seconds for a coupling, likewise."""


class _Size(NamedTuple):
    """variables, couplings : of the parameters;  each : bytes for a coupling"""

    variables: Callable[..., float]
    couplings: Callable[..., float]
    each: int = _ARRAYS


def _cube(L: int, **more: Any) -> float:
    return float(L**3)


def _square(L: int, **more: Any) -> float:
    return float(L**2)


def _all(n: int, **more: Any) -> float:
    return n * (n - 1) / 2


def _n(n: int, **more: Any) -> float:
    return float(n)


_SIZES: Mapping[str, _Size] = {
    "ea3d": _Size(_cube, lambda L, **_: 3.0 * L**3),
    "ea2d": _Size(_square, lambda L, **_: 2.0 * L**2),
    "ising2d": _Size(_square, lambda L, **_: 2.0 * L**2),
    "sk": _Size(_n, _all),
    "maxcut": _Size(_n, _all, _PAIRS),
    "ring": _Size(_n, _n),
    "regular": _Size(_n, lambda n, d, **_: n * d / 2, _OBJECTS),
    "pegasus": _Size(lambda m, **_: 24.0 * m * (m - 1), lambda m, **_: 180.0 * m * (m - 1), _OBJECTS),
    "zephyr": _Size(lambda m, **_: 16.0 * m * (2 * m + 1), lambda m, **_: 160.0 * m * (2 * m + 1), _OBJECTS),
    "adder": _Size(lambda n, **_: 4.0 * n, lambda n, **_: 10.0 * n, _OBJECTS),
    "multiplier": _Size(lambda n, m, **_: 4.0 * n * m, lambda n, m, **_: 10.0 * n * m, _OBJECTS),
    "wishart": _Size(_n, _all),
    "xorsat": _Size(_n, lambda n, **_: 3.0 * n, _OBJECTS),
    "rbm": _Size(lambda v, h, **_: float(v + h), lambda v, h, **_: float(v * h)),
    "dbm": _Size(lambda v, h, k, **_: float(v + k * h), lambda v, h, k, **_: float(v * h + (k - 1) * h * h)),
    "sat": _Size(_n, lambda m, k, **_: float(m * k), _OBJECTS),
    "planted": _Size(_cube, lambda L, **_: 3.0 * L**3),
    "tile2d": _Size(_square, lambda L, **_: 2.0 * L**2),
    "tile3d": _Size(_cube, lambda L, **_: 3.0 * L**3),
}


def check_generated(name: str, given: Mapping[str, Any]) -> None:
    """Raise InputError where the problem that the generator ``name`` makes of ``given`` does not fit into memory."""
    size = _SIZES[name]
    check_problem(int(size.variables(**given)), int(size.couplings(**given)), name, each=size.each)


def making_s(name: str, given: Mapping[str, Any]) -> float:
    """About how many seconds that takes on one core."""
    size = _SIZES[name]
    return (size.variables(**given) + size.couplings(**given)) * (_OBJECT_S if size.each == _OBJECTS else _ARRAY_S)
