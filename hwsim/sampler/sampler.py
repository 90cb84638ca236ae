"""HwsimSampler: a chip as a dimod sampler, with the keyword names the field knows.

Enters: a BQM and keywords. Leaves: a dimod SampleSet. A chip with wires of its own is structured by them, as a QPU is;
one whose wires can be chosen takes any problem.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from time import perf_counter_ns
from typing import Any, NamedTuple

import dimod
import numpy as np

from hwsim.anneal import Anneal
from hwsim.chip.chip import Chip
from hwsim.chip.family import family, family_graph
from hwsim.chip.library import chip as find_chip
from hwsim.chip.topology import sites, wires
from hwsim.errors import ArgumentError, InputError
from hwsim.mapping.compile import in_floats
from hwsim.program import Program
from hwsim.sampler.length import anneal_of, check_betas, repeated, schedule_points
from hwsim.sampler.machine import Embeddings, place
from hwsim.sampler.qpu import annealer_properties, is_annealer
from hwsim.sampler.request import BETA_SCHEDULES, NAMES, Request
from hwsim.sampler.samples import answer_of, unrun_answer, with_host_times
from hwsim.session import Run, run


class HwsimSampler(dimod.Sampler, dimod.Initialized):
    """Samples a BQM (dimod's sign: E = sum h s + sum J s s) by emulating a chip.

    chip : a Chip or the name of a card;  overrides : parameters of the card
    embed : whether a chip with wires of its own takes any problem and embeds it by itself. Without it the sampler of
    such a chip is a StructuredSampler, to which dimod's composites bring problems
    """

    def __new__(
        cls, chip: Chip | str = "generic-all-to-all", *, embed: bool = False, **overrides: Any
    ) -> "HwsimSampler":
        """A StructuredSampler for chips with wires of their own, unless the sampler embeds."""
        if not isinstance(embed, bool):
            raise ArgumentError(f"embed must be True or False, got {embed!r}")
        structured = cls is HwsimSampler and not embed and _chip(chip, overrides).topology.is_fixed
        return super().__new__(StructuredSampler if structured else cls)

    def __init__(self, chip: Chip | str = "generic-all-to-all", *, embed: bool = False, **overrides: Any) -> None:
        self.chip = _chip(chip, overrides)
        self._embeddings = Embeddings(self.chip) if embed and self.chip.topology.is_fixed else None

    def __repr__(self) -> str:
        topology = self.chip.topology
        wiring = f"{len(sites(topology))} p-bits on a {topology.kind} graph" if topology.is_fixed else "wires of choice"
        return f"{type(self).__name__}({self.chip.name}: {wiring}{', embeds' if self._embeddings is not None else ''})"

    @property
    def parameters(self) -> dict[str, list]:
        """Keyword arguments of ``sample``, and the properties that each depends on."""
        return {name: [] for name in NAMES} | {"beta_schedule_type": ["beta_schedule_options"]}

    @cached_property
    def properties(self) -> dict[str, Any]:
        """The chip's name, clock, limits and times; of an annealer also what its solver says of itself."""
        chip = self.chip
        found = {
            "chip": chip.name,
            "clock": chip.clock.kind,
            "max_pbits": chip.topology.max_pbits,
            "max_degree": chip.topology.max_degree,
            "tau_s": chip.pbit.tau_s,
            "delay_s": chip.pbit.delay_s,
            "beta_schedule_options": BETA_SCHEDULES,
        }
        return found | (annealer_properties(chip) if is_annealer(chip) else {})

    def sample(
        self,
        bqm: Any,
        *,
        num_reads: int | None = None,
        num_sweeps: int | None = None,
        num_sweeps_per_beta: int | None = None,
        beta_range: Sequence[float] | None = None,
        beta_schedule_type: str | None = None,
        beta_schedule: Sequence[float] | np.ndarray | None = None,
        anneal_time: str | float | None = None,
        annealing_time: str | float | None = None,
        anneal_schedule: Sequence[Sequence[float]] | None = None,
        initial_states: Any = None,
        initial_states_generator: str | None = None,
        initial_state: Any = None,
        reinitialize_state: bool | None = None,
        randomize_order: bool | None = None,
        proposal_acceptance_criteria: str | None = None,
        auto_scale: bool | None = None,
        chain_strength: float | str | Callable[[Any, Any], float] | None = None,
        readout_thermalization: float | None = None,
        answer_mode: str | None = None,
        label: str | None = None,
        seed: int | None = None,
        die_seed: int | None = None,
        schedules: int | None = None,
        engine: str | None = None,
        threads: int | None = None,
        interrupt_function: Callable[[], bool] | None = None,
        partial: bool | None = None,
        **kwargs: Any,
    ) -> dimod.SampleSet:
        """Emulate the chip and return the final states; None stands for a default.

        num_reads : independent reads; by default as many as initial states, else 1
        num_sweeps : updates of each p-bit on average (1000, or an annealer's usual time); 0 returns the initial states
        annealing_time : instead, device time in microseconds or as text;  anneal_time : in seconds or as text
        anneal_schedule : instead, pairs (microseconds, s): beta is s times its last value, and linear in between
        beta_range : (start, end), by default of a chip with a fixed beta from 0 to that, else `default_beta_range`
        beta_schedule_type : "linear", "geometric" (default without a fixed beta) or "custom"
        beta_schedule : for "custom", one beta for each num_sweeps_per_beta sweeps (1); its length sets the sweeps
        initial_states, initial_states_generator : as in dimod;  initial_state : {variable: value} for all reads
        reinitialize_state : whether each read begins there (default), or where the one before it ended
        randomize_order : whether p-bits update one at a time in random order or, False, in turn; None: the chip's clock
        proposal_acceptance_criteria : "Gibbs", which p-bits do
        auto_scale : whether an annealer's problem is scaled into its ranges (default); else it must lie in them
        chain_strength : as in `hwsim.compile`, or a function of model and embedding, where the sampler makes chains
        readout_thermalization : microseconds that are added to the pause after a read
        answer_mode : "raw", one row a read, or "histogram", sorted by energy, an annealer's default
        label : goes to ``info["problem_label"]``;  seed : of all that is random, a fresh one by default
        die_seed, schedules, engine, threads : as in `hwsim.compile` and `hwsim.run`
        interrupt_function : called a few times a second, returns whether to stop
        partial : whether an interrupted run returns the states that it reached; else it returns no samples

        In ``info``: ``timing``, host time in ns, and an annealer's emulated time in us under its solver's names;
        ``device_timing``, emulated time; ``beta_range`` and ``beta_schedule_type`` of the run; ``schedule``, the number
        of each read's; ``interrupted`` and then ``reached``, device time and beta; ``note`` that p-bits hardly update;
        ``embedding_context`` where the sampler embedded, whose ``timing`` is the search's, in s. Raises InputError.
        """
        given, began = locals(), perf_counter_ns()
        request, model = Request.of(given, kwargs), in_floats(_model(bqm))
        chosen = seed if seed is not None else int(np.random.SeedSequence().entropy % 2**32)  # type: ignore[operator]
        states, reads = self._initial(model, request, chosen)
        if not model.num_variables or request.num_sweeps == 0:
            check_betas(request)
            if states is None:
                states = self._random(model, reads, chosen)
            answer, prepared, ended = unrun_answer(states, chosen), perf_counter_ns(), perf_counter_ns()
        else:
            structured = isinstance(self, dimod.Structured)
            placed = place(request, model, self.chip, embeddings=self._embeddings, is_structured=structured)
            if states is not None and placed.program.readout.chain is not None:
                states = states[:, placed.program.readout.chain]
            usual_s = self.chip.prices.anneal_time_s
            anneal, shape = anneal_of(request, model, placed.program, usual_s=usual_s)
            prepared = perf_counter_ns()
            result, finished = _emulate(placed.program, anneal, request, states=states, reads=reads, seed=chosen)
            ended = perf_counter_ns()
            keep = finished or bool(request.partial)
            answer = answer_of(result, placed, keep=keep, is_annealer=is_annealer(self.chip))
            answer.info["beta_range"] = [float(anneal.beta[0]), float(anneal.beta[-1])]
            answer.info["beta_schedule_type"] = shape
        if label is not None:
            answer.info["problem_label"] = label
        answer = with_host_times(answer, began_ns=began, prepared_ns=prepared, ended_ns=ended)
        return answer.sampleset(model, as_histogram=self._as_histogram(request))

    def _as_histogram(self, request: Request) -> bool:
        """Whether equal answers are one row: by default on an annealer, unless its reads begin at a given state."""
        if request.answer_mode is not None:
            return request.answer_mode == "histogram"
        return is_annealer(self.chip) and request.initial_state is None

    def _initial(self, bqm: Any, request: Request, seed: int) -> tuple[np.ndarray | None, int]:
        """(int8 (reads, variables) of +-1, or None where the machine draws them; reads)."""
        initial, reads = request.initial_states, request.num_reads
        style: Any = request.initial_states_generator or "random"
        if request.initial_state is not None:
            return np.tile(_one_state(request.initial_state, bqm), (reads or 1, 1)), reads or 1
        if initial is None and style == "random":
            return None, reads or 1
        try:
            parsed = self.parse_initial_states(
                bqm, initial_states=initial, initial_states_generator=style, num_reads=reads, seed=seed % 2**32
            )
        except (ValueError, TypeError, KeyError):
            each = ", and a state to each read, as initial_states_generator is none" if style == "none" else ""
            raise InputError(
                f"initial_states must give each variable of the model a value of -1 and 1, or of 0 and 1{each}"
            ) from None
        order = [parsed.initial_states.variables.index(v) for v in bqm.variables]
        states = parsed.initial_states.record.sample[:, order].astype(np.int8)
        return 2 * states - 1 if parsed.initial_states.vartype is dimod.BINARY else states, len(states)

    def _random(self, bqm: Any, reads: int, seed: int) -> np.ndarray:
        """int8 (reads, variables): states of a machine that was switched on and never ran."""
        draws = np.random.default_rng(seed).integers(0, 2, size=(reads, bqm.num_variables), dtype=np.int8)
        return 2 * draws - 1


class Solver(NamedTuple):
    """What programs ask the solver behind a sampler of D-Wave's."""

    name: str
    id: str


class StructuredSampler(HwsimSampler, dimod.Structured):
    """The sampler of a chip with wires of its own: variables are p-bits that work, couplings are its wires."""

    @property
    def solver(self) -> Solver:
        """The chip's name, where programs look for it."""
        return Solver(name=self.chip.name, id=self.chip.name)

    @cached_property
    def nodelist(self) -> list:
        """The p-bits that work, by number."""
        return sites(self.chip.topology).tolist()

    @cached_property
    def edgelist(self) -> list:
        """The wires that work, the smaller p-bit first."""
        return [(first, second) for first, second in wires(self.chip.topology).tolist()]

    def to_networkx_graph(self) -> Any:
        """The graph; of D-Wave's topologies with the attributes by which dwave-graphs knows and draws them."""
        if family(self.chip.topology) is None:
            return super().to_networkx_graph()
        return family_graph(self.chip.topology)

    def sample_ising(self, h: Any, J: Any, **parameters: Any) -> dimod.SampleSet:
        """As dimod's; the zeros of a list ``h`` for p-bits that do not work are left out, as QPUs do."""
        if isinstance(h, list | np.ndarray):
            known = set(self.nodelist)
            h = {number: bias for number, bias in enumerate(h) if bias or number in known}
        return super().sample_ising(h, J, **parameters)

    def validate_anneal_schedule(self, anneal_schedule: Any) -> None:
        """Raise InputError where ``anneal_schedule`` is none."""
        schedule_points(anneal_schedule)


def _chip(chip: Chip | str, overrides: dict[str, Any]) -> Chip:
    if isinstance(chip, Chip) and overrides:
        raise InputError("overrides change the parameters of a card: give the card's name, not a Chip")
    return chip if isinstance(chip, Chip) else find_chip(chip, **overrides)


def _model(given: Any) -> Any:
    """``given`` if it is a BinaryQuadraticModel. Raises ArgumentError."""
    if isinstance(given, dimod.BinaryQuadraticModel):
        return given
    if isinstance(given, dimod.ConstrainedQuadraticModel):
        more = ": hwsim.compile takes it with its constraints, or give dimod.cqm_to_bqm(cqm)[0]"
    elif isinstance(given, dict):
        more = ": sample_ising takes h and J, sample_qubo takes Q"
    else:
        more = ""
    raise ArgumentError(f"sample takes a dimod BinaryQuadraticModel, got {type(given).__name__}{more}")


def _one_state(given: Any, model: Any) -> np.ndarray:
    """int8 (variables,) of +-1: a mapping or pairs of variables and values, -1 and 1 or 0 and 1; others may be left
    unused. Raises InputError."""
    try:
        values = dict(given)
    except (TypeError, ValueError):
        raise ArgumentError(f"initial_state must map each variable to its value, got {given!r}") from None
    row = []
    for v in model.variables:
        if v not in values:
            raise InputError(f"initial_state has no value for variable {v!r}")
        row.append(values[v])
    state = np.array([value if np.ndim(value) == 0 else np.nan for value in row], dtype=object)
    if not (np.all(np.isin(state, (-1, 1))) or np.all(np.isin(state, (0, 1)))):
        odd = next(
            v for v, read in zip(row, state, strict=True) if read not in (-1, 0, 1) or (read == 0 and -1 in state)
        )
        raise InputError(f"the values of an initial_state are -1 and 1, or 0 and 1, got {odd!r}")
    return np.where(state == 1, 1, -1).astype(np.int8)


def _emulate(
    program: Program, anneal: Anneal, request: Request, *, states: np.ndarray | None, reads: int, seed: int
) -> tuple[Run, bool]:
    """(the run, whether its reads are finished)."""
    how: dict[str, Any] = {
        "seed": seed,
        "engine": "auto" if request.engine is None else request.engine,
        "threads": request.threads,
        "interrupt": request.interrupt_function,
    }
    if request.reinitialize_state is None or request.reinitialize_state:
        schedules = request.schedules or min(4, reads)
        result = run(program, anneal=anneal, reads=reads, schedules=schedules, initial_states=states, **how)
        return result, not result.interrupted
    ended: list[np.ndarray] = []
    result = run(
        program,
        anneal=repeated(anneal, reads),
        reads=1,
        initial_states=None if states is None else states[:1],
        checkpoints=reads,
        observe=lambda time_s, now: ended.append(now[0].copy()),
        **how,
    )
    return _one_after_another(result, anneal, np.array(ended, dtype=np.int8).reshape(len(ended), program.n_pbits)), True


def _one_after_another(result: Run, anneal: Anneal, ended: np.ndarray) -> Run:
    """A single long run as reads that begin where the one before ended. ended : int8 (reads, n), states at each end"""
    return replace(
        result,
        anneal=anneal,
        states=ended,
        energies=result.checkpoint_energies[1 : 1 + len(ended), 0],
        schedule=np.zeros(len(ended), dtype=np.int64),
        device_time_s=anneal.duration_s,
    )
