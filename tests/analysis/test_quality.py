"""Quality of samples: against exact laws, known correlations and samples of another beta."""

import json
from dataclasses import replace

import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact_laws import boltzmann_law, energies
from hwsim.analysis.quality import autocorrelation, effective_beta, effective_reads
from hwsim.cli.main import main
from hwsim.experiment.summary import summarise

BETA = 0.7


@pytest.fixture(scope="module")
def program():
    return hwsim.compile("sk:n=8,seed=1", "generic-all-to-all")


@pytest.fixture(scope="module")
def law(program):
    return boltzmann_law(energies(*program.problem_network), BETA)


def states(index, n=8):
    """The states that `hwsim.analysis.exact_laws.state_index` numbers."""
    return (2 * (np.asarray(index)[:, None] >> np.arange(n) & 1) - 1).astype(np.int8)


def test_states_with_their_exact_weights_have_exactly_their_beta(program, law):
    every = states(np.arange(256))
    assert np.array_equal(hwsim.analysis.state_index(every), np.arange(256))
    found = effective_beta(program.problem_network, every, np.arange(256), weight=law)
    assert found.value == pytest.approx(BETA, rel=1e-9)


@pytest.mark.parametrize("unit", [1e-90, 1e90])
def test_beta_follows_the_unit_of_energy(program, law, unit):
    network = program.problem_network
    scaled = type(network)(
        bias=network.bias * unit, indptr=network.indptr, indices=network.indices, weight=network.weight * unit
    )
    found = effective_beta(scaled, states(np.arange(256)), np.arange(256), weight=law)
    assert found.value * unit == pytest.approx(BETA, rel=1e-9)


def test_the_interval_holds_the_beta_of_independent_samples_and_not_another_one(program, law):
    """400 sets of 300 samples: 95 % of the intervals hold beta, within 3.5 standard errors (0.038); few 1.3 beta."""
    rng = np.random.default_rng(5)
    held = other = 0
    for _ in range(400):
        found = effective_beta(program.problem_network, states(rng.choice(256, 300, p=law)), np.arange(300))
        held += found.low <= BETA <= found.high
        other += found.low <= 1.3 * BETA <= found.high
    assert abs(held / 400 - 0.95) < 0.038 and other / 400 < 0.2


def test_samples_seen_twice_are_worth_half_as_many(program, law):
    rng = np.random.default_rng(6)
    once = states(rng.choice(256, 400, p=law))
    twice, cluster = np.repeat(once, 2, axis=0), np.repeat(np.arange(400), 2)
    alone, again = (
        effective_beta(program.problem_network, s, c) for s, c in ((once, np.arange(400)), (twice, cluster))
    )
    assert again.value == pytest.approx(alone.value, rel=1e-9)
    assert again.high - again.low == pytest.approx(alone.high - alone.low, rel=0.02)
    energy = program.energies(twice)
    assert effective_reads(energy, cluster) == pytest.approx(400, rel=1e-2)
    assert effective_reads(energy, np.arange(800)) == 800
    assert effective_reads(energy, np.zeros(800, dtype=int)) is None


def test_states_that_all_follow_their_inputs_bound_beta_from_below(program):
    least = states([int(np.argmin(energies(*program.problem_network)))])
    found = effective_beta(program.problem_network, np.repeat(least, 50, axis=0), np.arange(50))
    assert found.value is None and found.high is None and found.low > 0 and str(found).startswith("> ")


