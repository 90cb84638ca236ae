"""Samples: the answers of a run in the names, values and energies of the model.

Enters: states, counts and facts of a run. Leaves: a dimod SampleSet, read by read or as a histogram sorted by energy.
"""

from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any

import dimod
import numpy as np

from hwsim.decode import timing
from hwsim.experiment.anneals import pace_note
from hwsim.sampler.machine import Placed
from hwsim.sampler.qpu import annealer_timing
from hwsim.session import Run


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a sampler gives back. states : int8 (reads, variables), +-1;  breaks : float64 (reads,), share of chains
    that are broken, or None;  info : of the SampleSet"""

    states: np.ndarray
    breaks: np.ndarray | None = None
    info: dict[str, Any] = field(default_factory=dict)

    def sampleset(self, model: Any, *, as_histogram: bool) -> dimod.SampleSet:
        """The SampleSet of ``model``; equal states are one row of a histogram, and rows are sorted by energy."""
        states = self.states if model.vartype is dimod.SPIN else (self.states + 1) // 2
        info, count, breaks = dict(self.info), np.ones(len(states), dtype=np.int64), self.breaks
        energies = model.energies((states, list(model.variables)))
        if as_histogram:
            info["schedule"] = None  # of reads, which rows are not
            _, first, row, count = np.unique(states, axis=0, return_index=True, return_inverse=True, return_counts=True)
            order = np.lexsort((first, energies[first]))
            if breaks is not None:
                breaks = (np.bincount(row.ravel(), weights=breaks, minlength=len(first)) / count)[order]
            states, energies, count = states[first[order]], energies[first[order]], count[order]
        vectors = {} if breaks is None else {"chain_break_fraction": breaks}
        return dimod.SampleSet.from_samples(
            (states, list(model.variables)), model.vartype, energy=energies, num_occurrences=count, info=info, **vectors
        )


def answer_of(result: Run, placed: Placed, *, keep: bool, is_annealer: bool) -> Answer:
    """The answer of ``result``. keep : whether its reads count, as those of a stopped run may not"""
    rows = slice(None) if keep else slice(0, 0)
    states = result.states[rows]
    readout, info = result.program.readout, timing(result)
    info["schedule"] = info["schedule"][rows]
    info["note"] = pace_note(result.program, result.device_time_s)
    if is_annealer:
        prices = result.program.prices
        info["timing"] |= annealer_timing(prices, anneal_s=result.device_time_s, reads=result.reads)
    if placed.embedding is not None:
        info["embedding_context"] = {
            "embedding": placed.embedding,
            "chain_strength": placed.chain_strength,
            "chain_break_method": "majority_vote",
            "timing": {"embedding": placed.searched_s},
        }
    breaks = None if readout.chain is None else readout.broken(states).mean(axis=1)
    return Answer(states=readout.vote(states), breaks=breaks, info=info)


def unrun_answer(states: np.ndarray, seed: int) -> Answer:
    """The answer of a machine that did not run: ``states`` int8 (reads, variables) as they were given."""
    info: dict[str, Any] = {
        "timing": {"sampling_ns": 1},
        "device_timing": {"anneal_time_per_sample_s": 0.0, "sampling_time_s": 0.0},
        "engine": None,
        "seed": seed,
        "schedule": [0] * len(states),
        "interrupted": False,
        "note": None,
        "beta_range": None,
        "beta_schedule_type": None,
    }
    return Answer(states=states, info=info)


def with_host_times(answer: Answer, *, began_ns: int, prepared_ns: int, ended_ns: int) -> Answer:
    """``answer`` with dwave-samplers' keys of this computer's time, the run's own excepted. Arguments: perf_counter_ns
    at the start of the call, of the run, and at its end"""
    sampling = answer.info["timing"].pop("sampling_ns")
    answer.info["timing"] = {
        "preprocessing_ns": prepared_ns - began_ns,
        "sampling_ns": sampling,
        "postprocessing_ns": max(1, perf_counter_ns() - ended_ns),
    } | answer.info["timing"]
    return answer
