import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.report.figure import energy_against_time


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
