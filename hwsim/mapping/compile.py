"""Compile: how a problem gets onto a chip. The passes in order: place (as it is, embedded, or in copies), registers,
layout, die, delay, boundaries, colour.

Enters: a Problem or a dimod BQM, a Chip and the seed of its die. Leaves: a Program.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hwsim.cell.law import LAWS, NO_LIMIT, P_KIT, RELAXATION
from hwsim.cell.model import PBit, input_quantiser
from hwsim.chip.chip import Chip
from hwsim.chip.die import Die, die_of, make_die
from hwsim.decode import encode_labels
from hwsim.errors import DoesNotFitError, InputError
from hwsim.mapping.color import greedy_coloring
from hwsim.mapping.embed import Placement, chain_strength_of, embedded, find_embedding
from hwsim.mapping.layout import Layout, lay_out
from hwsim.mapping.levels import group_coloring, is_discrete, lines_of
from hwsim.mapping.partition import cut_wires, partition
from hwsim.mapping.place import check_place
from hwsim.mapping.registers import Network, control_scale, programmed, symmetric_rows
from hwsim.mapping.sparsify import sparsified
from hwsim.program import Program
from hwsim.units import TICK_S, to_ticks


def compile(
    problem: Any,
    chip: Chip,
    *,
    die_seed: int = 0,
    delay_s: dict | None = None,
    embedding: str | Mapping[Any, Sequence[int]] | None = None,
    chain_strength: float | str | None = None,
    parts: int | Sequence[int] | None = None,
    exchange_s: float | None = None,
) -> Program:
    """The Program of ``problem`` on ``chip``: a Problem, a dimod BinaryQuadraticModel, or, for p-dits, a dimod
    DiscreteQuadraticModel (each variable a p-dit, with a line per case).

    ``die_seed`` chooses the die where the chip has device-to-device spread. ``delay_s`` adds wire delay per coupling:
    {(u, v): seconds} in the problem's labels, for the value of v on its way to u; both ways when only one is given.
    A chip with a floorplan adds that of its own wires: p-bits are placed (`hwsim.mapping.layout`) and measured.
    On a chip with fixed wires a problem sits as it is where its spins are named by p-bits and its couplings are wires.
    Else ``embedding`` says which p-bits carry each spin: {label: p-bits}; None searches one, "never" refuses.
    Where wires can be chosen but a p-bit has too few, None splits a spin into copies.
    ``chain_strength`` holds the p-bits of one spin together: a number in problem units, "torque" (None: uniform torque
    compensation) or "sufficient", at which no ground state breaks a chain.
    ``parts`` splits the p-bits over that many chips, or says the chip of each; ``exchange_s`` is the interval at which
    chips exchange the states of their boundaries (None: at once, as within a chip).
    Energies of runs are those of the problem as it was asked, whatever the registers made of it.
    Raises DoesNotFitError naming the limit and the value.
    """
    return _built(
        problem, chip, die_seed, delay_s or {}, embedding, chain_strength, parts, exchange_s, with_layout=False
    )[0]


def laid_out(
    problem: Any,
    chip: Chip,
    *,
    die_seed: int = 0,
    embedding: str | Mapping[Any, Sequence[int]] | None = None,
    chain_strength: float | str | None = None,
) -> tuple[Program, Layout]:
    """The Program of `compile`, and the Layout of its p-bits, also where distance costs nothing on ``chip``."""
    program, layout = _built(
        problem, chip, die_seed, {}, embedding, chain_strength, None, None, with_layout=True
    )  # fmt: skip
    assert layout is not None
    return program, layout


def _built(
    problem: Any,
    chip: Chip,
    die_seed: int,
    delay_s: dict,
    embedding: str | Mapping[Any, Sequence[int]] | None,
    chain_strength: float | str | None,
    parts: int | Sequence[int] | None,
    exchange_s: float | None,
    *,
    with_layout: bool,
) -> tuple[Program, Layout | None]:
    group = None
    if is_discrete(problem):
        problem, group = lines_of(problem)
    labels, asked, energy_offset, vartype = spin_network(problem)
    placement = _place(labels, asked, chip, "never" if group is not None else embedding, chain_strength)
    n = len(placement.sites)
    held = programmed(placement.network, chip, die_seed)
    pbit = chip.pbit
    layout = None
    if with_layout or chip.floorplan.has_delay or chip.floorplan.wire_energy_j_per_m is not None:
        layout = lay_out(held, chip, placement.sites)
    die = die_of(make_die(chip, int(placement.sites.max()) + 1, die_seed), placement.sites)
    period_s = chip.clock.period_s if chip.clock.period_s is not None else pbit.tau_s
    parameter, bound = _law(chip, die)
    delay = np.full(len(held.weight), to_ticks(pbit.delay_s, name="delay_s"), dtype=np.int64)
    if layout is not None:
        delay += np.rint(layout.delay_s / TICK_S).astype(np.int64)
    if delay_s:
        if placement.chain is not None:
            raise InputError("delay_s names couplings, and an embedded coupling may have several wires")
        delay += _wire_delays(delay_s, labels, held.indptr, held.indices)
    exchange = None
    if parts is not None and exchange_s is not None:
        part = partition(held, parts) if isinstance(parts, int) else np.asarray(parts, dtype=np.int32)
        if len(part) != n:
            raise InputError(f"parts must name a chip for each of the {n} p-bits, got {len(part)}")
        every = to_ticks(exchange_s, name="exchange_s")
        if every < 1:
            raise InputError(f"exchange_s must be at least 1 fs, got {exchange_s:g} s")
        exchange = np.where(cut_wires(held, part), every, 0).astype(np.int64)
    low, high, step = input_quantiser(pbit)
    tau = _tick_interval(chip, die, parameter, bound)
    full = np.full(n, 1.0)
    program = Program(
        bias=held.bias,
        indptr=held.indptr,
        indices=held.indices,
        weight=held.weight,
        delay=delay,
        gain=np.asarray(die.gain, dtype=np.float64),
        offset=np.asarray(die.offset, dtype=np.float64),
        input_low=low * full,
        input_high=high * full,
        input_step=step * full,
        threshold_word=2.0 ** (32 - pbit.threshold_bits) * full,
        synapse=pbit.synapse_tau_s / TICK_S * full,
        clock=chip.clock.kind,
        period=to_ticks(period_s, name="period"),
        participation=float(chip.clock.participation),
        color=_color(chip, held, group),
        tau=tau,
        phase=np.floor(np.asarray(die.phase) * tau).astype(np.int64),
        jitter=pbit.jitter_s / TICK_S * full,
        labels=encode_labels(labels),
        law=np.full(n, LAWS[pbit.law], dtype=np.int8),
        parameter=parameter,
        bound=bound,
        noise=pbit.noise_white * full,
        flicker=pbit.noise_flicker * full,
        stuck=die.stuck,
        flicker_block=to_ticks(
            pbit.tau_s if pbit.flicker_shortest_s is None else pbit.flicker_shortest_s, name="flicker_shortest"
        ),
        temperature_drift=pbit.temperature_drift_per_s,
        source=pbit.random_source,
        source_shifts=pbit.random_shifts,
        source_share=pbit.random_share,
        source_phase=pbit.random_phase,
        energy_offset=energy_offset,
        vartype=vartype if group is None else "DISCRETE",
        group=group,
        update_j=None if LAWS[pbit.law] == RELAXATION else chip.prices.update_j,
        wire_j=None if layout is None else layout.wire_j,
        **_table(pbit),
        chain=placement.chain,
        exchange=exchange,
        control_scale=control_scale(placement.network, chip),
        **(
            {}
            if placement.chain is None and _same(asked, held)
            else {f"problem_{name}": value for name, value in vars(asked).items()}
        ),
    )
    return program, layout


def _color(chip: Chip, held: Network, group: np.ndarray | None) -> np.ndarray:
    if chip.clock.kind != "chromatic":
        return np.zeros(len(held.bias), dtype=np.int32)
    if group is not None:
        return group_coloring(held.indptr, held.indices, group)
    return greedy_coloring(held.indptr, held.indices)


def fixed_beta(program: Program, chip: Chip) -> float | None:
    """Inverse temperature, in units of the problem, at which ``chip`` runs ``program``; None where it can be chosen."""
    return None if chip.fixed_beta is None else chip.fixed_beta * program.control_scale


def embed(problem: Any, chip: Chip, *, seed: int = 0) -> dict[Any, list[int]] | None:
    """{label: p-bits} for the spins of ``problem`` on ``chip``, None where there is nothing to search: it sits as it
    is, or wires can be chosen. Raises DoesNotFitError."""
    if not chip.topology.is_fixed:
        return None
    labels, asked, _, _ = spin_network(problem)
    try:
        check_place(chip, labels, asked.indptr, asked.indices)
    except DoesNotFitError:
        return find_embedding(asked, labels, chip, seed=seed)
    return None


def _place(
    labels: list,
    asked: Network,
    chip: Chip,
    embedding: str | Mapping[Any, Sequence[int]] | None,
    chain_strength: float | str | None,
) -> Placement:
    strength = chain_strength_of(asked, chain_strength)
    if isinstance(embedding, Mapping):
        return embedded(asked, labels, chip, embedding, strength=strength)
    if embedding not in ("never", None):
        raise InputError(f'embedding must be None, "never" or a dict of p-bits by spin, got {embedding!r}')
    topology = chip.topology
    try:
        check_place(chip, labels, asked.indptr, asked.indices)
    except DoesNotFitError:
        if embedding is not None or not (topology.is_fixed or topology.max_degree is not None):
            raise
        if topology.is_fixed:
            return embedded(asked, labels, chip, find_embedding(asked, labels, chip), strength=strength)
        split = sparsified(asked, topology.max_degree or 0, strength=strength)
        if topology.max_pbits is not None and len(split.sites) > topology.max_pbits:
            raise DoesNotFitError(
                f"{len(labels)} spins in copies of at most {topology.max_degree} couplings need {len(split.sites)} "
                f"p-bits and chip {chip.name!r} holds {topology.max_pbits}"
            ) from None
        return split
    sites = np.array(labels, dtype=np.int64) if topology.is_fixed else np.arange(len(labels))
    return Placement(sites=sites, chain=None, network=asked)


def spin_network(problem: Any) -> tuple[list, Network, float, str]:
    """(labels, network of spins, energy offset, own vartype) of a Problem or BQM. Raises InputError."""
    bqm = getattr(problem, "bqm", problem)
    labels = list(bqm.variables)
    if not labels:
        raise InputError("the problem has no variables")
    vartype = bqm.vartype.name
    spin = bqm if vartype == "SPIN" else bqm.change_vartype("SPIN", inplace=False)
    vectors = spin.to_numpy_vectors(variable_order=labels, sort_indices=True)
    bias = np.ascontiguousarray(vectors.linear_biases, dtype=np.float64)
    rows, columns, values = vectors.quadratic
    if not (np.all(np.isfinite(bias)) and np.all(np.isfinite(values))):
        raise InputError("the problem holds a bias or coupling that is not finite")
    kept = values != 0
    indptr, indices, weight = symmetric_rows(len(labels), rows[kept], columns[kept], values[kept])
    network = Network(bias=bias, indptr=indptr, indices=indices, weight=weight)
    return labels, network, float(spin.offset), vartype


def _same(asked: Network, held: Network) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(vars(asked).values(), vars(held).values(), strict=True))


_NOISE_SIGMAS, _FLICKER_SIGMAS = 6.0, 4.0
"""White noise is cut off there, and 1/f noise, a sum of ten normal octaves, exceeds it in 6 of 100,000 updates."""


def _law(chip: Chip, die: Die) -> tuple[np.ndarray, np.ndarray]:
    """(parameter, bound) of each p-bit's law, float64 (n,); see hwsim.cell.rules.response."""
    pbit, n = chip.pbit, len(die.gain)
    code = LAWS[pbit.law]
    if code == P_KIT:
        return pbit.step_ratio * pbit.tau_s / die.tau_s, np.zeros(n)
    if code != RELAXATION:
        return np.ones(n), np.zeros(n)
    low, high, _ = input_quantiser(pbit)
    if max(-low, high) >= NO_LIMIT:
        raise InputError(f"law {pbit.law} needs an input_limit: its rate grows without end with the input")
    reach = max(-low, high) + _NOISE_SIGMAS * pbit.noise_white + _FLICKER_SIGMAS * pbit.noise_flicker
    exponent = 1.0 if pbit.law == "arrhenius" else pbit.relaxation_exponent
    return np.full(n, exponent), die.gain * (reach + np.abs(die.offset))


