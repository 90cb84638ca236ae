"""Compile: the problem's numbers arrive on the chip, and what does not fit is refused by limit and value."""

import dimod
import networkx
import numpy as np
import pytest

import hwsim
from hwsim.analysis.interval import standard_error
from hwsim.errors import DoesNotFitError, InputError
from hwsim.mapping.color import check_coloring, greedy_coloring
from hwsim.mapping.quantize import quantize_weights

BQM = dimod.BinaryQuadraticModel({"a": 0.5, "b": 0, "c": -1}, {"ab": -1, "bc": 2}, 0.25, "SPIN")


def all_states(n):
    return (2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1) - 1).astype(np.int8)


@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
def test_energies_are_the_problems_own(vartype):
    bqm = BQM.change_vartype(vartype, inplace=False)
    program = hwsim.compile(bqm, hwsim.chip("generic-all-to-all"))
    states = all_states(3)
    samples = states if vartype == "SPIN" else (states + 1) // 2
    assert np.allclose(program.energies(states), bqm.energies((samples, list(bqm.variables))))


def test_both_directions_get_a_wire_delay_unless_each_has_its_own():
    chip = hwsim.chip("generic-all-to-all", clock="poisson", delay="1 ns")
    program = hwsim.compile(BQM, chip, delay_s={("a", "b"): 1e-9, ("c", "b"): 2e-9, ("b", "c"): 3e-9})
    rows = np.repeat(np.arange(3), program.network.degree)
    pairs = zip(rows.tolist(), program.network.indices.tolist(), strict=True)
    delay = dict(zip(pairs, (program.wires.delay // 1_000_000).tolist(), strict=True))
    assert delay == {(0, 1): 2, (1, 0): 2, (2, 1): 3, (1, 2): 4}


@pytest.mark.parametrize("bad", [{("a", "c"): 1e-9}, {("a", "x"): 1e-9}, {("a", "b"): -1e-9}])
def test_a_wire_delay_that_makes_no_sense_is_refused(bad):
    with pytest.raises(InputError, match="delay_s"):
        hwsim.compile(BQM, hwsim.chip("generic-all-to-all"), delay_s=bad)


def test_a_late_wire_changes_one_edge_only():
    """A chain a - b - c whose wire b - c is longer than the run: b and c hear each other's random start for ever.

    So b has a constant field and <ab> = tanh(1) as ever, and <bc> = 0, since the starts are independent.
    """
    chain = dimod.BinaryQuadraticModel({}, {"ab": -1, "bc": -1}, "SPIN")
    chip = hwsim.chip("generic-all-to-all", clock="poisson", tau="1 ns")
    program = hwsim.compile(chain, chip, delay_s={("b", "c"): 1e-6})
    run = hwsim.run(program, anneal=hwsim.constant(1.0, "400 ns"), reads=4096, schedules=64, seed=3)
    order = [list("abc").index(v) for v in chain.variables]
    a, b, c = (run.states[:, order.index(k)].astype(float) for k in range(3))
    for product, law in ((a * b, np.tanh(1.0)), (b * c, 0.0)):
        assert abs(product.mean() - law) < 4 * standard_error(product, run.schedule)


@pytest.mark.parametrize("override", [{"max_pbits": 2}, {"max_degree": 1}])
def test_a_limit_is_named_with_its_value(override):
    (value,) = override.values()
    with pytest.raises(DoesNotFitError, match=str(value)):
        hwsim.compile(BQM, hwsim.chip("generic-sparse", **override))


@pytest.mark.parametrize("seed", range(5))
def test_colourings_are_proper_and_bipartite_graphs_get_two(seed):
    graph = networkx.gnp_random_graph(40, 0.2, seed=seed)
    matrix = networkx.to_scipy_sparse_array(graph, format="csr")
    color = greedy_coloring(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32))
    check_coloring(color, matrix.indptr, matrix.indices)
    assert color.max() <= max(dict(graph.degree).values())
    grid = networkx.to_scipy_sparse_array(networkx.grid_2d_graph(5, 7), format="csr")
    assert greedy_coloring(grid.indptr.astype(np.int64), grid.indices.astype(np.int32)).max() == 1


def test_quantised_weights_are_multiples_of_one_step_and_the_largest_is_kept():
    rng = np.random.default_rng(0)
    bias, weight = rng.normal(size=9), rng.normal(size=20)
    full = max(np.abs(bias).max(), np.abs(weight).max())
    new_bias, new_weight = quantize_weights(bias, weight, bits=4)
    step = full / 7
    for old, new in ((bias, new_bias), (weight, new_weight)):
        assert np.allclose(new / step, np.rint(new / step)) and np.max(np.abs(new - old)) <= step / 2 * (1 + 1e-12)
    with pytest.raises(InputError, match="weight_bits"):
        quantize_weights(bias, weight, bits=0)
