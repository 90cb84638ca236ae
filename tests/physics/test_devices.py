"""Each device law against exact results; bands of 4 sigma."""

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.analysis.interval import standard_error

Z = 4.0
TAU_S = 10e-9
INPUTS = (0.0, 0.5, 1.0, -1.5)


def cells(inputs=INPUTS, **changes):
    """Uncoupled p-bits, at beta = 1 each with one of ``inputs`` as its input."""
    bqm = dimod.BinaryQuadraticModel(dict(enumerate(-x for x in inputs)), {}, "SPIN")
    return hwsim.compile(bqm, hwsim.chip("generic-all-to-all", **changes))


def settled(program, beta=1.0, time="200 ns", reads=16384, **options):
    return hwsim.run(
        program, anneal=hwsim.constant(beta, time), reads=reads, schedules=reads // 64, checkpoints=1, **options
    )


def near(values, schedule, expected):
    """Whether the mean of ``values`` (reads,) is the expected one, schedules taken as clusters."""
    return abs(values.mean() - expected) < Z * standard_error(values.astype(float), schedule)


def frustrated(n=6, seed=5):
    rng = np.random.default_rng(seed)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    couplings = {pair: float(rng.choice([-1, 1])) for pair in pairs if rng.random() < 0.7}
    return dimod.BinaryQuadraticModel({i: 0.5 * rng.choice([-1, 0, 1]) for i in range(n)}, couplings, "SPIN")


# --- telegraph: two dwell times tau exp(+-x)


TELEGRAPHS = {"smtj-inplane-ns": (2, 1.0), "low-barrier-magnet": (1, 0.5)}
"""Relaxation rate at no input, times tau, and the power of cosh x that it grows with."""


def telegraphs(pbit, inputs=INPUTS):
    return cells(inputs, pbit=pbit, tau="10 ns", input_limit=2.5)  # a low limit: fewer ticks to emulate


@pytest.mark.parametrize("pbit", TELEGRAPHS)
def test_a_telegraph_has_mean_tanh_of_its_input(pbit):
    run = settled(telegraphs(pbit), time="100 ns", reads=8192)
    for i, x in enumerate(INPUTS):
        assert near(run.states[:, i], run.schedule, np.tanh(x))


@pytest.mark.parametrize(("pbit", "law"), list(TELEGRAPHS.items()))
@pytest.mark.parametrize("time_s", [1e-9, 4e-9, 9e-9])
def test_a_telegraph_relaxes_at_its_rate(pbit, law, time_s):
    """From -1 the mean is m + (-1 - m) exp(-rate t): rate = (2 / tau) cosh x for two Arrhenius dwell times."""
    rate_at_zero, exponent = law
    start = -np.ones((8192, len(INPUTS)), dtype=np.int8)
    run = settled(telegraphs(pbit), time=time_s, reads=8192, initial_states=start)
    for i, x in enumerate(INPUTS):
        rate = rate_at_zero / TAU_S * np.cosh(x) ** exponent
        assert near(run.states[:, i], run.schedule, np.tanh(x) - (1 + np.tanh(x)) * np.exp(-rate * time_s))


def test_the_dwell_times_of_a_telegraph_are_exponential_with_their_means():
    x = 0.8
    run = hwsim.run(
        telegraphs("smtj-inplane-ns", [x]),
        anneal=hwsim.constant(1.0, "40 us"),
        reads=1,
        schedules=1,
        record=(0,),
        seed=2,
    )
    time, _, value = run.traces[0]
    flips = np.nonzero(np.diff(value))[0] + 1
    dwell, state = np.diff(time[flips]) * 1e-15, value[flips][:-1]
    for s in (1, -1):
        mine, mean = dwell[state == s], TAU_S * np.exp(s * x)
        n = len(mine)
        assert n > 1000
        assert abs(mine.mean() / mean - 1) < Z / np.sqrt(n)
        assert abs(mine.var() / mean**2 - 1) < Z * np.sqrt(8 / n)  # of an exponential law


@pytest.mark.parametrize("pbit", TELEGRAPHS)
def test_a_network_of_telegraphs_is_a_boltzmann_machine(pbit, distance, boltzmann):
    """A rate that depends on the state changes how long, not where: detailed balance holds cell by cell."""
    chip = hwsim.chip("generic-all-to-all", pbit=pbit, tau="10 ns", input_limit=2.5)
    program = hwsim.compile(frustrated(), chip)
    run = settled(program, beta=0.4, time="150 ns", reads=8192, seed=1)
    assert distance(run.states, boltzmann(program, 0.4)) < Z
    assert distance(run.states, boltzmann(program, 0.5)) > 8  # the control that must fail


