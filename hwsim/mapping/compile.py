"""Compile: how a problem gets onto a chip. Each pass returns one record of the Program, in this order:

place (as it is, embedded, or in copies), registers (network), layout, wires (delays, boundaries), die (cells), noise,
clock (colours), readout, prices, placement.

Enters: a problem, a chip and the seed of its die. Leaves: a Program.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.arguments import named
from hwsim.cell.choices import usual
from hwsim.cell.codes import LAWS, NO_LIMIT, P_KIT, TABLE
from hwsim.cell.digital import has_words, input_shift, word_table
from hwsim.cell.model import PBit, Table, input_quantiser
from hwsim.chip.chip import Chip
from hwsim.chip.die import Die, die_at
from hwsim.chip.library import made_chip
from hwsim.decode import encode_labels
from hwsim.errors import ArgumentError, DoesNotFitError, InputError
from hwsim.mapping.chains import Embedded, chain_strength_of
from hwsim.mapping.color import greedy_coloring
from hwsim.mapping.embed import embedded, find_embedding
from hwsim.mapping.layout import Layout, lay_out
from hwsim.mapping.levels import is_discrete, lines_of, pdit_coloring
from hwsim.mapping.partition import checked_parts, cut_wires, partition
from hwsim.mapping.place import check_place, sites_of
from hwsim.mapping.registers import control_scale, programmed, register_codes, symmetric_rows
from hwsim.mapping.sparsify import sparsified
from hwsim.memory import check_program
from hwsim.prices import PRICES
from hwsim.problem.problem import in_floats, terms_of
from hwsim.problem.read import read
from hwsim.program import Cells, Clock, Network, Noise, Placement, Prices, Program, Readout, Wires
from hwsim.rounding import is_exact
from hwsim.units import TICK_S, seconds, to_ticks, whole


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The options of `compile`; see there."""

    die_seed: int = 0
    delay_s: Mapping = field(default_factory=dict)
    embedding: str | Mapping[Any, Sequence[int]] | None = None
    chain_strength: float | str | None = None
    parts: int | Sequence[int] | None = None
    exchange_s: float | None = None

    def __post_init__(self) -> None:
        whole(self.die_seed, name="die_seed")
        if not isinstance(self.delay_s, Mapping):
            raise ArgumentError(f"delay_s must be a dict {{(u, v): seconds}}, got {self.delay_s!r}")
        if self.exchange_s is not None and self.parts is None:
            raise InputError("exchange_s is between chips: give parts too")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A problem as spins: labels in order, their network, and what else is known of it.

    pdit : int32 (n,), see hwsim.program.Cells, or None;  problem : as it was given;  own : the fields of a Readout that
    count energies in the problem's own variables, empty where spins do as well
    """

    labels: list
    network: Network
    energy_offset: float
    vartype: str
    pdit: np.ndarray | None
    problem: Any
    own: dict[str, Any]


@named
def compile(
    problem: Any,
    chip: Chip | str | Path,
    *,
    as_: str | None = None,
    die_seed: int = 0,
    delay_s: dict | None = None,
    embedding: str | Mapping[Any, Sequence[int]] | None = None,
    chain_strength: float | str | None = None,
    parts: int | Sequence[int] | None = None,
    exchange_s: float | None = None,
) -> Program:
    """The Program of ``problem`` on ``chip``, a Chip or the name or file of a card.

    ``problem`` is whatever `hwsim.read` takes, read ``as_``, or, for p-dits, a dimod DiscreteQuadraticModel (each
    variable a p-dit, with a line per case).
    ``die_seed`` chooses the die where the chip has device-to-device spread. ``delay_s`` adds wire delay per coupling:
    {(u, v): seconds} in the problem's labels, for the value of v on its way to u; both ways when only one is given.
    A chip with a floorplan adds the delay of its own wires, from a layout of the p-bits (`hwsim.mapping.layout`).
    On a chip with fixed wires, a problem whose spins are named by p-bits and whose couplings are wires is placed as it
    is. Else ``embedding`` says which p-bits carry each spin: {label: p-bits}; None searches for one, "never" refuses.
    Where wires can be chosen but a p-bit has too few, None splits a spin into copies.
    ``chain_strength`` holds the p-bits of one spin together: a number in problem units, "torque" (None: uniform torque
    compensation) or "sufficient", at which no ground state breaks a chain.
    ``parts`` splits the p-bits over that many chips, or says the chip of each; ``exchange_s`` is the interval at which
    chips exchange the states of their boundaries (None: values cross at once, as within a chip).
    Runs report the energies of the problem as given, not those of the network in the registers.
    P-bits are in dimod's order of the variables, ``bqm.variables``; chains and copies follow in that order.
    Raises DoesNotFitError naming the limit and the value.
    """
    settings = Settings(
        die_seed=die_seed,
        delay_s={} if delay_s is None else delay_s,
        embedding=embedding,
        chain_strength=chain_strength,
        parts=parts,
        exchange_s=exchange_s,
    )
    return _passes(_given(problem, as_), made_chip(chip), settings, with_layout=False)[0]


def _given(problem: Any, as_: str | None = None) -> Any:
    """What `hwsim.read` makes of ``problem``; a discrete model as it is. Raises InputError."""
    return problem if as_ is None and is_discrete(problem) else read(problem, as_=as_)


def laid_out(
    problem: Any,
    chip: Chip | str | Path,
    *,
    die_seed: int = 0,
    embedding: str | Mapping[Any, Sequence[int]] | None = None,
    chain_strength: float | str | None = None,
) -> tuple[Program, Layout]:
    """The Program of `compile`, and the Layout of its p-bits, also where distance costs nothing on ``chip``."""
    settings = Settings(die_seed=die_seed, embedding=embedding, chain_strength=chain_strength)
    program, layout = _passes(_given(problem), made_chip(chip), settings, with_layout=True)
    assert layout is not None
    return program, layout


def _passes(problem: Any, chip: Chip, settings: Settings, *, with_layout: bool) -> tuple[Program, Layout | None]:
    """The passes, in order. Raises InputError, by the chip, for numbers of its card that no program holds."""
    _check_times(chip)
    model = getattr(problem, "bqm", problem)
    if not is_discrete(model):
        check_program(model.num_variables, model.num_interactions)
    asked = _asked(problem)
    placed = _place(asked, chip, settings)
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # records refuse what is not finite
            return _made(asked, placed, chip, settings, with_layout=with_layout)
    except InputError as error:
        name, dot, rest = str(error).partition(".")
        if name != "program" or not dot:
            raise
        raise InputError(
            f"die {settings.die_seed} of chip {chip.name!r} cannot be made, a number of its card being too large or "
            f"too small: {rest}"
        ) from None


def _made(
    asked: Asked, placed: Embedded, chip: Chip, settings: Settings, *, with_layout: bool
) -> tuple[Program, Layout | None]:
    """The passes after the placement."""
    network = programmed(placed.network, chip, settings.die_seed)
    layout = _layout(network, chip, placed, always=with_layout)
    die = die_at(chip, placed.sites, settings.die_seed)
    _check_intervals(chip, die)
    cells = _cells(chip, die, asked.pdit)
    program = Program(
        network=network,
        wires=_wires(asked, placed, network, chip, layout, settings),
        cells=cells,
        noise=_noise(chip.pbit, network.n),
        clock=_clock(chip, die, network, cells),
        readout=_readout(asked, placed, network),
        prices=_prices(chip, layout),
        placement=_placement(placed, chip, settings),
    )
    return program, layout


def _check_times(chip: Chip) -> None:
    """Raise InputError, by the key of the card, for a time that the grid does not hold: before the wires of the chip
    are made, which may be many."""
    pbit = chip.pbit
    for name, time_s in (("tau", pbit.tau_s), ("flicker_shortest", pbit.flicker_shortest_s)):
        if time_s is not None and to_ticks(time_s, name=name) < 1:
            raise InputError(f"{name} must be at least 1 fs, the step of the time grid, got {time_s:g} s")
    for name, time_s in (("delay", pbit.delay_s), ("jitter", pbit.jitter_s), ("synapse_tau", pbit.synapse_tau_s)):
        to_ticks(time_s, name=name)
    if chip.clock.period_s is not None:
        to_ticks(chip.clock.period_s, name="period")


def _check_intervals(chip: Chip, die: Die) -> None:
    """The same for the tau of each p-bit of a die."""
    own_s = _own_tau_s(chip, die)
    for time_s, which in ((own_s.max(initial=0.0), "longest"), (own_s.min(initial=np.inf), "shortest")):
        if len(own_s) and to_ticks(time_s, name=f"the {which} tau of a p-bit, by tau, tau_dtod and period,") < 1:
            raise InputError(f"the {which} tau of a p-bit is less than 1 fs, the step of the time grid: {time_s:g} s")


def _asked(problem: Any) -> Asked:
    """``problem`` as spins, p-dits as lines."""
    pdit, model = None, problem
    if is_discrete(problem):
        model, pdit = lines_of(problem)
    labels, network, energy_offset, vartype = spin_network(model)
    return Asked(
        labels=labels,
        network=network,
        energy_offset=energy_offset,
        pdit=pdit,
        problem=problem,
        own=_own(model),
        vartype=vartype if pdit is None else "DISCRETE",
    )


def _layout(network: Network, chip: Chip, placed: Embedded, *, always: bool) -> Layout | None:
    """Where p-bits lie and what their wires cost; None where distance costs nothing, unless it is asked for."""
    if always or chip.floorplan.has_delay or chip.floorplan.wire_energy_j_per_m is not None:
        return lay_out(network, chip, placed.sites)
    return None


def _wires(
    asked: Asked, placed: Embedded, network: Network, chip: Chip, layout: Layout | None, settings: Settings
) -> Wires:
    """The p-bit's response delay, the layout's, the user's own, and the boundaries between chips."""
    delay = np.full(len(network.weight), to_ticks(chip.pbit.delay_s, name="delay"), dtype=np.int64)
    if layout is not None:
        longest_s = float(layout.delay_s.max(initial=0.0))
        to_ticks(longest_s, name="the delay of the longest wire, by stage_delay and wire_delay,")
        delay += np.rint(layout.delay_s / TICK_S).astype(np.int64)
    if settings.delay_s:
        if placed.chain is not None:
            raise InputError("delay_s names couplings, and an embedded coupling may have several wires")
        delay += _wire_delays(settings.delay_s, asked.labels, network)
    return Wires(delay=delay, exchange=_exchange(network, settings))


