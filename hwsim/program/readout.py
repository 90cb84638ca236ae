"""The readout of a Program: how states become values of the problem's variables, and what is known of the problem."""

import json
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np

from hwsim.decode import decode_labels
from hwsim.errors import InputError
from hwsim.program.network import Network
from hwsim.program.record import VARIABLE, Record, column, scalar

VARTYPES = ("SPIN", "BINARY", "DISCRETE")


@dataclass(frozen=True, kw_only=True, eq=False)
class Readout(Record):
    """labels : JSON text of the variable names in p-bit order;  vartype : of VARTYPES, the problem's own
    energy_offset : float added to every energy
    problem : the Network that energies are counted with, where the machine's couplings differ from the problem's
    (quantised, in error); None where they are the same
    own, own_offset : biases, couplings and offset over the problem's own values of 0 and 1, in which energies are
    counted; None where sums over spins give the same to the last bit
    violations, violations_offset, penalty : of a problem with constraints, the squares of its violations, which count
    ``penalty`` times; ``own`` is its objective then
    chain : int32 (n,), the problem's variable that each p-bit carries, or None where p-bit i is variable i. With
    chains, labels and ``problem`` are those of the variables, and a chain's vote is its variable's value
    problem_name, problem_kind, known_energy, known_source, known_is_exact : what is known of the problem
    """

    _name = "readout"
    _within = ("problem", "own", "violations")

    labels: str = scalar(hashed=False)
    vartype: str = scalar(default="SPIN", one_of=VARTYPES, hashed=False)
    energy_offset: float = scalar(default=0.0)
    chain: np.ndarray | None = column(np.int32, numbers=VARIABLE, optional=True)
    problem: Network | None = None
    own: Network | None = None
    own_offset: float = scalar(default=0.0)
    violations: Network | None = None
    violations_offset: float = scalar(default=0.0)
    penalty: float = scalar(default=0.0, least=0)
    problem_name: str | None = scalar(default=None, hashed=False)
    problem_kind: str | None = scalar(default=None, hashed=False)
    known_energy: float | None = scalar(default=None, hashed=False)
    known_source: str | None = scalar(default=None, hashed=False)
    known_is_exact: bool = scalar(default=False, hashed=False)

    def _check(self) -> None:
        if self.violations is not None and self.own is None:
            raise InputError("program.violations needs the objective in program.own")
        if self.chain is None:
            return
        if self.problem is None:
            raise InputError("program.chain needs the problem's own network")
        if not np.array_equal(np.unique(self.chain), np.arange(self.problem.n)):
            raise InputError("program.chain must give every p-bit a variable, and every variable a p-bit")

    def tile(self, copies: int, sizes: Any) -> Self:
        """The readout of ``copies`` networks: variable v of copy r is called (r, v), and energies add up."""
        many = super().tile(copies, sizes)
        labels = [[copy, label] for copy in range(copies) for label in json.loads(self.labels)]
        return many._with(
            labels=json.dumps(labels),
            **{name: _tiled(getattr(self, name), copies) for name in self._within},
            energy_offset=copies * self.energy_offset,
            own_offset=copies * self.own_offset,
            violations_offset=copies * self.violations_offset,
            known_energy=None,
            known_source=None,
            known_is_exact=False,
        )

    def part(self, variables: np.ndarray) -> Self:
        """The readout of ``variables`` alone, energies by the machine's own couplings."""
        labels = json.loads(self.labels)
        kept = [labels[k] for k in variables.tolist()] if labels else labels
        return self._with(
            labels=json.dumps(kept),
            **dict.fromkeys(self._within),
            energy_offset=0.0,
            own_offset=0.0,
            violations_offset=0.0,
            penalty=0.0,
            known_energy=None,
            known_source=None,
            known_is_exact=False,
        )

    @cached_property
    def names(self) -> list:
        """The variables' names, in order."""
        return decode_labels(self.labels)

    def vote(self, states: np.ndarray) -> np.ndarray:
        """int8 (reads, variables): what ``states`` int8 (reads, n) say of the problem's variables.

        A chain's value is that of most of its p-bits; in a tie, that of its first.
        """
        if self.chain is None:
            return states
        order, first, _ = self._chains
        total = np.add.reduceat(states[:, order].astype(np.int32), first, axis=1)
        return np.where(total == 0, states[:, order[first]], np.sign(total)).astype(np.int8)

    def broken(self, states: np.ndarray) -> np.ndarray:
        """bool (reads, variables): where the p-bits of a chain disagree."""
        if self.chain is None:
            return np.zeros(states.shape, dtype=bool)
        order, first, size = self._chains
        return np.abs(np.add.reduceat(states[:, order].astype(np.int32), first, axis=1)) != size

    @cached_property
    def _chains(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """p-bits by chain, where each chain begins among them, and its length."""
        size = np.bincount(self.chain)  # type: ignore[arg-type]
        return np.argsort(self.chain, kind="stable"), np.concatenate(([0], np.cumsum(size)[:-1])), size  # type: ignore

    def _with(self, **changes: Any) -> Self:
        return type(self)(**{item.name: getattr(self, item.name) for item in fields(self)} | changes)


def _tiled(network: Network | None, copies: int) -> Network | None:
    """``copies`` of ``network`` side by side."""
    return None if network is None else network.tile(copies, {"p-bit": network.n, "connection": len(network.weight)})
