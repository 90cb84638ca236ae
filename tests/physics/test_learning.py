"""The gradient that a machine measures is that of its own law: Boltzmann's where it is ideal, the delayed one where
values arrive late. Exact laws by enumeration, 4 sigma, fixed seeds."""

import numpy as np
import pytest

import hwsim
from hwsim.analysis.delayed import delayed_law
from hwsim.analysis.exact_laws import delayed_pair
from hwsim.learn import data_law, gradient
from hwsim.learn.exact import moments
from hwsim.learn.machine import LearningMachine, Timing
from hwsim.learn.model import HIDDEN, fully, rbm
from hwsim.learn.rules import Turn, persistent

SIGMA = 4.0
CHAINS, SWEEPS = 4096, 60


def chip(clock, **more):
    return hwsim.Chip(topology="all-to-all", clock=clock, tau="5 ns", **more)


def random_model(seed, visible, hidden, spread=0.5, made=fully):
    draw = np.random.default_rng(seed)
    model = made(visible, hidden=hidden)
    n = model.n
    return model.with_values(
        spread * draw.standard_normal(n), spread * draw.standard_normal(len(model.weight)) * np.sqrt(6 / n)
    )


def turn(machine, rows, *, chains=CHAINS, sweeps=SWEEPS):
    timing = Timing(warm_up=sweeps)
    return Turn(
        machine=machine,
        batch=rows,
        number=0,
        chains=chains,
        positive=timing,
        negative=timing,
        betas=(1.0,),
        statistics="sampled",
        seed=3,
    )


def measured(model, clock, rows, *, beta=1.0):
    """z of every component of the gradient that the machine measures while it runs at ``beta``."""
    machine = LearningMachine(model.with_values(model.bias, model.weight, beta=beta), chip(clock), seed=7, threads=1)
    data, free = persistent(turn(machine, rows))
    exact = gradient(machine.network, range(model.n_visible), data_law(rows))
    # every row of the data has a fixed share of the chains, so that only units that are free beside it err
    given = [moments(machine.network, range(model.n_visible), data_law(row[None])) for row in np.unique(rows, axis=0)]
    share = np.unique(rows, axis=0, return_counts=True)[1] / len(rows)
    scores = []
    for k in range(2):
        held = share @ [1 - each[k] ** 2 for each in given] / len(rows)
        slope = (exact.bias, exact.weight)[k]
        scores.append((data[k] - free[k] - slope) / np.sqrt(held + (1 - exact.machine[k] ** 2) / CHAINS))
    return np.concatenate(scores)


