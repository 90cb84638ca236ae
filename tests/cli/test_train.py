"""``hwsim train``: what it prints and draws, how it goes on, and refusals of one sentence with exit code 2."""

import json

import numpy as np
import pytest

import hwsim
from hwsim.cli.main import main

PLAN = """data = "adder"
chip = "generic-all-to-all"
seed = 1
[train]
steps = 30
batch = 8
chains = 16
[judge]
times = 3
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path


def test_a_training_is_printed_drawn_written_and_read_by_other_commands(folder, capsys):
    assert main(["train", "plan.toml", "-o", "m.npz", "--plot", "m.png", "--json", "m.json", "--threads", "1"]) == 0
    out = capsys.readouterr().out
    assert "adder: 8 rows of 5 bits; 5 visible units, 10 couplings" in out and "after 30 of 30 steps: KL" in out
    document = json.loads((folder / "m.json").read_text())
    assert [row["step"] for row in document["rows"]] == [10, 20, 30]
    assert document["rows"][-1]["kl"] < document["rows"][0]["kl"]
    assert np.array(document["samples"]).shape == (16, 5)
    assert (folder / "m.png").stat().st_size > 10_000
    names = list(hwsim.read("m.npz").bqm.variables)
    assert names == ["a", "b", "cin", "sum", "cout"]
    assert main(["run", "m.npz", "--chip", "generic-all-to-all", "--beta", "1", "--reads", "16"]) == 0
    assert main(["train", "plan.toml", "-o", "m.npz"]) == 0  # there is nothing left to do
    assert capsys.readouterr().out.splitlines()[-1] == out.splitlines()[-1]


def test_the_command_and_the_function_are_one(folder, capsys):
    assert main(["train", "plan.toml", "--threads", "1", "--seed", "3"]) == 0
    shown = capsys.readouterr().out.strip()
    found = hwsim.train("plan.toml", seed=3, threads=1)
    assert str(found) == shown
    assert found.model.n == 5 and "came to" in repr(found)
    assert str(hwsim.train({"data": "adder", "seed": 3} | found.document["plan"], threads=1)) == shown


def test_a_model_is_drawn_on_the_chip_as_it_was_set(folder, capsys):
    settings = "[machine]\nset = { topology = 'king:3x3', delay = '0.5tau' }\nwithout = ['jitter']\n"
    (folder / "plan.toml").write_text(PLAN + settings)
    assert main(["train", "plan.toml", "-o", "m.npz", "--threads", "1"]) == 0
    for more, delay in (([], "0.5tau"), (["--delay", "1ns"], 1e-9)):
        capsys.readouterr()
        assert main(["draw", "m.npz", "--reads", "4", "--threads", "1", "--json", "-", *more]) == 0
        found = json.loads(capsys.readouterr().out)["settings"]
        assert found == {"topology": "king:3x3", "delay": delay, "without": ["jitter"]}
    drawn = hwsim.draw("m.npz", "generic-all-to-all", set={"topology": "king:3x3"}, reads=4, threads=1)
    assert drawn.document["settings"] == {"topology": "king:3x3"}  # another chip is as its card says


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(folder, capsys, monkeypatch):
    from hwsim.learn import training

    monkeypatch.setattr(training, "_SHOWN_S", -1.0)
    monkeypatch.setattr(training.CtrlC, "heard", property(lambda self: True, lambda self, heard: None), raising=False)
    assert main(["train", "plan.toml", "-o", "m.npz"]) == 130
    assert "hwsim train plan.toml -o m.npz continues" in capsys.readouterr().err


def test_ctrl_c_is_heard_between_parts_that_are_short(folder, capsys, monkeypatch):
    from hwsim.learn import training

    monkeypatch.setattr(training, "_SHOWN_S", 1e9)
    monkeypatch.setattr(training.CtrlC, "heard", property(lambda self: True, lambda self, heard: None), raising=False)
    assert main(["train", "plan.toml", "-o", "m.npz", "--threads", "1"]) == 130
    assert "10 of 30 steps are kept" in capsys.readouterr().err


def refused(capsys, words, *more):
    """The one sentence that the command refuses with."""
    assert main(["train", "plan.toml", *more]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.strip().splitlines()
    assert len(lines) == 1 and words in lines[0], said.err
    return lines[0]


@pytest.mark.parametrize(
    "plan, words",
    [
        ("data = 'adder'\nstep = 3", "unknown key step"),
        ("data = 'adder'\n[train]\nsteps = 3\nbacth = 8", "did you mean train.batch?"),
        ("data = 'adder'\n[train.negative]\nwarmup = 3", "did you mean train.negative.warm_up?"),
        ("[train]\nsteps = 3", "a plan needs data"),
        ("data = 'adder'", "steps or epochs"),
        ("data = 'adder'\n[train]\nsteps = 3\nepochs = 2", "steps or epochs"),
        ("data = 'adder'\n[train]\nsteps = 'ten'", "train.steps must be a whole number, got 'ten'"),
        ("data = 'adder'\n[train]\nsteps = 3\nbetas = [1, 2]", "betas must ascend"),
        ("data = 'adder'\n[train]\nsteps = 3\n[update]\nrate = -1", "rate must be > 0"),
        ("data = 'adder'\n[train]\nsteps = 3\n[model]\nkind = 'rbm'", "model.hidden must be given"),
        ("data = 'adder'\n[train]\nsteps = 3\n[model]\nkind = 'cnn'", "model.kind must be one of"),
        ("data = 'adder'\n[train]\nsteps = 3\n[machine]\nset = { dealy = '1 ns' }", "dealy"),
        ("data = 'adder'\nchip = 'nochip'\n[train]\nsteps = 3", "nochip"),
        ("data = 'adder'\n[train]\nsteps = 3\n[machine]\nset = { topology = 'king:2x2' }", "5 units"),
        (
            "data = 'adder'\n[train]\nsteps = 3\n[model]\nkind = 'fully'\n[machine]\nset = { topology = 'king:3x3' }",
            "king",
        ),
        ("data = 'none.npy'\n[train]\nsteps = 3", "none.npy"),
        ("data = 'nan.npy'\n[train]\nsteps = 3", "nan"),
        ("data = 'empty.npz'\n[split]\ntest = 0.5\nshuffled = false\n[train]\nsteps = 3", "class '3' has no row"),
        ("data = 'adder'\n[train]\nsteps = 3\n[model]\nfile = 'other.npz'", "4 visible and label units"),
        ("data = 3\n[train]\nsteps = 3", "data must be a text"),
        ("data = 'adder'\n[train]\nsteps = 3\n[judge]\nrows = -3", "judge.rows must be >= 1, got -3"),
        ("data = 'adder'\n[train]\nsteps = 3\n[machine]\nwithout = [['delay']]", "must be a list of texts"),
        ("data = 'adder'\n[train]\nsteps = 3\n[machine]\nset = { delay = '1e300 s' }", "beyond the time grid"),
        ("data = 'empty.npz'\n[split]\ntest = 0.5\nseed = -1\n[train]\nsteps = 3", "the seed of a split"),
        ("data = 'adder'\n[train]\nsteps = 0", "steps must be >= 1, got 0"),
        ("data = 'adder'\n[train]\nepochs = -1", "train.epochs must be > 0, got -1"),
        ("data = 'adder'\n[train]\nepochs = 1e300", "train.epochs must be less than 2**63 steps"),
        (f"data = 'adder'\n[train]\nsteps = {10**20}", "train.steps must be less than 2**63"),
        (f"data = 'adder'\n[train]\nsteps = 3\n[code]\nthreshold = {10**400}", "of 401 digits"),
        (f"data = 'adder'\n[train]\nsteps = 3\nchains = {10**15}", "1e+15 chains of 5 units need at least"),
        (f"data = 'adder'\n[train]\nsteps = 3\nbatch = {10**15}", "1e+15 chains of 5 units"),
        (f"data = 'adder'\n[train]\nsteps = 3\n[model]\nhidden = {10**15}", "5e+15 couplings need at least"),
        (f"data = 'adder'\n[train]\nsteps = 3\n[model]\nlayers = [9, {10**15}]", "couplings need at least"),
        (f"data = 'adder'\n[train]\nsteps = 3\n[model]\nkind = 'fully'\nhidden = {10**9}", "5e+17 couplings"),
        (f"data = 'adder'\n[train]\nsteps = 3\nnegative = {{ looks = {10**12} }}", "take fewer sweeps"),
        (
            "data = 'adder'\n[train]\nsteps = 3\n[update]\nrate = 1e300",
            "step 1 takes a bias or a coupling beyond 1e+100",
        ),
        ("data = 'adder'\n[train]\nsteps = 9\n[update]\ndecay = 1e300\nmethod = 'adam'", "beyond 1e+100"),
        ("data = 'adder'\n[train]\nsteps = 3\n[model]\nscale = 1e300", "scale must lie between 0 and 1e+100"),
        ("data = 'adder'\n[train]\nsteps = 3\n[model]\nplacement = [0]", "goes with kind chip"),
        ("data = 'adder'\n[train]\nsteps = 3\n[model]\nlayers = [2]\nhidden = 2", "leave model.hidden out"),
        ("data = 'adder'\n[train]\nsteps = 3\n[noise]\nsteps = 2", "[noise] is that of a denoising chain"),
        ("data = 'adder'\n[train]\nsteps = 3\n[machine]\nexchange = '1 ns'", "give machine.chips too"),
        (
            "data = 'adder'\n[train]\nsteps = 3\n[code]\nlabels = 'q'",
            "adder is a set, without an array or a column named 'q'",
        ),
    ],
)
def test_a_wrong_plan_is_refused_in_one_sentence(folder, capsys, plan, words):
    np.save("nan.npy", np.array([[0.0, 1.0], [np.nan, 1.0]]))
    np.savez("empty.npz", x=np.eye(4), y=np.array([0, 1, 1, 3]))
    hwsim.learn.fully(4).save("other.npz")
    (folder / "plan.toml").write_text(plan)
    refused(capsys, words)


CANNOT_GO_ON = "its training cannot go on"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"history": "x"}, CANNOT_GO_ON),
        ({"history": [{}]}, CANNOT_GO_ON),
        ({"activity": 3}, CANNOT_GO_ON),
        ({"activity": {"a": {}}}, CANNOT_GO_ON),
        ({"loads": "x"}, CANNOT_GO_ON),
        ({"plan": 3}, "the notes of its training are damaged"),
    ],
)
def test_damaged_notes_of_a_training_are_refused_in_one_sentence(folder, capsys, changes, why):
    from hwsim.learn import Model

    if not (folder / "m.npz").exists():
        assert main(["train", "plan.toml", "-o", "m.npz", "--threads", "1"]) == 0
    model = Model.load("m.npz")
    model.with_values(model.bias, model.weight, notes=dict(model.notes) | changes).save("m.npz")
    capsys.readouterr()
    refused(capsys, f"m.npz is a damaged model: {why}", "-o", "m.npz")


def test_a_file_that_is_something_else_is_not_written_over(folder, capsys):
    (folder / "notes.npz").write_text("mine")
    refused(capsys, "notes.npz", "-o", "notes.npz")
    assert (folder / "notes.npz").read_text() == "mine"
    assert main(["train", "plan.toml", "-o", "m.npz", "--threads", "1"]) == 0
    capsys.readouterr()
    refused(capsys, "was trained otherwise (seed differs)", "-o", "m.npz", "--seed", "2")
