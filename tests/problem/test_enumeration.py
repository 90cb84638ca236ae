"""Every format against enumeration: random problems of up to 10 variables, written by hand, energies of all states.

The energies come from sums over the numbers of the file, written here without a reader; magnitudes are mixed.
"""

import itertools
import math

import dimod
import numpy as np
import pytest

from hwsim.problem.constrained import broken_clauses, broken_constraints
from hwsim.problem.read import read

SEEDS = range(6)


def drawn(seed, *, loops):
    """(n, {(i, j): value}) with i <= j, 0-based: whole numbers, decimals or mixed magnitudes."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 11))
    pairs = [(i, j) for i in range(n) for j in range(i + (not loops), n) if rng.random() < 0.6] or [(0, 1)]
    scale = [lambda: int(rng.integers(-9, 10)), lambda: float(rng.normal()), lambda: float(10 ** rng.uniform(-9, 9))]
    return n, {pair: scale[seed % 3]() for pair in pairs}


def states(n, values):
    return itertools.product(values, repeat=n)


def total(terms, state):
    return math.fsum(value * state[i] * (1 if i == j else state[j]) for (i, j), value in terms.items())


def close(found, wanted, terms):
    """Equal up to the rounding of a sum."""
    assert found == pytest.approx(wanted, rel=0, abs=1e-14 * (1 + len(terms)) * math.fsum(map(abs, terms.values())))


def check(problem, terms, n, values, *, energy, start=0):
    bqm = problem.bqm
    for state in states(n, values):
        sample = {v: state[v - start] for v in bqm.variables}
        close(bqm.energy(sample), energy(state), terms)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
@pytest.mark.parametrize("how", ["comment", "as"])
def test_coo(tmp_path, seed, vartype, how):
    n, terms = drawn(seed, loops=True)
    head = f"# vartype: {vartype}\n" if how == "comment" else ""
    (tmp_path / "a.coo").write_text(head + "".join(f"{i} {j} {value!r}\n" for (i, j), value in terms.items()))
    problem = read(tmp_path / "a.coo", as_=None if head else {"SPIN": "spin", "BINARY": "qubo"}[vartype])
    assert problem.bqm.vartype.name == vartype
    values = (-1, 1) if vartype == "SPIN" else (0, 1)
    check(problem, terms, n, values, energy=lambda state: total(terms, state))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("as_", [None, "max-cut", "spin", "qubo"])
def test_lists_with_a_header(tmp_path, seed, as_):
    n, terms = drawn(seed, loops=False)
    lines = "".join(f"{i + 1} {j + 1} {value!r}\n" for (i, j), value in terms.items())
    (tmp_path / "a.txt").write_text(f"{n} {len(terms)}\n{lines}")

    def cut(state):
        return -math.fsum(value for (i, j), value in terms.items() if state[i] != state[j])

    energy = cut if as_ in (None, "max-cut") else lambda state: total(terms, state)
    problem = read(tmp_path / "a.txt", as_=as_)
    assert problem.bqm.num_variables == n
    check(problem, terms, n, (0, 1) if as_ == "qubo" else (-1, 1), energy=energy, start=1)


@pytest.mark.parametrize("seed", SEEDS)
def test_qbsolv(tmp_path, seed):
    n, terms = drawn(seed, loops=True)
    diagonals = sum(i == j for i, j in terms)
    lines = "".join(f"{i} {j} {value!r}\n" for (i, j), value in terms.items())
    head = f"c offset : 0.75\nc scale : 0.5\np qubo 0 {n} {diagonals} {len(terms) - diagonals}\n"
    (tmp_path / "a.qubo").write_text(head + lines)
    check(
        read(tmp_path / "a.qubo"),
        terms | {(-1, -1): 0.75},
        n,
        (0, 1),
        energy=lambda state: 0.5 * (total(terms, state) + 0.75),
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("suffix", ["mtx", "npy"])
@pytest.mark.parametrize("as_", [None, "spin", "max-cut", "qubo"])
def test_matrices(tmp_path, seed, suffix, as_):
    n, terms = drawn(seed, loops=as_ == "qubo")
    if suffix == "mtx":
        lines = "".join(f"{j + 1} {i + 1} {value!r}\n" for (i, j), value in terms.items())
        head = "%%MatrixMarket matrix coordinate real symmetric\n"
        (tmp_path / "a.mtx").write_text(f"{head}{n} {n} {len(terms)}\n{lines}")
    else:
        matrix = np.zeros((n, n))
        for (i, j), value in terms.items():
            matrix[i, j] = matrix[j, i] = value
        np.save(tmp_path / "a.npy", matrix)

    def energy(state):
        if as_ == "max-cut":
            return -math.fsum(value for (i, j), value in terms.items() if state[i] != state[j])
        if as_ == "qubo":  # both triangles
            return total({(i, j): value * (1 if i == j else 2) for (i, j), value in terms.items()}, state)
        return total(terms, state)

    check(read(tmp_path / f"a.{suffix}", as_=as_), terms, n, (0, 1) if as_ == "qubo" else (-1, 1), energy=energy)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
def test_dimod_files(tmp_path, seed, vartype):
    n, terms = drawn(seed, loops=True)
    linear = {i: value for (i, j), value in terms.items() if i == j}
    quadratic = {key: value for key, value in terms.items() if key[0] != key[1]}
    with dimod.BinaryQuadraticModel(linear, quadratic, 0.1, vartype).to_file() as source:
        (tmp_path / "a.bqm").write_bytes(source.read())
    values = (-1, 1) if vartype == "SPIN" else (0, 1)
    check(read(tmp_path / "a.bqm"), terms | {(-1, -1): 0.1}, n, values, energy=lambda state: total(terms, state) + 0.1)


def formula(seed):
    """(n, [(weight or None, literals)]) with clauses of 1 to 4 literals."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 7))
    clauses = []
    for _ in range(6):
        size = int(rng.integers(1, min(n, 4) + 1))
        variables = rng.choice(n, size, replace=False) + 1
        weight = None if rng.random() < 0.3 else int(rng.integers(1, 10))
        clauses.append((weight, [int(v * s) for v, s in zip(variables, rng.choice([-1, 1], size), strict=True)]))
    return n, clauses


