"""One cell in a potential: a ball in a bowl, in two wells, or in any U(x).

Enters: a potential. Leaves: positions of replicas in time. A cell is overdamped, dx = -U'(x) dt/tau + sqrt(2 / (beta
tau)) dW, or underdamped, dx = v dt and m dv = -U'(x) dt - (m v / relax) dt + noise. Energies are in units in which
beta = 1 / (k T) is a number; the stationary law of x is exp(-beta U) / Z in both cases.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypedDict, Unpack

import numpy as np

from hwsim.arguments import named
from hwsim.display import Shown
from hwsim.errors import ArgumentError, InputError
from hwsim.streams import stream_key
from hwsim.text import pairs
from hwsim.thermo import kernels
from hwsim.thermo.expression import Expression, Polynomial
from hwsim.thermo.normal import fill

METHODS = ("leimkuhler-matthews", "euler")
"""Overdamped integrators. The first is the limit of BAOAB for strong friction: it is of second order in the step and
has no bias of the variance in a bowl. Euler-Maruyama inflates that variance by 2 / (2 - a step)."""
_AT_ONCE = 1 << 24
"""Steps of all cells between two looks at Ctrl-C: some 30 ms."""
_DRAWN = 1 << 14


@dataclass(frozen=True, kw_only=True, eq=False)
class Potential(Shown):
    """name : for people;  energy, slope : of float64 arrays, U and dU/dx, element by element
    polynomial : the slope as a polynomial if it is one; a compiled kernel then moves the cells instead of ``slope``
    start : where a cell starts by default
    """

    name: str
    energy: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]
    polynomial: Polynomial | None = None
    start: float = 0.0


@named
def quadratic(stiffness: float = 1.0, centre: float = 0.0) -> Potential:
    """The bowl U = stiffness (x - centre)^2 / 2."""
    _positive(stiffness=stiffness)
    return Potential(
        name=f"bowl of stiffness {stiffness:g}",
        energy=lambda x: stiffness * (x - centre) ** 2 / 2,
        slope=lambda x: stiffness * (x - centre),
        polynomial=Polynomial(centre=float(centre), slope=np.array([0.0, stiffness])),
        start=float(centre),
    )


_LEAST = 1e-50
"""Of a length: its fourth power is a number of float64."""


@named
def double_well(barrier: float = 4.0, distance: float = 1.0) -> Potential:
    """Two wells at -distance and distance with U = 0, and U = barrier at 0 between them."""
    _positive(barrier=barrier, distance=distance)
    if not (_LEAST < distance < 1 / _LEAST and _LEAST < barrier < 1 / _LEAST):
        raise InputError(
            f"barrier and distance must be between {_LEAST:g} and {1 / _LEAST:g}, got {barrier:g}, {distance:g}"
        )
    return Potential(
        name=f"two wells, barrier {barrier:g}",
        energy=lambda x: barrier * ((x / distance) ** 2 - 1) ** 2,
        slope=lambda x: 4 * barrier * x / distance**2 * ((x / distance) ** 2 - 1),
        polynomial=Polynomial(
            centre=0.0, slope=np.array([0.0, -4 * barrier / distance**2, 0.0, 4 * barrier / distance**4])
        ),
    )


def expression(text: str) -> Potential:
    """U(x) as text, such as ``x**4/4 - x**2/2``: + - * / **, numbers, pi, exp, log, sqrt, sin, cos, tanh, cosh, sinh.

    The slope is exact, by a complex step, so the function must be smooth wherever the cell goes. Raises InputError.
    """
    found = Expression(text)
    return Potential(name=text, energy=found.value, slope=found.slope, polynomial=found.polynomial())


class LookKeywords(TypedDict, total=False):
    """``observe`` is called every ``every`` steps (1) with device time and state; it returns True to end the run."""

    observe: Callable[..., bool | None] | None
    every: int


def overdamped(
    potential: Potential,
    *,
    beta: float,
    tau_s: float,
    time_s: float,
    step_s: float,
    replicas: int,
    seed: int = 0,
    start: float | np.ndarray = 0.0,
    method: str = METHODS[0],
    **looks: Unpack[LookKeywords],
) -> np.ndarray:
    """float64 (replicas,): positions after ``time_s``.

    tau_s : relaxation time in a bowl of stiffness 1;  start : one place or (replicas,)
    looks : see LookKeywords; the state is the positions
    Raises InputError for bad sizes, and where U or a position is not finite, as with an unstable step or a potential
    without a bottom.
    """
    _positive(beta=beta, tau_s=tau_s, time_s=time_s, step_s=step_s)
    if method not in METHODS:
        raise InputError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    x = _started(potential, start, replicas, looks.get("every", 1))
    noise = _Noise(seed, replicas)
    strength = math.sqrt(2 * step_s / tau_s / beta)
    if method == "euler":
        law = kernels.Overdamped(old=0.0, new=strength, rate=step_s / tau_s)
        kept = np.zeros(replicas)
    else:
        law = kernels.Overdamped(old=strength / 2, new=strength / 2, rate=step_s / tau_s)
        # at each end one normal counts half; the first one has variance 3, so that n steps spread as they should
        kept = math.sqrt(3) * next(noise.of_steps(0, 1))

    def move(first: int, steps: int) -> None:
        shape = potential.polynomial
        if shape is not None:
            kernels.overdamped(x, kept, steps, shape.centre, shape.slope, law, noise.key, first, noise.width)
            return
        for normal in noise.of_steps(first, steps):
            x[:] += (law.old * kept + law.new * normal) - law.rate * potential.slope(x)
            kept[:] = normal

    _march(move, potential, (x,), time_s=time_s, step_s=step_s, **looks)
    return x


def underdamped(
    potential: Potential,
    *,
    beta: float,
    mass: float,
    relax_s: float,
    time_s: float,
    step_s: float,
    replicas: int,
    seed: int = 0,
    start: float | np.ndarray = 0.0,
    **looks: Unpack[LookKeywords],
) -> tuple[np.ndarray, np.ndarray]:
    """Positions and velocities, float64 (replicas,) each, after ``time_s``, by BAOAB (Leimkuhler and Matthews, Appl.
    Math. Res. Express 2013, 34): half a kick, half a drift, friction and noise, half a drift, half a kick.

    mass : in energy s^2 / x^2;  relax_s : relaxation time of a free velocity. Velocities start in equilibrium. In a
    bowl the variance of x has no bias at any stable step; that of v is too small by step^2 stiffness / (4 mass).
    """
    _positive(beta=beta, mass=mass, relax_s=relax_s, time_s=time_s, step_s=step_s)
    x = _started(potential, start, replicas, looks.get("every", 1))
    noise = _Noise(seed, replicas)
    v = next(noise.of_steps(0, 1)) / math.sqrt(beta * mass)
    law = kernels.Underdamped(
        kick=step_s / 2 / mass,
        drift=step_s / 2,
        shrink=math.exp(-step_s / relax_s),
        strength=math.sqrt(-math.expm1(-2 * step_s / relax_s) / (beta * mass)),
    )

    def move(first: int, steps: int) -> None:
        shape = potential.polynomial
        if shape is not None:
            kernels.underdamped(x, v, steps, shape.centre, shape.slope, law, noise.key, first, noise.width)
            return
        slope = potential.slope(x)
        for normal in noise.of_steps(first, steps):
            v[:] -= law.kick * slope
            x[:] += law.drift * v
            v[:] = v * law.shrink + law.strength * normal
            x[:] += law.drift * v
            slope = potential.slope(x)
            v[:] -= law.kick * slope

    _march(move, potential, (x, v), time_s=time_s, step_s=step_s, **looks)
    return x, v


class _Noise:
    """Normals of the stream of ``seed`` by step: step k of replica r takes number k * width + r."""

    def __init__(self, seed: int, replicas: int) -> None:
        self.key, self.width = np.uint64(stream_key(seed, "potential")), kernels.stride(replicas)
        self._replicas = replicas

    def of_steps(self, first: int, steps: int) -> Iterator[np.ndarray]:
        """float64 (replicas,) for each of ``steps`` steps; for few replicas many steps are drawn together."""
        most = max(1, _DRAWN // self.width)
        for number in range(first, first + steps, most):
            out = np.empty((min(most, first + steps - number), self.width))
            fill(self.key, number * self.width, out.reshape(-1))
            yield from out[:, : self._replicas]


def _march(
    move: Callable[[int, int], None],
    potential: Potential,
    state: tuple[np.ndarray, ...],
    *,
    time_s: float,
    step_s: float,
    observe: Callable[..., bool | None] | None = None,
    every: int = 1,
) -> None:
    """Call ``move(first, steps)`` until ``time_s``, in parts that end at the looks. state : arrays, positions first"""
    last = max(1, round(time_s / step_s))
    done, most = 0, max(1, _AT_ONCE // len(state[0]))
    while done < last:
        until = min(last, done + most)
        if observe is not None:
            until = min(until, (done // every + 1) * every)
        move(done + 1, until - done)
        done = until
        if done % every == 0 or done == last or observe is None:
            _check_finite(state[0], potential, step_s)
            if observe is not None and observe(done * step_s, *state):
                return


def _started(potential: Potential, start: float | np.ndarray, replicas: int, every: int) -> np.ndarray:
    if replicas < 1 or every < 1:
        raise InputError(f"replicas and every must be >= 1, got {replicas} and {every}")
    place = np.asarray(start, dtype=float)
    if place.shape not in ((), (1,), (replicas,)):
        raise InputError(f"start must be a number or have shape {(replicas,)}, got {place.shape}")
    x = np.array(np.broadcast_to(place, (replicas,)))
    _check_energy(potential, x)
    return x


def law(potential: Potential, beta: float, edges: np.ndarray) -> np.ndarray:
    """Share of exp(-beta U) / Z in each bin of ``edges`` float64 (k + 1,); outside the edges, and where U is not a
    number, the density counts as zero."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    at = middle[:, None] + half[:, None] * nodes
    height = potential.energy(at.ravel()).reshape(at.shape)
    height = np.where(np.isnan(height), np.inf, height)
    mass = (np.exp(-beta * (height - height.min())) * weights).sum(axis=1) * half
    return mass / mass.sum()


