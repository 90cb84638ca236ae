"""The grand canonical law: a lattice gas whose particles come from a reservoir at a chemical potential.

Enters: a graph of sites, energies, a chemical potential mu. Leaves: a Problem whose energy is E - mu N, so that a
machine at beta samples exp(-beta (E - mu N)) / Xi; its number of particles, by enumeration and as measured.

E = sum_i e_i n_i + eps sum_<ij> n_i n_j, n = 0 or 1. With n = (1 + s) / 2 this is the Ising model of couplings eps / 4
and biases h_i = (e_i - mu) / 2 + eps z_i / 4, where z_i counts the neighbours of i (Lee and Yang, Phys. Rev. 87, 410
(1952)). Attraction is ferromagnetic. Where all sites are alike, the field vanishes at mu = e + eps z / 2, and half of
the sites are full.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hwsim.analysis import exact_laws
from hwsim.analysis.interval import standard_error
from hwsim.arguments import named
from hwsim.display import Shown
from hwsim.equilibrium.partition import check_beta, log_sum_exp
from hwsim.errors import InputError
from hwsim.mapping.compile import spin_network
from hwsim.problem.problem import Problem
from hwsim.session import Run


def lattice_gas(
    graph: Any,
    *,
    interaction: float,
    chemical_potential: float,
    site_energy: float | Mapping[Any, float] = 0.0,
    name: str = "lattice gas",
) -> Problem:
    """E - mu N of particles on ``graph``, as a binary problem: a variable per site, 1 where it is full.

    graph : a networkx Graph, or pairs of neighbouring sites; with pairs, the sites named in ``site_energy`` count too
    interaction : eps, per pair of full neighbours, negative where they attract;  chemical_potential : mu
    site_energy : e, of a particle on any site, or by site, with 0 for sites that are not named
    All energies are in one unit. Raises InputError.
    """
    import dimod

    by_site = dict(site_energy) if isinstance(site_energy, Mapping) else {}
    everywhere = 0.0 if isinstance(site_energy, Mapping) else float(site_energy)
    is_graph = hasattr(graph, "edges")
    pairs: list[tuple[Any, Any]] = list(graph.edges()) if is_graph else _pairs(graph)
    sites = list(graph.nodes()) if is_graph else list(dict.fromkeys([*(u for pair in pairs for u in pair), *by_site]))
    if not sites:
        raise InputError("a lattice gas needs at least one site")
    if unknown := by_site.keys() - set(sites):
        raise InputError(f"site_energy names {next(iter(unknown))!r}, which is not a site of the graph")
    numbers = {"interaction": interaction, "chemical_potential": chemical_potential, "site_energy": everywhere}
    numbers |= {f"site_energy of {site!r}": value for site, value in by_site.items()}
    for word, value in numbers.items():
        if not math.isfinite(value):
            raise InputError(f"{word} must be finite, got {value}")
    seen: set[frozenset] = set()
    for u, v in pairs:
        if u == v or frozenset((u, v)) in seen:
            raise InputError(f"neighbours are two sites, each pair given once, got {u!r} and {v!r}")
        seen.add(frozenset((u, v)))
    bqm = dimod.BinaryQuadraticModel("BINARY")
    for site in sites:
        bqm.add_linear(site, by_site.get(site, everywhere) - chemical_potential)
    for u, v in pairs:
        bqm.add_quadratic(u, v, interaction)
    return Problem(bqm=bqm, name=name, kind="qubo")


def _pairs(given: Iterable) -> list[tuple[Any, Any]]:
    pairs = [tuple(pair) for pair in given]
    for pair in pairs:
        if len(pair) != 2:
            raise InputError(f"neighbours are two sites, each pair given once, got {pair!r}")
    return pairs  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True, eq=False)
class GrandCanonical(Shown):
    """A lattice gas at ``beta``, by enumeration.

    law : float64 (2**n,), of all states in the order of `hwsim.analysis.exact_laws`
    number : int64 (2**n,), of particles
    log_partition : ln Xi
    """

    beta: float
    law: np.ndarray
    number: np.ndarray
    log_partition: float

    @property
    def sites(self) -> int:
        """How many sites."""
        return int(self.number[-1])

    @cached_property
    def number_law(self) -> np.ndarray:
        """float64 (n + 1,): P(N)."""
        return np.bincount(self.number, weights=self.law)

    @property
    def mean_number(self) -> float:
        """<N> = d ln Xi / d (beta mu)."""
        return float(self.law @ self.number)

    @property
    def number_variance(self) -> float:
        """<N^2> - <N>^2 = d<N> / d (beta mu)."""
        return float(self.law @ (self.number - self.mean_number) ** 2)

    @property
    def density(self) -> float:
        """<N> over the number of sites."""
        return self.mean_number / self.sites

    @property
    def grand_potential(self) -> float:
        """-ln Xi / beta; minus infinity at beta 0."""
        return -self.log_partition / self.beta if self.beta > 0 else -math.inf


@named
def grand_canonical(problem: Any, beta: float) -> GrandCanonical:
    """The law of ``problem``, a binary Problem or BQM of at most 20 sites, its energy E - mu N. Raises InputError."""
    check_beta(beta)
    _, network, offset, vartype = spin_network(problem)
    if vartype != "BINARY":
        raise InputError(f"particles need binary variables, got a problem of vartype {vartype}")
    energies = exact_laws.energies(network.bias, network.indptr, network.indices, network.weight, offset=offset)
    states = np.arange(len(energies))
    return GrandCanonical(
        beta=beta,
        law=exact_laws.boltzmann_law(energies, beta),
        log_partition=log_sum_exp(-beta * energies),
        number=np.sum((states[:, None] >> np.arange(len(network.bias))) & 1, axis=1),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Particles(Shown):
    """The particles at the end of a run. number : int64 (reads,);  mean, variance : over reads, with standard errors by
    schedules;  density : mean over the number of sites"""

    number: np.ndarray
    mean: float
    mean_error: float
    variance: float
    variance_error: float
    density: float


@named
def particles(run: Run) -> Particles:
    """The number of particles at the end of ``run``, one sample per read. The run must be long enough to forget its
    start.

    Raises InputError for a single read, and where variables are not binary.
    """
    if run.program.readout.vartype != "BINARY" or run.reads < 2:
        raise InputError(
            f"particles need a binary problem and two reads, got vartype {run.program.readout.vartype} and {run.reads}"
        )
    number = np.sum(run.variables == 1, axis=1)
    square = (number - number.mean()) ** 2 * run.reads / (run.reads - 1)
    errors = [standard_error(values, run.schedule) or 0.0 for values in (number, square)]
    return Particles(
        number=number,
        mean=float(number.mean()),
        mean_error=errors[0],
        variance=float(square.mean()),
        variance_error=errors[1],
        density=float(number.mean()) / run.program.n_variables,
    )
