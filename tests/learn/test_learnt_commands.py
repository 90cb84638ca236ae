"""``hwsim draw`` and ``hwsim classify``: what they print and write, as functions, and refusals in one sentence."""

import json

import numpy as np
import pytest

import hwsim
from hwsim.cli.main import main
from hwsim.command.classify import _data
from hwsim.errors import InputError
from hwsim.learn.data import read_data
from hwsim.learn.plan import planned

QUICK = ["--threads", "1", "--schedules", "4", "--engine", "lanes"]


@pytest.fixture
def folder(tmp_path, monkeypatch, adder, two_classes):
    monkeypatch.chdir(tmp_path)
    adder.save("adder.npz")
    model, data = two_classes
    model.save("sides.npz")
    np.savez("rows.npz", x=(data.bits + 1) / 2, y=np.array(["left", "left", "right", "right"]))
    return tmp_path


def test_draw_prints_states_beside_the_law_and_writes_samples_that_are_data(folder, capsys):
    arguments = ["draw", "adder.npz", "--reads", "400", "--sweeps", "200", "-o", "s.npz", "--plot", "s.png", *QUICK]
    assert main([*arguments, "--json", "s.json"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "400 samples of adder on generic-all-to-all, die 0, after 200 sweeps, poisson clock"
    assert printed[1].split() == ["a", "b", "cin", "sum", "cout", "samples", "share", "law", "of", "the", "model"]
    assert printed[-1].startswith("total per sample") and "energy_per_update" in printed[-1]
    written = json.loads((folder / "s.json").read_text())
    law = written["law"]
    assert sum(state["count"] for state in law["states"]) == len(written["rows"]) == 400
    assert law["total_variation"] < 3 * law["noise_floor"]
    data = read_data("s.npz", threshold=0.5)
    assert len(data) == 400 and "".join("1" if bit > 0 else "0" for bit in data.bits[7]) == written["rows"][7]["bits"]
    assert (folder / "s.png").read_bytes().startswith(b"\x89PNG")
    found = hwsim.draw("adder.npz", reads=400, sweeps=200, threads=1, schedules=4, engine="lanes")
    assert json.loads(json.dumps(found.document)) == {key: written[key] for key in found.document}


def test_what_is_clamped_stays_and_the_law_is_that_given_it(folder):
    found = hwsim.draw("adder.npz", clamp={"a": 1, "b": 0}, reads=200, sweeps=100, threads=1, engine="lanes")
    assert all(row["bits"].startswith("10") for row in found.rows)
    shares = [state["probability"] for state in found.document["law"]["states"][:2]]
    assert sum(shares) > 0.9  # cin is 0 or 1
    assert found.bill.items[-1].name == "data written" and found.bill.items[-1].count == 400


def test_a_label_holds_its_units(folder):
    found = hwsim.draw("sides.npz", label="right", reads=100, sweeps=100, threads=1, engine="lanes")
    assert {row["label"] for row in found.rows} == {"right"}
    assert np.mean([row["bits"].endswith("11") for row in found.rows]) > 0.8


def test_classify_prints_the_accuracy_of_each_die_and_of_all(folder, capsys):
    arguments = ["classify", "sides.npz", "rows.npz", "--dies", "3", "--die-seed", "5", "--reads", "4", *QUICK]
    arguments += ["--chip", "purdue-autonomous", "--plot", "c.png", "--json", "c.json"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("rows.npz, 4 rows, by sides on purdue-autonomous, poisson clock, 4 x 95 sweeps a row")
    assert [line.split()[0] for line in printed[2:5]] == ["5", "6", "7"] and "3 dies: mean" in printed[5]
    written = json.loads((folder / "c.json").read_text())
    assert [row["die_seed"] for row in written["rows"]] == [5, 6, 7]
    for row in written["rows"]:
        assert np.trace(row["confusion"]) == row["right"] and row["accuracy_ci"][0] <= row["accuracy"]
    assert (folder / "c.png").exists()


def test_rows_without_labels_get_classes_and_no_accuracy(folder, capsys):
    np.save("rows.npy", np.array([[1.0, 1, 0, 0], [0, 0, 1, 1]]))
    assert main(["classify", "sides.npz", "rows.npy", "--reads", "8", *QUICK]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()[2:4]] == [["left", "1"], ["right", "1"]]
    found = hwsim.classify("sides.npz", "rows.npy", reads=8, threads=1, engine="lanes", schedules=4)
    assert found.predicted.tolist() == [[0, 1]] and found.rows[0]["accuracy"] is None


def test_the_rows_that_a_training_held_back_are_the_default(folder, two_classes):
    model, _ = two_classes
    rows = np.tile(np.load("rows.npz")["x"], (5, 1))
    np.savez("many.npz", x=rows, y=np.tile(np.load("rows.npz")["y"], 5))
    plan = {"data": "many.npz", "split": {"test": 0.3, "seed": 1, "shuffled": True, "stratified": False}}
    kept = model.with_values(model.bias, model.weight, notes={"plan": plan})
    quick = {"threads": 1, "schedules": 4, "engine": "lanes"}
    assert hwsim.classify(kept, **quick).document["n_rows"] == 6
    assert hwsim.classify(kept, part="train", **quick).document["n_rows"] == 14
    assert hwsim.classify(kept, part="all", **quick).document["n_rows"] == 20


def test_rows_of_a_drawn_code_are_the_very_bits_of_the_training(folder):
    np.savez("gray.npz", x=np.random.default_rng(1).random((40, 6)), y=np.arange(40) % 2)
    plan = {
        "data": "gray.npz",
        "seed": 3,
        "code": {"drawn": True},
        "split": {"test": 0.25},
        "model": {"kind": "rbm", "hidden": 2},
        "train": {"steps": 1},
    }
    made = planned(plan)
    model = made.model.with_values(made.model.bias, made.model.weight, notes={"plan": made.plan})
    assert np.array_equal(_data(model, None, "train").bits, made.data.bits)
    assert np.array_equal(_data(model, None, "test").bits, made.test.bits)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["draw", "none.npz"], "no such file: none.npz"),
        (["draw", "rows.npz"], "rows.npz is not a saved model"),
        (["draw", "adder.npz", "--label", "3"], "adder has no label units to hold at '3'"),
        (["draw", "sides.npz", "--label", "up"], "label must be one of left, right, got 'up'"),
        (["draw", "adder.npz", "--clamp", "q=1"], "adder has no visible or label unit 'q' to clamp; it has a, b, cin"),
        (["draw", "adder.npz", "-o", "s.png"], "ends in .npz, got 's.png'"),
        (["draw", "adder.npz", "--chip", "extropic-z1"], "has couplings of its own and extropic-z1 has fixed wires"),
        (["draw", "adder.npz", "--chip", "wobblybits", "--set", "tau=x"], "tau must be"),
        (["classify", "adder.npz", "adder"], "adder has no label units"),
        (["classify", "sides.npz"], "sides does not say which data it was trained on: give some"),
        (["classify", "sides.npz", "adder"], "has 5 columns, and the model was trained on 4"),
        (["classify", "sides.npz", "rows.npz", "--part", "test"], "trained on all rows of its data"),
        (["classify", "sides.npz", "gone.npz"], "no such file: gone.npz"),
        (["draw", "adder.npz", "--reads", str(10**20)], "1e+20 chains of 5 units need at least"),
        (["classify", "sides.npz", "rows.npz", "--reads", str(10**12)], "4e+12 chains of 12 units"),
        (["classify", "sides.npz", "rows.npz", "--looks", str(10**13), *QUICK], "take fewer sweeps"),
        (["classify", "sides.npz", "rows.npz", "--looks", "0"], "looks must be >= 1"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_sentence(folder, arguments, sentence, capsys):
    try:
        code = main(arguments)
    except SystemExit as stopped:
        code = stopped.code
    said = capsys.readouterr().err
    assert code == 2 and sentence in said and said.count("\n") == 1 and "Traceback" not in said


def test_a_code_of_other_data_is_a_damage(adder):
    other = adder.with_values(adder.bias, adder.weight, code=read_data("parity:bits=3").code.plain)
    with pytest.raises(InputError, match="its code is of 3 bits and 0 label bits, and it has 5 visible"):
        hwsim.draw(other, reads=4, threads=1)


@pytest.mark.parametrize("command", [["run"], ["tts", "--target", "exact"], ["compare"], ["compile"], ["free-energy"]])
def test_every_command_reads_a_model(folder, capsys, command):
    few = [] if command == ["compile"] else ["--reads", "64", "--threads", "1"]
    assert main([command[0], "adder.npz", *command[1:], *few]) == 0
    assert "adder" in capsys.readouterr().out
