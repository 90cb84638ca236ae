"""Bills by hand, at the prices of the Z1 card and of cards without some."""

from dataclasses import replace

import pytest

import hwsim
from hwsim.learn.bill import bill_of
from hwsim.prices import Prices
from hwsim.session import Activity

STEP = Activity(n_pbits=4900, run_s=5e-6, updates=4900 * 250, reads=1.0, read_rounds=1.0)
"""One denoising step of the paper's size: 250 sweeps of 70 x 70 p-bits, one read."""


def test_writing_inputs_dominates_a_denoising_step_at_the_prices_of_z1():
    """4,900 x 250 x 7.09 fJ = 8.69 nJ of updates, 884 x 153.6 pJ = 136 nJ if an input costs a p-bit's write."""
    prices = hwsim.chip("extropic-z1").prices
    found = bill_of([replace(STEP, data_writes=884)], prices, programmings=0, data_rounds=1)
    energy = {item.name: item.joules for item in found.items}
    assert energy["updates"] == pytest.approx(8.685e-9, rel=1e-3)
    assert energy["states read"] == pytest.approx(4900 * 1.692e-12)
    assert energy["data written"] == pytest.approx(1.358e-7, rel=1e-3)
    low, high = found.joules
    assert low == pytest.approx(energy["updates"] + energy["states read"])
    assert high == pytest.approx(low + energy["data written"]) and high / low > 7
    assert found.seconds == pytest.approx(5e-6 + 25e-6) and found.unknown == ()
    text = found.text(what="image")
    assert "136 nJ" in text and "with data written" in text.splitlines()[-1]


def test_what_has_no_price_is_named_and_what_was_not_used_is_not():
    found = bill_of([STEP], Prices(update_j=2e-15))
    assert found.unknown == ("energy_per_read", "energy_per_write")
    assert [item.name for item in found.items] == ["updates", "states read", "weights written"]
    assert found.joules[0] == pytest.approx(4900 * 250 * 2e-15)
    assert "unknown: energy_per_read, energy_per_write" in found.text()
    assert "2.45 nJ" in repr(found) and "energy unknown" in repr(bill_of([STEP], Prices()))
    assert found.facts["unknown_prices"] == ["energy_per_read", "energy_per_write"]


def test_activities_add_and_weights_are_written_as_often_as_they_were():
    prices = Prices(update_j=1e-15, read_j=1e-12, write_j=1e-10, programming_time_s=1e-3, write_time_s=1e-6)
    step = replace(STEP, data_writes=5)
    once, thrice = (bill_of([step] * k, prices, programmings=10 * k, data_rounds=k) for k in (1, 3))
    assert thrice.joules[1] == pytest.approx(3 * once.joules[1]) and thrice.seconds == pytest.approx(3 * once.seconds)
    assert {item.name: item.seconds for item in once.items}["weights written"] == pytest.approx(1e-2)
    assert {item.name: item.joules for item in once.items}["weights written"] == pytest.approx(10 * 4900 * 1e-10)


def test_a_machine_of_known_power_takes_that_and_flips_and_standby_are_items():
    found = bill_of([STEP], Prices(power_w=2.0, readout_time_s=5e-6), programmings=0)
    assert found.joules == (2e-5, 2e-5) and found.unknown == ()
    idle = bill_of([STEP], Prices(flip_j=1e-15, standby_w=1.0, read_j=0.0), programmings=0)
    assert {item.name for item in idle.items} == {"updates", "states read", "flips", "standby"}
    assert idle.unknown == ("energy_per_flip",)  # flips were not counted
    assert idle.joules[0] == pytest.approx(5e-6)
