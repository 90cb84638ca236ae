"""The tally of a point: what its rows say together, and whether they are enough.

Enters: rows of one point, in the order of their shards. Leaves: a time to solution, energies, and a reason to stop.
"""

from dataclasses import dataclass, field

import numpy as np

from hwsim.analysis.interval import cluster_replicates
from hwsim.analysis.summary import standard_error
from hwsim.analysis.tts import TimeToSolution, time_to_solution
from hwsim.study.plan import Stop
from hwsim.study.store import Row

Z95 = 1.959963984540054


@dataclass
class Tally:
    """energies : float64 (reads,) of each row;  sizes : reads of each schedule group of each row."""

    energies: list[np.ndarray] = field(default_factory=list)
    sizes: list[tuple[int, ...]] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """The next row."""
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
    def group(self) -> np.ndarray:
        """int64 (reads,): schedule group of each read; every row has groups of its own."""
        sizes = [size for row in self.sizes for size in row]
        return np.repeat(np.arange(len(sizes)), sizes)

    def solution(self, target: float, run_s: float, overhead_s: float = 0.0) -> TimeToSolution:
        """Time to ``target`` in runs of ``run_s`` and ``overhead_s`` each."""
        success = self.energy <= target + 1e-9 * max(1.0, abs(target))
        return time_to_solution(success, self.group, run_s, overhead_s=overhead_s)

    def replicates(self, target: float | None, n_boot: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Bootstrap over schedules: success and mean energy, float64 (n_boot,) each; success 0 without a target.

        A single schedule takes its reads for schedules.
        """
        energy, group = self.energy, self.group
        if group.max() == 0:
            group = np.arange(len(energy))
        sizes = np.bincount(group)
        hit = np.zeros(len(energy)) if target is None else energy <= target + 1e-9 * max(1.0, abs(target))
        return tuple(  # type: ignore[return-value]
            cluster_replicates(np.bincount(group, weights=values), sizes, n_boot=n_boot, seed=seed)
            for values in (hit, energy)
        )

    def mean(self) -> tuple[float, float]:
        """Mean energy and its standard error between schedules."""
        energy = self.energy
        return float(energy.mean()), float(standard_error(energy, self.group) or 0.0)


def relative_width(tally: Tally, target: float | None) -> float:
    """Width of the 95 % interval of TTS99, or of the mean energy without a target, over the value; inf where open."""
    if target is None:
        mean, error = tally.mean()
        return 2 * Z95 * error / abs(mean) if mean else float("inf")
    found = tally.solution(target, 1.0)
    low, high = found.tts_ci_s
    return float("inf") if found.tts_is_bound or high is None else (high - low) / found.tts_s


def enough(tally: Tally, stop: Stop, target: float | None) -> str | None:
    """Why the point is done, or None where another shard is wanted."""
    if tally.shards == 0:
        return None
    hits = 0 if target is None else int(np.sum(tally.energy <= target + 1e-9 * max(1.0, abs(target))))
    if (target is None or hits >= stop.min_success) and relative_width(tally, target) <= stop.relative_width:
        return "narrow enough"
    if tally.shards >= stop.max_shards:
        return "budget spent"
    return None


def shards_left(tally: Tally, stop: Stop, target: float | None) -> float:
    """About how many more shards the point will take; for the time left, nothing else."""
    most = max(0, stop.max_shards - tally.shards)
    if tally.shards == 0:
        return float(most)
    width = relative_width(tally, target)
    if not np.isfinite(width):
        return float(most)
    return float(min(most, max(1.0, tally.shards * ((width / stop.relative_width) ** 2 - 1))))
