"""Wires of a layout delay what p-bits see: the engines against exact laws with a delay of its own per wire.

The tick-random machine is a Markov chain on states and their history (hwsim.analysis.delayed); the autonomous pair has
a closed form with two delays. Sample errors are between schedules, 4 sigma, fixed seeds.
"""

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.analysis.delayed import delayed_law, lags_of
from hwsim.analysis.exact_laws import delayed_pair, tick_random_pair
from hwsim.errors import InputError
from hwsim.experiment.design_rule import design_rule

SIGMA = 4.0


def spin_model(n, seed, *, field=0.5):
    rng = np.random.default_rng(seed)
    bqm = dimod.BinaryQuadraticModel("SPIN")
    for i in range(n):
        bqm.add_linear(i, field * rng.normal())
    for i in range(n):
        for j in range(i):
            bqm.add_quadratic(j, i, rng.normal())
    return bqm


def means_by_schedule(program, *, beta, time, reads, schedules, seed, engine="auto", looks=60):
    """Means of spins and of products of pairs, (schedules, k), over looks at equilibrium."""
    n = program.n_pbits
    pairs = np.triu_indices(n, 1)
    seen = []

    def observe(time_s, states):
        if time_s > 0.2 * hwsim.constant(beta, time).duration_s:
            both = np.concatenate((states, states[:, pairs[0]] * states[:, pairs[1]]), axis=1).astype(float)
            seen.append(both.reshape(schedules, -1, both.shape[1]).mean(axis=1))

    hwsim.run(
        program,
        anneal=hwsim.constant(beta, time),
        reads=reads,
        schedules=schedules,
        seed=seed,
        engine=engine,
        checkpoints=looks,
        observe=observe,
    )
    return np.mean(seen, axis=0)


def moments(law, n):
    states = np.where((np.arange(2**n)[:, None] >> np.arange(n)) & 1, 1, -1)
    pairs = np.triu_indices(n, 1)
    return law @ np.concatenate((states, states[:, pairs[0]] * states[:, pairs[1]]), axis=1)


def sigmas(by_schedule, exact):
    return (by_schedule.mean(axis=0) - exact) / (by_schedule.std(axis=0, ddof=1) / np.sqrt(len(by_schedule)))


def laid_out(n, seed):
    """A tick-random machine of n p-bits whose longer wires take another tick or two."""
    chip = hwsim.chip(
        "generic-floorplan",
        clock="synchronous",
        participation=0.4,
        tau="1 ns",
        cell_pitch="100 um",
        coupling_area=0,
        wire_delay="8 ns/mm" if n < 6 else "3 ns/mm",
        stage_delay="150 ps",
    )
    return hwsim.compile(spin_model(n, seed), chip)


def law_of(program, beta):
    return delayed_law(
        *program.network,
        lags_of(program.wires.delay, program.clock.period),
        beta,
        participation=program.clock.participation,
    )


def test_with_one_tick_of_delay_the_chain_is_the_tick_random_pair():
    program = hwsim.compile(
        dimod.BinaryQuadraticModel({0: 0, 1: 0}, {(0, 1): -1.0}, 0, "SPIN"),
        hwsim.chip("generic-all-to-all", clock="synchronous", participation=0.3),
    )
    law = law_of(program, 0.8)
    assert moments(law, 2)[2] == pytest.approx(tick_random_pair(beta_j=0.8, participation=0.3), abs=1e-10)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_machines_with_delays_from_a_floorplan_follow_the_exact_chain(n):
    program = laid_out(n, n)
    lags = lags_of(program.wires.delay, program.clock.period)
    assert lags.max() >= 2 or n == 2
    exact = moments(law_of(program, 0.7), n)
    found = means_by_schedule(program, beta=0.7, time="600 ns", reads=3200, schedules=32, seed=n)
    assert np.abs(sigmas(found, exact)).max() < SIGMA
    if n > 2:
        # wrong physics: the same machine with every wire as short as the response
        short = moments(law_of(program.changed(delay=np.zeros_like(program.wires.delay)), 0.7), n)
        assert np.abs(sigmas(found, short)).max() > SIGMA


def test_the_reference_follows_the_exact_chain_too():
    program = laid_out(3, 3)
    exact = moments(law_of(program, 0.7), 3)
    found = means_by_schedule(
        program, beta=0.7, time="2 us", reads=16, schedules=16, seed=1, engine="reference", looks=400
    )
    assert np.abs(sigmas(found, exact)).max() < SIGMA


@pytest.mark.parametrize("there_ns, back_ns", [(0.0, 4.0), (1.0, 3.0), (0.5, 9.5)])
def test_an_autonomous_pair_with_two_delays_follows_its_closed_form(there_ns, back_ns):
    program = hwsim.compile(
        dimod.BinaryQuadraticModel({0: 0, 1: 0}, {(0, 1): -1.0}, 0, "SPIN"),
        hwsim.chip("generic-all-to-all"),
        delay_s={(0, 1): there_ns * 1e-9, (1, 0): back_ns * 1e-9},
    )
    found = means_by_schedule(program, beta=1.0, time="3 us", reads=2048, schedules=64, seed=5)
    exact = delayed_pair(beta_j=1.0, delay_over_tau=there_ns / 5, back_over_tau=back_ns / 5)
    assert abs(sigmas(found, np.array([0, 0, exact]))[2]) < SIGMA


def test_the_design_rule_of_a_strong_pair_is_that_of_the_closed_form():
    """Correlation loss at beta J = 1: 2.1 % at d/tau = 0.05, 4.2 % at 0.1, 8.5 % at 0.2, 21 % at 0.5, 40 % at 1."""
    program = hwsim.compile(
        dimod.BinaryQuadraticModel({0: 0, 1: 0}, {(0, 1): -1.0}, 0, "SPIN"), hwsim.chip("generic-all-to-all")
    )
    for ratio, published in ((0.05, 0.02), (0.1, 0.04), (0.2, 0.09), (0.5, 0.21), (1.0, 0.40)):
        exact = 1 - delayed_pair(beta_j=1, delay_over_tau=ratio) / np.tanh(1)
        assert exact == pytest.approx(published, abs=0.006)
        if ratio not in (0.1, 0.5):
            continue
        rule = design_rule(
            program,
            anneal=hwsim.constant(1.0, "2 us"),
            limit=exact,
            ratios=(ratio / 2, ratio, 2 * ratio),
            reads=2048,
            schedules=128,
            seed=2,
        )
        for at, loss, error in rule.curve:
            assert abs(loss - 1 + delayed_pair(beta_j=1, delay_over_tau=at) / np.tanh(1)) < SIGMA * error
        nearest = min(rule.curve, key=lambda point: abs(point[0] - rule.ratio))
        lost = 1 - delayed_pair(beta_j=1, delay_over_tau=rule.ratio) / np.tanh(1)
        assert abs(lost - exact) < SIGMA * nearest[2]
        assert rule.ratio_ci[0] < rule.ratio < rule.ratio_ci[1]


def test_histories_beyond_the_table_are_refused():
    program = laid_out(6, 6)
    with pytest.raises(InputError, match="history of 60 values of 6 p-bits is more than 14 bits"):
        delayed_law(*program.network, np.full(30, 10), 1.0, participation=0.5)