def memory_s(potential: Potential, *, beta: float, tau_s: float, edges: np.ndarray) -> float:
    """The memory time of an overdamped cell in seconds: the integral of the autocorrelation of x, by quadrature over
    bins between ``edges`` float64 (k + 1,). In a bowl it is tau / stiffness; with a wall it is inf.

    With p = exp(-beta U) / Z and phi the solution of the backward equation L phi = -(x - <x>), it is <(x - <x>) phi> /
    Var x = beta tau / Var x times the integral over y of (integral up to y of (x - <x>) p dx)^2 / p(y).
    """
    share, width, middle = law(potential, beta, edges), np.diff(edges), (edges[1:] + edges[:-1]) / 2
    away = middle - share @ middle
    moment = np.cumsum(share * away) - share * away / 2
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        parts = np.where(np.abs(moment) > 1e-12 * (share @ np.abs(away)), moment**2 / share, 0.0)
    return float(beta * tau_s * np.sum(parts * width**2) / (share @ away**2))


def kramers_rate(barrier: float, curvature_bottom: float, curvature_top: float, *, beta: float, tau_s: float) -> float:
    """Escapes per second of an overdamped cell from a well over a high barrier: sqrt(U''(bottom) |U''(top)|) exp(-beta
    barrier) / (2 pi tau). Kramers, Physica 7, 284 (1940); errors of order 1 / (beta barrier)."""
    return math.sqrt(curvature_bottom * abs(curvature_top)) / (2 * math.pi * tau_s) * math.exp(-beta * barrier)


