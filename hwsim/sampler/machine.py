"""Machine: the chip as a request wants it, and the problem on it.

Enters: a Request, a model and a Chip. Leaves: a Program, and the embedding that was used. A sampler that embeds keeps
what it found, since a training loop asks for the same graph again and again.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import dimod
import numpy as np

from hwsim.chip.chip import Chip, Clock
from hwsim.chip.topology import is_dead, sites
from hwsim.decode import can_encode
from hwsim.errors import DoesNotFitError, InputError
from hwsim.mapping.chains import chain_strength_of
from hwsim.mapping.compile import compile, embed, spin_network
from hwsim.program import Program
from hwsim.sampler.request import Request
from hwsim.units import parse

_KEPT = 8
"""Embeddings that a sampler keeps."""


class StructureError(DoesNotFitError, dimod.exceptions.BinaryQuadraticModelStructureError):
    """A problem that is not drawn on the graph of a structured sampler."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A problem on a machine. embedding : {variable: p-bits}, None where each variable has a p-bit of its own or wires
    can be chosen;  chain_strength : in problem units, None without embedding;  searched_s : host seconds of the search
    for it, 0 where it was known"""

    program: Program
    embedding: dict[Any, tuple[int, ...]] | None = None
    chain_strength: float | None = None
    searched_s: float = 0.0


class Embeddings:
    """The embeddings that were found on a chip, by the graph of the problem."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self._kept: OrderedDict[tuple, dict[Any, tuple[int, ...]]] = OrderedDict()

    def find(self, model: Any) -> tuple[dict[Any, tuple[int, ...]] | None, float]:
        """(embedding, host seconds of the search); no embedding where ``model`` fits as it is. An embedding of more
        couplings, some of which are 0 this time, is used again. Raises DoesNotFitError, MissingExtraError."""
        variables = tuple(model.variables)
        pairs = frozenset(frozenset(pair) for pair, bias in model.quadratic.items() if bias)
        for key, embedding in self._kept.items():
            if key[0] == variables and pairs <= key[1]:
                self._kept.move_to_end(key)
                return embedding, 0.0
        began = time.perf_counter()
        found = embed(model, self._chip)
        searched_s = time.perf_counter() - began
        if found is None:
            return None, 0.0
        embedding = {v: tuple(chain) for v, chain in found.items()}
        self._kept[variables, pairs] = embedding
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return embedding, searched_s


def place(request: Request, model: Any, chip: Chip, *, embeddings: Embeddings | None, is_structured: bool) -> Placed:
    """``model``, a BQM with biases in float64, on ``chip`` as ``request`` changes it.

    embeddings : of a sampler that embeds by itself, or None. Raises InputError, StructureError, DoesNotFitError.
    """
    named = _named(model, is_structured=is_structured, chip=chip)
    embedding, searched_s = (None, 0.0) if embeddings is None else embeddings.find(named)
    strength = _strength(request, model, embedding)
    if is_structured and strength is not None:
        raise InputError(
            "chain_strength holds chains together, and a structured sampler makes none: give it to EmbeddingComposite, "
            "or make the sampler with embed=True"
        )
    chosen = None
    if embedding is not None:
        chosen = chain_strength_of(spin_network(model)[1], strength)
    try:
        program = compile(
            named,
            machine(request, chip, model, chain_strength=chosen or 0.0),
            die_seed=request.die_seed or 0,
            embedding="never" if is_structured else embedding,
            chain_strength=strength,
        )
    except DoesNotFitError as error:
        if not is_structured:
            raise
        raise StructureError(f"{error}: {_ADVICE}") from None
    if embedding is not None:
        embedding = dict(zip(model.variables, (embedding[v] for v in named.variables), strict=True))
    return Placed(program=program, embedding=embedding, chain_strength=chosen, searched_s=searched_s)


def machine(request: Request, chip: Chip, model: Any, *, chain_strength: float = 0.0) -> Chip:
    """``chip`` with the clock, the range of its control lines and the pause after a read that were asked for."""
    if request.randomize_order is not None:
        kind = "random-sequential" if request.randomize_order else "sequential"
        chip = replace(chip, clock=Clock(kind=kind, period_s=chip.clock.period_s))
    if request.auto_scale is not None and not request.auto_scale:
        _check_range(chip, model, chain_strength)
        control = replace(chip.control, h_limit=None, j_limit=None, j_extended_limit=None)
        chip = replace(chip, control=control)
    if request.readout_thermalization is not None:
        pause_us = parse(request.readout_thermalization, "number", name="readout_thermalization")
        if pause_us < 0:
            raise InputError(f"readout_thermalization must be >= 0 microseconds, got {pause_us:g}")
        pause_s = (chip.prices.readout_delay_s or 0.0) + 1e-6 * pause_us
        chip = replace(chip, prices=replace(chip.prices, readout_delay_s=pause_s))
    return chip


def _named(model: Any, *, is_structured: bool, chip: Chip) -> Any:
    """``model`` with names that a Program can hold; those of numpy's integers, on a graph of p-bits, as Python's."""
    variables = list(model.variables)
    if is_structured:
        _check_sites(variables, chip)
        if not any(isinstance(v, np.integer) for v in variables):
            return model
        return model.relabel_variables({v: int(v) for v in variables}, inplace=False)
    if can_encode(variables):
        return model
    return model.relabel_variables({v: f"v{k}" for k, v in enumerate(variables)}, inplace=False)


_ADVICE = "use dwave.system.EmbeddingComposite, or a sampler with embed=True"


def _check_sites(variables: list, chip: Chip) -> None:
    """Raise StructureError for a variable that is no p-bit that works."""
    known = set(sites(chip.topology).tolist())
    for v in variables:
        if isinstance(v, bool) or not isinstance(v, int | np.integer):
            raise StructureError(
                f"chip {chip.name!r} takes problems drawn on its {chip.topology.kind} graph, whose variables are "
                f"numbers of p-bits, and got {v!r}: {_ADVICE}"
            )
        if int(v) not in known:
            what = f"p-bit {v} does not work" if is_dead(chip.topology, int(v)) else f"there is no p-bit {v}"
            raise StructureError(f"on chip {chip.name!r} {what}: {_ADVICE}")


def _strength(request: Request, model: Any, embedding: Any) -> float | str | None:
    strength = request.chain_strength
    if not callable(strength):
        return strength
    value = strength(model, embedding or {})
    if isinstance(value, bool) or not isinstance(value, float | int | np.number):
        raise InputError(f"the function chain_strength must return one number for all chains, got {value!r}")
    return float(value)


def _check_range(chip: Chip, model: Any, chain_strength: float) -> None:
    """Raise InputError where biases or couplings of spins lie beyond what the control lines can do unscaled."""
    spin = model if model.vartype is dimod.SPIN else model.change_vartype("SPIN", inplace=False)
    control = chip.control
    wider = control.j_limit if control.j_extended_limit is None else control.j_extended_limit
    ranges = (
        ("bias", [*spin.linear.values()], control.h_limit, control.h_limit),
        ("coupling", [*spin.quadratic.values(), -chain_strength], wider, control.j_limit),
    )
    for what, values, least, most in ranges:
        if least is None or most is None or not values:
            continue
        odd = next((value for value in (min(values), max(values)) if not -least <= value <= most), None)
        if odd is not None:
            raise InputError(
                f"without auto_scale each {what} must lie between {-least:g} and {most:g} on chip {chip.name!r}, got "
                f"{odd:g}"
            )
