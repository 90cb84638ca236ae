"""Schedules: from a clock to instants. They do not depend on the state, so replicas can share them.

Enters: a clock, or a Program that has one, and the key of a schedule. Leaves: chunks of events (time, p-bit, update
number), ordered by (time, p-bit). A chunk never ends within an instant. Updates of a p-bit are numbered from 1.
"""

from typing import NamedTuple

import numpy as np

from hwsim.cell.clock import CLOCKS
from hwsim.cell.codes import has_own_clock
from hwsim.cell.law import exponential_interval, jittered_interval, later
from hwsim.engine.noise import flicker, uniform
from hwsim.jit import inline, kernel, njit
from hwsim.program import Clock, Program

_CODES = {name: kind.code for name, kind in CLOCKS.items()}
_SYNCHRONOUS, _CHROMATIC, _SEQUENTIAL = _CODES["synchronous"], _CODES["chromatic"], _CODES["sequential"]
_RANDOM_SEQUENTIAL, _POISSON = _CODES["random-sequential"], _CODES["poisson"]


class Chunk(NamedTuple):
    """Events in order: time int64, pbit int32, number int64, all (n_events,); complete before ``horizon``.

    shift : float64 (n_events,), what 1/f noise adds to the p-bit's offset then; empty where there is none
    """

    time: np.ndarray
    pbit: np.ndarray
    number: np.ndarray
    shift: np.ndarray
    horizon: int


class Slots(NamedTuple):
    """Slots ``first`` ... ``last`` - 1 of a clock that serves all: what a Chunk says, where each slot has the p-bits
    that it always has."""

    first: int
    last: int
    period: int  # ticks
    n_slots: int  # of a period


@njit
def next_tick(clock, key, pbit, number, time, tau, phase, jitter, place=1):
    """Instant of update ``number`` (from 1) of an autonomous p-bit whose previous one was at ``time``.

    place : as in Instants
    """
    if clock == _POISSON:
        return later(time, exponential_interval(tau, uniform(key, pbit, number, place)))
    if number == 1:
        return phase
    return later(time, jittered_interval(tau, jitter, uniform(key, pbit, number, place)))


@njit(inline="always")
def drawn_pbit(key, slot, n, place=1):
    """The p-bit that updates in slot ``slot`` of a random-sequential clock."""
    return min(np.int64(uniform(key, 0, slot, place) * n), n - 1)


@njit(inline="always")
def takes_part(key, pbit, slot, participation, place=1):
    """Whether a p-bit takes part in tick ``slot`` of a synchronous clock."""
    return participation >= 1.0 or uniform(key, pbit, slot, place) < participation


def slot_time(slot: int, period: int, n_slots: int) -> int:
    """Grid time of slot number ``slot``: slots spread evenly over the period, rounded down to the grid."""
    within = slot % n_slots
    # period * within may be beyond 63 bits
    return slot // n_slots * period + within * (period // n_slots) + within * (period % n_slots) // n_slots


slot_tick = njit(inline="always")(slot_time)
"""`slot_time` in kernels."""


