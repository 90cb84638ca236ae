"""From a measured record to every command: the card and the die that ``hwsim fit`` writes are accepted."""

import json
from pathlib import Path

import numpy as np
import pytest

from hwsim.cli.main import main

TAU, DT, N, DEVICES = 40e-9, 4e-9, 3000, 8


def record(seed, z):
    """Samples of a telegraph of dwell times TAU exp(+-z)."""
    rng = np.random.default_rng(seed)
    drawn, fresh = rng.random(N) < (1 + np.tanh(z)) / 2, rng.random(N) > np.exp(-2 * np.cosh(z) * DT / TAU)
    fresh[0] = True
    state = drawn[np.maximum.accumulate(np.where(fresh, np.arange(N), 0))]
    return 0.2 + 0.4 * state + 0.03 * rng.standard_normal(N)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(card, die, JSON of the fit) of eight devices, a record of an oscilloscope each."""
    folder = tmp_path_factory.mktemp("lab")
    paths = []
    for k in range(DEVICES):
        value = record(k, 0.3 + 0.1 * np.sin(k))
        lines = (f"{i * DT:.6e},{v:.5f}" for i, v in enumerate(value))
        paths.append(folder / f"mtj{k}.csv")
        paths[-1].write_text("x-axis,1\nsecond,Volt\n" + "\n".join(lines) + "\n")
    files = {name: str(folder / name) for name in ("lab.toml", "die.csv", "fit.json")}
    options = ["--at-zero", "--card", files["lab.toml"], "--devices", files["die.csv"], "--json", files["fit.json"]]
    assert main(["fit", *map(str, paths), *options]) == 0
    return files["lab.toml"], files["die.csv"], json.loads((folder / "fit.json").read_text())


def test_the_fit_is_that_of_the_devices(made):
    _, die, found = made
    assert found["n_devices"] == DEVICES and found["kind"] == "traces"
    tau, taken = found["estimates"]["tau_s"], found["offset_taken_off"]
    assert tau["low"] < TAU < tau["high"] and 0.2 < taken < 0.4 and found["estimates"]["offset"]["value"] == 0
    rows = [line.split(",") for line in Path(die).read_text().splitlines() if not line.startswith("#")]
    assert rows[0] == ["pbit", "device", "offset", "tau_s"] and [row[1] for row in rows[1:]] == [
        f"mtj{k}" for k in range(DEVICES)
    ]
    assert [float(row[3]) for row in rows[1:]] == pytest.approx(
        [device["estimates"]["tau_s"]["value"] for device in found["devices"]], rel=1e-5
    )


PROBLEM = "ring:n=8"
COMMANDS = {
    "run": ["run", PROBLEM, "--reads", "16"],
    "compare": ["compare", PROBLEM, "--reads", "16"],
    "tts": [
        "tts",
        PROBLEM,
        "--clock",
        "own",
        "--time",
        "2us",
        "--reads",
        "32",
        "--schedules",
        "2",
        "--target",
        "exact",
    ],
    "blame": ["blame", PROBLEM, "--dies", "2", "--reads", "16", "--target", "exact"],
    "layout": ["layout", PROBLEM, "--time", "800ns", "--reads", "256"],
    "compile": ["compile", PROBLEM],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_the_card_and_the_die(command, made, capsys):
    card, die, _ = made
    assert main([*COMMANDS[command], "--set", f"pbit={card}", "--set", "input_limit=2", "--die", die]) == 0
    shown = capsys.readouterr().out
    if command in ("run", "compare"):
        assert "flips" in shown and "tau 4" in shown  # 40 ns, as fitted
    if command == "compare":
        assert "left out: synchronous" in shown


def test_studies_take_them_too(made, tmp_path, capsys):
    card, die, _ = made
    own = f'set = {{ pbit = "{card}", die = "{die}", input_limit = 2 }}\ngrid = {{ delay = ["0 ns", "2 ns"] }}\n'
    plan = f'problem = "{PROBLEM}"\nreads = 16\ntime = "1 us"\n{own}stop = {{ max_shards = 1 }}\n'
    (tmp_path / "plan.toml").write_text(plan)
    assert main(["study", str(tmp_path / "plan.toml"), "--store", str(tmp_path / "store")]) == 0
    assert "2 points, 2 shards" in capsys.readouterr().out


def test_the_card_is_shown_measured_and_checked(made, tmp_path, capsys):
    card, _, _ = made
    assert main(["check", card]) == 0
    assert main(["show", card, "--plot", str(tmp_path / "a.png")]) == 0
    assert "law            arrhenius" in capsys.readouterr().out and (tmp_path / "a.png").stat().st_size > 10_000


def test_a_die_too_small_is_refused_in_one_sentence(made, capsys):
    card, die, _ = made
    assert main(["run", "karate", "--set", f"pbit={card}", "--die", die]) == 2
    assert "has rows for 8 p-bits, and the problem needs 34" in capsys.readouterr().err


def test_the_options_of_a_sigmoid_without_times(tmp_path, capsys):
    ones = [40, 120, 260, 400, 470]
    text = "input_mV,ones,n\n" + "".join(f"{20 * k - 40},{n},500\n" for k, n in enumerate(ones))
    (tmp_path / "s.csv").write_text(text)
    card = str(tmp_path / "c.toml")
    options = ["--input-scale", "20mV", "--tau", "8ns", "--law", "arrhenius", "--at-zero", "--card", card]
    assert main(["fit", str(tmp_path / "s.csv"), *options]) == 0
    assert "the offset" in capsys.readouterr().out
    assert main(["run", PROBLEM, "--set", f"pbit={card}", "--set", "input_limit=2", "--reads", "8"]) == 0
    assert "tau 8 ns" in capsys.readouterr().out
    for bad, words in (
        (["--threshold", "1"], "a threshold is for traces; s.csv holds sigmoid"),
        (["--law", "linear"], "law must be one of heat-bath, arrhenius, low-barrier"),
        (["--columns", "input_mV,ones"], ""),
    ):
        assert main(["fit", str(tmp_path / "s.csv"), *bad]) == 2
        error = capsys.readouterr().err
        assert words in error and error.count("\n") == 1
