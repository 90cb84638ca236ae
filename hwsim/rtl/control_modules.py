"""What times and reads the array, as modules: clock phases, exchange, annealing, links, delays, read-out."""

import numpy as np

from hwsim.rtl.machine import Machine
from hwsim.rtl.verilog import Port, bits_for, clocked, entity, hexadecimal, listed, span, unsigned
from hwsim.units import format_si, to_seconds

RUN = "0: nothing updates in this clock"
SLOT_END = "a slot ends with this clock"


def phases_module(machine: Machine) -> str:
    """The file of the clock phases: one slot after the other."""
    n, block = machine.wiring.n_slots, machine.table == "block"
    clock = machine.program.clock
    ports = [*clocked("the first slot is next"), Port(direction="input", name="run", note=RUN)]
    if block:
        note = "bit k: the p-bits of slot k read their tables"
        ports.append(
            Port(direction="output", name="look_up", width=n, note=note if n > 1 else "p-bits read their tables")
        )
    note = "bit k: the p-bits of slot k decide at the end of this clock"
    ports += [
        Port(
            direction="output", name="update", width=n, note=note if n > 1 else "p-bits decide at the end of this clock"
        ),
        Port(direction="output", name="slot_end", note=SLOT_END),
    ]
    lines = []
    if block:
        lines += [
            "  reg second;  // this is the second of the two clocks of a slot",
            "  always @(posedge clk) begin",
            "    if (rst) second <= 1'b0;",
            "    else if (run) second <= ~second;",
            "  end",
            "",
        ]
    end = "run & second" if block else "run"
    if n == 1:
        lines.append(f"  assign slot_end = {end};\n  assign update = slot_end;")
        if block:
            lines.append("  assign look_up = run & ~second;")
        else:
            lines.append("  wire unused = &{1'b0, clk, rst};  // one slot of one clock has nothing to count")
    else:
        lines += [
            f"  reg [{n - 1}:0] turn;  // one bit is 1: that of the slot under way",
            f"  assign slot_end = {end};",
            f"  assign update = turn & {{{n}{{slot_end}}}};",
        ]
        if block:
            lines.append(f"  assign look_up = turn & {{{n}{{run & ~second}}}};")
        lines += [
            "",
            "  always @(posedge clk) begin",
            f"    if (rst) turn <= {hexadecimal(1, n)};",
            f"    else if (slot_end) turn <= {{turn[{n - 2}:0], turn[{n - 1}]}};",
            "  end",
        ]
    clocks = "one clock" if machine.clocks_per_slot == 1 else "two clocks"
    return entity(
        "phases",
        ports,
        "\n".join(lines),
        about=f"Clock phases: a round of {n} slot{'s' if n > 1 else ''}, each of {clocks}.\n"
        f"In hwsim: clock {clock.kind}, period {format_si(to_seconds(clock.period), 's', digits=9)} of a round: the "
        f"chip's own pace at a clock of {format_si(machine.clock_period_s, 's', digits=6)}.",
    )


def exchange_words(every: int) -> str:
    """When values cross that do so every ``every`` slots."""
    return "before every slot" if every == 1 else f"before slots 0, {every}, {2 * every} and so on"


def exchange_module(machine: Machine) -> str:
    """The file of the counter that says when values cross between chips."""
    every = machine.wiring.exchange
    width = bits_for(every)
    if every == 1:
        body = "  wire unused = &{1'b0, clk, rst, slot_end};\n  assign exchange = 1'b1;\n"
    else:
        body = f"""  reg{span(width)} count;  // slots since the last exchange, 0 to {every - 1}
  assign exchange = count == {unsigned(0, width)};

  always @(posedge clk) begin
    if (rst) count <= {unsigned(0, width)};
    else if (slot_end) begin
      if (count == {unsigned(every - 1, width)}) count <= {unsigned(0, width)};
      else count <= count + {unsigned(1, width)};
    end
  end
"""
    return entity(
        "exchange_counter",
        [
            *clocked("the first slot exchanges"),
            Port(direction="input", name="slot_end", note=SLOT_END),
            Port(direction="output", name="exchange", note="values cross before this slot"),
        ],
        body,
        about=f"Exchange: values cross between chips {exchange_words(every)}.\n"
        "In hwsim: exchange_s of hwsim.compile, --exchange.",
    )


