"""Each format against its own definition: the energies of every state, by formulas that are written here by hand.

A case is (file, text or bytes, reading or None, labels, law): ``law`` takes the values in the order of ``labels``.
"""

import io
import json
import subprocess
import sys
from itertools import product

import dimod
import networkx
import numpy as np
import pytest
import scipy.io
import scipy.sparse

import hwsim
from hwsim.errors import InputError, MissingExtraError
from hwsim.problem.read import read

MATRIX = np.array([[0.0, -1.5, 2.0], [-1.5, 0.0, 0.25], [2.0, 0.25, 0.0]])
FIELD = np.array([[0.5], [-1.0], [3.0]])


def ising(s):
    return 0.5 * s[0] - s[1] + 3 * s[2] - 1.5 * s[0] * s[1] + 2 * s[0] * s[2] + 0.25 * s[1] * s[2]


def couplings(s):
    return -1.5 * s[0] * s[1] + 2 * s[0] * s[2] + 0.25 * s[1] * s[2]


def cut(s):
    """Minus the weight of the edges whose ends differ."""
    return -(-1.5 * (s[0] != s[1]) + 2 * (s[0] != s[2]) + 0.25 * (s[1] != s[2]))


def unit_cut(s):
    return -(int(s[0] != s[1]) + int(s[1] != s[2]))


def mat(**held):
    file = io.BytesIO()
    scipy.io.savemat(file, held)
    return file.getvalue()


def sparse_npz(matrix):
    file = io.BytesIO()
    scipy.sparse.save_npz(file, scipy.sparse.coo_array(matrix))
    return file.getvalue()


SPARSE_MAT = mat(J=scipy.sparse.csc_matrix(MATRIX))
GRAPH = networkx.Graph()
GRAPH.add_weighted_edges_from([(0, 1, -1.5), (0, 2, 2.0), (1, 2, 0.25)])
BIASED = GRAPH.copy()
networkx.set_node_attributes(BIASED, {0: 0.5, 1: -1.0, 2: 3.0}, "h")
PAIRS = "0 1 -1.5\n0 2 2\n1 2 0.25\n"
WITH_BIASES = PAIRS + "0 0 0.5\n1 1 -1\n2 2 3\n"
BQPJSON = {
    "version": "1.0.0",
    "id": 0,
    "metadata": {},
    "variable_ids": [0, 1, 2],
    "variable_domain": "spin",
    "scale": 2.0,
    "offset": 1.5,
    "linear_terms": [{"id": 0, "coeff": 0.5}, {"id": 1, "coeff": -1.0}, {"id": 2, "coeff": 3.0}],
    "quadratic_terms": [
        {"id_tail": 0, "id_head": 1, "coeff": -1.5},
        {"id_tail": 2, "id_head": 0, "coeff": 2.0},
        {"id_tail": 1, "id_head": 2, "coeff": 0.25},
    ],
}
FUJITSU = {
    "fujitsuDA3": {"time_limit_sec": 1},
    "binary_polynomial": {
        "terms": [
            {"coefficient": 2.0, "polynomials": [0, 1]},
            {"c": -3.0, "p": [1, 2]},
            {"c": 1.0, "p": [2, 2]},
            {"coefficient": 0.5, "polynomials": [0]},
            {"coefficient": 7.0, "polynomials": []},
        ]
    },
}
QPLIB = """T # a name
QBL # binary, linear constraints
{sense}
3 # variables
1 # constraints
2 # quadratic terms
2 1 4
3 3 6
0.5 # default of the linear terms
1
1 -2
10 # constant
2 # terms of constraints
1 1 1
1 2 1
1e30 # infinity
0
1
1 1
1
0 # right sides that differ
0
0 # starting points
0
0
0
0
0 # names
0
"""
INTEGER_QPLIB = "e\nLIB\nminimize\n1\n1.0\n0\n0.0\n1e30\n{low}\n0\n{high}\n0\n0\n0\n0\n0\n0\n0\n"
BARE_QPLIB = "T\nQBN\n{}\n3\n2\n2 1 4\n3 3 6\n0.5\n1\n1 -2\n10\n1e30\n0\n0\n0\n0\n0\n0\n"
LP = "Minimize\n obj: 2 x - y + 3 Constant + 4\n + [ 6 x * y ] / 2\nBounds\n Constant = 1\nBinaries\n x y\nEnd\n"

