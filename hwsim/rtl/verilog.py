"""Verilog as text: sized literals, port lists, modules. Verilog-2005, two spaces, one module a file."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LINE = 100
"""Longest line of a list."""
COMMENT = 114
"""Longest text of a comment above a module."""


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port of a module. direction : input or output;  width : bits;  signed : two's complement
    kind : wire, or reg for an output that a clocked or combinational block sets;  note : what it is
    """

    direction: str
    name: str
    width: int = 1
    signed: bool = False
    kind: str = "wire"
    note: str = ""


def clocked(rst: str) -> tuple[Port, Port]:
    """The clock and the reset. rst : what the reset does"""
    return (
        Port(direction="input", name="clk"),
        Port(direction="input", name="rst", note=f"synchronous, active high: {rst}"),
    )


def entity(name: str, ports: Sequence[Port], body: str, *, about: str) -> str:
    """The file of module ``name``. about : what it is and which quantity of hwsim it holds, as a comment"""
    kinds = [_kind(port) for port in ports]
    width = max(len(kind) for kind in kinds)
    names = max(len(port.name) for port in ports) + 1
    lines = []
    for k, (port, kind) in enumerate(zip(ports, kinds, strict=True)):
        comma = "," if k < len(ports) - 1 else ""
        line = f"  {kind:<{width}} {port.name}{comma}"
        if port.note:
            line = f"{line:<{3 + width + names}} // {port.note}"
        lines.append(line)
    listed = "\n".join(lines)
    module = f"{comment(about)}\nmodule {name} (\n{listed}\n);\n{body.rstrip()}\nendmodule"
    return f"`default_nettype none\n\n{module}\n\n`default_nettype wire\n"


def _kind(port: Port) -> str:
    sign = " signed" if port.signed else ""
    return f"{port.direction:<6} {port.kind:<4}{sign}{span(port.width)}".rstrip()


def span(width: int) -> str:
    """`` [7:0]`` for 8 bits, nothing for one."""
    return f" [{width - 1}:0]" if width > 1 else ""


def comment(text: str) -> str:
    """``text`` as lines of comment, its own lines kept, and long ones that are not indented broken."""
    lines = []
    for line in text.strip("\n").split("\n"):
        lines += [line] if line.startswith(" ") else textwrap.wrap(line, COMMENT, break_on_hyphens=False) or [""]
    return "\n".join(f"// {line}".rstrip() for line in lines)


def signed(value: int, width: int) -> str:
    """A sized two's complement literal."""
    return f"{'-' if value < 0 else ''}{width}'sd{abs(value)}"


def unsigned(value: int, width: int) -> str:
    """A sized literal, decimal."""
    return f"{width}'d{value}"


def hexadecimal(value: int, width: int) -> str:
    """A sized literal, hexadecimal."""
    return f"{width}'h{value:0{-(-width // 4)}x}"


def extended(name: str, width: int, to: int) -> str:
    """The signed net ``name`` of ``width`` bits, with its sign repeated up to ``to`` bits."""
    return name if to == width else f"{{{{{to - width}{{{name}[{width - 1}]}}}}, {name}}}"


def bits_for(count: int) -> int:
    """Bits of a counter from 0 to ``count`` - 1, at least one."""
    return max(1, (count - 1).bit_length())


def instance(module: str, name: str, connections: Iterable[tuple[str, str]]) -> str:
    """An instance, its named connections filled into lines."""
    lines, line = [], ""
    pairs = [f".{port}({net})" for port, net in connections]
    for k, pair in enumerate(pairs):
        pair += "," if k < len(pairs) - 1 else ""
        if line and len(line) + 1 + len(pair) > LINE - 4:
            lines.append(line)
            line = ""
        line = f"{line} {pair}".strip()
    lines.append(line)
    body = "\n".join(f"    {each}" for each in lines)
    return f"  {module} {name} (\n{body}\n  );"


def listed(names: Sequence[str], indent: str = "    ") -> str:
    """Names with commas, filled into lines."""
    lines, line = [], ""
    for k, name in enumerate(names):
        name += "," if k < len(names) - 1 else ""
        if line and len(line) + 1 + len(name) > LINE - len(indent):
            lines.append(line)
            line = ""
        line = f"{line} {name}".strip()
    lines.append(line)
    return "\n".join(indent + each for each in lines)
