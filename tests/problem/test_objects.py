"""What a Python user holds: each object and meaning has the energies of its definition, or is refused by name."""

from fractions import Fraction
from itertools import product

import dimod
import networkx
import numpy as np
import pytest
import scipy.sparse

import hwsim
from hwsim.errors import HwsimError, InputError
from hwsim.program import content_hash

N = 4
RNG = np.random.default_rng(5)
GENERAL = np.round(RNG.normal(size=(N, N)), 3)
SYMMETRIC = np.triu(GENERAL, 1) + np.triu(GENERAL, 1).T
BIAS = [0.5, -1.0, 0.0, 2.0]
SPINS = [np.array(s) for s in product((-1, 1), repeat=N)]
BITS = [np.array(x) for x in product((0, 1), repeat=N)]


def energies(problem, states, labels=range(N)):
    assert set(problem.bqm.variables) == set(labels)
    return [problem.bqm.energy(dict(zip(labels, state.tolist(), strict=True))) for state in states]


def qubo_law(matrix):
    """x^T Q x, written as loops over the entries."""
    return [sum(matrix[i][j] * x[i] * x[j] for i in range(N) for j in range(N)) for x in BITS]


def ising_law(h, symmetric):
    """sum h s + sum over pairs i < j."""
    pairs = [(i, j) for i in range(N) for j in range(i + 1, N)]
    return [sum(h[i] * s[i] for i in range(N)) + sum(symmetric[i][j] * s[i] * s[j] for i, j in pairs) for s in SPINS]


def cut_law(symmetric):
    pairs = [(i, j) for i in range(N) for j in range(i + 1, N)]
    return [-sum(symmetric[i][j] for i, j in pairs if s[i] != s[j]) for s in SPINS]


def as_dict(matrix):
    return {(i, j): float(matrix[i, j]) for i in range(N) for j in range(N) if matrix[i, j]}


def as_graph(matrix, key="weight"):
    graph = networkx.Graph()
    graph.add_nodes_from(range(N))
    graph.add_edges_from((i, j, {key: value}) for (i, j), value in as_dict(np.triu(matrix)).items())
    return graph


FORMS = [np.asarray, scipy.sparse.csr_array, scipy.sparse.coo_matrix, np.ndarray.tolist, as_dict]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("matrix", [np.triu(GENERAL), GENERAL, SYMMETRIC], ids=["upper", "general", "symmetric"])
def test_a_qubo_is_x_q_x_of_every_entry(form, matrix):
    for problem in (hwsim.from_qubo(form(matrix)), hwsim.read(form(matrix), as_="qubo")):
        assert problem.kind == "qubo"
        assert energies(problem, BITS) == pytest.approx(qubo_law(matrix), abs=1e-12)
    assert hwsim.from_qubo(form(matrix), offset=3).bqm.offset == 3


@pytest.mark.parametrize("form", [*FORMS[:-1], lambda matrix: as_dict(np.triu(matrix)), as_graph])
def test_a_symmetric_j_is_one_coupling_for_each_pair(form):
    problem = hwsim.from_ising(BIAS, form(SYMMETRIC), offset=1.5)
    assert energies(problem, SPINS) == pytest.approx([e + 1.5 for e in ising_law(BIAS, SYMMETRIC)], abs=1e-12)
    flipped = hwsim.from_ising(dict(enumerate(BIAS)), form(SYMMETRIC), convention="p-bit")
    assert energies(flipped, SPINS) == pytest.approx([-e for e in ising_law(BIAS, SYMMETRIC)], abs=1e-12)
    plain = [hwsim.from_ising(None, form(SYMMETRIC)), hwsim.read(form(SYMMETRIC), as_="spin")]
    for made in plain:
        assert energies(made, SPINS) == pytest.approx(ising_law([0] * N, SYMMETRIC), abs=1e-12)
    signed = hwsim.read(form(SYMMETRIC), as_="p-bit")
    assert energies(signed, SPINS) == pytest.approx(ising_law([0] * N, -SYMMETRIC), abs=1e-12)


@pytest.mark.parametrize("form", [*FORMS[:-1], lambda matrix: as_dict(np.triu(matrix)), as_graph])
def test_a_cut_is_minus_the_energy(form):
    for problem in (hwsim.from_max_cut(form(SYMMETRIC)), hwsim.read(form(SYMMETRIC), as_="max-cut")):
        assert problem.kind == "max-cut"
        assert energies(problem, SPINS) == pytest.approx(cut_law(SYMMETRIC), abs=1e-12)


