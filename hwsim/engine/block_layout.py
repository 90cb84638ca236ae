"""P-bits in blocks of eight, one octet each, as the kernels of bitplanes_blocks read them.

Enters: a Program whose clock ticks the same p-bits again and again. Leaves: Blocks.

The p-bits of a tick are put side by side, in the order of their numbers or cut into eight equal parts, lane l of a
block from part l. A neighbour is then found by the block and the lane in which it is. Where most of a block find theirs
in one block, at one distance of lanes, they share a row that reads a word and turns it; where several blocks of a tile
of eight do so in a row, they share one that reads eight words. All others are told: a p-bit that flips changes the
fields of the p-bits on its list.
"""

from typing import NamedTuple

import numpy as np

from hwsim.engine.bitplanes_thresholds import Classes, like_rows
from hwsim.engine.vector import LANES
from hwsim.program import Program

TILE = 64
"""P-bits that are compared at once: eight blocks."""
MOST_PLACES = 3
"""Places for each p-bit, up to which tiles are worth while."""
_MOST_VALUES = 256
"""Values of a field, as an octet counts them."""
_SHARED, _SHARED_BY_BLOCKS = 3, 2
"""P-bits of a block, and blocks of a tile, that share a row."""


class Rows(NamedTuple):
    """Neighbours of several p-bits: uint64 (rows * n,) each but for the source, an octet for each p-bit."""

    source: np.ndarray  # uint32: what is read
    sign: np.ndarray  # 255 where a neighbour at -1 pushes towards +1
    weight: np.ndarray  # what a neighbour that pushes adds to the number of the field


class Fields(NamedTuple):
    """What the number of a field means, to every p-bit alike."""

    first: int  # field / unit of number 0
    step: int  # and of each further one
    values: int  # how many
    devices: np.ndarray  # int64: a class of each device
    classes: Classes
    unit: float


class Blocks(NamedTuple):
    """P-bits in blocks, slot by slot, each slot padded to whole tiles. B blocks; the first and last eight are empty.

    Rows of a tile read eight blocks from one on and turn each right: ``block << 6 | bits``; those of a block read one.
    """

    slot: np.ndarray  # int64 (n,): slot of each p-bit, -1 where it never ticks
    first: np.ndarray  # int64 (slots + 1,): where a slot's blocks begin
    ticking: np.ndarray  # int64 (slots,): p-bits that tick in it
    pbit: np.ndarray  # int32 (8 B,): p-bit of each place, -1 for none
    place: np.ndarray  # int64 (n,): of each p-bit
    field: np.ndarray  # uint8 (8 B,): number of the field where no row pushes towards +1, and those who tell are at -1
    of_tile: np.ndarray  # uint32 (B / 8 + 1,): where a tile's rows begin
    tiled: Rows
    of_rest: np.ndarray  # uint32 (B / 8 + 1,): where a tile's blocks begin in `rest`
    rest: np.ndarray  # uint32: blocks that have rows of their own
    of_whole: np.ndarray  # uint32 (B + 1,): where a block's rows begin
    whole: Rows
    of_told: np.ndarray  # uint32 (8 B + 1,): where the list of a place begins
    told: np.ndarray  # uint32: places that it tells
    change: np.ndarray  # uint8: what to add to the number of their field when it flips to +1, modulo 256
    base: np.ndarray  # uint32 (8 B,): where the thresholds of a p-bit's device begin
    law: Fields
    coupled: bool  # whether p-bits of one tick are
    period: int  # ticks of a round


def cost_ns(blocks: Blocks) -> float:
    """Nanoseconds for each update of a replica, of one core of a Zen 5."""
    rows = 2.5 * len(blocks.tiled.source) + len(blocks.whole.source) + 0.06 * len(blocks.told)
    return (len(blocks.field) * (1.05 + 0.012 * blocks.law.values) + rows) / len(blocks.place)


