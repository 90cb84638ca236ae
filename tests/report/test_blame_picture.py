import pytest

from hwsim.errors import InputError
from hwsim.report.blame import blame_drawing


def blame_picture(rows, path, **how):
    return blame_drawing(rows, **how).write(path)


def rows():
    return [
        {
            "fault": "delay",
            "label": "synapse delay, $3",
            "without": {"p": [0.2, 0.1, 0.3], "tts": [2e-5, 1e-5, None]},
            "alone": {"p": [0.1, 0.05, 0.15], "tts": None},
        },
        {
            "fault": "dac",
            "label": "input DAC",
            "without": {"p": [0.0, 0.0, 0.01], "tts": [None, 1e-3, None]},
            "alone": {"p": [0.4, 0.3, 0.5], "tts": [None, None, 1e-5]},
        },
    ]


def metrics():
    return [
        {
            "key": "p",
            "label": "success",
            "lower_is_better": False,
            "all_on": [0, 0, 0.01],
            "all_off": [0.4, 0.3, 0.5],
            "log": False,
        },
        {
            "key": "tts",
            "label": "time",
            "lower_is_better": True,
            "all_on": [None, 1e-3, None],
            "all_off": [1e-5, 0.0, 2e-5],
            "log": True,
            "time": True,
        },
    ]


def test_values_bounds_and_unknowns_draw_and_nothing_else_is_left_behind(tmp_path):
    path = blame_picture(rows(), tmp_path / "a.png", title="Cost $1 and $2", metrics=metrics())
    assert path.read_bytes().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [path]
    blame_picture(rows()[:1], tmp_path / "b.png", title="one", metrics=metrics()[:1])


@pytest.mark.parametrize(
    "estimate, message",
    [
        ([0.2, 0.3, 0.4], "low <= value <= high"),
        ([float("nan"), None, None], "low <= value <= high"),
        ([0.2], r"\[value, low, high\]"),
        ("abc", r"\[value, low, high\]"),
        (["a", 0, 1], "numbers or None"),
    ],
)
def test_a_bad_estimate_is_refused_by_its_fault_and_metric(tmp_path, estimate, message):
    bad = rows()
    bad[1]["alone"]["p"] = estimate
    with pytest.raises(InputError, match=f"metric 'p', 'input DAC' alone needs .*{message}"):
        blame_picture(bad, tmp_path / "a.png", title="x", metrics=metrics())
    assert list(tmp_path.iterdir()) == []


def test_a_logarithmic_axis_refuses_a_value_of_zero(tmp_path):
    bad = rows()
    bad[0]["alone"]["tts"] = [0.0, 0.0, 1.0]
    with pytest.raises(InputError, match="value > 0 for its logarithmic axis"):
        blame_picture(bad, tmp_path / "a.png", title="x", metrics=metrics())


def test_missing_rows_keys_and_too_many_metrics_are_refused(tmp_path):
    path = tmp_path / "a.png"
    with pytest.raises(InputError, match="at least one fault"):
        blame_picture([], path, title="x", metrics=metrics())
    with pytest.raises(InputError, match="1 to 3 metrics, got 4"):
        blame_picture(rows(), path, title="x", metrics=metrics() * 2)
    with pytest.raises(InputError, match="a fault needs 'label'"):
        blame_picture([{"without": {}, "alone": {}}], path, title="x", metrics=metrics())
    with pytest.raises(InputError, match="needs 'alone' as a dict of metrics"):
        blame_picture([{**rows()[0], "alone": [0.1]}], path, title="x", metrics=metrics())
    with pytest.raises(InputError, match="no estimate at all"):
        blank = [{**metrics()[0], "key": "q", "all_on": None, "all_off": None}]
        blame_picture(rows(), path, title="x", metrics=blank)
    with pytest.raises(InputError, match=r"must end in \.png"):
        blame_picture(rows(), tmp_path / "a.txt", title="x", metrics=metrics())
