"""Rules: how a step measures the moments that the data ask for and those that the machine has.

Enters: a Turn: a machine, a batch of data. Leaves: (positive, negative) Moments. A rule is a plain function of a Turn,
and a training takes any such function. Chains live in the machine's phases from turn to turn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.display import Shown
from hwsim.errors import InputError
from hwsim.learn.exact import Moments
from hwsim.learn.machine import LearningMachine, Phase, Timing
from hwsim.learn.model import HIDDEN, VISIBLE
from hwsim.streams import generator

POSITIVES = ("sampled", "mean-field")
_ITERATIONS, _SETTLED = 50, 1e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class Turn(Shown):
    """What a rule is given.

    batch : int8 (rows, seen), the visible and label units of each row of data, +-1;  number : of the step, from 0
    chains : of the negative phase;  positive, negative : when the phases are looked at
    betas : of the negative chains, see Phase;  seed : of what the controller draws
    statistics : "sampled", hidden units of the positive phase are read from the machine, or "mean-field", computed by
    the controller
    """

    machine: LearningMachine
    batch: np.ndarray
    number: int
    chains: int
    positive: Timing
    negative: Timing
    betas: tuple[float, ...]
    statistics: str
    seed: int


Rule = Callable[[Turn], tuple[Moments, Moments]]


def persistent(turn: Turn) -> tuple[Moments, Moments]:
    """Persistent contrastive divergence (Tieleman, ICML 2008): the negative chains go on from where they were."""
    positive = of_data(turn)
    return positive, free_phase(turn).measure(turn.negative)


def contrastive(turn: Turn) -> tuple[Moments, Moments]:
    """Contrastive divergence (Hinton, Neural Comput. 14, 1771 (2002)): each negative chain begins at a row of the batch
    with the hidden units that the machine drew for it, and runs ``negative.warm_up`` sweeps (k)."""
    phase = held_phase(turn).clamp(turn.batch)
    positive = phase.measure(turn.positive)
    if turn.statistics == "mean-field":
        positive = mean_field(turn.machine, turn.batch)
    chains = _phase(turn, "negative", len(turn.batch)).start(phase.states)
    return positive, chains.measure(turn.negative)


def fresh(turn: Turn) -> tuple[Moments, Moments]:
    """Chains of both phases begin anew in every step, each unit drawn by its bias alone: no chain persists, so a chain
    that mixes badly shows in the moments, as in the training of denoising models (Jelincic et al., 2025)."""
    model = turn.machine.model
    if model.n_hidden and turn.statistics == "sampled":
        held_phase(turn).start(from_biases(turn, len(turn.batch), "positive"))
    positive = of_data(turn)
    chains = free_phase(turn).start(from_biases(turn, turn.chains * len(turn.betas), "negative"))
    return positive, chains.measure(turn.negative)


def conditional(turn: Turn) -> tuple[Moments, Moments]:
    """Along ln p(labels | visible) (Larochelle and Bengio, ICML 2008): both phases hold the visible units of the batch,
    and the negative one sets the label units free.

    Both draw the same random numbers and begin each step with the same hidden units, as a chip does that loads the
    seeds of its registers again. What the labels do not reach runs alike in both, and its noise cancels in the
    difference; it would otherwise drown what the labels do to distant units. Raises InputError.
    """
    machine, model = turn.machine, turn.machine.model
    if not model.n_label:
        raise InputError(f"rule conditional needs label units, and {model.name} has none")
    if turn.positive != turn.negative:
        raise InputError("rule conditional looks at both phases at once: give positive and negative the same sweeps")
    if turn.statistics != "sampled" or len(turn.betas) > 1:
        raise InputError("rule conditional reads single chains: it takes neither mean-field statistics nor betas")
    seen = slice(model.n_visible, model.n_seen)
    held = held_phase(turn)
    free = machine.phases.get("answers")
    if free is None or free.reads != held.reads:
        held = machine.phase("positive", len(turn.batch), held=held.held, states=held.states)
        free = machine.phase("answers", len(turn.batch), held=model.role == VISIBLE, like=held)
    states = held.states
    states[:, seen] = free.states[:, seen]
    free.start(states).clamp(turn.batch[:, : model.n_visible])
    return held.clamp(turn.batch).measure(turn.positive), free.measure(turn.negative)


RULES: dict[str, Rule] = {"pcd": persistent, "cd": contrastive, "fresh": fresh, "conditional": conditional}


def rule_of(rule: str | Rule) -> Rule:
    """``rule`` itself, or that of this name. Raises InputError."""
    if callable(rule):
        return rule
    if rule not in RULES:
        raise InputError(f"rule must be one of {', '.join(RULES)}, or a function of a Turn, got {rule!r}")
    return RULES[rule]


def of_data(turn: Turn) -> Moments:
    """The moments of the positive phase: seen units are those of the batch; hidden ones as ``statistics`` says."""
    machine = turn.machine
    if not machine.model.n_hidden:
        return machine.data_moments(turn.batch)
    if turn.statistics == "mean-field":
        return mean_field(machine, turn.batch)
    return held_phase(turn).clamp(turn.batch).measure(turn.positive)


def held_phase(turn: Turn) -> Phase:
    """The positive phase: a chain for each row of the batch, in which visible and label units are held."""
    return _phase(turn, "positive", len(turn.batch), held=turn.machine.model.role != HIDDEN)


def free_phase(turn: Turn) -> Phase:
    """The negative phase: all units are free."""
    return _phase(turn, "negative", turn.chains, betas=turn.betas)


def _phase(turn: Turn, name: str, reads: int, **how: Any) -> Phase:
    """The phase ``name``, as it runs or new."""
    phase = turn.machine.phases.get(name)
    if phase is None or phase.reads != reads:
        phase = turn.machine.phase(name, reads, **how)
    return phase


def from_biases(turn: Turn, reads: int, what: str) -> np.ndarray:
    """int8 (reads, n): every unit drawn by its bias alone."""
    return turn.machine.drawn(reads, generator(turn.seed, f"{what} start", turn.number))


def mean_field(machine: LearningMachine, batch: np.ndarray) -> Moments:
    """The moments of ``batch`` int8 (rows, seen) with hidden units at their means, by the controller's own numbers:
    m = tanh(-beta (h + sum J m)), exact where hidden units are not coupled, else iterated until it settles."""
    from scipy.sparse import csr_array

    model, rows = machine.model, len(batch)
    seen, beta = model.n_seen, model.beta
    network = model.network.coupled(machine.bias, machine.weight)
    couplings = csr_array((network.weight, network.indices, network.indptr), shape=(model.n, model.n))
    units = np.zeros((model.n, rows))
    units[:seen] = batch.T
    hidden, own = couplings[seen:], machine.bias[seen:, None]
    for number in range(1 if model.hidden_is_free else _ITERATIONS):
        means = np.tanh(-beta * (own + hidden @ units))
        change = float(np.abs(means - units[seen:]).max(initial=0))
        units[seen:] = means if number == 0 else (means + units[seen:]) / 2  # damped: all at once may oscillate
        if change < _SETTLED:
            break
    first, second = model.first, model.second
    if len(first) * 16 > model.n**2:
        products = (units @ units.T)[first, second]
    else:
        products = np.einsum("kr,kr->k", units[first], units[second])
    return Moments(units.mean(axis=1), products / rows)
