"""Files that can be read in two ways: the established reading is printed, the others are refused with both or named."""

import json
import os
import subprocess
import sys

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.cli.main import main, parser
from hwsim.errors import InputError
from hwsim.problem.read import read

RUDY = "4 5\n1 2 1\n2 3 1\n3 4 1\n4 1 1\n1 3 -2\n"
COO = "0 1 -1\n1 2 1\n2 2 0.5\n"
TWO = "--as spin or --as qubo"
THREE = "--as spin, --as qubo or --as max-cut"


@pytest.fixture
def written(tmp_path):
    def write(text, name="g.txt"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("head", ["", "# a comment\n", "\n# vartypes are not kept here\n"])
def test_a_header_its_lines_nodes_from_1_and_no_loop_are_a_max_cut(written, head):
    problem = read(written(head + RUDY))
    assert problem.kind == "max-cut" and "max-cut" in problem.reading
    # cutting node 1 off: edges of 1, 1 and -2
    assert problem.bqm.energy({1: -1, 2: 1, 3: 1, 4: 1}) == 0
    assert problem.bqm.energy({1: 1, 2: -1, 3: 1, 4: 1}) == -2


def test_the_established_reading_gives_way_to_the_one_that_is_named(written):
    path = written(RUDY)
    spin = read(path, as_="spin").bqm
    assert spin.vartype.name == "SPIN" and spin.quadratic[1, 3] == -2 and spin.offset == 0
    assert spin.energy({1: -1, 2: 1, 3: 1, 4: 1}) == -1 + 1 + 1 - 1 + 2
    qubo = read(path, as_="qubo").bqm
    assert qubo.energy({1: 1, 2: 0, 3: 1, 4: 0}) == -2
    cut = read(path, as_="max-cut")
    assert cut.bqm == read(path).bqm and cut.reading is None


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        (COO, "a.coo", TWO),
        ("# i j J\n" + COO, "a.txt", TWO),
        ("0 1 -1\n1 2 1\n", "a.txt", THREE),  # no header
        ("1 2\n2 3\n3 1\n", "a.txt", THREE),  # edges without a header
        ("3 3\n0 1 -1\n1 2 1\n0 2 1\n", "a.txt", THREE),  # an Ising list from 0
        ("3 3\n1 1 -1\n1 2 1\n2 3 1\n", "a.txt", TWO),  # a QUBO list with its diagonal
        ("# 3 nodes\n3 2\n1 2 1\n2 3 1\n", "a.coo", TWO),  # the ending and the content differ
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_with_both(written, text, name, options):
    with pytest.raises(InputError, match=options) as refused:
        read(written(text, name))
    assert "spins" in str(refused.value) and "QUBO" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("5 5\n2 5\n1 3\n2 4\n3 5\n4 1\n", "METIS"),
        ("4 2\n1 2 0\n2 3 0\n", "clauses"),
        ("5 3\n1 2 3\n2 3 -4\n1 4 5\n", "clauses"),
        ("5 3\n1 2\n2 3\n3 4\n", "edges from the first line on"),
    ],
)
def test_what_looks_like_a_max_cut_and_something_else_is_refused_with_both(written, text, other):
    with pytest.raises(InputError, match=f"max-cut .* or as .*{other}.*--as max-cut"):
        read(written(text))
    assert read(written(text), as_="max-cut").kind == "max-cut"


def test_a_path_with_its_header_is_no_list_of_edges(written):
    assert read(written("4 3\n1 2\n2 3\n3 4\n")).bqm.num_interactions == 3


def test_an_edge_list_without_a_header_keeps_its_first_edge(written):
    assert read(written("1 2\n2 3\n3 1\n"), as_="max-cut").bqm.num_interactions == 3
    with pytest.raises(InputError, match="promises 4 edges, found 2"):
        read(written("5 4\n1 2\n2 3\n"), as_="max-cut")


