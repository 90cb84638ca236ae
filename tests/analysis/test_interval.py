"""Expected values: Wilson's formula as the roots of its quadratic, exact binomial coverage, variance algebra."""

import math

import numpy as np
import pytest

from hwsim.analysis.interval import clustered_bootstrap, clustered_wilson, percentile_interval, student_quantile, wilson
from hwsim.errors import InputError


def test_the_wilson_ends_are_where_the_score_equals_z():
    for end in wilson(7, 50):
        assert abs(7 / 50 - end) / math.sqrt(end * (1 - end) / 50) == pytest.approx(1.959964, abs=1e-6)


def test_no_success_starts_at_zero_and_all_successes_end_at_one():
    assert wilson(0, 10)[0] == 0.0
    assert wilson(10, 10)[1] == 1.0


def test_wilson_covers_the_truth_about_as_often_as_it_says():
    # exact, by summing the binomial: mean coverage over p; single values of p swing by a few per cent
    n, grid = 60, np.linspace(0.05, 0.95, 46)
    inside = [wilson(k, n) for k in range(n + 1)]
    coverage = [
        sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k, (a, b) in enumerate(inside) if a <= p <= b) for p in grid
    ]
    assert 0.94 < np.mean(coverage) < 0.96
    assert min(coverage) > 0.90


def test_the_bootstrap_of_single_read_schedules_has_the_variance_of_the_mean():
    # variance of a resampled mean is s**2/n (divisor n); z = 4 on the relative error sqrt(2/n_boot)
    values = np.random.default_rng(0).normal(size=40)
    replicates = clustered_bootstrap(values, np.arange(40), n_boot=2000, seed=1)
    assert replicates.var() == pytest.approx(values.var() / 40, rel=4 * math.sqrt(2 / 2000))


def test_the_clustered_interval_covers_where_wilson_does_not():
    # 200 studies, 20 schedules of 25 reads, rates Beta(2, 2); sd of the coverage <= 0.02; z = 3.5
    rng, hit, wilson_hit = np.random.default_rng(8), 0, 0
    group = np.repeat(np.arange(20), 25)
    for study in range(200):
        success = rng.random(500) < np.repeat(rng.beta(2, 2, 20), 25)
        low, high = percentile_interval(clustered_bootstrap(success, group, n_boot=200, seed=study))
        hit += low <= 0.5 <= high
        low, high = wilson(int(success.sum()), 500)
        wilson_hit += low <= 0.5 <= high
    assert hit / 200 > 0.95 - 3.5 * math.sqrt(0.95 * 0.05 / 200)
    assert wilson_hit / 200 < 0.80  # the control


def test_the_t_quantile_is_that_of_the_tables():
    # Abramowitz and Stegun, table 26.10; the closed forms for 1 and 2 degrees of freedom; scipy for the rest
    from scipy.stats import t

    assert student_quantile(0.975, 1) == pytest.approx(math.tan(math.pi * 0.475))
    assert student_quantile(0.975, 10) == pytest.approx(2.228, abs=5e-4)
    for dof in (2, 3, 7, 31, 200):
        assert student_quantile(0.975, dof) == pytest.approx(t.ppf(0.975, dof), rel=1e-9)
    assert student_quantile(0.5, 4) == pytest.approx(0, abs=1e-12)


def test_reads_of_schedules_that_agree_count_in_full_and_those_that_differ_count_less():
    group = np.repeat([3, 7], 10)
    assert clustered_wilson(np.tile([True, False], 10), group) == wilson(10, 20)
    assert clustered_wilson(np.zeros(20, dtype=bool), group) == wilson(0, 20)
    low, high = clustered_wilson(np.repeat([True, False], 10), group)
    assert low < wilson(10, 20)[0] and high > wilson(10, 20)[1]
    assert clustered_wilson([True, False, True], [0, 1, 2]) == wilson(2, 3)


@pytest.mark.parametrize("spread", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("n_schedules, n_reads", [(8, 64), (16, 32), (64, 16)])
def test_the_interval_covers_the_truth_at_its_rate_with_clusters_or_without(n_schedules, n_reads, spread):
    # two-level model: rates Beta with mean p and intra-class correlation ``spread``; 1,000 studies at each of 3 p;
    # binomial sd of a coverage of 0.95 over 3,000 is 0.4 %, over 1,000 0.7 %; without clusters it errs on the wide side
    rng, coverage = np.random.default_rng(n_schedules), []
    group = np.repeat(np.arange(n_schedules), n_reads)
    for p in (0.2, 0.5, 0.8):
        shape = (1 - spread) / spread if spread else 0.0
        hits = 0
        for _ in range(1000):
            rate = rng.beta(p * shape, (1 - p) * shape, n_schedules) if spread else np.full(n_schedules, p)
            low, high = clustered_wilson(rng.random(group.size) < rate[group], group)
            hits += low <= p <= high
        coverage.append(hits / 1000)
    assert 0.935 <= np.mean(coverage) <= 0.975
    assert min(coverage) >= 0.93 - 2 * 0.007


def test_the_bootstrap_repeats_with_its_seed_and_ignores_the_order_of_groups():
    values, group = np.arange(6.0), np.array([1, 0, 1, 0, 2, 2])
    first = clustered_bootstrap(values, group, seed=4)
    np.testing.assert_array_equal(first, clustered_bootstrap(values, group, seed=4))
    assert not np.array_equal(first, clustered_bootstrap(values, group, seed=5))


def test_nonsense_is_refused():
    with pytest.raises(InputError, match="got 5 of 4"):
        wilson(5, 4)
    with pytest.raises(InputError, match="confidence"):
        wilson(1, 4, 95)
    with pytest.raises(InputError, match="one entry per read"):
        clustered_bootstrap([1.0], [0, 1])
