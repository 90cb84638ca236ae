"""Anneals: the inverse temperature against device time, as a table of constant steps on the time grid.

Hardware changes beta in steps (a DAC code, a clock cycle), and a step table means the same to every engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hwsim.arguments import FOREIGN, named
from hwsim.display import Facts, Shown, counted, data_frame, picture
from hwsim.errors import ArgumentError, InputError
from hwsim.memory import check_memory, many
from hwsim.units import TICKS_PER_S, format_si, seconds, to_seconds, to_ticks, whole

_PER_STEP = 32
"""Bytes: its beta and its instant, and their copies."""
DEFAULT_STEPS = 1000


@dataclass(frozen=True, kw_only=True)
class Anneal(Shown):
    """Beta over device time. Step k holds from ``start[k]`` (inclusive) to ``start[k+1]`` or ``end`` (exclusive).

    start : int64 (n_steps,), ticks, ascending from 0
    beta : float64 (n_steps,), 1 / energy unit of the problem
    drive : float64 (n_steps,), factor of a Program's driven couplings, or None for 1 throughout
    end : int, ticks: the run covers instants 0 <= t < end
    """

    start: np.ndarray
    beta: np.ndarray
    end: int
    drive: np.ndarray | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", _numbers(self.start, "start", np.int64))
        object.__setattr__(self, "beta", _numbers(self.beta, "beta", np.float64))
        if self.drive is not None:
            object.__setattr__(self, "drive", _numbers(self.drive, "drive", np.float64))
        whole(self.end, name="end")
        shape = np.shape(self.start)
        if len(shape) != 1 or np.shape(self.beta) != shape or shape[0] == 0 or self.start[0] != 0:
            raise InputError("an anneal needs as many betas as start times, the first of them 0")
        if np.any(np.diff(self.start) <= 0) or self.end <= self.start[-1]:
            raise InputError("the times of an anneal must increase")
        if not np.all(np.isfinite(self.beta)) or np.any(self.beta < 0):
            raise InputError("beta must be finite and >= 0 throughout an anneal")
        if self.drive is not None and (np.shape(self.drive) != shape or not np.all(np.isfinite(self.drive))):
            raise InputError("an anneal needs as many finite drives as betas")

    plot = picture("hwsim.report.figure:anneal_axes")

    def _shown(self) -> tuple[str, Facts]:
        ends = f"{self.beta[0]:.6g}" + (f" to {self.beta[-1]:.6g}" if self.beta.min() < self.beta.max() else "")
        drive = None if self.drive is None else f"{self.drive[0]:.4g} to {self.drive[-1]:.4g}"
        length = f"{format_si(self.duration_s, 's')} in {counted(len(self.beta), 'step')}"
        return f"Anneal of {length}, beta {ends}", [("drive", drive)]

    def to_pandas(self) -> Any:
        """A data frame with a row for each step. Raises MissingExtraError."""
        columns = {"time_s": self.start / TICKS_PER_S, "beta": self.beta}
        return data_frame(columns | ({} if self.drive is None else {"drive": self.drive}))

    @property
    def duration_s(self) -> float:
        """Length in device seconds."""
        return to_seconds(self.end)

    def beta_at(self, tick: int) -> float:
        """Beta in force at grid time ``tick``."""
        return float(self.beta[np.searchsorted(self.start, tick, side="right") - 1])

    def drive_at(self, tick: int) -> float:
        """Factor of driven couplings in force at grid time ``tick``."""
        return float(self.drives[np.searchsorted(self.start, tick, side="right") - 1])

    @cached_property
    def drives(self) -> np.ndarray:
        """float64 (n_steps,): ``drive``, ones where it is None."""
        return np.ones(len(self.beta)) if self.drive is None else self.drive


def stepped(betas: np.ndarray, time: str | float) -> Anneal:
    """Steps of equal length that together take ``time``, one for each of ``betas``."""
    end = to_ticks(seconds(time, name="anneal time"), name="anneal time")
    n = len(betas)
    if end < n:
        raise InputError(f"an anneal of {n} steps needs at least {n} fs, got {time}")
    start = np.array([k * end // n for k in range(n)], dtype=np.int64)
    return Anneal(start=start, beta=betas, end=end)


@named
def constant(beta: float, time: str | float) -> Anneal:
    """The same ``beta`` for ``time`` (text with unit, or seconds)."""
    return stepped(np.array([_number(beta)]), time)


@named
def linear(beta_start: float, beta_end: float, time: str | float, *, steps: int = DEFAULT_STEPS) -> Anneal:
    """``steps`` steps of equal length, the first at ``beta_start`` and the last at ``beta_end``."""
    return stepped(np.linspace(_number(beta_start), _number(beta_end), check_steps(steps)), time)


@named
def geometric(beta_start: float, beta_end: float, time: str | float, *, steps: int = DEFAULT_STEPS) -> Anneal:
    """Equal ratios from ``beta_start`` to ``beta_end``, both > 0."""
    first, last = _number(beta_start), _number(beta_end)
    if not (first > 0 and last > 0):
        raise InputError(f"a geometric anneal needs beta > 0, got {first:g} to {last:g}")
    return stepped(np.geomspace(first, last, check_steps(steps)), time)


@named
def table(times: Sequence[str | float], betas: Sequence[float], time: str | float) -> Anneal:
    """Step table: ``betas[k]`` from ``times[k]`` on; ``times[0]`` must be 0; the run ends at ``time``."""
    for name, each in (("times", times), ("betas", betas)):
        if not isinstance(each, Sequence | np.ndarray) or isinstance(each, str | bytes):
            raise ArgumentError(f"{name} must be a list with a value for each step, got {each!r}")
        if np.ndim(each) == 0:
            raise ArgumentError(f"{name} must be a list with a value for each step, got one number")
    start = np.array([to_ticks(seconds(t, name="anneal time")) for t in times], dtype=np.int64)
    end = to_ticks(seconds(time, name="anneal time"))
    return Anneal(start=start, beta=np.array([_number(beta) for beta in betas]), end=end)


def drifted(anneal: Anneal, drift: float) -> Anneal:
    """``anneal`` as p-bits follow it when the temperature rises as 1 + ``drift`` t (per second), in small steps."""
    if drift == 0.0:
        return anneal
    n = min(max(DEFAULT_STEPS, len(anneal.start)), anneal.end)
    start = np.unique(np.concatenate((anneal.start, np.array([k * anneal.end // n for k in range(n)], dtype=np.int64))))
    step = np.searchsorted(anneal.start, start, side="right") - 1
    with np.errstate(over="ignore"):  # an infinite temperature is beta 0
        warmth = 1 + drift * start / TICKS_PER_S
    if warmth.min() <= 0:
        raise InputError(f"a temperature drift of {drift:g} /s reaches zero temperature within {anneal.duration_s:g} s")
    drive = None if anneal.drive is None else anneal.drive[step]
    return Anneal(start=start, beta=anneal.beta[step] / warmth, end=anneal.end, drive=drive)


def _number(beta: float) -> float:
    try:
        number = float(beta)
    except FOREIGN:
        raise InputError(f"beta must be a number, got {beta!r}") from None
    if not np.isfinite(number):
        raise InputError(f"beta must be finite and >= 0 throughout an anneal, got {number}")
    return number


def check_steps(steps: int) -> int:
    """``steps`` of an anneal, if they fit into memory. Raises InputError."""
    steps = whole(steps, name="steps", least=1)
    check_memory(_PER_STEP * steps, f"{many(steps)} steps of an anneal")
    return steps


def _numbers(values: Any, name: str, kind: type) -> np.ndarray:
    """``values`` as an array of ``kind``, the same where it is one. Raises ArgumentError."""
    if isinstance(values, np.ndarray) and values.dtype == kind:
        return values
    try:
        return np.asarray(values).astype(kind, casting="same_kind")
    except FOREIGN:
        words = "whole numbers" if kind is np.int64 else "numbers"
        raise ArgumentError(f"{name} of an anneal must be an array of {words}, got {values!r}") from None
