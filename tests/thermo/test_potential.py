"""A cell in a potential: its law, its integrators' known biases, escape over a barrier, refusals."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.thermo.potential import (
    Potential,
    double_well,
    expression,
    kramers_rate,
    law,
    mean_escape_s,
    overdamped,
    quadratic,
    underdamped,
)

SIGMA, N = 4.0, 40_000


def chi_square_against(x, potential, beta, edges):
    """Pearson's statistic of positions against the law in bins, and its degrees of freedom."""
    counts, _ = np.histogram(x, edges)
    assert counts.sum() == len(x), "bins must hold all"
    expected = law(potential, beta, edges) * len(x)
    keep = expected > 8
    rest = counts[~keep].sum() - expected[~keep].sum()
    value = np.sum((counts[keep] - expected[keep]) ** 2 / expected[keep]) + rest**2 / max(expected[~keep].sum(), 1)
    return value, keep.sum()


@pytest.mark.parametrize("step", [0.1, 0.5, 1.2])
def test_in_a_bowl_one_integrator_has_no_bias_and_the_other_the_known_one(step):
    how = {"beta": 2.0, "tau_s": 1.0, "time_s": 60.0, "step_s": step, "replicas": N}
    exact, inflated = 1 / (2.0 * 0.8), 1 / (2.0 * 0.8) * 2 / (2 - 0.8 * step)
    for method, variance in (("leimkuhler-matthews", exact), ("euler", inflated)):
        x = overdamped(quadratic(0.8, 1.5), method=method, seed=1, **how)
        assert abs(x.var() / variance - 1) < SIGMA * np.sqrt(2 / N)
        assert abs(x.mean() - 1.5) < SIGMA * np.sqrt(variance / N)


def test_in_two_wells_the_positions_follow_the_law():
    potential = double_well(2.0)
    start = np.where(np.arange(N) % 2, 1.0, -1.0)
    x = overdamped(potential, beta=1.0, tau_s=1e-6, time_s=3e-6, step_s=2e-9, replicas=N, start=start, seed=2)
    value, degrees = chi_square_against(x, potential, 1.0, np.linspace(-3, 3, 61))
    assert abs(value - degrees) < SIGMA * np.sqrt(2 * degrees)


def test_underdamped_cells_have_the_same_law_and_maxwells_velocities():
    potential = double_well(2.0)
    start = np.where(np.arange(N) % 2, 1.0, -1.0)
    x, v = underdamped(
        potential, beta=1.0, mass=1.0, relax_s=1.0, time_s=12.0, step_s=0.02, replicas=N, start=start, seed=3
    )
    value, degrees = chi_square_against(x, potential, 1.0, np.linspace(-3, 3, 61))
    assert abs(value - degrees) < SIGMA * np.sqrt(2 * degrees)
    assert abs(v.var() - 1) < SIGMA * np.sqrt(2 / N) + 0.02**2 * 16 / 4
    # in a bowl: no bias of x at a large step, the known one of v
    x, v = underdamped(quadratic(1.0), beta=1.0, mass=1.0, relax_s=1.0, time_s=30.0, step_s=0.8, replicas=N, seed=4)
    assert abs(x.var() - 1) < SIGMA * np.sqrt(2 / N)
    assert abs(v.var() - (1 - 0.8**2 / 4)) < SIGMA * np.sqrt(2 / N)


def test_escape_over_a_barrier_takes_the_exact_mean_time_and_kramers_is_near():
    beta, barrier = 1.0, 4.0
    potential = double_well(barrier)
    exact = mean_escape_s(potential, beta=beta, tau_s=1.0, start=-1.0, exit_at=1.0, low=-3.0)
    # from the bottom of one well to that of the other, once
    first = np.full(4000, np.nan)

    def observe(time_s, x):
        first[np.isnan(first) & (x >= 1.0)] = time_s
        return not np.isnan(first).any()

    overdamped(potential, beta=beta, tau_s=1.0, time_s=400.0, step_s=2e-3, replicas=len(first), start=-1.0, seed=5,
               observe=observe)  # fmt: skip
    assert not np.isnan(first).any()
    # seen in steps, a crossing is found late by about 0.58 sqrt(2 step / beta) of way (Siegmund's correction)
    late = 0.5826 * np.sqrt(2 * 2e-3 / beta)
    shifted = mean_escape_s(potential, beta=beta, tau_s=1.0, start=-1.0, exit_at=1.0 + late, low=-3.0)
    assert abs(first.mean() - shifted) < SIGMA * first.std() / np.sqrt(len(first))
    kramers = 1 / kramers_rate(barrier, 8 * barrier, -4 * barrier, beta=beta, tau_s=1.0)
    assert abs(kramers / exact - 1) < 1 / (beta * barrier)


def test_text_is_a_potential_with_an_exact_slope():
    x = np.linspace(-2, 2, 9)
    potential = expression("x^4/4 - x**2/2 + exp(-x)*cos(pi*x) + 0.5*x**-2*0")
    with np.errstate(all="ignore"):
        at = x[x != 0]
        np.testing.assert_allclose(potential.energy(at), at**4 / 4 - at**2 / 2 + np.exp(-at) * np.cos(np.pi * at))
        wanted = at**3 - at - np.exp(-at) * (np.cos(np.pi * at) + np.pi * np.sin(np.pi * at))
        np.testing.assert_allclose(potential.slope(at), wanted, rtol=1e-12)
    np.testing.assert_allclose(expression("3").slope(x), 0)


@pytest.mark.parametrize(
    "text", ["", "x +", "y**2", "__import__('os')", "x.real", "exp(x, 2)", "x if x else 1", "lambda x: x", "[x]", "'x'"]
)
def test_what_is_no_arithmetic_is_refused(text):
    with pytest.raises(InputError) as raised:
        expression(text)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("potential", "how", "sentence"),
    [
        (expression("log(x)"), {}, "no finite number where the cells start"),
        (Potential(name="broken", energy=lambda x: x * np.nan, slope=lambda x: x), {}, "'broken' is no finite number"),
        (Potential(name="late", energy=lambda x: x, slope=lambda x: x * np.nan), {}, "left all bounds"),
        (expression("-x**4"), {"start": 1.0}, "left all bounds"),
        (quadratic(1.0), {"step_s": 5.0, "time_s": 1e4, "method": "euler"}, "left all bounds"),
        (quadratic(1.0), {"step_s": 0.0}, "step_s must be > 0"),
        (quadratic(1.0), {"method": "magic"}, "method must be one of"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_bad_runs_are_one_sentence(potential, how, sentence):
    settings = {"beta": 1.0, "tau_s": 1.0, "time_s": 100.0, "step_s": 0.1, "replicas": 3, "start": -0.1} | how
    with pytest.raises(InputError, match=sentence) as raised:
        overdamped(potential, **settings)
    assert "\n" not in str(raised.value)
