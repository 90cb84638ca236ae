"""Clusters: which reads may be correlated, so that intervals count them right."""

import numpy as np

from hwsim.program import Program


def clusters(program: Program, schedule: np.ndarray) -> np.ndarray:
    """int (reads,), the cluster of each read. Reads of one ``schedule`` may be correlated and form a cluster, unless
    `Program.reads_are_independent`: intervals are then those of this die, and what another die would do (its phases,
    say) is in none of them."""
    return np.arange(len(schedule)) if program.reads_are_independent else schedule
