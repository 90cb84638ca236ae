"""Figures of energy against device time: what is drawn, what is merged or set apart, and refusals."""

import math

import numpy as np
import pytest

import hwsim
from hwsim.errors import InputError
from hwsim.experiment.looks import looks
from hwsim.report.figure import energy_against_time, energy_drawing


def curve(label="poisson, $5 tau", k=5):
    times = np.linspace(0, 2e-6, k)
    return {"label": label, "times_s": times, "energies": -np.outer(np.arange(k), np.ones(3))}


@pytest.mark.parametrize("suffix, start", [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_the_suffix_chooses_the_format_and_nothing_else_is_left_behind(tmp_path, suffix, start):
    path = energy_against_time([curve(), curve("two")], tmp_path / f"a{suffix}", title="Cost $1 and $2", target=-4)
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]


def test_a_single_instant_and_a_logarithmic_axis_draw(tmp_path):
    energy_against_time([curve(k=1)], tmp_path / "a.png", title="one")
    energy_against_time([curve()], tmp_path / "b.png", title="log", log_time=True)


def test_an_unknown_suffix_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match=r"must end in \.png, \.svg, \.pdf"):
        energy_against_time([curve()], tmp_path / "a.jpeg", title="x")
    assert list(tmp_path.iterdir()) == []


def test_arrays_that_do_not_match_are_refused_by_the_curves_name(tmp_path):
    bad = {**curve("bad"), "times_s": [0.0]}
    with pytest.raises(InputError, match="curve 'bad'"):
        energy_against_time([bad], tmp_path / "a.png", title="x")


def falling(label, times=50, start=-100.0, end=-200.0, **more):
    t = np.linspace(0, 1e-6, times)
    mean = start + (end - start) * (1 - np.exp(-8 * t / 1e-6))
    return {"label": label, "times_s": t, "energies": mean[:, None] + np.linspace(-5, 5, 11), **more}


def test_curves_that_coincide_are_one_with_all_their_names():
    axes = energy_drawing([falling("a"), falling("b", end=-200.4), falling("c", end=-190)], title="x", target=-210).on()
    assert [line.get_label() for line in axes.lines] == ["a\nb", "c", "best known: -210"]
    assert len(axes.collections) == 2  # few curves have bands
    many = energy_drawing([falling(str(k), end=-200 + 20 * k) for k in range(4)], title="x").on()
    assert len(many.lines) == 4 and not many.collections
    assert "band" not in many.get_legend().get_title().get_text()


def test_a_curve_that_rises_does_not_set_the_scale_of_the_others():
    drawing = energy_drawing([falling("a"), falling("up", end=900.0), falling("b", end=-180)], title="x")
    lower, upper = drawing.on()
    assert [line.get_label() for line in lower.lines] == ["a", "b"] and lower.get_ylim()[1] < -80
    assert [line.get_label() for line in upper.lines] == ["up"] and upper.get_ylim()[1] > 600
    assert len({line.get_color() for axes in (lower, upper) for line in axes.lines}) == 3
    all_rise = energy_drawing([falling("up", end=900.0)], title="x").on()
    assert [line.get_label() for line in all_rise.lines] == ["up"]


@pytest.mark.parametrize("period", [2, 3, 4, 6])
def test_a_swing_with_the_clock_is_averaged_over_its_phases(period):
    curve = falling("swings", times=201, over=12)
    swing = np.where(np.arange(201) % period == 0, 30.0, 0.0)
    axes = energy_drawing([curve | {"energies": curve["energies"] + swing[:, None]}], title="x").on()
    inside = slice(40, 160)
    mean = axes.lines[0].get_ydata()[inside]
    plain = curve["energies"].mean(axis=1)[inside] + swing[12 : 12 + period].mean()
    assert np.abs(np.diff(mean)).max() < 1.0 and np.abs(mean - plain).max() < 1.0
    assert axes.lines[0].get_ydata()[0] == curve["energies"][0].mean() + swing[0]  # the start stays


@pytest.mark.parametrize(("rounds", "clock"), [(200, "synchronous"), (1000, "synchronous"), (200, "poisson")])
def test_a_run_that_may_swing_is_looked_at_in_all_its_phases(rounds, clock):
    program = hwsim.compile(hwsim.read("ring:n=6"), hwsim.chip("generic-all-to-all", clock=clock, tau="5 ns"))
    n = looks(program, hwsim.constant(1.0, rounds * 5e-9))
    assert n == 50 if clock == "poisson" else math.gcd(round(rounds / n), 12) == 1 and n <= 240


def test_one_panel_alone_shows_the_rows_that_do_not_rise():
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    assert energy_drawing([falling("a"), falling("up", end=900.0)], title="x").on(axes) is axes
    assert [line.get_label() for line in axes.lines] == ["a"]
