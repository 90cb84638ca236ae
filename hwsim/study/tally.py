"""The tally of a point: the sum of its rows, and whether they are enough.

Enters: rows of one point, in the order of their shards. Leaves: a time to solution, energies, and a reason to stop.
"""

from dataclasses import dataclass, field

import numpy as np

from hwsim.analysis.interval import cluster_replicates, standard_error
from hwsim.analysis.tts import time_to_solution
from hwsim.cost.account import Account
from hwsim.cost.solution import Solution, solution
from hwsim.rounding import reached
from hwsim.study.plan import Stop
from hwsim.study.store import Row

Z95 = 1.959963984540054


@dataclass
class Tally:
    """energies : float64 (reads,) of each row;  sizes : reads of each schedule of each row
    independent : whether reads of one schedule are independent, as where the clock has only one schedule
    rounding : of the energies of the problem, see `hwsim.rounding`"""

    energies: list[np.ndarray] = field(default_factory=list)
    sizes: list[tuple[int, ...]] = field(default_factory=list)
    independent: bool = False
    rounding: float = 0.0

    def add(self, row: Row) -> None:
        """Add the next row."""
        self.energies.append(row.energies)
        self.sizes.append(row.sizes)

    @property
    def shards(self) -> int:
        """How many rows."""
        return len(self.sizes)

    @property
    def energy(self) -> np.ndarray:
        """float64 (reads,) of all rows."""
        return np.concatenate(self.energies) if self.energies else np.zeros(0)

    @property
    def schedule(self) -> np.ndarray:
        """int64 (reads,): number of each read's schedule; no two rows share one."""
        sizes = [size for row in self.sizes for size in row]
        return np.repeat(np.arange(len(sizes)), sizes)

    @property
    def clusters(self) -> np.ndarray:
        """int64 (reads,), the cluster of each read: reads of one cluster may be correlated."""
        return np.arange(len(self.energy)) if self.independent else self.schedule

    def reached(self, target: float) -> np.ndarray:
        """bool (reads,): which reads are at ``target`` or below."""
        return reached(self.energy, target, self.rounding)

    def solution(self, target: float, paid: Account) -> Solution:
        """Time and energy to ``target``, at the account of one run."""
        return solution(self.reached(target), self.clusters, paid)

    def replicates(self, target: float | None, n_boot: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Bootstrap over schedules: success and mean energy, float64 (n_boot,) each; success is 0 without a target.

        Where there is a single schedule, the bootstrap draws reads instead.
        """
        energy, schedule = self.energy, self.schedule
        if schedule.max() == 0:
            schedule = np.arange(len(energy))
        sizes = np.bincount(schedule)
        hit = np.zeros(len(energy)) if target is None else self.reached(target)
        return tuple(  # type: ignore[return-value]
            cluster_replicates(np.bincount(schedule, weights=values), sizes, n_boot=n_boot, seed=seed)
            for values in (hit, energy)
        )

    def mean(self) -> tuple[float, float]:
        """Mean energy and its standard error."""
        energy = self.energy
        return float(energy.mean()), float(standard_error(energy, self.clusters) or 0.0)


def relative_width(tally: Tally, target: float | None) -> float:
    """Width of the 95 % interval of TTS99 over its value, or the same of the mean energy where there is no target; inf
    where the interval has no upper end."""
    if target is None:
        mean, error = tally.mean()
        return 2 * Z95 * error / abs(mean) if mean else float("inf")
    found = time_to_solution(tally.reached(target), tally.clusters, 1.0)
    low, high = found.repeats_ci
    return float("inf") if found.tts_is_bound or high is None else (high - low) / found.repeats


def enough(tally: Tally, stop: Stop, target: float | None) -> str | None:
    """Why the point is done, or None where it needs another shard."""
    if tally.shards == 0:
        return None
    hits = 0 if target is None else int(np.sum(tally.reached(target)))
    if (target is None or hits >= stop.min_success) and relative_width(tally, target) <= stop.relative_width:
        return "narrow enough"
    if tally.shards >= stop.max_shards:
        return "budget spent"
    return None


def shards_left(tally: Tally, stop: Stop, target: float | None) -> float:
    """About how many more shards the point needs; only the estimate of the time left uses it."""
    most = max(0, stop.max_shards - tally.shards)
    if tally.shards == 0:
        return float(most)
    width = relative_width(tally, target)
    if not np.isfinite(width):
        return float(most)
    return float(min(most, max(1.0, tally.shards * ((width / stop.relative_width) ** 2 - 1))))
