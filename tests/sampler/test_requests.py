"""HwsimSampler does what was asked, as dimod's own samplers do, or says in one sentence why not."""

import enum
from fractions import Fraction

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.errors import ArgumentError, InputError
from hwsim.sampler import HwsimSampler

CHAIN = dimod.BinaryQuadraticModel({}, {(i, i + 1): -1.0 for i in range(15)}, "SPIN")
"""16 spins in a row; its least energy is -15."""


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Thing:
    """A label with no text, hashed by identity."""


def sample(bqm=CHAIN, **asked):
    return HwsimSampler().sample(bqm, **{"seed": 1} | asked)


# interrupted runs ---------------------------------------------------------------------------------------------------


def test_an_interrupted_run_has_no_samples():
    found = sample(num_reads=20, num_sweeps=100000, interrupt_function=lambda: True)
    assert len(found) == 0
    assert found.variables == CHAIN.variables
    assert found.info["interrupted"]
    assert found.info["schedule"] == []


def test_with_partial_it_has_the_states_with_the_time_and_beta_reached():
    asked = {"num_reads": 20, "beta_schedule_type": "linear", "beta_range": (0.0, 10.0), "num_sweeps": 1000000}
    found = sample(**asked, interrupt_function=lambda: True, partial=True)
    assert len(found) == 20
    assert found.info["interrupted"]
    time_s, beta = found.info["reached"]["time_s"], found.info["reached"]["beta"]
    assert 0 < time_s < 5e-3
    assert beta == pytest.approx(10.0 * time_s / 5e-3, abs=10.0 / 999)  # one of 1000 steps of a linear ramp


def test_a_run_that_ends_is_not_interrupted():
    found = sample(num_reads=20, num_sweeps=1000, interrupt_function=lambda: False)
    assert found.first.energy == -15.0
    assert found.info["interrupted"] is False
    assert "reached" not in found.info


# length and betas ---------------------------------------------------------------------------------------------------


def time_of(**asked):
    return sample(**asked).info["device_timing"]["anneal_time_per_sample_s"]


def test_the_length_of_a_custom_schedule_sets_the_sweeps():
    custom = {"beta_schedule_type": "custom"}
    assert time_of(**custom, beta_schedule=[1.0] * 7) == pytest.approx(7 * 5e-9)
    assert time_of(**custom, beta_schedule=[1.0] * 7, num_sweeps_per_beta=3) == pytest.approx(21 * 5e-9)
    assert time_of(**custom, beta_schedule=np.ones(7), num_sweeps=7, beta_range=[1, 1]) == pytest.approx(7 * 5e-9)
    assert time_of(**custom, beta_schedule=[1.0] * 7, anneal_time="1 us") == pytest.approx(1e-6)
    assert time_of(num_sweeps=40) == pytest.approx(40 * 5e-9)
    assert time_of(anneal_time=3e-7) == pytest.approx(3e-7)


