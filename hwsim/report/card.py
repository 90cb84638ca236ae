"""A card in words and numbers: a table for people, and facts for programs.

Enters: a card and, if it makes one, its Chip. Leaves: plain data, or text.
"""

import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import msgspec

from hwsim.cell.card import PBIT_DIMENSIONS, ChipCard, ModesCard, PBitCard, dimensions, si_value
from hwsim.cell.meaning import meanings
from hwsim.chip.chip import Chip
from hwsim.chip.faults import FAULTS, present_faults
from hwsim.chip.topology import n_sites, wires
from hwsim.errors import MissingExtraError
from hwsim.report.table import columns as aligned
from hwsim.units import format_si

_NAME_WIDTH = 28
"""Width of a name and of a value; longer ones are broken."""


def card_facts(card: PBitCard | ChipCard | ModesCard) -> dict[str, Any]:
    """The card as plain data; parameters carry their SI value and dimension too."""
    facts: dict[str, Any] = msgspec.to_builtins(card)
    _add_si(facts, dimensions(card))
    if isinstance(card, ChipCard) and isinstance(card.pbit, PBitCard):
        _add_si(facts["pbit"], dimensions(card.pbit))
    return facts


def _add_si(facts: dict[str, Any], known: dict[str, str]) -> None:
    for key, quantity in facts["parameters"].items():
        quantity |= {"si_value": si_value(key, quantity["value"]), "dimension": known[key]}


def list_table(cards: list[Any], columns: dict[str, str], *, width: int | None = None) -> str:
    """A line for each card, with ``columns`` {heading: attribute}, and below it its summary, at most 110 wide."""
    wide = min(110, width or 100)
    cells = [list(columns), *([str(getattr(card, name)) for name in columns.values()] for card in cards)]
    head, *lines = aligned(cells).splitlines()
    text = [head]
    for line, card in zip(lines, cards, strict=True):
        text += [line, textwrap.fill(card.summary, wide, initial_indent="    ", subsequent_indent="    ")]
    return "\n".join([*text, "", "hwsim show NAME: every number of a card, with source and grade"])


def ledger_text(lines: Sequence[Any]) -> str:
    """A line for each price: label, number with unit, note."""
    cells = []
    for line in lines:
        shown = "unknown"
        if line.value is not None:
            shown = format_si(line.value, line.unit) if line.unit else f"{line.value:,.1f}"
        cells.append([line.label, f"{shown:>12}", line.note])
    return aligned(cells)


def machine_facts(chip: Chip) -> dict[str, Any]:
    """Sites and wires of the card's machine (None where the graph is not fixed), its faults by name, and what the
    emulation makes of its p-bits' numbers."""
    facts: dict[str, Any] = {"n_sites": None, "n_wires": None, "graph_unknown": None}
    try:
        if chip.topology.is_fixed:
            facts |= {"n_sites": n_sites(chip.topology), "n_wires": len(wires(chip.topology))}
    except MissingExtraError as error:
        facts["graph_unknown"] = str(error)
    faults = {name: FAULTS[name].label for name in present_faults(chip)}
    return facts | {"clock": chip.clock.kind, "faults": faults, "meanings": meanings(chip.pbit)}


def card_table(facts: dict[str, Any], *, width: int = 92) -> str:
    """The facts as text, in lines of at most ``width`` characters.

    facts : from `card_facts`; under ``machine`` those of `machine_facts`, or under ``no_machine`` why the card makes no
    machine; under ``measured`` the numbers of a measurement, if any
    """
    kind = "chip" if "topology" in facts else "modes" if "kind" in facts else "p-bit"
    lines = [*_wrapped(f"{facts['name']} ({kind}): {facts['title']}", width), *_wrapped(facts["summary"], width), ""]
    lines += _entries(_what(facts), width)
    if facts.get("measured"):
        lines += ["", f"measured by emulation of one device, seed {facts['measured']['seed']}, 95 % intervals"]
        lines += _columns(_measured(facts["measured"]), width)
    own = facts["pbit"] if isinstance(facts.get("pbit"), dict) else None
    sections = (
        ("parameters: value, grade, source", _quantities(_sourced(facts))),
        ("parameters of the p-bit: value, grade, source", _quantities(_sourced(own)) if own else []),
        ("notes: numbers that no emulation uses", _quantities(facts["notes"])),
        ("missing: numbers that nobody has published, and whom to ask", _absent(facts["missing"])),
    )
    for heading, rows in sections:
        if rows:
            lines += ["", heading, *_columns(rows, width)]
    said = (facts.get("machine") or {}).get("meanings")
    if said:
        lines += ["", "how the emulation takes these numbers"]
        for sentence in said:
            lines += textwrap.wrap(
                sentence, width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
            )
    return "\n".join(lines)


def _what(facts: dict[str, Any]) -> list[tuple[str, str]]:
    machine = facts.get("machine") or {}
    rows = []
    if "topology" in facts:
        graph = facts["topology"]
        if machine.get("n_sites") is not None:
            graph += f", {machine['n_sites']} sites, {machine['n_wires']} wires"
        if machine.get("graph_unknown"):
            graph += f" ({machine['graph_unknown']})"
        rows += [("p-bit", _pbit_words(facts)), ("topology", graph)]
    elif "kind" in facts:
        rows.append(("cells", facts["kind"]))
    else:
        rows.append(("law", facts["law"]))
    if facts.get("clock") or machine:
        rows.append(("clock", facts.get("clock") or machine["clock"]))
    if facts.get("participants"):
        rows.append(("participants", facts["participants"]))
    if facts.get("random_source"):
        rows.append(("random source", facts["random_source"]))
    if machine:
        faults = [f"{label} ({name})" for name, label in machine["faults"].items()]
        rows.append(("faults", "; ".join(faults) or "none"))
    if facts.get("no_machine"):
        rows.append(("emulation", f"not possible: {facts['no_machine']}"))
    return rows


