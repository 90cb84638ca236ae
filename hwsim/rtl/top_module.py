"""The top: chips with their clock phases, annealing and read-out, and the wires between them."""

from hwsim.display import counted
from hwsim.rtl.array_module import ADDRESS, Chip, chips, foreign_ports, random_inputs, random_ports, shared_ports
from hwsim.rtl.control_modules import DATA_BITS, RUN
from hwsim.rtl.machine import Machine
from hwsim.rtl.verilog import Port, clocked, entity, instance, listed, span

READOUT = (
    ("load", "the read-out takes all states"),
    ("shift", "the read-out moves on by one p-bit"),
    ("serial_in", "what follows the last p-bit in the read-out"),
)
START = (
    "After a clock of rst slot 0 is next, and slots pass while run is 1. load takes the states of a moment, while the\n"
    "machine runs on, and serial_out shows them, the next after each clock of shift."
)


def top_modules(machine: Machine) -> dict[str, str]:
    """The files by name: ``top``, and a ``chip_K`` for each chip where there are several."""
    every = chips(machine)
    if len(every) == 1:
        return {"top": _chip_module(machine, every[0], "top")}
    made = {f"chip_{chip.number}": _chip_module(machine, chip, f"chip_{chip.number}") for chip in every}
    return made | {"top": _joined(machine, every)}


def top_ports(machine: Machine) -> list[Port]:
    """The ports of ``top``."""
    several = machine.n_chips > 1
    ports = _inputs(machine, chips(machine), top=True)
    order = "chip after chip, " if several else ""
    ports.append(Port(direction="output", name="serial_out", note=f"states, {order}p-bit by p-bit"))
    ports += _done(machine)
    if machine.is_writable:
        ports.append(
            Port(direction="output", name="refused", note="the last write was out of range, or to no register")
        )
    if machine.shell:
        note = "bit k: p-bit k, 1 for s = +1"
        ports.append(Port(direction="output", name="states", width=machine.n, note=note))
    return ports


def _inputs(machine: Machine, every: list[Chip], *, top: bool) -> list[Port]:
    """What the ``top`` takes, or a chip below it."""
    ports = [*clocked("the run begins anew"), Port(direction="input", name="run", note=RUN)]
    ports += [Port(direction="input", name=port, note=note) for port, note in READOUT]
    ports += _write_ports(machine, top)
    return ports + [port for chip in every for port in random_inputs(machine, chip)]


def _done(machine: Machine) -> list[Port]:
    note = "the anneal is over, and the machine stands still"
    return [Port(direction="output", name="done", note=note)] if machine.is_annealed else []


def _chip_module(machine: Machine, chip: Chip, name: str) -> str:
    """The whole machine, or one chip of several."""
    own = [machine.names[i] for i in chip.members]
    body = []
    if machine.n_chips == 1:
        what, ports = "Top", top_ports(machine)
        body.append(f"  wire\n{listed(own)};")
        if machine.is_writable:
            body.append(_write_port(machine))
    else:
        what, ports = f"Chip {chip.number}", _inputs(machine, [chip], top=False)
        ports += foreign_ports(machine, chip)
        ports.append(Port(direction="output", name="serial_out", note="states, p-bit by p-bit"))
        ports += _done(machine)
        ports += [Port(direction="output", name=net) for net in own]
    body += [*_control(machine), _array(machine, chip), _readout(machine, chip, own)]
    about = f"{what}: {counted(len(own), 'p-bit')}, their clock and their read-out.\n{START}"
    return entity(name, ports, "\n\n".join(body), about=about)


def _control(machine: Machine) -> list[str]:
    parts, common = [], [("clk", "clk"), ("rst", "rst")]
    annealed, n = machine.is_annealed, machine.wiring.n_slots
    run = "run & ~done" if annealed else "run"
    wires = [*common, ("run", run)]
    nets = []
    if machine.table == "block":
        nets.append(f"  wire{span(n)} look_up;")
        wires.append(("look_up", "look_up"))
    nets.append(f"  wire{span(n)} update;\n  wire slot_end;")
    wires += [("update", "update"), ("slot_end", "slot_end")]
    parts.append("\n".join(nets) + "\n" + instance("phases", "instance_phases", wires))
    told = [name for name, _, _ in shared_ports(machine)]
    if annealed:
        bits = next(bits for name, bits, _ in shared_ports(machine) if name == "step")
        parts.append(
            f"  wire{span(bits)} step;\n"
            + instance("anneal", "instance_anneal", [*common, *((x, x) for x in ("slot_end", "step", "done"))])
        )
    if machine.wiring.exchange:
        parts.append(
            "  wire exchange;\n"
            + instance("exchange_counter", "instance_exchange", [*common, *((x, x) for x in ("slot_end", "exchange"))])
        )
    if not annealed and "slot_end" not in told:
        parts.append("  wire unused = &{1'b0, slot_end};  // for lint: this machine needs none of it")
    return parts