class Instants:
    """One realisation of a clock, made stretch by stretch, up to ``horizon`` so far.

    key : of the stream;  place : which hash of an update is its draw: 1 in Programs, 0 in mixed machines
    """

    def __init__(self, clock: Clock, key: int, *, place: int = 1) -> None:
        self._clock, self._code = clock, clock.facts.code
        self._draw = Draw(self._code, np.uint64(key), np.uint64(place), clock.tau, clock.jitter)
        self._count = np.zeros(len(clock.tau), dtype=np.int64)
        self._alike = not (clock.is_own or clock.is_drawn)
        self.horizon = 0
        if clock.is_own:
            self._next = clock.phase.astype(np.int64)
            if self._code == _POISSON:
                self._count[:], self._next[:] = -1, 0
                self._ticks_before(0, np.arange(len(clock.tau), dtype=np.int32), len(clock.tau))
            self._rate = float(np.sum(1.0 / clock.tau))
        else:
            self._slot = 0
            self._n_slots = clock.n_slots
            order = np.argsort(clock.color, kind="stable") if clock.facts.colored else np.arange(0)
            self._members = order.astype(np.int32)
            counts = np.bincount(clock.color, minlength=self._n_slots) if clock.facts.colored else [0]
            self._member_ptr = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)

    def rounds(self, until: int) -> int:
        """How many rounds there are up to ``until``, where that and now begin one, of a clock whose rounds are all
        alike; else 0."""
        period = self._clock.period
        if not self._alike or self.horizon % period or until % period:
            return 0
        return (until - self.horizon) // period

    def skip(self, rounds: int) -> None:
        """Leave out so many `rounds`: they are like others that were made."""
        self._count += rounds
        self._slot += rounds * self._n_slots
        self.horizon += rounds * self._clock.period

    def stretch(self, until: int, n_events: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(time int64, p-bit int32, number of its update int64) of the next ticks with time < ``until``: about
        ``n_events`` of them, more where one instant holds more. The horizon moves on."""
        clock = self._clock
        if not clock.is_own:
            return self._clocked(until, n_events)
        begin, self.horizon = self.horizon, min(until, self.horizon + max(1, int(n_events / self._rate)))
        return self._autonomous(begin, self.horizon)

    def _autonomous(self, begin: int, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ticks in [begin, end) of p-bits that each run their own clock, in order."""
        active = np.flatnonzero(self._next < end).astype(np.int32)
        ticks, filled = self._ticks_before(end, active, 64 + 2 * len(active) + int(1.1 * (end - begin) * self._rate))
        ordered = tuple(np.empty(filled, dtype=part.dtype) for part in ticks)
        _put_in_order(ticks, filled, begin, end, np.zeros(filled + 1, dtype=np.int64), ordered)
        time, pbit, number = ordered
        return time, pbit, number

    def _ticks_before(self, end: int, active: np.ndarray, capacity: int) -> tuple[tuple[np.ndarray, ...], int]:
        """Ticks of the p-bits ``active`` from their next one on, which is drawn first for those that have had none and
        count as update 0, up to ``end``; and how many there are."""
        ticks = tuple(np.empty(capacity, dtype=kind) for kind in (np.int64, np.int32, np.int64))
        draw_ticks = _draw_poisson if self._code == _POISSON else _draw_jittered
        filled, left, means = 0, len(active), np.empty(len(active))
        while left > 0:
            filled, left = draw_ticks(self._draw, end, self._next, self._count, active, left, means, ticks, filled)
            ticks = tuple(np.concatenate((part, np.empty_like(part))) for part in ticks) if left > 0 else ticks
        return ticks, filled

    def slots(self, until: int, n_events: int) -> Slots:
        """The next slots of a clock that serves all, as `stretch` has them. The horizon moves on."""
        first, period, n_slots = self._slot, self._clock.period, self._n_slots
        last = first + max(1, int(n_events / (len(self._clock.tau) / n_slots)))
        # the first slot at or after `until` ends the chunk
        end = (until // period) * n_slots
        while slot_time(end, period, n_slots) < until:
            end += max(1, (until - slot_time(end, period, n_slots)) * n_slots // period)
        while end > 0 and slot_time(end - 1, period, n_slots) >= until:
            end -= 1
        last = min(last, end)
        self._slot, self.horizon = last, until if last == end else slot_time(last, period, n_slots)
        return Slots(first, last, period, n_slots)

    def _clocked(self, until: int, n_events: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        n = len(self._clock.tau)
        first, last, period, n_slots = self.slots(until, n_events)
        if self._code == _SYNCHRONOUS:
            most = (last - first) * n
        elif self._code == _CHROMATIC:
            most = int(np.sum(np.diff(self._member_ptr)[np.arange(first, last) % n_slots]))
        else:
            most = last - first
        ticks = tuple(np.empty(most, dtype=kind) for kind in (np.int64, np.int32, np.int64))
        filled = _slots(
            self._draw,
            (first, last, np.int64(period), n_slots),
            self._clock.schedule_share,
            self._members,
            self._member_ptr,
            self._count,
            ticks,
        )
        time, pbit, number = (part[:filled] for part in ticks)
        return time, pbit, number


class _Repeated(NamedTuple):
    """Events of whole ``rounds`` of a clock whose rounds are all alike; see Chunk."""

    rounds: int
    begin: int  # ticks
    time: np.ndarray
    pbit: np.ndarray
    number: np.ndarray


class Schedule:
    """One realisation of a Program's clock, made chunk by chunk: the instants at which its p-bits update."""

    def __init__(self, program: Program, key: int) -> None:
        self._program, self._key = program, np.uint64(key)
        self._instants = Instants(program.clock, key)
        self.updates = 0  # of p-bits that update at every tick
        own_rate = has_own_clock(program.cells.law)
        self._regular = ~own_rate if np.any(own_rate) else None
        self._flickers = bool(np.any(program.noise.flicker > 0))
        self._held = program.cells.held if np.any(program.cells.held) else None
        self._repeated = _Repeated(0, 0, *(np.zeros(0, dtype=np.int64),) * 3)

    @property
    def horizon(self) -> int:
        """Where the latest chunk ends."""
        return self._instants.horizon

    def chunk(self, until: int, n_events: int) -> Chunk:
        """The next events with time < ``until``: about ``n_events`` of them, more where one instant holds more."""
        rounds, begin = self._instants.rounds(until), self.horizon
        if rounds and rounds == self._repeated.rounds and len(self._repeated.time) <= n_events:
            return self._again(begin, until)
        made = self._made(until, n_events)
        if rounds and made.horizon == until:
            self._repeated = _Repeated(rounds, begin, made.time, made.pbit, made.number)
        return made

    def _again(self, begin: int, until: int) -> Chunk:
        """The rounds that were made before, from ``begin`` to ``until``."""
        rounds, before, time, pbit, number = self._repeated
        self._instants.skip(rounds)
        made = time + (begin - before), pbit, number + (begin - before) // self._program.clock.period
        return self._counted(*made, until)

    def _made(self, until: int, n_events: int) -> Chunk:
        time, pbit, number = self._instants.stretch(until, n_events)
        if self._program.cells.pdit is not None:
            time, pbit, number = _lines_together(self._program.cells.pdit, time, pbit, number)
        if self._held is not None:
            free = ~self._held[pbit]
            time, pbit, number = time[free], pbit[free], number[free]
        return self._counted(time, pbit, number, self.horizon)

    def _counted(self, time: np.ndarray, pbit: np.ndarray, number: np.ndarray, horizon: int) -> Chunk:
        """The events as a Chunk, with 1/f noise."""
        noise = self._program.noise
        self.updates += len(time) if self._regular is None else int(np.count_nonzero(self._regular[pbit]))
        shift = np.empty(len(time) if self._flickers else 0)
        if self._flickers:
            block, octaves = np.int64(noise.flicker_block), noise.flicker_octaves
            _fill_shift(self._key, noise.flicker, block, octaves, time, pbit, shift)
        return Chunk(time, pbit, number, shift, horizon)

    def slots(self, until: int, n_events: int) -> Slots:
        """The same of a chromatic clock, or a synchronous one in which all take part, as slots."""
        slots, color = self._instants.slots(until, n_events), self._program.clock.color
        if not self._program.clock.facts.colored:
            color = np.zeros_like(color)
        ticking = np.bincount(color if self._held is None else color[~self._held], minlength=slots.n_slots)
        rounds, rest = divmod(slots.last - slots.first, slots.n_slots)
        more = ticking[np.arange(slots.first, slots.first + rest) % slots.n_slots]
        self.updates += int(rounds * ticking.sum() + more.sum())
        return slots


def _lines_together(
    pdit: np.ndarray, time: np.ndarray, pbit: np.ndarray, number: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The events of first lines, each followed by events of the p-dit's other lines at the same time."""
    size = np.bincount(pdit, minlength=len(pdit))
    first = pdit[pbit] == pbit
    time, pbit, number = time[first], pbit[first], number[first]
    count = size[pbit]
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    lines = np.repeat(pbit, count) + within
    order = np.lexsort((lines, np.repeat(time, count)))
    return np.repeat(time, count)[order], lines.astype(np.int32)[order], np.repeat(number, count)[order]


@njit(nogil=True)
def _fill_shift(key, deviation, block, octaves, time, pbit, out):
    """Write to ``out`` what 1/f noise adds to the offset of each event's p-bit."""
    for event in range(len(time)):
        i = pbit[event]
        out[event] = deviation[i] * flicker(key, i, time[event], block, octaves) if deviation[i] > 0.0 else 0.0


class Draw(NamedTuple):
    """A clock, and where its draws come from."""

    clock: int  # code
    key: np.uint64  # of the stream
    place: np.uint64  # as in Instants
    tau: np.ndarray
    jitter: np.ndarray


@kernel
def _slots(draw, slots, participation, members, member_ptr, count, ticks):
    """Events of the slots (first, last, period, slots of a period): one p-bit a slot, a colour class, or all, by the
    clock. Fills ``ticks`` and returns how many there are."""
    (first, last, period, n_slots), (time, pbit, number) = slots, ticks
    clock, n, filled = draw.clock, len(count), 0
    for slot in range(first, last):
        t = slot_tick(slot, period, n_slots)
        if clock == _CHROMATIC:
            begin, end = member_ptr[slot % n_slots], member_ptr[slot % n_slots + 1]
            for q in range(end - begin):
                time[filled + q], pbit[filled + q] = t, members[begin + q]
                number[filled + q] = slot // n_slots + 1
            filled += end - begin
            continue
        for q in range(n if clock == _SYNCHRONOUS else 1):
            i = q
            if clock == _SEQUENTIAL:
                i = slot % n_slots
            elif clock == _RANDOM_SEQUENTIAL:
                i = drawn_pbit(draw.key, slot, n, draw.place)
            elif not takes_part(draw.key, i, slot, participation, draw.place):
                continue
            count[i] += 1
            time[filled] = t
            pbit[filled] = i
            number[filled] = count[i]
            filled += 1
    return filled


@kernel
def _draw_poisson(draw, end, following, count, active, left, means, ticks, filled):
    """Ticks before ``end`` of the ``left`` p-bits that are listed in ``active``: the next one of each, round by round,
    so that the draws of a round fill vectors. Fills ``ticks`` from place ``filled`` on; returns the place reached and
    how many p-bits have ticks left, 0 unless there was no more room.

    means : float64 (n,), a buffer
    """
    while left > 0 and filled + left <= len(ticks[0]):
        now, who, update = _take(following, count, active, left, ticks, filled)
        for q in range(left):
            means[q] = draw.tau[who[q]]
        for q in range(left):
            u = uniform(draw.key, who[q], update[q] + 1, draw.place)
            means[q] = np.float64(exponential_interval(means[q], u))
        for q in range(left):
            following[who[q]] = later(now[q], np.int64(means[q]))
        filled += left
        left = _keep(following, end, active, left)
    return filled, left


@kernel
def _draw_jittered(draw, end, following, count, active, left, means, ticks, filled):
    """The same for p-bits with a period and jitter."""
    while left > 0 and filled + left <= len(ticks[0]):
        now, who, update = _take(following, count, active, left, ticks, filled)
        for q in range(left):
            i = who[q]
            u = uniform(draw.key, i, update[q] + 1, draw.place)
            following[i] = later(now[q], jittered_interval(draw.tau[i], draw.jitter[i], u))
        filled += left
        left = _keep(following, end, active, left)
    return filled, left


@inline
def _take(following, count, active, left, ticks, filled):
    """Write the next tick of each active p-bit; returns their times, p-bits and numbers."""
    time, pbit, number = ticks
    now, who, update = time[filled : filled + left], pbit[filled : filled + left], number[filled : filled + left]
    for q in range(left):
        i = active[q]
        count[i] += 1
        now[q], who[q], update[q] = following[i], i, count[i]
    return now, who, update


@inline
def _keep(following, end, active, left):
    """Keep the active p-bits whose next tick comes before ``end``; returns how many."""
    kept = 0
    for q in range(left):
        i = active[q]
        active[kept] = i
        kept += np.int64(following[i] < end)
    return kept


@kernel
def _put_in_order(ticks, filled, begin, end, heads, ordered):
    """Ticks ordered by (time, p-bit): a counting sort into as many time buckets as ticks, then insertion within a
    bucket.

    heads : int64 (filled + 1,), zeros
    """
    (time, pbit, number), (out_time, out_pbit, out_number) = ticks, ordered
    scale = filled / np.float64(end - begin)
    for e in range(filled):
        heads[np.uint64(min(np.int64((time[e] - begin) * scale), filled - 1) + 1)] += 1
    for b in range(filled):
        heads[b + 1] += heads[b]
    for e in range(filled):
        b = np.uint64(min(np.int64((time[e] - begin) * scale), filled - 1))
        q = np.uint64(heads[b])
        heads[b] += 1
        out_time[q] = time[e]
        out_pbit[q] = pbit[e]
        out_number[q] = number[e]
    for e in range(1, filled):
        t, i, k = out_time[e], out_pbit[e], out_number[e]
        q = e - 1
        if out_time[q] < t or (out_time[q] == t and out_pbit[q] < i):
            continue
        while q >= 0 and (out_time[q] > t or (out_time[q] == t and out_pbit[q] > i)):
            out_time[q + 1] = out_time[q]
            out_pbit[q + 1] = out_pbit[q]
            out_number[q + 1] = out_number[q]
            q -= 1
        out_time[q + 1] = t
        out_pbit[q + 1] = i
        out_number[q + 1] = k
