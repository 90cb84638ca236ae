"""Sweeps: against the exact law of a pair, against single runs, resumed, refused; and the rules read off them.

Comparisons with a law are at 4 sigma, sigma from the differences between schedules, with fixed seeds.
"""

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact_laws import delayed_pair
from hwsim.analysis.interval import student_quantile
from hwsim.errors import InputError
from hwsim.study.store import Store
from hwsim.study.sweep import checked, run_sweep
from hwsim.study.swept import Axis, Quantity, _rule
from hwsim.study.workers import ProgramFolder, ThisProcess

SIGMA = 4.0
PAIR = dimod.BinaryQuadraticModel({}, {("a", "b"): -1.0}, 0.0, "SPIN")


@pytest.fixture(scope="module")
def pair():
    """Two p-bits of beta J = 0.8 whose commits are seen 0 to 2 tau later."""
    return hwsim.sweep(
        PAIR, vary={"delay": "0:2tau:5"}, quantity=["correlation", "tv"], beta=0.8, reads=2048, schedules=64, seed=7
    )


def sigmas(row, exact, schedules=64):
    low, high = row["correlation_ci"]
    return (row["correlation"] - exact) / ((high - low) / 2 / student_quantile(0.975, schedules - 1))


def test_the_curve_of_a_pair_is_its_exact_law(pair):
    at_once = np.tanh(0.8)
    rows = pair.rows
    assert [row["at"]["delay"] for row in rows] == [0, 0.5, 1, 1.5, 2]
    assert rows[0]["correlation"] == 0 and rows[0]["correlation_ci"] == [0, 0]  # the ideal machine itself
    for row in rows[1:]:
        exact, wrong = (
            1 - delayed_pair(beta_j=0.8, delay_over_tau=times * row["at"]["delay"]) / at_once for times in (1, 1.3)
        )
        assert abs(sigmas(row, exact)) < SIGMA
        assert abs(sigmas(row, wrong)) > SIGMA  # a delay that is off by a third is seen
        assert abs(np.interp(row["at"]["delay"], *np.array(pair.document["pair"]).T) - exact) < 1e-3


def test_the_design_rule_of_a_pair_is_where_its_law_crosses_the_limit():
    (rule,) = hwsim.sweep(PAIR, {"delay": "0:0.4tau:5"}, beta=0.8, reads=4096, seed=7, limit=0.1).document["rules"]
    exact = np.array([1 - delayed_pair(beta_j=0.8, delay_over_tau=d) / np.tanh(0.8) for d in np.linspace(0, 0.4, 401)])
    assert rule["side"] == "largest" and rule["limit"] == 0.1
    assert rule["ci"][0] < np.interp(0.1, exact, np.linspace(0, 0.4, 401)) < rule["ci"][1]
    assert 0.01 < rule["ci"][1] - rule["ci"][0] < 0.1


def test_the_distance_from_the_law_grows_from_its_floor(pair):
    for row in pair.rows:
        correlation = delayed_pair(beta_j=0.8, delay_over_tau=row["at"]["delay"])
        exact = abs(correlation - np.tanh(0.8)) / 2  # of two spins without bias: half the error of their product
        low, high = row["tv_ci"]
        reach = SIGMA / student_quantile(0.975, 63) * (high - low) / 2
        assert exact - reach < row["tv"] < exact + row["tv_floor"] + reach
    assert pair.rows[0]["tv_floor"] == pytest.approx(0.0134, abs=0.001)  # 2048 samples of four states


def test_a_point_of_a_solution_is_that_of_a_run():
    prices = {"energy_per_update": "2 fJ", "energy_per_read": "1 pJ"}
    found = hwsim.sweep(
        "karate",
        {"delay": ["0 s", "0.5tau"]},
        quantity=["success", "tts", "joules", "energy"],
        reads=64,
        schedules=4,
        set=prices,
        seed=3,
    )
    program = hwsim.compile(hwsim.read("karate"), hwsim.chip("generic-all-to-all", delay="2.5 ns", **prices))
    run = hwsim.run(program, anneal=hwsim.linear(*_ramp(), "1 us"), reads=64, schedules=4, seed=3)
    solved = hwsim.time_to_solution(run, target=-179)
    row = found.rows[1]
    assert row["energy"] == run.energies.mean() and row["success"] == (run.energies <= -179).mean()
    assert row["tts"] == solved.total_s and row["tts_ci"] == list(solved.total_ci_s) and not row["tts_is_bound"]
    assert row["joules"] == solved.total_energy_j and row["joules_ci"] == list(solved.total_energy_ci_j)
    assert row["delay_s"] == 2.5e-9 and found.document["target_energy"] == -179


