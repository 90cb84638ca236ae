"""A second simulation of p-bits, to hold the first against: slow, plain, written from the documents alone.

Enters: a Program and an Anneal, of which only the numbers are read. Leaves: states at a few moments. One read at a
time, one event after the other, and every random quantity is drawn by itself: each interval of a clock, each sample of
the noise, each random word. Nothing is averaged, tabulated or shared between reads, and no law of hwsim is imported:
what a field means stands in the docstrings of hwsim.program and hwsim.cell.model.

At an instant all p-bits with a tick read, then all commit. A p-bit's values are kept as a list of (instant, value), and
each reader walks along that list as the values arrive.
"""

import math
from typing import Any, NamedTuple

import numba
import numpy as np

njit = numba.njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)

CLOCKS = ("synchronous", "chromatic", "sequential", "random-sequential", "poisson", "free-running")
SYNCHRONOUS, CHROMATIC, SEQUENTIAL, RANDOM_SEQUENTIAL, POISSON, FREE_RUNNING = range(6)
SOURCES = ("ideal", "lfsr32", "lfsr16", "xorshift32", "xoshiro128+")
IDEAL, LFSR32, LFSR16, XORSHIFT32, XOSHIRO128 = range(5)
HEAT_BATH, LINEAR, TABLE, RELAXATION, P_KIT = range(5)
WORDS, ALL = 2**32, 2**32 - 1
TICKS_PER_S = 1e15


class Machine(NamedTuple):
    """The numbers of a Program and of an Anneal, by the names they have there; times are ticks.

    pbits, wires, steps : structured arrays, a row for each p-bit, connection and step of the anneal
    """

    pbits: np.ndarray
    wires: np.ndarray
    steps: np.ndarray
    table: np.ndarray
    table_first: float
    table_step: float
    flicker_block: int
    flicker_octaves: int
    temperature_drift: float
    source: int
    source_shifts: int
    source_share: int
    source_phase: int
    clock: int
    period: int
    participation: float
    end: int


DEVICE = ("law", "parameter", "z_limit", "gain", "offset", "input_low", "input_high", "input_step", "comparator_step")
FAULTS = ("synapse", "stuck", "held", "pdit", "white", "flicker")
PBIT = ("bias", "first_wire", "last_wire", *DEVICE, *FAULTS, "color", "tau", "phase", "jitter")
WIRE = ("indices", "weight", "delay", "exchange", "driven")
STEP = ("start", "beta", "drive")


def simulate(program: Any, anneal: Any, *, reads: int, moments: np.ndarray, seed: int) -> np.ndarray:
    """int8 (reads, moments, n): the states of independent reads at ``moments`` (ticks, ascending), each with a clock of
    its own. A state at a moment is what all updates before it have left."""
    states = np.empty((reads, len(moments), program.n_pbits), dtype=np.int8)
    _all_reads(np.random.default_rng(seed), _machine(program, anneal), np.asarray(moments, dtype=np.int64), states)
    return states


def _machine(program: Any, anneal: Any) -> Machine:
    noise = program.noise
    usual = (noise.source_steps, noise.source_shows, noise.source_sharing, program.cells.comparison)
    if usual != (
        "update",
        "stepped",
        "copies",
        "below",
    ):  # test_registers.py and test_published_logic.py simulate these
        raise NotImplementedError(f"the plain simulation has no source or comparison of {usual}")
    given: dict[str, Any] = {}
    for record in (program.network, program.wires, program.cells, program.noise, program.clock, anneal):
        given |= vars(record)
    n, m = program.n_pbits, len(given["weight"])
    absent = {
        "pdit": np.arange(n),
        "exchange": np.zeros(m, np.int64),
        "driven": np.zeros(m, np.bool_),
        "drive": np.ones(len(given["beta"])),
    }
    given |= {name: value for name, value in absent.items() if given[name] is None}
    given["table"] = np.zeros(2) if given["table"] is None else given["table"].copy()
    given |= {"first_wire": given["indptr"][:-1], "last_wire": given["indptr"][1:]}
    given |= {"clock": CLOCKS.index(given["kind"]), "source": SOURCES.index(given["source"])}
    rows = {name: _rows(given, names) for name, names in (("pbits", PBIT), ("wires", WIRE), ("steps", STEP))}
    return Machine(**rows, **{name: given[name] for name in Machine._fields if name not in rows})


