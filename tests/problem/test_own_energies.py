"""Energies are those of the problem as given, in its own variables, to the last bit."""

import itertools

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.mapping.restore import restored_problem

LP = """Minimize
 obj: 1000000 z + 0.1 a + 0.2 b + 0.3 c
Subject To
 one: a + b + c = 1
Binary
 z a b c
End
"""


def every(n):
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.int8)


@pytest.fixture
def one_of_three(tmp_path):
    path = tmp_path / "one.lp"
    path.write_text(LP)
    return hwsim.read(path)


@pytest.mark.parametrize("engine", ["lanes", "bitplanes", "reference"])
@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
@pytest.mark.parametrize("digits", ["decimals", "integers"])
def test_runs_and_sample_sets_give_the_energies_of_dimod_bit_for_bit(engine, vartype, digits):
    draw = np.random.default_rng(7)
    pairs = {(f"x{i}", f"x{j}"): float(draw.integers(-9, 10)) for i, j in itertools.combinations(range(9), 2)}
    biases = {f"x{i}": float(draw.integers(-9, 10)) for i in range(9)}
    unit = 1.0 if digits == "integers" or engine == "bitplanes" else 0.1
    offset = 0.1 if digits == "decimals" else 3.0
    bqm = dimod.BinaryQuadraticModel(
        {v: unit * h for v, h in biases.items()}, {e: unit * j for e, j in pairs.items()}, offset, vartype
    )
    program = hwsim.compile(bqm, hwsim.chip("generic-all-to-all"))
    run = hwsim.run(program, anneal=hwsim.linear(0.1, 1, "20 ns"), reads=70, seed=1, engine=engine, checkpoints=2)
    samples = run.sampleset
    assert samples.vartype.name == vartype
    assert samples.record.energy.tolist() == bqm.energies((samples.record.sample, list(samples.variables))).tolist()
    assert run.energies.tolist() == samples.record.energy.tolist() == run.checkpoint_energies[-1].tolist()
    again = restored_problem(program, name="again").bqm
    assert (
        program.energies(run.states).tolist()
        == hwsim.compile(again, hwsim.chip("generic-all-to-all")).energies(run.states).tolist()
    )


@pytest.mark.parametrize("penalty", [None, 1e8, 1e14, 1e30])
def test_a_kept_constraint_costs_nothing_whatever_the_penalty(one_of_three, penalty):
    problem = hwsim.penalised(one_of_three.constrained[0], penalty=penalty)
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    states = every(4)
    energies = program.energies(2 * states - 1)
    kept = states[:, 1:].sum(axis=1) == 1
    wanted = {(1, 0, 0): 0.1, (0, 1, 0): 0.2, (0, 0, 1): 0.3}
    assert [energies[k] for k in np.flatnonzero(kept & (states[:, 0] == 0))] == [
        wanted[tuple(states[k, 1:].tolist())] for k in np.flatnonzero(kept & (states[:, 0] == 0))
    ]
    assert energies[~kept].min() >= (1e7 if penalty is None else penalty)
    assert program.reached(energies, 0.1).tolist() == [row.tolist() == [0, 1, 0, 0] for row in states]


def test_every_read_of_an_lp_file_that_is_optimal_is_a_success(one_of_three):
    program = hwsim.compile(one_of_three, hwsim.chip("generic-all-to-all"))
    states = np.tile(np.array([[-1, 1, -1, -1]], dtype=np.int8), (5, 1))
    assert program.reached(program.energies(states), 0.1).all()
    assert program.indistinct is None


def test_objective_and_violations_add_up_to_the_model_that_the_machine_holds(one_of_three):
    objective, violations, penalty = one_of_three.parts
    states = every(4)
    both = objective.energies((states, "zabc")) + penalty * violations.energies((states, "zabc"))
    np.testing.assert_allclose(both, one_of_three.bqm.energies((states, "zabc")), rtol=0, atol=1e-7)


def test_a_saved_program_counts_the_same_energies(one_of_three, tmp_path):
    from hwsim.program import load, save

    problem = hwsim.penalised(one_of_three.constrained[0], penalty=1e14)
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    save(program, tmp_path / "p.npz")
    again, states = load(tmp_path / "p.npz"), 2 * every(4) - 1
    assert again.energies(states).tolist() == program.energies(states).tolist()
    restored = hwsim.compile(restored_problem(again, name="p"), hwsim.chip("generic-all-to-all"))
    assert restored.energies(states).tolist() == program.energies(states).tolist()
    two = again.tile(2).energies(np.hstack([states, states]))
    np.testing.assert_allclose(two, 2 * program.energies(states), rtol=1e-15)


def test_energies_that_float64_cannot_tell_apart_are_not_counted():
    bqm = dimod.BinaryQuadraticModel({"z": 1e17, "a": 1.0, "b": 0.3}, {}, 0.1, "BINARY")
    program = hwsim.compile(bqm, hwsim.chip("generic-all-to-all"))
    run = hwsim.run(program, anneal=hwsim.linear(0.1, 1, "20 ns"), reads=64, seed=1)
    with pytest.raises(hwsim.HwsimError, match="float64 cannot tell energies apart"):
        hwsim.time_to_solution(run, target=0.1)
    from hwsim.experiment.summary import summarise

    assert summarise(run, target=0.1)["p_success"] is None


def test_a_clamped_model_keeps_its_parts(one_of_three):
    problem = hwsim.clamp(hwsim.penalised(one_of_three.constrained[0], penalty=1e14), {"z": 0})
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    assert program.energies(2 * np.eye(3, dtype=np.int8) - 1).tolist() == [0.1, 0.2, 0.3]
