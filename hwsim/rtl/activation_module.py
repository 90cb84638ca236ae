"""The activation as a module, a table of thresholds, and the input quantiser before it, for each kind of device."""

import numpy as np

from hwsim.display import counted
from hwsim.rtl.activation import Activation, Shift
from hwsim.rtl.machine import Machine
from hwsim.rtl.pbit_module import Widths, law_words, suffix, widths
from hwsim.rtl.verilog import Port, entity, extended, hexadecimal, signed, span, unsigned


def activation_module(machine: Machine, kind: int) -> str:
    """The file of the activation: a table from the field, or a level of the input quantiser, to the threshold."""
    made, wide = machine.activations[kind], widths(machine, kind)
    block = machine.table == "block"
    stepped = made.over_field and wide.step > 0
    set_ = "<=" if block else "="
    indent = "      " if block else "    "
    deeper = indent + ("    " if stepped else "")
    tables = [_table(machine, kind, k, set_, deeper) for k in range(len(made.words))]
    if stepped:
        cases = "\n".join(
            f"{indent}  {unsigned(k, wide.step)}:  // beta = {made.betas[k]:.6g}\n{table}"
            for k, table in enumerate(tables)
        )
        nothing = _row(made, wide, set_, 0, False)
        last = f"{indent}  default: {nothing};  // there is no such step"
        inside = f"{indent}case (step)\n{cases}\n{last}\n{indent}endcase"
    else:
        inside = tables[0]
    if block:
        body = f"  always @(posedge clk) begin\n    if (look_up) begin\n{inside}\n    end\n  end\n"
    else:
        body = f"  always @* begin\n{inside}\n  end\n"
    name = f"activation{suffix(machine, kind)}"
    return entity(name, activation_ports(machine, kind), body, about=_about(machine, kind))


def activation_ports(machine: Machine, kind: int) -> list[Port]:
    """The ports of the activation."""
    made, wide = machine.activations[kind], widths(machine, kind)
    ports = []
    if machine.table == "block":
        ports.append(Port(direction="input", name="clk"))
        ports.append(Port(direction="input", name="look_up", note="first clock of the slot: read the table"))
    if made.over_field:
        if wide.step:
            ports.append(Port(direction="input", name="step", width=wide.step, note="of the anneal: which beta"))
        note = f"I in {machine.unit}"
        ports.append(Port(direction="input", name="field", width=wide.field, signed=True, note=note))
    else:
        note = "of the input quantiser, 0 the lowest"
        ports.append(Port(direction="input", name="level", width=wide.level, note=note))
    note = f"P(+1) in units of 2**-{wide.compared}"
    ports.append(Port(direction="output", name="threshold", width=wide.threshold, kind="reg", note=note))
    if made.swapped is not None:
        ports.append(Port(direction="output", name="swap", kind="reg", note="compare the complement of the word"))
    return ports


def _about(machine: Machine, kind: int) -> str:
    made = machine.activations[kind]
    lines = ["Activation: the threshold that the random word of a p-bit must be below for s = +1."]
    if machine.table == "block":
        lines.append("Block RAM holds the table: the threshold is there one clock after look_up.")
    lines += [
        f"In hwsim: {law_words(machine, kind)}.",
        f"threshold = P(+1) 2**{made.bits}, rounded half up (threshold_bits {made.bits}).",
    ]
    if made.wide:
        lines.append(f"It has {made.bits + 1} bits, so that 2**{made.bits}, which no word reaches, is always +1.")
    if made.swapped is not None:
        lines.append("swap is 1 where beta I is negative (comparison swapped); its use is told in the p-bit.")
    if len(machine.activations) > 1:
        alike = np.flatnonzero(machine.kind == kind)
        many, first = counted(len(alike), "p-bit"), int(alike[0])
        lines.append(f"Kind {kind}: {many} with this gain, offset and quantiser; the first is p-bit {first}.")
    lines.append("Inputs without a row are those that no p-bit of this machine can have.")
    return "\n".join(lines)


def _table(machine: Machine, kind: int, k: int, set_: str, indent: str) -> str:
    """The case statement of step ``k``."""
    made, wide, cells = machine.activations[kind], widths(machine, kind), machine.program.cells
    i = int(np.flatnonzero(machine.kind == kind)[0])
    laws = cells.gain[i] * (made.inputs[k] + cells.offset[i])
    swapped = np.zeros(len(made.integers), dtype=bool) if made.swapped is None else made.swapped[k]
    labels = [signed(v, wide.field) if made.over_field else unsigned(v, wide.level) for v in made.integers.tolist()]
    longest = max(len(label) for label in labels)
    lines = []
    for q, (word, swap) in enumerate(zip(made.words[k].tolist(), swapped.tolist(), strict=True)):
        says = f"z = {laws[q]:.6g}, P(+1) = {word / 2.0**made.bits:.7g}"
        if made.over_field:
            says = f"I = {made.integers[q] * machine.whole.scale:.6g}, {says}"
        lines.append(f"{indent}  {labels[q]:>{longest}}: {_row(made, wide, set_, word, swap)};  // {says}")
    lines.append(f"{indent}  default: {_row(made, wide, set_, 0, False)};  // no p-bit gets here")
    inside = "\n".join(lines)
    return f"{indent}case ({'field' if made.over_field else 'level'})\n{inside}\n{indent}endcase"


