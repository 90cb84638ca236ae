"""The README of a folder of RTL, and the constraints of its clock."""

from hwsim.rtl.expected import Expected
from hwsim.rtl.machine import PORT, Machine
from hwsim.rtl.shell_module import NAME, address_width, registers
from hwsim.units import format_si, to_seconds


def readme(trace: Expected, files: list[str]) -> str:
    """README.md of the folder with ``files``."""
    made = trace.machine
    program, wiring = made.program, made.wiring
    period = to_seconds(program.clock.period)
    slots = f"{wiring.n_slots} slot{'s' if wiring.n_slots > 1 else ''}"
    clocks = "one clock" if made.clocks_per_slot == 1 else "two clocks"
    source = (
        "words come from outside, a port for each p-bit"
        if made.source == PORT
        else f"{made.source}, one for each p-bit"
    )
    exact = (
        "The trace is that of the program as it was compiled."
        if made.whole.is_exact
        else (
            "Weights are integers times one factor that is no power of two, so the last bit of a field may differ\n"
            "from that of the program as it was compiled; the emulation that this RTL equals takes the integers."
        )
    )
    port = ""
    if made.is_writable:
        half = 2 ** (made.weight_width - 1)
        port = f"""
* Write port: `write`, `address`, `data` set one register in a clock. The address is the p-bit's number and
  {made.word_bits} bits of the word, 0 for the bias and k for the weight of neighbour k - 1.
  Data is {-half} to {half - 1}. `refused` says that the last write was out of range or to no register.
  Reset keeps the registers; before the first write they are unknown. The manifest has the address of each p-bit, and
  its neighbours in order."""
    return f"""# {program.readout.problem_name or "A problem"} on {program.placement.chip or "a chip"}

Plain synthesizable Verilog-2005, written by hwsim, one module a file.

* `rtl/top.v` is the top: `clk`, `rst` (synchronous, active high), `run`, and a read-out chain (`load`, `shift`).
* {made.n} p-bits, one net each in `rtl/top.v`, with the names that hwsim gives them in waveforms. 1 is s = +1.
* Clock: {program.clock.kind}, a round of {format_si(period, "s")} in {slots}, {clocks} a slot.
* Field: I = bias + sum of weight s, with bias = -h and weight = -J of hwsim, in {made.unit}.
* Table ({made.table}): {made.table_words}. A threshold has {made.threshold_words}.
* Random source: {source}.
* Weights: {made.weights}, {made.weight_width} bits.{port}
{_shell(made)}
{exact}

`manifest.json` says of each net which p-bit it is, of each module which quantity of hwsim it holds, and of each file
its hash. `program.npz` is the program: `hwsim rtl check .` compiles `rtl/` and compares it with the emulation.

Without hwsim, in this folder:

    iverilog -g2005 -s testbench -o simulation test/testbench.v rtl/*.v
    vvp simulation +data=test/

It runs {made.n_slots} slots, {made.updates} updates, reads the states out then and after another reset, and prints
`HWSIM compared slots {made.n_slots}`, or the first slot or port that differs from `test/expected.hex`.
"""


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
write and one read at a time:

| address | register | access | meaning |
|---|---|---|---|
{table}

An access to no register is answered DECERR, one that reads or writes what cannot be, a part of a word or a refused
value SLVERR.
"""


def constraints(made: Machine) -> dict[str, str]:
    """The clock as SDC and XDC, by file name. The period is that of a slot of the chip, by the clocks of a slot."""
    port = "clk" if made.shell is None else "s_axi_aclk"
    line = f"create_clock -name clk -period {made.clock_period_s * 1e9:.3f} [get_ports {port}]\n"
    about = f"# {made.wiring.n_slots} slots of {made.clocks_per_slot} clock(s) in a round of the chip's period. ns\n"
    return {"top.sdc": about + line, "top.xdc": about + line}