def test_the_betas_of_a_custom_schedule_are_those_of_the_run():
    hot, cold = ([b] * 50 for b in (0.0, 20.0))
    ask = {"num_reads": 50, "beta_schedule_type": "custom"}
    assert sample(**ask, beta_schedule=hot + cold).record.energy.mean() < -12
    assert sample(**ask, beta_schedule=cold + hot).record.energy.mean() > -3


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"beta_schedule": [1, 2]}, "beta_schedule needs beta_schedule_type 'custom'"),
        ({"beta_schedule_type": "linear", "beta_schedule": [1, 2]}, "needs beta_schedule_type 'custom'"),
        ({"beta_schedule_type": "custom"}, "needs a beta_schedule"),
        ({"beta_schedule_type": "custom", "beta_schedule": []}, "betas must be a row"),
        ({"beta_schedule_type": "custom", "beta_schedule": [1, -1]}, "betas must be a row"),
        ({"beta_schedule_type": "custom", "beta_schedule": "fast"}, "betas must be a row"),
        ({"beta_schedule_type": "custom", "beta_schedule": [1, 2], "num_sweeps": 3}, "leave num_sweeps out"),
        ({"beta_schedule_type": "custom", "beta_schedule": [1, 2], "beta_range": [1, 3]}, "leave beta_range out"),
        ({"beta_schedule_type": "cubic"}, "must be linear, geometric or custom"),
        ({"beta_range": [1, 2, 3]}, "beta_range must be"),
        ({"beta_range": [0, float("inf")]}, "betas must be a row"),
        ({"num_sweeps": 10, "num_sweeps_per_beta": 3}, "multiple of num_sweeps_per_beta"),
        ({"anneal_time": "1us", "num_sweeps": 10}, "both set the length"),
        ({"anneal_time": True}, "anneal time|must be a time"),
        ({"chain_strength": True}, "chain_strength must be"),
        ({"partial": 1}, "partial must be True or False"),
        ({"interrupt_function": 5}, "interrupt_function must be a function"),
        ({"beta_range": np.ones((2, 2))}, "betas must be a row"),
        ({"beta_range": np.array([1, 2, 3])}, "beta_range must be"),
        ({"beta_schedule_type": "custom", "beta_schedule": np.ones((2, 2))}, "betas must be a row"),
        ({"anneal_schedule": np.array([0.0, 1.0])}, "must be two or more pairs"),
        ({"schedules": np.array([1, 2])}, "schedules must be a whole number"),
        ({"initial_states_generator": "bogus"}, "must be none, random or tile, got 'bogus'"),
        ({"initial_states_generator": np.array(["none"])}, "must be none, random or tile, got array"),
        ({"initial_states_generator": ""}, "must be none, random or tile, got ''"),
        ({"beta_schedule_type": np.array(["linear", "custom"])}, "must be linear, geometric or custom, got array"),
        ({"answer_mode": np.array(["raw", "raw"])}, "answer_mode must be raw or histogram, got array"),
        ({"proposal_acceptance_criteria": np.array(["Gibbs", "x"])}, "must be Gibbs"),
        ({"num_sweeps": 0, "beta_range": [1]}, "beta_range must be"),
        ({"num_sweeps": 0, "beta_schedule_type": "custom", "beta_schedule": [1]}, "leave num_sweeps out"),
        ({"num_sweeps": 0, "initial_states_generator": "none"}, "a state to each read"),
        ({"initial_states": np.full((1, 16), 2)}, "initial_states must give each variable"),
        ({"initial_states": {"nobody": 1}}, "initial_states must give each variable"),
        ({"initial_states": "abc"}, "initial_states must give each variable"),
        ({"initial_states_generator": "none"}, "a state to each read"),
        ({"initial_state": dict.fromkeys(range(16), np.array([1, 2]))}, "the values of an initial_state"),
    ],
)
def test_requests_that_cannot_be_met_are_refused(asked, words):
    with pytest.raises(InputError, match=words):
        sample(**asked)


def test_numpy_arrays_are_betas():
    found = sample(beta_range=np.array([0.5, 2.0]), num_sweeps=10)
    assert found.info["beta_range"] == [0.5, 2.0]
    betas = np.linspace(0.5, 2.0, 10)
    assert sample(beta_schedule_type="custom", beta_schedule=betas).info["beta_range"] == [0.5, 2.0]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (dimod.CQM(), "got ConstrainedQuadraticModel: hwsim.compile takes it"),
        (dimod.DQM(), "got DiscreteQuadraticModel"),
        (dimod.QM(), "got QuadraticModel"),
        ({(0, 1): 1.0}, "got dict: sample_ising takes h and J"),
        (None, "got NoneType"),
        ("ring:n=6", "got str"),
    ],
)
def test_what_is_no_binary_quadratic_model_is_refused_by_its_name(model, words):
    with pytest.raises(ArgumentError, match=words):
        HwsimSampler().sample(model)