def link_module() -> str:
    """The file of a link."""
    return entity(
        "link",
        [
            *clocked("hold the initial state"),
            Port(direction="input", name="slot_end", note=SLOT_END),
            Port(direction="input", name="exchange", note="values cross before this slot"),
            Port(direction="input", name="initial_state", note="of the p-bit, 1 for s = +1"),
            Port(direction="input", name="live", note="the p-bit's s now"),
            Port(direction="output", name="seen", note="what the other chip sees of it"),
        ],
        """  reg held;  // s at the last exchange
  assign seen = exchange ? live : held;

  always @(posedge clk) begin
    if (rst) held <= initial_state;
    else if (slot_end & exchange) held <= live;
  end
""",
        about="Link: the state of one p-bit as another chip sees it. In the slot of an exchange it is the state\n"
        "before that slot, which then stays until the next exchange. A p-bit that decides in that very slot\n"
        "waits for the next one, as in hwsim (wires.exchange).",
    )


def delay_module(stages: int) -> str:
    """The file of a line of registers."""
    last = stages - 1
    moved = "live" if stages == 1 else f"{{line[{last - 1}:0], live}}"
    return entity(
        f"delay_{stages}",
        [
            *clocked("all registers take the initial state"),
            Port(direction="input", name="slot_end", note=SLOT_END),
            Port(direction="input", name="initial_state", note="of the p-bit, 1 for s = +1"),
            Port(direction="input", name="live", note="its s, or what a link shows of it"),
            Port(direction="output", name="seen", note=f"the same, {stages} slot{'s' if stages > 1 else ''} late"),
        ],
        f"""  reg{span(stages)} line;  // s before each of the last slots, the newest in bit 0
  assign seen = line{f"[{last}]" if stages > 1 else ""};

  always @(posedge clk) begin
    if (rst) line <= {{{stages}{{initial_state}}}};
    else if (slot_end) line <= {moved};
  end
""",
        about=f"Wire, {stages} slot{'s' if stages > 1 else ''} beyond the p-bit's own register. In hwsim: wires.delay.",
    )


def anneal_module(machine: Machine) -> str:
    """The file of the annealing: the step of beta, by the number of the slot."""
    width = bits_for(machine.n_slots + 1)
    betas, n = machine.activations[0].betas, len(machine.step_slots)
    bits = bits_for(n)
    cases = [
        f"        {unsigned(slot, width)}: step <= {unsigned(k, bits)};  // beta = {betas[k]:.6g}"
        for k, slot in enumerate(machine.step_slots)
        if k > 0
    ]
    body = f"""  reg{span(width)} slots;  // that have ended, 0 to {machine.n_slots}
  wire{span(width)} next_slot = slots + {unsigned(1, width)};
  assign done = slots == {unsigned(machine.n_slots, width)};

  always @(posedge clk) begin
    if (rst) begin
      slots <= {unsigned(0, width)};
      step <= {unsigned(0, bits)};  // beta = {betas[0]:.6g}
    end else if (slot_end & ~done) begin
      slots <= next_slot;
      case (next_slot)
{chr(10).join(cases)}
        default: step <= step;
      endcase
    end
  end
"""
    return entity(
        "anneal",
        anneal_ports(machine),
        body,
        about=f"Annealing: {n} steps of beta in {machine.n_slots} slots, and then the end.\n"
        "In hwsim: the anneal's steps, each from the first slot at or after its start; beta in 1 / energy.",
    )


def anneal_ports(machine: Machine) -> list[Port]:
    """The ports of the annealing."""
    bits = bits_for(len(machine.step_slots))
    return [
        *clocked("the anneal begins"),
        Port(direction="input", name="slot_end", note=SLOT_END),
        Port(direction="output", name="step", width=bits, kind="reg", note="which beta the p-bits take"),
        Port(direction="output", name="done", note="all slots have ended: the machine stands still"),
    ]


