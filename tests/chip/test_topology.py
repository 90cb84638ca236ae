"""Wires of fixed graphs against closed forms."""

from dataclasses import replace

import dimod
import networkx
import numpy as np
import pytest

import hwsim
from hwsim.chip.topology import Topology, n_sites, positions, sites, wires
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


@pytest.mark.parametrize(("name", "degree"), [("extropic-g16-code", 16), ("extropic-g20", 20), ("extropic-g24", 24)])
def test_extropics_tori_have_their_degree_at_every_p_bit_and_two_colours(name, degree):
    topology = hwsim.chip(name, topology="offset-torus:30x28").topology
    made = graph(topology)
    assert networkx.is_bipartite(made) and {made.degree[k] for k in sites(topology)} == {degree}


def test_a_torus_has_the_wires_of_its_grid_and_those_around_the_edges():
    rules = {"rows": 8, "columns": 6, "offsets": ((0, 1), (2, 1)), "rotations": 4}
    grid = set(map(tuple, wires(Topology(kind="offset-grid", **rules)).tolist()))
    torus = set(map(tuple, wires(Topology(kind="offset-torus", **rules)).tolist()))
    by_hand = set()
    for r in range(8):
        for c in range(6):
            for a, b in ((0, 1), (-1, 0), (2, 1), (-1, 2)):  # each rule and its first turn; the others undo these
                pair = (6 * r + c, 6 * ((r + a) % 8) + (c + b) % 6)
                by_hand.add((min(pair), max(pair)))
    assert grid < torus == by_hand


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
        {"kind": "moebius"},
        {"kind": "square", "rows": 3},
        {"kind": "king", "rows": 0, "columns": 2},
        {"kind": "offset-grid", "rows": 3, "columns": 3},
        {"kind": "offset-torus", "rows": 3, "columns": 3},
    ],
)
def test_a_bad_topology_is_refused(bad):
    with pytest.raises(InputError):
        Topology(**bad)
    with pytest.raises(InputError, match="no wires of its own"):
        wires(Topology(kind="sparse"))


@pytest.mark.parametrize(
    ("topology", "n", "m"),
    [
        (Topology(kind="chimera", rows=16, columns=16), 2048, 6016),
        (Topology(kind="chimera", rows=2, columns=3, size=2), 24, 6 * 4 + 2 * (3 + 2 * 2)),
        (Topology(kind="bipartite", rows=16, columns=8), 24, 128),
        (Topology(kind="regular", max_pbits=50, max_degree=3, graph_seed=4), 50, 75),
    ],
)
def test_other_graphs_have_the_wires_of_their_closed_form(topology, n, m):
    assert n_sites(topology) == n and len(wires(topology)) == m
    assert wires(topology).max() == n - 1


def test_annealers_have_the_counts_and_degrees_of_their_closed_form():
    """Pegasus 24m(m-1) - 8(m-1) p-bits of degree 15 at most, Zephyr 4tm(2m+1) of 4t+4 at most (t = 4; dwave-graphs)."""
    pytest.importorskip("dwave.graphs")
    for m in (2, 4):
        pegasus, zephyr = Topology(kind="pegasus", size=m), Topology(kind="zephyr", size=m)
        assert n_sites(pegasus) == 24 * m * (m - 1) - 8 * (m - 1) and n_sites(zephyr) == 16 * m * (2 * m + 1)
        degrees = [max(d for _, d in graph(topology).degree) for topology in (pegasus, zephyr)]
        assert degrees == [15, 20] if m > 2 else degrees[0] <= 15 and degrees[1] <= 20
    cells = graph(Topology(kind="chimera", rows=3, columns=4))
    degrees = np.bincount([d for _, d in cells.degree])
    assert degrees[5] == 8 * (3 + 4) and degrees[6] == 96 - 8 * (3 + 4)  # 5 at the ends of rows and columns
    assert {d for _, d in graph(Topology(kind="regular", max_pbits=20, max_degree=3)).degree} == {3}


def test_wires_of_a_drawn_annealer_stay_far_below_the_side_of_the_die():
    pytest.importorskip("dwave.graphs")
    big = [Topology(kind="chimera", rows=16, columns=16), Topology(kind="pegasus", size=16)]
    for topology in (*big, Topology(kind="zephyr", size=12)):
        place = positions(topology)
        ends = place[np.searchsorted(sites(topology), wires(topology))]
        length = np.abs(ends[:, 0] - ends[:, 1]).sum(axis=1)
        assert length.min() >= 1 and length.mean() < np.sqrt(len(place)) / 4  # two random cells are 2/3 of it apart


@pytest.mark.parametrize(
    "topology",
    [
        Topology(kind="king", rows=9, columns=9, dead_pbits=(3,), dead_wires=((5, 4),)),
        Topology(kind="bipartite", rows=5, columns=4, dead_fraction=0.2, dead_wire_fraction=0.1, dead_seed=2),
    ],
)
def test_a_topology_is_hashable_and_equal_by_value(topology):
    again = replace(topology)
    assert again is not topology and again == topology and hash(again) == hash(topology)
    assert np.array_equal(wires(again), wires(topology)) and replace(topology, dead_seed=9) != topology


