"""What happens when in a mixed machine, and every random number in it: shared by the fast run and its reference.

Enters: a MixedNetwork, a clock, a seed. Leaves: chunks of events (a p-bit reads; its new value is seen), which do not
depend on the state, and scalar laws. A random number is a function of what it is for: the seed, the schedule, the p-bit
and its update or the mode and the instant, and the replica. So chunks, probes and further replicas change none. Normal
numbers come in pairs, one for each of two modes.
"""

from typing import NamedTuple

import numpy as np

from hwsim.cell.elementary import exp
from hwsim.cell.law import exponential_interval, sigmoid
from hwsim.errors import InputError
from hwsim.jit import njit
from hwsim.streams import stream_key
from hwsim.thermo.mixed import MixedNetwork
from hwsim.thermo.normal import pair, wide_vectors, word
from hwsim.units import TICK_S, to_ticks

CLOCKS = ("poisson", "sequential", "chromatic", "synchronous")
SEEN, READ, SEEN_AT_ONCE, END = range(4)
"""Events, in their order within an instant: values under way arrive, p-bits read, values without delay arrive."""
_CHUNK = 4096

_GOLDEN, _TWICE = np.uint64(0x9E3779B97F4A7C15), np.uint64(2 * 0x9E3779B97F4A7C15 % 2**64)
_S11 = np.uint64(11)


@njit(inline="always")
def purpose(key, what, when):
    """Where the numbers of all replicas begin that serve one purpose: an update of a p-bit, a move of two modes."""
    return word(word(key + np.uint64(what) * _GOLDEN) + np.uint64(when) * _GOLDEN)


@njit(inline="always")
def uniform(start, replica):
    """A float64 strictly between 0 and 1."""
    return (np.float64(np.int64(word(start + np.uint64(replica) * _GOLDEN) >> _S11)) + 0.5) * 2.0**-53


@njit
def normals(start, first, out):
    """Standard normal numbers of replicas ``first``, ``first`` + 1 ... for two modes into ``out``, float64 (2, R)."""
    wide_vectors()
    even, odd = out[0], out[1]
    place = start + np.uint64(first) * _TWICE
    for r in range(len(even)):
        even[r], odd[r] = pair(word(place), word(place + _GOLDEN))
        place += _TWICE


@njit
def one_uniform(key, what, when, replica):
    """The uniform number of one replica for one purpose."""
    return uniform(purpose(key, what, when), replica)


