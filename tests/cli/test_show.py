"""``hwsim show``: cards, measured devices, refusals."""

import json

import pytest

from hwsim.chip.library import list_chips, list_modes, list_pbits
from hwsim.cli.main import main


@pytest.mark.parametrize("name", sorted({card.name for card in [*list_chips(), *list_pbits(), *list_modes()]}))
def test_every_card_can_be_shown(name, capsys):
    if name.startswith("dwave"):
        pytest.importorskip("dwave.graphs")
    assert main(["show", name]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{name} (") and "grade" in shown
    assert max(len(line) for line in shown.splitlines()) <= 100


def test_a_card_with_its_measurement_as_json_and_picture(tmp_path, capsys):
    out, plot = tmp_path / "s.json", tmp_path / "s.png"
    assert main(["show", "wobblybits", "--json", str(out), "--plot", str(plot)]) == 0
    assert "measured by emulation" in capsys.readouterr().out
    facts = json.loads(out.read_text())
    assert facts["parameters"]["weight_bits"]["si_value"] == 8 and facts["missing"]["silicon"]["ask"]
    assert facts["measured"] and facts["machine"]["faults"]["law"] == "shape of the response"
    assert plot.stat().st_size > 10_000


def test_what_nobody_has_published_is_shown_with_who_would_know(capsys):
    assert main(["show", "extropic-z1"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "269568 sites" in shown and "power of the idle chip" in shown and "Extropic" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["wobblybit"], "did you mean wobblybits"),
        (["nosuch.toml"], "cannot read"),
        (["ideal-poisson", "--plot", "x.bmp"], "png"),
        (["ideal-poisson", "--seed", "many"], "seed"),
        (["generic-rlc", "--measure"], "hwsim thermo inverse A.npy --machine generic-rlc runs it"),
    ],
)
def test_bad_input_is_one_sentence(arguments, said, capsys):
    assert main(["show", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
