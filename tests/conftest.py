"""Shared fixtures: programs built by hand, so that engine tests need no chip and no problem."""

from collections.abc import Callable

import numpy as np
import pytest

from hwsim.cell.law import NO_LIMIT
from hwsim.mapping.color import greedy_coloring
from hwsim.program import Program

TAU = 1_000_000  # ticks: 1 ns


def build_program(
    couplings: np.ndarray, *, bias: np.ndarray | None = None, clock: str = "poisson", **changes
) -> Program:
    """A Program of ideal p-bits with the symmetric matrix ``couplings`` (n, n); ``changes`` replace its fields.

    A scalar for a field that has one entry per p-bit or connection is spread over it.
    """
    n = len(couplings)
    rows, columns = np.nonzero(couplings)
    indptr = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=n)))).astype(np.int64)
    indices = columns.astype(np.int32)
    fields = {
        "bias": np.zeros(n) if bias is None else np.asarray(bias, dtype=np.float64),
        "indptr": indptr,
        "indices": indices,
        "weight": couplings[rows, columns].astype(np.float64),
        "delay": np.zeros(len(indices), dtype=np.int64),
        "gain": np.ones(n),
        "offset": np.zeros(n),
        "input_low": np.full(n, -NO_LIMIT),
        "input_high": np.full(n, NO_LIMIT),
        "input_step": np.zeros(n),
        "threshold_word": np.ones(n),
        "synapse": np.zeros(n),
        "clock": clock,
        "period": TAU,
        "participation": 1.0,
        "color": greedy_coloring(indptr, indices),
        "tau": np.full(n, float(TAU)),
        "phase": np.arange(n, dtype=np.int64) * (TAU // (n + 1)),
        "jitter": np.full(n, 0.05 * TAU),
        "labels": "[]",
        "law": np.zeros(n, dtype=np.int8),
        "parameter": np.zeros(n),
        "bound": np.zeros(n),
        "noise": np.zeros(n),
        "flicker": np.zeros(n),
        "stuck": np.zeros(n, dtype=np.int8),
    }
    for name, value in changes.items():
        template = fields.get(name)
        spread = isinstance(template, np.ndarray) and np.ndim(value) == 0
        fields[name] = np.full_like(template, value) if spread else value
    return Program(**fields)


@pytest.fixture(scope="session")
def make_program() -> Callable[..., Program]:
    """The builder above; one period and one mean interval is 1 ns."""
    return build_program
