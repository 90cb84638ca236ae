"""Every JSON document carries its provenance."""

import json
import shlex

import numpy as np
import pytest

import hwsim
from hwsim.cli.main import main
from hwsim.program import content_hash, load

FEW = "--time 50ns --reads 8 --schedules 2"
COMMANDS = {
    "run karate {few} --seed 4 --beta 0.1:2": {"seed": 4, "n_programs": 1, "n_beta": 2},
    "run karate {few} --beta 1": {"seed": 0, "n_programs": 1, "beta": [1.0]},
    "run karate {few} --gain-dtod 0.1 --dies 2": {"seed": 0, "n_programs": 0, "n_beta": 2},
    "run sk:n=6,seed=1 --set max_degree=4 {few} --chain-strength 1,2": {"seed": 0, "n_programs": 1, "n_beta": 2},
    "compare karate {few} --clock poisson,chromatic": {"seed": 0, "n_programs": 2, "n_beta": 2},
    "compile karate": {"seed": 0, "n_programs": 1, "n_beta": 0},
    "blame karate --chip autonomous-pbit --dies 2 {few}": {"seed": 0, "n_programs": 1, "n_beta": 2},
    "tts karate --clock own --reads 8 --schedules 2 --budget 0.01": {"seed": 0, "n_programs": 1, "n_beta": 2},
    "layout karate --measure none": {"seed": 0, "n_programs": 1, "n_beta": 0},
    "free-energy sk:n=6,seed=1 --reads 8 --schedules 4 --beta 0.5": {"seed": 0, "n_programs": 1, "beta": [0.5]},
    "thermo inverse A.npy --time 100us --seed 2": {"seed": 2, "n_programs": 0, "beta": [1.0]},
    "thermo determinant A.npy --samples 4": {"seed": 0, "n_programs": 0, "n_beta": 0},
    "thermo sample bowl --time 1us --replicas 10 --beta 2": {"seed": 0, "n_programs": 0, "beta": [2.0]},
    "problem karate": {"seed": None, "n_programs": 0, "n_beta": 0},
    "chips": {"seed": None, "n_programs": 0, "n_beta": 0},
    "thermo machines": {"seed": None, "n_programs": 0, "n_beta": 0},
    "show ideal-poisson": {"seed": 0, "n_programs": 0, "n_beta": 0},
    "ledger extropic-z1": {"seed": None, "n_programs": 0, "n_beta": 0},
    "check --schema pbit": {"seed": None, "n_programs": 0, "n_beta": 0},
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_document_names_versions_command_seed_beta_and_programs(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.save("A.npy", np.array([[2.0, 0.5], [0.5, 1.0]]))
    wanted = COMMANDS[command]
    words = [*shlex.split(command.format(few=FEW)), *([] if "--schema" in command else ["--json", "-"])]
    assert main(words) == 0
    made = json.loads(capsys.readouterr().out)["provenance"]
    assert made["hwsim"] == hwsim.__version__ and made["command"] == shlex.join(["hwsim", *words])
    assert made["seed"] == wanted["seed"] and len(made["programs"]) == wanted["n_programs"]
    assert made["beta"] == wanted["beta"] if "beta" in wanted else len(made["beta"]) == wanted["n_beta"]


def test_the_hash_is_that_of_the_program_which_ran(tmp_path, capsys):
    path = str(tmp_path / "p.npz")
    assert main(["compile", "karate", "-o", path, "--json", str(tmp_path / "c.json")]) == 0
    assert main(["run", path, "--time", "10ns", "--reads", "4", "--json", str(tmp_path / "r.json")]) == 0
    hashes = [json.loads((tmp_path / name).read_text())["provenance"]["programs"] for name in ("c.json", "r.json")]
    assert hashes[0] == hashes[1] == [content_hash(load(path))]


def test_samples_carry_the_record_and_are_still_a_sampleset(tmp_path):
    dimod = pytest.importorskip("dimod")
    path = tmp_path / "s.json"
    assert main(["run", "karate", *shlex.split(FEW), "--samples", str(path)]) == 0
    document = json.loads(path.read_text())
    assert document["provenance"]["seed"] == 0
    assert len(dimod.SampleSet.from_serializable(document)) == 8
