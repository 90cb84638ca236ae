"""Decisions in lanes: +1 or -1 in every replica of a shard, by comparing leading random bits with thresholds.

Enters: the fields of a p-bit by lane (see lanes_fields) and an Update. Leaves: its new spins, a row of ``out``
int8 (., R). Lanes whose 16 leading bits do not decide are marked in ``tied`` uint8 (R,); the scalar law settles them
with all 32 bits. So every path gives the reference's result:

integers : the leading bits are compared with every threshold that the p-bit has, and the count with the field
sigmoid : the ideal law in every lane: in float32 with a known error where that decides (a screen), else in float64
any law : the law itself in every lane, or a table of it where it is slow (rungs)
"""

from typing import NamedTuple

import numpy as np

from hwsim.cell.elementary import rough_sigmoid
from hwsim.cell.law import category, complement, ideal_threshold, level_inputs, quantised
from hwsim.engine.arguments import start_row
from hwsim.engine.lanes_thresholds import device_threshold, reach
from hwsim.engine.noise import draw
from hwsim.engine.noise import white as unit_noise
from hwsim.jit import inline, njit


class Update(NamedTuple):
    """One update of all lanes."""

    i: int  # p-bit
    now: int  # ticks
    number: int  # of the p-bit's update
    beta: float
    drive: float  # factor of driven couplings
    shift: float  # 1/f noise
    e: int  # row of the leading random bits
    target: int  # row of the new spins


@njit
def _count_four(thresholds, q, leading, e, passed, tied):
    """Four thresholds a pass: three vector operations each, and the loads and stores shared."""
    a, b, c, d = thresholds[q], thresholds[q + 1], thresholds[q + 2], thresholds[q + 3]
    for r in range(len(passed)):
        u = leading[e, r]
        passed[r] += np.int16(u >= a) + np.int16(u >= b) + np.int16(u >= c) + np.int16(u >= d)
        tied[r] |= np.uint8(u == a) | np.uint8(u == b) | np.uint8(u == c) | np.uint8(u == d)


@njit
def decide_integer(n_levels, level_first, level_step, level, thresholds, field, leading, e, passed, tied, out, target):
    """+1 where the random number lies below the threshold of the lane's field; returns whether lanes may tie.

    The thresholds rise with the field, so u < threshold[q] holds exactly when q >= the number of thresholds <= u.
    Thresholds that are 0 or 2**32 decide alone and are only counted; zeros pad the rest to a multiple of four.
    """
    lanes = len(field)
    always, n_compared = 0, 0
    for q in range(n_levels):
        if level[q] <= 0.0:
            always += 1
        elif level[q] < 4294967296.0:
            thresholds[n_compared] = np.uint16(np.int64(level[q]) >> 16)
            n_compared += 1
    while n_compared % 4 != 0:
        thresholds[n_compared] = 0
        n_compared += 1
        always -= 1
    for r in range(lanes):
        passed[r] = always
        tied[r] = 0
    for q in range(0, n_compared, 4):
        _count_four(thresholds, q, leading, e, passed, tied)
    first = np.int16(level_first)
    step = np.int16(level_step)
    ties = np.uint8(0)
    for r in range(lanes):
        out[target, r] = np.int8(2) * np.int8(field[r] >= np.int16(first + step * passed[r])) - np.int8(1)
        ties |= tied[r]
    return ties


