"""Updates: how measured moments change the controller's numbers: rate, momentum, Adam, decay, centring, averaging.

Enters: the moments of the two phases of a step. Leaves: biases and couplings, real numbers that the controller keeps;
what the registers make of them is another matter (`hwsim.learn.registers`). E = sum h s + sum J s s falls where the
data are, so a step goes against the difference of the moments: dh = -rate (<s>_data - <s>_machine).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hwsim.display import Shown
from hwsim.errors import InputError
from hwsim.learn.exact import Moments
from hwsim.learn.model import Model
from hwsim.problem.model_file import MOST

SCHEDULES = ("constant", "linear", "cosine", "1/t")
METHODS = ("plain", "adam")
TRAINS = ("all", "biases")


@dataclass(frozen=True, kw_only=True)
class Updates(Shown):
    """How a step changes the numbers. Raises InputError.

    rate : of learning, at the start;  schedule : "constant", "linear" or "cosine", the latter two down to ``rate_end``
    times ``rate`` at the last step, or "1/t", rate / (1 + step / decline)
    method : "plain", with ``momentum``, or "adam" (Kingma and Ba, arXiv:1412.6980; 0.9 and 0.999)
    decay : share of each coupling that a step at rate 1 takes away
    centring : rate at which the means that are taken off the units follow the data and the machine, 0 for no centring
    (Melchior, Fischer and Wiskott, JMLR 17(99), 2016)
    averaging : last share of the steps over which the numbers are averaged, 0 for none: the mean of a walk around an
    optimum is nearer to it than its last point (Polyak and Juditsky, SIAM J. Control Optim. 30, 838 (1992))
    limit : the largest |number| that the controller keeps, None for none
    trains : "all", or "biases": couplings stay, as when a model moves to another die
    """

    rate: float = 0.05
    schedule: str = "constant"
    rate_end: float = 0.0
    decline: float = 1000.0
    method: str = "plain"
    momentum: float = 0.0
    decay: float = 0.0
    centring: float = 0.0
    averaging: float = 0.0
    limit: float | None = None
    trains: str = "all"

    def __post_init__(self) -> None:
        words = (
            ("schedule", self.schedule, SCHEDULES),
            ("method", self.method, METHODS),
            ("trains", self.trains, TRAINS),
        )
        for name, value, allowed in words:
            if value not in allowed:
                raise InputError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
        within = {"rate_end": 1.0, "momentum": 1.0, "centring": 1.0, "averaging": 1.0, "decay": math.inf}
        for name, most in within.items():
            if not 0 <= getattr(self, name) <= most:
                bound = f"between 0 and {most:g}" if math.isfinite(most) else ">= 0"
                raise InputError(f"{name} must be {bound}, got {getattr(self, name)}")
        for name in ("rate", "decline", "limit"):
            if getattr(self, name) is not None and not 0 < getattr(self, name) < math.inf:
                raise InputError(f"{name} must be > 0, got {getattr(self, name)}")

    def rate_at(self, step: int, steps: int) -> float:
        """The rate at ``step`` of ``steps``, counted from 0."""
        if self.schedule == "constant":
            return self.rate
        if self.schedule == "1/t":
            return self.rate / (1 + step / self.decline)
        part = step / max(steps - 1, 1)
        falling = 1 - part if self.schedule == "linear" else (1 + math.cos(math.pi * part)) / 2
        return self.rate * (self.rate_end + (1 - self.rate_end) * falling)


_FIRST, _SECOND, _TINY = 0.9, 0.999, 1e-8
"""Adam's constants."""