def _rows(given: dict[str, Any], names: tuple[str, ...]) -> np.ndarray:
    """A structured array of the columns called so: whole numbers as int64, others as float64."""
    columns = {name: np.asarray(given[name]) for name in names}
    kinds = [(name, np.float64 if column.dtype.kind == "f" else np.int64) for name, column in columns.items()]
    rows = np.empty(len(given[names[0]]), dtype=kinds)
    for name, column in columns.items():
        rows[name] = column
    return rows


@numba.njit(cache=True, error_model="numpy")
def _all_reads(rng, m, moments, states):
    for read in range(len(states)):
        _one_read(rng, m, moments, states[read])


@njit
def _one_read(rng, m, moments, out):
    """One run of the machine, from a random state to the end."""
    state = _random_state(rng, m)
    next_tick, wire, past, slow = _first_ticks(rng, m), _wires(m, state), _past(m), _slow_noise(rng, m)
    words, drawn = _random_words(rng, m, past), state.copy()
    shown = 0
    while True:
        now = m.end
        for i in range(len(state)):
            now = min(now, next_tick[i])
        while shown < len(moments) and (moments[shown] <= now or now == m.end):
            out[shown] = state
            shown += 1
        if now == m.end:
            return
        for i in range(len(state)):  # all p-bits with a tick now read
            if next_tick[i] == now:
                _decide(rng, m, now, i, words, state, wire, past, slow, drawn)
        for i in range(len(state)):  # then all commit
            if next_tick[i] == now:
                _commit(m, now, i, state, past, drawn)
        _move_on(rng, m, now, next_tick)


@njit
def _random_state(rng, m):
    """Spins up or down at random, a random level of each p-dit, and what is stuck where it is stuck."""
    state = np.empty(len(m.pbits), dtype=np.int8)
    for i in range(len(state)):
        first, size = m.pbits[i].pdit, _levels(m, m.pbits[i].pdit)
        state[i] = 1 if size == 1 and rng.random() < 0.5 else -1
        if size > 1 and i == first + size - 1:
            state[first + int(size * rng.random())] = 1
        if m.pbits[i].stuck != 0:
            state[i] = m.pbits[i].stuck
    return state


@njit
def _levels(m, i):
    """How many lines the p-dit that begins at i has; 1 is a p-bit."""
    size = 1
    while i + size < len(m.pbits) and m.pbits[i + size].pdit == i:
        size += 1
    return size


# ---- clocks


@njit
def _first_ticks(rng, m):
    """int64 (n,): the first tick of every p-bit, the end where it has none."""
    next_tick = np.empty(len(m.pbits), dtype=np.int64)
    for i in range(len(next_tick)):
        next_tick[i] = m.end
        if _has_ticks(m, i):
            if m.clock == POISSON:
                next_tick[i] = _interval(rng, m, i)
            elif m.clock == FREE_RUNNING:
                next_tick[i] = m.pbits[i].phase
    if m.clock < POISSON:
        _next_slot(rng, m, -1, next_tick)
    return next_tick


@njit
def _has_ticks(m, i):
    """Not a p-bit that is held, nor a line of a p-dit but the first, with which all of them tick."""
    return m.pbits[i].held == 0 and m.pbits[i].pdit == i


@njit
def _interval(rng, m, i):
    """Ticks to the next update on a clock of one's own."""
    if m.clock == POISSON:
        return max(1, round(-m.pbits[i].tau * math.log(1 - rng.random())))
    return max(1, round(m.pbits[i].tau + m.pbits[i].jitter * rng.normal()))


