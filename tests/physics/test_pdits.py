"""p-dits: cells of k levels, against enumeration, against p-bits, and engine against engine."""

import dimod
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hwsim
from hwsim.analysis.interval import standard_error
from hwsim.cell.clock import CLOCKS
from hwsim.errors import InputError, UnsupportedError


def model(cases, seed, density=0.8):
    """A random model: variable u has ``cases[u]`` levels with energies of their own."""
    rng = np.random.default_rng(seed)
    made = dimod.DiscreteQuadraticModel()
    for u, k in enumerate(cases):
        made.add_variable(k, label=f"v{u}")
        made.set_linear(f"v{u}", rng.normal(size=k))
    for u in range(len(cases)):
        for v in range(u):
            if rng.random() < density:
                made.set_quadratic(
                    f"v{u}", f"v{v}", {(a, b): rng.normal() for a in range(cases[u]) for b in range(cases[v])}
                )
    made.offset = 0.7
    return made


def sampled(problem, beta, reads=16384, time="100 ns", seed=1, **changes):
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all", **({"tau": "1 ns"} | changes)))
    return hwsim.run(
        program, anneal=hwsim.constant(beta, time), reads=reads, schedules=reads // 64, checkpoints=1, seed=seed
    )


def test_a_cell_with_energies_of_the_users_follows_boltzmann():
    energies, beta = np.array([0.0, 0.4, -0.3, 1.1, 0.2]), 1.3
    problem = dimod.DiscreteQuadraticModel()
    problem.add_variable(5, label="cell")
    problem.set_linear("cell", energies)
    run = sampled(problem, beta)
    level = run.sampleset.record.sample[:, 0]
    law = np.exp(-beta * energies) / np.exp(-beta * energies).sum()
    for a in range(5):
        found = (level == a).astype(float)
        assert abs(found.mean() - law[a]) < 4 * standard_error(found, run.schedule)
    assert np.allclose(run.energies, energies[level])


@pytest.mark.parametrize("clock", ["poisson", "sequential", "random-sequential", "chromatic"])
def test_a_network_of_p_dits_is_a_boltzmann_machine_over_their_levels(clock):
    problem, beta = model([3, 2, 4, 3], seed=2), 0.6
    run = sampled(problem, beta, clock=clock)
    every = dimod.ExactDQMSolver().sample_dqm(problem)
    law = np.exp(-beta * every.record.energy)
    law /= law.sum()
    names = list(run.sampleset.variables)
    order = [list(every.variables).index(name) for name in names]
    number = {tuple(int(x) for x in sample[order]): k for k, sample in enumerate(every.record.sample)}
    index = np.array([number[tuple(int(x) for x in sample)] for sample in run.sampleset.record.sample])
    from hwsim.analysis.fidelity import total_variation, tv_noise_floor, tv_noise_sd

    found = (total_variation(index, law) - tv_noise_floor(law, run.reads)) / tv_noise_sd(law, run.reads)
    assert found < 4
    assert np.allclose(run.energies, every.record.energy[index])


def test_p_dits_of_two_levels_are_p_bits():
    """The same law as the Ising model with s = +1 for level 0, from another machine."""
    problem = dimod.DiscreteQuadraticModel()
    for u in range(3):
        problem.add_variable(2, label=u)
    ising = {(0, 1): -1.0, (1, 2): 0.7, (0, 2): 0.4}
    for (u, v), j in ising.items():
        problem.set_quadratic(u, v, {(a, b): j * (1 - 2 * a) * (1 - 2 * b) for a in (0, 1) for b in (0, 1)})
    levels, bits = sampled(problem, 0.8), sampled(dimod.BinaryQuadraticModel({}, ising, "SPIN"), 0.8)
    difference = levels.energies.mean() - bits.energies.mean()
    errors = [standard_error(run.energies, run.schedule) for run in (levels, bits)]
    assert abs(difference) < 4 * np.hypot(*errors)


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_lanes_and_reference_tell_the_same(data):
    draw = data.draw
    cases = draw(st.lists(st.integers(2, 4), min_size=1, max_size=4))
    clock = draw(st.sampled_from(sorted(CLOCKS)))
    chip = hwsim.chip(
        "generic-all-to-all",
        clock=clock,
        tau="1 ns",
        delay=draw(st.sampled_from(["0 ns", "0.7 ns"])),
        gain_dtod=0.1,
        offset_dtod=0.2,
        dac_bits=draw(st.sampled_from([None, 4])),
        weight_dtod=0.05,
    )
    program = hwsim.compile(model(cases, draw(st.integers(0, 99))), chip)
    options = {"anneal": hwsim.linear(0.1, 2.0, "6 ns"), "reads": 3, "schedules": 1, "record": (0, 2), "seed": 5}
    traces = [hwsim.run(program, engine=engine, checkpoints=1, **options) for engine in ("reference", "lanes")]
    for read in (0, 2):
        assert all(np.array_equal(a, b) for a, b in zip(traces[0].traces[read], traces[1].traces[read], strict=True))
    assert (traces[0].states == traces[1].states).all()
    for lines in np.split(traces[1].states, np.unique(program.cells.pdit)[1:], axis=1):
        assert (np.sum(lines == 1, axis=1) == 1).all()  # one level each, whatever the delay


def test_what_a_p_dit_cannot_have_is_refused():
    with pytest.raises(InputError, match="at least two levels"):
        hwsim.compile(model([3, 1], seed=1), hwsim.chip("generic-all-to-all"))
    problem = model([3, 2], seed=1)
    for change in ({"noise_white": 0.1}, {"synapse_tau": "1 ns"}, {"random_source": "lfsr32"}):
        with pytest.raises(InputError, match="p-dit"):
            hwsim.compile(problem, hwsim.chip("generic-all-to-all", **change))
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    for engine in ("bitplanes", "dense"):
        with pytest.raises(UnsupportedError, match="p-dit"):
            hwsim.run(program, anneal=hwsim.constant(1.0, "10 ns"), reads=1, engine=engine)
