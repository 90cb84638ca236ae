"""The canonical law as the limit of growing reservoirs, and atoms of infinitely many levels against closed forms."""

import itertools
import math

import numpy as np
import pytest

import hwsim
from hwsim.analysis.fidelity import total_variation, total_variation_of_counts, tv_noise_floor, tv_noise_sd
from hwsim.analysis.interval import standard_error
from hwsim.equilibrium.bath import (
    Levels,
    atom_problem,
    bath_beta,
    canonical_law,
    contact,
    distance_coefficient,
    finite_bath_law,
    harmonic,
    truncated,
)
from hwsim.errors import InputError

SIGMA = 4.0
SYSTEM = Levels(energies=np.array([0.0, 0.5, 1.5]), degeneracies=np.array([1, 3, 2]))
QUANTUM = 0.5


def tv(law, other):
    return total_variation_of_counts(law, other)


def z(index, law):
    """(TV - noise floor) in standard deviations of the floor."""
    return (total_variation(index, law) - tv_noise_floor(law, len(index))) / tv_noise_sd(law, len(index))


def joint_states(cells, quanta, rungs):
    """Every (state, cells) of the total energy."""
    return [
        (state, bits)
        for state, rung in enumerate(rungs)
        for bits in itertools.product((0, 1), repeat=cells)
        if rung + sum(bits) == quanta
    ]


def test_the_exact_law_counts_joint_states():
    states = joint_states(6, 4, [0, 1, 1, 1, 3, 3])
    level = np.array([0, 1, 1, 1, 2, 2])[[state for state, _ in states]]
    expected = np.bincount(level) / len(states)
    np.testing.assert_allclose(finite_bath_law(SYSTEM, cells=6, quanta=4, quantum=QUANTUM), expected)
    # levels out of reach have no probability
    assert finite_bath_law(SYSTEM, cells=6, quanta=2, quantum=QUANTUM)[2] == 0


def test_exchanges_make_all_joint_states_equally_likely():
    states = joint_states(5, 3, [0, 1, 1, 1, 3, 3])
    number = {key: k for k, key in enumerate(states)}
    found = contact(SYSTEM, cells=5, quanta=3, quantum=QUANTUM, exchanges=150, replicas=30_000, seed=1)
    index = np.array(
        [number[state, tuple(row)] for state, row in zip(found.state.tolist(), found.cells.tolist(), strict=True)]
    )
    assert z(index, np.full(len(states), 1 / len(states))) < SIGMA
    # control: after two exchanges the system has not left its start
    found = contact(SYSTEM, cells=5, quanta=3, quantum=QUANTUM, exchanges=2, replicas=30_000, seed=1)
    assert z(found.level, finite_bath_law(SYSTEM, cells=5, quanta=3, quantum=QUANTUM)) > 10


