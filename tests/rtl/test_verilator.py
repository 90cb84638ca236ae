"""RTL under Verilator: ten million updates of a lattice, and a multiplier that factors."""

import numpy as np
from glasses import constant

import hwsim
from hwsim.rtl.check import checked


def test_ten_million_updates_of_a_lattice_are_the_emulation(tmp_path, verilator):
    chip = hwsim.chip("ucsb-six-fpga", random_source="xorshift32")
    program = hwsim.compile(hwsim.generate("ea3d:L=8,seed=1"), chip)
    made = hwsim.rtl.write(program, tmp_path / "rtl", anneal=constant(program, 19_532))
    found = checked(made.folder, made.trace, tool=verilator)
    assert (found.updates, found.mismatches) == (19_532 * 512, 0) and found.updates > 10_000_000
    print(f"\n{found.updates / found.run_s / 1e6:.1f} million updates/s under Verilator, build {found.build_s:.0f} s")


def test_the_multiplier_factors_143_with_the_histogram_of_the_emulation(tmp_path, verilator):
    """Both take the same steps from the same seed, so that even the counts of wrong answers are equal."""
    chip = hwsim.chip("generic-sparse", random_source="lfsr32", random_shifts=32)
    program = hwsim.compile(hwsim.generate("multiplier:n=4,m=4,p=143"), chip)
    rounds, anneal = 4000, constant(program, 4000, beta=1.0)
    made = hwsim.rtl.write(program, tmp_path / "rtl", anneal=anneal, seed=2)
    rtl = _products(program, hwsim.rtl.states(made.folder, tool=verilator))
    emulated = hwsim.run(program, anneal=anneal, reads=1, schedules=1, seed=2, record=(0,), checkpoints=1)
    times, pbits, values = emulated.traces[0]
    states = np.tile(emulated.initial_states[0], (rounds, 1))
    states[times // program.clock.period, pbits] = values
    assert np.array_equal(_histogram(rtl), _histogram(_products(program, states)))
    counts = _histogram(rtl)
    right = counts[11, 13] + counts[13, 11]
    assert right > 0.2 * rounds and min(counts[11, 13], counts[13, 11]) > 0  # 256 pairs, of which two are right
    assert counts.argmax() in (11 * 16 + 13, 13 * 16 + 11)


def _products(program, states):
    """int (rounds, 2): the factors that ``states`` int8 (rounds, n) stand for."""
    place = {name: k for k, name in enumerate(program.readout.names)}
    bits = states > 0
    return np.stack([sum(bits[:, place[f"{word}{k}"]].astype(int) << k for k in range(4)) for word in "ab"], axis=1)


def _histogram(factors):
    return np.bincount(factors[:, 0] * 16 + factors[:, 1], minlength=256).reshape(16, 16)
