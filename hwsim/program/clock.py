"""The clock of a Program: who updates when."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwsim.cell.clock import CLOCKS, PARTICIPANTS, ClockKind
from hwsim.errors import InputError
from hwsim.program.record import Record, column, scalar
from hwsim.units import MOST_TICKS


@dataclass(frozen=True, kw_only=True, eq=False)
class Clock(Record):
    """Times are ticks of the grid.

    kind : a key of CLOCKS;  period : int, of one round;  participation : float in (0, 1], chance that a p-bit takes
    part in a synchronous tick;  participants : of PARTICIPANTS
    color : int32 (n,), colour class of each p-bit;  tau : float64 (n,), mean interval (poisson, free-running)
    own_tau : float64 (n,), the device's own tau of p-bits that set their rate themselves, whose tau is that of the
    clock that bounds it; else None. Sweeps and updates follow it, the ticks do not
    phase : int64 (n,), first tick (free-running);  jitter : float64 (n,) (free-running)
    """

    _name = "clock"

    kind: str = scalar(one_of=CLOCKS)
    period: int = scalar(least=1, most=MOST_TICKS)
    participation: float = scalar(above=0, most=1)
    participants: str = scalar(one_of=PARTICIPANTS, default="shared")
    color: np.ndarray = column(np.int32)
    tau: np.ndarray = column(np.float64, least=1, most=MOST_TICKS)
    phase: np.ndarray = column(np.int64, least=0)
    jitter: np.ndarray = column(np.float64, least=0)
    own_tau: np.ndarray | None = column(np.float64, least=0, most=MOST_TICKS, optional=True)

    def _check(self) -> None:
        if self.facts.colored and int(self.color.min()) < 0:
            raise InputError(f"program.color must be >= 0, got {self.color.min()}")
        slots = 1 if self.is_own else self.n_slots
        if self.period < slots:
            raise InputError(
                f"a {self.kind} round of {slots} instants needs a period of at least {slots} fs, got {self.period}"
            )

    @property
    def facts(self) -> ClockKind:
        """What the table of clocks says about the kind."""
        return CLOCKS[self.kind]

    @property
    def is_own(self) -> bool:
        """Whether every p-bit has a clock of its own."""
        return self.facts.own

    @property
    def is_drawn(self) -> bool:
        """Whether two schedules differ: instants are drawn, or p-bits take part by chance.

        Phases and intervals of free-running p-bits belong to the die; without jitter, a die has but one schedule.
        """
        drawn = self.facts.drawn and (self.kind != "free-running" or bool(np.any(self.jitter > 0)))
        return drawn or self.schedule_share < 1

    @property
    def n_slots(self) -> int:
        """How many instants one round of a common clock has."""
        if self.facts.colored:
            return int(self.color.max()) + 1
        return len(self.tau) if self.facts.one_at_a_time else 1

    @cached_property
    def round_ticks(self) -> int:
        """One sweep: the period of a common clock, the mean tau where every p-bit has its own."""
        return max(1, round(self._mean_tau)) if self.is_own else self.period

    @cached_property
    def update_ticks(self) -> float:
        """Mean ticks between two updates of a p-bit: a sweep, longer where p-bits take part by chance."""
        return self._mean_tau if self.is_own else self.period / self.share

    @property
    def _mean_tau(self) -> float:
        return float(np.mean(self.tau if self.own_tau is None else self.own_tau))

    @cached_property
    def tick_interval(self) -> float:
        """Mean ticks between two instants at which a p-bit may decide: `update_ticks`, but where it sets its own rate,
        the interval of the clock that bounds it."""
        return float(np.mean(self.tau)) if self.is_own else self.update_ticks

    @property
    def share(self) -> float:
        """The share of p-bits that join a tick."""
        return self.participation if self.kind == "synchronous" else 1.0

    @property
    def own_share(self) -> int | None:
        """The share of p-bits that join a tick in units of 2**-32, rounded up, where each replica draws its own
        participants; None where none does, or all p-bits join."""
        if self.kind != "synchronous" or self.participants != "own":
            return None
        share = math.ceil(self.participation * 2**32)
        return share if share < 2**32 else None

    @property
    def schedule_share(self) -> float:
        """The share of p-bits that a schedule lets tick: all of them where each replica draws its own participants."""
        return self.share if self.own_share is None else 1.0
