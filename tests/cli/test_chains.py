"""``hwsim run`` on chains: how often they break, three ways to read them, strengths side by side, proved targets."""

import json

from hwsim.cli.main import main

COPIES = ["run", "sk:n=10,seed=2", "--set", "max_degree=4", "--reads", "64", "--time", "2us"]


def test_a_run_on_copies_tells_of_its_chains(capsys):
    assert main([*COPIES, "--target", "exact"]) == 0
    said = capsys.readouterr().out
    assert "chains: 10 spins on 40 p-bits" in said
    for method in ("majority", "energy", "discard"):
        assert f"read by {method}" in said


def test_chain_strengths_are_compared(tmp_path, capsys):
    path = tmp_path / "scan.json"
    assert main([*COPIES, "--target", "exact", "--chain-strength", "0.3,torque,sufficient", "--json", str(path)]) == 0
    assert capsys.readouterr().out.count("chain strength") == 3
    rows = json.loads(path.read_text())["strengths"]
    assert rows[0]["broken_chains"] > rows[-1]["broken_chains"]
    assert rows[1]["over_torque"] == 1.0
    for row in rows:
        ways = row["by_unembedding"]
        assert ways["energy"]["energy_mean"] <= ways["majority"]["energy_mean"]


def test_what_cannot_be_compared_is_refused(capsys):
    assert main(["run", "karate", "--chain-strength", "1,2"]) == 2
    assert "there is no chain strength" in capsys.readouterr().err
    assert main([*COPIES, "--chain-strength", "0,1"]) == 2
    assert "must be a number > 0" in capsys.readouterr().err
    assert main(["run", "sk:n=90,seed=1", "--target", "exact"]) == 2
    assert "was not proved by branch and bound" in capsys.readouterr().err


def test_a_chain_strength_that_changes_nothing_is_named(capsys):
    short = ["run", "ring:n=4", "--time", "10 ns", "--reads", "2", "--schedules", "1"]
    main([*short, "--chain-strength", "3"])
    assert "note: --chain-strength changes nothing: each spin is one p-bit here" in capsys.readouterr().out
    main(short)
    assert "--chain-strength" not in capsys.readouterr().out
