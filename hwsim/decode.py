"""Decoding: p-bit states back into the problem's own variables."""

import json
import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from hwsim.arguments import named
from hwsim.errors import ArgumentError, InputError
from hwsim.units import TICKS_PER_S


def encode_labels(labels: list) -> str:
    """JSON text of variable names; tuples become lists and come back as tuples. Raises InputError for other objects."""
    try:
        return json.dumps([_plain(label) for label in labels])
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a program's variables are named by text, numbers or tuples of them ({error}): relabel them, or use "
            "HwsimSampler, which takes any name"
        ) from None


def can_encode(labels: list) -> bool:
    """Whether `decode_labels` returns equal names."""
    try:
        return decode_labels(encode_labels(labels)) == labels
    except (InputError, RecursionError):
        return False


def _plain(label: Any) -> Any:
    if isinstance(label, np.integer | np.floating):
        return label.item()
    return [_plain(part) for part in label] if isinstance(label, tuple) else label


def decode_labels(text: str) -> list:
    """The variable names in p-bit order."""
    return [_hashable(label) for label in json.loads(text)]


def _hashable(label: Any) -> Any:
    return tuple(_hashable(part) for part in label) if isinstance(label, list) else label


UNEMBEDDINGS = ("majority", "energy", "discard")
"""How broken chains are read: by their vote, at the value of least energy given the others, or not at all."""


def unembed_states(program: Any, states: np.ndarray, method: str = "majority") -> tuple[np.ndarray, np.ndarray]:
    """(int8 (kept, variables), bool (reads,)): values of the problem's variables, and which reads they are of.

    "majority" : the vote of each chain;  "energy" : broken chains are set one by one, that with the strongest input
    first, each to the value of least energy given those that are set;  "discard" : reads with a broken chain are
    dropped. Only "discard" keeps the law of the problem: unbroken reads have its energy plus a constant.
    """
    if method not in UNEMBEDDINGS:
        raise InputError(f"unembedding must be one of {', '.join(UNEMBEDDINGS)}, got {method!r}")
    values, wrong = program.readout.vote(states), program.readout.broken(states)
    kept = np.ones(len(states), dtype=bool)
    if method == "discard":
        kept = np.logical_not(wrong.any(axis=1))
        return values[kept], kept
    if method == "energy":
        for read in np.flatnonzero(wrong.any(axis=1)):
            values[read] = _settled(program, values[read], wrong[read])
    return values, kept


def _settled(program: Any, values: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    bias, indptr, indices, weight = program.problem_network
    out = np.where(wrong, 0, values).astype(np.int8)
    open_: list[int] = np.flatnonzero(wrong).tolist()
    field = {i: bias[i] + weight[indptr[i] : indptr[i + 1]] @ out[indices[indptr[i] : indptr[i + 1]]] for i in open_}
    while open_:
        i = max(open_, key=lambda k: abs(field[k]))
        open_.remove(i)
        out[i] = values[i] if field[i] == 0 else -np.sign(field[i])
        for k in range(indptr[i], indptr[i + 1]):
            if int(indices[k]) in field:
                field[int(indices[k])] += weight[k] * out[i]
    return out


@named
def unembed(run: Any, method: str = "majority") -> Any:
    """dimod.SampleSet of a Run's final states, chains read by ``method``; see `timing` for its ``info``."""
    import dimod

    if not hasattr(run, "program"):
        what = type(run).__name__
        raise ArgumentError(f"run must be what hwsim.run(program, anneal=...) returns, got an object of {what}")
    labels = run.program.readout.names
    if run.program.cells.pdit is not None:
        return _discrete_samples(run, labels)
    values, kept = unembed_states(run.program, run.states, method)
    states = values if run.program.readout.vartype == "SPIN" else (values + 1) // 2
    breaks = {}
    if run.program.readout.chain is not None:
        breaks["chain_break_fraction"] = run.program.readout.broken(run.states[kept]).mean(axis=1)
    return dimod.SampleSet.from_samples(
        (states.astype(np.int8), labels),
        vartype=run.program.readout.vartype,
        energy=run.energies[kept] if method != "energy" else run.program.value_energies(values),
        info=timing(run, kept),
        **breaks,
    )


def _discrete_samples(run: Any, labels: list) -> Any:
    """The level of every p-dit: lines are named (variable, level)."""
    import dimod

    first = np.unique(run.program.cells.pdit)
    levels = [np.argmax(lines, axis=1) for lines in np.split(run.states, first[1:], axis=1)]
    return dimod.SampleSet.from_samples(
        (np.stack(levels, axis=1).astype(np.int16), [labels[k][0] for k in first]),
        vartype="DISCRETE",
        energy=run.energies,
        info=timing(run),
    )


def timing(run: Any, kept: np.ndarray | None = None) -> dict:
    """``timing`` in host nanoseconds and ``device_timing`` in emulated seconds; the two are never added.

    ``schedule`` : number of each read's schedule, of the reads ``kept`` bool (reads,)
    ``reached`` : of an interrupted run, the device time and beta that its states are from
    """
    found = {
        "timing": {"sampling_ns": int(run.host_seconds * 1e9)},
        "device_timing": {
            "anneal_time_per_sample_s": run.device_time_s,
            "sampling_time_s": run.device_time_s * run.reads,
        },
        "engine": run.engine,
        "seed": run.seed,
        "schedule": (run.schedule if kept is None else run.schedule[kept]).tolist(),
        "interrupted": run.interrupted,
    }
    if run.interrupted:
        tick = max(0, round(run.device_time_s * TICKS_PER_S) - 1)
        found["reached"] = {"time_s": run.device_time_s, "beta": run.anneal.beta_at(tick)}
    return found


def wire_names(labels: Sequence) -> list[str]:
    """A legal and unique name for each label: signs other than letters, digits and _ become _, ``3`` becomes ``s3``.

    The p-bit's number follows a name that is taken already, or that is the label of another p-bit.
    """
    names: list[str] = []
    used: set[str] = set()
    for i, label in enumerate(labels):
        name = re.sub(r"[^A-Za-z0-9_]+", "_", str(label)).strip("_") or "s"
        name = f"s{name}" if name[0].isdigit() else name
        name = unused_name(f"{name}_{i}", used) if name in used or name in ("update", "energy") else name
        names.append(name)
        used.add(name)
    return names


def unused_name(name: str, taken: Collection[str]) -> str:
    """``name``, with as many _ after it as make it none of ``taken``."""
    while name in taken:
        name += "_"
    return name