def _exchange(network: Network, settings: Settings) -> np.ndarray | None:
    """int64 (m,): the interval at which wires between chips carry values; None where they carry them at once."""
    parts, exchange_s = checked_parts(settings.parts, network.n), settings.exchange_s
    if parts is None or exchange_s is None:
        return None
    part = partition(network, parts) if isinstance(parts, int) else parts
    every = to_ticks(seconds(exchange_s, name="exchange_s"), name="exchange_s")
    if every < 1:
        raise InputError(f"exchange_s must be at least 1 fs, got {exchange_s} s")
    return np.where(cut_wires(network, part), every, 0).astype(np.int64)


def _cells(chip: Chip, die: Die, pdit: np.ndarray | None) -> Cells:
    """The devices of a die."""
    pbit, full = chip.pbit, np.ones(len(die.gain))
    low, high, step = input_quantiser(pbit)
    parameter, z_limit = _law(chip, die)
    # a p-dit draws its level without a table
    words = word_table(pbit) if pdit is None and has_words(pbit) else None
    return Cells(
        law=np.full(len(full), LAWS[pbit.law].code if words is None else TABLE, dtype=np.int8),
        parameter=parameter,
        z_limit=z_limit,
        gain=np.asarray(die.gain, dtype=np.float64),
        offset=np.asarray(die.offset, dtype=np.float64) - input_shift(pbit),
        input_low=(low + input_shift(pbit)) * full,
        input_high=(high + input_shift(pbit)) * full,
        input_step=step * full,
        comparator_step=2.0 ** (32 - pbit.threshold_bits) * full,
        synapse=pbit.synapse_tau_s / TICK_S * full,
        stuck=die.stuck,
        pdit=pdit,
        comparison=usual("comparison") if pdit is not None else pbit.comparison,
        **_table(words or pbit.response),
    )


