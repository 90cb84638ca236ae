"""Expected values: enumeration of all outcomes of few samples. z is named where samples are drawn."""

import itertools
import math

import numpy as np
import pytest

from hwsim.analysis.fidelity import total_variation, total_variation_of_counts, tv_noise_floor, tv_noise_sd
from hwsim.errors import InputError

LAW = np.array([0.5, 0.3, 0.15, 0.05])


def test_the_distance_is_half_the_summed_difference_from_numbers_or_counts():
    assert total_variation([0, 0, 0, 1], LAW) == pytest.approx((0.25 + 0.05 + 0.15 + 0.05) / 2)
    assert total_variation_of_counts([3, 1, 0, 0], LAW) == total_variation([0, 0, 0, 1], LAW)
    assert total_variation([3], np.array([1.0, 0, 0, 0])) == 1.0


@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_noise_floor_is_the_mean_over_all_outcomes_of_a_few_samples(n):
    outcomes = list(itertools.product(range(4), repeat=n))
    expected = sum(math.prod(LAW[k] for k in o) * total_variation(list(o), LAW) for o in outcomes)
    assert tv_noise_floor(LAW, n) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("p", [1e-9, 0.013, 0.5, 0.97])
def test_the_noise_floor_of_a_coin_is_the_binomial_mean_deviation(p):
    n = 400
    pmf = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    expected = math.fsum(w * abs(k - n * p) for k, w in enumerate(pmf)) / n
    assert tv_noise_floor(np.array([p, 1 - p]), n) == pytest.approx(expected, rel=1e-10)


def test_for_many_samples_the_noise_floor_is_the_normal_one():
    n = 10**10
    normal = np.sqrt(LAW * (1 - LAW) * 2 / (math.pi * n)).sum() / 2
    assert tv_noise_floor(LAW, n) == pytest.approx(normal, rel=1e-6)


def test_a_certain_state_has_no_noise_and_a_million_states_are_no_trouble():
    assert tv_noise_floor(np.array([0.0, 1.0]), 100) == 0.0
    # n << states: each sample is its own state, TV = 1 - n/states up to pairs
    assert tv_noise_floor(np.full(2**20, 2.0**-20), 10) == pytest.approx(1 - 10 / 2**20, abs=1e-9)


def test_simulated_samples_meet_the_noise_floor_and_a_wrong_law_does_not():
    # z = 4, one comparison, 300 independent batches of 1000
    rng, n = np.random.default_rng(5), 1000
    found = [total_variation_of_counts(rng.multinomial(n, LAW), LAW) for _ in range(300)]
    band = 4 * tv_noise_sd(LAW, n, seed=1) / math.sqrt(300)
    assert abs(np.mean(found) - tv_noise_floor(LAW, n)) < band
    wrong = [total_variation_of_counts(rng.multinomial(n, LAW[[0, 1, 3, 2]]), LAW) for _ in range(300)]
    assert abs(np.mean(wrong) - tv_noise_floor(LAW, n)) > band


def test_the_spread_of_a_coins_distance_is_that_of_a_folded_binomial():
    # |X - n/2|/n with n = 100: variance 1/(4n) - mean**2; z = 4 on a relative error of 1/sqrt(2 * 2000) or so
    law, n = np.array([0.5, 0.5]), 100
    expected = math.sqrt(1 / (4 * n) - tv_noise_floor(law, n) ** 2)
    assert tv_noise_sd(law, n, n_simulations=2000, seed=3) == pytest.approx(expected, rel=4 / math.sqrt(4000))
    assert tv_noise_sd(law, n, seed=3) == tv_noise_sd(law, n, seed=3)


def test_nonsense_is_refused():
    with pytest.raises(InputError, match="sum to one"):
        total_variation([0], [0.5, 0.4])
    with pytest.raises(InputError, match=r"0\.\.3, got 0\.\.4"):
        total_variation([0, 4], LAW)
    with pytest.raises(InputError, match="n_samples"):
        tv_noise_floor(LAW, 0)