@pytest.mark.parametrize("triangle", [np.triu, np.tril])
def test_one_triangle_is_each_pair_once(triangle):
    half = triangle(SYMMETRIC)
    assert hwsim.from_ising(None, half).bqm == hwsim.from_ising(None, SYMMETRIC).bqm
    assert hwsim.from_max_cut(half).bqm == hwsim.from_max_cut(SYMMETRIC).bqm


def test_h_and_j_are_couplings_of_spins():
    for h in (BIAS, np.array(BIAS), dict(enumerate(BIAS))):
        for J in (SYMMETRIC, as_dict(np.triu(SYMMETRIC))):
            assert energies(hwsim.read((h, J)), SPINS) == pytest.approx(ising_law(BIAS, SYMMETRIC), abs=1e-12)
    alone = hwsim.from_ising({"a": 1.0, "b": -2.0}, {("b", "c"): 3.0})
    assert alone.bqm.energy({"a": 1, "b": 1, "c": -1}) == 1 - 2 - 3
    grid = hwsim.read(({(0, 0): 1.0}, {((0, 0), (0, 1)): 2.0}))  # labels of a lattice
    assert grid.bqm.energy({(0, 0): 1, (0, 1): -1}) == 1 - 2
    with pytest.raises(InputError, match='couplings of spins: as_="qubo" does not apply'):
        hwsim.read((BIAS, SYMMETRIC), as_="qubo")


def test_a_graph_has_biases_on_its_nodes_and_loops_only_in_a_qubo():
    graph = networkx.Graph()
    graph.add_node("a", h=1.0)
    graph.add_node("b", h=-2.0)
    graph.add_edge("a", "b", J=3.0)
    spins = hwsim.read(graph, as_="spin").bqm
    assert spins.energy({"a": 1, "b": 1}) == 1 - 2 + 3 and spins.energy({"a": 1, "b": -1}) == 1 + 2 - 3
    with pytest.raises(InputError, match=r"the graph has biases and can be read as .*spins.* or as a QUBO"):
        hwsim.read(graph)
    with pytest.raises(InputError, match="has biases, which a max-cut has not"):
        hwsim.from_max_cut(graph)
    loop = networkx.Graph([(0, 1), (1, 1)])
    assert hwsim.from_qubo(loop).bqm.energy({0: 1, 1: 1}) == 2
    for refused in (lambda: hwsim.from_max_cut(loop), lambda: hwsim.from_ising(None, loop)):
        with pytest.raises(InputError, match="joins 1 to itself"):
            refused()


def test_dimods_models_and_graphs_mean_what_they_name():
    for vartype in ("SPIN", "BINARY"):
        bqm = dimod.BinaryQuadraticModel({"a": 1.5}, {("a", "b"): -2.0}, 0.25, vartype)
        assert hwsim.read(bqm).bqm == bqm
        graph = dimod.to_networkx_graph(bqm)
        assert hwsim.read(graph).bqm == bqm
        with pytest.raises(InputError, match="the graph names its vartype"):
            hwsim.read(graph, as_="max-cut")
    cqm = dimod.CQM()
    cqm.set_objective(dimod.Binary("x") - 2 * dimod.Binary("y"))
    cqm.add_constraint(dimod.Binary("x") + dimod.Binary("y") == 1)
    assert hwsim.read(cqm).bqm == hwsim.penalised(cqm).bqm
    fractions = dimod.BinaryQuadraticModel({}, {(0, 1): Fraction(1, 2)}, 0, "SPIN", dtype=object)
    assert hwsim.read(fractions).bqm.energy({0: 1, 1: -1}) == -0.5
    with pytest.raises(InputError, match=r"only hwsim\.compile takes"):
        hwsim.read(dimod.DiscreteQuadraticModel())


def test_a_problem_is_itself():
    problem = hwsim.read("karate")
    assert hwsim.read(problem) is problem and hwsim.read(problem, as_="max-cut") is problem
    with pytest.raises(InputError, match="the Problem holds a problem of kind max-cut and nothing else: as_=qubo"):
        hwsim.read(problem, as_="qubo")


