"""Entropy production: none in equilibrium, the known heat flow between two temperatures, the fluctuation theorem."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.thermo.entropy import entropy_production_per_s, path_entropy
from hwsim.thermo.machine import device, modes
from hwsim.thermo.network import LinearNetwork, bowl
from hwsim.thermo.run import run

N = 20_000


def two_temperatures(hot, cold, coupling=0.5):
    """Two cells of stiffness 1 joined by a spring, each with a bath of its own."""
    return LinearNetwork(
        drift=np.array([[1 + coupling, -coupling], [-coupling, 1 + coupling]]),
        force=np.array([0.3, 0.0]),
        noise=np.diag([2.0 * hot, 2.0 * cold]),
    )


def test_detailed_balance_produces_none():
    network = bowl(np.array([[1.0, 0.3], [0.3, 2.0]]), np.ones(2), beta=2.0)
    assert entropy_production_per_s(network) == pytest.approx(0, abs=1e-6)
    path = run(network, time_s=3e-6, interval_s=0.5e-6, replicas=50, start=None)
    np.testing.assert_allclose(path_entropy(network, path.values, 0.5e-6), 0, atol=1e-9)


def test_heat_flows_from_hot_to_cold():
    """Heat k^2 (T1 - T2) / (2 (1 + k)) a second through a spring k between cells of stiffness 1: from Lyapunov's
    equation by hand. Over both temperatures it is the entropy."""
    hot, cold, k = 3.0, 1.0, 0.5
    flow = k**2 * (hot - cold) / (2 * (1 + k))
    assert entropy_production_per_s(two_temperatures(hot, cold, k)) == pytest.approx(flow * (1 / cold - 1 / hot))


@pytest.mark.parametrize("interval_s", [0.05, 0.5, 2.0])
def test_the_fluctuation_theorem_holds_at_any_interval(interval_s):
    network = two_temperatures(2.0, 1.0)
    path = run(network, time_s=4.0, interval_s=interval_s, replicas=N, start=None, seed=1)
    entropy = path_entropy(network, path.values, interval_s)
    weight = np.exp(-entropy)
    assert abs(weight.mean() - 1) < 4 * weight.std() / np.sqrt(N)
    rate, error = entropy.mean() / 4.0, entropy.std() / np.sqrt(N) / 4.0
    exact = entropy_production_per_s(network)
    assert 0 < rate < exact + 4 * error
    if interval_s == 0.05:
        assert abs(rate - exact) < 4 * error + 0.06 * exact  # looks miss what happens between them
    # the wrong temperature has no such theorem
    wrong = np.exp(-path_entropy(two_temperatures(1.0, 2.0), path.values, interval_s))
    assert abs(wrong.mean() - 1) > 6 * wrong.std() / np.sqrt(N)


def test_a_machine_whose_cells_are_not_equally_loud_produces_entropy():
    on = device(modes("generic-overdamped", noise_dtod=0.3), np.array([[1.0, 0.5], [0.5, 1.0]]), np.zeros(2))
    assert entropy_production_per_s(on.network) > 1e-3 / 1e-6


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: path_entropy(two_temperatures(1, 2), np.zeros((1, 3, 2)), 0.1), "states must have shape"),
        (lambda: path_entropy(two_temperatures(1, 2), np.zeros((3, 3, 2)), 0.0), "interval_s must be > 0"),
        (
            lambda: entropy_production_per_s(device(modes("generic-rlc"), np.eye(2), np.zeros(2)).network),
            "reaches every cell",
        ),
    ],
)
def test_bad_input_is_one_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()
