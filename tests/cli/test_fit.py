"""``hwsim fit``: a table, JSON, a card and a picture, or one sentence."""

import json
import tomllib

import numpy as np
import pytest

import hwsim
from hwsim.cell.card import si_value
from hwsim.chip.read import load_card
from hwsim.cli.main import main


def write(path, columns):
    rows = zip(*columns.values(), strict=True)
    path.write_text("\n".join([",".join(columns), *(",".join(str(v) for v in row) for row in rows)]) + "\n")
    return str(path)


def sigmoid_columns(n_devices=4, header="input"):
    rng = np.random.default_rng(1)
    x = np.tile([-1.0, -0.5, 0.0, 0.5, 1.0], n_devices)
    device = np.repeat([f"d{k}" for k in range(n_devices)], 5)
    gain = np.repeat(1.5 * (1 + 0.2 * rng.standard_normal(n_devices)), 5)
    ones = rng.binomial(500, (1 + np.tanh(gain * (x + 0.1))) / 2)
    return {"Device": device, header: x, "ONES": ones, "n": np.full(x.size, 500)}


def chain(n=400, rho=0.7, inputs=(-0.5, 0.0, 0.5)):
    """(input, state) of a chain that draws a new state now and then."""
    rng = np.random.default_rng(2)
    x = np.repeat(inputs, n)
    drawn = (rng.random(x.size) < (1 + np.tanh(x + 0.1)) / 2).astype(int)
    fresh = rng.random(x.size) > rho
    fresh[0] = True
    return x, drawn[np.maximum.accumulate(np.where(fresh, np.arange(x.size), 0))]


def trace_columns():
    x, state = chain()
    value = 0.3 + 0.5 * state + 0.03 * np.random.default_rng(3).standard_normal(x.size)
    return {"time_ns": 10 * np.arange(x.size), "value": value.round(4), "input": x}


def bit_columns():
    x, state = chain()
    return {"bit": 2 * state - 1, "input": x}


KINDS = {"sigmoid": (sigmoid_columns, []), "traces": (trace_columns, []), "bits": (bit_columns, ["--interval", "10ns"])}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_a_table_json_a_card_and_a_picture(kind, tmp_path, capsys):
    columns, options = KINDS[kind]
    data = write(tmp_path / "data.csv", columns())
    files = {name: tmp_path / f"mine.{name}" for name in ("json", "png", "toml")}
    arguments = [
        data,
        *options,
        "--json",
        str(files["json"]),
        "--figure",
        str(files["png"]),
        "--card",
        str(files["toml"]),
    ]
    assert main(["fit", *arguments]) == 0
    out = capsys.readouterr().out
    assert "95 % low" in out and "tanh law: chi-square" in out and "no input scale was given" in out
    assert files["png"].stat().st_size > 10_000
    facts = json.loads(files["json"].read_text())
    assert facts["kind"] == kind and facts["law_test"]["p"] > 1e-3
    for estimate in facts["estimates"].values():
        assert estimate["low"] < estimate["value"] < estimate["high"]

    card = tomllib.loads(files["toml"].read_text())
    parameters = card["parameters"]
    assert card["name"] == "mine" and card["law"] == ("arrhenius" if kind == "traces" else "heat-bath")
    assert set(parameters) == {"gain", "offset"} | (
        {"gain_dtod", "offset_dtod"}
        if kind == "sigmoid"
        else {"tau"} | ({"input_limit"} if kind == "traces" else set())
    )  # one device shows no spread, a sigmoid shows no time
    assert ("missing" in card) is (kind == "sigmoid")
    assert parameters["gain"]["value"] == pytest.approx(facts["estimates"]["gain"]["value"], rel=1e-5)
    assert "fit of data.csv by hwsim fit, 95 % interval" in parameters["gain"]["source"]
    for key, quantity in parameters.items():
        assert quantity["grade"] == ("assumed" if key == "input_limit" else "measured")
    if "tau" in parameters:
        assert si_value("tau", parameters["tau"]["value"]) == pytest.approx(
            facts["estimates"]["tau_s"]["value"], rel=1e-5
        )
    loaded = load_card(files["toml"], "pbit")
    assert {k: q.value for k, q in loaded.parameters.items()} == {k: q["value"] for k, q in parameters.items()}