def _write_ports(machine: Machine, top: bool) -> list[Port]:
    """Inputs of the write port, of the ``top`` or of a chip below it."""
    if not machine.is_writable:
        return []
    first, width = ("write", DATA_BITS) if top else ("store", machine.weight_width)
    return [
        Port(direction="input", name=first, note="a register takes data at the end of this clock"),
        Port(
            direction="input", name="address", width=machine.address_bits, note=ADDRESS.format(bits=machine.word_bits)
        ),
        Port(direction="input", name="data", width=width, note=f"two's complement, in {machine.unit}"),
    ]


def _write_port(machine: Machine) -> str:
    wires = [(name, name) for name in ("clk", "rst", "write", "address", "data", "store", "value", "refused")]
    nets = f"  wire store;\n  wire{span(machine.weight_width)} value;\n"
    return nets + instance("write_port", "instance_write_port", wires)


def _array(machine: Machine, chip: Chip) -> str:
    names = [name for name, _, _ in shared_ports(machine)] + [name for name, _ in random_ports(machine, chip)]
    names += [machine.names[i] for i in (*chip.foreign, *chip.members)]
    nets = {"data": "value"} if machine.n_chips == 1 else {}
    return instance(chip.name, "array", [(name, nets.get(name, name)) for name in ("clk", "rst", *names)])


def readout_name(machine: Machine, chip: Chip) -> str:
    """The module that reads ``chip`` out."""
    return "readout" if machine.n_chips == 1 else f"readout_{chip.number}"


def _readout(machine: Machine, chip: Chip, own: list[str]) -> str:
    what = "assign" if machine.n_chips == 1 and machine.shell else f"wire{span(len(own))}"  # assign: it is a port
    states = f"  {what} states = {{  // bit 0, the first to be read out, stands last\n{listed(own[::-1])}\n  }};\n"
    wires = [("clk", "clk"), *((x, x) for x in ("load", "shift", "serial_in", "states", "serial_out"))]
    return states + instance(readout_name(machine, chip), "instance_readout", wires)


def _joined(machine: Machine, every: list[Chip]) -> str:
    """The top of several chips: the wires between them, and one read-out chain."""
    last = len(every) - 1
    body = [f"  wire\n{listed(list(machine.names))};"]
    if machine.is_writable:
        body.append(_write_port(machine))
    if machine.shell:
        body.append(f"  assign states = {{  // p-bit 0 stands last\n{listed(machine.names[::-1])}\n  }};")
    chains = [f"  wire chain_{c};  // read-out of chip {c}, into that of chip {c - 1}" for c in range(1, last + 1)]
    body.append("\n".join(chains))
    if machine.is_annealed:
        body.append(f"  wire{span(last + 1)} done_of_chip;\n  assign done = &done_of_chip;")
    for chip in every:
        c = chip.number
        names = ["clk", "rst", "run", "load", "shift", *(name for name, _ in random_ports(machine, chip))]
        wires = [(name, name) for name in names]
        wires.append(("serial_in", "serial_in" if c == last else f"chain_{c + 1}"))
        wires.append(("serial_out", "serial_out" if c == 0 else f"chain_{c}"))
        if machine.is_annealed:
            wires.append(("done", f"done_of_chip[{c}]"))
        if machine.is_writable:
            wires += [("store", "store"), ("address", "address"), ("data", "value")]
        wires += [(machine.names[i], machine.names[i]) for i in (*chip.foreign, *chip.members)]
        body.append(instance(f"chip_{c}", f"instance_chip_{c}", wires))
    seen = {int(j) for chip in every for j in chip.foreign}
    own = [name for i, name in enumerate(machine.names) if i not in seen]
    if own:
        body.append(
            f"  wire unused = &{{  // for lint: no other chip sees these p-bits\n    1'b0,\n{listed(own)}\n  }};"
        )
    about = f"Top: {len(every)} chips under one clock, and their wires.\n{START}"
    return entity("top", top_ports(machine), "\n\n".join(body), about=about)
