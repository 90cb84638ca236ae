"""Expected values: the formula by hand. No statistical test here; coverage is in test_interval.py."""

import math

import numpy as np
import pytest

from hwsim.analysis.interval import wilson
from hwsim.analysis.tts import repeats, time_to_solution
from hwsim.errors import InputError


def reads(n_success, n):
    return np.arange(n) < n_success


def test_half_the_reads_succeeding_takes_log_two_of_a_hundred_anneals():
    found = time_to_solution(reads(50, 100), np.zeros(100, dtype=int), 1e-6)
    assert found.tts_s == pytest.approx(1e-6 * math.log2(100))
    assert not found.tts_is_bound
    assert found.p_success_ci == wilson(50, 100)
    low, high = wilson(50, 100)
    assert found.tts_ci_s == pytest.approx([1e-6 * math.log(0.01) / math.log(1 - p) for p in (high, low)])


def test_overhead_is_paid_by_every_anneal():
    found = time_to_solution(reads(50, 100), np.zeros(100, dtype=int), 1e-6, overhead_s=3e-6)
    assert found.tts_s == pytest.approx(4e-6 * math.log2(100))


def test_a_sure_success_takes_one_anneal():
    found = time_to_solution(reads(100, 100), np.zeros(100, dtype=int), 1e-6)
    assert found.tts_s == 1e-6
    assert found.tts_ci_s[0] == 1e-6 < found.tts_ci_s[1]


def test_no_success_is_a_bound_by_the_upper_end_of_the_interval_of_p():
    found = time_to_solution(reads(0, 300), np.repeat(np.arange(3), 100), 1e-6)
    assert found.tts_is_bound
    most = found.p_success_ci[1]
    assert found.p_success_ci == wilson(0, 300) and most == pytest.approx(1.96**2 / (300 + 1.96**2), rel=1e-4)
    assert found.tts_s == pytest.approx(1e-6 * math.log(0.01) / math.log(1 - most))
    assert found.tts_ci_s == (found.tts_s, None)


def test_schedules_that_all_agree_keep_the_wilson_interval():
    success = np.tile(reads(5, 10), 8)
    found = time_to_solution(success, np.repeat(np.arange(8), 10), 1e-6)
    assert found.p_success_ci == wilson(40, 80)
    assert found.n_schedules == 8


def test_schedules_that_differ_widen_the_interval_and_never_narrow_it():
    success = np.repeat([True, False], 40)
    found = time_to_solution(success, np.repeat(np.arange(8), 10), 1e-6)
    low, high = wilson(40, 80)
    assert found.p_success_ci[0] < low < high < found.p_success_ci[1]
    assert found == time_to_solution(success, np.repeat(np.arange(8), 10), 1e-6)


def test_one_lucky_schedule_of_four_says_almost_nothing():
    # s = (10, 0, 0, 0) of 10: v = 4/3 * 75 / 1600, so the 40 reads are worth 0.1875 / 0.0625 = 3, and with the
    # t of 3 degrees of freedom, 3.182, 3 * (1.960 / 3.182)**2 = 1.138
    found = time_to_solution(reads(10, 40), np.repeat(np.arange(4), 10), 1e-6)
    z2, p, n = 1.959964**2, 0.25, 3 * (1.959964 / 3.182446) ** 2
    half = math.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    assert found.p_success_ci == pytest.approx((centre - half, centre + half), rel=1e-4)


@pytest.mark.parametrize("spread", [0.0, 0.05])
def test_the_interval_of_the_time_covers_the_truth_at_its_rate(spread):
    # 1,000 studies of 16 schedules of 32 reads with rates Beta of mean 0.3; TTS is a monotone function of p
    rng, hits, truth = np.random.default_rng(5), 0, math.log(0.01) / math.log(0.7)
    group, shape = np.repeat(np.arange(16), 32), (1 - spread) / spread if spread else 0.0
    for _ in range(1000):
        rate = rng.beta(0.3 * shape, 0.7 * shape, 16) if spread else np.full(16, 0.3)
        low, high = time_to_solution(rng.random(512) < rate[group], group, 1.0).tts_ci_s
        hits += low <= truth and (high is None or truth <= high)
    assert 0.93 <= hits / 1000 <= 0.97


def test_nonsense_is_refused():
    with pytest.raises(InputError, match="true or false"):
        time_to_solution([0, 1], [0, 0], 1e-6)
    with pytest.raises(InputError, match="anneal_time_s must be > 0, got 0"):
        time_to_solution([True], [0], 0)


def test_repeats_are_those_of_the_definition():
    np.testing.assert_allclose(repeats(np.array([0.0, 0.5, 0.99, 1.0])), [math.inf, math.log(0.01, 0.5), 1, 1])


def test_repeats_are_counted_alike_one_by_one_and_in_arrays():
    p = np.concatenate(([0.0, 1e-300, 1.0], np.random.default_rng(1).random(500)))
    assert [float(repeats(value)) for value in p] == repeats(p).tolist()
    found = time_to_solution(reads(50, 100), np.zeros(100, dtype=int), 1e-6)
    assert found.repeats == repeats(0.5) and found.tts_s == found.repeats * 1e-6