def blocks_of(program: Program, classes: Classes, unit: float) -> Blocks | None:
    """The Blocks of a program; None where ticks differ, values are under way at the next, or blocks are mostly empty,
    and where fields have too many values."""
    clock, delay = program.clock, program.wires.uniform_delay
    always = clock.facts.colored or (clock.kind == "synchronous" and clock.participation == 1)
    if not always or delay is None or delay > clock.period // clock.n_slots or program.wires.driven is not None:
        return None
    slot = np.where(program.cells.held, -1, clock.color if clock.facts.colored else 0).astype(np.int64)
    ticking = np.bincount(slot[slot >= 0], minlength=clock.n_slots)
    if np.sum(-(-ticking // TILE)) * TILE > MOST_PLACES * max(1, ticking.sum()):
        return None
    fields = _fields_of(program, classes, unit)
    if fields is None:
        return None
    found = min((_placed(program, slot, strided) for strided in (False, True)), key=lambda one: one.cost)
    return _packed(program, slot, found, *fields)


def _fields_of(program: Program, classes: Classes, unit: float) -> tuple[Fields, np.ndarray, np.ndarray] | None:
    """(Fields, number of each p-bit's lowest field int64 (n,), where its device's thresholds begin int64 (n,))."""
    network, n = program.network, program.n_pbits
    size = np.abs(np.rint(network.weight / unit)).astype(np.int64)
    most = np.bincount(network.rows, size, n).astype(np.int64)
    lowest = -np.rint(network.bias / unit).astype(np.int64) - most
    least = int(lowest.min())
    step = int(np.gcd.reduce(np.concatenate((2 * size, lowest - least)))) or 1
    values = (int((lowest + 2 * most).max()) - least) // step + 1
    if values > _MOST_VALUES:
        return None
    devices, device = like_rows(classes.device)
    law = Fields(least, step, values, devices.astype(np.int64), classes, unit)
    return law, (lowest - least) // step, device[classes.of] * values


class _Placed(NamedTuple):
    """Where p-bits are, and what a field then takes. m connections, of p-bits that tick."""

    first: np.ndarray  # int64 (slots + 1,)
    place: np.ndarray  # int64 (n,)
    n_blocks: int
    connection: np.ndarray  # int64 (m,)
    key: np.ndarray  # int64 (m,): of each its block, the block that it reads and the turn
    shared: np.ndarray  # bool (m,): read by words
    cost: int


def _placed(program: Program, slot: np.ndarray, strided: bool) -> _Placed:
    """P-bits of a slot in order: eight a block, or where ``strided`` cut into eight parts, one for each lane."""
    place, first = np.empty(program.n_pbits, dtype=np.int64), [8]
    for c in range(program.clock.n_slots):
        own = np.flatnonzero(slot == c)
        length = -(-len(own) // LANES)
        lane, block = np.divmod(np.arange(len(own)), length) if strided else np.divmod(np.arange(len(own)), LANES)[::-1]
        place[own] = LANES * (first[-1] + block) + lane
        first.append(first[-1] + -(-length // 8) * 8)
    idle = np.flatnonzero(slot < 0)
    place[idle] = LANES * first[-1] + np.arange(len(idle))
    n_blocks = first[-1] + 8 * (-(-len(idle) // TILE) + 1)
    connection = np.flatnonzero(slot[program.network.rows] >= 0)
    to, source = place[program.network.rows[connection]], place[program.network.indices[connection]]
    key = (to // LANES * n_blocks + source // LANES) * LANES + (source - to) % LANES
    _, of, many = np.unique(key, return_inverse=True, return_counts=True)
    shared = many[of] >= _SHARED
    cost = int(np.sum(many >= _SHARED)) + 4 * int(np.sum(~shared))
    return _Placed(np.array(first, dtype=np.int64), place, n_blocks, connection, key, shared, cost)


def _packed(
    program: Program, slot: np.ndarray, placed: _Placed, law: Fields, field: np.ndarray, base: np.ndarray
) -> Blocks:
    """The arrays of Blocks."""
    network, place, n_blocks, shared = program.network, placed.place, placed.n_blocks, placed.shared
    weight = np.rint(network.weight[placed.connection] / law.unit).astype(np.int64)
    octets = np.where(weight > 0, 255, 0), 2 * np.abs(weight) // law.step
    to = place[network.rows[placed.connection]]
    keys, row = np.unique(placed.key[shared], return_inverse=True)
    block, source, turn = keys // LANES // n_blocks, keys // LANES % n_blocks, keys % LANES
    sign, size = (_octets(len(keys), row, to[shared] % LANES, part[shared]) for part in octets)
    of_tile, tiled, others = _tiled(n_blocks, block, source, turn, sign, size)
    of_whole = _begins(block[others], n_blocks)
    whole = Rows((source << 6 | 8 * turn)[others].astype(np.uint32), sign[others], size[others])
    rest = np.flatnonzero(np.diff(of_whole.astype(np.int64)))
    told, teller, (minus, change) = to[~shared], place[network.indices[placed.connection]][~shared], octets
    change = np.where(minus > 0, -change, change)[~shared]
    at = np.zeros(LANES * n_blocks, dtype=np.int64)
    at[place] = field
    np.subtract.at(at, told, np.minimum(change, 0))  # those at -1 that push
    order = np.argsort(teller, kind="stable")
    pbit, bases = np.full(LANES * n_blocks, -1, dtype=np.int32), np.zeros(LANES * n_blocks, dtype=np.uint32)
    pbit[place], bases[place] = np.arange(len(place)), base
    return Blocks(
        slot=slot,
        first=placed.first,
        ticking=np.bincount(slot[slot >= 0], minlength=len(placed.first) - 1).astype(np.int64),
        pbit=pbit,
        place=place,
        field=at.astype(np.uint8),
        of_tile=of_tile,
        tiled=tiled,
        of_rest=_begins(rest // 8, n_blocks // 8),
        rest=rest.astype(np.uint32),
        of_whole=of_whole,
        whole=whole,
        of_told=_begins(teller[order], LANES * n_blocks),
        told=told[order].astype(np.uint32),
        change=change[order].astype(np.uint8),
        base=bases,
        law=law,
        coupled=bool(np.any(slot[network.rows] == slot[network.indices])),
        period=program.clock.period,
    )


def words_of(blocks: Blocks, random_bit: np.ndarray) -> np.ndarray | None:
    """int64 (B / 8,): the number of the random words that each tile shares, its p-bits the bits in order of their
    lanes; None where they do not. random_bit : as in `hwsim.program.Noise`"""
    words, place = np.zeros(len(blocks.field) // TILE, dtype=np.int64), blocks.place
    words[place // TILE] = random_bit // TILE
    return words if np.array_equal(words[place // TILE] * TILE + place % TILE, random_bit) else None


def _begins(owner: np.ndarray, n: int) -> np.ndarray:
    """uint32 (n + 1,): where the items of each of ``n`` owners begin, of ascending ``owner``."""
    return np.searchsorted(owner, np.arange(n + 1)).astype(np.uint32)


def _octets(rows: int, row: np.ndarray, lane: np.ndarray, value: np.ndarray) -> np.ndarray:
    """uint64 (rows,): words of eight octets, of which each ``value`` is one, and the others are 0."""
    octets = np.zeros((rows, LANES), dtype=np.uint8)
    octets[row, lane] = value
    return octets.view("<u8").ravel().astype(np.uint64)


def _tiled(
    n_blocks: int, block: np.ndarray, source: np.ndarray, turn: np.ndarray, sign: np.ndarray, size: np.ndarray
) -> tuple[np.ndarray, Rows, np.ndarray]:
    """(where each tile's rows begin, the rows that blocks of a tile share, bool (rows,): those that are not shared)."""
    key = (block // 8 * n_blocks + source - block % 8) * LANES + turn
    keys, of, many = np.unique(key, return_inverse=True, return_counts=True)
    taken = many >= _SHARED_BY_BLOCKS
    at, own = (np.cumsum(taken) - 1)[of], taken[of]
    keys = keys[taken]
    words = np.zeros((2, len(keys), 8), dtype=np.uint64)
    for part, values in zip(words, (sign, size), strict=True):
        part[at[own], block[own] % 8] = values[own]
    packed = keys // LANES % n_blocks << 6 | 8 * (keys % LANES)
    rows = Rows(packed.astype(np.uint32), words[0].ravel(), words[1].ravel())
    return _begins(keys // LANES // n_blocks, n_blocks // 8), rows, ~own
