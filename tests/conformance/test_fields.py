"""A running machine takes other biases and weights, and each read a bias of its own, between two advances: every engine
then does what the reference does, with whatever else a Program asks for, or says in a sentence that it cannot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import NS, arguments, read_biases
from test_engines import EXACT, FAST, LAW, beyond, lacking, same, with_drive

from hwsim.anneal import constant, linear
from hwsim.cell.codes import LINEAR
from hwsim.engine.choice import begin, engine_of
from hwsim.engine.contract import Start
from hwsim.engine.dense import keeps_matrix
from hwsim.errors import InputError, UnsupportedError
from hwsim.program import Network


def another(rng, network, kind):
    """Other numbers on the couplings of ``network``: Gaussian, small multiples of a unit, large or small ones, or 0."""
    n, m = network.n, len(network.weight)
    if kind == "real":
        bias, weight = rng.normal(size=n), rng.normal(size=m)
    elif kind == "whole":
        bias, weight = rng.integers(-2, 3, n) * 0.5, rng.integers(-3, 4, m) * 0.5
    elif kind == "scaled":
        scale = 2.0 ** rng.integers(-60, 60)
        bias, weight = network.bias * scale, network.weight * scale
    else:
        bias, weight = np.zeros(n), np.zeros(m)
    return network.reweighted(bias.astype(np.float64), weight.astype(np.float64))


def rewritten(engine, program, kinds, *, schedules, seed, time_ns, threads=1):
    """All that a run shows in which numbers and biases change on the way, while signals are under way."""
    rng, reads, end = np.random.default_rng(seed), 66, f"{time_ns} ns"
    start = Start(
        reads=reads,
        schedules=schedules,
        seed=seed,
        record=(0, 1, reads - 1),
        threads=threads,
        read_bias=read_biases(rng, program, reads),
    )
    anneals = [with_drive(program, linear(0.1, 1.5, end, steps=5)), with_drive(program, constant(0.7, end))]
    state, whole, found = begin(engine, program, start, anneals[0]), round(time_ns * NS), []
    for part, kind in enumerate(kinds, 1):
        state.advance(part * whole // (len(kinds) + 1) + part, anneals[part % 2])
        found += [state.spins(), state.law_energies(), state.energies()]
        state.load(another(rng, program.network, kind))
        found += [state.law_energies(), state.energies()]
        biases = read_biases(rng, program, reads)
        if biases is not None and part % 2:
            state.bias_reads(biases)
    state.advance(whole, anneals[0])
    found += [state.spins(), state.law_energies(), state.energies(), np.array(state.updates)]
    return found + [values for events in state.events().values() for values in events.arrays()]


@pytest.mark.exact
@pytest.mark.parametrize("engine", FAST)
@settings(max_examples=15, **EXACT)
@given(data=st.data())
def test_random_programs_take_other_numbers_as_the_reference_takes_them(make_program, engine, data):
    program = make_program(**data.draw(arguments(engine_of(engine).FEATURES)))
    if lacking(engine, program) or beyond(engine, program):
        return
    kinds = data.draw(st.lists(st.sampled_from(["real", "whole", "scaled", "none"]), min_size=1, max_size=3))
    how = {"seed": data.draw(st.integers(0, 100)), "schedules": data.draw(st.sampled_from([1, 2]))}
    how |= {"time_ns": 2.0 if program.n_pbits < 20 else 0.8}
    try:
        found = rewritten(engine, program, kinds, **how)
    except UnsupportedError as error:
        assert engine != "lanes" and engine in str(error) and "lanes" in str(error)
        return
    assert same(found, rewritten(LAW, program, kinds, **how))


def test_other_couplings_are_refused(make_program):
    program = make_program(np.ones((4, 4)) - np.eye(4))
    ring = make_program(np.roll(np.eye(4), 1, axis=1) + np.roll(np.eye(4), -1, axis=1))
    state = begin("lanes", program, Start(reads=2, schedules=1, seed=0), constant(1.0, "1 ns"))
    with pytest.raises(InputError, match="must couple the p-bits that the program couples"):
        state.load(ring.network)
    with pytest.raises(InputError, match="weight holds a value that is not finite"):
        program.network.reweighted(program.network.bias, np.full(12, np.nan))


def test_each_connection_knows_its_coupling():
    rng = np.random.default_rng(1)
    upper = np.triu(rng.normal(size=(9, 9)) * (rng.random((9, 9)) < 0.6), 1)
    rows, columns = np.nonzero(upper + upper.T)
    order = np.lexsort((rng.random(len(rows)), rows))  # any order within a row
    network = Network(
        bias=np.zeros(9),
        indptr=np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=9)))).astype(np.int64),
        indices=columns[order].astype(np.int32),
        weight=(upper + upper.T)[rows, columns][order],
    )
    assert np.array_equal(network.pairs[2][network.pair_of], network.weight)
    for _ in range(2):
        bias, strength = rng.normal(size=9), rng.normal(size=network.n_couplings)
        found, wanted = network.coupled(bias, strength), network.reweighted(bias, strength[network.pair_of])
        assert found.same_as(wanted) and np.array_equal(found.reach, wanted.reach)
        assert not any(array.flags.writeable or np.shares_memory(array, bias) for array in (found.bias, found.weight))
    for wrong in (np.inf, np.nan):
        with pytest.raises(InputError, match="weight holds a value that is not finite"):
            network.coupled(bias, np.append(strength[1:], wrong))
    with pytest.raises(InputError, match=r"bias must be float64 \(9,\), got int64"):
        network.coupled(np.zeros(9, dtype=np.int64), strength)
    huge = np.full(network.n_couplings, 1.7e308)  # each of them is finite, their sums are not
    assert np.array_equal(network.coupled(bias, huge).weight, huge[network.pair_of])


@pytest.mark.parametrize("links", [1, 150], ids=["few couplings", "many couplings"])
def test_dense_takes_other_numbers_for_any_number_of_couplings_and_lanes_on_every_path(make_program, links):
    rng = np.random.default_rng(links)
    i, j = np.indices((151, 151))
    upper = np.where((i < j) & (j - i <= links), rng.normal(size=(151, 151)), 0.0)
    program = make_program(upper + upper.T, delay=100_000, read_bias=i[:, 0] % 3 == 0)
    assert keeps_matrix(program.network) == (links > 1)
    how = {"schedules": 1, "seed": links, "time_ns": 4.0}
    kinds = ["scaled", "real", "whole", "none", "real"]
    assert same(*(rewritten(engine, program, kinds, **how) for engine in ("dense", "lanes")))


def test_a_whole_machine_that_takes_real_numbers_leaves_the_path_of_whole_ones(make_program):
    rng = np.random.default_rng(4)
    upper = np.triu(rng.choice([-1.0, 0.0, 1.0], (9, 9)), 1)
    for changes in ({}, {"gain": 1 + 0.1 * rng.random(9)}, {"law": np.full(9, LINEAR, dtype=np.int8)}):
        program = make_program(upper + upper.T, **changes)
        how = {"schedules": 2, "seed": 1, "time_ns": 4.0, "threads": 2}
        assert same(*(rewritten(engine, program, ["whole", "real"], **how) for engine in ("lanes", LAW)))
