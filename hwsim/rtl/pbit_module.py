"""The p-bit as a module, for each kind of device and each number of neighbours."""

from dataclasses import dataclass

import numpy as np

from hwsim.cell.codes import LAWS, TABLE
from hwsim.rtl.activation import Activation
from hwsim.rtl.machine import Machine, width_of
from hwsim.rtl.source_module import MODULES, NEVER, STATE_BITS
from hwsim.rtl.verilog import Port, bits_for, clocked, entity, extended, span, unsigned


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
    if cells.law[i] == TABLE and cells.table is not None:
        first, step = cells.table_first, cells.table_step
        formula = f"the card's own table, {len(cells.table)} points from z = {first:.6g} on in steps of {step:.6g}"
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


def pbit_module(machine: Machine, kind: int, degree: int) -> str:
    """The file of a p-bit with ``degree`` neighbours."""
    wide, made = widths(machine, kind), machine.activations[kind]
    body = [_registers(machine, wide, degree)] if machine.is_writable else []
    body += [_sum(machine, wide, made, degree), *_decision(machine, kind, wide, made)]
    body.append(
        "  always @(posedge clk) begin\n    if (rst) state <= initial_state;\n"
        "    else if (update) state <= is_below;\n  end"
    )
    return entity(
        pbit_name(machine, kind, degree),
        pbit_ports(machine, kind, degree),
        "\n\n".join(body),
        about=_about(machine, kind, degree),
    )


def neighbours(degree: int) -> str:
    """How many, in words."""
    return "no neighbours" if degree == 0 else "1 neighbour" if degree == 1 else f"{degree} neighbours"


def _about(machine: Machine, kind: int, degree: int) -> str:
    wide, made = widths(machine, kind), machine.activations[kind]
    if machine.is_writable:
        half = 2 ** (wide.weight - 1)
        weight = f"{-half} to {half - 1} as in the card's registers"
    else:
        most = 2 ** (wide.weight - 1) - 1
        weight = f"{-most} to {most}, enough for all here"
    least, most = made.reach
    top = f"2**{made.bits}" + ("" if made.wide else " - 1")
    level = "" if made.over_field else f" a level ({wide.level} bits) is 0 to {made.words.shape[1] - 1};"
    return (
        f"p-bit with {neighbours(degree)}: s = +1 if a uniform random word is below the threshold of the field\n"
        "I = bias + sum of weight s, with bias = -h and weight = -J of hwsim, where E = sum of h s + sum of J s s.\n"
        f"Widths: a weight ({wide.weight} bits) is {weight}; a field ({wide.field} bits) is {least} to {most};{level} "
        f"a threshold ({wide.threshold} bits) is 0 to {top}."
    )


def pbit_ports(machine: Machine, kind: int, degree: int) -> list[Port]:
    """The ports of a p-bit with ``degree`` neighbours."""
    wide, block = widths(machine, kind), machine.table == "block"
    ports = [*clocked("take the initial state" + ("" if machine.words_enter else " and the seed"))]
    if block:
        ports.append(Port(direction="input", name="look_up", note="first clock of the slot: read the table"))
    when = "second clock of the slot: decide at its end" if block else "decide at the end of this clock"
    ports.append(Port(direction="input", name="update", note=when))
    if wide.step:
        ports.append(Port(direction="input", name="step", width=wide.step, note="of the anneal: which beta"))
    if machine.words_enter:
        ports.append(Port(direction="input", name="random", width=wide.compared, note=random_note(machine, wide)))
    else:
        if machine.by_clock:
            ports.append(Port(direction="input", name="slot_end", note="the random source steps"))
        bits = STATE_BITS[machine.source]
        note = f"of the random source, {NEVER[machine.source]}"
        ports.append(Port(direction="input", name="seed", width=bits, note=note))
    ports.append(Port(direction="input", name="initial_state", note="1 for s = +1"))
    unit = machine.unit
    if machine.is_writable:
        ports += _write_ports(machine, wide)
    else:
        ports.append(Port(direction="input", name="bias", width=wide.weight, signed=True, note=f"-h in {unit}"))
    for k in range(degree):
        if not machine.is_writable:
            note = f"-J in {unit}"
            ports.append(Port(direction="input", name=f"weight_{k}", width=wide.weight, signed=True, note=note))
        ports.append(Port(direction="input", name=f"neighbour_{k}", note="its s, 1 for +1"))
    ports.append(Port(direction="output", name="state", kind="reg", note="s, 1 for +1"))
    return ports


