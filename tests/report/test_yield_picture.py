import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.report.dies import yield_drawing, yield_picture

INF = float("inf")


def curve():
    share = np.array([0.25, 0.5, 0.75, 1.0])
    return {
        "tts_s": [1e-6, 2e-6, 4e-6, INF],
        "low_s": [0.0, 1e-6, 2e-6, 5e-6],
        "high_s": [2e-6, 3e-6, INF, INF],
        "yield": share,
        "yield_low": share / 2,
        "yield_high": np.minimum(1.0, share + 0.2),
        "ideal_tts_s": 1.5e-6,
        "ideal_label": "ideal, $1",
        "n_dies": 4,
        "success": [0.5, 0.3, 0.1, 0.0],
    }


def test_dies_with_and_without_a_time_draw_and_nothing_else_is_left_behind(tmp_path):
    path = yield_picture(curve(), tmp_path / "a.png", title="Cost $1 and $2")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [path]


def test_a_band_of_read_noise_equal_dies_and_no_solved_die_draw(tmp_path):
    yield_picture({**curve(), "success_expected": (0.2, 0.4)}, tmp_path / "a.png", title="band")
    equal = {**curve(), "success": [0.5] * 4, "ideal_tts_s": None}
    yield_picture(equal, tmp_path / "b.png", title="equal")
    unsolved = {**curve(), "tts_s": [INF] * 4, "low_s": [5e-6] * 4, "high_s": [INF] * 4, "success": [0.0] * 4}
    yield_picture(unsolved, tmp_path / "c.png", title="none")


@pytest.mark.parametrize(
    "change, message",
    [
        ({"tts_s": [2e-6, 1e-6, 4e-6, INF]}, "rising"),
        ({"low_s": [1e-6]}, r"'low_s' of shape \(4,\)"),
        ({"high_s": [5e-7, 3e-6, INF, INF]}, "does not contain its value"),
        ({"yield": [0.25, 0.5, 0.75, 1.5], "yield_high": [1, 1, 1, 2]}, "'yield' from 0 to 1"),
        ({"yield": [0.3, 0.28, 0.75, 1.0]}, "'yield' to rise"),
        ({"success": [0.0, 0.3, 0.1, 0.0]}, "no success and a finite time"),
        ({"n_dies": 5}, "'n_dies'"),
        ({"ideal_tts_s": -1.0}, "'ideal_tts_s'"),
        ({"success_expected": (0.4, 0.2)}, "'success_expected'"),
    ],
)
def test_bad_curves_are_refused(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        yield_picture({**curve(), **change}, tmp_path / "a.png", title="x")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_suffix_and_a_missing_array_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"must end in \.png"):
        yield_picture(curve(), tmp_path / "a.txt", title="x")
    with pytest.raises(InputError, match="'tts_s', which is missing"):
        yield_picture({}, tmp_path / "a.png", title="x")


def test_the_axis_of_time_is_that_of_what_is_drawn():
    n = 200
    tts = np.linspace(4e-6, 1e-5, n)
    share = np.arange(1, n + 1) / n
    many = {"tts_s": tts, "low_s": tts / 50, "high_s": tts * 50, "yield": share, "yield_low": share / 2}
    many |= {"yield_high": np.minimum(1, share + 0.1), "success": np.full(n, 0.4), "n_dies": n, "ideal_tts_s": 3e-6}
    low, high = yield_drawing(many, title="x").on(panel="yield").get_xlim()
    assert 2.5e-6 < low < 3e-6 and 1e-5 < high < 1.2e-5  # no interval of one die is drawn among so many
    few = {key: value[::4] if isinstance(value, np.ndarray) else value for key, value in many.items()} | {"n_dies": 50}
    low, high = yield_drawing(few, title="x").on(panel="yield").get_xlim()
    assert low < 1e-7 and high > 4e-4
