"""A user's own graph: formats, numbers, positions, mistakes."""

import json

import networkx
import numpy as np
import pytest

import hwsim
from hwsim.chip.graph import read_graph
from hwsim.chip.topology import positions, sites, wires
from hwsim.errors import DoesNotFitError, ReadError

CARD = """
name = "mine"
title = "Mine"
summary = "A chip of mine."
pbit = "ideal-poisson"
clock = "poisson"
topology = "graph"

[wiring]
graph = "wires.txt"
dead_wires = [[10, 11]]
source = "my notebook"
grade = "measured"
"""


def test_an_edge_list_keeps_numbers_and_positions(tmp_path):
    (tmp_path / "g.txt").write_text("# mine\nnode 7 0 0\nnode 3 2.5 1\nnode 12 0 4\n7 3\n12 3\n3 12\n")
    graph = read_graph(tmp_path / "g.txt")
    assert graph.sites.tolist() == [3, 7, 12]
    assert graph.wires.tolist() == [[3, 7], [3, 12]]
    assert graph.place.tolist() == [[2.5, 1], [0, 0], [0, 4]]


@pytest.mark.parametrize("suffix", ["graphml", "gml", "json"])
def test_networkx_formats_say_the_same(tmp_path, suffix):
    made = networkx.Graph()
    for name, x in (("a", 0.0), ("b", 1.0), ("c", 3.0)):
        made.add_node(name, x=x, y=2 * x)
    made.add_edges_from([("a", "b"), ("b", "c")])
    path = tmp_path / f"g.{suffix}"
    if suffix == "json":
        path.write_text(json.dumps(networkx.node_link_data(made, edges="edges")))
    else:
        getattr(networkx, f"write_{suffix}")(made, path)
    graph = read_graph(path)
    assert graph.sites.tolist() == [0, 1, 2] and graph.wires.tolist() == [[0, 1], [1, 2]]
    assert graph.place.tolist() == [[0, 0], [1, 2], [3, 6]]


def test_a_card_names_its_graph_beside_it_and_a_problem_runs_on_it(tmp_path):
    rows = [f"{i} {i + 1}" for i in range(9, 30)] + [f"{i} {i + 2}" for i in range(9, 29)]
    (tmp_path / "wires.txt").write_text("\n".join(rows))
    (tmp_path / "mine.toml").write_text(CARD)
    chip = hwsim.chip(tmp_path / "mine.toml")
    assert sites(chip.topology).tolist() == list(range(9, 31))
    assert [10, 11] not in wires(chip.topology).tolist()
    assert len(wires(chip.topology)) == len(rows) - 1
    assert len(np.unique(positions(chip.topology), axis=0)) == 22
    program = hwsim.compile(hwsim.read("ring:n=7"), chip)
    run = hwsim.run(program, anneal=hwsim.linear(0.1, 4.0, "1 us"), reads=64)
    assert run.energies.min() == -7
    with pytest.raises(DoesNotFitError, match="the graph is your own, of one size"):
        hwsim.compile(hwsim.read("sk:n=9"), chip)


def test_graphs_are_equal_by_content(tmp_path):
    for name, text in (("a.txt", "0 1\n1 2"), ("b.txt", "1 2\n0 1"), ("c.txt", "0 1\n0 2")):
        (tmp_path / name).write_text(text)
    a, b, c = (read_graph(tmp_path / name) for name in ("a.txt", "b.txt", "c.txt"))
    assert a == b and hash(a) == hash(b) and a != c


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("g.txt", "0 1\n1 2 3\n", "line 2: expected 'u v'"),
        ("g.txt", "# nothing\n", "holds no wires"),
        ("g.txt", "1 1\n", "joins p-bit 1 to itself"),
        ("g.txt", "node 0 a b\n0 1\n", "line 1: a position is two numbers"),
        ("g.txt", "node 0 1 1\n0 1\n", "a position but not '1'"),
        ("g.txt", "0 1\n1e-400 1\n", "line 2: 1e-400 is outside the range"),
        ("g.json", "{", "not readable JSON"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(ReadError, match=words):
        read_graph(tmp_path / name)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ReadError, match="no such file"):
        read_graph(tmp_path / "none.graphml")


