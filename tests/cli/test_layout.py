"""``hwsim layout``: numbers, JSON, picture, refusals."""

import json

import pytest

from hwsim.cli.main import main

FEW = ["--reads", "128", "--schedules", "8", "--time", "300 ns"]


def test_a_problem_is_laid_out_measured_and_drawn(tmp_path, capsys):
    picture, data = tmp_path / "die.png", tmp_path / "die.json"
    assert main(["layout", "karate", *FEW, "--plot", str(picture), "--json", str(data)]) == 0
    said = capsys.readouterr().out
    for words in (
        "34 p-bits on 6 x 6 cells, 0.0281 mm2",
        "pitches of 27.9 um",
        "chromatic clock, exact",
        "design rule",
    ):
        assert words in said
    found = json.loads(data.read_text())
    assert found["layout"]["wires"] == 78 and len(found["place"]) == 34
    assert found["rule"]["measure"] == "correlation" and len(found["rule"]["curve"]) >= 8
    assert picture.stat().st_size > 20_000


def test_the_crowded_cell_is_named_as_the_picture_numbers_cells(tmp_path, capsys):
    (tmp_path / "square.txt").write_text("21 22 1\n22 28 1\n28 27 1\n27 21 1\n21 28 1\n")
    card = tmp_path / "king.toml"
    card.write_text('topology = "king:6x6"\ntau = "8 ns"\n')
    arguments = ["layout", str(tmp_path / "square.txt"), "--as", "spin", "--chip", str(card), "--measure", "none"]
    assert main([*arguments, "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    places = [tuple(map(round, place)) for place in found["place"]]
    assert min(places) > (0, 0) and tuple(found["layout"]["crowded_cell"]) in places, places


def test_the_die_alone_needs_wires_of_its_own(tmp_path, capsys):
    assert main(["layout", "--chip", "extropic-g8", "--plot", str(tmp_path / "g8.svg")]) == 0
    assert "unknown: this chip states no wire_delay" in capsys.readouterr().out
    assert main(["layout"]) == 2
    assert "give a problem to lay out" in capsys.readouterr().err


def test_an_embedded_problem_shows_its_chains_and_dead_cells(tmp_path, capsys):
    arguments = ["--chip", "hitachi-king", "--set", "rows=12", "--set", "columns=12", "--set", "dead_fraction=0.05"]
    assert main(["layout", "adder:n=1", *arguments, "--measure", "none", "--plot", str(tmp_path / "a.png")]) == 0
    assert "couplings" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["karate", "--beta", "0:3"], "needs one temperature"),
        (["maxcut:n=12,p=0.5", "--measure", "success"], "give a target, a number"),
        (["karate", "--plot", "die.bmp"], "must end in"),
        (["karate", "--chain-strength", "1,2"], "one --chain-strength"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments, words, capsys):
    assert main(["layout", *arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert words in error and "\n" not in error