GUROBI = r"""\ LP format - for model browsing. Use MPS format to capture full model detail.
Maximize
  2 x - 3 y + 7.5 Constant + [ 8 x * y ] / 2 
Subject To
Bounds
 Constant = 1
Binaries
 x y
End
"""
SCIP = r"""\ SCIP STATISTICS
\   Variables        : 2 (2 binary, 0 integer, 0 implicit integer, 0 continuous)
Minimize
 Obj: +2 x -3 y +7.5
Bounds
 0 <= x <= 1
 0 <= y <= 1
Binaries
 x y
End
"""


def qplib_objective(x):
    """x^T Q x / 2 with q_21 = 4 and q_33 = 6, b = (-2, 0.5, 0.5), q = 10."""
    return (4 * x[1] * x[0] + 6 * x[2] * x[2]) / 2 - 2 * x[0] + 0.5 * x[1] + 0.5 * x[2] + 10


def biq_mac(x):
    """x^T Q x with Q symmetric, q_11 = 3, q_12 = q_21 = -2, q_23 = q_32 = 5."""
    symmetric = {(0, 0): 3, (0, 1): -2, (1, 0): -2, (1, 2): 5, (2, 1): 5}
    return sum(value * x[i] * x[j] for (i, j), value in symmetric.items())


def bonn(x):
    return 3 * x[0] - 2 * x[0] * x[1] + 5 * x[2] * x[1]


