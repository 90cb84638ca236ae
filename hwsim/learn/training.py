"""Training: steps of a rule on a machine, judged on the way, saved so that a killed one goes on.

Enters: a Model, a chip, rows of data, a Course. Leaves: a Training. The steps are cut into parts, each of which ends
with a judgement. A part starts its chains from the states that the one before it left, with random numbers of its own,
so what is saved between two parts (numbers, states, what the updates remember) is all that the rest depends on: a
training that was killed goes on from the last part and ends with the same bits.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from hwsim.arguments import named
from hwsim.chip.chip import Chip
from hwsim.display import Facts, Shown, counted, picture
from hwsim.errors import InputError
from hwsim.interrupt import CtrlC
from hwsim.learn.exact import data_law, divergence, is_summable
from hwsim.learn.machine import LearningMachine, MachineKeywords, Timing
from hwsim.learn.memory import check_chains
from hwsim.learn.model import Model, plain_settings
from hwsim.learn.rules import POSITIVES, Rule, Turn, rule_of
from hwsim.learn.saved import Saved, history_of, read_as
from hwsim.learn.updates import Numbers, Updates
from hwsim.program import Program
from hwsim.session import Activity
from hwsim.streams import generator
from hwsim.units import format_si, whole

_SAMPLES = 64
"""States of negative chains that are kept for a picture."""
_STATES = "states."
"""What the names of saved states of phases begin with."""
_WORDS = {"kl": "KL", "log_likelihood": "log-likelihood"}
"""What of a row a watcher is told, the first that is known."""
_SHOWN_S = 0.1
"""Seconds of this computer between two looks at progress and Ctrl-C."""


@dataclass(frozen=True, kw_only=True)
class Course(Shown):
    """How a training goes. Raises InputError.

    steps : changes of the numbers;  rule : a name of hwsim.learn.rules.RULES, or a function of a Turn
    batch : rows of data in a step, each a chain of the positive phase;  chains : of the negative phase
    positive, negative : when each phase is looked at;  betas : of the negative chains, see Phase
    statistics : see Turn;  updates : how the numbers change
    judgements : of the model on the way, after equal numbers of steps; each ends a part, and is saved
    """

    steps: int
    rule: str | Rule = "pcd"
    batch: int = 100
    chains: int = 100
    positive: Timing = field(default_factory=lambda: Timing(warm_up=5))
    negative: Timing = field(default_factory=lambda: Timing(warm_up=5))
    betas: tuple[float, ...] = (1.0,)
    statistics: str = "sampled"
    updates: Updates = field(default_factory=Updates)
    judgements: int = 20

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "chains", "judgements"):
            whole(getattr(self, name), name=name, least=1)
        rule_of(self.rule)
        if self.statistics not in POSITIVES:
            raise InputError(f"statistics must be one of {', '.join(POSITIVES)}, got {self.statistics!r}")

    @property
    def ends(self) -> list[int]:
        """The step at which each part ends, ascending."""
        parts = min(self.judgements, self.steps)
        return [self.steps * (k + 1) // parts for k in range(parts)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Training(Shown):
    """What a training did.

    model : with its last numbers, or their mean where they were averaged;  course : how it went
    history : a row for each judgement: step, epoch, kl or log_likelihood (nats), max_h, max_j, rate, device_s, host_s
    activity : by phase, what it asked of the machine in all;  loads : how often registers were written
    interrupted : whether it ended before its last step
    samples : int8 (k, seen), states of the negative chains at the end;  program : of the machine;  engine : that ran it
    """

    model: Model
    course: Course
    history: list[dict[str, Any]]
    activity: Mapping[str, Activity]
    loads: int
    samples: np.ndarray
    program: Program
    engine: str
    interrupted: bool = False

    plot = picture("hwsim.report.learn:training_axes")

    def _shown(self) -> tuple[str, Facts]:
        last = self.history[-1] if self.history else {}
        return f"Training of {self.model.name}: {counted(last.get('step', 0), 'step')}", [
            ("KL", None if last.get("kl") is None else f"{last['kl']:.4g} nats, exact"),
            ("max |J|", f"{last['max_j']:.3g}" if last else None),
            ("device", f"{format_si(sum(each.run_s for each in self.activity.values()), 's')} of running"),
        ]


Judge = Callable[[LearningMachine, np.ndarray, np.ndarray], dict[str, Any]]
"""What a model is worth: called with the machine, biases and couplings; a row of numbers."""


@named
def train(
    rows: np.ndarray,
    model: Model,
    chip: Chip | str | Path,
    course: Course,
    *,
    weights: np.ndarray | None = None,
    output: str | Path | None = None,
    watch: "Watch | None" = None,
    **how: Unpack[MachineKeywords],
) -> Training:
    """Train ``model`` on ``chip`` with ``rows`` int8 (m, seen) of +-1: visible and label units of each row of data.

    weights : float64 (m,), how often each row comes, None for equally often
    output : a file in which the model is saved after each part, from which the same call goes on
    how : of the machine, such as die_seed, rounding, seed, see MachineKeywords. Raises InputError and DoesNotFitError.
    """
    rows = checked_rows(rows, model)
    check_chains(max(course.batch, course.chains * len(course.betas)), model.n)
    machine = LearningMachine(model, chip, **how)
    batches = Batches(rows, weights, course.batch, machine.settings.seed)
    school = _School(machine, course, batches, exact_judge(rows, weights, model), watch or Watch())
    school.resume(output)
    with CtrlC() as ctrl_c:
        for number, end in enumerate(course.ends):
            if end <= school.numbers.step:
                continue
            whole = False
            with ctrl_c.part():
                school.begin(number)
                whole = school.run(end, lambda: ctrl_c.heard)
                if whole:
                    school.judged()
                    school.save(output)
            # a part may be shorter than the time between two looks
            if not whole or ctrl_c.heard or school.watch.interrupt():
                break
    return school.training()


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Who watches a training. progress : called with (share done, words) a few times a second;  interrupt : called as
    often, returns whether to stop;  judge : adds numbers of its own to each row of the history;  plan : plain data that
    a saved training must share to go on"""

    progress: Callable[[float, str], None] = lambda part, words: None
    interrupt: Callable[[], bool] = lambda: False
    judge: Judge | None = None
    plan: Mapping[str, Any] | None = None


