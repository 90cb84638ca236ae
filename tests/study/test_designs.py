"""Designs of a spec, as a study runs them, and the best of them."""

import pytest

import hwsim
from hwsim.errors import InputError
from hwsim.study.designs import best_designs, checked, design_rows, plan_of
from hwsim.study.plan import build, identity
from hwsim.study.workers import ProgramFolder


def spec(**changes):
    return checked(
        {
            "problem": "karate",
            "time": "100 ns",
            "reads": 16,
            "schedules": 2,
            "set": {"gain_dtod": 0.1, "chip": "generic-all-to-all"},
            "sweep": {
                "delay": ["0 s", "1 ns"],
                "cell": [
                    {"name": "large", "cell_pitch": "4 um"},
                    {"name": "small", "cell_pitch": "2 um", "tau": "4 ns"},
                ],
            },
        }
        | changes
    )


def test_designs_are_all_combinations_and_tables_set_several_parameters(tmp_path):
    plan = build(plan_of(spec(), -179.0), ProgramFolder(tmp_path).keep, as_given=True)
    assert [each.words for each in plan.combinations] == [
        {"delay": delay, "cell": cell} for delay in ("0 s", "1 ns") for cell in ("large", "small")
    ]
    assert {point.facts["chip"] for point in plan.points} == {"generic-all-to-all"}
    assert [point.facts["area_m2"] for point in plan.points] == pytest.approx([34 * 16e-12, 34 * 4e-12] * 2)
    assert [point.facts["delay_s"] for point in plan.points] == [0, 0, 1e-9, 1e-9]
    assert len({identity(point) for point in plan.points}) == 4
    other = build(plan_of(spec(seed=1), -179.0), ProgramFolder(tmp_path).keep, as_given=True)
    assert not {identity(point) for point in plan.points} & {identity(point) for point in other.points}


def test_designs_that_differ_in_area_or_price_alone_share_their_samples(tmp_path):
    sweep = {"cell_pitch": ["1 um", "2 um", "1000 nm"], "energy_per_update": ["1 fJ", "2 fJ"]}
    programs = ProgramFolder(tmp_path)
    plan = build(plan_of(spec(sweep=sweep), -179.0), programs.keep, as_given=True)
    assert len(plan.combinations) == 6 and len(plan.points) == 4 and len({point.samples for point in plan.points}) == 1
    rows = list(design_rows(plan, {}, programs))
    assert [row["area_m2"] for row in rows] == pytest.approx([34e-12] * 2 + [4 * 34e-12] * 2 + [34e-12] * 2)
    assert len({row["p_success"] for row in rows}) == 1 and rows[1]["ets99_j"] == pytest.approx(2 * rows[0]["ets99_j"])


def test_rows_are_those_of_a_run_and_kept_ones_are_not_run_again(tmp_path):
    programs = ProgramFolder(tmp_path)
    plan = build(plan_of(spec(), -179.0), programs.keep, as_given=True)
    rows = list(design_rows(plan, {}, programs))
    problem, chip = hwsim.read("karate"), hwsim.chip("generic-all-to-all", gain_dtod=0.1, delay="1 ns")
    program = hwsim.compile(problem, chip)
    run = hwsim.run(program, anneal=plan.points[2].recipe.anneal, reads=16, schedules=2)
    assert rows[2]["energy_mean"] == run.energies.mean() and rows[2]["energy_best"] == run.energies.min()
    assert rows[2]["critical_delay_s"] == 1e-9 and rows[2]["couplers"] == 78 and rows[2]["broken_chains"] is None
    changed = {row["key"]: row | {"p_success": 0.5} for row in rows}
    again = list(design_rows(plan, changed, programs, interrupt=lambda: True))
    assert [row["p_success"] for row in again] == [0.5] * 4
    (tmp_path / "new").mkdir()
    fresh = ProgramFolder(tmp_path / "new")
    plan = build(plan_of(spec(), -179.0), fresh.keep, as_given=True)
    assert list(design_rows(plan, {}, fresh, interrupt=lambda: True)) == []


def test_a_design_that_does_not_fit_says_why(tmp_path):
    programs = ProgramFolder(tmp_path)
    small = spec(sweep={"max_pbits": [10, 40]})
    rows = list(design_rows(build(plan_of(small, None), programs.keep, as_given=True), {}, programs))
    assert "holds 10" in rows[0]["does_not_fit"] and rows[1]["pbits"] == 34 and rows[1]["tts99_s"] is not None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "a spec needs problem"),
        ({"problem": "karate", "swep": {}}, "unknown key 'swep'"),
        ({"problem": "karate", "sweep": {"tau": 5}}, "sweep.tau must be a list"),
        ({"problem": "karate", "reads": "many"}, "reads must be a whole number"),
        ({"problem": "karate", "set": 3}, "set must be a table"),
    ],
)
def test_a_wrong_spec_is_one_sentence(given, words):
    with pytest.raises(InputError, match=words):
        checked(given)


def test_the_best_designs_are_those_that_no_other_beats():
    rows = [
        {"tts99_s": 1.0, "area_m2": 5.0},
        {"tts99_s": 2.0, "area_m2": 4.0},
        {"tts99_s": 2.0, "area_m2": 5.0},
        {"tts99_s": 0.5, "area_m2": None},
        {"tts99_s": 0.1, "area_m2": 1.0, "tts99_is_bound": True},
        {"does_not_fit": "no"},
    ]
    assert best_designs(rows, ("tts99_s", "area_m2")) == [True, True, False, False, False, False]
