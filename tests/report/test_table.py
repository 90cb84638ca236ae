import pytest

from hwsim.errors import InputError
from hwsim.report.table import columns, compare_table, mean_and_error, number

COMMON = {"tau_s": 5e-9, "engine": "lanes", "reads": 512, "schedules": 8, "device_time_s": 1e-6, "updates": 160000000}
NUMBERS = {
    "energy_mean": -11432.123,
    "energy_sem": 1.31,
    "energy_best": -11520,
    "cut_mean": 11431.7,
    "cut_best": 11624,
    "p_success": 0.123,
    "p_success_ci": (0.101, 0.152),
    "tts99_s": 34.1e-6,
    "tts99_ci_s": (30.2e-6, 40.9e-6),
    "tts99_is_bound": False,
    "host_seconds": 0.0234,
    "updates_per_ns": 0.712,
}
BOUND = {"p_success": 0.0, "p_success_ci": (0, 0.0074), "tts99_s": 12e-6, "tts99_ci_s": (12e-6, None)}
ROWS = [
    {**COMMON, **NUMBERS, "clock": "random-sequential", "delay_s": 0.0},
    {
        **COMMON,
        **NUMBERS,
        **BOUND,
        "clock": "synchronous",
        "participation": 1 / 3,
        "delay_s": 1e-9,
        "tts99_is_bound": True,
    },
]


def test_letters_of_a_name_stay_as_they_are():
    assert "größe" in compare_table(ROWS, {"name": "größe"})


def test_a_typical_comparison_fits_in_110_ascii_columns_with_no_name_or_number_broken():
    text = compare_table(ROWS, {"name": "G1", "p-bits": 800})
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 110
    for whole in (
        "random-",
        "sequential",
        "synchronous",
        "-11432.1",
        "+- 1.3",
        "[0.101,0.152]",
        "[30.2,40.9] us",
        "23.4 ms",
    ):
        assert whole in text
    assert text.splitlines()[0] == "G1: p-bits 800"


def test_a_bound_is_shown_as_greater_than_and_explained():
    text = compare_table(ROWS)
    assert "> 12 us" in text
    assert "lower bound" in text
    assert "lower bound" not in compare_table(ROWS[:1])


def test_a_setting_that_all_rows_share_is_said_once_and_one_that_differs_is_a_column():
    lines = compare_table(ROWS).splitlines()
    assert "tau 5 ns" in lines[0] and "reads 512" in lines[0] and "updates 1.6e8" in lines[0]
    assert "delay" not in lines[0]
    assert any("delay" in line for line in lines[1:])


def test_empty_columns_go_and_single_gaps_are_dashes():
    rows = [{"clock": "poisson", "energy_mean": -1.5, "cut_best": 3}, {"clock": "chromatic", "energy_mean": None}]
    text = compare_table(rows)
    assert "TTS99" not in text and "TV" not in text
    assert text.splitlines()[-1].split() == ["chromatic", "-", "-"]


def test_labels_are_not_read_as_markup():
    assert "[red]G1" in compare_table(ROWS, {"name": "[red]G1"})


def test_an_interval_with_two_units_or_without_an_end_says_so():
    rows = [{"clock": "poisson", "tts99_s": 9e-7, "tts99_ci_s": (8e-7, 1.2e-6)}]
    assert "[800 ns,1.2 us]" in compare_table(rows)
    assert "[800 ns,...]" in compare_table([{**rows[0], "tts99_ci_s": (8e-7, None)}])


def test_an_unknown_key_and_an_empty_table_are_refused():
    with pytest.raises(InputError, match="'tau' is not a column"):
        compare_table([{"clock": "poisson", "tau": 1}])
    with pytest.raises(InputError, match="at least one row"):
        compare_table([])


LINES = [["name", "TTS99", "why"], ["annealing, chromatic", "1.2 us", "narrow enough"], ["tempering", "800 ns", ""]]


def test_a_notebook_gets_the_text_and_rich_shows_nothing_by_itself(monkeypatch, capsys):
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    assert "poisson" in compare_table([{"clock": "poisson", "energy_mean": 1.0}])
    assert capsys.readouterr().out == ""


def test_columns_are_two_spaces_apart_and_as_long_as_they_need():
    text = columns(LINES, align="<>")
    assert text == (
        "name                   TTS99  why\nannealing, chromatic  1.2 us  narrow enough\ntempering             800 ns"
    )
    assert columns(LINES, align="<>", width=43) == text  # it fits
    wide = [["x" * 300, "y"]]
    assert columns(wide) == "x" * 300 + "  y"  # a file has no width


def test_columns_that_do_not_fit_a_terminal_are_folded_within_themselves():
    text = columns(LINES, width=30)
    assert max(map(len, text.splitlines())) <= 30
    assert "".join(text.split()) != "" and all(word in text for word in ("annealing", "chromatic", "800 ns", "narrow"))
    assert "[red]" in columns([["[red]", "a" * 40]], width=20)


@pytest.mark.parametrize(
    ("mean", "error", "words"),
    [
        (-11432.123, 1.29, "-11432.1 +- 1.3"),
        (-11432.123, 129.0, "-11432 +- 129"),
        (-1.7218751e-8, 1.2e-10, "-1.722e-08 +- 1.2e-10"),
        (1.23456789e30, 4.5e26, "1.23457e+30 +- 4.5e+26"),
        (-1e-12, 0.013, "0.000 +- 0.013"),
        (-3e-40, 1e-30, "0 +- 1.0e-30"),
        (0.0, 0.0, "0"),
        (-0.0, None, "0"),
        (-18.9, 3e-15, "-18.9"),
        (-1e-20, 2e-20, "-1.0e-20 +- 2.0e-20"),
        (123456789012.0, 1.0, "123456789012.0 +- 1.0"),
        (None, None, "-"),
    ],
)
def test_the_digits_of_a_mean_follow_its_error_at_any_size(mean, error, words):
    assert mean_and_error(mean, error, between=" +- ") == words


def test_a_mean_has_the_same_digits_in_every_unit():
    for scale in (1e-100, 1e-30, 1e-9, 1e30, 1e100):
        first, _, second = mean_and_error(-17.21875 * scale, 0.12 * scale, between=" +- ").partition(" +- ")
        assert first.startswith("-1.722e") and second.startswith("1.2e")


def test_no_number_prints_as_minus_zero():
    assert [number(value) for value in (-0.0, 0.0, -0.0000001, 12345678901.0)] == ["0", "0", "-1e-07", "12345678901"]


def test_a_line_never_breaks_inside_a_number_or_before_its_unit():
    row = {"clock": "random-sequential", "energy_mean": -530.123, "energy_sem": 0.271, "energy_best": -535.0}
    row |= {"p_success": 0.0234, "p_success_ci": (0.00446, 0.114), "hits": 6, "reads": 256, "cut_mean": 530.1}
    row |= {"tts99_s": 1.94e-4, "tts99_ci_s": (3.81e-5, 1.03e-3), "host_seconds": 0.116, "updates_per_ns": 0.0341}
    for width in (110, 70, 40):
        table = compare_table([row, row | {"clock": "poisson", "reads": 128}], console_width=width)
        assert "[38.1 us,1.03 ms]" in table and "[0.00446,0.114]" in table
    text = columns([["TTS99"], ["8.4 us [7.36 us, 9.64 us]"]], width=10)
    assert [line.strip() for line in text.splitlines()] == ["TTS99", "8.4 us", "[7.36 us,", "9.64 us]"]
