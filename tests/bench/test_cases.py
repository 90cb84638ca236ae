"""The benchmark command: its rows, its refusals. Speeds themselves are not tested."""

import json

import pytest

from hwsim.bench import cases, peers
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
        "graph",
        "clock",
        "delay",
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
