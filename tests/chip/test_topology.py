"""Wires of fixed graphs against closed forms."""

import networkx
import numpy as np
import pytest

import hwsim
from hwsim.chip.topology import Topology, n_sites, sites, wires
from hwsim.errors import DoesNotFitError, InputError


def graph(topology):
    made = networkx.Graph()
    made.add_nodes_from(sites(topology).tolist())
    made.add_edges_from(wires(topology).tolist())
    return made


@pytest.mark.parametrize(
    ("topology", "n", "m"),
    [
        (Topology(kind="square", rows=4, columns=7), 28, 4 * 6 + 3 * 7),
        (Topology(kind="square-torus", rows=4, columns=7), 28, 2 * 28),
        (Topology(kind="king", rows=4, columns=7), 28, 4 * 6 + 3 * 7 + 2 * 3 * 6),
        (Topology(kind="cubic", rows=3, columns=4, layers=5), 60, 2 * 4 * 5 + 3 * 3 * 5 + 3 * 4 * 4),
    ],
)
def test_grids_have_the_wires_of_their_closed_form(topology, n, m):
    assert n_sites(topology) == n and len(wires(topology)) == m


def test_a_torus_is_networkx_torus():
    ours = graph(Topology(kind="square-torus", rows=4, columns=5))
    theirs = networkx.grid_2d_graph(4, 5, periodic=True)
    theirs = networkx.relabel_nodes(theirs, {(r, c): 5 * r + c for r, c in theirs})
    assert set(map(frozenset, ours.edges)) == set(map(frozenset, theirs.edges))


@pytest.mark.parametrize(("name", "degree"), [("extropic-g8", 8), ("extropic-g12", 12), ("extropic-g16", 16)])
def test_extropics_grids_have_their_degree_and_two_colours(name, degree):
    topology = hwsim.chip(name).topology
    made = graph(topology)
    assert networkx.is_bipartite(made)
    degrees = np.array([made.degree[k] for k in sites(topology)]).reshape(topology.rows, topology.columns)
    reach = max(max(abs(r), abs(c)) for r, c in topology.offsets)
    assert degrees.max() == degree and (degrees[reach:-reach, reach:-reach] == degree).all()  # less at the rim


def test_z1_has_its_published_number_of_couplers_within_a_few():
    topology = hwsim.chip("extropic-z1").topology
    assert n_sites(topology) == 269_568
    assert abs(len(wires(topology)) - 2_135_904) < 200  # the shape of the grid is assumed


def test_annealers_have_their_published_sizes():
    pytest.importorskip("dwave.graphs")
    pegasus, zephyr = Topology(kind="pegasus", size=16), Topology(kind="zephyr", size=12)
    assert (n_sites(pegasus), len(wires(pegasus))) == (5640, 40484)
    assert (n_sites(zephyr), len(wires(zephyr))) == (4800, 45864)


def test_a_problem_off_the_wires_is_refused_with_the_first_missing_wire():
    chip = hwsim.chip("hitachi-king", rows=4, columns=4)
    assert hwsim.compile(hwsim.read("ea2d:L=4,seed=1,boundary=open"), chip).n_pbits == 16
    with pytest.raises(DoesNotFitError, match="no wire between p-bits"):
        hwsim.compile(hwsim.read("ea2d:L=4,seed=1,boundary=open"), hwsim.chip("hitachi-king"), embedding="never")
    with pytest.raises(DoesNotFitError, match="there is no p-bit"):
        hwsim.compile(hwsim.read("les-miserables"), hwsim.chip("hitachi-king"), embedding="never")
    with pytest.raises(DoesNotFitError, match="holds 16"):
        hwsim.compile(hwsim.read("ea2d:L=5,seed=1,boundary=open"), chip, embedding="never")


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "moebius"}, {"kind": "square", "rows": 3}, {"kind": "king", "rows": 0, "columns": 2},
        {"kind": "offset-grid", "rows": 3, "columns": 3},
    ],
)  # fmt: skip
def test_a_bad_topology_is_refused(bad):
    with pytest.raises(InputError):
        Topology(**bad)
    with pytest.raises(InputError, match="no wires of its own"):
        wires(Topology(kind="sparse"))
