"""Records as instruments write them: the same samples give the same fit, whatever stands around them."""

import numpy as np
import pytest

from hwsim.cell.collected import read_all
from hwsim.cell.fit import at_zero_input, fit
from hwsim.cell.fit_card import card_text, devices_text
from hwsim.cell.instrument import read_record
from hwsim.cell.measured import Reading, read_measured
from hwsim.errors import InputError

DT, TAU, N = 2e-9, 10e-9, 1500


def states(n=N, z=0.2, seed=1):
    """A telegraph of dwell times TAU exp(+-z) at z, sampled every DT."""
    rng = np.random.default_rng(seed)
    keep = np.exp(-2 * np.cosh(z) * DT / TAU)
    drawn = rng.random(n) < (1 + np.tanh(z)) / 2
    fresh = rng.random(n) > keep
    fresh[0] = True
    return drawn[np.maximum.accumulate(np.where(fresh, np.arange(n), 0))].astype(int)


def values(n=N, seed=1):
    return 0.1 + 0.3 * states(n, seed=seed) + 0.02 * np.random.default_rng(9).standard_normal(n).round(6)


V = values()
T = (np.arange(N) - 100) * DT


def rows(mark=",", before="", after="", digits=9, times=T, decimal="."):
    lines = (f"{before}{t:.{digits}e}{mark}{v:.6f}{after}" for t, v in zip(times, V, strict=True))
    return "\n".join(lines).replace(".", decimal) + "\n"


def tektronix_beside():
    facts = ["Record Length,1500", f"Sample Interval,{DT:.6e}", "Trigger Point,100", ",", ",", "Source,CH1"]
    facts += ["Vertical Units,V", "Vertical Scale,5.0e-02", "Horizontal Units,s", "Model Number,TDS2024", "Note,"]
    lines = rows(after=",").splitlines()
    return "\n".join(f"{facts[k] if k < len(facts) else ','},,{line}" for k, line in enumerate(lines)) + "\n"


