"""Learning: how much of a step of a training is the engine's own work, and how long a step takes beside numpy.

Enters: models with rows of random bits. Leaves: updates per nanosecond of the processor inside a training, those of the
same phases that only run, what a step costs beside them, and the time of a step in numpy and in thrml where they are
peers.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from hwsim.bench.child import in_child
from hwsim.bench.peers import is_there
from hwsim.chip.library import chip
from hwsim.learn.machine import LearningMachine, Timing
from hwsim.learn.model import Model, fully, on_chip, rbm
from hwsim.learn.rules import Turn, persistent
from hwsim.learn.updates import Numbers, Updates

ABSENT = "thrml is not installed, so its row is left out; pip install 'hwsim[bench]'"
VISIBLE, HIDDEN, BATCH, SWEEPS = 784, 500, 100, 10
SCALE, RATE, MOMENTUM = 0.05, 0.01, 0.5


@dataclass(frozen=True, kw_only=True)
class Task:
    """A training by persistent chains. steps : that are timed in a round;  has_peers : whether others make them, too"""

    name: str
    make: Callable[[], Model]
    topology: str | None = None
    batch: int = BATCH
    chains: int = BATCH
    positive: Timing
    negative: Timing
    steps: int
    has_peers: bool = False


TASKS = (
    Task(
        name=f"rbm {VISIBLE} x {HIDDEN}",
        make=lambda: rbm(VISIBLE, HIDDEN, scale=SCALE),
        positive=Timing(warm_up=1),
        negative=Timing(warm_up=SWEEPS),
        steps=8,
        has_peers=True,
    ),
    Task(
        name="zephyr:5, 880 p-bits",
        make=lambda: on_chip(chip("generic-all-to-all", topology="zephyr:5"), 242, scale=SCALE),
        topology="zephyr:5",
        positive=Timing(warm_up=4, looks=4),
        negative=Timing(warm_up=4, looks=4),
        steps=40,
    ),
    Task(
        name="adder, 5 p-bits",
        make=lambda: fully(5, scale=SCALE),
        batch=8,
        chains=256,
        positive=Timing(warm_up=1),
        negative=Timing(warm_up=5),
        steps=2000,
    ),
)
"""One look after one sweep and after ten; four of each phase; the machine of the page about learning."""


def measure_learning(
    *, rounds: int = 3, peers: bool = False, progress: Callable[[int, int, str], None] | None = None
) -> list[dict[str, Any]]:
    """Rows of name, engine, updates_per_ns (inside a training), engine_updates_per_ns, share, step_ms, beside_us (of a
    step, beside its updates), peer, peer_step_ms, ratio (peer's time of a step over ours); one for each peer, or one
    without peer. Medians over rounds, but for thrml, whose step is timed once."""
    rows = []
    for number, task in enumerate(TASKS):
        training = _Training(task)
        theirs = _NumpyTraining(training.batch) if peers and task.has_peers else None
        found: list[tuple[float, float, float]] = []
        others: dict[str, list[float]] = {}
        for round_ in range(-1, rounds):  # one more, in which kernels load
            if progress is not None:
                progress(number, len(TASKS), task.name)
            measured = training.rates()
            waited = None if theirs is None else _spent(partial(theirs.run, task.steps)) / task.steps
            if round_ >= 0:
                found.append(measured)
                if waited is not None:
                    others.setdefault("numpy", []).append(waited)
        if theirs is not None and is_there("thrml"):
            if progress is not None:
                progress(number, len(TASKS), f"{task.name}: thrml, which compiles first")
            others["thrml"] = [_spent(_thrml_step(training.batch))]
        step, inside, own = (statistics.median(part) for part in zip(*found, strict=True))
        row: dict[str, Any] = {"name": task.name, "engine": training.machine.engine}
        row |= {"updates_per_ns": inside, "engine_updates_per_ns": own, "share": inside / own}
        row |= {"step_ms": step * 1e3, "beside_us": step * (1 - inside / own) * 1e6}
        if not others:
            rows.append(row | {"peer": None, "peer_step_ms": None, "ratio": None})
        for peer, spent in others.items():
            other = statistics.median(spent)
            rows.append(row | {"peer": peer, "peer_step_ms": other * 1e3, "ratio": other / step})
    return rows


class _Training:
    """A training of ``task`` that runs. batch : int8 (rows, seen), random bits"""

    def __init__(self, task: Task) -> None:
        self.task, model = task, task.make()
        changes = {} if task.topology is None else {"topology": task.topology}
        machine = chip("generic-all-to-all", clock="chromatic", **changes)
        self.machine = LearningMachine(model, machine, threads=1)
        self.numbers = Numbers(model, Updates(rate=RATE, momentum=MOMENTUM), 1_000_000)
        bits = np.random.default_rng(0).integers(0, 2, (task.batch, model.n_seen))
        self.batch = (2 * bits - 1).astype(np.int8)

    def rates(self) -> tuple[float, float, float]:
        """(seconds of a step, updates per nanosecond of a training, those of its phases in as many sweeps)."""
        inside, learning = self._timed(self._learn)
        own, running = self._timed(self._sweep)
        return learning / self.task.steps, inside / learning / 1e9, own / running / 1e9

    def _timed(self, work: Callable[[], None]) -> tuple[float, float]:
        before = self._updates()
        spent = _spent(work)
        return self._updates() - before, spent

    def _updates(self) -> float:
        return sum(float(activity.updates) for activity in self.machine.activities.values())

    def _learn(self) -> None:
        task, numbers = self.task, self.numbers
        for _ in range(task.steps):
            turn = Turn(
                machine=self.machine,
                batch=self.batch,
                number=numbers.step,
                chains=task.chains,
                positive=task.positive,
                negative=task.negative,
                betas=(1.0,),
                statistics="sampled",
                seed=0,
            )
            numbers.learn(*persistent(turn))
            self.machine.load(numbers.bias, numbers.weight, number=numbers.step)

    def _sweep(self) -> None:
        for name, phase in self.machine.phases.items():
            phase.sweep(getattr(self.task, name).sweeps * self.task.steps)


class _NumpyTraining:
    """The same steps of a restricted machine in numpy, float32: matrix products, uniform numbers, momentum."""

    def __init__(self, batch: np.ndarray) -> None:
        """batch : int8 (rows, VISIBLE)."""
        self._draw = np.random.default_rng(0)
        self._data = batch.astype(np.float32)
        shapes = (VISIBLE, HIDDEN), (VISIBLE,), (HIDDEN,)
        self._values = [SCALE * self._draw.standard_normal(shape, dtype=np.float32) for shape in shapes]
        self._speeds = [np.zeros_like(value) for value in self._values]
        self._chains = self._data.copy()

    def run(self, steps: int) -> None:
        """Make ``steps`` steps."""
        for _ in range(steps):
            weight, bias, hidden_bias = self._values
            data, seen = self._data, self._chains
            hidden = self._spins(data @ weight + hidden_bias)
            for _ in range(SWEEPS):
                free = self._spins(seen @ weight + hidden_bias)
                seen = self._spins(free @ weight.T + bias)
            slopes = (
                (data.T @ hidden - seen.T @ free) / len(data),
                data.mean(axis=0) - seen.mean(axis=0),
                hidden.mean(axis=0) - free.mean(axis=0),
            )
            for value, speed, slope in zip(self._values, self._speeds, slopes, strict=True):
                speed *= MOMENTUM
                speed += slope
                value += np.float32(RATE) * speed
            self._chains = seen

    def _spins(self, fields: np.ndarray) -> np.ndarray:
        """float32 of +-1: +1 with probability (1 + tanh(field)) / 2."""
        uniform = self._draw.random(fields.shape, dtype=np.float32)
        return np.where(2 * uniform - 1 < np.tanh(fields), np.float32(1), np.float32(-1))


def _thrml_step(batch: np.ndarray) -> Callable[[], Any]:
    """What thrml has of such a step, compiled: `estimate_kl_grad`, the moments of both phases and their difference,
    from states that it is given; it does not give the chains back, and changes no numbers. Called, it returns the
    slopes of couplings, row by row of the visible units, and of biases, hidden units last.

    batch : int8 (rows, VISIBLE)
    """
    equinox, jax, thrml, models = (import_module(name) for name in ("equinox", "jax", "thrml", "thrml.models"))
    draw = np.random.default_rng(0)
    seen, hidden = ([thrml.SpinNode() for _ in range(many)] for many in (VISIBLE, HIDDEN))
    nodes, edges = seen + hidden, [(i, j) for i in seen for j in hidden]
    numbers = (SCALE * draw.standard_normal(len(part), dtype=np.float32) for part in (nodes, edges))
    model = models.IsingEBM(nodes, edges, *map(jax.numpy.asarray, numbers), jax.numpy.asarray(1.0))
    data, free = thrml.Block(seen), thrml.Block(hidden)
    positive, negative = (thrml.SamplingSchedule(sweeps, 1, 1) for sweeps in (1, SWEEPS))
    training = models.IsingTrainingSpec(model, [data], [], [free], [free, data], positive, negative)
    own, given = (jax.numpy.asarray(part > 0) for part in (draw.standard_normal((len(batch), HIDDEN)), batch))
    states: tuple[list[Any], ...] = [given], [], [own[None]], [own, given]  # data, conditions, starts of both phases
    arguments = jax.random.PRNGKey(0), training, nodes, edges, *states
    step = equinox.filter_jit(models.estimate_kl_grad).lower(*arguments).compile()

    return lambda: jax.block_until_ready(step(*arguments)[:2])


def _spent(work: Callable[[], Any]) -> float:
    """Seconds of the processor."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    in_child(measure_learning)
