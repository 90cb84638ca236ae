"""The energy of toggling wires."""

import numpy as np
import pytest

import hwsim
from hwsim.cost.solution import account_of
from hwsim.cost.toggles import toggled, wires_of


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


def test_a_machine_that_warms_pays_for_the_toggles_that_it_makes():
    """A run's account counts the wires as a study does, under the drift: hotter p-bits toggle more often."""
    cold = hwsim.compile(hwsim.read("ring:n=24"), hwsim.chip("generic-floorplan"))
    warm = cold.changed(temperature_drift=1e7)  # ten times as hot after 1 us
    anneal = hwsim.constant(2.0, "1 us")
    paid = [
        account_of(hwsim.run(program, anneal=anneal, reads=8, schedules=2, seed=1)).energy_j["wires"]
        for program in (cold, warm)
    ]
    assert paid == [wires_of(cold, anneal), wires_of(warm, anneal)] and paid[1] > 1.5 * paid[0]
