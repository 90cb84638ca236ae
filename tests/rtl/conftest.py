"""Machines for the tests of RTL, and simulators: a test skips where its tool is missing, and says which."""

import shutil

import pytest
from glasses import random_glass

import hwsim


def _needs(tool):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed: apt-get install {tool}")
    return tool


@pytest.fixture
def iverilog():
    return _needs("iverilog")


@pytest.fixture
def verilator():
    return _needs("verilator")


@pytest.fixture
def yosys():
    return _needs("yosys")


@pytest.fixture(scope="session")
def glass():
    """48 p-bits of degree 4 with biases, on the generic chip with a good source."""
    chip = hwsim.chip("generic-sparse", random_source="xorshift32", weight_limit=511)
    return hwsim.compile(random_glass(48, 4, biased=True), chip)
