"""CNF and WCNF: for the best auxiliaries the energy is the weight of violated clauses. By enumeration."""

import itertools

import dimod
import pytest

from hwsim.errors import ReadError
from hwsim.problem.read import read

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
