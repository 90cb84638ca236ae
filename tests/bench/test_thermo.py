"""`hwsim bench --case thermo`: its rows, its peers' law, its refusals. Speeds themselves are not tested."""

import json

import numpy as np
import pytest

from hwsim.bench import child, thermo
from hwsim.bench.thermo import Task
from hwsim.cli.main import main
from hwsim.errors import InputError
from hwsim.thermo.network import bowl

SMALL = (
    Task(kind="independent", d=3, states=20),
    Task(kind="path", d=3, states=20),
    Task(kind="set-up", d=3, states=20),
    Task(kind="wells", d=16, states=20),
)


@pytest.fixture
def small(monkeypatch):
    """Small tasks in this process, as if thermox were absent."""
    monkeypatch.setattr(thermo, "TASKS", SMALL)
    monkeypatch.setattr(thermo, "has_thermox", lambda: False)
    monkeypatch.setattr(child, "in_one_thread", lambda module, **how: thermo.measure_thermo(**how))


def test_rows_hold_what_the_readme_says(small, capsys):
    assert main(["bench", "--case", "thermo", "--peers", "--rounds", "1", "--json", "-"]) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["rows"] == document["tts"] == []
    assert [(row["kind"], row["peer"]) for row in document["thermo"]] == [
        ("independent", "numpy Euler-Maruyama"),
        ("path", "numpy Euler-Maruyama"),
        ("set-up", None),
        ("wells", "numpy"),
    ]
    for row in document["thermo"]:
        assert set(row) == {"kind", "d", "states", "states_per_ms", "peer", "peer_states_per_ms", "ratio"}
        assert row["peer"] is None or row["ratio"] == row["states_per_ms"] / row["peer_states_per_ms"]
    assert err.strip() == f"hwsim: {thermo.ABSENT}"


def test_without_peers_a_row_stands_alone(small, capsys):
    assert main(["bench", "--case", "thermo", "--rounds", "1"]) == 0
    out, err = capsys.readouterr()
    assert "numpy" not in out and err == ""
    assert "independent states of 3 cells" in out and "16 side by side" in out


def test_the_process_of_its_own_answers_in_rows():
    """The child process keeps to one thread."""
    code = "import hwsim.bench.thermo as t, os, sys; t.TASKS = t.TASKS[:1]; t.in_child(t.measure_thermo)"
    rows = child.in_one_thread(["-c", code], rounds=1, peers=False)
    assert [row["kind"] for row in rows] == ["independent"] and rows[0]["states_per_ms"] > 0
    assert child._ONE_THREAD["OMP_NUM_THREADS"] == "1"


def test_eulers_step_makes_the_bias_that_is_promised():
    assert 2 / (2 - thermo.euler_step()) == pytest.approx(1 + thermo.BIAS)
    work, parts = thermo._numpy_euler(Task(kind="path", d=4, states=500))
    # 51 steps of 1/51 tau for each tau; 50 tau are timed, 500 asked for
    assert parts == pytest.approx(10.0) and work(1).shape == (1, 4)


@pytest.mark.parametrize("kind", ["independent", "set-up", "path"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_thermox_samples_the_same_law(kind):
    pytest.importorskip("thermox")
    task = Task(kind=kind, d=3, states=4000)
    network = bowl(thermo.matrix(3), np.zeros(3), tau_s=1.0)
    rates, basis = network.modes()
    for tool in (thermo._thermox(task), thermo._own(task)):
        found = np.asarray(tool(1)).reshape(-1, 3)
        assert len(found) == 4000
        variance = ((found @ basis) ** 2 * rates).mean(axis=0)
        # along a path, tau apart, a mode of rate a says as much as n tanh(a) independent states
        alone = 4000 * (np.tanh(rates) if kind == "path" else 1.0)
        assert np.all(np.abs(variance - 1) < 4 * np.sqrt(2 / alone) + np.exp(-2 * rates * thermo.TIME))


def test_bad_rounds_are_refused():
    with pytest.raises(InputError, match="rounds must be >= 1"):
        thermo.measure_thermo((), rounds=0)
