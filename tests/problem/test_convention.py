"""The three conventions name the same energies and the same conditional probabilities. By enumeration."""

import itertools

import numpy as np

from hwsim.problem import convention


def random_model():
    rng = np.random.default_rng(7)
    upper = np.triu(rng.normal(size=(4, 4)), 1)
    return rng.normal(size=4), upper + upper.T


def probability_up(bias, couplings, state, beta):
    """dimod's sign, first spin."""
    return (1 + np.tanh(-beta * (bias[0] + couplings[0] @ state))) / 2


def test_every_convention_gives_the_same_energies_and_conditionals():
    h, j = random_model()
    h_pbit, j_pbit = convention.to_pbit(h, j)
    b, w, beta = convention.to_thrml(h, j, 0.7)
    for bits in itertools.product((-1.0, 1.0), repeat=4):
        s = np.array(bits)
        energy = h @ s + s @ np.triu(j, 1) @ s
        assert np.isclose(energy, -s @ j_pbit @ s / 2 - h_pbit @ s)
        assert np.isclose(0.7 * energy, -beta * (b @ s + s @ np.triu(w, 1) @ s))
        up = probability_up(h, j, s, 0.7)
        assert np.isclose(up, (1 + np.tanh(0.7 * (j_pbit[0] @ s + h_pbit[0]))) / 2)
        assert np.isclose(up, 1 / (1 + np.exp(-2 * beta * (b[0] + w[0] @ s))))


def test_there_and_back_is_the_identity():
    h, j = random_model()
    assert np.array_equal(convention.from_pbit(*convention.to_pbit(h, j))[1], j)
    assert np.array_equal(convention.from_thrml(*convention.to_thrml(h, j, 2.0))[0], h)
    for full in (True, False):
        code = convention.to_max_cut_code(j, full_weight=full)
        assert np.allclose(convention.from_max_cut_code(code, full_weight=full), j)
