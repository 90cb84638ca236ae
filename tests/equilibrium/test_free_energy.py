"""Free energies from the emulated machine against exact ones: coverage, bounds, faults that must show, refusals."""

import numpy as np
import pytest

import hwsim
from hwsim.equilibrium.free_energy import annealed_importance, doubts, thermal_ladder, thermodynamic_integration
from hwsim.equilibrium.partition import exact_partition
from hwsim.errors import InputError, UnsupportedError
from hwsim.problem.problem import Problem, make_bqm

PROBLEMS = 20


def random_problem(seed):
    """20 spins, all coupled, with biases: an energy scale of about one per spin."""
    rng = np.random.default_rng(seed)
    rows, columns = np.triu_indices(20, 1)
    bqm = make_bqm(0.4 * rng.normal(size=20), rows, columns, rng.normal(size=190) / np.sqrt(20), range(20), offset=1.0)
    return Problem(bqm=bqm, name=f"random {seed}", kind="ising")


@pytest.mark.parametrize("method", [annealed_importance, thermodynamic_integration])
def test_intervals_cover_the_exact_value_at_their_rate_and_bounds_hold_it(method):
    """20 problems, 2 seeds each. Of 40 intervals of 95 %, 38 +- 1.4 hold the exact value; both bounds do together with
    95 % at least. The scores in standard errors are those of Student's t with 15 degrees of freedom."""
    covered, bounded, scores = 0, 0, []
    for k in range(PROBLEMS):
        problem, beta = random_problem(k), 0.5 + 0.1 * k
        program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
        wanted = exact_partition(problem, beta).log_z
        for seed in range(2):
            found = method(program, beta, reads=256, schedules=16, seed=seed).estimate
            covered += found.low <= wanted <= found.high
            bounded += found.lower <= wanted <= found.upper
            scores.append((found.log_z - wanted) / found.error)
    n = 2 * PROBLEMS
    assert covered >= n * 0.95 - 4 * np.sqrt(n * 0.95 * 0.05), covered
    assert bounded >= n * 0.95 - 4 * np.sqrt(n * 0.95 * 0.05), bounded
    # variance of t is 15/13, of its square about 2.6 (4th moment 3 (15/13)^2 13/11 less the square)
    assert abs(np.mean(np.square(scores)) - 15 / 13) < 4 * np.sqrt(3.4 / n)
    assert abs(np.mean(scores)) < 4 * np.sqrt(15 / 13 / n)


@pytest.mark.parametrize("beta", [0.3, 0.44])
def test_the_square_lattice_of_16_by_16(beta):
    problem = hwsim.read("ising2d:L=16")
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    wanted = exact_partition(problem, beta).log_z
    for method in (annealed_importance, thermodynamic_integration):
        found = method(program, beta, reads=512, seed=1).estimate
        assert abs(found.log_z - wanted) < 4 * found.error
        assert found.low <= wanted <= found.high
        assert found.lower <= wanted <= found.upper
        assert found.high - found.low < 0.3  # of 202 and 238


@pytest.mark.parametrize("clock", ["chromatic", "sequential", "random-sequential"])
def test_any_clock_that_keeps_the_law_will_do(clock):
    problem = hwsim.read("ea2d:L=4,seed=2")
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all", clock=clock))
    wanted = exact_partition(problem, 0.9).log_z
    for method in (annealed_importance, thermodynamic_integration):
        found = method(program, 0.9, seed=3).estimate
        assert abs(found.log_z - wanted) < 4 * found.error


def test_a_machine_without_the_law_is_off_by_many_sigma():
    problem = random_problem(0)
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all", clock="synchronous"))
    wanted = exact_partition(problem, 1.0).log_z
    for method in (annealed_importance, thermodynamic_integration):
        found = method(program, 1.0, seed=4).estimate
        assert abs(found.log_z - wanted) > 10 * found.error


def test_copies_that_lag_are_seen_and_cancelled():
    """Few sweeps at each of few betas near criticality: both ways differ, their mean is within the interval."""
    problem = hwsim.read("ising2d:L=16")
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    found = thermodynamic_integration(program, 0.44, sweeps=40, reads=512, seed=5)
    lag, error = found.hysteresis
    wanted = exact_partition(problem, 0.44).log_z
    assert lag > 4 * error
    assert found.estimate.low <= wanted <= found.estimate.high
    assert found.estimate.lower <= wanted <= found.estimate.upper


