"""Mixed machines: the joint law by enumeration, the run against it and against the SimPy world, denoising.

Statistical tests take one sample of each replica (given the shared schedule, replicas are independent) and reject at
the probability of 4 sigma, 6.3e-5 each; there are about 60 comparisons.
"""

import tracemalloc
from itertools import product

import numpy as np
import pytest
from scipy.stats import chi2

import hwsim.thermo.mixed_events as mixed_events
import hwsim.thermo.mixed_run as mixed_run
from hwsim.cell.clock import CLOCKS
from hwsim.errors import InputError
from hwsim.thermo.denoise import denoise
from hwsim.thermo.mixed import MixedNetwork, exact_law, gaussian_bernoulli, posterior, posterior_mean
from hwsim.thermo.mixed_reference import World
from hwsim.thermo.mixed_run import run
from hwsim.thermo.network import LinearNetwork
from hwsim.units import to_ticks

FOUR_SIGMA = 6.3e-5
BETA, NS = 1.3, 1e-9


def random_network(n, m, seed, *, ratio=1.0, coupled=True):
    """Couplings of the order of 1/beta; ``ratio``: relaxation time of the modes in units of pbit_tau_s, about."""
    rng = np.random.default_rng(seed)
    J = np.triu(rng.normal(size=(n, n)) * 0.4, 1) * coupled
    root = rng.normal(size=(m, m))
    return MixedNetwork(
        bias=rng.normal(size=n) * 0.3,
        coupling=J + J.T,
        stiffness=root @ root.T / m + np.eye(m),
        force=rng.normal(size=m) * 0.4,
        weights=rng.normal(size=(m, n)) * 0.3,
        pbit_tau_s=NS,
        mode_tau_s=ratio * NS * rng.uniform(0.7, 1.5, m),
    )


def state_number(spins):
    return (spins > 0) @ (1 << np.arange(spins.shape[1]))


def is_plausible(statistic, degrees):
    return statistic < chi2.isf(FOUR_SIGMA, degrees)


def pearson(spins, probability):
    """Pearson's statistic of the states of p-bits, rare states together, and its degrees of freedom."""
    assert len(spins) >= 1000, "too few samples"
    counts, expected = np.bincount(state_number(spins), minlength=len(probability)), probability * len(spins)
    rare = expected < 8
    if rare.any():
        counts, expected = (np.append(a[~rare], a[rare].sum()) for a in (counts, expected))
    return np.sum((counts - expected) ** 2 / np.maximum(expected, 1)), len(expected) - 1


def hotelling(spins, x, law):
    """Hotelling's statistic of the means of s, x, x x^T and x s^T against those of the law, and its degrees."""
    assert len(spins) >= 1000, "too few samples"
    s, (i, j) = spins.astype(float), np.triu_indices(x.shape[1])
    measured = np.hstack([s, x, x[:, i] * x[:, j], (x[:, :, None] * s[:, None, :]).reshape(len(s), -1)])
    second = law.covariance + np.outer(law.mean, law.mean)
    cross = law.cross + np.outer(law.mean, law.spin_mean)
    away = measured.mean(axis=0) - np.concatenate([law.spin_mean, law.mean, second[i, j], cross.ravel()])
    return len(s) * away @ np.linalg.solve(np.cov(measured.T), away), len(away)


def follows(found, law):
    """Whether the replicas of a run follow the joint law."""
    return is_plausible(*pearson(found.spins, law.probability)) and is_plausible(*hotelling(found.spins, found.x, law))


# the exact law, against algebra and quadrature


def test_the_exact_law_is_the_boltzmann_factor_integrated():
    network = random_network(3, 1, 5)
    law = exact_law(network, BETA)
    x = np.linspace(-12, 12, 4001)
    J, A, W = network.coupling, network.stiffness[0, 0], network.weights[0]
    states = np.array(list(product((-1, 1), repeat=3)))
    weight = np.array(
        [
            np.exp(-BETA * (network.bias @ s + s @ J @ s / 2 + A * x**2 / 2 - network.force[0] * x - x * (W @ s)))
            for s in states
        ]
    )
    weight /= weight.sum()
    np.testing.assert_allclose(law.probability[state_number(states)], weight.sum(axis=1), atol=1e-9)
    np.testing.assert_allclose(law.marginal(0, x), weight.sum(axis=0) / (x[1] - x[0]), atol=1e-9)
    np.testing.assert_allclose(law.mean[0], np.sum(weight @ x), atol=1e-9)
    np.testing.assert_allclose(law.covariance[0, 0], np.sum(weight @ x**2) - law.mean[0] ** 2, atol=1e-9)
    np.testing.assert_allclose(law.cross[0], (weight @ x) @ states - law.mean[0] * law.spin_mean, atol=1e-9)


