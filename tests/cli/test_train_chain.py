"""``hwsim train`` and ``hwsim draw`` of a denoising chain: what they print, and refusals of one sentence."""

import json
import tomllib

import numpy as np
import pytest

import hwsim
from hwsim.cli.main import main
from hwsim.learn.denoise import Denoiser

PLAN = """data = "bars-and-stripes:rows=2,columns=2"
chip = "extropic-g8"
[machine]
set = { topology = "offset-torus:6x6" }
[model]
kind = "denoising"
[noise]
steps = 2
[train]
epochs = 30
batch = 6
positive = { warm_up = 3 }
negative = { warm_up = 6 }
[update]
method = "adam"
[penalty]
inputs = 2
chains = 4
looks = 8
[judge]
times = 3
rows = 60
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path


def test_a_chain_is_trained_printed_drawn_and_makes_images(folder, capsys):
    assert main(["train", "plan.toml", "-o", "c.npz", "--plot", "c.png", "--json", "c.json", "--threads", "1"]) == 0
    out = capsys.readouterr().out
    assert "6 rows of 4 bits; chain of 2 machines, 4 visible, 32 hidden units and 144 couplings in each" in out
    document = json.loads((folder / "c.json").read_text())
    assert [row["epoch"] for row in document["rows"]] == [10, 20, 30]
    written = {item["item"]: item["count"] for item in document["bill"]["items"]}["weights written"]
    assert written == 30 * 2 * 36 and "weights written" in out  # steps, machines, p-bits
    assert np.array(document["samples"]).shape == (60, 4) and (folder / "c.png").stat().st_size > 10_000
    assert main(["train", "plan.toml", "-o", "c.npz", "--threads", "1"]) == 0  # there is nothing left to do
    assert capsys.readouterr().out == out
    assert len(Denoiser.load("c.npz").models) == 2
    assert main(["draw", "c.npz", "--reads", "5", "--sweeps", "4", "-o", "drawn.npz"]) == 0
    assert "5 samples of a chain of 2 machines on extropic-g8" in capsys.readouterr().out
    assert np.load("drawn.npz")["x"].shape == (5, 2, 2)
    found = hwsim.train(tomllib.loads(PLAN), threads=1)
    assert found.rows[-1]["autocorrelation"] == document["rows"][-1]["autocorrelation"]
    for options, words in (
        (["--chip", "extropic-g8"], "has no wire between"),
        (["--label", "1"], "the chain has no label units to hold at '1'"),
        (["--clamp", "a=1"], "hold its label with --label, nothing with --clamp"),
    ):
        assert main(["draw", "c.npz", *options]) == 2
        error = capsys.readouterr().err
        assert words in error and "Traceback" not in error


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('kind = "denoising"\nhidden = 3', "model.hidden does not apply to a denoising chain"),
        ('kind = "denoising"\n[penalty]\nrule = "mine"', "penalty.rule must be one of code, paper, none, got 'mine'"),
        ('kind = "denoising"\n[noise]\nrates = 3', "unknown key noise.rates; did you mean noise.rate?"),
        ('kind = "denoising"\n[train]\nepochs = 2\nrule = "cd"', "train.rule does not apply to a denoising chain"),
        (f'kind = "denoising"\n[train]\nepochs = 2\nnegative = {{ looks = {10**15} }}', "take fewer sweeps"),
        ('kind = "denoising"\n[train]\nsteps = 2', "a denoising chain takes train.epochs, a whole number"),
    ],
)
def test_a_plan_of_a_chain_with_a_mistake_is_refused_in_one_sentence(folder, capsys, change, words):
    start = 'data = "bars-and-stripes:rows=2,columns=2"\nchip = "extropic-g8"\n[model]\n'
    end = "" if "[train]" in change else "\n[train]\nepochs = 2"
    (folder / "plan.toml").write_text(start + change + end)
    assert main(["train", "plan.toml"]) == 2
    error = capsys.readouterr().err
    assert words in error and "Traceback" not in error
