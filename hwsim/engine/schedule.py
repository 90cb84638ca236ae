"""Schedules: from a clock to instants. They do not depend on the state, so replicas can share them.

Enters: a clock, or a Program that has one, and the key of a schedule. Leaves: chunks of events (time, p-bit, update
number), ordered by (time, p-bit). A chunk never ends within an instant. Updates of a p-bit are numbered from 1.
"""

from typing import NamedTuple

import numpy as np

from hwsim.cell.clock import CLOCKS
from hwsim.cell.codes import has_own_clock
from hwsim.cell.law import exponential_interval, jittered_interval
from hwsim.engine.noise import flicker, uniform
from hwsim.jit import njit
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


@njit
def next_tick(clock, key, pbit, number, time, tau, phase, jitter, place=1):
    """Instant of update ``number`` (from 1) of an autonomous p-bit whose previous one was at ``time``.

    place : as in Instants
    """
    if clock == _POISSON:
        return time + exponential_interval(tau, uniform(key, pbit, number, place))
    if number == 1:
        return phase
    return time + jittered_interval(tau, jitter, uniform(key, pbit, number, place))


@njit
def drawn_pbit(key, slot, n, place=1):
    """The p-bit that updates in slot ``slot`` of a random-sequential clock."""
    return min(np.int64(uniform(key, 0, slot, place) * n), n - 1)


@njit
def takes_part(key, pbit, slot, participation, place=1):
    """Whether a p-bit takes part in tick ``slot`` of a synchronous clock."""
    return participation >= 1.0 or uniform(key, pbit, slot, place) < participation


