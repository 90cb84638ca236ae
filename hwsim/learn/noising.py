"""Noising: bits, or values of M states, that random replacement wears away, and what a machine must know to undo it.

Enters: rows of data, times, rates. Leaves: noisier rows; the steps of a schedule; the coupling of a step to its noisy
input. Over a time t each value is replaced by a fair draw with probability 1 - exp(-rate t): a Markov chain, in which
t1 and then t2 are t1 + t2. As in the published code of Jelincic et al., arXiv:2510.23972 (2025).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.display import Facts, Shown
from hwsim.errors import InputError
from hwsim.memory import check_memory, many
from hwsim.units import whole

_PER_STEP = 200
"""Bytes: its times, and the step itself."""

SCHEDULES = ("log", "linear")


def keep_probability(time: float, rate: float | np.ndarray, *, states: int = 2) -> Any:
    """Probability that a value is after ``time`` what it was: (1 + (M - 1) exp(-rate time)) / M, for M ``states``.

    It is the probability of a value, not of a history: a value may leave and come back. time : may be infinite. Raises
    InputError."""
    m = whole(states, name="states", least=2)
    return (1 + (m - 1) * _left(time, rate)) / m


def _left(time: float, rate: float | np.ndarray) -> Any:
    """Share of the values that no draw has touched after ``time``."""
    rate = np.asarray(rate, dtype=np.float64)
    if not time >= 0 or np.any(~np.isfinite(rate)) or np.any(rate <= 0):
        raise InputError(f"noise needs a time >= 0 and finite rates > 0, got time {time:g} and rates {rate}")
    return np.exp(-rate * time)[()]


def noised(values: np.ndarray, time: float, rate: float | np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """int8, the shape of ``values`` (rows, v) of +-1, after ``time``. rate : one, or (v,). Raises InputError."""
    values = np.asarray(values)
    touched = draw.random(values.shape) >= _left(time, rate)
    return np.where(touched, 2 * draw.integers(0, 2, values.shape) - 1, values).astype(np.int8)


def noised_states(
    values: np.ndarray, time: float, rate: float | np.ndarray, draw: np.random.Generator, *, states: int
) -> np.ndarray:
    """The same for ``values`` of whole numbers from 0 to ``states`` - 1, of their own dtype. Raises InputError."""
    values = np.asarray(values)
    touched = draw.random(values.shape) >= _left(time, rate)
    return np.where(touched, draw.integers(0, states, values.shape), values).astype(values.dtype)


def input_coupling(time: float, rate: float | np.ndarray, *, states: int = 2) -> Any:
    """w of a value to what it became after ``time``, so that exp(2 w) = P(keep) / P(one other value); 0 after an
    infinite time, infinite after none. Of bits it is -ln(tanh(rate time / 2)) / 2.

    By Bayes' rule the law of a clean row, given its noisy version, is that of clean rows times a factor exp(w s s') for
    each bit, s' the noisy one: under P(s) ~ exp(-E) a coupling J = -w. Eq. D1 of the paper, as third parties read it,
    has the sign of exp(+E). For M states, w is that of the line of the noisy value in a p-dit. Raises InputError.
    """
    left = _left(time, rate)
    m = whole(states, name="states", least=2)
    with np.errstate(divide="ignore"):
        return (np.log1p((m - 1) * left) - np.log1p(-left)) / 2


def input_bias(noisy: np.ndarray, coupling: float | np.ndarray) -> np.ndarray:
    """float64 (rows, v), what each read adds to the biases of its visible p-bits so that they follow ``noisy`` int8
    (rows, v) of +-1. coupling : w of `input_coupling`, one or (v,). The noisy input needs no p-bits of its own: it does
    not change during a step, so its coupling is a field. E falls where a p-bit agrees: -w s'."""
    return -np.asarray(coupling, dtype=np.float64) * np.asarray(noisy, dtype=np.float64)