def test_states_that_all_stand_against_their_inputs_bound_beta_from_above(program):
    network = program.problem_network
    least = states([int(np.argmin(energies(*network)))])
    turned = replace(network, bias=-network.bias, weight=-network.weight)
    rows, cluster = np.repeat(least, 50, axis=0), np.arange(50)
    found, mirrored = (effective_beta(one, rows, cluster) for one in (turned, network))
    assert found.value is None and found.low is None and found.high == -mirrored.low
    assert str(found).startswith("< -")


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8])
def test_the_time_of_an_autoregressive_series_is_the_known_one(memory):
    """rho(k) = memory^k, so the integral is (1 + memory) / (1 - memory) / 2 intervals. Four standard errors, by Sokal's
    sqrt(2 (2 W + 1) / N) with a window W of 5 times the integral and N = 2000 x 61, and 1 % that the window cuts."""
    rng = np.random.default_rng(11)
    x = rng.standard_normal(2000)
    table = []
    for _ in range(121):
        table.append(x)
        x = memory * x + np.sqrt(1 - memory**2) * rng.standard_normal(2000)
    found, bound = autocorrelation(np.arange(121) * 2e-9, np.array(table))
    if memory == 0:
        assert found == pytest.approx(2e-9) and bound == "<"
    else:
        intervals = (1 + memory) / (1 - memory) / 2
        error = np.sqrt(2 * (10 * intervals + 1) / (2000 * 61))
        assert bound is None and found == pytest.approx(intervals * 2e-9, rel=4 * error + 0.01)


def test_what_is_remembered_to_the_end_of_the_run_is_a_bound():
    table = np.tile(np.random.default_rng(8).standard_normal(100), (50, 1))
    assert autocorrelation(np.arange(50.0), table)[1] == ">"


def test_p_bits_of_half_the_gain_have_half_the_beta():
    """1024 reads; the interval has 95 %, so twice it is beyond doubt."""
    chip = hwsim.chip("generic-all-to-all", gain=0.5)
    run = hwsim.run(
        hwsim.compile("sk:n=8,seed=1", chip), anneal=hwsim.constant(1.4, "500 ns"), reads=1024, schedules=16
    )
    found = run.quality.effective_beta
    half = found.high - found.value
    assert abs(found.value - 0.7) < 2 * half < 0.3
    assert f"effective beta {found}, asked 1.4" in repr(run)


def test_rows_tables_and_json_tell_it(capsys, program):
    run = hwsim.run(program, anneal=hwsim.constant(BETA, "200 ns"), reads=64)
    row = summarise(run)
    assert row["beta"] == BETA and row["effective_beta"] == run.quality.effective_beta.value
    assert row["design_effect"] == 64 / row["effective_reads"] >= 1
    assert row["effective_reads"] <= 64 and row["autocorrelation_s"] > 0
    assert main(["run", "sk:n=8,seed=1", "--beta", "0.7", "--time", "200ns", "--reads", "64"]) == 0
    assert "as samples" in capsys.readouterr().out
    assert main(["run", "sk:n=8,seed=1", "--beta", "0.7", "--time", "200ns", "--reads", "64", "--json", "-"]) == 0
    written = json.loads(capsys.readouterr().out)["row"]
    assert written["effective_beta_ci"] == row["effective_beta_ci"]


def test_an_anneal_has_no_autocorrelation_time(program):
    run = hwsim.run(program, anneal=hwsim.linear(0.1, 2, "200 ns"), reads=16)
    assert run.quality.autocorrelation_s is None and run.quality.effective_beta is not None


def test_reads_that_are_alike_leave_beta_as_wide_as_independent_spins_do():
    """s I of ++-+ on an open chain of ferromagnets is 1, 0, -2, -1. With the field that makes it 1, 2, -2, -1, the
    score at beta 0 is 0, and the Fisher information of k reads there is k (1 + 4 + 4 + 1)."""
    chain = hwsim.from_ising({1: -2.0}, {(0, 1): -1.0, (1, 2): -1.0, (2, 3): -1.0})
    network = hwsim.compile(chain, "generic-all-to-all").problem_network
    for reads in (1, 3):
        rows = np.tile(np.array([1, 1, -1, 1], dtype=np.int8), (reads, 1))
        found = effective_beta(network, rows, np.arange(reads))
        assert found.value == 0
        assert found.high == -found.low == pytest.approx(1.959964 / np.sqrt(10 * reads), rel=1e-6)
