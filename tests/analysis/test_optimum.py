"""The best anneal time: grows until the optimum is behind, and says so only where both sides are worse."""

import numpy as np
import pytest

import hwsim
from hwsim.algorithm.recipe import Recipe
from hwsim.analysis.optimum import Point, _summed, _tts, _unsure, find_optimum
from hwsim.analysis.tts import time_to_solution
from hwsim.errors import InputError
from hwsim.session import Activity


def annealed(time_s):
    return Recipe(algorithm="anneal", time_s=time_s, anneal=hwsim.linear(0.1, 3.0, time_s))


def point(time_s, successes, reads=400, seed=0):
    rng = np.random.default_rng(seed)
    success = rng.permutation(np.arange(reads) < successes)
    boot = rng.binomial(reads, successes / reads, 200) / reads
    return Point(
        time_s=time_s, run_s=time_s, activity=Activity(n_pbits=1),
        found=time_to_solution(success, np.arange(reads) % 8, time_s), energy_mean=0.0, energy_error=0.1,
        energy_best=-1.0, host_s=0.1, boot=boot,
    )  # fmt: skip


def test_an_optimum_between_worse_lengths_is_interior():
    found = _summed([point(1, 4), point(2, 80), point(4, 100), point(16, 120)], "done", False)
    assert found.best == 1 and found.is_interior
    assert found.tts_ci_s[0] < found.tts_s < found.tts_ci_s[1]


def test_the_edge_of_what_was_tried_is_no_optimum():
    rising = _summed([point(1, 80), point(2, 90), point(8, 100)], "done", False)
    assert rising.best == 0 and not rising.is_interior
    falling = _summed([point(1, 1), point(2, 20), point(4, 200)], "done", False)
    assert falling.best == 2 and not falling.is_interior


def test_a_neighbour_that_is_only_a_weak_bound_shows_nothing():
    found = _summed([point(1, 0), point(2, 1), point(4, 0)], "done", False)
    assert found.best == 1 and not found.is_interior


def test_without_a_success_there_is_a_bound():
    found = _summed([point(1, 0), point(2, 0)], "done", False)
    assert found.best is None and found.tts_ci_s[1] is None
    assert found.tts_s == pytest.approx(np.log(0.01) / np.log1p(-3 / 400))


def test_repeats_are_one_from_ninety_nine_percent_on():
    assert _tts(np.array([0.0, 0.5, 0.99, 1.0]), 2.0) == pytest.approx([np.inf, 2 * np.log(0.01) / np.log(0.5), 2, 2])


def test_an_easy_problem_stops_by_itself_and_batches_add_up():
    problem = hwsim.read("karate")
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    found = find_optimum(
        program, annealed, target=-179, first_s=2e-8, reads=64, schedules=4, budget_s=20.0,
        factor=2.5,
    )  # fmt: skip
    assert found.best is not None and len(found.points) >= 4
    assert found.points[0].found.n_reads > 64  # few successes: more batches
    assert found.points[0].found.n_schedules == found.points[0].found.n_reads // 16
    again = find_optimum(
        program, annealed, target=-179, first_s=2e-8, reads=64, schedules=4, budget_s=20.0,
        factor=2.5, most=2,
    )  # fmt: skip
    assert again.points[1].found.p_success == found.points[1].found.p_success
    with pytest.raises(InputError, match="grow by more than 1"):
        find_optimum(program, annealed, target=-179, first_s=1e-8, factor=1.0)


def test_tempering_has_a_best_length_too_and_pays_for_its_swaps():
    program = hwsim.compile(hwsim.read("karate"), hwsim.chip("generic-all-to-all", clock="chromatic"))

    def cost(activity):
        return activity.device_time_s + 1e-9 * activity.swaps

    found = find_optimum(
        program, lambda t: Recipe(algorithm="tempering", time_s=t, parameters={"replicas": 2}), target=-179,
        first_s=2e-8, reads=16, schedules=4, budget_s=20.0, factor=2.5, most=3, cost=cost,
    )  # fmt: skip
    for p in found.points:
        assert p.activity.swaps > 0 and p.run_s == cost(p.activity) > p.time_s
        assert p.found.tts_s >= p.run_s


def test_the_length_looked_at_again_is_the_one_that_tells_most():
    points = [point(1, 4), point(2, 80), point(4, 100), point(8, 90), point(16, 130)]
    assert _unsure(points) is None  # 16 with 130 of 400 is worse already
    close = [point(1, 1, 100), point(2, 20, 100), point(4.8, 35, 100)]
    assert _unsure(close) == 1  # the last seems worse, and fewer reads of the best have succeeded
    assert _unsure([*close[:1], point(2, 80), close[2]]) == 2
    assert _unsure([point(1, 80), point(2, 90), point(8, 100)]) is None  # nothing shorter was tried
    assert _unsure([point(1, 0), point(2, 0)]) is None
