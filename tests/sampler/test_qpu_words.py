"""Programs written for a D-Wave QPU find its arguments, its answers and its times."""

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.errors import ArgumentError, InputError
from hwsim.sampler import HwsimSampler

TAU_US = 0.02
"""Of the card's p-bits."""


@pytest.fixture(scope="module")
def sampler():
    return HwsimSampler("dwave-advantage2-1.10", size=2, gain_dtod=0)


@pytest.fixture(scope="module")
def glass(sampler):
    """Random couplings of +-1 on every wire."""
    draws = np.random.default_rng(1).choice([-1.0, 1.0], size=len(sampler.edgelist))
    return dimod.BinaryQuadraticModel({}, dict(zip(sampler.edgelist, draws, strict=True)), "SPIN")


@pytest.fixture(scope="module")
def free(sampler):
    """Spins without a field or a coupling."""
    return dimod.BinaryQuadraticModel({v: 0.0 for v in sampler.nodelist}, {}, "SPIN")


def anneal_s(found):
    return found.info["device_timing"]["anneal_time_per_sample_s"]


# lengths and times --------------------------------------------------------------------------------------------------


def test_annealing_time_is_in_microseconds(sampler, glass):
    assert anneal_s(sampler.sample(glass)) == pytest.approx(20e-6, rel=1e-12)
    assert anneal_s(sampler.sample(glass, annealing_time=2.5)) == pytest.approx(2.5e-6, rel=1e-12)
    assert anneal_s(sampler.sample(glass, annealing_time="300 ns")) == pytest.approx(3e-7, rel=1e-12)
    assert anneal_s(HwsimSampler().sample(glass, annealing_time=2.5)) == pytest.approx(2.5e-6, rel=1e-12)


def test_timing_has_the_keys_of_a_qpu_in_microseconds(sampler, glass):
    """Numbers of the card: programming 33,600 us, readout 101 us, pause 60.6 us."""
    timing = sampler.sample(glass, num_reads=30, annealing_time=5).info["timing"]
    each = {"anneal": 5.0, "readout": 101.0, "delay": 60.6}
    for name, time_us in each.items():
        assert timing[f"qpu_{name}_time_per_sample"] == time_us
    assert timing["qpu_programming_time"] == 33600
    assert timing["qpu_sampling_time"] == pytest.approx(30 * 166.6)
    assert timing["qpu_access_time"] == pytest.approx(33600 + 30 * 166.6)
    assert {"preprocessing_ns", "sampling_ns", "postprocessing_ns"} <= timing.keys()
    slower = sampler.sample(glass, readout_thermalization=10.0).info["timing"]
    assert slower["qpu_delay_time_per_sample"] == pytest.approx(70.6)
    assert not any(key.startswith("qpu") for key in HwsimSampler().sample(glass).info["timing"])


def test_properties_have_the_keys_of_a_qpu(sampler):
    properties = sampler.properties
    assert properties["topology"] == {"type": "zephyr", "shape": [2, 4]}
    assert properties["qubits"] == sampler.nodelist
    assert [tuple(pair) for pair in properties["couplers"]] == sampler.edgelist
    assert properties["h_range"] == [-4, 4] and properties["j_range"] == [-1, 1]
    assert properties["extended_j_range"] == [-2, 1] and properties["num_reads_range"] == [1, 10000]
    assert properties["annealing_time_range"] == [0.5, 2000] and properties["default_annealing_time"] == 20
    assert properties["chip_id"] == "dwave-advantage2-1.10" and properties["num_qubits"] == 160
    assert "topology" not in HwsimSampler().properties
    assert HwsimSampler("hitachi-king", rows=3, columns=3).properties["max_degree"] is None


# schedules and states -----------------------------------------------------------------------------------------------


def test_a_schedule_of_two_points_is_the_anneal_itself(sampler, glass):
    ask = {"num_reads": 20, "seed": 3, "answer_mode": "raw"}
    plain, drawn = (
        sampler.sample(glass, **ask, **how)
        for how in ({"annealing_time": 4}, {"anneal_schedule": [(0.0, 0.0), (4.0, 1.0)]})
    )
    assert np.array_equal(plain.record, drawn.record)
    assert plain.info["beta_range"] == drawn.info["beta_range"] == [0.0, pytest.approx(8.93)]


def test_a_reverse_anneal_that_stays_cold_keeps_the_state_and_one_that_warms_forgets_it(sampler):
    ring = dimod.BinaryQuadraticModel({}, {edge: -1.0 for edge in sampler.edgelist}, "SPIN")
    up = dict.fromkeys(ring.variables, 1)
    ask = {"initial_state": up, "num_reads": 40, "seed": 1, "answer_mode": "raw"}
    cold, warm = (
        sampler.sample(ring, anneal_schedule=[(0, 1), (1, lowest), (2, lowest), (2.001, 1)], **ask)
        for lowest in (0.9, 0.0)
    )
    assert np.all(cold.record.sample.mean(axis=1) > 0.9)
    assert abs(warm.record.sample.mean()) < 0.3


