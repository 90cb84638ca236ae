"""Ensembles of a linear network in time, by one of several integrators, each with a known bias.

Enters: a LinearNetwork. Leaves: states of replicas at given instants. "exact" has no step and no bias: it draws from
the law of the later state. "euler" (Euler-Maruyama) inflates the variance of a mode of rate a by 2 / (2 - a step).
"walk" is the lattice random walk of arXiv:2508.20883: its increments are one lattice spacing or zero, and their first
two moments are those of the process.

A run of Euler-Maruyama's steps is linear in Gaussian noise, so the law of its end is known too, with its bias. It is
drawn at once, one normal for each cell, and costs as much as "exact". Where modes are independent, both take one
multiplication and one addition for each mode; cells are computed from modes only for a look.
"""

from collections.abc import Iterator

import numpy as np

from hwsim.errors import InputError
from hwsim.memory import check_memory, many
from hwsim.streams import stream_key
from hwsim.thermo import kernels
from hwsim.thermo.network import LinearNetwork
from hwsim.thermo.normal import fill

METHODS = ("exact", "euler", "walk")
_KEPT = 16
"""How many durations have their transition cached."""
_CHUNK = 1 << 17
"""How many numbers are processed together: 1 MB, which fits the level-2 cache while they are rotated or squared."""
_TILE = 256
"""Constants are repeated up to so many modes, so that few modes still make long vectors."""


