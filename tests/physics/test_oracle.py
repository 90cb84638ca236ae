"""Brute force: random problems in every format against enumeration in whole numbers.

Numbers are thousandths, so that the oracle counts in int64 without rounding: least energy, success, violated
constraints and marginals are right or wrong, not near.
"""

import itertools
from dataclasses import replace

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact_energy import exact_energy
from hwsim.experiment.answers import answers

N = 10
BINARY, SPIN = (0, 1), (-1, 1)


def every(n, values):
    return np.array(list(itertools.product(values, repeat=n)), dtype=np.int64)


def thousandths(draw, mixed):
    """A whole number of thousandths: of ordinary size, or of six orders of magnitude."""
    size = int(draw.choice([1, 1000, 1_000_000])) if mixed else 1000
    return int(draw.integers(-9, 10)) * size


def text(value):
    """A decimal that means exactly ``value`` thousandths."""
    return f"{'-' if value < 0 else ''}{abs(value) // 1000}.{abs(value) % 1000:03d}"


class Asked:
    """linear, quadratic, offset : thousandths, over ``values`` of N variables"""

    def __init__(self, seed, values, *, fields=True, mixed=False, offset=0, whole=False):
        draw = np.random.default_rng(seed)
        number = (lambda: 1000 * int(draw.integers(-4, 5))) if whole else (lambda: thousandths(draw, mixed))
        self.values, self.offset = values, offset
        self.linear = [number() if fields else 0 for _ in range(N)]
        pairs = [pair for pair in itertools.combinations(range(N), 2) if draw.random() < 0.5]
        self.quadratic = {pair: number() or 1000 for pair in pairs}

    def energies(self, states):
        total = np.full(len(states), self.offset, dtype=np.int64) + states @ np.array(self.linear)
        for (i, j), value in self.quadratic.items():
            total += value * states[:, i] * states[:, j]
        return total

    @property
    def bqm(self):
        vartype = "SPIN" if self.values == SPIN else "BINARY"
        linear = {i: value / 1000 for i, value in enumerate(self.linear)}
        quadratic = {pair: value / 1000 for pair, value in self.quadratic.items()}
        return dimod.BinaryQuadraticModel(linear, quadratic, self.offset / 1000, vartype)


def coo(asked, folder):
    head = f"# vartype={asked.bqm.vartype.name}"
    lines = [f"{i} {i} {text(value)}" for i, value in enumerate(asked.linear)]
    lines += [f"{i} {j} {text(value)}" for (i, j), value in asked.quadratic.items()]
    (folder / "p.coo").write_text("\n".join([head, *lines]) + "\n")
    return folder / "p.coo"


def qubo(asked, folder):
    lines = [f"{i} {i} {text(value)}" for i, value in enumerate(asked.linear)]
    lines += [f"{i} {j} {text(value)}" for (i, j), value in asked.quadratic.items()]
    head = f"p qubo 0 {N} {N} {len(asked.quadratic)}"
    (folder / "p.qubo").write_text("\n".join([head, *lines]) + "\n")
    return folder / "p.qubo"


def dimod_file(asked, folder):
    with asked.bqm.to_file() as file:
        (folder / "p.bqm").write_bytes(file.read())
    return folder / "p.bqm"


def dense(asked, folder):
    matrix = np.zeros((N, N))
    for (i, j), value in asked.quadratic.items():
        matrix[i, j] = matrix[j, i] = value / 1000
    np.save(folder / "p.npy", matrix)
    return folder / "p.npy"


def market(asked, folder):
    lines = [f"{j + 1} {i + 1} {text(value)}" for (i, j), value in asked.quadratic.items()]
    head = ["%%MatrixMarket matrix coordinate real symmetric", f"{N} {N} {len(lines)}"]
    (folder / "p.mtx").write_text("\n".join([*head, *lines]) + "\n")
    return folder / "p.mtx"


