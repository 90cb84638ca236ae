"""CNF and WCNF: for the best auxiliaries the energy is the weight of violated clauses. By enumeration."""

import itertools

import dimod
import numpy as np
import pytest

from hwsim.errors import InputError, ReadError
from hwsim.problem.constrained import broken_clauses
from hwsim.problem.problem import Problem
from hwsim.problem.read import read
from hwsim.report.answers import answer_lines

CNF = "c a note\np cnf 4 4\n1 -2 3 0\n-1 2 0\n-3 0\n1 2 -3 4 0\n%\n0\n"
CLASSIC = "p wcnf 3 3 10\n10 1 2 3 0\n2 -1 0\n3 -2 -3 0\n"
MODERN = "h 1 2 3 0\n2 -1 0\n3 -2 -3 0\n"


def weight_violated(clauses, assignment):
    return sum(w for w, clause in clauses if not any((v > 0) == bool(assignment[abs(v)]) for v in clause))


def least_energy_by_assignment(bqm, n):
    found = dimod.ExactSolver().sample(bqm)
    best = {}
    for sample, energy in found.data(["sample", "energy"]):
        key = tuple(sample[v] for v in range(1, n + 1))
        best[key] = min(energy, best.get(key, energy))
    return best


@pytest.mark.parametrize(
    ("name", "text", "clauses", "n"),
    [
        ("a.cnf", CNF, [(1, [1, -2, 3]), (1, [-1, 2]), (1, [-3]), (1, [1, 2, -3, 4])], 4),
        ("a.wcnf", CLASSIC, [(6, [1, 2, 3]), (2, [-1]), (3, [-2, -3])], 3),
        ("b.wcnf", MODERN, [(6, [1, 2, 3]), (2, [-1]), (3, [-2, -3])], 3),
    ],
)
def test_the_energy_is_the_weight_of_violated_clauses(tmp_path, name, text, clauses, n):
    (tmp_path / name).write_text(text)
    best = least_energy_by_assignment(read(tmp_path / name).bqm, n)
    for bits in itertools.product((0, 1), repeat=n):
        assert best[bits] == pytest.approx(weight_violated(clauses, dict(enumerate(bits, 1))))


@pytest.mark.parametrize("text", ["p cnf 2 2\n1 2 0\n", "p cnf 2 1\n1 3 0\n", "p cnf 2 1\n1 2\n", "1 2 0\n"])
def test_a_broken_formula_is_refused(tmp_path, text):
    (tmp_path / "a.cnf").write_text(text)
    with pytest.raises(ReadError):
        read(tmp_path / "a.cnf")


def test_dimods_lossy_text_is_read_with_a_warning(tmp_path):
    (tmp_path / "a.coo").write_text("# vartype=SPIN\n0 0 0.333333\n0 1 -1.500000\n")
    with pytest.warns(UserWarning, match="six decimals"):
        bqm = read(tmp_path / "a.coo").bqm
    assert bqm.vartype is dimod.SPIN and bqm.quadratic[(0, 1)] == -1.5
    (tmp_path / "b.coo").write_text("# vartype=SPIN\n0 0 0.3333333333333333\n0 1 -1.5\n")
    assert read(tmp_path / "b.coo").bqm.linear[0] == 1 / 3


@pytest.mark.parametrize(
    "text",
    [
        "p cnf 3 3\n1 -2\n0 2 3 0\n-1\n-3 0\n",
        "c comment\np  cnf 3 3\n1 -2 0 2 3 0 -1 -3 0\n",
        "p cnf 3 3\n1 -2 0\nc between\n2 3 0\n-1 -3\n0\n%\n0\n",
    ],
)
def test_a_clause_ends_with_0_and_not_with_its_line(tmp_path, text):
    (tmp_path / "A.CNF").write_text(text)
    assert [clause for _, clause in read(tmp_path / "A.CNF").clauses] == [[1, -2], [2, 3], [-1, -3]]


