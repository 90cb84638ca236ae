"""What a trace says from update to update: the energy of a read at every instant, and the state before each update.

Enters: a run with recorded traces. Leaves: the energy after each instant, counted anew, so that the last one is that of
the run to the last bit; or the states that updates replaced.
"""

import numpy as np

from hwsim.errors import InputError
from hwsim.session import Run

_ROWS = 4096
"""How many states are counted at once."""


def energy_steps(run: Run, read: int = 0) -> list[tuple[int, float]]:
    """(tick, energy) of recorded ``read``: of the initial state at tick 0, then one entry for each instant, tick 0
    included where p-bits update then. Needs a program without chains,
    whose p-bits are the variables. Raises InputError where the run recorded no trace."""
    if run.initial_states is None or read not in run.traces:
        raise InputError(f"the run recorded no trace of read {read}: give record=({read},)")
    times, pbits, values = run.traces[read]
    program = run.program
    state = run.initial_states[read].copy()
    steps: list[tuple[int, float]] = [(0, float(program.energies(state[None])[0]))]
    ends = np.flatnonzero(np.append(np.diff(times) != 0, len(times) > 0))
    first = 0
    for part in np.array_split(ends, max(1, len(ends) // _ROWS)):
        rows = np.empty((len(part), len(state)), dtype=np.int8)
        for row, end in enumerate(part):
            for k in range(first, end + 1):
                state[pbits[k]] = values[k]
            rows[row], first = state, end + 1
        steps += zip(times[part].tolist(), program.energies(rows).tolist(), strict=True)
    return steps


def before(pbit: np.ndarray, value: np.ndarray, initial: np.ndarray) -> np.ndarray:
    """int8 (events,): the state of each event's p-bit before it.

    pbit, value : (events,), of a trace;  initial : int8 (n,), the states at time 0
    """
    order = np.argsort(pbit, kind="stable")
    sorted_pbit, sorted_value = pbit[order], value[order]
    old = np.empty(len(value), dtype=np.int8)
    first = np.concatenate(([True], sorted_pbit[1:] != sorted_pbit[:-1])) if len(value) else np.zeros(0, dtype=bool)
    previous = np.concatenate(([0], sorted_value[:-1])) if len(value) else sorted_value
    old[order] = np.where(first, np.asarray(initial)[sorted_pbit], previous)
    return old