def mean_escape_s(
    potential: Potential, *, beta: float, tau_s: float, start: float, exit_at: float, low: float
) -> float:
    """Exact mean time in which an overdamped cell first reaches ``exit_at`` > ``start``, with a wall at ``low``: beta
    tau times the integral over y of exp(beta U(y)) times the integral of exp(-beta U) below y."""
    grid = np.linspace(low, exit_at, 20_001)
    height = potential.energy(grid)
    base = height.min()
    density = np.exp(-beta * (height - base))
    step = grid[1] - grid[0]
    below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * step)])
    inner = np.exp(beta * (height - base)) * below
    at = grid >= start
    return float(beta * tau_s * np.sum((inner[at][1:] + inner[at][:-1]) / 2) * step)


def _check_energy(potential: Potential, x: np.ndarray) -> None:
    energy = np.asarray(potential.energy(x))
    if energy.shape != x.shape or not np.isfinite(energy).all():
        raise InputError(f"the potential {potential.name!r} is not finite where the cells start")


def _check_finite(x: np.ndarray, potential: Potential, step_s: float) -> None:
    with np.errstate(all="ignore"):
        there = x if potential.polynomial is not None else potential.energy(x)
    if not (np.isfinite(x).all() and np.isfinite(there).all()):
        raise InputError(
            f"a cell left all bounds in the potential {potential.name!r}: it has no bottom, is not a number there, or "
            f"a step of {step_s:g} s is unstable in it"
        )


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not (value > 0 and math.isfinite(value)):
            raise InputError(f"{name} must be > 0, got {value}")


