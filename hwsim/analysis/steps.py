"""The energy of a read at every instant of its trace.

Enters: a run with recorded traces. Leaves: the energy after each instant, computed from the one before and one
row of the network.
"""

import numpy as np

from hwsim.errors import InputError
from hwsim.session import Run


def energy_steps(run: Run, read: int = 0) -> list[tuple[int, float]]:
    """(tick, energy) of recorded ``read``, from tick 0 on; one entry for each instant. Needs a program without chains,
    whose p-bits are the variables. Raises InputError where the run recorded no trace."""
    if run.initial_states is None or read not in run.traces:
        raise InputError(f"the run recorded no trace of read {read}: give record=({read},)")
    times, pbits, values = run.traces[read]
    state = run.initial_states[read].copy()
    bias, indptr, indices, weight = run.program.problem_network
    energy = float(run.program.energies(state[None])[0])
    steps = [(0, energy)]
    for k in range(len(times)):
        i = int(pbits[k])
        if values[k] != state[i]:
            row = slice(indptr[i], indptr[i + 1])
            field = bias[i] + float(np.dot(weight[row], state[indices[row]]))
            energy += 2 * float(values[k]) * field
            state[i] = values[k]
        if k + 1 == len(times) or times[k + 1] != times[k]:
            if int(times[k]) == 0:
                steps = []
            steps.append((int(times[k]), energy))
    return steps
