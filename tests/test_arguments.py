"""Public functions called wrongly: one sentence of hwsim, or a TypeError of Python, never an error from deep inside."""

import inspect
import warnings

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
