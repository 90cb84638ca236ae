"""Reads: what a run and the outcome of an algorithm have in common, the answers of independent runs of one program."""

from typing import TYPE_CHECKING, Any

import numpy as np

from hwsim.display import Facts, Shown, counted, data_frame, picture, short
from hwsim.moved import renamed
from hwsim.units import format_si

if TYPE_CHECKING:
    from hwsim.program import Program


class Reads(Shown):
    """The answers of independent runs. Subclasses hold ``program``, ``energies``, ``schedule`` and the checkpoints."""

    program: "Program"
    engine: str
    energies: np.ndarray
    schedule: np.ndarray
    checkpoint_times_s: np.ndarray
    checkpoint_energies: np.ndarray
    host_seconds: float
    interrupted: bool

    group = renamed("group", "schedule")
    plot = picture("hwsim.report.figure:run_axes")

    @property
    def reads(self) -> int:
        """How many independent runs."""
        return len(self.energies)

    @property
    def schedules(self) -> int:
        """How many schedules."""
        return int(self.schedule.max()) + 1

    def to_pandas(self) -> Any:
        """A data frame with a row for each read. Raises MissingExtraError."""
        return data_frame(self._columns())

    def _columns(self) -> dict[str, Any]:
        """The columns of the data frame."""
        return {"read": np.arange(self.reads), "schedule": self.schedule, "energy": self.energies}

    def _facts(self, *, device_time_s: float, updates: int) -> Facts:
        """What both show: energies, device time, host time."""
        spread = f", s.d. {np.std(self.energies):.3g}" if self.reads > 1 else ""
        ended = ", interrupted" if self.interrupted else ""
        return [
            ("energy", f"mean {np.mean(self.energies):.6g}{spread}, best {np.min(self.energies):.6g}"),
            ("device", f"{format_si(device_time_s, 's')} a read{ended}, {updates:.3g} updates in all"),
            ("host", f"{format_si(self.host_seconds, 's')}, engine {self.engine}"),
        ]

    def _what(self) -> str:
        problem, on = self.program.readout.problem_name, self.program.placement.chip
        what = f"{short(problem, 30)}: " if problem else ""
        what += f"{counted(self.reads, 'read')} of {counted(self.schedules, 'schedule')}, "
        return what + f"{counted(self.program.n_pbits, 'p-bit')}" + (f" of {on}" if on else "")
