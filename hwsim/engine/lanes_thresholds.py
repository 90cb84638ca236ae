"""Thresholds for the lanes: computed by the scalar law, and kept in tables where that is cheaper.

Enters: the devices of a Program. Leaves: thresholds in [0, 2**32], by the field where it is an integer, or at equal
steps of the input (rungs); a lane whose random number lies between two rungs needs its own threshold.
"""

from typing import NamedTuple

import numpy as np

from hwsim.cell.codes import NO_LIMIT
from hwsim.cell.law import law_threshold
from hwsim.jit import inline, njit

RUNGS, MAX_RUNGS = 195, 2**26
"""Thresholds in the table of one p-bit, an odd number with both ends; and the most in all tables together."""


class Cells(NamedTuple):
    """A Program's devices as the kernel reads them; see Program for shapes and units."""

    gain: np.ndarray
    offset: np.ndarray
    low: np.ndarray
    high: np.ndarray
    step: np.ndarray
    comparator_step: np.ndarray
    law: np.ndarray
    parameter: np.ndarray
    z_limit: np.ndarray
    noise: np.ndarray
    own_rate: np.ndarray  # bool (n,): whether the p-bit sets its own rate, and its flips are counted
    drawn: np.ndarray  # float64 (n,): s.d. of white noise that is drawn at every update
    synapse: np.ndarray
    table: np.ndarray
    table_first: float
    table_step: float


class Device(NamedTuple):
    """One p-bit of Cells at one update; its offset includes 1/f noise."""

    gain: float
    offset: float
    low: float
    high: float
    step: float
    comparator_step: float
    law: int
    parameter: float
    z_limit: float
    noise: float
    table: np.ndarray
    table_first: float
    table_step: float


class Tables(NamedTuple):
    """Thresholds kept from one update to the next. n p-bits, L levels at most."""

    alike: np.ndarray  # float64 (span,): by field, devices all alike; else (0,)
    own: np.ndarray  # float64 (n, L): by level, devices that differ
    level: np.ndarray  # float64 (L,): by level, of the p-bit at hand
    leading_thresholds: np.ndarray  # uint16 (L + 3,): leading bits of the thresholds to compare with
    rungs: np.ndarray  # float32 (n or 1, 2 or 1, RUNGS): by own state and input, general path; else (1, 0, 0)
    stamp: np.ndarray  # int64 (n,): anneal step of `own`; 0 where `rungs` is filled; -1 where neither is


@inline
def device_of(cells, i, shift):
    """The Device of p-bit ``i``, with ``shift`` added to its offset."""
    return Device(
        cells.gain[i],
        cells.offset[i] + shift,
        cells.low[i],
        cells.high[i],
        cells.step[i],
        cells.comparator_step[i],
        cells.law[i],
        cells.parameter[i],
        cells.z_limit[i],
        cells.noise[i],
        cells.table,
        cells.table_first,
        cells.table_step,
    )


@njit
def device_threshold(device, own, field, beta, white):
    """Threshold of a p-bit at state ``own``; ``white`` is the noise that was drawn for it."""
    return law_threshold(
        own,
        field,
        beta,
        device.gain,
        device.offset + white,
        device.low,
        device.high,
        device.step,
        device.comparator_step,
        device.law,
        device.parameter,
        device.z_limit,
        device.noise,
        device.table,
        device.table_first,
        device.table_step,
    )


@inline
def levels_of(tables, network, i, device, beta, unit, shift, step):
    """Thresholds of p-bit ``i`` by level, at anneal step ``step``: from a table, or computed where it has none."""
    n_levels, first, gap = network.n_levels[i], network.level_first[i], network.level_step[i]
    if shift != 0.0:
        _fill_levels(device, n_levels, first, gap, beta, unit, tables.level)
        return tables.level
    if len(tables.alike) > 0:
        _look_up(tables.alike, n_levels, first, gap, tables.level)
        return tables.level
    if tables.stamp[i] != step:
        _fill_levels(device, n_levels, first, gap, beta, unit, tables.own[i])
        tables.stamp[i] = step
    return tables.own[i]


@njit
def _fill_levels(device, n_levels, level_first, level_step, beta, unit, out):
    for q in range(n_levels):
        out[q] = device_threshold(device, 1, unit * np.float64(level_first + q * level_step), beta, 0.0)


@njit
def _look_up(table, n_levels, level_first, level_step, out):
    half = (len(table) - 1) // 2
    for q in range(n_levels):
        out[q] = table[half + level_first + q * level_step]


@njit
def fill_alike(device, beta, unit, table):
    """Thresholds of every field from -span to span, the same for all p-bits."""
    half = (len(table) - 1) // 2
    for q in range(len(table)):
        table[q] = device_threshold(device, 1, unit * np.float64(q - half), beta, 0.0)


@inline
def reach(device):
    """Input beyond which a p-bit has saturated."""
    return max(8.0, device.z_limit) / device.gain + 6.0 * device.noise


@njit
def fill_rungs(device, rungs):
    """Thresholds of a p-bit at equal steps of the input from -reach to reach, for a law that rises with it."""
    half = (rungs.shape[1] - 3) // 2
    for state in range(len(rungs)):
        own = 2 * state - 1 if len(rungs) > 1 else 1
        rungs[state, 0], rungs[state, -1] = 0.0, 4294967296.0  # beyond the reach
        for k in range(-half, half + 1):
            x = reach(device) * np.float64(k) / np.float64(half)
            rungs[state, k + half + 1] = law_threshold(
                own,
                x,
                1.0,
                device.gain,
                0.0,
                -NO_LIMIT,
                NO_LIMIT,
                0.0,
                device.comparator_step,
                device.law,
                device.parameter,
                device.z_limit,
                device.noise,
                device.table,
                device.table_first,
                device.table_step,
            )
