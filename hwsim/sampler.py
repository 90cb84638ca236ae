"""HwsimSampler: a chip as a dimod sampler, with the keyword names the field knows."""

from collections.abc import Sequence
from typing import Any

import dimod
import numpy as np

from hwsim.anneal import constant, geometric, linear
from hwsim.anneal import table as step_table
from hwsim.chip.chip import Chip
from hwsim.chip.library import chip as find_chip
from hwsim.errors import InputError
from hwsim.experiment.prepare import prepare
from hwsim.mapping.compile import Settings
from hwsim.session import run
from hwsim.units import TICK_S


class HwsimSampler(dimod.Sampler, dimod.Structured, dimod.Initialized):
    """Samples a BQM (dimod's sign: E = sum h s + sum J s s) by emulating a chip.

    chip : a Chip or the name of a card;  overrides : parameters of the card
    n_nodes : size of the structure that ``nodelist`` and ``edgelist`` offer to dimod, a complete graph over integer
    labels; other labels are accepted too
    """

    def __init__(self, chip: Chip | str = "generic-all-to-all", *, n_nodes: int = 64, **overrides: Any) -> None:
        if isinstance(chip, Chip) and overrides:
            raise InputError("overrides change the parameters of a card: give the card's name, not a Chip")
        self.chip = chip if isinstance(chip, Chip) else find_chip(chip, **overrides)
        self._nodes = list(range(n_nodes))

    @property
    def nodelist(self) -> list:
        """Integer labels of the p-bits."""
        return self._nodes

    @property
    def edgelist(self) -> list:
        """Every pair of p-bits."""
        return [(i, j) for i in self._nodes for j in self._nodes[i + 1 :]]

    @property
    def parameters(self) -> dict[str, list]:
        """Keyword arguments of ``sample``, and the properties that each depends on."""
        names = (
            "num_reads",
            "num_sweeps",
            "beta_range",
            "beta_schedule_type",
            "beta_schedule",
            "anneal_time",
            "schedules",
            "seed",
            "initial_states",
            "initial_states_generator",
            "interrupt_function",
            "engine",
            "threads",
            "die_seed",
        )
        return {name: [] for name in names}

    @property
    def properties(self) -> dict[str, Any]:
        """The chip's name, clock, limits and times."""
        return {
            "chip": self.chip.name,
            "clock": self.chip.clock.kind,
            "max_pbits": self.chip.topology.max_pbits,
            "max_degree": self.chip.topology.max_degree,
            "tau_s": self.chip.pbit.tau_s,
            "delay_s": self.chip.pbit.delay_s,
        }

    def sample(self, bqm: Any, **parameters: Any) -> dimod.SampleSet:
        """Emulate the chip and return the final states.

        num_reads : independent reads; by default as many as initial states, else 1
        num_sweeps : updates of each p-bit on average (1000);  anneal_time : instead, device time in seconds or as text
        beta_range : (start, end);  beta_schedule_type : "linear", "geometric" (default) or "custom"
        beta_schedule : for "custom", one beta a step;  seed, initial_states, initial_states_generator : as in dimod
        schedules, engine, threads, die_seed : as in `hwsim.run` and `hwsim.compile`
        ``info["timing"]`` is host time, ``info["device_timing"]`` is emulated time. Raises InputError.
        """
        options = self.remove_unknown_kwargs(**parameters)
        seed = options.get("seed")
        seed = int(np.random.SeedSequence().entropy % 2**32) if seed is None else int(seed)  # type: ignore[operator]
        initial = options.get("initial_states")
        style = options.get("initial_states_generator", "random")
        num_reads = options.get("num_reads")
        if not bqm.num_variables:
            return dimod.SampleSet.from_samples_bqm(np.empty((num_reads or 1, 0), dtype=np.int8), bqm)
        states = None
        if initial is not None:
            parsed = self.parse_initial_states(
                bqm, initial_states=initial, initial_states_generator=style, num_reads=num_reads, seed=seed % 2**32
            )
            num_reads = len(parsed.initial_states)
            order = [parsed.initial_states.variables.index(v) for v in bqm.variables]
            states = parsed.initial_states.record.sample[:, order].astype(np.int8)
            if parsed.initial_states.vartype is dimod.BINARY:
                states = 2 * states - 1
        elif style == "none" and num_reads is not None:
            raise ValueError("initial_states_generator 'none' needs initial_states")
        num_reads = 1 if num_reads is None else int(num_reads)
        program = prepare(bqm, self.chip, Settings(die_seed=options.get("die_seed", 0))).program
        result = run(
            program,
            anneal=self._anneal(bqm, options, program.clock.period),
            reads=num_reads,
            schedules=options.get("schedules", min(4, num_reads)),
            seed=seed,
            engine=options.get("engine", "auto"),
            threads=options.get("threads"),
            initial_states=states,
            interrupt=options.get("interrupt_function"),
        )
        return result.sampleset

    def _anneal(self, bqm: Any, options: dict[str, Any], period: int) -> Any:
        time = options.get("anneal_time")
        if time is None:
            time = period * TICK_S * int(options.get("num_sweeps", 1000))
        kind = options.get("beta_schedule_type", "geometric")
        if kind == "custom":
            schedule: Sequence[float] | None = options.get("beta_schedule")
            if schedule is None or len(schedule) == 0:
                raise InputError("beta_schedule_type 'custom' needs a beta_schedule")
            total = float(constant(1.0, time).duration_s)
            times = [total * k / len(schedule) for k in range(len(schedule))]
            return step_table(times, schedule, total)
        if kind not in ("linear", "geometric"):
            raise InputError(f"beta_schedule_type must be linear, geometric or custom, got {kind!r}")
        start, end = options.get("beta_range") or default_beta_range(bqm)
        return (linear if kind == "linear" else geometric)(float(start), float(end), time)


def default_beta_range(bqm: Any) -> tuple[float, float]:
    """From 0.1 over the largest input of any p-bit to 10 over the smallest nonzero bias or coupling."""
    spin = bqm if bqm.vartype is dimod.SPIN else bqm.change_vartype("SPIN", inplace=False)
    inputs = [abs(spin.linear[v]) + sum(abs(w) for _, w in spin.iter_neighborhood(v)) for v in spin.variables]
    values = [abs(b) for b in (*spin.linear.values(), *spin.quadratic.values()) if b]
    if not values:
        return 0.1, 1.0
    return 0.1 / max(inputs), 10.0 / min(values)
