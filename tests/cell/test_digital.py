"""What logic makes of numbers: rounding and saturation by name, tables of words, and a swapped comparison."""

import math

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.cell.digital import register, rounded, word_table
from hwsim.errors import InputError
from hwsim.mapping.quantize import fixed_point, quantize_weights

HALVES = np.array([-2.5, -1.75, -1.5, -0.5, 0.25, 0.5, 1.5, 2.5])


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("half-even", [-2, -2, -2, 0, 0, 0, 2, 2]),
        ("half-up", [-2, -2, -1, 0, 0, 1, 2, 3]),
        ("half-away", [-3, -2, -2, -1, 0, 1, 2, 3]),
        ("down", [-3, -2, -2, -1, 0, 0, 1, 2]),
    ],
)
def test_each_rounding_goes_where_its_name_says(rule, wanted):
    assert rounded(HALVES, rule).tolist() == wanted


def test_twos_complement_reaches_one_unit_further_at_the_negative_end():
    values = np.array([-200.0, -128.0, 127.6, 300.0])
    assert register(values, 127, rounding="half-even", saturation="symmetric").tolist() == [-127, -127, 127, 127]
    assert register(values, 127, rounding="half-even", saturation="twos-complement").tolist() == [-128, -128, 127, 127]


def test_weight_registers_hold_what_a_p_bit_adds_up_so_that_names_are_of_minus_the_coupling():
    """Of couplings in steps of 1/2: minus 0.25 is -1/2 unit, which goes up to 0, and minus -0.25 up to 1 unit."""
    asked = np.array([0.25, -0.25, 8.0, -8.0])
    assert fixed_point(asked, 3, 1).tolist() == [0.0, 0.0, 7.5, -7.5]
    half_up = fixed_point(asked, 3, 1, rounding="half-up", saturation="twos-complement")
    assert half_up.tolist() == [0.0, -0.5, 8.0, -7.5]
    bias, weight = quantize_weights(
        asked[:2], np.array([128.0, -128.0]), bits=8, limit=127.0, saturation="twos-complement"
    )
    assert bias.tolist() == [0.0, 0.0] and weight.tolist() == [128.0, -127.0]


def test_a_chip_programs_its_registers_so_and_says_what_they_hold():
    problem = dimod.BinaryQuadraticModel({0: 0.25, 1: -0.25, 2: 9.0}, {(0, 1): 1.0}, "SPIN")
    how = {"weight_integer_bits": 3, "weight_fraction_bits": 1}
    chip = hwsim.Chip(tau="1 ns", **how, weight_rounding="half-up", weight_saturation="twos-complement")
    program = hwsim.compile(problem, chip)
    assert program.network.bias.tolist() == [0.0, -0.5, 8.0]
    assert program.placement.bias_code.tolist() == [0, -1, 16]


def words_of(**changes):
    """(levels of the input, words) of a p-bit with an s2.1 input and a table of 8-bit words."""
    chip = hwsim.Chip(tau="1 ns", input_integer_bits=2, input_fraction_bits=1, threshold_bits=8, **changes)
    table = word_table(chip.pbit)
    level = table.first + table.step * np.arange(len(table.probability))
    return level, 256 * np.array(table.probability)


def test_the_top_of_a_table_is_one_bit_wider_or_the_largest_word_or_the_unit():
    level, wide = words_of(threshold_rounding="half-even")
    p = (1 + np.tanh(level)) / 2
    assert level.tolist() == [k / 2 for k in range(-7, 8)] and wide[-1] == 256
    assert np.array_equal(wide, np.floor(256 * p + 0.5))
    assert np.array_equal(words_of(threshold_top="saturated")[1], np.minimum(wide, 255))
    assert np.array_equal(words_of(threshold_top="scaled")[1], np.floor(255 * p + 0.5))
    for rule, middle in (("half-up", 128), ("half-even", 128), ("half-away", 128), ("down", 127)):
        words = words_of(threshold_top="scaled", threshold_rounding=rule)[1]
        assert words[7] == middle, rule  # 255 / 2
    assert np.array_equal(words_of(threshold_rounding="down")[1], np.floor(256 * p))