@pytest.mark.parametrize("again", [True, False, None])
def test_reads_begin_at_the_state_or_where_the_one_before_ended(sampler, free, again):
    """A free spin keeps its value for exp(-t / tau): an anneal of tau / 2 leaves exp(-1/2) of the first state, and
    without a fresh start read k leaves exp(-k/2). 160 spins: 4 sigma, 6 reads."""
    start = {v: 1 if v % 3 else -1 for v in free.variables}
    found = sampler.sample(
        free, initial_state=start, reinitialize_state=again, num_reads=6, annealing_time=TAU_US / 2, seed=5
    )
    overlap = (found.record.sample * np.array([start[v] for v in found.variables])).mean(axis=1)
    expected = np.exp(-0.5 * (np.arange(1, 7) if again is False else np.ones(6)))
    sigma = np.sqrt((1 - expected**2) / free.num_variables)
    assert len(found) == 6, "reads that begin at a state come one by one"
    assert np.all(np.abs(overlap - expected) < 4 * sigma)


def test_reads_that_follow_each_other_are_kept_when_a_run_is_stopped(sampler, free):
    """Each is finished before the next begins; looks are a fraction of a second apart, so how many is not known."""
    start, looks = dict.fromkeys(free.variables, 1), iter([False] * 2 + [True] * 100)
    ask = {"initial_state": start, "reinitialize_state": False, "annealing_time": 20, "num_reads": 200}
    some = sampler.sample(free, **ask, interrupt_function=lambda: next(looks))
    assert some.info["interrupted"] and len(some) < 200
    none = sampler.sample(free, **ask, interrupt_function=lambda: True)
    assert none.info["interrupted"] and len(none) == 0


def test_states_are_read_in_either_values(sampler, free):
    ask = {"num_sweeps": 0, "answer_mode": "raw"}
    spins = {v: 1 if v % 2 else -1 for v in free.variables} | {10**6: 3}
    bits = {v: int(v % 2) for v in free.variables}
    one, two = (sampler.sample(free, initial_state=state, **ask).record.sample for state in (spins, list(bits.items())))
    assert np.array_equal(one, two) and one[0, :2].tolist() == [-1, 1]


# answers ------------------------------------------------------------------------------------------------------------


def test_answers_are_a_histogram_sorted_by_energy_as_programs_read_row_0(sampler):
    u, v = sampler.edgelist[0]
    bqm = dimod.BinaryQuadraticModel({u: 0.1}, {(u, v): -0.1}, 0.0, "SPIN")
    warm = {"num_reads": 200, "seed": 1, "beta_range": (1, 1)}
    found = sampler.sample(bqm, **warm)
    assert len(found) == 4 and found.record.num_occurrences.sum() == 200
    assert np.all(np.diff(found.record.energy) >= 0) and found.record.energy[0] == pytest.approx(-0.2)
    raw = sampler.sample(bqm, **warm, answer_mode="raw")
    assert len(raw) == 200 and raw.aggregate().record.num_occurrences.sum() == 200
    counted = {tuple(row): n for row, n in zip(found.record.sample.tolist(), found.record.num_occurrences, strict=True)}
    values, counts = np.unique(raw.record.sample, axis=0, return_counts=True)
    assert counted == {tuple(row): n for row, n in zip(values.tolist(), counts, strict=True)}
    assert len(HwsimSampler().sample(bqm, num_reads=200)) == 200
    assert len(HwsimSampler().sample(bqm, num_reads=200, answer_mode="histogram")) <= 4


def test_a_label_comes_back(sampler, glass):
    assert sampler.sample(glass, label="glass").info["problem_label"] == "glass"
    assert "problem_label" not in sampler.sample(glass).info


def test_the_beta_range_is_that_of_the_run(sampler, glass):
    """Of an annealer the chip's own beta, 8.93 in units of its control lines, where the largest coupling is 1."""
    assert sampler.sample(glass).info["beta_range"] == [0.0, pytest.approx(8.93)]
    doubled = glass.copy()
    doubled.scale(2)
    assert sampler.sample(doubled).info["beta_range"][1] == pytest.approx(8.93 / 2)
    assert sampler.sample(glass, beta_range=(0.2, 3)).info["beta_range"] == [0.2, 3.0]
    found = HwsimSampler().sample(glass, beta_schedule_type="custom", beta_schedule=[0.5, 2, 1])
    assert found.info["beta_range"] == [0.5, 1.0] and found.info["beta_schedule_type"] == "custom"


def test_strong_negative_couplings_use_the_extended_range(sampler):
    """A chain twice as strong as the problem costs none of its beta: extended_j_range is -2 to 1."""
    (u, v), (a, b) = sampler.edgelist[:2]
    for strength, share in ((-2.0, 1.0), (-4.0, 0.5), (2.0, 0.5)):
        bqm = dimod.BinaryQuadraticModel({}, {(u, v): 1.0, (a, b): strength}, "SPIN")
        assert sampler.sample(bqm).info["beta_range"][1] == pytest.approx(8.93 * share)


