"""Losses: the interval of an error holds the true one as often as it says, also where the error is lost in noise."""

import numpy as np
import pytest

from hwsim.analysis.interval import student_quantile
from hwsim.experiment.loss import relative_error, relative_error_interval

SCHEDULES, TRIES = 16, 300


@pytest.mark.parametrize("couplings", [2, 15])
@pytest.mark.parametrize("true", [0.0, 0.02, 0.1, 0.4])
def test_the_interval_of_the_error_of_correlations_holds_the_true_one(couplings, true):
    rng, reach = np.random.default_rng(11), student_quantile(0.975, SCHEDULES - 1)
    held = 0
    for _ in range(TRIES):
        base = 0.5 + 0.08 * rng.standard_normal((SCHEDULES, couplings))
        now = 0.5 * (1 + true) + 0.08 * rng.standard_normal((SCHEDULES, couplings))
        low, high = relative_error_interval(base, now, reach=reach)
        held += low <= true <= high
        assert low <= relative_error(base, now) <= high
    assert held / TRIES > 0.95 - 4 * np.sqrt(0.95 * 0.05 / TRIES)  # 0.9; wider where the error is within its noise


def test_equal_machines_have_no_error():
    means = np.random.default_rng(3).random((SCHEDULES, 4))
    assert relative_error(means, means) == 0 and relative_error_interval(means, means, reach=2.0) == (0, 0)
