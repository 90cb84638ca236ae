"""Diff: the first instant and signal at which two waveforms part.

Enters: two VCD files, of a simulator of Verilog or of `hwsim run --vcd`. Leaves: a Parted. A signal is known by its
name without scopes; of several with one name the outermost counts. Events have no value and are left out.
"""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
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
    """

    signals: int
    instants: int
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
    compared = _by_order(waves, both) if by_order else _by_time(waves, both)
    instants, difference = 0, None
    for times, values in compared:
        instants += 1
        wrong = [name for name in both if values[0].get(name) != values[1].get(name)]
        if wrong:
            name = wrong[0]
            difference = Difference(
                signal=name,
                time_s=(times[0] * 1e-15, times[1] * 1e-15),
                values=(values[0].get(name, "x"), values[1].get(name, "x")),
                others=tuple(wrong[1:]),
            )
            break
    only = [tuple(n for n in a.codes if n not in b.codes) for a, b in (waves, waves[::-1])]
    return Parted(signals=len(both), instants=instants, only_first=only[0], only_second=only[1], difference=difference)


_Compared = Iterator[tuple[tuple[int, int], tuple[dict[str, str], dict[str, str]]]]
"""((time, time), (values, values)): femtoseconds and what each file holds then."""


def _by_time(waves: tuple[_Wave, _Wave], names: list[str]) -> _Compared:
    """Both at every instant of either."""
    events = [{time * wave.scale: changes for time, changes in wave.steps} for wave in waves]
    end = min(max(each, default=0) for each in events)
    values: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for time in sorted(set(events[0]) | set(events[1])):
        if time > end:
            return
        for wave, each, held in zip(waves, events, values, strict=True):
            _change(wave, each.get(time, {}), held, names)
        yield (time, time), values


def _by_order(waves: tuple[_Wave, _Wave], names: list[str]) -> _Compared:
    """Both after each of their own changes, the first with the first."""
    first, second = (_changes(wave, names) for wave in waves)
    for (time, values), (other_time, other_values) in zip(first, second, strict=False):
        yield (time, other_time), (values, other_values)


def _changes(wave: _Wave, names: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(femtoseconds, values) at each instant that changes a signal of ``names``, once all are known."""
    held: dict[str, str] = {}
    known = False
    for time, changes in wave.steps:
        before = dict(held)
        _change(wave, changes, held, names)
        ready = len(held) == len(names) and not any(set(value.lower()) & set("xz") for value in held.values())
        if ready and (not known or held != before):
            known = True
            yield time * wave.scale, held


def _change(wave: _Wave, changes: dict[str, str], held: dict[str, str], names: list[str]) -> None:
    if changes:
        held.update({name: changes[wave.codes[name]] for name in names if wave.codes[name] in changes})


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
                    name = token.var.reference
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


def text(found: Parted, first: str, second: str) -> str:
    """A line for what was compared, for each side's own signals, and for the first difference."""
    lines = [f"{counted(found.signals, 'signal')} at {counted(found.instants, 'instant')} compared"]
    for path, names in ((first, found.only_first), (second, found.only_second)):
        if names:
            more = f" and {len(names) - 8} more" if len(names) > 8 else ""
            lines.append(f"only in {path}: {', '.join(names[:8])}{more}")
    told = found.difference
    if told is None:
        return "\n".join([*lines, "no difference"])
    times = [format_si(each, "s") for each in told.time_s]
    when = times[0] if told.time_s[0] == told.time_s[1] else f"{times[0]} of {first} and {times[1]} of {second}"
    more = f"; {len(told.others)} more differ then" if told.others else ""
    last = f"first difference: {told.signal} at {when}: {told.values[0]} in {first}, {told.values[1]} in {second}{more}"
    return "\n".join([*lines, last])
