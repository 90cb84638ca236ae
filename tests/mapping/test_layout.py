"""Placement shortens wires, wires cost what their length says, crowding counts what runs through a cell."""

import numpy as np
import pytest

import hwsim
from hwsim.errors import InputError
from hwsim.experiment.design_rule import design_rule
from hwsim.experiment.layout_facts import layout_facts
from hwsim.mapping.compile import laid_out, spin_network
from hwsim.mapping.layout import congestion, fan_in_stages, placed


def wire_lengths(name, seed=0):
    _, network, _, _ = spin_network(hwsim.read(name))
    place = placed(network, seed=seed)
    rows = np.repeat(np.arange(len(place)), np.diff(network.indptr))
    return np.abs(place[rows] - place[network.indices]).sum(axis=1)


@pytest.mark.parametrize(
    ("name", "most"), [("ring:n=36", 1.12), ("ea2d:L=8,boundary=open", 1.1), ("ea3d:L=4,boundary=open", 1.7)]
)
def test_a_placement_is_near_the_shortest(name, most):
    """A ring and a grid fit with wires of one pitch; a cube of four layers side by side in blocks has 5/3."""
    assert wire_lengths(name).mean() < most


def test_a_placement_gives_every_p_bit_a_cell_of_its_own_and_repeats():
    _, network, _, _ = spin_network(hwsim.read("maxcut:n=50,p=0.1,seed=2"))
    place = placed(network, seed=3)
    assert len(np.unique(place, axis=0)) == 50 and place.max() <= 7
    assert np.array_equal(place, placed(network, seed=3))
    rng = np.random.default_rng(0)
    rows = np.repeat(np.arange(50), np.diff(network.indptr))
    shuffled = place[rng.permutation(50)]
    ours = np.abs(place[rows] - place[network.indices]).sum()
    assert ours < 0.75 * np.abs(shuffled[rows] - shuffled[network.indices]).sum()


def test_delay_and_energy_follow_from_length_and_fan_in():
    chip = hwsim.chip(
        "generic-floorplan", cell_pitch="50 um", coupling_area=0, wire_delay="200 ps/mm", stage_delay="30 ps"
    )
    program, layout = laid_out(hwsim.read("karate"), chip)
    rows = np.repeat(np.arange(34), program.network.degree)
    expected = 10e-12 * layout.length + 30e-12 * fan_in_stages(program.network.degree)[rows]
    assert program.wires.delay * 1e-15 == pytest.approx(expected, abs=1e-15)
    assert program.prices.wire_j == pytest.approx(
        [0.1e-9 * 50e-6 * layout.length[rows == k].sum() for k in range(34)], rel=1e-12
    )
    again = hwsim.compile(hwsim.read("karate"), chip)
    assert np.array_equal(again.wires.delay, program.wires.delay)
    assert hwsim.compile(hwsim.read("karate"), hwsim.without(chip, ["wire-delay"])).wires.uniform_delay == 0


def test_couplings_take_room_and_make_every_cell_larger():
    chip = hwsim.chip("generic-floorplan", cell_pitch="6 um", coupling_area="64 um2")
    _, layout = laid_out(hwsim.read("ring:n=16"), hwsim.chip("generic-floorplan", coupling_area=0, cell_pitch="6 um"))
    assert layout.pitch_m == pytest.approx(6e-6)
    _, layout = laid_out(hwsim.read("sk:n=17"), chip)
    assert layout.pitch_m == pytest.approx(np.sqrt(36e-12 + 16 * 64e-12))
    assert hwsim.chip("generic-floorplan", coupling_area="64 um2").floorplan.coupling_area_m2 == 64e-12


def test_fan_in_stages_are_those_of_a_tree_of_two_input_adders():
    assert fan_in_stages(np.array([0, 1, 2, 3, 4, 5, 8, 9])).tolist() == [0, 0, 1, 2, 2, 3, 3, 4]


def test_crowding_counts_both_routes_by_half():
    chip = hwsim.chip("kv260-fabric", rows=3, columns=3, topology="king")
    _, layout = laid_out(hwsim.problem.problem.Problem(bqm=_pair(0, 4), name="x", kind="ising"), chip)
    crowd = congestion(layout, np.array([0, 1, 2]), np.array([1, 0]))
    assert crowd.tolist() == [[1.0, 0.5], [0.5, 1.0]]
    assert layout.length.tolist() == [2.0, 2.0]


def _pair(a, b):
    import dimod

    return dimod.BinaryQuadraticModel({a: 0, b: 0}, {(a, b): -1}, 0, "SPIN")


def test_cross_talk_is_no_wire():
    chip = hwsim.chip("dwave-advantage2-1.10")
    program, layout = laid_out(hwsim.read("sk:n=8,seed=1"), chip)
    assert layout.wired.sum() < len(program.network.weight)
    facts = layout_facts(program, layout)
    assert facts["wires"] == layout.wired.sum() // 2
    assert facts["area_m2"] is None and facts["toggle_j_mean"] is None


def test_a_clock_that_follows_from_the_critical_delay_is_exact():
    """A chromatic clock at the rate that the layout allows keeps the law; one three times as fast loses it."""
    problem = hwsim.read("ea2d:L=3,seed=2,boundary=open")
    chip = hwsim.chip("generic-floorplan", clock="chromatic", wire_delay="5 ns/mm")
    program, layout = laid_out(problem, chip)
    period = 1 / layout_facts(program, layout)["chromatic_hz"]
    from hwsim.analysis.exact_laws import boltzmann_law, energies, state_index
    from hwsim.analysis.fidelity import total_variation, tv_noise_floor, tv_noise_sd

    law = boltzmann_law(energies(*program.problem_network), 0.7)
    found = []
    for rate in (1.0, 3.0):
        machine = hwsim.chip("generic-floorplan", clock="chromatic", wire_delay="5 ns/mm", period=period / rate)
        run = hwsim.run(
            hwsim.compile(problem, machine), anneal=hwsim.constant(0.7, 60 * period), reads=20_000, schedules=4
        )
        distance = total_variation(state_index(run.variables), law)
        found.append((distance - tv_noise_floor(law, 20_000)) / tv_noise_sd(law, 20_000))
    assert abs(found[0]) < 4 < found[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"measure": "beauty"}, "measure must be one of correlation, kl, success"),
        ({"limit": 0.0}, "limit must be > 0"),
        ({"schedules": 2}, "at least 4 schedules"),
        ({"measure": "success"}, "success needs a target"),
        ({"measure": "success", "target": -1e9}, "too few reads reach the target"),
        ({"measure": "kl"}, "kl needs a problem of at most 20 spins, got 34"),
    ],
)
def test_a_design_rule_refuses_what_it_cannot_measure(changes, words):
    program = hwsim.compile(hwsim.read("karate"), hwsim.chip("generic-all-to-all"))
    with pytest.raises(InputError, match=words):
        design_rule(program, anneal=hwsim.constant(1.0, "50 ns"), reads=64, **({"schedules": 8} | changes))
