"""Linear regression by cells that settle: the posterior of a Bayesian linear model is the law of cells in a bowl.

Enters: features and observations. Leaves: the A and b whose cells have the posterior at beta = 1, and its closed form.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.display import Shown
from hwsim.errors import InputError

_LEAST = 1e-60
"""Of a standard deviation: its square and what is divided by it stay numbers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior(Shown):
    """A : float64 (d, d), precision;  b : float64 (d,);  mean : A^-1 b;  covariance : A^-1"""

    A: np.ndarray
    b: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray


def posterior_facts(law: Posterior) -> dict[str, Any]:
    """Mean, covariance and spread of each weight as plain data."""
    spread = np.sqrt(np.diag(law.covariance))
    return {"mean": law.mean.tolist(), "covariance": law.covariance.tolist(), "spread": spread.tolist()}


def posterior(X: np.ndarray, y: np.ndarray, *, noise: float = 1.0, prior: float | None = None) -> Posterior:
    """The posterior of w in y = X w + noise. noise : its s.d., normal;  prior : s.d. of each w, normal, or None

    X : (n, d);  y : (n,). A prior of None is flat and gives least squares, with noise^2 (X'X)^-1 as covariance.
    A = X'X / noise^2 + 1 / prior^2 and b = X'y / noise^2. Raises InputError, also where nothing determines a weight.
    """
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    if X.ndim != 2 or y.shape != (len(X),) or X.size == 0:
        raise InputError(f"X must have a row for each entry of y, got shapes {X.shape} and {y.shape}")
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise InputError("X and y must be finite")
    for name, value in (("noise", noise), ("prior", 1.0 if prior is None else prior)):
        if not value > 0:
            raise InputError(f"{name} must be > 0, got {value}")
        if not _LEAST <= value <= 1 / _LEAST:
            raise InputError(f"{name} must be between {_LEAST:g} and {1 / _LEAST:g}, got {value:g}")
    A = X.T @ X / noise**2 + (0.0 if prior is None else np.eye(X.shape[1]) / prior**2)
    unit = np.sqrt(np.diag(A))
    if not np.all(unit > 0) or np.linalg.eigvalsh(scaled := A / np.outer(unit, unit))[0] <= 1e-12 * len(A):
        raise InputError("the columns of X are dependent, so y does not determine all weights: give a prior")
    b = X.T @ y / noise**2
    return Posterior(
        A=A, b=b, mean=np.linalg.solve(scaled, b / unit) / unit, covariance=np.linalg.inv(scaled) / np.outer(unit, unit)
    )