@njit
def tied_thresholds(level, level_first, level_step, field, tied, threshold):
    """The whole thresholds of the lanes that are tied, into ``threshold`` float64 (R,)."""
    for r in range(len(field)):
        if tied[r] != 0:
            threshold[r] = level[(field[r] - level_first) // level_step]


@njit
def settle_ties(threshold, tied, replica, start, out, target):
    """Settle the lanes whose leading bits equal those of their ``threshold``: by all 32, and the scalar definition."""
    for r in range(len(tied)):
        if tied[r] != 0:
            out[target, r] = np.int8(1) if np.float64(draw(start, replica[r])) < threshold[r] else np.int8(-1)


@inline
def rough_error(device, beta, degree, largest_field):
    """Largest error of the screened probability: every rounding to float32, and that of the comparator."""
    largest = abs(device.gain) * (abs(beta) * largest_field + abs(device.offset))
    return 2.0**-20 + 2.0**-25 * largest * (degree + 10) + device.comparator_step * 2.0**-32


@inline
def screen(device, update, error, rough, leading, tied, out):
    """Decide the lanes whose 16 leading random bits lie further than ``error`` from the probability; mark others."""
    slope, shift = np.float32(-device.gain * update.beta), np.float32(device.gain * device.offset)
    below, above = np.float32(2.0**-16 + error), np.float32(error)
    unit = np.float32(2.0**-16)
    ties = np.uint8(0)
    for r in range(len(rough)):
        top, bottom = rough_sigmoid(slope * rough[r] + shift)
        u = np.float32(leading[update.e, r]) * unit
        up = (u + below) * bottom < top
        out[update.target, r] = np.int8(2) * np.int8(up) - np.int8(1)
        tied[r] = np.uint8((u - above) * bottom < top) & np.uint8(not up)
    for r in range(len(rough)):
        ties |= tied[r]
    return ties


@inline
def settle_screened(network, device, update, start, replica, rows, tied, value, out):
    """Settle the lanes that the screen left open: by the exact law on the exact sum, with all 32 random bits."""
    begin, end, row = network.indptr[update.i], network.indptr[update.i + 1], start_row(network, update.i)
    first = network.bias[update.i], row, network.starts
    _settle_rows((begin, end), network.weight, first, device[:6], update, start, replica, rows, tied, (value, out))


@njit
def _settle_rows(row, weight, first, device, update, start, replica, rows, tied, spins):
    """The same, which takes the arrays that it needs: it is called for most updates."""
    (begin, end), (bias, start_row, starts), (value, out) = row, first, spins
    gain, offset, low, high, step, comparator_step = device
    for r in range(len(tied)):
        if tied[r] != 0:
            current = bias if start_row < 0 else starts[start_row, r]
            for k in range(begin, end):
                current += weight[k] * np.float64(value[rows[k - begin], r])
            threshold = ideal_threshold(-current, update.beta, gain, offset, low, high, step, comparator_step)
            out[update.target, r] = np.int8(1) if np.float64(draw(start, replica[r])) < threshold else np.int8(-1)


@njit
def decide_float(device, update, current, leading, tied, out):
    """The ideal law in every lane; ``current`` float64 (R,) turns from sums into thresholds. Returns whether lanes may
    tie."""
    gain, offset, low, high, step, comparator_step = device[:6]
    ties = np.uint8(0)
    for r in range(len(current)):
        current[r] = ideal_threshold(-current[r], update.beta, gain, offset, low, high, step, comparator_step)
    for r in range(len(current)):
        threshold = current[r]
        u = np.float64(leading[update.e, r]) * 65536.0
        below = u + 65535.0 < threshold
        out[update.target, r] = np.int8(2) * np.int8(below) - np.int8(1)
        tied[r] = np.uint8(u < threshold) & np.uint8(not below)
        ties |= tied[r]
    return ties


@njit
def draw_noise(drawn, update, key, replica, white):
    """White noise of s.d. ``drawn`` in every lane, into ``white`` float64 (R,)."""
    for r in range(len(white)):
        white[r] = drawn * unit_noise(key, update.i, update.number, replica[r])


@njit
def draw_ideal(start, replica, random):
    """The engines' own random numbers uint32 (R,) of one update in every lane, whole."""
    for r in range(len(random)):
        random[r] = draw(start, replica[r])


@njit
def decide_drawn(device, update, swapped, current, white, random, own, out):
    """Any law with given random numbers ``random`` uint32 (R,); ``own`` int8 (R,) are the present spins."""
    for r in range(len(current)):
        threshold = device_threshold(device, np.int64(own[r]), -current[r], update.beta, white[r])
        word = random[r]
        if swapped:
            word = complement(word, quantised(-update.beta * current[r], device.low, device.high, device.step))
        out[update.target, r] = np.int8(1) if np.float64(word) < threshold else np.int8(-1)


@njit
def decide_any(device, update, current, white, leading, start, replica, own, out):
    """The same with the engines' own numbers: lanes whose 16 leading bits tie with those of the threshold draw all."""
    for r in range(len(current)):
        threshold = device_threshold(device, np.int64(own[r]), -current[r], update.beta, white[r])
        least = np.float64(leading[update.e, r]) * 65536.0
        up = least + 65535.0 < threshold
        if least < threshold and not up:
            up = np.float64(draw(start, replica[r])) < threshold
        out[update.target, r] = np.int8(2) * np.int8(up) - np.int8(1)


@njit
def decide_by_rungs(device, update, rungs, current, leading, own, tied, out):
    """Decide the lanes whose leading random bits lie clear of the rungs below and above the input; mark the others."""
    target, beta = update.target, update.beta
    half = np.float64((rungs.shape[1] - 3) // 2)
    remembers = np.int64(len(rungs) - 1)
    scale, middle = half / reach(device), half + 1.0
    low, high, step, offset = device.low, device.high, device.step, device.offset
    margin = device.comparator_step + 1024.0  # rungs are rounded to float32, and thresholds to the comparator's grid
    ties = np.uint8(0)
    for r in range(len(current)):
        x = quantised(-beta * current[r], low, high, step) + offset
        rung = np.int32(min(max(x * scale + middle, 0.0), 2.0 * middle - 1.0))
        least = np.float64(leading[update.e, r]) * 65536.0
        up_now = (np.int64(own[r] > 0)) & remembers
        up = least + 65535.0 + margin < np.float64(rungs[up_now, rung])
        out[target, r] = np.int8(2) * np.int8(up) - np.int8(1)
        tied[r] = np.uint8(least - margin < np.float64(rungs[up_now, rung + 1])) & np.uint8(not up)
        ties |= tied[r]
    return ties


@njit
def settle_rungs(device, update, current, tied, start, replica, own, out):
    """Settle the lanes that the rungs left open: by the law itself, with all 32 random bits."""
    for r in range(len(current)):
        if tied[r] != 0:
            threshold = device_threshold(device, np.int64(own[r]), -current[r], update.beta, 0.0)
            out[update.target, r] = np.int8(1) if np.float64(draw(start, replica[r])) < threshold else np.int8(-1)


@njit
def count_flips(target, own, out, flips):
    """Add the lanes in which an update has changed the spin to ``flips`` int64 (R,)."""
    for r in range(len(own)):
        flips[r] += np.int64(out[target, r] != own[r])


@inline
def is_level(pdit, i):
    """Whether line i belongs to a p-dit of more than one line."""
    return len(pdit) > 0 and (pdit[i] != i or (i + 1 < len(pdit) and pdit[i + 1] == i))


@njit
def decide_level(cells, update, leader, currents, z, start, replica, out):
    """A line of the p-dit whose first line is ``leader``: +1 in the lanes where the p-dit draws its level.

    currents : float64 (k, R), fields of its lines;  z : float64 (k,), a buffer;  start : of the leader's random words
    """
    for r in range(currents.shape[1]):
        for a in range(len(currents)):
            z[a] = -update.beta * currents[a, r]
        level_inputs(z, leader, cells.gain, cells.offset, cells.low, cells.high, cells.step)
        up = leader + category(z, np.float64(draw(start, replica[r])), cells.comparator_step[leader]) == update.i
        out[update.target, r] = np.int8(1) if up else np.int8(-1)
