"""Digests: the results of a run, bit for bit, in a few hex digits.

Enters: results of hwsim. Leaves: dicts of digests, counts and seconds that JSON can hold.
"""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from typing import Any

import numpy as np

from hwsim.errors import UnsupportedError

REFUSED = "refused"
STAR = "*"
"""In the name of a row whose numbers numpy's functions (exp, cosh, power) or the C library's have a part in."""
ENGINES = ("auto", "reference", "lanes", "bitplanes", "dense")
_ACTIVITY = (
    "n_pbits",
    "replicas",
    "copies",
    "run_s",
    "settle_s",
    "updates",
    "reads",
    "writes",
    "read_rounds",
    "write_rounds",
    "swaps",
)


def digest(*values: Any) -> str:
    """16 hex digits of the type, shape and bytes of each array; of other values, of their text."""
    found = hashlib.blake2b(digest_size=8)
    for value in values:
        if isinstance(value, np.ndarray):
            found.update(f"|{value.dtype.str}{value.shape}".encode() + np.ascontiguousarray(value).tobytes())
        else:
            found.update(f"|{value!r}".encode())
    return found.hexdigest()


def public(*places: str) -> Any:
    """The first of ``places`` ("package.module:name") that is there: where a name is now, then where it was."""
    for place in places:
        module, _, name = place.partition(":")
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"none of {', '.join(places)} is there")


def schedule_of(result: Any) -> np.ndarray:
    """The schedule of each read of a Run or an Outcome: ``group`` in versions up to 0.1."""
    return result.schedule if "schedule" in vars(result) else result.group


def refused(work: Callable[[], dict[str, Any]]) -> dict[str, Any] | str:
    """What ``work`` gives, or the word REFUSED where an engine does not do it."""
    try:
        return work()
    except UnsupportedError:
        return REFUSED


def of_run(program: Any, *, engine: str, threads: int = 1, **how: Any) -> dict[str, Any] | str:
    """`hwsim.run` of ``program``, with what its ``observe`` saw; REFUSED where the engine does."""
    import hwsim

    frames: list[Any] = []

    def observe(time_s: float, states: np.ndarray) -> None:
        frames.extend((time_s, states.copy()))

    def work() -> dict[str, Any]:
        run = hwsim.run(program, engine=engine, threads=threads, observe=observe, **how)
        return {
            "engine": run.engine,
            "states": digest(run.states, run.variables),
            "energies": digest(run.energies, run.checkpoint_energies),
            "updates": run.updates,
            "traces": digest(*(array for read in sorted(run.traces) for array in run.traces[read])),
            "frames": digest(run.checkpoint_times_s, schedule_of(run), run.initial_states, *frames),
            "device_time_s": run.device_time_s,
        }

    return refused(work)


def of_outcome(outcome: Any) -> dict[str, Any]:
    """Digests of an Outcome."""
    activity = asdict(outcome.activity)
    return {
        "engine": outcome.engine,
        "states": digest(outcome.states),
        "energies": digest(outcome.energies, outcome.checkpoint_energies, outcome.best_energies),
        "times": digest(outcome.checkpoint_times_s, schedule_of(outcome)),
        "betas": digest(outcome.betas),
        "facts": digest(*(item for name in sorted(outcome.facts) for item in (name, *outcome.facts[name]))),
        "activity": digest(*(float(activity[name]) for name in _ACTIVITY)),
        "updates": outcome.updates,
        "device_time_s": outcome.device_time_s,
    }