@njit
def _move_on(rng, m, now, next_tick):
    for i in range(len(next_tick)):
        if next_tick[i] == now:
            next_tick[i] = min(m.end, now + _interval(rng, m, i)) if m.clock >= POISSON else m.end
    if m.clock < POISSON:
        _next_slot(rng, m, now, next_tick)


@njit
def _next_slot(rng, m, now, next_tick):
    """The first slot of a common clock after ``now`` in which a p-bit ticks. A round has one slot, or one for each
    colour, or one for each p-bit."""
    n, slots = len(m.pbits), 1
    for i in range(n):
        if m.clock == CHROMATIC:
            slots = max(slots, m.pbits[i].color + 1)
        elif m.clock != SYNCHRONOUS:
            slots = n
    turn = max(now, 0) // m.period * slots
    while _slot_start(m, turn, slots) <= now:
        turn += 1
    found = False
    while not found and _slot_start(m, turn, slots) < m.end:
        slot = turn % slots
        chosen = int(n * rng.random()) if m.clock == RANDOM_SEQUENTIAL else slot
        for i in range(n):
            if m.clock == SYNCHRONOUS:
                takes_part = rng.random() < m.participation
            else:
                takes_part = chosen == (m.pbits[i].color if m.clock == CHROMATIC else i)
            if takes_part and _has_ticks(m, i):
                next_tick[i] = _slot_start(m, turn, slots)
                found = True
        turn += 1


@njit
def _slot_start(m, turn, slots):
    return turn // slots * m.period + turn % slots * m.period // slots


# ---- signals on their way


class Past(NamedTuple):
    """What each p-bit has committed so far: instant and value (n, most), how many (n,)."""

    when: np.ndarray
    value: np.ndarray
    count: np.ndarray


class Wire(NamedTuple):
    """What the reader of each connection has: how many commits arrived, the last of them, that value behind an RC
    low-pass, and the instant up to which the low-pass was followed."""

    arrived: np.ndarray
    value: np.ndarray
    filtered: np.ndarray
    upto: np.ndarray


@njit
def _past(m):
    """Room for more updates than any p-bit makes."""
    most, n = 0.0, len(m.pbits)
    for i in range(n):
        expected = m.end / (m.pbits[i].tau if m.clock >= POISSON else m.period)
        most = max(most, expected + 8 * math.sqrt(expected) + 20)
    return Past(np.zeros((n, int(most)), np.int64), np.zeros((n, int(most)), np.int8), np.zeros(n, np.int64))


@njit
def _wires(m, state):
    """At the start all signals have arrived, and every low-pass has settled."""
    value = np.empty(len(m.wires))
    for e in range(len(m.wires)):
        value[e] = state[m.wires[e].indices]
    return Wire(np.zeros(len(value), np.int64), value, value.copy(), np.zeros(len(value), np.int64))