def test_json_to_standard_output_is_all_there_is(tmp_path, capsys):
    assert main(["fit", write(tmp_path / "a.csv", sigmoid_columns()), "--json", "-"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["n_devices"] == 4 and [d["device"] for d in facts["devices"]] == ["d0", "d1", "d2", "d3"]
    assert facts["spread"]["gain_dtod"]["low"] >= 0


def test_a_fit_shows_its_times_in_a_unit(tmp_path):
    (tmp_path / "d.csv").write_text("dwell_ns,state\n" + "5,high\n9,low\n2,high\n4,low\n" * 5)
    assert "dwell_plus   3.5 ns [" in repr(hwsim.fit(tmp_path / "d.csv"))


def test_fewer_than_three_devices_show_no_spread_and_it_is_said(tmp_path, capsys):
    assert main(["fit", write(tmp_path / "a.csv", sigmoid_columns(2))]) == 0
    out = capsys.readouterr().out
    assert "gain_dtod" not in out and "needs at least 3" in out


def test_p_mean_and_ones_are_the_same_measurement(tmp_path, capsys):
    columns = sigmoid_columns(1)
    found = []
    ones = columns.pop("ONES") / 500
    for name, values in (("p", ones), ("mean", 2 * ones - 1), ("ones", 500 * ones)):
        main(["fit", write(tmp_path / "a.csv", columns | {name: values}), "--json", "-"])
        found.append(json.loads(capsys.readouterr().out)["estimates"]["gain"]["value"])
    assert found == pytest.approx([found[0]] * 3, rel=1e-9)


def test_an_input_scale_makes_the_gain_dimensionless(tmp_path, capsys):
    plain = write(tmp_path / "a.csv", sigmoid_columns(1))
    volts = write(tmp_path / "b.csv", sigmoid_columns(1, header="input_mV"))
    gains = []
    for arguments in ([plain], [plain, "--input-scale", "0.5"], [volts, "--input-scale", "0.5mV"], [volts]):
        assert main(["fit", *arguments, "--json", "-"]) == 0
        gains.append(json.loads(capsys.readouterr().out)["estimates"]["gain"]["value"])
    assert [g / gains[0] for g in gains] == pytest.approx([1, 0.5, 0.5, 1000], rel=1e-6)


def test_the_unit_of_the_time_is_read_from_the_header_and_blocks_may_start_their_own_time(tmp_path, capsys):
    columns = trace_columns()
    found = []
    for name, size in (("time_ns", 1), ("TIME", 1e-9), ("time_us", 1e-3)):
        time = columns["time_ns"] % 4000 * size
        main(
            [
                "fit",
                write(tmp_path / "a.csv", {name: time} | {k: columns[k] for k in ("value", "input")}),
                "--json",
                "-",
            ]
        )
        found.append(json.loads(capsys.readouterr().out)["estimates"]["tau_s"]["value"])
    assert found == pytest.approx([found[0]] * 3, rel=1e-6)


def test_bits_that_do_not_bound_the_interval_give_a_card_that_says_it_is_assumed(tmp_path):
    bits = np.random.default_rng(4).integers(2, size=300)
    data, card = write(tmp_path / "a.csv", {"bit": bits}), tmp_path / "c.toml"
    assert main(["fit", data, "--interval", "5ns", "--card", str(card)]) == 0
    parameters = tomllib.loads(card.read_text())["parameters"]
    assert parameters["tau"] | {"source": ""} == {"value": "5 ns", "source": "", "grade": "assumed"}
    assert parameters["gain"]["grade"] == "assumed"


S = "input,p,n\n0,0.5,10\n"
T = "time,value\n"
REFUSALS = {
    "": "is empty",
    "\n\n": "is empty",
    "input,p,n\n": "no rows",
    "voltage,current\n1,2\n": "no known kind",
    "input,p\n0,0.5\n": "needs a column n",
    "p,n\n0.5,10\n": "needs a column input",
    "value\n1\n": "need a column time",
    "0.41\n0.40\n0.12\n": "is one column of samples without times: give their --interval, such as 1ns",
    "input,p,mean,n\n0,0.5,0,10\n": "both p and mean",
    "input,bit,value\n0,1,1\n": "both bit and value",
    "time,time_ns,value\n0,0,1\n": "both time and time_ns",
    "input,input,p,n\n0,0,0.5,10\n": "two columns named 'input'",
    S + "1,nan,10\n": "row 3: p must be a finite number, got 'nan'",
    S + "\n# a remark\n1,high,10\n": "row 5: p must be a finite number, got 'high'",
    S + "1,,10\n": "row 3: p must be a finite number, got ''",
    S + "1,inf,10\n": "row 3",
    S + "1,0.5\n": "row 3 has 2 values",
    S + "1,1.2,10\n": "row 3: p must be between 0 and 1, got 1.2",
    S + "1,-0.1,10\n": "row 3: p must be between 0 and 1",
    "input,mean,n\n0,0,10\n1,-1.5,10\n": "row 3: mean must be between -1 and 1",
    "input,ones,n\n0,5,10\n1,12,10\n": "row 3: ones must be between 0 and n = 10",
    S + "1,0.5,0\n": "row 3: n must be > 0",
    S + "0,0.6,10\n": "at least two inputs",
    "input,p,n\n0,0,10\n1,0,10\n": "every sample is -1",
    "input,p,n\n0,0,10\n1,1,10\n": "perfect step",
    "device,input,p,n\nA,0,0.4,10\nA,1,0.6,10\n ,1,0.6,10\n": "row 4 has an empty device",
    "bit\n0\n1\n2\n": "row 4: bit must be 0 or 1",
    "bit\n1\n1\n1\n": "every bit is 1",
    "time,bit\n0,1\n1,0\n1,1\n": "row 4: time must increase",
    T + "0,1\n1,0\n1,1\n": "row 4: time must increase",
    T + "0,1\n1,1\n2,1\n": "one level only",
    T + "0,1\n": "one level only",
    T + "0,0\n1,1\n5,0\n7,1\n20,0\n": "evenly spaced",
    T + "0,0\n1,0\n2,0\n3,1\n4,1\n5,1\n": "1 changes of state are too few, a dwell time needs at least 5",
    "time,value,input\n0,0,1\n1,1,2\n2,0,3\n": "changes in every row",
    'input,p,n\n0,"0.5,10\n': "",
}


@pytest.mark.parametrize("text, words", REFUSALS.items())
def test_a_malformed_file_is_refused_in_one_sentence(text, words, tmp_path, capsys):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    assert main(["fit", str(path), "--card", str(tmp_path / "c.toml"), "--figure", str(tmp_path / "f.png")]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    assert captured.err.startswith("hwsim: error: bad.csv: ") and words in captured.err
    assert [p.name for p in tmp_path.iterdir()] == ["bad.csv"]


@pytest.mark.parametrize(
    "options, words",
    [
        (["--interval", "5ns"], "an interval is for bits"),
        (["--input-scale", "50mV"], "plain number"),
        (["--input-scale", "0"], "must be > 0"),
        (["--card", "mine.json"], "end in .toml"),
        (["--figure", "mine.jpeg"], "end in .png"),
        (["--card", "nosuchfolder/mine.toml"], "cannot write"),
    ],
)
def test_a_bad_option_is_refused_in_one_sentence(options, words, tmp_path, capsys):
    data = write(tmp_path / "a.csv", sigmoid_columns())
    assert main(["fit", data, *options]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1


def test_binary_and_absent_files_are_refused(tmp_path, capsys):
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    for name in ("a.csv", "none.csv", "."):
        assert main(["fit", str(tmp_path / name)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_falling_sigmoid_is_fitted_but_no_card_takes_it(tmp_path, capsys):
    columns = sigmoid_columns(1)
    data = write(tmp_path / "a.csv", columns | {"input": -columns["input"]})
    assert main(["fit", data]) == 0
    assert main(["fit", data, "--card", str(tmp_path / "c.toml")]) == 2
    assert "gain > 0" in capsys.readouterr().err
