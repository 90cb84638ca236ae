"""LP files: one parser, the sense from what it parsed, and a refusal of what it does not understand.

The oracle is dimod's reader, where it reads a file."""

import dimod
import pytest

import hwsim
from hwsim.errors import ReadError
from hwsim.problem.lp import read_lp

BODY = "obj: 5 x + 4 y + 3 z\nSubject To\n weight: 2 x + 3 y + z <= 5\n pair: x + z = 1\nBinary\n x y z\nEnd\n"


@pytest.fixture
def written(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "a.lp"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def objective(problem):
    """The objective of the file at x = 1, y = 0, z = 0."""
    cqm, _ = problem.constrained
    value = cqm.objective.energy({"x": 1, "y": 0, "z": 0})
    return -value if problem.maximised else value


@pytest.mark.parametrize("word", ["Maximize", "Maximise", "MAX", "maximum", "Minimize", "minimise", "MIN", "Minimum"])
@pytest.mark.parametrize("before", ["", "\\ a title\n", "\\Problem name: Minimize\n\n", "\ufeff"], ids=repr)
@pytest.mark.parametrize("after", ["\n", " \\ a comment\n", " ", "\r\n"], ids=repr)
def test_the_sense_and_the_objective_are_those_of_the_file(written, word, before, after):
    problem = hwsim.read(written(before + word + after + BODY))
    assert problem.maximised == word.lower().startswith("max")
    assert objective(problem) == 5
    # weight and pair leave (1, 1, 0) = 9 and (0, 1, 1) = 7 and (1, 0, 0) = 5 and (0, 0, 1) = 3
    least = dimod.ExactSolver().sample(problem.bqm).first.energy
    assert least == pytest.approx(-9 if problem.maximised else 3)


FILES = {
    "quadratic": "Minimize\n obj: x + [ 2 x ^ 2 + 3 x * y - 1 y ^ 2 ] / 2 + 3\nSubject To\n c1: x + y + z <= 2\n"
    "Bounds\n 0 <= z <= 5\nBinary\n x y\nGeneral\n z\nEnd\n",
    "constant": "max\n x\nst\n c: 3 + x + y <= 4\nbin\n x y\nend\n",
    "sums": "max\n x + 2 x + -2 y\nst\n c: x + x + y <= 1\n - y >= -1\nbin\n x y\nend",
    "empty": "min\nst\n c: x + y <= 4\nbin\n x y\nend",
    "bounds": "min\n x + z\nst\n c: x + y + z + w >= 4\n"
    "bounds\n z <= 7\n w >= 2\n w <= 1e2\nbin\n x y\ngen\n z w\nend\n",
    "several lines": "maximize\n cost:\n 5 x\n + 4y\nsubject to\n c1: x\n + y\n <= 1\n"
    " c2: x - y\n >= 0\nbinaries\n x\n y\nend\n",
}


@pytest.mark.parametrize("name", FILES)
def test_it_reads_what_dimod_reads(tmp_path, name):
    own, _ = read_lp(tmp_path, FILES[name])
    theirs = dimod.lp.loads(FILES[name])
    assert list(own.variables) == list(theirs.variables)
    assert own.is_equal(theirs)


def test_what_dimod_writes_comes_back(tmp_path):
    x, y, z = dimod.Binaries("xyz")
    i = dimod.Integer("i", upper_bound=7)
    cqm = dimod.ConstrainedQuadraticModel()
    cqm.set_objective(-x + 2 * y * z + 3 * x * y + i + 1.5)
    cqm.add_constraint(x + y + 2 * i <= 4, label="a")
    cqm.add_constraint(x - y >= 0, label="b")
    own, maximised = read_lp(tmp_path, dimod.lp.dumps(cqm))
    assert own.is_equal(cqm) and not maximised


def test_a_number_on_the_left_turns_the_comparison(tmp_path):
    own, _ = read_lp(tmp_path, "min\n x\nst\n a: 3 >= x + 2 y\n b: 1 <= x\nbin\n x y\nend\n")
    theirs = dimod.lp.loads("min\n x\nst\n a: x + 2 y <= 3\n b: x >= 1\nbin\n x y\nend\n")
    assert own.is_equal(theirs)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A knapsack\nMaximize\n" + BODY, "line 1: an LP file begins with Maximize or Minimize, got 'A knapsack'"),
        ("max: 3x + 2y;\n", "line 1: an LP file begins with"),
        ("Maximize\n" + BODY.replace("End\n", ""), "no End"),
        ("Maximize\n" + BODY + "x\n", "line 9: nothing may follow End"),
        ("Maximize\n" + BODY.replace("5 x +", "5 x"), "line 2: expected a sign or"),
        ("Maximize\n" + BODY.replace("5 x", "5 6 x"), "line 2: expected a sign or"),
        ("Maximize\n" + BODY.replace("<= 5", "<= 5 x"), "line 4: expected a number alone on the right side"),
        ("Maximize\n" + BODY.replace("<= 5", "<= inf"), "line 4: expected a number, got 'inf'"),
        ("Maximize\n" + BODY.replace("<= 5", ""), "line 5: expected a sign or a comparison, got 'pair'"),
        ("Maximize\n" + BODY.replace("weight: ", "weight: 0 <= "), "line 4: expected one comparison"),
        ("Maximize\n" + BODY.replace("pair", "weight"), "a second constraint is called weight"),
        ("Maximize\n" + BODY.replace("Binary", "SOS"), "line 6: the section 'SOS' is not read"),
        ("Maximize\n" + BODY.replace("5 x", "5 x^3"), "line 2: expected a sign or"),
        ("Maximize\n" + BODY.replace("5 x", "[ x * y ]"), "expected / 2 after the quadratic part"),
        ("Maximize\n" + BODY.replace("Binary", "Bounds\nx <= 0.5\nBinary"), "binary and between 0 and 0.5"),
        ("Maximize\n" + BODY.replace("Binary", "Generals\nx\nBinary"), "x is both binary and integer"),
        ("Maximize\n" + BODY.replace("obj", "o\x00bj"), "line 2 holds the control character U\\+0000"),
        ("Maximize \\ caf\xe9\n" + BODY, "line 1 holds the byte 0xE9, which is not UTF-8"),
    ],
)
def test_what_it_does_not_understand_is_refused_with_its_line(written, text, words):
    with pytest.raises(ReadError, match=words):
        hwsim.read(written(text, "latin-1"))
