"""An estimate says before a run what the account of the run then says."""

import pytest

import hwsim
from hwsim.cost.solution import account_of
from hwsim.errors import InputError
from hwsim.experiment import estimate as module
from hwsim.experiment.anneals import Ramp
from hwsim.experiment.prepare import prepare

READS = {"reads": 70, "schedules": 3, "seed": 5}


@pytest.mark.parametrize(
    ("chip", "changes"),
    [
        ("generic-all-to-all", {}),
        ("generic-all-to-all", {"clock": "synchronous", "participation": 0.5}),
        ("generic-all-to-all", {"clock": "synchronous", "participation": 1 / 3, "participants": "own"}),
        ("generic-all-to-all", {"clock": "free-running", "jitter": "1 ns", "energy_per_update": "2 pJ"}),
        ("million-pbit-fpga", {}),
        ("ucsb-six-fpga", {"clock": "sequential"}),
        ("autonomous-pbit", {"energy_per_update": "3 fJ", "readout_time": "1 us", "programming_time": "1 ms"}),
        ("generic-floorplan", {"energy_per_update": "1 fJ"}),
        ("dwave-advantage2-1.10", {"size": 2}),
        ("generic-all-to-all", {"pbit": "smtj-inplane-ns"}),
        ("generic-all-to-all", {"energy_per_flip": "2 fJ"}),
    ],
)
def test_it_is_the_account_of_the_run(chip, changes):
    """To the last bit: the updates of a seed, the wires' toggles, the fixed part and the part of each read."""
    problem, machine = hwsim.read("sk:n=10,seed=1"), hwsim.chip(chip, **changes)
    told = hwsim.estimate(problem, machine, **READS)
    ready = prepare(problem, machine, ramp=Ramp())
    run = hwsim.run(ready.program, anneal=ready.anneal, **READS)
    assert told.account == account_of(run)
    assert told.updates == run.updates / run.reads and told.is_exact
    assert told.n_pbits == run.program.n_pbits
    assert told.total_s == pytest.approx((told.fixed_s or 0) + 70 * account_of(run).total_time_s, rel=1e-12)


@pytest.mark.parametrize("time", ["0.93 us", "1 us"])
def test_periods_that_are_cut_off_count_as_they_run(time):
    problem = hwsim.read("karate")
    for clock in ("chromatic", "sequential", "synchronous"):
        machine = hwsim.chip("generic-all-to-all", clock=clock)
        run = hwsim.run(hwsim.compile(problem, machine), anneal=hwsim.constant(1.0, time), **READS)
        assert hwsim.estimate(problem, machine, time=time, **READS).updates == run.updates / run.reads


def test_of_very_many_updates_the_mean_is_told(monkeypatch):
    problem, machine = hwsim.read("karate"), hwsim.chip("generic-all-to-all")
    counted = hwsim.estimate(problem, machine, time="5 us", **READS)
    monkeypatch.setattr(module, "MOST_COUNTED", 1000)
    mean = hwsim.estimate(problem, machine, time="5 us", **READS)
    assert not mean.is_exact
    assert mean.updates == pytest.approx(34 * 5e-6 / 5e-9)
    assert abs(counted.updates - mean.updates) < 4 * (mean.updates / READS["schedules"]) ** 0.5  # Poisson, 4 sigma


def test_flips_of_p_bits_that_set_their_own_rate_are_a_mean():
    problem = hwsim.read("karate")
    machine = hwsim.chip("generic-all-to-all", pbit="smtj-inplane-ns", energy_per_flip="2 fJ")
    ready = prepare(problem, machine, ramp=Ramp())
    paid = account_of(hwsim.run(ready.program, anneal=ready.anneal, **READS))
    told = hwsim.estimate(problem, machine, **READS)
    assert not told.is_exact and told.account.time_s == paid.time_s
    assert told.account.device_energy_j == pytest.approx(paid.device_energy_j, rel=0.1)  # flips of 8 reads


def test_a_time_may_be_in_update_times():
    told = hwsim.estimate("karate", "generic-all-to-all", time="500tau", reads=10)
    assert told.account.time_s["update"] == pytest.approx(500 * 5e-9)


def test_what_has_no_price_is_unknown_and_named():
    told = hwsim.estimate("karate", "generic-all-to-all", time="1 us", reads=10)
    assert told.total_j is None and told.read_j is None and told.fixed_s is None
    assert told.facts["unknown_energy"] and "without a price" in repr(told)
    priced = hwsim.estimate("karate", hwsim.chip("generic-all-to-all", power="2 W"), time="1 us", reads=10)
    assert priced.total_j == pytest.approx(2 * 1e-5)


def test_it_shows_the_fixed_part_and_the_part_of_each_read():
    told = hwsim.estimate("sk:n=10,seed=1", hwsim.chip("dwave-advantage2-1.10", size=2), time="20us", reads=1000)
    assert told.fixed_s == pytest.approx(33.6e-3) and told.read_s == pytest.approx(181.6e-6)
    assert "33.6 ms" in repr(told) and "182 us" in repr(told) and len(repr(told)) < 500


def test_wrong_arguments_are_refused():
    with pytest.raises(InputError, match="give one of them"):
        hwsim.estimate("karate", "generic-all-to-all", time="1 us", anneal=hwsim.constant(1.0, "1 us"))
    with pytest.raises(InputError, match="reads must be"):
        hwsim.estimate("karate", "generic-all-to-all", reads=0)
