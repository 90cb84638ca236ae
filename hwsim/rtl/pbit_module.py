"""The p-bit and its activation as modules, for each kind of device and each number of neighbours."""

from dataclasses import dataclass

import numpy as np

from hwsim.cell.codes import LAWS
from hwsim.rtl.activation import Activation, Shift
from hwsim.rtl.machine import Machine, width_of
from hwsim.rtl.source_module import MODULES, STATE_BITS
from hwsim.rtl.verilog import Port, bits_for, clocked, entity, extended, hexadecimal, signed, span, unsigned


@dataclass(frozen=True, kw_only=True)
class Widths:
    """Bits of what p-bits of one kind hold. field, weight : two's complement
    threshold : as many as ``compared``, or one more so that 2**compared, always +1, has a word
    step : of the number of the anneal's step, 0 where there is one
    level : of a level of the input quantiser, 0 where there is none
    """

    field: int
    weight: int
    compared: int
    threshold: int
    step: int
    level: int


def widths(machine: Machine, kind: int) -> Widths:
    """The Widths of ``kind``."""
    made, weight = machine.activations[kind], machine.weight_widths[kind]
    field = max(width_of(np.array(made.reach)), weight)
    level = 0 if made.over_field else bits_for(made.words.shape[1])
    steps = len(made.betas)
    return Widths(
        field=field,
        weight=weight,
        compared=made.bits,
        threshold=made.bits + made.wide,
        step=0 if steps == 1 else bits_for(steps),
        level=level,
    )


def suffix(machine: Machine, kind: int) -> str:
    """What the modules of ``kind`` have after their name where devices differ."""
    return "" if len(machine.activations) == 1 else f"_kind_{kind}"


def pbit_name(machine: Machine, kind: int, degree: int) -> str:
    """Name of the module of a p-bit."""
    return f"pbit_degree_{degree}{suffix(machine, kind)}"


def law_words(machine: Machine, kind: int) -> str:
    """The law of ``kind`` in words."""
    cells = machine.program.cells
    i = int(np.flatnonzero(machine.kind == kind)[0])
    formula = next(law.formula for law in LAWS.values() if law.code == cells.law[i])
    z = "z = beta I"
    if cells.gain[i] != 1 or cells.offset[i] != 0:
        z = f"z = {cells.gain[i]:.6g} (beta I + {cells.offset[i]:.6g})"
    limits = ""
    if cells.input_step[i] > 0:
        limits = (
            f", beta I rounded to steps of {cells.input_step[i]:.6g} from {cells.input_low[i]:.6g} to "
            f"{cells.input_high[i]:.6g}"
        )
    return f"P(+1) = {formula}, {z}{limits}"


def activation_module(machine: Machine, kind: int) -> str:
    """The file of the activation: a table from the field, or a level of the input quantiser, to the threshold."""
    made, wide = machine.activations[kind], widths(machine, kind)
    block = machine.table == "block"
    of = "field" if made.over_field else "level"
    width = wide.field if made.over_field else wide.level
    stepped = made.over_field and wide.step > 0
    ports = [
        Port(direction="input", name="clk"),
        Port(direction="input", name="look_up", note="first clock of the slot"),
    ]
    ports = ports if block else []
    if stepped:
        ports.append(Port(direction="input", name="step", width=wide.step, note="of the anneal"))
    note = f"I in {machine.unit}" if made.over_field else "of the input quantiser, 0 the lowest"
    ports += [
        Port(direction="input", name=of, width=width, signed=made.over_field, note=note),
        Port(
            direction="output",
            name="threshold",
            width=wide.threshold,
            kind="reg",
            note=f"P(+1) in units of 2**-{wide.compared}",
        ),
    ]
    if made.swapped is not None:
        ports.append(Port(direction="output", name="swap", kind="reg", note="compare with the complement of the word"))
    set_ = "<=" if block else "="
    indent = "      " if block else "    "
    tables = [
        _table(machine, made, wide, k, set_, indent + ("    " if stepped else "")) for k in range(len(made.words))
    ]
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
    ram = "\nBlock RAM holds the table: the threshold is there one clock after look_up." if block else ""
    return entity(
        f"activation{suffix(machine, kind)}",
        ports,
        body,
        about=f"Activation: the threshold that the random word of a p-bit must be below for s = +1.{ram}\n"
        f"In hwsim: {law_words(machine, kind)},\nrounded to {made.bits} bits (threshold_bits).",
    )


def _table(machine: Machine, made: Activation, wide: Widths, k: int, set_: str, indent: str) -> str:
    """The case statement of step ``k``."""
    of, lines = ("field" if made.over_field else "level"), []
    longest = max(len(signed(value, wide.field)) for value in made.reach)
    swapped = np.zeros(len(made.integers), dtype=bool) if made.swapped is None else made.swapped[k]
    for value, word, swap in zip(made.integers.tolist(), made.words[k].tolist(), swapped.tolist(), strict=True):
        label = f"{signed(value, wide.field):>{longest}}" if made.over_field else unsigned(value, wide.level)
        says = f"P(+1) = {word / 2.0**made.bits:.7f}"
        if made.over_field:
            says += f" at I = {value * machine.whole.scale:.6g}"
        lines.append(f"{indent}  {label}: {_row(made, wide, set_, word, swap)};  // {says}")
    lines.append(f"{indent}  default: {_row(made, wide, set_, 0, False)};  // no p-bit gets here")
    inside = "\n".join(lines)
    return f"{indent}case ({of})\n{inside}\n{indent}endcase"


