"""``hwsim sweep`` on the command line: the function's numbers, its files, and its refusals."""

import csv
import json

import pytest

import hwsim
from hwsim.cli.main import main

SMALL = ["sweep", "ring:n=6", "--vary", "delay=0:2tau:3", "--reads", "64", "--schedules", "4"]


def test_the_command_is_the_function_number_for_number(tmp_path, capsys):
    files = [str(tmp_path / name) for name in ("s.json", "s.csv", "s.png", "s.db")]
    words = [*SMALL, "--vary", "dac_bits=3,5", "--json", files[0], "--csv", files[1], "--plot", files[2]]
    assert main([*words, "--store", files[3]]) == 0
    printed = capsys.readouterr()
    document = json.loads((tmp_path / "s.json").read_text())
    assert document.pop("provenance")["command"].startswith("hwsim sweep ring:n=6")
    found = hwsim.sweep("ring:n=6", {"delay": "0:2tau:3", "dac_bits": [3, 5]}, reads=64, schedules=4)
    assert document == json.loads(json.dumps(found.document))
    assert printed.out == f"{found}\n" and "design rule, dac_bits 5: " in printed.out
    assert (tmp_path / "s.png").read_bytes()[:4] == b"\x89PNG"
    rows = list(csv.DictReader((tmp_path / "s.csv").read_text().splitlines()))
    assert [float(row["delay (tau)"]) for row in rows] == [0, 0, 1, 1, 2, 2]
    assert [float(row["correlation_high"]) for row in rows] == [row["correlation_ci"][1] for row in found.rows]
    assert main([*words, "--store", files[3], "--json", "-"]) == 0  # the store has them all
    again = json.loads(capsys.readouterr().out)
    assert again["rows"] == document["rows"]


def test_a_result_shows_itself():
    found = hwsim.sweep("ring:n=6", {"clock": ["chromatic", "synchronous"]}, reads=64, schedules=4)
    assert repr(found).splitlines()[0] == "Sweep of ring:n=6 on generic-all-to-all, 2 points"
    assert len(repr(found)) < 500 and "\n      clock " in str(found)
    axes = found.plot()
    assert axes.get_xlabel() == "clock" and [t.get_text() for t in axes.get_xticklabels()] == [
        "chromatic",
        "synchronous",
    ]


def test_more_than_a_few_curves_are_a_map_with_the_line_of_the_limit():
    found = hwsim.sweep(
        "ring:n=6", {"delay": "0:2tau:3", "dac_bits": "1..9"}, reads=64, schedules=4, limit=0.3, quantity="correlation"
    )
    axes = found.plot()
    assert axes.get_xlabel() == "delay (tau)" and axes.get_ylabel() == "dac_bits"
    mesh, *lines = axes.collections
    assert mesh.get_array().size == 27 and lines
    few = hwsim.sweep("ring:n=6", {"delay": "0:2tau:3", "dac_bits": "3..5"}, reads=64, schedules=4)
    assert [text.get_text() for text in few.plot().get_legend().get_texts()][:3] == ["3", "4", "5"]


def test_a_chip_of_ones_own_is_swept_by_its_pace_alone():
    own = hwsim.chip("autonomous-pbit", tau="4 ns")
    found = hwsim.sweep("ring:n=6", {"delay": "0,1tau"}, chip=own, reads=64, schedules=4)
    assert [row["delay_s"] for row in found.rows] == [0, 4e-9]
    with pytest.raises(hwsim.HwsimError, match="by the name of its card"):
        hwsim.sweep("ring:n=6", {"dac_bits": [3, 4]}, chip=own, reads=64, schedules=4)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--vary", "delay"], "--vary takes KEY=RANGE"),
        (["--vary", "delay=0:2tau:3", "--vary", "delay=1ns,2ns"], "delay is varied twice"),
        (["--vary", "delay=0:2tau:3", "--delay", "1ns"], "delay is varied, and also given one value"),
        (["--vary", "beta=0.1,0.2", "--beta", "1"], "beta is varied, and also given one value"),
        (["--vary", "delay=0,1ns", "--vary", "tau=1ns,2ns", "--vary", "dac_bits=1,2"], "hwsim study takes more"),
        (["--vary", "delay=0,1ns", "--limit", "tts="], "--limit takes a value"),
        (["--vary", "delay=0,1ns", "--quantity", "p"], "quantity must be one of"),
        ([], "required"),
    ],
)
def test_a_wrong_command_is_one_sentence(words, why, capsys):
    try:
        code = main(["sweep", "ring:n=6", *words])
    except SystemExit as error:  # argparse's own
        code = error.code
    assert code == 2 and why in capsys.readouterr().err


def test_a_problem_can_be_what_varies(capsys):
    words = [
        "sweep",
        "--vary",
        "problem=ring:n=4,ring:n=6",
        "--quantity",
        "energy",
        "--reads",
        "16",
        "--schedules",
        "4",
    ]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "several problems on generic-all-to-all: mean energy, against problem" in out and "ring:n=6" in out
