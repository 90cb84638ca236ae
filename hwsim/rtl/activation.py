"""Activations: thresholds as tables of integers, made by hwsim's own law for every integer that a p-bit reads.

Enters: p-bits whose devices are alike, the integer fields that they can reach, and the betas of an anneal. Leaves:
an Activation, over the field itself, or over the levels of the input quantiser where beta is a shift.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hwsim.cell.codes import TABLE
from hwsim.cell.law import quantised
from hwsim.engine.contract import columns
from hwsim.engine.lanes_thresholds import Cells, device_of, device_threshold
from hwsim.errors import UnsupportedError
from hwsim.jit import njit
from hwsim.program import Program

MOST_WORDS = 1024
"""Words of one table, all steps of the anneal together."""
_ROUNDING = 2.0**-20
"""How far a beta may be from a shift, relatively: it is compared with the law afterwards, at every level."""
_MOST_SHIFT = 24
_LISTED = 2**22
"""Evenly spaced fields between the least and the most beyond which they are not listed."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """The input quantiser on integers, of one step of an anneal: level = floor((field + add) / 2**by), within the
    table. A negative ``by`` shifts to the left."""

    by: int
    add: int


@dataclass(frozen=True, kw_only=True)
class Activation:
    """What p-bits of one kind compare their random word with.

    integers : int64 (n,), what the words are for: every field that occurs, or levels from 0 on
    inputs : float64 (steps, n), beta I at each word, as the input quantiser leaves it
    words : int64 (steps, n), thresholds in units of 2**-bits, 0 to 2**bits;  bits : of the word that are compared
    swapped : bool (steps, n), where the complement of the word is compared, or None where it never is
    wide : whether a threshold may be 2**bits, always +1, and takes one bit more
    shifts : how a field becomes a level, for each step of the anneal; empty where the table is over the field
    reach : (least, most) field that its p-bits can have
    betas : (steps,), of the problem
    """

    integers: np.ndarray
    inputs: np.ndarray
    words: np.ndarray
    bits: int
    swapped: np.ndarray | None
    wide: bool
    shifts: tuple[Shift, ...]
    reach: tuple[int, int]
    betas: tuple[float, ...]

    @property
    def over_field(self) -> bool:
        """Whether the table is over the field itself."""
        return not self.shifts

    @property
    def n_words(self) -> int:
        """Words in all steps."""
        return int(self.words.size)

    def levels(self, field: np.ndarray, step: int) -> np.ndarray:
        """int64: the level of each ``field`` in ``step``, as the hardware computes it."""
        shift = self.shifts[step]
        moved = field + shift.add
        level = moved >> shift.by if shift.by >= 0 else moved << -shift.by
        return np.clip(level, 0, self.words.shape[1] - 1)


def cells_of(program: Program) -> Cells:
    """The devices of ``program`` as the laws take them."""
    n, cells = program.n_pbits, program.cells
    return Cells(
        **vars(columns(program)),
        own_rate=np.zeros(n, dtype=np.bool_),
        drawn=np.zeros(n),
        synapse=cells.synapse,
        table=cells.points,
        table_first=cells.table_first,
        table_step=cells.table_step,
    )


@njit
def fill_thresholds(cells, i, fields, beta, out):
    """Write to ``out`` int64 (k,) the thresholds of p-bit ``i`` at ``fields`` float64 (k,), in comparator steps."""
    device = device_of(cells, i, 0.0)
    for q in range(len(fields)):
        threshold = device_threshold(device, 1, fields[q], beta, 0.0)
        out[q] = np.int64(threshold / device.comparator_step)


@njit
def fill_inputs(cells, i, fields, beta, out):
    """Write to ``out`` float64 (k,) the quantised inputs of p-bit ``i`` at ``fields`` float64 (k,)."""
    for q in range(len(fields)):
        out[q] = quantised(beta * fields[q], cells.low[i], cells.high[i], cells.step[i])


def inputs(cells: Cells, i: int, fields: np.ndarray, beta: float) -> np.ndarray:
    """float64 (k,): beta I of p-bit ``i`` at the integer ``fields`` int64 (k,), as its input quantiser leaves it. A
    comparison that is swapped for negative inputs is so where this is below 0."""
    out = np.empty(len(fields))
    fill_inputs(cells, i, fields.astype(np.float64), float(beta), out)
    return out


def thresholds(cells: Cells, i: int, fields: np.ndarray, beta: float) -> np.ndarray:
    """int64 (k,): thresholds of p-bit ``i`` at the integer ``fields`` int64 (k,), in units of its comparator."""
    out = np.empty(len(fields), dtype=np.int64)
    fill_thresholds(cells, i, fields.astype(np.float64), float(beta), out)
    return out


@dataclass(frozen=True, kw_only=True)
class Fields:
    """The fields that p-bits of one kind can have. reach : least and most;  n : how many, or a bound
    each : int64 (n,), all of them, ascending; None where they are too many for a table
    """

    reach: tuple[int, int]
    n: int
    each: np.ndarray | None


def activation(
    program: Program, cells: Cells, i: int, fields: Fields, betas: Sequence[float], *, scale: float
) -> Activation:
    """The Activation of p-bit ``i`` of ``program``, whose devices are ``cells``, and all like it.

    betas : of the problem, one for each step;  scale : problem units of a unit of the field. Raises UnsupportedError.
    """
    swaps, points = program.cells.comparison == "swapped", program.cells.points
    bits = 32 - round(math.log2(cells.comparator_step[i]))
    given: dict[str, Any] = {"bits": bits, "reach": fields.reach, "betas": tuple(betas)}
    given["wide"] = not (cells.law[i] == TABLE and math.floor(points.max() * 2.0**bits + 0.5) < 2**bits)
    if fields.each is not None and len(fields.each) * len(betas) <= MOST_WORDS:
        words = np.stack([thresholds(cells, i, fields.each, beta * scale) for beta in betas])
        read = np.stack([inputs(cells, i, fields.each, beta * scale) for beta in betas])
        given["swapped"] = read < 0 if swaps else None
        return Activation(integers=fields.each, inputs=read, words=words, shifts=(), **given)
    made = _over_quantiser(cells, i, betas, scale, given | {"swapped": None}, fields.n)
    return replace(made, swapped=made.inputs < 0) if swaps else made


def _over_quantiser(
    cells: Cells, i: int, betas: Sequence[float], scale: float, given: dict[str, Any], n_fields: int
) -> Activation:
    low, high, step = (float(a[i]) for a in (cells.low, cells.high, cells.step))
    if step == 0:
        raise UnsupportedError(_too_large(n_fields, betas, "there is no input quantiser to read instead"))
    shifts = tuple(_shift(beta * scale / step, -low / step) for beta in betas)
    if None in shifts:
        raise UnsupportedError(_too_large(n_fields, betas, _no_shift(betas[shifts.index(None)], step / scale)))
    n_levels = math.floor((high - low) / step + 2.0**-10) + 1
    if n_levels > MOST_WORDS:
        raise UnsupportedError(f"no Verilog: the input quantiser has {n_levels} levels, and a table {MOST_WORDS} words")
    levels = np.arange(n_levels, dtype=np.int64)
    made = Activation(
        integers=levels,
        inputs=(low + step * levels)[None],
        words=_level_words(cells, i, low + step * levels),
        shifts=shifts,  # type: ignore[arg-type]
        **given,
    )
    for k, beta in enumerate(betas):
        fields = around_levels(made, k)
        if not np.array_equal(made.words[0][made.levels(fields, k)], thresholds(cells, i, fields, beta * scale)):
            raise UnsupportedError(_too_large(n_fields, betas, _no_shift(beta, step / scale)))
    return made


def around_levels(made: Activation, k: int) -> np.ndarray:
    """int64: the fields on both sides of where the level changes in step ``k``, and both ends. Levels rise with the
    field, by the shift and by the law, so that where they agree there they agree everywhere."""
    shift, levels = made.shifts[k], np.arange(1, made.words.shape[1], dtype=np.int64)
    edge = (levels << shift.by if shift.by >= 0 else levels >> -shift.by) - shift.add
    fields = np.concatenate([made.reach, *(edge + d for d in (-2, -1, 0, 1))])
    return np.unique(np.clip(fields, *made.reach))


def _level_words(cells: Cells, i: int, inputs: np.ndarray) -> np.ndarray:
    """int64 (1, n): thresholds at the quantised ``inputs`` themselves."""
    out = np.empty(len(inputs), dtype=np.int64)
    fill_thresholds(cells, i, inputs, 1.0, out)
    return out[None]


def _shift(ratio: float, zero: float) -> Shift | None:
    """The Shift of ``ratio`` quantiser steps for a unit of the field, level ``zero`` at field 0; None where there is
    none."""
    if ratio <= 0:
        return None
    by = -round(math.log2(ratio))
    add = (zero + 0.5) * 2.0**by
    if by == 0:  # nothing is dropped, so that half a level more makes no difference
        add = math.floor(add + _ROUNDING)
    whole = abs(ratio * 2.0**by - 1) < _ROUNDING and abs(add - round(add)) < _ROUNDING
    return Shift(by=by, add=round(add)) if whole and -_MOST_SHIFT <= by <= _MOST_SHIFT else None


def _no_shift(beta: float, unit: float) -> str:
    """Why no shift is what the card does at ``beta``, and the nearest that is one. unit : beta at which a unit of the
    field is a level"""
    near = 2.0 ** min(math.floor(math.log2(beta / unit) + 0.5), 0) * unit if beta > 0 else unit
    if beta == near:
        return f"no shift rounds inputs as the card at beta {beta!r}"
    return f"beta {beta!r} is no shift of the input ({near!r} is)"


def _too_large(n_fields: int, betas: Sequence[float], why: str) -> str:
    many = f"{n_fields:,} fields" + (f" at {len(betas)} betas" if len(betas) > 1 else "")
    fewer = "fewer --steps, " if len(betas) > 1 else ""
    return (
        f"no Verilog: {many} are more than a table's {MOST_WORDS:,} words, and {why}: give {fewer}fewer --weight-bits, "
        "or weights times beta, at beta 1"
    )


def fields_of(bias: np.ndarray, weights: Sequence[np.ndarray]) -> Fields:
    """The Fields of p-bits with biases ``bias`` int64 (k,) and the ``weights`` of each.

    The set is kept as the bits of one integer: a weight w adds to each field the one that is 2 |w| above.
    """
    kinds = {(int(h), *np.sort(np.abs(row)).tolist()) for h, row in zip(bias, weights, strict=True)}
    low = {kind: -kind[0] - sum(kind[1:]) for kind in kinds}
    least, most = min(low.values()), max(-kind[0] + sum(kind[1:]) for kind in kinds)
    step = math.gcd(*(2 * w for kind in kinds for w in kind[1:]), *(low[kind] - least for kind in kinds)) or 1
    bound = (most - least) // step + 1
    if bound > _LISTED:
        return Fields(reach=(least, most), n=bound, each=None)
    found = 0
    for kind in kinds:
        own = 1 << ((low[kind] - least) // step)
        for w in kind[1:]:
            own |= own << (2 * w // step)
        found |= own
    places = np.flatnonzero(
        np.unpackbits(np.frombuffer(found.to_bytes(bound // 8 + 1, "little"), np.uint8), bitorder="little")
    )
    return Fields(reach=(least, most), n=len(places), each=least + step * places.astype(np.int64))


def register_fields(degree: int, bits: int) -> Fields:
    """The Fields of p-bits of up to ``degree`` neighbours whose registers have ``bits``, two's complement."""
    most = 2 ** (bits - 1) * (degree + 1)
    each = np.arange(-most, most + 1, dtype=np.int64) if 2 * most + 1 <= MOST_WORDS else None
    return Fields(reach=(-most, most), n=2 * most + 1, each=each)