def _noise(pbit: PBit, n: int) -> Noise:
    """Noise at the input, drift, and the random numbers of ``n`` p-bits."""
    shortest_s = pbit.tau_s if pbit.flicker_shortest_s is None else pbit.flicker_shortest_s
    return Noise(
        white=np.full(n, float(pbit.noise_white)),
        flicker=np.full(n, float(pbit.noise_flicker)),
        flicker_block=to_ticks(shortest_s, name="flicker_shortest"),
        temperature_drift=pbit.temperature_drift_per_s,
        source=pbit.random_source,
        source_shifts=pbit.random_shifts,
        source_share=pbit.random_share,
        source_phase=pbit.random_phase,
        source_steps=pbit.random_steps,
        source_shows=pbit.random_shows,
        source_sharing=pbit.random_sharing,
    )


def _clock(chip: Chip, die: Die, network: Network, cells: Cells) -> Clock:
    """Who updates when, with the colours of a chromatic clock."""
    tau = _tick_interval(chip, die, cells.parameter, cells.z_limit)
    return Clock(
        kind=chip.clock.kind,
        period=to_ticks(chip.round_s, name="period"),
        participation=float(chip.clock.participation),
        participants=chip.clock.participants if chip.clock.kind == "synchronous" else "shared",
        color=_color(chip, network, cells.pdit),
        tau=tau,
        own_tau=_own_tau_s(chip, die) / TICK_S if LAWS[chip.pbit.law].own_clock else None,
        phase=np.floor(np.asarray(die.phase) * tau).astype(np.int64),
        jitter=np.full(network.n, chip.pbit.jitter_s / TICK_S),
    )


