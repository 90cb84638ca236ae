"""Expected values: the formula by hand. No statistical test here; coverage is in test_interval.py."""

import math

import numpy as np
import pytest

from hwsim.analysis.interval import wilson
from hwsim.analysis.tts import time_to_solution
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


def test_no_success_is_a_bound_by_the_rule_of_three():
    found = time_to_solution(reads(0, 300), np.repeat(np.arange(3), 100), 1e-6)
    assert found.tts_is_bound
    assert found.tts_s == pytest.approx(1e-6 * math.log(0.01) / math.log(0.99))
    assert found.tts_ci_s == (found.tts_s, None)
    assert time_to_solution(reads(0, 2), np.zeros(2, dtype=int), 1e-6).tts_s == 1e-6


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


def test_one_lucky_schedule_of_four_leaves_the_upper_end_open():
    # all four drawn schedules are barren with probability (3/4)**4 = 0.32 > 0.025
    found = time_to_solution(reads(10, 40), np.repeat(np.arange(4), 10), 1e-6)
    assert found.p_success_ci[0] == 0.0
    assert found.tts_ci_s[1] is None


def test_nonsense_is_refused():
    with pytest.raises(InputError, match="true or false"):
        time_to_solution([0, 1], [0, 0], 1e-6)
    with pytest.raises(InputError, match="anneal_time_s must be > 0, got 0"):
        time_to_solution([True], [0], 0)
