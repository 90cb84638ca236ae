"""The picture of a die: every part drawn, odd dies too, bad input refused."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.report.layout import layout_drawing
from hwsim.report.pareto import pareto_drawing

RULE = {
    "measure": "correlation",
    "limit": 0.05,
    "curve": [(0.01, 0.0, 0.01), (0.1, 0.04, 0.01), (1.0, 0.4, 0.02)],
    "ratio": 0.12,
    "ratio_ci": (0.1, None),
    "here": 0.3,
}


def layout_picture(die, path, **how):
    return layout_drawing(die, **how).write(path)


def pareto_picture(rows, path, **how):
    return pareto_drawing(rows, **how).write(path)


def die(n=9, chain=None, rule=None, delay=True):
    place = np.stack((np.arange(n) % 3, np.arange(n) // 3), axis=1).astype(float)
    first, second = np.arange(n - 1), np.arange(1, n)
    length = np.abs(place[first] - place[second]).sum(axis=1)
    return {
        "place": place,
        "role": ["visible"] * (n // 2) + ["hidden"] * (n - n // 2),
        "chain": chain,
        "first": first,
        "second": second,
        "length": length,
        "delay_s": length * 1e-10 if delay else None,
        "crowding": np.ones((3, 3)),
        "corner": (0, 0),
        "rule": rule,
        "unused": place + 3,
        "dead": place[:1] + 7,
    }


@pytest.mark.parametrize("chain", [None, np.arange(9) // 2])
@pytest.mark.parametrize("rule", [None, RULE])
@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_every_kind_of_die_is_drawn(tmp_path, chain, rule, suffix):
    path = layout_picture(die(chain=chain, rule=rule), tmp_path / f"die.{suffix}", title="a die")
    assert path.stat().st_size > 10_000


def test_a_die_without_couplings_or_delay_is_drawn(tmp_path):
    empty = die(delay=False) | {"first": np.zeros(0, int), "second": np.zeros(0, int), "length": np.zeros(0)}
    assert layout_picture(empty, tmp_path / "a.png", title="no couplings").exists()


def test_words_of_the_picture_say_what_hurts(tmp_path):
    text = layout_picture(die(rule=RULE), tmp_path / "die.svg", title="a die").read_text()
    assert "<svg" in text and text.count("<path") > 30


def test_a_die_without_places_is_refused(tmp_path):
    with pytest.raises(InputError, match="places of shape"):
        layout_picture(die() | {"place": np.zeros((0, 2))}, tmp_path / "a.png", title="")
    with pytest.raises(InputError, match="must end in"):
        layout_picture(die(), tmp_path / "a.bmp", title="")


def row(**changes):
    made = {
        "design": {"bits": "4", "wires": "fast"},
        "area_m2": 1e-8,
        "ets99_total_j": 1e-9,
        "tts99_total_s": 1e-6,
        "tts99_total_ci_s": [8e-7, 2e-6],
        "tts99_is_bound": False,
        "best_by_area": True,
        "best_by_energy": True,
    }
    return made | changes


def test_designs_with_bounds_unknowns_and_misfits_are_drawn(tmp_path):
    rows = [
        row(),
        row(tts99_is_bound=True, best_by_area=False, best_by_energy=False),
        row(ets99_total_j=None, best_by_energy=False),
        row(tts99_total_ci_s=[5e-7, None], area_m2=None, best_by_area=False),
        {"design": {"bits": "8", "wires": "slow"}, "does_not_fit": "too large"},
    ]
    assert pareto_picture(rows, tmp_path / "e.png", title="designs").stat().st_size > 10_000
    single = [row() | {"design": {}}]
    assert pareto_picture(single, tmp_path / "s.svg", title="one").exists()
    misfits = [{"design": {"bits": "8"}, "does_not_fit": "too large"}]
    assert pareto_picture(misfits, tmp_path / "m.png", title="none fits").exists()


def test_designs_without_area_and_energy_show_their_times_alone():
    bare = {"area_m2": None, "ets99_total_j": None, "best_by_area": False, "best_by_energy": False}
    rows = [row(**bare), row(**bare, design={"bits": "8", "wires": "slow"}, tts99_is_bound=True, tts99_total_s=4e-6)]
    drawing = pareto_drawing(rows, title="designs")
    assert list(drawing.panels) == ["times"]
    axes = drawing.on()
    assert [text.get_text() for text in axes.get_yticklabels()] == ["4, fast", "8, slow"]
    assert axes.get_ylabel() == "bits, wires" and axes.get_xlim()[1] > 6.4e-6  # room for the arrow of the bound
    assert list(pareto_drawing([row(ets99_total_j=None)], title="x").panels) == ["area"]
    assert list(pareto_drawing([row(area_m2=None)], title="x").panels) == ["energy"]


def test_the_p_bits_of_a_large_or_hardly_used_die_can_be_seen():
    """Points of a p-bit's marker against those of a cell: a marker that is a tenth of a point wide shows nothing."""
    n = 200
    place = np.stack(np.meshgrid(np.arange(n), np.arange(n)), axis=-1).reshape(-1, 2).astype(float)
    first = np.arange(len(place) - 1)
    large = die() | {"place": place, "role": ["p-bit"] * len(place), "unused": (), "dead": (), "first": first}
    large |= {"second": first + 1, "length": np.ones(len(first)), "delay_s": None}
    used = die() | {"unused": place + 4.0, "place": die()["place"] * 20}  # 9 p-bits far apart on a die of 40,000 cells
    for one, words in ((large, "the middle, of 200 x 200"), (used, "the part in use, of 204 x 204")):
        axes = layout_drawing(one, title="x").on(panel="die")
        assert words in axes.get_title(loc="left")
        assert axes.get_xlim()[1] - axes.get_xlim()[0] < 60
        spots = [each for each in axes.collections if each.get_label().startswith(("p-bit", "visible", "hidden"))]
        assert min(size for each in spots for size in each.get_sizes()) > 9.0  # three points wide


def test_a_wire_out_of_sight_takes_no_line_of_those_that_are_drawn():
    n = 200
    place = np.stack(np.meshgrid(np.arange(n), np.arange(n)), axis=-1).reshape(-1, 2).astype(float)
    first = np.arange(len(place) - 1)
    large = die() | {"place": place, "role": ["p-bit"] * len(place), "unused": (), "dead": (), "first": first}
    large |= {"second": first + 1, "length": np.ones(len(first)), "delay_s": None}
    wires = layout_drawing(large, title="x").on(panel="die").collections[0]
    assert 500 < len(wires.get_segments()) < 700  # of 24 rows of 24 or 25 cells
