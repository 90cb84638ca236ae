"""Arguments that commands share: typed, checked once, named in the refusal."""

import argparse
import re
from pathlib import Path

import pytest

from hwsim.cli import options
from hwsim.cli.main import main, parser


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (options.whole("reads", least=1), " 12 ", 12),
        (options.quantity("limit"), "1e-3", 1e-3),
        (options.time("tau"), "5 ns", 5e-9),
        (options.quantity("host-power", "power", above_zero=True), "15W", 15.0),
        (options.several(options.time("delay")), "0s, 5ns", [0.0, 5e-9]),
        (options.several(options.chain_strength), "0.5,torque", [0.5, "torque"]),
        (options.clock, "poisson", "poisson"),
        (options.engine, "lanes", "lanes"),
        (options.clamps, "v0=1, v1=-1", {"v0": 1, "v1": -1}),
        (options.stream_out, "-", "-"),
    ],
)
def test_a_type_makes_a_value(kind, text, value):
    assert kind(text) == value


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        (options.whole("reads", least=1), "many", "reads must be a whole number, got 'many'"),
        (options.whole("reads", least=1), "0", "reads must be >= 1, got 0"),
        (options.quantity("limit"), "x", "limit must be a number, got 'x'"),
        (options.quantity("limit"), "inf", "limit must be a number, got 'inf'"),
        (options.time("tau"), "5", "tau must be a time with a unit such as '5 ns', got '5'"),
        (options.time("time", above_zero=True), "0s", "time must be > 0, got 0s"),
        (options.clock, "sundial", "clock must be one of"),
        (options.engine, "warp", "engine must be one of auto, bitplanes, dense, lanes, reference, got 'warp'"),
        (options.one_chain_strength("compile"), "1,2", "compile takes one --chain-strength"),
        (options.clamps, "v0=2", "--clamp takes V=S with S of -1, 0 or 1, got 'v0=2'"),
        (options.file_out, "/nowhere/x.json", "there is no folder /nowhere"),
        (options.picture, "x.bmp", "a figure must end in"),
    ],
)
def test_a_type_refuses_with_a_sentence_that_argparse_leaves_alone(kind, text, sentence):
    with pytest.raises(options.UsageError) as refusal:
        kind(text)
    assert sentence in str(refusal.value) and not isinstance(refusal.value, ValueError)


def test_what_changes_a_card_is_collected_as_keywords():
    line = ["run", "karate", "--set", "noise-white=0.1", "--set", "noise_white=0.2", "--tau", "2ns", "--dac-bits", "4"]
    arguments = parser().parse_args([*line, "--without", "delay,gain-spread", "--clock", "chromatic"])
    assert arguments.card == {
        "noise_white": "0.2",
        "tau": 2e-9,
        "dac_bits": 4,
        "without": ["delay", "gain-spread"],
        "clock": "chromatic",
    }
    assert parser().parse_args(["run", "karate"]).card == {}


@pytest.mark.parametrize("order", [1, -1])
def test_a_parameter_is_given_once(order, capsys):
    pairs = [["--tau", "1ns"], ["--set", "tau=2ns"]][::order]
    assert main(["run", "karate", *pairs[0], *pairs[1]]) == 2
    assert capsys.readouterr().err == "hwsim: error: tau is given twice, by --tau and --set tau\n"


def leaves(top, name=""):
    """(command, parser) of every command."""
    below = [action for action in top._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        return [(name.strip(), top)]
    return [leaf for sub in below for word, one in sub.choices.items() for leaf in leaves(one, f"{name} {word}")]


@pytest.mark.parametrize("name", dict(leaves(parser())))
def test_an_option_is_typed_and_has_a_word_of_help(name):
    command = dict(leaves(parser()))[name]
    for action in command._actions:
        assert action.help, f"{name} {action.dest}"
        if isinstance(action.default, str) and action.type is not None:
            action.type(action.default)  # a default in words is a good value
    shared = {"--reads", "--seed", "--die-seed", "--threads", "--json", "--chip", "--engine", "--tau", "--plot"}
    for action in command._actions:
        for option in shared & set(action.option_strings):
            assert action.type is not None or option == "--chip", f"{name} {option} is not typed"


def test_a_command_has_no_option_that_it_does_not_use():
    options_of = {name: {o for a in one._actions for o in a.option_strings} for name, one in leaves(parser())}
    assert "--vcd" not in options_of["blame"] and {"--vcd"} <= options_of["run"] & options_of["compare"]
    assert all(
        "--json" in given for name, given in options_of.items() if name not in ("merge", "chip generic", "chip new")
    )


def test_commands_compute_nothing():
    """Commands compute nothing: a command reads its arguments, calls a function, and gives the result."""
    folder = Path(options.__file__).parent
    imports = re.compile(r"^\s*(import|from) numpy", re.M)
    assert not [path.name for path in folder.glob("*.py") if imports.search(path.read_text())]
