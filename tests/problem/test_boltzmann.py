"""Boltzmann machines with roles and clamps, against enumeration."""

import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact_laws import boltzmann_law, energies
from hwsim.errors import InputError
from hwsim.mapping.compile import spin_network
from hwsim.problem.boltzmann import bm, visible_law


def law_of(problem, beta):
    labels, network, _, _ = spin_network(problem)
    return labels, boltzmann_law(energies(*network), beta)


def test_a_weight_pulls_its_units_together():
    problem = hwsim.rbm([[2.0]], [0.0], [0.0])
    labels, law = law_of(problem, 1.0)
    assert labels == ["v0", "h0"]
    assert law[0] + law[3] == pytest.approx(1 / (1 + np.exp(-4.0)))  # P ~ exp(W v h)
    assert hwsim.rbm([[0.0]], [1.0], [0.0]).bqm.get_linear("v0") == -1


def test_the_law_of_visible_units_is_the_sum_over_hidden_ones():
    problem = hwsim.read("rbm:v=7,h=5,seed=3")
    labels, law = law_of(problem, 0.9)
    assert labels == [f"v{i}" for i in range(7)] + [f"h{i}" for i in range(5)]
    assert visible_law(problem, 0.9) == pytest.approx(law.reshape(2**5, 2**7).sum(axis=0), abs=1e-14)


def test_layers_of_a_deep_machine_touch_their_neighbours_alone():
    problem = hwsim.read("dbm:v=4,h=3,k=2,seed=1")
    assert problem.roles == {
        "visible": ["v0", "v1", "v2", "v3"],
        "hidden 1": ["h1_0", "h1_1", "h1_2"],
        "hidden 2": ["h2_0", "h2_1", "h2_2"],
    }
    assert problem.bqm.num_interactions == 4 * 3 + 3 * 3
    with pytest.raises(InputError, match="are coupled: their sum has no closed form"):
        visible_law(problem, 1.0)


def test_a_general_machine_has_its_visible_units_first():
    rng = np.random.default_rng(0)
    weights = np.triu(rng.normal(size=(5, 5)), 1)
    problem = bm(weights + weights.T, np.zeros(5), n_visible=2)
    assert list(problem.bqm.variables) == ["v0", "v1", "h0", "h1", "h2"]
    assert problem.bqm.get_quadratic("v1", "h2") == -weights[1, 4]
    with pytest.raises(InputError, match="symmetric matrix"):
        bm(weights, np.zeros(5), n_visible=2)


def test_clamping_conditions_the_law():
    problem = hwsim.read("rbm:v=4,h=3,seed=2")
    held = hwsim.clamp(problem, {"v0": 1, "v2": -1})
    _, law = law_of(problem, 0.8)
    keep = [k for k in range(2**7) if k & 1 and not k & 4]
    rest, conditional = law_of(held, 0.8)
    assert rest == ["v1", "v3", "h0", "h1", "h2"]
    assert conditional == pytest.approx(law[keep] / law[keep].sum(), abs=1e-14)
    assert held.roles["visible"] == ["v1", "v3"] and held.fixed == {"v0": 1, "v2": -1}


@pytest.mark.parametrize(
    ("values", "words"),
    [({"x": 1}, "no variable 'x'"), ({"v0": 0}, "must be -1 or 1, got 0"), ({"v0": 1, "h0": 1}, "nothing is left")],
)
def test_clamps_that_make_no_sense_are_refused(values, words):
    with pytest.raises(InputError, match=words):
        hwsim.clamp(hwsim.rbm([[1.0]], [0.0], [0.0]), values)


def test_shapes_are_checked():
    with pytest.raises(InputError, match=r"bias of 2 units must have shape \(2,\), got \(3,\)"):
        hwsim.rbm(np.zeros((2, 3)), np.zeros(3), np.zeros(3))
    for wrong in ([1.0, 2.0], [[np.nan]]):
        with pytest.raises(InputError, match="weights must be a matrix of finite numbers"):
            hwsim.rbm(wrong, [0.0], [0.0])
    with pytest.raises(InputError, match="at least one matrix"):
        hwsim.dbm([], [])
    with pytest.raises(InputError, match="weights 1 must have shape"):
        hwsim.dbm([np.zeros((2, 3)), np.zeros((2, 2))], [np.zeros(2), np.zeros(3), np.zeros(2)])


def test_a_sampled_machine_follows_its_visible_law():
    problem = hwsim.read("rbm:v=5,h=4,seed=7")
    program = hwsim.compile(problem, hwsim.chip("autonomous-pbit", tau="5 ns", delay="0 s"))
    run = hwsim.run(program, anneal=hwsim.constant(1.0, "200 ns"), reads=20_000, schedules=100, seed=4)
    seen = np.bincount((run.variables[:, :5] > 0) @ (1 << np.arange(5)), minlength=32) / run.reads
    law = visible_law(problem, 1.0)
    assert np.abs((seen - law) / np.sqrt(law * (1 - law) / run.reads)).max() < 4


@pytest.mark.parametrize("seed", range(5))
def test_planted_clauses_can_all_be_satisfied(seed):
    problem = hwsim.read(f"sat:n=6,m=14,k=3,seed={seed}")
    assert problem.known_energy == 0 and problem.known_is_exact and len(problem.clauses) == 14
    assignments = np.where((np.arange(64)[:, None] >> np.arange(6)) & 1, 1, -1)
    satisfied = [all(any(a[abs(x) - 1] * x > 0 for x in clause) for _, clause in problem.clauses) for a in assignments]
    assert any(satisfied)
    assert all(len({abs(x) for x in clause}) == 3 for _, clause in problem.clauses)
