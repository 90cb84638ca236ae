"""The best anneal time: lengths grow until they pass the optimum, which counts only if both sides are worse."""

from dataclasses import replace

import numpy as np
import pytest

import hwsim
from hwsim.algorithm.recipe import Recipe
from hwsim.analysis.interval import wilson
from hwsim.cost.account import account
from hwsim.cost.solution import solution
from hwsim.errors import InputError
from hwsim.experiment.optimum import Point, Search, _summed, _unsure, find_optimum
from hwsim.prices import Prices
from hwsim.session import Activity


def annealed(time_s):
    return Recipe(algorithm="anneal", time_s=time_s, anneal=hwsim.linear(0.1, 3.0, time_s))


def point(time_s, successes, reads=400, seed=0):
    rng = np.random.default_rng(seed)
    success = rng.permutation(np.arange(reads) < successes)
    boot = rng.binomial(reads, successes / reads, 200) / reads
    activity = Activity(n_pbits=1, run_s=time_s)
    return Point(
        time_s=time_s,
        activity=activity,
        found=solution(success, np.arange(reads) % 8, account(activity, Prices())),
        energy_mean=0.0,
        energy_error=0.1,
        energy_best=-1.0,
        host_s=0.1,
        boot=boot,
    )


def test_an_optimum_between_worse_lengths_is_interior():
    found = _summed([point(1, 4), point(2, 80), point(4, 100), point(16, 120)], "done", False)
    assert found.best == 1 and found.is_interior
    assert found.total_ci_s[0] < found.total_s < found.total_ci_s[1]


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
    assert found.best is None and found.total_ci_s[1] is None
    assert found.total_s == pytest.approx(np.log(0.01) / np.log1p(-wilson(0, 400)[1]))


def test_an_easy_problem_stops_by_itself_and_batches_add_up():
    problem = hwsim.read("karate")
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    search = Search(first_s=2e-8, reads=64, schedules=4, budget_s=20.0, factor=2.5)
    found = find_optimum(program, annealed, target=-179, search=search)
    assert found.best is not None and len(found.points) >= 4
    assert found.points[0].found.n_reads > 64  # few successes: more batches
    assert found.points[0].found.n_schedules == found.points[0].found.n_reads // 16
    again = find_optimum(program, annealed, target=-179, search=replace(search, most=2))
    assert again.points[1].found.p_success == found.points[1].found.p_success
    with pytest.raises(InputError, match="the factor > 1"):
        Search(first_s=1e-8, factor=1.0)


def test_one_length_is_one_batch_as_asked():
    program = hwsim.compile(hwsim.read("karate"), hwsim.chip("generic-all-to-all"))
    search = Search(first_s=2e-8, most=1, most_batches=1, reads=64, schedules=4)
    (only,) = find_optimum(program, annealed, target=-179, search=search).points
    run = hwsim.run(program, anneal=hwsim.linear(0.1, 3.0, 2e-8), reads=64, schedules=4)
    assert only.found == hwsim.time_to_solution(run, target=-179)


def test_tempering_has_a_best_length_too_and_pays_for_its_swaps():
    machine = hwsim.chip("generic-all-to-all", clock="chromatic", swap_time="1 ns")
    found = find_optimum(
        hwsim.compile(hwsim.read("karate"), machine),
        lambda t: Recipe(algorithm="tempering", time_s=t, parameters={"replicas": 2}),
        target=-179,
        search=Search(first_s=2e-8, reads=16, schedules=4, budget_s=20.0, factor=2.5, most=3),
    )
    for p in found.points:
        assert p.activity.swaps > 0
        assert p.run_s == pytest.approx(p.activity.device_time_s + 1e-9 * p.activity.swaps) and p.run_s > p.time_s
        assert p.found.total_s >= p.run_s and p.found.total_s > p.found.tts_s


def test_the_length_looked_at_again_is_the_one_that_tells_most():
    points = [point(1, 4), point(2, 80), point(4, 100), point(8, 90), point(16, 130)]
    assert _unsure(points) is None  # 16 with 130 of 400 is worse already
    close = [point(1, 1, 100), point(2, 20, 100), point(4.8, 35, 100)]
    assert _unsure(close) == 1  # the last seems worse, and fewer reads of the best have succeeded
    assert _unsure([*close[:1], point(2, 80), close[2]]) == 2
    assert _unsure([point(1, 80), point(2, 90), point(8, 100)]) is None  # nothing shorter was tried
    assert _unsure([point(1, 0), point(2, 0)]) is None
