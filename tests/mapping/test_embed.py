"""Embedding: a problem whose graph is not the chip's still has its own law and its own ground state."""

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact_laws import boltzmann_law, state_index
from hwsim.analysis.exact_laws import energies as enumerate_energies
from hwsim.errors import DoesNotFitError, InputError
from hwsim.program import content_hash, load, save

pytest.importorskip("minorminer")
KING = {"rows": 8, "columns": 8, "weight_bits": 12}


def king(**changes):
    return hwsim.chip("hitachi-king", **KING | changes)


def dense(n=8, seed=1):
    rng = np.random.default_rng(seed)
    bqm = dimod.BinaryQuadraticModel({f"x{i}": 0.5 * rng.choice([-1, 0, 1]) for i in range(n)}, {}, "SPIN")
    bqm.add_quadratic_from({(f"x{i}", f"x{j}"): rng.choice([-1.0, 1.0]) for i in range(n) for j in range(i)})
    bqm.offset = 3.0
    return bqm


def ground(bqm):
    return float(dimod.ExactSolver().sample(bqm).first.energy)


def test_the_ground_state_of_the_embedded_problem_is_the_problems_own():
    bqm = dense()
    program = hwsim.compile(bqm, king())
    assert program.n_variables == 8 < program.n_pbits
    run = hwsim.run(program, anneal=hwsim.geometric(0.05, 4.0, "400 us"), reads=128, seed=1)
    assert run.energies.min() == pytest.approx(ground(bqm))
    assert np.allclose(run.sampleset.record.energy, bqm.energies(run.sampleset))
    assert set(run.sampleset.variables) == set(bqm.variables)
    assert "chain_break_fraction" in run.sampleset.record.dtype.names


def test_with_strong_chains_the_law_is_the_problems():
    """At equal p-bits a chain that never breaks leaves the Boltzmann law as it is; broken reads are few here."""
    bqm = dense(4)
    program = hwsim.compile(bqm, king(clock="poisson", tau="1 ns"), chain_strength=6.0)
    run = hwsim.run(program, anneal=hwsim.linear(0.0, 0.5, "4 us"), reads=8192, schedules=128, checkpoints=1)
    law = boltzmann_law(enumerate_energies(*program.problem_network), 0.5)
    frequency = np.bincount(state_index(run.variables), minlength=16) / 8192
    assert np.abs(frequency - law).sum() / 2 < 0.05
    assert program.readout.broken(run.states).mean() < 0.05


def test_weak_chains_break_more_often_than_strong_ones():
    rates = []
    for strength in (0.3, 3.0):
        program = hwsim.compile(dense(), king(), chain_strength=strength)
        run = hwsim.run(program, anneal=hwsim.constant(1.0, "200 us"), reads=256)
        rates.append(program.readout.broken(run.states).mean())
    assert rates[0] > 0.1 > rates[1]