def test_density_and_score_belong_together():
    law = exact_law(random_network(4, 2, 6), BETA)
    grid = np.linspace(-7, 7, 281)
    places = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1)
    density = law.density(places.reshape(-1, 2)).reshape(281, 281)
    np.testing.assert_allclose(density.sum(axis=1) * 0.05, law.marginal(0, grid), atol=1e-9)
    at, h = np.array([[0.3, -0.4], [1.0, 2.0], [-4.0, 5.0]]), 1e-5
    up, down = (np.log([law.density(at + step * e) for e in np.eye(2)]).T for step in (h, -h))
    np.testing.assert_allclose(law.score(at), (up - down) / (2 * h), rtol=1e-5)
    # far away, where the density is 0 in floating point, one centre alone pulls
    far, inverse = np.array([[-3e4, 2.5e4]]), np.linalg.inv(law.spread)
    centre = law.centres[np.argmax(law.centres @ inverse @ far[0])]
    np.testing.assert_allclose(law.score(far)[0], inverse @ (centre - far[0]), rtol=1e-9)


@pytest.mark.parametrize("beta", [1.0, 0.5])
def test_a_gaussian_bernoulli_machine_has_the_law_of_its_zeros_and_ones(beta):
    rng = np.random.default_rng(8)
    W, a, sigma, c = rng.normal(size=(2, 3)), rng.normal(size=2), np.array([0.6, 1.1]), rng.normal(size=3)
    law = exact_law(gaussian_bernoulli(W, a, sigma, c, beta=beta), beta)
    v = rng.normal(size=(40, 2)) * 2
    hidden = np.array(list(product((0, 1), repeat=3)))
    energy = np.sum((v - a) ** 2 / (2 * sigma**2), axis=1)[:, None] - (v / sigma**2) @ W @ hidden.T - hidden @ c
    p = np.exp(-energy)
    # given h, v is normal about a + W h: complete the square to find Z
    middle = a + hidden @ W.T
    Z = np.sum(np.exp(hidden @ c + np.sum((middle**2 - a**2) / (2 * sigma**2), axis=1))) * 2 * np.pi * np.prod(sigma)
    np.testing.assert_allclose(law.density(v), p.sum(axis=1) / Z, rtol=1e-9)
    np.testing.assert_allclose(law.centres[state_number(hidden)], middle, atol=1e-12)
    np.testing.assert_allclose(law.spread, np.diag(sigma**2), atol=1e-12)


def test_the_posterior_mean_is_tweedies():
    network, sigma = random_network(4, 3, 9), np.array([0.5, 0.8, 1.5])
    y = np.array([[1.0, -1.0, 0.5], [3.0, 2.0, 0.0]])
    for k in range(2):
        held = exact_law(posterior(network, y[k], sigma, beta=BETA), BETA)
        np.testing.assert_allclose(posterior_mean(network, y, sigma, beta=BETA)[k], held.mean, rtol=1e-10)
        # prior times likelihood, at some places: their ratio to the posterior's density is one number
        x = np.random.default_rng(k).normal(size=(20, 3))
        likelihood = np.exp(-np.sum((y[k] - x) ** 2 / (2 * sigma**2), axis=1))
        ratio = exact_law(network, BETA).density(x) * likelihood / held.density(x)
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)


