"""Read: a card from its file or from plain data, with every mistake in it.

Enters: a path, or a table as TOML gives it. Leaves: a frozen card made of what was understood, and a sentence for each
mistake: the key with its path, what was expected, the nearest known key.

A user's own card may be short. Parameters stand under ``[parameters]`` or above the tables, where the keys of
``[wiring]`` may stand too; a bare value, ``tau = "5 ns"``, has the grade "yours"; ``[pbit]`` holds the p-bit itself.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from hwsim.cell.card import (
    BOTH_OF_READOUT,
    CHIP_DIMENSIONS,
    GRADES,
    MODES_DIMENSIONS,
    MODES_KINDS,
    PBIT_DIMENSIONS,
    YOURS,
    ChipCard,
    Missing,
    ModesCard,
    PBitCard,
    Quantity,
    Response,
    Wiring,
    modes_keys,
    modes_mistakes,
    nearest,
    si_value,
    suggestion,
)
from hwsim.cell.choices import CHOICES
from hwsim.cell.clock import CLOCKS, PARTICIPANTS
from hwsim.cell.codes import LAWS, SOURCES
from hwsim.cell.limits import limit
from hwsim.chip.toml_text import tables
from hwsim.chip.topology import TOPOLOGIES, in_words
from hwsim.display import short
from hwsim.errors import CardError, InputError, Mistake
from hwsim.text import decoded, stem
from hwsim.units import plain

Card = PBitCard | ChipCard | ModesCard
KINDS: dict[str, type] = {"chip": ChipCard, "pbit": PBitCard, "modes": ModesCard}
"""Kinds of card, in the order in which a name is looked for."""

_TEXTS = ("name", "title", "summary")
WIRING_KEYS = ("offsets", "rotations", "graph", "dead_pbits", "dead_wires")
_WORDS = {"chip": ("pbit", "clock", "participants", "topology", "die"), "pbit": ("clock",), "modes": ("kind",)}
_OF_CELL = ("law", "random_source", "response")
_TABLES = ("parameters", "notes", "missing")
_ORIGIN = ("source", "grade")
RESPONSE_WORDS = ("words", "word_bits")
"""Keys of a [response] that is given as the integer words of a table instead of probabilities."""
DIMENSIONS = {"chip": PBIT_DIMENSIONS | CHIP_DIMENSIONS, "pbit": PBIT_DIMENSIONS, "modes": MODES_DIMENSIONS}
"""Parameters of each kind of card."""


def card_keys(kind: str) -> list[str]:
    """The keys that may stand above the tables of a card of ``kind``, parameters among them."""
    own = [*_TEXTS, *_WORDS[kind], *(() if kind == "modes" else _OF_CELL), *_TABLES]
    return [*own, *(("wiring", *WIRING_KEYS) if kind == "chip" else ()), *DIMENSIONS[kind]]


def kind_of(table: Mapping[str, Any]) -> str:
    """A key of KINDS: "chip" where the table holds a key that only chips have, else "modes" where it names a kind of
    cells and neither law nor clock, else "pbit"."""
    parameters = table.get("parameters")
    keys = table.keys() | (parameters.keys() if isinstance(parameters, dict) else set())
    if keys & {
        "topology",
        "pbit",
        "wiring",
        "participants",
        *WIRING_KEYS,
        *(CHIP_DIMENSIONS.keys() - MODES_DIMENSIONS.keys()),
    }:
        return "chip"
    return "modes" if "kind" in keys and not keys & {"law", "clock"} else "pbit"


def read_table(path: Path) -> tuple[dict[str, Any], list[Mistake]]:
    """(tables, mistakes) of the card file ``path``. Raises CardError for a file that cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CardError(f"cannot read card {path}: {error.strerror}") from None
    except ValueError:  # a NUL in the name
        raise CardError(f"cannot read card {str(path)!r}") from None
    return tables(decoded(path, data, refuse=CardError))


def read_card(path: Path, kind: str | None = None) -> tuple[Any, list[Mistake]]:
    """(card, mistakes) of the file ``path``; ``kind`` is a key of KINDS, None for what the file looks like. Raises
    CardError for a file that cannot be read."""
    table, found = read_table(path)
    card, more = card_from(kind or kind_of(table), table, name=stem(path))
    return card, found + more


