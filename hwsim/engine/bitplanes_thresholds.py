"""Thresholds for the bit-sliced kernels: masks or lists by plane, for every class of like p-bits.

Enters: Classes of p-bits. Leaves: Tables at one beta, made by the scalar law for every count of pushing inputs, so that
gain, offset, DAC and comparator of each p-bit are exact. bitkernels says what a count and a plane are.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import overload

from hwsim.cell.law import law_threshold
from hwsim.engine.bitkernels import ALWAYS, OPEN, PLANES
from hwsim.jit import inline, njit

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


class Classes(NamedTuple):
    """P-bits whose thresholds are alike, one row per class. Few arrays: each costs a microsecond a call."""

    of: np.ndarray  # int32 (n,): class of each p-bit
    device: np.ndarray  # float64 (C, 10): the fields of contract.Columns
    counts: np.ndarray  # int64 (C, 8): the fields of Counts
    table: np.ndarray  # of the law TABLE; see Program
    table_first: float
    table_step: float


class Counts(NamedTuple):
    """What a count of pushing inputs means to a class of p-bits: int64 (C,) each."""

    first: np.ndarray  # field / unit at count 0
    step: np.ndarray  # and per count
    n_counts: np.ndarray
    most: np.ndarray  # largest count of inputs that are not driven
    stride: np.ndarray  # a driven input counts so many times its size; a power of two above other counts
    driven_first: np.ndarray  # field / unit through driven couplings at driven count 0
    driven_step: np.ndarray  # and per driven count
    narrow: np.ndarray  # 1 where a mask table holds the thresholds


def like_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(first row of each class, class of each row) of rows (n, k) that are equal, int64 each: column by column, twenty
    times as fast as numpy's unique."""
    example, of = np.zeros(min(1, len(rows)), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        if np.any(column != column[:1]):
            _, own = np.unique(column, return_inverse=True)
            _, example, of = np.unique(of * (own.max() + 1) + own, return_index=True, return_inverse=True)
    return example, of


class Tables(NamedTuple):
    """Thresholds at one beta. A slot for each class, or one slot for all where that is too much memory."""

    content: np.ndarray  # float64 (slots, 3): beta, drive and class
    masks: np.ndarray  # uint64 (slots, 34, 8): narrow classes
    levels: np.ndarray  # int64 (slots, 2 + L): n_open, n_always, open counts, always counts
    lists: np.ndarray  # int64 (slots, per_list): 33 offsets, then the entries of each plane
    threshold: np.ndarray  # int64 (L,): scratch
    scratch: np.ndarray  # uint64: scratch of the wide kernels


class RungTables(NamedTuple):
    """Thresholds at the betas of several rungs: masks by word, for narrow classes alone. A slot for each class."""

    step: np.ndarray  # int64 (slots,): step of the anneals that a slot holds, -1 for none
    masks: np.ndarray  # uint64 (slots, vectors, 34): bit 8 s + w is of count s in word w of the vector
    rung: np.ndarray  # int64 (words,): of each word
    threshold: np.ndarray  # int64 (L,): scratch


def slot_of(tables, classes, i, steps, step, unit, shift):
    """The slot with the thresholds of p-bit ``i`` in ``step``, refilled where it holds others; ``shift`` is 1/f
    noise."""
    raise NotImplementedError("for kernels")


@overload(slot_of, inline="always")
def _slot_by_tables(tables, classes, i, steps, step, unit, shift):
    return _rung_slot if tables.instance_class is RungTables else _plain_slot


def _plain_slot(tables, classes, i, steps, step, unit, shift):
    c, beta, drive = np.int64(classes.of[i]), steps.beta[step], steps.drive[step]
    slot = c if len(tables.content) > 1 else 0
    content = tables.content[slot]
    if content[0] != beta or content[1] != drive or content[2] != np.float64(c) or shift != 0.0:
        _fill_slot(classes, tables, c, slot, beta, drive, unit, shift)
    return slot


def _rung_slot(tables, classes, i, steps, step, unit, shift):
    c = np.int64(classes.of[i])
    if tables.step[c] != step or shift != 0.0:
        _fill_rungs(classes, tables, c, steps, step, unit, shift)
    return c


@njit
def _fill_rungs(classes, tables, c, steps, step, unit, shift):
    """Make the slot of class ``c`` hold the thresholds of every rung in ``step``."""
    masks, n_counts = tables.masks[c], classes.counts[c, 2]
    for rung in range(steps.beta.shape[1]):
        _fill_thresholds(classes, c, steps.beta[step, rung], steps.drive[step, rung], unit, shift, tables.threshold)
        for w in range(len(tables.rung)):
            if tables.rung[w] == rung:
                _fill_word(tables.threshold, n_counts, masks[w >> 3], w & 7)
    tables.step[c] = step if shift == 0.0 else -1


@njit
def _fill_slot(classes, tables, c, slot, beta, drive, unit, shift):
    """Make ``slot`` hold the thresholds of class ``c`` at ``beta``, with ``shift`` added to the offset."""
    _fill_thresholds(classes, c, beta, drive, unit, shift, tables.threshold)
    n_counts, narrow = classes.counts[c, 2], classes.counts[c, 7]
    if narrow:
        _fill_masks(tables.threshold, n_counts, tables.masks[slot])
    else:
        _fill_lists(tables.threshold, n_counts, tables.levels[slot], tables.lists[slot])
    tables.content[slot, 0] = beta if shift == 0.0 else np.nan
    tables.content[slot, 1] = drive
    tables.content[slot, 2] = np.float64(c)


@njit
def _fill_thresholds(classes, c, beta, drive, unit, shift, threshold):
    """Thresholds of class ``c`` by count, as integers up to 2**32; ``shift`` is added to the offset."""
    gain, offset, low, high, input_step, comparator_step, law, parameter, z_limit, noise = classes.device[c]
    first, step, n_counts, most, stride, driven_first, driven_step, _ = classes.counts[c]
    for s in range(n_counts):
        count = s & (stride - 1) if driven_first != 0 else s
        if count > most:
            threshold[s] = 0  # no inputs give this count
            continue
        field = unit * np.float64(first + count * step)
        if driven_first != 0:
            field = field + drive * (unit * np.float64(driven_first + s // stride * driven_step))
        threshold[s] = np.int64(
            law_threshold(
                1,
                field,
                beta,
                gain,
                offset + shift,
                low,
                high,
                input_step,
                comparator_step,
                np.int64(law),
                parameter,
                z_limit,
                noise,
                classes.table,
                classes.table_first,
                classes.table_step,
            )
        )


@inline
def _plane(b, plane):
    """Whether row ``plane`` of a mask table has a one for the threshold ``b``."""
    if plane == ALWAYS:
        return b >= 4294967296
    if plane == OPEN:
        return 0 < b < 4294967296
    return b < 4294967296 and (b >> (PLANES - 1 - plane)) & 1 == 1


@njit
def _fill_masks(threshold, n_counts, masks):
    """Mask table (34, 8) of a narrow class: see bitkernels.decide_narrow."""
    for s in range(8):
        b = threshold[s] if s < n_counts else np.int64(0)
        for plane in range(PLANES + 2):
            masks[plane, s] = _ALL if _plane(b, plane) else np.uint64(0)


@njit
def _fill_word(threshold, n_counts, masks, w):
    """The bits of word ``w`` of a vector in the mask table (34,) of a narrow class by word."""
    for s in range(8):
        b = threshold[s] if s < n_counts else np.int64(0)
        bit = np.uint64(1) << np.uint64(8 * s + w)
        for plane in range(PLANES + 2):
            masks[plane] = masks[plane] | bit if _plane(b, plane) else masks[plane] & ~bit


@njit
def _fill_lists(threshold, n_counts, levels, lists):
    """Level and plane lists of a wide class: see bitkernels.decide_wide."""
    n_open, n_always = 0, 0
    for s in range(n_counts):
        if 0 < threshold[s] < 4294967296:
            levels[2 + n_open] = s
            n_open += 1
    for s in range(n_counts):
        if threshold[s] >= 4294967296:
            levels[2 + n_open + n_always] = s
            n_always += 1
    levels[0] = n_open
    levels[1] = n_always
    at = PLANES + 1
    for plane in range(PLANES):
        lists[plane] = at
        for entry in range(n_open):
            if (threshold[levels[2 + entry]] >> (PLANES - 1 - plane)) & 1:
                lists[at] = entry
                at += 1
        while (at - lists[plane]) % 4 != 0:
            lists[at] = n_open
            at += 1
    lists[PLANES] = at
