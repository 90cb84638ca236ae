"""Cells that settle solve and invert: their errors are those of theory; direct solvers for comparison."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.thermo.linalg import compare, conjugate_gradient, measure
from hwsim.thermo.theory import correlated

RNG = np.random.default_rng(4)
BASIS, _ = np.linalg.qr(RNG.normal(size=(8, 8)))
A = (BASIS * np.geomspace(0.1, 1, 8)) @ BASIS.T
B = RNG.normal(size=8)


def test_the_inflation_by_correlated_samples_is_the_sum():
    x, n = np.array([0.01, 0.3, 2.0]), 57
    k = np.arange(1, n)[:, None]
    np.testing.assert_allclose(correlated(x, n), 1 + 2 * np.sum((1 - k / n) * np.exp(-k * x), axis=0), rtol=1e-10)


def test_errors_are_those_that_theory_predicts():
    """Mean squares of 60 machines against predicted ones; a chi-square of 8 modes each has this spread at most."""
    found = [measure(A, B, tau_s=1e-6, time_s=2e-4, seed=seed) for seed in range(60)]
    ratio = np.array([(m.relative_error / m.predicted_error) ** 2 for m in found])
    assert abs(ratio.mean() - 1) < 4 * ratio.std(ddof=1) / np.sqrt(60)
    ratio = np.array([(m.covariance_error / m.predicted_covariance_error) ** 2 for m in found])
    assert abs(ratio.mean() - 1) < 4 * ratio.std(ddof=1) / np.sqrt(60)


def test_the_error_falls_as_one_over_the_root_of_time():
    curves = np.mean([measure(A, B, time_s=1e-3, seed=s).curve[:, 1] ** 2 for s in range(30)], axis=0) ** 0.5
    once = measure(A, B, time_s=1e-3, seed=0)
    late = once.curve[:, 0] > once.settle_s + 3e-5
    slope = np.polyfit(np.log(once.curve[late, 0] - once.settle_s), np.log(curves[late]), 1)[0]
    assert abs(slope + 0.5) < 0.1
    np.testing.assert_allclose(curves[late], once.curve[late, 2], rtol=0.35)


def test_replicas_are_machines_at_once():
    one, many = measure(A, B, time_s=1e-4, seed=1), measure(A, B, time_s=1e-4, replicas=16, seed=1)
    assert many.device_time_s == one.device_time_s
    assert many.predicted_error == pytest.approx(one.predicted_error / 4, rel=0.05)


def test_too_short_a_settling_is_in_the_prediction():
    found = [measure(A, B, time_s=2e-6, settle_s=0.0, replicas=4000, seed=s) for s in range(3)]
    for m in found:
        assert m.relative_error == pytest.approx(m.predicted_error, rel=0.05)


def test_direct_solvers_stand_beside_it():
    cholesky, gradient = compare(A, B, tolerance=1e-2)
    assert cholesky.relative_error < 1e-12 and cholesky.iterations == 1
    assert gradient.relative_error <= 1e-2 and 1 <= gradient.iterations <= 8
    _, iterations = conjugate_gradient(A, B, np.linalg.solve(A, B), 1e-10)
    assert iterations <= 9  # d steps, and rounding


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"time_s": 0.0}, "time_s must be > 0"),
        ({"interval_s": 1.0}, "at most time_s"),
        ({"beta": -1.0}, "beta must be > 0"),
        ({"replicas": 0}, "replicas must be >= 1"),
    ],
)
def test_bad_settings_are_one_sentence(how, sentence):
    with pytest.raises(InputError, match=sentence):
        measure(A, B, **how)
