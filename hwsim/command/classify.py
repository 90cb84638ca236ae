"""Classify: which class a trained model on a chip gives to rows of data, on one die or many."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from hwsim.command import given
from hwsim.command.defaults import OWN, PARTS
from hwsim.command.keywords import ChipKeywords, PaceKeywords, ReadKeywords, command
from hwsim.command.result import Result
from hwsim.display import Facts, counted
from hwsim.errors import InputError
from hwsim.units import whole

if TYPE_CHECKING:
    from hwsim.chip.chip import Chip
    from hwsim.learn.bill import Bill
    from hwsim.learn.data import Data
    from hwsim.learn.model import Model
    from hwsim.report.canvas import Drawing


class Keywords(ChipKeywords, PaceKeywords, ReadKeywords, total=False):
    """Of `classify`."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ClassifiedOnDies(Result):
    """What `classify` found, a row for each die. predicted : int64 (dies, rows), numbers of classes
    bill : of all rows on one die"""

    predicted: np.ndarray
    bill: "Bill"

    @property
    def title(self) -> str:
        """What was classified, where."""
        found = self.document
        return f"{found['data']}, {counted(found['n_rows'], 'row')}, by {found['model']} on {found['chip']}"

    def text(self, width: int | None = None) -> str:
        """The accuracy on each die, with its interval; what a row costs."""
        from hwsim.report.learnt import classes_text

        return classes_text(self.title, self.document, self.bill, width=width)

    def drawing(self) -> "Drawing":
        """Which classes are taken for which, and the accuracy of the dies where there are several."""
        from hwsim.report.learnt import classes_drawing

        return classes_drawing(self.title, self.document)

    def _shown(self) -> tuple[str, Facts]:
        facts = [(f"die {row['die_seed']}", _words(row)) for row in self.rows[:4]]
        return self.title, facts


def _words(row: dict[str, Any]) -> str | None:
    if row["accuracy"] is None:
        return None
    low, high = row["accuracy_ci"]
    return f"accuracy {row['accuracy']:.3f} [{low:.3f}, {high:.3f}]"


@command(reads=1, schedules=16)
def classify(
    model: Any,
    data: Any = None,
    chip: "str | Chip" = OWN,
    *,
    dies: int = 1,
    part: str | None = None,
    warm_up: int = 50,
    looks: int = 10,
    spacing: int = 5,
    **how: Unpack[Keywords],
) -> ClassifiedOnDies:
    """The class that ``model``, a Model or its file, gives to each row of ``data`` on ``chip``: the row is held, the
    label units are looked at ``looks`` times after ``warm_up`` sweeps, ``spacing`` sweeps apart.

    data : what `hwsim.learn.read_data` takes; None for the data that the model was trained on
    chip : own for the one that the model was trained on, with what was set there;  dies : how many, from die_seed on
    part : test, train or all: which rows of the training's own split; None for test where data is None, else all
    reads : chains of each row;  how : see ChipKeywords, PaceKeywords and ReadKeywords. Raises InputError,
    DoesNotFitError.
    """
    from hwsim.interrupt import CtrlC, Stopped
    from hwsim.learn.answers import classify as classified
    from hwsim.learn.bill import bill_of
    from hwsim.learn.machine import Timing
    from hwsim.learn.model import model_of, plain_settings
    from hwsim.report.provenance import provenance

    learnt = model_of(model)
    asked = _data(learnt, data, part)
    timing = Timing(warm_up=warm_up, looks=looks, spacing=spacing)
    reads, n_dies = whole(how["reads"], name="reads", least=1), whole(dies, name="dies", least=1)
    rows: list[dict[str, Any]] = []
    predicted, programs, progress = [], [], how["progress"]
    with CtrlC() as ctrl_c:
        for k in range(n_dies):
            die = how["die_seed"] + k
            with ctrl_c.part():
                machine = given.learning_machine(learnt, chip, how | {"die_seed": die})
                found = classified(
                    machine,
                    asked,
                    reads=reads,
                    timing=timing,
                    tell=lambda share, k=k, die=die: progress.show((k + share) / n_dies, f"die {die}"),  # type: ignore[misc]
                )
                predicted.append(found.predicted)
                programs.append(machine.program)
                rows.append(_row(die, found))
            if ctrl_c.heard:
                break
    if not rows:
        raise Stopped
    cost = bill_of([found.activity], machine.chip.prices, programmings=0, data_rounds=float(reads * len(asked)))
    document = {
        "model": learnt.name,
        "chip": machine.chip.name,
        "settings": plain_settings(machine.chip),
        "clock": machine.program.clock.kind,
        "data": asked.name,
        "n_rows": len(asked),
        "classes": list(found.classes),
        "reads": reads,
        "sweeps": timing.sweeps,
        "rows": rows,
        "bill": cost.facts,
    }
    return ClassifiedOnDies(
        document=document,
        provenance=provenance(seed=how["seed"], beta=[learnt.beta], programs=programs),
        stopped=f"; {len(rows)} of {n_dies} dies shown" if len(rows) < n_dies else None,
        predicted=np.array(predicted),
        bill=cost,
    )


def _row(die: int, found: Any) -> dict[str, Any]:
    right = found.accuracy
    return {
        "die_seed": die,
        "accuracy": None if right is None else right.share,
        "accuracy_ci": None if right is None else [right.low, right.high],
        "right": None if right is None else right.right,
        "confusion": None if right is None else right.confusion.tolist(),
        "predicted": found.predicted.tolist(),
    }


def _data(model: "Model", source: Any, part: str | None) -> "Data":
    """The rows to classify, coded as those that the model learnt. Raises InputError."""
    from hwsim.learn.answers import code_of
    from hwsim.learn.data import read_data
    from hwsim.learn.plan import data_of

    plan = data_of(model.notes.get("plan") or {})
    if source is None and not plan["data"]:
        raise InputError(f"{model.name} does not say which data it was trained on: give some")
    if part is None:
        part = "all" if source is not None else "test"
    if part not in PARTS:
        raise InputError(f"part must be one of {', '.join(PARTS)}, got {part!r}")
    how: dict[str, Any] = {}
    if source is None:  # the very bits of the training, drawn ones too
        code = plan["code"]
        how = {"seed": plan["seed"]} | {key: code[key] for key in ("values", "labels") if code.get(key)}
    found = read_data(plan["data"] if source is None else source, code=code_of(model), **how)
    if part == "all":
        return found
    split = plan["split"]
    if not split["test"]:
        raise InputError(
            f"{model.name} was trained on all rows of its data, so there is no part to hold back: take all"
        )
    train, test = found.split(split["test"], **{key: value for key, value in split.items() if key != "test"})
    return test if part == "test" else train
