"""blame, run --dies, ledger, check and chip generic on the command line."""

import json

import pytest

from hwsim.cli.main import main

FAST = ["--time", "50ns", "--reads", "16", "--schedules", "2"]


def test_a_generic_die_is_a_good_card_that_runs(tmp_path, capsys):
    card = tmp_path / "mine.toml"
    assert main(["chip", "generic", "--seed", "7", "-o", str(card)]) == 0
    assert main(["check", str(card)]) == 0 and "a good chip card" in capsys.readouterr().out
    assert main(["chip", "generic", "--seed", "7"]) == 0 and capsys.readouterr().out == card.read_text()
    assert main(["chip", "generic", "--seed", "8"]) == 0 and capsys.readouterr().out != card.read_text()
    assert main(["run", "ea2d:L=4,seed=1", "--chip", str(card), *FAST]) == 0


def test_blame_prints_a_table_and_writes_every_output(tmp_path, capsys):
    out, plot = tmp_path / "b.json", tmp_path / "b.png"
    command = ["blame", "ea2d:L=4,seed=1", "--chip", "autonomous-pbit", "--gain-dtod", "0.1", "--dies", "2", *FAST]
    assert main([*command, "--json", str(out), "--plot", str(plot)]) == 0
    shown = capsys.readouterr().out
    assert "all faults" in shown and "gain spread" in shown and "response delay" in shown and "no faults" in shown
    facts = json.loads(out.read_text())
    assert {row["fault"] for row in facts["rows"]} == {"delay", "gain-spread"} and facts["dies"] == 2
    assert plot.stat().st_size > 10_000


def test_dies_give_a_yield_curve(tmp_path, capsys):
    out, plot = tmp_path / "d.json", tmp_path / "d.svg"
    command = ["run", "ea2d:L=4,seed=1", "--offset-dtod", "0.5", "--dies", "5", *FAST]
    assert main([*command, "--json", str(out), "--plot", str(plot)]) == 0
    assert "5 dies of generic-all-to-all" in capsys.readouterr().out
    dies = json.loads(out.read_text())["dies"]
    assert dies["n_dies"] == len(dies["tts_s"]) == 5 and set(dies["tts99_s_of_share"]) == {"0.1", "0.5", "0.9"}
    assert plot.read_text().startswith("<?xml")


def test_dies_without_a_single_success_are_shown_as_such(tmp_path, capsys):
    command = ["run", "ea2d:L=4,seed=1", "--offset-dtod", "0.5", "--dies", "3", "--target", "-1000", *FAST]
    assert main([*command, "--plot", str(tmp_path / "d.png")]) == 0
    assert "not reached" in capsys.readouterr().out


def test_the_ledger_prints_prices_and_who_would_know(capsys):
    assert main(["ledger", "extropic-z1"]) == 0
    shown = capsys.readouterr().out
    assert "21,664" in shown and "238.6" in shown and "1.91 nJ" in shown and "Extropic would know" in shown
    assert main(["ledger", "generic-all-to-all", "--pbits", "100", "--json", "-"]) == 0
    assert {line["key"] for line in json.loads(capsys.readouterr().out)["lines"]} >= {"sweep_j", "power"}


