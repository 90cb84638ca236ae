"""Thresholds for the bit-sliced kernels: masks or lists by plane, for every class of like p-bits.

Enters: Classes of p-bits. Leaves: Tables at one beta, made by the scalar law for every count of pushing inputs, so that
gain, offset, DAC and comparator of each p-bit are exact. bitkernels says what a count and a plane are.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from hwsim.anneal import Anneal
from hwsim.cell.codes import HEAT_BATH
from hwsim.cell.law import ideal_threshold, law_threshold
from hwsim.engine.bitkernels import ALWAYS, OPEN, PLANES
from hwsim.jit import inline, inner

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


class Lists(NamedTuple):
    """Thresholds of wide classes, all of a program of one kind: counts below 2**n_planes, couplings below 2**n_bits."""

    levels: np.ndarray  # int64 (slots, 2 + L): n_open, n_always, open counts, always counts
    lists: np.ndarray  # int64 (slots, per_list): 33 offsets, then the entries of each plane
    scratch: np.ndarray  # uint64: scratch of the wide kernels


class Wide5(Lists):
    """Counts up to 31 of couplings of one size."""

    n_planes, n_bits = 5, 1


class Wide5Sized(Lists):
    """Counts up to 31 of couplings up to 31."""

    n_planes, n_bits = 5, 5


class Wide10(Lists):
    """Counts up to 1023 of couplings up to 127."""

    n_planes, n_bits = 10, 7


class LookedUp(NamedTuple):
    """Thresholds of wide classes that are looked up by count; see bitplanes_lookup."""

    octets: np.ndarray  # uint64 (slots, 32): first octets of thresholds by count, then second ones
    exact: np.ndarray  # int64 (slots, 128): thresholds by count, up to 2**32
    inputs: np.ndarray  # uint64: a buffer
    tied: np.ndarray  # uint64 (W,): replicas whose 16 leading bits tie


class Octets(LookedUp):
    """Counts up to 127 of couplings of one size."""

    n_bits = 1


class Sevens(NamedTuple):
    """P-bits of seven inputs; their thresholds are masks, like those of fewer inputs."""

    n_inputs: int


Others = Wide5 | Wide5Sized | Wide10 | Octets | Sevens | None
"""What else there is than p-bits of up to six inputs. Kernels have no code for what there is not; but where there is a
wide p-bit, for one of seven inputs too."""


class Tables(NamedTuple):
    """Thresholds at one beta. A slot for each class, or one slot for all where that is too much memory."""

    content: np.ndarray  # float64 (slots, 3): key of the step, and class
    masks: np.ndarray  # uint64 (slots, 34, 8): narrow classes
    others: Others
    threshold: np.ndarray  # int64 (L,): scratch


OTHERS = Tables._fields.index("others")


class RungTables(NamedTuple):
    """Thresholds at the betas of several rungs: masks by word, for narrow classes alone. A slot for each class."""

    content: np.ndarray  # as of Tables
    masks: np.ndarray  # uint64 (slots, vectors, 34): bit 8 s + w is of count s in word w of the vector
    rung: np.ndarray  # int64 (words,): of each word
    threshold: np.ndarray  # int64 (L,): scratch


class Betas(NamedTuple):
    """Anneals as these kernels read them: of each rung, side by side."""

    start: np.ndarray  # int64 (n_steps,), ticks
    beta: np.ndarray  # float64 (n_steps, rungs), 1 / energy unit of the problem
    drive: np.ndarray  # float64 (n_steps, rungs), factor of driven couplings
    key: np.ndarray  # float64 (n_steps, 2): steps that are alike here have the same thresholds


def betas_of(anneal: Anneal) -> Betas:
    """``anneal`` as the kernels read it."""
    beta, drive = (values[:, None] for values in (anneal.beta, anneal.drives))
    return Betas(anneal.start, beta, drive, np.concatenate((beta, drive), axis=1))


def betas_of_all(anneals: Sequence[Anneal], number: int) -> Betas:
    """``anneals`` side by side; each step of any of them begins a step. No other ones of a shard have this
    ``number``."""
    start = np.unique(np.concatenate([anneal.start for anneal in anneals]))
    at = [np.searchsorted(anneal.start, start, side="right") - 1 for anneal in anneals]
    beta, drive = (
        np.stack([values[k] for values, k in zip(kind, at, strict=True)], axis=1)
        for kind in ([anneal.beta for anneal in anneals], [anneal.drives for anneal in anneals])
    )
    step = np.arange(len(start), dtype=np.float64)
    return Betas(start, beta, drive, np.stack((step, np.full(len(start), float(number))), axis=1))


@inline
def slot_of(tables, classes, i, betas, step, unit, shift):
    """The slot with the thresholds of p-bit ``i`` in ``step``, refilled where it holds others; ``shift`` is 1/f
    noise."""
    c, key = np.int64(classes.of[i]), betas.key[step]
    slot = c if len(tables.content) > 1 else 0
    content = tables.content[slot]
    if content[0] != key[0] or content[1] != key[1] or content[2] != np.float64(c) or shift != 0.0:
        _fill(classes, tables, c, slot, betas, step, unit, shift)
        content[0] = key[0] if shift == 0.0 else np.nan
        content[1] = key[1]
        content[2] = np.float64(c)
    return slot


def is_wide(tables: types.NamedTuple) -> bool:
    """Whether ``tables`` of this type have thresholds of wide classes."""
    return issubclass(getattr(tables[OTHERS], "instance_class", Sevens), (Lists, LookedUp))


def is_looked_up(tables: types.NamedTuple) -> bool:
    """Whether these are looked up by count."""
    return is_wide(tables) and issubclass(tables[OTHERS].instance_class, LookedUp)


def _fill(classes, tables, c, slot, betas, step, unit, shift):
    """Make ``slot`` hold the thresholds of class ``c`` in ``step``, with ``shift`` added to the offset."""
    raise NotImplementedError("for kernels")


@overload(_fill, jit_options={"error_model": "numpy"})
def _fill_by_tables(classes, tables, c, slot, betas, step, unit, shift):
    if tables.instance_class is RungTables:
        return _fill_rungs
    if not is_wide(tables):
        return _fill_narrow
    fill_wide = _fill_octets if is_looked_up(tables) else _fill_lists

    def fill(classes, tables, c, slot, betas, step, unit, shift):
        _fill_thresholds(classes, c, betas.beta[step, 0], betas.drive[step, 0], unit, shift, tables.threshold)
        n_counts, narrow = classes.counts[c, 2], classes.counts[c, 7]
        if narrow:
            _fill_masks(tables.threshold, n_counts, tables.masks[slot])
        else:
            fill_wide(tables.threshold, n_counts, tables.others, slot)

    return fill


def _fill_rungs(classes, tables, c, slot, betas, step, unit, shift):
    masks, n_counts = tables.masks[slot], classes.counts[c, 2]
    for rung in range(betas.beta.shape[1]):
        _fill_thresholds(classes, c, betas.beta[step, rung], betas.drive[step, rung], unit, shift, tables.threshold)
        for w in range(len(tables.rung)):
            if tables.rung[w] == rung:
                _fill_word(tables.threshold, n_counts, masks[w >> 3], w & 7)


def _fill_narrow(classes, tables, c, slot, betas, step, unit, shift):
    _fill_thresholds(classes, c, betas.beta[step, 0], betas.drive[step, 0], unit, shift, tables.threshold)
    _fill_masks(tables.threshold, classes.counts[c, 2], tables.masks[slot])


@inner
def _fill_thresholds(classes, c, beta, drive, unit, shift, threshold):
    """Thresholds of class ``c`` by count, as integers up to 2**32; ``shift`` is added to the offset."""
    gain, offset, low, high, input_step, comparator_step, law, _, _, noise = classes.device[c]
    first, counted, _, _, _, driven_first, _, _ = classes.counts[c]
    if law == HEAT_BATH and noise == 0.0 and driven_first == 0:  # the same numbers, several at a time
        for s in range(classes.counts[c, 2]):
            field = unit * np.float64(first + s * counted)
            threshold[s] = np.int64(
                ideal_threshold(field, beta, gain, offset + shift, low, high, input_step, comparator_step)
            )
        return
    for s in range(classes.counts[c, 2]):
        threshold[s] = threshold_of(classes, c, s, beta, drive, unit, shift)


@inner
def threshold_of(classes, c, s, beta, drive, unit, shift):
    """The threshold of class ``c`` at count ``s``; see _fill_thresholds."""
    first, step, _, most, stride, driven_first, driven_step, _ = classes.counts[c]
    count = s & (stride - 1) if driven_first != 0 else s
    if count > most:
        return np.int64(0)  # no inputs give this count
    field = unit * np.float64(first + count * step)
    if driven_first != 0:
        field = field + drive * (unit * np.float64(driven_first + s // stride * driven_step))
    return threshold_at(classes, c, field, beta, shift)


@inner
def threshold_at(classes, c, field, beta, shift):
    """The threshold of class ``c`` at a field, in the problem's unit of energy."""
    gain, offset, low, high, input_step, comparator_step, law, parameter, z_limit, noise = classes.device[c]
    return np.int64(
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


@inner
def _fill_masks(threshold, n_counts, masks):
    """Mask table (34, 8) of a narrow class: see bitkernels.decide_narrow."""
    for s in range(8):
        b = threshold[s] if s < n_counts else np.int64(0)
        for plane in range(PLANES + 2):
            masks[plane, s] = _ALL if _plane(b, plane) else np.uint64(0)


@inner
def _fill_word(threshold, n_counts, masks, w):
    """The bits of word ``w`` of a vector in the mask table (34,) of a narrow class by word."""
    for s in range(8):
        b = threshold[s] if s < n_counts else np.int64(0)
        bit = np.uint64(1) << np.uint64(8 * s + w)
        for plane in range(PLANES + 2):
            masks[plane] = masks[plane] | bit if _plane(b, plane) else masks[plane] & ~bit


@inner
def _fill_octets(threshold, n_counts, others, slot):
    """The two leading octets of the thresholds by count: see bitplanes_lookup. A threshold of 2**32 gets those of the
    one below, with which the random numbers that it is yet to be told from tie."""
    octets, exact = others.octets[slot], others.exact[slot]
    half = len(octets) // 2
    for s in range(n_counts):
        exact[s] = threshold[s]
        leading = np.uint64(min(threshold[s] >> 16, 65535))
        place, shift = s >> 3, np.uint64(8 * (s & 7))
        clear = ~(np.uint64(255) << shift)
        octets[place] = (octets[place] & clear) | (leading >> np.uint64(8)) << shift
        octets[half + place] = (octets[half + place] & clear) | (leading & np.uint64(255)) << shift


@inner
def _fill_lists(threshold, n_counts, others, slot):
    """Level and plane lists of a wide class: see bitkernels.decide_wide."""
    levels, lists = others.levels[slot], others.lists[slot]
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
