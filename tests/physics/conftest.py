"""Shared by the physics tests."""

from collections.abc import Callable

import numpy as np
import pytest

from hwsim.analysis.exact_laws import boltzmann_law, energies, state_index
from hwsim.analysis.fidelity import total_variation, tv_noise_floor, tv_noise_sd


@pytest.fixture
def distance() -> Callable[..., float]:
    """(total variation - noise floor) of final states int8 (reads, n) from a law, in s.d. of the floor."""

    def measure(states: np.ndarray, law: np.ndarray) -> float:
        found = total_variation(state_index(states), law)
        return (found - tv_noise_floor(law, len(states))) / tv_noise_sd(law, len(states))

    return measure


@pytest.fixture
def boltzmann() -> Callable[..., np.ndarray]:
    """The Boltzmann law at beta of the problem that a program was made of."""
    return lambda program, beta: boltzmann_law(energies(*program.problem_network), beta)
