"""Decoding: p-bit states back into the problem's own variables."""

import json
from typing import Any

import numpy as np

from hwsim.errors import InputError


def encode_labels(labels: list) -> str:
    """JSON text of variable names; tuples become lists and come back as tuples."""
    return json.dumps([_plain(label) for label in labels])


def _plain(label: Any) -> Any:
    if isinstance(label, np.integer | np.floating):
        return label.item()
    return [_plain(part) for part in label] if isinstance(label, tuple) else label


def decode_labels(text: str) -> list:
    """The variable names in p-bit order."""
    return [_hashable(label) for label in json.loads(text)]


def _hashable(label: Any) -> Any:
    return tuple(_hashable(part) for part in label) if isinstance(label, list) else label


def vote(program: Any, states: np.ndarray) -> np.ndarray:
    """int8 (reads, variables): what ``states`` int8 (reads, n) say of the problem's variables.

    A chain's value is that of most of its p-bits; half against half, that of its first.
    """
    if program.chain is None:
        return states
    order, first, _ = _chains(program)
    total = np.add.reduceat(states[:, order].astype(np.int32), first, axis=1)
    return np.where(total == 0, states[:, order[first]], np.sign(total)).astype(np.int8)


def broken(program: Any, states: np.ndarray) -> np.ndarray:
    """bool (reads, variables): where the p-bits of a chain disagree."""
    if program.chain is None:
        return np.zeros(states.shape, dtype=bool)
    order, first, size = _chains(program)
    return np.abs(np.add.reduceat(states[:, order].astype(np.int32), first, axis=1)) != size


UNEMBEDDINGS = ("majority", "energy", "discard")
"""How broken chains are read: by their vote, each at the value of least energy beside the others, or not at all."""


def unembed_states(program: Any, states: np.ndarray, method: str = "majority") -> tuple[np.ndarray, np.ndarray]:
    """(int8 (kept, variables), bool (reads,)): values of the problem's variables, and which reads they are of.

    "majority" : the vote of each chain;  "energy" : broken chains take values one by one, the strongest input of those
    left first, each the value of least energy beside those that are set;  "discard" : reads with a broken chain are
    dropped. The last alone keeps the law of the problem: unbroken reads have its energy, and a constant.
    """
    if method not in UNEMBEDDINGS:
        raise InputError(f"unembedding must be one of {', '.join(UNEMBEDDINGS)}, got {method!r}")
    values, wrong = vote(program, states), broken(program, states)
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


def _chains(program: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """p-bits by chain, where each chain begins among them, and its length."""
    order = np.argsort(program.chain, kind="stable")
    size = np.bincount(program.chain)
    return order, np.concatenate(([0], np.cumsum(size)[:-1])), size


def unembed(run: Any, method: str = "majority") -> Any:
    """dimod.SampleSet of a Run's final states, chains read by ``method``, with host and device timing in ``info``."""
    import dimod

    labels = decode_labels(run.program.labels)
    if run.program.group is not None:
        return _discrete_samples(run, labels)
    values, kept = unembed_states(run.program, run.states, method)
    states = values if run.program.vartype == "SPIN" else (values + 1) // 2
    breaks = {}
    if run.program.chain is not None:
        breaks["chain_break_fraction"] = broken(run.program, run.states[kept]).mean(axis=1)
    return dimod.SampleSet.from_samples(
        (states.astype(np.int8), labels),
        vartype=run.program.vartype,
        energy=run.energies[kept] if method != "energy" else value_energies(run.program, values),
        info=timing(run),
        schedule=run.group[kept],
        **breaks,
    )


def value_energies(program: Any, values: np.ndarray) -> np.ndarray:
    """float64 (reads,): energies of values int8 (reads, variables) of the problem's variables."""
    bias, indptr, indices, weight = program.problem_network
    spins, rows = values.astype(np.float64), np.repeat(np.arange(len(bias)), np.diff(indptr))
    once = rows < indices
    pairs = spins[:, rows[once]] * spins[:, indices[once]]
    return spins @ bias + pairs @ weight[once] + program.energy_offset


def _discrete_samples(run: Any, labels: list) -> Any:
    """The level of every p-dit: lines are named (variable, level)."""
    import dimod

    first = np.unique(run.program.group)
    levels = [np.argmax(lines, axis=1) for lines in np.split(run.states, first[1:], axis=1)]
    return dimod.SampleSet.from_samples(
        (np.stack(levels, axis=1).astype(np.int16), [labels[k][0] for k in first]), vartype="DISCRETE",
        energy=run.energies, info=timing(run), schedule=run.group,
    )  # fmt: skip


def timing(run: Any) -> dict:
    """``timing`` in host nanoseconds and ``device_timing`` in emulated seconds; the two are never added."""
    return {
        "timing": {"sampling_ns": int(run.host_seconds * 1e9)},
        "device_timing": {
            "anneal_time_per_sample_s": run.device_time_s,
            "sampling_time_s": run.device_time_s * run.reads,
        },
        "engine": run.engine,
        "seed": run.seed,
        "interrupted": run.interrupted,
    }
