"""With a spread of gains no single temperature fits: no couplings make the stationary law a Boltzmann law.

The law of random-scan updates is found exactly, by iterating the 4,096-state chain of a 4 x 3 grid; the published
figure (source comments of ferrotherm, see hwsim's notes on variability) is KL = 0.09 to 0.10 times spread**2 at beta 1.
"""

import dimod
import numpy as np
import pytest

import hwsim

ROWS, COLUMNS = 4, 3
N = ROWS * COLUMNS


def grid(sign=-1.0):
    place = {(r, c): r * COLUMNS + c for r in range(ROWS) for c in range(COLUMNS)}
    couplings = {
        (place[r, c], place[r + dr, c + dc]): sign
        for r in range(ROWS)
        for c in range(COLUMNS)
        for dr, dc in ((0, 1), (1, 0))
        if (r + dr, c + dc) in place
    }
    return dimod.BinaryQuadraticModel({i: 0.0 for i in range(N)}, couplings, "SPIN")


def stationary(program, beta):
    """The exact law of p-bits that are redrawn one at a time in random order, each with its own gain."""
    index = np.arange(2**N)
    spins = 2 * ((index[:, None] >> np.arange(N)) & 1) - 1
    up = []
    for i in range(N):
        row = slice(program.network.indptr[i], program.network.indptr[i + 1])
        field = -(program.network.bias[i] + spins[:, program.network.indices[row]] @ program.network.weight[row])
        up.append((1 + np.tanh(program.cells.gain[i] * beta * field)) / 2)
    law = np.full(2**N, 2.0**-N)
    for _ in range(4000):
        new = np.zeros_like(law)
        for i in range(N):
            pair = law + law[index ^ (1 << i)]  # a redraw spreads both states of p-bit i
            new += pair * np.where((index >> i) & 1, up[i], 1 - up[i])
        new /= N
        if np.abs(new - law).sum() < 1e-13:
            break
        law = new
    return law, spins


def least_divergence(law, spins, program):
    """min over beta of KL(law | Boltzmann at beta): the best beta has the law's mean energy."""
    energy = np.zeros(len(law))
    for i in range(N):
        for k in range(program.network.indptr[i], program.network.indptr[i + 1]):
            if program.network.indices[k] < i:
                energy += program.network.weight[k] * spins[:, i] * spins[:, program.network.indices[k]]
    goal = float(law @ energy)

    def boltzmann(beta):
        p = np.exp(-beta * (energy - energy.min()))
        return p / p.sum()

    low, high = 0.0, 5.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if boltzmann(middle) @ energy > goal else (low, middle)
    best = boltzmann(low)
    return float(np.sum(law * np.log(law / best))), best


def least_divergence_of_any_couplings(law, spins, program):
    """min over all couplings of the grid's edges of KL(law | Boltzmann): they match the law's correlations (Newton)."""
    edges = [(i, int(j)) for i in range(N) for j in program.network.indices[program.network.row(i)] if j < i]
    features = np.array([spins[:, i] * spins[:, j] for i, j in edges], dtype=float)
    goal, couplings = features @ law, np.zeros(len(edges))
    for _ in range(60):
        exponent = couplings @ features
        p = np.exp(exponent - exponent.max())
        p /= p.sum()
        mean = features @ p
        if np.abs(goal - mean).max() < 1e-12:
            break
        step = np.linalg.solve((features * p) @ features.T - np.outer(mean, mean), goal - mean)
        couplings += step * min(1.0, 2 / np.abs(step).max())
    return float(np.sum(law * np.log(law / p)))


@pytest.fixture(scope="module")
def coefficients():
    """KL / spread**2 of 16 dies at a spread of 0.1, of the ferromagnet at beta 1: best beta, best couplings."""
    found = []
    for die in range(16):
        program = hwsim.compile(grid(), hwsim.chip("generic-all-to-all", gain_dtod=0.1), die_seed=die)
        law, spins = stationary(program, 1.0)
        best_beta, _ = least_divergence(law, spins, program)
        found.append((best_beta, least_divergence_of_any_couplings(law, spins, program)))
    return np.array(found) / 0.1**2


def test_no_couplings_fit_by_the_published_amount(coefficients):
    """0.09 to 0.10 spread**2 is left when all 17 couplings of the grid are free; dies scatter around it."""
    left = coefficients[:, 1]
    assert abs(left.mean() - 0.095) < 4 * left.std(ddof=1) / 4
    assert left.min() > 0.001


def test_no_temperature_fits_and_costs_much_more(coefficients):
    best_beta, best_couplings = coefficients.T
    assert np.all(best_beta > best_couplings)
    assert best_beta.mean() - 4 * best_beta.std(ddof=1) / 4 > 2 * best_couplings.mean()


def test_the_engine_samples_that_law_and_not_the_nearest_boltzmann_law(distance):
    program = hwsim.compile(grid(), hwsim.chip("generic-all-to-all", gain_dtod=0.4, tau="1 ns"), die_seed=3)
    law, spins = stationary(program, 0.4)
    _, nearest = least_divergence(law, spins, program)
    run = hwsim.run(program, anneal=hwsim.constant(0.4, "200 ns"), reads=2**17, schedules=512, checkpoints=1)
    assert distance(run.states, law) < 4
    assert distance(run.states, nearest) > 10