@pytest.mark.parametrize(
    "comment", ["vartype=SPIN", "vartype: SPIN", "vartype = Vartype.SPIN", "vartype=spin", "VARTYPE : dimod.SPIN"]
)
def test_a_vartype_is_read_however_it_is_spelt(written, comment):
    problem = read(written(f"# {comment}\n{COO}", "a.coo"))
    assert problem.kind == "ising" and problem.bqm.energy({0: 1, 1: 1, 2: -1}) == -1 - 1 - 0.5
    binary = read(written(f"# {comment.upper().replace('SPIN', 'BINARY')}\n{COO}", "a.coo"))
    assert binary.kind == "qubo" and binary.bqm.energy({0: 1, 1: 1, 2: 0}) == -1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# vartype=INTEGER\n0 1 1\n", "line 1: the vartype must be SPIN or BINARY"),
        ("# vartype=\n0 1 1\n", "line 1: the vartype must be SPIN or BINARY"),
        ("# vartype=SPIN\n0 1 1\n# vartype=BINARY\n", "line 3: a second vartype"),
        ("# vartype=SPIN\n0 1 1\n1 0 1\n", "line 3: the pair 1 0 is already in line 2"),
        ("# vartype=SPIN\n99999999999999999999 1 1\n", "line 2: expected a whole number from 0 to"),
        ("# vartype=SPIN\n-1 1 1\n", "line 2: expected a whole number from 0"),
        ("# vartype=SPIN\n0 1_0 1\n", "line 2: expected a whole number"),
        ("# vartype=SPIN\n0 1 1e999\n", "line 2: 1e999 is outside"),
        ("0 0\n", "an empty problem"),
        ("3 3 2\n1 2 5\n2 3 1\n", "line 1: '3 3 2' may be a size 'rows columns entries' or an entry"),
        ("5000000000 1\n1 2 1\n", "line 1 promises 5000000000 variables"),
        ("# nothing\n", "holds no terms"),
    ],
)
def test_a_mistake_is_one_sentence(written, text, words):
    with pytest.raises(InputError, match=words):
        read(written(text, "a.coo" if "vartype" in text else "a.txt"))


def test_a_reading_that_contradicts_the_file_is_refused(written):
    for path, as_ in (
        (written("# vartype=SPIN\n0 1 1\n", "a.coo"), "qubo"),
        (written("p qubo 0 2 0 1\n0 1 1\n", "a.qubo"), "spin"),
        (written("p cnf 1 1\n1 0\n", "a.cnf"), "qubo"),
        ("karate", "max-cut"),
    ):
        with pytest.raises(InputError, match=f"--as {as_}"):
            read(path, as_=as_)
    with pytest.raises(InputError, match="as_ must be one of spin, qubo, max-cut, p-bit, got 'ising'"):
        hwsim.read("karate", as_="ising")
    assert read(written("p qubo 0 2 0 1\n0 1 1\n", "a.qubo"), as_="qubo").kind == "qubo"


@pytest.mark.parametrize(
    "command",
    [
        ["problem"],
        ["compile"],
        ["run", "--reads", "4", "--schedules", "1", "--time", "5ns"],
        ["compare", "--reads", "4", "--schedules", "2", "--time", "5ns"],
        ["free-energy"],
    ],
    ids=lambda command: command[0],
)
def test_every_command_prints_the_reading_and_takes_another(written, command, tmp_path, capsys):
    path = str(written(RUDY))
    out = str(tmp_path / "out.json")
    assert main([*command, path, "--json", out]) == 0
    assert "read as max-cut" in capsys.readouterr().err
    assert main([*command, path, "--as", "spin", "--json", out]) == 0
    assert "read as" not in capsys.readouterr().err
    document = json.loads((tmp_path / "out.json").read_text())
    assert document.get("problem", document)["kind"] == "ising"
    assert main([*command, str(written(COO, "b.txt"))]) == 2
    assert TWO in capsys.readouterr().err
    assert main([*command, str(written(COO, "b.txt")), "--as", "spin", "--json", out]) == 0


