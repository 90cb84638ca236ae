"""Make: a Chip from its card, the card of its p-bit, and what a user changes.

Enters: cards as they were read, changes by name. Leaves: the chip, and a sentence for each mistake. A later description
wins: the chip's card over the p-bit's, the changes over both.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from hwsim.cell.card import (
    CHIP_DIMENSIONS,
    PBIT_DIMENSIONS,
    YOURS,
    ChipCard,
    Missing,
    PBitCard,
    nearest,
    pbit_model,
    si_value,
)
from hwsim.cell.choices import CHOICES, usual
from hwsim.cell.limits import limit
from hwsim.cell.measured_die import MeasuredDie, read_die
from hwsim.cell.model import OF_SOURCE
from hwsim.chip.chip import Chip, Clock, Control, Floorplan, Weights
from hwsim.chip.graph import graph_of
from hwsim.chip.keys import by_part
from hwsim.chip.topology import Topology, in_words
from hwsim.errors import InputError, Mistake
from hwsim.prices import Prices
from hwsim.ranges import in_tau
from hwsim.units import plain

WORDS = ("pbit", "clock", "participants", "random_source", "topology", "graph", "die")
"""Changes that are no numbers."""
Part = TypeVar("Part")
Numbers = dict[str, Any]
_RIVALS = (
    (("dac_bits",), ("input_integer_bits", "input_fraction_bits"), ("input_low", "input_high", "input_step")),
    (("weight_bits", "weight_limit"), ("weight_integer_bits", "weight_fraction_bits")),
)
"""Different descriptions of one thing, each a tuple of parameters."""


class Making:
    """One chip while it is made. found : the mistakes so far;  wrong : the keys that they speak of"""

    def __init__(self, found: Iterable[str] = ()) -> None:
        self.found: list[str] = []
        self.wrong: set[str] = set()
        for mistake in found:
            self.say(mistake)

    def say(self, mistake: str) -> None:
        """Note a mistake; what else is said of its keys is a consequence of it."""
        self.found.append(mistake)
        self.wrong |= keys_of(mistake)

    def attempt(self, make: Callable[[], Part]) -> Part | None:
        """What ``make`` returns; None where it refuses."""
        try:
            return make()
        except InputError as error:
            new = [mistake for mistake in error.mistakes if not keys_of(mistake) & self.wrong]
            for mistake in new:
                self.found.append(mistake)
            return None

    def changes(self, given: Mapping[str, Any], own: Numbers) -> Numbers:
        """SI numbers of changes by name; those in tau are of the period of the clock, or of the p-bit's tau where the
        clock has none, among the changes or else in the values ``own`` of the cards."""
        known = (*WORDS, *PBIT_DIMENSIONS, *CHIP_DIMENSIONS)
        numbers: Numbers = {}
        in_own: dict[str, float] = {}
        for key, value in given.items():
            if key not in known:
                self.say(Mistake(f"unknown parameter {key!r}{nearest(key, known)}", (key,)))
            elif (factor := in_tau(value)) is not None:
                in_own[key] = factor
            elif key not in WORDS:
                number = self._number(key, plain(value))
                if number is not None:
                    numbers[key] = number
        tau_s = (own | numbers).get("period", (own | numbers).get("tau"))
        for key, factor in in_own.items():
            if (PBIT_DIMENSIONS | CHIP_DIMENSIONS).get(key) != "time" or key in ("tau", "period"):
                self.say(Mistake(f"{key} cannot be a multiple of tau, got {given[key]!r}", (key,)))
            elif tau_s is None:
                words = f"{key} is a multiple of tau, which this chip does not state: give --set tau too"
                self.say(Mistake(words, (key,)))
            elif (number := self._number(key, factor * tau_s)) is not None:
                numbers[key] = number
        return numbers

    def _number(self, key: str, value: Any) -> float | int | None:
        try:
            number = si_value(key, value)
        except InputError as error:
            for sentence in error.mistakes:
                self.say(Mistake(sentence, (key,)))
            return None
        if key in CHOICES or limit(key).holds(number):
            return number
        self.say(Mistake(f"{key} must be {limit(key)}, got {value!r}", (key,)))
        return None

    def chip(
        self, card: ChipCard, cell: PBitCard, changed: Numbers, words: Mapping[str, Any], folder: Path
    ) -> Chip | None:
        """The chip; None where there is a mistake. words : changes among WORDS;  folder : of the card's own files"""
        kind, sizes = self.attempt(lambda: _kind(card, words)) or ("all-to-all", {})
        file = words.get("die", folder / card.die if card.die else None)
        die = None if file is None else self.attempt(lambda: read_die(file))
        measured = self._means(die, changed) if die is not None else {}
        layers = [numbers_of(cell), numbers_of(card), measured, sizes | changed]
        values: Numbers = {}
        for layer in layers:
            _drop_rivals(values, layer)
            values |= layer
        for key in self.wrong & (PBIT_DIMENSIONS.keys() | CHIP_DIMENSIONS.keys()):
            if key not in values:  # so that no other mistake is told because of this one
                values[key] = usual(key) if key in CHOICES else limit(key).example
        parts = by_part(values)
        cells = {key: value for key, value in values.items() if key in PBIT_DIMENSIONS}
        source = words.get("random_source", card.random_source or cell.random_source)
        if isinstance(source, str) and source == "ideal":  # what the cards say of another one means nothing then
            cells = {key: value for key, value in cells.items() if key not in OF_SOURCE or key in changed}
        pbit = self.attempt(lambda: pbit_model(cell, cells, random_source=source))
        clock_kind = words.get("clock", card.clock or cell.clock)
        who = words.get("participants", card.participants or "shared")
        clock = self.attempt(lambda: Clock(kind=clock_kind, participants=who, **parts["clock"]))  # type: ignore[arg-type]
        topology = self.attempt(lambda: self._topology(kind, card, parts["topology"], words, folder))
        records: tuple[tuple[str, Callable[..., Any]], ...] = (
            ("weights", Weights),
            ("control", Control),
            ("prices", Prices),
            ("floorplan", Floorplan),
        )
        others = {name: self.attempt(lambda name=name, of=of: of(**parts[name])) for name, of in records}  # type: ignore[misc]
        if self.found or pbit is None or clock is None or topology is None:
            return None
        quantities, given = cell.parameters | card.parameters, layers[3]
        graded = {key: q.grade for key, q in quantities.items()} | dict.fromkeys(measured, "measured")
        sources = {key: q.source for key, q in quantities.items() if q.source and key not in (measured | given)}
        return Chip(
            name=card.name,
            title=card.title,
            summary=card.summary,
            pbit=pbit,
            clock=clock,
            topology=topology,
            **others,
            **parts[""],
            die=die,
            grades=graded | dict.fromkeys(given, YOURS),
            sources=sources | dict.fromkeys(measured, "" if die is None else die.file),
            notes=card.notes,
            missing=missing_words({k: v for k, v in (cell.missing | card.missing).items() if k not in values}),
        )

    def _means(self, die: MeasuredDie, given: Iterable[str]) -> Numbers:
        """What a measured die says in place of the card's numbers: the means of its p-bits, without a spread. given :
        parameters that are set beside it, none of which may be measured."""
        means: Numbers = {}
        for key in die.known:
            for name in given:
                if name in (key, f"{key}_dtod"):
                    words = f"{die.file} gives each p-bit its own {key}: leave {name} out, or that column"
                    self.say(Mistake(words, (name,)))
            means |= {key: die.mean(key), f"{key}_dtod": 0.0}
        return means

    def _topology(
        self, kind: str, card: ChipCard, numbers: Mapping[str, Any], words: Mapping[str, Any], folder: Path
    ) -> Topology:
        wiring, graph = card.wiring, words.get("graph")
        if graph is None and wiring is not None and wiring.graph is not None:
            graph = folder / wiring.graph
        named: dict[str, Any] = dict(numbers)
        if wiring is not None:
            named |= {
                "offsets": tuple((r, c) for r, c in wiring.offsets),
                "rotations": wiring.rotations,
                "dead_pbits": tuple(wiring.dead_pbits),
                "dead_wires": tuple((a, b) for a, b in wiring.dead_wires),
            }
        if kind == "graph" and graph is not None:
            named["graph"] = self.attempt(lambda: graph_of(graph))
            if named["graph"] is None:
                self.wrong.add("graph")
        return Topology(kind=kind, **named)