class Ensemble:
    """Replicas of ``network`` from time 0 on; independent, all with one seed.

    start : float64 (d,) or (replicas, d); None for a draw from the stationary law of the process
    step_s : of "euler" and "walk", which advance by whole steps;  spacing : of the lattice of "walk", in units of x;
    None for the spacing at which every cell moves in every step, so that its noise is a coin
    Each random number depends only on the seed and its place, so advances may be split, or joined into paths.
    """

    def __init__(
        self,
        network: LinearNetwork,
        *,
        replicas: int,
        seed: int = 0,
        start: np.ndarray | None = None,
        method: str = "exact",
        step_s: float | None = None,
        spacing: float | None = None,
    ) -> None:
        if method not in METHODS:
            raise InputError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
        if replicas < 1:
            raise InputError(f"replicas must be >= 1, got {replicas}")
        if method != "walk" and spacing is not None:
            raise InputError(f"{'the exact method' if method == 'exact' else method} has no lattice: leave spacing out")
        self.network, self.method, self.time_s = network, method, 0.0
        self._key, self._drawn = np.uint64(stream_key(seed, "thermo", METHODS.index(method))), 0
        self._step_s = _checked_step(network, method, step_s)
        self._lattice = _lattice(network, step_s, spacing) if method == "walk" else (np.empty(0), 0.0)
        self._transitions: dict[float, tuple[np.ndarray, np.ndarray]] = {}
        self._basis = network.modes()[1] if method != "walk" and network.is_reversible else None
        # walk: the cells themselves; else deviations from the mean, of modes where there is a basis
        check_memory(8 * replicas * network.size, f"{many(replicas)} replicas of {many(network.size)} cells")
        self._x = np.empty((replicas, network.size))
        self._begin(start, stream_key(seed, "thermo start"))

    @property
    def states(self) -> np.ndarray:
        """float64 (replicas, d): where every replica is."""
        return self._cells(self._x, np.empty_like(self._x))

    def advance(self, duration_s: float) -> None:
        """Advance every replica by ``duration_s``. Raises InputError unless that is a whole number of steps."""
        self._move(duration_s, 1, np.empty((0, *self._x.shape)))

    def path(self, n: int, interval_s: float) -> np.ndarray:
        """float64 (n, replicas, d): the state now and then every ``interval_s``. The replicas end n intervals later, so
        one path continues another. The same as n times `states` and `advance`, but faster. Raises InputError."""
        replicas, d = self._x.shape
        out = np.empty((max(n, 0) * replicas, d))
        for done, seen in self._looks(n, interval_s):
            self._cells(seen, out[done : done + len(seen)])
        return out.reshape(n, replicas, d)

    def accumulate(self, n: int, interval_s: float, *, centred: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """(float64 (d,), float64 (d, d)): sums of x and of x x^T over replicas and the n states of `path`.

        centred : take x minus the network's mean, which keeps digits where the mean is large. The sums are over modes,
        and rotated once. Raises InputError.
        """
        d, mean = self.network.size, self.network.mean
        total, square = np.zeros(d), np.zeros((d, d))
        for _, seen in self._looks(n, interval_s):
            total += np.ones(len(seen)) @ seen
            square += seen.T @ seen
        if self._basis is not None:
            total, square = self._basis @ total, self._basis @ square @ self._basis.T
        count = n * len(self._x)
        if self.method == "walk" and not centred:
            return total, square
        if self.method == "walk":
            mean = -mean
        elif centred:
            return total, square
        cross = np.outer(total, mean)
        return total + count * mean, square + cross + cross.T + count * np.outer(mean, mean)

    def _looks(self, n: int, interval_s: float) -> Iterator[tuple[int, np.ndarray]]:
        """(number of rows before, inner states float64 (k * replicas, d), valid until the next), n * replicas rows in
        all."""
        if n < 0:
            raise InputError(f"a path must have >= 0 states, got {n}")
        replicas, d = self._x.shape
        most = max(1, min(n, _CHUNK // max(self._x.size, 1)))
        seen = np.empty((most, replicas, d))
        for done in range(0, n, most):
            now = seen[: n - done]
            self._move(interval_s, len(now), now)
            yield done * replicas, now.reshape(len(now) * replicas, d)

    def _cells(self, inner: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Write the cells of inner states into ``out``, both float64 (k, d), and return it."""
        if self.method == "walk":
            out[:] = inner
            return out
        if self._basis is None:
            return np.add(inner, self.network.mean, out=out)
        np.matmul(inner, self._basis.T, out=out)
        out += self.network.mean
        return out

    def _begin(self, start: np.ndarray | None, key: int) -> None:
        d, mean = self.network.size, self.network.mean
        origin = 0.0 if self.method == "walk" else mean
        if start is not None:
            start = np.asarray(start, dtype=float)
            if start.shape not in ((d,), self._x.shape):
                raise InputError(f"start must have shape ({d},) or {self._x.shape}, got {start.shape}")
            self._x[:] = start - origin if self._basis is None else (start - mean) @ self._basis
            return
        fill(np.uint64(key), 0, self._x.reshape(-1))
        if self._basis is not None:
            self._x *= np.sqrt(self.network.noise[0, 0] / (2 * self.network.modes()[0]))
        else:
            self._x = self._x @ _root(self.network.covariance) + (mean - origin)

    def _move(self, interval_s: float, n: int, seen: np.ndarray) -> None:
        """Advance n times. seen : (n or 0, replicas, d), out: the inner states before each advance."""
        if not (interval_s >= 0 and np.isfinite(interval_s)):
            raise InputError(f"a duration must be >= 0, got {interval_s}")
        steps = self._whole_steps(interval_s)
        x, first = self._x, self._drawn
        if self.method == "walk":
            assert self._step_s is not None
            drift, force = np.ascontiguousarray(self.network.drift.T), self.network.force
            for number in range(n):
                seen[number : number + 1] = x
                kernels.walk(x, steps, drift, force, *self._lattice, self._step_s, self._key, self._drawn)
                self._drawn += steps * x.size
        elif interval_s == 0:
            seen[:] = x
        else:
            shrink, root = self._transition(interval_s, steps)
            self._drawn += n * x.size
            if self._basis is not None:
                flat = seen.reshape(len(seen), x.size)
                kernels.modes(x.reshape(-1), flat, n, shrink, root, self._key, first)
            else:
                normal = np.empty((n, *x.shape))
                fill(self._key, first, normal.reshape(-1))
                kicks = (normal.reshape(-1, self.network.size) @ root).reshape(normal.shape)
                kernels.dense(x, seen if len(seen) else normal, shrink, kicks)
        self.time_s += n * interval_s

    def _whole_steps(self, interval_s: float) -> int:
        if self._step_s is None:
            return 1
        steps = round(interval_s / self._step_s)
        if abs(steps * self._step_s - interval_s) > 1e-6 * max(self._step_s, 1e-9 * interval_s):
            raise InputError(f"{interval_s:g} s is not a whole number of steps of {self._step_s:g} s")
        return steps

    def _transition(self, interval_s: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """(factor that shrinks a deviation, root of the noise's covariance), for each mode or as matrices."""
        if interval_s not in self._transitions:
            while len(self._transitions) >= _KEPT:
                self._transitions.pop(next(iter(self._transitions)))
            if self._basis is not None:
                rates, power = self.network.modes()[0], self.network.noise[0, 0]
                if self._step_s is None:
                    shrink, variance = np.exp(-rates * interval_s), -np.expm1(-2 * rates * interval_s) / (2 * rates)
                else:
                    a = rates * self._step_s
                    shrink = (1 - a) ** steps
                    with np.errstate(divide="ignore"):  # a mode with a = 1 forgets its state in one step
                        lost = -np.expm1(steps * np.log1p(a * (a - 2)))
                    variance = lost / (rates * (2 - a))  # the geometric series of step (1 - a)**(2 k)
                copies = max(1, min(len(self._x), -(-_TILE // max(len(rates), 1))))
                pair = np.tile(shrink, copies), np.tile(np.sqrt(variance * power), copies)
            elif self._step_s is None:
                pair = self.network.propagator(interval_s).T.copy(), _root(self.network.covariance_at(interval_s))
            else:
                pair = _euler(self.network, self._step_s, steps)
            self._transitions[interval_s] = pair
        return self._transitions[interval_s]


def _euler(network: LinearNetwork, step_s: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """(matrix that multiplies a deviation from the right, root of the covariance) of Euler-Maruyama's steps, by
    doubling: where k steps have P and C, 2 k steps have P^2 and C + P C P^T."""
    shrink, covariance = np.eye(network.size), np.zeros_like(network.noise)
    once = np.eye(network.size) - network.drift * step_s
    for bit in bin(steps)[2:]:
        covariance = covariance + shrink @ covariance @ shrink.T
        shrink = shrink @ shrink
        if bit == "1":
            covariance = once @ covariance @ once.T + network.noise * step_s
            shrink = once @ shrink
    return shrink.T.copy(), _root((covariance + covariance.T) / 2)


def _lattice(network: LinearNetwork, step_s: float | None, spacing: float | None) -> tuple[np.ndarray, float]:
    """(probability that a cell moves in a step, float64 (d,), spacing)."""
    assert step_s is not None
    power = np.diag(network.noise)
    if np.abs(network.noise - np.diag(power)).max(initial=0) > 0:
        raise InputError("the lattice walk needs noise that is independent between cells")
    if spacing is None:
        spacing = float(np.sqrt(power.max(initial=0) * step_s))
    if not spacing > 0:
        raise InputError(f"spacing must be > 0, got {spacing}")
    if np.any(power * step_s > spacing**2 * (1 + 1e-9)):
        raise InputError(
            f"a step of {step_s:g} s is unstable on a lattice of spacing {spacing:g}: the noise of a step is larger"
        )
    return np.minimum(power * step_s / spacing**2, 1.0), float(spacing)


def _checked_step(network: LinearNetwork, method: str, step_s: float | None) -> float | None:
    if method == "exact":
        if step_s is not None:
            raise InputError("the exact method has no step: leave step_s out")
        return None
    if step_s is None or not (step_s > 0 and np.isfinite(step_s)):
        raise InputError(f"method {method} needs step_s > 0, got {step_s}")
    growth = float(np.abs(1 - network.rates_per_s * step_s).max(initial=0))
    if growth >= 1:
        fastest = float(np.min(2 * network.rates_per_s.real / np.abs(network.rates_per_s) ** 2))
        raise InputError(f"a step of {step_s:g} s is unstable: this network needs less than {fastest:.3g} s")
    return float(step_s)


def _root(covariance: np.ndarray) -> np.ndarray:
    """A matrix whose transpose times itself is ``covariance``, which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))).T
