"""Ensembles of a linear network in time, by one of several integrators, each with a bias that is known.

Enters: a LinearNetwork. Leaves: states of replicas at the instants asked for. "exact" has no step and no bias: it draws
from the law of the state a while later. "euler" (Euler-Maruyama) inflates the variance of a mode of rate a by
2 / (2 - a step). "walk" is the lattice random walk of arXiv:2508.20883: increments of one lattice spacing or none,
whose first two moments are those of the process.
"""

from collections.abc import Callable

import numpy as np

from hwsim.errors import InputError
from hwsim.streams import generator
from hwsim.thermo.network import LinearNetwork

METHODS = ("exact", "euler", "walk")
_KEPT = 16
"""Durations whose transition is kept."""


class Ensemble:
    """Replicas of ``network`` from time 0 on; independent, all with one seed.

    start : float64 (d,) or (replicas, d); None for a draw from the stationary law
    step_s : of "euler" and "walk", which advance by whole steps;  spacing : of the lattice of "walk", in units of x;
    None for the one at which a cell moves in every step, its noise being a coin
    """

    def __init__(
        self, network: LinearNetwork, *, replicas: int, seed: int = 0, start: np.ndarray | None = None,
        method: str = "exact", step_s: float | None = None, spacing: float | None = None,
    ) -> None:  # fmt: skip
        if method not in METHODS:
            raise InputError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
        if replicas < 1:
            raise InputError(f"replicas must be >= 1, got {replicas}")
        self.network, self.method, self.time_s = network, method, 0.0
        self._draw = generator(seed, "thermo")
        self._step_s = _checked_step(network, method, step_s)
        self._step = self._stepper(spacing)
        self._transitions: dict[float, tuple[np.ndarray, np.ndarray]] = {}
        self._basis = network.modes()[1] if method == "exact" and network.is_reversible else None
        self._x = np.empty((replicas, network.size))  # of modes, from the mean, where there is a basis
        self._noise = np.empty_like(self._x)
        self._begin(start)

    @property
    def states(self) -> np.ndarray:
        """float64 (replicas, d): where every replica is."""
        return self._x.copy() if self._basis is None else self._x @ self._basis.T + self.network.mean

    def advance(self, duration_s: float) -> None:
        """Move every replica on by ``duration_s``. Raises InputError where that is no whole number of steps."""
        if not (duration_s >= 0 and np.isfinite(duration_s)):
            raise InputError(f"a duration must be >= 0, got {duration_s}")
        if self.method == "exact":
            self._jump(duration_s)
        else:
            assert self._step_s is not None
            steps = round(duration_s / self._step_s)
            if abs(steps * self._step_s - duration_s) > 1e-6 * max(self._step_s, 1e-9 * duration_s):
                raise InputError(f"{duration_s:g} s is no whole number of steps of {self._step_s:g} s")
            for _ in range(steps):
                self._step()
        self.time_s += duration_s

    def _begin(self, start: np.ndarray | None) -> None:
        d, mean = self.network.size, self.network.mean
        if start is not None:
            start = np.asarray(start, dtype=float)
            if start.shape not in ((d,), self._x.shape):
                raise InputError(f"start must have shape ({d},) or {self._x.shape}, got {start.shape}")
            self._x[:] = start if self._basis is None else (start - mean) @ self._basis
            return
        self._draw.standard_normal(out=self._x)
        if self._basis is not None:
            self._x *= np.sqrt(self.network.noise[0, 0] / (2 * self.network.modes()[0]))
        else:
            self._x = self._x @ _root(self.network.covariance) + mean

    def _jump(self, duration_s: float) -> None:
        """The law of the state ``duration_s`` later: mode by mode where modes are independent."""
        if duration_s == 0:
            return
        if duration_s not in self._transitions:
            while len(self._transitions) >= _KEPT:
                self._transitions.pop(next(iter(self._transitions)))
            self._transitions[duration_s] = self._transition(duration_s)
        shrink, root = self._transitions[duration_s]
        self._draw.standard_normal(out=self._noise)
        if self._basis is not None:
            self._x *= shrink
            self._noise *= root
            self._x += self._noise
        else:
            mean = self.network.mean
            self._x = (self._x - mean) @ shrink + self._noise @ root + mean

    def _transition(self, duration_s: float) -> tuple[np.ndarray, np.ndarray]:
        if self._basis is not None:
            rates = self.network.modes()[0]
            spread = np.sqrt(-np.expm1(-2 * rates * duration_s) * self.network.noise[0, 0] / (2 * rates))
            return np.exp(-rates * duration_s), spread
        return self.network.propagator(duration_s).T.copy(), _root(self.network.covariance_at(duration_s))

    def _stepper(self, spacing: float | None) -> Callable[[], None]:
        network, step_s = self.network, self._step_s
        if self.method == "exact":
            if spacing is not None:
                raise InputError("the exact method has no lattice: leave spacing out")
            return lambda: None
        assert step_s is not None
        if self.method == "euler":
            if spacing is not None:
                raise InputError("euler has no lattice: leave spacing out")
            root = _root(network.noise * step_s)
            drift, force = network.drift.T * step_s, network.force * step_s

            def euler() -> None:
                self._draw.standard_normal(out=self._noise)
                self._x += force - self._x @ drift + self._noise @ root

            return euler
        return self._walker(step_s, spacing)

    def _walker(self, step_s: float, spacing: float | None) -> Callable[[], None]:
        network = self.network
        power = np.diag(network.noise)
        if np.abs(network.noise - np.diag(power)).max(initial=0) > 0:
            raise InputError("the lattice walk needs noise that is independent between cells")
        if spacing is None:
            spacing = float(np.sqrt(power.max(initial=0) * step_s))
        if not spacing > 0:
            raise InputError(f"spacing must be > 0, got {spacing}")
        if np.any(power * step_s > spacing**2 * (1 + 1e-9)):
            raise InputError(
                f"a step of {step_s:g} s is unstable on a lattice of {spacing:g}: the noise of a step is larger"
            )

        def walk() -> None:
            force = network.force - self._x @ network.drift.T
            self._draw.random(out=self._noise)
            # P(+-spacing) = step (+-force + power / spacing) / (2 spacing); a force too strong for it saturates
            moves = np.minimum(power * step_s / spacing**2, 1.0)
            up = np.clip((moves + force * step_s / spacing) / 2, 0.0, moves)
            self._x += spacing * ((self._noise < up).astype(float) - (self._noise >= 1 - (moves - up)))

        return walk


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
    return step_s


def _root(covariance: np.ndarray) -> np.ndarray:
    """A matrix whose transpose times itself is ``covariance``; also of a singular one."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))).T
