"""Fields in lanes: the sum over a p-bit's neighbours in every replica of a shard, one loop over lanes a neighbour.

Enters: the rows of int8 spins that the p-bit sees (``rows`` int64, rows of ``value`` int8 (., R), in the order of its
connections ``begin`` ... ``end`` - 1). Leaves: h + sum J s by lane, as exact integers, as the float64 sum in the order
of the program's row that the reference makes, or as a float32 sum within a known error of it.
"""

from typing import NamedTuple

import numpy as np

from hwsim.cell.law import synapse_step
from hwsim.engine.pending import row_of
from hwsim.jit import inline, njit


class Network(NamedTuple):
    """A Program's connections as the kernel reads them; see Program for shapes and units."""

    bias: np.ndarray
    weight: np.ndarray
    reach: np.ndarray  # float64 (n,): |bias| + sum of |weight|, and the most that a read adds
    starts: np.ndarray  # float64 (k, R): bias and what the read adds to it, by lane; the first four may be loaded
    start_row: np.ndarray  # int32 (n,): row of `starts` of a p-bit to which each read adds a bias, else -1; or (0,)
    indptr: np.ndarray
    indices: np.ndarray
    reverse: np.ndarray  # int64 (m,): where row j holds the connection back to i
    delay: np.ndarray
    exchange: np.ndarray  # int64 (m,): interval at which a value crosses, 0 for none; or (0,) where none has one
    driven: np.ndarray  # bool (m,), or (0,) where no coupling is driven
    pdit: np.ndarray  # int32 (n,): first line of the p-dit of each line, or (0,) where all are p-bits
    push: np.ndarray  # int16 (m,): -weight / unit, integer path only
    start: np.ndarray  # int16 (n,): -bias / unit
    level_first: np.ndarray  # int32 (n,): smallest field / unit
    level_step: np.ndarray  # int32 (n,)
    n_levels: np.ndarray  # int32 (n,)


class Filters(NamedTuple):
    """RC synapses of a shard: m of them, or none."""

    value: np.ndarray  # float64 (m, R): the filter's output
    stepped: np.ndarray  # int64 (m,): time of the last step
    seen: np.ndarray  # int64 (m,): newest commit that has arrived


@njit
def fill_field(begin, end, rows, push, value, start, field):
    """Integer field in units of `unit`, int16 per lane, from ``start`` = -bias: four connections a pass."""
    lanes = len(field)
    for r in range(lanes):
        field[r] = start
    k, degree = 0, end - begin
    while k + 3 < degree:
        a, b, c, d = rows[k], rows[k + 1], rows[k + 2], rows[k + 3]
        wa, wb, wc, wd = push[begin + k], push[begin + k + 1], push[begin + k + 2], push[begin + k + 3]
        for r in range(lanes):
            field[r] += np.int16(
                wa * np.int16(value[a, r])
                + wb * np.int16(value[b, r])
                + wc * np.int16(value[c, r])
                + wd * np.int16(value[d, r])
            )
        k += 4
    while k + 1 < degree:
        a, b, wa, wb = rows[k], rows[k + 1], push[begin + k], push[begin + k + 1]
        for r in range(lanes):
            field[r] += np.int16(wa * np.int16(value[a, r]) + wb * np.int16(value[b, r]))
        k += 2
    if k < degree:
        a, wa = rows[k], push[begin + k]
        for r in range(lanes):
            field[r] += np.int16(wa * np.int16(value[a, r]))


@njit
def fill_reach(bias, weight, indptr, reach):
    """|bias| + sum of |weight| of each p-bit, as `Network.reach` sums."""
    for i in range(len(reach)):
        total = 0.0
        for k in range(indptr[i], indptr[i + 1]):
            total += abs(weight[k])
        reach[i] = abs(bias[i]) + total


@njit
def fill_start(row, starts, bias, current):
    """What the sum of each lane begins with: ``starts[row]``, or ``bias`` where ``row`` is -1."""
    if row < 0:
        for r in range(len(current)):
            current[r] = bias
    else:
        for r in range(len(current)):
            current[r] = starts[row, r]


@njit
def add_current(begin, end, rows, weight, value, current):
    """Float sum of J s onto ``current``, float64 per lane, in the order of the program's row."""
    lanes = len(current)
    for k in range(end - begin):
        a, w = rows[k], weight[begin + k]
        for r in range(lanes):
            current[r] += w * np.float64(value[a, r])