def slot_time(slot: int, period: int, n_slots: int) -> int:
    """Grid time of slot number ``slot``: slots spread evenly over the period, rounded down to the grid."""
    return (slot // n_slots) * period + (slot % n_slots) * period // n_slots


class Instants:
    """One realisation of a clock, made stretch by stretch, up to ``horizon`` so far.

    key : of the stream;  place : which hash of an update is its draw: 1 in Programs, 0 in mixed machines
    """

    def __init__(self, clock: Clock, key: int, *, place: int = 1) -> None:
        self._clock, self._code = clock, clock.facts.code
        self._key, self._place = np.uint64(key), np.uint64(place)
        self._count = np.zeros(len(clock.tau), dtype=np.int64)
        self.horizon = 0
        if clock.is_own:
            self._next = np.empty(len(clock.tau), dtype=np.int64)
            _first_ticks(self._code, self._key, self._place, clock.tau, clock.phase, clock.jitter, self._next)
            self._rate = float(np.sum(1.0 / clock.tau))
        else:
            self._slot = 0
            self._n_slots = clock.n_slots
            order = np.argsort(clock.color, kind="stable") if clock.facts.colored else np.arange(0)
            self._members = order.astype(np.int32)
            counts = np.bincount(clock.color, minlength=self._n_slots) if clock.facts.colored else [0]
            self._member_ptr = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)

    def stretch(self, until: int, n_events: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(time int64, p-bit int32, number of its update int64) of the next ticks with time < ``until``: about
        ``n_events`` of them, more where one instant holds more. The horizon moves on."""
        clock = self._clock
        if not clock.is_own:
            return self._clocked(until, n_events)
        begin, self.horizon = self.horizon, min(until, self.horizon + max(1, int(n_events / self._rate)))
        return _autonomous(
            self._code,
            self._key,
            self._place,
            clock.tau,
            clock.phase,
            clock.jitter,
            self._next,
            self._count,
            begin,
            self.horizon,
        )

    def _clocked(self, until: int, n_events: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        n, period, n_slots = len(self._clock.tau), self._clock.period, self._n_slots
        last = self._slot + max(1, int(n_events / (n / n_slots)))
        # the first slot at or after `until` ends the chunk
        end = (until // period) * n_slots
        while slot_time(end, period, n_slots) < until:
            end += max(1, (until - slot_time(end, period, n_slots)) * n_slots // period)
        while end > 0 and slot_time(end - 1, period, n_slots) >= until:
            end -= 1
        last = min(last, end)
        time, pbit, number = _slots(
            self._code,
            self._key,
            self._place,
            self._slot,
            last,
            np.int64(period),
            n_slots,
            n,
            self._clock.participation,
            self._members,
            self._member_ptr,
            self._count,
        )
        self._slot, self.horizon = last, until if last == end else slot_time(last, period, n_slots)
        return time, pbit, number


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

    @property
    def horizon(self) -> int:
        """Where the latest chunk ends."""
        return self._instants.horizon

    def chunk(self, until: int, n_events: int) -> Chunk:
        """The next events with time < ``until``: about ``n_events`` of them, more where one instant holds more."""
        noise = self._program.noise
        time, pbit, number = self._instants.stretch(until, n_events)
        if self._program.cells.pdit is not None:
            time, pbit, number = _lines_together(self._program.cells.pdit, time, pbit, number)
        if self._held is not None:
            free = ~self._held[pbit]
            time, pbit, number = time[free], pbit[free], number[free]
        self.updates += len(time) if self._regular is None else int(np.count_nonzero(self._regular[pbit]))
        shift = np.empty(len(time) if self._flickers else 0)
        if self._flickers:
            block, octaves = np.int64(noise.flicker_block), noise.flicker_octaves
            _fill_shift(self._key, noise.flicker, block, octaves, time, pbit, shift)
        return Chunk(time, pbit, number, shift, self.horizon)


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


@njit
def _first_ticks(clock, key, place, tau, phase, jitter, out):
    for i in range(len(tau)):
        out[i] = next_tick(clock, key, i, 1, 0, tau[i], phase[i], jitter[i], place)


@njit(nogil=True)
def _slots(clock, key, place, first, last, period, n_slots, n, participation, members, member_ptr, count):
    """Events of slots ``first`` ... ``last`` - 1. In a slot updates one p-bit, a colour class, or all, by the clock."""
    per_slot = n if clock == _SYNCHRONOUS else (1 if clock != _CHROMATIC else n // n_slots + 1)
    capacity = max(16, (last - first) * per_slot + n)
    time = np.empty(capacity, dtype=np.int64)
    pbit = np.empty(capacity, dtype=np.int32)
    number = np.empty(capacity, dtype=np.int64)
    filled = 0
    for slot in range(first, last):
        t = (slot // n_slots) * period + (slot % n_slots) * period // n_slots
        begin, end = 0, 1
        if clock == _SYNCHRONOUS:
            end = n
        elif clock == _CHROMATIC:
            begin, end = member_ptr[slot % n_slots], member_ptr[slot % n_slots + 1]
        if filled + end - begin > len(time):
            time = np.concatenate((time, np.empty(len(time) + n, dtype=np.int64)))
            pbit = np.concatenate((pbit, np.empty(len(pbit) + n, dtype=np.int32)))
            number = np.concatenate((number, np.empty(len(number) + n, dtype=np.int64)))
        for q in range(begin, end):
            i = q
            if clock == _CHROMATIC:
                i = members[q]
            elif clock == _SEQUENTIAL:
                i = slot % n_slots
            elif clock == _RANDOM_SEQUENTIAL:
                i = drawn_pbit(key, slot, n, place)
            elif not takes_part(key, i, slot, participation, place):
                continue
            count[i] += 1
            time[filled] = t
            pbit[filled] = i
            number[filled] = count[i]
            filled += 1
    return time[:filled], pbit[:filled], number[:filled]


@njit(nogil=True)
def _autonomous(clock, key, place, tau, phase, jitter, following, count, begin, end):
    """Ticks in [begin, end) of p-bits that each run their own clock, in order.

    A counting sort into as many time buckets as events, then insertion within a bucket: about 10 operations an event.
    """
    n = len(tau)
    capacity = 64
    for i in range(n):
        if following[i] < end:
            capacity += 2 + np.int64(1.3 * (end - following[i]) / tau[i])
    time = np.empty(capacity, dtype=np.int64)
    pbit = np.empty(capacity, dtype=np.int32)
    number = np.empty(capacity, dtype=np.int64)
    m = 0
    for i in range(n):
        t = following[i]
        while t < end:
            if m == len(time):
                time = np.concatenate((time, np.empty(m, dtype=np.int64)))
                pbit = np.concatenate((pbit, np.empty(m, dtype=np.int32)))
                number = np.concatenate((number, np.empty(m, dtype=np.int64)))
            count[i] += 1
            time[m] = t
            pbit[m] = i
            number[m] = count[i]
            m += 1
            t = next_tick(clock, key, i, count[i] + 1, t, tau[i], phase[i], jitter[i], place)
        following[i] = t
    out_time = np.empty(m, dtype=np.int64)
    out_pbit = np.empty(m, dtype=np.int32)
    out_number = np.empty(m, dtype=np.int64)
    if m == 0:
        return out_time, out_pbit, out_number
    scale = m / np.float64(end - begin)
    heads = np.zeros(m + 1, dtype=np.int64)
    for e in range(m):
        heads[min(np.int64((time[e] - begin) * scale), m - 1) + 1] += 1
    for b in range(m):
        heads[b + 1] += heads[b]
    for e in range(m):
        b = min(np.int64((time[e] - begin) * scale), m - 1)
        q = heads[b]
        heads[b] += 1
        out_time[q] = time[e]
        out_pbit[q] = pbit[e]
        out_number[q] = number[e]
    for e in range(1, m):
        t, i, k = out_time[e], out_pbit[e], out_number[e]
        q = e - 1
        while q >= 0 and (out_time[q] > t or (out_time[q] == t and out_pbit[q] > i)):
            out_time[q + 1] = out_time[q]
            out_pbit[q + 1] = out_pbit[q]
            out_number[q + 1] = out_number[q]
            q -= 1
        out_time[q + 1] = t
        out_pbit[q + 1] = i
        out_number[q + 1] = k
    return out_time, out_pbit, out_number