def _tick_interval(chip: Chip, die: Die, parameter: np.ndarray, bound: np.ndarray) -> np.ndarray:
    """float64 (n,): mean ticks of the grid between two updates; of a law with rates, at the rate that bounds them."""
    pbit = chip.pbit
    tau = np.asarray(die.tau_s, dtype=np.float64) / TICK_S
    if chip.clock.period_s is not None:
        tau = tau * (chip.clock.period_s / pbit.tau_s)
    if LAWS[pbit.law] == RELAXATION:
        relaxation = tau / 2 if pbit.law == "arrhenius" else tau  # two dwell times tau relax at the rate 2 / tau
        tau = relaxation / np.cosh(bound) ** parameter
        if np.any(tau < 1):
            raise InputError(
                f"law {pbit.law} at an input of {float(bound.max()):g} relaxes within the grid of 1 fs: lower "
                "input_limit or the gain"
            )
    return tau


def _table(pbit: PBit) -> dict[str, Any]:
    if pbit.response is None:
        return {}
    response = pbit.response
    return {
        "table": np.array(response.probability, dtype=np.float64),
        "table_first": response.first,
        "table_step": response.step,
    }


def _wire_delays(delay_s: dict, labels: list, indptr: np.ndarray, indices: np.ndarray) -> np.ndarray:
    place = {label: i for i, label in enumerate(labels)}
    extra = np.zeros(len(indices), dtype=np.int64)
    for (u, v), seconds in delay_s.items():
        if u not in place or v not in place:
            raise InputError(f"delay_s names a coupling {(u, v)!r} that the problem does not have")
        ticks = to_ticks(seconds, name=f"delay_s[{u!r}, {v!r}]")
        directions = [(u, v)] if (v, u) in delay_s else [(u, v), (v, u)]
        for reader, source in directions:
            i, j = place[reader], place[source]
            k = indptr[i] + np.searchsorted(indices[indptr[i] : indptr[i + 1]], j)
            if k == indptr[i + 1] or indices[k] != j:
                raise InputError(f"delay_s names a coupling {(u, v)!r} that the problem does not have")
            extra[k] = ticks
    return extra
