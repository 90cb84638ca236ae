"""Request: what a call of ``sample`` asks for, in the words of dimod, of dwave-samplers and of D-Wave's QPUs.

Enters: keywords. Leaves: a Request whose values are checked as far as they can be without a problem and a chip.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, Self

import numpy as np

from hwsim.cell.card import suggestion
from hwsim.errors import ArgumentError, InputError
from hwsim.units import whole

BETA_SCHEDULES = ("linear", "geometric", "custom")
ANSWER_MODES = ("raw", "histogram")
GENERATORS = ("none", "random", "tile")
"""How dimod makes the initial states that are not given."""
_NOT_EMULATED = {
    "anneal_offsets": "qubits have no annealing paths of their own here",
    "fast_anneal": "a classical stand-in has no coherent anneal",
    "flux_biases": "a classical stand-in has no flux",
    "h_gain_schedule": "biases follow the anneal, as couplings do",
    "programming_thermalization": "the time to program a chip is the one of its card",
}
"""Arguments of a QPU that would need physics that is not emulated."""
_WITHOUT_EFFECT = ("flux_drift_compensation", "reduce_intersample_correlation", "warnings")
"""Arguments of a QPU that change nothing here: reads are independent and nothing drifts."""
_LENGTHS = ("num_sweeps", "anneal_time", "annealing_time", "anneal_schedule")
_COUNTS = ("num_reads", "num_sweeps_per_beta", "schedules", "threads")
_FLAGS = ("partial", "auto_scale", "reinitialize_state", "randomize_order")
_CHOICES = {"beta_schedule_type": BETA_SCHEDULES, "answer_mode": ANSWER_MODES, "initial_states_generator": GENERATORS}
_MOST_SEED = 2**64


@dataclass(frozen=True, kw_only=True)
class Request:
    """The keywords of ``sample``; None where one was left out. See there for their meaning."""

    num_reads: int | None = None
    num_sweeps: int | None = None
    num_sweeps_per_beta: int | None = None
    beta_range: Any = None
    beta_schedule_type: str | None = None
    beta_schedule: Any = None
    anneal_time: str | float | None = None
    annealing_time: str | float | None = None
    anneal_schedule: Any = None
    initial_states: Any = None
    initial_states_generator: str | None = None
    initial_state: Any = None
    reinitialize_state: bool | None = None
    randomize_order: bool | None = None
    proposal_acceptance_criteria: str | None = None
    auto_scale: bool | None = None
    chain_strength: Any = None
    readout_thermalization: float | None = None
    answer_mode: str | None = None
    label: str | None = None
    seed: int | None = None
    die_seed: int | None = None
    schedules: int | None = None
    engine: str | None = None
    threads: int | None = None
    interrupt_function: Any = None
    partial: bool | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any], unknown: Mapping[str, Any]) -> Self:
        """``given`` by name; ``unknown`` are keywords that the signature does not have. Raises InputError."""
        for name, value in unknown.items():
            if name in _NOT_EMULATED:
                if value is None or value is False:
                    continue
                raise InputError(f"{name} is an argument of a QPU that hwsim does not emulate: {_NOT_EMULATED[name]}")
            if name not in _WITHOUT_EFFECT:
                raise ArgumentError(f"sample takes no argument {name!r}{suggestion(name, NAMES)}")
        return cls(**{name: given[name] for name in NAMES})

    def __post_init__(self) -> None:
        self._check_kinds()
        self._check_schedule()
        if self.initial_state is not None and self.initial_states is not None:
            raise InputError("initial_state is one state for all reads and initial_states one for each: give one")
        if self.reinitialize_state is not None and self.initial_state is None:
            raise InputError("reinitialize_state says what reads after the first begin from: give initial_state too")

    def _check_kinds(self) -> None:
        """Raise InputError for values that mean nothing."""
        for name in _COUNTS:
            if getattr(self, name) is not None:
                whole(getattr(self, name), name=name, least=1)
        if self.num_sweeps is not None:
            whole(self.num_sweeps, name="num_sweeps")
        for name in ("seed", "die_seed"):
            if getattr(self, name) is not None and whole(getattr(self, name), name=name) >= _MOST_SEED:
                raise InputError(f"{name} must be below 2**64, got {getattr(self, name)}")
        for name in _FLAGS:
            if not isinstance(getattr(self, name), bool | np.bool_ | None):
                raise ArgumentError(f"{name} must be True or False, got {getattr(self, name)!r}")
        if self.interrupt_function is not None and not callable(self.interrupt_function):
            raise ArgumentError(f"interrupt_function must be a function, got {self.interrupt_function!r}")
        for name, known in _CHOICES.items():
            value = getattr(self, name)
            if value is not None and not (isinstance(value, str) and value in known):
                words = f"{', '.join(known[:-1])} or {known[-1]}"
                raise InputError(f"{name} must be {words}, got {value!r}")
        criteria = self.proposal_acceptance_criteria
        if criteria is not None and not (isinstance(criteria, str) and criteria == "Gibbs"):
            raise InputError(
                f"proposal_acceptance_criteria must be Gibbs, the heat bath by which p-bits decide, got {criteria!r}"
            )
        strength = self.chain_strength
        if isinstance(strength, bool) or not (callable(strength) or isinstance(strength, Real | str | None)):
            raise ArgumentError(
                'chain_strength must be a number > 0, "torque", "sufficient" or a function of problem and embedding, '
                f"got {strength!r}"
            )

    def _check_schedule(self) -> None:
        """Raise InputError for lengths and betas that contradict each other."""
        lengths = [name for name in _LENGTHS if getattr(self, name) is not None]
        if len(lengths) > 1:
            raise InputError(f"{lengths[0]} and {lengths[1]} both set the length of the anneal: give one of them")
        kind = self.beta_schedule_type
        if kind == "custom" and self.beta_schedule is None:
            raise InputError("beta_schedule_type 'custom' needs a beta_schedule")
        if kind != "custom" and self.beta_schedule is not None:
            raise InputError(f"a beta_schedule needs beta_schedule_type 'custom', got {kind or 'geometric'!r}")
        if self.anneal_schedule is not None and (kind is not None or self.beta_range is not None):
            raise InputError("anneal_schedule sets the beta at every time: leave beta_range and beta_schedule_type out")

    @property
    def reads_at_once(self) -> int | None:
        """``num_reads``, 1 for one given state without it; None where initial states may say it."""
        return 1 if self.num_reads is None and self.initial_state is not None else self.num_reads


NAMES = tuple(field.name for field in fields(Request))
"""Every keyword of ``sample``."""
