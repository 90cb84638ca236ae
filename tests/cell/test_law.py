"""The laws of a cell at their edges: quantisers, comparators, p-dits and noise."""

import numpy as np
import pytest

import hwsim
from hwsim.analysis.device_law import chances
from hwsim.cell.codes import NO_LIMIT
from hwsim.cell.law import TWO_32, category, law_threshold, level_inputs, quantised
from hwsim.engine.white import white_noise
from hwsim.errors import InputError


@pytest.mark.parametrize(
    ("low", "high", "step", "levels"),
    [
        (-0.4, 0.5, 0.2, [-0.4, -0.2, 0.0, 0.2, 0.4]),  # 0.6 would lie above the limit
        (-1.0, 1.0, 0.7, [-1.0, -0.3, 0.4]),
        (-2.0, 2.0, 4 / 255, -2 + 4 / 255 * np.arange(256)),  # a DAC of 8 bits reaches both ends
        (-16.0, 15.5, 0.5, np.arange(-16, 16, 0.5)),
    ],
)
def test_a_quantisers_last_level_is_within_its_limits(low, high, step, levels):
    found = [quantised(x, low, high, step) for x in np.linspace(low - 1, high + 1, 4001)]
    assert np.allclose(np.unique(np.round(found, 12)), levels) and np.all(np.diff(found) >= 0)


def test_a_quantiser_of_32_bits_reaches_its_upper_limit():
    step = 4.0 / (2**32 - 1)
    assert quantised(3.0, -2.0, 2.0, step) == pytest.approx(2.0, abs=step / 2)


def inputs(z, low, high, step):
    z, ones = np.array(z), np.ones(len(z))
    level_inputs(z, 0, ones, 0 * ones, low * ones, high * ones, step * ones)
    return z


def test_a_p_dits_dac_sees_differences_and_two_levels_are_a_p_bit():
    assert np.array_equal(inputs([5.0, 7.0, 6.0], -NO_LIMIT, NO_LIMIT, 0.0), [5.0, 7.0, 6.0])
    shifted = [inputs(np.array([0.3, -0.9, 1.1]) + shift, -2.0, 2.0, 0.5) for shift in (0.0, 100.0)]
    assert np.array_equal(*shifted) and np.array_equal(shifted[0], [0.0, -1.0, 1.0])
    pair = inputs([10.9, 8.5], -2.0, 2.0, 0.5)
    assert np.array_equal(pair, [quantised(1.2, -2.0, 2.0, 0.5), quantised(-1.2, -2.0, 2.0, 0.5)])


def test_a_p_dits_comparator_has_a_width(make_program):
    z = np.array([0.0, 0.05])  # 0.475 and 0.525: one bit makes both a half
    share = {
        bits: np.mean([category(z, u, 2.0 ** (32 - bits)) for u in np.arange(0.5, TWO_32, 2**20)]) for bits in (1, 32)
    }
    assert share[1] == 0.5 and share[32] == pytest.approx(0.525, abs=1e-3)
    couplings = np.kron(np.ones((3, 3)) - np.eye(3), np.eye(3))
    program = make_program(couplings, pdit=np.repeat([0, 3, 6], 3).astype(np.int32))
    how = {"anneal": hwsim.constant(0.7, "50 ns"), "reads": 64, "seed": 1}
    fine, coarse = (
        hwsim.run(program.changed(comparator_step=np.full(program.n_pbits, 2.0**k)), **how) for k in (0, 30)
    )
    assert not np.array_equal(fine.states, coarse.states)


def threshold(z, noise):
    return law_threshold(1, z, 1.0, 1.0, 0.0, -NO_LIMIT, NO_LIMIT, 0.0, 1.0, 0, 1.0, 0.0, noise, np.zeros(2), 0.0, 1.0)


def test_noise_is_averaged_only_where_the_average_is_exact(make_program):
    nodes = np.linspace(-9, 9, 200_001)
    weight = np.exp(-0.5 * nodes**2)
    for noise in (0.1, 0.5, 1.0):
        exact = np.sum(weight / (1 + np.exp(-2 * (0.7 + noise * nodes)))) / weight.sum()
        assert abs(threshold(0.7, noise) / TWO_32 - exact) < 3e-10
    one = np.zeros((1, 1))
    for changes in ({"comparator_step": 2.0**24}, {"source": "lfsr32"}, {"law": 1}, {"gain": 3.0}, {"white": 1.5}):
        averaged, drawn = white_noise(make_program(one, **{"white": 0.5} | changes))
        assert averaged[0] == 0 and drawn[0] > 0, changes
    averaged, drawn = white_noise(make_program(one, white=0.5))
    assert averaged[0] == 0.5 and drawn[0] == 0
    assert white_noise(make_program(one, white=0.5, stuck=1))[0][0] == 0


def test_the_law_of_a_device_averages_after_the_comparator(make_program):
    program = make_program(np.zeros((1, 1)), white=0.8, comparator_step=2.0**31)
    up, _ = chances(program, np.array([0.5]))
    assert 2 * up[0] - 1 == pytest.approx(0.381, abs=0.001)


def test_a_shared_ideal_source_is_refused(make_program):
    with pytest.raises(InputError, match="need a source with a state of its own"):
        make_program(np.zeros((2, 2)), source_share=2)
    with pytest.raises(InputError, match="random_share needs a random_source with a state of its own"):
        hwsim.chip("generic-all-to-all", random_share=4)