def test_a_swapped_table_has_the_words_of_magnitudes_and_no_tie_is_up():
    """Of magnitude m with word T: +1 at m where u < T, in T of 256 cases; at -m where u > T, in 255 - T."""
    words = words_of(threshold_top="saturated", comparison="swapped")[1]
    straight = words_of(threshold_top="saturated")[1]
    assert np.array_equal(words[7:], straight[7:])
    assert np.array_equal(words[:7], 255 - straight[:7:-1])


def test_a_swapped_comparison_keeps_the_law_and_takes_the_complement_of_the_word():
    """Of two p-bits on one register, with inputs x and -x, one is up where the other is down, but at ties."""
    problem = dimod.BinaryQuadraticModel({0: -0.5, 1: 0.5}, {}, "SPIN")
    chip = hwsim.chip(
        "ucsb-six-fpga",
        random_source="xorshift32",
        random_steps="clock",
        random_sharing="taps",
        random_share=2,
        comparison="swapped",
        threshold_top="saturated",
    )
    for engine in ("lanes", "reference"):
        run = hwsim.run(
            hwsim.compile(problem, chip),
            anneal=hwsim.constant(1.0, "20 us"),
            reads=64,
            seed=2,
            engine=engine,
            record=(0,),
        )
        assert np.array_equal(run.states[:, 0], -run.states[:, 1])
        ups = run.traces[0][2][run.traces[0][1] == 0] > 0
        p = (1 + math.tanh(0.5)) / 2
        assert abs(ups.mean() - p) < 4 * math.sqrt(p * (1 - p) / len(ups)) and len(ups) > 250


def test_an_input_that_drops_bits_goes_to_the_level_below():
    """P(+1) of inputs between levels is that of the level below; with halves rounded up it is that of the nearest."""
    x = np.array([-9.0, -3.5, -0.75, -0.25, -1e-9, 0.0, 0.25, 0.49, 0.5, 3.49, 3.5, 9.0])
    below = np.clip(np.floor(2 * x) / 2, -4.0, 3.5)
    problem = dimod.BinaryQuadraticModel(dict(enumerate(-x)), {}, "SPIN")
    chip = hwsim.Chip(
        tau="1 ns",
        clock="chromatic",
        input_integer_bits=2,
        input_fraction_bits=1,
        input_rounding="down",
        input_saturation="twos-complement",
    )
    from hwsim.cell.law import law_threshold

    for changed in (chip, hwsim.Chip(**{"tau": "1 ns", "clock": "chromatic"} | WORDS_TOO)):
        cells = hwsim.compile(problem, changed).cells
        for i, level in enumerate(below):
            device = (cells.gain[i], cells.offset[i], cells.input_low[i], cells.input_high[i], cells.input_step[i])
            law = (cells.comparator_step[i], cells.law[i], cells.parameter[i], cells.z_limit[i], 0.0)
            threshold = law_threshold(1, x[i], 1.0, *device, *law, cells.points, cells.table_first, cells.table_step)
            assert abs(threshold / 2**32 - (1 + math.tanh(level)) / 2) < 2**-31, (x[i], level)


WORDS_TOO = {
    "input_integer_bits": 2,
    "input_fraction_bits": 1,
    "input_rounding": "down",
    "input_saturation": "twos-complement",
    "threshold_top": "saturated",
}


ROM = {"first": 0.0, "step": 0.5, "words": [128, 187, 225, 243, 251, 253, 254, 255], "word_bits": 8}
"""tanh at magnitudes 0 to 3.5 in 8-bit words, the last one cut."""


