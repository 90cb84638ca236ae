"""The provenance record: its fields, and that pictures carry it."""

import json
import platform
import re
from html import unescape

import numpy as np
import pytest
from PIL import Image

from hwsim import __version__, constant, linear
from hwsim.program import content_hash
from hwsim.report.figure import energy_against_time
from hwsim.report.provenance import Provenance, provenance
from hwsim.streams import NOISE_VERSION

CURVE = {"label": "poisson", "times_s": np.linspace(0, 1e-6, 5), "energies": -np.outer(np.arange(5), np.ones(3))}
MADE = provenance(command="hwsim run 'a b' --seed 3", seed=3, anneal=linear(0.1, 2.0, "1 us"), programs=["ab12"])


def test_the_record_holds_versions_command_seed_beta_and_programs():
    facts = MADE.facts()
    assert facts["hwsim"] == __version__ and facts["noise"] == NOISE_VERSION
    assert facts["python"] == platform.python_version() and facts["numpy"] == np.__version__
    assert re.match(r"\d+\.\d+", facts["numba"])
    assert facts["command"] == "hwsim run 'a b' --seed 3" and facts["seed"] == 3 and facts["programs"] == ["ab12"]
    first, last = facts["beta"]
    assert first == pytest.approx(0.1, rel=0.02) and last == pytest.approx(2.0, rel=0.02)
    assert provenance(anneal=constant(0.5, "1 us")).beta == (0.5,)
    assert json.loads(json.dumps(facts)) == facts and "date" not in facts


def test_programs_are_named_by_their_content_hash(make_program):
    program = make_program(np.zeros((2, 2)))
    assert provenance(programs=[program]).programs == (content_hash(program),)


def draw(tmp_path, name, made):
    return energy_against_time([CURVE], tmp_path / name, title="x", provenance=made)


@pytest.mark.parametrize("made", [MADE, None])
def test_a_png_carries_the_record(tmp_path, made):
    with Image.open(draw(tmp_path, "a.png", made)) as image:
        assert image.text["Software"] == f"hwsim {__version__}"
        assert json.loads(image.text["Description"]) == (made or Provenance()).facts()


def test_an_svg_carries_the_record(tmp_path):
    text = draw(tmp_path, "a.svg", MADE).read_text()
    described = re.search(r"<dc:description>(.*?)</dc:description>", text, flags=re.S).group(1)
    assert json.loads(unescape(described)) == MADE.facts() and "<dc:date>" not in text


def test_a_pdf_carries_the_record(tmp_path):
    raw = draw(tmp_path, "a.pdf", MADE).read_bytes()
    assert b"/Subject" in raw and b"hwsim run" in raw and b"/CreationDate" not in raw


def test_the_same_command_makes_the_same_picture(tmp_path):
    assert draw(tmp_path, "a.png", MADE).read_bytes() == draw(tmp_path, "b.png", MADE).read_bytes()
