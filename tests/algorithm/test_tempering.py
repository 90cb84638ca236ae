"""Parallel tempering and population annealing against enumeration; costs by hand; engines against the reference."""

import numpy as np
import pytest

from hwsim.algorithm.ladder import adaptive_ladder
from hwsim.algorithm.population import population_annealing
from hwsim.algorithm.tempering import parallel_tempering
from hwsim.analysis.exact_laws import boltzmann_law, energies, state_index
from hwsim.errors import InputError, UnsupportedError

NS = 1e-9


def glass(n=8, seed=3, sizes=(-1, 1)):
    upper = np.triu(np.random.default_rng(seed).choice(sizes, (n, n)), 1).astype(float)
    return upper + upper.T


@pytest.mark.parametrize("clock", ["chromatic", "poisson"])
def test_every_temperature_keeps_its_boltzmann_law_under_exchanges_and_cluster_moves(make_program, clock):
    # 512 independent reads at the end, one replica of each; chi-square of 16 bins of states by energy rank at 3 betas
    program = make_program(glass(), clock=clock, bias=0.3 * np.arange(8) - 1)
    betas, last = np.array([0.3, 0.7, 1.2]), {}
    parallel_tempering(
        program,
        betas=betas,
        sweeps=40,
        replicas=2,
        reads=512,
        schedules=64 if clock == "poisson" else 1,
        seed=2,
        observe=lambda time, states: last.update(states=states),
    )
    levels = energies(*program.network)
    rank = np.argsort(np.argsort(levels, kind="stable"))
    for k, beta in enumerate(betas):
        law = boltzmann_law(levels, beta)
        cumulative = np.cumsum(law[np.argsort(levels, kind="stable")])
        bin_of = np.searchsorted(np.linspace(0, 1, 9)[1:-1], cumulative)[rank]
        expected = 512 * np.bincount(bin_of, weights=law, minlength=8)
        found = np.bincount(bin_of[state_index(last["states"][k, :, 0])], minlength=8)
        kept = expected > 5
        chi2 = np.sum((found - expected)[kept] ** 2 / expected[kept])
        assert chi2 < kept.sum() + 4 * np.sqrt(2 * kept.sum())


def test_a_wrong_exchange_rule_would_be_seen(make_program):
    # control: reading the states at one beta as if they were of the next must clearly fail the same test
    program, last = make_program(glass(), clock="chromatic"), {}
    parallel_tempering(
        program,
        betas=np.array([0.3, 1.2]),
        sweeps=40,
        replicas=2,
        reads=512,
        seed=2,
        observe=lambda time, states: last.update(states=states),
    )
    levels = energies(*program.network)
    mean, spread = (np.sum(boltzmann_law(levels, 1.2) * levels**p) for p in (1, 2))
    found = levels[state_index(last["states"][0, :, 0])].mean()
    assert abs(found - mean) > 10 * np.sqrt((spread - mean**2) / 512)


@pytest.mark.parametrize("clock, delay", [("chromatic", 0), ("poisson", 300_000)])
def test_every_engine_gives_the_same_outcome(make_program, clock, delay):
    program = make_program(glass(), clock=clock, delay=delay)
    options = {"betas": np.array([0.2, 0.5, 1.0]), "sweeps": 6, "reads": 4, "schedules": 2, "checkpoints": 3, "seed": 5}
    law = parallel_tempering(program, engine="reference", **options)
    for engine in ("lanes", "bitplanes"):
        found = parallel_tempering(program, engine=engine, **options)
        assert np.array_equal(found.checkpoint_energies, law.checkpoint_energies)
        assert np.array_equal(found.states, law.states)
        assert found.activity == law.activity
    law = population_annealing(program, betas=np.array([0.2, 0.6]), population=20, reads=2, engine="reference")
    found = population_annealing(program, betas=np.array([0.2, 0.6]), population=20, reads=2, engine="lanes")
    assert found.facts == law.facts and np.array_equal(found.states, law.states)


def test_the_best_replica_is_what_is_handed_back_and_the_least_never_rises(make_program):
    program = make_program(glass(12, seed=1), clock="chromatic")
    found = parallel_tempering(program, betas=np.array([0.1, 0.4, 0.8]), sweeps=12, reads=8, checkpoints=[1, 3, 12])
    assert found.checkpoint_times_s == pytest.approx([0, 1 * NS, 3 * NS, 12 * NS])
    assert np.all(np.diff(found.best_energies, axis=0) <= 0)
    assert np.all(found.best_energies <= found.checkpoint_energies)
    spins = found.states.astype(float)
    assert found.energies == pytest.approx(0.5 * np.einsum("ri,ij,rj->r", spins, glass(12, seed=1), spins))
    assert found.facts["exchange_rate"][0] > 0