def _row(made: Activation, wide: Widths, set_: str, word: int, swap: bool) -> str:
    """What a row of the table sets."""
    if made.swapped is None:
        return f"threshold {set_} {hexadecimal(word, wide.threshold)}"
    return f"{{swap, threshold}} {set_} {{1'b{int(swap)}, {hexadecimal(word, wide.threshold)}}}"


def quantiser_module(machine: Machine, kind: int) -> str:
    """The file of the input quantiser: a field to a level, by a shift."""
    made, wide, cells = machine.activations[kind], widths(machine, kind), machine.program.cells
    most = made.words.shape[1] - 1
    width = _sum_width(made, max(wide.field, most.bit_length() + 1))
    i = int(np.flatnonzero(machine.kind == kind)[0])
    zero = -cells.input_low[i] / cells.input_step[i]
    lines = [
        f"  // I = 0 is level {zero:.6g}, and a half rounds up: level = floor(beta I in levels + {zero:.6g} + 0.5)"
    ]
    lines += [
        f"  // at beta {beta:.6g} {_shift_words(shift, zero)}"
        for beta, shift in zip(made.betas, made.shifts, strict=True)
    ]
    of = "field"
    if width > wide.field:
        of = "wide"
        wider = extended("field", wide.field, width)
        lines.append(f"  wire signed{span(width)} wide = {wider};  // its sign repeated, so that the sum fits")
    terms = [_shifted(of, shift, width) for shift in made.shifts]
    chosen = terms[-1]
    for k in range(len(terms) - 2, -1, -1):
        chosen = f"step == {unsigned(k, wide.step)} ? {terms[k]} :\n    {chosen}"
    gap, chosen = ("\n    ", chosen) if len(terms) > 1 else (" ", chosen[1:-1])
    least, top = unsigned(0, wide.level), unsigned(most, wide.level)
    lines += [
        f"  wire signed{span(width)} rounded ={gap}{chosen};",
        f"  wire below = rounded[{width - 1}];  // negative: it saturates at the lowest level",
        f"  wire above = rounded > {signed(most, width)};  // and here at the highest",
        f"  assign level = below ? {least} : above ? {top} : rounded[{wide.level - 1}:0];",
    ]
    return entity(
        f"quantiser{suffix(machine, kind)}",
        quantiser_ports(machine, kind),
        "\n".join(lines),
        about="Input quantiser: the level of beta I. Half a step rounds up, and the ends saturate.\n"
        f"In hwsim: {law_words(machine, kind)}.",
    )


def quantiser_ports(machine: Machine, kind: int) -> list[Port]:
    """The ports of the input quantiser."""
    wide, ports = widths(machine, kind), []
    if wide.step:
        ports.append(Port(direction="input", name="step", width=wide.step, note="of the anneal: which beta"))
    return [
        *ports,
        Port(direction="input", name="field", width=wide.field, signed=True, note=f"I in {machine.unit}"),
        Port(direction="output", name="level", width=wide.level, note="of beta I, 0 the lowest"),
    ]


def _sum_width(made: Activation, least: int) -> int:
    """Bits of a field with what each shift adds, moved to the left where it is; at least ``least``."""
    reach = np.array(made.reach, dtype=object)
    moved = [reach + shift.add for shift in made.shifts]
    scaled = [a * 2**-s.by if s.by < 0 else a for a, s in zip(moved, made.shifts, strict=True)]
    big = max(int(max(abs(each).max() for each in group)) for group in (moved, scaled))
    return max(big.bit_length() + 1, least)


def _shift_words(shift: Shift, zero: float) -> str:
    """How the numbers of ``shift`` follow from the level ``zero`` of I = 0."""
    if shift.by > 0:
        size = 2**shift.by
        return f"a level is {size} units of the field: {shift.add} = ({zero:.6g} + 0.5) x {size}"
    if shift.by < 0:
        size = 2**-shift.by
        return f"a unit of the field is {size} levels: {shift.add} = ({zero:.6g} + 0.5) / {size}"
    made = f" = {zero:.6g} + 0.5" if shift.add == zero + 0.5 else ", as no half comes up"
    return f"a level is a unit of the field: {shift.add}{made}"


def _shifted(of: str, shift: Shift, width: int) -> str:
    moved = f"({of} + {signed(shift.add, width)})"
    if shift.by == 0:
        return moved
    return f"({moved} {'>>>' if shift.by > 0 else '<<<'} {abs(shift.by)})"
