"""Problems and anneals for the tests of RTL."""

import dimod
import networkx as nx
import numpy as np

import hwsim


def random_glass(n, degree, *, seed=1, biased=False, real=False):
    """A random graph of n spins and the given degree, couplings of -1 and +1 or real ones, on request biases of -2 to
    2."""
    draw = np.random.default_rng(seed)
    graph = nx.random_regular_graph(degree, n, seed=seed)
    model = dimod.BinaryQuadraticModel("SPIN")
    for v in range(n):
        model.add_variable(v, int(draw.integers(-2, 3)) if biased else 0)
    for u, v in sorted(graph.edges):
        model.add_interaction(u, v, draw.normal() if real else int(draw.choice((-1, 1))))
    return model


def constant(program, rounds, beta=0.7):
    """So many rounds of the clock of ``program`` at ``beta``, or the chip's own where its hardware fixes it."""
    fixed = program.placement.fixed_beta
    return hwsim.constant(beta if fixed is None else fixed, rounds * program.clock.period * 1e-15)