def _ramp():
    from hwsim.experiment.anneals import beta_ends

    return beta_ends("0.1/sigma:10/sigma", hwsim.read("karate"))


SPEC = {"problem": "ring:n=6", "vary": {"delay": "0:2tau:4", "dac_bits": [2, 6]}, "reads": 64, "schedules": 4}


def swept(tmp_path, spec=SPEC, *, stop_after=None, meanwhile=lambda: None):
    """(the sweep, how many rows it added). meanwhile : called at each look at whether to stop"""
    programs = ProgramFolder(tmp_path)
    calls = []

    def interrupt():
        calls.append(1)
        meanwhile()
        return stop_after is not None and len(calls) >= stop_after

    with Store(tmp_path / "s.db") as store:
        before = store.count()[1]
        found = run_sweep(spec, store, ThisProcess(programs), programs.keep, interrupt=interrupt)
        return found, store.count()[1] - before


def test_a_sweep_that_was_stopped_goes_on_where_it_was(tmp_path):
    (tmp_path / "whole").mkdir()
    whole, n = swept(tmp_path / "whole")
    first, some = swept(tmp_path, stop_after=4)
    assert n == 9 and some == 4  # eight points, and their ideal p-bits once
    assert first.interrupted and 0 < len(first.rows) < 8 and first.rows == whole.rows[: len(first.rows)]
    rest, others = swept(tmp_path)
    assert some + others == n and not rest.interrupted
    assert rest == whole
    again, none = swept(tmp_path, SPEC | {"limit": 0.3})
    assert none == 0 and again.rows == whole.rows and again.rules != whole.rules


def test_two_at_once_on_one_store_find_what_the_other_has_made(tmp_path):
    """The other one begins and ends while the first runs its first point."""
    (tmp_path / "whole").mkdir()
    whole, n = swept(tmp_path / "whole")
    others = []

    def other():
        if not others:
            others.append(None)
            others[0] = swept(tmp_path)

    first, _ = swept(tmp_path, meanwhile=other)
    with Store(tmp_path / "s.db") as store:
        assert store.count()[1] == n
    assert first == whole and others[0][0] == whole


def test_two_axes_are_a_family_in_the_order_of_the_axes(tmp_path):
    found, _ = swept(tmp_path)
    assert [row["words"] for row in found.rows] == [
        {"delay": f"{delay} tau", "dac_bits": bits} for delay in ("0", "0.666667", "1.33333", "2") for bits in "26"
    ]
    assert [axis.key for axis in found.axes] == ["delay", "dac_bits"] and found.axes[0].unit == "tau"
    assert [rule.series for rule in found.rules] == ["2", "6"]
    # a DAC with more bits is nearer to the ideal machine
    assert found.rows[0]["correlation"] > found.rows[1]["correlation_ci"][1]


def test_ideal_p_bits_never_update_at_once(tmp_path):
    spec = {"problem": "ring:n=6", "vary": {"clock": ["chromatic", "synchronous"]}, "reads": 256, "schedules": 8}
    found, rows = swept(tmp_path, spec)
    assert rows == 3  # chromatic is its own ideal, synchronous p-bits stand beside Poisson ones
    assert found.rows[0]["correlation"] == 0 and found.rows[1]["correlation"] > 0.9
    assert found.rules == []  # words have no order


def curve(*losses):
    return [(float(x), loss, loss - 0.1, loss + 0.1) for x, loss in enumerate(losses, start=1)]


