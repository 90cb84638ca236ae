"""The table of laws says what the laws do."""

import numpy as np
import pytest

from hwsim.cell import codes
from hwsim.cell.codes import LAWS
from hwsim.cell.law import response

Z = np.linspace(-4, 4, 401)
PARAMETERS = {"arrhenius": (1.0,), "low-barrier": (0.0, 0.5, 1.0, 2.0, 2.5, 4.0), "p-kit": (0.01, 1.0, 5.0)}
RISING, FALLING = np.array([0.1, 0.4, 0.9]), np.array([0.1, 0.7, 0.5])


def answers(kind, parameter, own, table=RISING):
    """P(+1) at inputs Z, of a p-bit at ``own``."""
    return np.array([response(own, z, kind.code, parameter, 6.0, table, -1.0, 1.0) for z in Z])


@pytest.mark.parametrize("name", LAWS)
def test_a_law_remembers_where_its_answer_depends_on_the_own_state(name):
    kind = LAWS[name]
    for parameter in PARAMETERS.get(name, (1.0,)):
        differs = not np.array_equal(answers(kind, parameter, -1), answers(kind, parameter, 1))
        if parameter > 0:
            assert differs == kind.remembers == bool(codes.remembers(np.array([kind.code]))[0])
    assert bool(codes.has_own_clock(np.array([kind.code]))[0]) == kind.own_clock


@pytest.mark.parametrize("name", LAWS)
def test_a_law_rises_with_the_input_for_the_parameters_that_the_table_says(name):
    kind = LAWS[name]
    for parameter in PARAMETERS.get(name, (1.0,)):
        rising = all(np.all(np.diff(answers(kind, parameter, own)) >= -1e-15) for own in (-1, 1))
        said = bool(codes.rises(np.array([kind.code]), np.array([parameter]))[0])
        assert rising == said or (name == "table" and not said)
    if name == "table":
        assert np.any(np.diff(answers(kind, 1.0, 1, FALLING)) < 0)


def test_codes_count_from_zero_and_one_code_has_one_behaviour():
    assert sorted({kind.code for kind in LAWS.values()}) == list(range(5))
    twins = [(kind.remembers, kind.own_clock, kind.rises) for kind in LAWS.values() if kind.code == codes.RELAXATION]
    assert len(set(twins)) == 1
