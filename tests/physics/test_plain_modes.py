"""hwsim's continuous cells against the plain simulation: faults alone and in pairs, on three kinds of machine; cells in
potentials. Compared are means, second moments, those across two moments, and a share."""

import itertools
import math
import zlib

import numpy as np
import pytest
from plain_modes import simulate_cells, simulate_potential
from plain_scores import Scores, limit

from hwsim.thermo.machine import device, modes
from hwsim.thermo.potential import double_well, expression, overdamped, quadratic, stable_step, underdamped
from hwsim.thermo.run import run

US = 1e-6
LOOK = 0.5 * US
LOOKS = (1, 2, 5)
"""Moments, in looks."""
READS, EACH = 1024, 32
"""Reads in all, and of each die."""

KINDS = {
    "generic-overdamped": {},
    "generic-rlc": {"inductance": "100 uH"},
    "normal-cn101": {"tau": "1 us", "step": "0.05 us"},
}
FAULTS = {
    "matrix": {"matrix_bits": 4},
    "components": {"component_dtod": 0.2},
    "noise": {"noise_dtod": 0.6},
    "bandwidth": {"noise_bandwidth": "0.4 MHz"},
    "readout": {"adc_bits": 3, "adc_range": 1.5},
    "spacing": {"spacing": 0.5},
}
"""In units of a reading; a resonator's are a tenth as large."""
NOT_OF_KIND = {"generic-overdamped": {"spacing"}, "generic-rlc": {"spacing"}, "normal-cn101": {"noise", "bandwidth"}}


def machines():
    """(card, faults): none, each and each pair."""
    for card in KINDS:
        faults = [fault for fault in FAULTS if fault not in NOT_OF_KIND[card]]
        for size in (0, 1, 2):
            yield from ((card, chosen) for chosen in itertools.combinations(faults, size))


MACHINES = list(machines())
NUMBERS = 60 * len(MACHINES)


def seed_of(*names):
    return zlib.crc32(repr(names).encode())


def numbers(x):
    """{name: float64 (replicas,)} of readings float64 (replicas, moments, d)."""
    _, moments, d = x.shape
    found = {f"<x{i}>({k})": x[:, k, i] for k in range(moments) for i in range(d)}
    for k, later in itertools.combinations_with_replacement(range(moments), 2):
        pairs = (
            itertools.combinations_with_replacement(range(d), 2)
            if k == later
            else itertools.product(range(d), range(d))
        )
        found |= {f"<x{i} x{j}>({k}, {later})": x[:, k, i] * x[:, later, j] for i, j in pairs}
    return found | {f"P(x{i} > 0)": (x[:, -1, i] > 0).astype(np.float64) for i in range(d)}


def scores(ours, plain, group):
    return Scores(numbers(plain), *(np.stack(list(numbers(x).values()), axis=1) for x in (ours, plain)), group)


def machine_of(card, faults, reads):
    """The machine, and a problem for it, another one for other ``reads``."""
    rng = np.random.default_rng(seed_of(card, faults, reads))
    pairs = np.triu(rng.uniform(-0.35, -0.1, (3, 3)), 1) * (1 if card == "generic-rlc" else rng.choice([-1, 1], (3, 3)))
    A = pairs + pairs.T + np.diag(rng.uniform(1.5, 2.2, 3))
    given = dict(KINDS[card])
    for fault in faults:
        given |= FAULTS[fault]
    if card == "generic-rlc" and "adc_range" in given:
        given["adc_range"] = 0.1 * given["adc_range"]
    return modes(card, **given), A, np.zeros(3) if card == "generic-rlc" else rng.uniform(-1, 1, 3)


@pytest.fixture
def reads(request):
    return request.config.getoption("--plain-reads") or READS


