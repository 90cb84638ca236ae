"""``hwsim free-energy``: what it prints and writes, refusals in one sentence."""

import json

import pytest

from hwsim.cli.main import main

QUICK = ["--reads", "128", "--schedules", "8"]


def test_both_methods_stand_beside_the_exact_value(tmp_path, capsys):
    picture, data = tmp_path / "f.png", tmp_path / "f.json"
    arguments = ["free-energy", "sk:n=12,seed=1", "--beta", "0.8", *QUICK]
    assert main([*arguments, "--plot", str(picture), "--json", str(data)]) == 0
    said = capsys.readouterr().out
    assert "exact, enumeration" in said and "standard errors from the exact value" in said
    document = json.loads(data.read_text())
    wanted = document["exact"]["log_z"]
    for method in ("annealing", "integration"):
        row = document[method]
        assert abs(row["log_z"] - wanted) < 4 * row["error"]
        assert row["lower"] <= row["low"] + 4 * row["error"] and row["upper"] >= row["high"] - 4 * row["error"]
        assert row["free_energy"] == pytest.approx(-row["log_z"] / 0.8)
        assert row["device_time_s"] > 0 and row["device_energy_j"] is None
    assert document["annealing"]["forward"]["log_z"] == pytest.approx(wanted, abs=0.3)
    assert picture.stat().st_size > 20_000


def test_one_method_a_priced_chip_and_a_graph_without_an_exact_value(capsys):
    arguments = [
        "free-energy",
        "ea3d:L=6,seed=1",
        "--beta",
        "0.5/sigma",
        "--method",
        "annealing",
        "--json",
        "-",
        *QUICK,
    ]
    assert main([*arguments, "--set", "energy_per_update=7fJ"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["exact"] is None and "integration" not in document
    assert document["annealing"]["unknown_energy"] == ["write", "read", "transfer"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["karate", "--beta", "1:2"], "a free energy needs one beta"),
        (["karate", "--beta", "-1"], "beta must be finite and >= 0"),
        (["karate", "--method", "guess"], "method must be of annealing, integration, got 'guess'"),
        (["karate", "--sweeps", "0"], "sweeps must be >= 1"),
        (["karate", "--schedules", "1"], "an interval needs at least 2 schedules"),
        (["nothing"], "no such file or generator"),
        (["karate", "--chip", "dwave-advantage2-1.10"], "embedded problem"),
        (["karate", "--plot", "p.txt"], "a figure must end in"),
    ],
)
def test_bad_input_is_one_sentence(arguments, sentence, capsys):
    assert main(["free-energy", *arguments]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1
