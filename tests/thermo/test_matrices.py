"""exp(-A), determinants and Lyapunov's equation from fluctuating cells, against direct solvers."""

import numpy as np
import pytest
from scipy.linalg import solve_continuous_lyapunov

from hwsim.errors import InputError
from hwsim.thermo.matrices import determinant, exponential, lyapunov, nodes

RNG = np.random.default_rng(4)
BASIS, _ = np.linalg.qr(RNG.normal(size=(8, 8)))
A = (BASIS * np.geomspace(0.1, 1, 8)) @ BASIS.T


def scores_are_plausible(found, truth):
    """Entries over their standard errors: a mean square near 1 and none beyond 4.5 sigma."""
    z = ((found.matrix - truth) / found.error)[np.triu_indices(len(truth))]
    assert np.abs(z).max() < 4.5
    assert np.mean(z**2) < 1 + 4 * np.sqrt(2 / 8)  # entries share modes: eight independent ones at least


def test_the_exponential_is_the_correlation_of_two_looks():
    truth = (BASIS * np.exp(-np.geomspace(0.1, 1, 8))) @ BASIS.T
    found = exponential(A, replicas=400, samples=200, seed=1)
    scores_are_plausible(found, truth)
    assert found.relative_error < 0.05
    longer = exponential(A, replicas=400, samples=3200, seed=1)
    assert longer.relative_error < found.relative_error / 2  # a quarter, but for luck


def test_lyapunovs_equation_is_solved_by_the_covariance():
    drift = A + 0.3 * (np.triu(np.ones((8, 8)), 1) - np.tril(np.ones((8, 8)), -1))
    root = np.random.default_rng(9).normal(size=(8, 8))
    found = lyapunov(drift, root @ root.T, replicas=400, samples=100, seed=2)
    truth = solve_continuous_lyapunov(drift, root @ root.T)
    scores_are_plausible(found, truth)
    assert found.relative_error < 0.05


@pytest.mark.parametrize("d", [3, 8, 24])
def test_the_determinant_is_a_free_energy(d):
    basis, _ = np.linalg.qr(np.random.default_rng(d).normal(size=(d, d)))
    matrix = (basis * np.geomspace(0.1, 3, d)) @ basis.T
    found = determinant(matrix, replicas=64, samples=200, seed=d)
    assert found.exact == pytest.approx(np.log(np.geomspace(0.1, 3, d)).sum())
    assert abs(found.log_determinant - found.exact) < 4 * found.error
    assert found.error < 0.05
    assert determinant(np.diag([2.0, 5.0]), samples=10).log_determinant == pytest.approx(np.log(10))


@pytest.mark.parametrize("share", [0.5, 0.95, 0.999])
def test_determinants_of_nearly_singular_matrices_have_no_bias(share):
    """Ten unit variances with one correlation: det = (1 - r)^9 (1 + 9 r); the rule's own error, and a measurement."""
    matrix = np.full((10, 10), share) + (1 - share) * np.eye(10)
    o = np.linalg.eigvalsh(matrix - np.eye(10))
    way, weights = nodes(o)
    exact = 9 * np.log(1 - share) + np.log(1 + 9 * share)
    assert sum(w * np.sum(o / (1 + at * o)) for at, w in zip(way, weights, strict=True)) == pytest.approx(
        exact, abs=1e-5
    )
    found = determinant(matrix, samples=2000, seed=1)
    assert abs(found.log_determinant - exact) < 4 * found.error < 0.2


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: exponential(-A), "positive definite"),
        (lambda: exponential(A, replicas=2, samples=50), "needs at least 128 pairs of looks"),
        (lambda: exponential(A, replicas=1), "replicas must be >= 2"),
        (lambda: determinant(-A), "positive definite"),
        (lambda: determinant(A, samples=0), "replicas must be >= 2 and samples >= 1"),
        (lambda: lyapunov(-A, np.eye(8)), "does not settle"),
        (lambda: lyapunov(A, np.eye(7)), "noise must have shape"),
        (lambda: lyapunov(A[0], np.eye(8)), "square matrix"),
    ],
)
def test_bad_matrices_are_one_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()
