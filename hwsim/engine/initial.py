"""What each read is given: initial states, given or drawn, then made valid for stuck p-bits and p-dits; and biases."""

import numpy as np

from hwsim.engine.contract import Start
from hwsim.engine.noise import initial_states
from hwsim.errors import InputError
from hwsim.program import Program
from hwsim.streams import generator


def checked(program: Program, states: np.ndarray | None, reads: int) -> np.ndarray | None:
    """``states`` as int8 (reads, n), None where there are none. Raises InputError unless they are +-1 of that shape."""
    if states is None:
        return None
    states = np.asarray(states)
    if states.shape != (reads, program.n_pbits) or not np.all(np.abs(states) == 1):
        raise InputError(f"initial_states must be +-1 of shape ({reads}, {program.n_pbits}), got {states.shape}")
    return states.astype(np.int8)


def checked_biases(program: Program, values: np.ndarray | None, reads: int) -> np.ndarray | None:
    """``values`` as float64 (reads, n), None where there are none. Raises InputError unless they are finite numbers of
    that shape, 0 where the program declares no bias of each read's own."""
    if values is None:
        return None
    values, declared = np.asarray(values), program.cells.read_bias
    if values.shape != (reads, program.n_pbits) or values.dtype.kind not in "fiub":
        raise InputError(
            f"read_bias must be numbers of shape ({reads}, {program.n_pbits}), got {values.dtype} {values.shape}"
        )
    values = values.astype(np.float64, copy=False)
    if not np.isfinite(values).all():
        raise InputError("read_bias holds a value that is not finite")
    if not declared.all() and values[:, ~declared].any():
        i = int(np.flatnonzero(~declared & values.any(axis=0))[0])
        raise InputError(
            f"read_bias must be 0 at p-bit {i}, which has no bias of each read's own: program.changed(read_bias=...) "
            "declares them, bool (n,)"
        )
    return values


def allowed(program: Program, start: Start) -> np.ndarray | None:
    """The initial states int8 (reads, n), stuck p-bits at their values and each p-dit at one level; None where the
    engine draws them itself.

    A p-dit with several lines at +1, or none, gets a level from a random number of its own.
    """
    pdit, stuck = program.cells.pdit, program.cells.stuck != 0
    if pdit is None and not np.any(stuck):
        return start.initial
    if start.initial is not None:
        states = start.initial.copy()
    else:
        states = np.empty((start.reads, program.n_pbits), dtype=np.int8)
        for number, replicas in enumerate(start.replicas_by_schedule()):
            key, lanes = np.uint64(start.keys(number)[2]), start.lanes(len(replicas))
            states[replicas] = initial_states(key, int(lanes[-1]) + 1, program.n_pbits)[lanes]
    states[:, stuck] = program.cells.stuck[stuck]
    if pdit is not None:
        source = generator(start.seed, "levels at the start")
        for first, k in zip(*np.unique(pdit, return_counts=True), strict=True):
            lines = states[:, first : first + k]
            level = source.integers(0, k, len(states))
            wrong = (np.sum(lines == 1, axis=1) != 1) & (k > 1)
            lines[wrong] = np.where(np.arange(k) == level[wrong, None], 1, -1)
    return states