SPARSE = "# a comment\n3 3\n1 1 3\n1 2 -2\n3 2 5\n"
ONE_TWO_THREE = [1, 2, 3]
CASES = [
    ("a.txt", PAIRS, "spin", None, couplings),
    ("a.txt", WITH_BIASES, "spin", None, ising),
    ("a.tsv", WITH_BIASES.replace(" ", "\t"), "spin", None, ising),
    ("a.csv", "i,j,J\n" + WITH_BIASES.replace(" ", ","), "spin", None, ising),
    ("a.csv", "source; target; weight\n" + PAIRS.replace(" ", "; "), "max-cut", None, cut),
    ("a.txt", "% from MATLAB\n" + WITH_BIASES, "p-bit", None, lambda s: -ising(s)),
    ("a.txt", PAIRS, "max-cut", None, cut),
    ("a.txt", "1 2 -1.5\n1 3 2\n2 3 0.25\n", "spin", ONE_TWO_THREE, couplings),
    ("a.txt", WITH_BIASES, "qubo", None, ising),
    ("a.edgelist", "a b -1.5\na c 2\nb c 0.25\n", "spin", ["a", "b", "c"], couplings),
    ("a.edgelist", "\n".join(networkx.generate_edgelist(GRAPH)), "max-cut", None, cut),
    ("a.edgelist", "0 1 {}\n1 2 {}\n", "max-cut", None, unit_cut),
    ("a.txt", "0 -1.5 2 0\n-1.5 0 0.25 0\n2 0.25 0 0\n0 0 0 0\n", "spin", range(4), couplings),
    ("a.csv", "4\n0,-1.5,2,0\n-1.5,0,0.25,0\n2,0.25,0,0\n0,0,0,0\n", "max-cut", range(4), cut),
    ("a.json", json.dumps(BQPJSON), None, None, lambda s: 2.0 * (ising(s) + 1.5)),
    ("a.json", json.dumps(BQPJSON | {"variable_domain": "boolean"}), None, None, lambda x: 2.0 * (ising(x) + 1.5)),
    (
        "a.json",
        json.dumps(
            dimod.BQM({0: 0.5, 1: -1, 2: 3}, {(0, 1): -1.5, (0, 2): 2, (1, 2): 0.25}, 1, "SPIN").to_serializable()
        ),
        None,
        None,
        lambda s: ising(s) + 1,
    ),
    ("a.json", json.dumps(networkx.node_link_data(BIASED, edges="links")), "spin", None, ising),
    ("a.json", json.dumps(networkx.node_link_data(GRAPH, edges="edges")), "max-cut", None, cut),
    ("a.json", json.dumps(MATRIX.tolist()), "spin", None, couplings),
    ("a.json", json.dumps(FUJITSU), None, None, lambda x: 2 * x[0] * x[1] - 3 * x[1] * x[2] + x[2] + 0.5 * x[0] + 7),
    ("a.mat", mat(J=MATRIX, h=FIELD), "spin", None, ising),
    ("a.mat", mat(J=MATRIX, h=FIELD.T, colorMap=np.arange(3)), "p-bit", None, lambda s: -ising(s)),
    ("a.mat", mat(J=scipy.sparse.csc_matrix(MATRIX)), "spin", None, couplings),
    ("a.mat", mat(W=MATRIX), "max-cut", None, cut),
    (
        "a.mat",
        mat(Q=np.triu(MATRIX) + np.diag([1.0, 2, 3])),
        None,
        None,
        lambda x: couplings(x) + x[0] + 2 * x[1] + 3 * x[2],
    ),
    ("a.npz", sparse_npz(MATRIX), "spin", None, couplings),
    ("a.npz", sparse_npz(np.triu(MATRIX)), "max-cut", None, cut),
    ("a.graphml", "\n".join(networkx.generate_graphml(BIASED)), "spin", None, ising),
    ("a.graphml", "\n".join(networkx.generate_graphml(GRAPH)), "max-cut", None, cut),
    ("a.gml", "\n".join(networkx.generate_gml(BIASED)), "p-bit", None, lambda s: -ising(s)),
    (
        "a.gml",
        "graph [ node [ id 0 ] node [ id 1 ] node [ id 2 ] edge [ source 0 target 1 ] edge [ source 1 target 2 ] ]",
        "max-cut",
        None,
        unit_cut,
    ),
    ("a.sparse", SPARSE, None, ONE_TWO_THREE, biq_mac),
    ("a.bq", SPARSE, None, ONE_TWO_THREE, bonn),
    ("bqp.txt", "1\n" + SPARSE, None, ONE_TWO_THREE, lambda x: -biq_mac(x)),
    ("a.qplib", BARE_QPLIB.format("minimize"), None, ["x1", "x2", "x3"], qplib_objective),
    ("a.qplib", BARE_QPLIB.format("maximize"), None, ["x1", "x2", "x3"], lambda x: -qplib_objective(x)),
    ("a.lp", LP, None, ["x", "y"], lambda x: 2 * x[0] - x[1] + 3 * x[0] * x[1] + 7),
    ("a.lp", GUROBI, None, ["x", "y"], lambda x: -(2 * x[0] - 3 * x[1] + 7.5 + 4 * x[0] * x[1])),
    ("a.lp", SCIP, None, ["x", "y"], lambda x: 2 * x[0] - 3 * x[1] + 7.5),
    ("a.col", "c note\np edge 3 2\ne 1 2\ne 2 3\n", "max-cut", ONE_TWO_THREE, unit_cut),
    ("a.col", "p col 3 4\ne 1 2\ne 2 1\ne 2 3\ne 3 2\n", "max-cut", ONE_TWO_THREE, unit_cut),
    ("a.graph", "% note\n3 2\n2\n1 3\n2\n", "max-cut", ONE_TWO_THREE, unit_cut),
    ("a.graph", "3 3 011 1\n9 2 -1.5 3 2\n9 1 -1.5 3 0.25\n9 1 2 2 0.25\n", "max-cut", ONE_TWO_THREE, cut),
]


