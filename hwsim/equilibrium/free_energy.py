"""Free energies measured on the emulated machine: thermodynamic integration, annealed importance sampling both ways.

Enters: a Program and a beta. Leaves: ln Z with an interval, and bounds from both sides. F = -ln(Z) / beta. The measured
value is that of the machine: if delays, noise or the clock change its law from exp(-beta E) / Z, it differs from the
exact value.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Unpack

import numpy as np

from hwsim.algorithm.ladder import adaptive_ladder
from hwsim.algorithm.moves import resample
from hwsim.analysis.interval import student_quantile
from hwsim.anneal import constant
from hwsim.arguments import named
from hwsim.display import Shown
from hwsim.equilibrium.partition import check_beta, log_mean_exp
from hwsim.errors import InputError, UnsupportedError
from hwsim.interrupt import Stopped
from hwsim.moved import renamed
from hwsim.program import Program
from hwsim.session import Activity, RunKeywords, RunSettings, Session
from hwsim.streams import generator
from hwsim.units import to_seconds

CONFIDENCE = 0.95
_WORK_VARIANCE = 0.25
"""The variance of the work of an anneal in equilibrium for which a default ladder is fine enough."""
_MOST_LOST = 4.0
"""Above so many k T of work lost both ways, few copies carry the average of exp(-work)."""
_PER_SPREAD = 4.0
"""Steps per spread of the energy in an integral of mean energies; the error of its rule is then far below 1 %."""
_STEPS = (16, 2000)
_PILOT = (0.5, 2.0, 8.0)
"""Steps, in spreads of the energy, of the ladders that are tried in turn until one reaches beta."""


@dataclass(frozen=True, kw_only=True)
class Estimate(Shown):
    """ln Z. error : standard error between schedules;  low, high : interval at CONFIDENCE (Student's t)
    lower, upper : bounds, each of which holds with probability (1 + CONFIDENCE) / 2"""

    log_z: float
    error: float
    low: float
    high: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Annealed(Shown):
    """Annealed importance sampling from beta 0 and back.

    betas : float64 (k,) from 0;  forward, reverse : float64 (reads,), sum of (b' - b) E on the way up and down
    log_z_0 : ln Z at beta 0, offset included, so that ln Z = log_z_0 + ln <exp(-forward)> = log_z_0 - ln <exp(reverse)>
    schedule : int64 (reads,), schedule of each read;  estimate : half the sum of both ways
    forward_log_z, reverse_log_z : of each way, with its standard error
    """

    betas: np.ndarray
    forward: np.ndarray
    reverse: np.ndarray
    log_z_0: float
    schedule: np.ndarray
    estimate: Estimate
    forward_log_z: tuple[float, float]
    reverse_log_z: tuple[float, float]
    engine: str
    activity: Activity
    host_s: float

    group = renamed("group", "schedule")

    @property
    def dissipated(self) -> float:
        """The work that the anneals lost both ways, on average, in units of k T; do not trust intervals where it is far
        above 1."""
        return float(self.forward.mean() - self.reverse.mean())


@dataclass(frozen=True, kw_only=True, eq=False)
class Integrated(Shown):
    """Thermodynamic integration: ln Z(beta) = ln Z(0) - integral of <E> from 0 to beta.

    betas : float64 (k,) from 0;  energies, errors, variances : float64 (k,), mean energy of the machine's network
    (offset left out) over both ways, its standard error, and its variance
    hysteresis : half the difference between ln Z on the way down and on the way up, with its standard error. Copies lag
    behind beta by the same amount both ways, so the mean of both is free of it to first order
    quadrature : estimated error of the integral's rule. It and the hysteresis beyond noise widen the interval
    """

    betas: np.ndarray
    energies: np.ndarray
    errors: np.ndarray
    variances: np.ndarray
    hysteresis: tuple[float, float]
    quadrature: float
    estimate: Estimate
    engine: str
    activity: Activity
    host_s: float


class _Machine(Session):
    """A session without partial results: it raises KeyboardInterrupt where it is stopped."""

    def hold(self, beta: float | Sequence[float], sweeps: int) -> bool:
        """Hold as a Session does; returns only at the end of the sweeps."""
        if not super().hold(beta, sweeps):
            raise Stopped
        return True

    def energies(self) -> np.ndarray:
        """float64 (reads,): energies of the machine's own network, from the states that the controller reads."""
        states = self.read()
        self._settles = self._looks  # every look waits for signals under way, even the first
        return self.program.network.energies(states)


@named
def annealed_importance(
    program: Program,
    beta: float,
    *,
    betas: np.ndarray | None = None,
    sweeps: int = 10,
    settle: int = 50,
    **settings: Unpack[RunKeywords],
) -> Annealed:
    """ln Z at ``beta`` by annealing ``reads`` copies from beta 0, and back from states of the law at ``beta``.

    betas : float64 (k,) from 0 to ``beta``; None for a `thermal_ladder` fine enough that the work of an anneal in
    equilibrium has a variance of 1/4;  sweeps : at each beta
    settle : sweeps at ``beta`` before the way back, after the copies are resampled by their weights
    settings : see RunSettings; 1024 reads of 16 schedules by default
    Neal, Stat. Comput. 11, 125 (2001); the way back: Grosse, Ghahramani and Adams, arXiv:1511.02543 (2015). Each way is
    exact on average for any clock that keeps the law at every beta. So ln <exp(-work)> of few copies is on average
    below ln Z on the way up and, from states of the law, above it on the way down, which gives the bounds. The upper
    bound holds only if the copies follow the law at ``beta`` when they turn round. Raises InputError, UnsupportedError.
    """
    how = _settings(settings)
    _check(program, beta, how, sweeps=sweeps, settle=settle)
    betas = _ladder(program, beta, betas, how, lambda length: length**2 / _WORK_VARIANCE)
    with _machine(program, how, 2 * (len(betas) - 1) * sweeps + settle) as session:
        forward = np.zeros(how.reads)
        for b, after in pairwise(betas):
            forward += (after - b) * session.energies()
            session.hold(float(after), sweeps)
        source, states = generator(how.seed, "annealed importance"), session.peek()
        rows = np.arange(how.reads)
        for number in range(how.schedules):
            own = np.flatnonzero(session.schedule == number)
            rows[own] = own[resample(np.exp(forward[own].min() - forward[own]), source.random())]
        session.write(states[rows])
        session.hold(float(betas[-1]), settle)
        reverse = np.zeros(how.reads)
        for b, after in pairwise(betas[::-1]):
            reverse += (b - after) * session.energies()
            session.hold(float(after), sweeps)
    log_z_0 = program.n_pbits * math.log(2) - beta * program.readout.energy_offset
    up, down = _jackknife(forward, session.schedule, -1.0), _jackknife(reverse, session.schedule, 1.0)
    both = _Spread((up.whole - down.whole) / 2, (up.without - down.without) / 2)
    quantile = student_quantile((1 + CONFIDENCE) / 2, how.schedules - 1)
    (lower, lower_error), (upper, upper_error) = (
        _mean_and_error(
            np.array([-sign * log_mean_exp(sign * work[session.schedule == g]) for g in range(how.schedules)])
        )
        for sign, work in ((-1.0, forward), (1.0, reverse))
    )
    half = quantile * both.error
    estimate = Estimate(
        log_z=log_z_0 + both.value,
        error=both.error,
        low=log_z_0 + both.value - half,
        high=log_z_0 + both.value + half,
        lower=log_z_0 + lower - quantile * lower_error,
        upper=log_z_0 + upper + quantile * upper_error,
    )
    return Annealed(
        betas=betas,
        forward=forward,
        reverse=reverse,
        log_z_0=log_z_0,
        schedule=session.schedule,
        estimate=estimate,
        forward_log_z=(log_z_0 + up.value, up.error),
        reverse_log_z=(log_z_0 - down.value, down.error),
        engine=session.engine,
        activity=session.activity(),
        host_s=session.host_seconds,
    )


@named
def thermodynamic_integration(
    program: Program,
    beta: float,
    *,
    betas: np.ndarray | None = None,
    sweeps: int = 100,
    **settings: Unpack[RunKeywords],
) -> Integrated:
    """ln Z at ``beta`` from mean energies on the way there and back.

    betas : float64 (k,) from 0 to ``beta``, k odd; None for a `thermal_ladder` whose steps are a quarter of the
    energy's spread;  sweeps : at each beta and each way, half of them to settle
    settings : as in `annealed_importance`
    Between two betas <E> is the cubic with the two means as values and minus the two variances as slopes; every second
    beta gives an estimate of its error. <E> falls with beta, so where copies lag behind beta, the left sum on the way
    up and the right sum on the way down bound the integral. These bounds and the interval hold only if copies follow
    the law when they turn round: copies that are stuck at a low temperature are stuck the same both ways and show no
    hysteresis. `doubts` compares the estimate with an annealed one. Raises InputError, UnsupportedError.
    """
    how = _settings(settings)
    _check(program, beta, how, sweeps=sweeps)
    betas = _ladder(program, beta, betas, how, lambda length: _PER_SPREAD * length)
    if len(betas) % 2 == 0:
        raise InputError(f"betas must have an even number of steps, got {len(betas) - 1}")
    k, looks = len(betas), max(1, min(sweeps // 20, 10))
    mean, square = np.zeros((2, k, how.schedules)), np.zeros((2, k))
    with _machine(program, how, 2 * (k - 1) * sweeps) as session:
        for way, numbers in enumerate((range(1, k), range(k - 1, 0, -1))):
            for number in numbers:
                mean[way, number], square[way, number] = _settled_energy(session, float(betas[number]), sweeps, looks)
    energies = mean.mean(axis=(0, 2))
    variances = square.mean(axis=0) - energies**2
    variances[0] = np.sum(program.network.bias**2) + np.sum(program.network.pairs[2] ** 2)
    log_z_0 = program.n_pbits * math.log(2) - beta * program.readout.energy_offset
    up, down = (log_z_0 - _hermite(betas, way, variances[:, None]) for way in mean)
    coarse = log_z_0 - _hermite(betas[::2], mean.mean(axis=0)[::2], variances[::2, None])
    value, error = _mean_and_error((up + down) / 2)
    lag, lag_error = _mean_and_error((down - up) / 2)
    quadrature = abs(value - float(coarse.mean())) / 15  # an error of fourth order is 16 times that of half steps
    quantile = student_quantile((1 + CONFIDENCE) / 2, how.schedules - 1)
    half = quantile * error + quadrature + max(0.0, abs(lag) - quantile * lag_error)
    steps = np.diff(betas)[:, None]
    left, left_error = _mean_and_error((steps * mean[0, :-1]).sum(axis=0))
    right, right_error = _mean_and_error((steps * mean[1, 1:]).sum(axis=0))
    return Integrated(
        betas=betas,
        energies=energies,
        errors=mean.mean(axis=0).std(axis=1, ddof=1) / math.sqrt(how.schedules),
        variances=variances,
        hysteresis=(lag, lag_error),
        quadrature=quadrature,
        estimate=Estimate(
            log_z=value,
            error=error,
            low=value - half,
            high=value + half,
            lower=log_z_0 - left - quantile * left_error,
            upper=log_z_0 - right + quantile * right_error,
        ),
        engine=session.engine,
        activity=session.activity(),
        host_s=session.host_seconds,
    )


def doubts(annealed: Annealed | None = None, integrated: Integrated | None = None) -> list[str]:
    """Reasons not to trust these estimates, one sentence each; empty for sound ones."""
    found = []
    for name, one in (("annealing", annealed), ("integration", integrated)):
        if one is None:
            continue
        estimate = one.estimate
        if estimate.lower > estimate.upper:
            found.append(f"{name}: the lower bound is above the upper one: the machine does not keep exp(-beta E) / Z")
        elif not estimate.lower - 2 * estimate.error <= estimate.log_z <= estimate.upper + 2 * estimate.error:
            found.append(f"{name}: the estimate is outside its bounds: the machine does not keep exp(-beta E) / Z")
    if annealed is not None and annealed.dissipated > _MOST_LOST:
        found.append(
            f"annealing: both ways lose {annealed.dissipated:.2g} k T, so few copies carry the weight: give more sweeps"
        )
    if annealed is not None and integrated is not None:
        a, b = annealed.estimate, integrated.estimate
        if a.low > b.high or b.low > a.high:
            found.append(
                f"the methods differ by {abs(a.log_z - b.log_z):.2g}, more than their intervals allow: copies did not "
                "settle (give more sweeps), or the machine does not keep exp(-beta E) / Z"
            )
    return found


def thermal_ladder(
    program: Program, beta: float, *, steps: int | Callable[[float], float], **settings: Unpack[RunKeywords]
) -> np.ndarray:
    """float64 (steps + 1,) from 0 to ``beta``, found on the machine; each step is the same part of the energy's spread.

    steps : how many, or a function of the ladder's length in spreads, rounded to an even number from 16 to 2000
    The work of an anneal in equilibrium has the variance length^2 / steps (Salamon and Berry, Phys. Rev. Lett. 51, 1127
    (1983)). Raises InputError.
    """
    check_beta(beta)
    if isinstance(steps, int) and steps < 2:
        raise InputError(f"steps must be >= 2, got {steps}")
    spread = math.sqrt(float(np.sum(program.network.bias**2) + np.sum(program.network.weight**2) / 2))
    if spread == 0 or beta == 0:
        return np.linspace(0, beta, (steps if isinstance(steps, int) else _STEPS[0]) + 1)
    for step in _PILOT:
        first = min(step / spread, beta / 2)
        found = adaptive_ladder(program, first=first, last=beta, step=step, sweeps=40, **settings)
        if found[-1] == beta:
            break
    else:
        found = np.append(found, beta)
    found = np.concatenate([[0.0], found])
    # the last step was cut short at beta; the step before tells which part of a whole one it is
    part = min(1.0, float(np.diff(found)[-1] / np.diff(found)[-2])) if len(found) > 2 else 1.0
    at = np.append(np.arange(len(found) - 1.0), len(found) - 2 + part)
    if not isinstance(steps, int):
        steps = int(np.clip(2 * math.ceil(steps(step * at[-1]) / 2), *_STEPS))
    return np.interp(np.linspace(0, at[-1], steps + 1), at, found)


def _settings(given: RunKeywords) -> RunSettings:
    return RunSettings.of(given, reads=1024, schedules=16)


def _check(program: Program, beta: float, how: RunSettings, **least_one: int) -> None:
    """Raise InputError or UnsupportedError where a free energy cannot be measured."""
    check_beta(beta)
    for name, value in least_one.items():
        if value < 1:
            raise InputError(f"{name} must be >= 1, got {value}")
    if how.schedules < 2 or how.reads < 2 * how.schedules:
        raise InputError(
            f"an interval needs at least 2 schedules of 2 reads each, got {how.reads} reads of {how.schedules} "
            "schedules"
        )
    if program.cells.pdit is not None:
        raise UnsupportedError("free energies are not measured with p-dits (cells of more than two levels)")
    if program.readout.chain is not None:
        raise UnsupportedError(
            "the free energy of an embedded problem is that of its chains: take a chip that holds the problem as it is"
        )
    if np.any(program.cells.stuck) or np.any(program.cells.held):
        raise UnsupportedError("stuck p-bits have fewer states than 2^n: take the fault off with --without stuck-cells")


def _ladder(
    program: Program, beta: float, betas: np.ndarray | None, how: RunSettings, steps: Callable[[float], float]
) -> np.ndarray:
    """``betas``, or those of `thermal_ladder` where they are None. Raises InputError."""
    if betas is None:
        betas = thermal_ladder(program, beta, steps=steps, **how.quiet)
    betas = np.asarray(betas, dtype=np.float64)
    if betas.ndim != 1 or len(betas) < 3 or betas[0] != 0 or betas[-1] != beta or np.any(np.diff(betas) < 0):
        raise InputError(f"betas must ascend from 0 to {beta:g} in at least two steps")
    return betas


def _machine(program: Program, how: RunSettings, sweeps: int) -> _Machine:
    """A machine at beta 0 that will be held for ``sweeps`` in all."""
    end = sweeps * program.clock.round_ticks + 1
    return _Machine(program, how, constant(0.0, to_seconds(end)), end=end)


def _settled_energy(session: _Machine, beta: float, sweeps: int, looks: int) -> tuple[np.ndarray, float]:
    """(mean energy of each schedule, mean square of all), from ``looks`` looks in the second half of ``sweeps`` at
    ``beta``."""
    size = np.bincount(session.schedule)
    total, square = np.zeros(len(size)), 0.0
    session.hold(beta, sweeps - sweeps // 2)
    for look in range(looks):
        energies = session.energies()
        total += np.bincount(session.schedule, weights=energies) / size / looks
        square += float(np.mean(energies**2)) / looks
        rest = (sweeps // 2) * (look + 1) // looks - (sweeps // 2) * look // looks
        if rest:
            session.hold(beta, rest)
    return total, square


def _mean_and_error(values: np.ndarray) -> tuple[float, float]:
    """Mean of one value from each schedule, and its standard error."""
    return float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values))


@dataclass(frozen=True)
class _Spread:
    """A statistic of all schedules, and of all but each one: the jackknife's value and standard error."""

    whole: float
    without: np.ndarray

    @property
    def value(self) -> float:
        """Corrected for the bias of first order in 1 / schedules."""
        g = len(self.without)
        return float(g * self.whole - (g - 1) * self.without.mean())

    @property
    def error(self) -> float:
        g = len(self.without)
        return float(np.sqrt((g - 1) / g * np.sum((self.without - self.without.mean()) ** 2)))


def _jackknife(work: np.ndarray, schedule: np.ndarray, sign: float) -> _Spread:
    """ln <exp(sign work)>, of all reads and without each schedule."""
    n = int(schedule.max()) + 1
    top = float((sign * work).max())
    weight = np.bincount(schedule, weights=np.exp(sign * work - top), minlength=n)
    size = np.bincount(schedule, minlength=n)
    with np.errstate(divide="ignore"):
        without = np.log((weight.sum() - weight) / (size.sum() - size))
    if not np.isfinite(without).all():
        raise InputError("one copy carries all the weight: the ladder needs more steps or sweeps")
    return _Spread(top + math.log(weight.sum() / size.sum()), top + without)


def _hermite(x: np.ndarray, y: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Integral over x of the cubics with values ``y`` and slopes -``variance``, along the first axis."""
    h = np.diff(x)[:, None]
    ends = h / 2 * (y[1:] + y[:-1])
    return np.sum(ends + h**2 / 12 * (variance[1:] - variance[:-1]), axis=0)