def ten_machines(clock, *, beta=1.0, made=fully):
    """The same of 10 random machines of 12 units, each with 8 random rows of data."""
    draw = np.random.default_rng(1)
    rows = [np.tile(draw.choice([-1, 1], (8, 6)), (CHAINS // 8, 1)).astype(np.int8) for _ in range(10)]
    return np.concatenate([measured(random_model(k, 6, 6, made=made), clock, rows[k], beta=beta) for k in range(10)])


@pytest.mark.parametrize(
    ("clock", "made", "couplings"), [("poisson", fully, 66), ("chromatic", rbm, 36), ("sequential", fully, 66)]
)
def test_the_gradient_of_an_ideal_machine_is_the_exact_one(clock, made, couplings):
    """Of two colours where the clock goes by colour: fully coupled p-bits have one each, as those of a sequence."""
    scores = ten_machines(clock, made=made)
    assert len(scores) == 10 * (12 + couplings)
    assert np.abs(scores).max() < SIGMA
    # error bars that are right leave a mean square of 1
    assert abs(np.mean(scores**2) - 1) < SIGMA * np.sqrt(2 / len(scores))


def test_a_machine_at_another_temperature_has_another_gradient():
    """The control: 10 % of beta is seen."""
    scores = ten_machines("sequential", beta=0.9)
    assert np.abs(scores).max() > 1.5 * SIGMA and np.mean(scores**2) > 2


def by_schedule(phase, machine, *, looks, spacing):
    """float64 (schedules, n + k): means over the reads of each schedule and looks, in equilibrium."""
    phase.sweep(50 * spacing)
    total = 0.0
    for _ in range(looks):
        states = phase.sweep(spacing).states
        parts = [states[phase.session.schedule == k] for k in range(phase.session.schedule.max() + 1)]
        total = total + np.array([np.concatenate(machine.moments(part)) for part in parts])
    return total / looks


def moments_of_law(law, model):
    states = np.where((np.arange(len(law))[:, None] >> np.arange(model.n)) & 1, 1, -1)
    return law @ np.concatenate((states, states[:, model.first] * states[:, model.second]), axis=1)


def lagged(bias, couplings):
    """The law of p-bits of a tick of participation 1/4 with a lag of 2."""
    rows, columns = np.nonzero(couplings)
    indptr = np.concatenate(([0], np.cumsum(np.count_nonzero(couplings, axis=1))))
    lag = np.full(len(rows), 2)
    return delayed_law(bias, indptr, columns, couplings[rows, columns], lag, 1.0, participation=0.25)


def law_with_held(model, rows):
    """The moments of a lagged machine whose visible units are held at each of ``rows``."""
    v, n = model.n_visible, model.n
    couplings = np.zeros((n, n))
    couplings[model.first, model.second] = couplings[model.second, model.first] = model.weight
    total = 0.0
    for row in rows:
        free = lagged(model.bias[v:] + couplings[v:, :v] @ row, couplings[v:, v:])
        law = np.zeros(2**n)
        place = int(np.sum((row > 0) << np.arange(v)))
        law[place + (np.arange(2 ** (n - v)) << v)] = free
        total = total + moments_of_law(law, model)
    return total / len(rows)


def test_the_gradient_of_a_late_machine_is_that_of_the_delayed_law():
    """Tick of participation 1/4: tau is four ticks of 1.25 ns, and a value that takes half a tau is two ticks late."""
    model = random_model(5, 3, 3, spread=0.7)
    late = chip("synchronous", participation=0.25, period="1.25 ns", delay="2.5 ns")
    machine = LearningMachine(model, late, seed=2, threads=1, schedules=64)
    rows = np.array([[1, 1, -1], [-1, 1, 1]], dtype=np.int8)
    couplings = np.zeros((6, 6))
    couplings[model.first, model.second] = couplings[model.second, model.first] = model.weight
    exact = law_with_held(model, rows) - moments_of_law(lagged(model.bias, couplings), model)
    held = machine.phase("positive", 2048, held=model.role != HIDDEN).clamp(np.tile(rows, (1024, 1)))
    data = by_schedule(held, machine, looks=20, spacing=12)
    free = by_schedule(machine.phase("negative", 2048), machine, looks=20, spacing=12)
    slopes = data - free
    error = slopes.std(axis=0, ddof=1) / np.sqrt(len(slopes))
    assert np.all(np.abs(slopes.mean(axis=0) - exact) < SIGMA * error + 1e-9)
    # the control: Boltzmann's law is another one
    boltzmann = gradient(machine.network, range(3), data_law(rows))
    ideal = np.concatenate((boltzmann.bias, boltzmann.weight))
    assert np.any(np.abs(slopes.mean(axis=0) - ideal) > 10 * error)


def test_the_gradient_of_a_late_poisson_pair_is_that_of_the_delayed_pair():
    model = fully(2).with_values(np.zeros(2), np.array([-0.8]))
    machine = LearningMachine(model, chip("poisson", delay="2.5 ns"), seed=4, threads=1, schedules=64)
    free = by_schedule(machine.phase("negative", 4096), machine, looks=20, spacing=3)[:, 2]
    rows = np.array([[1, 1], [1, -1], [-1, -1], [-1, -1]], dtype=np.int8)
    data = machine.moments(rows).second[0]
    exact = data - delayed_pair(beta_j=0.8, delay_over_tau=0.5)
    assert abs(data - free.mean() - exact) < SIGMA * free.std(ddof=1) / np.sqrt(len(free))
    assert abs(data - free.mean() - (data - np.tanh(0.8))) > 10 * free.std(ddof=1) / np.sqrt(len(free))
