"""Wrong arguments of functions get a sentence that says what was expected, and no text of Python or a library."""

import numpy as np
import pytest

import hwsim
from hwsim.command.given import chip_of
from hwsim.errors import InputError


def ring():
    return hwsim.compile("ring:n=4", "generic-all-to-all")


WRONG = {
    "a number as a chip": (lambda: hwsim.chip(7), "a chip must be a hwsim.Chip, or the name or file of a card, got 7"),
    "a number among chips": (lambda: hwsim.compare("karate", ["generic-all-to-all", 3]), "a chip must be a hwsim.Chip"),
    "a name for Chip": (lambda: hwsim.Chip("king:4x4"), "hwsim.Chip takes the keys of a card by name"),
    "text as set": (
        lambda: hwsim.compare("karate", set="tau=3ns"),
        "set must be parameters with their values, such as {'tau': '5 ns'}, got 'tau=3ns'",
    ),
    "a target in words": (lambda: hwsim.tts("karate", target="bes"), "target must be an energy, known, exact, best"),
    "a problem to run": (
        lambda: hwsim.run(hwsim.read("ring:n=4"), anneal=hwsim.constant(1, "10 ns")),
        "program must be what hwsim.compile(problem, chip) returns, got an object of Problem",
    ),
    "a time as an anneal": (lambda: hwsim.run(ring(), anneal="1 us"), "anneal must be an anneal such as hwsim.linear"),
    "a misspelt argument": (
        lambda: hwsim.run(ring(), anneal=hwsim.constant(1, "10 ns"), read=3),
        "a run has no argument 'read'; did you mean 'reads'?",
    ),
    "an argument of another": (
        lambda: hwsim.parallel_tempering(ring(), sweeps=4, colour=3),
        "a run has no argument 'colour'; a run takes reads, ",
    ),
    "a beta in words": (lambda: hwsim.geometric("hot", 2, "10 ns"), "beta must be a number, got 'hot'"),
    "a target that nobody knows": (
        lambda: hwsim.time_to_solution(hwsim.run(ring(), anneal=hwsim.constant(1, "2 ns"), reads=2), target=None),
        "target must be an energy, such as problem.known_energy where there is one, got None",
    ),
    "numbers to fit": (lambda: hwsim.fit(np.zeros((3, 2))), "data must be a file of measurements, or several"),
    "a number to fit": (lambda: hwsim.fit(3), "data must be a file of measurements, or several, got int"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_argument_is_refused_with_what_was_expected(name):
    call, words = WRONG[name]
    with pytest.raises(InputError) as refused:
        call()
    assert words in str(refused.value)


def test_a_chip_object_takes_a_scheme_as_text():
    chip = chip_of(
        hwsim.Chip(tau="2 ns"), None, (), clock="synchronous", participation="0.5", tau="5 ns", delay="0.2tau"
    )
    assert (chip.pbit.tau_s, chip.pbit.delay_s) == pytest.approx((5e-9, 1e-9))
    assert chip.clock.participation == 0.5
