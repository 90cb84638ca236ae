"""Plans: the points of a grid, their keys, and refusals."""

import math

import pytest

from hwsim.cell.card import CHIP_DIMENSIONS, PBIT_DIMENSIONS
from hwsim.errors import DoesNotFitError, InputError
from hwsim.program import content_hash
from hwsim.study.plan import OWN, build, checked, read_plan, settings

SMALL = {"problem": "ring:n=8", "target": "known", "reads": 32, "time": "0.1 us", "set": {"tau": "5 ns"}}


def points(**changes):
    return build(SMALL | changes, content_hash).points


def test_the_points_are_the_combinations_of_the_grid():
    plan = build(
        {
            "problem": "ea2d:L=3,seed=1..2",
            "reads": 8,
            "grid": {
                "time": ["1 us", "2 us"],
                "scheme": [
                    {"name": "A", "clock": "poisson", "delay": "1 ns"},
                    {"name": "B", "clock": "chromatic", "algorithm": "tempering", "replicas": 2},
                ],
            },
        },
        content_hash,
    )
    assert [p.facts["words"] for p in plan.points] == [
        {"time": time, "scheme": scheme, "problem": f"ea2d:L=3,seed={seed}"}
        for time in ("1 us", "2 us")
        for scheme in "AB"
        for seed in (1, 2)
    ]
    first, second = plan.points[0], plan.points[2]
    assert (first.facts["clock"], first.facts["delay_s"], first.recipe.algorithm) == ("poisson", 1e-9, "anneal")
    assert (second.facts["clock"], second.recipe.parameters["replicas"]) == ("chromatic", 2)
    assert len({p.key for p in plan.points}) == 8


def test_a_grid_takes_ranges_and_multiples_of_tau():
    plan = build(SMALL | {"grid": {"delay": "0:2tau:3", "dac_bits": ["2..3"], "time": ["20 tau"]}}, content_hash)
    assert [p.facts["words"] for p in plan.points] == [
        {"delay": f"{d} tau", "dac_bits": str(bits), "time": "20 tau"} for d in (0, 1, 2) for bits in (2, 3)
    ]
    assert [p.facts["delay_s"] for p in plan.points[::2]] == [0, 5e-9, 10e-9]
    assert {p.facts["time_s"] for p in plan.points} == {100e-9}
    (plain,) = points(grid={"delay": ["5 ns"], "dac_bits": [3], "time": ["100 ns"]})
    assert plain.key == plan.points[3].key  # the same machine, however it is written
    with pytest.raises(InputError, match=r"grid\.delay: both ends of a range need the same unit"):
        checked(SMALL | {"grid": {"delay": "1ns:2tau:3"}})


def test_an_embedding_that_is_not_found_is_searched_once(monkeypatch):
    searched = []

    def fails(problem, chip):
        searched.append(chip.name)
        raise DoesNotFitError("no embedding was found")

    monkeypatch.setattr("hwsim.study.plan.embed", fails)
    plan = build(SMALL | {"chip": "hitachi-king", "set": {}, "grid": {"delay": "0:2ns:5"}}, content_hash)
    assert [reason for _, reason in plan.unfit] == ["no embedding was found"] * 5 and searched == ["hitachi-king"]


def test_a_key_is_what_the_results_depend_on_and_nothing_else(tmp_path):
    (same,) = points()
    assert points(stop={"max_shards": 99})[0].key == same.key
    assert points(target=-3)[0].key == same.key
    assert points(grid={"problem": [{"name": "another name", "problem": "ring:n=8"}]})[0].key == same.key
    changes = [
        {"problem": "ring:n=9"},
        {"reads": 33},
        {"schedules": 2},
        {"seed": 1},
        {"time": "0.2 us"},
        {"beta": "1"},
        {"anneal": "geometric"},
        {"set": {"tau": "6 ns"}},
        {"algorithm": "quantum"},
        {"algorithm": "quantum", "replicas": 4},
        {"set": {"tau": "5 ns", "gain_dtod": 0.1}},
        {"set": {"tau": "5 ns", "gain_dtod": 0.1}, "die_seed": 1},
    ]
    keys = [points(**change)[0].key for change in changes]
    assert len({same.key, *keys}) == len(changes) + 1


