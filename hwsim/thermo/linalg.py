"""Linear algebra by fluctuating cells: their mean solves A x = b, their covariance inverts A.

Enters: matrices and a machine. Leaves: its measurements, the error that theory predicts for that device time, and the
results of direct solvers for the same numbers. After Aifer et al., arXiv:2308.05660.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from hwsim.arguments import named
from hwsim.display import Shown
from hwsim.errors import InputError
from hwsim.thermo.integrate import Ensemble
from hwsim.thermo.machine import Device, Modes, device, ideal
from hwsim.thermo.network import positive_definite
from hwsim.thermo.theory import Theory

SETTLE = 6.0
"""Relaxation times of the slowest mode before the first sample, where the mean is no larger than the fluctuations; the
start is then forgotten to exp(-6) = 0.25 % of these. A larger mean adds the logarithm of the ratio."""
PER_RELAXATION = 8.0
"""Default number of samples per relaxation time of the fastest mode; closer ones add little information."""
_MOST_SAMPLES = 200_000
_NEVER_MORE = 1e11
_LOOKS = 24
_CHUNK = 1 << 22
"""How many numbers are drawn between two looks at the clock and at Ctrl-C: some hundredths of a second."""
_LEAST_ERROR = 1e-12
"""The least relative error that a direct solver is asked for."""
_CURVE = ("device_time_s", "relative_error", "predicted_error", "covariance_error", "predicted_covariance_error")


@dataclass(frozen=True, kw_only=True)
class Measured(Shown):
    """The measurements of a machine: of A x = b, or of the inverse of A.

    x : float64 (d,): the mean over time and replicas, or the inverse times b (see Device)
    covariance : float64 (d, d), of the samples, scaled to the inverse of A
    relative_error : |x - A^-1 b| / |A^-1 b|, absolute where b is 0;  predicted_error : its root mean square, by theory
    covariance_error : relative, in the Frobenius norm, against A^-1;  predicted_covariance_error : likewise
    unit : of a reading, "V" or "" for numbers;  rms_reading : root mean square of readings over cells
    device_time_s : settling and sampling of one machine;  programming_s : paid once;  device_energy_j : of the whole
    measurement; each is None where the card has no price;  unpriced : parts without a price, not in device_energy_j
    samples : of a replica;  interval_s : between two samples
    curve : float64 (k, 5): device time, relative and predicted error of x, the same of the covariance, during the run
    interrupted : whether Ctrl-C ended it before all samples;  host_s : seconds of this computer
    """

    x: np.ndarray
    covariance: np.ndarray
    relative_error: float
    predicted_error: float
    covariance_error: float
    predicted_covariance_error: float
    unit: str
    rms_reading: float
    device_time_s: float
    programming_s: float | None
    device_energy_j: float | None
    unpriced: tuple[str, ...]
    settle_s: float
    interval_s: float
    samples: int
    replicas: int
    host_s: float
    curve: np.ndarray = field(repr=False)
    interrupted: bool = False


class MeasureKeywords(TypedDict, total=False):
    """Keywords of `measure` and `measure_on`."""

    time_s: float | None
    interval_s: float | None
    replicas: int
    settle_s: float | None
    seed: int
    progress: Callable[[float, int], None] | None
    interrupt: Callable[[], bool]


@named
def measure(
    A: np.ndarray,
    b: np.ndarray | None,
    *,
    machine: Modes | None = None,
    die_seed: int = 0,
    beta: float = 1.0,
    tau_s: float = 1e-6,
    **how: Unpack[MeasureKeywords],
) -> Measured:
    """Let the cells of A and b settle from 0, then average samples taken every ``interval_s`` over ``time_s``.

    A : (d, d) symmetric positive definite;  b : (d,), None for zeros
    machine : None for ideal overdamped cells;  beta, tau_s : of these ideal cells alone
    die_seed : which die, if the machine has spread;  time_s : None for 100 relaxation times of the slowest mode
    settle_s : None for the machine's own, else 6 of these times plus the logarithm of the mean over the fluctuations
    interval_s : None for the machine's own, else an eighth of the relaxation time of the fastest mode
    replicas : machines at once;  progress : called with the share done and the samples. Raises InputError and
    DoesNotFitError.
    """
    b = np.zeros(len(A)) if b is None else b
    on = device(machine or ideal(beta=beta, tau_s=tau_s), A, b, die_seed=die_seed)
    return measure_on(on, **how)


def measure_on(
    on: Device,
    *,
    time_s: float | None = None,
    interval_s: float | None = None,
    replicas: int = 1,
    settle_s: float | None = None,
    seed: int = 0,
    progress: Callable[[float, int], None] | None = None,
    interrupt: Callable[[], bool] = lambda: False,
) -> Measured:
    """`measure` on an existing Device."""
    network, machine = on.network, on.machine
    settle_s, time_s, interval_s = _times(on, settle_s, time_s, interval_s)
    samples = int(time_s / interval_s * (1 + 1e-12))
    theory = Theory(on, settle_s=settle_s, interval_s=interval_s, replicas=replicas)
    began = time.perf_counter()
    ensemble = Ensemble(
        network,
        replicas=replicas,
        seed=seed,
        start=np.zeros(network.size),
        method=on.method,
        step_s=on.step_s,
        spacing=on.spacing,
    )
    ensemble.advance(settle_s)
    inverse = np.linalg.inv(on.A)
    truth, centre = np.linalg.solve(on.A, on.b), network.mean[on.read]
    total, square = np.zeros(on.size), np.zeros((on.size, on.size))
    looks = np.unique(np.geomspace(1, samples, _LOOKS).round().astype(int)).tolist()
    curve: list[list[float]] = []
    number, interrupted, most = 0, False, max(1, _CHUNK // (replicas * network.size))
    for look in looks:
        while number < look and not interrupted:
            step = min(look - number, most)
            _add(on, ensemble, step, interval_s, total, square)
            number += step
            interrupted = number < samples and interrupt()
            if progress is not None:
                progress(number / samples, number)
        mean, second = total / number / replicas, square / number / replicas
        if on.solves_by_mean:
            covariance = on.covariance_scale * (second - np.outer(mean, mean))
            x = centre + mean
        else:  # the mean is 0 by construction, so estimating it loses nothing
            covariance = on.covariance_scale * second
            x = covariance @ on.b
        curve.append(
            [
                settle_s + number * interval_s,
                _relative(x - truth, truth),
                theory.mean_error(number),
                _relative(covariance - inverse, inverse),
                theory.covariance_error(number),
            ]
        )
        if interrupted:
            break
    spent_s = curve[-1][0]
    return Measured(
        x=x,
        covariance=covariance,
        relative_error=curve[-1][1],
        predicted_error=curve[-1][2],
        covariance_error=curve[-1][3],
        predicted_covariance_error=curve[-1][4],
        unit=machine.unit,
        rms_reading=float(np.sqrt((np.trace(second) + (centre + 2 * mean) @ centre) / on.size)),
        device_time_s=spent_s,
        programming_s=machine.programming_time_s,
        device_energy_j=_energy(machine, spent_s, number, replicas),
        unpriced=() if machine.power_w is None or machine.energy_per_sample_j is not None else ("readout",),
        settle_s=settle_s,
        interval_s=interval_s,
        samples=number,
        replicas=replicas,
        host_s=time.perf_counter() - began,
        curve=np.array(curve),
        interrupted=interrupted,
    )


def _times(
    on: Device, settle_s: float | None, time_s: float | None, interval_s: float | None
) -> tuple[float, float, float]:
    """(settling, sampling, interval) in s: as given, the machine's own, or from the rates; in whole steps if the
    machine has steps."""
    rates = on.network.rates_per_s
    slowest, fastest = on.network.slowest_per_s, float(np.abs(rates).max())
    settle_s = on.machine.settle_s if settle_s is None else settle_s
    if settle_s is None:
        spread = np.sqrt(np.diag(on.network.covariance))
        large = float(np.max(np.abs(on.network.mean) / np.where(spread > 0, spread, np.inf), initial=0))
        settle_s = (SETTLE + np.log(max(large, 1.0))) / slowest
    time_s = 100 / slowest if time_s is None else time_s
    if not (time_s > 0 and settle_s >= 0 and np.isfinite(time_s + settle_s)):
        raise InputError(f"time_s must be > 0 and settle_s >= 0, got {time_s} and {settle_s}")
    interval_s = on.machine.interval_s if interval_s is None else interval_s
    if interval_s is None:
        interval_s = max(1 / (PER_RELAXATION * fastest), time_s / _MOST_SAMPLES)
    if not 0 < interval_s <= time_s:
        raise InputError(f"interval_s must be > 0 and at most time_s, got {interval_s}")
    if on.step_s is not None:
        settle_s, interval_s = (max(1, round(t / on.step_s)) * on.step_s for t in (settle_s, interval_s))
    if interval_s > time_s * (1 + 1e-9):
        raise InputError(f"time_s must be at least one interval of whole steps, {interval_s:g} s, got {time_s:g}")
    if time_s > _NEVER_MORE * interval_s:
        raise InputError(f"{time_s / interval_s:.2g} samples are more than {_NEVER_MORE:g}: give a longer interval_s")
    return settle_s, time_s, interval_s


def _add(on: Device, ensemble: Ensemble, n: int, interval_s: float, total: np.ndarray, square: np.ndarray) -> None:
    """Add to the sums, in place, n samples of all replicas: readings minus their exact means, and their products."""
    if on.adc_step == 0:
        first, second = ensemble.accumulate(n, interval_s, centred=True)
        total += first[on.read]
        square += second[np.ix_(on.read, on.read)]
        return
    states = ensemble.path(n, interval_s)
    seen = on.readings(states.reshape(-1, states.shape[2])) - on.network.mean[on.read]
    total += seen.sum(axis=0)
    square += seen.T @ seen


def _energy(machine: Modes, time_s: float, samples: int, replicas: int) -> float | None:
    """J: power while the machine settles and fluctuates, plus the readout; None where the power is not known."""
    if machine.power_w is None:
        return None
    return replicas * (machine.power_w * time_s + (machine.energy_per_sample_j or 0.0) * samples)


@dataclass(frozen=True, kw_only=True)
class Direct(Shown):
    """A direct solver on the same numbers. iterations : of conjugate gradient, else 1;  operations : additions and
    multiplications;  host_s : seconds of this computer;  host_energy_j : at the given power of it, or None"""

    name: str
    relative_error: float
    iterations: int
    operations: int
    host_s: float
    host_energy_j: float | None


def compare(A: np.ndarray, b: np.ndarray, *, tolerance: float, host_power_w: float | None = None) -> list[Direct]:
    """Cholesky, and conjugate gradient to a relative error of ``tolerance``, on this computer. host_power_w : its power
    while it computes"""
    A, b = positive_definite(A), np.asarray(b, dtype=float)
    began = time.perf_counter()
    exact = cho_solve(cho_factor(A), b)
    cholesky_s = time.perf_counter() - began
    refined = exact + np.linalg.solve(A, b - A @ exact)
    d = len(A)
    rows = [
        Direct(
            name="Cholesky",
            relative_error=_relative(exact - refined, refined),
            iterations=1,
            operations=round(d**3 / 3) + 2 * d**2,
            host_s=cholesky_s,
            host_energy_j=_joules(host_power_w, cholesky_s),
        )
    ]
    began = time.perf_counter()
    x, iterations = conjugate_gradient(A, b, refined, tolerance)
    spent = time.perf_counter() - began
    rows.append(
        Direct(
            name="conjugate gradient",
            relative_error=_relative(x - refined, refined),
            iterations=iterations,
            operations=iterations * (2 * d**2 + 10 * d),
            host_s=spent,
            host_energy_j=_joules(host_power_w, spent),
        )
    )
    return rows


def direct_solvers(
    A: np.ndarray, b: np.ndarray | None, found: Measured, *, inverse: bool = False, host_power_w: float | None = None
) -> list[Direct]:
    """`compare` at the error that the machine of ``found`` has, of x or of the inverse."""
    error = found.covariance_error if inverse else found.relative_error
    # without b the direct solvers get a right-hand side: each column of the inverse takes the same work
    side = b if b is not None and b.any() else np.ones(len(A))
    return compare(A, side, tolerance=max(error, _LEAST_ERROR), host_power_w=host_power_w)


def linalg_facts(found: Measured) -> dict[str, Any]:
    """The measurements as plain data, with names for the columns of the curve."""
    facts = {name: part.tolist() if isinstance(part, np.ndarray) else part for name, part in vars(found).items()}
    facts |= {"programming_time_s": facts.pop("programming_s"), "unpriced_energy": list(facts.pop("unpriced"))}
    return facts | {"curve": [dict(zip(_CURVE, line, strict=True)) for line in facts["curve"]]}


def _joules(power_w: float | None, time_s: float) -> float | None:
    return None if power_w is None else power_w * time_s


def conjugate_gradient(A: np.ndarray, b: np.ndarray, truth: np.ndarray, tolerance: float) -> tuple[np.ndarray, int]:
    """(x, iterations) until |x - truth| <= tolerance |truth|, or after 10 d iterations."""
    x = np.zeros(len(b))
    residual = b - A @ x
    direction, size = residual.copy(), residual @ residual
    for number in range(10 * len(b)):
        if _relative(x - truth, truth) <= tolerance or size == 0:
            return x, number
        pushed = A @ direction
        step = size / (direction @ pushed)
        x = x + step * direction
        residual = residual - step * pushed
        size, before = residual @ residual, size
        direction = residual + size / before * direction
    return x, 10 * len(b)


def _relative(error: np.ndarray, truth: np.ndarray) -> float:
    size = float(np.linalg.norm(truth))
    return float(np.linalg.norm(error)) / size if size else float(np.linalg.norm(error))
