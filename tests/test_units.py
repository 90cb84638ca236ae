"""Units and the time grid: text to SI and back, exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwsim.errors import InputError
from hwsim.units import format_si, parse, seconds, to_seconds, to_ticks


@pytest.mark.parametrize(
    ("text", "value"), [("5 ns", 5e-9), ("5ns", 5e-9), ("0.1 us", 1e-7), ("1e3 ps", 1e-9), (".5µs", 5e-7), ("0", 0.0)]
)
def test_text_is_the_nearest_float(text, value):
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["5 parsec", "5", "ns", "5 nV", "nan s", "inf", "5 ns ns", "1e999 s", True, None])
def test_what_is_not_a_time_is_refused_by_name(text):
    with pytest.raises(InputError, match="tau"):
        seconds(text, name="tau")


def test_a_frequency_is_not_a_time():
    assert parse("2 GHz", "frequency") == 2e9
    with pytest.raises(InputError):
        parse("2 GHz", "time")


@given(st.integers(0, 2**62))
def test_a_grid_point_survives_seconds(tick):
    assert abs(to_ticks(to_seconds(tick)) - tick) <= tick * 2**-51


@given(st.integers(0, 10**15))
def test_a_period_is_hit_exactly_up_to_a_second(tick):
    assert to_ticks(to_seconds(tick)) == tick


def test_the_grid_has_an_end_and_a_beginning():
    with pytest.raises(InputError, match="grid"):
        to_ticks(1e5)
    with pytest.raises(InputError, match=">= 0"):
        to_ticks(-1e-9)


@pytest.mark.parametrize(("value", "text"), [(5e-9, "5 ns"), (999.96e-9, "1 us"), (0.0, "0 s"), (None, "-")])
def test_people_read_three_digits(value, text):
    assert format_si(value, "s") == text