class Batches:
    """Rows of data by step: permutations of all rows, one after the other, cut into batches; of weighted rows, draws.

    A batch depends on its number alone.
    """

    def __init__(self, rows: np.ndarray, weights: np.ndarray | None, size: int, seed: int) -> None:
        self.rows, self.size, self._seed = rows, size, seed
        self._share = None if weights is None else np.asarray(weights, dtype=np.float64) / np.sum(weights)
        self._whole = None
        if weights is None and size % len(rows) == 0:
            self._whole = np.tile(rows, (size // len(rows), 1))
        self._order: dict[int, np.ndarray] = {}

    def __call__(self, step: int) -> np.ndarray:
        """int8 (size, seen): the batch of ``step``."""
        if self._whole is not None:
            return self._whole
        if self._share is not None:
            draw = generator(self._seed, "batch", step)
            return self.rows[draw.choice(len(self.rows), self.size, p=self._share)]
        m = len(self.rows)
        place = range(step * self.size, (step + 1) * self.size)
        return self.rows[[self._permutation(k // m)[k % m] for k in place]]

    def _permutation(self, epoch: int) -> np.ndarray:
        if epoch not in self._order:
            if len(self._order) > 4:
                self._order.clear()
            self._order[epoch] = generator(self._seed, "order", epoch).permutation(len(self.rows))
        return self._order[epoch]

    def epoch(self, step: int) -> float:
        """How often all rows have been seen after ``step`` steps."""
        return step * self.size / len(self.rows)


class _School:
    """A training that runs: the machine, the numbers, and what has been judged."""

    def __init__(
        self, machine: LearningMachine, course: Course, batches: Batches, judge: Judge | None, watch: Watch
    ) -> None:
        self.machine, self.course, self.batches, self.watch = machine, course, batches, watch
        self.numbers = Numbers(machine.model, course.updates, course.steps)
        self._saved = Saved(what="model", plan=watch.plan, steps=course.steps)
        self.history: list[dict[str, Any]] = []
        self._judges = [each for each in (judge, watch.judge) if each is not None]
        self._rule = rule_of(course.rule)
        self._host_s, self._words, self._rate = 0.0, "starting", 0.0
        self._sampled = np.empty((0, machine.model.n_seen), dtype=np.int8)

    def begin(self, number: int) -> None:
        """Start part ``number``: the phases anew, with the states that they had."""
        machine = self.machine
        machine.begin_part(number, machine.states)
        machine.load(self.numbers.bias, self.numbers.weight, number=self.numbers.step)

    def run(self, end: int, stop: Callable[[], bool]) -> bool:
        """Make the steps up to ``end``. Returns whether it got there."""
        machine, numbers, course = self.machine, self.numbers, self.course
        began, shown, first = time.perf_counter(), time.perf_counter(), numbers.step
        while numbers.step < end:
            turn = Turn(
                machine=machine,
                batch=self.batches(numbers.step),
                number=numbers.step,
                chains=course.chains,
                positive=course.positive,
                negative=course.negative,
                betas=course.betas,
                statistics=course.statistics,
                seed=machine.settings.seed,
            )
            numbers.learn(*self._rule(turn))
            machine.load(numbers.bias, numbers.weight, number=numbers.step)
            now = time.perf_counter()
            if now - shown > _SHOWN_S:
                shown = now
                self._rate = (numbers.step - first) / (now - began)
                self._show()
                if stop() or self.watch.interrupt():
                    return False
        self._host_s += time.perf_counter() - began
        self._rate = (end - first) / max(time.perf_counter() - began, 1e-9)
        return True

    def _show(self) -> None:
        step, steps = self.numbers.step, self.course.steps
        words = f"epoch {self.batches.epoch(step):.4g}, {self._words}, {self._rate:.3g} steps/s"
        self.watch.progress(step / steps, words)

    def judged(self) -> None:
        """Judge the numbers, averaged where they are, and add a row to the history."""
        numbers, machine = self.numbers, self.machine
        bias, weight = numbers.mean
        row: dict[str, Any] = {"step": numbers.step, "epoch": self.batches.epoch(numbers.step)}
        for judge in self._judges:
            row |= judge(machine, bias, weight)
        row |= {
            "max_h": float(np.abs(bias).max()),
            "max_j": float(np.abs(weight).max(initial=0)),
            "rate": self.course.updates.rate_at(numbers.step - 1, self.course.steps),
            "device_s": sum(each.run_s for each in self.machine.activities.values()),
            "host_s": self._host_s,
        }
        self.history.append(row)
        known = [f"{word} {row[key]:.4g}" for key, word in _WORDS.items() if row.get(key) is not None]
        self._words = ", ".join(known[:1]) or f"max |J| {row['max_j']:.3g}"
        self._show()

    def save(self, path: str | Path | None) -> None:
        """Write the model to ``path``, with all that the rest of the training depends on."""
        if path is None:
            return
        bias, weight = self.numbers.mean
        done = self.numbers.step == self.course.steps
        arrays = {"samples": self._samples()} | ({} if done else self.numbers.arrays())
        if not done:
            arrays |= {f"{_STATES}{name}": states for name, states in self.machine.states.items()}
        with self._saved.turn(path, self.numbers.step, lambda: Model.load(path).notes) as is_ours:
            if is_ours:
                self._model(bias, weight).save(path, training=arrays)

    def _model(self, bias: np.ndarray, weight: np.ndarray) -> Model:
        notes = {
            "plan": None if self.watch.plan is None else dict(self.watch.plan),
            "step": self.numbers.step,
            "steps": self.course.steps,
            "history": self.history,
            "activity": {name: asdict(activity) for name, activity in self.machine.activities.items()},
            "loads": self.machine.loads,
            "engine": self.machine.engine,
            "die_seed": self.machine.program.placement.die_seed,
            "settings": plain_settings(self.machine.chip),
            "seed": self.machine.settings.seed,
        }
        return self.machine.model.with_values(bias, weight, chip=self.machine.chip.name, notes=notes)

    def resume(self, path: str | Path | None) -> None:
        """Go on from ``path``, where it is there. Raises InputError where it holds something else."""
        if path is None or not self._saved.is_there(path):
            return
        model, arrays = Model.resume(path)
        with self._saved.going_on(path, model.notes):
            self._restore(model, arrays)

    def _restore(self, model: Model, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from a saved ``model`` and the ``arrays`` of its training."""
        notes = model.notes
        self.history = history_of(notes["history"], is_chain=False)
        spent = read_as(notes["activity"], dict[str, Activity])
        self.machine.goes_on(spent, int(notes["loads"]), str(notes.get("engine", self.machine.engine)))
        self._host_s = self.history[-1]["host_s"] if self.history else 0.0
        self._sampled = arrays.get("samples", self._sampled)
        _check_states(self._sampled, model.n_seen)
        if notes["step"] == self.course.steps:
            self.numbers.finish(model.bias, model.weight)
            return
        self.numbers.restore(arrays)
        if self.numbers.step != notes["step"]:
            raise ValueError("counts")
        states = {key.removeprefix(_STATES): value for key, value in arrays.items() if key.startswith(_STATES)}
        for each in states.values():
            _check_states(each, model.n)
        self.machine.begin_part(0, states)

    def training(self) -> Training:
        """What was done so far."""
        model = self._model(*self.numbers.mean)
        done = self.numbers.step == self.course.steps
        return Training(
            model=model,
            course=self.course,
            history=self.history,
            activity=self.machine.activities,
            loads=self.machine.loads,
            samples=self._samples(),
            program=self.machine.program,
            engine=self.machine.engine,
            interrupted=not done,
        )

    def _samples(self) -> np.ndarray:
        """int8 (k, seen): seen units of the negative chains at the model's own beta, at most _SAMPLES of them."""
        phase = self.machine.phases.get("negative")
        if phase is None:
            return self._sampled
        return phase.cold_states[:_SAMPLES, : self.machine.model.n_seen]


def _check_states(states: np.ndarray, n: int) -> None:
    """Raise ValueError unless ``states`` are int8 (k, n) of +-1."""
    if states.dtype != np.int8 or states.ndim != 2 or states.shape[1] != n or not np.all(np.abs(states) == 1):
        raise ValueError("states")


def checked_rows(rows: np.ndarray, model: Model) -> np.ndarray:
    """``rows`` as int8 (m, seen). Raises InputError."""
    rows = np.asarray(rows)
    if rows.ndim != 2 or not len(rows):
        raise InputError(f"data must be rows of bits, got shape {rows.shape}")
    if rows.shape[1] != model.n_seen:
        raise InputError(
            f"the model has {model.n_seen} visible and label units, and the data have {rows.shape[1]} bits"
        )
    if not np.all(np.abs(rows) == 1):
        raise InputError("data must be bits of -1 and +1")
    return rows.astype(np.int8)


def exact_judge(rows: np.ndarray, weights: np.ndarray | None, model: Model) -> Judge | None:
    """The divergence of what the registers hold from the law of the data, exactly; None where the machine is too large
    for sums over all its states."""
    seen = range(model.n_seen)
    if not is_summable(model.network, seen):
        return None
    target = data_law(rows, weights)

    def judge(machine: LearningMachine, bias: np.ndarray, weight: np.ndarray) -> dict[str, Any]:
        network = machine.registers.hold(bias, weight, machine.settings.seed, 0)
        return {"kl": divergence(network, seen, target, beta=model.beta)}

    return judge
