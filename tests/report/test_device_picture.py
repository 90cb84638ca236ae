import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.report.device import device_picture


def data():
    x, fine = np.linspace(-3, 3, 7), np.linspace(-3, 3, 61)
    p = 1 / (1 + np.exp(-2 * x))
    lag = np.linspace(0, 4e-8, 5)
    value = np.exp(-lag / 1e-8)
    density = np.array([5e7, 1e7, 0.0])
    return {
        "sigmoid": {
            "x": x,
            "p": p,
            "low": p - 0.01,
            "high": p + 0.01,
            "law_x": fine,
            "law": 1 / (1 + np.exp(-2 * fine)),
            "label": "card's law, $5",
        },
        "dwell": {
            "time_s": [0, 1e-8, 2e-8, 3e-8],
            "density_up": density,
            "density_down": density,
            "law_time_s": None,
            "law_up": None,
            "law_down": None,
            "label": "law",
        },
        "autocorrelation": {
            "lag_s": lag,
            "value": value,
            "low": value - 0.1,
            "high": value + 0.1,
            "law_lag_s": lag,
            "law": value,
            "label": "law",
        },
    }


def test_three_panels_are_written_and_nothing_else_is_left_behind(tmp_path):
    path = device_picture(data(), tmp_path / "a.png", title="Cost $1 and $2")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [path]


def test_an_interval_of_no_length_and_a_missing_law_draw(tmp_path):
    bare = data()
    bare["sigmoid"].update(low=bare["sigmoid"]["p"], high=bare["sigmoid"]["p"], law_at_x=np.full(7, 0.5))
    device_picture(bare, tmp_path / "a.png", title="certain")
    bare["sigmoid"]["law"] = None
    device_picture(bare, tmp_path / "b.png", title="no law")


def test_a_panel_left_out_needs_its_reason(tmp_path):
    partial = {**data(), "dwell": None}
    with pytest.raises(InputError, match="'dwell' is None and needs a reason"):
        device_picture(partial, tmp_path / "a.png", title="x")
    device_picture({**partial, "reason": {"dwell": "the clock sets it"}}, tmp_path / "a.png", title="x")


@pytest.mark.parametrize(
    "panel, change, message",
    [
        ("sigmoid", {"p": [0.5]}, r"'p' of shape \(7,\), got \(1,\)"),
        ("sigmoid", {"p": np.full(7, np.nan)}, "'p' that is not finite"),
        ("sigmoid", {"low": np.ones(7)}, "does not contain its value"),
        ("sigmoid", {"law_x": np.linspace(-1, 1, 61)}, "reach every x"),
        ("dwell", {"time_s": [0, 2e-8, 1e-8, 3e-8]}, "rising bin edges"),
        ("dwell", {"density_up": [0, 0, -1]}, "densities >= 0"),
        ("autocorrelation", {"value": "high"}, "'value' to be numbers"),
    ],
)
def test_bad_arrays_are_refused_by_the_panels_name(tmp_path, panel, change, message):
    bad = data()
    bad[panel].update(change)
    with pytest.raises(InputError, match=message) as error:
        device_picture(bad, tmp_path / "a.png", title="x")
    assert panel in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_suffix_and_no_panel_at_all_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"must end in \.png, \.svg, \.pdf"):
        device_picture(data(), tmp_path / "a.jpeg", title="x")
    with pytest.raises(InputError, match="at least one of sigmoid, dwell, autocorrelation"):
        device_picture({}, tmp_path / "a.png", title="x")
