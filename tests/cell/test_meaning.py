"""What cards leave open is said, and the emulation does what is said."""

import numpy as np
import pytest

import hwsim
from hwsim.analysis.device_law import chances
from hwsim.cell.meaning import meanings
from hwsim.chip.die import make_die
from hwsim.errors import InputError


def said(**changes):
    return " ".join(meanings(hwsim.chip("generic-all-to-all", **changes).pbit))


def test_sentences_follow_the_parameters():
    assert said() == ""
    assert "nearest of the levels -4 + k" in said(dac_bits=6, dac_limit=4.0)
    assert "saturates at -2 and 2." in said(input_limit=2.0)
    assert "dithers neither" in said(noise_white=0.1) and "ten octaves" in said(noise_flicker=0.1)
    assert "2^-8, half a step up" in said(threshold_bits=8)
    assert "mean of 1.08 tau" in said(tau_dtod=0.1) and "pay like any other" in said(stuck_fraction=0.1)


def test_the_last_two_chips_are_as_their_sentences_say():
    slow = make_die(hwsim.chip("generic-all-to-all", tau_dtod=1.0), 200_000, 1)
    assert slow.tau_s.mean() / slow.tau_s.min() * 0.05 == pytest.approx(1.08, abs=0.01)
    assert make_die(hwsim.chip("generic-all-to-all", gain_dtod=2.0), 1000, 1).gain.min() == 1e-6


def test_half_a_step_rounds_up_and_breaks_the_symmetry_of_a_ring():
    """Ring of 8 without biases at beta 1/8, inputs s4.1: an input of -1/4 becomes 0, one of 1/4 becomes 1/2."""
    chip = hwsim.chip("generic-all-to-all", input_integer_bits=4, input_fraction_bits=1)
    program = hwsim.compile(hwsim.generate("ring:n=8"), chip)
    up, _ = chances(program, np.array([-0.25, 0.0, 0.25]))
    assert up == pytest.approx([0.5, 0.5, (1 + np.tanh(0.5)) / 2])
    run = hwsim.run(program, anneal=hwsim.constant(0.125, "500 ns"), reads=4096, seed=1)
    assert run.states.mean() == pytest.approx(0.16, abs=0.02)


def test_devices_that_set_their_own_rate_say_what_an_update_is():
    told = said(pbit="smtj-inplane-ns", stuck_fraction=0.1, attempt_time="1 ns")
    assert "an update is a time tau" in told and "flips once" in told and "neither update nor pay" in told
    assert "z saturates where dwell times come down to 1 ns" in told
    assert "every second time" in said(pbit="low-barrier-magnet")
    with pytest.raises(InputError, match="attempt_time is of a law that sets its own rate, not of heat-bath"):
        hwsim.chip("generic-all-to-all", attempt_time="1 ps")
    with pytest.raises(InputError, match="attempt_time must be below tau, got 1e-08 s and 1e-08 s"):
        hwsim.chip("generic-all-to-all", pbit="smtj-inplane-ns", attempt_time="10 ns")