def _finer(reads):
    """By how much steps are finer where there are more reads to show what a step spoils."""
    return max(1, math.isqrt(4 * reads // READS) // 2)


def compare(card, faults, reads, *, each=EACH, against=None):
    machine, A, b = machine_of(card, faults, reads)
    seed, dies = seed_of(card, faults, reads), reads // each
    runs = [
        run(
            device(machine, A, b, die_seed=die),
            time_s=LOOKS[-1] * LOOK,
            interval_s=LOOK,
            replicas=each,
            seed=seed + die,
        ).values[list(LOOKS)]
        for die in range(dies)
    ]
    ours = np.concatenate(runs, axis=1).transpose(1, 0, 2)
    plain = simulate_cells(
        against or machine,
        A,
        b,
        replicas=each * dies,
        moments_s=np.array(LOOKS) * LOOK,
        step_s=LOOK / (100 * _finer(reads)),
        seed=seed + dies,
    )
    return scores(ours, plain, np.repeat(np.arange(dies), each))


@pytest.mark.parametrize("card", KINDS)
def test_machines_agree_with_the_plain_simulation_under_each_fault_and_each_pair(card, reads):
    wrong, squares = [], []
    for faults in (faults for name, faults in MACHINES if name == card):
        found = compare(card, faults, reads)
        squares.append(found.square)
        if not found.agree(len(MACHINES), NUMBERS):
            wrong.append(f"{' and '.join(faults) or 'no fault'}: {found.worst()}")
    assert not wrong, "\n".join(wrong)
    assert abs(sum(squares)) < limit(len(KINDS)) * math.sqrt(len(squares))


@pytest.mark.parametrize("fault", ["bandwidth", "readout"])
def test_a_machine_without_its_fault_would_be_seen(fault):
    """The wrong physics that must fail, at four times the reads of the suite."""
    ideal = machine_of("generic-overdamped", (), READS)[0]
    found = compare("generic-overdamped", (fault,), 4 * READS, each=4 * EACH, against=ideal)
    assert not found.agree(len(MACHINES), NUMBERS)


# cells in potentials

POTENTIALS = {
    "a bowl": (quadratic(1.5, 0.3), lambda x: 1.5 * (x - 0.3)),
    "wells": (double_well(1.2), lambda x: 4.8 * x * (x**2 - 1)),
    "high wells": (double_well(4.0), lambda x: 16 * x * (x**2 - 1)),
    "a tilted quartic": (expression("x**4/4 - x**2/2 + 0.3*x"), lambda x: x**3 - x + 0.3),
    "a washboard": (expression("x**2/2 + cos(2*x)"), lambda x: x - 2 * np.sin(2 * x)),
}
"""Each with its slope, by hand."""
WAYS = ["leimkuhler-matthews", "euler", "underdamped", "run"]
START, BETA, LAST = -0.8, 1.3, 2.5 * US
FRICTION = {"mass": 1e-12, "relax_s": 0.6 * US}
"""A mass of 1 in microseconds."""


def seen_looks(move):
    """float64 (replicas, looks): what ``move`` shows to an observer."""
    frames = []
    move(lambda time_s, x, *rest: frames.append((time_s, np.array(x))))
    by_time = [next(x for time_s, x in frames if abs(time_s - k * LOOK) < 1e-3 * LOOK) for k in LOOKS]
    return np.stack(by_time, axis=1)


def hwsim_cells(way, potential, replicas, seed, finer):
    """Positions (replicas, looks) of hwsim's cells, in steps that divide a look and are ``finer`` than half the largest
    that it calls stable."""
    many = finer * math.ceil(LOOK / (0.5 * stable_step(potential, beta=BETA, tau_s=US, start=START)))
    how = {"beta": BETA, "time_s": LAST, "step_s": LOOK / many, "replicas": replicas, "seed": seed, "start": START}
    if way == "run":
        return run(potential, **how, interval_s=LOOK).values[list(LOOKS), :, 0].T
    if way == "underdamped":
        return seen_looks(lambda see: underdamped(potential, **FRICTION, **how, observe=see, every=many))
    return seen_looks(lambda see: overdamped(potential, tau_s=US, method=way, **how, observe=see, every=many))


def powers(x):
    """{name: float64 (replicas,)} of positions float64 (replicas, looks)."""
    found = {f"<x^{power}>({k})": x[:, k] ** power for k in range(len(LOOKS)) for power in (1, 2, 3)}
    found |= {f"<x x>({k}, {j})": x[:, k] * x[:, j] for k, j in itertools.combinations(range(len(LOOKS)), 2)}
    return found | {f"P(x > {edge})": (x[:, -1] > edge).astype(np.float64) for edge in (-0.5, 0.0, 0.5)}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", POTENTIALS)
def test_cells_in_a_potential_agree_with_the_plain_simulation(name, way, reads):
    potential, slope = POTENTIALS[name]
    seed, replicas = seed_of(name, way, reads), 2 * reads
    ours = hwsim_cells(way, potential, replicas, seed, _finer(reads))
    medium = FRICTION if way == "underdamped" else {"tau_s": US}
    plain = simulate_potential(
        slope,
        **medium,
        beta=BETA,
        start=START,
        replicas=replicas,
        moments_s=np.array(LOOKS) * LOOK,
        step_s=LOOK / (500 * _finer(reads)),
        seed=seed + 1,
    )
    columns = [np.stack(list(powers(x).values()), axis=1) for x in (ours, plain)]
    found = Scores(powers(plain), *columns, np.arange(replicas))
    assert found.agree(len(WAYS) * len(POTENTIALS), 15 * len(WAYS) * len(POTENTIALS)), found.worst()


def test_a_run_chooses_a_step_that_the_potential_bears():
    """Barrier 4, looks 0.5 us apart: <x> 8 us after -1."""
    potential, slope = POTENTIALS["high wells"]
    end = 8 * US
    ours = run(potential, time_s=end, interval_s=LOOK, replicas=16384, seed=1, start=-1.0).values[-1, :, 0]
    plain = simulate_potential(
        slope, beta=1.0, start=-1.0, replicas=4096, moments_s=[end], step_s=1e-3 * US, seed=2, tau_s=US
    )
    assert abs(ours.mean() - plain.mean()) < 4 * math.hypot(ours.std() / 128, plain.std() / 64)