def keys_of(mistake: str) -> frozenset[str]:
    """The card keys that a mistake speaks of."""
    return mistake.keys if isinstance(mistake, Mistake) else frozenset()


def missing_words(entries: Mapping[str, Missing]) -> dict[str, str]:
    """Numbers that nobody has published, in words: what each is and who would know."""
    return {key: f"{entry.what}; {entry.ask} would know" for key, entry in entries.items()}


def numbers_of(card: PBitCard | ChipCard) -> Numbers:
    """The SI numbers of ``card`` by key."""
    return {key: si_value(key, quantity.value) for key, quantity in card.parameters.items()}


def _kind(card: ChipCard, words: Mapping[str, Any]) -> tuple[str, Numbers]:
    """The kind of the topology, and sizes that stand beside it in words."""
    given = words.get("topology", card.topology if words.get("graph") is None else "graph")
    kind, sizes = in_words(str(given))
    return kind, dict(sizes)


def _drop_rivals(values: Numbers, given: Mapping[str, Any]) -> None:
    """Remove from ``values`` the other descriptions of what ``given`` describes."""
    for rivals in _RIVALS:
        chosen = [rival for rival in rivals if any(key in given for key in rival)]
        if chosen:
            for rival in rivals:
                if rival not in chosen:
                    for key in rival:
                        values.pop(key, None)
