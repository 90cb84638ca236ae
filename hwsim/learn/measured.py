"""Measured: how far the law of a machine, as it is, lies from that of the data, from states that it gives.

Enters: a LearningMachine with its clock, delay, devices and faults, and rows of data. Leaves: a divergence with its
error. Delay and devices that differ move a machine away from every Boltzmann law, so that its law is measured here.
Only the rows of the data are counted, so that machines of many units can be judged, if each row comes often enough.
"""

from dataclasses import dataclass

import numpy as np

from hwsim.arguments import named
from hwsim.display import Facts, Shown
from hwsim.errors import InputError
from hwsim.learn.machine import LearningMachine, Timing

LOOKS = Timing(warm_up=200, looks=100, spacing=5)
"""When the chains are read."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredDivergence(Shown):
    """Kullback-Leibler divergence of a machine's law over its seen units from the law of data, sum p ln(p / q), nats.

    value : itself, less the bias of finite samples;  error : standard error, over the schedules of the clock
    samples : how many states;  unseen : rows of the data that never came; then ``value`` is a lower bound
    """

    value: float
    error: float
    samples: int
    unseen: int

    def _shown(self) -> tuple[str, Facts]:
        sign = "> " if self.unseen else ""
        return f"KL {sign}{self.value:.4g} +- {self.error:.2g} nats", [
            ("states", f"{self.samples:,}"),
            ("rows that never came", self.unseen or None),
        ]


@named
def measured_divergence(
    machine: LearningMachine,
    rows: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    chains: int = 2048,
    timing: Timing = LOOKS,
) -> MeasuredDivergence:
    """The divergence of ``machine`` from ``rows`` int8 (m, seen) of +-1, from ``chains`` chains read by ``timing``.

    weights : float64 (m,), how often each row comes, None for equally often
    The machine needs at least 8 schedules, over which the error is taken. Raises InputError.
    """
    if machine.settings.schedules < 8:
        raise InputError(f"the error is over schedules: give the machine 8 or more, got {machine.settings.schedules}")
    rows = np.asarray(rows, dtype=np.int8)
    if rows.ndim != 2 or rows.shape[1] != machine.model.n_seen or not len(rows):
        raise InputError(f"rows must be (m, {machine.model.n_seen}), got {rows.shape}")
    patterns, which = np.unique(rows, axis=0, return_inverse=True)
    share = np.bincount(which.ravel(), weights=weights)
    share = share / share.sum()
    counts = _counts(machine, patterns, chains, timing)
    samples, total = chains * timing.looks, counts.sum(axis=0)
    unseen = int(np.sum(total == 0))
    own = float(np.sum(share * np.log(share)))
    everywhere = own - float(np.sum(share * np.log(np.maximum(total, 1) / samples)))
    if unseen:
        return MeasuredDivergence(value=everywhere, error=float("nan"), samples=samples, unseen=unseen)
    m = len(counts)
    left_out = np.array(
        [own - np.sum(share * np.log(np.maximum(total - one, 0.5) / (samples * (m - 1) / m))) for one in counts]
    )
    return MeasuredDivergence(
        value=m * everywhere - (m - 1) * float(left_out.mean()),
        error=float(np.sqrt((m - 1) / m * np.sum((left_out - left_out.mean()) ** 2))),
        samples=samples,
        unseen=0,
    )


def _counts(machine: LearningMachine, patterns: np.ndarray, chains: int, timing: Timing) -> np.ndarray:
    """int64 (schedules, k): how often each of ``patterns`` int8 (k, seen) came in the chains of each schedule."""
    seen = machine.model.n_seen
    place = {row.tobytes(): k for k, row in enumerate(np.packbits(patterns > 0, axis=1))}
    phase = machine.phase("judgement", chains)
    schedule = phase.session.schedule
    counts = np.zeros((int(schedule.max()) + 1, len(patterns)), dtype=np.int64)
    for states in phase.looks(timing):
        found, inverse = np.unique(np.packbits(states[:, :seen] > 0, axis=1), axis=0, return_inverse=True)
        known = np.array([place.get(row.tobytes(), -1) for row in found])[inverse.ravel()]
        np.add.at(counts, (schedule[known >= 0], known[known >= 0]), 1)
    machine.close("judgement")
    return counts
