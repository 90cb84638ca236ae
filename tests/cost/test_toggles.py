"""The energy of toggling wires."""

import numpy as np
import pytest

import hwsim
from hwsim.cost.toggles import toggled


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
