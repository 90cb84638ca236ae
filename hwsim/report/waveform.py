"""Waveforms of one replica as a VCD file, for GTKWave, Surfer and other viewers of digital hardware.

Enters: a trace (time, p-bit, value) on the time grid. Leaves: a .vcd file, and on request a .gtkw view of it.
In scope ``chip``: a one-bit wire per p-bit (s = +1 is 1), event variables for the updates, and ``energy``.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from hwsim.analysis.steps import energy_steps
from hwsim.decode import unused_name, wire_names
from hwsim.errors import InputError
from hwsim.files import replacing
from hwsim.session import Run

SCOPE = "chip"


def write_vcd(
    path: str | os.PathLike,
    *,
    n_pbits: int,
    initial,
    times_ticks,
    pbit,
    value,
    labels: Sequence | None = None,
    tick_times: Sequence | None = None,
    energies: Sequence[tuple[int, float]] | None = None,
    timescale: str = "1 fs",
) -> list[str]:
    """Write a trace and return the wire name of each p-bit, its label in VCD's letters (see :func:`wire_names`).

    initial : int8 (n_pbits,) of -1 and +1 at time zero; times_ticks : int64 (events,), not decreasing;
    pbit : int (events,); value : int8 (events,) of -1 and +1, the state after the event. Of two events of one p-bit at
    one instant the later entry counts.
    tick_times : for each p-bit the int64 instants of its updates, drawn as an event ``NAME_tick``; without it one event
    ``update`` marks every instant of the trace.
    A viewer shows one value at an instant, and the file begins with the initial state, which an update at tick 0 reads:
    what happens at tick 0 is therefore written at tick 1.
    energies : (tick, energy) pairs, the first that of the initial state. ``timescale`` is the length of one grid tick.
    Raises InputError when arrays do not match or times decrease.
    """
    times, pbit, value = (np.asarray(a) for a in (times_ticks, pbit, value))
    initial = np.asarray(initial)
    names = wire_names(range(n_pbits) if labels is None else labels)
    if len(names) != n_pbits or initial.shape != (n_pbits,):
        raise InputError(
            f"labels and initial need one entry for each of the {n_pbits} p-bits, "
            f"got {len(names)} and shape {initial.shape}"
        )
    if not times.shape == pbit.shape == value.shape or times.ndim != 1:
        raise InputError(
            "times_ticks, pbit and value need one entry per event, "
            f"got shapes {times.shape}, {pbit.shape}, {value.shape}"
        )
    if times.size and (times[0] < 0 or np.any(np.diff(times) < 0)):
        raise InputError("times_ticks must be >= 0 and must not decrease")
    if pbit.size and (pbit.min() < 0 or pbit.max() >= n_pbits):
        raise InputError(f"pbit must lie in 0..{n_pbits - 1}, got {pbit.min()}..{pbit.max()}")
    if not (np.isin(initial, (-1, 1)).all() and np.isin(value, (-1, 1)).all()):
        raise InputError("initial and value must be -1 or +1")
    if tick_times is not None and len(tick_times) != n_pbits:
        raise InputError(f"tick_times needs one list for each of the {n_pbits} p-bits, got {len(tick_times)}")
    if energies is not None and (len(energies) == 0 or energies[0][0] != 0):
        raise InputError("energies must start at tick 0, so that the waveform has a value from its beginning")

    from vcd import VCDWriter

    def write(file: IO[str]) -> None:
        # the date is empty, so that the same trace gives the same file
        with VCDWriter(file, timescale=timescale, date="", version="hwsim") as out:
            wires = [
                out.register_var(SCOPE, name, "wire", size=1, init=int(s > 0))
                for name, s in zip(names, initial, strict=True)
            ]
            changes: list[tuple[int, Any, Any]] = [
                (max(t, 1), wires[i], int(s > 0))
                for t, i, s in zip(times.tolist(), pbit.tolist(), value.tolist(), strict=True)
            ]
            if tick_times is None:
                update = out.register_var(SCOPE, "update", "event")
                changes += [(max(t, 1), update, True) for t in np.unique(times).tolist()]
            else:
                for name, instants in zip(names, tick_times, strict=True):
                    tick = out.register_var(SCOPE, unused_name(f"{name}_tick", names), "event")
                    changes += [(max(t, 1), tick, True) for t in np.asarray(instants).tolist()]
            if energies is not None:
                pairs = [(int(t), float(e)) for t, e in energies]
                energy = out.register_var(SCOPE, "energy", "real", init=pairs[0][1])
                changes += [(max(t, 1), energy, e) for t, e in pairs[1:]]
            # a stable sort keeps the order of entries at one instant
            for t, variable, new in sorted(changes, key=lambda change: change[0]):
                out.change(variable, t, new)

    _write(Path(path), write)
    return names


def write_run(run: Run, path: str | os.PathLike) -> None:
    """Write the trace of read 0 of ``run``, with the energy after each instant if p-bits are the problem's variables.

    Raises InputError where the run recorded no trace.
    """
    if run.initial_states is None or 0 not in run.traces:
        raise InputError("the run recorded no trace of read 0: give record=(0,)")
    times, pbits, values = run.traces[0]
    labels = [str(label) for label in run.program.readout.names]
    chain = run.program.readout.chain
    steps = None
    if chain is None:
        steps = energy_steps(run)
    else:  # one wire per p-bit; the energy of the chains' votes is left out
        labels = [f"{labels[variable]}.{k}" for k, variable in enumerate(chain.tolist())]
    write_vcd(
        path,
        n_pbits=run.program.n_pbits,
        initial=run.initial_states[0],
        times_ticks=times,
        pbit=pbits,
        value=values,
        labels=labels,
        energies=steps,
    )


def write_gtkw(path: str | os.PathLike, *, vcd_path: str | os.PathLike, names: Sequence[str]) -> None:
    """A GTKWave view of the file at ``vcd_path``: the energy, then the wires in ``names``, in that order."""
    from vcd.gtkw import GTKWSave

    def write(file: IO[str]) -> None:
        view = GTKWSave(file)
        view.dumpfile(str(vcd_path))
        view.treeopen(f"{SCOPE}.")
        view.trace(f"{SCOPE}.energy", datafmt="real")
        for name in names:
            view.trace(f"{SCOPE}.{name}")

    _write(Path(path), write)


def _write(path: Path, write: Callable[[IO[str]], None]) -> None:
    with replacing(path) as part, part.open("w", encoding="ascii", newline="\n") as file:
        write(file)
