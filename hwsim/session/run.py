"""Runs: what the hardware did, from the start to the end of an anneal.

Enters: a Program, an Anneal and how many reads. Leaves: a Run.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Unpack

import numpy as np

from hwsim.anneal import Anneal
from hwsim.arguments import named
from hwsim.display import Facts, later, page
from hwsim.errors import ArgumentError
from hwsim.memory import check_reads
from hwsim.program import Program
from hwsim.session.activity import Activity
from hwsim.session.pilot import AUTO, PilotStopped, pilot
from hwsim.session.reads import Reads
from hwsim.session.session import Session
from hwsim.session.settings import RunKeywords, RunSettings
from hwsim.units import whole


@dataclass(frozen=True, kw_only=True)
class Run(Reads):
    """What the hardware did.

    states : int8 (reads, n), +-1, in p-bit order;  energies : float64 (reads,), problem units, offset included
    initial_states : the same at time 0, where they were given or a read was recorded, else None
    read_bias : float64 (reads, n), what each read added to its biases, or None
    schedule : int64 (reads,), number of each read's schedule
    checkpoint_times_s : float64 (k,), device seconds;  checkpoint_energies : float64 (k, reads)
    device_time_s : emulated time of one read;  host_seconds : time that this computer took, without compiling; the two
    are never added;  updates : of p-bits in all reads;  flips : of p-bits that set their own rate, None where there are
    none (see `hwsim.engine.contract.own_updates`)
    device_energy_j : energy of one read in J without read-out, mean over reads; None where a price is not known, and
    where wires, or flips that are not counted here, have one: `hwsim.time_to_solution` counts them
    traces : (ticks, p-bits, new values) of each recorded read, by its number
    """

    program: Program
    anneal: Anneal
    engine: str
    engine_reason: str
    seed: int
    states: np.ndarray
    initial_states: np.ndarray | None
    energies: np.ndarray
    schedule: np.ndarray
    checkpoint_times_s: np.ndarray
    checkpoint_energies: np.ndarray
    device_time_s: float
    host_seconds: float
    updates: int
    flips: int | None = None
    interrupted: bool = False
    device_energy_j: float | None = None
    read_bias: np.ndarray | None = None
    traces: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=dict)

    view = page("hwsim.command.view:view_run")
    quality = later("hwsim.analysis.quality:quality")
    """How good the reads are as samples: effective beta, effective number of reads, autocorrelation time."""

    @property
    def variables(self) -> np.ndarray:
        """int8 (reads, variables): the final states of the problem's variables, chains by their vote."""
        return self.program.readout.vote(self.states)

    @property
    def best_energies(self) -> np.ndarray:
        """float64 (reads,): the least energy of each read at any checkpoint."""
        return self.checkpoint_energies.min(axis=0)

    def _columns(self) -> dict[str, Any]:
        return super()._columns() | {"best_energy": self.best_energies}

    def _shown(self) -> tuple[str, Facts]:
        facts = self._facts(device_time_s=self.device_time_s, updates=self.updates)
        return f"Run of {self._what()}", [*facts, *self.quality.lines()]

    @cached_property
    def sampleset(self) -> Any:
        """The final states as a dimod SampleSet in the problem's own labels and vartype."""
        from hwsim.decode import unembed

        return unembed(self)


@named
def run(
    program: Program,
    *,
    anneal: Anneal,
    checkpoints: int = 50,
    record: tuple[int, ...] = (),
    initial_states: np.ndarray | None = None,
    observe: Callable[[float, np.ndarray], None] | None = None,
    read_bias: np.ndarray | None = None,
    **settings: Unpack[RunKeywords],
) -> Run:
    """Emulate ``reads`` runs of the hardware (256) through ``anneal``; they share ``schedules`` (4) of the clock.

    record : numbers of the reads whose every update is kept;  initial_states : int8 (reads, n) of +-1
    observe : called with (device seconds, states int8 (reads, n)) at every checkpoint that is reached
    read_bias : float64 (reads, n), what each read adds to its biases, 0 where `Cells.read_bias` declares none
    settings : see RunSettings; schedules may be "auto", as many as `hwsim.session.pilot` finds best. An interrupted run
    returns what it has, with ``interrupted`` set. Raises InputError.
    """
    auto = isinstance(settings.get("schedules"), str)
    if auto and settings["schedules"] != AUTO:
        raise ArgumentError(f'schedules must be a whole number or "auto", got {settings["schedules"]!r}')
    if auto:
        del settings["schedules"]
    how = RunSettings.of(settings)
    if not isinstance(program, Program):
        raise ArgumentError(
            f"program must be what hwsim.compile(problem, chip) returns, got an object of {type(program).__name__}"
        )
    if not isinstance(anneal, Anneal):
        raise ArgumentError(f"anneal must be an anneal such as hwsim.linear(0.1, 2.0, '1 us'), got {anneal!r}")
    whole(checkpoints, name="checkpoints", least=1)
    record = tuple(whole(read, name="the number of a recorded read") for read in record)
    check_reads(program.n_pbits, how.reads, schedules=how.schedules, looks=checkpoints + 1)
    if auto:
        try:
            found = pilot(program, anneal, reads=how.reads, threads=how.threads, interrupt=how.interrupt)
            how = replace(how, schedules=found.schedules)
        except PilotStopped:
            how = replace(how, interrupt=lambda: True)  # the run stops at its first look
    begin = {"initial_states": initial_states, "record": record, "read_bias": read_bias}
    with Session(program, how, anneal, end=anneal.end, **begin) as session:  # type: ignore[arg-type]
        given = len(record) > 0 or initial_states is not None
        initial = session.peek() if given else None
        times, table = [0.0], [session.state.energies()]
        for frame in session.frames(checkpoints):
            times.append(frame.time_s)
            table.append(frame.energies)
            if observe is not None and not session.stopped:
                observe(frame.time_s, frame.states)
    updates, flips = session.state.updates / how.reads, session.state.flips
    return Run(
        program=program,
        anneal=anneal,
        engine=session.engine,
        engine_reason=session.engine_reason,
        seed=how.seed,
        states=session.peek(),
        initial_states=initial,
        energies=table[-1],
        schedule=session.schedule,
        checkpoint_times_s=np.array(times),
        checkpoint_energies=np.array(table),
        device_time_s=times[-1],
        host_seconds=session.host_seconds,
        updates=session.state.updates,
        flips=flips,
        interrupted=session.now < anneal.end,
        read_bias=None if read_bias is None else np.array(read_bias, dtype=np.float64),
        traces={replica: events.arrays() for replica, events in session.state.events().items()},
        device_energy_j=device_energy_j(
            program, updates=updates, flips=None if flips is None else flips / how.reads, time_s=times[-1]
        ),
    )


def device_energy_j(program: Program, *, updates: float, flips: float | None, time_s: float) -> float | None:
    """Joules of p-bits that make ``updates``, of which ``flips`` change a value, in ``time_s`` seconds; None where a
    price is not known, and where wires have one, as their toggles are not counted here."""
    wires_j = 0.0 if program.prices.wire_j is None else None
    return program.prices.device_energy_j(updates=updates, flips=flips, time_s=time_s, wires_j=wires_j)


def activity_of(run: Run) -> Activity:
    """What one read of ``run`` asked of the machine: its updates, and one read-out at the end."""
    return Activity(
        n_pbits=run.program.n_pbits,
        run_s=run.device_time_s,
        updates=run.updates / run.reads,
        flips=None if run.flips is None else run.flips / run.reads,
    )
