"""Toggles: how often p-bits change, and the energy that their wires take for it.

Enters: a Program and an Anneal. Leaves: joules of one read with their error, from a few reads whose updates are kept.
"""

from dataclasses import dataclass

import numpy as np

from hwsim.analysis.design_rule import update_ticks
from hwsim.anneal import Anneal
from hwsim.program import Program
from hwsim.session import run as emulate

MOST_UPDATES = 20_000_000
"""Updates kept at once, 24 bytes each."""


@dataclass(frozen=True, kw_only=True)
class Toggled:
    """toggles : mean number of a read;  wire_j : energy of its wires, error : standard error between reads, in J."""

    toggles: float
    wire_j: float
    error: float


def toggled(program: Program, anneal: Anneal, *, reads: int = 8, seed: int = 0) -> Toggled | None:
    """Toggles of all p-bits, and what their wires take; None where that has no price or a read is too long to keep."""
    if program.prices.wire_j is None:
        return None
    updates = program.n_pbits * anneal.end / update_ticks(program)
    reads = int(min(reads, MOST_UPDATES // max(updates, 1)))
    if reads < 2:
        return None
    run = emulate(
        program, anneal=anneal, reads=reads, schedules=reads, seed=seed, checkpoints=1, record=tuple(range(reads))
    )
    counts, joules = [], []
    for read in range(reads):
        assert run.initial_states is not None
        _, pbit, value = run.traces[read]
        order = np.argsort(pbit, kind="stable")
        which, values = pbit[order], value[order]
        before = np.empty_like(values)
        before[1:] = values[:-1]
        first = np.concatenate(([True], which[1:] != which[:-1])) if len(which) else np.zeros(0, dtype=bool)
        before[first] = run.initial_states[read][which[first]]
        changed = np.bincount(which[values != before], minlength=program.n_pbits)
        counts.append(int(changed.sum()))
        joules.append(float(changed @ program.prices.wire_j))
    return Toggled(
        toggles=float(np.mean(counts)), wire_j=float(np.mean(joules)),
        error=float(np.std(joules, ddof=1) / np.sqrt(reads)),
    )  # fmt: skip
