"""Training of a denoising chain: its machines learn side by side, an epoch after the other, on the emulated chip.

Enters: an untrained Denoiser, data, a chip, a ChainCourse. Leaves: a ChainTraining. The steps are cut into parts, each
of which ends with a measurement of how well the chains of every machine mix, the next strength of the penalty, and a
saved file. A part begins with new chains and random numbers of its own, so a training that was killed goes on from its
file and ends with the same numbers.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.arguments import named
from hwsim.chip.chip import Chip
from hwsim.display import Facts, Shown, counted
from hwsim.errors import InputError
from hwsim.interrupt import CtrlC
from hwsim.learn.data import Data
from hwsim.learn.denoise import Denoiser, Undoing, undoings
from hwsim.learn.exact import Moments
from hwsim.learn.machine import Timing, check_time, mean_of
from hwsim.learn.memory import check_chains
from hwsim.learn.model import plain_settings
from hwsim.learn.noising import NoiseStep
from hwsim.learn.penalty import Controller, penalised
from hwsim.learn.quality import ChainCorrelation, chain_correlation
from hwsim.learn.saved import Saved, history_of, read_as
from hwsim.learn.training import Batches
from hwsim.learn.updates import Numbers, Updates
from hwsim.session import Activity, Session, added
from hwsim.streams import generator
from hwsim.units import whole


@dataclass(frozen=True, kw_only=True)
class Mixing(Shown):
    """How the autocorrelation of a machine's chains is measured: ``chains`` on each of ``inputs`` noisy rows, ``looks``
    at them from their start on, ``spacing`` sweeps apart; the value is that between looks half of all apart."""

    inputs: int = 8
    chains: int = 16
    looks: int = 64
    spacing: int = 3

    def __post_init__(self) -> None:
        for name, least in (("inputs", 1), ("chains", 3), ("looks", 4), ("spacing", 1)):
            whole(getattr(self, name), name=name, least=least)


@dataclass(frozen=True, kw_only=True)
class ChainCourse(Shown):
    """How the training of a chain goes. Raises InputError.

    epochs : passes over the data;  batch : rows in a step, each a chain of both phases
    positive, negative : when the phases are looked at; both begin anew in every step, each unit drawn by its bias alone
    updates : how the numbers change;  controller : of the penalty, None for none
    every : epochs of a part, at whose end mixing is measured and the controller acts;  mixing : how
    """

    epochs: int = 60
    batch: int = 240
    positive: Timing = field(default_factory=lambda: Timing(warm_up=30, looks=10, spacing=4))
    negative: Timing = field(default_factory=lambda: Timing(warm_up=60, looks=10, spacing=4))
    updates: Updates = field(
        default_factory=lambda: Updates(rate=0.01, schedule="cosine", rate_end=0.2, method="adam", centring=0.1)
    )
    controller: Controller | None = field(default_factory=Controller)
    every: int = 2
    mixing: Mixing = field(default_factory=Mixing)

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "every"):
            whole(getattr(self, name), name=name, least=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class ChainTraining(Shown):
    """What the training of a chain did.

    history : a row for each part: step, epoch, of each machine autocorrelation, autocorrelation_error, penalty and
    max_j, then rate, device_s (of all machines so far), host_s, and what the judge added
    activity : by machine and phase, what it asked of the chip in all;  interrupted : whether it ended early
    """

    chain: Denoiser
    course: ChainCourse
    history: list[dict[str, Any]]
    activity: Mapping[str, Activity]
    interrupted: bool = False

    def _shown(self) -> tuple[str, Facts]:
        last = self.history[-1] if self.history else {}
        return f"Training of {counted(len(self.chain.models), 'machine')}: {last.get('epoch', 0):g} epochs", [
            ("autocorrelation", ", ".join(f"{value:.3f}" for value in last.get("autocorrelation", [])) or None),
            ("penalty", ", ".join(f"{value:.2g}" for value in last.get("penalty", [])) or None),
            ("device", f"{last['device_s']:.3g} s of running" if last else None),
        ]


@dataclass(frozen=True, kw_only=True)
class ChainWatch(Shown):
    """Who watches the training of a chain. progress : called with (share done, words) after every step
    interrupt : asked after every step whether to stop;  judge : called after each part with the chain and the epochs so
    far, adds numbers of its own to the history;  plan : plain data that a saved training must share to go on"""

    progress: Callable[[float, str], None] = lambda part, words: None
    interrupt: Callable[[], bool] = lambda: False
    judge: Callable[[Denoiser, int], dict[str, Any]] = lambda chain, epochs: {}
    plan: Mapping[str, Any] | None = None


@named
def train_chain(
    data: Data,
    chain: Denoiser,
    chip: Chip | str | Path,
    course: ChainCourse | None = None,
    *,
    watch: ChainWatch | None = None,
    output: str | Path | None = None,
    die_seed: int = 0,
    rounding: str = "nearest",
    **settings: Any,
) -> ChainTraining:
    """Train ``chain`` on ``chip`` with the rows of ``data``, all machines on one die.

    output : a file in which the chain is saved after each part, from which the same call goes on
    settings : seed, engine, threads, see ReadKeywords. Raises InputError and DoesNotFitError.
    """
    course, watch = course or ChainCourse(), watch or ChainWatch()
    rows = data.seen(with_labels=chain.models[0].n_label > 0)
    if rows.shape[1] != chain.models[0].n_seen:
        raise InputError(f"the chain has {chain.models[0].n_seen} seen units, and the data have {rows.shape[1]} bits")
    check_chains(max(min(course.batch, len(rows)), course.mixing.inputs * course.mixing.chains), chain.models[0].n)
    seed = int(settings.get("seed", 0))
    batches = Batches(rows, data.weights, min(course.batch, len(rows)), seed)
    school = _School(chain, undoings(chain, chip, die_seed, rounding, **settings), batches, course, watch.plan)
    school.resume(output)
    began = time.perf_counter()
    with CtrlC() as ctrl_c:
        for part, end in enumerate(school.ends):
            if end <= school.step:
                continue
            school.begin(part)
            while school.step < end:
                school.learn()
                watch.progress(school.step / school.ends[-1], school.words)
                if ctrl_c.heard or watch.interrupt():
                    return school.training(interrupted=True)
            host_s = school.before_s + time.perf_counter() - began
            school.measure(part)
            school.judged(watch, host_s)
            school.save(output)
    return school.training(interrupted=False)


class _Pupil:
    """One machine in training: its numbers, its chains, the strength of its penalty."""

    def __init__(self, undoing: Undoing, step: NoiseStep, course: ChainCourse, steps: int) -> None:
        self.undoing, self.step, self.course = undoing, step, course
        self.numbers = Numbers(undoing.machine.model, course.updates, steps)
        self.penalty = 0.0
        self.correlation: ChainCorrelation | None = None
        self.before: float | None = None
        self.spent: dict[str, list[Activity]] = {}
        self._positive: Session | None = None
        self._negative: Session | None = None
        self._number = 0

    def begin(self, part: int) -> None:
        """Start the chains of part ``part`` when they are asked for, with random numbers of their own."""
        self.end()
        self._number = part

    def end(self) -> None:
        """End the chains; what they asked of the machine stays counted."""
        for name, session in (("positive", self._positive), ("negative", self._negative)):
            if session is not None:
                self.spend(name, session)
        self._positive = self._negative = None

    def spend(self, name: str, session: Session) -> None:
        """Count what ``session`` asked of the machine; the registers are written once a step for all its sessions."""
        self.spent.setdefault(name, []).append(replace(session.activity(runs=1, copies=1), programmings=0.0))

    def learn(self, rows: np.ndarray, number: int) -> None:
        """Make step ``number`` with the clean ``rows`` int8 (m, seen)."""
        undoing, machine = self.undoing, self.undoing.machine
        draw = generator(undoing.seed, "noise", number)
        wanted, noisy = self.step.pair(rows, undoing.rates, draw)
        given = None if self.step.is_free else self.step.bias(noisy, undoing.rates)
        data = self._held(wanted, number)
        free = self._free(given, number, len(rows))
        model = machine.model
        self.numbers.learn(data, penalised(free, model.first, model.second, self.penalty))
        network = machine.load(self.numbers.bias, self.numbers.weight, number=number + 1)
        for session in (self._positive, self._negative):
            if session is not None:
                session.load(network)

    def _held(self, wanted: np.ndarray, number: int) -> Moments:
        """The moments with seen units held at ``wanted``. Their input does not matter to the hidden ones."""
        undoing = self.undoing
        if self._positive is None:
            self._positive = undoing.session(len(wanted), "positive", self._number, held=undoing.is_seen, values=wanted)
        else:
            states = undoing.drawn(len(wanted), "positive step", number)
            states[:, undoing.is_seen] = wanted
            self._positive.write(states)
        return self._measured(self._positive, self.course.positive)

    def _free(self, given: np.ndarray | None, number: int, reads: int) -> Moments:
        """The moments of the free machine under ``given``."""
        undoing = self.undoing
        if self._negative is None:
            self._negative = undoing.session(reads, "negative", self._number, given=given)
        else:
            self._negative.write(undoing.drawn(reads, "negative step", number))
            if given is not None:
                self._negative.bias_reads(undoing.placed(given))
        return self._measured(self._negative, self.course.negative)

    def _measured(self, session: Session, timing: Timing) -> Moments:
        machine, once = self.undoing.machine, session.program.clock.round_ticks
        looks = []
        check_time(session, timing.sweeps)
        for look in range(timing.looks):
            session.advance(session.now + once * (timing.spacing if look else timing.warm_up))
            looks.append(machine.measured(session))
        return mean_of(looks)

    def measure(self, rows: np.ndarray, number: int) -> None:
        """Measure how the chains mix on noisy ``rows``, and set the penalty."""
        self.correlation = mixing(self.undoing, self.step, rows, self.course.mixing, number, self.spend)
        if self.course.controller is not None:
            self.penalty = self.course.controller.after(self.penalty, self.correlation.late, self.before)
        self.before = self.correlation.late


def mixing(
    undoing: Undoing,
    step: NoiseStep,
    rows: np.ndarray,
    how: Mixing,
    number: int = 0,
    spend: Callable[[str, Session], None] | None = None,
) -> ChainCorrelation:
    """Autocorrelation of the visible bits between chains of one input, at the machine's present numbers.

    rows : int8 (inputs, seen), clean;  number : chooses the random numbers;  spend : told of the session in the end
    """
    reads, v = len(rows) * how.chains, undoing.machine.model.n_visible
    _, noisy = step.pair(rows, undoing.rates, generator(undoing.seed, "inputs of mixing", number))
    given = None if step.is_free else np.repeat(step.bias(noisy, undoing.rates), how.chains, axis=0)
    session = undoing.session(reads, "mixing", number, given=given)
    record = np.empty((len(rows), how.looks, how.chains, v), dtype=np.int8)
    for look in range(how.looks):
        session.advance(session.now + how.spacing * session.program.clock.round_ticks)
        record[:, look] = session.read()[:, :v].reshape(len(rows), how.chains, v)
    if spend is not None:
        spend("mixing", session)
    return chain_correlation(record)


class _School:
    """A chain in training."""

    def __init__(
        self,
        chain: Denoiser,
        found: list[Undoing],
        batches: Batches,
        course: ChainCourse,
        plan: Mapping[str, Any] | None,
    ) -> None:
        self.chain, self.batches, self.course = chain, batches, course
        ends = [min(course.epochs, (part + 1) * course.every) for part in range(-(-course.epochs // course.every))]
        self.ends = [max(1, round(epochs * len(batches.rows) / batches.size)) for epochs in ends]
        last = self.ends[-1]
        self._saved = Saved(what="chain", plan=plan, steps=last)
        steps = zip(found, chain.noise.trained, strict=True)
        self.pupils = [_Pupil(undoing, step, course, last) for undoing, step in steps]
        self.history: list[dict[str, Any]] = []
        self.step, self.before_s = 0, 0.0
        self.words = "starting"

    def begin(self, part: int) -> None:
        for pupil in self.pupils:
            pupil.begin(part)

    def learn(self) -> None:
        """A step of every machine, on the same rows."""
        rows = self.batches(self.step)
        for pupil in self.pupils:
            pupil.learn(rows, self.step)
        self.step += 1

    def measure(self, part: int) -> None:
        """Measure the mixing of every machine and set the penalties."""
        rows = self.batches.rows
        chosen = generator(self.pupils[0].undoing.seed, "rows of mixing", part)
        some = rows[chosen.choice(len(rows), min(self.course.mixing.inputs, len(rows)), replace=False)]
        for pupil in self.pupils:
            pupil.end()
            pupil.measure(some, part)

    def judged(self, watch: ChainWatch, host_s: float) -> None:
        """Add a row to the history."""
        found = [pupil.correlation for pupil in self.pupils if pupil.correlation is not None]
        row: dict[str, Any] = {
            "step": self.step,
            "epoch": self.batches.epoch(self.step),
            "autocorrelation": [each.late for each in found],
            "autocorrelation_error": [each.error for each in found],
            "penalty": [pupil.penalty for pupil in self.pupils],
            "max_j": [float(np.abs(pupil.numbers.weight).max()) for pupil in self.pupils],
            "rate": self.course.updates.rate_at(self.step, self.ends[-1]),
            "device_s": sum(each.run_s for each in self.activity().values()),
            "host_s": host_s,
        }
        row |= watch.judge(self.now, round(row["epoch"]))
        self.history.append(row)
        self.words = f"epoch {row['epoch']:.4g}, autocorrelation {max(row['autocorrelation']):.3f}"

    @property
    def now(self) -> Denoiser:
        """The chain with the numbers that it has now."""
        return self.chain.with_values([pupil.numbers.mean for pupil in self.pupils])

    def activity(self) -> dict[str, Activity]:
        """What each machine and phase asked of the chip."""
        return {
            f"machine {k + 1}, {name}": added(parts)
            for k, pupil in enumerate(self.pupils)
            for name, parts in pupil.spent.items()
        }

    def save(self, path: str | Path | None) -> None:
        """Write the chain to ``path``, with all that the rest of the training depends on."""
        if path is None:
            return
        notes = {
            "plan": None if self._saved.plan is None else dict(self._saved.plan),
            "settings": plain_settings(self.pupils[0].undoing.machine.chip),
            "step": self.step,
            "steps": self.ends[-1],
            "history": self.history,
            "activity": [{name: asdict(added(parts)) for name, parts in each.spent.items()} for each in self.pupils],
            "penalty": [pupil.penalty for pupil in self.pupils],
            "before": [pupil.before for pupil in self.pupils],
        }
        arrays: dict[str, np.ndarray] = {}
        if self.step < self.ends[-1]:
            every = [pupil.numbers.arrays() for pupil in self.pupils]
            arrays = {key: np.stack([each[key] for each in every]) for key in every[0]}
        with self._saved.turn(path, self.step, lambda: Denoiser.load(path).notes) as is_ours:
            if is_ours:
                replace(self.now, notes=notes).save(path, training=arrays)

    def resume(self, path: str | Path | None) -> None:
        """Go on from ``path``, where it is there. Raises InputError where it holds another training."""
        if path is None or not self._saved.is_there(path):
            return
        saved, arrays = Denoiser.resume(path)
        with self._saved.going_on(path, saved.notes):
            if saved.noise != self.chain.noise:
                raise InputError(f"{path} is there already and undoes other noise: give -o another name")
            self._restore(saved, arrays)

    def _restore(self, saved: Denoiser, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from a ``saved`` chain and the ``arrays`` of its training."""
        notes = saved.notes
        self.step, self.history = int(notes["step"]), history_of(notes["history"], is_chain=True)
        self.before_s = self.history[-1]["host_s"]
        for k, (pupil, model) in enumerate(zip(self.pupils, saved.models, strict=True)):
            pupil.penalty = read_as(notes["penalty"][k], float)
            pupil.before = read_as(notes["before"][k], float | None)
            spent = read_as(notes["activity"][k], dict[str, Activity])
            pupil.spent = {name: [values] for name, values in spent.items()}
            if arrays:
                pupil.numbers.restore({key: each[k] for key, each in arrays.items()})
                if pupil.numbers.step != self.step:
                    raise ValueError("counts")
            else:
                pupil.numbers.finish(model.bias, model.weight)
            pupil.undoing.machine.load(pupil.numbers.bias, pupil.numbers.weight, number=self.step)

    def training(self, *, interrupted: bool) -> ChainTraining:
        for pupil in self.pupils:
            pupil.end()
        return ChainTraining(
            chain=self.now, course=self.course, history=self.history, activity=self.activity(), interrupted=interrupted
        )