def written(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize(("name", "data", "as_", "labels", "law"), CASES, ids=range(len(CASES)))
def test_every_state_has_the_energy_of_the_definition(tmp_path, name, data, as_, labels, law):
    bqm = read(written(tmp_path, name, data), as_=as_).bqm
    labels = list(labels or range(3))
    assert set(bqm.variables) == set(labels)
    values = (-1, 1) if bqm.vartype is dimod.SPIN else (0, 1)
    for state in product(values, repeat=len(labels)):
        assert bqm.energy(dict(zip(labels, state, strict=True))) == pytest.approx(law(state), abs=1e-12)


@pytest.mark.parametrize("compress", [None, "gz", "bz2", "xz"])
def test_a_packed_binary_file_is_read_too(tmp_path, compress):
    from bz2 import compress as bzip2
    from gzip import compress as gzip
    from lzma import compress as xz

    pack = {None: bytes, "gz": gzip, "bz2": bzip2, "xz": xz}[compress]
    path = written(tmp_path, f"J.mat.{compress}" if compress else "J.mat", pack(mat(J=MATRIX)))
    problem = read(path, as_="spin")
    assert problem.name == "J" and problem.bqm.quadratic[0, 1] == -1.5


@pytest.mark.parametrize("name", ["a.sparse", "bqp.txt", "a.qplib"])
def test_a_maximum_is_told(tmp_path, name):
    texts = {"a.sparse": SPARSE, "bqp.txt": "1\n" + SPARSE, "a.qplib": BARE_QPLIB.format("maximize")}
    problem = read(written(tmp_path, name, texts[name]))
    assert problem.maximised == (name != "a.sparse")
    assert ("largest" in problem.reading or "maximised" in problem.reading) == problem.maximised


def test_a_problem_of_many_in_a_file_is_chosen_by_its_number(tmp_path):
    path = written(tmp_path, "bqp.txt", "2\n" + SPARSE.partition("\n")[2] + "2 1\n1 2 4\n")
    first, second = (read(f"{path}#{k}") for k in (1, 2))
    assert first.name == "bqp#1" and first.bqm.energy({1: 1, 2: 1, 3: 0}) == -biq_mac((1, 1, 0))
    assert second.name == "bqp#2" and second.bqm.energy({1: 1, 2: 1}) == -8 and second.maximised
    for number, words in ((0, "holds 2 problems"), (3, "holds 2 problems")):
        with pytest.raises(InputError, match=words):
            read(f"{path}#{number}")
    with pytest.raises(InputError, match="promises 3 problems, found 2"):
        read(f"{written(tmp_path, 'short.txt', '3' + path.read_text()[1:])}#1")
    with pytest.raises(InputError, match="holds one problem: leave #1 out"):
        read(f"{written(tmp_path, 'a.txt', PAIRS)}#1")
    assert read(written(tmp_path, "a#1.txt", "2 1\n1 2 1\n")).name == "a#1"


@pytest.mark.parametrize("sense", ["minimize", "maximize"])
def test_a_constraint_of_qplib_becomes_a_penalty(tmp_path, sense):
    problem = read(written(tmp_path, "a.qplib", QPLIB.format(sense=sense)))
    assert problem.kind == "constrained" and problem.maximised == (sense == "maximize")
    sign = 1 if sense == "minimize" else -1
    best = {}
    for sample in dimod.ExactSolver().sample(problem.bqm).data(["sample", "energy"]):
        bits = tuple(sample.sample[x] for x in ("x1", "x2", "x3"))
        best[bits] = min(best.get(bits, np.inf), sample.energy)
    for bits, energy in best.items():
        least = sign * qplib_objective(bits)
        assert energy == pytest.approx(least) if bits[0] + bits[1] == 1 else energy > least


def test_the_best_solution_of_bqpjson_is_the_known_energy(tmp_path):
    states = [{0: 1, 1: 1, 2: -1}, {0: 1, 1: 1, 2: 1}]
    solutions = [
        {"id": k, "assignment": [{"id": i, "value": v} for i, v in state.items()]} for k, state in enumerate(states)
    ]
    problem = read(written(tmp_path, "a.json", json.dumps(BQPJSON | {"solutions": solutions})))
    assert problem.known_energy == min(2 * (ising(state) + 1.5) for state in states)
    assert problem.known_source == "the best of 2 solutions in the file" and not problem.known_is_exact


ASK = [
    ("a.json", json.dumps(networkx.node_link_data(GRAPH, edges="edges")), "--as spin, --as qubo or --as max-cut"),
    ("a.json", json.dumps(networkx.node_link_data(BIASED, edges="links")), "--as spin or --as qubo"),
    ("a.json", json.dumps(MATRIX.tolist()), "--as spin, --as qubo or --as max-cut"),
    ("a.graphml", "\n".join(networkx.generate_graphml(GRAPH)), "--as spin, --as qubo or --as max-cut"),
    ("a.gml", "\n".join(networkx.generate_gml(GRAPH)), "--as spin, --as qubo or --as max-cut"),
    ("a.mat", mat(J=MATRIX, h=FIELD), "--as spin or --as p-bit"),
    ("a.mat", mat(J=MATRIX), r"E = sum h s \+ sum J s s .*p-bit papers.*--as spin or --as p-bit"),
    ("a.mat", mat(W=MATRIX), "--as spin, --as p-bit, --as qubo or --as max-cut"),
    ("a.mat", mat(mine=MATRIX), "--as spin, --as p-bit, --as qubo or --as max-cut"),
    ("a.npz", sparse_npz(np.triu(MATRIX)), "--as qubo .*--as spin"),
    ("a.edgelist", "a b 1\n", "--as spin, --as qubo or --as max-cut"),
    ("a.csv", "i,j,J\n0,1,1\n", "--as spin, --as qubo or --as max-cut"),
    ("a.txt", "0 1 1 1\n1 0 1 1\n1 1 0 1\n1 1 1 0\n", "--as spin, --as qubo or --as max-cut"),
    ("a.col", "p edge 2 1\ne 1 2\n", "to be coloured .*--as max-cut"),
    ("a.graph", "2 1\n2\n1\n", "to be cut into parts .*--as max-cut"),
]


@pytest.mark.parametrize(("name", "data", "words"), ASK, ids=range(len(ASK)))
def test_what_can_be_read_in_several_ways_is_refused_with_all_of_them(tmp_path, name, data, words):
    with pytest.raises(InputError, match=words):
        read(written(tmp_path, name, data))


@pytest.mark.parametrize("as_", ["p-bit", "max-cut"])
def test_a_sign_that_the_format_fixes_is_not_turned(tmp_path, as_):
    spins = dimod.BQM({0: 0.5}, {(0, 1): -1.5}, 0, "SPIN")
    with spins.to_file() as source:
        given = [spins, written(tmp_path, "a.bqm", source.read())]
    given += [written(tmp_path, "a.json", json.dumps(BQPJSON)), written(tmp_path, "b.lp", LP)]
    given += [
        written(tmp_path, "c.json", json.dumps(FUJITSU)),
        f"{written(tmp_path, 'd.txt', '1' + chr(10) + SPARSE)}#1",
    ]
    given += [written(tmp_path, "e.coo", "# vartype=SPIN\n0 1 1\n"), dimod.to_networkx_graph(spins)]
    for each in given:
        with pytest.raises(InputError, match=f"{as_}.* (does not apply|contradicts)"):
            read(each, as_=as_)


def changed(document, **changes):
    return json.dumps(document | changes)


BROKEN = [
    ("a.json", '{"a": 1, "a": 2}', "gives the key 'a' twice"),
    ("a.json", '{"a": ', "line 1 is not readable JSON"),
    ("a.json", "[" * 100_000, "not readable JSON"),
    ("a.json", '{"a": 1, "b": 2}', r"JSON with the keys a, b: read are bqpjson, .*hwsim formats lists all"),
    ("a.json", "[1, 2]", "hwsim formats lists all"),
    ("a.json", '{"qubits": [0, 1], "couplers": [[0, 1]]}', "as of a chip: --set graph="),
    ("a.json", '{"type": "SampleSet"}', "a SampleSet of dimod"),
    ("a.json", '{"type": "BinaryQuadraticModel"}', "not a readable BinaryQuadraticModel"),
    ("a.json", changed(BQPJSON, variable_domain="spins"), "must be spin or boolean"),
    ("a.json", changed(BQPJSON, scale=-1), "scale must be > 0"),
    ("a.json", changed(BQPJSON, offset=float("nan")), "offset must be finite"),
    ("a.json", changed(BQPJSON, variable_ids=[0, 1]), "names the variable 2, which variable_ids does not list"),
    ("a.json", changed(BQPJSON, linear_terms=[{"id": 0, "coeff": 1}] * 2), "gives 0 twice"),
    ("a.json", changed(BQPJSON, linear_terms=[{"id": 0}]), "must have coeff"),
    ("a.json", changed(BQPJSON, quadratic_terms=3), "quadratic_terms must be a list"),
    ("a.json", changed(BQPJSON, solutions=[{"assignment": [{"id": 0, "value": 1}]}]), "must give each variable"),
    ("a.json", changed(FUJITSU, penalty_binary_polynomial={"terms": []}), "penalty_binary_polynomial is not read"),
    ("a.json", '{"binary_polynomial": {"terms": [{"c": 1, "p": [0, 1, 2]}]}}', "a term of 3 variables"),
    ("a.json", '{"binary_polynomial": {"terms": [{"c": 1, "p": ["a"]}]}}', "whole numbers from 0"),
    ("a.json", '{"binary_polynomial": {}}', "terms must be a list"),
    ("a.json", json.dumps(networkx.node_link_data(GRAPH.to_directed(), edges="edges")), "a directed graph"),
    ("a.mat", b"MATLAB 7.3 MAT-file, Platform: GLNXA64", "version 7.3 .*-v7"),
    ("a.mat", mat(J=MATRIX)[:200], "not a readable MATLAB file"),
    ("a.mat", mat(J=MATRIX).replace(b"\t\x00\x00\x00H", b"\x99\x00\x00\x00H"), "an element is broken or cut"),
    ("a.mat", mat(J=MATRIX * 1j), "holds complex numbers"),
    (
        "a.mat",
        mat(J=scipy.sparse.csc_matrix(MATRIX)).replace(b"\x01\x00\x00\x00\x02", b"\x01\x00\x00\x7f\x02"),
        "MATLAB file",
    ),
    ("a.mat", mat(h=FIELD), "must hold a square matrix such as J or Q, got h"),
    ("a.mat", mat(J=MATRIX, Q=MATRIX), "several square matrices, J, Q"),
    ("a.mat", mat(J=MATRIX, h=FIELD[:2]), "h in .* must have 3 values"),
    ("a.mat", mat(J=MATRIX * np.nan), "not finite"),
    ("a.graphml", "<graphml", "not readable GraphML"),
    ("a.gml", "graph [\n node [", "not readable GML"),
    ("a.sparse", "3 2\n1 1 3\n", "line 1 promises 2 entries, found 1"),
    ("a.sparse", "3 2\n1 2 3\n2 1 3\n", "line 3: the entry 2 1 is already in line 2"),
    ("a.sparse", "3 1\n1 4 3\n", "line 2: an entry outside 1..3"),
    ("a.sparse", "3 1\n1 2\n", "line 2: expected 'i j value'"),
    ("bqp.txt", "10\n3 1\n1 1 3\n", "holds 10 problems .*: choose one as .*bqp.txt#1"),
    ("bqp.txt", "1\n3 2\n1 1 3\n", "promises 2 entries, found 1"),
    ("bqp.txt", "1\n3 1\n1 1 3\n3 1\n", "line 4: nothing may follow the last problem"),
    ("a.qplib", BARE_QPLIB.format("minimize").replace("QBN", "QCN"), "continuous variables"),
    ("a.qplib", BARE_QPLIB.format("minimize").replace("QBN", "QBQ"), "quadratic constraints"),
    ("a.qplib", BARE_QPLIB.format("minimize")[:-4], "ends too soon"),
    ("a.qplib", BARE_QPLIB.format("minimize") + "1\n", "nothing may follow"),
    ("a.qplib", INTEGER_QPLIB.format(high="1e30", low="-1e30"), "must lie between 0 and"),
    ("a.qplib", INTEGER_QPLIB.format(high="3", low="5"), "which no number meets"),
    ("a.qplib", BARE_QPLIB.format("minimize").replace("2 1 4", "9 1 4"), "line 6: an index outside 1..3"),
    ("a.qplib", "T\nQBN\nbest\n", "no QPLIB file"),
    ("a.lp", LP.replace("Constant = 1", "Constant <= 1"), "variable Constant is continuous"),
    ("a.col", "p edge 3 5\ne 1 2\n", "promises 5 edges, found 1"),
    ("a.col", "p edge 3 1\ne 1 4\n", "line 2: an edge joins two nodes of 1..3"),
    ("a.col", "e 1 2\n", "line 1: expected one 'p edge"),
    ("a.graph", "3 2\n2\n1 3\n", "promises 3 nodes, found 2"),
    ("a.graph", "3 2\n2\n3\n2\n", "node 1 lists 2, and node 2 lists 1 otherwise"),
    ("a.graph", "2 1 7\n2\n1\n", "the header must be"),
    ("a.edgelist", "a b 1\n0 1 1\n", "line 1: 'a' names a node where others are numbers"),
    ("a.edgelist", "0 1 {'weight': 'x'}\n", "line 1: expected one weight"),
    ("a.edgelist", "0 1 {'weight': 1, 'J': 2}\n", "line 1: expected one weight"),
    ("a.txt", "some prose that is no problem at all\n", "no other format fits; hwsim formats lists all"),
    ("a.pkl", b"\x80\x04\x95", "is a pickle, which is not read"),
]


@pytest.mark.parametrize(("name", "data", "words"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_is_refused_in_one_sentence(tmp_path, name, data, words):
    as_ = {".col": "max-cut", ".graph": "max-cut", ".edgelist": "spin", ".mat": "spin"}.get(name[name.rindex(".") :])
    with pytest.raises(InputError, match=words) as refused:
        read(written(tmp_path, name, data), as_=as_)
    assert "\n" not in str(refused.value)


def ommx_instance():
    v1 = pytest.importorskip("ommx.v1")
    x = [v1.DecisionVariable.binary(k, name="x", subscripts=[k]) for k in range(3)]
    return v1.Instance.from_components(
        decision_variables=x,
        objective=2 * x[0] * x[1] - 3 * x[2] + 4 * x[2] * x[2] + 5,
        constraints=[],
        sense=v1.Instance.MAXIMIZE,
    )


def test_an_ommx_instance_is_read_from_python_a_file_and_an_archive(tmp_path):
    artifact = pytest.importorskip("ommx.artifact")
    instance = ommx_instance()
    builder = artifact.ArtifactBuilder.new_archive_unnamed(str(tmp_path / "a.ommx"))
    builder.add_instance(instance)
    builder.build()
    (tmp_path / "b.ommx").write_bytes(instance.to_bytes())
    for problem in (hwsim.read(instance), read(tmp_path / "a.ommx"), read(tmp_path / "b.ommx")):
        assert problem.maximised and problem.kind == "qubo"
        for x in product((0, 1), repeat=3):
            energy = problem.bqm.energy({f"x[{k}]": value for k, value in enumerate(x)})
            assert energy == -(2 * x[0] * x[1] - 3 * x[2] + 4 * x[2] + 5)


def test_without_ommx_its_files_say_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ommx.v1", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'hwsim\[ommx\]'"):
        read(written(tmp_path, "a.ommx", b"\n"))


def damaged(data, rng):
    """``data`` with other numbers at a few places."""
    made = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(len(made)))
        size = int(rng.choice([1, 4, 8]))
        made[at : at + size] = int(rng.choice([0, 1, 2**31 - 1, 2**63 - 1])).to_bytes(8, "little")[:size]
    return bytes(made)


def test_a_matlab_file_whose_mark_is_damaged_is_refused_and_ends_no_process(tmp_path):
    data = mat(J=MATRIX, h=FIELD)
    for k, mark in enumerate((b"MATLAB 5.0 \0AT", b"\0\0\0\0", b"MATLAB", b"")):
        path = tmp_path / f"{k}.mat"
        path.write_bytes(mark + data[len(mark) : 128] + data[136:] + b"\xff" * 64)
        with pytest.raises(InputError, match="MATLAB"):
            read(path, as_="spin")


@pytest.mark.parametrize(
    "wrong",
    [
        {"quadratic_head": [-1]},
        {"quadratic_tail": [9]},
        {"quadratic_head": [1]},
        {"linear_biases": [0]},
        {"use_bytes": 1},
    ],
)
def test_an_index_outside_of_a_model_in_json_is_refused(tmp_path, wrong):
    document = dimod.BQM({"a": 1.0}, {"ab": -1.0}, 0.5, "SPIN").to_serializable()
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert read(tmp_path / "a.json").bqm.num_interactions == 1
    (tmp_path / "a.json").write_text(json.dumps(document | wrong))
    with pytest.raises(InputError, match="a readable BinaryQuadraticModel"):
        read(tmp_path / "a.json")


@pytest.mark.parametrize("kind", ["bqm", "cqm"])
def test_damaged_files_of_dimod_are_refused_and_end_no_process(tmp_path, kind):
    x, y, z = dimod.Binaries("xyz")
    model = dimod.BQM({"x": 1}, {"xy": -1, "yz": 2}, 0.5, "SPIN") if kind == "bqm" else dimod.CQM()
    if kind == "cqm":
        model.set_objective(x * y - 2 * z)
        model.add_constraint(x + y + z == 1)
    with model.to_file() as file:
        data = file.read()
    code = (
        "import sys, hwsim\n" + "for path in sys.argv[1:]:\n  try: hwsim.read(path)\n  except hwsim.HwsimError: pass\n"
    )
    rng, paths = np.random.default_rng(1), []
    for k in range(300):
        paths.append(tmp_path / f"{k}.{kind}")
        paths[-1].write_bytes(damaged(data, rng))
    assert subprocess.run([sys.executable, "-c", code, *paths], timeout=120).returncode == 0
