"""The tour: the notebook runs from top to bottom, and what it shows is short and is what it shows today."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOUR = ROOT / "examples" / "tour.ipynb"
LONGEST = 700
"""Characters of a text output that a reader takes in at once."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The cells of the notebook, run in an empty folder, and those on file."""
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    on_file, fresh = (nbformat.read(TOUR, as_version=4) for _ in range(2))
    where = {"metadata": {"path": str(tmp_path_factory.mktemp("tour"))}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
        client.NotebookClient(fresh, timeout=300, kernel_name="python3", resources=where).execute()
    return fresh.cells, on_file.cells


def texts(cell):
    """The text of each output of a code cell, without the times of this computer."""
    found = [out.get("text", out.get("data", {}).get("text/plain", "")) for out in cell.get("outputs", ())]
    return [re.sub(r"[\d.]+ updates/ns|host .*", "#", text) for text in found]


def test_every_output_is_what_it_was(ran):
    fresh, on_file = ran
    assert [texts(cell) for cell in fresh] == [texts(cell) for cell in on_file]


def test_every_output_is_short_enough_to_read(ran):
    assert all(len(text) < LONGEST for cell in ran[0] for text in texts(cell))


def test_it_shows_pictures_and_a_form_for_notebooks(ran):
    kinds = [kind for cell in ran[0] for out in cell.get("outputs", ()) for kind in out.get("data", {})]
    assert kinds.count("image/png") >= 4
    assert kinds.count("text/html") >= 6
