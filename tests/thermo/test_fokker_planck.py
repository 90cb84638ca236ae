"""Densities in time against emulated ensembles, and work against free energies."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.thermo.fokker_planck import fokker_planck
from hwsim.thermo.integrate import Ensemble
from hwsim.thermo.network import bowl
from hwsim.thermo.potential import double_well, overdamped, quadratic
from hwsim.thermo.work import driven, jarzynski

SIGMA, N = 4.0, 40_000


def l1_is_noise(counts, p):
    """The L1 distance of shares from ``p`` lies within SIGMA of what independent draws from ``p`` have."""
    n = int(counts.sum())
    drawn = np.random.default_rng(0).multinomial(n, p / p.sum(), size=400)
    floor = np.abs(drawn / n - p).sum(axis=1)
    found = np.abs(counts / n - p).sum()
    assert abs(found - floor.mean()) < SIGMA * floor.std(), (found, floor.mean(), floor.std())


@pytest.mark.parametrize(
    ("potential", "start", "low", "high"), [(quadratic(1.0), 2.0, -5.0, 6.0), (double_well(2.0), -1.0, -2.4, 2.4)]
)
def test_the_density_is_that_of_the_ensemble_at_five_times(potential, start, low, high):
    boxes = 480
    edges = np.linspace(low, high, boxes + 1)
    equation = fokker_planck(potential.energy, (edges,), beta=1.0, tau_s=1.0)
    first = int(np.searchsorted(edges, start, side="right")) - 1
    p = np.zeros(boxes)
    p[first] = 1.0
    x = np.random.default_rng(1).uniform(edges[first], edges[first + 1], N)
    before = 0.0
    for k, now in enumerate((0.1, 0.3, 1.0, 3.0, 10.0)):
        p = equation.evolve(p, now - before)
        x = overdamped(
            potential, beta=1.0, tau_s=1.0, time_s=now - before, step_s=1e-3, replicas=N, start=x, seed=k + 7
        )
        assert p.sum() == pytest.approx(1, abs=1e-9)
        counts, _ = np.histogram(x, edges[::8])
        l1_is_noise(counts, p.reshape(-1, 8).sum(axis=1))
        before = now


def test_the_law_stands_still_and_everything_goes_there():
    edges = np.linspace(-3, 3, 121)
    equation = fokker_planck(double_well(2.0).energy, (edges,), beta=2.0, tau_s=1e-6)
    assert np.abs(equation.rates @ equation.law).max() < 1e-9 * np.abs(equation.rates.diagonal()).max()
    np.testing.assert_allclose(equation.evolve(equation.law, 5e-6), equation.law, atol=1e-12)
    p = np.zeros(120)
    p[100] = 1.0
    np.testing.assert_allclose(equation.evolve(p, 2e-3), equation.law, atol=1e-6)


def test_two_dimensions_are_those_of_the_linear_network():
    A = np.array([[1.0, 0.6], [0.6, 2.0]])
    network = bowl(A, np.array([0.5, -0.5]), beta=2.0, tau_s=1.0)
    edges = (np.linspace(-3.5, 4.5, 81), np.linspace(-3.5, 3.5, 71))

    def energy(x, y):
        return (A[0, 0] * x**2 + 2 * A[0, 1] * x * y + A[1, 1] * y**2) / 2 - 0.5 * x + 0.5 * y

    equation = fokker_planck(energy, edges, beta=2.0, tau_s=1.0)
    p = np.zeros(equation.shape)
    p[60, 45] = 1.0
    start = np.array([(edges[0][60] + edges[0][61]) / 2, (edges[1][45] + edges[1][46]) / 2])
    middles = np.meshgrid(*[(e[1:] + e[:-1]) / 2 for e in edges], indexing="ij")
    for now in (0.5, 2.0):
        found = equation.evolve(p, now)
        mean = np.array([np.sum(found * m) for m in middles])
        np.testing.assert_allclose(mean, network.mean_at(now, start), atol=0.01)
        spread = np.array(
            [
                [np.sum(found * (a - i) * (b - j)) for b, j in zip(middles, mean, strict=True)]
                for a, i in zip(middles, mean, strict=True)
            ]
        )
        np.testing.assert_allclose(spread, network.covariance_at(now), atol=0.01)
    ensemble = Ensemble(network, replicas=N, seed=3, start=start)
    ensemble.advance(2.0)
    counts, _, _ = np.histogram2d(*ensemble.states.T, bins=(edges[0][::10], edges[1][::10]))
    l1_is_noise(counts.ravel(), found.reshape(8, 10, 7, 10).sum(axis=(1, 3)).ravel())


def test_jarzynskis_equality_holds_at_any_pace():
    beta, path = 1.5, np.linspace(1.0, 4.0, 61)
    exact = np.log(4.0) / 2 / beta
    start = np.random.default_rng(2).normal(size=N) / np.sqrt(beta)
    spent = []
    for time_s in (0.1, 1.0, 6.0):
        work = driven(quadratic, path, start, beta=beta, tau_s=1.0, time_s=time_s, step_s=0.005, seed=4)
        found = jarzynski(work, beta)
        assert abs(found.difference - exact) < 3 * found.error
        assert found.dissipated > -3 * found.mean_work_error
        spent.append(found.dissipated)
    assert spent[0] > spent[1] > spent[2]  # slower is cheaper


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: fokker_planck(lambda x: x * np.nan, (np.linspace(0, 1, 9),), beta=1, tau_s=1),
            "must be finite in every box",
        ),
        (lambda: fokker_planck(lambda x: x, (np.geomspace(1, 2, 9),), beta=1, tau_s=1), "evenly spaced"),
        (lambda: fokker_planck(lambda x: x, (np.linspace(0, 1, 9),), beta=0, tau_s=1), "beta and tau_s"),
        (lambda: fokker_planck(lambda x: x, (np.linspace(0, 1, 9),) * 3, beta=1, tau_s=1), "one or two dimensions"),
        (
            lambda: fokker_planck(lambda x: x, (np.linspace(0, 1, 9),), beta=1, tau_s=1).evolve(np.ones(8), 1.0),
            "sum to 1",
        ),
        (lambda: jarzynski(np.array([1.0]), 1.0), "two finite numbers"),
        (lambda: driven(quadratic, [1.0], np.zeros(3), beta=1, tau_s=1, time_s=1, step_s=0.1), "two values"),
    ],
)
def test_bad_input_is_one_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()
