"""Mixed machines: p-bits and continuous cells (p-modes) that drive each other, and the law they follow together.

Enters: matrices, or the parameters of a Gaussian-Bernoulli Boltzmann machine. Leaves: a MixedNetwork, the record that
the run and its reference read, and the exact law of p-bits and modes, by enumeration of the p-bits.

E(s, x) = sum h s + sum_{i<j} J s s + x A x / 2 - b x - x W s, with s = +-1 and x in R^m. A p-bit has the input
I_i = -(h_i + sum_j J_ij s_j) + sum_k W_ki x_k and updates at its own instants with P(+1) = (1 + tanh(beta I_i)) / 2;
modes follow tau_k dx_k = -(A x - b - W s)_k dt + sqrt(2 tau_k / beta) dW_k. Both keep exp(-beta E) / Z. If p-bits
update one at a time, at instants that do not depend on the state, the law is exact at any ratio of the two time scales.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import logsumexp

from hwsim.arguments import named
from hwsim.display import Shown
from hwsim.errors import InputError
from hwsim.program import Network
from hwsim.thermo.network import positive_definite, symmetric

MOST_PBITS = 20
"""The most p-bits whose states are enumerated."""
_MOST_NUMBERS = 40_000_000
_AT_ONCE = 2_000_000


@dataclass(frozen=True, init=False, eq=False)
class MixedNetwork(Shown):
    """n p-bits and m modes, coupled. All energies are in one unit; beta is in its inverse.

    bias : float64 (n,), h of the p-bits;  coupling : float64 (n, n), J, symmetric with a diagonal of 0
    stiffness : float64 (m, m), A, symmetric positive definite;  force : float64 (m,), b, on the modes
    weights : float64 (m, n), W: how strongly p-bit i at +1 pulls mode k, and mode k at 1 drives p-bit i
    pbit_tau_s : float64 (n,) or one number, mean seconds between two updates of a p-bit
    mode_tau_s : float64 (m,) or one number, relaxation time in seconds of a mode of stiffness 1
    Raises InputError for shapes that do not match, values that are not finite, and times that are not > 0.
    """

    bias: np.ndarray
    coupling: np.ndarray
    stiffness: np.ndarray
    force: np.ndarray
    weights: np.ndarray
    pbit_tau_s: np.ndarray
    mode_tau_s: np.ndarray

    def __init__(
        self,
        *,
        bias: np.ndarray,
        stiffness: np.ndarray,
        force: np.ndarray,
        weights: np.ndarray,
        coupling: np.ndarray | None = None,
        pbit_tau_s: float | np.ndarray = 1e-9,
        mode_tau_s: float | np.ndarray = 1e-9,
    ) -> None:
        n, m = np.size(bias), np.size(force)
        if not (n and m):
            raise InputError(f"a mixed machine needs at least one p-bit and one mode, got {n} and {m}")
        given = {"bias": (bias, (n,)), "force": (force, (m,)), "weights": (weights, (m, n))}
        given |= {"coupling": (np.zeros((n, n)) if coupling is None else coupling, (n, n))}
        given |= {"stiffness": (stiffness, (m, m))}
        for name, (value, shape) in given.items():
            object.__setattr__(self, name, _array(name, value, shape))
        object.__setattr__(self, "stiffness", positive_definite(self.stiffness, "stiffness"))
        object.__setattr__(self, "coupling", symmetric(self.coupling, "coupling"))
        if np.any(np.diag(self.coupling)):
            raise InputError("coupling must have a diagonal of 0, as no p-bit is coupled to itself")
        for name, time, shape in (("pbit_tau_s", pbit_tau_s, (n,)), ("mode_tau_s", mode_tau_s, (m,))):
            times = _array(name, time if np.ndim(time) else np.full(shape, time), shape)
            if not np.all(times > 0):
                raise InputError(f"{name} must be > 0, got {times.min():g}")
            object.__setattr__(self, name, times)

    @property
    def n_pbits(self) -> int:
        """Number of p-bits n."""
        return len(self.bias)

    @property
    def n_modes(self) -> int:
        """Number of modes m."""
        return len(self.force)

    @cached_property
    def couplings(self) -> Network:
        """The p-bits alone, row by row."""
        row, other = np.nonzero(self.coupling)
        indptr = np.searchsorted(row, np.arange(self.n_pbits + 1))
        return Network(bias=self.bias, indptr=indptr, indices=other.astype(np.int32), weight=self.coupling[row, other])

    @cached_property
    def normal_modes(self) -> tuple[np.ndarray, np.ndarray]:
        """(rates float64 (m,) in 1/s, shapes float64 (m, m)): the y of x = shapes @ y are independent. Each relaxes at
        its rate, is pulled by shapes.T @ (b + W s), and has the variance 1 / (beta rate) in equilibrium.

        With D = diag(mode_tau_s)^-1/2, D A D = U diag(rates) U^T and shapes = D U. For a diagonal A, U is the identity.
        """
        root = 1 / np.sqrt(self.mode_tau_s)
        scaled = root[:, None] * self.stiffness * root
        if not np.any(self.stiffness - np.diag(np.diag(self.stiffness))):
            return np.diag(scaled).copy(), np.diag(root)
        rates, basis = np.linalg.eigh(scaled)
        return rates, root[:, None] * basis

    def with_modes(self, *, stiffness: np.ndarray, force: np.ndarray) -> "MixedNetwork":
        """The same machine with another bowl for its modes."""
        return MixedNetwork(
            bias=self.bias,
            coupling=self.coupling,
            stiffness=stiffness,
            force=force,
            weights=self.weights,
            pbit_tau_s=self.pbit_tau_s,
            mode_tau_s=self.mode_tau_s,
        )


@named
def gaussian_bernoulli(
    weights: np.ndarray,
    visible_mean: np.ndarray,
    visible_sigma: np.ndarray,
    hidden_bias: np.ndarray,
    *,
    beta: float = 1.0,
    pbit_tau_s: float | np.ndarray = 1e-9,
    mode_tau_s: float | np.ndarray | None = None,
) -> MixedNetwork:
    """A Gaussian-Bernoulli restricted Boltzmann machine: visible units are modes, hidden ones p-bits.

    P(v, h) ~ exp(-sum_i (v_i - a_i)^2 / (2 sigma_i^2) + sum_ij v_i W_ij h_j / sigma_i^2 + sum_j c_j h_j), h in {0, 1}
    (Cho, Ilin, Raiko, ICANN 2011, eq. 3): given h, v_i is normal about a_i + sum_j W_ij h_j with s.d. sigma_i. In the
    older form (Krizhevsky, 2009) the middle term is divided by sigma_i, not its square; for it, give W_ij sigma_i.

    weights : float64 (v, h), W;  visible_mean, visible_sigma : float64 (v,), a, sigma;  hidden_bias : float64 (h,), c
    beta : at which the machine has this law, with x = v and s = 2 h - 1
    mode_tau_s : as in MixedNetwork; None for visible units that relax in ``pbit_tau_s`` at fixed h, for any sigma
    """
    W, a, c = _array("weights", weights), _array("visible_mean", visible_mean), _array("hidden_bias", hidden_bias)
    if W.ndim != 2 or W.shape != (np.size(a), np.size(c)):
        raise InputError(f"weights must have shape ({np.size(a)}, {np.size(c)}), got {W.shape}")
    sigma = _array("visible_sigma", visible_sigma, a.shape)
    if not np.all(sigma > 0):
        raise InputError(f"visible_sigma must be > 0, got {sigma.min():g}")
    _positive("beta", beta)
    # with h = (1 + s) / 2, half of W and c multiplies s, and the other half is constant
    return MixedNetwork(
        bias=-c / 2 / beta,
        stiffness=np.diag(1 / sigma**2) / beta,
        force=(a + W.sum(axis=1) / 2) / sigma**2 / beta,
        weights=W / (2 * sigma[:, None] ** 2) / beta,
        pbit_tau_s=pbit_tau_s,
        mode_tau_s=float(np.mean(pbit_tau_s)) / (beta * sigma**2) if mode_tau_s is None else mode_tau_s,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class MixedLaw(Shown):
    """exp(-beta E) / Z of a network: the probability of each state of the p-bits, and a normal law of the modes in it.

    states : int8 (2^n, n); in state number q p-bit i is +1 where bit i of q is 1;  probability : float64 (2^n,)
    centres : float64 (2^n, m), mean of x at each state;  spread : float64 (m, m), covariance of x at any state
    """

    states: np.ndarray
    probability: np.ndarray
    centres: np.ndarray
    spread: np.ndarray

    @cached_property
    def spin_mean(self) -> np.ndarray:
        """float64 (n,): mean of every p-bit."""
        return self.probability @ self.states

    @cached_property
    def mean(self) -> np.ndarray:
        """float64 (m,): mean of x."""
        return self.probability @ self.centres

    @cached_property
    def covariance(self) -> np.ndarray:
        """float64 (m, m): covariance of x."""
        away = self.centres - self.mean
        return self.spread + (away * self.probability[:, None]).T @ away

    @cached_property
    def cross(self) -> np.ndarray:
        """float64 (m, n): covariance of x and s."""
        away = (self.centres - self.mean) * self.probability[:, None]
        return away.T @ (self.states - self.spin_mean)

    def density(self, x: np.ndarray) -> np.ndarray:
        """float64 (k,): density of x at k places, float64 (k, m)."""
        x = _array("x", x, (len(x), self.spread.shape[0]))
        return np.concatenate([np.exp(logsumexp(self._logs(part), axis=1)) for part in self._parts(x)])

    def marginal(self, mode: int, x: np.ndarray) -> np.ndarray:
        """float64 (k,): density of mode number ``mode`` alone, at k values of it, float64 (k,)."""
        variance = self.spread[mode, mode]
        away = (part[:, None] - self.centres[:, mode] for part in self._parts(np.asarray(x, dtype=float)))
        weight = np.concatenate([np.exp(-(part**2) / (2 * variance)) @ self.probability for part in away])
        return weight / np.sqrt(2 * np.pi * variance)

    def score(self, x: np.ndarray) -> np.ndarray:
        """float64 (k, m): gradient of the log density of x at k places, float64 (k, m)."""
        x = _array("x", x, (len(x), self.spread.shape[0]))
        middle = []
        for part in self._parts(x):
            share = np.exp((logs := self._logs(part)) - logsumexp(logs, axis=1, keepdims=True))
            middle.append(share @ self.centres)
        return np.linalg.solve(self.spread, (np.concatenate(middle) - x).T).T

    def noised(self, sigma: float | np.ndarray) -> "MixedLaw":
        """The law of s and x + sigma noise: a mixture of wider normal laws."""
        extra = np.diag(noise_variance(sigma, self.spread.shape[0]))
        return MixedLaw(
            states=self.states, probability=self.probability, centres=self.centres, spread=self.spread + extra
        )

    def _parts(self, x: np.ndarray) -> list[np.ndarray]:
        """``x`` in parts, so that arrays over all states take 16 MB each."""
        most = max(1, _AT_ONCE // len(self.states))
        return [x[first : first + most] for first in range(0, max(len(x), 1), most)]

    def _logs(self, x: np.ndarray) -> np.ndarray:
        """float64 (k, 2^n): log of probability times density at each state."""
        root = np.linalg.inv(np.linalg.cholesky(self.spread))
        logs = np.zeros((len(x), len(self.states)))
        for at, centre in zip((x @ root.T).T, (self.centres @ root.T).T, strict=True):
            logs -= (at[:, None] - centre) ** 2 / 2
        with np.errstate(divide="ignore"):
            logs += np.log(self.probability)
        return logs + (np.linalg.slogdet(root)[1] - len(root) / 2 * np.log(2 * np.pi))


@named
def exact_law(network: MixedNetwork, beta: float) -> MixedLaw:
    """The law at ``beta``, by enumeration. With x integrated out, P(s) is proportional to
    exp(-beta (h s + s J s / 2 - (b + W s) A^-1 (b + W s) / 2)); given s, the modes are normal about A^-1 (b + W s)
    with covariance A^-1 / beta. Raises InputError for more than 20 p-bits."""
    _positive("beta", beta)
    n, m = network.n_pbits, network.n_modes
    if n > MOST_PBITS or 2**n * (n + m) > _MOST_NUMBERS:
        raise InputError(f"the exact law needs at most {MOST_PBITS} p-bits and few modes, got {n} and {m}")
    states = np.where((np.arange(2**n)[:, None] >> np.arange(n)) & 1, 1, -1).astype(np.int8)
    s = states.astype(float)
    pull = network.force + s @ network.weights.T
    centres = np.linalg.solve(network.stiffness, pull.T).T
    energy = s @ network.bias + np.sum((s @ network.coupling) * s, axis=1) / 2 - np.sum(pull * centres, axis=1) / 2
    logs = -beta * energy
    return MixedLaw(
        states=states,
        probability=np.exp(logs - logsumexp(logs)),
        centres=centres,
        spread=np.linalg.inv(network.stiffness) / beta,
    )


def posterior(network: MixedNetwork, y: np.ndarray, sigma: float | np.ndarray, *, beta: float = 1.0) -> MixedNetwork:
    """The machine whose law at ``beta`` is that of (s, x) given y = x + sigma noise: a denoiser.

    1 / (beta sigma^2) is added to the diagonal of A, and y / (beta sigma^2) to b: an observation stiffens and pulls the
    modes and does not touch the p-bits. y : float64 (m,);  sigma : > 0, one number or (m,). Raises InputError.
    """
    _positive("beta", beta)
    hold = 1 / (beta * noise_variance(sigma, network.n_modes))
    y = _array("y", y, (network.n_modes,))
    return network.with_modes(stiffness=network.stiffness + np.diag(hold), force=network.force + hold * y)


def posterior_mean(network: MixedNetwork, y: np.ndarray, sigma: float | np.ndarray, *, beta: float = 1.0) -> np.ndarray:
    """float64 (k, m): exact E[x | y] at k observations float64 (k, m), as y + sigma^2 times the score of the noised law
    (Robbins, 1956; Efron, J. Am. Stat. Assoc. 106, 1602 (2011): Tweedie's formula)."""
    y = _array("y", y, (len(y), network.n_modes))
    variance = noise_variance(sigma, network.n_modes)
    return y + variance * exact_law(network, beta).noised(sigma).score(y)


def noise_variance(sigma: float | np.ndarray, m: int) -> np.ndarray:
    """float64 (m,): sigma^2 of each mode. Raises InputError."""
    sigma = _array("sigma", sigma if np.ndim(sigma) else np.full(m, sigma), (m,))
    if not np.all(sigma > 0):
        raise InputError(f"sigma must be > 0, got {sigma.min():g}")
    return sigma**2


def _array(name: str, value: object, shape: tuple[int, ...] | None = None) -> np.ndarray:
    array = np.array(value, dtype=np.float64)
    if shape is not None and array.shape != shape:
        raise InputError(f"{name} must have shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        raise InputError(f"{name} must be finite")
    return array


def _positive(name: str, value: float) -> None:
    if not (value > 0 and np.isfinite(value)):
        raise InputError(f"{name} must be > 0, got {value}")