def test_points_that_differ_in_prices_or_target_share_their_samples():
    (same,) = points()
    (priced,) = points(set={"tau": "5 ns", "energy_per_update": "1 fJ", "readout_time": "1 us"})
    assert priced.key == priced.samples == same.samples and priced.facts["prices"]["update_j"] == 1e-15
    several = points(grid={"readout_time": ["1 us", "2 us", "1000 ns"], "target": [-8, -6]})
    assert len(several) == 4 and {point.samples for point in several} == {same.samples}
    assert several[0].key == same.key and len({point.key for point in several}) == 4


def test_points_that_are_the_same_run_once():
    assert len(points(grid={"delay": ["0 s", "0 ns"]})) == 1


def test_a_problem_that_does_not_fit_its_chip_is_left_out():
    plan = build({"problem": "ring:n=8", "chip": "generic-floorplan", "grid": {"max_pbits": [4, 8]}}, content_hash)
    assert [p.facts["words"] for p in plan.points] == [{"max_pbits": "8"}]
    assert plan.unfit[0][0] == {"max_pbits": "4"}


def test_no_key_means_two_things():
    assert not set(OWN) & {*CHIP_DIMENSIONS, *PBIT_DIMENSIONS}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"problme": "ring"}, "unknown key 'problme'"),
        ({"stop": {"width": 0.1}}, "unknown key stop.width"),
        ({"stop": {"max_shards": 0}}, "stop.max_shards must be a whole number > 0"),
        ({"stop": {"max_shards": 10**5000}}, r"stop.max_shards must be below 2\*\*63"),
        ({"stop": {"relative_width": math.inf}}, r"stop.relative_width must be below 2\*\*63"),
        ({"grid": {"time": 5}}, "grid.time must be a list"),
        ({"grid": {"time": "1:2"}}, "time must be"),
        ({"grid": {"time": []}}, "grid.time must be a list"),
        ({"grid": 3}, "grid must be a table"),
        ({"set": {"reads": 3}}, "reads is not a parameter of a card"),
        ({"reads": "many"}, "reads must be a whole number"),
        ({"problem": 3}, "problem must be a file or a generator"),
        ({"algorithm": "magic"}, "algorithm must be one of anneal, tempering"),
        ({"replicas": 4}, "algorithm anneal takes no parameters, got 'replicas'"),
        ({"algorithm": "tempering", "reads": 33}, "reads must be a multiple of schedules"),
        ({"algorithm": "quantum", "beta": "0.1:2"}, "must be one number"),
        ({"time": "0 s"}, "time must be > 0"),
        ({"set": {"tua": "1 ns"}}, "tua"),
        ({"grid": {"seed": [1, -1]}}, r"seed must be a whole number >= 0, got -1 \(at seed = -1\)"),
        ({"problem": "ea2d:L=3,seed=5..1"}, "must ascend"),
        ({"target": "knwon"}, "target"),
    ],
)
def test_a_wrong_plan_is_one_sentence(change, sentence):
    with pytest.raises(InputError, match=sentence):
        points(**change)


def test_a_plan_is_a_file(tmp_path):
    path = tmp_path / "plan.toml"
    with pytest.raises(InputError, match="no such file"):
        read_plan(path)
    path.write_text("problem = ")
    with pytest.raises(InputError, match="not readable TOML"):
        read_plan(path)
    path.write_text("problem = 'ring'\nbudget = 3\n")
    with pytest.raises(InputError, match=r"plan.toml: unknown key 'budget'"):
        read_plan(path)
    with pytest.raises(InputError, match="needs problem"):
        checked({})


def test_the_plans_of_the_examples_are_plans():
    from pathlib import Path

    folder = Path(__file__).parents[2] / "examples"
    for name, points in (("study.toml", 112), ("lattices.toml", 500)):
        full = read_plan(folder / name)
        assert len(list(settings(full))) == points
