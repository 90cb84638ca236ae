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


def test_the_peer_with_the_same_law_finds_the_same_time_to_solution():
    own, gibbs, metropolis = solution.measure_solution(**SMALL, width=0.3, peers=True)
    for row in (own, gibbs, metropolis):
        assert row["target"] == own["target"] and row["reached"] and row["width"] <= 0.3
    assert gibbs["ratio"] == gibbs["seconds"] / own["seconds"]
    spread = math.sqrt(sum(r["p_success"] * (1 - r["p_success"]) / r["reads"] for r in (own, gibbs)))
    assert abs(own["p_success"] - gibbs["p_success"]) < 4 * spread
    # Metropolis is another dynamics, whose speed follows no law here, so it is not compared


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
