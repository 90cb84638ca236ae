"""Measured samples beside an emulation: distances that enumeration knows, and none where there is none."""

from dataclasses import replace

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact_laws import boltzmann_law, energies

READ_BETA, OTHER_BETA = 0.6, 1.0


@pytest.fixture(scope="module")
def run():
    program = hwsim.compile("sk:n=6,seed=3", "generic-all-to-all")
    return hwsim.run(program, anneal=hwsim.constant(READ_BETA, "200 ns"), reads=1024, schedules=32)


def drawn(run, beta, k, seed):
    """``k`` independent samples of the exact law at ``beta``."""
    law = boltzmann_law(energies(*run.program.problem_network), beta)
    index = np.random.default_rng(seed).choice(len(law), k, p=law)
    return (2 * (index[:, None] >> np.arange(6) & 1) - 1).astype(np.int8)


def exact(run, beta):
    """(mean energy, correlations) of the law at ``beta``, by enumeration."""
    network = run.program.problem_network
    law = boltzmann_law(energies(*network), beta)
    spins = 2.0 * (np.arange(64)[:, None] >> np.arange(6) & 1) - 1
    first, second, _ = network.pairs
    return law @ energies(*network), law @ (spins[:, first] * spins[:, second])


def sampled(run, seed):
    """The run with independent reads of the exact law in place of its own."""
    reads = drawn(run, READ_BETA, run.reads, 1000 + seed)
    return replace(run, states=reads, energies=run.program.energies(reads))


def test_intervals_hold_the_exact_distances(run):
    """40 pairs of sets: 95 % intervals fail in at most 6 of 40 (P < 1 % each)."""
    there, here = exact(run, OTHER_BETA), exact(run, READ_BETA)
    energy, correlation = there[0] - here[0], float(np.sqrt(np.mean((there[1] - here[1]) ** 2)))
    missed = np.zeros(2, dtype=int)
    for seed in range(40):
        found = hwsim.distance(sampled(run, seed), drawn(run, OTHER_BETA, 500, seed))
        for k, (truth, (_, low, high)) in enumerate(((energy, found.energy), (correlation, found.correlation))):
            missed[k] += not low <= truth <= high
        assert found.total_variation > found.tv_floor_high
        assert found.energy[2] < 0  # a colder chip lies lower
    assert missed.max() <= 6


def test_samples_of_the_same_law_are_at_no_distance(run):
    """Of 40 sets at most 6 lie outside each 95 % interval (P < 1 %), and at most 6 above the noise of 5 %."""
    outside = np.zeros(3, dtype=int)
    for seed in range(40):
        found = hwsim.distance(sampled(run, seed), drawn(run, READ_BETA, 500, 100 + seed))
        outside += (
            not found.energy[1] <= 0 <= found.energy[2],
            found.correlation[1] > 0,
            found.total_variation > found.tv_floor_high,
        )
    assert outside.max() <= 6


def test_samples_come_as_arrays_of_bits_sample_sets_and_runs(run):
    values = drawn(run, OTHER_BETA, 100, 1)
    spins = hwsim.distance(run, values)
    assert hwsim.distance(run, (values + 1) // 2) == spins
    names = list(run.program.readout.names)
    order = [3, 1, 0, 2, 5, 4]
    samples = dimod.SampleSet.from_samples((values[:, order], [names[k] for k in order]), energy=0.0, vartype="SPIN")
    assert hwsim.distance(run, samples) == spins
    again = hwsim.distance(run, run)
    assert again.correlation[0] == 0 and again.energy[0] == 0 and again.total_variation == 0
    assert "correlations" in repr(spins) and len(repr(spins)) < 500


def test_samples_that_share_a_cluster_tell_less(run):
    values = np.tile(drawn(run, OTHER_BETA, 100, 2), (5, 1))
    alone, shared = hwsim.distance(run, values), hwsim.distance(run, values, cluster=np.tile(np.arange(100), 5))
    assert shared.energy[2] - shared.energy[1] > 1.5 * (alone.energy[2] - alone.energy[1])


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.ones((4, 5)), r"shape \(k, 6\)"),
        (np.full((4, 6), 2), "of -1 and \\+1, or of 0 and 1"),
        ("measured", "must be rows of 6 values"),
    ],
)
def test_what_are_no_samples_is_refused(run, samples, words):
    with pytest.raises(hwsim.HwsimError, match=words):
        hwsim.distance(run, samples)


def test_one_sample_sets_no_limits(run):
    shown = repr(hwsim.distance(run, run.variables[:1]))
    assert "[..., ...]" in shown and "inf" not in shown
