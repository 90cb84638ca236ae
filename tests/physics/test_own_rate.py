"""Devices that set their own rate, counted and priced as a lab would: against the exact rates of the telegraph."""

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.errors import InputError
from hwsim.experiment.summary import summarise

Z = 4.0
TAU_S, LENGTH_S, PER_INPUT, READS = 10e-9, 8e-6, 32, 4
FLIP_J = 3e-15


def program(x, card="smtj-inplane-ns", **changes):
    """PER_INPUT uncoupled p-bits at the input ``x`` of beta = 1."""
    bqm = dimod.BinaryQuadraticModel(dict.fromkeys(range(PER_INPUT), -x), {}, "SPIN")
    chip = hwsim.chip("generic-all-to-all", pbit=card, energy_per_flip=FLIP_J, **{"input_limit": 2.5} | changes)
    return hwsim.compile(bqm, chip)


def settled(machine, **how):
    """Every read has a schedule of its own, so that all p-bits of all reads are independent."""
    settings = {"reads": READS, "schedules": READS, "seed": 5} | how
    return hwsim.run(machine, anneal=hwsim.constant(1.0, LENGTH_S), checkpoints=1, **settings)


def flips_expected(rate_up, rate_down, n):
    """(mean, s.d.) of the flips of ``n`` telegraphs in LENGTH_S from random starts; the s.d. is that of a renewal
    process whose cycle is two exponential dwells."""
    total, up = rate_up + rate_down, rate_up / (rate_up + rate_down)
    mean = LENGTH_S * 2 * rate_up * rate_down / total + (0.5 - up) * (rate_down - rate_up) / total
    a, b = 1 / rate_up, 1 / rate_down
    return n * mean, np.sqrt(n * LENGTH_S * 4 * (a * a + b * b) / (a + b) ** 3)


@pytest.mark.parametrize("x", [0.0, 1.2])
def test_a_row_has_the_tau_updates_flips_and_joules_of_the_device(x):
    """Dwell times tau exp(+-x): flips are 1 / (tau cosh x) a second, and joules are flips times the price of one."""
    run = settled(program(x))
    row, n = summarise(run), PER_INPUT * READS
    assert row["tau_s"] == TAU_S and row["updates"] == n * round(LENGTH_S / TAU_S)
    mean, error = flips_expected(np.exp(x) / TAU_S, np.exp(-x) / TAU_S, n)
    assert abs(mean / (n * LENGTH_S) * TAU_S * np.cosh(x) - 1) < 0.01
    assert abs(row["flips"] - mean) < Z * error
    assert row["device_energy_j"] == pytest.approx(row["flips"] / READS * FLIP_J)
    assert row["energy_split_j"]["flip"] == row["device_energy_j"] and "flip" not in row["unknown_energy"]


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """The card that hwsim fits to a record of a telegraph, of dwell times 25 ns exp(+-0.3)."""
    rng, n, dt, tau = np.random.default_rng(11), 20_000, 2e-9, 25e-9
    drawn, fresh = rng.random(n) < (1 + np.tanh(0.3)) / 2, rng.random(n) > np.exp(-2 * np.cosh(0.3) * dt / tau)
    fresh[0] = True
    state = drawn[np.maximum.accumulate(np.where(fresh, np.arange(n), 0))]
    folder = tmp_path_factory.mktemp("fitted")
    np.savetxt(folder / "trace.csv", np.c_[np.arange(n) * dt, state], delimiter=",", header="time,value", comments="")
    hwsim.fit(folder / "trace.csv", progress=False).save_card(folder / "mine.toml")
    return str(folder / "mine.toml")


@pytest.mark.parametrize("x", [0.0, 0.8])
def test_a_fitted_card_flips_as_the_telegraph_of_its_numbers(fitted, x):
    """z = gain (x + offset): flips are 1 / (tau cosh z) a second, P(+1) is (1 + tanh z) / 2."""
    pbit = hwsim.chip("generic-all-to-all", pbit=fitted).pbit
    assert abs(pbit.tau_s / 25e-9 - 1) < 0.1 and abs(pbit.offset - 0.3) < 0.15
    run = settled(program(x, card=fitted))
    row, n, z = summarise(run), PER_INPUT * READS, pbit.gain * (x + pbit.offset)
    assert row["tau_s"] == pytest.approx(pbit.tau_s, abs=1e-15)
    assert row["updates"] == round(n * LENGTH_S / pbit.tau_s)
    mean, error = flips_expected(np.exp(z) / pbit.tau_s, np.exp(-z) / pbit.tau_s, n)
    assert abs(row["flips"] - mean) < Z * error
    assert row["device_energy_j"] == pytest.approx(row["flips"] / READS * FLIP_J)
    law = (1 + np.tanh(z)) / 2
    assert abs((run.states == 1).mean() - law) < Z * np.sqrt(law * (1 - law) / n)