def test_without_auto_scale_values_are_used_as_they_are(sampler):
    u, v = sampler.edgelist[0]
    small = dimod.BinaryQuadraticModel({u: 0.2}, {(u, v): 0.1}, 0.0, "SPIN")
    assert sampler.sample(small).info["beta_range"][1] == pytest.approx(8.93 * 10)
    assert sampler.sample(small, auto_scale=False).info["beta_range"][1] == pytest.approx(8.93)
    for h, j, words in ((4.5, 0.1, "bias must lie between -4 and 4"), (0, 1.5, "between -2 and 1"), (0, -2.5, "-2.5")):
        with pytest.raises(InputError, match=f"{words}"):
            sampler.sample_ising({u: h}, {(u, v): j}, auto_scale=False)
    sampler.sample_ising({u: -4}, {(u, v): -2}, auto_scale=False)


# words that are not understood --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"num_read": 3}, "no argument 'num_read'; did you mean num_reads"),
        ({"anealing_time": 3}, "did you mean annealing_time"),
        ({"flux_biases": [0.1]}, "flux_biases is an argument of a QPU that hwsim does not emulate"),
        ({"fast_anneal": True}, "does not emulate"),
        ({"annealing_time": 3, "num_sweeps": 4}, "num_sweeps and annealing_time both set the length"),
        ({"anneal_schedule": [(0, 0), (5, 1)], "annealing_time": 3}, "both set the length"),
        ({"anneal_schedule": [(0, 0), (5, 1)], "beta_range": (0, 1)}, "leave beta_range"),
        ({"anneal_schedule": [(0, 0)]}, "two or more pairs"),
        ({"anneal_schedule": [(0, 0), (5, 0.5)]}, "end at 1"),
        ({"anneal_schedule": [(0, 0), (5, 0.5), (5, 1)]}, "increase"),
        ({"annealing_time": True}, "annealing_time must be"),
        ({"annealing_time": 0}, "annealing_time must be > 0, got 0 s"),
        ({"anneal_time": "0 ns"}, "anneal_time must be > 0"),
        ({"anneal_schedule": [(0, 1), (1, 0.5), (2, 1)]}, "a reverse anneal: give the initial_state"),
        ({"initial_state": {0: 1}}, "initial_state has no value for variable"),
        ({"initial_state": 5}, "initial_state must map"),
        ({"reinitialize_state": True}, "give initial_state too"),
        ({"answer_mode": "best"}, "answer_mode must be raw or histogram, got 'best'"),
        ({"proposal_acceptance_criteria": "Metropolis"}, "must be Gibbs"),
        ({"auto_scale": 1}, "auto_scale must be True or False"),
        ({"readout_thermalization": -1.0}, "must be >= 0 microseconds"),
    ],
)
def test_requests_that_cannot_be_met_are_refused(sampler, glass, asked, words):
    with pytest.raises(InputError, match=words) as error:
        sampler.sample(glass, **asked)
    assert "\n" not in str(error.value)


def test_what_python_calls_a_type_error_is_one():
    for asked in ({"num_read": 3}, {"num_reads": 3.5}, {"interrupt_function": 5}):
        with pytest.raises(TypeError) as error:
            HwsimSampler().sample_ising({}, {(0, 1): 1}, **asked)
        assert isinstance(error.value, ArgumentError)


def test_arguments_of_a_qpu_that_change_nothing_are_taken(sampler, glass):
    same = {"reduce_intersample_correlation": True, "flux_drift_compensation": False, "flux_biases": None}
    one, two = (sampler.sample(glass, num_reads=5, seed=1, **how) for how in ({}, same))
    assert np.array_equal(one.record, two.record)


def test_initial_states_and_one_initial_state_are_two_ways(sampler, free):
    with pytest.raises(InputError, match="give one"):
        sampler.sample(free, initial_state=dict.fromkeys(free.variables, 1), initial_states=[[1] * 160])


def test_schedules_are_checked_as_dwaves_sampler_does(sampler):
    sampler.validate_anneal_schedule([[0, 0], [20, 1]])
    with pytest.raises(ValueError, match="begin at 0"):
        sampler.validate_anneal_schedule([[0, 0.5], [20, 1]])


# orders -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("randomly", "touched"), [(None, 1 - np.exp(-1)), (True, 1 - np.exp(-1)), (False, 1.0)])
def test_an_order_of_updates_may_be_asked_for(randomly, touched):
    """One sweep of free spins that are all up: those touched, all of them in turn and 1 - 1/e at random, end up by
    chance. 10,000 spins, 4 sigma."""
    n = 10_000
    bqm = dimod.BinaryQuadraticModel({v: 0.0 for v in range(n)}, {}, "SPIN")
    found = hwsim.HwsimSampler().sample(
        bqm,
        initial_states=[[1] * n],
        num_sweeps=1,
        beta_range=(1, 1),
        randomize_order=randomly,
        seed=7,
        proposal_acceptance_criteria="Gibbs",
    )
    up, expected = (found.record.sample == 1).mean(), 1 - touched / 2
    assert abs(up - expected) < 4 * np.sqrt(expected * (1 - expected) / n)
