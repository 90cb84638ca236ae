"""Ranges: one grammar for lists of values, on the command line, in plans and in specs."""

import pytest

from hwsim.errors import InputError
from hwsim.ranges import expanded, in_tau, size, spelt, values
from hwsim.units import parse


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("3", [3]),
        ("1,2.5, poisson", [1, 2.5, "poisson"]),
        ("1..4", [1, 2, 3, 4]),
        ("-1..1", [-1, 0, 1]),
        ("0:1:5", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("1:9:3", [1, 5, 9]),
        ("2:0:3", [2, 1, 0]),
        ("0:2tau:5", ["0 tau", "0.5 tau", "1 tau", "1.5 tau", "2 tau"]),
        ("0.5 tau : 2tau : 2", ["0.5 tau", "2 tau"]),
        ("0:2ns:3", ["0 ns", "1 ns", "2 ns"]),
        ("500ps:2ns:4", ["500 ps", "1 ns", "1.5 ns", "2 ns"]),
        ("1ns:1us:4log", ["1 ns", "10 ns", "100 ns", "1 us"]),
        ("1ns:1us:4 log", ["1 ns", "10 ns", "100 ns", "1 us"]),
        ("1:1000:4log", [1, 10, 100, 1000]),
        ("0.1/sigma:0.3/sigma:3", ["0.1/sigma", "0.2/sigma", "0.3/sigma"]),
        ("1um2:3um2:3", ["1 um2", "2 um2", "3 um2"]),
        ("0,10ns:20ns:2,1us", [0, "10 ns", "20 ns", "1us"]),
        ("0.1/sigma:10/sigma", ["0.1/sigma:10/sigma"]),  # an anneal, of two parts
        ("true,false", [True, False]),
        ("karate,ea3d:L=4,seed=1..2,sk:n=8", ["karate", "ea3d:L=4,seed=1", "ea3d:L=4,seed=2", "sk:n=8"]),
    ],
)
def test_a_text_means_these_values(text, meant):
    assert values(text) == meant
    assert [type(value) for value in values(text)] == [type(value) for value in meant]


def test_values_with_a_unit_are_read_back_to_six_digits():
    for k, text in enumerate(values("0:1ns:24")):
        assert parse(text, "time") == pytest.approx(k / 23 * 1e-9, rel=5e-6)
    assert [in_tau(text) for text in values("0:2tau:24")] == pytest.approx([2 * k / 23 for k in range(24)], rel=5e-6)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0:2tau:1", "from 2 to 99,999"),
        ("0:2tau:x", "how many values"),
        ("0:2tau:2.5", "how many values"),
        ("1:2tau:4", "same unit"),
        ("1ns:2V:4", "same unit"),
        ("0:1ns:4log", "above 0"),
        ("5..1", "must ascend"),
        ("1..999999", "less than 100,000"),
        ("1,,2", "a list or a range"),
        ("", "a list or a range"),
    ],
)
def test_a_wrong_range_is_refused_in_one_sentence(text, why):
    with pytest.raises(InputError, match=why):
        values(text, name="delay")


def test_lists_of_plans_hold_ranges_and_keep_everything_else():
    table = {"name": "A", "delay": "1 ns"}
    assert expanded(["0:1ns:2", 5, "2..3", table, "a,b", "sk:n=8,seed=1..2"]) == (
        ["0 ns", "1 ns", 5, 2, 3, table, "a,b", "sk:n=8,seed=1", "sk:n=8,seed=2"]
    )
    assert spelt(7) == [7]


def test_the_size_of_a_value_on_an_axis():
    assert size("5 ns") == (5e-9, "s")
    assert size("0.5tau") == (0.5, "tau") and size("tau") == (1.0, "tau")
    assert size("100 ps/mm") == (1e-7, "s/m")
    assert size("2/sigma") == (2.0, "/sigma")
    assert size(3) == (3.0, "") and size("4") == (4.0, "")
    assert size("poisson") is None and size(True) is None and size("0.1:3") is None
    assert (
        in_tau("2tau") == 2
        and in_tau("2 tau ") == 2
        and in_tau("tau") == 1
        and in_tau("2 ns") is None
        and in_tau(2) is None
    )