FORMATS = {
    "tektronix beside": tektronix_beside(),
    "tektronix above": "Model,MSO24\nFirmware Version,1.26\n\nWaveform Type,ANALOG\nHorizontal Units,s\n"
    f"Sample Interval,{DT}\nRecord Length,{N}\nVertical Units,V\nLabel,\nTIME,CH1\n" + rows(),
    "tektronix, rounded": f"Model,DPO\nSample Interval,{DT}\nTIME,CH1\n" + rows(digits=1),
    "keysight": "x-axis,1\nsecond,Volt\n" + rows(),
    "infiniium": f"Revision:,0\nType:,raw\nPoints:,{N}\nXInc:,{DT}\nXOrg:,-2e-7\nData:\n" + rows(),
    "lecroy": f"LECROYWR204M,51184,Waveform\nSegments,1,SegmentSize,{N}\nSegment,TrigTime,TimeSinceSegment1\n"
    "#1,22-Jan-2030 11:35:11,0\nTime,Ampl\n" + rows(),
    "rigol, numbered": f"X,CH1,Start,Increment,\nSequence,Volt,-2.0e-07,{DT:e},\n"
    + "".join(f"{k},{v:.6f},\n" for k, v in enumerate(V)),
    "rigol, timed": f"Time(s),CH1(V),t0 = -2e-07, tInc = {DT},\n" + rows(after=","),
    "siglent": f"Record Length,Analog:{N}\nSample Interval,Analog:{DT}\nSource,CH1\nSecond,Volt\n" + rows(),
    "picoscope": "Time,Channel A\n(ns),(V)\n\n" + rows(times=T * 1e9),
    "blanks": rows(mark="   "),
    "blanks and a remark": "# time value\n" + rows(mark=" "),
    "tabs, no header": rows(mark="\t"),
    "decimal commas": "Zeit (ns);CH1\n" + rows(mark=";", times=T * 1e9, decimal=","),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("plain") / "a.csv"
    path.write_text("time,value\n" + rows())
    return fit(read_measured(path)).devices[0].estimates


@pytest.mark.parametrize("name", FORMATS)
def test_every_instrument_gives_the_fit_of_the_bare_samples(name, plain, tmp_path):
    (tmp_path / "scope.csv").write_text(FORMATS[name])
    found = fit(read_measured(tmp_path / "scope.csv"))
    assert found.devices[0].n_samples == N - 1 and found.kind == "traces"
    for key, estimate in plain.items():
        assert found.devices[0].estimates[key].value == pytest.approx(estimate.value, rel=1e-6)


def test_an_interval_takes_the_place_of_rounded_times(plain, tmp_path):
    (tmp_path / "a.csv").write_text("TIME,CH1\n" + rows(digits=1))
    with pytest.raises(InputError, match="if times are rounded, give --interval"):
        read_measured(tmp_path / "a.csv")
    found = fit(read_measured(tmp_path / "a.csv", Reading(interval_s=DT)))
    assert found.devices[0].estimates["tau"].value == pytest.approx(plain["tau"].value, rel=1e-6)
    (tmp_path / "b.csv").write_text("\n".join(f"{v:.6f}" for v in V))  # values alone
    alone = fit(read_measured(tmp_path / "b.csv", Reading(interval_s=DT)))
    assert alone.devices[0].estimates["tau"].value == pytest.approx(plain["tau"].value, rel=1e-6)


def test_channels_and_files_are_devices(tmp_path):
    second, trigger = values(seed=2), np.linspace(0, 1, N)
    lines = [f"{t:e},{a:.6f},{b:.6f},{c:.6f}" for t, a, b, c in zip(T, V, second, trigger, strict=True)]
    for name in ("left", "right"):
        (tmp_path / f"{name}.csv").write_text("TIME,CH1,CH2,TRIG\n" + "\n".join(lines))
    paths = [tmp_path / "left.csv", tmp_path / "right.csv"]
    with pytest.raises(InputError, match=r"device TRIG: .*name those to use: --columns"):
        read_measured(paths[0])
    how = Reading(columns=["time", "ch2"])
    assert [d.name for d in read_all(paths, how).devices] == ["left", "right"]
    found = fit(read_all(paths, Reading(columns=["TIME", "CH1", "3"])))
    assert [d.name for d in found.devices] == ["left CH1", "left CH2", "right CH1", "right CH2"]
    assert found.file == "left.csv and 1 more"
    with pytest.raises(InputError, match="has no column 'CH9'; its columns are TIME, CH1, CH2, TRIG"):
        read_measured(paths[0], Reading(columns=["TIME", "CH9"]))
    (tmp_path / "sigmoid.csv").write_text("input,p,n\n0,0.5,10\n1,0.9,10\n")
    (tmp_path / "value.csv").write_text("time,value\n" + rows())
    with pytest.raises(InputError, match=r"sigmoid.csv holds sigmoid and value.csv traces"):
        read_all([tmp_path / "value.csv", tmp_path / "sigmoid.csv"], Reading())


def test_records_at_several_inputs_are_one_device_with_its_gain(tmp_path):
    """Three files, each a record at one bias: they give what one file with a column of inputs gives."""
    lines, paths = ["time,value,input_mV"], []
    for k, millivolt in enumerate((-40, 0, 40)):
        value = 0.1 + 0.3 * states(z=0.5 * millivolt / 20, seed=k) + 0.02 * np.random.default_rng(k).standard_normal(N)
        paths.append(tmp_path / f"bias{k}.csv")
        paths[-1].write_text("Second,Volt\n" + "\n".join(f"{i * DT:e},{v:.6f}" for i, v in enumerate(value)))
        lines += [f"{i * DT:e},{v:.6f},{millivolt}" for i, v in enumerate(value)]
    (tmp_path / "one.csv").write_text("\n".join(lines))
    wanted = fit(read_measured(tmp_path / "one.csv", Reading(input_scale="20 mV")))
    how = Reading(inputs=["-40 mV", "0 V", "40mV"], input_scale="20 mV")
    found = fit(read_all(paths, how))
    assert len(found.devices) == 1 and found.separable and found.input_unit == "V"
    for key, estimate in wanted.headline.items():
        assert found.headline[key].value == pytest.approx(estimate.value, rel=1e-6)
    assert near(found.headline["gain"], 0.5) and near(found.headline["tau"], TAU)
    for inputs, words in (
        (["1 V"], "3 files need as many inputs, got 1"),
        (["1 V", "2 A", "3"], "all in volts or all in amperes"),
    ):
        with pytest.raises(InputError, match=words):
            read_all(paths, Reading(inputs=inputs))
    with pytest.raises(InputError, match="that state no input"):
        read_all([tmp_path / "one.csv"] * 3, how)


def test_a_threshold_tells_states(tmp_path, plain):
    (tmp_path / "a.csv").write_text(FORMATS["keysight"])
    device = read_measured(tmp_path / "a.csv", Reading(threshold=0.25)).devices[0]
    assert device.state.tolist() == states().tolist() and "above 0.25, as given" in device.notes[0]
    with pytest.raises(InputError, match="every sample is at or below the threshold 3"):
        read_measured(tmp_path / "a.csv", Reading(threshold=3.0))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("TIME,CH1\n0,1\n1,2\nx,3\n2,4\n", "row 4 has no number in each column, as row 2 has; got 'x, 3'"),
        ("X,CH1\nSequence,Volt\n0,1\n1,2\n", "samples are numbered, and no increment is stated: give --interval"),
        ("TIME\n0\n1\n", "has a time and no other column"),
        ("TIME,CH1\n0,1\n1,nan\n", "row 3: CH1 must be a finite number"),
    ],
)
def test_what_is_no_record_is_refused(text, words, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        read_measured(tmp_path / "a.csv")


def test_a_table_whose_first_column_is_no_time_is_no_record():
    assert read_record("a", "voltage,current\n1,2\n", columns=None, needs_time=True) is None


# dwell times --------------------------------------------------------------------------------------------------------


def dwells(z, n=2000, seed=5):
    rng = np.random.default_rng(seed)
    return rng.exponential(TAU * np.exp(z), n), rng.exponential(TAU * np.exp(-z), n)


def near(estimate, truth, sigmas=4.0):
    return abs(estimate.value - truth) < sigmas * estimate.error and estimate.low < estimate.value < estimate.high


def test_a_list_and_a_histogram_of_dwell_times_give_both_exponentials(tmp_path):
    plus, minus = dwells(0.4)
    text = "dwell_plus_ns,dwell_minus_ns\n" + "\n".join(
        f"{a * 1e9:.6f},{b * 1e9:.6f}" for a, b in zip(plus, minus, strict=True)
    )
    (tmp_path / "list.csv").write_text(text + "\n12.5,\n")  # lists may differ in length
    lines = ["dwell_ns,count,state"]
    for name, times in (("high", plus), ("low", minus)):
        counts, edges = np.histogram(times, np.arange(2e-9, times.max() + 2e-9, 2e-9))  # below 2 ns nothing is seen
        lines += [f"{at * 1e9 + 1:.3f},{n},{name}" for at, n in zip(edges, counts, strict=False)]
    (tmp_path / "histogram.csv").write_text("\n".join(lines))
    for name in ("list", "histogram"):
        found = fit(read_measured(tmp_path / f"{name}.csv"))
        estimates = found.devices[0].estimates
        assert found.law_name == "arrhenius" and found.kind == "dwell times" and found.law.p > 1e-3
        assert near(estimates["tau"], TAU) and near(estimates["offset"], 0.4)
        assert near(estimates["dwell_plus"], TAU * np.exp(0.4)) and near(estimates["dwell_minus"], TAU * np.exp(-0.4))
    assert estimates["tau"].error / TAU == pytest.approx(1 / np.sqrt(2 * 2000), rel=0.25)


def test_the_error_of_a_mean_is_what_repeated_measurements_scatter_by():
    from hwsim.cell.dwells import Dwells

    rng, means, errors = np.random.default_rng(3), [], []
    for _ in range(400):
        counts, edges = np.histogram(rng.exponential(1.0, 200), np.arange(0.5, 12, 0.5))
        found = Dwells(time_s=edges[:-1], count=counts.astype(float), width_s=0.5)
        means.append(found.mean_s)
        errors.append(found.relative_error)
    assert np.mean(means) == pytest.approx(1.0, abs=4 * np.std(means) / 20)
    assert np.std(means) == pytest.approx(np.mean(errors), rel=4 / np.sqrt(2 * 400))


def test_dwell_times_of_one_length_are_no_exponential(tmp_path):
    (tmp_path / "a.csv").write_text("dwell,state\n" + "".join(f"1e-8,{k % 2}\n" for k in range(200)))
    found = fit(read_measured(tmp_path / "a.csv"))
    assert found.law.p < 1e-6 and any("not those of one exponential" in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dwell\n1e-9\n", "dwell times are in dwell and state, or in dwell_plus and dwell_minus; found dwell"),
        ("dwell,state\n1e-9,2\n", r"row 2: state must be \+1 or -1"),
        ("dwell,state\n" + "1e-9,1\n" * 9, "no dwell times in -1; both states are needed"),
        ("dwell_plus,dwell_minus\n" + "1e-9,1e-9\n" * 3, "3 dwell times are too few"),
        ("dwell_plus,dwell_minus\n" + "0,1e-9\n" * 9, "dwell times must be > 0"),
        ("dwell,state,count\n1,1,5\n2,1,5\n4.5,1,5\n", "bins of a histogram must be equally wide"),
        ("dwell,state,count\n1,1,5\n2,1,0\n3,1,0\n", "all dwells are in one bin"),
    ],
)
def test_wrong_dwell_times_are_refused(text, words, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        read_measured(tmp_path / "a.csv")


# cards --------------------------------------------------------------------------------------------------------------


def sigmoid(path, gain=1.0, offset=0.0, n=20000):
    x = np.linspace(-2, 2, 9)
    ones = np.random.default_rng(4).binomial(n, (1 + np.tanh(gain * (x + offset))) / 2)
    path.write_text("input,ones,n\n" + "".join(f"{a},{k},{n}\n" for a, k in zip(x, ones, strict=True)))
    return path


def test_a_histogram_a_sigmoid_and_a_datasheet_line_are_three_ways_to_one_card(tmp_path):
    """One device, tau 10 ns, middle at zero input: each card has its law, gain, offset and tau, within 4 sigma."""
    from hwsim.chip.library import pbit_chip

    plus, minus = dwells(0.0)
    (tmp_path / "d.csv").write_text(
        "dwell_plus,dwell_minus\n" + "\n".join(f"{a},{b}" for a, b in zip(plus, minus, strict=True))
    )
    fits = {"dwells": fit(read_measured(tmp_path / "d.csv"))}
    fits["sigmoid"] = fit(read_measured(sigmoid(tmp_path / "s.csv")), law_name="arrhenius", tau_s=10e-9)
    for name, found in fits.items():
        (tmp_path / f"{name}.toml").write_text(card_text(found, name))
    line = '{ value = "10 ns", source = "datasheet", grade = "datasheet" }'
    limit = '{ value = 5.0, source = "as hwsim fit", grade = "assumed" }'
    (tmp_path / "sheet.toml").write_text(
        f'name = "sheet"\ntitle = "t"\nsummary = "s"\nclock = "poisson"\nlaw = "arrhenius"\n'
        f"[parameters]\ntau = {line}\ninput_limit = {limit}\n"
    )
    sheet, *others = (pbit_chip(str(tmp_path / f"{name}.toml")).pbit for name in ("sheet", *fits))
    for pbit, found in zip(others, fits.values(), strict=True):
        assert (pbit.law, pbit.input_limit) == (sheet.law, sheet.input_limit)
        for key, value in (("gain", pbit.gain), ("offset", pbit.offset), ("tau", pbit.tau_s)):
            error = found.headline[key].error if key in found.headline else 1e-12
            assert abs(value - {"gain": 1.0, "offset": 0.0, "tau": sheet.tau_s}[key]) < 4 * error


def test_tau_and_law_are_asked_for_only_where_the_data_show_none(tmp_path, plain):
    (tmp_path / "a.csv").write_text(FORMATS["keysight"])
    trace = read_measured(tmp_path / "a.csv")
    with pytest.raises(InputError, match=r"a.csv shows the tau of its devices: leave --tau out"):
        fit(trace, tau_s=1e-9)
    with pytest.raises(InputError, match="traces are fitted with the law arrhenius"):
        fit(trace, law_name="heat-bath")
    with pytest.raises(InputError, match="law must be one of heat-bath, arrhenius, low-barrier, got 'linear'"):
        fit(trace, law_name="linear")
    found = fit(read_measured(sigmoid(tmp_path / "s.csv")), tau_s=3e-9)
    text = card_text(found, "mine")
    assert 'law = "heat-bath"' in text and '"3 ns"' in text and "[missing]" not in text


def test_biased_to_zero_input_the_mean_offset_goes_and_the_spread_stays(tmp_path):
    rng, lines = np.random.default_rng(8), ["device,input,ones,n"]
    for k in range(8):
        offset = 0.7 + 0.3 * rng.standard_normal()
        for x in np.linspace(-3, 2, 9):
            lines.append(f"d{k},{x},{rng.binomial(5000, (1 + np.tanh(1.3 * (x + offset))) / 2)},5000")
    (tmp_path / "many.csv").write_text("\n".join(lines))
    found = fit(read_measured(tmp_path / "many.csv"))
    moved = at_zero_input(found)
    assert abs(found.headline["offset"].value - 0.7) < 0.5 and moved.headline["offset"].value == 0.0
    assert moved.spread == found.spread and moved.headline["gain"] == found.headline["gain"]
    before, after = ([d.estimates["offset"].value for d in f.devices] for f in (found, moved))
    assert np.diff(before) == pytest.approx(np.diff(after)) and abs(np.mean(after)) < 0.05
    assert "is taken off, as the bias of the lab" in card_text(moved, "mine")
    (tmp_path / "die.csv").write_text(devices_text(moved))
    from hwsim.cell.measured_die import read_die

    assert read_die(tmp_path / "die.csv").offset == pytest.approx(after, rel=1e-5)