def _row(made: Activation, wide: Widths, set_: str, word: int, swap: bool) -> str:
    """What a row of the table sets."""
    if made.swapped is None:
        return f"threshold {set_} {hexadecimal(word, wide.threshold)}"
    return f"{{swap, threshold}} {set_} {{1'b{int(swap)}, {hexadecimal(word, wide.threshold)}}}"


def quantiser_module(machine: Machine, kind: int) -> str:
    """The file of the input quantiser: a field to a level, by a shift."""
    made, wide = machine.activations[kind], widths(machine, kind)
    most = made.words.shape[1] - 1
    reach = np.array(made.reach, dtype=object)
    moved = [reach + shift.add for shift in made.shifts]
    scaled = [a * 2**-s.by if s.by < 0 else a for a, s in zip(moved, made.shifts, strict=True)]
    big = max(int(max(abs(each).max() for each in group)) for group in (moved, scaled))
    width = max(big.bit_length() + 1, wide.field, most.bit_length() + 1)
    ports = [Port(direction="input", name="step", width=wide.step, note="of the anneal")] if wide.step else []
    ports += [
        Port(direction="input", name="field", width=wide.field, signed=True, note=f"I in {machine.unit}"),
        Port(direction="output", name="level", width=wide.level, note="of the input quantiser, 0 the lowest"),
    ]
    wider = extended("field", wide.field, width)
    lines = [f"  wire signed{span(width)} wide = {wider};"]
    terms = [_shifted(shift, width) for shift in made.shifts]
    if wide.step:
        chosen = terms[-1]
        for k in range(len(terms) - 2, -1, -1):
            chosen = f"step == {unsigned(k, wide.step)} ? {terms[k]} :\n    {chosen}"
        lines.append(f"  wire signed{span(width)} rounded =\n    {chosen};")
    else:
        lines.append(f"  wire signed{span(width)} rounded = {terms[0]};")
    lines += [
        f"  wire below = rounded[{width - 1}];",
        f"  wire above = rounded > {signed(most, width)};",
        f"  assign level = below ? {unsigned(0, wide.level)} : above ? {unsigned(most, wide.level)} : "
        f"rounded[{wide.level - 1}:0];",
    ]
    return entity(
        f"quantiser{suffix(machine, kind)}",
        ports,
        "\n".join(lines),
        about="Input quantiser: the level of beta I. Half a step rounds up, and the ends saturate.\n"
        f"In hwsim: {law_words(machine, kind)}.",
    )


def _shifted(shift: Shift, width: int) -> str:
    moved = f"wide + {signed(shift.add, width)}"
    if shift.by == 0:
        return f"({moved})"
    return f"(({moved}) {'>>>' if shift.by > 0 else '<<<'} {abs(shift.by)})"


def pbit_module(machine: Machine, kind: int, degree: int) -> str:
    """The file of a p-bit with ``degree`` neighbours."""
    wide, made = widths(machine, kind), machine.activations[kind]
    block = machine.table == "block"
    scale = machine.unit
    ports = [*clocked("take the initial state and the seed")]
    if block:
        ports.append(Port(direction="input", name="look_up", note="first clock of the slot: read the table"))
    ports.append(Port(direction="input", name="update", note="decide at the end of this clock"))
    if wide.step:
        ports.append(Port(direction="input", name="step", width=wide.step, note="of the anneal"))
    if machine.words_enter:
        ports.append(Port(direction="input", name="random", width=wide.compared, note="uniform, new at each update"))
    else:
        if machine.by_clock:
            ports.append(Port(direction="input", name="slot_end", note="the random source steps"))
        bits = STATE_BITS[machine.source]
        ports.append(Port(direction="input", name="seed", width=bits, note="of the random source"))
    ports.append(Port(direction="input", name="initial_state", note="1 for s = +1"))
    if machine.is_writable:
        ports += _write_ports(machine, wide)
    else:
        ports.append(Port(direction="input", name="bias", width=wide.weight, signed=True, note=f"-h in {scale}"))
    for k in range(degree):
        if not machine.is_writable:
            note = f"-J in {scale}"
            ports.append(Port(direction="input", name=f"weight_{k}", width=wide.weight, signed=True, note=note))
        ports.append(Port(direction="input", name=f"neighbour_{k}", note="its s, 1 for +1"))
    ports.append(Port(direction="output", name="state", kind="reg", note="s, 1 for +1"))
    body = [_registers(machine, wide, degree)] if machine.is_writable else []
    body += [_sum(wide, made, degree), *_decision(machine, kind, wide, made)]
    body.append(
        "  always @(posedge clk) begin\n    if (rst) state <= initial_state;\n"
        "    else if (update) state <= is_below;\n  end"
    )
    count = "no neighbours" if degree == 0 else "1 neighbour" if degree == 1 else f"{degree} neighbours"
    return entity(
        pbit_name(machine, kind, degree),
        ports,
        "\n\n".join(body),
        about=f"p-bit with {count}: s = +1 if a uniform random word is below the threshold of the field\n"
        "I = bias + sum of weight s, with bias = -h and weight = -J of hwsim, where E = sum of h s + sum of J s s.",
    )


