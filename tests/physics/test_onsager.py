"""The 64 x 64 Ising magnet against Onsager and Yang, at three temperatures."""

import numpy as np
import pytest

from hwsim.analysis.exact_laws import onsager_magnetisation
from hwsim.anneal import constant
from hwsim.chip.library import chip
from hwsim.mapping.compile import compile as compile_program
from hwsim.problem.generate import generate
from hwsim.session import run


@pytest.mark.parametrize("beta", [0.5, 0.6, 0.7])
def test_the_spontaneous_magnetisation_is_onsagers(beta):
    program = compile_program(generate("ising2d:L=64"), chip("generic-all-to-all", clock="chromatic", tau="1 ns"))
    # started ordered, as the law is for the ordered phase; a quench from disorder would freeze into stripes
    start = np.ones((64, program.n_pbits), dtype=np.int8)
    result = run(program, anneal=constant(beta, "300 ns"), reads=64, schedules=1, seed=4, initial_states=start)
    magnetisation = np.abs(result.states.mean(axis=1))  # one sample per independent read
    error = magnetisation.std(ddof=1) / 8
    assert abs(magnetisation.mean() - onsager_magnetisation(beta)) < 4 * error
    assert abs(magnetisation.mean() - onsager_magnetisation(beta - 0.02)) > 4 * error  # the control
