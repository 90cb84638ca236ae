"""Densities in time: the Fokker-Planck equation of an overdamped cell, in one or two dimensions.

Enters: a potential on a grid of boxes. Leaves: the probability of every box at any time. The method takes finite
volumes with exponentially fitted fluxes (Scharfetter and Gummel, IEEE Trans. Electron Devices 16, 64 (1969)), so that
exp(-beta U) / Z is exactly stationary. Time enters by a matrix exponential, so there is no step.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import expm_multiply

from hwsim.display import Shown
from hwsim.errors import InputError

_MOST_BOXES = 250_000
_MANY_HOPS, _DENSE_BOXES = 2000, 1500
"""The sparse method multiplies a vector about as often as a particle leaves a box; above this number, and with few
boxes, a dense exponential is faster."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FokkerPlanck(Shown):
    """edges : of the boxes along each axis;  rates : sparse (n, n), 1/s, from box (column) to box (row)
    law : float64 (n,), stationary probabilities. Boxes are numbered with the last axis fastest; walls reflect."""

    edges: tuple[np.ndarray, ...]
    rates: csr_matrix
    law: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """Boxes along each axis."""
        return tuple(len(edge) - 1 for edge in self.edges)

    def evolve(self, start: np.ndarray, time_s: float) -> np.ndarray:
        """float64, of the shape of ``start``: the probabilities ``time_s`` after ``start``. Raises InputError."""
        start = np.asarray(start, dtype=float)
        if start.size != len(self.law) or np.any(start < 0) or not np.isclose(start.sum(), 1):
            raise InputError(f"start must be {len(self.law)} probabilities that sum to 1")
        if not (time_s >= 0 and np.isfinite(time_s)):
            raise InputError(f"time_s must be >= 0, got {time_s}")
        hops = 2 * float(np.abs(self.rates.diagonal()).max()) * time_s
        if hops > _MANY_HOPS and len(self.law) <= _DENSE_BOXES:
            found = expm(self.rates.toarray() * time_s) @ start.ravel()
        else:
            found = expm_multiply(
                self.rates * time_s, start.ravel(), traceA=float(self.rates.diagonal().sum() * time_s)
            )
        return np.maximum(found, 0).reshape(start.shape)


def fokker_planck(
    energy: Callable[..., np.ndarray], edges: tuple[np.ndarray, ...], *, beta: float, tau_s: float
) -> FokkerPlanck:
    """The equation of dx = -U'(x) dt/tau + sqrt(2 / (beta tau)) dW in boxes.

    energy : U of one float64 array for each axis, element by element;  edges : one or two arrays, ascending and evenly
    spaced. Raises InputError.
    """
    if len(edges) not in (1, 2):
        raise InputError(f"one or two dimensions, got {len(edges)}")
    if not (beta > 0 and tau_s > 0):
        raise InputError(f"beta and tau_s must be > 0, got {beta} and {tau_s}")
    widths = []
    for edge in edges:
        width = np.diff(edge)
        if len(width) < 2 or np.any(width <= 0) or np.ptp(width) > 1e-6 * width.mean():
            raise InputError("edges must ascend, evenly spaced, with at least two boxes")
        widths.append(float(width.mean()))
    shape = tuple(len(edge) - 1 for edge in edges)
    if np.prod(shape) > _MOST_BOXES:
        raise InputError(f"{np.prod(shape)} boxes are more than {_MOST_BOXES}")
    middles = np.meshgrid(*[(edge[1:] + edge[:-1]) / 2 for edge in edges], indexing="ij")
    height = beta * np.asarray(energy(*middles), dtype=float)
    if height.shape != shape or not np.isfinite(height).all():
        raise InputError("the potential must be finite in every box")
    number = np.arange(height.size).reshape(shape)
    rows, columns, values = [], [], []
    for axis, wide in enumerate(widths):
        near = number.take(range(shape[axis] - 1), axis=axis).ravel()
        far = number.take(range(1, shape[axis]), axis=axis).ravel()
        climb = height.ravel()[far] - height.ravel()[near]
        pace = 1 / (beta * tau_s * wide**2)
        rows += [far, near]
        columns += [near, far]
        values += [pace * _bernoulli(climb), pace * _bernoulli(-climb)]
    n = height.size
    hops = csr_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(n, n))
    law = np.exp(-(height - height.min())).ravel()
    leave = np.asarray(hops.sum(axis=0)).ravel()
    return FokkerPlanck(edges=tuple(edges), rates=csr_matrix(hops - diags(leave)), law=law / law.sum())


def _bernoulli(z: np.ndarray) -> np.ndarray:
    """z / (exp(z) - 1), 1 at 0: the factor by which a climb z, in units of k T, slows a hop."""
    small = np.abs(z) < 1e-8
    safe = np.where(small, 1.0, z)
    with np.errstate(over="ignore"):
        return np.where(small, 1 - z / 2, safe / np.expm1(safe))
