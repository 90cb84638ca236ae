"""The picture of a die: every part drawn, odd dies too, bad input refused."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.report.layout import layout_picture
from hwsim.report.pareto import pareto_picture

RULE = {
    "measure": "correlation",
    "limit": 0.05,
    "curve": [(0.01, 0.0, 0.01), (0.1, 0.04, 0.01), (1.0, 0.4, 0.02)],
    "ratio": 0.12,
    "ratio_ci": (0.1, None),
    "here": 0.3,
}


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