def readout_module(n: int, name: str) -> str:
    """The file of the read-out of ``n`` states."""
    shifted = "serial_in" if n == 1 else f"{{serial_in, chain[{n - 1}:1]}}"
    return entity(
        name,
        [
            Port(direction="input", name="clk"),
            Port(direction="input", name="load", note="take all states"),
            Port(direction="input", name="shift", note="move on by one p-bit"),
            Port(direction="input", name="serial_in", note="what follows the last p-bit, such as another chain"),
            Port(direction="input", name="states", width=n, note="bit k: p-bit k of the chain"),
            Port(direction="output", name="serial_out", note="p-bit 0 after load, then 1, 2 ..."),
        ],
        f"""  reg{span(n)} chain;  // without a reset: unknown before the first load
  assign serial_out = chain{"[0]" if n > 1 else ""};

  always @(posedge clk) begin
    if (load) chain <= states;
    else if (shift) chain <= {shifted};
  end
""",
        about=f"Read-out: a shift chain that takes the states of {n} p-bits at one clock while the machine runs on.",
    )


DATA_BITS = 32
"""Of the write port, as a bus has them."""


def write_module(machine: Machine) -> str:
    """The file of the write port."""
    low, high, width = machine.word_bits, machine.address_bits, machine.weight_width
    count = low + 1
    registers = np.where(machine.free, machine.program.network.degree + 1, 0)
    most = int(registers.max())
    cases = []
    for number in sorted(set(registers.tolist()) - {most}):
        chosen = [unsigned(i, high - low) for i in np.flatnonzero(registers == number).tolist()]
        cases.append(f"{listed(chosen, ' ' * 6)}: words = {unsigned(number, count)};")
    usual = unsigned(most, count)
    if machine.n < 2 ** (high - low):
        usual = f"pbit < {unsigned(machine.n, high - low)} ? {usual} : {unsigned(0, count)}"
    what = "// registers of that p-bit: bias and weights"
    words = f"  wire [{count - 1}:0] words = {usual};  {what}"
    if cases:
        lines = "\n".join(f"      {line.strip()}" for line in cases)
        words = (
            f"  reg [{count - 1}:0] words;  {what}\n  always @* begin\n    case (pbit)\n{lines}\n"
            f"      default: words = {usual};\n    endcase\n  end"
        )
    if "pbit" not in words:  # every number is a p-bit, and all have as many
        words += "\n  wire unused = &{1'b0, pbit};  // for lint: every number is a p-bit's"
    body = f"""  wire [{high - low - 1}:0] pbit = address[{high - 1}:{low}];
  wire [{low - 1}:0] word = address[{low - 1}:0];  // 0 the bias, k the weight of neighbour k - 1

{words}

  // a register of {width} bits holds the value if all bits above it are its sign
  wire fits = &data[{DATA_BITS - 1}:{width - 1}] | ~|data[{DATA_BITS - 1}:{width - 1}];
  wire exists = {{1'b0, word}} < words;
  assign store = write & fits & exists;
  assign value = data[{width - 1}:0];

  always @(posedge clk) begin
    if (rst) refused <= 1'b0;
    else if (write) refused <= ~store;
  end
"""
    least, top = -(2 ** (width - 1)), 2 ** (width - 1) - 1
    return entity(
        "write_port",
        [
            *clocked("no write is refused yet"),
            Port(direction="input", name="write", note="write data to the register at address, in this clock"),
            Port(direction="input", name="address", width=high, note=f"p-bit number, and {low} bits of the word"),
            Port(
                direction="input",
                name="data",
                width=DATA_BITS,
                note=f"two's complement, {least} to {top} in {machine.unit}",
            ),
            Port(direction="output", name="store", note="the write is good"),
            Port(direction="output", name="value", width=width, note=f"data as a register holds it, in {machine.unit}"),
            Port(
                direction="output",
                name="refused",
                kind="reg",
                note="the last write was out of range, or to no register",
            ),
        ],
        body,
        about="Write port: one bias or weight in a clock. A value that does not fit is refused, not clamped.\n"
        "A coupling is written to both of its p-bits.",
    )
