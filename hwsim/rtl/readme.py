"""The README of a folder of RTL, and the constraints of its clock."""

import textwrap

import numpy as np

from hwsim.display import counted
from hwsim.rtl.control_modules import exchange_words
from hwsim.rtl.expected import Expected
from hwsim.rtl.machine import PORT, Machine
from hwsim.rtl.shell_module import NAME, address_width, registers
from hwsim.units import format_si, to_seconds


def readme(trace: Expected) -> str:
    """README.md of the folder of ``trace``."""
    made = trace.machine
    program = made.program
    exact = (
        "The trace is that of the program as it was compiled."
        if made.whole.is_exact
        else (
            "Weights are integers times one factor that is no power of two, so the last bit of a field may differ\n"
            "from that of the program as it was compiled; the emulation that this RTL equals takes the integers."
        )
    )
    return f"""# {program.readout.problem_name or "A problem"} on {program.placement.chip or "a chip"}

Plain synthesizable Verilog-2005, written by hwsim, one module a file.

{_list(_what(made))}

## How to run it

The inputs of `rtl/top.v` are read at the rising edge of `clk`.

{_list(_use(made))}
{_shell(made)}
## What is where

{_places(trace)}

{exact}

## Check

`hwsim rtl check .` compiles `rtl/`, with your changes, and compares it with the emulation. Without hwsim, in this
folder:

    iverilog -g2005 -s testbench -o simulation test/testbench.v rtl/*.v
    vvp simulation +data=test/

It runs {made.n_slots} slots, {made.updates} updates, reads the states out then and after another reset, and prints
`HWSIM compared slots {made.n_slots}`, or the first slot or port that differs from `test/expected.hex`.
"""


def _list(items: list[str]) -> str:
    """Items of a list, filled into lines."""
    filled = [textwrap.fill(f"* {item}", 118, subsequent_indent="  ", break_on_hyphens=False) for item in items]
    return "\n".join(filled)


def _what(made: Machine) -> list[str]:
    """A line for each part of the machine."""
    clock, n = made.program.clock, made.wiring.n_slots
    ports = f"`rtl/{NAME}.v`, on a bus, around `rtl/top.v`" if made.shell else "`rtl/top.v`"
    fixed = int(np.sum(~made.free))
    never = f" {fixed} of them never change (stuck by fault, or held): a constant each." if fixed else ""
    period, slot = format_si(to_seconds(clock.period), "s", digits=9), format_si(made.clock_period_s, "s", digits=6)
    rows = [
        f"The top is {ports}.",
        f"{counted(made.n, 'p-bit')}, one net each in `rtl/top.v`, with the names that hwsim gives them in waveforms. "
        f"1 is s = +1.{never}",
        f"Clock: {clock.kind}, a round of {period} in {counted(n, 'slot')}, {_clocks(made)} a slot. The chip's own "
        f"pace is a clock of {slot}, which `constraints/` asks for.",
    ]
    if made.n_chips > 1:
        rows.append(_chips(made))
    if np.any(made.wiring.stages):
        rows.append("Wires that are longer than a slot: a line of registers, `rtl/delay_K.v` for K slots more.")
    if made.is_annealed:
        rows.append(
            f"Anneal (`rtl/anneal.v`): {len(made.step_slots)} steps of beta in {made.n_slots} slots. Then `done` is 1, "
            "and the machine stands still."
        )
    return [
        *rows,
        f"Field: I = bias + sum of weight s, with bias = -h and weight = -J of hwsim, in {made.unit}.",
        f"Table ({made.table}): {made.table_words}{_each_step(made)}. A threshold has {made.threshold_words}.",
        f"Random source: {_source(made)}.",
        f"Weights: {made.weights}, {made.weight_width} bits, in the unit of the field.",
        *_write_port(made),
    ]


def _clocks(made: Machine) -> str:
    return "one clock" if made.clocks_per_slot == 1 else "two clocks"


def _each_step(made: Machine) -> str:
    over_field = any(each.over_field for each in made.activations)
    return ", all steps together" if made.is_annealed and over_field else ""


def _chips(made: Machine) -> str:
    text = f"{made.n_chips} chips (`rtl/chip_K.v`) under one clock, so in step. A p-bit sees those of another chip"
    if not made.wiring.exchange:
        return f"{text} as it sees its own."
    when = exchange_words(made.wiring.exchange)
    return f"{text} as they were at the last exchange, {when} (`rtl/link.v`, `rtl/exchange_counter.v`)."


def _source(made: Machine) -> str:
    if made.source == PORT:
        return "words come from outside, a port for each p-bit"
    noise = made.program.noise
    if made.has_taps:
        return f"{made.source}, one for {noise.source_share} p-bits in a row, each of which turns its bits further"
    text = f"{made.source}, one for each p-bit"
    if noise.source_share > 1:
        text += f"; {noise.source_share} in a row have one sequence, {noise.words_apart} words apart"
    return text


def _write_port(made: Machine) -> list[str]:
    if not made.is_writable:
        return []
    half = 2 ** (made.weight_width - 1)
    return [
        "Write port: `write`, `address`, `data` set one register in a clock. The address is the p-bit's number and, in "
        f"the lowest {made.word_bits} bits, the word: 0 for the bias and k for the weight of neighbour k - 1. Data is "
        f"{-half} to {half - 1}. `refused` says in the clock after that the write was out of range or to no register. "
        "Reset keeps the registers; before the first write they are unknown. The manifest has the address of each "
        "p-bit, and its neighbours in order."
    ]


