"""A pilot chooses the schedules: the same number for the same program, more where reads of a schedule are alike."""

import sys

import numpy as np
import pytest

import hwsim
from hwsim.cli.main import main
from hwsim.errors import InputError
from hwsim.session import Session, run
from hwsim.session.pilot import READS, SCHEDULES, correlation, pilot
from hwsim.study.plan import build
from hwsim.study.workers import ProgramFolder

DENSE = "maxcut:n=120,p=0.4,seed=1"


def program_of(problem=DENSE, **chip):
    return hwsim.compile(hwsim.read(problem), hwsim.chip("generic-all-to-all", **chip))


@pytest.mark.parametrize("rho", [0.0, 0.1, 0.6])
def test_the_correlation_of_groups_is_found(rho):
    rng = np.random.default_rng(3)
    values = rng.normal(size=(4000, 1)) * rho**0.5 + rng.normal(size=(4000, 8)) * (1 - rho) ** 0.5
    assert correlation(values) == pytest.approx(rho, abs=4 * 0.014)
    assert correlation(np.ones((4, 4))) == 0


def test_reads_that_oscillate_together_get_more_schedules_and_are_worth_more():
    """A delay of tau: a machine of many couplings swings, and all reads of a schedule with it."""
    anneal, how = hwsim.linear(0.01, 1.0, "0.3 us"), {"reads": 64, "seed": 1}
    swings, calm = program_of(clock="poisson", delay="5 ns"), program_of(clock="poisson")
    many, few = pilot(swings, anneal, reads=64), pilot(calm, anneal, reads=64)
    assert many.correlation > 0.15 > 0.05 > few.correlation and many.schedules > few.schedules >= 4
    usual, chosen = run(swings, anneal=anneal, **how), run(swings, anneal=anneal, schedules="auto", **how)
    assert (usual.schedules, chosen.schedules) == (4, many.schedules)
    assert chosen.quality.effective_reads > 1.3 * usual.quality.effective_reads
    assert chosen.quality.design_effect == pytest.approx(64 / chosen.quality.effective_reads)


def test_no_pilot_runs_where_reads_are_independent(monkeypatch):
    monkeypatch.delattr(sys.modules["hwsim.session.pilot"], "Session")
    anneal = hwsim.constant(1.0, "50 ns")
    for chip in (
        {"clock": "chromatic"},
        {"clock": "synchronous"},
        {"clock": "synchronous", "participation": 0.5, "participants": "own"},
    ):
        found = pilot(program_of(**chip), anneal, reads=64)
        assert (found.schedules, found.correlation) == (1, None) and "independent" in str(found)


def test_a_run_that_is_stopped_in_its_pilot_returns_what_it_has():
    program, long = program_of(clock="poisson"), hwsim.constant(1.0, "1 ms")
    found = run(program, anneal=long, reads=64, schedules="auto", interrupt=lambda: True)
    assert found.interrupted and 0 < found.device_time_s < long.end * 1e-15 and found.states.shape == (64, 120)
    with pytest.raises(KeyboardInterrupt):
        pilot(program, long, reads=64, interrupt=lambda: True)


@pytest.mark.parametrize("command", [hwsim.compare, hwsim.tts])
def test_a_command_that_is_stopped_in_a_pilot_keeps_the_schemes_before_it(command, monkeypatch):
    advance = Session.advance

    def stopped(session, until, *anneal):
        session.stopped = session.settings.reads == SCHEDULES * READS
        return False if session.stopped else advance(session, until, *anneal)

    monkeypatch.setattr(Session, "advance", stopped)
    how = {"reads": 64, "schedules": "auto", "time": "50 ns", "progress": False}
    found = command("karate", clock=["chromatic", "poisson"], **how)
    assert found.interrupted and len(found.rows) == 1 and "chromatic" in found.text()


def test_commands_choose_print_and_keep_the_number(capsys, tmp_path):
    words = ["--clock", "poisson", "--delay", "5 ns", "--time", "0.3 us", "--reads", "64", "--schedules", "auto"]
    assert main(["run", DENSE, *words]) == 0
    text = capsys.readouterr().out
    assert "Schedules: by a pilot; the energies of two reads of a schedule correlate by 0." in text
    row = hwsim.compare(
        DENSE, clock="poisson", delay="5 ns", time="0.3 us", reads=64, schedules="auto", progress=False
    ).rows[0]
    assert f"schedules {row['schedules']}," in text and row["schedules"] > 4 and row["schedule_correlation"] > 0.15
    with pytest.raises(InputError, match="schedules auto is for algorithm anneal"):
        hwsim.tts("karate", clock="poisson", algorithm="tempering", schedules="auto", progress=False)
    found = hwsim.tts("karate", clock="poisson", time="0.2 us", reads=64, schedules="auto", progress=False)
    assert "schedules, by a pilot of 8 x 64 reads" in found.text()
    assert main(["run", DENSE, "--schedules", "auto", "--dies", "2"]) == 2
    assert main(["run", DENSE, "--schedules", "atuo"]) == 2
    assert "schedules must be a whole number or auto, got 'atuo'" in capsys.readouterr().err
    with pytest.raises(InputError, match='schedules must be a whole number or "auto"'):
        run(program_of(), anneal=hwsim.constant(1.0, "50 ns"), schedules="atuo")
    plan = {"problem": DENSE, "set": {"clock": "poisson", "delay": "5 ns"}, "time": "0.3 us", "reads": 64}
    folder = ProgramFolder(tmp_path)
    (auto,), (same,), (other,) = (
        build(plan | {"schedules": given}, folder.keep).points for given in ("auto", row["schedules"], 4)
    )
    assert auto.schedules == row["schedules"] and auto.key == same.key != other.key
    assert auto.facts["pilot"].startswith(f"{row['schedules']} schedules, by a pilot")