def test_many_states_and_places_take_little_memory():
    network = random_network(16, 3, 12)
    law, places = exact_law(network, BETA), np.random.default_rng(1).normal(size=(300, 3))
    tracemalloc.start()
    try:
        score, density = law.score(places), law.density(places)
        assert tracemalloc.get_traced_memory()[1] < 200e6  # an array over states and places would be 160 MB
    finally:
        tracemalloc.stop()
    np.testing.assert_allclose(law.score(places[250:251]), score[250:251], rtol=1e-9)
    np.testing.assert_allclose(law.density(places[250:251]), density[250:251], rtol=1e-9)
    grid = np.linspace(-9, 9, 300)
    assert law.marginal(0, grid).sum() * (grid[1] - grid[0]) == pytest.approx(1, abs=1e-6)


# the run against the reference


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("delay_s", [0.0, 0.3 * NS, NS, 4.7 * NS])
def test_the_run_is_the_simpy_world_event_by_event(clock, delay_s):
    seed = round(delay_s * 1e11) + len(clock)
    network = random_network(5, 3, seed, ratio=[0.1, 1.0, 10.0][seed % 3])
    found = run(network, beta=BETA, time_s=60 * NS, replicas=3, seed=seed, clock=clock, delay_s=delay_s, record=True)
    assert found.updates == 3 * len(found.record.time) > 600
    log = []
    how = {"clock": clock, "delay_s": delay_s, "listener": lambda *event: log.append(event)}
    world = World(network, beta=BETA, seed=seed, replica=1, **how)
    spins, x = world.run(to_ticks(60 * NS))
    log.sort(key=lambda event: event[:2])
    time, pbit, value, read = zip(*log, strict=True)
    np.testing.assert_array_equal(time, found.record.time)
    np.testing.assert_array_equal(pbit, found.record.pbit)
    np.testing.assert_array_equal(value, found.record.value[:, 1])
    np.testing.assert_allclose(read, found.record.x[:, 1], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(spins, found.spins[1])
    np.testing.assert_allclose(x, found.x[1], rtol=1e-9, atol=1e-12)


def test_replicas_of_the_second_schedule_are_those_of_its_world():
    network = random_network(3, 2, 2)
    found = run(network, beta=BETA, time_s=30 * NS, replicas=5, schedules=2, seed=4)
    spins, x = World(network, beta=BETA, seed=4, schedule=1, replica=1).run(to_ticks(30 * NS))
    np.testing.assert_array_equal(spins, found.spins[4])
    np.testing.assert_allclose(x, found.x[4], rtol=1e-9)


def test_chunks_probes_and_further_replicas_change_nothing(monkeypatch):
    network = random_network(4, 2, 3)
    how = {"beta": BETA, "time_s": 50 * NS, "seed": 5, "delay_s": 0.7 * NS}
    plain = run(network, replicas=4, **how)
    probed = run(network, replicas=4, every_s=0.13 * NS, **how)
    monkeypatch.setattr(mixed_events, "_CHUNK", 7)
    monkeypatch.setattr(mixed_run, "_BUFFER", 40)
    seen = []
    pieces = run(
        network, replicas=4, every_s=0.13 * NS, observe=lambda t, s, x: seen.append((t, s.copy(), x.copy())), **how
    )
    for other in (probed, pieces, run(network, replicas=9, **how)):
        np.testing.assert_array_equal(other.spins[:4], plain.spins)
        np.testing.assert_array_equal(other.x[:4], plain.x)
    np.testing.assert_allclose(pieces.moments.second, probed.moments.second, rtol=1e-12)
    np.testing.assert_allclose(pieces.moments.cross, probed.moments.cross, rtol=1e-12, atol=1e-14)
    assert len(seen) == probed.moments.samples == 385
    np.testing.assert_allclose([t for t, _, _ in seen], np.arange(385) * 0.13 * NS, atol=1e-15)
    np.testing.assert_allclose(np.mean([x for _, _, x in seen], axis=0), probed.moments.x, rtol=1e-12)


def test_a_seed_is_one_answer():
    network = random_network(3, 2, 1)
    one, again, other = (run(network, beta=BETA, time_s=20 * NS, replicas=50, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.x, again.x)
    assert not np.any(one.x == other.x)


# the run against the law


@pytest.mark.parametrize("ratio", [0.1, 1.0, 10.0])
@pytest.mark.parametrize(("n", "m", "seed"), [(3, 2, 21), (5, 3, 22), (6, 4, 23)])
def test_one_at_a_time_the_joint_law_is_exact_at_any_ratio_of_times(n, m, seed, ratio):
    network = random_network(n, m, seed, ratio=ratio)
    found = run(network, beta=BETA, time_s=(150 + 40 * ratio) * NS, replicas=30_000, seed=seed)
    assert follows(found, exact_law(network, BETA))


@pytest.mark.parametrize("clock", ["sequential", "chromatic", "random-sequential"])
def test_clocks_that_take_uncoupled_pbits_have_the_same_law(clock):
    network = random_network(5, 2, 31)
    ring = np.roll(np.eye(5), 1, axis=1) * 0.5
    network = MixedNetwork(
        bias=network.bias,
        coupling=ring + ring.T,
        stiffness=network.stiffness,
        force=network.force,
        weights=network.weights,
    )
    found = run(network, beta=BETA, time_s=40.3 * NS, replicas=20_000, seed=31, clock=clock)
    assert follows(found, exact_law(network, BETA))


def test_modes_far_slower_than_pbits_leave_the_pbits_their_joint_law():
    network = random_network(4, 2, 41, ratio=100.0)
    law = exact_law(network, BETA)
    frozen = MixedNetwork(
        bias=network.bias - network.weights.T @ law.mean,
        coupling=network.coupling,
        stiffness=np.eye(1),
        force=[0.0],
        weights=np.zeros((1, 4)),
    )
    found = run(network, beta=BETA, time_s=1000 * NS, replicas=3000, seed=41)
    assert follows(found, law)
    # p-bits in the mean field of the modes would have another law
    assert not is_plausible(*pearson(found.spins, exact_law(frozen, BETA).probability))


def test_wrong_physics_does_not_pass():
    network = random_network(5, 3, 22)
    law = exact_law(network, BETA)
    how = {"beta": BETA, "time_s": 40.5 * NS, "replicas": 12_000, "seed": 1}
    assert follows(run(network, **how), law)
    assert not follows(run(network, **how | {"clock": "synchronous"}), law)
    assert not follows(run(network, **how | {"delay_s": 0.5 * NS}), law)
    assert not follows(run(network, **how | {"beta": 1.05 * BETA}), law)


def test_synchronous_pbits_follow_the_law_where_no_two_are_coupled():
    """Given the modes they are independent, so that a joint update is as good as one at a time; a delay spoils it."""
    network = random_network(5, 3, 22, coupled=False)
    how = {"beta": BETA, "time_s": 60.5 * NS, "replicas": 12_000, "seed": 1, "clock": "synchronous"}
    assert follows(run(network, **how), exact_law(network, BETA))
    assert not follows(run(network, **how, delay_s=NS), exact_law(network, BETA))


def test_synchronous_pbits_beside_fast_modes_follow_the_law_of_their_own_chain():
    """Modes that forget between ticks make the p-bits a Markov chain whose transitions are integrals over one mode."""
    given = random_network(4, 1, 51)
    network = MixedNetwork(
        bias=given.bias,
        coupling=given.coupling,
        stiffness=given.stiffness,
        force=given.force,
        weights=given.weights,
        mode_tau_s=0.01 * NS,
    )
    law = exact_law(network, BETA)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    x = law.centres + np.sqrt(law.spread[0, 0]) * nodes  # (16, 60)
    s = law.states.astype(float)
    field = -(network.bias + s @ network.coupling)[:, None, :] + x[:, :, None] * network.weights[0]
    up = (1 + np.tanh(BETA * field)) / 2  # (from, node, p-bit)
    to = np.prod(np.where(s[:, None, None, :] > 0, up, 1 - up), axis=3)  # (to, from, node)
    chain = to @ weights / weights.sum()
    stationary = np.linalg.matrix_power(chain, 1000)[:, 0]
    found = run(network, beta=BETA, time_s=100.5 * NS, replicas=20_000, seed=51, clock="synchronous")
    assert is_plausible(*pearson(found.spins, stationary))
    assert not is_plausible(*pearson(found.spins, law.probability))


def test_the_sampled_machine_of_zeros_and_ones():
    W, c = np.array([[2.0, 0.0, 1.0], [0.0, 1.5, -1.0]]), np.array([-2.0, -1.0, 0.3])
    machine = gaussian_bernoulli(W, np.array([-1.0, -0.5]), np.array([0.9, 0.7]), c, beta=2.0, pbit_tau_s=NS)
    found = run(machine, beta=2.0, time_s=80 * NS, replicas=20_000, seed=6)
    law = exact_law(machine, 2.0)
    assert follows(found, law)
    edges = np.linspace(-8, 8, 4001)
    share = np.add.reduceat(law.marginal(0, (edges[1:] + edges[:-1]) / 2) * 0.004, np.arange(0, 4000, 100))
    counts = np.histogram(found.x[:, 0], edges[::100])[0]
    keep = share * 20_000 > 8
    assert is_plausible(np.sum((counts - share * 20_000)[keep] ** 2 / (share * 20_000)[keep]), keep.sum())


def test_averages_over_time_are_those_of_the_law():
    network = random_network(3, 2, 61)
    law = exact_law(network, BETA)
    found = run(
        network, beta=BETA, time_s=200 * NS, replicas=1500, schedules=3, seed=61, every_s=0.7 * NS, settle_s=40 * NS
    ).moments
    second, cross = law.covariance + np.outer(law.mean, law.mean), law.cross + np.outer(law.mean, law.spin_mean)
    for measured, exact in (
        (found.spin, law.spin_mean),
        (found.x, law.mean),
        (found.second, second),
        (found.cross, cross),
    ):
        z = (measured.mean(axis=0) - exact) / (measured.std(axis=0, ddof=1) / np.sqrt(1500))
        assert np.abs(z).max() < 4.5  # of 15


def test_probes_between_events_have_the_correlation_in_time_of_the_process():
    """Modes that no p-bit pulls: C(t) = exp(-A t / tau) C(0), probed five times as often as a p-bit ticks."""
    A = np.array([[1.0, 0.4], [0.4, 2.0]])
    network = MixedNetwork(bias=[0.0], stiffness=A, force=[0.3, 0.0], weights=np.zeros((2, 1)), mode_tau_s=2 * NS)
    seen = []
    run(
        network,
        beta=1.0,
        time_s=8 * NS,
        replicas=40_000,
        seed=7,
        every_s=0.2 * NS,
        observe=lambda t, s, x: seen.append(x.copy()),
    )
    law = exact_law(network, 1.0)
    x = np.array(seen) - law.mean
    values, basis = np.linalg.eigh(A)
    for first, step in ((0, 1), (17, 1), (20, 3), (5, 10), (39, 1)):
        decay = (basis * np.exp(-values * step * 0.2 / 2)) @ basis.T
        measured = np.einsum("ri,rj->rij", x[first + step], x[first])
        z = (measured.mean(axis=0) - decay @ law.covariance) / (measured.std(axis=0) / 200)
        assert np.abs(z).max() < 4.5  # of 20


def test_modes_relax_from_where_they_start_as_a_linear_network_does():
    """Moments on the way, against the propagator of the same drift; each mode with a relaxation time of its own."""
    A, tau = np.array([[1.0, 0.4], [0.4, 2.0]]), np.array([2.0, 0.7]) * NS
    network = MixedNetwork(bias=[0.0], stiffness=A, force=[0.3, 0.0], weights=np.zeros((2, 1)), mode_tau_s=tau)
    linear = LinearNetwork(drift=A / tau[:, None], force=network.force / tau, noise=np.diag(2 / (1.5 * tau)))
    start = (np.array([1]), np.array([2.0, -3.0]))
    found = run(network, beta=1.5, time_s=NS, replicas=20_000, seed=8, start=start)
    spread = linear.covariance_at(NS)
    z = (found.x.mean(axis=0) - linear.mean_at(NS, start[1])) / np.sqrt(np.diag(spread) / 20_000)
    assert np.abs(z).max() < 4
    error = np.sqrt((spread**2 + np.outer(np.diag(spread), np.diag(spread))) / 20_000)
    assert np.abs((np.cov(found.x.T) - spread) / error).max() < 4
    at_once = run(network, beta=1.5, time_s=1e-15, replicas=3, seed=8, start=(found.spins[:3], found.x[:3]))
    np.testing.assert_allclose(at_once.x, found.x[:3], atol=0.01)
    np.testing.assert_array_equal(at_once.spins, found.spins[:3])


def test_ticks_come_at_the_pace_of_each_pbit():
    tau = np.array([0.5, 1.0, 3.0]) * NS
    given = random_network(3, 1, 1)
    network = MixedNetwork(
        bias=given.bias, stiffness=given.stiffness, force=given.force, weights=given.weights, pbit_tau_s=tau
    )
    record = run(network, beta=BETA, time_s=3000 * NS, seed=2, record=True).record
    expected = 3000 * NS / tau
    assert np.all(np.abs(np.bincount(record.pbit) - expected) < 4 * np.sqrt(expected))
    gaps = np.diff(record.time[record.pbit == 0])
    assert abs(gaps.std() / gaps.mean() - 1) < 4 / np.sqrt(len(gaps))  # exponential


def test_free_running_pbits_tick_at_their_own_period_from_time_0():
    given = random_network(3, 1, 1)
    network = MixedNetwork(
        bias=given.bias,
        stiffness=given.stiffness,
        force=given.force,
        weights=given.weights,
        pbit_tau_s=np.array([0.5, 1.0, 3.0]) * NS,
    )
    record = run(network, beta=BETA, time_s=9.1 * NS, seed=2, clock="free-running", record=True).record
    expected = [(tick * period, i) for i, period in enumerate((500_000, 1_000_000, 3_000_000)) for tick in range(20)]
    expected = sorted(event for event in expected if event[0] < 9_100_000)
    assert list(zip(record.time.tolist(), record.pbit.tolist(), strict=True)) == expected


def test_a_chromatic_round_takes_the_classes_that_are_found_in_the_order_of_the_pbits():
    """A path 0 - 2 - 3 - 1: p-bits 0 and 1 take the first class, 2 the second, 3 neither of these."""
    coupling = np.zeros((4, 4))
    for i, j in ((0, 2), (2, 3), (3, 1)):
        coupling[i, j] = coupling[j, i] = 0.5
    network = MixedNetwork(
        bias=np.zeros(4), coupling=coupling, stiffness=np.eye(1), force=np.zeros(1), weights=np.zeros((1, 4))
    )
    record = run(network, beta=BETA, time_s=NS, seed=1, clock="chromatic", record=True).record
    assert record.pbit.tolist() == [0, 1, 2, 3]
    assert record.time.tolist() == [0, 0, 333_333, 666_666]


# denoising


def test_the_denoiser_measures_posterior_and_score():
    W = np.array([[2.0, 0.0], [0.0, 2.4]])
    prior = gaussian_bernoulli(W, np.array([-1.0, -1.2]), np.array([0.5, 0.5]), np.array([0.3, -0.2]), pbit_tau_s=NS)
    y = np.array([[0.0, 0.0], [1.4, -0.6], [-2.5, 0.2], [0.5, 3.0], [0.2, 1.0]])
    sigma = 0.8
    how = {"time_s": 600 * NS, "settle_s": 60 * NS, "every_s": NS, "machines": 64, "seed": 3}
    found = denoise(prior, y, sigma, **how)
    assert found.mean.shape == (5, 2) and found.samples == 541 and found.device_time_s == 600e-9
    exact, noisy = posterior_mean(prior, y, sigma), exact_law(prior, 1.0).noised(sigma)
    # Student's t of 63 degrees: 4 sigma of a normal law is 4.3; 30 comparisons
    assert np.abs((found.mean - exact) / found.mean_error).max() < 4.3
    assert np.abs((found.score - noisy.score(y)) / found.score_error).max() < 4.3
    covariance = np.array([exact_law(posterior(prior, at, sigma), 1.0).covariance for at in y])
    off = np.einsum("kii->ki", found.covariance - covariance) / found.variance_error
    assert np.abs(off).max() < 4.3
    # observations that are noisier than the machine believes
    wrong = denoise(prior, y, 1.1 * sigma, **how)
    assert np.abs((wrong.mean - exact) / wrong.mean_error).max() > 6


# refusals


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"bias": []}, "needs at least one p-bit and one mode, got 0 and 2"),
        ({"bias": np.zeros(3)}, r"weights must have shape \(2, 3\), got \(2, 2\)"),
        ({"force": [0.0, np.inf]}, "force must be finite"),
        ({"coupling": [[0, 1], [0.5, 0]]}, "coupling must be symmetric"),
        ({"coupling": np.eye(2)}, "diagonal of 0"),
        ({"stiffness": np.diag([1.0, -1.0])}, "stiffness must be positive definite"),
        ({"pbit_tau_s": 0.0}, "pbit_tau_s must be > 0, got 0"),
        ({"mode_tau_s": [1.0, 2.0, 3.0]}, r"mode_tau_s must have shape \(2,\)"),
    ],
)
def test_a_bad_network_is_one_sentence(change, sentence):
    good = {"bias": np.zeros(2), "stiffness": np.eye(2), "force": np.zeros(2), "weights": np.eye(2)}
    with pytest.raises(InputError, match=sentence) as raised:
        MixedNetwork(**good | change)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"beta": 0.0}, "beta must be > 0"),
        ({"time_s": np.inf}, "time_s must be > 0"),
        ({"time_s": 1e-17}, "time_s must be at least 1 fs"),
        ({"delay_s": -1e-9}, "delay_s must be >= 0"),
        ({"clock": "magic"}, "clock must be one of synchronous, chromatic"),
        ({"schedules": 9}, "replicas and schedules"),
        ({"start": (np.zeros(2), np.zeros(2))}, "spins must be"),
        ({"start": (np.ones(3), np.zeros(2))}, "spins at the start must have shape"),
        ({"start": (np.ones(2),)}, "start must be spins and x"),
        ({"force": np.zeros(2)}, "force must be finite with shape"),
        ({"every_s": 0.0}, "every_s must be at least 1 fs"),
        ({"every_s": 1e-9, "settle_s": 1.0}, "settle_s at most time_s"),
        ({"every_s": 1e-15, "time_s": 1.0}, "looks at most 2e.08 times, but every 1e-15 s makes 1e.15 looks"),
        ({"observe": print}, "observe needs every_s"),
        ({"record": True, "schedules": 2}, "record needs one schedule"),
        ({"record": True, "time_s": 1.0}, "record needs one schedule"),
        ({"clock": "synchronous", "tau": [1e-9, 2e-9]}, "one period"),
        ({"clock": "sequential", "tau": 1e-15}, "a sequential round of 2 instants needs a period of at least 2 fs"),
        ({"tau": 5e-16}, "pbit_tau_s must be at least 1 fs, got 5e-16"),
        ({"seed": 0.5}, "seed must be an integer"),
    ],
)
def test_a_bad_run_is_one_sentence(change, sentence):
    network = MixedNetwork(
        bias=np.zeros(2), stiffness=np.eye(2), force=np.zeros(2), weights=np.eye(2), pbit_tau_s=change.pop("tau", 1e-9)
    )
    with pytest.raises(InputError, match=sentence) as raised:
        run(network, **{"beta": 1.0, "time_s": 1e-8, "replicas": 3} | change)
    assert "\n" not in str(raised.value)


def test_other_refusals():
    network = random_network(2, 2, 1)
    for call, sentence in (
        (lambda: exact_law(network, -1.0), "beta must be > 0"),
        (lambda: exact_law(random_network(21, 1, 1), 1.0), "at most 20 p-bits"),
        (lambda: posterior(network, np.zeros(2), 0.0), "sigma must be > 0"),
        (lambda: posterior(network, np.zeros(3), 1.0), "y must have shape"),
        (lambda: gaussian_bernoulli(np.eye(2), np.zeros(2), np.array([1, 0]), np.zeros(2)), "visible_sigma must be"),
        (lambda: gaussian_bernoulli(np.eye(3), np.zeros(2), np.ones(2), np.zeros(2)), "weights must have shape"),
        (lambda: denoise(network, np.zeros(2), 1.0, time_s=1e-7, settle_s=0, every_s=1e-9), "y must be finite"),
        (
            lambda: denoise(network, np.zeros((1, 2)), 1.0, time_s=1e-7, settle_s=0, every_s=1e-9, machines=1),
            "machines must be >= 2",
        ),
    ):
        with pytest.raises(InputError, match=sentence):
            call()
