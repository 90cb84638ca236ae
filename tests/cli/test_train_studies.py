"""``hwsim train`` along axes and onto other dies: rows that are stored once, and refusals of one sentence."""

import json
import os
import signal

import numpy as np
import pytest
from scipy.stats import t as student

import hwsim
from hwsim.cli.main import main
from hwsim.learn import worth
from hwsim.learn.plan import planned
from hwsim.learn.worth import Exam
from hwsim.study import trained
from hwsim.study.store import Store

PLAN = """data = "adder"
seed = 1
[machine]
set = { gain_dtod = 0.2, offset_dtod = 0.2 }
[train]
steps = 60
batch = 8
chains = 16
[update]
rate = 0.2
[judge]
times = 1
"""
DIES = ["--train-die", "3", "--dies", "2", "--retrain", "biases=5", "--shown", "a,b,cin", "--threads", "1"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(worth, "CHAINS", 32)
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path


def test_a_model_moves_to_other_dies_and_its_biases_are_trained_there(folder, capsys, monkeypatch):
    seen, of = [], Exam.of

    def noted(self, model, die, **how):
        seen.append((die, model))
        return of(self, model, die, **how)

    monkeypatch.setattr(Exam, "of", noted)
    files = ["-o", "m.npz", "--json", "d.json", "--plot", "y.png", "--store", "s.db", "--limit", "kl=2,right=0.5"]
    assert main(["train", "plan.toml", *DIES, *files]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "adder on 2 dies of generic-all-to-all, trained on die 3\ndie 3, on which it was trained: KL "
    )
    assert "loaded as it is" in out and "biases trained again" in out and "KL <= 2" in out
    document = json.loads((folder / "d.json").read_text())
    assert [(row["die_seed"], row["way"]) for row in document["rows"]] == [
        (die, way) for die in (4, 5) for way in ("loaded as it is", "biases trained again")
    ]
    home = seen[0][1]
    assert [die for die, _ in seen] == [3, 4, 4, 5, 5] and seen[1][1] is home
    again = seen[2][1]
    assert np.array_equal(again.weight, home.weight) and not np.array_equal(again.bias, home.bias)
    for row, (die, model) in zip([document["home"], *document["rows"]], seen, strict=True):
        assert of(Exam(planned(document["plan"]), ["a", "b", "cin"]), model, die, threads=1).kl == row["kl"]
    assert (folder / "y.png").stat().st_size > 10_000
    seen.clear()
    assert main(["train", "plan.toml", *DIES, *files]) == 0  # the store and the model's file have it all
    assert capsys.readouterr().out == out and not seen
    how = {"die_seed": 3, "dies": "4..5", "retrain": {"biases": 5}, "shown": "a,b,cin", "threads": 1}
    found = hwsim.train("plan.toml", limit={"kl": 2, "right": 0.5}, **how)
    assert str(found) == out.strip() and len(repr(found)) < 500
    assert json.loads(json.dumps(found.rows)) == document["rows"]


def test_a_plan_is_trained_along_an_axis_with_the_interval_of_its_seeds(folder, capsys):
    words = ["train", "plan.toml", "--vary", "delay=0:1tau:2", "--seeds", "3", "--threads", "1"]
    assert main([*words, "--json", "v.json", "--plot", "v.png", "--store", "s.db", "--limit", "9"]) == 0
    out = capsys.readouterr().out
    assert "adder trained on generic-all-to-all: KL from the data (nats), against delay\n60 steps, 3 seeds" in out
    assert "design rule: KL from the data within 9 at every delay tried" in out
    document = json.loads((folder / "v.json").read_text())
    for row in document["rows"]:
        each = np.array([one["kl"] for one in row["each"]])
        assert [one["seed"] for one in row["each"]] == [1, 2, 3] and row["kl"] == pytest.approx(each.mean())
        half = student.ppf(0.975, 2) * each.std(ddof=1) / 3**0.5
        assert row["kl_ci"] == pytest.approx([max(0, each.mean() - half), each.mean() + half])
    with Store("s.db", create=False) as store:
        assert store.count() == (0, 6)
    found = hwsim.train("plan.toml", vary={"delay": ["0 tau", "1 tau"]}, seeds=3, threads=1)
    assert [row["kl"] for row in found.rows] == [row["kl"] for row in document["rows"]]
    alone = hwsim.train("plan.toml", seed=2, threads=1)
    assert alone.rows[-1]["max_j"] == document["rows"][0]["each"][1]["max_j"]


def test_a_study_that_was_stopped_goes_on_with_the_row_that_it_lost(folder, monkeypatch):
    spec = {"data": "adder", "train": {"steps": 4, "batch": 8, "chains": 8}, "judge": {"times": 1}}
    full, vary, made = planned(spec).plan, {"update.rate": [0.1, 0.2], "chip": ["generic-all-to-all"]}, []
    of = Exam.of
    monkeypatch.setattr(Exam, "of", lambda *asked, **how: made.append(1) or of(*asked, **how))
    with Store("a.db") as store:
        stopped = trained.trained_along(full, vary, [1, 2], trained.Host(store=store, stop=lambda: len(made) > 2))
        assert stopped.interrupted and len(stopped.rows) == 1 and len(made) == 3
        whole = trained.trained_along(full, vary, [1, 2], trained.Host(store=store))
    assert len(made) == 4 and not whole.interrupted and [row["at"]["update.rate"] for row in whole.rows] == [0.1, 0.2]
    with Store("b.db") as store:
        assert trained.trained_along(full, vary, [1, 2], trained.Host(store=store)).rows == whole.rows


def test_ctrl_c_says_how_a_study_goes_on(folder, capsys, monkeypatch):
    of = Exam.of

    def heard(self, *asked, **how):
        os.kill(os.getpid(), signal.SIGINT)
        return of(self, *asked, **how)

    monkeypatch.setattr(Exam, "of", heard)
    assert main(["train", "plan.toml", *DIES, "-o", "m.npz", "--store", "s.db"]) == 130
    said = capsys.readouterr()
    assert said.err.endswith("; 0 of 2 dies done; the same command with the store s.db continues\n")
    assert said.out.splitlines()[1].startswith("die 3, on which it was trained: KL ")
    monkeypatch.setattr(Exam, "of", of)
    assert main(["train", "plan.toml", *DIES, "-o", "m.npz", "--store", "s.db"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == said.out.splitlines()[1]


def test_a_training_exports_the_codes_of_its_registers(folder):
    spec = {"data": "adder", "train": {"steps": 4, "batch": 8, "chains": 8}, "judge": {"times": 1}}
    card = {"weight_bits": 4, "weight_limit": 3.5}
    found = hwsim.train(spec | {"machine": {"set": card}}, threads=1)
    registers, model = found.document["registers"], found.model
    assert registers["units"] == ["a", "b", "cin", "sum", "cout"] and registers["code_scale"] == 0.5
    assert registers["weight_code"] == np.rint(model.weight / 0.5).tolist()
    assert [registers["first"], registers["second"]] == [model.first.tolist(), model.second.tolist()]
    assert hwsim.train(spec, threads=1).document["registers"] is None


def test_settings_that_do_not_fit_are_rows_and_a_class_is_asked_of_labelled_data(folder):
    np.savez("rows.npz", x=np.eye(4), y=np.array(["a", "a", "b", "b"]))
    spec = {"data": "rows.npz", "model": {"hidden": 2}, "train": {"steps": 3, "batch": 4, "chains": 4}}
    found = hwsim.train(spec, vary={"max_pbits": [4, 9]}, seeds=1, threads=1)
    assert "4 p-bits" in found.rows[0]["does_not_fit"] and "does not fit" in str(found)
    assert 0 <= found.rows[1]["right"] <= 1 and "kl_ci" not in found.rows[1]


def test_dies_that_are_all_alike_are_refused():
    with pytest.raises(hwsim.HwsimError, match="no device-to-device spread, so all its dies are alike"):
        hwsim.train({"data": "adder", "train": {"steps": 3}}, dies=2, threads=1)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--retrain", "biases=5"], "retrain goes with dies"),
        (["--seeds", "3"], "seeds goes with vary"),
        (["--store", "s.db"], "store is of a study: give vary or dies too"),
        (["--dies", "3", "--vary", "delay=0,1ns"], "vary and dies are two studies"),
        (["--vary", "delay=0,1ns", "-o", "m.npz"], "leave output out"),
        (["--vary", "delay=1ns"], "delay must vary over at least two different values"),
        (["--vary", "dealy=0,1"], "dealy"),
        (["--vary", "update.rates=0,1"], "did you mean update.rate? (at update.rates 0)"),
        (["--vary", "rates.x=0,1"], "a plan has no table rates in which rates.x could vary"),
        (["--vary", "delay"], "--vary takes KEY=RANGE"),
        (["--dies", "18:20"], "dies must be how many, or different numbers such as 18..117 or 18,20, got '18:20'"),
        (["--dies", "0"], "dies must be >= 1, got 0"),
        (["--dies", "4,4"], "dies must be how many, or different numbers"),
        (["--dies", "2", "--retrain", "couplings=5"], "retrain takes all or biases with a number of steps"),
        (["--dies", "2", "--retrain", "biases"], "--retrain takes NAME=N,..., such as biases=200"),
        (["--dies", "2", "--shown", "q"], "adder has no column 'q' to show; it has a, b, cin, sum, cout"),
        (["--dies", "2", "--shown", "a,b,cin,sum,cout"], "nothing is left to ask"),
        (["--dies", "2", "--limit", "right=0.9"], "limit names 'right', which is not swept: kl"),
    ],
)
def test_a_wrong_study_is_refused_in_one_sentence(folder, capsys, words, why):
    assert main(["train", "plan.toml", *words]) == 2
    said = capsys.readouterr()
    assert said.out == "" and why in said.err and said.err.count("\n") == 1, said.err