def times(steps: int, schedule: str = "log", *, end: float | None = None) -> tuple[float, ...]:
    """The times t_0 = 0 < t_1 < ... of ``steps`` steps.

    schedule : "log", t_k = -ln(1 - k / steps), each step losing the same share of a signal of rate 1 and the last one
    all of it; "linear", equal steps up to ``end``. Raises InputError.
    """
    n = whole(steps, name="steps", least=1)
    check_memory(_PER_STEP * n, f"{many(n)} steps of noise")
    if schedule == "log":
        if end is not None:
            raise InputError("the times of a log schedule end at infinity: leave end away")
        return (*(-math.log1p(-k / n) for k in range(n)), math.inf)
    if schedule != "linear":
        raise InputError(f"schedule must be one of {', '.join(SCHEDULES)}, got {schedule!r}")
    if end is None or not 0 < end < math.inf:
        raise InputError(f"a linear schedule needs a finite end > 0, got {end}")
    return tuple(end * k / n for k in range(n + 1))


@dataclass(frozen=True, kw_only=True)
class NoiseStep(Shown):
    """One step of a chain: the noise between ``start`` and ``end``, which its machine undoes."""

    start: float
    end: float

    @property
    def span(self) -> float:
        """Its length, perhaps infinite."""
        return self.end - self.start

    @property
    def is_free(self) -> bool:
        """Whether nothing of its input is left at its end, so that the machine gets none."""
        return math.isinf(self.end)

    def widened(self, offset: float) -> "NoiseStep":
        """From start (1 - offset) to end (1 + offset)."""
        return NoiseStep(start=self.start * (1 - offset), end=self.end * (1 + offset))

    def pair(self, rows: np.ndarray, rate: np.ndarray, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(wanted, given), int8 (rows, v) each: ``rows`` of clean data noised to the start, and from there to the
        end."""
        wanted = noised(rows, self.start, rate, draw)
        return wanted, noised(wanted, self.span, rate, draw)

    def bias(self, given: np.ndarray, rate: np.ndarray) -> np.ndarray:
        """float64 (rows, v): what ``given`` int8 (rows, v), noisy at the end, adds to the biases; see `input_bias`."""
        return input_bias(given, input_coupling(self.span, rate))


@dataclass(frozen=True, kw_only=True)
class Noise(Shown):
    """The noise of a chain. Raises InputError.

    steps : how many;  schedule, end : see `times`;  rate, label_rate : of visible and of label bits
    offset : each machine learns from a step that is so much wider on both sides than the one that it undoes, so that it
    forgives the errors of the machine before it
    """

    steps: int = 4
    schedule: str = "log"
    end: float | None = None
    rate: float = 0.9
    label_rate: float = 0.2
    offset: float = 0.15

    def __post_init__(self) -> None:
        times(self.steps, self.schedule, end=self.end)
        for name in ("rate", "label_rate"):
            if not 0 < getattr(self, name) < math.inf:
                raise InputError(f"{name} of the noise must be > 0, got {getattr(self, name)}")
        if not 0 <= self.offset < 1:
            raise InputError(f"offset of the noise must lie in [0, 1), got {self.offset}")

    def _shown(self) -> tuple[str, Facts]:
        return f"Noise of {self.steps} steps at times " + ", ".join(f"{time:.3g}" for time in self.times), [
            ("rates", f"{self.rate:g} of visible bits, {self.label_rate:g} of label bits"),
            ("keeps", ", ".join(f"{share:.3f}" for share in self.kept) + " of the visible bits"),
        ]

    @property
    def times(self) -> tuple[float, ...]:
        """t_0 = 0 to the last one."""
        return times(self.steps, self.schedule, end=self.end)

    @property
    def used(self) -> Sequence[NoiseStep]:
        """The steps, from the data on; generation goes through them backwards."""
        return [NoiseStep(start=a, end=b) for a, b in zip(self.times[:-1], self.times[1:], strict=True)]

    @property
    def trained(self) -> Sequence[NoiseStep]:
        """The wider steps that the machines learn."""
        return [step.widened(self.offset) for step in self.used]

    @property
    def kept(self) -> list[float]:
        """Probability that a visible bit is what it was, at the end of each step."""
        return [keep_probability(time, self.rate) for time in self.times[1:]]

    def rates(self, visible: int, labels: int) -> np.ndarray:
        """float64 (visible + labels,)."""
        return np.repeat([self.rate, self.label_rate], [visible, labels])
