"""What an algorithm hands back: the answers of independent runs, and what the machine did for each of them.

Enters: nothing but numbers. Leaves: records. Prices are the chip's, and `hwsim.cost` turns both into seconds and
joules; what is here needs no price.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from hwsim.engine.run import Run, device_energy_j
from hwsim.program import Program
from hwsim.units import to_seconds


@dataclass(frozen=True, kw_only=True)
class Activity:
    """What one run of an algorithm asks of the machine.

    n_pbits : p-bits of one copy of the network;  replicas : states that are kept;  copies : networks on the machine
    at once;  run_s : seconds that p-bits update, copies at once and turns one after the other;  settle_s : seconds
    until signals under way have arrived, before states are read;  updates : of p-bits, all replicas
    reads, writes : whole states read and written;  read_rounds, write_rounds : how often the machine waits for that,
    copies at once;  swaps : exchanges and cluster moves that were decided
    """

    n_pbits: int
    replicas: int = 1
    copies: int = 1
    run_s: float = 0.0
    settle_s: float = 0.0
    updates: float = 0.0
    reads: float = 1.0
    writes: float = 0.0
    read_rounds: float = 1.0
    write_rounds: float = 0.0
    swaps: float = 0.0

    @property
    def device_time_s(self) -> float:
        """Seconds on the machine that need no price: running and settling."""
        return self.run_s + self.settle_s


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Independent runs of an algorithm on one Program.

    energies : float64 (reads,), of the best replica at the end;  states : int8 (reads, n), its state
    group : int (reads,), schedule group of each read
    checkpoint_times_s : float64 (c,);  checkpoint_energies : float64 (c, reads), of the best replica then
    best_energies : float64 (c, reads), the least that was read up to then
    betas : of the replicas, where there is a ladder;  facts : rates and the like, by name
    """

    program: Program
    algorithm: str
    engine: str
    seed: int
    energies: np.ndarray
    states: np.ndarray
    group: np.ndarray
    checkpoint_times_s: np.ndarray
    checkpoint_energies: np.ndarray
    best_energies: np.ndarray
    activity: Activity
    host_seconds: float
    interrupted: bool = False
    betas: np.ndarray | None = None
    facts: dict[str, list[float]] = field(default_factory=dict)

    @property
    def reads(self) -> int:
        """How many independent runs."""
        return len(self.energies)

    @property
    def device_time_s(self) -> float:
        """Seconds of one run without reading and writing, which have prices of their own."""
        return self.activity.device_time_s

    @property
    def device_energy_j(self) -> float | None:
        """Joules of one run without reading and writing, or None where a price is not known; see `Run`."""
        return device_energy_j(self.program, updates=self.activity.updates, time_s=self.activity.device_time_s)

    @property
    def updates(self) -> int:
        """Updates of p-bits in all runs."""
        return round(self.activity.updates * self.reads)


def mean_activity(activities: Sequence[Activity]) -> Activity:
    """What a run asked of the machine on average, of several with the same p-bits, replicas and copies."""
    first = activities[0]
    means = {
        item.name: float(np.mean([getattr(activity, item.name) for activity in activities]))
        for item in fields(Activity)
        if item.name not in ("n_pbits", "replicas", "copies")
    }
    return replace(first, **means)  # type: ignore[arg-type]


def activity_of(run: Run) -> Activity:
    """What one read of ``run`` asked of the machine: its updates, and to be read at the end."""
    return Activity(n_pbits=run.program.n_pbits, run_s=run.device_time_s, updates=run.updates / run.reads)


def settle_s(program: Program) -> float:
    """Seconds until every signal under way has arrived: the longest delay, and the longest wait for an exchange."""
    longest = int(program.wires.delay.max(initial=0))
    if program.wires.exchange is not None:
        longest += int(program.wires.exchange.max(initial=0))
    return to_seconds(longest)


def turns(replicas: int, copies: int) -> int:
    """How many turns ``copies`` networks need to serve ``replicas`` states."""
    return -(-replicas // copies)