def test_a_rule_is_read_off_a_curve():
    line, whole = Axis(key="x", words=("1",), numbers=(1.5,), unit="tau"), Axis(key="n", words=("1",), numbers=(1.0,))
    assert _rule(curve(0.0, 1.0), 0.5, line) == (1.5, (pytest.approx(1.4), pytest.approx(1.6)), "largest")
    assert _rule(curve(1.0, 0.0), 0.5, line) == (1.5, (pytest.approx(1.4), pytest.approx(1.6)), "smallest")
    assert _rule(curve(0.0, 0.2, 1.0, 0.3, 2.0), 0.5, whole)[::2] == (2.0, "largest")
    assert _rule(curve(1.0, 0.2, 0.1), 0.5, whole)[::2] == (2.0, "smallest")
    assert _rule(curve(0.0, 0.1), 0.5, line) == (None, (None, None), "all")
    assert _rule(curve(1.0, 2.0), 0.5, line) == (None, (None, None), "none")
    assert _rule(curve(1.0, 0.1, 2.0), 0.5, line) == (None, (None, None), "several")
    log = Axis(key="x", words=("1", "2", "3"), numbers=(1.0, 10.0, 100.0), unit="s")
    assert log.log and not line.log
    assert _rule([(1.0, 0.0, 0.0, 0.0), (100.0, 1.0, 1.0, 1.0)], 0.5, log)[0] == pytest.approx(10.0)
    assert isinstance(Quantity(words="x"), Quantity)


def test_a_leap_over_the_limit_lies_anywhere_between_its_two_values():
    """Chromatic p-bits are exact until the delay is a phase, and then far off: the slope between says nothing."""
    line = Axis(key="x", words=("1",), numbers=(1.5,), unit="tau")
    leap = [(0.0, 0.0, 0.0, 0.0), (0.5, 2.44, 2.4, 2.5), (1.0, 1.7, 1.6, 1.8)]
    assert _rule(leap, 0.05, line) == (pytest.approx(0.0102, rel=0.01), (0.0, 0.5), "largest")
    falls = [(0.0, 2.44, 2.4, 2.5), (0.5, 0.01, 0.0, 0.02)]
    assert _rule(falls, 0.05, line)[1:] == ((0.0, 0.5), "smallest")
    endless = [(0.0, 1.0, 0.9, 1.1), (0.5, float("inf"), 9.0, float("inf"))]
    assert _rule(endless, 2.0, line) == (0.0, (0.0, 0.5), "largest")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"vary": {}}, "varies one key or two"),
        ({"vary": {"delay": "0:1tau:2", "tau": "1ns,2ns", "dac_bits": "1..2"}}, "varies one key or two"),
        ({"vary": {"delay": "1 ns"}}, "at least two different values"),
        ({"vary": {"delay": "1ns,1ns"}}, "at least two different values"),
        ({"vary": {"dleay": "1ns,2ns"}}, "unknown parameter 'dleay'"),
        ({"vary": {"delay": "0:2tau:0"}}, "delay: a range ends in how many values"),
        ({"quantity": "corelation"}, "quantity must be one of correlation, tv"),
        ({"limit": {"tts": "1 s"}}, "limit names 'tts', which is not swept"),
        ({"quantity": ["success", "tts"], "limit": 0.5}, "several quantities need limits by name"),
        ({"quantity": "tts", "limit": "0.5"}, "limit of tts must be a time"),
        ({"schedules": 2}, "at least 4 schedules of 2 reads, got 2"),
        ({"beta": "0.1:2"}, "needs one temperature"),
        ({"quantity": "tv", "problem": "karate"}, "at most 20 spins, got 34"),
        ({"quantity": "success", "problem": "ea3d:L=3,seed=1"}, "success needs a target energy"),
        ({"problem": "ea2d:L=3,seed=1..2"}, "one problem"),
        ({"vary": {"max_pbits": [2, 3]}}, "no point of the sweep fits its chip"),
        ({"algorithm": "quantum"}, "a matter of the algorithm anneal"),
    ],
)
def test_a_wrong_sweep_is_one_sentence(tmp_path, change, why):
    with pytest.raises(InputError, match=why):
        swept(tmp_path, SPEC | {"vary": {"delay": "0:1tau:2"}} | change)


def test_ranges_are_spelt_out_once():
    full = checked(SPEC)
    assert full["vary"] == {"delay": ["0 tau", "0.666667 tau", "1.33333 tau", "2 tau"], "dac_bits": [2, 6]}
    assert checked({key: full[key] for key in SPEC})["vary"] == full["vary"]
