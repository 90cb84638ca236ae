"""hwsim against the plain simulation: each effect alone, and all pairs that a Program allows.

Compared are mean spins, products of two spins at a moment and across two, and the shares of states. The reads of one
schedule are one sample of hwsim's; each read of the plain simulation has a clock of its own. Limits are Bonferroni's
for all machines together. ``--plain-reads N`` takes other machines than the suite, and more reads of each.
"""

import itertools
import math

import numpy as np
import pytest
from plain import simulate
from plain_effects import EFFECTS, MOMENTS, NS, combinations, machine, seed_of
from plain_scores import Scores, limit
from scipy.stats import norm

import hwsim
from hwsim.errors import InputError
from hwsim.session import RunSettings, Session

READS, SCHEDULES = 1024, 32
MACHINES = combinations()
NUMBERS = 60 * len(MACHINES)
"""As many numbers as all machines have together, or some more."""

APART = {
    "p-dit": {"law", "synapse", "stuck", "white", "flicker", "source", "driven"},
    "synapse": {"driven"},
    "arrhenius": {"clock"},
    "low-barrier": {"clock"},
}
"""What a Program refuses to hold together: effects, and groups of others."""


def apart(names):
    """Whether a Program refuses these effects together."""
    return any(EFFECTS[b].group in APART.get(a, ()) for a, b in itertools.permutations(names, 2))


def numbers(states):
    """{name: float64 (reads,)}: what is compared, of states int8 (reads, moments, n)."""
    n = states.shape[2]
    early, middle, late = states.transpose(1, 2, 0).astype(np.float64)
    found = {}
    for moment, s in (("4", early), ("5", middle), ("8", late)):
        found |= {f"<s{i}>({moment})": s[i] for i in range(n)}
        found |= {f"<s{i} s{j}>({moment})": s[i] * s[j] for i, j in itertools.combinations(range(n), 2)}
    for moments, s, later in (("4, 5", early, middle), ("5, 8", middle, late)):
        found |= {f"<s{i} s{j}>({moments})": s[i] * later[j] for i in range(n) for j in range(n)}
    state = (1 << np.arange(n)) @ (late > 0)
    return found | {f"P(state {k})": (state == k).astype(np.float64) for k in range(1 << n)}


