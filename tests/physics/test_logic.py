"""Invertible logic on emulated p-bits: any direction, and the clock matters."""

import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact_laws import boltzmann_law, energies
from hwsim.analysis.interval import wilson
from hwsim.problem.logic import Circuit, clamped, words_of
from hwsim.problem.problem import Problem

READS = 16384


def full_adder():
    made = Circuit({"in": ["a", "b", "d"], "sum": ["s", "c"], "a": ["a"], "s": ["s"]})
    made.add("full-adder", a="a", b="b", d="d", s="s", c="c")
    return made


@pytest.mark.parametrize("clamps", [{"in": 5}, {"sum": 2}, {"a": 1, "s": 0}], ids=["forwards", "backwards", "sideways"])
def test_a_full_adder_runs_in_every_direction(clamps, distance):
    circuit, beta = full_adder(), 0.8
    program = hwsim.compile(clamped(circuit, clamps), hwsim.chip("generic-all-to-all", tau="1 ns"))
    run = hwsim.run(program, anneal=hwsim.constant(beta, "60 ns"), reads=READS, schedules=READS // 64, checkpoints=1)
    assert distance(run.states, boltzmann_law(energies(*program.problem_network), beta)) < 4
    cold = hwsim.run(program, anneal=hwsim.linear(0.1, 4.0, "400 ns"), reads=1024, schedules=16, checkpoints=1)
    found = words_of(circuit, program.readout.names, cold.variables, clamps)
    valid = [(words, count) for words, count, is_valid in found if is_valid]
    assert sum(count for _, count in valid) > 0.99 * 1024
    for words, _ in valid:
        assert words["sum"] == bin(words["in"]).count("1")
    expected = {"in": 1, "sum": 3, "a": 2}[
        next(iter(clamps))
    ]  # 5 -> 2; 2 <- 3, 5, 6; a = 1, s = 0 <- b, d = 0, 1 or 1, 0
    assert len(valid) == expected


def success(text, clock, time):
    problem: Problem = hwsim.read(text)
    chip = hwsim.chip("generic-all-to-all", clock=clock, tau="1 ns")
    run = hwsim.run(hwsim.compile(problem, chip), anneal=hwsim.linear(0.1, 3.0, time), reads=512, schedules=8)
    hits = run.energies <= problem.known_energy + 1e-9
    labels = run.program.readout.names
    for words, _, valid in words_of(problem.circuit, labels, run.variables[hits], problem.clamps):
        assert valid and words["a"] * words["b"] == words["p"] == problem.clamps["p"]
    return int(hits.sum())


@pytest.mark.parametrize(
    ("text", "time", "least"), [("multiplier:n=3,m=3,p=35", "1 us", 0.3), ("multiplier:n=4,m=4,p=143", "4 us", 0.05)]
)
def test_a_clamped_multiplier_factors_without_a_common_tick_and_not_with_it(text, time, least):
    """35 = 5 x 7 and 143 = 11 x 13; with every p-bit at every tick the network oscillates instead."""
    hits = {clock: success(text, clock, time) for clock in ("poisson", "chromatic", "synchronous")}
    for clock in ("poisson", "chromatic"):
        assert wilson(hits[clock], 512)[0] > least
    assert wilson(hits["synchronous"], 512)[1] < wilson(hits["poisson"], 512)[0]


def test_a_prime_has_no_factors_on_record():
    assert hwsim.read("multiplier:n=3,m=3,p=37").known_energy is None
    assert hwsim.read("multiplier:n=3,m=3,p=35").known_energy is not None
    assert hwsim.read("adder:n=3,s=14").known_is_exact


def test_the_numbers_of_a_read_are_those_of_its_states():
    problem = hwsim.read("adder:n=2,a=1,b=2")
    run = hwsim.run(
        hwsim.compile(problem, hwsim.chip("generic-all-to-all", tau="1 ns")),
        anneal=hwsim.linear(0.1, 4, "400 ns"),
        reads=64,
    )
    (best, *_) = words_of(problem.circuit, run.program.readout.names, run.variables, problem.clamps)
    assert best[0] == {"a": 1, "b": 2, "s": 3} and best[2]
    assert np.all(run.energies >= problem.known_energy)
