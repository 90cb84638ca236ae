"""The top: chips with their clock phases, annealing and read-out, and the wires between them."""

from hwsim.rtl.array_module import Chip, chips, random_ports, shared_ports
from hwsim.rtl.control_modules import DATA_BITS
from hwsim.rtl.machine import Machine
from hwsim.rtl.verilog import Port, clocked, entity, instance, listed, span

READOUT = (("load", "take all states"), ("shift", "move the read-out on by one p-bit"), ("serial_in", ""))


def top_modules(machine: Machine) -> dict[str, str]:
    """The files by name: ``top``, and a ``chip_K`` for each chip where there are several."""
    every = chips(machine)
    if len(every) == 1:
        return {"top": _chip_module(machine, every[0], "top")}
    made = {f"chip_{chip.number}": _chip_module(machine, chip, f"chip_{chip.number}") for chip in every}
    return made | {"top": _joined(machine, every)}


def _chip_module(machine: Machine, chip: Chip, name: str) -> str:
    alone = machine.n_chips == 1
    ports = [*clocked("the run begins anew"), Port(direction="input", name="run", note="0 stops the machine")]
    ports += [Port(direction="input", name=port, note=note) for port, note in READOUT]
    ports += _write_ports(machine, alone)
    ports += [Port(direction="input", name=port, width=bits) for port, bits in random_ports(machine, chip)]
    if not alone:
        ports += [Port(direction="input", name=machine.names[j], note="of another chip") for j in chip.foreign]
    ports.append(Port(direction="output", name="serial_out", note="states, p-bit by p-bit"))
    if machine.is_annealed:
        ports.append(Port(direction="output", name="done", note="the anneal is over"))
    if not alone:
        ports += [Port(direction="output", name=machine.names[i]) for i in chip.members]
    body = []
    own = [machine.names[i] for i in chip.members]
    if alone:
        body.append(f"  wire\n{listed(own)};")
    if alone and machine.is_writable:
        ports.append(_REFUSED)
        body.append(_write_port(machine))
    if alone and machine.shell:
        ports.append(_states_port(machine))
    body += [*_control(machine), _array(machine, chip), _readout(machine, chip, own)]
    what = "Top" if alone else f"Chip {chip.number}"
    return entity(name, ports, "\n\n".join(body), about=f"{what}: {len(own)} p-bits, their clock and their read-out.")


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
        parts.append("  wire unused = &{1'b0, slot_end};")
    return parts


_REFUSED = Port(direction="output", name="refused", note="the last write was out of range, or to no register")


def _states_port(machine: Machine) -> Port:
    """The states as a shell reads them."""
    return Port(direction="output", name="states", width=machine.n, note="bit k: p-bit k, 1 for s = +1")


def _write_ports(machine: Machine, top: bool) -> list[Port]:
    """Inputs of the write port, of the ``top`` or of a chip below it."""
    if not machine.is_writable:
        return []
    first, width = ("write", DATA_BITS) if top else ("store", machine.weight_width)
    return [
        Port(direction="input", name=first, note="a register takes data at the end of this clock"),
        Port(direction="input", name="address", width=machine.address_bits, note="p-bit number, and word"),
        Port(direction="input", name="data", width=width, signed=False, note="two's complement"),
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
    states = f"  {what} states = {{  // the last is p-bit 0 of the chain\n{listed(own[::-1])}\n  }};\n"
    wires = [("clk", "clk"), *((x, x) for x in ("load", "shift", "serial_in", "states", "serial_out"))]
    return states + instance(readout_name(machine, chip), "instance_readout", wires)


def _joined(machine: Machine, every: list[Chip]) -> str:
    """The top of several chips: the wires between them, and one read-out chain."""
    ports = [*clocked("the run begins anew"), Port(direction="input", name="run", note="0 stops the machine")]
    ports += [Port(direction="input", name=port, note=note) for port, note in READOUT]
    ports += _write_ports(machine, True)
    for chip in every:
        ports += [Port(direction="input", name=port, width=bits) for port, bits in random_ports(machine, chip)]
    ports.append(Port(direction="output", name="serial_out", note="states of chip 0, then chip 1 ..."))
    if machine.is_annealed:
        ports.append(Port(direction="output", name="done", note="the anneal is over"))
    last = len(every) - 1
    body = [f"  wire\n{listed(list(machine.names))};"]
    if machine.is_writable:
        ports.append(_REFUSED)
        body.append(_write_port(machine))
    if machine.shell:
        ports.append(_states_port(machine))
        body.append(f"  assign states = {{  // the last is p-bit 0\n{listed(machine.names[::-1])}\n  }};")
    body.append("\n".join(f"  wire chain_{c};" for c in range(1, last + 1)))
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
        body.append(f"  wire unused = &{{  // no other chip sees these p-bits\n    1'b0,\n{listed(own)}\n  }};")
    return entity("top", ports, "\n\n".join(body), about=f"Top: {len(every)} chips under one clock, and their wires.")
