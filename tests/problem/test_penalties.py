"""Penalties: every assignment of a random model is judged, and the ground state found, by enumeration."""

import itertools

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.errors import InputError
from hwsim.problem.constrained import broken_constraints, penalised


def mixed(seed):
    """A binary, a spin, an integer to 3 and one to 1; fractional coefficients and sides; a constant on the left."""
    draw = np.random.default_rng(seed)
    x, s, i, j = (
        dimod.Binary("x"),
        dimod.Spin("s"),
        dimod.Integer("i", upper_bound=3),
        dimod.Integer("j", upper_bound=1),
    )
    cqm = dimod.ConstrainedQuadraticModel()
    a = draw.integers(-3, 4, 6).tolist()
    cqm.set_objective(a[0] * x + a[1] * s + a[2] * i + a[3] * j + a[4] * i * s + a[5] * x * j + 2)
    cqm.add_constraint(x + 0.5 * i + s <= 1.7, label="half")
    cqm.add_constraint(i + j + 1 >= 1.5, label="some")
    cqm.add_constraint(x + s + j == 0, label="sum")
    return cqm


@pytest.mark.parametrize("seed", range(4))
def test_the_ground_state_is_the_best_feasible_assignment_and_every_read_is_judged(seed):
    cqm = mixed(seed)
    every = [dict(zip("xsij", v, strict=True)) for v in itertools.product((0, 1), (-1, 1), range(4), (0, 1))]
    good = [sample for sample in every if cqm.check_feasible(sample)]
    least = min(cqm.objective.energy(sample) for sample in good)
    problem = penalised(cqm, penalty=60.0)
    labels = list(problem.bqm.variables)
    assert labels == list(penalised(mixed(seed), penalty=60.0).bqm.variables)  # slack names are not random
    found = dimod.ExactSolver().sample(problem.bqm)
    assert found.first.energy == pytest.approx(least)
    states = np.array([[2 * sample[v] - 1 for v in labels] for sample in found.samples(sorted_by=None)], dtype=np.int8)
    facts = broken_constraints(problem, labels, states)
    assert facts["best_objective"] == pytest.approx(least) and facts["feasible"] == len(good) / len(every)
    best = states[[int(np.argmin(found.record.energy))]]
    assert broken_constraints(problem, labels, best)["feasible"] == 1


def test_a_clamped_model_is_still_judged():
    problem = penalised(mixed(0), penalty=60.0)
    left = hwsim.clamp(problem, {"x": 1})
    states = -np.ones((3, left.bqm.num_variables), dtype=np.int8)
    facts = broken_constraints(left, list(left.bqm.variables), states)
    assert dict(facts["constraints"]) == {"half": 0.0, "some": 1.0, "sum": 0.0}


def model(build, **bounds):
    cqm = dimod.ConstrainedQuadraticModel()
    cqm.set_objective(dimod.Binary("x") + dimod.Binary("y"))
    build(cqm, dimod.Binary("x"), dimod.Binary("y"))
    return cqm


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda c, x, y: c.add_constraint(x + y >= 3, label="no"), "no values of its variables satisfy constraint no"),
        (lambda c, x, y: c.add_constraint(x + y == 1, label="k", weight=3), "soft"),
        (lambda c, x, y: c.add_constraint(x * y == 1, label="k"), "quadratic"),
        (lambda c, x, y: c.add_constraint(x + 0.12345 * y <= 1, label="k"), "three decimals"),
        (lambda c, x, y: c.add_variable("REAL", "z"), "continuous"),
        (lambda c, x, y: c.add_variable("INTEGER", "z"), "integer z must lie"),
        (lambda c, x, y: c.add_variable("INTEGER", "z", lower_bound=1, upper_bound=5), "integer z must lie"),
        (lambda c, x, y: c.set_objective(float("nan") * x), "not finite"),
    ],
)
def test_what_is_no_penalty_is_refused(build, said):
    with pytest.raises(InputError, match=said):
        penalised(model(build))
