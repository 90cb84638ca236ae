"""The bill against sums done by hand."""

import pytest

from hwsim.analysis.bill import bill
from hwsim.prices import Prices
from hwsim.session import Activity

ACTIVITY = Activity(
    n_pbits=100, replicas=8, copies=8, run_s=4e-6, settle_s=1e-6, updates=80_000, reads=24, writes=10, read_rounds=3,
    write_rounds=2, swaps=14,
)  # fmt: skip
PRICES = Prices(
    read_j=1e-12, write_j=2e-12, transfer_j=3e-12, swap_j=5e-9, programming_time_s=1e-3, readout_time_s=2e-6,
    readout_delay_s=1e-6, write_time_s=7e-6, swap_time_s=1e-8, transfer_time_s=4e-6, transfer_pbit_s=1e-9,
)  # fmt: skip


def test_every_item_is_fixed_plus_per_item():
    account = bill(ACTIVITY, PRICES, update_j=1e-15)
    assert account.time_s == pytest.approx({
        "update": 5e-6, "swap": 14e-8, "write": 14e-6, "read": 9e-6, "transfer": 5 * 4e-6 + 34 * 100 * 1e-9,
    })  # fmt: skip
    assert account.run_s == pytest.approx(5e-6 + 14e-8 + 14e-6 + 9e-6 + 23.4e-6)
    assert account.overhead_s == pytest.approx(account.run_s - 5e-6)
    joules = {
        "update": 8e-11, "wires": 0, "swap": 7e-8, "write": 2e-9, "read": 2.4e-9, "transfer": 1.02e-8, "standby": 0,
    }  # fmt: skip
    assert account.energy_j == pytest.approx(joules)
    assert account.run_j == pytest.approx(sum(joules.values()))
    assert (account.program_s, account.program_j) == (1e-3, pytest.approx(1.6e-9))


def test_what_has_no_price_stays_unknown_and_what_was_not_used_costs_nothing():
    account = bill(ACTIVITY, Prices(read_j=1e-12, write_j=1e-12), update_j=None)
    assert account.unknown_s == ["swap", "write", "read", "transfer"]
    assert account.run_s == pytest.approx(5e-6)
    assert account.run_j is None
    assert account.unknown_j == ["update", "swap", "transfer"]
    account = bill(ACTIVITY, Prices(read_j=1e-12, write_j=1e-12), update_j=1e-15)
    assert account.run_j == pytest.approx(8e-11 + 3.4e-9)  # the controller has no price, and is named
    assert account.unknown_j == ["swap", "transfer"]
    idle = bill(Activity(n_pbits=100, run_s=1e-6, updates=100, reads=0, read_rounds=0), Prices(), update_j=1e-15)
    assert idle.time_s == {"update": 1e-6, "swap": 0, "write": 0, "read": 0, "transfer": 0}
    assert idle.run_j == pytest.approx(1e-13)


def test_a_machine_known_by_its_power_pays_that_for_all_its_time():
    account = bill(ACTIVITY, Prices(power_w=25e3, readout_time_s=1e-6), update_j=None)
    assert account.run_j == pytest.approx(25e3 * 8e-6)
    assert account.unknown_j == []
    account = bill(ACTIVITY, Prices(standby_w=2.0, readout_time_s=1e-6, read_j=0.0, write_j=0.0), update_j=0.0)
    assert account.run_j == pytest.approx(2.0 * 8e-6)
