"""Pictures of a study whose series differ in area or energy: which of them no other beats."""

from hwsim.report.study_figures import pictures


def best(series, *, tts=1e-6, area=None, joules=None):
    return {
        "series": series,
        "family": "karate",
        "kind": "karate",
        "spins": 34,
        "delay_s": 0.0,
        "time_s": 1e-6,
        "bound_s": 1e-6 if tts is None else tts,
        "tts99_total_s": tts,
        "area_m2": area,
        "ets99_total_j": joules,
        "tts99_total_ci_s": [None if tts is None else tts / 2, None if tts is None else 2 * tts],
        "residual": 0.0,
    }


def titles(rows):
    return [picture.title for picture in pictures(rows, rows)]


def test_designs_are_compared_where_they_differ_in_area_or_energy():
    rows = [best("small", tts=2e-6, area=1e-9, joules=1e-9), best("large", area=4e-9, joules=2e-9)]
    assert titles(rows) == [f"Time to solution with read-out against {what}: karate" for what in ("area", "energy")]
    assert titles([*rows, best("never", tts=None, area=2e-9)])[0].endswith("against area: karate")
    assert titles([best("a", area=1e-9), best("b", area=1e-9)]) == []
    assert titles([best("a"), best("b")]) == []


def test_the_picture_is_one_panel_with_words():
    rows = [best("small", tts=2e-6, area=1e-9), best("large", area=4e-9)]
    (picture,) = pictures(rows, rows)
    assert picture.svg.lstrip().startswith("<?xml") and picture.svg.count('id="axes_1"') == 1
    assert "no other beats" in picture.caption
