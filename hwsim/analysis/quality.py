"""Quality: how good the reads of a run are as samples of exp(-beta E) / Z.

Enters: a Run, or states and their network. Leaves: the effective beta, at which the states look like samples; how many
independent reads they are worth; and how long a read remembers its energy.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from hwsim.analysis.clusters import clusters
from hwsim.analysis.interval import student_quantile
from hwsim.arguments import named
from hwsim.display import Facts, Shown, counted
from hwsim.errors import InputError
from hwsim.program import Network
from hwsim.rounding import power_of_two
from hwsim.session import Run
from hwsim.units import format_si

_MOST_TERMS = 4_000_000
"""Spins of all reads that an effective beta takes into account: a second of work at most."""
_RULE_OF_THREE = 3.0
"""With 95 % probability at least one of an event was seen whose expected number is above this."""
_WINDOW = 5.0
"""Sokal's window: lags up to so many autocorrelation times are summed."""
_STEPS = 200
NOTABLE = 2.0
"""A design effect from which tables speak of it."""
_UNSURE = 3.0
"""A correlation within so many standard errors of 0 is none."""


@dataclass(frozen=True, kw_only=True)
class EffectiveBeta(Shown):
    """value : None where no spin is against its input, so that any beta above ``low`` is as likely, or all are, so that
    any below ``high`` is;  low, high : 95 % interval; None without a limit;  terms : spins that were taken into account
    """

    value: float | None
    low: float | None
    high: float | None
    terms: int

    def __str__(self) -> str:
        if self.value is None:
            return f"< {self.high:.4g}" if self.low is None else f"> {self.low:.4g}"
        low, high = ("..." if end is None else f"{end:.4g}" for end in (self.low, self.high))
        return f"{self.value:.4g} [{low}, {high}]"


@dataclass(frozen=True, kw_only=True)
class Quality(Shown):
    """beta : the last of the anneal, in 1 / energy unit of the problem
    effective_beta : at which the states at the end look like samples, by pseudolikelihood; None for p-dits and where
    nothing is coupled or biased
    effective_reads : independent reads whose mean energy would have the same standard error, from the scatter between
    schedules; the number of reads where no schedule is shared, None where a single one says nothing
    autocorrelation_s : integrated autocorrelation time of the energy, in device seconds, at a constant temperature,
    from the second half of the checkpoints; None where the temperature changes, or there are too few
    autocorrelation_bound : "<" where it is below the interval of the checkpoints, ">" where it is beyond the run
    """

    reads: int
    beta: float
    effective_beta: EffectiveBeta | None
    effective_reads: float | None
    autocorrelation_s: float | None
    autocorrelation_bound: str | None = None

    def lines(self) -> Facts:
        """As facts of the run: its beta as samples, and what the reads are worth."""
        found, worth = self.effective_beta, self.effective_reads
        length = None
        if self.autocorrelation_s is not None:
            bound = f"{self.autocorrelation_bound} " if self.autocorrelation_bound else ""
            length = f"autocorrelation {bound}{format_si(self.autocorrelation_s, 's')}"
        reads = None if worth is None else counted(round(worth), "independent read")
        if self.design_effect is not None and self.design_effect >= NOTABLE:
            reads = f"{reads} (design effect {self.design_effect:.3g})"
        return [
            ("samples", None if found is None else f"effective beta {found}, asked {self.beta:.4g}"),
            ("worth", ", ".join(part for part in (reads, length) if part is not None) or None),
        ]

    @property
    def design_effect(self) -> float | None:
        """How many reads are worth an independent one; None where a single schedule says nothing."""
        return None if self.effective_reads is None else self.reads / self.effective_reads

    def _shown(self) -> tuple[str, Facts]:
        return f"Quality of {counted(self.reads, 'read')}", self.lines()

    @property
    def facts(self) -> dict[str, float | str | list[float | None] | None]:
        """Plain numbers for tables and JSON; intervals are lists."""
        found = self.effective_beta
        return {
            "beta": self.beta,
            "effective_beta": None if found is None else found.value,
            "effective_beta_ci": None if found is None else [found.low, found.high],
            "effective_reads": self.effective_reads,
            "design_effect": self.design_effect,
            "autocorrelation_s": self.autocorrelation_s,
            "autocorrelation_bound": self.autocorrelation_bound,
        }


