"""``hwsim compile``, and runs of the programs that it saves."""

import json

import pytest

import hwsim
from hwsim.cli.main import main

KING = ["--chip", "hitachi-king", "--set", "rows=8", "--set", "columns=8"]


def test_an_embedded_problem_is_described_saved_and_run(tmp_path, capsys):
    pytest.importorskip("minorminer")
    program, facts = tmp_path / "p.npz", tmp_path / "f.json"
    assert main(["compile", "sk:n=8,seed=1", *KING, "-o", str(program), "--json", str(facts)]) == 0
    assert "chains of several p-bits" in capsys.readouterr().out
    told = json.loads(facts.read_text())["program"]
    assert told["spins"] == 8 and told["pbits"] > 8 and told["chain_length_max"] > 1 and told["colours"] is not None
    assert main(["run", str(program), "--time", "100us", "--reads", "16", "--json", "-"]) == 0
    row = json.loads(capsys.readouterr().out)["row"]
    assert row["reads"] == 16 and row["total_variation"] is not None  # of the problem's eight spins


def test_p_bits_share_random_words_where_they_are_told_to(tmp_path, capsys):
    program, lattice = tmp_path / "p.npz", ["ea2d:L=12,seed=1", "--set", "clock=chromatic"]
    assert main(["compile", *lattice, "--shared-words", "-o", str(program)]) == 0
    assert main(["run", str(program), "--time", "100ns", "--reads", "2", "--schedules", "1"]) == 0
    assert main(["run", str(program), "--time", "100ns", "--engine", "lanes"]) == 2
    assert "random words that p-bits share" in capsys.readouterr().err
    assert main(["compile", "karate", "--shared-words"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_precision_is_told_against_the_bits(capsys):
    errors, laws = [], []
    for bits in ("2", "4", "8"):
        assert main(["compile", "sk:n=8,seed=1", "--set", f"weight_bits={bits}", "--beta", "1", "--json", "-"]) == 0
        told = json.loads(capsys.readouterr().out)["program"]
        errors.append(told["weight_error_max"])
        laws.append(told["law_total_variation"])
    assert errors[0] > errors[1] > errors[2] > 0 and laws[0] > laws[1] > laws[2] > 0


def test_a_saved_program_gives_the_same_answer_as_running_the_problem(tmp_path, capsys):
    program = tmp_path / "p.npz"
    common = ["--time", "100ns", "--reads", "32", "--beta", "1", "--json", "-"]
    assert main(["compile", "ring:n=8", "-o", str(program)]) == 0
    capsys.readouterr()
    rows = []
    for what in ("ring:n=8", str(program)):
        assert main(["run", what, *common]) == 0
        rows.append(json.loads(capsys.readouterr().out)["row"])
    assert rows[0]["energy_mean"] == rows[1]["energy_mean"]


@pytest.mark.parametrize(
    ("problem", "chip"),
    [("ring:n=6", "wobblybits"), ("ring:n=8", "dwave-advantage2-1.10"), ("karate", "extropic-z1"), ("karate", "")],
)
def test_a_saved_program_keeps_its_chip_its_beta_its_prices_and_its_target(problem, chip, tmp_path, capsys):
    if chip.startswith(("dwave", "extropic")):
        pytest.importorskip("minorminer")
    path, machine = str(tmp_path / "p.npz"), ["--chip", chip] if chip else []
    machine += ["--set", "readout_time=1us", "--set", "energy_per_update=2fJ"]
    assert main(["compile", problem, *machine, "-o", path]) == 0
    documents, texts = [], []
    for what in ([problem, *machine], [path]):
        made = tmp_path / "run.json"
        capsys.readouterr()
        assert main(["run", *what, "--time", "2us", "--reads", "32", "--json", str(made)]) == 0
        said, told = capsys.readouterr().out.splitlines(), ("all rows", "engine:", "time of", "energy ", "chains")
        texts.append([line for line in said if line.startswith(told)])
        documents.append(json.loads(made.read_text()))
    for document in documents:
        for key in ("host_seconds", "updates_per_ns"):
            document["row"].pop(key)
        document["provenance"].pop("command")
    assert documents[0] == documents[1] and texts[0] == texts[1]
    assert documents[0]["row"]["total_time_s"] > 2.9e-6 and documents[0]["row"]["p_success"] is not None


@pytest.mark.parametrize(
    "arguments",
    [
        ["compile", "ring:n=8", "-o", "/nowhere/p.npz"],
        ["compile", "ring:n=8", "--beta", "cold"],
        ["run", "nosuch.npz"],
        ["run", "some.npz", "--gain-dtod", "0.1"],
        ["run", "some.npz", "--chip", "wobblybits"],
        ["run", "ring:n=8", "--plot", "/nowhere/p.png"],
    ],
)
def test_bad_input_is_one_sentence(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_chips_that_exchange_at_intervals(capsys):
    pytest.importorskip("pymetis")
    common = ["--time", "100ns", "--reads", "16", "--clock", "chromatic", "--json", "-"]
    means = []
    for extra in ([], *(["--chips", "2", "--exchange", every] for every in ("2.5ns", "0.5tau", "80ns"))):
        assert main(["run", "ea2d:L=6,seed=1", *common, *extra]) == 0
        means.append(json.loads(capsys.readouterr().out)["row"]["energy_mean"])
    assert means[0] == means[1] == means[2] < means[3]  # once a colour is one chip
    assert main(["run", "ea2d:L=6,seed=1", "--exchange", "1ns"]) == 2


def test_precision_and_chips_are_told(tmp_path, capsys):
    assert main(["compile", "sk:n=8,seed=1", "--chip", "generic-sparse", "--beta", "1", "--json", "-"]) == 0
    facts = json.loads(capsys.readouterr().out)["program"]
    by_bits = list(facts["law_total_variation_by_bits"].values())
    assert by_bits == sorted(by_bits, reverse=True) and by_bits[-1] < 0.01
    assert facts["law_total_variation_by_bits"]["10"] == pytest.approx(facts["law_total_variation"])
    assert main(["compile", "ea3d:L=6,seed=1", "--chips", "4", "--exchange", "5ns", "--json", "-"]) == 0
    facts = json.loads(capsys.readouterr().out)["program"]
    assert sum(facts["pbits_by_chip"]) == 216
    assert sum(facts["cut_wires_by_chip"]) == 2 * facts["wires_between_chips"]


def test_copies_are_chains_and_their_precision_counts_the_chain_strength(capsys):
    arguments = ["compile", "sk:n=12,seed=1", "--set", "max_degree=4", "--set", "weight_bits=6", "--json", "-"]
    assert main([*arguments, "--chain-strength", "sufficient"]) == 0
    facts = json.loads(capsys.readouterr().out)["program"]
    assert facts["pbits"] == 60 and facts["chains"] == 12 and facts["most_couplers_of_a_pbit"] == 4
    assert 0 < facts["weight_error_max"] <= 0.5 / (2**5 - 1) + 1e-12
    assert main([*arguments, "--chain-strength", "1,2"]) == 2
    assert "one --chain-strength" in capsys.readouterr().err


def test_a_saved_program_takes_no_options_of_its_chip(tmp_path, capsys):
    path = str(tmp_path / "p.npz")
    assert main(["compile", "sk:n=6,seed=1", "--set", "max_degree=4", "-o", path]) == 0
    for option in ("--chain-strength 2", "--clamp 0=1", "--chips 2", "--delay 1ns", "--die-seed 3"):
        assert main(["run", path, *option.split()]) == 2
        assert "contains its chip" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("problem", "chip"),
    [("karate", "dwave-advantage2-1.10"), ("karate", "extropic-z1"), ("sk:n=8,seed=1", "generic-all-to-all")],
)
def test_a_saved_program_runs_as_its_problem_on_its_chip(problem, chip, tmp_path, capsys):
    path, one, two = str(tmp_path / "p.npz"), tmp_path / "1.json", tmp_path / "2.json"
    short = ["--time", "2us", "--reads", "64"]
    assert main(["compile", problem, "--chip", chip, "-o", path]) == 0
    assert main(["run", problem, "--chip", chip, *short, "--json", str(one), "-o", str(tmp_path / "r.npz")]) == 0
    assert main(["run", path, *short, "--json", str(two)]) == 0
    first, second = (json.loads(file.read_text()) for file in (one, two))
    for document in (first, second):
        for name in ("host_seconds", "updates_per_ns"):
            document["row"].pop(name)
        document["provenance"].pop("command")
    assert first == second and first["chip"] == chip
    run = hwsim.load_run(tmp_path / "r.npz")
    assert run.energies.mean() == pytest.approx(first["row"]["energy_mean"]) and list(run.traces) == [0]
