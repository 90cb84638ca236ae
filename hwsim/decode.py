"""Decoding: p-bit states back into the problem's own variables."""

import json
from typing import Any

import numpy as np


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


def _chains(program: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """p-bits by chain, where each chain begins among them, and its length."""
    order = np.argsort(program.chain, kind="stable")
    size = np.bincount(program.chain)
    return order, np.concatenate(([0], np.cumsum(size)[:-1])), size


def sampleset(run: Any) -> Any:
    """dimod.SampleSet of a Run's final states, with host and device timing in ``info``."""
    import dimod

    labels = decode_labels(run.program.labels)
    if run.program.group is not None:
        return _discrete_samples(run, labels)
    values = run.variables
    states = values if run.program.vartype == "SPIN" else (values + 1) // 2
    breaks = {}
    if run.program.chain is not None:
        breaks["chain_break_fraction"] = broken(run.program, run.states).mean(axis=1)
    return dimod.SampleSet.from_samples(
        (states.astype(np.int8), labels),
        vartype=run.program.vartype,
        energy=run.energies,
        info=timing(run),
        schedule=run.group,
        **breaks,
    )


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
