"""Models that tests of learning share, trained by exact gradients in a second."""

import numpy as np
import pytest

from hwsim.learn.data import read_data
from hwsim.learn.exact import data_law, gradient
from hwsim.learn.model import fully, rbm


def descended(model, rows, *, steps, rate=0.5):
    """``model`` after ``steps`` of exact gradient descent on the law of ``rows``, seen units in order."""
    target, seen = data_law(rows), range(rows.shape[1])
    for _ in range(steps):
        slope = gradient(model.network, seen, target)
        model = model.with_values(model.bias - rate * slope.bias, model.weight - rate * slope.weight)
    return model


@pytest.fixture(scope="session")
def adder():
    """A full adder of five coupled units, about 0.1 nats from its eight rows."""
    data = read_data("adder")
    return descended(fully(5, names=data.columns, code=data.code.plain, name="adder"), data.bits, steps=400)


@pytest.fixture(scope="session")
def two_classes():
    """(model, data): an RBM that knows whether a row of four bits begins or ends with ones."""
    rows = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [0, 1, 1, 1]])
    data = read_data((rows, ["left", "left", "right", "right"]))
    names = (*data.code.names, *data.code.label_names)
    model = rbm(4, 6, labels=2, names=names, code=data.code.plain, scale=0.3, name="sides")
    return descended(model, np.hstack((data.bits, data.label_bits)), steps=400), data
