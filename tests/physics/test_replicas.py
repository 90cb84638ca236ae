"""Replicas: the engines agree on a real lattice; replicas of one schedule are independent given it."""

import numpy as np
import pytest

from hwsim.anneal import constant
from hwsim.chip.library import chip
from hwsim.mapping.compile import compile as compile_program
from hwsim.problem.generate import generate
from hwsim.session import run

READS, SCHEDULES = 4096, 64
ENGINES = ("bitplanes", "lanes", "dense")


@pytest.fixture(scope="module")
def samples():
    """Energy, magnetisation and overlap of pairs of reads, by engine; another seed for each, a hot 8 x 8 x 8 glass."""
    program = compile_program(generate("ea3d:L=8,seed=1"), chip("generic-all-to-all", clock="poisson", delay="0.5 ns"))
    found = {}
    for seed, engine in enumerate(ENGINES):
        result = run(
            program,
            anneal=constant(0.5, "150 ns"),
            reads=READS,
            schedules=SCHEDULES,
            seed=seed,
            engine=engine,
            checkpoints=1,
        )
        states = result.states.astype(np.float64)
        found[engine] = {
            "energy": result.energies,
            "magnetisation": states.mean(axis=1),
            "overlap": (states[::2] * states[1::2]).mean(axis=1),
            "squared overlap": (states[::2] * states[1::2]).mean(axis=1) ** 2,
            "states": states,
        }
    return found


@pytest.mark.parametrize("quantity", ["energy", "magnetisation", "overlap", "squared overlap"])
@pytest.mark.parametrize("engine", ENGINES[1:])
def test_engines_agree_within_four_sigma(samples, engine, quantity):
    means, errors = [], []
    for name in (ENGINES[0], engine):
        means_by_schedule = samples[name][quantity].reshape(SCHEDULES, -1).mean(axis=1)  # a schedule is one sample
        means.append(means_by_schedule.mean())
        errors.append(means_by_schedule.std(ddof=1) / np.sqrt(SCHEDULES))
    assert abs(means[0] - means[1]) < 4 * np.hypot(*errors)


def test_a_wrong_temperature_would_be_seen(samples):
    program = compile_program(generate("ea3d:L=8,seed=1"), chip("generic-all-to-all", clock="poisson", delay="0.5 ns"))
    wrong = run(program, anneal=constant(0.505, "150 ns"), reads=READS, schedules=SCHEDULES, seed=9, checkpoints=1)
    means_by_schedule = [
        e.reshape(SCHEDULES, -1).mean(axis=1) for e in (samples["bitplanes"]["energy"], wrong.energies)
    ]
    error = np.hypot(*[g.std(ddof=1) / np.sqrt(SCHEDULES) for g in means_by_schedule])
    assert abs(means_by_schedule[0].mean() - means_by_schedule[1].mean()) > 4 * error


@pytest.mark.parametrize("engine", ENGINES)
def test_replicas_of_one_schedule_are_independent_given_it(samples, engine):
    """The spins of one p-bit in two replicas of a schedule have covariance zero: neighbours, and half a word apart."""
    states = samples[engine]["states"].reshape(SCHEDULES, -1, 512)
    centred = states - states.mean(axis=(0, 1))
    for distance in (1, 32):  # averaged over p-bits: one sample a schedule
        products = (centred[:, :-distance] * centred[:, distance:]).mean(axis=(1, 2))
        assert abs(products.mean()) < 4 * products.std(ddof=1) / np.sqrt(SCHEDULES)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_spread_between_schedules_is_what_independent_reads_give(samples, engine):
    """At this temperature sharing a schedule costs little: an F ratio near one, measured and not assumed."""
    energy = samples[engine]["energy"].reshape(SCHEDULES, -1)
    per_schedule = energy.shape[1]
    ratio = per_schedule * energy.mean(axis=1).var(ddof=1) / energy.var(axis=1, ddof=1).mean()
    # an F variable of 63 and 4032 degrees of freedom has standard deviation sqrt(2 / 63)
    assert 0.8 * (1 - 4 * np.sqrt(2 / (SCHEDULES - 1))) < ratio < 3.0
