"""Plans: what ``hwsim train`` is told, a TOML file of tables.

Enters: a plain dict, such as a TOML file gives. Leaves: the same with its defaults filled in, and what it describes:
data, a model, a chip, a course. A key that no plan has is refused with the nearest one.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.chip.chip import Chip
from hwsim.chip.library import chip as chip_of
from hwsim.display import Facts, Shown
from hwsim.errors import InputError
from hwsim.learn import model as makers
from hwsim.learn.data import Data, read_data
from hwsim.learn.machine import Timing
from hwsim.learn.model import Model
from hwsim.learn.training import Course
from hwsim.learn.updates import Updates
from hwsim.ranges import seconds_in
from hwsim.text import read_toml
from hwsim.units import whole

KINDS = ("rbm", "dbm", "fully", "chip", "denoising")
_TEXT, _WHOLE, _NUMBER, _YES = "a text", "a whole number", "a number", "true or false"
_MOST = 2**63
_NUMBERS, _WHOLES, _TABLE, _TEXTS = "a list of numbers", "a list of whole numbers", "a table", "a list of texts"

KEYS: dict[str, dict[str, tuple[tuple[str, ...], Any]]] = {
    "": {
        "data": ((_TEXT,), ...),
        "chip": ((_TEXT,), "generic-all-to-all"),
        "seed": ((_WHOLE,), 0),
        "schedules": ((_WHOLE,), 1),
        "engine": ((_TEXT,), "auto"),
        "code": ((_TABLE,), {}),
        "split": ((_TABLE,), {}),
        "model": ((_TABLE,), {}),
        "machine": ((_TABLE,), {}),
        "train": ((_TABLE,), {}),
        "update": ((_TABLE,), {}),
        "judge": ((_TABLE,), {}),
        "noise": ((_TABLE,), {}),
        "penalty": ((_TABLE,), {}),
    },
    "code": {
        "values": ((_TEXT,), None),
        "labels": ((_TEXT,), None),
        "threshold": ((_NUMBER, _NUMBERS), None),
        "levels": ((_WHOLE,), None),
        "drawn": ((_YES,), False),
        "label_code": ((_TEXT,), "one-hot"),
        "copies": ((_WHOLE,), 1),
    },
    "split": {
        "test": ((_NUMBER,), 0.0),
        "seed": ((_WHOLE,), 0),
        "shuffled": ((_YES,), True),
        "stratified": ((_YES,), False),
    },
    "model": {
        "kind": ((_TEXT,), None),
        "file": ((_TEXT,), None),
        "hidden": ((_WHOLE,), None),
        "layers": ((_WHOLES,), None),
        "placement": ((_TEXT, _WHOLES), "random"),
        "labels": ((_YES,), True),
        "scale": ((_NUMBER,), 0.01),
        "biases": ((_TEXT,), "data"),
    },
    "machine": {
        "set": ((_TABLE,), {}),
        "without": ((_TEXTS,), []),
        "die_seed": ((_WHOLE,), 0),
        "rounding": ((_TEXT,), "nearest"),
        "chips": ((_WHOLE,), None),
        "exchange": ((_TEXT, _NUMBER), None),
    },
    "train": {
        "rule": ((_TEXT,), "pcd"),
        "steps": ((_WHOLE,), None),
        "epochs": ((_NUMBER,), None),
        "batch": ((_WHOLE,), 100),
        "chains": ((_WHOLE,), 100),
        "betas": ((_NUMBERS,), [1.0]),
        "statistics": ((_TEXT,), "sampled"),
        "positive": ((_TABLE,), {}),
        "negative": ((_TABLE,), {}),
    },
    "train.positive": {"warm_up": ((_WHOLE,), 5), "looks": ((_WHOLE,), 1), "spacing": ((_WHOLE,), 1)},
    "train.negative": {"warm_up": ((_WHOLE,), 5), "looks": ((_WHOLE,), 1), "spacing": ((_WHOLE,), 1)},
    "update": {
        item.name: (((_TEXT,) if item.type == "str" or isinstance(item.default, str) else (_NUMBER,)), item.default)
        for item in fields(Updates)
    },
    "judge": {
        "times": ((_WHOLE,), 20),
        "likelihood": ((_YES,), True),
        "rows": ((_WHOLE,), 100),
        "chains": ((_WHOLE,), 20),
        "steps": ((_WHOLE,), 200),
    },
    "noise": {
        "steps": ((_WHOLE,), 4),
        "schedule": ((_TEXT,), "log"),
        "end": ((_NUMBER,), None),
        "rate": ((_NUMBER,), 0.9),
        "label_rate": ((_NUMBER,), 0.2),
        "offset": ((_NUMBER,), 0.15),
    },
    "penalty": {
        "rule": ((_TEXT,), "code"),
        "threshold": ((_NUMBER,), None),
        "inputs": ((_WHOLE,), 8),
        "chains": ((_WHOLE,), 16),
        "looks": ((_WHOLE,), 64),
        "spacing": ((_WHOLE,), 3),
    },
}
"""The keys of each table: what a value may be, and its default; ``...`` where it must be given."""


def checked(spec: Mapping[str, Any]) -> dict[str, Any]:
    """``spec`` with its defaults filled in, plain data. Raises InputError, also for a contradiction.

    data : a file, or a set such as digits, adder, bars-and-stripes:rows=4,columns=4;  chip : the name or file of a card
    code : how values become bits, and split : which rows are for a test; see `hwsim.learn.data`
    model : kind ("rbm", "dbm", "fully", or "chip" for the chip's own p-bits and wires), hidden, layers, placement;
    file : a trained model to go on from;  labels : whether the labels are learnt too;  scale : of the first couplings
    biases : "data", seen units begin with the means of the data, or "zero"
    machine : parameters to set, faults to leave out (without), die_seed, rounding of the registers; chips over which
    the p-bits are spread, and the interval at which they exchange boundaries
    train : see Course; steps, or epochs, how often all rows are seen;  update : see Updates
    judge : times, and rows, chains and steps of the likelihood where the exact divergence is not known
    noise, penalty : of a model of kind "denoising", see `hwsim.learn.denoise_plan`
    """
    full = _filled("", spec)
    for name in ("code", "split", "model", "machine", "train", "update", "judge", "noise", "penalty"):
        full[name] = _filled(name, full[name])
    for name in ("positive", "negative"):
        full["train"][name] = _filled(f"train.{name}", full["train"][name])
    train, model = full["train"], full["model"]
    if (train["steps"] is None) == (train["epochs"] is None):
        raise InputError("train takes steps or epochs, one of the two")
    if model["biases"] not in ("data", "zero"):
        raise InputError(f"model.biases must be data or zero, got {model['biases']!r}")
    for key, least in (("times", 1), ("rows", 1), ("steps", 1), ("chains", 2)):
        whole(full["judge"][key], name=f"judge.{key}", least=least)
    if train["epochs"] is not None and not train["epochs"] > 0:
        raise InputError(f"train.epochs must be > 0, got {train['epochs']}")
    if full["machine"]["exchange"] is not None and full["machine"]["chips"] is None:
        raise InputError("machine.exchange is between chips: give machine.chips too")
    if model["kind"] != "denoising":
        table = next((name for name in ("noise", "penalty") if full[name] != _filled(name, {})), None)
        if table is not None:
            raise InputError(f'[{table}] is that of a denoising chain: it needs model.kind = "denoising"')
    if model["file"] is not None and (model["kind"] is not None or model["hidden"] is not None):
        raise InputError("model.file is a whole model: leave kind and hidden out")
    return full


def data_of(plan: Mapping[str, Any]) -> dict[str, Any]:
    """The keys data, code, split and seed of a ``plan`` that a file holds, with their defaults; data is "" where none
    is named. Raises InputError."""
    full = _filled("", {"data": "", **{key: plan[key] for key in ("data", "code", "split", "seed") if key in plan}})
    return full | {name: _filled(name, full[name]) for name in ("code", "split")}


def _filled(table: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The table ``table`` with its defaults. Raises InputError for an unknown key and a value of another kind."""
    known, where = KEYS[table], f"{table}." if table else ""
    for key, value in given.items():
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            hint = f"; did you mean {where}{near[0]}?" if near else f"; known are {', '.join(known)}"
            raise InputError(f"unknown key {where}{key}{hint}")
        kinds, default = known[key]
        large = next((each for each in (value if isinstance(value, list) else [value]) if _is_too_large(each)), None)
        if large is not None:  # first, for Python writes no number of 5000 digits into a sentence
            digits = int(math.log10(abs(large))) + 1
            raise InputError(f"{where}{key} must be less than 2**63, got a whole number of {digits} digits")
        if not (value is None and default is None) and not any(_is(kind, value) for kind in kinds):
            raise InputError(f"{where}{key} must be {' or '.join(kinds)}, got {value!r}")
    for key, (_, default) in known.items():
        if default is ... and key not in given:
            raise InputError(f'a plan needs {where}{key}, such as data = "adder"')
    return {key: given.get(key, default) for key, (_, default) in known.items()}


def _is_too_large(value: Any) -> bool:
    """Whether ``value`` is a whole number that neither a file nor an array holds."""
    return isinstance(value, int) and not -_MOST <= value < _MOST


def _is(kind: str, value: Any) -> bool:
    """Whether ``value`` is of ``kind``."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    number = whole or (isinstance(value, float) and np.isfinite(value))
    alone = {
        _TEXT: isinstance(value, str),
        _WHOLE: whole,
        _NUMBER: number,
        _YES: isinstance(value, bool),
        _TABLE: isinstance(value, Mapping),
        _TEXTS: isinstance(value, list) and all(isinstance(each, str) for each in value),
    }
    if kind in alone:
        return alone[kind]
    return isinstance(value, list) and all(_is(_WHOLE if kind == _WHOLES else _NUMBER, each) for each in value)


@dataclass(frozen=True, kw_only=True, eq=False)
class Planned(Shown):
    """What a plan describes.

    plan : plain data, with its defaults;  data : to learn, test : held back, or None;  rows : int8 (m, seen)
    model : where the training begins;  chip : with what the plan changes of its card;  course : of the training
    """

    plan: dict[str, Any]
    data: Data
    test: Data | None
    rows: np.ndarray
    model: Model
    chip: Chip
    course: Course

    @property
    def keywords(self) -> dict[str, Any]:
        """Those of `hwsim.learn.training.train` besides rows, model, chip and course."""
        machine = self.plan["machine"]
        exchange, tau_s = machine["exchange"], self.chip.round_s
        return {
            "weights": self.data.weights,
            "die_seed": machine["die_seed"],
            "rounding": machine["rounding"],
            "parts": machine["chips"],
            "exchange_s": None if exchange is None else seconds_in(exchange, tau_s, name="machine.exchange"),
        } | {key: self.plan[key] for key in ("seed", "schedules", "engine")}

    def _shown(self) -> tuple[str, Facts]:
        return f"Plan to learn {self.data.name} on {self.chip.name}", [("model", self.model._shown()[0])]


def with_setting(full: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """``full``, a plan with its defaults, with another ``value`` of ``key``: one of the plan such as update.rate or
    chip, one of [machine], or a parameter of the card. Raises InputError."""
    path = key.split(".")
    if len(path) == 1 and key not in ("chip", "seed", "engine"):
        path = ["machine", *([] if key in KEYS["machine"] else ["set"]), key]
    changed: dict[str, Any] = {**full}
    table = changed
    for name in path[:-1]:
        if not isinstance(table.get(name), Mapping):
            raise InputError(f"a plan has no table {name} in which {key} could vary")
        table[name] = {**table[name]}
        table = table[name]
    table[path[-1]] = value
    return checked(changed)


def planned(plan: Mapping[str, Any]) -> Planned:
    """What ``plan`` describes, read and made. Raises InputError and DoesNotFitError."""
    full = checked(plan)
    train, chip = full["train"], chip_of_plan(full)
    data, test, with_labels = data_of_plan(full)
    rows = data.seen(with_labels=with_labels)
    model = _model(full, data, rows, chip, with_labels)
    steps = _steps(train, len(rows))
    course = Course(
        steps=steps,
        rule=train["rule"],
        batch=train["batch"],
        chains=train["chains"],
        betas=tuple(float(beta) for beta in train["betas"]),
        statistics=train["statistics"],
        positive=Timing(**train["positive"]),
        negative=Timing(**train["negative"]),
        updates=Updates(**full["update"]),
        judgements=full["judge"]["times"],
    )
    return Planned(plan=full, data=data, test=test, rows=rows, model=model, chip=chip, course=course)


def chip_of_plan(full: Mapping[str, Any]) -> Chip:
    """The chip of ``full``, a plan with its defaults, with what the plan changes of its card. Raises InputError."""
    machine = full["machine"]
    faults = {"without": machine["without"]} if machine["without"] else {}
    return chip_of(full["chip"], **machine["set"], **faults)


def data_of_plan(full: Mapping[str, Any]) -> tuple[Data, Data | None, bool]:
    """(data to learn, test held back or None, whether labels are learnt too) of ``full``, a plan with its defaults.
    Raises InputError."""
    data, test = read_data(full["data"], **full["code"], seed=full["seed"]), None
    if full["split"]["test"]:
        data, test = data.split(**full["split"])
    data.check_classes()
    return data, test, full["model"]["labels"] and data.labels is not None


def _steps(train: Mapping[str, Any], rows: int) -> int:
    """How many steps [train] asks for with so many ``rows``. Raises InputError."""
    if train["steps"] is not None:
        return whole(train["steps"], name="steps", least=1)
    share = rows / whole(train["batch"], name="batch", least=1)
    if not train["epochs"] * share < _MOST:
        raise InputError(f"train.epochs must be less than 2**63 steps, got {train['epochs']:g}")
    return max(1, round(train["epochs"] * share))


def _model(full: Mapping[str, Any], data: Data, rows: np.ndarray, chip: Chip, with_labels: bool) -> Model:
    """The model with which the training begins."""
    asked = full["model"]
    if asked["file"] is not None:
        model = Model.load(asked["file"])
        if model.n_seen != rows.shape[1]:
            raise InputError(
                f"{asked['file']} has {model.n_seen} visible and label units, and {data.name} has {rows.shape[1]} bits"
            )
        return model
    labels = rows.shape[1] - data.bits.shape[1]
    how: dict[str, Any] = {
        "names": (*data.columns, *(data.code.label_names if with_labels else ())),
        "code": data.code.plain,
        "scale": asked["scale"],
        "seed": full["seed"],
        "name": data.name,
    }
    model = _made(asked, data.bits.shape[1], labels, chip, how)
    if asked["biases"] == "zero":
        return model
    return model.with_values(first_biases(model, rows, data.weights), model.weight)


def _made(asked: Mapping[str, Any], visible: int, labels: int, chip: Chip, how: dict[str, Any]) -> Model:
    """The model of the kind that ``asked`` names."""
    hidden, layers, kind = asked["hidden"], asked["layers"], asked["kind"]
    if kind is None:
        kind = "dbm" if layers else "chip" if chip.topology.is_fixed else "rbm" if hidden else "fully"
    if kind not in KINDS:
        raise InputError(f"model.kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if (kind == "dbm") != bool(layers):
        raise InputError("model.layers, the sizes of the hidden layers, goes with kind dbm")
    if kind == "dbm" and hidden is not None:
        raise InputError("model.layers says how many hidden units there are: leave model.hidden out")
    if kind != "chip" and asked["placement"] != "random":
        raise InputError("model.placement, the p-bits of a chip's own wires, goes with kind chip")
    if kind == "dbm":
        return makers.dbm([visible, *layers], labels=labels, **how)
    if kind == "chip":
        return makers.on_chip(chip, visible, labels=labels, hidden=hidden, placement=asked["placement"], **how)
    if kind == "fully":
        return makers.fully(visible, labels=labels, hidden=hidden or 0, **how)
    if not hidden:
        raise InputError("model.hidden must be given for kind rbm: how many hidden units")
    return makers.rbm(visible, hidden, labels=labels, **how)


def first_biases(model: Model, rows: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """float64 (n,): biases at which units without couplings have the means of ``rows`` int8 (m, seen); one row of each
    value is added, so that a bit that never changes gets a finite bias."""
    total = float(len(rows) if weights is None else np.sum(weights))
    means = np.average(rows, axis=0, weights=weights) * total / (total + 2)
    bias = np.zeros(model.n)
    bias[: model.n_seen] = -np.arctanh(means) / model.beta
    return bias


def read_plan(path: str | Path) -> dict[str, Any]:
    """The TOML file of a plan. Raises InputError."""
    spec = read_toml(path)
    try:
        return checked(spec)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
