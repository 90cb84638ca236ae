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
        ("g.json", "{", "is not a graph that networkx reads"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(ReadError, match=words):
        read_graph(tmp_path / name)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ReadError, match="no such graph file"):
        read_graph(tmp_path / "none.graphml")