@pytest.mark.parametrize(
    "given",
    [SYMMETRIC, scipy.sparse.csr_array(SYMMETRIC), as_dict(GENERAL), as_graph(SYMMETRIC), networkx.Graph([(0, 1)])],
)
def test_what_could_be_several_things_is_refused_with_all_of_them(given):
    words = r"couplings of spins .* QUBO .* max-cut: say which with as_=.*hwsim\.from_ising, from_qubo or from_max_cut"
    with pytest.raises(InputError, match=words):
        hwsim.read(given)
    with pytest.raises(InputError, match=words):
        hwsim.compile(given, "generic-all-to-all")


MULTI = networkx.MultiGraph([(0, 1), (1, 0)])
PARTLY = networkx.Graph([(0, 1, {"weight": 1.0}), (1, 2)])
BOTH = networkx.Graph([(0, 1, {"weight": 1.0, "J": 2.0})])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: hwsim.from_ising(None, GENERAL - np.diag(np.diag(GENERAL))),
            r"not symmetric: \(0, 1\) is .* \(1, 0\)",
        ),
        (lambda: hwsim.from_ising(None, np.eye(2)), "J has a nonzero diagonal: a spin has no coupling with itself"),
        (lambda: hwsim.from_max_cut(np.eye(2)), "a node has no edge with itself"),
        (lambda: hwsim.from_ising(None, {(0, 1): 1, (1, 0): 1}), "names the pair 0 1 in both directions"),
        (lambda: hwsim.from_max_cut({("a", "b"): 1, ("b", "a"): 1}), "names the pair 'a' 'b' in both directions"),
        (lambda: hwsim.from_ising([1.0], SYMMETRIC), "h must have 4 values"),
        (lambda: hwsim.from_ising({9: 1.0}, SYMMETRIC), "h names 9, which J does not have"),
        (lambda: hwsim.from_ising([1.0], {("a", "b"): 1}), "give h as a dict"),
        (lambda: hwsim.from_ising(None, SYMMETRIC, convention="uc"), 'convention must be "dimod"'),
        (lambda: hwsim.from_qubo({0: 1.0}), r"Q must have keys \(i, j\), got 0"),
        (lambda: hwsim.from_qubo({(0, 1): "1"}), r"Q\[0, 1\] must be a number, got '1'"),
        (lambda: hwsim.from_qubo({(0, 1): np.nan}), r"Q\[0, 1\] must be finite"),
        (lambda: hwsim.from_qubo({(0, 1): 2**53 + 1}), "beyond 2"),
        (lambda: hwsim.from_qubo(np.ones((2, 3))), "Q must hold a square matrix, got shape"),
        (lambda: hwsim.from_qubo(np.eye(2) * 1j), "real numbers, got complex"),
        (lambda: hwsim.from_qubo([[1, 2], [3]]), "rows of different lengths"),
        (lambda: hwsim.from_qubo(7), "Q must be a dict"),
        (lambda: hwsim.from_qubo(SYMMETRIC, offset="much"), "offset must be a number"),
        (lambda: hwsim.from_max_cut(networkx.DiGraph([(0, 1)])), "a directed graph"),
        (lambda: hwsim.from_max_cut(MULTI), "joins [01] and [01] twice"),
        (lambda: hwsim.from_max_cut(PARTLY), "some of the edges of the graph have a weight and some have none"),
        (lambda: hwsim.from_max_cut(BOTH), "have the attributes weight and J"),
        (lambda: hwsim.read(7), "a problem is a Problem, a file, a generator, .*, got int"),
        (lambda: hwsim.read(dimod.BinaryPolynomial({"abc": 1}, "SPIN")), "a dimod BinaryPolynomial is not read"),
    ],
)
def test_a_mistake_is_one_sentence(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_compile_takes_what_read_takes_and_the_name_of_a_chip(tmp_path):
    problem = hwsim.from_max_cut(networkx.path_graph(4))
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    for given, how in ((networkx.path_graph(4), {"as_": "max-cut"}), (problem.bqm, {}), (problem, {})):
        assert content_hash(hwsim.compile(given, "generic-all-to-all", **how)) == content_hash(program)
    hwsim.compile("karate", "generic-all-to-all")
    assert hwsim.embed(networkx.path_graph(4), "generic-all-to-all") is None
    with pytest.raises(InputError, match="no chip card is called 'generic'"):
        hwsim.compile(problem, "generic")
    with pytest.raises(InputError, match=r"nothing\.toml"):
        hwsim.compile(problem, tmp_path / "nothing.toml")
    with pytest.raises(HwsimError, match="a chip is a Chip, or the name or file of a card, got int"):
        hwsim.compile(problem, 7)