def broken(clauses, state):
    return [(w, c) for w, c in clauses if not any((x > 0) == (state[abs(x) - 1] > 0) for x in c)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dialect", ["classic", "modern", "cnf"])
def test_formulas(tmp_path, seed, dialect):
    n, clauses = formula(seed)
    if dialect == "cnf":
        clauses = [(1, clause) for _, clause in clauses]
    top = 2**60 + 1
    shown = {"classic": str(top), "modern": "h"}
    words = [
        " ".join(([] if dialect == "cnf" else [shown[dialect] if w is None else str(w)]) + [*map(str, clause), "0"])
        for w, clause in clauses
    ]
    head = {"classic": f"p wcnf {n} {len(clauses)} {top}\n", "modern": "", "cnf": f"p cnf {n} {len(clauses)}\n"}[
        dialect
    ]
    path = tmp_path / ("a.cnf" if dialect == "cnf" else "a.wcnf")
    path.write_text(head + "\n".join(words) + "\n")
    problem = read(path)
    least: dict[tuple, float] = {}
    for sample, energy in dimod.ExactSolver().sample(problem.bqm).data(["sample", "energy"]):
        key = tuple(sample.get(v, 0) for v in range(1, n + 1))
        least[key] = min(energy, least.get(key, math.inf))
    soft = sum(w for w, _ in clauses if w is not None)
    for state in states(n, (0, 1)):
        if dialect == "modern" and any(state[v - 1] for v in range(1, n + 1) if v not in problem.bqm.variables):
            continue
        wrong = broken(clauses, state)
        weight, hard = sum(w or 0 for w, _ in wrong), sum(w is None for w, _ in wrong)
        assert least[state] == weight + hard * (soft + 1)
    labels = list(range(1, n + 1))
    rows = np.array(list(states(n, (-1, 1))), dtype=np.int8)
    facts = broken_clauses(problem, labels, rows)
    found = [broken(clauses, row) for row in rows.tolist()]
    kept = [sum(w for w, _ in wrong) for wrong in found if all(w is not None for w, _ in wrong)]
    assert facts["hard_satisfied"] == len(kept) / len(rows)
    assert facts["best_soft_weight"] == min(kept, default=None)
    assert facts["satisfied"] == sum(not wrong for wrong in found) / len(rows)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("word", ["Maximise", "Minimize"])
def test_constrained_models(tmp_path, seed, word):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 7))
    cost = rng.integers(-9, 10, n).tolist()
    left, right = rng.integers(0, 5, n).tolist(), int(rng.integers(1, 8))
    names = [f"x{k}" for k in range(n)]

    def written(numbers):
        return " ".join(f"{number:+d} {name}" for number, name in zip(numbers, names, strict=True))

    (tmp_path / "a.lp").write_text(
        f"\\ seed {seed}\n{word} \\ the sense\n obj: {written(cost)} + 0.5\n"
        f"Subject To\n most: {written(left)} <= {right}\n some: {written([1] * n)} >= 1\n"
        f"Binary\n {' '.join(names)}\nEnd\n"
    )
    problem = read(tmp_path / "a.lp")
    chosen = [s for s in states(n, (0, 1)) if np.dot(left, s) <= right and sum(s) >= 1]
    values = [np.dot(cost, s) + 0.5 for s in chosen]
    best = max(values) if word == "Maximise" else min(values)
    assert problem.maximised == (word == "Maximise")
    solved = dimod.ExactSolver().sample(problem.bqm)
    assert solved.first.energy == pytest.approx(-best if problem.maximised else best)
    labels = list(problem.bqm.variables)
    rows = np.where(solved.record.sample[:, [list(solved.variables).index(v) for v in labels]] > 0, 1, -1).astype(
        np.int8
    )
    facts = broken_constraints(problem, labels, rows)
    assert facts["best_objective"] == pytest.approx(best)
    assert facts["feasible"] == pytest.approx(len(chosen) / 2**n)
