"""Toggles: how often p-bits change, and the energy that they and their wires take for it.

Enters: a Program and an Anneal. Leaves: joules of one read with their error, or flips, from a few extra reads whose
updates are kept. These always have the same seed, so the cost depends only on the program, the anneal and the price.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np

from hwsim.analysis.steps import before
from hwsim.anneal import Anneal
from hwsim.engine.contract import sets_own_rate
from hwsim.program import Program, content_hash
from hwsim.session import Activity
from hwsim.session import run as emulate

READS, SEED = 8, 0
MOST_UPDATES = 20_000_000
"""At most so many updates are kept at once, 24 bytes each."""
_KEPT = 8
_counted: "OrderedDict[tuple, np.ndarray]" = OrderedDict()
"""Toggles by program, anneal, reads and seed; prices do not enter."""


@dataclass(frozen=True, kw_only=True)
class Toggled:
    """toggles : mean number in a read;  wire_j : energy of its wires in J;  error : standard error between reads, J"""

    toggles: float
    wire_j: float
    error: float


def toggled(program: Program, anneal: Anneal, *, reads: int = READS, seed: int = SEED) -> Toggled | None:
    """Toggles of all p-bits and the energy of their wires; None where wires have no price or a read is too long to
    keep."""
    price = program.prices.wire_j
    if price is None:
        return None
    reads = _affordable(program, anneal, reads)
    if reads < 2:
        return None
    counts = _counts(program, anneal, reads, seed)
    joules = [float(changed @ price) for changed in counts]
    return Toggled(
        toggles=float(np.mean(counts.sum(axis=1))),
        wire_j=float(np.mean(joules)),
        error=float(np.std(joules, ddof=1) / np.sqrt(reads)),
    )


def wires_of(program: Program, anneal: Anneal | None) -> float | None:
    """Joules of the wires in one run: 0 where they have no price of their own; None where they have one and their
    toggles are not counted, as where ``anneal`` is None because the run is more than an anneal."""
    if program.prices.wire_j is None:
        return 0.0
    found = None if anneal is None else toggled(program, anneal)
    return None if found is None else found.wire_j


def with_flips(activity: Activity, program: Program, anneal: Anneal | None) -> Activity:
    """``activity`` with the flips of its run, where they have a price and the run did not count them itself; as it is
    where they cannot be counted, as where ``anneal`` is None because the run is more than an anneal."""
    return activity if activity.flips is not None else replace(activity, flips=flips_of(program, anneal))


def counts_flips(program: Program) -> bool:
    """Whether a run of ``program`` counts its flips itself, as p-bits that set their own rate do."""
    return bool(np.any(sets_own_rate(program)))


def flips_of(program: Program, anneal: Anneal | None) -> float | None:
    """Mean flips of a read; None where they have no price, and where they cannot be counted."""
    if program.prices.flip_j is None or anneal is None:
        return None
    reads = _affordable(program, anneal, READS)
    return None if reads < 2 else float(np.mean(_counts(program, anneal, reads, SEED).sum(axis=1)))


def _affordable(program: Program, anneal: Anneal, reads: int) -> int:
    """How many of ``reads`` reads can be kept whole."""
    ticks = program.n_pbits * anneal.end / program.clock.tick_interval
    return int(min(reads, MOST_UPDATES // max(ticks, 1)))


def _counts(program: Program, anneal: Anneal, reads: int, seed: int) -> np.ndarray:
    """int64 (reads, n): toggles of each p-bit. The last few results are kept, as points of one program may differ only
    in their prices."""
    steps = (anneal.start.tobytes(), anneal.beta.tobytes(), anneal.drives.tobytes(), anneal.end)
    key = (content_hash(program), steps, reads, seed)
    if key not in _counted:
        _counted[key] = _count(program, anneal, reads, seed)
        while len(_counted) > _KEPT:
            _counted.popitem(last=False)
    _counted.move_to_end(key)
    return _counted[key]


def _count(program: Program, anneal: Anneal, reads: int, seed: int) -> np.ndarray:
    run = emulate(
        program, anneal=anneal, reads=reads, schedules=reads, seed=seed, checkpoints=1, record=tuple(range(reads))
    )
    counts = np.zeros((reads, program.n_pbits), dtype=np.int64)
    for read in range(reads):
        assert run.initial_states is not None
        _, pbit, value = run.traces[read]
        flips = value != before(pbit, value, run.initial_states[read])
        counts[read] = np.bincount(pbit[flips], minlength=program.n_pbits)
    return counts