@pytest.mark.parametrize(
    "text",
    [
        "(30, 31)\n(31, 40)\n",
        "[30, 31],\n[31, 40]\n",
        "30,31\n31,40\n",
        "30;31\n31; 40\n",
        "30 31 {}\n31 40 {}\n",
        "3.0e+01 3.1e+01\n31 4.00e+01\n",
        "\ufeff30\t31 # a wire\r\n31 40\r\n",
    ],
)
def test_pairs_are_read_as_programs_print_them(tmp_path, text):
    (tmp_path / "g.TXT").write_text(text)
    graph = read_graph(tmp_path / "g.TXT")
    assert graph.sites.tolist() == [30, 31, 40] and graph.wires.tolist() == [[30, 31], [31, 40]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("source target\n30 31\n31 40\n", "line 1: 'source' names a p-bit where others are numbers"),
        ("30 31\n31 x40\n", "line 2: 'x40' names a p-bit"),
        ("a b\nb 7\n", "line 2: '7' names a p-bit where others are words"),
        ("3 2\n30 31\n31 40\n", "line 1: '3 2' may be a wire or the numbers"),
        ("41 2\n30 31\n31 40\n", "line 1: '41 2' may be a wire or the numbers"),
        ("30 31.5\n", "line 1: the number of a p-bit is whole"),
        ("-1 31\n", "line 1: the number of a p-bit is whole"),
        ("30 4294967296\n", "line 1: the number of a p-bit is whole"),
        ("((0, 0), (0, 1))\n", "line 1: expected 'u v'"),
        ("30 31 0.5\n", "line 1: expected 'u v'"),
        ("node 1 0 0\nnode 1 1 1\n1 2\n", "line 2: a second position of 1"),
        ("30 31\n31 4\x000\n", "line 2 holds the control character"),
    ],
)
def test_a_line_that_is_no_wire_is_refused_with_its_number(tmp_path, text, words):
    (tmp_path / "g.txt").write_text(text)
    with pytest.raises(ReadError, match=words):
        read_graph(tmp_path / "g.txt")


def test_a_wire_in_brackets_is_no_header(tmp_path):
    (tmp_path / "g.txt").write_text("(3, 2)\n2 1\n1 0\n")
    assert read_graph(tmp_path / "g.txt").wires.tolist() == [[0, 1], [1, 2], [2, 3]]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([30.0, 31.0, 40.0], None),
        ([30, 31, "x"], "names p-bits by number, such as 30, and one 'x'"),
        ([30, 31, 40.5], "the number of a p-bit is whole, .* got 40.5"),
        ([30, 31, "30.0"], "names p-bit 30 in two ways: 30, 30.0"),
    ],
)
def test_names_of_nodes_are_numbers_however_they_are_written(tmp_path, names, words):
    made = networkx.path_graph(3)
    data = networkx.node_link_data(networkx.relabel_nodes(made, dict(enumerate(names))), edges="links")
    (tmp_path / "g.JSON").write_text(json.dumps(data))
    if words is None:
        assert read_graph(tmp_path / "g.JSON").wires.tolist() == [[30, 31], [31, 40]]
        return
    with pytest.raises(ReadError, match=words):
        read_graph(tmp_path / "g.JSON")


def test_a_dead_p_bit_keeps_its_number_in_a_graph_of_printed_pairs(tmp_path):
    (tmp_path / "wires.txt").write_text("".join(f"({i}, {i + 1})\n" for i in range(9, 30)))
    (tmp_path / "mine.TOML").write_text(CARD.replace("[[10, 11]]", "[[10, 11]]\ndead_pbits = [20]"))
    chip = hwsim.chip(tmp_path / "mine.TOML")
    assert 20 not in sites(chip.topology) and len(sites(chip.topology)) == 21


QUBITS = {"qubits": [0, 1, 3, 4, 9], "couplers": [[0, 1], [1, 3], [3, 4]]}


@pytest.mark.parametrize(
    "document",
    [
        QUBITS,
        {"id": "Advantage_system", "properties": QUBITS | {"num_qubits": 10, "topology": {"type": "zephyr"}}},
        {"nodes": QUBITS["qubits"], "edges": QUBITS["couplers"]},
        {"nodelist": QUBITS["qubits"], "edgelist": QUBITS["couplers"]},
    ],
)
def test_a_vendors_graph_leaves_dead_p_bits_out(tmp_path, document):
    (tmp_path / "solver.json").write_text(json.dumps(document))
    chip = hwsim.chip("dwave-advantage2-1.10", graph=tmp_path / "solver.json")
    assert sites(chip.topology).tolist() == [0, 1, 3, 4, 9]
    assert wires(chip.topology).tolist() == [[0, 1], [1, 3], [3, 4]]
    program = hwsim.compile(hwsim.from_ising({9: 1.0}, {(0, 1): -1.0, (3, 4): 1.0}), chip, embedding="never")
    assert sorted(program.placement.sites.tolist()) == [0, 1, 3, 4, 9]
    with pytest.raises(DoesNotFitError, match="2"):
        hwsim.compile(hwsim.from_ising(None, {(1, 2): 1.0}), chip, embedding="never")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"qubits": [0, 1], "couplers": [[0, 2]]}, "a wire of couplers ends at '2', which qubits does not list"),
        ({"qubits": [0, 1, 1], "couplers": [[0, 1]]}, "qubits lists a p-bit twice"),
        ({"qubits": 5, "couplers": []}, "qubits must be a list"),
        ({"nodes": [0, 1], "edges": [[0, 1, 2]]}, "edges must be a list of pairs"),
        ({"qubits": [0, 1], "couplers": []}, "holds no wires"),
        ({"h": [1]}, "read are node-link, or lists qubits and couplers, nodes and edges"),
    ],
)
def test_a_mistake_in_a_vendors_graph_is_one_sentence(tmp_path, document, words):
    (tmp_path / "g.json").write_text(json.dumps(document))
    with pytest.raises(ReadError, match=words):
        read_graph(tmp_path / "g.json")