@pytest.mark.parametrize("value", [3.7, "7", -1, True, np.float64(2.0)])
@pytest.mark.parametrize("name", ["num_reads", "num_sweeps", "num_sweeps_per_beta", "schedules", "threads", "seed"])
def test_seeds_and_counts_are_whole_numbers(name, value):
    with pytest.raises(InputError, match=f"{name} must be") as error:
        sample(**{name: value})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", [3.7, "7", -1, True])
@pytest.mark.parametrize("name", ["reads", "schedules", "threads", "seed"])
def test_so_they_are_in_a_run_of_hwsim(name, value):
    program = hwsim.compile(CHAIN, hwsim.chip("generic-all-to-all"))
    with pytest.raises(InputError, match=f"{name} must be"):
        hwsim.run(program, anneal=hwsim.constant(1.0, "10ns"), **{name: value})
    with pytest.raises(InputError, match="die_seed must be"):
        hwsim.compile(CHAIN, hwsim.chip("generic-all-to-all"), die_seed=value)


def test_numpy_integers_are_whole_numbers():
    assert len(sample(num_reads=np.int64(3), seed=np.uint8(5))) == 3


def test_none_stands_for_every_default():
    names = [name for name in HwsimSampler().parameters if name != "seed"]
    plain, nones = sample(), sample(**dict.fromkeys(names))
    assert np.array_equal(plain.record, nones.record)
    assert plain.info["device_timing"] == nones.info["device_timing"]


# chains -------------------------------------------------------------------------------------------------------------


def test_the_chain_strength_is_that_of_compile():
    bqm = dimod.generators.ran_r(1, 10, seed=2)
    sampler = HwsimSampler(max_degree=3)
    weak, strong = (
        sampler.sample(bqm, num_reads=40, num_sweeps=300, seed=1, chain_strength=s) for s in (0.01, "sufficient")
    )
    assert weak.record.chain_break_fraction.mean() > 0.3
    assert strong.record.chain_break_fraction.mean() < 0.05
    assert strong.record.energy.mean() < weak.record.energy.mean() - 3


def test_initial_states_reach_every_p_bit_of_a_chain():
    bqm = dimod.generators.ran_r(1, 10, seed=2)
    best = dimod.ExactSolver().sample(bqm).first
    found = HwsimSampler(max_degree=3).sample(
        bqm, initial_states=best.sample, beta_range=(50, 50), num_sweeps=2, seed=1, chain_strength="sufficient"
    )
    assert found.first.energy == best.energy


@pytest.mark.parametrize(
    "asked",
    [
        {"initial_states": [dict.fromkeys(range(16), s) for s in (1, -1)]},
        {"initial_states": (np.ones((2, 16), dtype=np.int8), list(range(16)))},
        {"initial_states": [dict.fromkeys(range(16), 1)], "num_reads": 3, "initial_states_generator": "tile"},
    ],
)
def test_no_sweeps_return_the_initial_states_as_dwaves_sampler_does(asked):
    from dwave.samplers import SimulatedAnnealingSampler

    own, other = (one.sample(CHAIN, num_sweeps=0, **asked) for one in (HwsimSampler(), SimulatedAnnealingSampler()))
    assert own.record.sample.tolist() == other.record.sample.tolist()
    assert own.record.energy.tolist() == other.record.energy.tolist()
    assert len(sample(num_sweeps=0, num_reads=4, beta_range=np.array([0.1, 1.0]))) == 4


# initial states -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["tile", "none"])
@pytest.mark.parametrize("reads", [None, 3])
def test_generators_that_need_states_refuse_to_start_without(style, reads):
    from dwave.samplers import SimulatedAnnealingSampler

    for sampler in (SimulatedAnnealingSampler(), HwsimSampler()):
        with pytest.raises(ValueError, match=r"initial_states|initial states|sample set"):
            sampler.sample(CHAIN, initial_states_generator=style, num_reads=reads)