@njit
def add_driven(begin, end, rows, weight, driven, value, drive, current, through):
    """The same with driven couplings in a sum of their own, ``through`` (R,), which counts ``drive`` times."""
    lanes = len(current)
    for r in range(lanes):
        through[r] = 0.0
    for k in range(end - begin):
        a, w = rows[k], weight[begin + k]
        if driven[begin + k]:
            for r in range(lanes):
                through[r] += w * np.float64(value[a, r])
        else:
            for r in range(lanes):
                current[r] += w * np.float64(value[a, r])
    for r in range(lanes):
        current[r] = current[r] + drive * through[r]


@inline
def fill_rough(begin, end, rows, weight, value, row, starts, bias, rough):
    """The same sum from its start in float32, six connections a pass: within `rough_error` of it (see
    lanes_decisions)."""
    lanes = len(rough)
    k, degree, start = 0, end - begin, np.float32(bias)
    if row >= 0:
        for r in range(lanes):
            rough[r] = np.float32(starts[row, r])
    elif degree < 6:
        for r in range(lanes):
            rough[r] = start
    while k + 5 < degree:
        a, b, c, d, f, g = rows[k], rows[k + 1], rows[k + 2], rows[k + 3], rows[k + 4], rows[k + 5]
        wa, wb = np.float32(weight[begin + k]), np.float32(weight[begin + k + 1])
        wc, wd = np.float32(weight[begin + k + 2]), np.float32(weight[begin + k + 3])
        wf, wg = np.float32(weight[begin + k + 4]), np.float32(weight[begin + k + 5])
        if k == 0 and row < 0:
            for r in range(lanes):
                rough[r] = (
                    start
                    + wa * np.float32(value[a, r])
                    + wb * np.float32(value[b, r])
                    + wc * np.float32(value[c, r])
                    + wd * np.float32(value[d, r])
                    + wf * np.float32(value[f, r])
                    + wg * np.float32(value[g, r])
                )
        else:
            for r in range(lanes):
                rough[r] += (
                    wa * np.float32(value[a, r])
                    + wb * np.float32(value[b, r])
                    + wc * np.float32(value[c, r])
                    + wd * np.float32(value[d, r])
                    + wf * np.float32(value[f, r])
                    + wg * np.float32(value[g, r])
                )
        k += 6
    while k + 1 < degree:
        a, wa, b, wb = rows[k], np.float32(weight[begin + k]), rows[k + 1], np.float32(weight[begin + k + 1])
        for r in range(lanes):
            rough[r] += wa * np.float32(value[a, r]) + wb * np.float32(value[b, r])
        k += 2
    if k < degree:
        a, wa = rows[k], np.float32(weight[begin + k])
        for r in range(lanes):
            rough[r] += wa * np.float32(value[a, r])


@njit
def add_filtered(network, rings, filters, rows, i, now, time_constant, current):
    """The same through RC synapses: each connection's filter follows every arrival since the reader's last tick."""
    lanes, depth = len(current), rings.depth
    value, filtered = rings.rows, filters.value
    for k in range(network.indptr[i], network.indptr[i + 1]):
        j, w, row = np.int64(network.indices[k]), network.weight[k], rows[k - network.indptr[i]]
        newest = rings.commits[j] - ((rings.commits[j] - row) & (depth - 1))
        while time_constant > 0.0 and filters.seen[k] < newest:
            old = row_of(rings, j, filters.seen[k])
            filters.seen[k] += 1
            sent = rings.time[row_of(rings, j, filters.seen[k])]
            if len(network.exchange) > 0 and network.exchange[k] > 0:
                sent = (sent // network.exchange[k] + 1) * network.exchange[k]
            arrival = sent + network.delay[k]
            if arrival > filters.stepped[k]:
                elapsed = np.float64(arrival - filters.stepped[k])
                for r in range(lanes):
                    filtered[k, r] = synapse_step(np.float64(value[old, r]), filtered[k, r], elapsed, time_constant)
                filters.stepped[k] = arrival
        filters.seen[k] = newest
        if time_constant > 0.0:
            if now > filters.stepped[k]:
                elapsed = np.float64(now - filters.stepped[k])
                for r in range(lanes):
                    filtered[k, r] = synapse_step(np.float64(value[row, r]), filtered[k, r], elapsed, time_constant)
                filters.stepped[k] = now
            for r in range(lanes):
                current[r] += w * filtered[k, r]
        else:
            for r in range(lanes):
                current[r] += w * np.float64(value[row, r])


@njit
def filter_would_lose(network, rings, filters, i):
    """Whether a commit of ``i`` would overwrite a value that a neighbour's filter has yet to follow."""
    for k in range(network.indptr[i], network.indptr[i + 1]):
        if filters.seen[network.reverse[k]] <= rings.commits[i] + 1 - rings.depth:
            return True
    return False