# --- linear sigmoid, p-kit


def test_a_linear_sigmoid_is_linear_and_clipped():
    run = settled(cells([0.0, 0.3, -0.6, 2.0], pbit="wobblybits-cell", tau="10 ns"), reads=65536, time="150 ns")
    for i, p in enumerate((0.5, 0.5 + round(0.3 * 128) / 256, 0.5 - round(0.6 * 128) / 256, 255 / 256)):
        assert near(run.states[:, i] == 1, run.schedule, p)


def test_the_p_kit_rule_flips_at_its_own_rates():
    """A step flips +1 with probability 1 - exp(-r exp(-x)), -1 with 1 - exp(-r exp(x)): stationary share of +1."""
    program = cells(pbit="p-kit-rule")
    run = settled(program, time="200 ns")
    for i, x in enumerate(INPUTS):
        down, up = 1 - np.exp(-0.1667 * np.exp(-x)), 1 - np.exp(-0.1667 * np.exp(x))
        assert near(run.states[:, i] == 1, run.schedule, up / (up + down))


def test_two_p_kit_cells_follow_their_chain_of_four_states():
    """All cells step at once from the state before; the law is that of the 4 x 4 chain, not Boltzmann's."""
    bqm = dimod.BinaryQuadraticModel({0: -0.3, 1: 0.0}, {(0, 1): -1.0}, "SPIN")
    run = settled(
        hwsim.compile(bqm, hwsim.chip("generic-all-to-all", pbit="p-kit-rule", clock="synchronous")), reads=65536
    )
    states = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    chain = np.ones((4, 4))
    for a, s in enumerate(states):
        for b, t in enumerate(states):
            for i, x in enumerate((0.3 + s[1], s[0])):
                flip = 1 - np.exp(-0.1667 * np.exp(-s[i] * x))
                chain[a, b] *= flip if t[i] != s[i] else 1 - flip
    law = np.linalg.matrix_power(chain, 4096)[0]
    for s, p in zip(states, law, strict=True):
        assert near((run.states == s).all(axis=1), run.schedule, p)


# --- RC synapse


def pair_through_synapses(k: float, ratio: float, nodes: int) -> float:
    """<s1 s2> of two p-bits at beta J = k whose RC constant is ``ratio`` mean update intervals: the master equation.

    States (s1, s2) and filtered inputs F1, F2 in [-1, 1]: dF1/dt = (s2 - F1) / ratio between updates, and s1 is redrawn
    with P(+1) = (1 + tanh k F1) / 2 at rate one. The backward operator acts on smooth functions, so it is collocated at
    Chebyshev points, and its left null vector holds the stationary law's quadrature weights.
    """
    x = np.cos(np.pi * np.arange(nodes) / (nodes - 1))
    c = np.where((np.arange(nodes) == 0) | (np.arange(nodes) == nodes - 1), 2.0, 1.0) * (-1.0) ** np.arange(nodes)
    d = np.outer(c, 1 / c) / (x[:, None] - x[None, :] + np.eye(nodes))
    d -= np.diag(d.sum(axis=1))
    one, signs = np.eye(nodes), (1, -1)
    size = nodes * nodes
    operator = np.zeros((4 * size, 4 * size))
    states = [(a, b) for a in signs for b in signs]
    up = np.diag((1 + np.tanh(k * x)) / 2)
    for m, (s1, s2) in enumerate(states):
        here = slice(m * size, (m + 1) * size)
        operator[here, here] += np.kron(np.diag(s2 - x) @ d, one) / ratio  # F1 first, F2 second
        operator[here, here] += np.kron(one, np.diag(s1 - x) @ d) / ratio
        operator[here, here] -= 2 * np.eye(size)
        for t in signs:
            chance = up if t == 1 else one - up
            first, second = states.index((t, s2)), states.index((s1, t))
            operator[here, first * size : (first + 1) * size] += np.kron(chance, one)
            operator[here, second * size : (second + 1) * size] += np.kron(one, chance)
    system = np.vstack((operator.T, np.ones(4 * size)))
    weights = np.linalg.lstsq(system, np.append(np.zeros(4 * size), 1.0), rcond=None)[0]
    return float(sum(s1 * s2 * weights[m * size : (m + 1) * size].sum() for m, (s1, s2) in enumerate(states)))


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_rc_synapses_follow_the_master_equation_of_two_p_bits(ratio):
    """The mean is below tanh(1) = 0.762, as a delay's is: a neighbour acts on what it has heard so far."""
    expected = pair_through_synapses(1.0, ratio, 10)
    assert abs(expected - pair_through_synapses(1.0, ratio, 12)) < 1e-5 and expected < 0.75
    bqm = dimod.BinaryQuadraticModel({}, {(0, 1): -1.0}, "SPIN")
    program = hwsim.compile(bqm, hwsim.chip("generic-all-to-all", tau="1 ns", synapse_tau=ratio * 1e-9))
    run = settled(program, time="30 ns", reads=2**17)
    assert near(run.states[:, 0] * run.states[:, 1], run.schedule, expected)