def test_weighted_clauses_may_share_a_line_too(tmp_path):
    (tmp_path / "a.wcnf").write_text("h 1 2\n0 3 -1 0\n2 -2 0 0 1 0\n")
    assert read(tmp_path / "a.wcnf").clauses == [(None, [1, 2]), (3, [-1]), (2, [-2]), (0, [1])]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.cnf", "p cnf 2 1\n1 2\n", "line 2: a clause must end with 0"),
        ("a.cnf", "p cnf 2 2\n1 2 0 1\n", "line 2: a clause must end with 0"),
        ("a.cnf", "p cnf -2 1\n1 2 0\n", "line 1: expected a whole number from 0"),
        ("a.cnf", "p cnf 2 1\np cnf 2 1\n1 2 0\n", "line 2: the 'p' line must come once"),
        ("a.cnf", "p cnf 2 1\n1 2 00\n", "line 2"),
        ("a.cnf", "p cnf 2 1\n1 x 0\n", "line 2: expected a whole number"),
        ("a.wcnf", "h 1 0\n-3 1 0\n", "line 2: a weight must be >= 0"),
        ("a.wcnf", "h 1 0\nhard 1 0\n", "line 2: expected a number"),
        ("a.wcnf", "9007199254740991 1 0\n1 -1 0\n", "divide them by a common factor"),
    ],
)
def test_a_mistake_in_a_formula_is_one_sentence(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=words):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "soft"),
    [
        # float(2**53 + 1) is 2**53: as floats the soft clause would be hard
        (f"p wcnf 2 3 {2**53 + 1}\n{2**53 + 1} 1 2 0\n{2**53 - 3} -1 0\n1 -2 0\n", 2**53 - 3),
        (f"h 1 2 0\n{2**52} -1 0\n3 -2 0\n", 2**52),
        (f"p wcnf 2 3 {2**70}\n{2**70} 1 2 0\n5 -1 0\n3 -2 0\n", 5),
    ],
)
def test_a_hard_clause_outweighs_all_soft_ones_however_large(tmp_path, text, soft):
    (tmp_path / "a.wcnf").write_text(text)
    problem = read(tmp_path / "a.wcnf")
    assert [weight for weight, _ in problem.clauses][:2] == [None, soft]
    energies = {(x, y): problem.bqm.energy({1: x, 2: y}) for x in (0, 1) for y in (0, 1)}
    assert min(energies, key=energies.get) == (0, 1)
    assert energies[0, 0] == max(energies.values())


def test_hard_and_soft_clauses_are_told_apart():
    problem = Problem(
        bqm=None,
        name="",
        kind="max-sat",
        clauses=[(None, [1, 2]), (None, [-3]), (5, [-1]), (3, [-2]), (2**60 + 1, [3])],
    )
    keeps_1, keeps_2, breaks_1, breaks_2 = [1, -1, -1], [-1, 1, -1], [-1, -1, -1], [-1, -1, 1]
    facts = broken_clauses(problem, [1, 2, 3], np.array([breaks_1, keeps_1, keeps_2, breaks_2], dtype=np.int8))
    assert (facts["hard_clauses"], facts["soft_clauses"]) == (2, 3)
    assert facts["hard_satisfied"] == 0.5 and facts["satisfied"] == 0
    assert facts["fewest_hard_broken"] == 0 and facts["mean_hard_broken"] == 0.75
    # the last read breaks no soft clause and two hard ones
    assert facts["best_soft_weight"] == 3 + 2**60 + 1 and facts["best_soft_broken"] == 2
    assert "fewest_broken" not in facts
    (hard, soft) = answer_lines({"clauses": facts}, reads=4, n_variables=3, n_pbits=3)
    assert hard == "hard clauses: 50.0% of reads keep all 2, 0.75 broken on average"
    assert soft.endswith("in the best read that keeps all hard ones (2 of 3 clauses)")
    facts = broken_clauses(problem, [1, 2, 3], np.array([breaks_1, breaks_2], dtype=np.int8))
    assert facts["best_soft_weight"] is None and facts["best_soft_broken"] is None
    (_, soft) = answer_lines({"clauses": facts}, reads=2, n_variables=3, n_pbits=3)
    assert soft == "soft clauses: no read counts, for each breaks 1 hard ones or more"
