"""The engines against exact laws. Seeds fixed; every band is in sigma of the sampling error, and says how many."""

import math

import numpy as np
import pytest

from hwsim.analysis.exact_laws import (
    boltzmann_law,
    delayed_pair,
    energies,
    little_peretto_law,
    state_index,
    tick_random_pair,
)
from hwsim.analysis.fidelity import total_variation, tv_noise_floor, tv_noise_sd
from hwsim.anneal import constant
from hwsim.session import run

READS = 8192
Z = 4.0


def settle(program, *, beta, time="400 ns", seed=0, reads=READS, schedules=None):
    """Final states of independent reads: one schedule per read where the clock is random would be exact; many do."""
    return run(
        program, anneal=constant(beta, time), reads=reads, schedules=schedules or reads // 64, seed=seed, checkpoints=1
    )


def frustrated(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 11))
    upper = np.triu(rng.choice([-1.0, 1.0], (n, n)) * (rng.random((n, n)) < 0.6), 1)
    return upper + upper.T, rng.choice([-0.5, 0.0, 0.5], n)


def distance(program, law, result):
    """(TV - floor) in units of the floor's own standard deviation."""
    found = total_variation(state_index(result.states), law)
    return (found - tv_noise_floor(law, result.reads)) / tv_noise_sd(law, result.reads)


@pytest.mark.parametrize("clock", ["sequential", "random-sequential", "chromatic", "poisson"])
@pytest.mark.parametrize("seed", range(10))
def test_one_at_a_time_and_chromatic_clocks_sample_the_boltzmann_law(make_program, clock, seed):
    couplings, bias = frustrated(seed)
    program = make_program(couplings, bias=bias, clock=clock)
    law = boltzmann_law(energies(*program.network), 0.4)
    assert distance(program, law, settle(program, beta=0.4, seed=seed)) < Z  # 40 comparisons


@pytest.mark.parametrize("seed", range(5))
def test_the_fully_parallel_clock_samples_little_peretto_and_not_boltzmann(make_program, seed):
    couplings, bias = frustrated(seed)
    program = make_program(couplings, bias=bias, clock="synchronous")
    arrays = program.network
    result = settle(program, beta=0.4, seed=seed)
    assert distance(program, little_peretto_law(*arrays, 0.4), result) < Z
    assert distance(program, boltzmann_law(energies(*arrays), 0.4), result) > 10  # the control that must fail


def pair_correlation(program, seed):
    result = settle(program, beta=1.0, seed=seed, reads=65536, schedules=1024)
    values = (result.states[:, 0] * result.states[:, 1]).astype(float)
    means = values.reshape(1024, 64).mean(axis=1)
    return means.mean(), means.std(ddof=1) / 32  # reads of one schedule are a cluster


@pytest.mark.parametrize("participation", [0.1, 1 / 3, 0.5, 0.8, 1.0])
def test_the_tick_random_pair(make_program, participation):
    program = make_program(
        np.array([[0, -1.0], [-1, 0]]), clock="synchronous", participation=participation, period=100_000
    )
    mean, error = pair_correlation(program, 1)
    assert abs(mean - tick_random_pair(beta_j=1.0, participation=participation)) < Z * error


@pytest.mark.parametrize("participation", [0.1, 1 / 3, 0.5])
@pytest.mark.parametrize("unit", [1.0, 1 / 3], ids=["bitplanes", "dense"])
def test_the_tick_random_pair_where_each_read_draws_its_participants(make_program, participation, unit):
    """Of one schedule, whose reads are then independent."""
    coupling, how = np.array([[0, -1.0], [-1, 0]]) * unit, {"period": 100_000, "participation": participation}
    program = make_program(coupling, clock="synchronous", participants="own", **how)
    result = settle(program, beta=1.0 / unit, seed=4, reads=65536, schedules=1)
    values = (result.states[:, 0] * result.states[:, 1]).astype(float)
    mean, error = values.mean(), values.std(ddof=1) / 256
    assert abs(mean - tick_random_pair(beta_j=1.0, participation=participation)) < Z * error


def test_reads_that_draw_their_participants_are_independent_of_each_other(make_program):
    """Of two p-bits that copy each other, the one that first takes part alone takes the other's value, and both keep
    it: where reads share participants, in all reads of a schedule."""
    start, correlation = np.tile(np.array([1, -1], dtype=np.int8), (4096, 1)), {}
    for who in ("shared", "own"):
        program = make_program(
            np.array([[0, -4.0], [-4, 0]]), clock="synchronous", participation=0.5, participants=who, period=100_000
        )
        how = {"anneal": constant(4.0, "20 ns"), "reads": 4096, "schedules": 256, "seed": 5, "initial_states": start}
        states = run(program, **how).states
        means = states[:, 0].reshape(256, 16).mean(axis=1)
        correlation[who] = (means.var(ddof=1) * 16 / states[:, 0].var() - 1) / 15
    assert correlation["shared"] > 0.9
    assert abs(correlation["own"]) < Z * math.sqrt(2 / 255) / 15


@pytest.mark.parametrize("delay_over_tau", [0.1, 0.5, 2.0])
def test_the_delayed_pair(make_program, delay_over_tau):
    program = make_program(np.array([[0, -1.0], [-1, 0]]), delay=int(delay_over_tau * 1_000_000))
    mean, error = pair_correlation(program, 2)
    assert abs(mean - delayed_pair(beta_j=1.0, delay_over_tau=delay_over_tau)) < Z * error
    if delay_over_tau == 0.1:
        assert abs(mean - np.tanh(1.0)) > Z * error  # without the delay the answer would be another
