"""The noise of a Program: noise at the inputs, temperature drift, and the random numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from hwsim.cell.choices import CHOICES, usual
from hwsim.cell.codes import SOURCES
from hwsim.errors import InputError
from hwsim.program.record import Record, column, scalar
from hwsim.units import MOST_TICKS

_USUAL = tuple(usual(key) for key in ("random_steps", "random_shows", "random_sharing"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Noise(Record):
    """White, 1/f and thermal noise, and random sources.

    white : float64 (n,), s.d. of white noise at the input, fresh at every update
    flicker : float64 (n,), s.d. of 1/f noise at the input: the sum of ``flicker_octaves`` octaves of equal variance.
    They change every ``flicker_block``, twice, four times ... as many ticks, each from an instant of its own on.
    Replicas of one schedule share this noise, as they share the clock
    temperature_drift : float, per second: beta is divided by 1 + temperature_drift * time
    source : a key of hwsim.cell.codes.SOURCES;  source_shifts : steps between two words;  source_share : p-bits that
    share it;  source_phase : words between the copies of two of them, or bits between their taps
    source_steps, source_shows, source_sharing : when a source steps, which word it shows and how p-bits share it; see
    random_steps, random_shows and random_sharing in hwsim.cell.choices
    random_bit : int64 (n,), or None where each p-bit has random words of its own, which replicas share. Else p-bits
    share words, and each replica has its own: a p-bit takes bit random_bit % 64 of those with the number
    random_bit // 64 (see `hwsim.engine.noise`)
    """

    _name = "noise"

    white: np.ndarray = column(np.float64, least=0)
    flicker: np.ndarray = column(np.float64, least=0)
    flicker_block: int = scalar(default=1, least=1, most=MOST_TICKS)
    flicker_octaves: int = scalar(default=10, least=1, most=40)
    temperature_drift: float = scalar(default=0.0)
    source: str = scalar(default="ideal", one_of=SOURCES)
    source_shifts: int = scalar(default=1, least=1, most=10**9)
    source_share: int = scalar(default=1, least=1, most=10**9)
    source_phase: int = scalar(default=0, least=0, most=4096)
    source_steps: str = scalar(default=usual("random_steps"), one_of=CHOICES["random_steps"])
    source_shows: str = scalar(default=usual("random_shows"), one_of=CHOICES["random_shows"])
    source_sharing: str = scalar(default=usual("random_sharing"), one_of=CHOICES["random_sharing"])
    random_bit: np.ndarray | None = column(np.int64, least=0, optional=True)

    def _check(self) -> None:
        if self.source == "ideal" and (self.source_share > 1 or self.source_phase > 0):
            raise InputError("program.source_share and source_phase need a source with a state of its own, not ideal")
        if self.source == "ideal" and (self.source_steps, self.source_shows, self.source_sharing) != _USUAL:
            raise InputError(
                "program.source_steps, source_shows and source_sharing need a source with a state of its own, not ideal"
            )
        if self.source_sharing == "taps" and self.source_steps != "clock":
            raise InputError("taps of one register need a source that steps with the clock: source_steps = clock")
        if self.random_bit is None:
            return
        if self.source != "ideal":
            raise InputError(f"program.random_bit needs ideal random numbers, got source {self.source!r}")
        if len(np.unique(self.random_bit)) < len(self.random_bit):
            raise InputError("program.random_bit gives two p-bits the same bit")

    @property
    def words_apart(self) -> int:
        """Words between the copies of two p-bits that share a source; 0 where they read one register."""
        return 0 if self.source_sharing == "taps" else self.source_phase

    @property
    def bits_apart(self) -> int:
        """Bits between the taps of two p-bits that read one register; 0 where each has a copy."""
        return self.source_phase if self.source_sharing == "taps" else 0

    def tile(self, copies: int, sizes: Mapping[str, int]) -> Self:
        """``copies`` of the record side by side, each with random words of its own; see Record.tile."""
        if self.random_bit is None:
            return super().tile(copies, sizes)
        first = 64 * (int(self.random_bit.max()) // 64 + 1) * np.arange(copies)
        bits = (first[:, None] + self.random_bit).ravel()
        return replace(replace(self, random_bit=None).tile(copies, sizes), random_bit=bits)
