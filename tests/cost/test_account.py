"""The account against sums done by hand."""

import pytest

from hwsim.cost.account import account
from hwsim.prices import Prices
from hwsim.session import Activity

ACTIVITY = Activity(
    n_pbits=100,
    replicas=8,
    copies=8,
    run_s=4e-6,
    settle_s=1e-6,
    updates=80_000,
    reads=24,
    writes=10,
    read_rounds=3,
    write_rounds=2,
    swaps=14,
)
PRICES = Prices(
    update_j=1e-15,
    read_j=1e-12,
    write_j=2e-12,
    transfer_j=3e-12,
    swap_j=5e-9,
    programming_time_s=1e-3,
    readout_time_s=2e-6,
    readout_delay_s=1e-6,
    write_time_s=7e-6,
    swap_time_s=1e-8,
    transfer_time_s=4e-6,
    transfer_pbit_s=1e-9,
)


def test_every_item_is_fixed_plus_per_item():
    paid = account(ACTIVITY, PRICES)
    assert paid.time_s == pytest.approx(
        {"update": 5e-6, "swap": 14e-8, "write": 14e-6, "read": 9e-6, "transfer": 5 * 4e-6 + 34 * 100 * 1e-9}
    )
    assert paid.total_time_s == pytest.approx(5e-6 + 14e-8 + 14e-6 + 9e-6 + 23.4e-6)
    assert paid.device_time_s == pytest.approx(5e-6) and paid.device_energy_j == pytest.approx(8e-11)
    joules = {
        "update": 8e-11,
        "wires": 0,
        "swap": 7e-8,
        "write": 2e-9,
        "read": 2.4e-9,
        "transfer": 1.02e-8,
        "standby": 0,
    }
    assert paid.energy_j == pytest.approx(joules)
    assert paid.total_energy_j == pytest.approx(sum(joules.values()))
    assert (paid.program_s, paid.program_j) == (1e-3, pytest.approx(1.6e-9))


def test_what_has_no_price_stays_unknown_and_what_was_not_used_costs_nothing():
    paid = account(ACTIVITY, Prices(read_j=1e-12, write_j=1e-12))
    assert paid.unknown_time == ["swap", "write", "read", "transfer"]
    assert paid.total_time_s == pytest.approx(5e-6)
    assert paid.total_energy_j is None
    assert paid.unknown_energy == ["update", "swap", "transfer"]
    paid = account(ACTIVITY, Prices(read_j=1e-12, write_j=1e-12, update_j=1e-15))
    assert paid.total_energy_j == pytest.approx(8e-11 + 3.4e-9)  # the controller has no price and is listed as unknown
    assert paid.unknown_energy == ["swap", "transfer"]
    idle = account(Activity(n_pbits=100, run_s=1e-6, updates=100, reads=0, read_rounds=0), Prices(update_j=1e-15))
    assert idle.time_s == {"update": 1e-6, "swap": 0, "write": 0, "read": 0, "transfer": 0}
    assert idle.total_energy_j == pytest.approx(1e-13)


def test_a_machine_known_by_its_power_pays_that_for_all_its_time():
    paid = account(ACTIVITY, Prices(power_w=25e3, readout_time_s=1e-6))
    assert paid.total_energy_j == pytest.approx(25e3 * 8e-6)
    assert paid.unknown_energy == []
    paid = account(ACTIVITY, Prices(standby_w=2.0, readout_time_s=1e-6, read_j=0.0, write_j=0.0, update_j=0.0))
    assert paid.total_energy_j == pytest.approx(2.0 * 8e-6)
