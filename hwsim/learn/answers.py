"""Answers: what a trained model on a chip says: samples of its own, the class of a row, the rest of a row.

Enters: a LearningMachine, and rows. Leaves: states that the emulated chip gave, with what it did for them.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from hwsim.arguments import named
from hwsim.display import Facts, Shown, counted
from hwsim.errors import InputError
from hwsim.learn.code import Code
from hwsim.learn.data import Data
from hwsim.learn.machine import LearningMachine, Phase, Timing, check_time
from hwsim.learn.memory import check_chains
from hwsim.learn.model import LABEL, VISIBLE, Model
from hwsim.learn.quality import Accuracy, accuracy
from hwsim.session import Activity
from hwsim.session.pace import Pace

_TOGETHER = 2048
"""Chains side by side."""
LOOKS = Timing(warm_up=50, looks=10, spacing=5)
"""When the states of a question are read."""
Tell = Callable[[float], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples(Shown):
    """States of a model that runs on a chip. states : int8 (reads, n), in the order of the model's units
    labels : int64 (reads,), the class that the label units of each say, None where the model has none
    activity : what all reads asked of the machine, one after the other"""

    model: Model
    states: np.ndarray
    labels: np.ndarray | None
    activity: Activity

    def __len__(self) -> int:
        return len(self.states)

    @property
    def bits(self) -> np.ndarray:
        """int8 (reads, v): the visible units."""
        return self.states[:, : self.model.n_visible]

    def _shown(self) -> tuple[str, Facts]:
        return f"{counted(len(self), 'sample')} of {self.model.name}", [
            ("units", f"{self.model.n_visible} visible, {self.model.n_label} label, {self.model.n_hidden} hidden")
        ]


@named
def samples(
    machine: LearningMachine,
    reads: int,
    *,
    sweeps: int = 1000,
    held: np.ndarray | None = None,
    values: np.ndarray | None = None,
    tell: Tell | None = None,
) -> Samples:
    """The states of ``reads`` chains after ``sweeps`` rounds of the clock from random states.

    held : bool (n,), units that keep ``values`` int8 (reads, held) or (held,);  tell : called with the share that is
    done. Raises InputError.
    """
    model = machine.model
    check_chains(reads, model.n, together=_TOGETHER, kept=model.n)
    kept = np.zeros(model.n, dtype=bool) if held is None else np.asarray(held, dtype=bool)
    given = np.empty((reads, 0), np.int8) if values is None else np.broadcast_to(values, (reads, int(kept.sum())))
    found = []
    for part, phase in _phases(machine, "samples", reads, kept, given, tell):
        _told_sweeps(phase, sweeps, part, reads, tell)
        found.append(phase.session.read())
    states = np.concatenate(found)
    labels = None
    if model.n_label and model.code is not None:
        labels = code_of(model).votes(states[:, model.role == LABEL]).argmax(axis=1)
    return Samples(model=model, states=states, labels=labels, activity=_spent(machine, "samples"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Classified(Shown):
    """Classes of rows that a chip was shown. votes : float64 (rows, classes), how far the label units speak for each,
    mean over reads and looks;  accuracy : None where the rows have no labels;  activity : of all rows, one by one"""

    votes: np.ndarray
    classes: tuple[str, ...]
    accuracy: Accuracy | None
    activity: Activity

    @property
    def predicted(self) -> np.ndarray:
        """int64 (rows,): the class with the most votes, the first of equal ones."""
        return self.votes.argmax(axis=1)

    def _shown(self) -> tuple[str, Facts]:
        words = None if self.accuracy is None else self.accuracy._shown()[0]
        return f"Classes of {counted(len(self.votes), 'row')}", [("accuracy", words)]


@named
def classify(
    machine: LearningMachine, data: Data, *, reads: int = 1, timing: Timing = LOOKS, tell: Tell | None = None
) -> Classified:
    """The class of each row of ``data``: its visible units are held, label and hidden units run from random states, and
    the label units are looked at. reads : chains of each row;  timing : of the looks. Raises InputError."""
    model = machine.model
    if not model.n_label or model.code is None:
        raise InputError(f"{model.name} has no label units, or no code of them: it cannot classify")
    code = code_of(model)
    if data.bits.shape[1] != model.n_visible:
        raise InputError(f"the model has {model.n_visible} visible units, and the data {data.bits.shape[1]} bits")
    check_chains(len(data) * reads, model.n, together=_TOGETHER, kept=model.n_visible)
    rows = np.repeat(data.bits, reads, axis=0)
    votes = np.zeros((len(rows), len(code.classes)))
    for part, phase in _phases(machine, "classes", len(rows), model.role == VISIBLE, rows, tell):
        for seen in phase.looks(timing):
            votes[part] += code.votes(seen[:, model.role == LABEL]) / timing.looks
    votes = votes.reshape(len(data), reads, -1).mean(axis=1)
    right = None if data.labels is None else accuracy(data.labels, votes.argmax(axis=1), len(code.classes))
    return Classified(votes=votes, classes=code.classes, accuracy=right, activity=_spent(machine, "classes"))


@named
def complete(
    machine: LearningMachine, rows: np.ndarray, shown: np.ndarray, *, timing: Timing = LOOKS, tell: Tell | None = None
) -> np.ndarray:
    """Mean values float64 (rows, v) of the visible units where those of ``shown`` bool (v,) keep the values of ``rows``
    int8 (rows, v), and all others run from random states; for `hwsim.learn.quality.reconstruction`."""
    model = machine.model
    held = np.zeros(model.n, dtype=bool)
    held[: model.n_visible] = shown
    means = np.zeros((len(rows), model.n_visible))
    for part, phase in _phases(machine, "rows", len(rows), held, rows[:, shown], tell):
        for seen in phase.looks(timing):
            means[part] += seen[:, : model.n_visible]
    machine.close("rows")
    return means / timing.looks


def code_of(model: Model) -> Code:
    """The code of the data that ``model`` was trained on; plain bits with the names of its units where it has none.
    Raises InputError for a code of other data."""
    if model.code is not None:
        code = Code.of_plain(model.code)
        if code.n_bits != model.n_visible or (model.n_label and code.n_label_bits != model.n_label):
            raise InputError(
                f"{model.name} is a damaged model: its code is of {code.n_bits} bits and {code.n_label_bits} label "
                f"bits, and it has {model.n_visible} visible and {model.n_label} label units"
            )
        return code
    names = tuple(model.names[: model.n_visible])
    return Code(columns=names, thresholds=((0.0,),) * len(names))


def _phases(
    machine: LearningMachine, name: str, reads: int, held: np.ndarray, values: np.ndarray, tell: Tell | None
) -> Iterator[tuple[slice, Phase]]:
    """(rows, phase) of so many chains as run together, with ``values`` int8 (reads, held) in the held units."""
    for first in range(0, reads, _TOGETHER):
        if tell is not None:
            tell(first / reads)
        part = slice(first, min(reads, first + _TOGETHER))
        phase = machine.phase(name, part.stop - part.start, held=held)
        if np.any(held):
            phase.clamp(values[part])
        yield part, phase


def _told_sweeps(phase: Phase, sweeps: int, part: slice, reads: int, tell: Tell | None) -> None:
    """Run ``sweeps`` rounds of the clock and tell a few times a second which share of all ``reads`` is done."""
    check_time(phase.session, sweeps)
    pace, done = Pace(min(64, sweeps)), 0
    while done < sweeps:
        step, began = min(pace.ticks, sweeps - done), time.perf_counter()
        phase.sweep(step)
        pace.learn(step, time.perf_counter() - began)
        done += step
        if tell is not None:
            tell((part.start + (part.stop - part.start) * done / sweeps) / reads)


def _spent(machine: LearningMachine, name: str) -> Activity:
    """What the phase ``name`` asked of the machine in all; it ends."""
    machine.close(name)
    return machine.activities[name]
