"""Estimate: device seconds and joules of a run before it is made.

Enters: a problem, a chip and the anneal. Leaves: an Estimate, whose account is the one that the run then has: clocks do
not depend on states, so the updates of a seed are counted without running them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.anneal import Anneal, constant
from hwsim.arguments import named
from hwsim.cell.codes import has_own_clock
from hwsim.chip.chip import Chip
from hwsim.chip.library import chip as find_chip
from hwsim.cost.account import Account, account
from hwsim.cost.toggles import counts_flips, wires_of, with_flips
from hwsim.display import Facts, Shown, counted
from hwsim.engine.contract import Start, own_updates
from hwsim.engine.schedule import Schedule
from hwsim.errors import InputError
from hwsim.experiment.anneals import length_s, make_anneal
from hwsim.experiment.prepare import prepare
from hwsim.mapping.compile import Settings
from hwsim.memory import check_reads
from hwsim.problem.read import read
from hwsim.program import Program
from hwsim.session import Activity
from hwsim.units import format_si, to_seconds, whole

MOST_COUNTED = 50_000_000
"""Updates of a random clock that are counted one by one, about a second's work; of more, the mean is told."""
_CHUNK = 65_536


@dataclass(frozen=True, kw_only=True, repr=False)
class Estimate(Shown):
    """What a run of ``reads`` reads will take. account : of one read, as `hwsim.cost.solution.account_of` has it after
    the run;  n_pbits : that it needs;  updates : of all p-bits in one read, mean over reads
    is_exact : whether the run of this seed has this account to the last bit; else a mean stands for what depends on
    chance, updates that are too many to count or flips of p-bits that set their own rate;  chip : its name

    Times and energies are None where a price is not known.
    """

    chip: str
    reads: int
    n_pbits: int
    updates: float
    is_exact: bool
    account: Account

    @property
    def fixed_s(self) -> float | None:
        """Seconds to program the problem, once."""
        return self.account.program_s

    @property
    def read_s(self) -> float:
        """Seconds of each read, with read-out."""
        return self.account.total_time_s

    @property
    def total_s(self) -> float:
        """Seconds of programming, where its price is known, and of all reads."""
        return (self.fixed_s or 0.0) + self.reads * self.read_s

    @property
    def fixed_j(self) -> float | None:
        """Joules to program the problem, once."""
        return self.account.program_j

    @property
    def read_j(self) -> float | None:
        """Joules of each read, with read-out."""
        return self.account.total_energy_j

    @property
    def total_j(self) -> float | None:
        """Joules of programming, where its price is known, and of all reads."""
        return None if self.read_j is None else (self.fixed_j or 0.0) + self.reads * self.read_j

    @property
    def facts(self) -> dict[str, Any]:
        """The estimate as plain numbers: the account of a read, and the sums."""
        return {
            "chip": self.chip,
            "reads": self.reads,
            "n_pbits": self.n_pbits,
            "updates": self.updates,
            "is_exact": self.is_exact,
            "fixed_s": self.fixed_s,
            "read_s": self.read_s,
            "total_s": self.total_s,
            "fixed_j": self.fixed_j,
            "read_j": self.read_j,
            "total_j": self.total_j,
        } | self.account.facts

    def _shown(self) -> tuple[str, Facts]:
        unknown = [*self.account.unknown_time, *self.account.unknown_energy]
        return f"Estimate: {counted(self.reads, 'read')} on {self.chip}, {counted(self.n_pbits, 'p-bit')}", [
            ("programming, once", _both(self.fixed_s, self.fixed_j)),
            ("each read", _both(self.read_s, self.read_j)),
            ("of it, p-bits alone", _both(self.account.device_time_s, self.account.device_energy_j)),
            ("together", _both(self.total_s, self.total_j)),
            ("without a price", ", ".join(dict.fromkeys(unknown)) or None),
        ]


