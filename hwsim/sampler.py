"""HwsimSampler: a chip as a dimod sampler, with the keyword names the field knows."""

from numbers import Real
from time import perf_counter_ns
from typing import Any

import dimod
import numpy as np

from hwsim.anneal import DEFAULT_STEPS, geometric, linear, stepped
from hwsim.chip.chip import Chip
from hwsim.chip.library import chip as find_chip
from hwsim.decode import can_encode, timing
from hwsim.errors import InputError
from hwsim.experiment.anneals import slow_note
from hwsim.experiment.prepare import prepare
from hwsim.mapping.compile import Settings, in_floats
from hwsim.session import Run, run
from hwsim.units import TICK_S, whole


class HwsimSampler(dimod.Sampler, dimod.Structured, dimod.Initialized):
    """Samples a BQM (dimod's sign: E = sum h s + sum J s s) by emulating a chip.

    chip : a Chip or the name of a card;  overrides : parameters of the card
    n_nodes : size of the structure that ``nodelist`` and ``edgelist`` offer to dimod, a complete graph over integer
    labels; other labels are accepted too
    """

    def __init__(self, chip: Chip | str = "generic-all-to-all", *, n_nodes: int = 64, **overrides: Any) -> None:
        if isinstance(chip, Chip) and overrides:
            raise InputError("overrides change the parameters of a card: give the card's name, not a Chip")
        whole(n_nodes, name="n_nodes", least=1)
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
        return {name: [] for name in _PARAMETERS}

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
        """Emulate the chip and return the final states; None stands for a default.

        num_reads : independent reads; by default as many as initial states, else 1
        num_sweeps : updates of each p-bit on average (1000);  anneal_time : instead, device time in seconds or as text
        beta_range : (start, end);  beta_schedule_type : "linear", "geometric" (default) or "custom"
        beta_schedule : for "custom", one beta for each num_sweeps_per_beta sweeps (1); its length sets the sweeps
        seed, initial_states, initial_states_generator : as in dimod;  chain_strength : as in `hwsim.compile`
        schedules, engine, threads, die_seed : as in `hwsim.run` and `hwsim.compile`
        partial : whether an interrupted run returns the states that it reached; else it returns no samples

        In ``info``, ``timing`` is host time, ``device_timing`` emulated time, ``schedule`` the number of each read's
        schedule, ``interrupted`` whether interrupt_function or Ctrl-C stopped the run, ``reached`` then the device time
        and beta that it had reached, ``note`` that the p-bits hardly update. Raises InputError.
        """
        began = perf_counter_ns()
        options = {name: value for name, value in self.remove_unknown_kwargs(**parameters).items() if value is not None}
        _check(options)
        model = in_floats(bqm)
        seed = options.get("seed", int(np.random.SeedSequence().entropy % 2**32))  # type: ignore[operator]
        states, num_reads = self._initial(model, options, seed)
        if not model.num_variables:
            return _empty(model, num_reads, seed, perf_counter_ns() - began)
        named = model
        if not can_encode(list(model.variables)):  # a program's names are text, numbers and tuples of them
            named = model.relabel_variables({v: f"v{k}" for k, v in enumerate(model.variables)}, inplace=False)
        settings = Settings(die_seed=options.get("die_seed", 0), chain_strength=options.get("chain_strength"))
        program = prepare(named, self.chip, settings).program
        if states is not None and program.readout.chain is not None:
            states = states[:, program.readout.chain]
        anneal = self._anneal(model, options, program.clock.period)
        prepared = perf_counter_ns()
        result = run(
            program,
            anneal=anneal,
            reads=num_reads,
            schedules=options.get("schedules", min(4, num_reads)),
            seed=seed,
            engine=options.get("engine", "auto"),
            threads=options.get("threads"),
            initial_states=states,
            interrupt=options.get("interrupt_function"),
        )
        return _samples(result, model, options, (prepared - began, perf_counter_ns()))

    def _initial(self, bqm: Any, options: dict[str, Any], seed: int) -> tuple[np.ndarray | None, int]:
        """(int8 (reads, variables) of +-1, or None where the machine draws them; reads)."""
        initial, reads = options.get("initial_states"), options.get("num_reads")
        style = options.get("initial_states_generator", "random")
        if initial is None and style == "random":
            return None, 1 if reads is None else reads
        parsed = self.parse_initial_states(
            bqm, initial_states=initial, initial_states_generator=style, num_reads=reads, seed=seed % 2**32
        )
        order = [parsed.initial_states.variables.index(v) for v in bqm.variables]
        states = parsed.initial_states.record.sample[:, order].astype(np.int8)
        return 2 * states - 1 if parsed.initial_states.vartype is dimod.BINARY else states, len(states)

    def _anneal(self, bqm: Any, options: dict[str, Any], period: int) -> Any:
        kind, each = options.get("beta_schedule_type", "geometric"), options.get("num_sweeps_per_beta", 1)
        sweeps = options.get("num_sweeps", 1000)
        if kind == "custom":
            betas = _betas(options["beta_schedule"])
            sweeps = len(betas) * each
            if options.get("num_sweeps", sweeps) != sweeps:
                raise InputError(
                    f"a beta_schedule of {len(betas)} betas, {each} sweeps each, has {sweeps} sweeps, and "
                    f"num_sweeps is {options['num_sweeps']}: leave num_sweeps out"
                )
            ends = (float(betas[0]), float(betas[-1]))
            if "beta_range" in options and _range(options["beta_range"]) != ends:
                raise InputError(f"beta_schedule goes from {ends[0]:g} to {ends[1]:g}: leave beta_range out")
            return stepped(betas, options.get("anneal_time", period * TICK_S * sweeps))
        if sweeps % each:
            raise InputError(f"num_sweeps must be a multiple of num_sweeps_per_beta = {each}, got {sweeps}")
        time = options.get("anneal_time", period * TICK_S * sweeps)
        start, end = _range(options["beta_range"]) if "beta_range" in options else default_beta_range(bqm)
        steps = DEFAULT_STEPS if each == 1 else sweeps // each
        return (linear if kind == "linear" else geometric)(start, end, time, steps=steps)


