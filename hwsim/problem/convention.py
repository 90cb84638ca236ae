"""Conventions: three factor-of-two (and sign) conventions circulate in this field; converters to and from each.

hwsim and dimod: E = sum h s + sum_{i<j} J s s; a p-bit is +1 with (1 + tanh(beta I)) / 2, I = -(h + sum J s).
p-bit papers (Camsari et al., PRX 7, 031014 (2017)): E = -m J m / 2 - h m with symmetric J, so J and h change sign.
thrml: E = -beta (sum b s + sum_{i<j} J s s), beta inside the energy, P(+1) = sigmoid(2 beta (b + sum J s)).
Max-cut codes of Onizawa and Hanyu: J = -w/2 in one repository, J = -w in another (p-bit sign): a factor two in beta.
"""

import numpy as np


def from_pbit(bias: np.ndarray, couplings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(h, J) of the p-bit papers, arrays (n,) and (n, n) symmetric, to dimod's sign."""
    return -np.asarray(bias), -np.asarray(couplings)


def to_pbit(bias: np.ndarray, couplings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """dimod's (h, J) to the p-bit papers' sign."""
    return -np.asarray(bias), -np.asarray(couplings)


def from_thrml(biases: np.ndarray, weights: np.ndarray, beta: float) -> tuple[np.ndarray, np.ndarray, float]:
    """thrml's (b, J, beta) to dimod's (h, J) and the beta to run them at."""
    return -np.asarray(biases), -np.asarray(weights), float(beta)


def to_thrml(bias: np.ndarray, couplings: np.ndarray, beta: float) -> tuple[np.ndarray, np.ndarray, float]:
    """dimod's (h, J) at ``beta`` to thrml's (b, J, beta)."""
    return -np.asarray(bias), -np.asarray(couplings), float(beta)


def from_max_cut_code(couplings: np.ndarray, *, full_weight: bool) -> np.ndarray:
    """Couplings of a max-cut code (p-bit sign) to dimod's J = w/2; ``full_weight`` when the code sets J = -w.

    A code with J = -w at beta b does what J = -w/2 does at 2 b.
    """
    return -np.asarray(couplings) / (2.0 if full_weight else 1.0)


def to_max_cut_code(couplings: np.ndarray, *, full_weight: bool) -> np.ndarray:
    """dimod's J = w/2 to a max-cut code's J = -w (``full_weight``) or -w/2."""
    return -np.asarray(couplings) * (2.0 if full_weight else 1.0)
