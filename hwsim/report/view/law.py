"""The correlations of a machine beside those of the same problem on ideal p-bits, as the page draws them.

Enters: products of coupled spins, counted at equal intervals. Leaves: plain data for JSON (see `codec`).
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hwsim.program import Program
from hwsim.report.view.codec import Arrays

EXACT = 12
"""Up to so many variables the page draws the histogram of states beside the exact law."""
MOST_PAIRS = 2000
BURN_IN = 0.2
"""Share of a run at one temperature that is not counted."""


def pairs_of(program: Program) -> tuple[np.ndarray, np.ndarray]:
    """(i, j) of the couplings that are compared: all of the problem's, or MOST_PAIRS of them at equal steps."""
    first, second, _ = program.problem_network.pairs
    kept = np.linspace(0, len(first) - 1, min(len(first), MOST_PAIRS)).astype(np.int64) if len(first) else slice(0)
    return first[kept], second[kept]


@dataclass
class Looks:
    """Looks at the reads of a run, to observe it with. times_s : of each look;  halves : float64 (2, pairs) of each,
    the mean products over either half of the reads"""

    program: Program
    times_s: list[float] = field(default_factory=list)
    halves: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first, self.second = pairs_of(self.program)

    def __call__(self, time_s: float, states: np.ndarray) -> None:
        """Look at ``states`` int8 (reads, p-bits) at ``time_s``."""
        spins = self.program.readout.vote(states)
        middle = (len(spins) + 1) // 2
        products = [
            np.mean(half[:, self.first] * half[:, self.second], axis=0, dtype=np.float64) if len(half) else None
            for half in (spins[:middle], spins[middle:])
        ]
        self.times_s.append(time_s)
        self.halves.append(np.array([products[0], products[0] if products[1] is None else products[1]]))


def compared(arrays: Arrays, here: Looks, ideal: Looks, *, reads: int, still: bool) -> dict[str, Any]:
    """The ``law`` of a view. still : beta is constant, so that looks after the first part of the run are averaged

    floor : r.m.s. difference that chance alone makes of two such measurements, by the two halves of the ideal reads.
    """
    times = np.array(here.times_s)
    mine, other = (_so_far(np.array(looks.halves), times, still) for looks in (here, ideal))
    mine_mean, other_mean = mine.mean(axis=1), other.mean(axis=1)
    halves = other[:, 0] - other[:, 1]
    return {
        "kind": "pairs",
        "first": arrays.whole(here.first),
        "second": arrays.whole(here.second),
        "times": (times * 1e15).round().astype(np.int64).tolist(),
        "here": arrays.whole(_bytes(mine_mean)),
        "ideal": arrays.whole(_bytes(other_mean)),
        "floor": np.sqrt(np.mean(halves**2, axis=1) / 2).tolist(),
        "error": np.sqrt(np.mean((mine_mean - other_mean) ** 2, axis=1)).tolist(),
        "still": still,
        "reads": reads,
        "all": int(here.program.problem_network.n_couplings),
    }


def _so_far(halves: np.ndarray, times_s: np.ndarray, still: bool) -> np.ndarray:
    """float64 (looks, 2, pairs): the mean over the looks so far that count, or each look where beta changes."""
    if not still:
        return halves
    counts = np.cumsum(times_s > BURN_IN * times_s[-1])
    sums = np.cumsum(np.where((times_s > BURN_IN * times_s[-1])[:, None, None], halves, 0.0), axis=0)
    return np.where(counts[:, None, None] > 0, sums / np.maximum(counts, 1)[:, None, None], halves)


def _bytes(means: np.ndarray) -> np.ndarray:
    """Means in [-1, 1] as whole numbers in [0, 254]."""
    return np.rint(127 * (means + 1)).astype(np.int64)