_PARAMETERS = (
    "num_reads",
    "num_sweeps",
    "num_sweeps_per_beta",
    "beta_range",
    "beta_schedule_type",
    "beta_schedule",
    "anneal_time",
    "schedules",
    "seed",
    "initial_states",
    "initial_states_generator",
    "interrupt_function",
    "partial",
    "chain_strength",
    "engine",
    "threads",
    "die_seed",
)


def _check(options: dict[str, Any]) -> None:
    """Raise InputError for counts that are no whole numbers, and for options that contradict each other."""
    for name in ("num_reads", "num_sweeps", "num_sweeps_per_beta", "schedules", "threads"):
        if name in options:
            whole(options[name], name=name, least=1)
    for name in ("seed", "die_seed"):
        if name in options:
            whole(options[name], name=name)
    if not isinstance(options.get("partial", False), bool):
        raise InputError(f"partial must be True or False, got {options['partial']!r}")
    if "interrupt_function" in options and not callable(options["interrupt_function"]):
        raise InputError(f"interrupt_function must be a function, got {options['interrupt_function']!r}")
    if "anneal_time" in options and "num_sweeps" in options:
        raise InputError("anneal_time and num_sweeps both set the length of the anneal: give one of them")
    kind = options.get("beta_schedule_type", "geometric")
    if kind not in ("linear", "geometric", "custom"):
        raise InputError(f"beta_schedule_type must be linear, geometric or custom, got {kind!r}")
    if kind == "custom" and "beta_schedule" not in options:
        raise InputError("beta_schedule_type 'custom' needs a beta_schedule")
    if kind != "custom" and "beta_schedule" in options:
        raise InputError(f"a beta_schedule needs beta_schedule_type 'custom', got {kind!r}")
    strength = options.get("chain_strength", 1.0)
    if isinstance(strength, bool) or not isinstance(strength, Real | str):
        raise InputError(f'chain_strength must be a number > 0, "torque" or "sufficient", got {strength!r}')


def _betas(values: Any) -> np.ndarray:
    """``values`` as float64 (n,), n >= 1, finite and >= 0. Raises InputError."""
    try:
        betas = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        betas = np.empty(0)
    if betas.ndim != 1 or not len(betas) or not np.all(np.isfinite(betas)) or np.any(betas < 0):
        raise InputError(f"betas must be a row of finite numbers >= 0, got {values!r}")
    return betas


def _range(values: Any) -> tuple[float, float]:
    betas = _betas(values)
    if len(betas) != 2:
        raise InputError(f"beta_range must be (start, end), got {values!r}")
    return float(betas[0]), float(betas[1])


def _samples(result: Run, model: Any, options: dict[str, Any], host_ns: tuple[int, int]) -> dimod.SampleSet:
    """The samples of ``result`` in the names, values and energies of ``model``. Reads that are not finished are no
    reads: an interrupted run has none, unless ``partial`` asks for its states. host_ns : preparation; end of the run"""
    rows = slice(0, 0) if result.interrupted and not options.get("partial", False) else slice(None)
    states = result.variables[rows]
    samples = (states if model.vartype is dimod.SPIN else (states + 1) // 2, list(model.variables))
    breaks, readout, info = {}, result.program.readout, timing(result)
    if readout.chain is not None:
        breaks["chain_break_fraction"] = readout.broken(result.states[rows]).mean(axis=1)
    info["schedule"] = info["schedule"][rows]
    info["note"] = slow_note(result.program, result.device_time_s)
    info["timing"] = {
        "preprocessing_ns": host_ns[0],
        **info["timing"],
        "postprocessing_ns": perf_counter_ns() - host_ns[1],
    }
    return dimod.SampleSet.from_samples(samples, model.vartype, energy=model.energies(samples), info=info, **breaks)


def _empty(model: Any, num_reads: int, seed: int, host_ns: int) -> dimod.SampleSet:
    """``num_reads`` samples of a model without variables, which needs no machine."""
    return dimod.SampleSet.from_samples(
        (np.empty((num_reads, 0), dtype=np.int8), []),
        model.vartype,
        energy=np.full(num_reads, model.offset),
        info={
            "timing": {"preprocessing_ns": host_ns, "sampling_ns": 0, "postprocessing_ns": 0},
            "device_timing": {"anneal_time_per_sample_s": 0.0, "sampling_time_s": 0.0},
            "engine": None,
            "seed": seed,
            "schedule": [0] * num_reads,
            "interrupted": False,
            "note": None,
        },
    )


def default_beta_range(bqm: Any) -> tuple[float, float]:
    """From 0.1 over the largest input of any p-bit to 10 over the smallest nonzero bias or coupling."""
    spin = bqm if bqm.vartype is dimod.SPIN else bqm.change_vartype("SPIN", inplace=False)
    inputs = [abs(spin.linear[v]) + sum(abs(w) for _, w in spin.iter_neighborhood(v)) for v in spin.variables]
    values = [abs(b) for b in (*spin.linear.values(), *spin.quadratic.values()) if b]
    if not values:
        return 0.1, 1.0
    return 0.1 / max(inputs), 10.0 / min(values)