def test_flips_and_dwell_times_are_those_of_the_trace():
    """What is counted is what a watcher of the states counts."""
    run = settled(program(0.7), record=tuple(range(READS)))
    flips, dwell = 0, {1: [], -1: []}
    for read in range(READS):
        time, pbit, value = run.traces[read]
        for i in range(PER_INPUT):
            states = np.concatenate(([run.initial_states[read, i]], value[pbit == i]))
            at = np.nonzero(np.diff(states))[0]
            flips += len(at)
            moments = time[pbit == i][at] * 1e-15
            for state in (1, -1):
                dwell[state] += np.diff(moments)[states[at + 1][:-1] == state].tolist()
    assert run.flips == flips
    for state, found in dwell.items():
        mean = TAU_S * np.exp(state * 0.7)
        assert abs(np.mean(found) / mean - 1) < Z / np.sqrt(len(found))


def test_a_low_barrier_magnet_flips_at_half_its_relaxation_rate():
    run = settled(program(0.9, card="low-barrier-magnet", tau=TAU_S))
    rate, up = np.cosh(0.9) ** 0.5 / TAU_S, (1 + np.tanh(0.9)) / 2
    mean, error = flips_expected(rate * up, rate * (1 - up), PER_INPUT * READS)
    assert abs(run.flips - mean) < Z * error


def test_dwell_times_stop_at_the_attempt_time():
    """At x = 2 a dwell time tau exp(-2) = 1.35 ns would lie below an attempt time of 4 ns: z stays at log(10 / 4)."""
    run = settled(program(2.0, attempt_time="4 ns"))
    z, n = np.log(2.5), PER_INPUT * READS
    mean, error = flips_expected(np.exp(z) / TAU_S, np.exp(-z) / TAU_S, n)
    assert abs(run.flips - mean) < Z * error
    up = (run.states == 1).mean()
    assert abs(up - (1 + np.tanh(z)) / 2) < Z * 0.5 / np.sqrt(n)
    assert hwsim.chip("generic-all-to-all", pbit="smtj-perpendicular-50nm").pbit.attempt_time_s == 1e-15


@pytest.mark.parametrize("changes", [{}, {"noise_white": 0.3}, {"random_source": "lfsr32"}, {"stuck_fraction": 0.5}])
def test_engines_count_alike_and_the_rest_of_a_word_of_lanes_does_not_count(changes):
    machine = program(0.4, tau_dtod=0.3, **changes)
    how = {"reads": 5, "schedules": 2}
    anneal = hwsim.constant(1.0, "60 ns")
    runs = [hwsim.run(machine, anneal=anneal, engine=engine, **how) for engine in ("reference", "lanes")]
    assert (runs[0].updates, runs[0].flips) == (runs[1].updates, runs[1].flips)
    free = machine.cells.stuck == 0
    assert runs[0].updates == round(5 * 60e-9 / 1e-15 * (1 / machine.clock.own_tau[free]).sum())


def test_the_clock_that_bounds_the_rate_shows_nowhere():
    """A higher limit makes the emulator tick more often, and changes neither sweeps, lengths, updates nor prices."""
    from hwsim.experiment.anneals import default_time_s

    low, high = program(0.3, input_limit=1.0), program(0.3, input_limit=3.0)
    assert high.clock.tau[0] < low.clock.tau[0] / 5
    assert low.clock.round_ticks == high.clock.round_ticks == 10_000_000
    assert default_time_s(low) == default_time_s(high) == 200 * TAU_S
    assert settled(low).updates == settled(high).updates


def test_a_price_of_flips_is_paid_by_any_law():
    """Other laws have their flips counted on a few reads, as for wires; half of the updates at zero input flip."""
    bqm = dimod.BinaryQuadraticModel(dict.fromkeys(range(PER_INPUT), 0.0), {}, "SPIN")
    chip = hwsim.chip("generic-all-to-all", tau="10 ns", energy_per_flip=FLIP_J)
    run = hwsim.run(hwsim.compile(bqm, chip), anneal=hwsim.constant(1.0, "1 us"), reads=2)
    assert run.flips is None and run.device_energy_j is None
    expected = PER_INPUT * 100 / 2 * FLIP_J
    assert summarise(run)["device_energy_j"] == pytest.approx(expected, rel=Z / np.sqrt(8 * PER_INPUT * 100))


def test_the_rows_that_such_a_device_cannot_do_are_left_out_in_one_line():
    found = hwsim.compare("ring:n=8", set={"pbit": "smtj-inplane-ns", "input_limit": 2}, reads=8, progress=False)
    assert [(row["clock"], row["tau_s"], row["updates"]) for row in found.rows] == [("poisson", TAU_S, 8 * 8 * 200)]
    said = [line for line in found.text().splitlines() if line.startswith("left out")]
    assert len(said) == 1 and said[0].startswith("left out: synchronous p=0.5, synchronous p=1, chromatic, random-seq")
    assert said[0].endswith(
        "p-bits of law arrhenius set their own rate by their state, so no clock tells them when to "
        "update: they run on the poisson clock alone"
    )
    with pytest.raises(InputError, match="law arrhenius set their own rate"):
        hwsim.compare("ring:n=8", clock="chromatic", set={"pbit": "smtj-inplane-ns"}, progress=False)
