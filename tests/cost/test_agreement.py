"""One account: six ways to ask for time and energy to solution, and one answer."""

import json

import pytest

import hwsim
from hwsim.cli.main import main
from hwsim.experiment.anneals import make_anneal
from hwsim.streams import stream_key

NUMBERS = (
    "device_time_s",
    "total_time_s",
    "device_energy_j",
    "total_energy_j",
    "unknown_time",
    "unknown_energy",
    "p_success",
    "p_success_ci",
    "tts99_is_bound",
    "runs_to_solution",
    "tts99_s",
    "tts99_ci_s",
    "tts99_total_s",
    "tts99_total_ci_s",
    "ets99_j",
    "ets99_ci_j",
    "ets99_total_j",
    "ets99_total_ci_j",
)
READS, SCHEDULES, SHARD = 64, 4, stream_key(7, "shard", 0) >> 1
"""The first shard of a study has a seed of its own, made of the plan's; the others are given that one."""

CHIPS = {
    "a chip with published prices": ("extropic-z1", "10us", {}, {}),
    "wires that toggle, on own clocks": (
        "generic-floorplan",
        "1us",
        {"clock": "poisson"},
        {"energy_per_update": "2 fJ", "energy_per_read": "1 pJ", "readout_time": "100 ns", "standby_power": "1 uW"},
    ),
    "one schedule": ("generic-all-to-all", "200ns", {"clock": "chromatic"}, {"readout_time": "1 us", "power": "2 W"}),
}


def asked(command, tmp_path, *arguments):
    path = tmp_path / f"{command}.json"
    assert main([command, *arguments, "--json", str(path)]) == 0
    return json.loads(path.read_text())


@pytest.mark.parametrize("name", CHIPS)
def test_six_ways_to_ask_give_the_same_numbers(name, tmp_path, capsys):
    chip, time, scheme, prices = CHIPS[name]
    clock = scheme.get("clock", hwsim.chip(chip).clock.kind)
    settings = [part for key, value in prices.items() for part in ("--set", f"{key}={value}")]
    settings += ["--reads", str(READS), "--schedules", str(SCHEDULES), "--seed", str(SHARD)]
    common = ["karate", "--chip", chip, "--time", time, "--clock", clock, *settings]
    answers = {
        "run": asked("run", tmp_path, *common)["row"],
        "compare": asked("compare", tmp_path, *common, "--participation", "1")["rows"][0],
        "tts": asked("tts", tmp_path, *common, "--target", "known")["clocks"][0],
    }

    spec = {"problem": "karate", "chip": chip, "target": "known", "time": time, "reads": READS, "schedules": SCHEDULES}
    explored = tmp_path / "spec.toml"
    explored.write_text(toml(spec | {"seed": SHARD, "set": scheme | prices}))
    answers["explore"] = asked("explore", tmp_path, str(explored))["rows"][0]
    planned = tmp_path / "plan.toml"
    planned.write_text(toml(spec | {"seed": 7, "set": scheme | prices, "stop": {"max_shards": 1}}))
    store = str(tmp_path / "s.db")
    answers["study"] = asked("study", tmp_path, str(planned), "--store", store, "--workers", "1")["points"][0]

    problem = hwsim.read("karate")
    program = hwsim.compile(problem, hwsim.chip(chip, **scheme, **prices))
    anneal = make_anneal(problem, program, beta=None, time=time)
    run = hwsim.run(program, anneal=anneal, reads=READS, schedules=SCHEDULES, seed=SHARD)
    found = hwsim.time_to_solution(run, target=problem.known_energy)
    answers["time_to_solution"] = found.account.facts | found.facts

    for way, row in answers.items():
        assert {key: row[key] for key in NUMBERS} == {key: answers["run"][key] for key in NUMBERS}, way
    said = capsys.readouterr().out
    assert said
    row = answers["run"]
    assert row["tts99_total_s"] > row["tts99_s"] and row["tts99_total_s"] == pytest.approx(
        row["tts99_s"] * row["total_time_s"] / row["device_time_s"]
    )


def toml(spec):
    """A plan as text: plain values, then one level of tables."""
    plain = [f"{key} = {json.dumps(value)}" for key, value in spec.items() if not isinstance(value, dict)]
    tables = [
        f"[{key}]\n" + "\n".join(f"{name} = {json.dumps(value)}" for name, value in table.items())
        for key, table in spec.items()
        if isinstance(table, dict)
    ]
    return "\n".join([*plain, *tables]) + "\n"
