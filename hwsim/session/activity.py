"""Activity: what a run asked of the machine, item by item, without prices."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from hwsim.display import Shown


@dataclass(frozen=True, kw_only=True)
class Activity(Shown):
    """What one run of an algorithm asks of the machine.

    n_pbits : p-bits of one network;  replicas : states that the run keeps;  copies : networks on the machine at once
    run_s : seconds in which p-bits update; copies run together, turns one after the other
    settle_s : seconds until signals under way have arrived, before states are read
    updates : of p-bits, in all replicas;  flips : those that changed a value, None where they were not counted
    reads, writes : whole states read and written
    read_rounds, write_rounds : how often the machine waits for reads and writes; all copies are read together
    swaps : exchanges and cluster moves that the controller decided
    programmings : how often other biases and weights were written into the running machine
    data_writes : biases of p-bits that were written as data of a read
    """

    n_pbits: int
    replicas: int = 1
    copies: int = 1
    run_s: float = 0.0
    settle_s: float = 0.0
    updates: float = 0.0
    flips: float | None = None
    reads: float = 1.0
    writes: float = 0.0
    read_rounds: float = 1.0
    write_rounds: float = 0.0
    swaps: float = 0.0
    programmings: float = 0.0
    data_writes: float = 0.0

    @property
    def device_time_s(self) -> float:
        """Seconds of running and settling, which have no price."""
        return self.run_s + self.settle_s


def added(activities: Sequence[Activity]) -> Activity:
    """The sum of ``activities`` on one machine."""
    first = activities[0]
    same = ("n_pbits", "replicas", "copies")
    sums: dict[str, Any] = {}
    for item in fields(Activity):
        values = [getattr(each, item.name) for each in activities]
        if item.name not in same:
            sums[item.name] = None if any(value is None for value in values) else sum(values)
    return replace(first, **sums)


def mean_activity(activities: Sequence[Activity]) -> Activity:
    """The mean of ``activities`` of runs with the same p-bits, replicas and copies."""
    first = activities[0]
    means = {
        item.name: float(np.mean([getattr(activity, item.name) for activity in activities]))
        for item in fields(Activity)
        if item.name not in ("n_pbits", "replicas", "copies") and getattr(first, item.name) is not None
    }
    return replace(first, **means)  # type: ignore[arg-type]


def turns(replicas: int, copies: int) -> int:
    """How many turns ``copies`` networks need to serve ``replicas`` states."""
    return -(-replicas // copies)