def _readout(asked: Asked, placed: Embedded, network: Network) -> Readout:
    """What states mean, and what is known of the problem."""
    exact = placed.chain is None and asked.network.same_as(network)
    known = asked.problem
    return Readout(
        labels=encode_labels(asked.labels),
        vartype=asked.vartype,
        energy_offset=asked.energy_offset,
        problem=None if exact else asked.network,
        chain=placed.chain,
        problem_name=getattr(known, "name", None),
        problem_kind=getattr(known, "kind", None),
        known_energy=getattr(known, "known_energy", None),
        known_source=getattr(known, "known_source", None),
        known_is_exact=getattr(known, "known_is_exact", False),
        **asked.own,
    )


def _own(model: Any) -> dict[str, Any]:
    """The fields of a Readout that count the energies of ``model``, a Problem or BQM, in its own variables: none for
    spins, nor where sums over spins are as exact."""
    bqm, parts = getattr(model, "bqm", model), getattr(model, "parts", None)
    if bqm.vartype.name == "SPIN":
        return {}
    labels = list(bqm.variables)
    if parts is None:
        # spins have quarters of the couplings
        return {} if is_exact(*terms_of(bqm), spare_bits=2) else _counted(bqm, labels, "own")
    objective, broken, penalty = parts
    terms = (*terms_of(objective), *(penalty * np.asarray(part) for part in terms_of(broken)))
    if is_exact(*terms, spare_bits=2) and is_exact(*terms_of(broken), penalty):
        return {}
    return _counted(objective, labels, "own") | _counted(broken, labels, "violations") | {"penalty": penalty}


def _counted(bqm: Any, labels: list, name: str) -> dict[str, Any]:
    """``bqm`` as the network and the offset of a Readout."""
    network, offset = _rows(bqm, labels)
    return {name: network, f"{name}_offset": offset}


def _prices(chip: Chip, layout: Layout | None) -> Prices:
    """What the chip charges, and the energy of the layout's wires."""
    grades = {key: chip.grades[key] for key in (*PRICES, "wire_energy") if key in chip.grades}
    return Prices(
        **vars(chip.prices),
        wire_j=None if layout is None else layout.wire_j,
        grades_text=json.dumps(grades, sort_keys=True),
    )


def _placement(placed: Embedded, chip: Chip, settings: Settings) -> Placement:
    """Where the problem sits, and what the registers hold."""
    scale = control_scale(placed.network, chip)
    return Placement(
        chip=chip.name,
        die_seed=settings.die_seed,
        sites=placed.sites,
        control_scale=scale,
        fixed_beta=None if chip.fixed_beta is None else chip.fixed_beta * scale,
        ramps=chip.prices.anneal_time_s is not None,
        **register_codes(placed.network, chip),
    )


def _color(chip: Chip, network: Network, pdit: np.ndarray | None) -> np.ndarray:
    if chip.clock.kind != "chromatic":
        return np.zeros(network.n, dtype=np.int32)
    if pdit is not None:
        return pdit_coloring(network, pdit)
    return greedy_coloring(network.indptr, network.indices)


