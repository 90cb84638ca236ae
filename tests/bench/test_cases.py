"""The benchmark command: its rows, its refusals. Speeds themselves are not tested."""

import json
from dataclasses import replace

import pytest

from hwsim.bench import algorithms, cases, peers
from hwsim.cli.main import main


@pytest.fixture
def small(monkeypatch):
    """One small case with a peer that answers at once."""
    case = cases.Case(
        name="small", graph="ea3d:L=4,seed=1", clock="poisson", delay="per edge", replicas=64, sweeps=4, peers=("twin",)
    )
    monkeypatch.setattr(cases, "CASES", (case,))
    monkeypatch.setitem(peers._PEERS, "twin", ("json", lambda bqm, **how: 0.5))
    return case


def test_rows_hold_what_the_readme_says(small, capsys):
    assert main(["bench", "--peers", "--json", "-"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert set(row) == {
        "case",
        "graph",
        "clock",
        "delay",
        "words",
        "engine",
        "replicas",
        "threads",
        "updates_per_ns",
        "peer",
        "peer_updates_per_ns",
        "ratio",
    }
    assert row["engine"] == "bitplanes" and row["ratio"] == row["updates_per_ns"] / 0.5


def test_without_peers_a_row_stands_alone(small, capsys):
    assert main(["bench"]) == 0
    assert "twin" not in capsys.readouterr().out


def test_the_plain_simpy_network_updates_every_p_bit_about_once_per_unit_of_time():
    from hwsim.problem.generate import generate

    assert peers._simpy(generate("ring:n=50").bqm, beta=1.0, updates=1e5, seed=0) > 0


@pytest.mark.parametrize("arguments", [["--case", "nosuch"], ["--rounds", "0"], ["--engine", "warp"]])
def test_bad_input_is_one_sentence(small, arguments, capsys):
    assert main(["bench", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_algorithms_run_beside_their_peers_and_say_what_was_run(monkeypatch, capsys):
    short = tuple(replace(case, sweeps=2) for case in algorithms.CASES)
    monkeypatch.setattr(algorithms, "CASES", short)
    monkeypatch.setattr(algorithms, "PEERS", {name: ("json", lambda bqm, seed: 0.5) for name in algorithms.PEERS})
    assert main(["bench", "--case", "algorithms", "--peers", "--rounds", "1", "--json", "-"]) == 0
    rows = json.loads(capsys.readouterr().out)["algorithms"]
    names = ["tempering", "cluster moves", "quantum annealing", "quantum annealing", "population"]
    assert [row["case"] for row in rows] == names
    assert all(row["ratio"] == row["updates_per_ns"] / 0.5 for row in rows[:-1]) and rows[-1]["peer"] is None
    assert main(["bench", "--case", "algorithms", "--rounds", "1"]) == 0
    assert "17 betas x 4 x 64 reads" in capsys.readouterr().out
