"""Fits of simulated devices whose parameters are known, and of small data whose answer is algebra."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from hwsim.cell.fit import fit
from hwsim.cell.likelihood import CUTOFF, chi_square_tail
from hwsim.cell.measured import BITS, SIGMOID, TRACES, Device, Measured
from hwsim.cell.population import random_effects, student_quantile
from hwsim.cell.signal import digital, two_levels
from hwsim.errors import InputError

N_DEVICES = 20
INPUTS = (-0.9, -0.4, 0.0, 0.5, 1.0)
DT = 0.3e-9


def sigmoid_device(rng, z, n, name=""):
    x = np.array(INPUTS)
    trials = np.full(x.size, float(n))
    return Device(name=name, x=x, trials=trials, ones=rng.binomial(n, (1 + np.tanh(z)) / 2).astype(float))


def telegraph(rng, z, tau, n):
    """States (n,) every DT of a telegraph in continuous time: exponential dwells of mean tau exp(m z), then sampled."""
    n_dwells = int(4 * n * DT * math.cosh(z) / tau) + 60
    first = rng.random() < (1 + math.tanh(z)) / 2
    state = (np.arange(n_dwells) + first) % 2
    ends = np.cumsum(rng.exponential(size=n_dwells) * tau * np.exp(np.where(state == 1, z, -z)))
    return state[np.searchsorted(ends, np.arange(n) * DT)].astype(np.int8)


def redrawn(rng, z, rho, n):
    """Bits (n,) of which each is drawn anew with probability 1 - rho."""
    fresh = rng.random(n) >= rho
    fresh[0] = True
    drawn = rng.random(n) < (1 + math.tanh(z)) / 2
    return drawn[np.maximum.accumulate(np.where(fresh, np.arange(n), 0))].astype(np.int8)


def chain_device(blocks, name="", inputs=INPUTS):
    n = len(blocks[0])
    x = np.repeat(np.array(inputs[: len(blocks)]), n)
    return Device(name=name, x=x, state=np.concatenate(blocks), linked=np.arange(x.size) % n > 0, interval_s=DT)


def measured(kind, *devices):
    return Measured(file="data.csv", kind=kind, devices=devices, has_input=True, input_unit="", input_scale=1.0)


def simulate(kind, seed):
    """(Measured, true parameters of each device) of N_DEVICES devices that differ."""
    rng = np.random.default_rng(seed)
    devices, truths = [], []
    for k in range(N_DEVICES):
        gain, offset = 1.3 * (1 + 0.15 * rng.standard_normal()), 0.2 + 0.2 * rng.standard_normal()
        tau, rho = 1e-9 * rng.uniform(0.7, 1.3), 0.6
        z = gain * (np.array(INPUTS) + offset)
        truth = {"gain": gain, "offset": offset}
        if kind == SIGMOID:
            devices.append(sigmoid_device(rng, z, 300, f"d{k}"))
        elif kind == TRACES:
            devices.append(chain_device([telegraph(rng, v, tau, 400) for v in z], f"d{k}"))
            truth["tau"] = tau
        else:
            devices.append(chain_device([redrawn(rng, v, rho, 400) for v in z], f"d{k}"))
            truth |= {"lag1": rho, "tau": -DT / math.log(rho)}
        truths.append(truth)
    return measured(kind, *devices), truths


def holds(estimate, truth, shrink=1.0):
    low = -math.inf if estimate.low is None else estimate.value + (estimate.low - estimate.value) / shrink
    high = math.inf if estimate.high is None else estimate.value + (estimate.high - estimate.value) / shrink
    return low <= truth <= high


def deviation(hits):
    """How far the count of ``hits`` lies from 95 %, in binomial s.d.; refuses to judge a handful."""
    hits = np.array(hits)
    assert hits.size >= N_DEVICES
    return (hits.sum() - 0.95 * hits.size) / math.sqrt(hits.size * 0.95 * 0.05)


@pytest.mark.parametrize("kind", [SIGMOID, TRACES, BITS])
def test_95_percent_intervals_hold_the_truth_95_times_in_100(kind):
    data, truths = simulate(kind, seed=11)
    devices = fit(data).devices
    for name in truths[0]:  # at most 4 comparisons of 4 sigma
        pairs = [(device.estimates[name], truth[name]) for device, truth in zip(devices, truths, strict=True)]
        assert abs(deviation([holds(*pair) for pair in pairs])) < 4, name
        # the control: intervals a third as wide hold the truth half the time
        assert deviation([holds(*pair, shrink=3) for pair in pairs]) < -4, name


def test_bits_that_depend_on_one_another_counted_as_independent_give_intervals_that_are_too_narrow():
    data, truths = simulate(BITS, seed=12)
    wrong = []
    for device in data.devices:
        ones = device.state.reshape(len(INPUTS), -1).sum(axis=1).astype(float)
        wrong.append(Device(name=device.name, x=np.array(INPUTS), trials=np.full(len(INPUTS), 400.0), ones=ones))
    right, wrong = fit(data), fit(measured(SIGMOID, *wrong))

    def hits(result):
        return [
            holds(d.estimates[k], t[k]) for d, t in zip(result.devices, truths, strict=True) for k in ("gain", "offset")
        ]

    assert abs(deviation(hits(right))) < 4 and deviation(hits(wrong)) < -4


def test_slow_sampling_that_misses_short_dwells_does_not_bias_the_dwell_time():
    rng = np.random.default_rng(13)
    tau = 1.2 * DT
    result = fit(measured(TRACES, chain_device([telegraph(rng, 0.3, tau, 40_000)], inputs=(0.3,)))).headline
    # dwells counted from the samples would come out twice as long
    assert result["tau"].high / result["tau"].low < 1.15
    for name, truth in (("tau", tau), ("dwell_plus", tau * math.exp(0.3)), ("dwell_minus", tau * math.exp(-0.3))):
        assert abs(math.log(result[name].value / truth)) < 4 * result[name].error / result[name].value, name


def test_two_inputs_give_the_logits_and_the_interval_is_where_the_likelihood_falls_by_half_the_quantile():
    x, n, k = np.array([-0.5, 1.0]), np.array([40.0, 60.0]), np.array([12.0, 47.0])
    found = fit(measured(SIGMOID, Device(name="", x=x, trials=n, ones=k))).headline
    logit = np.log(k / (n - k)) / 2
    gain = (logit[1] - logit[0]) / 1.5
    assert found["gain"].value == pytest.approx(gain, rel=1e-6)
    assert found["offset"].value == pytest.approx(logit[1] / gain - 1.0, rel=1e-6)

    def loss(z):
        return float((n * np.logaddexp(0, 2 * z) - 2 * k * z).sum())

    best = loss(logit)
    for end in (found["gain"].low, found["gain"].high):
        least = optimize.minimize_scalar(lambda a, b=end: loss(a + b * x), bracket=(-1, 1)).fun
        assert 2 * (least - best) == pytest.approx(CUTOFF, abs=1e-3)
    for end in (found["offset"].low, found["offset"].high):
        least = optimize.minimize_scalar(lambda b, c=end: loss(b * (x + c)), bracket=(0.1, 2)).fun
        assert 2 * (least - best) == pytest.approx(CUTOFF, abs=1e-3)


def test_one_input_gives_the_chain_of_the_counted_transitions():
    state = redrawn(np.random.default_rng(3), 0.4, 0.7, 2000)
    before, after = state[:-1], state[1:]
    up, down = after[before == 0].mean(), 1 - after[before == 1].mean()
    bits = fit(measured(BITS, chain_device([state]))).headline
    assert bits["lag1"].value == pytest.approx(1 - up - down, rel=1e-5)
    assert bits["p_plus"].value == pytest.approx(up / (up + down), rel=1e-5)
    traces = fit(measured(TRACES, chain_device([state]))).headline
    # the matrix logarithm of a chain of two states (Israel, Rosenthal and Wei 2001)
    rates = -math.log(1 - up - down) / (up + down) / DT * np.array([down, up])
    assert [traces[name].value for name in ("dwell_plus", "dwell_minus")] == pytest.approx(list(1 / rates), rel=1e-5)
    assert traces["tau"].value == pytest.approx(1 / math.sqrt(rates.prod()), rel=1e-5)


def test_a_gain_that_may_be_zero_bounds_no_offset():
    device = Device(name="", x=np.array([0.0, 1.0]), trials=np.array([20.0, 20.0]), ones=np.array([11.0, 12.0]))
    found = fit(measured(SIGMOID, device)).headline
    assert found["gain"].low < 0 < found["gain"].high
    assert found["offset"].low is None or found["offset"].high is None


@pytest.mark.parametrize("size", [1e-6, 1e6])
def test_the_unit_of_the_input_changes_the_gain_and_nothing_else(size):
    data, _ = simulate(TRACES, seed=4)
    device = data.devices[0]
    scaled = Device(**{**vars(device), "x": device.x * size})
    one, other = (fit(measured(TRACES, d)).headline for d in (device, scaled))
    for name, factor in (("gain", 1 / size), ("offset", size), ("tau", 1.0)):
        expected = [v * factor for v in (one[name].low, one[name].value, one[name].high)]
        assert [other[name].low, other[name].value, other[name].high] == pytest.approx(expected, rel=1e-3)


def test_another_law_is_said_not_to_describe_the_data_and_the_right_one_is():
    rng = np.random.default_rng(5)
    x = np.linspace(-1.5, 1.5, 13)
    for law, described in ((lambda v: (1 + np.tanh(v)) / 2, True), (lambda v: np.clip(0.5 + v / 2, 0.02, 0.98), False)):
        ones = rng.binomial(5000, law(x)).astype(float)
        result = fit(measured(SIGMOID, Device(name="", x=x, trials=np.full(13, 5000.0), ones=ones)))
        assert (result.law.p > 1e-3) == described
        assert any("does not describe" in note for note in result.notes) != described


def test_dwells_of_one_length_are_said_to_need_more_memory():
    state = ((np.arange(4000) // 5) % 2).astype(np.int8)
    result = fit(measured(BITS, chain_device([state])))
    assert result.memory.p < 1e-9 and any("more than the last" in note for note in result.notes)


@pytest.mark.parametrize(
    "state, words", [(np.array([0] * 50 + [1] + [0] * 50), "2 changes of state"), (np.arange(200) % 2, "sample faster")]
)
def test_a_trace_that_shows_no_dwell_time_is_refused(state, words):
    with pytest.raises(InputError, match=words):
        fit(measured(TRACES, chain_device([state.astype(np.int8)])))


def test_a_perfect_step_is_refused():
    device = Device(name="", x=np.array([0.0, 1.0, 2.0]), trials=np.full(3, 9.0), ones=np.array([0.0, 4.0, 9.0]))
    with pytest.raises(InputError, match="perfect step"):
        fit(measured(SIGMOID, device))


def test_levels_are_found_through_noise_and_one_level_is_none():
    rng = np.random.default_rng(6)
    state = telegraph(rng, 1.5, 3e-9, 20_000)
    value = 0.2 + 0.1 * state + 0.0125 * rng.standard_normal(state.size)
    levels = two_levels(value)
    assert (levels.low, levels.high) == pytest.approx((0.2, 0.3), abs=0.002)
    assert levels.separation == pytest.approx(8, rel=0.05)
    assert (digital(value, levels) != state).mean() < 1e-3
    for alone in (rng.standard_normal(5000), rng.random(5000), np.full(9, 3.0)):
        assert two_levels(alone) is None


def test_without_noise_the_population_is_the_sample_mean_its_t_interval_and_the_sample_deviation():
    values = np.array([1.0, 1.3, 0.7, 1.1, 1.6])
    mean, spread = random_effects(values, np.full(5, 1e-9), relative=False)
    expected = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    assert (mean.value, mean.low, mean.high) == pytest.approx((values.mean(), *expected), rel=1e-3)
    assert spread.value == pytest.approx(values.std(ddof=1), rel=1e-3)
    assert random_effects(values, np.full(5, 1e-9), relative=True)[1].value == pytest.approx(
        values.std(ddof=1) / values.mean(), rel=1e-3
    )
    assert random_effects(values[:2], np.full(2, 1e-9), relative=True)[1] is None


def test_population_intervals_hold_the_truth_and_subtract_the_noise_of_the_fits():
    rng = np.random.default_rng(7)
    means, spreads, naive = [], [], []
    for _ in range(40):
        values = 5 + rng.standard_normal(12) + 1.5 * rng.standard_normal(12)
        mean, spread = random_effects(values, np.full(12, 1.5), relative=True)
        means.append(holds(mean, 5.0))
        spreads.append(holds(spread, 0.2))
        # the control: scatter as it is, estimation noise included
        naive.append(holds(random_effects(values, np.full(12, 1e-6), relative=True)[1], 0.2))
    assert abs(deviation(means)) < 4 and abs(deviation(spreads)) < 4 and deviation(naive) < -4


@pytest.mark.parametrize("kind", [SIGMOID, TRACES, BITS])
def test_the_spread_of_20_devices_is_found(kind):
    result = fit(simulate(kind, seed=14)[0])
    # 95 % intervals at four times their width, over 3 kinds of 3 parameters
    true = {"gain_dtod": 0.15, "offset_dtod": 0.2} | ({"tau_dtod": 0.173} if kind == TRACES else {})
    for name, value in true.items():
        assert holds(result.spread[name], value, shrink=0.5), name
    assert holds(result.population["gain"], 1.3, shrink=0.5) and holds(result.population["offset"], 0.2, shrink=0.5)


def test_special_functions_agree_with_scipy():
    for freedom in (1, 2, 7, 180):
        for statistic in (0.0, 0.3, 3.84, 50.0, 700.0):
            assert chi_square_tail(statistic, freedom) == pytest.approx(
                stats.chi2.sf(statistic, freedom), rel=1e-9, abs=1e-14
            )
        assert student_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-5)
