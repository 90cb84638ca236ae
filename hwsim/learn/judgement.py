"""Judgement: what a model is worth in the middle of its training, where sums over all its states are out of reach.

Enters: what a plan describes. Leaves: a function that a training calls after each part.
"""

from typing import Any

import numpy as np

from hwsim.learn.likelihood import log_likelihood
from hwsim.learn.machine import LearningMachine
from hwsim.learn.plan import Planned
from hwsim.learn.training import Judge, exact_judge


def judge_of(asked: Planned) -> Judge | None:
    """The log-likelihood of rows of the test, or of the data where none are held back, by annealed importance sampling
    from both sides; None where the exact divergence is known, and where the plan asks for none."""
    how = asked.plan["judge"]
    if not how["likelihood"] or exact_judge(asked.rows, asked.data.weights, asked.model) is not None:
        return None
    data = asked.data if asked.test is None else asked.test
    if len(data) > how["rows"]:
        data = data.take(np.linspace(0, len(data) - 1, how["rows"]).astype(np.int64))

    def judge(machine: LearningMachine, bias: np.ndarray, weight: np.ndarray) -> dict[str, Any]:
        model = machine.model.with_values(bias, weight)
        found = log_likelihood(model, data, steps=how["steps"], chains=how["chains"], seed=asked.plan["seed"])
        return {"log_likelihood": found.forward[0], "log_likelihood_reverse": found.reverse[0]}

    return judge