EVERY = [
    Topology(kind="square", rows=4, columns=7),
    Topology(kind="cubic", rows=3, columns=4, layers=5),
    Topology(kind="offset-grid", rows=6, columns=5, offsets=((0, 1), (2, 1)), rotations=4),
    Topology(kind="offset-torus", rows=6, columns=4, offsets=((0, 1), (2, 1)), rotations=4),
    Topology(kind="chimera", rows=3, columns=3),
    Topology(kind="pegasus", size=3),
    Topology(kind="zephyr", size=3),
    Topology(kind="bipartite", rows=9, columns=4),
    Topology(kind="regular", max_pbits=20, max_degree=4),
]


@pytest.mark.parametrize("topology", EVERY, ids=lambda t: t.kind)
def test_every_p_bit_has_a_cell_of_its_own_and_the_die_is_not_wasteful(topology):
    place = positions(topology)
    assert place.shape == (n_sites(topology), 2)
    assert len(np.unique(place, axis=0)) == len(place)
    area = np.prod(np.ptp(place, axis=0) + 1)
    assert area <= 2.1 * len(place) + 4


def test_a_square_grid_has_wires_of_one_pitch_and_the_drawing_of_an_annealer_beats_its_numbering():
    square = Topology(kind="square", rows=5, columns=6)
    ends = positions(square)[wires(square)]
    assert np.all(np.abs(ends[:, 0] - ends[:, 1]).sum(axis=1) == 1)
    for kind in ("pegasus", "zephyr"):
        graph = Topology(kind=kind, size=4)
        index = np.searchsorted(sites(graph), wires(graph))
        side = int(np.ceil(np.sqrt(n_sites(graph))))
        numbered = np.stack((np.arange(n_sites(graph)) % side, np.arange(n_sites(graph)) // side), axis=1)

        def length(place, index=index):
            return np.abs(place[index[:, 0]] - place[index[:, 1]]).sum(axis=1).mean()

        assert length(positions(graph)) < 0.8 * length(numbered)


def test_dead_parts_are_gone_and_no_others():
    whole = Topology(kind="king", rows=10, columns=10)
    some = Topology(kind="king", rows=10, columns=10, dead_pbits=(0, 55), dead_wires=((2, 1),))
    assert set(sites(whole)) - set(sites(some)) == {0, 55}
    assert len(wires(whole)) - len(wires(some)) == 3 + 8 + 1
    assert positions(some).shape == (98, 2)
    drawn = Topology(kind="king", rows=50, columns=50, dead_fraction=0.1, dead_wire_fraction=0.05, dead_seed=3)
    assert abs(n_sites(drawn) - 2250) < 4 * np.sqrt(2500 * 0.09)
    expected = len(wires(Topology(kind="king", rows=50, columns=50))) * 0.81 * 0.95
    assert abs(len(wires(drawn)) / expected - 1) < 0.03
    assert n_sites(drawn) != n_sites(Topology(kind="king", rows=50, columns=50, dead_fraction=0.1, dead_seed=4))


@pytest.mark.parametrize(
    ("dead", "words"),
    [
        ({"dead_pbits": (3, 99)}, "dead_pbits names p-bit 99, which the king topology does not have"),
        ({"dead_wires": ((0, 18),)}, "dead_wires names 0 and 18, which the king topology does not join"),
        ({"dead_wires": ((1, 0), (15, 0))}, "dead_wires names 15 and 0"),
        ({"dead_wires": ((2, 2),)}, "dead_wires names 2 and 2"),
        ({"dead_wires": ((0, 1), (0, 10**23))}, "dead_wires names 0 and 1" + "0" * 23),
        ({"offsets": ((0, 10**23),)}, r"offsets must be less than 2\*\*31 p-bits"),
    ],
)
def test_dead_parts_that_are_not_there_are_refused(dead, words):
    with pytest.raises(InputError, match=words):
        Topology(kind="king", rows=4, columns=4, **dead)


def test_a_problem_goes_around_dead_p_bits_or_is_told_of_them():
    chip = hwsim.chip("hitachi-king", rows=6, columns=6, dead_fraction=0.2, dead_seed=1)
    program = hwsim.compile(hwsim.read("regular:n=10,d=3,seed=1"), chip)
    assert program.n_variables == 10
    used = hwsim.embed(hwsim.read("regular:n=10,d=3,seed=1"), chip) or {}
    assert used and {q for chain in used.values() for q in chain} <= set(sites(chip.topology).tolist())
    dead = next(k for k in range(36) if k not in sites(chip.topology))
    bqm = dimod.BinaryQuadraticModel({dead: 1.0}, {}, 0, "SPIN")
    with pytest.raises(DoesNotFitError, match=f"p-bit {dead} does not work"):
        hwsim.compile(bqm, chip, embedding="never")
    with pytest.raises(InputError, match="none of its parts can be dead"):
        hwsim.chip("generic-all-to-all", dead_fraction=0.1)


def test_a_topology_is_chosen_by_word():
    chip = hwsim.chip("generic-all-to-all", topology="bipartite", rows=6, columns=4)
    assert len(wires(chip.topology)) == 24
    with pytest.raises(InputError, match="a chimera topology needs rows"):
        hwsim.chip("generic-all-to-all", topology="chimera")
    with pytest.raises(InputError, match="needs graph, a file"):
        hwsim.chip("generic-all-to-all", topology="graph")
