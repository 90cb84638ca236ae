"""A refusal is one line, whatever a user gave, and at most twenty mistakes are shown of a card."""

import pickle

import pytest

from hwsim.errors import MOST_CHARACTERS, HwsimError, InputError, ReadError, one_line


@pytest.mark.parametrize(
    "given", ["a\nb", "a\rb", "a\x07b", "a\x1b[31mb", "a\x85b", "a\u2028b", "a\u202eb", "x" * 10**6, "x y " * 900]
)
def test_a_sentence_is_one_line_that_fits(given):
    for error in (InputError(f"no variable {given!r} or {given}"), ReadError(given, where="a.lp")):
        text = str(error)
        assert len(text) <= MOST_CHARACTERS and text.isprintable()


def test_what_is_short_stays_as_it_is():
    sentence = "tau must be > 0, got 'é 5 µs' and 😀"
    assert one_line(sentence) == sentence == str(InputError(sentence))


def test_quotations_are_cut_before_words_are():
    text = str(InputError(f"the key {'k' * 900!r} is unknown; hwsim show lists the keys of a card"))
    assert text.startswith("the key 'kkkk") and text.endswith("...' is unknown; hwsim show lists the keys of a card")


def test_a_long_path_costs_no_word():
    path = "/home/" + "folder/" * 20 + "a.lp"
    sentence = f"{path} line 3: " + "a word and " * 18
    assert one_line(sentence) == sentence


def test_of_many_mistakes_the_first_are_shown():
    error = InputError(*(f"mistake {k}" for k in range(50)), where="a.toml")
    lines = str(error).split("\n")
    assert lines[0] == "a.toml: 50 mistakes, of which these are the first 20" and len(lines) == 21
    assert len(error.mistakes) == 50


def test_a_refusal_is_the_same_in_another_process():
    for error in (InputError("a", "b", where="x.toml"), ReadError("c", where="a.lp"), HwsimError("a", "b")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
