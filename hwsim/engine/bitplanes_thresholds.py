"""Thresholds for the bit-sliced kernels: masks or lists by plane, for every class of like p-bits.

Enters: Classes of p-bits. Leaves: Tables at one beta, made by the scalar law for every count of pushing inputs, so that
gain, offset, DAC and comparator of each p-bit are exact. bitkernels says what a count and a plane are.
"""

from typing import NamedTuple

import numpy as np

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


class Tables(NamedTuple):
    """Thresholds at one beta. A slot for each class, or one slot for all where that is too much memory."""

    content: np.ndarray  # float64 (slots, 3): beta, drive and class
    masks: np.ndarray  # uint64 (slots, 34, 8): narrow classes
    levels: np.ndarray  # int64 (slots, 2 + L): n_open, n_always, open counts, always counts
    lists: np.ndarray  # int64 (slots, per_list): 33 offsets, then the entries of each plane
    threshold: np.ndarray  # int64 (L,): scratch
    scratch: np.ndarray  # uint64: scratch of the wide kernels


@inline
def slot_of(tables, classes, i, beta, drive, unit, shift):
    """The slot with the thresholds of p-bit ``i``, refilled where it holds others; ``shift`` is 1/f noise."""
    c = np.int64(classes.of[i])
    slot = c if len(tables.content) > 1 else 0
    content = tables.content[slot]
    if content[0] != beta or content[1] != drive or content[2] != np.float64(c) or shift != 0.0:
        _fill_slot(classes, tables, c, slot, beta, drive, unit, shift)
    return slot


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


@njit
def _fill_masks(threshold, n_counts, masks):
    """Mask table of a narrow class: see bitkernels.decide_narrow."""
    for s in range(8):
        b = threshold[s] if s < n_counts else np.int64(0)
        for plane in range(PLANES):
            one = (b >> (PLANES - 1 - plane)) & 1
            masks[plane, s] = _ALL if one == 1 and b < 4294967296 else np.uint64(0)
        masks[ALWAYS, s] = _ALL if b >= 4294967296 else np.uint64(0)
        masks[OPEN, s] = _ALL if 0 < b < 4294967296 else np.uint64(0)


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