def random_note(machine: Machine, wide: Widths) -> str:
    """What a random word is that enters by a port."""
    if machine.has_taps:
        return "uniform, of the source that p-bits share"
    return f"uniform in 0 to 2**{wide.compared} - 1, new at each update, read at its end"


def _write_ports(machine: Machine, wide: Widths) -> list[Port]:
    note = f"two's complement, in {machine.unit}"
    return [
        Port(direction="input", name="store", note="a register takes data at the end of this clock"),
        Port(direction="input", name="register_number", width=machine.word_bits, note="0 the bias, k weight_(k-1)"),
        Port(direction="input", name="data", width=wide.weight, signed=True, note=note),
    ]


def _registers(machine: Machine, wide: Widths, degree: int) -> str:
    """Bias and weights as registers."""
    bits = machine.word_bits
    names = ["bias", *(f"weight_{k}" for k in range(degree))]
    longest = max(len(name) for name in names) + 1
    kept = f"  reg signed{span(wide.weight)}"
    lines = [
        f"{kept} {f'{name};':<{longest}}  // {'-h' if k == 0 else '-J'} in {machine.unit}"
        for k, name in enumerate(names)
    ]
    lines += ["", "  always @(posedge clk) begin  // reset leaves the registers as they are", "    if (store) begin"]
    lines.append("      case (register_number)")
    lines += [f"        {unsigned(k, bits)}: {name} <= data;" for k, name in enumerate(names)]
    lines += ["        default: bias <= bias;  // there is no such register", "      endcase", "    end", "  end"]
    return "\n".join(lines)


def _sum(machine: Machine, wide: Widths, made: Activation, degree: int) -> str:
    least, most = made.reach
    lines = [
        f"  // the field I, {least} to {most} in {machine.unit}:",
        "  // a neighbour at +1 adds its weight w, one at -1 subtracts it, by adding ~w + 1",
    ]
    if wide.field > wide.weight:
        lines.append("  // signs are repeated to the width of the field")
    for k in range(degree):
        lines.append(f"  wire signed{span(wide.field)} w_{k} = {extended(f'weight_{k}', wide.weight, wide.field)};")
    lines.append(f"  wire signed{span(wide.field)} b = {extended('bias', wide.weight, wide.field)};")
    at = f"{unsigned(0, wide.field - 1)}, ~neighbour_"
    terms = [f"(w_{k} ^ {{{wide.field}{{~neighbour_{k}}}}}) + {{{at}{k}}}" for k in range(degree)]
    total = "\n      + ".join(["b", *terms])
    lines.append(f"  wire signed{span(wide.field)} field = {total};")
    return "\n".join(lines)


def _decision(machine: Machine, kind: int, wide: Widths, made: Activation) -> list[str]:
    parts, tail = [], suffix(machine, kind)
    of, swap = "field", "" if made.swapped is None else "  wire swap;  // compare the complement of the word\n"
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
        f"  wire [31:0] word;  // uniform, new {'in each slot' if machine.by_clock else 'at each update'}",
        f"  {module} random_source (\n    .clk(clk), .rst(rst), .enable({enable}), .seed(seed), .word(word)\n  );",
        _comparison(word, made),
    ]
    if low:
        lines.insert(2, f"  // the leading {wide.compared} bits of the word are compared (threshold_bits)")
        lines.append(f"  wire unused = &{{1'b0, word[{low - 1}:0]}};  // for lint: the other bits")
    parts.append("\n".join(lines))
    return parts


def _comparison(word: str, made: Activation) -> str:
    """The comparison of ``word``, the leading bits of the random word."""
    lines, wider = [], "1'b0, " if made.wide else ""
    if made.wide:
        lines.append(f"  // one bit more than the word has, so that a threshold of 2**{made.bits} is always +1")
    if made.swapped is not None:
        lines += [
            "  // Where beta I is negative, s = +1 if the word is above the threshold T of its magnitude (comparison",
            f"  // swapped). That is ~word < 2**{made.bits} - 1 - T, and the table has 2**{made.bits} - 1 - T there.",
        ]
        lines.append(f"  wire{span(made.bits)} compared = {word} ^ {{{made.bits}{{swap}}}};")
        word = "compared"
    lines.append(
        f"  wire is_below = {{{wider}{word}}} < threshold;" if wider else f"  wire is_below = {word} < threshold;"
    )
    return "\n".join(lines)
