"""The pilot: how many schedules the reads of a run are spread over, where nobody says it.

Enters: a Program, an anneal, how many reads. Leaves: a number, always the same for the same program, anneal and reads.

Reads of one schedule share who updates when, so that their energies correlate, by rho. A mean over schedules of m reads
each then has 1 + (m - 1) rho times the variance of as many independent reads (the design effect: Kish, Survey Sampling,
1965, section 5.4). More schedules make the reads worth more, and cost this computer more: where a schedule costs as
much as C reads, the best m is sqrt(C (1 - rho) / rho) (section 8.3).
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hwsim.anneal import Anneal
from hwsim.display import Facts, Shown, counted
from hwsim.interrupt import Stopped
from hwsim.program import Program
from hwsim.session.session import Session
from hwsim.session.settings import RunSettings

AUTO = "auto"
"""What `schedules` may be in place of a number."""
SCHEDULES, READS, SEED = 8, 64, 0
"""Of a pilot: schedules, reads of each, and the seed."""
_COST = 16.0  # reads that cost as much as a schedule: 10 to 50 on dense and lanes, more on bitplanes
_LEAST = 4  # schedules from which an interval means something


class PilotStopped(Stopped):
    """Ctrl-C or ``interrupt`` stopped the pilot, which then knows nothing."""


@dataclass(frozen=True, kw_only=True)
class Pilot(Shown):
    """schedules : how many;  correlation : of the energies of two reads of one schedule at the end, from the pilot;
    None where no pilot ran, as the reads are independent in any case"""

    schedules: int
    correlation: float | None

    def __str__(self) -> str:
        if self.correlation is None:
            return f"{counted(self.schedules, 'schedule')}, as reads that share it are independent"
        return (
            f"{counted(self.schedules, 'schedule')}, by a pilot of {SCHEDULES} x {READS} reads: the energies of two "
            f"reads of one schedule correlate by {self.correlation:.2g}"
        )

    def _shown(self) -> tuple[str, Facts]:
        return f"Pilot: {self}", []


def pilot(program: Program, anneal: Anneal, *, reads: int, **how: Any) -> Pilot:
    """Run the pilot of ``program``, of fixed seed and size. Raises PilotStopped.

    how : threads, progress and interrupt of RunSettings
    """
    if program.reads_are_independent:
        return Pilot(schedules=1, correlation=None)
    settings = replace(RunSettings(reads=SCHEDULES * READS, schedules=SCHEDULES, seed=SEED), **how)
    with Session(program, settings, anneal, end=anneal.end) as session:
        session.advance(anneal.end)
        energies = session.state.energies()
    if session.stopped:
        raise PilotStopped
    rho = correlation(energies.reshape(SCHEDULES, READS))
    each = math.sqrt(_COST * (1 - rho) / rho) if rho > 0 else math.inf
    wanted = reads if each < 1 else math.ceil(reads / each)
    return Pilot(schedules=min(reads, max(_LEAST, wanted)), correlation=rho)


def correlation(values: np.ndarray) -> float:
    """The correlation of two ``values`` (groups, size) of one group, between 0 and 1: by analysis of variance (Fisher
    1925)."""
    size = values.shape[1]
    between = size * float(values.mean(axis=1).var(ddof=1))
    within = float(values.var(axis=1, ddof=1).mean())
    total = between + (size - 1) * within
    return min(1.0, max(0.0, (between - within) / total)) if total > 0 else 0.0