def _write_ports(machine: Machine, wide: Widths) -> list[Port]:
    return [
        Port(direction="input", name="store", note="a register takes data at the end of this clock"),
        Port(direction="input", name="register_number", width=machine.word_bits, note="0 the bias, k weight_(k-1)"),
        Port(direction="input", name="data", width=wide.weight, signed=True, note="in codes of hwsim's registers"),
    ]


def _registers(machine: Machine, wide: Widths, degree: int) -> str:
    """Bias and weights as registers."""
    bits = machine.word_bits
    names = ["bias", *(f"weight_{k}" for k in range(degree))]
    unit = f"in {machine.unit}"
    lines = [f"  reg signed{span(wide.weight)} bias;  // -h {unit}"]
    lines += [f"  reg signed{span(wide.weight)} {name};  // -J {unit}" for name in names[1:]]
    lines += ["", "  always @(posedge clk) begin  // reset leaves the registers as they are", "    if (store) begin"]
    lines.append("      case (register_number)")
    lines += [f"        {unsigned(k, bits)}: {name} <= data;" for k, name in enumerate(names)]
    lines += ["        default: bias <= bias;  // there is no such register", "      endcase", "    end", "  end"]
    return "\n".join(lines)


def _sum(wide: Widths, made: Activation, degree: int) -> str:
    least, most = made.reach
    lines = [f"  // the field I, {least} to {most}: a neighbour at +1 adds its weight, one at -1 subtracts it"]
    for k in range(degree):
        lines.append(f"  wire signed{span(wide.field)} w_{k} = {extended(f'weight_{k}', wide.weight, wide.field)};")
    lines.append(f"  wire signed{span(wide.field)} b = {extended('bias', wide.weight, wide.field)};")
    terms = [f"(neighbour_{k} ? w_{k} : -w_{k})" for k in range(degree)]
    total = "\n      + ".join(["b", *terms])
    lines.append(f"  wire signed{span(wide.field)} field = {total};")
    return "\n".join(lines)


def _decision(machine: Machine, kind: int, wide: Widths, made: Activation) -> list[str]:
    parts, tail = [], suffix(machine, kind)
    of, swap = "field", "" if made.swapped is None else "  wire swap;\n"
    if not made.over_field:
        of = "level"
        parts.append(
            f"  wire{span(wide.level)} level;\n  quantiser{tail} input_quantiser ("
            f"{'.step(step), ' if wide.step else ''}.field(field), .level(level));"
        )
    clocked_ = ".clk(clk), .look_up(look_up), " if machine.table == "block" else ""
    step = ".step(step), " if wide.step and made.over_field else ""
    says = f"P(+1) at this {of}, in units of 2**-{wide.compared}"
    parts.append(
        f"  wire{span(wide.threshold)} threshold;  // {says}\n{swap}  activation{tail} table_of_thresholds (\n"
        f"    {clocked_}{step}.{of}({of}), .threshold(threshold){swap and ', .swap(swap)'}\n  );"
    )
    if machine.words_enter:
        parts.append(_comparison("random", made))
        return parts
    module = MODULES[machine.source]
    enable, low = "slot_end" if machine.by_clock else "update", 32 - wide.compared
    word = "word" if low == 0 else f"word[31:{low}]"
    lines = [
        "  wire [31:0] word;  // uniform, new at each update",
        f"  {module} random_source (\n    .clk(clk), .rst(rst), .enable({enable}), .seed(seed), .word(word)\n  );",
        _comparison(word, made),
    ]
    if low:
        lines.append(f"  wire unused = &{{1'b0, word[{low - 1}:0]}};  // threshold_bits {wide.compared} of 32")
    parts.append("\n".join(lines))
    return parts


def _comparison(word: str, made: Activation) -> str:
    """The comparison of ``word``, the leading bits of the random word."""
    lines, wider = [], "1'b0, " if made.wide else ""
    if made.wide:
        lines.append(f"  // one bit more than the word has, so that a threshold of 2**{made.bits} is always +1")
    if made.swapped is not None:
        lines.append(
            "  // for a negative input, word > threshold of the magnitude: the same as ~word < 2**bits - 1 - it"
        )
        lines.append(f"  wire{span(made.bits)} compared = {word} ^ {{{made.bits}{{swap}}}};")
        word = "compared"
    lines.append(
        f"  wire is_below = {{{wider}{word}}} < threshold;" if wider else f"  wire is_below = {word} < threshold;"
    )
    return "\n".join(lines)