def test_tile_repeats_and_truncates_the_states():
    up, down = (dict.fromkeys(range(16), s) for s in (1, -1))
    cold = {"beta_range": (50, 50), "num_sweeps": 1, "initial_states_generator": "tile"}
    found = sample(initial_states=[up, down], num_reads=5, **cold)
    assert found.record.sample[:, 0].tolist() == [1, -1, 1, -1, 1]
    assert len(sample(initial_states=[up, down], num_reads=1, **cold)) == 1
    assert len(sample(initial_states=[up, down], **cold)) == 2


# labels, biases, empty models ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        [frozenset({1}), frozenset({2, 3}), frozenset({1, 2})],
        [Colour.RED, Colour.BLUE, 7],
        [b"a", b"b", "b"],
        [Thing(), Thing(), Thing()],
        [("a", frozenset({1})), ("a", 1), ("b", b"x")],
        [2.5, ("x",), "x"],
    ],
    ids=["frozenset", "Enum", "bytes", "objects", "tuples", "odd"],
)
@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
def test_labels_of_any_hashable_kind_come_back(labels, vartype):
    a, b, c = labels
    bqm = dimod.BinaryQuadraticModel({a: 0.5, b: -1.0, c: 0.25}, {(a, b): 2.0, (b, c): -1.5}, 0.5, vartype)
    found = sample(bqm, num_reads=20, num_sweeps=200)
    assert set(found.variables) == set(labels)
    assert found.first.energy == dimod.ExactSolver().sample(bqm).first.energy
    assert bqm.energy(found.first.sample) == found.first.energy


def test_compile_names_the_label_that_a_program_cannot_hold():
    bqm = dimod.BinaryQuadraticModel({}, {(frozenset({1}), 2): 1.0}, "SPIN")
    with pytest.raises(InputError, match=r"named by text, numbers or tuples.*frozenset"):
        hwsim.compile(bqm, hwsim.chip("generic-all-to-all"))


def test_fractions_are_biases():
    bqm = dimod.BinaryQuadraticModel(
        {"a": Fraction(1, 3)}, {("a", "b"): Fraction(-1, 2)}, Fraction(1, 4), "SPIN", dtype=object
    )
    found = sample(bqm, num_reads=20, num_sweeps=200)
    assert found.first.energy == pytest.approx(0.25 - 0.5 - 1 / 3, abs=1e-15)
    assert hwsim.compile(bqm, hwsim.chip("generic-all-to-all")).network.weight.tolist() == [-0.5, -0.5]


@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
def test_energies_are_those_of_the_model_to_the_last_bit(vartype):
    bqm = dimod.BinaryQuadraticModel({0: 0.1, 1: 0.2}, {(0, 1): 0.3}, 1e9 / 3, vartype)
    found = sample(bqm, num_reads=8)
    assert found.record.energy.tolist() == bqm.energies((found.record.sample, list(found.variables))).tolist()


def test_an_empty_model_has_the_same_info():
    empty = sample(dimod.BinaryQuadraticModel("BINARY", offset=2.5), num_reads=3)
    assert empty.record.energy.tolist() == [2.5] * 3
    assert set(empty.info) == set(sample().info)
    assert empty.info["timing"].keys() == sample().info["timing"].keys()


def test_samples_unpack_as_those_of_other_samplers():
    found = sample(num_reads=6, schedules=3)
    for state, energy, n in found.data():
        assert (CHAIN.energy(state), 1) == (energy, n)
    assert sorted(set(found.info["schedule"])) == [0, 1, 2]
    assert dimod.SampleSet.from_serializable(found.to_serializable()) == found


def test_samples_of_a_run_unpack_too():
    program = hwsim.compile(CHAIN, hwsim.chip("generic-all-to-all"))
    found = hwsim.run(program, anneal=hwsim.constant(1.0, "10ns"), reads=6, schedules=2).sampleset
    assert all(len(row) == 3 for row in found.data())
    assert len(found.info["schedule"]) == 6