@njit
def one_normal(key, mode, when, replica):
    """The standard normal number of one replica and one mode."""
    out = np.empty((2, 1))
    normals(purpose(key, mode // 2, when), replica, out)
    return out[mode % 2, 0]


@njit(inline="always")
def decide(field, beta, u):
    """The new value of a p-bit with input ``field``."""
    return np.int8(1) if u < sigmoid(beta * field) else np.int8(-1)


@njit
def lost(z):
    """1 - exp(-z), z >= 0, with relative error below 1e-15 also where z is small."""
    if z > 0.2:
        return 1.0 - exp(-z)
    p = 1.0
    for k in range(11, 1, -1):
        p = 1.0 - z / np.float64(k) * p
    return z * p


@njit
def transition(rate, ticks):
    """(factor of a deviation, s.d. of the noise in units of the stationary one) of a mode after ``ticks``."""
    return exp(-rate * np.float64(ticks)), np.sqrt(lost(2.0 * rate * np.float64(ticks)))


@njit
def bridge(rate, before, after):
    """(factor of the deviation ``before`` ticks ago, of that ``after`` ticks on, s.d. of the noise): the law of a mode
    that is known at both ends, in units of the stationary s.d."""
    near, far = lost(2.0 * rate * np.float64(before)), lost(2.0 * rate * np.float64(after))
    whole = lost(2.0 * rate * np.float64(before + after))
    first = exp(-rate * np.float64(before)) * far / whole
    return first, exp(-rate * np.float64(after)) * near / whole, np.sqrt(near * far / whole)


class Keys(NamedTuple):
    """uint64 keys of a schedule group's streams."""

    clock: np.uint64
    start: np.uint64
    scatter: np.uint64
    spin: np.uint64
    mode: np.uint64
    probe: np.uint64


def group_keys(seed: int, group: int) -> Keys:
    """The streams of schedule group ``group``."""
    return Keys(*(np.uint64(stream_key(seed, f"mixed {name}", group)) for name in Keys._fields))


class Events(NamedTuple):
    """What happens, in order: int64 times in ticks, int8 kinds, int32 p-bits, int64 numbers of their updates."""

    time: np.ndarray
    kind: np.ndarray
    pbit: np.ndarray
    number: np.ndarray


@njit(nogil=True)
def _poisson(key, tau, following, count, horizon):
    """The ticks before ``horizon``, by p-bit; ``following`` int64 (n,) and ``count`` int64 (n,) are moved on."""
    time, pbit, number = [np.int64(0)], [np.int32(0)], [np.int64(0)]
    for i in range(len(tau)):
        while following[i] < horizon:
            if count[i] > 0:
                time.append(following[i])
                pbit.append(np.int32(i))
                number.append(count[i])
            count[i] += 1
            following[i] += exponential_interval(tau[i], uniform(purpose(key, i, count[i]), 0))
    return np.array(time)[1:], np.array(pbit)[1:], np.array(number)[1:]


def rounds(network: MixedNetwork, clock: str) -> tuple[int, np.ndarray, np.ndarray]:
    """Of a clock with rounds: ticks of one, and in it int64 (n,) the instants and int32 (n,) the p-bits, in order.

    A chromatic clock takes the p-bits class by class; classes are found greedily, and no two of one are coupled by J.
    Raises InputError where p-bits differ in pbit_tau_s, which is the period, or a round has more instants than ticks.
    """
    n = network.n_pbits
    if np.ptp(network.pbit_tau_s) > 0:
        raise InputError(f"the {clock} clock has one period: pbit_tau_s must be one number, and differs between p-bits")
    slot = np.arange(n) if clock == "sequential" else np.zeros(n, dtype=np.int64)
    if clock == "chromatic":
        slot[:] = -1
        for i in range(n):
            taken = set(slot[np.flatnonzero(network.coupling[i])])
            slot[i] = next(color for color in range(n) if color not in taken)
    period, slots = to_ticks(float(network.pbit_tau_s[0]), name="pbit_tau_s"), int(slot.max()) + 1
    if period < slots:
        raise InputError(f"a round of {slots} instants needs at least {slots} fs, got pbit_tau_s = {period} fs")
    order = np.lexsort((np.arange(n), slot))
    return period, slot[order] * period // slots, order.astype(np.int32)


class Schedule:
    """One realisation of a clock, in chunks that are complete before ``horizon``; ``updates`` counts its ticks.

    delay : ticks from an update until others see it;  end : ticks of the run, whose end is an event too
    """

    def __init__(self, network: MixedNetwork, clock: str, *, key: np.uint64, delay: int, end: int) -> None:
        self._key, self._delay, self._end = key, delay, end
        self._tau = network.pbit_tau_s / TICK_S
        self._rounds = None if clock == "poisson" else rounds(network, clock)
        self._round = 0
        self._following = np.zeros(network.n_pbits, dtype=np.int64)
        self._count = np.zeros(network.n_pbits, dtype=np.int64)
        self._under_way = nothing()
        self.horizon = self.updates = 0

    @property
    def ended(self) -> bool:
        """Whether all events have been given out."""
        return self.horizon == self._end

    def chunk(self) -> Events:
        """The next few thousand events."""
        time, pbit, number = self._ticks()
        self.updates += len(time)
        kind = np.full(len(time), READ, dtype=np.int8)
        seen = np.full(len(time), SEEN if self._delay else SEEN_AT_ONCE, dtype=np.int8)
        ticks, arrivals = Events(time, kind, pbit, number), Events(time + self._delay, seen, pbit, number)
        events = _joined(self._under_way, ticks, arrivals)
        order = np.lexsort((events.pbit, events.kind, events.time))
        events = Events(*(column[order] for column in events))
        now = int(np.searchsorted(events.time, self.horizon))
        self._under_way = Events(*(column[now:] for column in events))
        events = Events(*(column[:now] for column in events))
        return _joined(events, nothing(1, self._end)) if self.ended else events

    def _ticks(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Move the horizon on; the ticks up to there: time, p-bit, number of the p-bit's update from 1."""
        if self._rounds is None:
            self.horizon = min(self._end, self.horizon + max(1, int(_CHUNK / np.sum(1 / self._tau))))
            return _poisson(self._key, self._tau, self._following, self._count, self.horizon)
        period, instants, members = self._rounds
        turns = np.arange(self._round, self._round + max(1, _CHUNK // len(members)))
        self._round += len(turns)
        self.horizon = min(self._end, self._round * period)
        time = (turns[:, None] * period + instants).ravel()
        inside = time < self._end
        return time[inside], np.tile(members, len(turns))[inside], np.repeat(turns + 1, len(members))[inside]


def nothing(count: int = 0, time: int = 0) -> Events:
    """``count`` ends of a run at ``time``."""
    kinds = (np.int64, np.int8, np.int32, np.int64)
    return Events(*(np.full(count, v, dtype=t) for v, t in zip((time, END, 0, 0), kinds, strict=True)))


def _joined(*parts: Events) -> Events:
    return Events(*(np.concatenate(column) for column in zip(*parts, strict=True)))