def test_a_plan_says_how_its_files_are_read(written, tmp_path, capsys):
    path = written(COO, "b.txt")
    plan = 'problem = "{}"\n{}\nreads = 4\nschedules = 1\ntime = "5 ns"\nstop = {{ max_shards = 1 }}\n'
    (tmp_path / "plan.toml").write_text(plan.format(path, ""))
    command = ["study", str(tmp_path / "plan.toml"), "--store", str(tmp_path / "s.db"), "--workers", "1"]
    assert main(command) == 2
    assert TWO in capsys.readouterr().err
    (tmp_path / "plan.toml").write_text(plan.format(path, 'as = "spin"'))
    assert main(command) == 0


def test_qbsolv_offset_and_scale_count_and_unnamed_nodes_are_told(written):
    text = "c offset : 1.5\nc scale : 2\np qubo 0 4 1 1\n0 0 -2.5\n0 2 1.5\n"
    problem = read(written(text, "a.QUBO"))
    assert problem.bqm.energy({0: 1, 2: 1}) == 2 * (-2.5 + 1.5 + 1.5)
    assert "no line names the other 2 of the 4 nodes" in problem.reading


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("p qubo 0 3 2 1\n0 0 1\n0 1 1\n", "promises 2 diagonals, found 1"),
        ("p qubo 0 3 0 2\n0 1 1\n", "promises 2 elements, found 1"),
        ("p qubo 0 3 1 0\n0 0 1\n0 0 1\n", "line 3: the entry 0 0 is given twice"),
        ("c offset : much\np qubo 0 2 0 1\n0 1 1\n", "line 1: expected a number"),
        ("c scale : -1\np qubo 0 2 0 1\n0 1 1\n", "line 1: the scale must be > 0"),
        ("p qubo 0 2 0 1\np qubo 0 2 0 1\n0 1 1\n", "line 2: a second 'p' line"),
        ("p qubo 0 2 0 1\n0 -1 1\n", "line 2"),
    ],
)
def test_a_broken_qubo_file_is_refused(written, text, words):
    with pytest.raises(InputError, match=words):
        read(written(text, "a.qubo"))


@pytest.mark.parametrize("offset", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("where", ["offset", "linear", "quadratic"])
def test_a_dimod_file_with_a_number_that_is_not_finite_is_refused(tmp_path, offset, where):
    numbers = {"offset": 0.0, "linear": 1.0, "quadratic": 1.0} | {where: offset}
    bqm = dimod.BinaryQuadraticModel(
        {"a": numbers["linear"]}, {("a", "b"): numbers["quadratic"]}, numbers["offset"], "SPIN"
    )
    with bqm.to_file() as source:
        (tmp_path / "a.bqm").write_bytes(source.read())
    with pytest.raises(InputError, match="that is not finite"):
        read(tmp_path / "a.bqm")


def test_a_pipe_is_read_once(tmp_path):
    path = tmp_path / "pipe.txt"
    os.mkfifo(path)
    with subprocess.Popen([sys.executable, "-c", "import sys; open(sys.argv[1], 'w').write(sys.argv[2])", path, RUDY]):
        assert read(path).bqm.num_interactions == 5


def test_an_archive_runs_as_a_problem_or_as_a_program(tmp_path, capsys):
    np.savez(tmp_path / "J.npz", J=np.array([[0.0, -1.0], [-1.0, 0.0]]))
    few = ["--reads", "4", "--schedules", "1", "--time", "5ns"]
    assert main(["run", str(tmp_path / "J.npz"), *few]) == 0
    assert "read as couplings of spins" in capsys.readouterr().err
    assert main(["compile", str(tmp_path / "J.npz"), "-o", str(tmp_path / "p.npz")]) == 0
    assert main(["run", str(tmp_path / "p.npz"), *few]) == 0
    assert main(["run", str(tmp_path / "p.npz"), "--as", "spin", *few]) == 2


@pytest.mark.parametrize("command", ["run", "compare", "tts", "compile", "layout", "blame", "free-energy", "problem"])
def test_every_command_that_takes_a_problem_takes_its_reading(command, capsys):
    assert parser().parse_args([command, "g.txt", "--as", "max-cut"]).as_ == "max-cut"
    assert main([command, "g.txt", "--as", "ising"]) == 2
    assert "--as must be one of spin, qubo, max-cut, p-bit, got 'ising'" in capsys.readouterr().err
