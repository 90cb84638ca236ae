"""A cell in a potential: its law, its integrators' known biases, escape over a barrier, refusals."""

from dataclasses import replace

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.thermo.potential import (
    METHODS,
    Potential,
    double_well,
    expression,
    kramers_rate,
    law,
    mean_escape_s,
    memory_s,
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

    overdamped(
        potential,
        beta=beta,
        tau_s=1.0,
        time_s=400.0,
        step_s=2e-3,
        replicas=len(first),
        start=-1.0,
        seed=5,
        observe=observe,
    )
    assert not np.isnan(first).any()
    # seen in steps, a crossing is found late by about 0.58 sqrt(2 step / beta) of way (Siegmund's correction)
    late = 0.5826 * np.sqrt(2 * 2e-3 / beta)
    shifted = mean_escape_s(potential, beta=beta, tau_s=1.0, start=-1.0, exit_at=1.0 + late, low=-3.0)
    assert abs(first.mean() - shifted) < SIGMA * first.std() / np.sqrt(len(first))
    kramers = 1 / kramers_rate(barrier, 8 * barrier, -4 * barrier, beta=beta, tau_s=1.0)
    assert abs(kramers / exact - 1) < 1 / (beta * barrier)


def test_a_cell_remembers_for_tau_in_a_bowl_and_for_half_an_escape_between_wells():
    edges = np.linspace(-7, 9, 4001)
    assert memory_s(quadratic(0.8, 1.0), beta=1.5, tau_s=2.0, edges=edges) == pytest.approx(2.0 / 0.8, rel=1e-5)
    edges, escape = np.linspace(-2, 2, 4001), kramers_rate(8.0, 64.0, -32.0, beta=1.0, tau_s=1.0)
    found = memory_s(double_well(8.0), beta=1.0, tau_s=1.0, edges=edges)
    assert abs(found * 2 * escape - 1) < 1 / 8
    assert memory_s(double_well(1e6), beta=1.0, tau_s=1.0, edges=edges) == np.inf


def test_text_is_a_potential_with_an_exact_slope():
    x = np.linspace(-2, 2, 9)
    potential = expression("x^4/4 - x**2/2 + exp(-x)*cos(pi*x) + 0.5*x**-2*0")
    with np.errstate(all="ignore"):
        at = x[x != 0]
        np.testing.assert_allclose(potential.energy(at), at**4 / 4 - at**2 / 2 + np.exp(-at) * np.cos(np.pi * at))
        wanted = at**3 - at - np.exp(-at) * (np.cos(np.pi * at) + np.pi * np.sin(np.pi * at))
        np.testing.assert_allclose(potential.slope(at), wanted, rtol=1e-12)
    np.testing.assert_allclose(expression("3").slope(x), 0)


FEW = {"beta": 1.3, "time_s": 3.0, "step_s": 0.02, "seed": 6, "start": 0.5}


@pytest.mark.parametrize("replicas", [1, 2, 9, 100, 129, 256, 600])
@pytest.mark.parametrize(
    "potential", [quadratic(0.8, 1.5), double_well(2.0), expression("x**6/6 - 0.4*x**3 + x**2"), expression("0*x")]
)
def test_the_kernel_and_the_general_way_make_one_trace(potential, replicas):
    """To rounding: they take the same normals, and differ in the order in which a slope is worked out."""
    general = replace(potential, polynomial=None)
    for method in METHODS:
        fast, slow = (overdamped(p, tau_s=1.0, method=method, replicas=replicas, **FEW) for p in (potential, general))
        np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-9)
    fast, slow = (underdamped(p, mass=0.7, relax_s=2.0, replicas=replicas, **FEW) for p in (potential, general))
    np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kernel", [True, False])
@pytest.mark.parametrize("replicas", [3, 300])
def test_looking_changes_nothing(kernel, replicas):
    potential = double_well(1.0) if kernel else replace(double_well(1.0), polynomial=None)
    seen = []

    def observe(time_s, x, *v):
        seen.append((time_s, x.copy()))

    alone = overdamped(potential, tau_s=1.0, replicas=replicas, **FEW)
    np.testing.assert_array_equal(
        overdamped(potential, tau_s=1.0, replicas=replicas, observe=observe, every=7, **FEW), alone
    )
    assert [round(t / 0.02) for t, _ in seen] == [*range(7, 150, 7), 150]
    np.testing.assert_array_equal(seen[-1][1], alone)
    alone = underdamped(potential, mass=1.0, relax_s=1.0, replicas=replicas, **FEW)
    np.testing.assert_array_equal(
        underdamped(potential, mass=1.0, relax_s=1.0, replicas=replicas, observe=observe, every=7, **FEW), alone
    )


def test_an_observer_ends_the_run():
    seen = []
    overdamped(double_well(1.0), tau_s=1.0, replicas=4, observe=lambda t, x: seen.append(t) or len(seen) == 3, **FEW)
    np.testing.assert_allclose(seen, [0.02, 0.04, 0.06])


@pytest.mark.parametrize(
    ("text", "centre", "slope"),
    [
        ("x**4/4 - x**2/2", 0, [0, -1, 0, 1]),
        ("(x - 1000)**8", 1000, [0] * 7 + [8]),
        ("-2*(x - 3)*(x - 5) + x", 4.25, [0, -4]),
        ("+x/2 - -pi", 0, [0.5]),
        ("exp(1)*x^2*2**0.5 - 1", 0, [0, 2 * np.exp(1) * 2**0.5]),
        ("3", 0, [0]),
        ("x**3 - x*x*x + 2*x", 0, [2]),
    ],
)
def test_what_is_a_polynomial_is_found_to_be_one(text, centre, slope):
    found = expression(text)
    assert found.polynomial.centre == centre
    np.testing.assert_allclose(found.polynomial.slope, slope, rtol=1e-15)
    x = centre + np.linspace(-2, 2, 41)
    np.testing.assert_allclose(found.polynomial(x), found.slope(x), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    "text",
    [
        "exp(x)",
        "1/x",
        "x**0.5",
        "x**-2",
        "2**x",
        "x**20",
        "x**9*x**9",
        "x*sin(0*x)",
        "x/0",
        "x*1e200*1e200",
        "sqrt(-1)*x",
        "(x - 1000)**4*(x + 1000)**4",
    ],
)
def test_what_is_none_or_would_lose_digits_is_evaluated_as_it_stands(text):
    assert expression(text).polynomial is None


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
        (expression("log(x)"), {}, "not finite where the cells start"),
        (Potential(name="broken", energy=lambda x: x * np.nan, slope=lambda x: x), {}, "'broken' is not finite"),
        (Potential(name="late", energy=lambda x: x, slope=lambda x: x * np.nan), {}, "left all bounds"),
        (expression("-x**4"), {"start": 1.0}, "left all bounds"),
        (expression("x + sqrt(x)"), {"start": 1.0}, "left all bounds"),
        (quadratic(1.0), {"step_s": 5.0, "time_s": 1e4, "method": "euler"}, "left all bounds"),
        (quadratic(1.0), {"step_s": 0.0}, "step_s must be > 0"),
        (quadratic(1.0), {"start": np.zeros(2)}, r"start must be a number or have shape \(3,\), got \(2,\)"),
        (quadratic(1.0), {"method": "magic"}, "method must be one of"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_bad_runs_are_one_sentence(potential, how, sentence):
    settings = {"beta": 1.0, "tau_s": 1.0, "time_s": 100.0, "step_s": 0.1, "replicas": 3, "start": -0.1} | how
    with pytest.raises(InputError, match=sentence) as raised:
        overdamped(potential, **settings)
    assert "\n" not in str(raised.value)
