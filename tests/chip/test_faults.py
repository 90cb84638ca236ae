"""Faults by name: each can be there, be switched off, and be left alone."""

import pytest

import hwsim
from hwsim.chip.faults import FAULTS, alone, present_faults, without
from hwsim.errors import InputError

PLANTED = {
    "delay": {"delay": "1 ns"},
    "wire-delay": {"cell_pitch": "10 um", "wire_delay": "100 ps/mm"},
    "synapse": {"synapse_tau": "1 ns"},
    "gain-spread": {"gain_dtod": 0.1},
    "offset-spread": {"offset_dtod": 0.1},
    "rate-spread": {"tau_dtod": 0.1},
    "jitter": {"jitter": "1 ns"},
    "input-noise": {"noise_white": 0.1},
    "flicker-noise": {"noise_flicker": 0.1},
    "input-quantisation": {"dac_bits": 4},
    "input-range": {"input_limit": 3},
    "comparator": {"threshold_bits": 8},
    "random-source": {"random_source": "lfsr32"},
    "law": {"pbit": "wobblybits-cell", "tau": "1 ns", "clock": "poisson"},
    "stuck-cells": {"stuck_fraction": 0.01},
    "temperature-drift": {"temperature_drift": 10.0},
    "weight-quantisation": {"weight_bits": 4},
    "weight-error": {"weight_dtod": 0.01},
    "control-error": {"h_noise": 0.01, "j_limit": 1.0},
}


def test_every_fault_is_planted_here():
    assert set(PLANTED) == set(FAULTS)


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_a_fault_is_there_is_switched_off_by_its_name_and_stands_alone(name):
    chip = hwsim.chip("generic-all-to-all", **PLANTED[name])
    assert name in present_faults(chip)
    clean = without(chip, [name])
    assert name not in present_faults(clean) and without(clean, [name]) == clean
    assert present_faults(alone(chip, name)) == [name] or name == "input-quantisation"  # a DAC has a range too
    assert hwsim.chip("generic-all-to-all", **PLANTED[name], without=[name]) == clean


def test_without_all_faults_a_chip_is_the_ideal_one_with_its_clock_and_graph():
    chip = hwsim.chip("generic-sparse", delay="1 ns", weight_dtod=0.1, noise_white=0.1, dac_bits=3)
    perfect = without(chip, present_faults(chip))
    assert present_faults(perfect) == []
    assert perfect.clock == chip.clock and perfect.topology == chip.topology and perfect.pbit.tau_s == chip.pbit.tau_s


def test_curing_one_fault_leaves_the_others():
    chip = hwsim.chip("generic-all-to-all", delay="1 ns", gain_dtod=0.1, noise_white=0.1)
    assert present_faults(without(chip, ["gain-spread"])) == ["delay", "input-noise"]


def test_a_wider_range_keeps_the_step_and_a_finer_step_the_range():
    from hwsim.cell.model import input_quantiser

    chip = hwsim.chip("generic-all-to-all", dac_bits=3)
    low, high, step = input_quantiser(chip.pbit)
    wide = input_quantiser(without(chip, ["input-range"]).pbit)
    assert wide[2] == step and wide[0] < 1000 * low and wide[1] > 1000 * high
    assert input_quantiser(without(chip, ["input-quantisation"]).pbit) == (low, high, 0.0)


def test_a_relaxing_device_keeps_the_range_that_bounds_its_rate():
    chip = hwsim.chip("generic-all-to-all", pbit="smtj-inplane-ns")
    assert "input-range" not in present_faults(chip) and "law" not in present_faults(chip)


def test_an_unknown_fault_is_refused():
    with pytest.raises(InputError, match="gremlins"):
        without(hwsim.chip("generic-all-to-all"), ["gremlins"])
