"""One run for all continuous cells, and regression as a bowl."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.thermo.linalg import measure
from hwsim.thermo.machine import device, modes
from hwsim.thermo.network import bowl
from hwsim.thermo.posterior import posterior
from hwsim.thermo.potential import double_well, quadratic
from hwsim.thermo.run import run

C = np.array([[1.0, -0.2], [-0.2, 1.5]])


def test_a_waveform_is_in_seconds_and_volts():
    on = device(modes("generic-rlc"), C, np.zeros(2))
    seen = run(on, time_s=50e-6, interval_s=0.1e-6, replicas=400, seed=1)
    assert seen.unit == "V" and seen.labels == ("v0", "v1") and seen.values.shape == (501, 400, 2)
    assert seen.device_time_s == pytest.approx(50e-6) and np.all(seen.values[0] == 0)
    law = np.linalg.inv(C) / on.covariance_scale
    late = seen.values[-1]
    assert np.all(np.abs(late.var(axis=0) / np.diag(law) - 1) < 4 * np.sqrt(2 / 400))
    # a resonator of 10 uH and 1 nF rings: neighbours half a period apart disagree
    half = round(np.pi * np.sqrt(10e-6 * 1e-9) / 0.1e-6)
    assert np.mean(seen.values[-1, :, 0] * seen.values[-1 - half, :, 0]) < 0


def test_networks_and_potentials_run_too():
    network = bowl(C, np.ones(2), tau_s=1e-6)
    still = run(network, time_s=2e-6, interval_s=1e-6, replicas=5000, start=None, seed=2)
    assert np.all(np.abs(still.values[0].mean(axis=0) - network.mean) < 4 * np.sqrt(np.diag(network.covariance) / 5000))
    ball = run(quadratic(1.0), time_s=3e-6, interval_s=0.5e-6, replicas=5000, start=2.0, seed=3)
    assert ball.values.shape == (7, 5000, 1) and np.all(ball.values[0] == 2.0)
    wanted = 2 * np.exp(-ball.times_s / 1e-6)
    assert np.all(np.abs(ball.values[:, :, 0].mean(axis=1) - wanted) < 4 * np.sqrt(1 / 5000))


def test_a_step_is_short_for_the_potential_too():
    # -0.368 after 8 tau, by the Fokker-Planck equation; a twentieth of this interval gives -0.426
    seen = run(double_well(4.0), time_s=8e-6, interval_s=0.5e-6, replicas=10_000, start=-1.0, seed=4).values[-1]
    assert abs(seen.mean() + 0.368) < 4 * seen.std() / 100
    with pytest.raises(InputError, match=r"a step of 2.5e-08 s is too long .* part by 0.16 of the noise of a step"):
        run(double_well(4.0), time_s=8e-6, interval_s=0.5e-6, start=-1.0, step_s=25e-9)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"interval_s": 0.0}, "interval_s must be > 0"),
        ({"interval_s": 2e-6}, "at most time_s"),
        ({"start": None}, "need a start"),
        ({"replicas": 0}, "replicas must be >= 1"),
        ({"start": [1.0, 2.0], "replicas": 3}, r"start must be a number or have shape \(1,\) or \(3, 1\), got \(2,\)"),
        ({"interval_s": 1e-15}, "at most 2e.08 numbers, but 1e.09 looks at 1 replicas of 1 cells are 1e.09"),
        ({"interval_s": 1e-320}, "look less often"),
    ],
)
def test_bad_runs_are_one_sentence(how, sentence):
    with pytest.raises(InputError, match=sentence):
        run(quadratic(1.0), **{"time_s": 1e-6, "interval_s": 1e-7} | how)
    if "start" not in how:
        with pytest.raises(InputError, match=sentence.replace("1 cells are 1e", "2 cells are 2e")):
            run(bowl(C, np.ones(2)), **{"time_s": 1e-6, "interval_s": 1e-7} | how)


def test_cells_begin_where_they_are_told():
    network, how = bowl(C, np.ones(2)), {"time_s": 1e-6, "interval_s": 1e-6, "replicas": 3}
    each = np.arange(6.0).reshape(3, 2)
    for start, first in ((0.5, np.full((3, 2), 0.5)), ([1.0, 2.0], np.tile([1.0, 2.0], (3, 1))), (each, each)):
        np.testing.assert_allclose(run(network, start=start, **how).values[0], first, atol=1e-12)
    for start in ([1.0, 2.0, 3.0], [[1.0], [2.0], [3.0]]):
        np.testing.assert_array_equal(run(quadratic(1.0), start=start, **how).values[0, :, 0], [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match=r"start must be a number or have shape \(2,\) or \(3, 2\), got \(3,\)"):
        run(network, start=np.zeros(3), **how)


def test_the_posterior_of_a_line_is_the_law_of_cells():
    rng = np.random.default_rng(5)
    X = np.stack([np.ones(30), rng.uniform(-1, 1, 30)], axis=1)
    y = X @ [0.4, -1.2] + 0.3 * rng.normal(size=30)
    flat, held = posterior(X, y, noise=0.3), posterior(X, y, noise=0.3, prior=0.5)
    np.testing.assert_allclose(flat.mean, np.linalg.lstsq(X, y, rcond=None)[0])
    np.testing.assert_allclose(flat.covariance, 0.09 * np.linalg.inv(X.T @ X))
    # the same as one more observation of 0 for each weight, as noisy as the prior
    rows, more = np.vstack([X / 0.3, np.eye(2) / 0.5]), np.concatenate([y / 0.3, np.zeros(2)])
    np.testing.assert_allclose(held.mean, np.linalg.lstsq(rows, more, rcond=None)[0])
    found = measure(held.A, held.b, time_s=2e-4, replicas=20, seed=1)
    assert np.all(np.abs(found.x - held.mean) < 4 * found.predicted_error * np.linalg.norm(held.mean))
    assert found.covariance_error < 4 * found.predicted_covariance_error


def test_units_of_features_are_no_reason_to_refuse_them():
    rng = np.random.default_rng(6)
    X, unit = rng.normal(size=(20, 2)), np.array([1.0, 1e-9])
    plain, scaled = (posterior(features, X @ [1.0, 2.0], noise=0.1) for features in (X, X * unit))
    np.testing.assert_allclose(scaled.mean * unit, plain.mean, rtol=1e-9)
    np.testing.assert_allclose(scaled.covariance * np.outer(unit, unit), plain.covariance, rtol=1e-9)
    np.testing.assert_allclose(posterior(np.diag([1, 1e-7]), np.ones(2)).mean, [1, 1e7])


@pytest.mark.parametrize(
    ("X", "y", "how", "sentence"),
    [
        (np.ones((3, 2)), np.ones(2), {}, "X must have a row for each entry of y"),
        (np.ones((3, 2)), np.ones(3), {}, "give a prior"),
        (np.array([[1.0, 0.0], [2.0, 0.0]]), np.ones(2), {}, "give a prior"),
        (np.eye(2), np.ones(2), {"noise": 0.0}, "noise must be > 0"),
        (np.eye(2), np.ones(2), {"prior": -1.0}, "prior must be > 0"),
        (np.eye(2) * np.nan, np.ones(2), {}, "finite"),
    ],
)
def test_bad_regressions_are_one_sentence(X, y, how, sentence):
    with pytest.raises(InputError, match=sentence):
        posterior(X, y, **how)
