"""Dies differ only by their spread; the yield curve counts them."""

import numpy as np
import pytest

import hwsim
from hwsim.errors import InputError
from hwsim.experiment.dies import has_spread, run_dies, typical_energy, yield_curve

PROBLEM = hwsim.read("ea2d:L=4,seed=3")
SETTING = {"anneal": hwsim.linear(0.1, 2.0, "100 ns"), "reads": 64, "schedules": 2}


@pytest.fixture(scope="module")
def runs():
    return run_dies(PROBLEM, hwsim.chip("generic-all-to-all", offset_dtod=0.8), dies=12, **SETTING)


def test_a_die_is_what_running_it_alone_gives_whatever_the_threads(runs):
    chip = hwsim.chip("generic-all-to-all", offset_dtod=0.8)
    again = run_dies(PROBLEM, chip, dies=3, threads=1, **SETTING)
    alone = hwsim.run(hwsim.compile(PROBLEM, chip, die_seed=2), seed=2, threads=1, **SETTING)
    assert (again[2].states == runs[2].states).all() and (alone.states == runs[2].states).all()
    later = run_dies(PROBLEM, chip, dies=1, first_die=2, seed=2, **SETTING)
    assert (later[0].states == runs[2].states).all()


def test_the_yield_rises_to_the_share_of_dies_that_succeed(runs):
    target = min(result.energies.min() for result in runs)
    curve = yield_curve(runs, target=target)
    solved = [bool((result.energies <= target).any()) for result in runs]
    assert curve["n_dies"] == 12 and np.all(np.diff(curve["yield"]) >= 0)
    assert curve["yield"][-1] == np.mean(solved)
    assert sorted(curve["die"]) == list(range(12))
    assert np.all(curve["yield_low"] <= curve["yield"]) and np.all(curve["yield"] <= curve["yield_high"])


def test_with_spread_dies_scatter_more_than_their_reads_do():
    equal = run_dies(PROBLEM, hwsim.chip("generic-all-to-all"), dies=24, **SETTING)
    spread = run_dies(PROBLEM, hwsim.chip("generic-all-to-all", offset_dtod=0.8), dies=24, **SETTING)
    target = typical_energy(equal)
    scatter = []
    for runs in (equal, spread):
        success = np.array([np.mean(result.energies <= target) for result in runs])
        mean = success.mean()
        scatter.append(success.var(ddof=1) / (mean * (1 - mean) / 64))
    sigma = np.sqrt(2 / 23)
    assert abs(scatter[0] - 1) < 4 * sigma < scatter[1] - 1


def test_half_of_the_reads_reach_the_typical_energy(runs):
    energies = np.concatenate([result.energies for result in runs])
    assert np.mean(energies <= typical_energy(runs)) >= 0.5 > np.mean(energies < typical_energy(runs))


def test_spread_is_seen_wherever_it_is():
    assert not has_spread(hwsim.chip("autonomous-pbit"))
    for change in ({"tau_dtod": 0.1}, {"weight_dtod": 0.1}, {"stuck_fraction": 0.1}, {"h_noise": 0.1}):
        assert has_spread(hwsim.chip("autonomous-pbit", **change))


def test_no_dies_are_refused_and_an_interrupt_keeps_what_is_complete():
    with pytest.raises(InputError, match="dies"):
        run_dies(PROBLEM, hwsim.chip("generic-all-to-all"), dies=0, **SETTING)
    with pytest.raises(InputError, match="no die"):
        yield_curve([], target=0.0)
    heard = []

    def interrupt():
        heard.append(1)
        return len(heard) > 6

    runs = run_dies(PROBLEM, hwsim.chip("generic-all-to-all"), dies=50, threads=1, interrupt=interrupt, **SETTING)
    assert 0 < len(runs) < 50


def test_the_range_of_equal_dies_counts_their_schedules():
    """Reads that share a schedule succeed together, so equal dies scatter more than independent reads would."""
    chip = hwsim.chip("generic-all-to-all", clock="random-sequential")
    anneal = hwsim.linear(0.1, 3.0, "15 ns")
    runs = run_dies(hwsim.read("ring:n=12"), chip, dies=40, anneal=anneal, reads=2048, schedules=4)
    curve = yield_curve(runs, target=-12.0)
    low, high = curve["success_expected"]
    mean = curve["success"].mean()
    assert high - low > 2 * 1.96 * np.sqrt(mean * (1 - mean) / 2048) * 1.3
    assert np.mean((curve["success"] >= low) & (curve["success"] <= high)) > 0.85


def test_a_free_running_clock_without_jitter_is_one_schedule_of_the_die():
    program, jittery = (
        hwsim.compile(PROBLEM, hwsim.chip("generic-all-to-all", clock="free-running", tau="5 ns", jitter=jitter))
        for jitter in ("0 ns", "1 ns")
    )
    assert program.reads_are_independent and not jittery.reads_are_independent
