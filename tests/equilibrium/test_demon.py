"""Creutz's demon against enumeration, against the beta of running machines, and against wrong physics."""

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact_laws import energies, state_index
from hwsim.equilibrium.demon import beta_of, common_quantum, demon_law, entropy_slope, isolated, thermometer
from hwsim.equilibrium.macrostates import inverse_temperature, network_density_of_states
from hwsim.errors import InputError, UnsupportedError

SIGMA = 4.0


def compiled(problem, **changes):
    return hwsim.compile(problem, hwsim.chip("generic-all-to-all", **({"tau": "1 ns"} | changes)))


def glass(n=7, seed=3):
    rng = np.random.default_rng(seed)
    couplings = {(i, j): float(rng.choice([-1, 1])) for i in range(n) for j in range(i) if rng.random() < 0.7}
    biases = {i: float(rng.integers(-1, 2)) for i in range(n)}
    return compiled(dimod.BinaryQuadraticModel(biases, couplings, 0.5, "SPIN"))


def excess(counts, law):
    """Chi-square above its degrees of freedom, in its standard deviations; bins below 5 expected are joined."""
    expected = counts.sum() * law
    rare = expected < 5
    counts = np.append(counts[~rare], counts[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum())
    counts, expected = counts[expected > 0], expected[expected > 0]
    freedom = len(counts) - 1
    return (np.sum((counts - expected) ** 2 / expected) - freedom) / np.sqrt(2 * freedom)


def shell(program, total_energy, quantum):
    """(states of energy total_energy or below, whether flips that a demon can pay connect them)."""
    every = energies(*program.problem_network) + program.readout.energy_offset
    low = np.flatnonzero(every <= total_energy + 1e-9)
    allowed, seen, open_ = set(low.tolist()), {int(low[0])}, [int(low[0])]
    while open_:
        k = open_.pop()
        for j in (k ^ (1 << i) for i in range(program.n_pbits)):
            if j in allowed and j not in seen:
                seen.add(j)
                open_.append(j)
    return low, len(seen) == len(low)


@pytest.mark.parametrize("name, quantum", [("ising2d:L=4", 4.0), ("ring:n=5", 4.0), ("ea3d:L=3", 4.0)])
def test_lattices_of_unit_couplings_have_a_quantum_of_four(name, quantum):
    assert common_quantum(compiled(hwsim.generate(name))) == quantum


@pytest.mark.parametrize(
    "biases, coupling, quantum",
    [([0.0, 0.0], 1.0, 2.0), ([0.5, 0.0], 1.0, 1.0), ([0.1, 0.3], 0.2, 0.2), ([0.7, 0.0], 0.0, 1.4)],
)
def test_the_quantum_divides_the_cost_of_every_flip_and_is_the_largest(biases, coupling, quantum):
    program = compiled(dimod.BinaryQuadraticModel(dict(enumerate(biases)), {(0, 1): coupling}, "SPIN"))
    assert common_quantum(program) == pytest.approx(quantum, rel=1e-12)


@pytest.mark.parametrize("above", [4, 6])
def test_an_isolated_demon_and_its_network_share_all_states_of_their_energy_evenly(above):
    program = glass()
    quantum = common_quantum(program)
    density = network_density_of_states(program)
    total = density.energies[0] + quantum * above
    low, connected = shell(program, total, quantum)
    assert connected
    found = isolated(program, total_energy=total, sweeps=150, replicas=20_000, seed=1)
    held, law = demon_law(density, total)
    rung = np.rint(found.energies / quantum).astype(int)
    exact = np.zeros(above + 1)
    exact[np.rint(held / quantum).astype(int)] = law
    assert excess(np.bincount(rung, minlength=above + 1), exact) < SIGMA
    # every state of network and demon, each with 1 / len(low)
    place = np.searchsorted(low, state_index(found.states))
    assert excess(np.bincount(place, minlength=len(low)), np.full(len(low), 1 / len(low))) < SIGMA
    every = energies(*program.problem_network) + program.readout.energy_offset
    np.testing.assert_allclose(every[state_index(found.states)] + found.energies, total)
    # control: the law at another total energy
    other = np.zeros(above + 2)
    held, law = demon_law(density, total + quantum)
    other[np.rint(held / quantum).astype(int)] = law
    assert excess(np.bincount(rung, minlength=above + 2), other) > 10


def test_the_demon_reads_the_slope_of_the_entropy():
    program = compiled(hwsim.generate("ring:n=16"))
    density = network_density_of_states(program)
    temperature = inverse_temperature(density)
    for k in (2, 3):
        total = density.energies[k]
        found = isolated(program, total_energy=total, sweeps=150, replicas=30_000, seed=k)
        beta, error = entropy_slope(found.energies, quantum=found.quantum)
        assert error < 0.01 and abs(beta - temperature.beta[k - 1]) < SIGMA * error
        # the mean energy is biased at fixed U by order 1 / n, exactly as the law says
        held, law = demon_law(density, total)
        mean, spread = found.energies.mean(), found.energies.std(ddof=1) / np.sqrt(30_000)
        assert abs(mean - held @ law) < SIGMA * spread
        assert abs(beta_of(mean, quantum=4.0) - beta) > SIGMA * error


@pytest.mark.parametrize("clock", ["poisson", "chromatic"])
@pytest.mark.parametrize("beta", [0.15, 0.3, 0.42])
def test_a_demon_at_a_running_machine_reads_its_beta(clock, beta):
    program = compiled(hwsim.generate("ising2d:L=8"), clock=clock)
    found = thermometer(program, beta=beta, rounds=100, settle=100, replicas=512, schedules=32, seed=5)
    assert found.error < 0.01 * beta
    assert abs(found.beta - beta) < SIGMA * found.error
    assert abs(found.beta - 1.06 * beta) > SIGMA * found.error  # the control: it would notice 6 %
    # one independent demon a replica: a geometric law
    x = np.exp(-beta * found.quantum)
    law = (1 - x) * x ** np.arange(60)
    rung = np.rint(found.last / found.quantum).astype(int)
    assert excess(np.bincount(rung, minlength=60), law) < SIGMA


@pytest.mark.parametrize("changes", [{"clock": "synchronous"}, {"delay": "1 ns"}])
def test_a_machine_that_does_not_sample_boltzmann_does_not_read_its_beta(changes):
    program = compiled(hwsim.generate("ising2d:L=8"), **changes)
    found = thermometer(program, beta=0.3, rounds=100, settle=100, replicas=512, schedules=32, seed=5)
    assert abs(found.beta - 0.3) > 10 * found.error


def test_network_and_demon_have_the_joint_law_of_one_bath():
    program, beta = glass(), 0.35
    found = thermometer(program, beta=beta, rounds=1, settle=60, replicas=16384, schedules=256, seed=2)
    every = energies(*program.problem_network)
    x = np.exp(-beta * found.quantum)
    law = np.outer(np.exp(-beta * every) / np.exp(-beta * every).sum(), (1 - x) * x ** np.arange(80))
    counts = np.zeros(law.shape)
    np.add.at(counts, (state_index(found.states), np.rint(found.last / found.quantum).astype(int)), 1)
    assert excess(counts.ravel(), law.ravel()) < SIGMA


def test_answers_depend_on_the_seed_alone():
    program = glass()
    total = network_density_of_states(program).energies[0] + 4 * common_quantum(program)
    few, many, other = (
        isolated(program, total_energy=total, sweeps=20, replicas=r, seed=s) for r, s in ((40, 1), (90, 1), (40, 2))
    )
    assert np.array_equal(few.states, many.states[:40]) and np.array_equal(few.energies, many.energies[:40])
    assert not np.array_equal(few.states, other.states)
    options = {"beta": 0.3, "rounds": 5, "settle": 5, "replicas": 130, "schedules": 2, "seed": 3}
    one, two = (thermometer(program, threads=k, **options) for k in (1, 2))
    assert np.array_equal(one.energies, two.energies) and np.array_equal(one.states, two.states)
    law = thermometer(program, engine="reference", **options | {"replicas": 6})
    fast = thermometer(program, engine="lanes", **options | {"replicas": 6})
    assert np.array_equal(law.energies, fast.energies)


def test_stuck_p_bits_stay_where_they_are():
    program = compiled(hwsim.generate("ising2d:L=4"), stuck_fraction=0.3)
    assert np.any(program.cells.stuck != 0)
    found = isolated(program, total_energy=0.0, sweeps=20, replicas=64, seed=1)
    held = program.cells.stuck != 0
    assert np.all(found.states[:, held] == program.cells.stuck[held])


def normal():
    rng = np.random.default_rng(0)
    return compiled(dimod.BinaryQuadraticModel({}, {(i, j): rng.normal() for i in range(5) for j in range(i)}, "SPIN"))


def levels():
    model = dimod.DiscreteQuadraticModel()
    model.add_variable(3, label="u")
    model.set_linear("u", [0, 1, 2])
    return compiled(model)


FREE = dimod.BinaryQuadraticModel({0: 0.0}, {}, "SPIN")
RING = {"sweeps": 1, "replicas": 8}


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (lambda ring: common_quantum(normal()), InputError, "multiples of one quantum"),
        (lambda ring: common_quantum(compiled(FREE)), InputError, "costs energy"),
        (lambda ring: isolated(ring, total_energy=1.0, **RING), InputError, "whole quanta of 4, got 1.0"),
        (lambda ring: isolated(ring, total_energy=np.inf, **RING), InputError, "total_energy must be finite, got inf"),
        (lambda ring: isolated(ring, total_energy=1e300, **RING), InputError, "whole quanta of 4, got 1e.300"),
        (lambda ring: demon_law(network_density_of_states(ring), np.nan), InputError, "total_energy must be finite"),
        (lambda ring: isolated(ring, total_energy=-12.0, **RING), InputError, "8 of 8 replicas found no state"),
        (lambda ring: isolated(ring, total_energy=0.0, sweeps=0), InputError, "sweeps and replicas must be >= 1"),
        (lambda ring: isolated(ring, total_energy=0.0, states=np.ones((3, 8)), **RING), InputError, r"shape \(8, 8\)"),
        (lambda ring: isolated(levels(), total_energy=0.0, **RING), UnsupportedError, "p-dits"),
        (lambda ring: demon_law(network_density_of_states(ring), -9.0), InputError, "lowest level, -8, got -9"),
        (lambda ring: entropy_slope(np.ones(5), quantum=1.0), InputError, "got 0 and 5"),
        (lambda ring: beta_of(0.0, quantum=1.0), InputError, "must be > 0"),
        (lambda ring: thermometer(ring, beta=-1.0), InputError, "beta must be finite"),
        (lambda ring: thermometer(ring, beta=1.0, replicas=1), InputError, "replicas >= 2"),
    ],
)
def test_bad_input_is_one_sentence(make, error, sentence):
    with pytest.raises(error, match=sentence):
        make(compiled(hwsim.generate("ring:n=8")))
