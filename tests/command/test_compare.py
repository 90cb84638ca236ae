"""hwsim.compare: what `hwsim compare` does, as a function."""

import json

import pytest

import hwsim
from hwsim.cli.main import main

FEW = {"time": "100ns", "reads": 16, "schedules": 2}
HOST = ("host_seconds", "updates_per_ns")
"""What this computer's speed decides."""


def same(rows):
    return [{key: value for key, value in row.items() if key not in HOST} for row in rows]


@pytest.fixture(scope="module")
def found():
    return hwsim.compare("karate", clock=("poisson", "synchronous"), participation=0.5, **FEW)


def test_it_equals_the_command_number_for_number(found, tmp_path):
    file = tmp_path / "c.json"
    command = "compare karate --clock poisson,synchronous --participation 0.5 --time 100ns --reads 16 --schedules 2"
    assert main([*command.split(), "--json", str(file)]) == 0
    written = json.loads(file.read_text())
    del written["provenance"]
    mine = json.loads(json.dumps(found.document))
    assert same(written.pop("rows")) == same(mine.pop("rows"))
    assert written == mine


def test_its_repr_is_short_and_printing_it_is_the_table(found):
    assert len(repr(found)) < 500 and repr(found).count("\n") < 6 and "karate" in repr(found)
    assert "TTS99" in str(found) and "synchronous" in str(found)
    assert found._repr_html_().startswith("<pre>")


def test_its_picture_composes_with_other_axes(found, tmp_path):
    from matplotlib.figure import Figure

    left, right = Figure().subplots(1, 2)
    assert found.plot(left) is left and not right.lines
    assert [line.get_label() for line in left.lines] == ["poisson", "synchronous p=0.5", "best known: -179"]
    found.save(tmp_path / "c.png")
    found.save(tmp_path / "c.json")
    assert (tmp_path / "c.png").stat().st_size > 1000
    assert json.loads((tmp_path / "c.json").read_text())["provenance"]["command"] is None


def test_a_problem_and_a_chip_may_be_objects(found):
    problem, chip = hwsim.read("karate"), hwsim.chip("generic-all-to-all")
    again = hwsim.compare(problem, chip, clock=["poisson"], **FEW)
    assert same(again.rows) == same(found.rows[:1])
    late = hwsim.compare(problem, chip, clock="poisson", delay="1 ns", tau=5e-9, **FEW)
    card = hwsim.compare("karate", clock="poisson", set={"delay": "1 ns"}, **FEW)
    assert same(late.rows) == same(card.rows) and late.rows[0]["delay_s"] == 1e-9
    ranged = hwsim.compare(problem, chip, clock="poisson", delay="0:0.2tau:2", **FEW)
    assert same(ranged.rows) == [*same(found.rows[:1]), *same(late.rows)]


def test_several_chips_are_compared_under_their_own_clocks_in_the_same_time():
    found = hwsim.compare("karate", "autonomous-pbit,generic-sparse", reads=16, schedules=2)
    assert [(row["chip"], row["clock"]) for row in found.rows] == [
        ("autonomous-pbit", "poisson"),
        ("generic-sparse", "chromatic"),
    ]
    assert len({row["device_time_s"] for row in found.rows}) == 1
    assert [line.split()[:2] for line in _named(found)] == [[row["chip"], row["clock"]] for row in found.rows]


def _named(found):
    """The first line of each row of the table; a table of the samples follows."""
    lines = [line for line in str(found).splitlines() if line.startswith(("autonomous", "generic"))]
    return lines[: len(found.rows)]


def test_schemes_that_a_chip_cannot_follow_are_left_out_with_the_reason():
    found = hwsim.compare("karate", clock="poisson,chromatic", set={"pbit": "smtj-inplane-ns"}, time="20ns", reads=8)
    assert [row["clock"] for row in found.rows] == ["poisson"]
    (left,) = found.document["left_out"]
    assert left["clock"] == "chromatic" and left["reason"] in str(found)
    with pytest.raises(hwsim.HwsimError, match="run on the poisson clock alone"):
        hwsim.compare("karate", clock="chromatic", set={"pbit": "smtj-inplane-ns"}, time="20ns", reads=8)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cloks": "poisson"}, "no argument 'cloks'; did you mean 'clock'"),
        ({"clock": "sundial"}, "sundial"),
        ({"tau": "5 parsec"}, "tau must be a time"),
        ({"reads": 0}, "reads must be >= 1"),
        ({"chip": hwsim.chip("generic-all-to-all"), "set": {"dac_bits": 4}}, "by the name of its card"),
    ],
)
def test_a_wrong_argument_is_refused_in_a_sentence(given, words):
    with pytest.raises(hwsim.HwsimError, match=words):
        hwsim.compare("karate", **{"time": "10ns"} | given)


def test_a_command_says_what_it_lacks():
    with pytest.raises(hwsim.HwsimError, match="compare needs problem"):
        hwsim.compare()
