"""Records of fluctuators whose levels and dwell times are known, and what instruments do to them."""

import json
import re

import numpy as np
import pytest

from hwsim.cell.signal import read_signal, two_levels
from hwsim.cli.main import main
from hwsim.errors import InputError

N = 20_000
UP, DOWN = 20.0, 50.0
"""Mean dwell times in the upper and the lower level, in samples; the levels are 0.2 and 0.7."""


def telegraph(rng, up=UP, down=DOWN, n=N):
    """States (n,) of a telegraph in continuous time with exponential dwells, sampled at 0, 1, 2, ..."""
    k = int(4 * n / (up + down)) + 60
    dwells = np.stack([rng.exponential(up, k), rng.exponential(down, k)], axis=1).ravel()
    return 1 - np.searchsorted(np.cumsum(dwells), np.arange(n)) % 2


def record(seed, noise=0.03):
    rng = np.random.default_rng(seed)
    state = telegraph(rng)
    return rng, state, 0.2 + 0.5 * state + noise * rng.standard_normal(N)


def filtered(value, tau):
    """``value`` behind a low-pass of ``tau`` samples."""
    out, last, keep = np.empty(value.size), value[0], np.exp(-1 / tau)
    for k, v in enumerate(value):
        last = out[k] = keep * last + (1 - keep) * v
    return out


def signal(value, interval_s=1e-6):
    linked = np.arange(value.size) > 0
    return read_signal(value, linked, interval_s)


def file(tmp_path, **columns):
    """A CSV file of ``columns``."""
    path = tmp_path / "data.csv"
    rows = zip(*columns.values(), strict=True)
    path.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return str(path)


@pytest.mark.parametrize("seed", range(5))
def test_a_plain_record_has_its_levels_its_states_and_no_note(seed):
    _, state, value = record(seed)
    found = signal(value)
    assert (found.levels.low, found.levels.high) == pytest.approx((0.2, 0.7), abs=0.003)
    assert found.levels.separation == pytest.approx(0.5 / 0.03, rel=0.03)
    assert (found.state == state).mean() > 0.9999
    assert found.notes == ()


@pytest.mark.parametrize(("count", "size"), [(12, 20.0), (200, 3.0), (1, -1e6)])
def test_a_few_glitches_are_no_level(count, size):
    rng, state, value = record(0)
    at = rng.choice(N, count, replace=False)
    value[at] += size
    found = signal(value)
    assert (found.levels.low, found.levels.high) == pytest.approx((0.2, 0.7), abs=0.003)
    assert (found.state == state).mean() > 1 - count / N
    assert len(found.notes) == 1
    assert f"{count} samples" in found.notes[0] and "glitches" in found.notes[0]


@pytest.mark.parametrize("count", [3, 12])
def test_one_level_with_a_few_glitches_is_not_two_levels(count):
    rng = np.random.default_rng(count)
    value = rng.normal(0.0, 1.0, N)
    value[rng.choice(N, count, replace=False)] += 50
    with pytest.raises(InputError, match="one level only"):
        signal(value)


def test_a_digital_record_may_be_up_as_rarely_as_it_likes():
    value = np.zeros(N)
    value[[100, 5000, 9000]] = 1.0
    found = signal(value)
    assert (found.levels.low, found.levels.high) == (0.0, 1.0) and (found.state > 0).sum() == 3


def test_fit_prints_the_levels_and_finds_the_dwell_times_between_glitches(tmp_path, capsys):
    rng, _, value = record(1)
    value[rng.choice(N, 12, replace=False)] += 20
    data = file(tmp_path, time_us=np.arange(N), value=value.round(4))
    out = tmp_path / "out.json"
    assert main(["fit", data, "--json", str(out)]) == 0
    facts = json.loads(out.read_text())
    for name, truth in (("dwell_plus_s", 20e-6), ("dwell_minus_s", 50e-6)):
        assert facts["estimates"][name]["low"] < truth < facts["estimates"][name]["high"]
        assert facts["estimates"][name]["high"] < 1.3 * truth
    (device,) = facts["devices"]
    assert device["levels"]["low"] == pytest.approx(0.2, abs=0.003)
    assert device["levels"]["high"] == pytest.approx(0.7, abs=0.003)
    assert device["levels"]["distance_in_sd"] == pytest.approx(16.7, rel=0.05)
    assert device["share_plus"] == pytest.approx(20 / 70, abs=0.03)
    printed = capsys.readouterr().out
    shown = re.search(r"^levels (\S+) and (\S+), (\S+) s.d. apart, (\S+) % in the upper one$", printed, re.MULTILINE)
    assert [float(text) for text in shown.groups()] == pytest.approx([0.2, 0.7, 16.7, 28.6], rel=0.1)
    assert "note: 12 samples (0.06 %) are far from both levels" in printed


