"""Continuous cells: how many states of a linear network, and steps of a cell in two wells, one core makes.

Enters: sizes. Leaves: states per millisecond, the median of several rounds, beside plain numpy and thermox on the same
matrix in the same rounds, all on one thread (`hwsim.bench.child`).
"""

import importlib.util
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from hwsim.bench.child import in_child
from hwsim.errors import InputError
from hwsim.thermo.integrate import Ensemble
from hwsim.thermo.network import bowl
from hwsim.thermo.potential import double_well, overdamped

CONDITION = 20.0
"""Condition number of A, whose eigenvalues are between 1/20 and 1: tau is the relaxation time of the fastest mode."""
TIME, INTERVAL = 60.0, 1.0
"""In tau: from the common start to independent states, three slowest relaxation times; between states of a path."""
BIAS = 0.01
"""How much Euler-Maruyama may inflate the variance of the fastest mode, 2 / (2 - step) - 1."""
BARRIER, BETA, WELL_STEP = 4.0, 1.0, 0.005
ABSENT = "thermox is not installed, so its column is left out; pip install 'hwsim[bench]'"
_EULER_STEPS = 40
"""How many steps of Euler-Maruyama are timed; all cost the same, so the rest is extrapolated."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """kind : independent (replicas from one point), path (one replica), set-up (independent, with the eigenvectors of A
    counted), or wells (steps of cells in two wells);  states : how many, of ``d`` cells each"""

    kind: str
    d: int
    states: int


TASKS = (
    Task(kind="independent", d=8, states=64_000),
    Task(kind="independent", d=64, states=8000),
    Task(kind="independent", d=256, states=2000),
    Task(kind="path", d=8, states=64_000),
    Task(kind="path", d=64, states=20_000),
    Task(kind="path", d=256, states=10_000),
    Task(kind="set-up", d=256, states=2000),
    Task(kind="wells", d=4096, states=1000),
)

Work = Callable[[int], Any]
"""The work of a tool in one round, called with a seed."""


def matrix(d: int) -> np.ndarray:
    """float64 (d, d): dense, symmetric, positive definite, of condition number CONDITION."""
    basis, _ = np.linalg.qr(np.random.default_rng(d).normal(size=(d, d)))
    return (basis * np.geomspace(1 / CONDITION, 1, d)) @ basis.T


def measure_thermo(
    tasks: tuple[Task, ...] | None = None,
    *,
    rounds: int = 3,
    peers: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[dict]:
    """Rows of kind, d, states, states_per_ms, peer, peer_states_per_ms, ratio; one for each peer, or one without peer.

    A "state" of the task ``wells`` is one step of one cell. Raises InputError.
    """
    if rounds < 1:
        raise InputError(f"rounds must be >= 1, got {rounds}")
    tasks, rows = TASKS if tasks is None else tasks, []
    for number, task in enumerate(tasks):
        tools = {"hwsim": (_own(task), 1.0)} | (_peers(task) if peers else {})
        for work, _ in tools.values():
            work(0)  # compiled, and memory touched, before anything is timed
        spent: dict[str, list[float]] = {name: [] for name in tools}
        for round_ in range(rounds):
            for name, (work, parts) in tools.items():
                if progress is not None:
                    progress(number, len(tasks), f"{task.kind}, d = {task.d}: {name}")
                spent[name].append(parts * _seconds(work, round_ + 1))
        count = task.states * (task.d if task.kind == "wells" else 1)
        rates = {name: count / statistics.median(seconds) / 1e3 for name, seconds in spent.items()}
        own = rates.pop("hwsim")
        row = {"kind": task.kind, "d": task.d, "states": task.states, "states_per_ms": own}
        if not rates:
            rows.append(row | {"peer": None, "peer_states_per_ms": None, "ratio": None})
        rows += [row | {"peer": n, "peer_states_per_ms": rate, "ratio": own / rate} for n, rate in rates.items()]
    return rows


def describe(row: dict) -> str:
    """What a row counts, in words."""
    words = {
        "independent": "independent states of {d} cells",
        "path": "states of {d} cells along a path",
        "set-up": "independent states of {d} cells, with set-up",
        "wells": "steps of a cell in two wells, {d} side by side",
    }
    return words[row["kind"]].format(d=row["d"])


def _seconds(work: Work, seed: int) -> float:
    """Seconds of one call; calls shorter than 20 ms are repeated."""
    began, calls = time.perf_counter(), 0
    while True:
        work(seed + 1000 * calls)
        calls += 1
        spent = time.perf_counter() - began
        if spent > 0.02:
            return spent / calls


def _own(task: Task) -> Work:
    if task.kind == "wells":
        potential = double_well(BARRIER)

        def cells(seed: int) -> np.ndarray:
            return overdamped(
                potential,
                beta=BETA,
                tau_s=1.0,
                time_s=task.states * WELL_STEP,
                step_s=WELL_STEP,
                replicas=task.d,
                start=1.0,
                seed=seed,
            )

        return cells
    A, zero = matrix(task.d), np.zeros(task.d)
    network = bowl(A, zero, tau_s=1.0)

    def independent(again: bool, seed: int) -> np.ndarray:
        ensemble = Ensemble(bowl(A, zero, tau_s=1.0) if again else network, replicas=task.states, seed=seed, start=zero)
        ensemble.advance(TIME)
        return ensemble.states

    def path(seed: int) -> np.ndarray:
        return Ensemble(network, replicas=1, seed=seed, start=zero).path(task.states, INTERVAL)

    return path if task.kind == "path" else partial(independent, task.kind == "set-up")


def _peers(task: Task) -> dict[str, tuple[Work, float]]:
    """The work of each peer, and how often it must be repeated for the whole task."""
    if task.kind == "wells":
        return {"numpy": _numpy_wells(task)}
    found = {"numpy Euler-Maruyama": _numpy_euler(task)} if task.kind != "set-up" else {}
    if has_thermox():
        found["thermox"] = (_thermox(task), 1.0)
    return found


def has_thermox() -> bool:
    """Whether thermox is installed."""
    return importlib.util.find_spec("thermox") is not None


def euler_step() -> float:
    """The step, in tau, at which the variance of the fastest mode is 1 + BIAS times the exact one."""
    return 2 - 2 / (1 + BIAS)


def _numpy_euler(task: Task) -> tuple[Work, float]:
    """x += -A x h + sqrt(2 h) normal, replicas side by side; a whole number of equal steps makes each interval."""
    A = matrix(task.d)
    replicas, time_, intervals = (1, INTERVAL, task.states) if task.kind == "path" else (task.states, TIME, 1)
    per_interval = math.ceil(time_ / euler_step())
    h = time_ / per_interval
    timed = _EULER_STEPS if replicas > 1 else 50 * per_interval

    def work(seed: int) -> np.ndarray:
        draw = np.random.default_rng(seed)
        x, kept = np.zeros((replicas, task.d)), []
        for number in range(timed):
            x += np.sqrt(2 * h) * draw.standard_normal(x.shape) - h * (x @ A)
            if number % per_interval == 0:
                kept.append(x.copy())
        return x

    return work, per_interval * intervals / timed


def _numpy_wells(task: Task) -> tuple[Work, float]:
    """The integrator of hwsim, in numpy arrays."""

    def work(seed: int) -> np.ndarray:
        draw = np.random.default_rng(seed)
        x, kept = np.ones(task.d), draw.standard_normal(task.d)
        strength = math.sqrt(2 * WELL_STEP / BETA) / 2
        for _ in range(task.states // 10):
            noise = draw.standard_normal(task.d)
            x += strength * (kept + noise) - WELL_STEP * 4 * BARRIER * x * (x * x - 1)
            kept = noise
        return x

    return work, 10.0


def _thermox(task: Task) -> Work:
    """thermox's sampler under jit, in its default float32, with the faster of its two scans; vmap over keys makes the
    replicas. Its preprocessing is timed only in the task set-up."""
    import jax
    import thermox

    A, D = jax.numpy.asarray(matrix(task.d)), 2 * jax.numpy.eye(task.d)
    zero = jax.numpy.zeros(task.d)
    if task.kind != "set-up":
        A, D = jax.block_until_ready(thermox.preprocess(A, D))
    times = INTERVAL * jax.numpy.arange(task.states) if task.kind == "path" else jax.numpy.array([0.0, TIME])

    def one(scan: bool, key: Any, drift: Any, noise: Any) -> Any:
        return thermox.sample(key, times, zero, drift, zero, noise, associative_scan=scan)

    def many(scan: bool, keys: Any, drift: Any, noise: Any) -> Any:
        if task.kind == "set-up":
            drift, noise = thermox.preprocess(drift, noise)
        return jax.vmap(lambda key: one(scan, key, drift, noise)[-1])(keys)

    def work(run: Any, seed: int) -> Any:
        key = jax.random.PRNGKey(seed)
        return jax.block_until_ready(run(key if task.kind == "path" else jax.random.split(key, task.states), A, D))

    ways = [partial(work, jax.jit(partial(one if task.kind == "path" else many, scan))) for scan in (True, False)]
    for way in ways:
        way(0)  # compiled
    return min(ways, key=lambda way: min(_seconds(way, seed) for seed in range(3)))


if __name__ == "__main__":
    in_child(measure_thermo)
