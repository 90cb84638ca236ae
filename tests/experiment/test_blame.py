"""Blame names the fault that was planted."""

import pytest

import hwsim
from hwsim.errors import InputError
from hwsim.experiment.blame import blame

PROBLEM = hwsim.read("ea2d:L=6,seed=3")
SETTING = {"anneal": hwsim.linear(0.1, 2.0, "200 ns"), "target": None, "dies": 4, "reads": 128, "schedules": 2}


@pytest.fixture(scope="module")
def found():
    chip = hwsim.chip("generic-all-to-all", offset_dtod=1.0, gain_dtod=0.01, weight_bits=8)
    return blame(PROBLEM, chip, **SETTING)


def test_the_worst_fault_comes_first_and_curing_it_helps(found):
    assert found["rows"][0]["fault"] == "offset-spread"
    success = next(metric for metric in found["metrics"] if metric["key"] == "p_success")
    off = found["rows"][0]["without"]["p_success"]
    assert off[1] > success["all_on"][2]  # the intervals do not even touch
    assert success["all_off"][0] >= 0.5  # half of the perfect chip's reads reach the target


def test_a_fault_that_changes_nothing_costs_nothing(found):
    """Registers of 8 bits hold couplings of +-1 exactly: the program is the perfect chip's."""
    row = next(row for row in found["rows"] if row["fault"] == "weight-quantisation")
    metric = {metric["key"]: metric for metric in found["metrics"]}
    assert row["alone"]["p_success"] == metric["p_success"]["all_off"]
    assert row["alone"]["correlation_error"] == [0.0, 0.0, 0.0]


def test_the_error_of_correlations_is_seen_where_there_is_one(found):
    row = next(row for row in found["rows"] if row["fault"] == "offset-spread")
    assert row["alone"]["correlation_error"][1] > 0.05


def test_a_chip_with_one_fault_runs_twice_only():
    labels = []
    chip = hwsim.chip("generic-all-to-all", delay="5 ns")
    found = blame(PROBLEM, chip, **SETTING, progress=lambda label, share, updates: labels.append(label))
    assert set(labels) == {"no faults", "all faults"}
    (row,) = found["rows"]
    assert row["without"]["p_success"] == found["metrics"][1]["all_off"]


def test_a_perfect_chip_and_too_few_dies_are_refused():
    with pytest.raises(InputError, match="has no faults"):
        blame(PROBLEM, hwsim.chip("generic-all-to-all"), **SETTING)
    with pytest.raises(InputError, match="at least 2 dies"):
        blame(PROBLEM, hwsim.chip("autonomous-pbit"), **SETTING | {"dies": 1})


def test_an_interrupt_keeps_the_faults_that_are_complete():
    chip = hwsim.chip("generic-all-to-all", delay="5 ns", gain_dtod=0.1)
    stopped = blame(PROBLEM, chip, **SETTING, interrupt=lambda: True)
    assert stopped["interrupted"] and stopped["rows"] == []