def parse_potential(text: str) -> Potential:
    """``bowl:stiffness=1,centre=0``, ``wells:barrier=4,distance=1``, or an expression of x. Raises InputError."""
    if not isinstance(text, str):
        raise ArgumentError(f"a potential is a hwsim.thermo.Potential or text such as wells:barrier=4, got {text!r}")
    name, _, rest = text.partition(":")
    known = {"bowl": quadratic, "wells": double_well}
    if name.strip() not in known:
        return expression(text)

    def wrong(part: str) -> InputError:
        return InputError(f"{name} takes KEY=NUMBER, got {part!r}")

    given: dict[str, float] = {}
    for key, word in pairs(rest, wrong).items():
        try:
            given[key] = float(word)
        except ValueError:
            raise wrong(f"{key}={word}") from None
    try:
        return known[name.strip()](**given)
    except TypeError:
        words = "stiffness, centre" if name.strip() == "bowl" else "barrier, distance"
        raise InputError(f"{name} takes {words}, got {', '.join(given)}") from None


def reach(potential: Potential, *, beta: float, start: float, height: float = 25.0) -> tuple[float, float]:
    """(low, high): the range in which beta U is less than ``height`` above its least value. Raises InputError where U
    has no bottom within a factor of a million."""
    wide = 1.0
    for _ in range(21):
        grid = start + wide * np.linspace(-1, 1, 4001)
        with np.errstate(all="ignore"):
            energy = beta * np.asarray(potential.energy(grid), dtype=float)
        energy = np.where(np.isnan(energy), np.inf, energy)
        inside = energy < energy.min() + height
        if not (inside[0] or inside[-1]):
            held = np.flatnonzero(inside)
            if not len(held):
                break
            if len(held) >= 40:
                return float(grid[held[0] - 1]), float(grid[held[-1] + 1])
            wide /= 8  # the grid is too coarse: look closer
            start = float(grid[held[len(held) // 2]])
            continue
        wide *= 2
    raise InputError(f"the potential {potential.name!r} has no bottom that holds a cell at beta = {beta:g}")


def stable_step(potential: Potential, *, beta: float, tau_s: float, start: float | np.ndarray) -> float:
    """A step in seconds: a twentieth of the relaxation time at the largest curvature that a cell meets.

    start : where cells start, a number or several
    """
    places = np.atleast_1d(start)
    low, high = reach(potential, beta=beta, start=float(places.mean()), height=12.0)
    grid = np.linspace(min(low, places.min()), max(high, places.max()), 2001)[1:-1]
    curvature = np.abs(np.gradient(potential.slope(grid), grid)).max()
    return 0.05 * tau_s / max(float(curvature), 1e-12)


def halving_error(potential: Potential, *, beta: float, tau_s: float, step_s: float, start: float) -> float:
    """How far one step of ``step_s`` and two halves of it part without noise, as a multiple of the noise of a step:
    the r.m.s. over Boltzmann's law."""
    low, high = reach(potential, beta=beta, start=start, height=12.0)
    edges = np.linspace(low, high, 2001)
    share, x, rate = law(potential, beta, edges), (edges[1:] + edges[:-1]) / 2, step_s / tau_s
    with np.errstate(all="ignore"):
        half = x - rate / 2 * potential.slope(x)
        apart = (half - rate / 2 * potential.slope(half)) - (x - rate * potential.slope(x))
        error = math.sqrt(float(share @ apart**2) * beta / (2 * rate))
    return error if math.isfinite(error) else math.inf
