"""The die: one chip of a wafer. Spread and a seed become the parameters of every cell."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hwsim.cell.model import PBit
from hwsim.chip.chip import Chip
from hwsim.streams import generator

MIN_TAU = 0.05
"""A drawn update interval is kept above this fraction of its mean: a normal spread has no floor of its own."""


@dataclass(frozen=True, kw_only=True)
class Die:
    """Parameters by cell, float64 (n,): gain, offset (dimensionless), tau_s (s), phase (fraction of a period);
    stuck int8 (n,), +-1 for a cell that never changes, else 0."""

    gain: np.ndarray
    offset: np.ndarray
    tau_s: np.ndarray
    phase: np.ndarray
    stuck: np.ndarray


def die_of(whole: Die, sites: np.ndarray) -> Die:
    """The cells ``sites`` int64 (n,) of a whole die."""
    return Die(**{name: values[sites] for name, values in vars(whole).items()})


def die_at(chip: Chip, sites: np.ndarray, seed: int) -> Die:
    """The cells ``sites`` int64 (n,) of die number ``seed``; what a lab has measured takes the place of what is drawn.
    Raises InputError where one of them was not measured."""
    drawn = die_of(make_die(chip, int(sites.max()) + 1, seed), sites)
    if chip.die is None:
        return drawn
    rows = chip.die.rows_of(sites)
    measured = {"gain": chip.die.gain, "offset": chip.die.offset, "tau_s": chip.die.tau_s}
    return replace(drawn, **{name: np.array(values)[rows] for name, values in measured.items() if values is not None})


def make_die(chip: Chip, n: int, seed: int) -> Die:
    """Die number ``seed`` as drawn. Each parameter has its own stream: neither another spread nor more cells changes
    it."""

    def normal(name: str) -> np.ndarray:
        return generator(seed, f"die {name}").standard_normal(n)

    pbit = chip.pbit
    dead = generator(seed, "die stuck").random(n)
    with np.errstate(over="ignore"):  # the program refuses what is not finite
        return _drawn(pbit, normal, dead, generator(seed, "die phase").random(n))


def _drawn(pbit: PBit, normal: Callable[[str], np.ndarray], dead: np.ndarray, phase: np.ndarray) -> Die:
    return Die(
        gain=np.maximum(pbit.gain * (1 + pbit.gain_dtod * normal("gain")), 1e-6),
        offset=pbit.offset + pbit.offset_dtod * normal("offset"),
        tau_s=pbit.tau_s * np.maximum(1 + pbit.tau_dtod * normal("tau"), MIN_TAU),
        phase=phase,
        stuck=np.where(dead < pbit.stuck_fraction, np.where(dead < pbit.stuck_fraction / 2, -1, 1), 0).astype(np.int8),
    )
