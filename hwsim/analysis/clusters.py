"""Clusters: which reads may be correlated, so that intervals count them right."""

import numpy as np

from hwsim.program import Program


def clusters(program: Program, schedule: np.ndarray) -> np.ndarray:
    """int (reads,), the cluster of each read. Reads of one ``schedule`` may be correlated and form a cluster, unless
    `is_fixed`."""
    return np.arange(len(schedule)) if is_fixed(program) else schedule


def is_fixed(program: Program) -> bool:
    """Whether the clock has but one schedule and no slow noise is shared, so that all reads are independent.

    Intervals are then those of this die: what another die would do (its phases, say) is in none of them.
    """
    return program.reads_are_independent
