"""What one read did, as the page plays it: every update, one bit for each update of a regular clock, or frames.

Enters: a trace on the time grid, or states at some moments. Leaves: plain data for JSON, with references to arrays (see
`codec`). Nothing is rounded: the state that the page shows at an instant is the state of the emulation there.
"""

from typing import Any

import numpy as np

from hwsim.analysis.steps import before
from hwsim.anneal import Anneal
from hwsim.engine.contract import sets_own_rate
from hwsim.engine.schedule import slot_time
from hwsim.program import Program
from hwsim.report.view.codec import Arrays

Trace = tuple[np.ndarray, np.ndarray, np.ndarray]
"""(ticks, p-bits, new values), ordered by (tick, p-bit)."""


def events(arrays: Arrays, program: Program, trace: Trace, initial: np.ndarray, end: int) -> dict[str, Any]:
    """The ``history`` of a trace up to tick ``end``. initial : int8 (n,), the states before it.

    Of p-bits that set their own rate only changes are kept: the ticks between them are the emulator's proposals.
    """
    time, pbit, value = _meant(program, trace, initial)
    kept = int(np.searchsorted(time, end))
    time, pbit, value = time[:kept], pbit[:kept].astype(np.int64), value[:kept]
    facts: dict[str, Any] = {"end": int(end), "initial": arrays.spins(initial), "n": len(time)}
    members = _members(program)
    if members is not None:
        slot_times, slot_pbits = regular(program, members, end)
        if np.array_equal(slot_times, time) and np.array_equal(slot_pbits, pbit):
            clock = program.clock
            return facts | {
                "kind": "slots",
                "period": clock.period,
                "slots": clock.n_slots,
                "member": arrays.whole(np.concatenate(members)),
                "members": arrays.whole([len(each) for each in members]),
                "changed": arrays.bits(value != before(pbit, value, initial)),
            }
    return facts | {
        "kind": "events",
        "time": arrays.whole(time, rising=True),
        "pbit": arrays.whole(pbit),
        "value": arrays.spins(value),
    }


def _meant(program: Program, trace: Trace, initial: np.ndarray) -> Trace:
    time, pbit, value = trace
    own = sets_own_rate(program)
    if not own.any():
        return trace
    kept = ~own[pbit] | (value != before(pbit, value, initial))
    return time[kept], pbit[kept], value[kept]


def _members(program: Program) -> list[np.ndarray] | None:
    """The p-bits of each slot of a round, where the clock is regular; else None."""
    clock, held = program.clock, program.cells.held
    if clock.kind == "sequential":
        return [np.array([i]) for i in range(program.n_pbits)] if not held.any() else None
    if clock.kind == "chromatic":
        return [np.flatnonzero((clock.color == slot) & ~held) for slot in range(clock.n_slots)]
    if clock.kind == "synchronous" and clock.participation >= 1:
        return [np.flatnonzero(~held)]
    return None


def regular(program: Program, members: list[np.ndarray], end: int) -> tuple[np.ndarray, np.ndarray]:
    """(ticks, p-bits) of every update before ``end`` of a regular clock."""
    period, n_slots = program.clock.period, program.clock.n_slots
    rounds = -(-end // period)
    times = np.array([slot_time(slot, period, n_slots) for slot in range(n_slots)], dtype=np.int64)
    one = np.repeat(times, [len(each) for each in members])
    time = (np.arange(rounds)[:, None] * period + one).ravel()
    pbit = np.tile(np.concatenate(members), rounds)
    kept = time < end
    return time[kept], pbit[kept].astype(np.int64)


def frames(arrays: Arrays, times: np.ndarray, states: np.ndarray, end: int) -> dict[str, Any]:
    """The ``history`` of ``states`` int8 (k, n) at ``times`` int64 (k,) ticks; each is stored as its difference from
    the one before."""
    up = np.asarray(states) > 0
    changed = up.copy()
    changed[1:] ^= up[:-1]
    return {
        "kind": "frames",
        "end": int(end),
        "n": len(times),
        "time": arrays.whole(times, rising=True),
        "changed": [arrays.bits(frame) for frame in changed],
    }


def frames_size(states: np.ndarray) -> int:
    """Bytes that ``states`` int8 (k, n) take as frames of a page."""
    arrays = Arrays()
    frames(arrays, np.arange(len(states)), states, len(states))
    return arrays.size


def curves(arrays: Arrays, names: list[str], x: np.ndarray, start: np.ndarray) -> dict[str, Any]:
    """Continuous cells: ``x`` float64 (events, m) as read at each event, ``start`` float64 (m,), in 2**16 steps."""
    every = np.concatenate((start[None], x))
    low, high = every.min(axis=0), every.max(axis=0)
    step = np.where(high > low, (high - low) / (2**16 - 1), 1.0)
    return {
        "names": names,
        "low": low.tolist(),
        "step": step.tolist(),
        "values": [arrays.whole(np.rint((column - a) / s)) for column, a, s in zip(every.T, low, step, strict=True)],
    }


def beta_steps(arrays: Arrays, anneal: Anneal) -> dict[str, Any]:
    """Beta against device time: from tick ``start[k]`` on it is ``beta[k]``."""
    return {"start": arrays.whole(anneal.start, rising=True), "beta": arrays.real(anneal.beta)}