@named
def embed(
    problem: Any, chip: Chip | str | Path, *, seed: int = 0, tell: Callable[[str], None] | None = None
) -> dict[Any, list[int]] | None:
    """{label: p-bits} for the spins of ``problem`` on ``chip``; None where none need be searched: the problem fits as
    it is, or wires can be chosen. tell : called with words where a search begins. Raises DoesNotFitError."""
    machine = made_chip(chip)
    _check_times(machine)
    if not machine.topology.is_fixed:
        return None
    given = read(problem)
    labels, asked, _, _ = spin_network(given)
    try:
        check_place(machine, sites_of(given, labels), asked.indptr, asked.indices)
    except DoesNotFitError:
        if tell is not None:
            tell(f"looking for an embedding on {machine.name}")
        return find_embedding(asked, labels, machine, seed=seed)
    return None


def _place(asked: Asked, chip: Chip, settings: Settings) -> Embedded:
    """Which p-bits carry each spin: one, a chain of them, or copies."""
    labels, network = asked.labels, asked.network
    embedding = "never" if asked.pdit is not None else settings.embedding
    strength = chain_strength_of(network, settings.chain_strength)
    if isinstance(embedding, Mapping):
        return embedded(network, labels, chip, embedding, strength=strength)
    if embedding not in ("never", None):
        raise InputError(f'embedding must be None, "never" or a dict of p-bits by spin, got {embedding!r}')
    topology, places = chip.topology, sites_of(asked.problem, labels)
    try:
        check_place(chip, places, network.indptr, network.indices)
    except DoesNotFitError:
        if embedding is not None or not (topology.is_fixed or topology.max_degree is not None):
            raise
        if topology.is_fixed:
            return embedded(network, labels, chip, find_embedding(network, labels, chip), strength=strength)
        split = sparsified(network, topology.max_degree or 0, strength=strength)
        if topology.max_pbits is not None and len(split.sites) > topology.max_pbits:
            raise DoesNotFitError(
                f"{len(labels)} spins in copies of at most {topology.max_degree} couplings need {len(split.sites)} "
                f"p-bits and chip {chip.name!r} holds {topology.max_pbits}"
            ) from None
        return split
    sites = np.array(places, dtype=np.int64) if topology.is_fixed else np.arange(len(labels))
    return Embedded(sites=sites, chain=None, network=network)


def spin_network(problem: Any) -> tuple[list, Network, float, str]:
    """(labels, network of spins, energy offset, own vartype) of a Problem or BQM. Raises InputError."""
    bqm = in_floats(getattr(problem, "bqm", problem))
    labels = list(bqm.variables)
    if not labels:
        raise InputError("the problem has no variables")
    vartype = bqm.vartype.name
    spin = bqm if vartype == "SPIN" else bqm.change_vartype("SPIN", inplace=False)
    network, offset = _rows(spin, labels)
    return labels, network, offset, vartype


def _rows(bqm: Any, labels: list) -> tuple[Network, float]:
    """(network, offset) of a BQM, in the order of ``labels``. Raises InputError."""
    vectors = bqm.to_numpy_vectors(variable_order=labels, sort_indices=True)
    bias = np.ascontiguousarray(vectors.linear_biases, dtype=np.float64)
    rows, columns, values = vectors.quadratic
    if not (np.all(np.isfinite(bias)) and np.all(np.isfinite(values))):
        raise InputError("the problem holds a bias or coupling that is not finite")
    kept = values != 0
    indptr, indices, weight = symmetric_rows(len(labels), rows[kept], columns[kept], values[kept])
    return Network(bias=bias, indptr=indptr, indices=indices, weight=weight), float(bqm.offset)


_NOISE_SIGMAS, _FLICKER_SIGMAS = 6.0, 4.0
"""White noise is cut off at the first; 1/f noise, a sum of octaves, exceeds the second in 6 of 100,000 updates."""


