"""Expected values: enumeration by hand, the transition matrices of small chains, and the cited closed forms."""

import itertools
import math

import numpy as np
import pytest

from hwsim.analysis import exact_laws as exact
from hwsim.errors import InputError


def csr(coupling):
    rows, columns = np.nonzero(coupling)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(coupling)))])
    return indptr, columns, coupling[rows, columns]


def random_problem(n, seed):
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.normal(size=(n, n)), 1)
    return rng.normal(size=n), upper + upper.T


def states(n):
    return np.array([[1 if k >> i & 1 else -1 for i in range(n)] for k in range(2**n)], dtype=np.int8)


def parallel_chain(bias, coupling, beta, participation):
    """P(s'|s) written out: every p-bit is selected with probability p and then follows the heat bath."""
    s = states(len(bias)).astype(float)
    up = (1 + np.tanh(-beta * (bias + s @ coupling))) / 2
    chain = np.ones((len(s), len(s)))
    for a, b in itertools.product(range(len(s)), repeat=2):
        drawn = np.where(s[b] > 0, up[a], 1 - up[a])
        chain[a, b] = np.prod(participation * drawn + (1 - participation) * (s[a] == s[b]))
    return chain


def test_energies_are_the_sum_over_biases_and_pairs_for_every_state():
    bias, coupling = random_problem(5, 1)
    s = states(5).astype(float)
    by_hand = 0.25 + s @ bias + np.einsum("ki,ij,kj->k", s, np.triu(coupling), s)
    np.testing.assert_allclose(exact.energies(bias, *csr(coupling), offset=0.25), by_hand, atol=1e-12)


def test_the_and_gate_has_its_four_valid_rows_at_minus_three():
    coupling = -np.array([[0, -1, 2], [-1, 0, 2], [2, 2, 0]], dtype=float)
    energy = exact.energies(-np.array([1.0, 1.0, -2.0]), *csr(coupling))
    valid = {a | b << 1 | (a & b) << 2 for a in (0, 1) for b in (0, 1)}
    assert {k for k in range(8) if energy[k] == -3} == valid
    assert sorted(energy[k] for k in range(8) if k not in valid) == [1, 1, 1, 9]


def test_the_boltzmann_law_is_stationary_under_one_heat_bath_update():
    bias, coupling = random_problem(3, 2)
    law = exact.boltzmann_law(exact.energies(bias, *csr(coupling)), 0.7)
    s = states(3).astype(float)
    after = np.zeros(8)
    for k in range(8):
        up = (1 + math.tanh(-0.7 * (bias[1] + coupling[1] @ s[k]))) / 2
        after[k | 2] += law[k] * up
        after[k & ~2] += law[k] * (1 - up)
    np.testing.assert_allclose(after, law, atol=1e-14)


def test_a_huge_energy_does_not_overflow_the_law():
    np.testing.assert_array_equal(exact.boltzmann_law([1e6, 0.0], 10.0), [0.0, 1.0])


def test_the_little_peretto_law_is_stationary_under_the_fully_parallel_update_with_biases():
    bias, coupling = random_problem(4, 3)
    law = exact.little_peretto_law(bias, *csr(coupling), 0.6)
    np.testing.assert_allclose(law @ parallel_chain(bias, coupling, 0.6, 1.0), law, atol=1e-14)
    boltzmann = exact.boltzmann_law(exact.energies(bias, *csr(coupling)), 0.6)
    assert np.abs(law - boltzmann).sum() > 0.05  # the control: the other law is told apart


def test_two_parallel_p_bits_without_bias_are_uniform():
    law = exact.little_peretto_law([0, 0], *csr(np.array([[0, -1.0], [-1.0, 0]])), 1.0)
    np.testing.assert_allclose(law, 0.25, atol=1e-15)


def test_a_state_number_has_p_bit_zero_in_its_lowest_bit():
    assert exact.state_index(np.array([[1, -1, -1], [-1, 1, 1]], dtype=np.int8)).tolist() == [1, 6]
    assert exact.state_index(states(6)).tolist() == list(range(64))


@pytest.mark.parametrize("participation", [0.1, 1 / 3, 0.5, 0.8, 1.0])
def test_the_tick_random_pair_is_the_stationary_correlation_of_the_four_state_chain(participation):
    chain = parallel_chain(np.zeros(2), np.array([[0, -1.0], [-1.0, 0]]), 1.0, participation)
    law = np.linalg.matrix_power(chain, 4096)[0] if participation < 1 else np.full(4, 0.25)
    expected = law @ states(2).prod(axis=1)
    assert exact.tick_random_pair(beta_j=1.0, participation=participation) == pytest.approx(expected, abs=1e-12)


def test_the_delayed_pair_is_the_boltzmann_value_at_zero_delay_and_decays_with_it():
    # at beta J = 1 the values of the closed form, by hand calculator to four digits
    found = [exact.delayed_pair(beta_j=1.0, delay_over_tau=d) for d in (0, 0.1, 0.5, 1, 2, 4)]
    assert found == pytest.approx([0.7616, 0.7294, 0.6013, 0.4567, 0.2489, 0.0691], abs=6e-5)
    assert exact.delayed_pair(beta_j=-1.0, delay_over_tau=1) == -found[3]
    weak = exact.delayed_pair(beta_j=1e-6, delay_over_tau=2.0) / math.tanh(1e-6)
    assert weak == pytest.approx(math.exp(-2), rel=1e-9)
    assert exact.delayed_pair(beta_j=1.0, delay_over_tau=1e6) == 0.0
    cold = [exact.delayed_pair(beta_j=sign * 1e10, delay_over_tau=3.0) for sign in (1, -1)]
    assert cold == [1.0, -1.0]


def test_the_plateau_matches_its_form_in_the_reuse_factor():
    for c in (1.0, 1.25, 2.0, 3.0):
        assert exact.plateau_cut_fraction(1 / c) == pytest.approx((1 - (2 * c - 1) ** -2) / 2)


def test_the_onsager_magnetisation_meets_its_table_and_vanishes_above_the_critical_temperature():
    assert exact.onsager_magnetisation(0.5) == pytest.approx(0.911319, abs=1e-6)
    assert exact.onsager_magnetisation(0.6) == pytest.approx(0.973609, abs=1e-6)
    assert exact.onsager_magnetisation(0.44) == 0.0
    assert exact.onsager_magnetisation(500.0) == 1.0


def test_more_than_twenty_p_bits_are_refused_with_the_limit_and_the_value():
    with pytest.raises(InputError, match="at most 20 p-bits, got 21"):
        exact.energies(np.zeros(21), np.zeros(22, dtype=int), [], [])


def test_couplings_stored_in_one_row_only_are_refused():
    with pytest.raises(InputError, match="symmetric"):
        exact.energies([0, 0], [0, 1, 1], [1], [1.0])