@pytest.mark.parametrize("cells", [8, 32, 128])
def test_a_system_in_a_small_bath_follows_the_exact_law_and_not_the_canonical_one(cells):
    bath = {"cells": cells, "quanta": cells // 4, "quantum": QUANTUM}
    found = contact(SYSTEM, exchanges=50 + 6 * cells, replicas=40_000, seed=cells, **bath)
    assert z(found.level, finite_bath_law(SYSTEM, **bath)) < SIGMA
    canonical = canonical_law(SYSTEM, bath_beta(**bath))
    if cells < 128:  # there the distance is 0.005 and the noise floor 0.003
        assert z(found.level, canonical) > 10
    rungs = np.array([0, 1, 3])
    assert np.all(rungs[found.level] + found.cells.sum(axis=1) == cells // 4)


@pytest.mark.parametrize("filling", [0.2, 0.25, 0.5, 0.8])
def test_the_distance_from_the_canonical_law_falls_as_predicted(filling):
    limit = distance_coefficient(SYSTEM, filling=filling, quantum=QUANTUM)
    errors = []
    for cells in (400, 4000, 40_000):
        bath = {"cells": cells, "quanta": round(filling * cells), "quantum": QUANTUM}
        found = tv(finite_bath_law(SYSTEM, **bath), canonical_law(SYSTEM, bath_beta(**bath)))
        errors.append(abs(found * cells / limit - 1))
    assert errors[2] < 1e-3 and errors[1] < 0.15 * errors[0] and errors[2] < 0.15 * errors[1]  # the next order is 1/N


def test_a_two_level_system_among_two_level_cells_is_one_of_them_and_has_a_distance_in_closed_form():
    # N + 1 equal cells: P(up) = M / (N + 1) against f = M / N
    levels = Levels(energies=np.array([1.0, 2.0]), degeneracies=np.array([1, 1]))
    bath = {"cells": 50, "quanta": 10, "quantum": 1.0}
    law = finite_bath_law(levels, **bath)
    assert law[1] == pytest.approx(10 / 51)
    assert tv(law, canonical_law(levels, bath_beta(**bath))) == pytest.approx(0.2 / 51)
    assert distance_coefficient(levels, filling=0.2, quantum=1.0) == pytest.approx(0.2)


def test_exchanges_depend_on_the_seed_alone():
    options = {"cells": 12, "quanta": 4, "quantum": QUANTUM, "exchanges": 30}
    few, many = (contact(SYSTEM, replicas=r, seed=7, **options) for r in (20, 50))
    assert np.array_equal(few.cells, many.cells[:20]) and np.array_equal(few.level, many.level[:20])
    assert not np.array_equal(contact(SYSTEM, replicas=50, seed=8, **options).cells, many.cells)


@pytest.mark.parametrize("beta, levels", [(1.3, 4), (1.3, 40), (0.2, 60)])
def test_bounds_of_the_harmonic_ladder_hold_its_closed_forms(beta, levels):
    q = 0.7
    found = truncated(harmonic(q), beta=beta, levels=levels, growth=q)
    x = math.exp(-beta * q)
    assert found.left_out == pytest.approx(x**levels, rel=1e-9)  # the geometric tail is the ladder's own
    exact = {
        "log_partition": -math.log1p(-x),
        "mean_level": x / (1 - x),
        "mean_energy": q * x / (1 - x),
        "heat_capacity": (beta * q) ** 2 * x / (1 - x) ** 2,
    }
    for name, value in exact.items():
        low, high = getattr(found, name)
        assert low - 1e-12 * (1 + value) <= value <= high + 1e-12 * (1 + value), name
    law = (1 - x) * x ** np.arange(levels)
    assert tv(found.probability, law / law.sum()) < 1e-12
    if levels == 40:
        assert all(high - low < 1e-8 for low, high in (getattr(found, name) for name in exact))


@pytest.mark.parametrize("energy", [lambda n: 0.5 * n * n - 3.0, lambda n: 0.4 * n + 0.05 * n * (n - 1)])
def test_bounds_of_a_ladder_of_growing_steps_hold_what_many_more_levels_give(energy):
    beta = 0.9
    e = energy(np.arange(2000))
    w = np.exp(-beta * (e - e[0]))
    p = w / w.sum()
    exact = {
        "log_partition": math.log(w.sum()) - beta * e[0],
        "mean_level": p @ np.arange(2000),
        "mean_energy": p @ e,
        "heat_capacity": beta**2 * (p @ (e - p @ e) ** 2),
    }
    widths = []
    for levels in (6, 9, 14):
        found = truncated(energy, beta=beta, levels=levels, growth=float(energy(levels + 1) - energy(levels)))
        assert p[levels:].sum() <= found.left_out * (1 + 1e-9)
        for name, value in exact.items():
            low, high = getattr(found, name)
            assert low - 1e-12 <= value <= high + 1e-12, name
        widths.append(found.heat_capacity[1] - found.heat_capacity[0])
    assert widths[0] > widths[1] > widths[2]


@pytest.mark.parametrize("clock", ["poisson", "chromatic"])
def test_a_truncated_atom_on_a_chip_is_a_p_dit_of_its_law(clock):
    beta, q = 0.8, 0.6
    atom = truncated(harmonic(q), beta=beta, levels=16, growth=q)
    program = hwsim.compile(atom_problem(atom.energies), hwsim.chip("generic-all-to-all", tau="1 ns", clock=clock))
    run = hwsim.run(program, anneal=hwsim.constant(beta, "30 ns"), reads=16384, schedules=256, seed=3, checkpoints=1)
    level = run.sampleset.record.sample[:, 0]
    assert z(level, atom.probability) < SIGMA
    assert z(level, truncated(harmonic(q), beta=beta * 1.05, levels=16, growth=q).probability) > SIGMA  # the control
    x = math.exp(-beta * q)
    error = standard_error(level.astype(float), run.schedule)
    assert abs(level.mean() - x / (1 - x)) < SIGMA * error + atom.mean_level[1] - atom.mean_level[0]
    assert np.allclose(run.energies, atom.energies[level])


def test_a_ladder_that_shares_few_quanta_becomes_one_in_a_bath():
    # a harmonic system with cells: at most all quanta, so no cut-off is needed
    cells, quanta = 400, 100
    levels = Levels(energies=np.arange(quanta + 1.0), degeneracies=np.ones(quanta + 1, dtype=int))
    law = finite_bath_law(levels, cells=cells, quanta=quanta, quantum=1.0)
    beta = bath_beta(cells=cells, quanta=quanta, quantum=1.0)
    whole = truncated(harmonic(1.0), beta=beta, levels=quanta + 1, growth=1.0)
    assert whole.left_out < 1e-40
    predicted = distance_coefficient(levels, filling=0.25, quantum=1.0) / cells
    assert tv(law, whole.probability) == pytest.approx(predicted, rel=0.05)


BATH = {"cells": 9, "quanta": 3, "quantum": QUANTUM}


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Levels(energies=np.array([]), degeneracies=np.array([], dtype=int)), "list of finite numbers"),
        (lambda: Levels(energies=np.array([0.0, np.inf]), degeneracies=np.array([1, 1])), "list of finite numbers"),
        (lambda: Levels(energies=np.array([0.0]), degeneracies=np.array([0])), "degeneracies must be"),
        (lambda: canonical_law(SYSTEM, np.nan), "beta must be finite"),
        (lambda: bath_beta(cells=4, quanta=4, quantum=1.0), "below the 4 cells, got 4"),
        (lambda: bath_beta(cells=4, quanta=2, quantum=0.0), "quantum must be finite and > 0, got 0.0"),
        (lambda: finite_bath_law(SYSTEM, **(BATH | {"quantum": 0.4})), "whole quanta of 0.4"),
        (lambda: contact(SYSTEM, exchanges=0, replicas=1, **BATH), "exchanges and replicas must be >= 1, got 0"),
        (lambda: distance_coefficient(SYSTEM, filling=1.0, quantum=QUANTUM), "filling must be between 0 and 1"),
        (lambda: truncated(harmonic(1.0), beta=0.0, levels=5, growth=1.0), "beta and growth"),
        (lambda: truncated(harmonic(1.0), beta=1.0, levels=5, growth=2.0), "growth must be at most every step"),
        (lambda: truncated(harmonic(1.0), beta=1.0, levels=5, growth=1e-17), "beta growth must be > 1e-15, got 1e-17"),
        (lambda: truncated(harmonic(1.0), beta=1.0, levels=5, growth=1e-320), "beta growth must be"),
        (lambda: truncated(harmonic(1.0), beta=0.1, levels=5, growth=1.0), "keep more levels than 5"),
        (lambda: truncated(lambda n: -n, beta=1.0, levels=5, growth=1.0), "finite and ascend"),
        (lambda: truncated(harmonic(1.0), beta=1.0, levels=1, growth=1.0), "at least two levels, got 1"),
    ],
)
def test_bad_input_is_one_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()