def load_card(path: Path, kind: str | None = None) -> Any:
    """The card in ``path``. Raises CardError with every mistake of it."""
    card, found = read_card(path, kind)
    if found:
        raise CardError(*found, where=str(path))
    return card


def card_from(kind: str, table: Mapping[str, Any], *, name: str, within: str = "") -> tuple[Any, list[Mistake]]:
    """(card, mistakes) of ``table``, whose keys are those of a card of ``kind``.

    name : of a card that gives itself none;  within : path of the table on a larger card, with a dot at its end
    """
    reading = _Reading(kind, within)
    return reading.card(table, name), reading.found


class _Reading:
    """One card while it is read. found : the mistakes so far."""

    def __init__(self, kind: str, within: str) -> None:
        self.kind, self.within = kind, within
        self.found: list[Mistake] = []

    def say(self, path: str, words: str, *keys: str) -> None:
        """Note a mistake at ``path``, whose last part is its key."""
        self.found.append(Mistake(f"{self.within}{path} {words}", keys or (path.split(".")[-1],)))

    def card(self, table: Mapping[str, Any], name: str) -> Card:
        """The card of what was understood."""
        parts = {key: self._table(table, key) for key in _TABLES}
        known = set(card_keys(self.kind))
        for key in table:
            if key not in known:
                self._unknown(key, key, card_keys(self.kind))
        texts = {key: self._text(table, key) for key in _TEXTS}
        for key in ("name", "title"):
            if not texts[key].isprintable():
                self.say(key, f"must hold nothing but letters and signs, got {texts[key]!r}")
        name = texts["name"] or name
        given: dict[str, Any] = {"name": name, "title": texts["title"] or name, "summary": texts["summary"] or ""}
        if self.kind == "modes":
            given["kind"] = self._word(table, "kind", MODES_KINDS, needed=True)
        dimensions = DIMENSIONS[self.kind]
        if self.kind == "modes":
            dimensions = {key: MODES_DIMENSIONS[key] for key in modes_keys(given["kind"])}
        given["missing"] = self._missing(parts["missing"])
        given["parameters"] = self._parameters(table, parts["parameters"], dimensions)
        for key in given["parameters"]:
            if key in given["missing"]:
                self.say(key, "is in both parameters and missing")
        given["notes"] = {key: self._quantity(f"notes.{key}", raw) for key, raw in parts["notes"].items()}
        given["notes"] = {key: note for key, note in given["notes"].items() if note is not None}
        if self.kind == "modes":
            self._modes(given)
            return ModesCard(**given)
        if self.kind == "pbit":
            return PBitCard(**given, clock=self._word(table, "clock", CLOCKS) or "poisson", **self._cell(table))
        return self._chip(table, given)

    def _chip(self, table: Mapping[str, Any], given: dict[str, Any]) -> ChipCard:
        given["clock"], given["die"] = self._word(table, "clock", CLOCKS), self._text(table, "die")
        given["participants"] = self._word(table, "participants", PARTICIPANTS)
        sizes = self._topology(table, given)
        for key, number in sizes.items():
            if key in given["parameters"]:
                self.say(
                    "topology", f"gives {key}, and so does {key} = {given['parameters'][key].value!r}: keep one", key
                )
            given["parameters"][key] = Quantity(value=number)
        given["wiring"] = self._wiring(table)
        if given["wiring"] is not None and given["wiring"].graph is not None and "topology" not in table:
            given["topology"] = "graph"
        pbit, cell = table.get("pbit"), self._cell(table)
        if isinstance(pbit, str) and pbit.strip():
            for key in ("law", "response"):
                if key in table:
                    words = f"belongs to a p-bit of your own, and pbit names {pbit!r}: leave one of them out"
                    self.say(key, words)
            return ChipCard(**given, pbit=pbit, random_source=cell["random_source"] if "random_source" in table else "")
        own = {"name": given["name"], "title": given["title"], "summary": given["summary"]}
        if pbit is not None and not isinstance(pbit, Mapping):
            self.say(
                "pbit", f"must be the name or file of a p-bit card, or a table [pbit], got {pbit!r}", "pbit", "tau"
            )
            pbit = None
        if pbit is None:
            given["clock"] = given["clock"] or "poisson"
            return ChipCard(**given, pbit=PBitCard(**own, clock=given["clock"], **cell))
        for key in _OF_CELL:
            if key in table:
                self.say(key, "belongs into the table [pbit]")
        made, more = card_from("pbit", pbit, name=given["name"], within=f"{self.within}pbit.")
        self.found += more
        given["clock"] = given["clock"] or made.clock
        return ChipCard(**given, pbit=made)

    def _modes(self, given: dict[str, Any]) -> None:
        wrong = {key for mistake in self.found for key in mistake.keys}
        parameters = given["parameters"]
        values = {key: si_value(key, quantity.value) for key, quantity in parameters.items() if key not in wrong}
        self.found += [Mistake(f"{self.within}{sentence}") for sentence in modes_mistakes(values)]
        pair = {"adc_bits", "adc_range"}
        if len(pair & (parameters.keys() | wrong)) == 1 and not pair & given["missing"].keys():
            self.found.append(Mistake(BOTH_OF_READOUT))

    # parts of a card ------------------------------------------------------------------------------------------------

    def _table(self, table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        found = table.get(key, {})
        if isinstance(found, Mapping):
            return found
        self.say(key, f"must be a table, got {short(repr(found), 60)}")
        return {}

    def _text(self, table: Mapping[str, Any], key: str, *, path: str = "") -> str:
        found = table.get(key, "")
        if isinstance(found, str):
            return found
        self.say(path or key, f"must be text in quotes, got {found!r}")
        return ""

    def _word(self, table: Mapping[str, Any], key: str, known: Collection[str], *, needed: bool = False) -> str:
        """One of the words ``known``; "" for a wrong one, or for none."""
        found = table.get(key)
        if found is None:
            if needed:
                self.say(key, f"is missing: one of {', '.join(known)}")
            return ""
        if isinstance(found, str) and found in known:
            return found
        self.say(key, f"must be one of {', '.join(known)}, got {found!r}{_meant(found, known)}")
        return ""

    def _unknown(self, path: str, key: str, known: Collection[str], *about: str) -> str:
        """Note an unknown key; one that belongs to another part of the card is told where. about : more keys that the
        mistake speaks of. Returns the key that was meant, or ""."""
        elsewhere = ""
        if self.kind == "pbit" and self.within and key in card_keys("chip"):
            elsewhere = f"; {key} belongs to the chip, above [{self.within.rstrip('.')}]"
        elif path != key and key in card_keys(self.kind):
            elsewhere = f"; {key} stands above the tables" + (
                " or under [parameters]" if key in DIMENSIONS[self.kind] else ""
            )
        hint = elsewhere or nearest(key, known)
        meant = [word for word in known if hint == f"; did you mean {word}?"]  # so that its absence is not told too
        self.found.append(Mistake(f"unknown key {self.within}{path}{hint}", (key, *meant, *about)))
        return meant[0] if meant else ""

    def _parameters(
        self, table: Mapping[str, Any], below: Mapping[str, Any], dimensions: Mapping[str, str]
    ) -> dict[str, Quantity]:
        """The parameters above the tables and those ``below``, under [parameters]."""
        made = {}
        places = {key: raw for key, raw in table.items() if key in DIMENSIONS[self.kind]}
        for path, key, raw in [
            *((key, key, raw) for key, raw in places.items()),
            *((f"parameters.{key}", key, raw) for key, raw in below.items()),
        ]:
            if key not in dimensions:
                self._unknown(path, key, dimensions)
            elif path != key and key in places:
                self.say(path, f"stands above the tables too, as {key} = {places[key]!r}: keep one")
            else:
                quantity = self._quantity(path, raw)
                if quantity is not None and self._is_good(path, key, quantity.value):
                    made[key] = quantity
        return made

    def _is_good(self, path: str, key: str, value: Any) -> bool:
        try:
            number = si_value(key, value, name=self.within + path)
        except InputError as error:
            self.found += [Mistake(sentence, (key,)) for sentence in error.mistakes]
            return False
        if self.kind != "modes" and key not in CHOICES and not limit(key).holds(number):
            self.say(path, f"must be {limit(key)}, got {value!r}")
            return False
        return True

    def _quantity(self, path: str, raw: Any) -> Quantity | None:
        """A bare value, or one with source and grade; None where there is no value."""
        raw = plain(raw)
        if not isinstance(raw, Mapping):
            if isinstance(raw, str | int | float) and not isinstance(raw, bool):
                return Quantity(value=raw)
            self.say(path, f"must be a value or {{ value, source, grade }}, got {raw!r}")
            return None
        parts, about = ("value", *_ORIGIN), path.split(".")[-1]
        meant = [self._unknown(f"{path}.{key}", key, parts, about) for key in raw if key not in parts]
        origin = self._origin(path, raw)
        if "value" not in raw:
            if "value" not in meant:
                self.say(path, "needs a value")
            return None
        value = raw["value"]
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.say(path, f"must have a number or text for its value, got {value!r}")
            return None
        return Quantity(value=value, **origin)

    def _origin(self, path: str, table: Mapping[str, Any]) -> dict[str, Any]:
        """Source and grade of ``table``; a grade of the library needs a source, and a source a grade."""
        key, grades = path.split(".")[-1], (*GRADES, YOURS)
        source = self._text(table, "source", path=f"{path}.source").strip()
        grade = table.get("grade", YOURS)
        if not isinstance(grade, str) or grade not in grades:
            self.say(f"{path}.grade", f"must be one of {', '.join(grades)}, got {grade!r}{_meant(grade, grades)}")
            grade = YOURS
        elif grade != YOURS and not source:
            self.say(path, f"needs a source, as its grade is {grade}; a bare value, {key} = ..., needs none")
        elif source and "grade" not in table:
            self.say(path, f"needs a grade beside its source: one of {', '.join(grades)}")
        return {"source": source, "grade": grade}

    def _missing(self, table: Mapping[str, Any]) -> dict[str, Missing]:
        made = {}
        for key, raw in table.items():
            path = f"missing.{key}"
            if not isinstance(raw, Mapping):
                self.say(path, f"must be {{ what, ask }}: what the number is and who would know, got {raw!r}")
                continue
            for word in raw:
                if word not in ("what", "ask"):
                    self._unknown(f"{path}.{word}", word, ("what", "ask"))
            what, ask = (self._text(raw, word, path=f"{path}.{word}").strip() for word in ("what", "ask"))
            if what and ask:
                made[key] = Missing(what=raw["what"], ask=raw["ask"])
            else:
                self.say(path, "must say what the number is and who would know, in what and ask")
        return made

    def _cell(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """law, random_source and response of a p-bit."""
        response = self._response(table.get("response"))
        law = self._word(table, "law", LAWS) or ("table" if response is not None else "heat-bath")
        if law == "table" and "response" not in table:
            self.say("law", "table needs a [response], the measured probabilities")
        return {
            "law": law,
            "random_source": self._word(table, "random_source", SOURCES) or "ideal",
            "response": response,
        }

    def _response(self, table: Any) -> Response | None:
        if table is None:
            return None
        if not isinstance(table, Mapping):
            self.say("response", f"must be a table of first, step and probability, got {short(repr(table), 60)}")
            return None
        wanted = ("first", "step", "probability")
        for key in table:
            if key not in (*wanted, *RESPONSE_WORDS, *_ORIGIN):
                self._unknown(f"response.{key}", key, (*wanted, *RESPONSE_WORDS, *_ORIGIN))
        numbers: dict[str, float] = {}
        for key in wanted[:2]:
            value = table.get(key)
            if isinstance(value, int | float) and not isinstance(value, bool):
                numbers[key] = float(value)
            else:
                self.say(f"response.{key}", f"must be a number, got {value!r}", "response")
        if numbers.get("step", 1.0) <= 0:
            self.say("response.step", f"must be > 0, got {table['step']!r}", "response")
        points: Any = self._of_words(table) if "words" in table else table.get("probability")
        good = isinstance(points, list | tuple) and len(points) >= 2
        if not good or not all(isinstance(p, int | float) and 0 <= p <= 1 for p in points):
            self.say("response.probability", "must be a list of two or more numbers from 0 to 1", "response")
        origin = self._origin("response", table)
        if any("response" in mistake.keys for mistake in self.found):
            return None
        return Response(first=numbers["first"], step=numbers["step"], probability=[float(p) for p in points], **origin)

    def _of_words(self, table: Mapping[str, Any]) -> list[float]:
        """The probabilities that the words of a table are, each over 2**word_bits."""
        words, bits = (table.get(key) for key in RESPONSE_WORDS)
        if "probability" in table:
            self.say("response.words", "stands beside probability: keep one", "response")
        if not isinstance(bits, int) or not 1 <= bits <= 32:
            self.say("response.word_bits", f"must be a whole number from 1 to 32, got {bits!r}", "response")
        elif not isinstance(words, list | tuple) or not all(isinstance(w, int) and 0 <= w <= 2**bits for w in words):
            self.say("response.words", f"must be a list of whole numbers from 0 to {2**bits}", "response")
        elif len(words) < 2:
            self.say("response.words", "must be a list of two or more", "response")
        else:
            return [word / 2**bits for word in words]
        return [0.5, 0.5]

    def _topology(self, table: Mapping[str, Any], given: dict[str, Any]) -> dict[str, int]:
        """Put the kind into ``given``; the sizes of ``king:10x10``."""
        given["topology"] = "all-to-all"
        text = table.get("topology")
        if text is None:
            return {}
        try:
            kind, sizes = in_words(text) if isinstance(text, str) else ("", {})
        except InputError as error:
            self.found += [Mistake(f"{self.within}{m}", ("topology",)) for m in error.mistakes]
            return {}
        if kind not in TOPOLOGIES:
            self._word({"topology": kind or text}, "topology", TOPOLOGIES)
            return {}
        given["topology"] = kind
        good = {key: number for key, number in sizes.items() if limit(key).holds(number)}
        for key in sizes.keys() - good.keys():
            self.say("topology", f"must have {key} {limit(key)}, got {text!r}")
        return good

    def _wiring(self, table: Mapping[str, Any]) -> Wiring | None:
        below = self._table(table, "wiring")
        flat = {key: table[key] for key in WIRING_KEYS if key in table}
        made: dict[str, Any] = {}
        for path, key, raw in [
            *((key, key, raw) for key, raw in flat.items()),
            *((f"wiring.{key}", key, raw) for key, raw in below.items()),
        ]:
            if key in _ORIGIN and path != key:
                continue
            if key not in WIRING_KEYS:
                self._unknown(path, key, (*WIRING_KEYS, *_ORIGIN))
            elif path != key and key in flat:
                self.say(path, f"stands above the tables too, as {key} = {flat[key]!r}: keep one")
            elif (words := _wrong(key, raw)) is not None:
                self.say(path, f"must be {words}, got {raw!r}")
            else:
                made[key] = (
                    [list(entry) if isinstance(entry, tuple) else entry for entry in raw]
                    if isinstance(raw, list | tuple)
                    else raw
                )
        origin = self._origin("wiring", below) if below else {}
        return Wiring(**made, **origin) if made else None


def _meant(found: Any, known: Collection[str]) -> str:
    """Text that offers a close one of the words ``known``, which were listed."""
    hint = suggestion(found, known) if isinstance(found, str) else ""
    return hint if "did you mean" in hint else ""


def _wrong(key: str, raw: Any) -> str | None:
    """What a key of [wiring] must be, None where ``raw`` is that."""

    def numbers(values: Any) -> bool:
        return isinstance(values, list | tuple) and all(isinstance(v, int) and not isinstance(v, bool) for v in values)

    if key == "graph":
        return None if isinstance(raw, str) and raw.strip() else "the name of a file"
    if key == "rotations":
        return None if numbers([raw]) and 1 <= raw <= 4 else "a whole number from 1 to 4"
    if key == "dead_pbits":
        return None if numbers(raw) else "a list of numbers of p-bits, such as [3, 17]"
    if isinstance(raw, list | tuple) and all(numbers(pair) and len(pair) == 2 for pair in raw):
        return None
    return "a list of pairs, such as [[1, 0], [2, 1]]" + (", each [rows, columns]" if key == "offsets" else "")
