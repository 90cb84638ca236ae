"""`hwsim bench --case learning`: its rows, and that its peers make the same steps. Speeds themselves are not tested."""

import json
from dataclasses import replace

import numpy as np
import pytest

from hwsim.bench import learning, peers
from hwsim.cli.main import main
from hwsim.learn.machine import Timing
from hwsim.learn.model import fully, rbm


@pytest.fixture
def small(monkeypatch):
    """One small training, in this process."""
    task = learning.Task(
        name="three p-bits",
        make=lambda: fully(3),
        batch=4,
        chains=64,
        positive=Timing(warm_up=1),
        negative=Timing(warm_up=2),
        steps=400,
    )
    monkeypatch.setattr(learning, "TASKS", (task,))

    def here(child, *, rounds, peers, progress):
        assert child == ("-m", "hwsim.bench.learning")
        return learning.measure_learning(rounds=rounds, peers=peers, progress=progress)

    monkeypatch.setattr("hwsim.bench.child.in_one_thread", here)
    return task


def test_a_row_compares_a_step_with_the_sweeps_in_it(small, capsys):
    assert main(["bench", "--case", "learning", "--rounds", "1", "--json", "-"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["learning"]
    assert row["name"] == "three p-bits" and row["engine"] == "lanes" and row["peer"] is None
    assert row["share"] == pytest.approx(row["updates_per_ns"] / row["engine_updates_per_ns"])
    # updates of a step: 64 chains, 3 p-bits, 2 sweeps; nothing else is timed than the step
    assert row["step_ms"] * 1e6 * row["updates_per_ns"] == pytest.approx(64 * 3 * 2)
    assert row["beside_us"] == pytest.approx(1e3 * row["step_ms"] * (1 - row["share"]))


def test_the_table_says_what_a_step_costs(small, capsys):
    assert main(["bench", "--case", "learning", "--rounds", "1"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert "beside updates, us" in head and row.startswith("three p-bits  lanes")


def test_the_steps_that_are_timed_learn(small):
    """The machine comes to have the correlations of its batch, whose three p-bits are alike; it begins without any."""
    training = learning._Training(small)
    for _ in range(3):
        training.rates()
    phase = training.machine.phases["negative"].sweep(20)
    wanted, found = (rows[:, [0, 0, 1]] * rows[:, [1, 2, 2]] for rows in (training.batch, phase.states))
    assert np.all(wanted.mean(axis=0) == 1) and np.all(found.mean(axis=0) > 0.6)


def test_the_numpy_peer_makes_steps_of_the_same_machine(monkeypatch):
    monkeypatch.setattr(learning, "VISIBLE", 40)
    monkeypatch.setattr(learning, "HIDDEN", 10)
    batch = (2 * np.random.default_rng(1).integers(0, 2, (20, learning.VISIBLE)) - 1).astype(np.int8)
    peer = learning._NumpyTraining(batch)
    peer.run(30)
    weight, bias, _ = peer._values
    assert weight.shape == (40, 10)
    means = batch.mean(axis=0)
    assert np.corrcoef(bias, means)[0, 1] > 0.5  # biases go towards the means of the data


def test_each_peer_has_a_row_and_one_that_is_not_there_is_named(small, monkeypatch, capsys):
    task = replace(small, make=lambda: rbm(6, 4), has_peers=True, steps=2)
    for name, value in {"TASKS": (task,), "VISIBLE": 6, "HIDDEN": 4, "_thrml_step": lambda batch: batch.sum}.items():
        monkeypatch.setattr(learning, name, value)
    for there, wanted in ((True, ["numpy", "thrml"]), (False, ["numpy"])):
        for place in (learning, peers):
            monkeypatch.setattr(place, "is_there", lambda module, there=there: there)
        assert main(["bench", "--case", "learning", "--peers", "--rounds", "1", "--json", "-"]) == 0
        out, err = capsys.readouterr()
        rows = json.loads(out)["learning"]
        assert [row["peer"] for row in rows] == wanted and len({row["step_ms"] for row in rows}) == 1
        assert all(row["ratio"] == row["peer_step_ms"] / row["step_ms"] for row in rows)
        assert (learning.ABSENT in err) == (not there)


def test_thrml_measures_the_slopes_of_the_same_machine(monkeypatch):
    """Without couplings or biases the free means are 0 and those of the data stay: 5 sigma of 400 chains."""
    pytest.importorskip("thrml")
    for name, value in {"VISIBLE": 5, "HIDDEN": 3, "SCALE": 0.0}.items():
        monkeypatch.setattr(learning, name, value)
    batch = np.where(np.random.default_rng(1).random((400, 5)) < [0.1, 0.3, 0.5, 0.7, 0.9], 1, -1).astype(np.int8)
    couplings, biases = learning._thrml_step(batch)()
    assert couplings.shape == (15,)
    assert np.allclose(np.array(biases), [*-batch.mean(axis=0), 0, 0, 0], rtol=0, atol=5 * np.sqrt(2 / 400))
