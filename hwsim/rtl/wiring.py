"""Wiring: which slot each p-bit updates in, and through which registers it sees its neighbours.

Enters: the clock and the wires of a Program. Leaves: a Wiring in slots of the common clock. A p-bit that commits in
slot q is seen from slot q + 1 on; later where a wire is longer than a slot, or where values cross at intervals.
"""

import math
from dataclasses import dataclass

import numpy as np

from hwsim.engine.schedule import slot_time
from hwsim.errors import UnsupportedError
from hwsim.program import Clock, Program
from hwsim.units import format_si, to_seconds

_MOST_STAGES = 64
_MOST_CYCLE = 2**16
"""Slots in which the instants of exchange must have come round."""


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """slot : int64 (n,), of each p-bit within a round;  n_slots : of a round
    exchange : slots from one exchange of values to the next, 0 where nothing waits for one
    waits : bool (m,), connections whose values leave at an exchange alone
    stages : int64 (m,), registers that a value passes after that
    """

    slot: np.ndarray
    n_slots: int
    exchange: int
    waits: np.ndarray
    stages: np.ndarray


def wiring(program: Program) -> Wiring:
    """The Wiring of ``program``. Raises UnsupportedError for a wire that is no whole number of slots."""
    clock, wires, n = program.clock, program.wires, program.n_pbits
    if clock.facts.colored:
        slot = clock.color.astype(np.int64)
    else:
        slot = np.arange(n) if clock.facts.one_at_a_time else np.zeros(n, dtype=np.int64)
    waits = np.zeros(len(wires.delay), dtype=bool) if wires.exchange is None else wires.exchange > 0
    intervals = np.unique(wires.exchange[waits]) if wires.exchange is not None else np.zeros(0, dtype=np.int64)
    if len(intervals) > 1:
        raise UnsupportedError("no Verilog: wires exchange values at different intervals, and there is one counter")
    exchange = _exchange_slots(clock, int(intervals[0])) if len(intervals) else 0
    stages = np.zeros(len(wires.delay), dtype=np.int64)
    for delay in np.unique(wires.delay[wires.delay > 0]):
        late = wires.delay == delay
        stages[late & ~waits] = _slots_of(clock, int(delay)) - 1
        stages[late & waits] = _slots_of(clock, int(delay), exactly=True)
    if stages.max(initial=0) > _MOST_STAGES:
        raise UnsupportedError(
            f"no Verilog: a wire delays by {stages.max()} slots, and the longest line of registers has {_MOST_STAGES}: "
            "give a shorter --delay"
        )
    return Wiring(slot=slot, n_slots=clock.n_slots, exchange=exchange, waits=waits, stages=stages)


def _slots_of(clock: Clock, delay: int, *, exactly: bool = False) -> int:
    """Slots from a commit until a value is seen that is ``delay`` ticks under way. exactly : slots must be even in any
    case, as the value leaves at an exchange."""
    least = clock.period // clock.n_slots  # slots are rounded down to the grid
    if delay <= least and not exactly:
        return 1
    if clock.period % clock.n_slots:
        raise UnsupportedError(
            f"no Verilog: a delay of {_time(delay)} is more than a slot, and the {clock.n_slots} slots of a period of "
            f"{_time(clock.period)} are not equally long: give a --period that the slots divide, or a --delay of "
            f"at most {_exact(least)}"
        )
    return -(-delay // least)


def _exchange_slots(clock: Clock, every: int) -> int:
    """Slots between two exchanges, which come every ``every`` ticks: a slot exchanges if an instant of exchange lies
    at it, or between it and the slot before."""
    period, n = clock.period, clock.n_slots
    rounds = math.lcm(every, period) // period
    if rounds * n <= _MOST_CYCLE:
        times = np.array([slot_time(k, period, n) for k in range(rounds * n + 1)], dtype=object)
        at = np.flatnonzero(np.diff(times // every) > 0) + 1
        gaps = np.diff(np.concatenate(([0], at)))
        if len(gaps) and np.all(gaps == gaps[0]):
            return int(gaps[0])
    raise UnsupportedError(
        f"no Verilog: chips exchange values every {_time(every)}, which is no whole number of slots: give --exchange a "
        f"multiple of {_exact(period // n if period % n == 0 else period)}"
    )


def _time(ticks: int) -> str:
    return format_si(to_seconds(ticks), "s")


def _exact(ticks: int) -> str:
    """A time to be given back as it stands: all its digits."""
    return format_si(to_seconds(ticks), "s", digits=15)


def first_slot(clock: Clock, tick: int) -> int:
    """Number of the first slot at or after grid time ``tick``."""
    period, n = clock.period, clock.n_slots
    slot = (tick // period) * n
    while slot_time(slot, period, n) < tick:
        slot += max(1, (tick - slot_time(slot, period, n)) * n // period)
    while slot > 0 and slot_time(slot - 1, period, n) >= tick:
        slot -= 1
    return slot
