"""``hwsim tts``: a table for each clock, the best length, the ledger, JSON, picture, refusals."""

import json

import pytest

from hwsim.cli.main import main


def test_clocks_are_compared_and_the_best_length_is_marked(tmp_path, capsys):
    picture, data = tmp_path / "t.png", tmp_path / "t.json"
    arguments = [
        "tts",
        "karate",
        "--clock",
        "poisson,synchronous",
        "--reads",
        "64",
        "--schedules",
        "4",
        "--budget",
        "2",
    ]
    assert main([*arguments, "--plot", str(picture), "--json", str(data)]) == 0
    said = capsys.readouterr().out
    assert "<- best" in said and "synchronous p=0.5" in said and "programming unknown once" in said
    clocks = json.loads(data.read_text())["clocks"]
    assert [row["clock"] for row in clocks] == ["poisson", "synchronous"]
    assert clocks[0]["tts99_s"] > 0 and clocks[0]["ets99_total_j"] is None and "update" in clocks[0]["unknown_energy"]
    assert picture.stat().st_size > 20_000


def test_prices_of_a_card_reach_the_solution(capsys):
    arguments = ["tts", "karate", "--clock", "own", "--set", "energy_per_update=2 fJ", "--set", "energy_per_read=1 pJ"]
    more = ["--set", "readout_time=100 ns", "--reads", "64", "--schedules", "4", "--budget", "2", "--json", "-"]
    assert main([*arguments, *more]) == 0
    row = json.loads(capsys.readouterr().out)["clocks"][0]
    best = row["points"][row["best"]]
    repeats = row["tts99_total_s"] / (best["time_s"] + 1e-7)
    assert row["runs_to_solution"] == pytest.approx(repeats)
    assert row["tts99_s"] == pytest.approx(repeats * best["time_s"])
    assert row["ets99_j"] == pytest.approx(repeats * best["updates"] * 2e-15)
    assert row["ets99_total_j"] == pytest.approx(repeats * (best["updates"] * 2e-15 + 34e-12))
    assert row["time_split_s"]["read"] == 1e-7 and row["unknown_time"] == ["transfer"]


def test_algorithms_other_than_annealing_are_timed_with_their_swaps(capsys):
    arguments = ["tts", "karate", "--clock", "chromatic", "--algorithm", "tempering:replicas=2", "--reads", "16"]
    more = ["--schedules", "4", "--budget", "3", "--set", "swap_time=1 ns", "--json", "-"]
    assert main([*arguments, *more]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["algorithm"] == "tempering" and document["parameters"]["replicas"] == 2
    row = document["clocks"][0]
    assert row["time_split_s"]["swap"] > 0 and row["hardware_pbits"] > 2 * 34
    known = [value for value in row["time_split_s"].values() if value is not None]
    assert row["total_time_s"] == pytest.approx(sum(known))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sk:n=24,seed=1"], "give a target, a number, exact or best"),
        (["karate", "--clock", "sundial"], "clock must be one of"),
        (["karate", "--first", "0 s"], "must be > 0 s"),
        (["karate", "--first", "1 us", "--time", "1 us"], "give only one of them"),
        (["karate", "--budget", "much"], "budget must be a number"),
        (["karate", "--algorithm", "magic"], "algorithm must be one of anneal, tempering, quantum, population"),
        (["karate", "--algorithm", "tempering:sweeps"], "written like tempering:replicas=8"),
        (["karate", "--algorithm", "quantum", "--beta", "1:2"], "must be one number"),
    ],
)
def test_mistakes_are_one_sentence(arguments, words, capsys):
    assert main(["tts", *arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert words in error and "\n" not in error
