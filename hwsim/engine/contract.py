"""The contract of every engine: two verbs, and a named list of what it can honour.

``start(program, ...) -> State`` makes replicas at time 0; ``State.advance(until)`` runs all instants before ``until``.
Progress, Ctrl-C, checkpoints and resuming happen between two advances.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from hwsim.anneal import Anneal
from hwsim.errors import InputError
from hwsim.streams import stream_key


@dataclass(frozen=True, kw_only=True)
class Start:
    """What a run begins with.

    reads : replicas in all;  schedules : schedule groups they are spread over;  seed : of every stream
    initial : int8 (reads, n) of +-1, or None for random starts
    record : replica numbers whose every update is kept
    """

    reads: int
    schedules: int
    seed: int
    threads: int = 1
    initial: np.ndarray | None = None
    record: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.reads < 1 or self.schedules < 1 or self.schedules > self.reads:
            raise InputError(
                f"reads must be >= 1 and schedules between 1 and reads, got {self.reads} and {self.schedules}"
            )
        if self.threads < 1:
            raise InputError(f"threads must be >= 1, got {self.threads}")
        if any(not 0 <= replica < self.reads for replica in self.record):
            raise InputError(f"a recorded read must lie in [0, {self.reads})")

    def groups(self) -> list[np.ndarray]:
        """Replica numbers of each schedule group: consecutive, as even as can be."""
        return np.array_split(np.arange(self.reads), self.schedules)

    def keys(self, group: int) -> tuple[int, int, int]:
        """Keys of a group's noise, clock and initial states."""
        return tuple(stream_key(self.seed, name, group) for name in ("noise", "clock", "initial"))  # type: ignore


@dataclass
class Events:
    """Updates of one recorded replica, ordered by (time, p-bit): int64, int32, int8 arrays of one length."""

    time: list[np.ndarray] = field(default_factory=list)
    pbit: list[np.ndarray] = field(default_factory=list)
    value: list[np.ndarray] = field(default_factory=list)

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The whole trace as (time int64, pbit int32, value int8)."""
        kinds = (np.int64, np.int32, np.int8)
        parts = (self.time, self.pbit, self.value)
        return tuple(np.concatenate([np.empty(0, k), *p]).astype(k) for p, k in zip(parts, kinds, strict=True))  # type: ignore


class State(Protocol):
    """Replicas in mid-run."""

    updates: int

    def compile(self, anneal: Anneal) -> None:
        """Make the kernels ready, where an engine has any."""

    def advance(self, until: int, anneal: Anneal) -> None:
        """Run every instant before grid time ``until``."""

    def spins(self) -> np.ndarray:
        """int8 (reads, n): committed states."""

    def energies(self) -> np.ndarray:
        """float64 (reads,): energies of the committed states, in problem units, offset included."""

    def events(self) -> dict[int, Events]:
        """Traces of the recorded replicas so far."""
