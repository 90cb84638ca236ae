"""Cells in a potential beside their law: the plan's defaults, refusals, a stop."""

import numpy as np
import pytest

from hwsim.equilibrium.potential import CellPlan, sample_cell
from hwsim.errors import InputError
from hwsim.thermo.potential import parse_potential

BOWL = parse_potential("bowl:stiffness=4,centre=1")


def test_cells_of_a_bowl_have_its_mean_and_variance():
    found = sample_cell(BOWL, CellPlan(replicas=4000, seed=1))
    assert found["law_mean"] == pytest.approx(1) and found["law_variance"] == pytest.approx(0.25, rel=1e-3)
    assert abs(found["mean"] - 1) < 4 * np.sqrt(0.25 / 4000)
    assert found["device_time_s"] == pytest.approx(100e-6) and found["trace"][0] == [0.0, 1.0]
    assert sum(found["counts"]) == 4000 and len(found["law"]) == 60
    assert found["memory_s"] == pytest.approx(0.25e-6, rel=0.1)  # tau / stiffness


def test_a_plan_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="not be longer than the run"):
        sample_cell(BOWL, CellPlan(time_s=1e-6, step_s=2e-6))
    with pytest.raises(InputError, match=r"the limit is 2e\+11"):
        sample_cell(BOWL, CellPlan(time_s=1.0, step_s=1e-9, replicas=1000))


def test_a_stop_leaves_what_there_is():
    heard = []
    plan = CellPlan(replicas=10)
    found = sample_cell(BOWL, plan, progress=lambda part, _: heard.append(part), interrupt=lambda: True)
    assert found["interrupted"] and len(found["trace"]) == 2 and 0 < heard[0] < 1
