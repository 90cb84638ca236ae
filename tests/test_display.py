"""What people see of a record in Python: a few lines at any size, a small table in a notebook, its picture and rows."""

import numpy as np
import pytest

import hwsim
from hwsim import display
from hwsim.session import RunSettings

MOST, LINES = 500, 6
MANY = "ea3d:L=22,seed=1"
"""10,648 variables."""


@pytest.fixture(scope="module")
def large():
    """{name: a public object of 10,000 variables}."""
    problem, chip = hwsim.read(MANY), hwsim.chip("generic-all-to-all")
    program, anneal = hwsim.compile(problem, chip), hwsim.constant(1, "10 ns")
    run = hwsim.run(program, anneal=anneal, reads=4, checkpoints=4)
    objects = {
        "problem": problem,
        "chip": chip,
        "program": program,
        "anneal": anneal,
        "run": run,
        "solution": hwsim.time_to_solution(run, target=-1e9),
        "session": hwsim.Session.of(program, anneal, reads=4),
        "outcome": hwsim.parallel_tempering(program, betas=np.linspace(0.1, 1, 4), sweeps=2, reads=2),
        "quality": run.quality,
        "distance": hwsim.distance(run, run),
        "settings": RunSettings(),
        "account": hwsim.time_to_solution(run, target=-1e9).account,
    }
    return objects | {type(record).__name__: record for record in program.records}


@pytest.fixture(scope="module")
def small():
    """{name: results of thermo and equilibrium, cards, layouts}."""
    from hwsim.mapping.compile import laid_out
    from hwsim.thermo.linalg import measure

    program = hwsim.compile("sk:n=8,seed=1", "generic-all-to-all")
    few = {"reads": 16, "schedules": 4}
    matrix = np.eye(40) + 0.1
    return {
        "annealed": hwsim.annealed_importance(program, 1.0, **few),
        "integrated": hwsim.thermodynamic_integration(program, 1.0, **few),
        "states": hwsim.equilibrium.density_of_states(program.energies(np.ones((5, 8), dtype=np.int8))),
        "coins": hwsim.equilibrium.coin_macrostates(1000),
        "measured": measure(matrix, np.ones(40), time_s=1e-5),
        "machine": hwsim.modes("generic-overdamped"),
        "exponential": hwsim.thermo.matrices.exponential(matrix, samples=40),
        "layout": laid_out(hwsim.read("karate"), hwsim.chip("generic-floorplan"))[1],
        "chip card": hwsim.list_chips()[0],
        "pbit card": hwsim.list_pbits()[0],
        "model": hwsim.chip("wobblybits").pbit,
    }


def test_a_repr_is_short_at_ten_thousand_variables(large):
    for name, value in large.items():
        text = repr(value)
        assert len(text) < MOST and text.count("\n") < LINES, f"{name}: {text}"
        assert "array(" not in text and " object at " not in text, name


def test_so_is_that_of_results_and_cards(small):
    for name, value in small.items():
        text = repr(value)
        assert len(text) < MOST and text.count("\n") < LINES, f"{name}: {text}"
        assert "array(" not in text and " object at " not in text, name


def test_a_repr_says_what_it_is_of(large):
    assert MANY in repr(large["problem"]) and MANY in repr(large["run"]) and MANY in repr(large["program"])
    assert "effective beta" in repr(large["run"]) and "4 reads" in repr(large["session"])
    assert "> " in repr(large["solution"])


def test_a_notebook_gets_a_table_without_markup_of_names():
    problem = hwsim.Problem(bqm=hwsim.read("ring:n=4").bqm, name="<b>&</b>", kind="ising")
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in problem._repr_html_() and "<table>" in problem._repr_html_()


def test_records_draw_themselves_on_given_axes(large, small):
    from matplotlib.figure import Figure

    first, second, third, fourth = Figure().subplots(2, 2).ravel()
    assert large["run"].plot(first) is first and large["outcome"].plot(second) is second
    assert large["anneal"].plot(third, label="mine") is third and small["layout"].plot(fourth) is fourth
    assert all(axes.has_data() for axes in (first, second, third, fourth))


def test_records_give_their_rows_as_data_frames(large, small):
    pytest.importorskip("pandas")
    reads = large["run"].to_pandas()
    assert list(reads.columns) == ["read", "schedule", "energy", "best_energy"] and len(reads) == 4
    assert np.array_equal(large["outcome"].to_pandas()["energy"], large["outcome"].energies)
    assert large["anneal"].to_pandas()["beta"].tolist() == [1.0]
    assert list(small["layout"].to_pandas()[["x", "y"]].iloc[0]) == small["layout"].place[0].tolist()


def test_a_row_is_flat_in_a_data_frame():
    row = {"a": 1, "p_ci": [0.1, 0.2], "t_ci_s": (1.0, None), "q_ci": None, "split": {"x": 3}}
    assert display.flat(row) == {
        "a": 1,
        "p_low": 0.1,
        "p_high": 0.2,
        "t_low_s": 1.0,
        "t_high_s": None,
        "q_low": None,
        "q_high": None,
        "split.x": 3,
    }


def test_long_text_is_cut_within_the_limits():
    text = display.lines("t" * 1000, [(f"fact {k}", "v" * 1000) for k in range(20)])
    assert len(text) <= display.MOST and text.count("...") >= 2
