"""Time to an estimate: the rule that ends it, and the rows of `hwsim bench --case tts`."""

import json
import math

import numpy as np
import pytest

from hwsim.bench import solution
from hwsim.cli.main import main
from hwsim.errors import InputError

SMALL = {"graph": "ea3d:L=4,seed=1", "sweeps": 100}


def _coin(p: float):
    return lambda reads, seed: -(np.random.default_rng(seed).random(reads) < p).astype(float)


def test_a_tool_works_until_its_interval_is_narrow():
    tool = solution.Series(name="coin", sample=_coin(0.1), batch=50)
    while not tool.is_done(-1.0, 1.0, 0.5, math.inf):
        tool.step()
    found = tool.estimate(-1.0, 1.0)
    assert solution.relative_width(found) <= 0.5
    # width is about 2 * 1.96 / sqrt(hits): 61 hits, within three sigma of when that is noticed
    assert found.n_success == pytest.approx(61, abs=3 * math.sqrt(61))


def test_a_tool_without_successes_stops_at_its_budget():
    tool = solution.Series(name="coin", sample=_coin(0.0), batch=50)
    tool.step()
    assert not tool.is_done(-1.0, 1.0, 0.5, math.inf)
    assert tool.is_done(-1.0, 1.0, 0.5, tool.seconds)
    assert solution.relative_width(tool.estimate(-1.0, 1.0)) == math.inf


def test_both_tools_estimate_the_same_problem():
    own, peer = solution.measure_solution(**SMALL, width=0.3, peers=True)
    assert own["target"] == peer["target"] and own["reached"] and peer["reached"]
    assert own["width"] <= 0.3 and peer["width"] <= 0.3
    assert peer["ratio"] == peer["seconds"] / own["seconds"]
    # one Metropolis sweep is worth a little more than one Gibbs sweep; the two lengths are of one order
    assert 0.2 < own["tts99_sweeps"] / peer["tts99_sweeps"] < 5


def test_the_command_prints_its_rows(monkeypatch, capsys):
    monkeypatch.setattr(solution.measure_solution, "__kwdefaults__", solution.measure_solution.__kwdefaults__ | SMALL)
    assert main(["bench", "--case", "tts", "--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["rows"] == [] and [row["tool"] for row in document["tts"]] == ["hwsim"]
    assert main(["bench", "--case", "tts"]) == 0
    assert "the least energy found" in capsys.readouterr().out


@pytest.mark.parametrize("bad", [{"width": 0.0}, {"sweeps": 0}, {"budget_s": 0.0}])
def test_bad_sizes_are_refused(bad):
    with pytest.raises(InputError):
        solution.measure_solution(**SMALL | bad)
