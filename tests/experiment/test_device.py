"""One p-bit, measured by emulation, against algebra.

Bands are Z = 4 sigma: of a sigmoid from the binomial law, of the rest from the scatter between 64 p-bits. About 450
comparisons with fixed seeds.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from hwsim.cell.model import PBit, Table
from hwsim.chip.chip import Chip, Clock
from hwsim.chip.library import pbit_chip
from hwsim.experiment.device import N_INPUTS, measure_device

Z = 4.0
TAU = 1e-9
QUANTUM = 1 / 128  # of WobblyBits' input


def tanh_law(x):
    return (1 + np.tanh(x)) / 2


def pkit_law(x):
    """Stationary share of +1 where a state flips with 1 - exp(-r exp(-m x))."""
    up, down = (1 - np.exp(-0.1667 * np.exp(sign * x)) for sign in (1, -1))
    return up / (up + down)


def wobbly_law(x):
    return np.round(256 * (1 + np.round(np.clip(x, -1, 1 - QUANTUM) / QUANTUM) * QUANTUM) / 2) / 256


@cache
def card(name, seed=1):
    return measure_device(pbit_chip(name), seed=seed)


def device(clock="poisson", *, participation=1.0, seed=2, **changes):
    pbit = PBit(name="x", tau_s=TAU, **changes)
    chip = Chip(name="x", title="x", summary="x", pbit=pbit, clock=Clock(kind=clock, participation=participation))
    return measure_device(chip, seed=seed)


def off_law(sigmoid, law):
    """float64 (k,): distance of the shares of +1 from ``law`` (k,), in sigma."""
    assert sigmoid.reads >= 1000 and len(sigmoid.p) == N_INPUTS  # else a wide band would pass anything
    sigma = np.sqrt(np.maximum(law * (1 - law), 1e-9) / sigmoid.reads)
    return np.abs(sigmoid.p - law) / sigma


def close(measured, expected, *, relative=0.02):
    """Whether (value, low, high) holds ``expected`` within Z sigma, in a band that is narrow enough to tell."""
    value, _, high = measured
    sigma = (high - value) / 1.998
    assert 0 < Z * sigma < 3 * relative * abs(expected)
    return abs(value - expected) < Z * sigma


def correlations_off(memory, law):
    """float64 (k,): distance of the autocorrelation from ``law`` (k,), in sigma of less than 0.01."""
    sigma = (memory.high - memory.value) / 1.998
    assert np.all(sigma < 0.01)
    return np.abs(memory.value - law) / np.maximum(sigma, 1e-9)


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("ideal-poisson", tanh_law),
        ("smtj-inplane-ns", tanh_law),
        ("low-barrier-magnet", tanh_law),
        ("p-kit-rule", pkit_law),
        ("wobblybits-cell", wobbly_law),
        ("opuslab-digital", lambda x: tanh_law(np.round(x * 8) / 8)),
    ],
)
def test_the_sigmoid_is_the_cards(name, law):
    sigmoid = card(name).sigmoid
    assert np.all(off_law(sigmoid, law(sigmoid.x)) < Z)
    assert np.allclose(sigmoid.law_at_x, law(sigmoid.x), atol=2e-5)
    assert np.allclose(np.interp(sigmoid.x, sigmoid.law_x, sigmoid.law), sigmoid.law_at_x, atol=0.06)
    assert np.max(off_law(sigmoid, law(sigmoid.x + 0.1))) > Z  # the control that must fail


def test_a_measured_response_is_followed_and_shows_its_ends():
    table = Table(first=-1.0, step=1.0, probability=(0.1, 0.4, 0.7))
    sigmoid = device(law="table", response=table).sigmoid
    assert sigmoid.x[0] < -1 and sigmoid.x[-1] > 1
    assert np.all(off_law(sigmoid, np.interp(sigmoid.x, [-1, 0, 1], [0.1, 0.4, 0.7])) < Z)


@pytest.mark.parametrize("clock", ["poisson", "chromatic"])
def test_gain_offset_and_white_noise_are_in_the_law(clock):
    sigmoid = device(clock, gain=0.8, offset=0.3, noise_white=0.5).sigmoid
    noise, weight = np.polynomial.hermite_e.hermegauss(40)
    law = tanh_law(0.8 * (sigmoid.x[:, None] + 0.3 + 0.5 * noise)) @ weight / weight.sum()
    assert np.all(off_law(sigmoid, law) < Z)


@pytest.mark.parametrize(
    ("name", "mean_s"),
    [
        ("ideal-poisson", 2 * 5e-9),  # a redraw every tau, and every second one changes the state
        ("smtj-inplane-ns", 10e-9),  # tau is the dwell time
        ("low-barrier-magnet", 2 * 0.5e-9),  # tau is the relaxation time, half a dwell time
        ("wobblybits-cell", 2 * 15.36e-6),
        ("opuslab-digital", 2 * 66.7e-9),
        ("p-kit-rule", 1e-9 / (1 - np.exp(-0.1667))),
    ],
)
def test_mean_dwell_times_at_zero_input(name, mean_s):
    dwell = card(name).dwell
    assert close(dwell.mean_up_s, mean_s) and close(dwell.mean_down_s, mean_s)
    assert dwell.law_mean_up_s == pytest.approx(mean_s, rel=1e-6)


@pytest.mark.parametrize("name", ["smtj-inplane-ns", "p-kit-rule", "wobblybits-cell"])
def test_the_histogram_holds_its_law(name):
    dwell = card(name).dwell
    edges, mean = dwell.time_s, dwell.law_mean_up_s
    if name == "smtj-inplane-ns":
        law = -np.diff(np.exp(-edges / mean))
    else:  # whole periods, k of them with probability q (1 - q)^(k - 1)
        period = {"p-kit-rule": 1e-9, "wobblybits-cell": 15.36e-6}[name]
        k = np.arange(1, 100)
        law = np.histogram(k * period, edges, weights=(1 - period / mean) ** (k - 1) * period / mean)[0]
    assert np.allclose(dwell.law_up * np.diff(edges), law, rtol=1e-6, atol=1e-12)
    likely = law > 0.01
    for density in (dwell.density_up, dwell.density_down):
        assert np.allclose((density * np.diff(edges))[likely], law[likely], rtol=0.1)


def test_arrhenius_dwell_times_grow_and_shrink_with_the_input():
    dwell = device(law="arrhenius", gain=1.1, offset=0.4, input_limit=5.0).dwell
    z = 1.1 * 0.4
    assert close(dwell.mean_up_s, TAU * np.exp(z)) and close(dwell.mean_down_s, TAU * np.exp(-z), relative=0.03)
    assert not close(dwell.mean_up_s, TAU * 2 * tanh_law(z), relative=0.03)  # with a constant rate it would be another


@pytest.mark.parametrize(("law", "exponent", "tau_s"), [("arrhenius", 1.0, TAU / 2), ("low-barrier", 0.5, TAU)])
def test_relaxation_rates_grow_with_the_input(law, exponent, tau_s):
    memory = device(law=law, relaxation_exponent=exponent, offset=0.8, input_limit=5.0).autocorrelation
    rate = np.cosh(0.8) ** exponent / tau_s
    assert np.all(correlations_off(memory, np.exp(-rate * memory.lag_s)) < Z)
    assert np.max(correlations_off(memory, np.exp(-memory.lag_s / tau_s))) > Z


@pytest.mark.parametrize(
    ("clock", "participation", "left"),
    [
        ("poisson", 1.0, np.exp(-1)),
        ("sequential", 1.0, 0.0),
        ("chromatic", 1.0, 0.0),
        ("synchronous", 1.0, 0.0),
        ("synchronous", 0.5, 0.5),
        ("random-sequential", 1.0, (1 - 1 / 64) ** 64),  # 64 slots, each for one of 64 p-bits
        ("free-running", 1.0, 0.05 / np.sqrt(2 * np.pi)),  # late by the mean excess of a normal interval
    ],
)
def test_the_clock_sets_what_a_period_leaves_of_the_state(clock, participation, left):
    jitter_s = 0.05 * TAU if clock == "free-running" else 0.0
    found = device(clock, participation=participation, jitter_s=jitter_s)
    memory, dwell = found.autocorrelation, found.dwell
    assert np.all(correlations_off(memory, memory.law_at_lag) < Z)
    assert np.interp(TAU, memory.law_lag_s, memory.law) == pytest.approx(left, abs=2e-3)
    assert close(dwell.mean_up_s, 2 * TAU / participation) and close(dwell.mean_down_s, 2 * TAU / participation)
    assert np.sum(dwell.density_up * np.diff(dwell.time_s)) == pytest.approx(1, abs=0.01)


def test_between_two_periods_the_memory_falls_in_a_straight_line():
    memory = card("opuslab-digital").autocorrelation
    line = np.maximum(1 - memory.lag_s / 66.7e-9, 0)
    assert np.allclose(memory.law_at_lag, line, atol=1e-9)
    assert np.all(correlations_off(memory, line) < Z)


def test_a_shift_register_remembers_where_the_law_forgets():
    """One shift a number makes r' = 2 r mod 1, so P(r < t, r' < t) = t / 2 + t - 1 / 2 for t > 1/2."""
    memory = device("synchronous", random_source="lfsr32", offset=0.4).autocorrelation
    t = tanh_law(0.4)
    expected = (t / 2 + t - 0.5 - t * t) / (t * (1 - t))
    period = np.argmin(np.abs(memory.lag_s - TAU))
    assert expected > 0.2 and abs(memory.law_at_lag[period]) < 1e-9
    assert memory.value[period] == pytest.approx(expected, abs=0.02)


def test_slow_noise_has_a_sigmoid_and_no_other_law():
    found = device(noise_flicker=0.8)
    sigmoid = found.sigmoid
    slow, weight = np.polynomial.hermite_e.hermegauss(40)
    law = tanh_law(sigmoid.x[:, None] + 0.8 * slow) @ weight / weight.sum()
    assert np.allclose(sigmoid.law_at_x, law, atol=1e-4)
    sigma = (sigmoid.high - sigmoid.low) / 2 / 1.998
    likely = (law > 0.03) & (law < 0.97)  # means of few lucky reads are not normal
    assert np.sum(likely) > 7 and np.all(sigma[likely] < 0.03)
    assert np.all(np.abs(sigmoid.p - law)[likely] < Z * sigma[likely])
    assert found.dwell.law_up is None and found.autocorrelation.law is None
    mixed = device(law="low-barrier", noise_flicker=0.3, input_limit=5.0)
    assert mixed.sigmoid is None and "too many updates" in mixed.reason["sigmoid"]


def test_spread_drift_and_dead_cells_are_not_of_one_device():
    chip = pbit_chip("ideal-poisson")
    spread = replace(
        chip.pbit, gain_dtod=0.3, offset_dtod=0.2, tau_dtod=0.3, stuck_fraction=0.5, temperature_drift_per_s=1e6
    )
    found, plain = measure_device(replace(chip, pbit=spread), seed=1), card("ideal-poisson")
    assert np.array_equal(found.sigmoid.p, plain.sigmoid.p)
    assert found.dwell.mean_up_s == plain.dwell.mean_up_s


def test_another_seed_measures_anew():
    assert not np.array_equal(card("ideal-poisson").sigmoid.p, card("ideal-poisson", seed=2).sigmoid.p)


def test_what_cannot_be_recorded_says_why():
    never = device(law="linear", offset=2.0)
    assert never.dwell is None and "never leaves" in never.reason["dwell"]
    slow = device(law="arrhenius", dac_bits=16, dac_limit=12.0)
    assert slow.sigmoid is None and slow.dwell is None and "too many" in slow.reason["autocorrelation"]
