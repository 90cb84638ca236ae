"""Run: continuous cells in time, for a matrix on a machine, a linear network, or a potential.

Enters: one of these. Leaves: a Waveform, in seconds and in the unit of the readings.
"""

from dataclasses import dataclass

import numpy as np

from hwsim.display import Shown
from hwsim.errors import InputError
from hwsim.thermo.integrate import Ensemble
from hwsim.thermo.machine import Device
from hwsim.thermo.network import LinearNetwork
from hwsim.thermo.potential import Potential, halving_error, overdamped, stable_step

_MOST_NUMBERS = 2e8
"""The most numbers in a waveform: 1.6 GB."""
_APART, _MOST_APART = 0.0005, 0.01
"""Of one step and two halves, in noise of a step: that of steps chosen here, and that which is still taken; in a bowl,
steps of 0.02 and 0.15 relaxation times."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Waveform(Shown):
    """times_s : float64 (k,), from 0;  values : float64 (k, replicas, d), as read;  labels : of the d;  unit : "V", or
    "" for numbers"""

    times_s: np.ndarray
    values: np.ndarray
    labels: tuple[str, ...]
    unit: str

    @property
    def device_time_s(self) -> float:
        """Length of the run."""
        return float(self.times_s[-1])


def run(
    what: Device | LinearNetwork | Potential,
    *,
    time_s: float,
    interval_s: float,
    replicas: int = 1,
    seed: int = 0,
    start: np.ndarray | float | None = 0.0,
    beta: float = 1.0,
    tau_s: float = 1e-6,
    step_s: float | None = None,
) -> Waveform:
    """Run ``what`` for ``time_s`` and look at it every ``interval_s``, the start included.

    start : where all cells start, a number, (d,) or (replicas, d); None for a draw from the stationary law of linear
    cells;  beta, tau_s, step_s : of a potential alone; a step_s of None is at most a twentieth of ``interval_s`` and
    of the shortest relaxation time in the potential. Linear cells have no step, except those of a walk. Raises
    InputError, also for a step that is too long: where one step and two halves of it part visibly.
    """
    if not (0 < interval_s <= time_s and np.isfinite(time_s)):
        raise InputError(f"interval_s must be > 0 and at most time_s, got {interval_s} and {time_s}")
    size = 1 if isinstance(what, Potential) else (what.network if isinstance(what, Device) else what).size
    if replicas < 1:
        raise InputError(f"replicas must be >= 1, got {replicas}")
    looks = time_s / interval_s * (1 + 1e-12) + 1
    if looks * replicas * size > _MOST_NUMBERS:
        raise InputError(
            f"a waveform holds at most {_MOST_NUMBERS:g} numbers, but {looks:.3g} looks at {replicas} replicas of "
            f"{size} cells are {looks * replicas * size:.3g}: look less often, or at fewer replicas"
        )
    n = int(looks)
    times = interval_s * np.arange(n)
    if isinstance(what, Potential):
        return _in_potential(what, times, replicas, seed, start, beta, tau_s, step_s)
    network = what.network if isinstance(what, Device) else what
    how = (
        {}
        if isinstance(what, LinearNetwork)
        else {"method": what.method, "step_s": what.step_s, "spacing": what.spacing}
    )
    first = None if start is None else _places(start, replicas, network.size)
    ensemble = Ensemble(network, replicas=replicas, seed=seed, start=first, **how)  # type: ignore[arg-type]
    states = ensemble.path(n, interval_s)
    labels = network.labels or tuple(f"x{k}" for k in range(network.size))
    if isinstance(what, LinearNetwork):
        return Waveform(times_s=times, values=states, labels=labels, unit=network.unit)
    seen = what.readings(states.reshape(-1, network.size)).reshape(n, replicas, -1)
    return Waveform(times_s=times, values=seen, labels=tuple(labels[k] for k in what.read), unit=what.machine.unit)


def _places(start: np.ndarray | float, replicas: int, size: int) -> np.ndarray:
    """float64 (size,) or (replicas, size): where each replica starts. Raises InputError."""
    place = np.asarray(start, dtype=float)
    if size == 1 and place.shape == (replicas,):
        return place[:, None]
    if place.shape not in ((), (size,), (replicas, size)):
        raise InputError(f"start must be a number or have shape {(size,)} or {(replicas, size)}, got {place.shape}")
    return place if place.ndim == 2 else np.broadcast_to(place, (size,))


def _steps_per_look(
    potential: Potential, interval_s: float, step_s: float | None, *, beta: float, tau_s: float, start: np.ndarray
) -> int:
    at = float(start.mean())
    if step_s is None:
        longest = min(interval_s / 20, stable_step(potential, beta=beta, tau_s=tau_s, start=start))
        every = int(np.ceil(interval_s / longest * (1 - 1e-9)))
        while halving_error(potential, beta=beta, tau_s=tau_s, step_s=interval_s / every, start=at) > _APART:
            every *= 2
        return every
    if not (step_s > 0 and np.isfinite(step_s)):
        raise InputError(f"step_s must be > 0, got {step_s}")
    every = max(1, round(interval_s / step_s))
    apart = halving_error(potential, beta=beta, tau_s=tau_s, step_s=interval_s / every, start=at)
    if apart > _MOST_APART:
        wanted = stable_step(potential, beta=beta, tau_s=tau_s, start=start)
        raise InputError(
            f"a step of {interval_s / every:g} s is too long for the potential {potential.name!r}: one step and two "
            f"halves of it part by {apart:.2g} of the noise of a step; {wanted:.3g} s is short enough"
        )
    return every


def _in_potential(
    potential: Potential,
    times: np.ndarray,
    replicas: int,
    seed: int,
    start: np.ndarray | float | None,
    beta: float,
    tau_s: float,
    step_s: float | None,
) -> Waveform:
    if start is None:
        raise InputError("cells in a potential need a start")
    place = np.broadcast_to(_places(start, replicas, 1), (replicas, 1))[:, 0]
    interval_s = float(times[1])
    every = _steps_per_look(potential, interval_s, step_s, beta=beta, tau_s=tau_s, start=place)
    seen = [place.copy()]
    overdamped(
        potential,
        beta=beta,
        tau_s=tau_s,
        time_s=float(times[-1]),
        step_s=interval_s / every,
        replicas=replicas,
        seed=seed,
        start=place,
        observe=lambda _, x: seen.append(x.copy()),
        every=every,
    )
    return Waveform(times_s=times, values=np.array(seen)[: len(times), :, None], labels=("x",), unit="")