def test_the_words_of_a_table_of_ones_own_are_compared_as_they_are(tmp_path):
    chip = hwsim.Chip(
        tau="1 ns",
        clock="chromatic",
        input_integer_bits=2,
        input_fraction_bits=1,
        threshold_bits=8,
        comparison="swapped",
        response=ROM,
    )
    cells = hwsim.compile(dimod.BinaryQuadraticModel({0: 1.0}, {}, "SPIN"), chip).cells
    above = [*ROM["words"][:0:-1], *ROM["words"]]
    assert (256 * cells.points).tolist() == [*(255 - word for word in above[:7]), *above[7:]]
    straight = hwsim.Chip(tau="1 ns", response=ROM)
    assert straight.pbit.law == "table" and straight.pbit.response.probability[1] == 187 / 256
    straight.save(tmp_path / "rom.toml")
    assert hwsim.chip(tmp_path / "rom.toml").pbit.response == straight.pbit.response


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"word_bits": 7}, "response.words must be a list of whole numbers from 0 to 128"),
        ({"word_bits": None}, "response.word_bits must be a whole number from 1 to 32, got None"),
        ({"words": [3]}, "response.words must be a list of two or more"),
        ({"probability": [0.1, 0.2]}, "response.words stands beside probability: keep one"),
    ],
)
def test_wrong_words_of_a_table_are_told_in_one_sentence(changed, sentence):
    with pytest.raises(InputError) as caught:
        hwsim.Chip(tau="1 ns", response=ROM | changed)
    assert sentence in str(caught.value) and len(caught.value.mistakes) == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"comparison": "swapped"}, "comparison needs a quantised input"),
        (
            {"threshold_top": "scaled", "input_rounding": "down"},
            "input_rounding and threshold_top need a quantised input",
        ),
        ({"input_saturation": "twos-complement", "dac_bits": 4}, "input_saturation is of a fixed-point input"),
        (
            {"threshold_top": "saturated", "dac_bits": 20},
            "a table of words has 65,536 at most, and the input has 1,048,576",
        ),
        ({"threshold_top": "top", "dac_bits": 4}, "threshold_top must be one of wide, saturated, scaled, got 'top'"),
        (
            {"weight_rounding": "nearest"},
            "weight_rounding must be one of half-even, half-up, half-away, down, got 'nearest'",
        ),
        ({"weight_rounding": 3}, "weight_rounding must be one of"),
        ({"random_steps": "clok"}, "random_steps must be one of update, clock, got 'clok'; did you mean clock?"),
        (
            {"law": "p-kit", "threshold_top": "saturated", "dac_bits": 4},
            "threshold_top is of a law that does not depend on the own state",
        ),
    ],
)
def test_words_that_mean_nothing_together_are_refused_in_one_sentence(given, sentence):
    with pytest.raises(InputError) as caught:
        hwsim.Chip(tau="1 ns", **given)
    assert sentence in str(caught.value) and len(caught.value.mistakes) == 1


def test_words_stand_on_cards_with_a_source_are_written_back_and_fall_with_their_faults(tmp_path):
    chip = hwsim.Chip(tau="1 ns", clock="chromatic", comparison="swapped", random_source="lfsr16", **WORDS_TOO)
    chip.save(tmp_path / "own.toml")
    again = hwsim.chip(tmp_path / "own.toml")
    assert again.pbit == chip.pbit and 'comparison = "swapped"' in (tmp_path / "own.toml").read_text()
    straight = hwsim.chip(tmp_path / "own.toml", without=["comparator"])
    assert straight.pbit.comparison == "below" and straight.pbit.threshold_top == "wide"
    exact = hwsim.chip(tmp_path / "own.toml", without=["input-quantisation"])
    assert exact.pbit.comparison == "below" and exact.pbit.input_rounding == "half-up"
    wider = hwsim.chip(tmp_path / "own.toml", without=["input-range"])
    assert wider.pbit.comparison == "below" and wider.pbit.input_rounding == "down"


def test_what_a_card_says_of_a_register_falls_where_the_source_is_set_to_ideal():
    card = hwsim.chip("generic-sparse", random_source="lfsr32", random_shows="held", random_shifts=8)
    assert card.pbit.random_shows == "held"
    ideal = hwsim.chip("ucsb-six-fpga", random_source="ideal")
    assert (ideal.pbit.random_shifts, ideal.pbit.random_shows) == (1, "stepped")
    with pytest.raises(InputError, match="random_shifts needs a random_source"):
        hwsim.chip("ucsb-six-fpga", random_source="ideal", random_shifts=2)