@njit
def _arrival(m, e, committed):
    """When connection e brings what was committed then; what waits for an exchange leaves at a later one."""
    if m.wires[e].exchange > 0:
        committed = (committed // m.wires[e].exchange + 1) * m.wires[e].exchange
    return committed + m.wires[e].delay


@njit
def _input(m, i, now, drive, wire, past):
    """I = -(h + sum J s) of p-bit i as the signals that arrived up to ``now`` make it."""
    total = m.pbits[i].bias
    for e in range(m.pbits[i].first_wire, m.pbits[i].last_wire):
        j = m.wires[e].indices
        while wire.arrived[e] < past.count[j]:
            at = _arrival(m, e, past.when[j, wire.arrived[e]])
            if at > now:
                break
            _follow(m.pbits[i].synapse, e, at, wire)
            wire.value[e] = past.value[j, wire.arrived[e]]
            wire.arrived[e] += 1
        _follow(m.pbits[i].synapse, e, now, wire)
        total += m.wires[e].weight * wire.filtered[e] * (drive if m.wires[e].driven else 1.0)
    return -total


@njit
def _follow(time_constant, e, now, wire):
    """The low-pass of connection e at constant value up to ``now``: tau dF/dt = value - F."""
    kept = math.exp(-(now - wire.upto[e]) / time_constant) if time_constant > 0 else 0.0
    wire.filtered[e] = wire.value[e] + (wire.filtered[e] - wire.value[e]) * kept
    wire.upto[e] = now


@njit
def _commit(m, now, i, state, past, drawn):
    for line in range(i, i + _levels(m, i)):
        state[line] = drawn[line]
        past.when[line, past.count[line]] = now
        past.value[line, past.count[line]] = drawn[line]
        past.count[line] += 1


# ---- decisions


@njit
def _decide(rng, m, now, i, words, state, wire, past, slow, drawn):
    """The next value of p-bit i, or of all lines of the p-dit that begins there, into ``drawn``."""
    step = 0
    while step + 1 < len(m.steps) and m.steps[step + 1].start <= now:
        step += 1
    beta = m.steps[step].beta / (1 + m.temperature_drift * now / TICKS_PER_S)
    size = _levels(m, i)
    word = words[i // m.source_share, past.count[i] + m.source_phase * (i % m.source_share)]
    z = np.empty(size)
    for level in range(size):
        z[level] = beta * _input(m, i + level, now, m.steps[step].drive, wire, past)
    if size > 1 and m.pbits[i].input_high < 1e30:  # a quantiser of a p-dit sees differences from the mean
        z -= np.mean(z)
    for level in range(size):
        line = i + level
        x = _quantised(m, line, z[level])
        noise = _slow(rng, m, line, now, slow) + m.pbits[line].white * rng.normal()
        z[level] = m.pbits[line].gain * (x + noise + m.pbits[line].offset)
    if size > 1:
        drawn[i : i + size] = -1
        drawn[i + _level(z, word, m.pbits[i].comparator_step)] = 1
    elif m.pbits[i].stuck != 0:
        drawn[i] = m.pbits[i].stuck
    else:
        unit = m.pbits[i].comparator_step  # the comparator knows multiples of this, and ties round up
        threshold = math.floor(_probability(m, i, z[0], state[i]) * WORDS / unit + 0.5) * unit
        drawn[i] = 1 if word < threshold else -1


@njit
def _quantised(m, i, x):
    """Clipped to [low, high], and on the nearest of the levels low + k step within; half a step rounds up."""
    low, high, step = m.pbits[i].input_low, m.pbits[i].input_high, m.pbits[i].input_step
    x = min(max(x, low), high)
    if step > 0:
        top = math.floor((high - low) / step + 1e-9)
        x = low + min(math.floor((x - low) / step + 0.5), top) * step
    return x


@njit
def _ideal(z):
    return 0.5 * (1 + math.tanh(z))


@njit
def _probability(m, i, z, own):
    """P(+1 after the update)."""
    law, parameter = m.pbits[i].law, m.pbits[i].parameter
    if law == LINEAR:
        return 0.5 * (1 + min(max(z, -1.0), 1.0))
    if law == TABLE:
        at = min(max((z - m.table_first) / m.table_step, 0.0), len(m.table) - 1.0)
        k = min(int(at), len(m.table) - 2)
        return m.table[k] + (at - k) * (m.table[k + 1] - m.table[k])
    if law == RELAXATION:  # a proposal of the clock, taken with the ratio of the rate at z to that at the limit
        z = min(max(z, -m.pbits[i].z_limit), m.pbits[i].z_limit)
        taken = (math.cosh(z) / math.cosh(m.pbits[i].z_limit)) ** parameter
        return taken * _ideal(z) + (1 - taken) * (own == 1)
    if law == P_KIT:
        flips = 1 - math.exp(-parameter * math.exp(-own * z))
        return 1 - flips if own == 1 else flips
    return _ideal(z)


@njit
def _level(z, word, unit):
    """The level of a p-dit: a with probability proportional to exp(2 z_a), their sums on the comparator's grid."""
    total = 0.0
    for level in range(len(z)):
        total += math.exp(2 * z[level])
    below = 0.0
    for level in range(len(z)):
        below += math.exp(2 * z[level]) / total
        if word < math.floor(below * WORDS / unit + 0.5) * unit:
            return level
    return len(z) - 1


# ---- noise and random numbers


class Slow(NamedTuple):
    """1/f noise of every p-bit: where the blocks of time of each octave begin, the block that it is in, and its value
    there (n, octaves)."""

    origin: np.ndarray
    block: np.ndarray
    value: np.ndarray


@njit
def _slow_noise(rng, m):
    shape = (len(m.pbits), m.flicker_octaves)
    slow = Slow(np.zeros(shape, np.int64), np.zeros(shape, np.int64) - 1, np.zeros(shape))
    for i in range(shape[0]):
        for octave in range(shape[1]):
            slow.origin[i, octave] = int(rng.random() * (m.flicker_block << octave))
    return slow


@njit
def _slow(rng, m, i, now, slow):
    """Octaves of equal share: each is constant over blocks of time, twice as long as those of the one before."""
    total = 0.0
    for octave in range(m.flicker_octaves):
        block = (now + slow.origin[i, octave]) // (m.flicker_block << octave)
        if block != slow.block[i, octave]:
            slow.block[i, octave] = block
            slow.value[i, octave] = rng.normal()
        total += slow.value[i, octave]
    return m.pbits[i].flicker * total / math.sqrt(m.flicker_octaves)


@njit
def _random_words(rng, m, past):
    """The words of every source, one for each update: int64 (sources, words). The p-bits that share a source read the
    same words, each ``source_phase`` words further on."""
    length = past.when.shape[1] + m.source_phase * (m.source_share - 1)
    words = np.empty((-(-len(m.pbits) // m.source_share), length), np.int64)
    for k in range(len(words)):
        register = np.zeros(4, np.int64)
        for part in range(4):  # neither all zeros nor all ones, which one register or the other would never leave
            register[part] = 1 + int((2 ** (16 if m.source == LFSR16 else 32) - 2) * rng.random())
        for step in range(length):
            words[k, step] = int(WORDS * rng.random()) if m.source == IDEAL else _next_word(m, register)
    return words


@njit
def _next_word(m, r):
    word = 0
    for _ in range(m.source_shifts):
        if m.source == LFSR32:  # XNOR of bits 32, 22, 2 and 1 moves in
            fed = 1 ^ (r[0] >> 31 & 1) ^ (r[0] >> 21 & 1) ^ (r[0] >> 1 & 1) ^ (r[0] & 1)
            word = r[0] = (r[0] << 1 | fed) & ALL
        elif m.source == LFSR16:  # of bits 16, 15, 13 and 4; the register is the upper half of the word
            fed = 1 ^ (r[0] >> 15 & 1) ^ (r[0] >> 14 & 1) ^ (r[0] >> 12 & 1) ^ (r[0] >> 3 & 1)
            r[0] = (r[0] << 1 | fed) & 0xFFFF
            word = r[0] << 16
        elif m.source == XORSHIFT32:
            r[0] ^= r[0] << 13 & ALL
            r[0] ^= r[0] >> 17
            r[0] ^= r[0] << 5 & ALL
            word = r[0]
        else:  # Xoshiro128+
            word = r[0] + r[3] & ALL
            moved = r[1] << 9 & ALL
            r[2] ^= r[0]
            r[3] ^= r[1]
            r[1] ^= r[2]
            r[0] ^= r[3]
            r[2] ^= moved
            r[3] = (r[3] << 11 | r[3] >> 21) & ALL
    return word
