"""A task: one shard of one point, which any process can run from the Program alone.

Enters: a Task and where its Program is. Leaves: a Row, the same on whatever machine it was made.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from hwsim import __version__
from hwsim.algorithm.recipe import Recipe, annealing, run_recipe
from hwsim.analysis.exact_laws import MAX_SPINS, state_index
from hwsim.errors import InputError
from hwsim.experiment.loss import BURN_IN, LOOKS, Products
from hwsim.program import Program, load
from hwsim.streams import NOISE_VERSION
from hwsim.study.store import Row

_KEPT = 8
_programs: "OrderedDict[str, Program]" = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Task:
    """point : key;  shard : its number;  program : content hash;  seed : of this shard, see `Point.shard_seed`
    watched : whether states are counted, see `run_task`"""

    point: str
    shard: int
    program: str
    recipe: Recipe
    reads: int
    schedules: int
    seed: int
    watched: bool = False


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """A row, the seconds that it took, and the version that made it: a study takes no rows of another version."""

    row: Row
    host_s: float
    version: tuple[str, int] = (__version__, NOISE_VERSION)


def run_task(
    task: Task, where: str | bytes, *, threads: int | None = 1, interrupt: Callable[[], bool] | None = None
) -> TaskResult | None:
    """Run ``task``: its row, or None if it was interrupted. where : path of the saved Program, or its bytes.

    Of a watched task the row also counts ``looks`` (1,) at the machine in equilibrium, ``products`` (schedules,
    couplings) of coupled spins summed over looks and reads, and, for up to MAX_SPINS spins, ``states`` (reads,), the
    number of the last state (see `hwsim.analysis.exact_laws`).
    """
    began = time.perf_counter()
    program = _program(task.program, where)
    settings: dict[str, Any] = {
        "reads": task.reads,
        "schedules": task.schedules,
        "seed": task.seed,
        "threads": threads,
        "interrupt": interrupt,
    }
    products = None
    if task.watched:
        products = _products(program, task)
        outcome = annealing(program, task.recipe.anneal, checkpoints=LOOKS, observe=products, **settings)
    else:
        outcome = run_recipe(program, task.recipe, **settings)
    if outcome.interrupted:
        return None
    sizes = np.bincount(outcome.schedule)
    order = np.argsort(outcome.schedule, kind="stable")
    watched = {}
    if products is not None:
        watched = {"looks": np.array([products.looks]), "products": products.sums}
        if program.n_variables <= MAX_SPINS:
            watched["states"] = state_index(outcome.states)[order]
    row = Row(
        point=task.point,
        shard=task.shard,
        sizes=tuple(int(size) for size in sizes if size),
        energies=outcome.energies[order],
        activity=asdict(outcome.activity),
        facts=dict(outcome.facts) | ({} if outcome.betas is None else {"betas": outcome.betas.tolist()}),
        watched=watched,
    )
    return TaskResult(row=row, host_s=time.perf_counter() - began)


def _products(program: Program, task: Task) -> Products:
    """What counts the products of coupled spins of a watched task. Raises InputError."""
    anneal = task.recipe.anneal
    if anneal is None:
        raise InputError(f"the states of algorithm {task.recipe.algorithm} are not in equilibrium: take anneal")
    parts = np.array_split(np.arange(task.reads), task.schedules)
    schedule = np.repeat(np.arange(task.schedules), [len(part) for part in parts])
    return Products(program, schedule=schedule, burnt_s=BURN_IN * anneal.duration_s)


def _program(name: str, where: str | bytes) -> Program:
    """The Program called ``name``. The last few stay in memory; the lock serves Dask workers of several threads."""
    with _lock:
        if name not in _programs:
            _programs[name] = load(Path(where) if isinstance(where, str) else BytesIO(where))
            while len(_programs) > _KEPT:
                _programs.popitem(last=False)
        _programs.move_to_end(name)
        return _programs[name]
