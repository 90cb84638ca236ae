"""Reads with biases of their own, and a machine whose weights change while it runs, against exact laws: bands of 4
sigma, 24 comparisons in all."""

import numpy as np
import pytest

from hwsim.analysis.exact_laws import boltzmann_law, energies, state_index
from hwsim.analysis.fidelity import total_variation, tv_noise_floor, tv_noise_sd
from hwsim.anneal import constant
from hwsim.session import RunSettings, Session, run

EACH, Z, BETA = 4096, 4.0, 0.5


def distance(states, law):
    """(TV - floor) in units of the floor's own standard deviation."""
    found = total_variation(state_index(states), law)
    return (found - tv_noise_floor(law, len(states))) / tv_noise_sd(law, len(states))


@pytest.fixture(scope="module")
def glass(make_program):
    """A random machine of 7 p-bits, 5 of which take a bias of each read's own, and three biases that reads have."""
    rng = np.random.default_rng(3)
    upper = np.triu(rng.normal(size=(7, 7)), 1)
    declared = np.arange(7) < 5
    return {"couplings": upper + upper.T, "bias": rng.normal(size=7), "read_bias": declared}, [
        np.zeros(7),
        1.5 * rng.normal(size=7) * declared,
        3.0 * rng.choice([-1.0, 1.0], 7) * declared,
    ]


@pytest.mark.parametrize("clock", ["poisson", "chromatic", "sequential"])
def test_each_read_follows_the_boltzmann_law_of_its_own_biases(make_program, glass, clock):
    made, added = glass
    program = make_program(**made, clock=clock)
    biases = np.repeat(added, EACH, axis=0)
    how = {"reads": len(biases), "schedules": len(biases) // 64, "checkpoints": 1, "seed": 2}
    found = run(program, anneal=constant(BETA, "200 ns"), read_bias=biases, **how)
    laws = [
        boltzmann_law(energies(*program.network.reweighted(program.network.bias + own, program.network.weight)), BETA)
        for own in added
    ]
    for k, law in enumerate(laws):
        mine = found.states[k * EACH : (k + 1) * EACH]
        assert distance(mine, law) < Z
        assert distance(mine, laws[k - 1]) > 10  # the control that must fail
    beta = found.quality.effective_beta  # of reads that have a law each
    assert beta.low < BETA < beta.high


def test_a_machine_whose_numbers_change_follows_each_law_in_turn(make_program, glass):
    made, added = glass
    program, rng = make_program(**made), np.random.default_rng(5)
    settings = RunSettings(reads=EACH, schedules=EACH // 64, seed=1)
    session = Session(program, settings, constant(BETA, "1 us"), end=1_000_000_000, loads=True)
    network = program.network
    for own in (added[1], added[2], added[0]):
        session.bias_reads(np.tile(own, (EACH, 1)))
        for fresh in (False, True):
            if fresh:
                network = network.coupled(rng.normal(size=7), rng.normal(size=network.n_couplings))
            session.load(network)
            session.hold(BETA, 150)
            law = boltzmann_law(energies(*network.reweighted(network.bias + own, network.weight)), BETA)
            assert distance(session.read(), law) < Z
    activity = session.activity()
    assert (activity.programmings, activity.data_writes) == (6, 3 * 5)
