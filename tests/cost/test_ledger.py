"""Prices from the card, and whom to ask for the others."""

from dataclasses import fields

import pytest

import hwsim
from hwsim.cell.card import CHIP_DIMENSIONS, PBIT_DIMENSIONS
from hwsim.cost.ledger import ledger, price
from hwsim.errors import InputError
from hwsim.prices import PRICES, Prices


def test_the_published_ratios_of_z1_and_its_sweep_come_out_of_the_card():
    lines = {line.key: line for line in ledger(hwsim.chip("extropic-z1"))}
    assert lines["write_over_update"].value == pytest.approx(21_664, abs=1)
    assert lines["read_over_update"].value == pytest.approx(238.6, abs=0.1)
    assert lines["sweep_j"].value == pytest.approx(1.91e-9, abs=0.005e-9)
    assert lines["energy_per_update"].note == "simulated"  # SPICE, before silicon
    assert lines["standby_power"].value is None and "Extropic would know" in lines["standby_power"].note


def test_a_price_nobody_published_is_refused_with_what_is_missing_and_who_would_know():
    with pytest.raises(InputError, match="standby_power: power of the idle chip; Extropic would know"):
        price(hwsim.chip("extropic-z1"), "standby_power")
    given = hwsim.chip("extropic-z1", standby_power="10 mW")
    assert price(given, "standby_power") == 0.01
    assert {line.key: line.note for line in ledger(given)}["standby_power"] == "yours"
    with pytest.raises(InputError, match="unknown price"):
        price(given, "energy")


def test_what_needs_an_unknown_price_stays_unknown():
    lines = {line.key: line.value for line in ledger(hwsim.chip("generic-all-to-all"), n_pbits=10)}
    assert lines["sweep_j"] is None and lines["write_over_update"] is None and lines["sweep_s"] == 5e-9
    with pytest.raises(InputError, match="number of p-bits"):
        ledger(hwsim.chip("generic-all-to-all"), n_pbits=0)


def test_a_run_adds_up_its_updates():
    program = hwsim.compile(hwsim.read("ring:n=8"), hwsim.chip("generic-all-to-all", energy_per_update="2 fJ"))
    run = hwsim.run(program, anneal=hwsim.constant(1.0, "100 ns"), reads=64)
    assert run.device_energy_j == pytest.approx(2e-15 * run.updates / 64)


def test_every_price_is_a_field_of_the_record_and_a_key_of_a_card_once():
    assert [known.field for known in PRICES.values()] == [field.name for field in fields(Prices)]
    dimensions = PBIT_DIMENSIONS | CHIP_DIMENSIONS
    given = {key: {"energy": "1 pJ", "power": "1 W", "time": "1 us"}[dimensions[key]] for key in PRICES}
    prices = hwsim.chip("generic-all-to-all", **given).prices
    for known in PRICES.values():
        assert getattr(prices, known.field) == {"J": 1e-12, "W": 1.0, "s": 1e-6}[known.unit]