def _use(made: Machine) -> list[str]:
    """How to drive the top."""
    seeds, order = "" if made.source == PORT else " and seeds", ", chip after chip" if made.n_chips > 1 else ""
    rows = [f"`rst` is synchronous and active high: a clock of it sets initial states{seeds}, and slot 0 is next."]
    if made.is_writable:
        rows.append("Write all biases and weights before the first run: `rst` leaves them.")
    rows.append(
        f"While `run` is 1 a slot takes {_clocks(made)}, and its p-bits change at the edge that ends it. While it is 0 "
        "all stand still."
    )
    if made.source == PORT:
        rows.append(
            "`random_NAME` is read at the edge that ends the slot of p-bit NAME. Give each p-bit a new word in each "
            "round, uniform and independent of all others."
        )
    rows.append(
        "`load` takes all states of that moment into the read-out, while the machine runs on. `serial_out` is then the "
        "first p-bit, and after each clock with `shift` the next, in the order of `readout` in `manifest.json`"
        f"{order}."
    )
    return rows


def _places(trace: Expected) -> str:
    """The folder's files, and the keys of the manifest."""
    made = trace.machine
    rows = [
        ("`rtl/`", "a module in each file"),
        ("`constraints/`", "the clock of the top, as SDC and XDC, in ns"),
        ("`test/testbench.v`", "clock, stimulus, comparison and a watchdog"),
    ]
    each = "the new states of each slot, bit k that of its p-bit number k, counted upwards"
    if trace.is_long:
        each = "a checksum of each round"
    rows.append(("`test/expected.hex`", f"{each}; then the read-out after the run, and after another reset"))
    if made.source == PORT:
        rows.append(("`test/random.hex`", "of each slot, the random words of its p-bits, the first in the lowest bits"))
    if made.is_writable:
        rows.append(("`test/weights.hex`", "each write before the run: address, value, and 1 where it is refused"))
    rows.append(("`program.npz`", "the program of hwsim"))
    rows.append(("`manifest.json`", "what every name and number means in hwsim"))
    keys = [
        ("`is_exact`", "whether the trace is that of the program as it was compiled, bit for bit"),
        ("`clock`", "slots, clocks and seconds of a round; slots from one exchange between chips to the next"),
        ("`field_unit`", "energy of the problem that a unit of the field, of a bias or of a weight is"),
        ("`codes_per_field_unit`", "units of the chip's own weight registers in it"),
        ("`steps`", "each beta of the anneal, in 1 / energy of the problem, and its first slot"),
        ("`ports`", "what the ports of `rtl/top.v` mean"),
        ("`modules`", "what each module is, and which quantity of hwsim it holds"),
        ("`pbits`", "net, variable, slot, seed, initial state, bias and weights of each p-bit, and the nets it sees"),
        ("`readout`", "the order in which p-bits are read out, for each chip"),
    ]
    if made.is_writable:
        keys.append(("`write`", "the write port: bits of the address, range and unit of data"))
    if made.shell:
        keys.append(("`shell`", "the bus and its registers"))
    keys.append(
        ("`build`, `run`", "how it was made: seed, source, anneal in ticks of `tick_s`; slots and updates of the trace")
    )
    keys.append(("`machine`, `files`", "hashes of the machine and of each file"))
    return f"{_table('file', rows)}\n\n{_table('key of the manifest', keys)}"


def _table(name: str, rows: list[tuple[str, str]]) -> str:
    lines = "\n".join(f"| {first} | {what} |" for first, what in rows)
    return f"| {name} | what it holds |\n|---|---|\n{lines}"


def _shell(made: Machine) -> str:
    """The map of registers of the shell, where there is one."""
    if made.shell is None:
        return ""
    rows = []
    for each in registers(made):
        last = each.address + 4 * (each.words - 1)
        at = f"0x{each.address:03x}" + (f" to 0x{last:03x}" if each.words > 1 else "")
        rows.append(f"| {at} | {each.name} | {each.access} | {each.meaning} |")
    table = "\n".join(rows)
    return f"""
`rtl/{NAME}.v` has the top on an AXI4-Lite bus (`s_axi_*`, 32 bits of data, {address_width(made)} of address), one
write and one read at a time. Its reset `s_axi_aresetn` is synchronous and active low.

| address | register | access | meaning |
|---|---|---|---|
{table}

An access to no register is answered DECERR, one that reads or writes what cannot be, a part of a word or a refused
value SLVERR.
"""


def constraints(made: Machine) -> dict[str, str]:
    """The clock as SDC and XDC, by file name. The period is that of a slot of the chip, by the clocks of a slot."""
    port = "clk" if made.shell is None else "s_axi_aclk"
    period = np.format_float_positional(made.clock_period_s * 1e9, precision=6, fractional=False, trim="-")
    line = f"create_clock -name clk -period {period} [get_ports {port}]\n"
    n, of = made.wiring.n_slots, made.clocks_per_slot
    round_ = format_si(to_seconds(made.program.clock.period), "s", digits=9)
    about = (
        f"# In ns. At this clock a round takes the chip's {round_}: {counted(n, 'slot')} of {counted(of, 'clock')}.\n"
        "# A faster or slower clock gives the same states.\n"
    )
    return {"top.sdc": about + line, "top.xdc": about + line}
