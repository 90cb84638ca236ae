"""The array of one chip: its p-bits, one named net each, and what they see of the p-bits of other chips."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hwsim.rtl.control_modules import SLOT_END
from hwsim.rtl.machine import PORT, SHELLS, Machine
from hwsim.rtl.pbit_module import pbit_name, widths
from hwsim.rtl.source_module import MODULES, STATE_BITS, seed_of
from hwsim.rtl.verilog import Port, bits_for, clocked, entity, hexadecimal, instance, listed, signed, unsigned

ADDRESS = "p-bit number, and in the lowest {bits} bits the word"
"""What the address of a register is made of."""
MOST_WHOLE = 1024
"""p-bits up to which lint and synthesis read the whole design."""


@dataclass(frozen=True, kw_only=True)
class Chip:
    """One chip of a Machine. name : of its array's module;  members : int64, its p-bits, ascending
    foreign : int64, p-bits of other chips that it sees, ascending
    """

    number: int
    name: str
    members: np.ndarray
    foreign: np.ndarray


def chips(machine: Machine) -> list[Chip]:
    """All chips of ``machine``."""
    network = machine.program.network
    made = []
    for c in range(machine.n_chips):
        own = machine.chip_of == c
        rows = own[network.rows] & machine.free[network.rows]
        seen = np.unique(network.indices[rows & ~own[network.indices]]).astype(np.int64)
        name = "array" if machine.n_chips == 1 else f"array_{c}"
        made.append(Chip(number=c, name=f"pbit_{name}", members=np.flatnonzero(own), foreign=seen))
    return made


def modules_of_all(machine: Machine) -> set[str]:
    """Names of the modules that hold all p-bits, or all of a chip."""
    of_chips = {name for chip in chips(machine) for name in (chip.name, f"chip_{chip.number}")}
    return {"top", *(f"{shell.replace('-', '_')}_shell" for shell in SHELLS), *of_chips}


def shared_ports(machine: Machine) -> list[tuple[str, int, str]]:
    """(name, bits, note) of what all arrays are told beside clk and rst."""
    n, found = machine.wiring.n_slots, []
    if machine.table == "block":
        found.append(("look_up", n, "by slot: read the tables"))
    found.append(("update", n, "by slot: decide at the end of this clock"))
    if np.any(machine.wiring.stages) or machine.wiring.exchange or machine.by_clock:
        found.append(("slot_end", 1, SLOT_END))
    if machine.wiring.exchange:
        found.append(("exchange", 1, "values cross before this slot"))
    if machine.is_annealed:
        found.append(("step", bits_for(len(machine.step_slots)), "of the anneal: which beta"))
    if machine.is_writable:
        found.append(("store", 1, "a register takes data at the end of this clock"))
        found.append(("address", machine.address_bits, ADDRESS.format(bits=machine.word_bits)))
        found.append(("data", machine.weight_width, f"two's complement, in {machine.unit}"))
    return found


def random_ports(machine: Machine, chip: Chip) -> list[tuple[str, int]]:
    """(name, bits) of the random words that ``chip`` takes from outside."""
    if machine.source != PORT:
        return []
    free = chip.members[machine.free[chip.members]]
    return [(f"random_{machine.names[i]}", widths(machine, int(machine.kind[i])).compared) for i in free]


def random_inputs(machine: Machine, chip: Chip) -> list[Port]:
    """The same as ports."""
    slot = {f"random_{machine.names[i]}": int(machine.wiring.slot[i]) for i in chip.members}
    return [
        Port(direction="input", name=name, width=bits, note=f"uniform, read at the end of slot {slot[name]}")
        for name, bits in random_ports(machine, chip)
    ]


def foreign_ports(machine: Machine, chip: Chip) -> list[Port]:
    """The p-bits of other chips that ``chip`` sees."""
    return [
        Port(direction="input", name=machine.names[j], note=f"of chip {machine.chip_of[j]}, as it is now")
        for j in chip.foreign
    ]


def array_module(machine: Machine, chip: Chip) -> str:
    """The file of the array of ``chip``."""
    names = machine.names
    seeds = "" if machine.source == PORT else " and seeds"
    ports = [*clocked(f"take initial states{seeds}")]
    ports += [Port(direction="input", name=name, width=bits, note=note) for name, bits, note in shared_ports(machine)]
    ports += random_inputs(machine, chip)
    ports += foreign_ports(machine, chip)
    ports += [Port(direction="output", name=names[i]) for i in chip.members]
    body = [*_registers(machine, chip), *_late(machine, chip), *(_pbit(machine, int(i)) for i in chip.members)]
    body += _unused_slots(machine, chip)
    what = "the p-bits" if machine.n_chips == 1 else f"the p-bits of chip {chip.number}"
    about = [f"Array: {what}, one net each, 1 for s = +1."]
    if not machine.is_writable:
        about.append(f"Constants here: biases and weights in {machine.unit}, initial states{seeds}.")
    else:
        about.append(f"Constants here: initial states{seeds}.")
    drawn = "Initial states" if not seeds else "Seeds, one for each source, and initial states"
    about.append(f"{drawn} are those of hwsim's seed {machine.seed} (--seed).")
    return entity(chip.name, ports, "\n\n".join(body), about="\n".join(about))


def _unused_slots(machine: Machine, chip: Chip) -> Iterator[str]:
    """The slots of a round in which no p-bit of ``chip`` updates, as nets that lint shall not name."""
    own = set(machine.wiring.slot[chip.members[machine.free[chip.members]]].tolist())
    others = [k for k in range(machine.wiring.n_slots) if k not in own]
    names = ["look_up", "update"] if machine.table == "block" else ["update"]
    bits = [f"{name}[{k}]" if machine.wiring.n_slots > 1 else name for name in names for k in others]
    if bits:
        why = "// for lint: no p-bit of this chip updates in these slots"
        yield f"  wire unused = &{{  {why}\n    1'b0,\n{listed(bits)}\n  }};"


def _registers(machine: Machine, chip: Chip) -> Iterator[str]:
    """The registers that p-bits of ``chip`` share."""
    if not machine.has_taps:
        return
    module, bits = MODULES[machine.source], STATE_BITS[machine.source]
    share = machine.program.noise.source_share
    for block in np.unique(chip.members // share).tolist():
        seed = hexadecimal(seed_of(machine.source, machine.source_states[block * share].tolist()), bits)
        net = f"random_{block}"
        wires = [("clk", "clk"), ("rst", "rst"), ("enable", "slot_end"), ("seed", seed), ("word", net)]
        last = min((block + 1) * share, machine.n) - 1
        yield f"  wire [31:0] {net};  // of p-bits {block * share} to {last}\n" + instance(
            module, f"instance_{net}", wires
        )


def _tapped(machine: Machine, i: int, bits: int) -> str:
    """The leading ``bits`` of the shared word as p-bit ``i`` sees it, turned left."""
    net, turn = f"random_{i // machine.program.noise.source_share}", machine.turn(i)
    size = 16 if machine.source == "lfsr16" else 32
    order = [(k - turn) % size for k in range(size - 1, -1, -1)]  # bit of the register, leading first
    parts: list[str] = []
    for k in [bit + 32 - size for bit in order[:bits]]:
        if parts and int(parts[-1].split(":")[1]) == k + 1:
            parts[-1] = f"{parts[-1].split(':')[0]}:{k}"
        else:
            parts.append(f"{k}:{k}")
    parts = [f"{net}[{part}]" for part in parts]
    if bits > size:
        parts.append(f"{bits - size}'d0")
    return parts[0] if len(parts) == 1 else f"{{{', '.join(parts)}}}"


def seen_name(machine: Machine, k: int) -> str:
    """The net through which the row of connection ``k`` sees its neighbour."""
    name = machine.names[machine.program.network.indices[k]]
    waits, stages = bool(machine.wiring.waits[k]), int(machine.wiring.stages[k])
    if not waits and not stages:
        return name
    return f"seen_{name}{'_link' if waits else ''}{f'_late_{stages}' if stages else ''}"


def _late(machine: Machine, chip: Chip) -> Iterator[str]:
    """Links and lines of registers, one for each way to see a p-bit."""
    wiring, network = machine.wiring, machine.program.network
    mine = np.isin(network.rows, chip.members[machine.free[chip.members]]) & (wiring.waits | (wiring.stages > 0))
    made: set[str] = set()
    late = np.flatnonzero(mine)
    for k in late[np.argsort(network.indices[late], kind="stable")].tolist():  # by the p-bit that is seen
        j, stages = int(network.indices[k]), int(wiring.stages[k])
        live, seen = machine.names[j], seen_name(machine, k)
        common = [("clk", "clk"), ("rst", "rst"), ("slot_end", "slot_end")]
        start = ("initial_state", f"1'b{int(machine.initial[j] > 0)}")
        if wiring.waits[k]:
            link = f"seen_{live}_link"
            if link not in made:
                made.add(link)
                wires = [*common, ("exchange", "exchange"), start, ("live", live), ("seen", link)]
                yield (
                    f"  // p-bit {j} of chip {machine.chip_of[j]}, as it was at the last exchange\n  wire {link};\n"
                    + instance("link", f"instance_{link}", wires)
                )
            live = link
        if stages and seen not in made:
            made.add(seen)
            wires = [*common, start, ("live", live), ("seen", seen)]
            yield (
                f"  // p-bit {j}, {stages} slot{'s' if stages > 1 else ''} late\n  wire {seen};\n"
                + instance(f"delay_{stages}", f"instance_{seen}", wires)
            )


def _pbit(machine: Machine, i: int) -> str:
    """The instance of p-bit ``i``, or the constant that it is."""
    name, network = machine.names[i], machine.program.network
    who = f"p-bit {i}, variable {_one_line(machine.labels[i])}"
    if not machine.free[i]:
        value = int(machine.initial[i] > 0)
        return f"  // {who}, {why_constant(machine, i)} at {'+1' if value else '-1'}\n  assign {name} = 1'b{value};"
    kind, row = int(machine.kind[i]), network.row(i)
    wide, slot = widths(machine, kind), int(machine.wiring.slot[i])
    bit = f"[{slot}]" if machine.wiring.n_slots > 1 else ""
    wires = [("clk", "clk"), ("rst", "rst")]
    if machine.table == "block":
        wires.append(("look_up", f"look_up{bit}"))
    wires.append(("update", f"update{bit}"))
    if wide.step:
        wires.append(("step", "step"))
    if machine.has_taps:
        wires.append(("random", _tapped(machine, i, wide.compared)))
    elif machine.source == PORT:
        wires.append(("random", f"random_{name}"))
    else:
        if machine.by_clock:
            wires.append(("slot_end", "slot_end"))
        seed = seed_of(machine.source, machine.source_states[i].tolist())
        wires.append(("seed", hexadecimal(seed, STATE_BITS[machine.source])))
    wires.append(("initial_state", f"1'b{int(machine.initial[i] > 0)}"))
    if machine.is_writable:
        wires += _writes(machine, i)
    else:
        wires.append(("bias", signed(-int(machine.whole.bias[i]), wide.weight)))
    for q, k in enumerate(range(row.start, row.stop)):
        if not machine.is_writable:
            wires.append((f"weight_{q}", signed(-int(machine.whole.weight[k]), wide.weight)))
        wires.append((f"neighbour_{q}", seen_name(machine, k)))
    wires.append(("state", name))
    turned = f", random word turned left by {machine.turn(i)} bits" if machine.has_taps and machine.turn(i) else ""
    says = f"  // {who}, slot {slot} of a round{turned}"
    return f"{says}\n" + instance(pbit_name(machine, kind, row.stop - row.start), f"instance_{name}", wires)


def why_constant(machine: Machine, i: int) -> str:
    """Why p-bit ``i`` never changes."""
    return "stuck by fault" if machine.program.cells.stuck[i] else "held"


def _one_line(label: str) -> str:
    """``label`` in a comment: a line break or another character that does not print would end it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in label)


def _writes(machine: Machine, i: int) -> list[tuple[str, str]]:
    """How p-bit ``i`` is written: its number is in the upper bits of the address."""
    low, high = machine.word_bits, machine.address_bits
    number = unsigned(i, high - low)
    store = f"store & (address[{high - 1}:{low}] == {number})"
    return [("store", store), ("register_number", f"address[{low - 1}:0]"), ("data", "data")]