# --- noise, stuck cells, drift


def test_white_noise_flattens_the_mean_response_and_is_fresh_at_every_update():
    """E tanh(x + noise), by Gauss-Hermite quadrature; two updates of one p-bit at fixed input are independent."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    run = settled(cells(tau="10 ns", noise_white=0.8))
    for i, x in enumerate(INPUTS):
        assert near(run.states[:, i], run.schedule, np.sum(weights * np.tanh(x + 0.8 * nodes)) / np.sqrt(2 * np.pi))


def test_flicker_noise_has_the_same_mean_response_and_remembers():
    """The mean over schedules is that of a normal input of the card's s.d., and successive updates go together."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    expected = np.sum(weights * np.tanh(0.5 + 0.8 * nodes)) / np.sqrt(2 * np.pi)
    run = hwsim.run(
        cells([0.5], tau="10 ns", noise_flicker=0.8),
        anneal=hwsim.constant(1.0, "100 ns"),
        reads=8192,
        schedules=4096,
        checkpoints=1,
    )
    value = run.states[:, 0].astype(float)
    assert near(value, run.schedule, expected)
    memory = []
    for change in ({"noise_flicker": 0.8}, {"noise_white": 0.8}):
        long = hwsim.run(
            cells([0.0], clock="synchronous", tau="10 ns", **change),
            anneal=hwsim.constant(1.0, "80 us"),
            reads=1,
            schedules=1,
            record=(0,),
        )
        blocks = long.traces[0][2].astype(float).reshape(-1, 50).mean(axis=1)
        memory.append(blocks.var(ddof=1) * 50)  # one for independent updates
    sigma = np.sqrt(2 / 159)
    assert abs(memory[1] - 1) < Z * sigma and memory[0] > 1 + 10 * sigma


def test_stuck_cells_never_change_and_bias_their_neighbours(boltzmann, distance):
    """The free cells follow the Boltzmann law of the problem with the stuck ones as constants."""
    problem = frustrated()
    chip = hwsim.chip("generic-all-to-all", tau="1 ns", stuck_fraction=0.4)
    seed = next(k for k in range(100) if 0 < np.count_nonzero(hwsim.compile(problem, chip, die_seed=k).cells.stuck) < 3)
    program = hwsim.compile(problem, chip, die_seed=seed)
    stuck = program.cells.stuck != 0
    run = settled(program, beta=0.5, time="60 ns", seed=3)
    assert (run.states[:, stuck] == program.cells.stuck[stuck]).all()
    law = boltzmann(program, 0.5)
    index = np.arange(len(law))
    for i in np.nonzero(stuck)[0]:
        law = np.where(((index >> i) & 1) == (program.cells.stuck[i] > 0), law, 0.0)
    assert distance(run.states, law / law.sum()) < Z


def test_the_share_of_stuck_cells_is_the_cards():
    from hwsim.chip.die import make_die

    n = 200_000
    die = make_die(hwsim.chip("generic-all-to-all", stuck_fraction=0.01), n, 1)
    for value in (-1, 1):
        assert abs(np.mean(die.stuck == value) - 0.005) < Z * np.sqrt(0.005 / n)


def test_a_warming_chip_is_a_boltzmann_machine_at_the_beta_it_has_drifted_to(boltzmann, distance):
    """A relative drift of 1e7 a second halves beta in 100 ns, slowly against an update interval of 0.2 ns."""
    program = hwsim.compile(frustrated(), hwsim.chip("generic-all-to-all", tau="0.2 ns", temperature_drift=1e7))
    run = settled(program, beta=0.8, time="100 ns", seed=5)
    assert distance(run.states, boltzmann(program, 0.4)) < Z
    assert distance(run.states, boltzmann(program, 0.8)) > 10


def test_free_running_jitter_is_the_s_d_of_one_period():
    program = cells([0.0], clock="free-running", tau="10 ns", jitter="0.4 ns")
    run = hwsim.run(program, anneal=hwsim.constant(1.0, "60 us"), reads=1, schedules=1, record=(0,))
    period = np.diff(run.traces[0][0]) * 1e-15
    n = len(period)
    assert abs(period.mean() - TAU_S) < Z * 0.4e-9 / np.sqrt(n)
    assert abs(period.std(ddof=1) / 0.4e-9 - 1) < Z / np.sqrt(2 * n)