def test_check_lists_every_mistake_and_prints_a_schema(tmp_path, capsys):
    bad = tmp_path / "bad.toml"
    bad.write_text(
        'name = "x"\ntitle = "x"\nsummary = "x"\nclock = "sundial"\nlaw = "magic"\n[parameters]\n'
        'tua = { value = "5 ns", source = "me", grade = "assumed" }\n'
        'delay = { value = "5 parsec", source = " ", grade = "assumed" }\n'
    )
    assert main(["check", str(bad)]) == 2
    said = capsys.readouterr().err
    for word in ("did you mean tau", "5 parsec", "needs a source", "sundial", "magic"):
        assert word in said
    assert main(["check", "--schema", "pbit"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert "tau" in schema["$defs"]["PBitCard"]["properties"]["parameters"]["propertyNames"]["enum"]


MODES = 'name = "x"\ntitle = "x"\nsummary = "x"\nkind = "overdamped"\n[parameters]\n'


@pytest.mark.parametrize(
    ("values", "sentences"),
    [
        ({"tau": '"1 us"', "matrix_bits": 8}, ()),
        ({}, ()),
        ({"tau": '"-1 us"', "matrix_bits": 1}, ("tau must be > 0, got -1e-06", "matrix_bits must be a whole number")),
        ({"adc_bits": 8}, ("both adc_bits and adc_range",)),
        ({"adc_bits": 8, "adc_range": 0}, ("adc_range must be > 0, got 0",)),
        ({"component_dtod": -0.1}, ("component_dtod must be finite and >= 0",)),
    ],
)
def test_check_looks_at_the_numbers_of_modes(tmp_path, capsys, values, sentences):
    card = tmp_path / "cells.toml"
    lines = [f'{key} = {{ value = {value}, source = "me", grade = "assumed" }}' for key, value in values.items()]
    card.write_text(MODES + "\n".join(lines))
    assert main(["check", str(card)]) == (2 if sentences else 0)
    printed = capsys.readouterr()
    assert all(words in printed.err for words in sentences) and ("a good modes card" in printed.out) == (not sentences)


def test_half_a_readout_is_no_mistake_where_nobody_published_the_other(tmp_path, capsys):
    card = tmp_path / "cells.toml"
    card.write_text(
        MODES + 'adc_bits = { value = 8, source = "me", grade = "assumed" }\n'
        '[missing]\nadc_range = { what = "its range", ask = "its maker" }\n'
    )
    assert main(["check", str(card)]) == 0, capsys.readouterr().err


def test_a_stray_kind_makes_no_modes_card_of_a_p_bit(tmp_path, capsys):
    card = tmp_path / "pbit.toml"
    card.write_text('name = "x"\ntitle = "x"\nsummary = "x"\nclock = "poisson"\nkind = "fast"\n')
    assert main(["check", str(card)]) == 2
    assert "unknown key kind" in capsys.readouterr().err


def test_check_builds_the_model_too(tmp_path, capsys):
    card = tmp_path / "two.toml"
    entry = '{ value = 4, source = "me", grade = "assumed" }'
    card.write_text(
        'name = "x"\ntitle = "x"\nsummary = "x"\npbit = "ideal-poisson"\nclock = "poisson"\ntopology = "all-to-all"\n'
        f"[parameters]\nweight_bits = {entry}\nweight_integer_bits = {entry}\nweight_fraction_bits = {entry}\n"
    )
    assert main(["check", str(card)]) == 2
    assert "not both" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ["blame", "karate"],
        ["blame", "karate", "--chip", "autonomous-pbit", "--dies", "1"],
        ["run", "karate", "--dies", "4"],
        ["run", "karate", "--dies", "4", "--gain-dtod", "0.1", "--vcd", "x.vcd"],
        ["run", "karate", "--without", "gremlins"],
        ["run", "karate", "--set", "gain"],
        ["run", "karate", "--set", "gian=2"],
        ["run", "les-miserables", "--chip", "hitachi-king", "--set", "rows=3", "--set", "columns=3"],
        ["ledger", "generic-nothing"],
        ["check"],
        ["check", "nosuch.toml"],
        ["chip", "generic", "--seed", "one"],
    ],
)
def test_bad_input_is_exit_code_2_and_says_so_in_a_sentence(command, capsys):
    assert main(command) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "Traceback" not in said


CARD = """
name = "mine"
title = "Mine"
summary = "A chip of mine."
pbit = "ideal-poisson"
clock = "poisson"
topology = "{kind}"
[parameters]
{sizes}
[wiring]
{wiring}
source = "my notebook"
grade = "assumed"
"""


def card_file(folder, kind, sizes, wiring=""):
    lines = [f'{key} = {{ value = {value}, source = "me", grade = "assumed" }}' for key, value in sizes.items()]
    path = folder / "mine.toml"
    path.write_text(CARD.format(kind=kind, sizes="\n".join(lines), wiring=wiring))
    return str(path)


@pytest.mark.parametrize(
    ("kind", "sizes", "wiring"),
    [
        ("chimera", {"rows": 2, "columns": 3, "size": 3}, "dead_pbits = [0, 5]"),
        ("bipartite", {"rows": 6, "columns": 3}, "dead_wires = [[0, 6]]"),
        ("regular", {"max_pbits": 12, "max_degree": 3, "graph_seed": 5, "dead_fraction": 0.1}, ""),
        ("graph", {"dead_wire_fraction": 0.5, "dead_seed": 1}, 'graph = "mine.txt"'),
        ("king", {"rows": 4, "columns": 4}, "dead_pbits = [3]\ndead_wires = [[9, 8]]"),
    ],
)
def test_check_takes_a_card_of_every_graph(tmp_path, capsys, kind, sizes, wiring):
    (tmp_path / "mine.txt").write_text("node 0 0 0\nnode 1 1 0\nnode 2 0 1\n0 1\n1 2\n")
    assert main(["check", card_file(tmp_path, kind, sizes, wiring)]) == 0, capsys.readouterr().out
    assert "a good chip card" in capsys.readouterr().out


def test_check_refuses_dead_parts_that_are_not_there_or_cannot_be(tmp_path, capsys):
    square = {"rows": 3, "columns": 3}
    for kind, sizes, wiring, words in (
        ("square", square, "dead_pbits = [9]", "names p-bit 9"),
        ("square", square, "dead_wires = [[0, 4]]", "names 0 and 4"),
        ("square", square | {"dead_fraction": 1.5}, "", "dead_fraction must be >= 0 and below 1"),
        ("sparse", {"dead_fraction": 0.1}, "", "none of its parts can be dead"),
        ("graph", {}, 'graph = "none.gml"', "no such file"),
    ):
        assert main(["check", card_file(tmp_path, kind, sizes, wiring)]) == 2
        printed = capsys.readouterr()
        assert words in printed.out + printed.err


def test_dead_shares_are_set_on_the_command_line(capsys):
    command = ["run", "ring:n=6", "--chip", "hitachi-king", "--set", "rows=5", "--set", "columns=5", *FAST]
    assert main([*command, "--set", "dead_fraction=0.2", "--set", "dead_seed=3"]) == 0
    assert main([*command, "--set", "dead_fraction=0.95", "--set", "dead_seed=3"]) != 0
    assert "has 0 wires, fewer than the 6 couplings of the problem" in capsys.readouterr().err