def spoilt(what, rng, state, value):
    time = np.arange(N)
    noise = value - 0.2 - 0.5 * state
    other = telegraph(rng, 30, 40)
    return {
        "three levels": rng.choice([0.0, 0.5, 1.0], N // 10).repeat(10) + noise,
        "three exact levels": rng.choice([0.0, 0.5, 1.0], N // 10).repeat(10),
        "a rare third level": value + np.where((time % 2000 < 40) & (state == 1), 0.5, 0.0),
        "two fluctuators": value + 0.3 * other,
        "two equal fluctuators": value + 0.5 * other,
        "a weak second fluctuator": value + 0.03 * other,
        "a drift of one distance": value + 0.5 * time / N,
        "a drift of three distances": value + 1.5 * time / N,
        "a drift of a tenth": value + 0.05 * time / N,
        "a hum": value + 0.05 * np.sin(2 * np.pi * 0.0171 * time),
        "a large hum": value + 0.25 * np.sin(2 * np.pi * 0.0171 * time),
        "a hum alone": 0.3 * np.sin(2 * np.pi * 0.0171 * time) + 0.3 * noise,
        "a slow instrument": filtered(0.5 * state, 3.0) + 0.3 * noise,
        "a filter for the noise": 0.5 * state + filtered(4 * noise, 3.0),
        "noise of long tails": rng.standard_t(3, N),
    }[what]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("three levels", "value has 3 levels, near"),
        ("three exact levels", r"value has 3 levels, near 0 \("),
        ("a rare third level", r"value has 3 levels, near (0\.199\d|0\.2\d*) .* and 1\.(2|19\d|20\d) \(0.\d+ %\)"),
        ("two fluctuators", r"value has 4 levels, near (0\.2|0\.199\d|0.200\d) "),
        ("two equal fluctuators", "value has 3 levels, near"),
        ("a drift of one distance", "the levels drift during the record, by 0.8"),
        ("a drift of three distances", "the levels drift during the record, by 2.6"),
        ("a large hum", "value has a hum at 17.1 kHz"),
        ("a hum alone", "value has a hum at 17.1 kHz"),
        ("noise of long tails", "value has one level only"),
    ],
)
def test_what_is_not_two_valued_is_refused_in_words_of_its_own(what, words, seed):
    with pytest.raises(InputError, match="^" + words) as error:
        signal(spoilt(what, *record(seed)))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("a weak second fluctuator", "second, weaker fluctuator"),
        ("a drift of a tenth", r"the levels drift by 0\.08"),
        ("a hum", r"a hum at 17\.1 kHz, with an amplitude of 0\.(1|09[5-9]|10[0-5]) of"),
        ("a slow instrument", "instrument's bandwidth shows: 100 %"),
        ("a filter for the noise", "the instrument filters it"),
    ],
)
def test_what_two_states_do_not_explain_is_noted_and_the_states_stay_right(what, words, seed):
    rng, state, value = record(seed)
    found = signal(spoilt(what, rng, state, value))
    assert len(found.notes) == 1
    assert re.search(words, found.notes[0])
    assert (found.state == state).mean() > 0.9


def test_an_instrument_as_slow_as_the_device_is_refused():
    rng = np.random.default_rng(3)
    value = filtered(telegraph(rng, 4, 4).astype(float), 3.0)
    with pytest.raises(InputError, match=r"bandwidth|instrument"):
        signal(value + 0.003 * rng.standard_normal(N))


def test_a_record_of_few_values_keeps_its_levels():
    assert two_levels(np.array([0.0, 0, 1, 1, 0, 1])).high == 1.0
    assert two_levels(np.array([0.0, 0.01, 1, 1.01, 0, 1])).low == 0.0
    _, state, value = record(0)
    assert signal(np.round(value / 0.05) * 0.05).levels.high == pytest.approx(0.7)
    short = signal(value[:200])
    assert (short.state == state[:200]).all()


def test_a_column_that_is_not_used_is_named_with_the_values_that_are_fitted_together(tmp_path, capsys):
    x = np.tile([-1.0, -0.5, 0.0, 0.5, 1.0], 2)
    temperature = np.repeat([300, 350], 5)
    ones = np.round(500 * (1 + np.tanh(x)) / 2).astype(int)
    data = file(tmp_path, input=x, n=[500] * 10, ones=ones, temperature=temperature, remark=["a"] * 10)
    assert main(["fit", data, "--json", str(tmp_path / "o.json")]) == 0
    printed = capsys.readouterr().out
    assert "note: column temperature is not used: rows of its 2 values (300, 350) are fitted together" in printed
    assert "note: column remark is not used\n" in printed
    assert sum("not used" in note for note in json.loads((tmp_path / "o.json").read_text())["notes"]) == 2


def test_rows_left_out_are_said_with_their_share(tmp_path, capsys):
    rng, _, value = record(2)
    # after every other sample or so one is missing
    step = np.where(rng.random(2000) < 0.43, 2.0, 1.0)
    keep = np.concatenate(([0], np.cumsum(step).astype(int)))
    assert main(["fit", file(tmp_path, time_us=keep, value=value[keep].round(3))]) == 0
    left_out = int((step == 2).sum())
    said = f"note: {left_out} of 2001 samples ({100 * left_out / 2001:.2g} %) do not follow the one before by 1 us"
    assert said in capsys.readouterr().out


def test_many_devices_have_their_levels_in_the_table(tmp_path, capsys):
    _, _, value = record(4)
    data = file(
        tmp_path,
        device=["a"] * 5000 + ["b"] * 5000,
        time_us=np.tile(np.arange(5000), 2),
        value=np.concatenate((value[:5000], 3 * value[5000:10000])).round(4),
    )
    assert main(["fit", data]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, size in (("a", 1.0), ("b", 3.0)):
        (line,) = (line for line in lines if line.startswith(f"{name} "))
        low, high = re.search(r"  (\S+) and (\S+), \S+ s.d. apart, \S+ % in the upper one$", line).groups()
        assert [float(low), float(high)] == pytest.approx([0.2 * size, 0.7 * size], rel=0.02)
