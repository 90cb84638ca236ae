"""Size: how large a generated problem is, asked before it is made.

Enters: the name of a generator and its parameters. Leaves: nothing, or a refusal that names memory needed and there.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hwsim.memory import check_problem, check_program


class _Size(NamedTuple):
    """How large a problem is, and what it takes to make it.

    variables, couplings : of the parameters
    each : bytes for a coupling, some four fifths of what was measured at 10**5 to 10**7 couplings, so that nothing that
    fits is refused;  each_us : microseconds for a variable or a coupling, measured on one core of a server
    """

    variables: Callable[..., float]
    couplings: Callable[..., float]
    each: int
    each_us: float


def _cube(L: int, **more: Any) -> float:
    return float(L**3)


def _square(L: int, **more: Any) -> float:
    return float(L**2)


def _all(n: int, **more: Any) -> float:
    return n * (n - 1) / 2


def _n(n: int, **more: Any) -> float:
    return float(n)


_SIZES: Mapping[str, _Size] = {
    "ea3d": _Size(_cube, lambda L, **_: 3.0 * L**3, 60, 0.15),
    "ea2d": _Size(_square, lambda L, **_: 2.0 * L**2, 60, 0.15),
    "ising2d": _Size(_square, lambda L, **_: 2.0 * L**2, 60, 0.15),
    "sk": _Size(_n, _all, 55, 0.15),
    "maxcut": _Size(_n, _all, 20, 0.1),
    "ring": _Size(_n, _n, 80, 0.2),
    "regular": _Size(_n, lambda n, d, **_: n * d / 2, 400, 5.0),
    "pegasus": _Size(lambda m, **_: 24.0 * m * (m - 1), lambda m, **_: 180.0 * m * (m - 1), 280, 1.9),
    "zephyr": _Size(lambda m, **_: 16.0 * m * (2 * m + 1), lambda m, **_: 160.0 * m * (2 * m + 1), 270, 1.8),
    "adder": _Size(lambda n, **_: 4.0 * n, lambda n, **_: 10.0 * n, 70, 1.1),
    "multiplier": _Size(lambda n, m, **_: 3.0 * n * m, lambda n, m, **_: 10.0 * n * m, 80, 1.3),
    "wishart": _Size(_n, _all, 90, 0.2),
    "xorsat": _Size(_n, lambda n, **_: 3.0 * n, 100, 4.5),
    "rbm": _Size(lambda v, h, **_: float(v + h), lambda v, h, **_: float(v * h), 36, 1.0),
    "dbm": _Size(lambda v, h, k, **_: float(v + k * h), lambda v, h, k, **_: float(v * h + (k - 1) * h * h), 36, 1.0),
    "sat": _Size(_n, lambda m, k, **_: float(m * k), 180, 8.0),
    "planted": _Size(_square, lambda L, loops, **_: min(2.0, 0.04 * loops) * L**2, 110, 4.0),
    "tile2d": _Size(_square, lambda L, **_: 2.0 * L**2, 130, 1.6),
    "tile3d": _Size(_cube, lambda L, **_: 3.0 * L**3, 140, 1.1),
}


def check_generated(name: str, given: Mapping[str, Any]) -> None:
    """Raise InputError where the problem that the generator ``name`` makes of ``given`` does not fit into memory."""
    size = _SIZES[name]
    check_problem(int(size.variables(**given)), int(size.couplings(**given)), name, each=size.each)


def check_programmed(name: str, given: Mapping[str, Any]) -> None:
    """Raise InputError where that problem and its program do not fit together."""
    size = _SIZES[name]
    check_program(int(size.variables(**given)), int(size.couplings(**given)), more=size.each)


def making_s(name: str, given: Mapping[str, Any]) -> float:
    """About how many seconds that takes on one core."""
    size = _SIZES[name]
    return 1e-6 * size.each_us * (size.variables(**given) + size.couplings(**given))
