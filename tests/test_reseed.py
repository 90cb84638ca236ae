"""``pytest --reseed``: every worker runs the exact properties from the one seed that is printed, and nothing else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROPERTIES = """
import pytest
from hypothesis import given, settings, strategies as st

@pytest.mark.exact
@pytest.mark.parametrize("number", range(4))
@settings(max_examples=5, derandomize=True)
@given(drawn=st.integers(0, 2**32))
def test_exact(number, drawn):
    with open(f"drawn{number}", "a") as file:
        print(drawn, file=file)

def test_of_statistics():
    assert False
"""


@pytest.fixture
def reseed(tmp_path):
    """Runs the properties above with the options of this suite; returns what was printed and drawn by each."""
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_properties.py").write_text(PROPERTIES)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}

    def of(*options):
        for old in tmp_path.glob("drawn*"):
            old.unlink()
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        return done, [path.read_text() for path in sorted(tmp_path.glob("drawn*"))]

    return of


def test_a_random_seed_is_printed_and_is_the_same_in_every_worker(reseed):
    done, drawn = reseed("-n", "2", "--reseed", "random")
    assert done.returncode == 0 and "4 passed" in done.stdout, done.stdout + done.stderr
    assert drawn == [drawn[0]] * 4 and len(drawn[0].split()) > 5
    seed = re.search(r"--reseed (\d+)", done.stdout)[1]
    assert reseed("--reseed", seed)[1] == drawn
    assert reseed("--reseed", str(int(seed) ^ 1))[1] != drawn


def test_a_seed_that_is_no_number_is_refused_in_one_sentence(reseed):
    done, _ = reseed("-n", "2", "--reseed", "anew")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--reseed must be a number or 'random', got 'anew'" in done.stdout + done.stderr
