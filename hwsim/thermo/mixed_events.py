"""The timing of a mixed machine: its clock, and the chunks of events that the fast run takes.

Enters: a MixedNetwork, a kind of clock, a delay. Leaves: a Clock, and chunks of events (a p-bit reads; others see its
new value), which do not depend on the state.
"""

from typing import NamedTuple

import numpy as np

from hwsim.cell.clock import CLOCKS
from hwsim.engine.schedule import Instants
from hwsim.errors import InputError
from hwsim.jit import njit
from hwsim.mapping.color import first_fit
from hwsim.program import Clock
from hwsim.thermo.mixed import MixedNetwork
from hwsim.thermo.mixed_noise import CLOCK_PLACE
from hwsim.units import TICK_S, to_ticks

SEEN, READ, SEEN_AT_ONCE, END = range(4)
"""The kinds of events, in their order within an instant: values under way arrive, p-bits read, values without delay
arrive."""
_CHUNK = 4096


def clock_of(network: MixedNetwork, kind: str) -> Clock:
    """The p-bits' clock of ``kind``, a key of CLOCKS. pbit_tau_s is the period of a common clock, and the (mean)
    interval of p-bits with clocks of their own; free-running clocks have no jitter and tick first at 0.

    A chromatic clock updates the p-bits class by class; each p-bit joins the first class in which J couples it to no
    other. Raises InputError for an unknown clock, for a pbit_tau_s below 1 fs, for one that differs between p-bits of a
    common clock, and for a round of more instants than ticks.
    """
    if kind not in CLOCKS:
        raise InputError(f"clock must be one of {', '.join(CLOCKS)}, got {kind!r}")
    n, tau = network.n_pbits, network.pbit_tau_s / TICK_S
    if not CLOCKS[kind].own and np.ptp(tau) > 0:
        raise InputError(f"the {kind} clock has one period: pbit_tau_s must be one number, but differs between p-bits")
    if tau.min() < 1:
        raise InputError(f"pbit_tau_s must be at least 1 fs, got {network.pbit_tau_s.min():g}")
    color, couplings = np.zeros(n, dtype=np.int32), network.couplings
    if CLOCKS[kind].colored:
        color = first_fit(couplings.indptr, couplings.indices, np.arange(n))
    return Clock(
        kind=kind,
        period=to_ticks(float(network.pbit_tau_s[0]), name="pbit_tau_s"),
        participation=1.0,
        color=color,
        tau=tau,
        phase=np.zeros(n, dtype=np.int64),
        jitter=np.zeros(n),
    )


class Events(NamedTuple):
    """Events in order: int64 times in ticks, int8 kinds, int32 p-bits, int64 numbers of their updates."""

    time: np.ndarray
    kind: np.ndarray
    pbit: np.ndarray
    number: np.ndarray


class Schedule:
    """One realisation of a clock, in chunks; ``updates`` counts the updates.

    key : of the clock's stream;  delay : ticks from an update until others see it;  end : length of the run in ticks;
    its end is an event too
    """

    def __init__(self, clock: Clock, *, key: np.uint64, delay: int, end: int) -> None:
        self._instants = Instants(clock, int(key), place=CLOCK_PLACE)
        self._delay, self._end = delay, end
        self._under_way = nothing()
        self.updates = 0

    @property
    def ended(self) -> bool:
        """Whether all events have been given out."""
        return self._instants.horizon == self._end

    def chunk(self) -> Events:
        """The next few thousand events."""
        time, pbit, number = self._instants.stretch(self._end, _CHUNK)
        self.updates += len(time)
        kind = np.full(len(time), SEEN if self._delay else SEEN_AT_ONCE, dtype=np.int8)
        reads = Events(time, np.full_like(kind, READ), pbit, number)
        sent = Events(time + self._delay, kind, pbit, number)
        seen = Events(*(np.concatenate(columns) for columns in zip(self._under_way, sent, strict=True)))
        now = int(np.searchsorted(seen.time, self._instants.horizon))
        self._under_way = Events(*(column[now:] for column in seen))
        out = nothing(len(time) + now + self.ended, self._end)
        _merge(reads, Events(*(column[:now] for column in seen)), out)
        return out


def nothing(count: int = 0, time: int = 0) -> Events:
    """``count`` ends of a run at ``time``."""
    kinds = (np.int64, np.int8, np.int32, np.int64)
    return Events(*(np.full(count, v, dtype=t) for v, t in zip((time, END, 0, 0), kinds, strict=True)))


@njit(nogil=True)
def _merge(reads, seen, out):
    """Merge ``reads`` and ``seen``, each in order of (time, p-bit), into the start of ``out`` in order of (time, kind,
    p-bit)."""
    a = b = 0
    for e in range(len(reads.time) + len(seen.time)):
        first = b == len(seen.time)
        if not first and a < len(reads.time):
            apart = reads.time[a] - seen.time[b]
            first = apart < 0 or (apart == 0 and reads.kind[a] < seen.kind[b])
        if first:
            out.time[e], out.kind[e] = reads.time[a], reads.kind[a]
            out.pbit[e], out.number[e] = reads.pbit[a], reads.number[a]
            a += 1
        else:
            out.time[e], out.kind[e] = seen.time[b], seen.kind[b]
            out.pbit[e], out.number[e] = seen.pbit[b], seen.number[b]
            b += 1
