"""An input DAC against its bits: Onizawa and Hanyu, arXiv:2604.01564 (2026), at one p-bit in four updating a tick.

On G1 the published model, run for this project, gives mean cuts of 11,378, 11,426, 11,442, 11,441 for 1 to 4 bits and
11,436 without a DAC; the graph here is a random one of the same size and density.
"""

import pytest

import hwsim
from hwsim.analysis.interval import standard_error
from hwsim.problem.problem import input_sigma


@pytest.fixture(scope="module")
def cuts():
    """{bits: (mean cut, standard error)}, None for no DAC."""
    problem = hwsim.read("maxcut:n=800,p=0.06,seed=1")
    sigma = input_sigma(problem.bqm)
    found = {}
    for bits in (None, 4, 3, 2, 1):
        chip = hwsim.chip(
            "parallel-pbit-dac",
            clock="synchronous",
            participation=0.25,
            delay=0.0,
            dac_bits=bits,
            without=["input-quantisation", "input-range"] if bits is None else [],
        )
        run = hwsim.run(
            hwsim.compile(problem, chip),
            anneal=hwsim.linear(0.1 / sigma, 10 / sigma, "500 ns"),
            reads=512,
            schedules=8,
            checkpoints=1,
        )
        found[bits] = -run.energies.mean(), standard_error(run.energies, run.schedule)
    return found


@pytest.mark.parametrize("bits", [3, 4])
def test_three_bits_are_within_a_thousandth_of_no_dac_at_all(cuts, bits):
    (mean, error), (exact, exact_error) = cuts[bits], cuts[None]
    assert abs(mean - exact) < 0.001 * exact - 4 * (error**2 + exact_error**2) ** 0.5


def test_one_bit_is_clearly_worse_and_two_bits_lie_between(cuts):
    (one, error), (two, _), (exact, exact_error) = cuts[1], cuts[2], cuts[None]
    assert one < two < exact
    assert exact - one > 0.003 * exact
    assert exact - one > 10 * (error**2 + exact_error**2) ** 0.5