@named
def estimate(
    problem: Any,
    chip: Chip | str,
    *,
    time: str | float | None = None,
    anneal: Anneal | None = None,
    reads: int = 256,
    schedules: int = 4,
    seed: int = 0,
    settings: Settings | None = None,
) -> Estimate:
    """Time and energy of ``reads`` reads of ``problem`` on ``chip``, the fixed part and the part of each read apart.

    problem : what `hwsim.read` takes;  chip : a Chip or the name of a card
    time : of one read, by default 200 updates of a p-bit, as in ``hwsim run``;  anneal : a whole anneal instead
    schedules, seed : of the run, on which the number of updates of a random clock depends
    settings : of `hwsim.compile`. Where wires or flips have a price of their own, a few reads count them, as an account
    does. Raises InputError, DoesNotFitError.
    """
    for name, value in (("reads", reads), ("schedules", schedules)):
        whole(value, name=name, least=1)
    whole(seed, name="seed")
    if anneal is not None and time is not None:
        raise InputError("anneal is a whole anneal, and time is its own: give one of them")
    posed = read(problem)
    machine = chip if isinstance(chip, Chip) else find_chip(chip)
    ready = prepare(posed, machine, settings)
    program = ready.program
    if anneal is None:
        if program.prices.wire_j is None and program.prices.flip_j is None:  # then only its length is paid
            anneal = constant(1.0, length_s(program, time))
        else:
            anneal = make_anneal(posed, program, beta=None, time=time)
    check_reads(program.n_pbits, reads, schedules=schedules)
    start = Start(reads=reads, schedules=min(schedules, reads), seed=seed)
    updates, is_counted = _updates(program, start, anneal.end)
    activity = Activity(n_pbits=program.n_pbits, run_s=to_seconds(anneal.end), updates=updates)
    activity = with_flips(activity, program, anneal)
    return Estimate(
        chip=machine.name,
        reads=reads,
        n_pbits=program.n_pbits,
        updates=updates,
        is_exact=is_counted and not (program.prices.flip_j is not None and counts_flips(program)),
        account=account(activity, program.prices, wires_j=wires_of(program, anneal)),
    )


def _updates(program: Program, start: Start, end: int) -> tuple[float, bool]:
    """(updates of all p-bits before tick ``end``, mean over the reads; whether they were counted)."""
    clock, cells = program.clock, program.cells
    own = round(own_updates(program, end * start.reads)) / start.reads
    part = 1.0 if clock.own_share is None else clock.share  # each tick is an update of so many reads
    n_regular = int(np.count_nonzero(~has_own_clock(cells.law) & ~cells.held))
    if not n_regular:
        return own, True
    if not clock.is_own and not clock.is_drawn:  # every period is like the first
        periods, rest = divmod(end, clock.period)
        ticks = periods * n_regular + _count(program, start, 0, rest)
        return own + round(part * ticks * start.reads) / start.reads, True
    schedules = start.schedules if clock.is_drawn else 1
    mean = n_regular * end / clock.update_ticks
    if mean * schedules > MOST_COUNTED:
        return own + mean, False
    if schedules == 1:
        return own + _count(program, start, 0, end), True
    counts = [
        _count(program, start, number, end) * len(reads) for number, reads in enumerate(start.replicas_by_schedule())
    ]
    return own + sum(counts) / start.reads, True


def _count(program: Program, start: Start, number: int, end: int) -> int:
    """Updates in one read of schedule ``number``."""
    schedule = Schedule(program, start.keys(number)[1])
    while schedule.horizon < end:
        schedule.chunk(end, _CHUNK)
    return schedule.updates


def _both(time_s: float | None, energy_j: float | None) -> str | None:
    """Words on a time and an energy; None where neither is known."""
    known = [format_si(time_s, "s")] if time_s is not None else []
    known += [format_si(energy_j, "J")] if energy_j is not None else []
    return ", ".join(known) or None
