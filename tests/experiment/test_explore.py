"""Designs of a spec, the best of them, and the energy of toggling wires."""

import numpy as np
import pytest

import hwsim
from hwsim.cost.toggles import toggled
from hwsim.errors import InputError
from hwsim.experiment.explore import best_designs, checked, designs, identity


def test_designs_are_all_combinations_and_tables_set_several_parameters():
    spec = checked(
        {
            "problem": "karate", "set": {"gain_dtod": 0.1},
            "sweep": {"max_degree": [4, 6], "wires": [{"name": "slow", "wire_delay": "1 ns/mm", "stage_delay": 0}]},
        }
    )  # fmt: skip
    plan = list(designs(spec))
    assert [words for words, _ in plan] == [
        {"max_degree": "4", "wires": "slow"}, {"max_degree": "6", "wires": "slow"}
    ]  # fmt: skip
    assert plan[0][1] == {"gain_dtod": 0.1, "max_degree": 4, "wire_delay": "1 ns/mm", "stage_delay": 0}
    keys = {identity(spec, parameters) for _, parameters in plan}
    assert len(keys) == 2
    assert identity(spec | {"seed": 1}, plan[0][1]) not in keys


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({}, "a spec needs problem"),
        ({"problem": "karate", "swep": {}}, "unknown key 'swep'"),
        ({"problem": "karate", "sweep": {"tau": "5 ns"}}, "sweep.tau must be a list"),
        ({"problem": "karate", "reads": "many"}, "reads must be a whole number"),
        ({"problem": "karate", "set": 3}, "set must be a table"),
    ],
)
def test_a_wrong_spec_is_one_sentence(spec, words):
    with pytest.raises(InputError, match=words):
        checked(spec)


def test_the_best_designs_are_those_that_no_other_beats():
    rows = [
        {"tts99_s": 1.0, "area_m2": 5.0}, {"tts99_s": 2.0, "area_m2": 4.0}, {"tts99_s": 2.0, "area_m2": 5.0},
        {"tts99_s": 0.5, "area_m2": None}, {"tts99_s": 0.1, "area_m2": 1.0, "tts99_is_bound": True},
        {"does_not_fit": "no"},
    ]  # fmt: skip
    assert best_designs(rows, ("tts99_s", "area_m2")) == [True, True, False, False, False, False]


def test_free_p_bits_toggle_at_half_of_their_updates():
    """Without couplings that matter (beta 0) an update flips a p-bit with probability one half."""
    program = hwsim.compile(hwsim.read("ring:n=24"), hwsim.chip("generic-floorplan"))
    found = toggled(program, hwsim.constant(0.0, "20 us"), reads=8, seed=3)
    expected = 24 * 4000 / 2
    assert abs(found.toggles - expected) < 4 * np.sqrt(24 * 4000 * 0.5 / 8)
    assert found.wire_j / found.toggles == pytest.approx(program.prices.wire_j.mean(), rel=0.02)
    assert (
        toggled(hwsim.compile(hwsim.read("karate"), hwsim.chip("generic-all-to-all")), hwsim.constant(1, 1e-6)) is None
    )
