"""``hwsim run`` prints which constraints and clauses broke, and takes clamps."""

import json

from hwsim.cli.main import main

LP = "Maximize\n obj: 5 x + 4 y + 3 z\nSubject To\n weight: 2 x + 3 y + z <= 5\n pair: x + z = 1\nBinary\n x y z\nEnd\n"


def test_constraints_of_an_lp_file_are_reported(tmp_path, capsys):
    (tmp_path / "k.lp").write_text(LP)
    arguments = ["run", str(tmp_path / "k.lp"), "--reads", "64", "--json", str(tmp_path / "k.json")]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "of reads keep all 2, best objective 9" in said
    facts = json.loads((tmp_path / "k.json").read_text())["constraints"]
    assert facts["best_objective"] == 9.0 and {label for label, _ in facts["constraints"]} == {"weight", "pair"}


def test_clauses_are_reported(capsys):
    assert main(["run", "sat:n=10,m=30,seed=1", "--reads", "128"]) == 0
    assert "clauses: 0 of 30 violated in the best read" in capsys.readouterr().out


def test_units_are_clamped(capsys):
    assert main(["run", "rbm:v=4,h=2,seed=1", "--clamp", "v0=1,v1=-1", "--beta", "1", "--reads", "64"]) == 0
    assert "spins 4" in capsys.readouterr().out
    assert main(["run", "rbm:v=4,h=2,seed=1", "--clamp", "x=1"]) == 2
    assert "no variable 'x'" in capsys.readouterr().err
    assert main(["run", "rbm:v=4,h=2,seed=1", "--clamp", "v0=2"]) == 2