def compare(program, anneal, *, seed, reads, against=None):
    """The Scores of ``program``; ``against``: a Program that the plain simulation runs instead."""
    how = RunSettings(reads=reads, schedules=max(SCHEDULES, reads // 64), seed=seed, threads=1)
    with Session(program, how, anneal, end=anneal.end) as session:
        ours = np.stack([session.peek() for moment in MOMENTS if session.advance(int(moment))], axis=1)
    plain = simulate(against or program, anneal, reads=reads, moments=MOMENTS, seed=seed + 1)
    columns = [np.stack(list(numbers(states).values()), axis=1) for states in (ours, plain)]
    return Scores(numbers(plain), *columns, session.schedule)


@pytest.fixture
def reads(request):
    """How many reads of each machine, and which turn of machines: the suite's, or more."""
    more = request.config.getoption("--plain-reads")
    return (READS, 0) if more is None else (more, 1)


@pytest.mark.parametrize("effect", EFFECTS)
def test_it_agrees_with_the_plain_simulation_alone_and_beside_each_other_effect(effect, make_program, reads):
    """Beside those that follow it in the list, so that each pair has its turn once."""
    wrong, squares = [], []
    for names in MACHINES:
        if names[0] != effect or apart(names):
            continue
        program, anneal = machine(names, make_program, reads[1])
        found = compare(program, anneal, seed=seed_of(names, reads[1]), reads=reads[0])
        squares.append(found.square)
        if not found.agree(len(MACHINES), NUMBERS):
            wrong.append(f"{' and '.join(names)}: {found.worst()}")
    assert not wrong, "\n".join(wrong)
    assert abs(sum(squares)) < limit(len(EFFECTS)) * math.sqrt(len(squares))


@pytest.mark.parametrize("names", [names for names in MACHINES if apart(names)], ids=" and ".join)
def test_what_does_not_go_together_is_refused(names, make_program):
    with pytest.raises(InputError):
        machine(names, make_program)


@pytest.mark.parametrize(
    ("names", "change"),
    [
        (("delay",), {"delay": 0}),
        (("dac",), {"input_step": 0.0}),
        (("comparator",), {"comparator_step": 2.0**28}),
        (("white noise",), {"white": 0.0}),
        (("synchronous", "shared"), {"source_share": 1}),
        (("synapse",), {"synapse": 0.0}),
        (("anneal",), {"gain": 1.1}),
    ],
    ids=lambda value: " and ".join(value),
)
def test_another_machine_would_be_seen(names, change, make_program):
    """The wrong physics that must fail, at sixteen times the reads of the suite."""
    program, anneal = machine(names, make_program)
    spread = {k: np.full_like(v, change[k]) for k, v in _fields(program).items() if k in change and np.ndim(v)}
    found = compare(program, anneal, seed=1, reads=16 * READS, against=program.changed(**(change | spread)))
    assert not found.agree(len(MACHINES), NUMBERS)


def _fields(program):
    return {name: value for record in program.records for name, value in vars(record).items()}


# white noise before a step that is not linear, and beside words that are not independent: by quadrature


NORMAL = norm.ppf((np.arange(4000) + 0.5) / 4000)
"""Equally probable values of a standard normal."""


def up(x):
    return 0.5 * (1 + np.tanh(x))


def on_a_comparator(bits, x, noise):
    """<s>: P(+1) is rounded to the comparator's grid at each value of the noise."""
    return 2 * np.mean(np.floor(up(x + noise * NORMAL) * 2**bits + 0.5) / 2**bits) - 1


def on_one_source(noise):
    """<s0 s1> at input 0: both p-bits compare one number with thresholds of their own."""
    p = up(noise * NORMAL[2::4])
    return 1 - 2 * np.mean(np.abs(p[:, None] - p))


def on_a_register(x, noise):
    """Correlation of a p-bit with itself one update later: the number r becomes 2 r modulo 1."""
    p = up(x + noise * NORMAL[2::4])
    first, then = p[:, None], p / 2
    both = np.minimum(first, then) + np.clip(first - 0.5, 0, then)
    return (np.mean(both) - np.mean(p) ** 2) / (np.mean(p) - np.mean(p) ** 2)


KNOWN = {
    "one source, 0.352": ("pair", on_one_source(0.8), {"n": 2, "x": 0.0, "white": 0.8, "source_share": 2}),
    "one register, 0.1469": ("lag", on_a_register(0.5, 1.0), {"n": 1, "x": 0.5, "white": 1.0, "source": "lfsr32"}),
    "one bit, 0.381": (
        "mean",
        on_a_comparator(1, 0.5, 0.8),
        {"n": 1, "x": 0.5, "white": 0.8, "comparator_step": 2**31},
    ),
    "four bits, 0.8658": (
        "mean",
        on_a_comparator(4, 1.5, 0.5),
        {"n": 1, "x": 1.5, "white": 0.5, "comparator_step": 2**28},
    ),
}
"""What is measured, its value, and the p-bits."""


def measured(what, states):
    """Its value and standard error, of s int8 (reads, 2 moments, n) that a synchronous clock makes."""
    s = states.astype(np.float64)
    if what == "lag":
        centred = s[:, :, 0] - s[:, :, 0].mean()
        values = centred[:, 0] * centred[:, 1] / np.mean(centred**2)
    else:
        values = s[:, 1].prod(axis=1)
    return values.mean(), values.std() / math.sqrt(len(values))


def uncoupled(make_program, *, n, x, **changes):
    changes = {"source": "xoshiro128+"} | changes if "source_share" in changes else changes
    return make_program(np.zeros((n, n)), bias=np.full(n, -x), clock="synchronous", **changes)


@pytest.mark.parametrize("case", KNOWN)
def test_the_plain_simulation_has_the_known_values(case, make_program):
    what, exact, pbits = KNOWN[case]
    program = uncoupled(make_program, **pbits)
    states = simulate(program, hwsim.constant(1.0, "20 ns"), reads=40_000, moments=[19 * NS, 20 * NS], seed=3)
    mean, error = measured(what, states)
    assert abs(mean - exact) < 4 * error


@pytest.mark.parametrize("case", KNOWN)
def test_hwsim_has_the_known_values(case, make_program):
    what, exact, pbits = KNOWN[case]
    program, anneal = uncoupled(make_program, **pbits), hwsim.constant(1.0, "20 ns")
    how = RunSettings(reads=40_000, schedules=1, seed=3)  # a synchronous clock has but one
    with Session(program, how, anneal, end=anneal.end) as session:
        states = np.stack([session.peek() for k in (19, 20) if session.advance(k * NS)], axis=1)
    mean, error = measured(what, states)
    assert abs(mean - exact) < 4 * error