def test_activity_counts_replicas_turns_reads_and_updates(make_program):
    program = make_program(glass(), clock="chromatic", delay=2_000_000)
    options = {"betas": np.array([0.2, 0.5]), "sweeps": 10, "sweeps_per_swap": 2, "replicas": 4, "reads": 3}
    all_at_once = parallel_tempering(program, **options).activity
    assert (all_at_once.replicas, all_at_once.copies) == (8, 8)
    assert all_at_once.run_s == pytest.approx(10 * NS)
    assert all_at_once.settle_s == pytest.approx(5 * 2 * NS)  # four exchanges, and the last read
    assert all_at_once.updates == 10 * 8 * 8
    assert (all_at_once.reads, all_at_once.read_rounds, all_at_once.write_rounds) == (5 * 8, 5, 4)
    in_turn = parallel_tempering(program, copies=3, **options)
    assert in_turn.activity.run_s == pytest.approx(30 * NS)
    assert in_turn.activity.read_rounds == 15 and in_turn.activity.writes == 4 * 8
    assert in_turn.checkpoint_times_s[-1] == pytest.approx(30 * NS)


def test_the_ladder_rises_to_where_the_energy_stands_still(make_program):
    program = make_program(glass(10), clock="chromatic")
    betas = adaptive_ladder(program)
    assert betas[0] == pytest.approx(1 / 3)  # nine couplings of size 1
    assert np.all(np.diff(betas) > 0) and 4 < len(betas) < 40
    levels = energies(*program.network)
    law = boltzmann_law(levels, betas[0])
    spread = np.sqrt(np.sum(law * levels**2) - np.sum(law * levels) ** 2)
    assert betas[1] - betas[0] == pytest.approx(1.25 / spread, rel=0.15)  # of a series of 20 looks
    assert adaptive_ladder(program, first=0.2, last=0.5)[[0, -1]].tolist() == [0.2, 0.5]


def test_the_partition_function_of_a_population_has_no_bias(make_program):
    # 64 populations of 64: the mean of exp(ln Z estimate) is Z; 4 standard errors
    program = make_program(glass(), clock="chromatic", bias=0.5 * np.arange(8))
    betas = np.array([0.15, 0.3, 0.5])
    found = population_annealing(program, betas=betas, sweeps_per_step=2, population=64, reads=64, seed=1)
    levels = energies(*program.network)
    exact = np.log(np.sum(np.exp(-betas[-1] * levels)))
    ratio = np.exp(np.array(found.facts["log_partition"]) - exact)
    assert abs(ratio.mean() - 1) < 4 * ratio.std(ddof=1) / 8
    assert ratio.std() < 1
    assert found.activity.run_s == pytest.approx(6 * NS)
    assert all(1 <= size <= 64 for size in found.facts["family_size"])


def test_a_population_finds_the_ground_state(make_program):
    program = make_program(glass(12, seed=1), clock="chromatic")
    found = population_annealing(program, reads=4)
    assert np.all(found.best_energies[-1] == energies(*program.network).min())


def test_an_interrupted_run_hands_back_what_it_has(make_program):
    program, calls = make_program(glass(), clock="chromatic"), []
    found = parallel_tempering(
        program, betas=np.array([0.2, 0.5]), sweeps=50, reads=2, interrupt=lambda: calls.append(0) or len(calls) == 7
    )
    assert found.interrupted and found.device_time_s == pytest.approx(7 * NS)
    assert len(found.checkpoint_times_s) == len(found.checkpoint_energies)


def test_nonsense_is_refused(make_program):
    program = make_program(glass())
    with pytest.raises(InputError, match="must be >= 1"):
        parallel_tempering(program, sweeps=0)
    with pytest.raises(InputError, match="multiple of schedules, got 3 and 2"):
        parallel_tempering(program, sweeps=1, reads=3, schedules=2)
    with pytest.raises(InputError, match="betas must be finite and ascend"):
        parallel_tempering(program, sweeps=1, betas=np.array([1.0, 0.5]))
    with pytest.raises(InputError, match="0 < first < last"):
        adaptive_ladder(program, first=2.0, last=1.0)
    with pytest.raises(InputError, match="population >= 2"):
        population_annealing(program, population=1)
    dits = make_program(np.zeros((4, 4)), pdit=np.array([0, 0, 2, 2], dtype=np.int32))
    with pytest.raises(UnsupportedError, match="does not support p-dits"):
        parallel_tempering(dits, sweeps=1)


def test_clusters_that_change_names_alone_are_left_out_once_they_are_measured(make_program):
    # where all are coupled the cluster is all that differs: exchanging it exchanges the two replicas
    options = {"betas": np.array([0.2, 0.5, 1.0]), "replicas": 4, "reads": 8}
    dense = make_program(glass(12), clock="chromatic")
    found = parallel_tempering(dense, sweeps=50, **options)
    assert found.facts["cluster_betas"] == []
    assert found.activity.swaps == 49 * 6 + 20 * 6  # six exchanges a round, six cluster moves in each of 20 rounds
    assert parallel_tempering(dense, sweeps=20, **options).facts["cluster_betas"] == [0.2, 0.5, 1.0]
    sparse = make_program(np.roll(np.eye(40), 1, axis=1) + np.roll(np.eye(40), -1, axis=1), clock="chromatic")
    assert parallel_tempering(sparse, sweeps=50, **options).facts["cluster_betas"] == [0.2, 0.5, 1.0]
