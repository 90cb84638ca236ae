"""What an algorithm hands back: the answers of independent runs, and what the machine did for each of them.

Enters: nothing but numbers. Leaves: records. Prices are the chip's, so `hwsim.analysis.ledger` turns them into seconds
and joules; what is here needs no price.
"""

from dataclasses import dataclass, field

import numpy as np

from hwsim.program import Program
from hwsim.session import Activity


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
        """Energy of one run's updates in J, or None where the price is not known."""
        price = self.program.prices.update_j
        return None if price is None else price * self.activity.updates

    @property
    def updates(self) -> int:
        """Updates of p-bits in all runs."""
        return round(self.activity.updates * self.reads)