def test_the_energies_on_the_way_are_those_of_the_law():
    problem = random_problem(1)
    found = thermodynamic_integration(hwsim.compile(problem, hwsim.chip("generic-all-to-all")), 1.0, seed=6)
    h = 1e-4
    for k in range(1, len(found.betas)):
        b = found.betas[k]
        slope = (exact_partition(problem, b + h).log_z - exact_partition(problem, b - h).log_z) / (2 * h)
        assert abs(found.energies[k] + 1.0 + slope) < 4.5 * found.errors[k]


def test_the_ladder_has_equal_parts_of_the_spread():
    problem = hwsim.read("ising2d:L=8")
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    betas = thermal_ladder(program, 0.3, steps=40)
    assert len(betas) == 41 and betas[0] == 0 and betas[-1] == 0.3
    energy = [
        -(exact_partition(problem, b + 1e-4).log_z - exact_partition(problem, b - 1e-4).log_z) / 2e-4 for b in betas[1:]
    ]
    parts = np.sqrt(-np.diff(energy) * np.diff(betas[1:]))  # (spread times step) of each
    assert parts.std() < 0.25 * parts.mean()


def test_beta_zero_and_free_spins_are_trivial():
    free = Problem(bqm=make_bqm(np.array([0.5, 0.0]), [], [], [], "ab"), name="free", kind="ising")
    program = hwsim.compile(free, hwsim.chip("generic-all-to-all"))
    found = annealed_importance(program, 2.0, seed=1).estimate
    assert abs(found.log_z - np.log(4 * np.cosh(1.0))) < 4 * found.error
    assert annealed_importance(program, 0.0, seed=1).estimate.log_z == pytest.approx(2 * np.log(2), abs=1e-12)


def test_one_seed_is_one_answer():
    program = hwsim.compile(random_problem(2), hwsim.chip("generic-all-to-all"))
    first, again = (annealed_importance(program, 1.0, reads=64, schedules=4, seed=9, threads=t) for t in (1, 2))
    np.testing.assert_array_equal(first.forward, again.forward)
    np.testing.assert_array_equal(first.reverse, again.reverse)


@pytest.mark.parametrize(
    ("how", "kind", "sentence"),
    [
        ({"beta": -1.0}, InputError, "beta must be finite and >= 0"),
        ({"reads": 8}, InputError, "an interval needs at least 2 schedules of 2 reads"),
        ({"schedules": 1}, InputError, "an interval needs at least 2 schedules"),
        ({"sweeps": 0}, InputError, "sweeps must be >= 1"),
        ({"betas": np.array([0.0, 1.0])}, InputError, "betas must ascend from 0 to 1"),
        ({"betas": np.array([0.1, 0.5, 1.0])}, InputError, "betas must ascend from 0 to 1"),
    ],
)
@pytest.mark.parametrize("method", [annealed_importance, thermodynamic_integration])
def test_bad_settings_are_one_sentence(method, how, kind, sentence):
    program = hwsim.compile(random_problem(3), hwsim.chip("generic-all-to-all"))
    with pytest.raises(kind, match=sentence):
        method(program, **{"beta": 1.0} | how)


def test_copies_that_are_stuck_or_break_the_law_raise_doubts():
    glass = hwsim.compile(hwsim.read("sk:n=18,seed=5"), hwsim.chip("generic-all-to-all"))
    pair = (method(glass, 20.0, reads=512, seed=0) for method in (annealed_importance, thermodynamic_integration))
    assert any("the methods differ" in doubt for doubt in doubts(*pair))
    magnet = hwsim.read("ising2d:L=8")
    broken = hwsim.compile(magnet, hwsim.chip("generic-all-to-all", clock="synchronous"))
    assert any("does not keep" in doubt for doubt in doubts(annealed_importance(broken, 0.44, seed=1)))
    sound = hwsim.compile(magnet, hwsim.chip("generic-all-to-all"))
    pair = (method(sound, 0.44, seed=1) for method in (annealed_importance, thermodynamic_integration))
    assert doubts(*pair) == []


def test_chains_and_stuck_cells_are_refused_by_name():
    stuck = hwsim.compile(random_problem(3), hwsim.chip("generic-all-to-all", stuck_fraction=0.2))
    with pytest.raises(UnsupportedError, match="stuck p-bits"):
        annealed_importance(stuck, 1.0)
    pytest.importorskip("minorminer")
    king = hwsim.chip("generic-all-to-all", topology="king", rows=4, columns=4)
    clique = Problem(
        bqm=make_bqm(np.zeros(5), *np.triu_indices(5, 1), np.ones(10), range(100, 105)), name="clique", kind="ising"
    )
    with pytest.raises(UnsupportedError, match="that of its chains"):
        annealed_importance(hwsim.compile(clique, king), 1.0)