def test_an_embedding_of_ones_own_shares_biases_and_couplings():
    """A triangle on a square grid of 2 x 2: spin b on two p-bits, in a chain."""
    bqm = dimod.BinaryQuadraticModel(
        {"a": 0.0, "b": 1.0, "c": 0.0}, {("a", "b"): 1.0, ("b", "c"): -1.0, ("a", "c"): 0.5}, "SPIN"
    )
    chip = hwsim.chip("kv260-fabric", rows=3, columns=3, without=["weight-quantisation"])
    program = hwsim.compile(bqm, chip, embedding={"a": [0], "b": [1, 4], "c": [3]}, chain_strength=2.0)
    n = program.n_pbits
    matrix = np.zeros((n, n))
    matrix[program.network.rows, program.network.indices] = program.network.weight
    expected = np.zeros((4, 4))  # p-bits 0, 1, 3, 4
    for i, j, w in ((0, 1, 1.0), (0, 2, 0.5), (2, 3, -1.0), (1, 3, -2.0)):
        expected[i, j] = expected[j, i] = w
    assert np.array_equal(matrix, expected)
    assert program.network.bias.tolist() == [0.0, 0.5, 0.0, 0.5]
    states = np.array([[1, 1, -1, 1], [1, 1, -1, -1], [1, -1, -1, 1]], dtype=np.int8)
    b = list(bqm.variables).index("b")
    assert program.readout.vote(states)[:, b].tolist() == [1, 1, -1]  # ties: the first
    assert program.readout.broken(states).sum(axis=1).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("embedding", "said"),
    [
        ({"a": [0], "b": [1]}, "no p-bits for 'c'"),
        ({"a": [0], "b": [1], "c": [1]}, "p-bit 1 twice"),
        ({"a": [0], "b": [1, 8], "c": [3]}, "in 2 pieces"),
        ({"a": [0], "b": [1], "c": [3]}, "no wire between the chains"),
        ("by hand", "must be"),
    ],
)
def test_what_is_no_embedding_is_refused(embedding, said):
    bqm = dimod.BinaryQuadraticModel({"a": 0.0, "b": 0.0, "c": 0.0}, {"ab": 1.0, "bc": 1.0, "ac": 1.0}, "SPIN")
    with pytest.raises(InputError, match=said):
        hwsim.compile(bqm, hwsim.chip("kv260-fabric", rows=4, columns=4), embedding=embedding)


def test_what_cannot_fit_says_so_and_what_would():
    with pytest.raises(DoesNotFitError, match=r"one fits on a king graph of rows [69], columns [69]"):
        hwsim.compile(dense(9), king(rows=3, columns=3))


def test_an_embedded_program_is_saved_whole_and_engines_agree(tmp_path):
    program = hwsim.compile(dense(), king())
    save(program, tmp_path / "p.npz")
    again = load(tmp_path / "p.npz")
    assert content_hash(again) == content_hash(program)
    runs = [
        hwsim.run(again, anneal=hwsim.linear(0.1, 2.0, "3 us"), reads=4, schedules=1, engine=engine, record=(2,))
        for engine in ("reference", "auto")
    ]
    assert np.array_equal(runs[0].checkpoint_energies, runs[1].checkpoint_energies)
    assert all(np.array_equal(a, b) for a, b in zip(runs[0].traces[2], runs[1].traces[2], strict=True))


def test_spins_without_couplings_get_a_p_bit_too():
    bqm = dimod.BinaryQuadraticModel({"lonely": 1.0, "u": 0.0, "v": 0.0}, {("u", "v"): 1.0}, "SPIN")
    run = hwsim.run(hwsim.compile(bqm, king()), anneal=hwsim.linear(0.1, 5.0, "20 us"), reads=16)
    assert (run.variables[:, list(bqm.variables).index("lonely")] == -1).all()


def test_where_no_larger_graph_is_found_a_sparse_chip_that_holds_it_is_named(monkeypatch):
    from hwsim.mapping import embed

    monkeypatch.setattr(embed, "_SEARCH_S", 1)
    monkeypatch.setattr(embed, "_SEARCH_LARGER_S", 1)
    problem = hwsim.read("sk:n=60,seed=1")
    with pytest.raises(DoesNotFitError, match=r"where wires can be chosen .*, 600 p-bits of 8 couplings hold it"):
        hwsim.compile(problem, hwsim.chip("hitachi-king", rows=8, columns=8))
    assert hwsim.compile(problem, hwsim.chip("generic-sparse", max_degree=8)).n_pbits == 600


@pytest.mark.parametrize(("bias", "coupling"), [(0.0, 1e300), (-1e200, 1.0)])
def test_numbers_whose_squares_overflow_are_refused(bias, coupling):
    bqm = dimod.BinaryQuadraticModel({"a": bias}, {("a", "b"): coupling}, 0.0, "SPIN")
    for strength in (None, "sufficient"):
        with pytest.raises(InputError, match=r"must be at most 1e\+150 in size, got 1e\+[23]00"):
            hwsim.compile(bqm, hwsim.chip("generic-all-to-all"), chain_strength=strength)
