"""Public functions called wrongly: one sentence of hwsim, or a TypeError of Python, never an error from deep inside."""

import inspect
import math
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import hwsim
from hwsim.arguments import named
from hwsim.errors import ArgumentError, HwsimError

WRONG = (None, 7, -1.5, "", "x", b"x", {}, [], (), object(), np.zeros(3), lambda: 1)


def public():
    """(name, function or class) of all that ``hwsim`` and its rooms offer."""
    for name in hwsim.__all__:
        one = getattr(hwsim, name)
        if inspect.ismodule(one):
            yield from ((f"{name}.{inner}", getattr(one, inner)) for inner in one.__all__)
        elif callable(one):
            yield name, one


PUBLIC = {name: one for name, one in public() if callable(one) and one is not HwsimError}
FUNCTIONS = {name: one for name, one in PUBLIC.items() if inspect.isfunction(one) and "." not in name}


def refused(call):
    """Whether ``call`` is refused, in a line; fails where it is refused otherwise."""
    try:
        call()
    except HwsimError as error:
        assert all(len(line) <= 240 for line in str(error).split("\n")), error
        return True
    except TypeError as error:  # Python's own: nothing of the function has run
        assert error.__traceback__.tb_next.tb_next is None, error
        return True
    return False


@pytest.mark.parametrize("name", PUBLIC)
def test_a_call_with_an_argument_that_does_not_exist_is_refused(name):
    one = PUBLIC[name]
    assert refused(lambda: one(colour=3)) and refused(lambda: one(*[object()] * 30))
    refused(lambda: one())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_argument_of_another_kind_is_refused(name):
    """Whatever stands for every argument that must be given."""
    one = FUNCTIONS[name]
    needed = [each.name for each in inspect.signature(one).parameters.values() if each.default is each.empty]
    needed = [each for each in needed if each not in ("settings", "how", "keywords")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for value in WRONG:
            refused(lambda value=value: one(**dict.fromkeys(needed, value)))


@named
def greet(run: hwsim.Run, where: str = "here", *, loud: bool = False, **more: int):
    """A function that takes runs, and whatever else can tell its program."""
    return run.program if loud else len(where)


def test_the_sentence_names_what_is_missing_and_what_comes_nearest():
    for call, words in (
        (lambda: hwsim.run(), "run needs program and anneal"),
        (lambda: hwsim.read(), "read needs source"),
        (lambda: hwsim.read("karate", reading="spin"), "read has no argument 'reading'; it takes source, as_"),
        (lambda: hwsim.linear(0.1, 2.0, tme="1 us"), "linear has no argument 'tme'; did you mean 'time'?"),
        (lambda: hwsim.list_chips(4), "list_chips takes no argument: too many positional arguments"),
        (
            lambda: hwsim.save_run(7, "a.npz"),
            "run must be what hwsim.run(program, anneal=...) returns, got an object of",
        ),
        (lambda: hwsim.train(7), "plan must be text, a path or a dict, got an object of int"),
        (lambda: greet(7, loud=True), "run must be what hwsim.run"),
        (lambda: greet(7, where=3), "run must be what hwsim.run"),
        (lambda: greet(one_run(), where=3), "where must be text, got an object of int"),
        (lambda: greet(colour=3), "greet needs run"),
        (lambda: hwsim.compile("karate", "generic-all-to-all", chain_strenght=2), "did you mean 'chain_strength'?"),
    ):
        with pytest.raises(ArgumentError) as refusal:
            call()
        assert words in str(refusal.value)
    with pytest.raises(ArgumentError, match="multiple values for argument 'name'"):
        hwsim.chip("generic-all-to-all", name="mine")


def test_what_works_is_not_refused_and_what_a_callback_raises_comes_through():
    assert greet(7) == 4 and greet(7, colour=3) == 4  # duck typing
    stopped = hwsim.compile("ring:n=4", "generic-all-to-all"), hwsim.constant(1, "10 ns")
    with pytest.raises(ZeroDivisionError):
        hwsim.run(stopped[0], anneal=stopped[1], interrupt=lambda: 1 / 0)
    with pytest.raises(LookupError, match="own"):
        hwsim.run(stopped[0], anneal=stopped[1], interrupt=own)


def own():
    raise LookupError("own")


def one_run():
    return hwsim.run(hwsim.compile("ring:n=4", "generic-all-to-all"), anneal=hwsim.constant(1, "2 ns"), reads=2)


def odd():
    """(name, value) of what a session may hold in place of what is asked for."""
    import dimod
    import networkx
    import pandas
    from scipy.sparse import csr_array

    arrays = [np.zeros(shape) for shape in ((), (0,), (0, 3), (3,), (2, 2), (2, 2, 2))]
    arrays += [np.array(["a", "b"]), np.array([None, {}]), np.array([1j, 2]), np.zeros(2, dtype=[("a", int)])]
    numbers = [None, True, math.nan, math.inf, -1, 1.5, 1e308, 10**30, 10**400, 1j, Fraction(1, 3), Decimal("NaN")]
    numbers += [np.int64(2), np.float32("nan"), np.bool_(True)]
    texts = ["", "x", "a\0b", "\udcff", b"x"]
    lists = [{}, {1: "x"}, {None: None}, [], [None], [[1, 2], [3]], [object()], (1, 2), {1, 2}, range(3)]
    others = [networkx.path_graph(3), dimod.BQM({0: 1.0}, {}, "SPIN"), dimod.CQM(), csr_array(np.eye(3)), object(), int]
    frames = [pandas.DataFrame({"a": [1.0]}), pandas.Series([1.0, 2.0]), pandas.NA]
    return [*arrays, *numbers, *texts, *lists, *others, *frames]


CALLS = {
    "from_qubo": ({(0, 1): 1.0},),
    "from_ising": ({0: 1.0}, {(0, 1): 1.0}),
    "from_max_cut": (np.ones((3, 3)) - np.eye(3),),
    "rbm": (np.ones((2, 3)), np.ones(2), np.ones(3)),
    "dbm": ([np.ones((2, 3))], [np.ones(2), np.ones(3)]),
    "chip": ("generic-all-to-all",),
    "compile": ("ring:n=4", "generic-all-to-all"),
    "constant": (1.0, "1 us"),
    "geometric": (0.1, 1.0, "1 us"),
    "table": ([0, "1 ns"], [1.0, 2.0], "1 us"),
    "Anneal": (),
}
"""A good call of each: the values of its arguments without a default."""


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("error")
def test_one_argument_of_any_kind_in_a_good_call_is_taken_or_refused_in_a_sentence(name):
    one, good = getattr(hwsim, name), CALLS[name]
    parameters = list(inspect.signature(one).parameters.values())
    more = {"start": np.array([0]), "beta": np.array([1.0]), "end": 1000} if name == "Anneal" else {}
    for place, parameter in enumerate(parameters):
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        for value in odd():
            if place < len(good):
                given = [*good[:place], value, *good[place + 1 :]]
                refused(lambda given=given: one(*given))
            else:
                refused(lambda key=parameter.name, value=value: one(*good, **more | {key: value}))


@pytest.mark.filterwarnings("error")
def test_a_parameter_of_a_chip_of_any_kind_is_taken_or_refused_in_a_sentence():
    keys = [key for key in inspect.signature(hwsim.Chip).parameters if key != "name"]
    for key in ("tau", "delay", "comparison", "participants", "pbit", "clock", "random_source", "threshold_top"):
        assert key in keys
        for value in odd():
            refused(lambda key=key, value=value: hwsim.chip("generic-all-to-all", **{key: value}))


def test_numbers_of_numpy_are_numbers_and_what_is_no_whole_number_is_refused():
    assert hwsim.constant(np.float32(1), np.float32(1)).end == 10**15
    assert hwsim.chip("generic-all-to-all", tau=np.float32(1)).pbit.tau_s == 1
    with pytest.raises(ArgumentError, match=r"steps must be a whole number, got 1\.5"):
        hwsim.linear(0.1, 1.0, "1 us", steps=1.5)
    with pytest.raises(ArgumentError, match="delay_s must be a dict"):
        hwsim.compile("ring:n=4", "generic-all-to-all", delay_s=1e-9)
    for parts in (1.5, [0, 0, 1], [0, 0, 1, 4], [0, -1, 0, 0], math.nan):
        with pytest.raises(ArgumentError, match="parts must be a number of chips, or for each of the 4 p-bits"):
            hwsim.compile("ring:n=4", "generic-all-to-all", parts=parts)


def test_one_fault_needs_no_list_and_a_delay_may_have_a_unit():
    chip = hwsim.chip("generic-all-to-all", delay="1 ns")
    assert hwsim.without(chip, "delay").pbit.delay_s == hwsim.without(chip, ["delay"]).pbit.delay_s == 0
    assert hwsim.chip("generic-all-to-all", delay="1 ns", without="delay").pbit.delay_s == 0
    program = hwsim.compile("ring:n=4", chip, delay_s={(0, 1): "2 ns"})
    assert program.wires.delay.max() == 3_000_000  # 1 ns of the chip and 2 ns of the wire


def test_the_address_of_an_object_is_left_out_of_a_sentence():
    with pytest.raises(HwsimError) as refusal:
        hwsim.constant(object(), "1 us")
    assert str(refusal.value) == "beta must be a number, got <object object>"


ON_A_PROGRAM = {
    "run": {"anneal": hwsim.constant(1.0, "10 ns"), "reads": 2, "schedules": 1},
    "parallel_tempering": {"sweeps": 2, "betas": np.array([0.5, 1.0]), "replicas": 2, "reads": 2},
    "quantum_annealing": {"sweeps": 2, "copies": 2, "reads": 2},
    "population_annealing": {"betas": np.array([0.0, 1.0]), "sweeps_per_step": 1, "population": 4, "reads": 2},
}


@pytest.mark.parametrize("name", ON_A_PROGRAM)
@pytest.mark.filterwarnings("error")
def test_a_run_with_one_argument_of_any_kind_goes_on_or_is_refused_in_a_sentence(name, monkeypatch):
    monkeypatch.setenv("HWSIM_MEMORY_LIMIT", "300MB")
    one, good, program = getattr(hwsim, name), ON_A_PROGRAM[name], hwsim.compile("ring:n=4", "generic-all-to-all")
    takes = [key for key in inspect.signature(one).parameters if key not in ("program", "settings")]
    for key in (*takes, "reads", "schedules", "seed", "engine", "progress", "interrupt"):
        for value in odd():
            if value is not int:  # a function, as far as anyone can tell
                refused(lambda key=key, value=value: one(program, **good | {key: value}))


def test_matrices_of_complex_numbers_are_refused():
    with pytest.raises(ArgumentError, match="weights must be finite numbers"):
        hwsim.rbm(np.ones((2, 3)) * 1j, np.ones(2), np.ones(3))
    with pytest.raises(ArgumentError, match="bias 1 must be finite numbers"):
        hwsim.rbm(np.ones((2, 3)), np.ones(2), np.ones(3) * 1j)


@pytest.mark.parametrize("key", ["reads", "schedules", "seed", "die_seed", "tau", "beta", "sweeps"])
@pytest.mark.filterwarnings("error")
def test_a_keyword_of_a_command_of_any_kind_is_taken_or_refused_in_a_sentence(key, monkeypatch):
    monkeypatch.setenv("HWSIM_MEMORY_LIMIT", "300MB")
    good = {"reads": 2, "schedules": 1, "sweeps": 2, "method": "annealing", "progress": False}
    for value in odd():
        refused(lambda value=value: hwsim.free_energy("ring:n=4", **good | {key: value}))
