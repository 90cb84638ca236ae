"""Several chips that exchange the states of their boundaries at intervals."""

import numpy as np
import pytest

import hwsim
from hwsim.errors import InputError, UnsupportedError
from hwsim.mapping.partition import cut_wires, partition
from hwsim.session import run

SIDE, PERIOD_S = 6, 10e-9


def lattice(exchange_s, parts=None):
    problem = hwsim.read(f"ea3d:L={SIDE},seed=1")
    chip = hwsim.chip("generic-all-to-all", clock="chromatic", tau=PERIOD_S)
    parts = np.arange(SIDE**3) // (SIDE**3 // 2) if parts is None else parts  # two halves
    return hwsim.compile(problem, chip, parts=parts, exchange_s=exchange_s)


def states(program, engine="auto"):
    return run(program, anneal=hwsim.linear(0.1, 2.0, "1 us"), reads=64, schedules=1, engine=engine, seed=2).states


def test_boundaries_refreshed_once_per_colour_are_one_chip_bit_for_bit():
    """The lattice has two colours, so half a period."""
    one = hwsim.compile(
        hwsim.read(f"ea3d:L={SIDE},seed=1"), hwsim.chip("generic-all-to-all", clock="chromatic", tau=PERIOD_S)
    )
    assert (states(lattice(PERIOD_S / 2)) == states(one)).all()
    assert (states(lattice(PERIOD_S / 4)) == states(one)).all()
    assert not (states(lattice(PERIOD_S)) == states(one)).all()


def test_chips_that_hardly_talk_end_at_higher_energies():
    energies = []
    for eta in (2, 1 / 16, 1 / 64):
        result = run(lattice(PERIOD_S / eta), anneal=hwsim.linear(0.1, 3.0, "2 us"), reads=256, schedules=1, seed=1)
        energies.append((result.energies.mean(), result.energies.std() / 16))
    (best, _), (slow, error), (slower, other) = energies
    assert best < slow - 4 * error and slow < slower - 4 * other


def test_a_partition_is_even_and_cuts_few_wires():
    pytest.importorskip("pymetis")
    program = hwsim.compile(hwsim.read("ea3d:L=8,seed=1"), hwsim.chip("generic-all-to-all"))
    network = program.network
    part = partition(network, 4)
    assert np.bincount(part).min() > 110 and np.bincount(part).max() < 146
    assert cut_wires(network, part).mean() < 0.4
    assert cut_wires(network, np.zeros(512, dtype=np.int32)).sum() == 0


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InputError, match="for each of the 216"):
        lattice(1e-9, parts=[0, 1])
    with pytest.raises(InputError, match="exchange_s"):
        lattice(0.0)
    for engine in ("bitplanes", "dense"):
        with pytest.raises(UnsupportedError, match=r"exchange|delays that differ"):
            states(lattice(1e-9), engine)
