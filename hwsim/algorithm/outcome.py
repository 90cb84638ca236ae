"""Outcome: what an algorithm returns, the answers of independent runs and what each asked of the machine.

Enters: numbers. Leaves: records. No prices here: `hwsim.cost` turns the activity and the chip's prices into seconds and
joules.
"""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hwsim.display import Facts
from hwsim.errors import InputError, UnsupportedError
from hwsim.program import Program
from hwsim.session import Activity, Session, turns
from hwsim.session.reads import Reads
from hwsim.session.run import device_energy_j

_AS_COPIES = "; it moves states between replicas as copies"


@dataclass(frozen=True, kw_only=True)
class Outcome(Reads):
    """Independent runs of an algorithm on one Program.

    energies : float64 (reads,), of the best replica at the end;  states : int8 (reads, variables), of that replica
    schedule : int (reads,), number of each read's schedule
    checkpoint_times_s : float64 (c,);  checkpoint_energies : float64 (c, reads), of the best replica then
    best_energies : float64 (c, reads), the least up to then
    betas : float64 (m,), the ladder, None where the algorithm has none;  facts : rates and the like, by name
    engine_reason : why this engine, and whether it moves states between replicas as copies
    """

    program: Program
    algorithm: str
    engine: str
    seed: int
    energies: np.ndarray
    states: np.ndarray
    schedule: np.ndarray
    checkpoint_times_s: np.ndarray
    checkpoint_energies: np.ndarray
    best_energies: np.ndarray
    activity: Activity
    host_seconds: float
    interrupted: bool = False
    betas: np.ndarray | None = None
    facts: dict[str, list[float]] = field(default_factory=dict)
    engine_reason: str = ""

    @property
    def device_time_s(self) -> float:
        """Seconds of one run without reads and writes, which have prices of their own."""
        return self.activity.device_time_s

    @property
    def device_energy_j(self) -> float | None:
        """Joules of one run without reads and writes; None where a price is not known, see `Run`."""
        did = self.activity
        return device_energy_j(self.program, updates=did.updates, flips=did.flips, time_s=did.device_time_s)

    @property
    def updates(self) -> int:
        """Updates of p-bits in all runs."""
        return round(self.activity.updates * self.reads)

    def _columns(self) -> dict[str, Any]:
        return super()._columns() | {"best_energy": self.best_energies[-1]}

    def _shown(self) -> tuple[str, Facts]:
        replicas = self.activity.replicas
        ladder = (
            "" if self.betas is None or not len(self.betas) else f", beta {self.betas[0]:.4g} to {self.betas[-1]:.4g}"
        )
        facts = self._facts(device_time_s=self.device_time_s, updates=self.updates)
        return f"Outcome of {self.algorithm}: {self._what()}", [*facts, ("replicas", f"{replicas}{ladder}")]


class History:
    """The energies of independent runs of several replicas: of the best replica at each look, and the least so far.

    rows : int64 (runs, replicas), the replicas of each run. After a look, ``best`` int64 (runs,) holds the row of each
    run's best replica, and ``energies`` float64 (runs,) its energy.
    """

    def __init__(self, rows: np.ndarray) -> None:
        self._rows = rows
        self._times: list[float] = []
        self._table: list[np.ndarray] = []
        self._least: list[np.ndarray] = []
        self._lowest = np.full(len(rows), np.inf)
        self.energies = self.best = np.empty(0)

    def look(self, time_s: float, energies: np.ndarray, *, keep: bool = True) -> None:
        """Look at ``energies`` float64 (rows,) at ``time_s``. keep : whether it is a checkpoint."""
        runs = np.arange(len(self._rows))
        self.best = self._rows[runs, np.argmin(energies[self._rows], axis=1)]
        self.energies = energies[self.best]
        self._lowest = np.minimum(self._lowest, self.energies)
        if keep:
            self._times.append(time_s)
            self._table.append(self.energies)
            self._least.append(self._lowest)

    @property
    def n_looks(self) -> int:
        """How many checkpoints."""
        return len(self._times)

    def outcome(
        self,
        session: Session,
        *,
        algorithm: str,
        copies: int,
        states: np.ndarray,
        schedule: np.ndarray,
        swaps: float,
        betas: np.ndarray,
        facts: dict[str, list[float]],
        began: float,
    ) -> Outcome:
        """The Outcome of the runs. states : int8 (runs, n), of ``best`` as last read;  began : time.perf_counter at the
        start. For the rest see Outcome and Activity."""
        activity = session.activity(runs=len(self._rows), copies=copies, swaps=swaps)
        return Outcome(
            program=session.program,
            algorithm=algorithm,
            engine=session.engine,
            engine_reason=session.engine_reason + ("" if session.state.in_place else _AS_COPIES),
            seed=session.settings.seed,
            energies=self.energies,
            states=session.program.readout.vote(states),
            schedule=schedule,
            checkpoint_times_s=np.array(self._times) * turns(activity.replicas, copies),
            checkpoint_energies=np.array(self._table),
            best_energies=np.array(self._least),
            activity=activity,
            host_seconds=time.perf_counter() - began,
            interrupted=session.now < session.end,
            betas=betas,
            facts=facts,
        )


def checked_copies(copies: int | None, replicas: int) -> int:
    """How many networks are on the machine at once: ``copies``, but no more than ``replicas``; None for all of them."""
    if copies is not None and copies < 1:
        raise InputError(f"copies must be >= 1, got {copies}")
    return replicas if copies is None else min(copies, replicas)


def refuse_pdits(program: Program, what: str) -> None:
    """Raise UnsupportedError where ``program`` has p-dits, which ``what`` does not support."""
    if program.cells.pdit is not None:
        raise UnsupportedError(f"{what} does not support p-dits (cells of more than two levels)")