class Numbers:
    """The controller's numbers in training: one vector of biases and couplings, and what the updates remember.

    step, steps : how many were made, and how many will be
    """

    def __init__(self, model: Model, how: Updates, steps: int) -> None:
        self.how, self.step, self.steps = how, 0, steps
        self._n, self._first, self._second = model.n, model.first, model.second
        self._values = np.concatenate((model.bias, model.weight))
        self._speed = np.zeros_like(self._values)
        self._squares = np.zeros_like(self._values if how.method == "adam" else self._values[:0])
        self._sum = np.zeros_like(self._values)
        self._summed = 0
        self._centre = np.zeros(model.n)

    @property
    def bias(self) -> np.ndarray:
        """float64 (n,): the biases now."""
        return self._values[: self._n]

    @property
    def weight(self) -> np.ndarray:
        """float64 (k,): the couplings now."""
        return self._values[self._n :]

    @property
    def mean(self) -> tuple[np.ndarray, np.ndarray]:
        """(biases, couplings), averaged over the steps since averaging began; those of now before that."""
        values = self._values if self._summed == 0 else self._sum / self._summed
        return values[: self._n].copy(), values[self._n :].copy()

    def finish(self, bias: np.ndarray, weight: np.ndarray) -> None:
        """Take the numbers of a training that made all its steps."""
        self._values[:] = np.concatenate((bias, weight))
        self.step, self._summed = self.steps, 0

    def learn(self, data: Moments, machine: Moments) -> None:
        """Make a step: ``data`` are the moments of the positive phase, ``machine`` those of the negative one. Raises
        InputError where a number grows without bound."""
        with np.errstate(all="ignore"):  # what leaves the range is refused below
            self._learn(data, machine)
        largest = np.abs(self._values).max()
        if not largest < MOST:
            raise InputError(
                f"step {self.step} takes a bias or a coupling beyond {MOST:g}: give update a smaller rate than "
                f"{self.how.rate:g}, less decay or a limit"
            )

    def _learn(self, data: Moments, machine: Moments) -> None:
        how = self.how
        rate = how.rate_at(self.step, self.steps)
        slope = self._slope(data, machine)
        if how.decay:
            slope[self._n :] += how.decay * self.weight
        if how.trains == "biases":
            slope[self._n :] = 0.0
        self.step += 1
        if how.method == "adam":
            self._speed += (1 - _FIRST) * (slope - self._speed)
            self._squares += (1 - _SECOND) * (slope * slope - self._squares)
            rate *= math.sqrt(1 - _SECOND**self.step) / (1 - _FIRST**self.step)
            slope = self._speed / (np.sqrt(self._squares) + _TINY)
        elif how.momentum:
            self._speed *= how.momentum
            self._speed += slope
            slope = self._speed
        if how.centring:
            slope = self._uncentred(slope)
            self._centre += how.centring * ((data.first + machine.first) / 2 - self._centre)
        self._values -= rate * slope
        if how.limit is not None:
            np.clip(self._values, -how.limit, how.limit, out=self._values)
        if self.step > (1 - how.averaging) * self.steps:
            self._sum += self._values
            self._summed += 1

    def _slope(self, data: Moments, machine: Moments) -> np.ndarray:
        """float64 (n + k,): <s>_data - <s>_machine of every bias, and of the products for every coupling, of units less
        their centres c: E = sum h' s + sum J (s - c)(s - c)."""
        first, second = data.first - machine.first, data.second - machine.second
        if self.how.centring:
            centre, i, j = self._centre, self._first, self._second
            second = second - centre[i] * first[j] - centre[j] * first[i]
        return np.concatenate((first, second))

    def _uncentred(self, change: np.ndarray) -> np.ndarray:
        """``change`` of h' and J as one of h and J, h_i = h'_i - sum J_ij c_j."""
        n, centre, i, j = self._n, self._centre, self._first, self._second
        taken = np.bincount(i, change[n:] * centre[j], n) + np.bincount(j, change[n:] * centre[i], n)
        return np.concatenate((change[:n] - taken, change[n:]))

    def arrays(self) -> dict[str, np.ndarray]:
        """All that a training needs to go on."""
        return {
            "values": self._values,
            "speed": self._speed,
            "squares": self._squares,
            "sum": self._sum,
            "centre": self._centre,
            "counts": np.array([self.step, self._summed], dtype=np.int64),
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from `arrays`. Raises InputError where they are those of another training."""
        for key in ("values", "speed", "squares", "sum", "centre"):
            held, value = getattr(self, f"_{key}"), arrays.get(key)
            if value is None or value.shape != held.shape or value.dtype != held.dtype:
                raise InputError(f"the training cannot go on: its array {key} is missing or damaged")
            held[:] = value
        counts = arrays.get("counts")
        if counts is None or counts.shape != (2,) or not 0 <= counts[1] <= counts[0] <= self.steps:
            raise InputError("the training cannot go on: its array counts is missing or damaged")
        self.step, self._summed = int(counts[0]), int(counts[1])