def quality(run: Run) -> Quality:
    """The Quality of ``run``."""
    program, cluster = run.program, clusters(run.program, run.schedule)
    found = None
    if program.cells.pdit is None:
        kept = _kept(cluster, _MOST_TERMS // program.n_variables)
        found = _beta_of_reads(run, kept, cluster[kept])
    length_s, bound = None, None
    if run.anneal.beta.min() == run.anneal.beta.max() and run.anneal.drive is None and not run.interrupted:
        length_s, bound = autocorrelation(run.checkpoint_times_s, run.checkpoint_energies)
    return Quality(
        reads=run.reads,
        beta=float(run.anneal.beta[-1]),
        effective_beta=found,
        effective_reads=effective_reads(run.energies, cluster),
        autocorrelation_s=length_s,
        autocorrelation_bound=bound,
    )


def _beta_of_reads(run: Run, kept: np.ndarray, cluster: np.ndarray) -> EffectiveBeta | None:
    """The effective beta of the reads ``kept``; None where chains carry what each read adds to its biases."""
    program, added = run.program, None if run.read_bias is None else run.read_bias[kept]
    if added is not None and program.readout.chain is not None:
        return None
    values = program.readout.vote(run.states[kept])
    return effective_beta(program.problem_network, values, cluster, read_bias=added)


_NO_SPREAD = 1e-9
"""The share of the width that independent spins have, below which a spread of reads is rounding."""


@named
def effective_beta(
    network: Network,
    states: np.ndarray,
    cluster: np.ndarray,
    *,
    weight: np.ndarray | None = None,
    read_bias: np.ndarray | None = None,
) -> EffectiveBeta | None:
    """The beta that maximises the pseudolikelihood of ``states``: prod over reads and spins of
    P(s_i | the others) = 1 / (1 + exp(-2 beta I_i s_i)), I_i = -(h_i + sum J_ij s_j) (Besag 1975).

    states : int8 (k, n), +-1;  cluster : int (k,), of each: the interval is that of sums of the score over clusters
    (Huber 1967, White 1980), with Student's quantile where clusters scatter more than independent reads. Where reads
    do not scatter at all, it is that of independent spins
    weight : float64 (k,), of each state in place of 1;  read_bias : float64 (k, n), what is added to the biases
    Returns None where no spin has an input. Raises InputError.
    """
    if states.ndim != 2 or states.shape[1] != network.n or len(cluster) != len(states):
        raise InputError(f"states must have {network.n} spins and a cluster each, got shapes {states.shape}")
    pull = aligned_inputs(network, states)
    if read_bias is not None:
        pull = pull - states * read_bias
    unit = power_of_two(pull)
    pull = pull / unit
    if not np.any(pull):
        return None
    shares = np.ones(len(pull)) if weight is None else np.asarray(weight, dtype=np.float64)
    size, squares, work = np.abs(pull), shares[:, None] * pull**2, np.empty_like(pull)

    def score(beta: float) -> np.ndarray:
        """The derivative of the log-likelihood at ``beta`` over 2, by state: s I less its mean."""
        np.tanh(np.multiply(beta, size, out=work), out=work)
        np.subtract(pull, np.multiply(size, work, out=work), out=work)
        return shares * np.sum(work, axis=1)

    terms = int(np.count_nonzero(pull))
    if not np.any(pull[shares > 0] < 0):
        return EffectiveBeta(value=None, low=_least(np.abs(pull)) / unit, high=None, terms=terms)
    if not np.any(pull[shares > 0] > 0):  # the same with the sign of beta turned
        return EffectiveBeta(value=None, low=None, high=-_least(np.abs(pull)) / unit, terms=terms)

    def slope(beta: float) -> float:
        """That of the score of all states, with its sign changed."""
        np.minimum(np.abs(np.multiply(beta, pull, out=work), out=work), 300, out=work)
        np.square(np.cosh(work, out=work), out=work)
        return float(np.sum(np.divide(squares, work, out=work)))

    beta = _root(lambda at: (float(score(at).sum()), -slope(at)))
    if not slope(beta) > 0:
        return EffectiveBeta(value=beta / unit, low=0.0, high=None, terms=terms)
    half = _half_width(score(beta), cluster) / slope(beta)
    if half * math.sqrt(slope(beta)) < _NO_SPREAD:  # reads that are alike, as at one energy
        half = NormalDist().inv_cdf(0.975) / math.sqrt(slope(beta))
        beta = 0.0 if abs(beta) < _NO_SPREAD * half else beta
    return EffectiveBeta(value=beta / unit, low=(beta - half) / unit, high=(beta + half) / unit, terms=terms)


def aligned_inputs(network: Network, states: np.ndarray) -> np.ndarray:
    """float64 (k, n): s_i I_i of each spin of ``states`` int8 (k, n): above 0 where it follows its input."""
    from scipy.sparse import csr_array

    couplings = csr_array((network.weight, network.indices, network.indptr), shape=(network.n, network.n))
    values = states.astype(np.float64)
    return -values * (network.bias + (couplings @ values.T).T)


def _kept(cluster: np.ndarray, most: int) -> np.ndarray:
    """Numbers of at most ``most`` reads, but of one at least of each cluster: as many of each as there is room for."""
    if most >= len(cluster):
        return np.arange(len(cluster))
    order = np.argsort(cluster, kind="stable")
    _, first, size = np.unique(cluster[order], return_index=True, return_counts=True)
    each = max(1, most // len(first))
    return np.sort(np.concatenate([order[at : at + min(each, n)] for at, n in zip(first, size, strict=True)]))


def _least(pull: np.ndarray) -> float:
    """The beta above which, with 95 % probability, no spin would have been seen against its input ``pull`` > 0."""
    pull = pull[pull > 0]

    def excess(beta: float) -> tuple[float, float]:
        against = 1 / (1 + np.exp(np.minimum(2 * beta * pull, 700)))
        return float(against.sum()) - _RULE_OF_THREE, float(-2 * np.sum(pull * against * (1 - against)))

    return 0.0 if excess(0.0)[0] <= 0 else _root(excess)


def _root(falling: Callable[[float], tuple[float, float]]) -> float:
    """Where a ``falling`` function, which gives (value, slope), is 0: by Newton, or by bisection where that leaves
    the bracket."""
    low, high = -1.0, 1.0
    while falling(high)[0] > 0 and high < 1e300:
        low, high = high, 2 * high
    while falling(low)[0] < 0 and low > -1e300:
        low, high = 2 * low, low
    at = (low + high) / 2
    for _ in range(_STEPS):
        value, slope = falling(at)
        low, high = (at, high) if value > 0 else (low, at)
        after = at - value / slope if slope < 0 else low
        if not low < after < high:
            after = (low + high) / 2
        if abs(after - at) <= 1e-15 * abs(after):
            break
        at = after
    return after


def _half_width(score: np.ndarray, cluster: np.ndarray) -> float:
    """Half of the 95 % interval of the sum of ``score`` (k,)."""
    z = NormalDist().inv_cdf(0.975)
    away = score - score.mean()
    independent = float(np.sum(away**2)) * len(score) / max(len(score) - 1, 1)
    sums = np.bincount(np.unique(cluster, return_inverse=True)[1], weights=away)
    n = len(sums)
    between = float(np.sum(sums**2)) * n / (n - 1) if n > 1 else 0.0
    if between <= independent:
        return z * math.sqrt(independent)
    return (z if n == len(score) else student_quantile(0.975, n - 1)) * math.sqrt(between)


@named
def effective_reads(values: np.ndarray, cluster: np.ndarray) -> float | None:
    """How many independent reads would give the mean of ``values`` (k,) the same standard error, at most k: k over the
    design effect of the clusters (Kish 1965). None where all reads are one cluster. With g clusters it is known to
    about sqrt(2 / g), relative."""
    _, member, size = np.unique(cluster, return_inverse=True, return_counts=True)
    k, n = len(values), len(size)
    if n == k:
        return float(k)
    if n < 2:
        return None
    away = (values - values.mean()) / power_of_two(np.ptp(values))
    independent = float(np.sum(away**2)) * k / (k - 1)
    between = float(np.sum(np.bincount(member, weights=away) ** 2)) * n / (n - 1)
    return float(k) if between <= independent else k * independent / between


@named
def autocorrelation(times_s: np.ndarray, energies: np.ndarray) -> tuple[float | None, str | None]:
    """(seconds, bound): the integrated autocorrelation time, interval x (1/2 + sum of rho(k)), of ``energies`` (c,
    reads) at equally spaced ``times_s``, from their second half.

    rho(k) is the covariance over reads and times at lag k over the variance about the mean of all reads, which a long
    memory does not bias as the mean of one read would be. The sum ends at the lag _WINDOW x the time so far (Sokal
    1997). bound : "<" where one interval is forgotten already, ">" where the sum does not end within the data
    """
    seen = energies[len(energies) // 2 :]
    count, reads = seen.shape
    if count < 4 or reads < 2:
        return None, None
    interval_s = float(times_s[-1] - times_s[-2])
    away = (seen - seen.mean()) / power_of_two(np.ptp(seen))
    spread = float(np.mean(away**2))
    if not spread > 0:
        return None, None
    total = 0.5
    for lag in range(1, count):
        pairs = count - lag
        rho = float(np.mean(away[lag:] * away[:-lag])) / spread
        if lag == 1 and rho < _UNSURE / math.sqrt(reads * pairs):
            return interval_s, "<"
        total += rho
        if lag >= _WINDOW * total:
            return max(total, 0.5) * interval_s, None
    return total * interval_s, ">"
