"""Diff: the first instant and signal at which two waveforms part.

Enters: two VCD files, of a simulator of Verilog or of `hwsim run --vcd`. Leaves: a Parted. A signal is known by its
name without scopes; of several with one name the outermost counts. Events have no value and are left out.
"""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from hwsim.display import Facts, Shown, counted
from hwsim.errors import InputError
from hwsim.units import format_si

_UNITS = {"s": 10**15, "ms": 10**12, "us": 10**9, "ns": 10**6, "ps": 10**3, "fs": 1}
"""Femtoseconds."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Where two waveforms part. time_s : in each of the files, seconds;  values : after all changes of that instant
    others : further signals that differ there
    """

    signal: str
    time_s: tuple[float, float]
    values: tuple[str, str]
    others: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Parted(Shown):
    """What two waveforms have in common. signals : compared;  instants : at which both were compared
    only_first, only_second : signals that one file alone has;  difference : None where there is none
    left : instants of each file after the end of the other, which were not compared, where there is no difference
    """

    signals: int
    instants: int
    left: tuple[int, int]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    difference: Difference | None

    def _shown(self) -> tuple[str, Facts]:
        found = "no difference" if self.difference is None else f"{self.difference.signal} parts first"
        return f"{counted(self.signals, 'signal')} compared: {found}", [("instants", self.instants)]

    @property
    def facts(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class _Wave:
    """A VCD file. scale : femtoseconds of a unit of time;  codes : identifier of each signal, by name
    steps : (time, {identifier: value}) of each instant, in units
    """

    scale: int
    codes: dict[str, str]
    steps: list[tuple[int, dict[str, str]]]


def diff(first: str | os.PathLike, second: str | os.PathLike, *, by_order: bool = False) -> Parted:
    """Compare two waveforms up to the end of the shorter.

    by_order : compare the order of changes instead of their times, from where all signals are known: for machines under
    other clocks. Raises InputError for a file that is no VCD, and where there is no signal that both have.
    """
    waves = (_read(Path(first)), _read(Path(second)))
    both = [name for name in waves[0].codes if name in waves[1].codes]
    if not both:
        raise InputError(f"{first} and {second} have no signal in common")
    pairs = _by_order(waves, both) if by_order else _by_time(waves, both)
    instants, left, difference = 0, [0, 0], None
    values: tuple[_Values, _Values] = ({}, {})
    for one, other in pairs:
        if one is None or other is None:
            left[one is None] += 1
            continue
        instants += 1
        for held, each in zip(values, (one, other), strict=True):
            held.update(each[1])
        wrong = {n for n in (*one[1], *other[1]) if values[0].get(n, "x") != values[1].get(n, "x")}
        if wrong:
            name, *others = [n for n in both if n in wrong]
            difference = Difference(
                signal=name,
                time_s=(one[0] * 1e-15, other[0] * 1e-15),
                values=(values[0].get(name, "x"), values[1].get(name, "x")),
                others=tuple(others),
            )
            break
    only = [tuple(n for n in a.codes if n not in b.codes) for a, b in (waves, waves[::-1])]
    return Parted(
        signals=len(both),
        instants=instants,
        left=(0, 0) if difference else (left[0], left[1]),
        only_first=only[0],
        only_second=only[1],
        difference=difference,
    )


_Values = dict[str, str]
_Instant = tuple[int, _Values]
"""Femtoseconds, and the new values of signals that change then."""
_Pairs = Iterator[tuple[_Instant | None, _Instant | None]]
"""What is compared with what; None beyond the end of a file."""


def _instants(wave: _Wave, names: list[str]) -> Iterator[_Instant]:
    """The instants of ``wave``, and what changes of ``names``."""
    of: dict[str, list[str]] = {}
    for name in names:
        of.setdefault(wave.codes[name], []).append(name)
    for time, changes in wave.steps:
        yield time * wave.scale, {name: value for code, value in changes.items() for name in of.get(code, ())}


def _by_time(waves: tuple[_Wave, _Wave], names: list[str]) -> _Pairs:
    """Both at every instant of either, up to the end of the shorter; then those of the longer."""
    events: list[dict[int, _Values]] = [{}, {}]
    for each, wave in zip(events, waves, strict=True):
        for time, changed in _instants(wave, names):
            each.setdefault(time, {}).update(changed)
    ends = [max(each, default=0) for each in events]
    for time in sorted(set(events[0]) | set(events[1])):
        first, second = (
            (time, each.get(time, {})) if time <= end else None for each, end in zip(events, ends, strict=True)
        )
        yield first, second


def _by_order(waves: tuple[_Wave, _Wave], names: list[str]) -> _Pairs:
    """Both after each of their own changes, the first with the first."""
    yield from zip_longest(*(_changes(wave, names) for wave in waves))


def _changes(wave: _Wave, names: list[str]) -> Iterator[_Instant]:
    """The instants that change a signal of ``names``, from where all are known; the first with all values."""
    held: _Values = {}
    since: _Values = {}
    unknown = set(names)
    for time, changed in _instants(wave, names):
        since |= {name: value for name, value in changed.items() if held.get(name) != value}
        held |= changed
        for name, value in changed.items():
            (unknown.add if set(value.lower()) & set("xz") else unknown.discard)(name)
        if since and not unknown:
            yield time, since
            since = {}


def _read(path: Path) -> _Wave:
    from vcd.reader import TokenKind, VCDParseError, tokenize

    scale, scopes = 1, 0
    depth: dict[str, int] = {}
    codes: dict[str, str] = {}
    steps: list[tuple[int, dict[str, str]]] = [(0, {})]
    try:
        with path.open("rb") as file:
            for token in tokenize(file):
                kind = token.kind
                if kind is TokenKind.CHANGE_TIME:
                    if token.time_change != steps[-1][0]:
                        steps.append((token.time_change, {}))
                elif kind in (TokenKind.CHANGE_SCALAR, TokenKind.CHANGE_VECTOR, TokenKind.CHANGE_REAL):
                    code, value = token.data.id_code, token.data.value  # type: ignore[union-attr]
                    steps[-1][1][code] = f"{value:b}" if isinstance(value, int) else str(value)
                elif kind is TokenKind.SCOPE:
                    scopes += 1
                elif kind is TokenKind.UPSCOPE:
                    scopes -= 1
                elif kind is TokenKind.VAR:
                    name = _name(token.var)
                    kept = token.var.type_.value not in ("event", "parameter")
                    if kept and scopes < depth.get(name, scopes + 1):
                        codes[name], depth[name] = token.var.id_code, scopes
                elif kind is TokenKind.TIMESCALE:
                    scale = int(token.timescale.magnitude) * _UNITS[token.timescale.unit.value]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (VCDParseError, ValueError, UnicodeDecodeError, IndexError):
        raise InputError(f"{path} is no waveform in the format VCD, or it is cut short") from None
    if not codes:
        raise InputError(f"{path} is no waveform in the format VCD, or it holds no signal")
    return _Wave(scale, codes, steps)


def _name(variable: Any) -> str:
    """The name of ``variable``, with the number of its bit where a file has each bit of a word by itself."""
    index = variable.bit_index
    return variable.reference if index is None or isinstance(index, tuple) else f"{variable.reference}[{index}]"


def text(found: Parted, first: str, second: str) -> str:
    """A line for what was compared, for each side's own signals, and for the first difference."""
    lines = [f"{counted(found.signals, 'signal')} at {counted(found.instants, 'instant')} compared"]
    for path, names in ((first, found.only_first), (second, found.only_second)):
        if names:
            more = f" and {len(names) - 8} more" if len(names) > 8 else ""
            lines.append(f"only in {path}: {', '.join(names[:8])}{more}")
    told = found.difference
    if told is None:
        for path, other, left in ((first, second, found.left[0]), (second, first, found.left[1])):
            if left:
                lines.append(f"{counted(left, 'instant')} of {path} after the end of {other} not compared")
        return "\n".join([*lines, "no difference"])
    times = [format_si(each, "s") for each in told.time_s]
    when = times[0] if told.time_s[0] == told.time_s[1] else f"{times[0]} of {first} and {times[1]} of {second}"
    more = f"; {len(told.others)} more differ then" if told.others else ""
    last = f"first difference: {told.signal} at {when}: {told.values[0]} in {first}, {told.values[1]} in {second}{more}"
    return "\n".join([*lines, last])