def _law(chip: Chip, die: Die) -> tuple[np.ndarray, np.ndarray]:
    """(parameter, z_limit) of each p-bit's law, float64 (n,); see hwsim.cell.law.response."""
    pbit, n = chip.pbit, len(die.gain)
    kind = LAWS[pbit.law]
    if kind.own_clock and chip.clock.kind != "poisson":
        raise InputError(
            f"p-bits of law {pbit.law} set their own rate by their state, so no clock tells them when to update: they "
            "run on the poisson clock alone"
        )
    if kind.code == P_KIT:
        return pbit.step_ratio * pbit.tau_s / die.tau_s, np.zeros(n)
    if not kind.own_clock:
        return np.ones(n), np.zeros(n)
    low, high, _ = input_quantiser(pbit)
    exponent = 1.0 if kind.dwells else pbit.relaxation_exponent
    saturated = _saturation(chip, die, exponent)
    if max(-low, high) >= NO_LIMIT and saturated is None:
        raise InputError(
            f"law {pbit.law} needs an input_limit or an attempt_time: its rate grows without end with the input"
        )
    reach = max(-low, high) + _NOISE_SIGMAS * pbit.noise_white + _FLICKER_SIGMAS * pbit.noise_flicker
    z_limit = die.gain * (reach + np.abs(die.offset))
    return np.full(n, exponent), z_limit if saturated is None else np.minimum(z_limit, saturated)


def _saturation(chip: Chip, die: Die, exponent: float) -> np.ndarray | None:
    """float64 (n,): |z| at which dwell times tau exp(-|z|), or relaxation times tau / cosh(z)**exponent, have come down
    to the attempt time; None where the p-bit states none."""
    pbit = chip.pbit
    if pbit.attempt_time_s is None or exponent == 0:
        return None
    times = _own_tau_s(chip, die) / pbit.attempt_time_s
    if np.any(times <= 1):
        raise InputError(
            f"attempt_time must be below the tau of every p-bit, got {pbit.attempt_time_s:g} s and a p-bit of "
            f"{float(times.min()) * pbit.attempt_time_s:g} s"
        )
    return np.log(times) if LAWS[pbit.law].dwells else np.arccosh(times ** (1 / exponent))


def _own_tau_s(chip: Chip, die: Die) -> np.ndarray:
    """float64 (n,): tau of each p-bit, in the time of the chip's clock."""
    tau_s = np.asarray(die.tau_s, dtype=np.float64)
    return tau_s if chip.clock.period_s is None else tau_s * (chip.clock.period_s / chip.pbit.tau_s)


def _tick_interval(chip: Chip, die: Die, parameter: np.ndarray, z_limit: np.ndarray) -> np.ndarray:
    """float64 (n,): mean ticks of the grid between two updates; of a law with rates, at the largest."""
    pbit, tau = chip.pbit, _own_tau_s(chip, die) / TICK_S
    if LAWS[pbit.law].own_clock:
        relaxation = tau / 2 if LAWS[pbit.law].dwells else tau  # two dwell times tau relax at the rate 2 / tau
        tau = relaxation / np.cosh(z_limit) ** parameter
        if np.any(tau < 1):
            raise InputError(
                f"law {pbit.law} at an input of {float(z_limit.max()):g} relaxes within the grid of 1 fs: lower "
                "input_limit or the gain"
            )
    return tau


def _table(response: Table | None) -> dict[str, Any]:
    if response is None:
        return {}
    return {
        "table": np.array(response.probability, dtype=np.float64),
        "table_first": response.first,
        "table_step": response.step,
    }


def _wire_delays(delay_s: Mapping, labels: list, network: Network) -> np.ndarray:
    place = {label: i for i, label in enumerate(labels)}
    indptr, indices = network.indptr, network.indices
    extra = np.zeros(len(indices), dtype=np.int64)
    for pair, given in delay_s.items():
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise ArgumentError(f"delay_s must be a dict {{(u, v): seconds}}, got the key {pair!r}")
        (u, v), name = pair, f"delay_s[{pair[0]!r}, {pair[1]!r}]"
        if u not in place or v not in place:
            raise InputError(f"delay_s names a coupling {(u, v)!r} that the problem does not have")
        ticks = to_ticks(seconds(given, name=name), name=name)
        directions = [(u, v)] if (v, u) in delay_s else [(u, v), (v, u)]
        for reader, source in directions:
            i, j = place[reader], place[source]
            k = indptr[i] + np.searchsorted(indices[indptr[i] : indptr[i + 1]], j)
            if k == indptr[i + 1] or indices[k] != j:
                raise InputError(f"delay_s names a coupling {(u, v)!r} that the problem does not have")
            extra[k] = ticks
    return extra
