"""Constraints become penalties, and states say which they break."""

import itertools

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.errors import InputError, ReadError
from hwsim.problem.constrained import broken_clauses, broken_constraints

LP = """Maximize
 obj: 5 x + 4 y + 3 z
Subject To
 weight: 2 x + 3 y + z <= 5
 pair: x + z = 1
Binary
 x y z
End
"""


@pytest.fixture
def knapsack(tmp_path):
    path = tmp_path / "knapsack.lp"
    path.write_text(LP)
    return hwsim.read(path)


def states_of(problem):
    labels = list(problem.bqm.variables)
    n = len(labels)
    return labels, np.where((np.arange(2**n)[:, None] >> np.arange(n)) & 1, 1, -1).astype(np.int8)


def test_the_ground_state_is_the_best_feasible_choice(knapsack):
    labels, states = states_of(knapsack)
    energies = knapsack.bqm.energies(((states > 0).astype(int), labels))
    best = states[np.argmin(energies)]
    values = dict(zip(labels, (best > 0).astype(int), strict=True))
    choices = [c for c in itertools.product((0, 1), repeat=3) if 2 * c[0] + 3 * c[1] + c[2] <= 5 and c[0] + c[2] == 1]
    assert (values["x"], values["y"], values["z"]) == max(choices, key=lambda c: 5 * c[0] + 4 * c[1] + 3 * c[2])
    assert energies.min() == pytest.approx(-9.0)


def test_the_report_names_what_broke(knapsack):
    labels, _ = states_of(knapsack)
    good = {"x": 1, "y": 1, "z": 0}
    bad = {"x": 1, "y": 1, "z": 1}
    rows = [[1 if values.get(label, 0) else -1 for label in labels] for values in (good, bad, bad, bad)]
    facts = broken_constraints(knapsack, labels, np.array(rows, dtype=np.int8))
    assert facts["constraints"] == [("weight", 0.75), ("pair", 0.75)]
    assert facts["feasible"] == 0.25 and facts["best_objective"] == 9.0 and facts["fewest_broken"] == 0


def test_a_cqm_file_says_the_same_as_the_model(tmp_path):
    x, y = dimod.Binaries(["x", "y"])
    cqm = dimod.ConstrainedQuadraticModel()
    cqm.set_objective(-x - y)
    cqm.add_constraint(x + y <= 1, label="one")
    path = tmp_path / "m.cqm"
    with cqm.to_file() as source:
        path.write_bytes(source.read())
    problem = hwsim.read(path)
    assert problem.kind == "constrained"
    assert problem.bqm.num_variables == hwsim.penalised(cqm).bqm.num_variables
    assert hwsim.penalised(cqm, penalty=7.0).bqm != problem.bqm


def test_what_cannot_become_a_qubo_is_refused(tmp_path):
    cqm = dimod.ConstrainedQuadraticModel()
    cqm.add_variable("REAL", "r")
    cqm.set_objective(dimod.Real("r"))
    with pytest.raises(InputError, match="cannot become a QUBO"):
        hwsim.penalised(cqm)
    with pytest.raises(InputError, match="penalty must be > 0"):
        hwsim.penalised(dimod.ConstrainedQuadraticModel(), penalty=-1)
    (tmp_path / "bad.lp").write_text("this is no LP")
    with pytest.raises((ReadError, InputError)):
        hwsim.read(tmp_path / "bad.lp")


def test_clauses_are_counted_from_the_clauses_themselves():
    problem = hwsim.read("sat:n=5,m=9,seed=2")
    labels = list(problem.bqm.variables)
    rng = np.random.default_rng(0)
    states = rng.choice([-1, 1], (50, len(labels))).astype(np.int8)
    by_hand = []
    for row in states:
        value = dict(zip(labels, row, strict=True))
        by_hand.append(sum(all(value[abs(x)] * x < 0 for x in clause) for _, clause in problem.clauses))
    facts = broken_clauses(problem, labels, states)
    assert facts["fewest_broken"] == min(by_hand) and facts["mean_broken"] == pytest.approx(np.mean(by_hand))
    assert facts["clauses"] == 9


def model(coefficients, sense, rhs):
    cqm = dimod.ConstrainedQuadraticModel()
    bits = [dimod.Binary(f"x{k}") for k in range(len(coefficients))]
    cqm.set_objective(-sum(bits))
    left = sum(c * x for c, x in zip(coefficients, bits, strict=True))
    cqm.add_constraint(left <= rhs if sense == "<=" else left == rhs, label="c")
    return cqm


@pytest.mark.parametrize(
    ("coefficients", "sense", "rhs", "kept"),
    [
        ([1e-12, 2e-12], "==", 3e-12, [(1, 1)]),
        ([1e-30, 2e-30], "==", 1e-30, [(1, 0)]),
        ([1e9, 1.0], "==", 1e9 + 1, [(1, 1)]),
        ([0.1, 0.2], "==", 0.3, [(1, 1)]),
        ([0.1, 0.2], "<=", 0.3, [(0, 0), (0, 1), (1, 0), (1, 1)]),
        ([1.0, 1.0], "<=", 1 - 1e-10, [(0, 0)]),
        ([0.5, 0.7], "<=", 1.2, [(0, 0), (0, 1), (1, 0), (1, 1)]),
    ],
)
def test_a_constraint_has_the_scale_of_its_own_numbers(coefficients, sense, rhs, kept):
    problem = hwsim.penalised(model(coefficients, sense, rhs))
    labels = list(problem.bqm.variables)
    rows = np.array(list(itertools.product((-1, 1), repeat=len(labels))), dtype=np.int8)
    found = set()
    for row in rows:
        facts = broken_constraints(problem, labels, row[None])
        if facts["feasible"] == 1.0:
            found.add(tuple(int(row[labels.index(v)] > 0) for v in ("x0", "x1")))
    assert found == set(kept)


def test_a_coefficient_too_small_for_slack_bits_is_refused_and_not_dropped():
    with pytest.raises(InputError, match="more than three decimals"):
        hwsim.penalised(model([1e-10, 1.0], "<=", 1.0))
