"""The divergence of a machine as measured, and the least that its numbers can express."""

from itertools import product

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.learn.data import read_data
from hwsim.learn.exact import data_law, divergence
from hwsim.learn.machine import LearningMachine, Timing
from hwsim.learn.measured import measured_divergence
from hwsim.learn.model import fully, rbm
from hwsim.learn.represented import represented

RUN = {"seed": 1, "threads": 1, "engine": "lanes"}


def test_on_an_ideal_chip_it_is_the_exact_divergence(adder):
    machine, data = LearningMachine(adder, "generic-all-to-all", schedules=16, **RUN), read_data("adder")
    exact = divergence(machine.network, range(5), data_law(data.bits))
    found = measured_divergence(machine, data.bits, chains=1024, timing=Timing(warm_up=50, looks=30, spacing=5))
    assert found.unseen == 0 and abs(found.value - exact) < 4 * found.error
    assert found.error < 0.01
    assert "nats" in repr(found)


def test_rows_that_never_come_leave_a_bound():
    far = fully(2, scale=0).with_values(np.array([8.0, 8.0]), np.zeros(1))  # both down, all but always
    machine = LearningMachine(far, "generic-all-to-all", schedules=8, **RUN)
    found = measured_divergence(machine, np.array([[1, 1], [-1, -1]]), chains=64, timing=Timing(warm_up=30, looks=4))
    assert found.unseen == 1 and found.value < divergence(far.network, range(2), data_law(np.array([[1, 1], [-1, -1]])))
    with pytest.raises(InputError, match="8 or more"):
        measured_divergence(LearningMachine(far, "generic-all-to-all", **RUN), np.array([[1, 1]]))
    with pytest.raises(InputError, match=r"rows must be \(m, 2\)"):
        measured_divergence(machine, np.array([[1, 1, 1]]))


def test_the_best_on_registers_is_that_of_all_codes():
    rows = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [1, 1, -1]])
    model, target = fully(3), data_law(rows)
    found = represented(model, target, limit=1.0, step=0.5)
    every = [
        divergence(model.network.coupled(0.5 * np.array(code[:3]), 0.5 * np.array(code[3:])), range(3), target)
        for code in product(range(-2, 3), repeat=6)
    ]
    assert found.registers == pytest.approx(min(every), rel=1e-12)
    assert found.is_least and found.real <= found.registers
    held = divergence(model.network.coupled(found.bias, found.weight), range(3), target)
    assert held == found.registers and np.all(np.abs(found.weight) <= 1)


def test_hidden_units_express_more_and_are_not_called_the_least():
    target = data_law(np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]))  # parity
    assert represented(fully(3), target, limit=6.0).real == pytest.approx(np.log(2), rel=1e-6)
    found = represented(rbm(3, 4), target, limit=6.0, seed=1)
    assert found.real < 0.05 and not found.is_least and found.registers is None
    with pytest.raises(InputError, match="limit must be > 0"):
        represented(fully(3), target, limit=0)