def _pbit_words(facts: dict[str, Any]) -> str:
    """The p-bit of a chip: the name of its card, or its law where it stands on this card."""
    pbit = facts["pbit"]
    if isinstance(pbit, dict):
        return f"of this card, law {pbit['law']}, random source {pbit['random_source']}"
    own = ", ".join(key for key in facts["parameters"] if key in PBIT_DIMENSIONS)
    return pbit + (f", with {own} of this card" if own else "") + f"; see hwsim show {pbit}"


def _entries(rows: list[tuple[str, str]], width: int) -> list[str]:
    lines = []
    for name, text in rows:
        lines += textwrap.wrap(f"{name:<15}{text}", width, subsequent_indent=" " * 15, break_on_hyphens=False)
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)


def _sourced(facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Parameters, and the parts of a card that hold several numbers, each as value, grade and source."""
    found = dict(facts["parameters"])
    for name in ("response", "wiring"):
        part = facts.get(name)
        if part is not None:
            found[name] = part | {"value": _said(part)}
    return found


def _said(part: dict[str, Any]) -> str:
    if "probability" in part:
        last = part["first"] + (len(part["probability"]) - 1) * part["step"]
        return f"{len(part['probability'])} points, z = {part['first']:g} to {last:g}"
    if part.get("graph"):
        return part["graph"]
    if not part["offsets"]:
        return f"{len(part['dead_pbits'])} p-bits and {len(part['dead_wires'])} wires dead"
    offsets = " ".join(f"({r},{c})" for r, c in part["offsets"])
    return offsets + (f" and {part['rotations'] - 1} turns of 90 deg" if part["rotations"] > 1 else "")


def _quantities(entries: dict[str, dict[str, Any]]) -> list[tuple[str, ...]]:
    return [(name, str(q["value"]), q["grade"], q["source"]) for name, q in entries.items()]


def _absent(entries: dict[str, dict[str, str]]) -> list[tuple[str, ...]]:
    return [(name, f"{entry['what']} (ask: {entry['ask']})") for name, entry in entries.items()]


def _measured(measured: dict[str, Any]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [(name, f"not measured: {reason}") for name, reason in measured["reason"].items()]
    sigmoid, dwell, memory = (measured[name] for name in ("sigmoid", "dwell", "autocorrelation"))
    if sigmoid is not None:
        text = f"{len(sigmoid['x'])} inputs from {sigmoid['x'][0]:g} to {sigmoid['x'][-1]:g}, {sigmoid['reads']} reads"
        if sigmoid["law_at_x"] is not None:
            bounds = zip(sigmoid["low"], sigmoid["law_at_x"], sigmoid["high"], strict=True)
            text += f"; the interval holds the law at {sum(a <= law <= b for a, law, b in bounds)} of them"
        rows.append(("answer to an input", text))
    if dwell is not None:
        for state, key in (("+1", "mean_up_s"), ("-1", "mean_down_s")):
            mean, low, high = (format_si(value, "s", digits=4) for value in dwell[key])
            rows.append((f"mean dwell at {state}", f"{mean} [{low}, {high}]{_law(dwell['law_' + key], 's')}"))
    if memory is not None:
        k = len(memory["lag_s"]) // 4 - 1
        value, low, high = (f"{memory[key][k]:.4f}" for key in ("value", "low", "high"))
        law = None if memory["law_at_lag"] is None else memory["law_at_lag"][k]
        at = format_si(memory["lag_s"][k], "s")
        rows.append(("autocorrelation", f"{value} [{low}, {high}] after {at}{_law(law)}"))
    return rows


def _law(value: float | None, unit: str = "") -> str:
    if value is None:
        return ""
    return f", law {format_si(value, unit, digits=4) if unit else f'{value:.4f}'}"


def _columns(rows: list[tuple[str, ...]], width: int) -> list[str]:
    """Aligned columns, two spaces apart; each is wrapped, and the last takes the rest of the width."""
    names = [_name(row[0]) for row in rows]
    widths = [max(len(part) for parts in names for part in parts)]
    widths += [min(_NAME_WIDTH, max(len(row[k]) for row in rows)) for k in range(1, len(rows[0]) - 1)]
    widths.append(width - 2 - sum(w + 2 for w in widths))
    lines = []
    for parts, row in zip(names, rows, strict=True):
        cells = [parts, *(_wrapped(cell, w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        for texts in zip_longest(*cells, fillvalue=""):
            padded = "  ".join(text.ljust(w) for text, w in zip(texts, widths, strict=True))
            lines.append(f"  {padded}".rstrip())
    return lines


def _name(name: str) -> list[str]:
    """The lines of a name, broken after an underscore where it is long."""
    if len(name) <= _NAME_WIDTH:
        return [name]
    return [part.replace("_ ", "_") for part in textwrap.wrap(name.replace("_", "_ "), _NAME_WIDTH)]