CASES = {
    "coo of spins": (coo, {"values": SPIN}),
    "coo of bits": (coo, {"values": BINARY, "mixed": True}),
    "qubo": (qubo, {"values": BINARY}),
    "qubo of mixed size": (qubo, {"values": BINARY, "mixed": True}),
    "dimod spins": (dimod_file, {"values": SPIN, "offset": 123_456_789, "mixed": True}),
    "dimod bits": (dimod_file, {"values": BINARY, "offset": -100}),
    "dimod whole bits": (dimod_file, {"values": BINARY, "offset": 3000, "whole": True}),
    "matrix": (dense, {"values": SPIN, "fields": False}),
    "matrix market": (market, {"values": SPIN, "fields": False, "mixed": True}),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_energies_ground_state_and_success_are_those_of_enumeration(name, seed, tmp_path):
    write, how = CASES[name]
    asked = Asked(seed, **how)
    problem = hwsim.read(write(asked, tmp_path))
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    order = [int(v) for v in problem.bqm.variables]
    states = every(N, asked.values)
    exact = asked.energies(states)
    spins = np.where(states[:, order] > 0, 1, -1).astype(np.int8)
    energies = program.energies(spins)
    assert np.max(np.abs(energies - exact / 1000)) <= program.rounding
    target = exact_energy(problem)
    assert abs(target - exact.min() / 1000) <= program.rounding
    for wanted in (target, exact.min() / 1000):
        np.testing.assert_array_equal(program.reached(energies, wanted), exact == exact.min())
    levels = np.unique(exact)[:40]
    for level in levels:
        np.testing.assert_array_equal(program.reached(energies, level / 1000), exact <= level)


@pytest.mark.parametrize("name", ["coo of spins", "dimod bits", "dimod whole bits", "matrix"])
def test_marginals_are_those_of_enumeration(name, tmp_path):
    write, how = CASES[name]
    asked = Asked(5, **how)
    problem = hwsim.read(write(asked, tmp_path))
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    order = [int(v) for v in problem.bqm.variables]
    states, beta, reads = every(N, asked.values), 0.08, 8192
    law = np.exp(-beta * (asked.energies(states) - asked.energies(states).min()) / 1000)
    law /= law.sum()
    signs = np.where(states[:, order] > 0, 1.0, -1.0)
    mean = law @ signs
    run = hwsim.run(program, anneal=hwsim.constant(beta, "200 ns"), reads=reads, schedules=64, seed=7, checkpoints=1)
    error = np.sqrt((1 - mean**2) / reads)
    assert np.max(np.abs(run.states.mean(axis=0) - mean) / error) < 4.5  # ten numbers in four cases
    pairs = law @ (signs[:, :1] * signs)
    found = np.mean(run.states[:, :1] * run.states, axis=0)
    assert np.max(np.abs(found - pairs)[1:] / np.sqrt((1 - pairs[1:] ** 2) / reads)) < 4.5


def run_of(problem, states):
    """(program, run): a run of ``problem`` whose reads are ``states``."""
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    run = hwsim.run(
        program, anneal=hwsim.constant(0.1, "5 ns"), reads=len(states), initial_states=states, checkpoints=1
    )
    return program, replace(run, states=states, energies=program.energies(states))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("maximise", [False, True])
def test_constraints_of_lp_files_are_kept_or_broken_as_in_enumeration(seed, maximise, tmp_path):
    draw = np.random.default_rng(seed)
    names = [f"x{i}" for i in range(7)]
    cost = [thousandths(draw, True) or 1000 for _ in names]
    count = int(draw.integers(2, 5))
    odd, rest = [names[k] for k in range(0, 7, 2)], names
    lines = [
        "Maximize" if maximise else "Minimize",
        " obj: " + " ".join(f"{text_signed(c)} {v}" for c, v in zip(cost, names, strict=True)),
    ]
    lines += [
        "Subject To",
        f" all: {' + '.join(rest)} = {count}",
        f" odd: {' + '.join(odd)} <= 2",
        "Binary",
        " " + " ".join(names),
        "End",
    ]
    (tmp_path / "p.lp").write_text("\n".join(lines) + "\n")
    problem = hwsim.read(tmp_path / "p.lp")
    n = problem.bqm.num_variables
    labels = list(problem.bqm.variables)
    bits = every(n, BINARY)
    own = bits[:, [labels.index(v) for v in names]]
    broken = (own.sum(axis=1) != count).astype(int) + (own[:, ::2].sum(axis=1) > 2)
    value = own @ np.array(cost)
    program, run = run_of(problem, (2 * bits - 1).astype(np.int8))
    found = answers(problem, run)["constraints"]
    assert found["feasible"] == np.mean(broken == 0)
    assert dict(found["constraints"]) == {
        "all": np.mean(own.sum(axis=1) != count),
        "odd": np.mean(own[:, ::2].sum(axis=1) > 2),
    }
    best = value[broken == 0].max() if maximise else value[broken == 0].min()
    assert found["best_objective"] == pytest.approx(best / 1000, rel=1e-15)
    sign = -1 if maximise else 1
    target = exact_energy(problem)
    assert abs(target - sign * best / 1000) <= program.rounding
    success = program.reached(run.energies, sign * best / 1000)
    assert success.any() and set(map(tuple, own[success])) == set(map(tuple, own[(broken == 0) & (value == best)]))


def text_signed(value):
    return f"{'-' if value < 0 else '+'} {text(abs(value))}"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_clauses_are_counted_as_in_enumeration(seed, tmp_path):
    draw = np.random.default_rng(seed)
    clauses = []
    for _ in range(9):
        variables = draw.choice(6, int(draw.integers(1, 4)), replace=False) + 1
        clauses.append([int(v) * int(draw.choice([-1, 1])) for v in variables])
    lines = [" ".join(map(str, [*clause, 0])) for clause in clauses]
    (tmp_path / "p.cnf").write_text("\n".join(["p cnf 6 9", *lines]) + "\n")
    problem = hwsim.read(tmp_path / "p.cnf")
    labels = list(problem.bqm.variables)
    bits = every(len(labels), BINARY)
    own = bits[:, [labels.index(v) for v in range(1, 7)]]
    broken = np.array([sum(not any((row[abs(x) - 1] > 0) == (x > 0) for x in c) for c in clauses) for row in own])
    program, run = run_of(problem, (2 * bits - 1).astype(np.int8))
    found = answers(problem, run)["clauses"]
    assert found["fewest_broken"] == broken.min() and found["mean_broken"] == pytest.approx(broken.mean(), rel=1e-15)
    assert found["satisfied"] == np.mean(broken == 0)
    assert exact_energy(problem) == broken.min()
    success = program.reached(run.energies, broken.min())
    assert set(map(tuple, own[success])) == set(map(tuple, own[broken == broken.min()]))


@pytest.mark.parametrize("large", [1, 10**6, 2**40])
@pytest.mark.parametrize("seed", [1, 2])
def test_hard_clauses_outweigh_soft_ones_as_in_enumeration(seed, large, tmp_path):
    draw = np.random.default_rng(seed)
    clauses = []
    for k in range(10):
        variables = draw.choice(6, int(draw.integers(1, 4)), replace=False) + 1
        weight = None if k < 3 else int(draw.integers(1, 9)) * (large if k < 6 else 1)
        clauses.append((weight, [int(v) * int(draw.choice([-1, 1])) for v in variables]))
    lines = [" ".join(map(str, ["h" if weight is None else weight, *clause, 0])) for weight, clause in clauses]
    (tmp_path / "p.wcnf").write_text("\n".join(lines) + "\n")
    problem = hwsim.read(tmp_path / "p.wcnf")
    labels = list(problem.bqm.variables)
    bits = every(len(labels), BINARY)
    own = bits[:, [labels.index(v) for v in range(1, 7)]]

    def broken(clause):
        return ~np.any([(own[:, abs(x) - 1] > 0) == (x > 0) for x in clause], axis=0)

    hard = np.sum([broken(clause) for weight, clause in clauses if weight is None], axis=0)
    soft = np.sum([weight * broken(clause) for weight, clause in clauses if weight is not None], axis=0)
    least = soft[hard == 0].min()
    program, run = run_of(problem, (2 * bits - 1).astype(np.int8))
    found = answers(problem, run)["clauses"]
    assert found["hard_satisfied"] == np.mean(hard == 0) and found["best_soft_weight"] == least
    assert exact_energy(problem) == least
    success = program.reached(run.energies, least)
    assert set(map(tuple, own[success])) == set(map(tuple, own[(hard == 0) & (soft == least)]))


@pytest.mark.parametrize("seed", [1, 2])
def test_cuts_are_those_of_enumeration(seed, tmp_path):
    draw = np.random.default_rng(seed)
    edges = {
        pair: thousandths(draw, False) or 1000 for pair in itertools.combinations(range(N), 2) if draw.random() < 0.5
    }
    lines = [f"{i + 1} {j + 1} {text(w)}" for (i, j), w in edges.items()]
    (tmp_path / "p.txt").write_text("\n".join([f"{N} {len(edges)}", *lines]) + "\n")
    problem = hwsim.read(tmp_path / "p.txt")
    states = every(N, SPIN)
    cut = sum(w * (states[:, i] != states[:, j]) for (i, j), w in edges.items())
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    energies = program.energies(states.astype(np.int8))
    assert np.max(np.abs(energies + cut / 1000)) <= program.rounding
    target = exact_energy(problem)
    np.testing.assert_array_equal(program.reached(energies, target), cut == cut.max())
    np.testing.assert_array_equal(program.reached(energies, -cut.max() / 1000), cut == cut.max())
