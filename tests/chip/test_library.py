"""Cards and chips."""

import pytest

from hwsim.cell.model import input_quantiser
from hwsim.chip.die import make_die
from hwsim.chip.library import chip, list_chips, list_pbits
from hwsim.errors import CardError, InputError

CARD = """name = "x"
title = "x"
summary = "x"
clock = "poisson"

[parameters]
tau = { value = "5 ns", source = "me", grade = "assumed" }
"""


def test_every_shipped_number_has_source_and_grade():
    cards = [*list_chips(), *list_pbits()]
    assert len(cards) >= 6
    assert all(q.source and q.grade for card in cards for q in card.parameters.values())


def test_overrides_take_text_with_units():
    made = chip("generic-all-to-all", tau="2 ns", delay="100 ps", dac_bits=4)
    assert made.pbit.tau_s == 2e-9 and made.pbit.delay_s == 1e-10
    assert input_quantiser(made.pbit) == (-5.0, 5.0, 10 / 15)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("tau =", "tua ="), "tua.*did you mean tau"),
        (('source = "me", ', ""), "source"),
        (("5 ns", "5 parsec"), "tau"),
        (('"assumed"', '"guessed"'), "guessed|grade"),
        (("summary", "sumary"), "sumary"),
        (('name = "x"', "name = "), "TOML"),
    ],
)
def test_a_bad_card_is_refused_naming_file_and_key(tmp_path, monkeypatch, change, said):
    (tmp_path / "pbits").mkdir()
    (tmp_path / "pbits" / "bad.toml").write_text(CARD.replace(*change))
    monkeypatch.setenv("HWSIM_DEVICES", str(tmp_path))
    with pytest.raises(CardError, match=f"bad.toml.*({said})"):
        chip("generic-all-to-all", pbit="bad")


def test_an_unknown_key_of_a_table_is_answered_with_the_keys_of_that_table(tmp_path):
    (tmp_path / "bad.toml").write_text(
        'name = "x"\ntitle = "x"\nsummary = "x"\npbit = "ideal-poisson"\nclock = "poisson"\ntopology = "king"\n'
        '[wiring]\ndead_pbit = [1]\nsource = "me"\ngrade = "assumed"\n'
    )
    with pytest.raises(CardError, match=r"unknown key wiring\.dead_pbit; did you mean dead_pbits"):
        chip(tmp_path / "bad.toml")


def test_a_wrong_override_is_refused():
    with pytest.raises(InputError, match="did you mean tau"):
        chip("generic-all-to-all", taus=1)


def test_one_spread_changes_no_other_and_more_cells_no_earlier_cell():
    plain = make_die(chip("generic-all-to-all", gain_dtod=0.1), 10, 3)
    both = make_die(chip("generic-all-to-all", gain_dtod=0.1, tau_dtod=0.1), 20, 3)
    assert (plain.gain == both.gain[:10]).all() and (plain.phase == both.phase[:10]).all()
