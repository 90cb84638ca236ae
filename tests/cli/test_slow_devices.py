"""Default lengths follow the device's own time, and a run in which p-bits hardly update says so."""

import json

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.cli.main import main
from hwsim.experiment.anneals import pace_note
from hwsim.sampler import HwsimSampler

FEW = ["--reads", "16", "--schedules", "2", "--json", "out.json"]
SLOW = ["--set", "pbit=smtj-perpendicular-ms"]
"""A p-bit with tau = 1 ms."""
SMALL = "sk:n=8,seed=1"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def document():
    with open("out.json", encoding="utf-8") as file:
        return json.load(file)


def test_a_run_without_an_update_bounds_no_energy(capsys):
    words = ["--set", "energy_per_update=1 fJ", "--target", "-100", "--set", "energy_per_read=0 J"]
    assert main(["run", SMALL, "--tau", "1ms", "--time", "1ps", *words, "--reads", "8", "--schedules", "2"]) == 0
    said = capsys.readouterr().out
    assert "hardly update" in said and "> 0 J" not in said and "no bound, as runs that cost nothing" in said


@pytest.mark.parametrize(
    ("options", "time_s"),
    [
        ([], 1e-6),
        (["--tau", "1ns"], 2e-7),
        (["--tau", "1ms"], 0.2),
        (["--tau", "1ms", "--time", "5ms"], 5e-3),
        (SLOW, 0.2),
    ],
)
def test_a_run_takes_200_updates_of_a_p_bit_unless_a_time_is_given(options, time_s):
    assert main(["run", SMALL, *options, *FEW]) == 0
    row = document()["row"]
    assert row["device_time_s"] == pytest.approx(time_s)
    assert row["note"] is None


def test_a_slow_device_finds_the_ground_state_by_default():
    assert main(["run", SMALL, *SLOW, *FEW, "--target", "exact"]) == 0
    assert document()["row"]["p_success"] > 0.5


def test_compared_schemes_get_the_time_of_the_slowest():
    assert main(["compare", SMALL, "--clock", "poisson", "--tau", "5ns,1us", *FEW]) == 0
    assert [row["device_time_s"] for row in document()["rows"]] == [pytest.approx(2e-4)] * 2


def test_a_study_and_designs_follow_the_device_too():
    plan = f'problem = "{SMALL}"\nreads = 8\nschedules = 2\n[grid]\ntau = ["5 ns", "1 ms"]\n[stop]\nmax_shards = 1\n'
    with open("plan.toml", "w", encoding="utf-8") as file:
        file.write(plan)
    assert main(["study", "plan.toml", "--store", "s.db", "--workers", "1", "--json", "out.json"]) == 0
    assert sorted(point["time_s"] for point in document()["points"]) == [pytest.approx(1e-6), pytest.approx(0.2)]


@pytest.mark.parametrize(
    "argv",
    [
        ["run", SMALL],
        ["compare", SMALL, "--clock", "poisson"],
        ["tts", SMALL, "--target", "-1", "--clock", "poisson"],
        ["run", SMALL, "--dies", "2", "--gain-dtod", "0.1"],
        ["run", SMALL, "--set", "max_degree=3", "--chain-strength", "1,torque"],
        ["blame", SMALL, "--gain-dtod", "0.1", "--dies", "2"],
    ],
)
def test_a_run_in_which_p_bits_hardly_update_says_so(argv, capsys):
    assert main([*argv, "--tau", "1ms", "--time", "1us", *FEW]) == 0
    said = "the p-bits hardly update (0.001 times each in 1 us, as tau is 1 ms)"
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.count(said) == 1
    assert f'"note": "{said}' in json.dumps(document())


def test_points_of_a_study_and_designs_say_so(capsys):
    plan = f'problem = "{SMALL}"\nreads = 8\nschedules = 2\ntime = "1 us"\n[{{}}]\ntau = ["5 ns", "1 ms"]\n'
    with open("plan.toml", "w", encoding="utf-8") as file:
        file.write(plan.format("grid") + "[stop]\nmax_shards = 1\n")
    with open("spec.toml", "w", encoding="utf-8") as file:
        file.write('chip = "generic-all-to-all"\n' + plan.format("sweep"))
    for argv, rows in (
        (["study", "plan.toml", "--store", "s.db", "--workers", "1"], "points"),
        (["explore", "spec.toml"], "rows"),
    ):
        assert main([*argv, "--json", "out.json"]) == 0
        assert capsys.readouterr().out.count("note: the p-bits hardly update (0.001 times each") == 1
        assert [row["note"] is None for row in document()[rows]] == [True, False]


def test_the_note_counts_updates_of_a_p_bit():
    program = hwsim.compile(hwsim.read(SMALL), hwsim.chip("generic-all-to-all", clock="synchronous", participation=0.1))
    assert pace_note(program, 151e-9) is None
    assert "hardly update (2.8 times each in 140 ns" in pace_note(program, 140e-9)


def test_the_sampler_says_so_in_its_info():
    bqm = dimod.BinaryQuadraticModel({}, {(0, 1): -1.0}, "SPIN")
    found = HwsimSampler(tau="1 ms").sample(bqm, anneal_time="1 us", seed=1)
    assert found.info["note"].startswith("the p-bits hardly update")
    assert HwsimSampler(tau="1 ms").sample(bqm, num_sweeps=20, seed=1).info["note"] is None


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        ("chromatic", "the spread of tau and jitter change nothing: a chromatic clock has one period for all p-bits"),
        ("poisson", "jitter changes nothing: a poisson clock draws its ticks at random"),
        ("free-running", None),
    ],
)
def test_numbers_that_a_clock_does_not_ask_for_are_named(clock, words):
    program = hwsim.compile(hwsim.read("ring:n=6"), hwsim.chip("generic-all-to-all", clock=clock))
    spread = np.linspace(0.9, 1.1, 6) * program.clock.tau
    assert pace_note(program, 1e-6) is None
    assert pace_note(program.changed(jitter=np.full(6, 1e5), tau=spread), 1e-6) == words
