"""The shell: a machine behind an AXI4-Lite bus, in a file of its own around the top.

Enters: a Machine. Leaves: the Verilog of the shell, and its map of registers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hwsim.rtl.array_module import chips, random_inputs, random_ports
from hwsim.rtl.machine import Machine
from hwsim.rtl.verilog import Port, bits_for, entity, hexadecimal, instance, span, unsigned

NAME = "axi4_lite_shell"
"""Of the module and its file."""
STATES = 0x100
"""Address of the first word of states."""
_OKAY, _SLVERR, _DECERR = "2'b00", "2'b10", "2'b11"


@dataclass(frozen=True, kw_only=True)
class Register:
    """A register of 32 bits. address : in bytes, of its first word;  access : r, w or rw;  words : how many"""

    address: int
    name: str
    access: str
    meaning: str
    words: int = 1


def registers(machine: Machine) -> tuple[Register, ...]:
    """The registers of the shell of ``machine``, by address."""
    over = ", bit 1 that the anneal is over" if machine.is_annealed else ""
    rows = [
        ("control", "rw", "bit 0 run; bit 1 reset, reads as 0: initial states, seeds, no sweep done; the rest stays"),
        ("status", "r", f"bit 0 says that the machine runs{over}"),
        ("target_sweeps", "rw", "the machine runs while run is 1 and fewer sweeps are done"),
        ("sweeps_done", "r", "whole rounds of the clock since the reset"),
        ("pbits", "r", "number of p-bits"),
    ]
    if machine.is_writable:
        rows.append(("weight_address", "rw", "p-bit number and word of the next weight_data, as in the write port"))
        rows.append(("weight_data", "w", "two's complement, to the register at weight_address; refused: SLVERR"))
    made = [Register(address=4 * k, name=name, access=how, meaning=what) for k, (name, how, what) in enumerate(rows)]
    meaning = "bit k of word w is p-bit 32 w + k, 1 for s = +1; of one moment while the machine stands still"
    last = Register(address=STATES, name="states", access="r", meaning=meaning, words=-(-machine.n // 32))
    return (*made, last)


def address_width(machine: Machine) -> int:
    """Bits of an address of the bus: of all registers, at least 12 for the smallest range of a bus."""
    return max(12, (STATES + 4 * registers(machine)[-1].words).bit_length())


def shell_module(machine: Machine) -> str:
    """The file of the shell of ``machine``."""
    words = [port for chip in chips(machine) for port in random_ports(machine, chip)]
    ports = [*_bus(address_width(machine)), *(port for chip in chips(machine) for port in random_inputs(machine, chip))]
    body = "\n".join([_control(machine), _exists(machine), _write(machine), _read(machine), _machine(machine, words)])
    table = "\n".join(
        f"  {each.address:03x}  {each.name} ({each.access}): {each.meaning}" for each in registers(machine)
    )
    return entity(
        NAME,
        ports,
        body,
        about=f"AXI4-Lite shell: the machine on a bus of 32-bit data, one write and one read at a time.\n{table}\n"
        "No register at an address: DECERR. Read or write only, a part of a word, a refused value: SLVERR.",
    )


def _bus(bits: int) -> Iterator[Port]:
    yield Port(direction="input", name="s_axi_aclk")
    yield Port(direction="input", name="s_axi_aresetn", note="synchronous, active low: bus and machine begin anew")
    rows = (
        ("input", "awaddr", bits, "in bytes"),
        ("input", "awprot", 3, "not looked at"),
        ("input", "awvalid", 1, ""),
        ("output", "awready", 1, ""),
        ("input", "wdata", 32, ""),
        ("input", "wstrb", 4, "a whole word: 1111"),
        ("input", "wvalid", 1, ""),
        ("output", "wready", 1, ""),
        ("output", "bresp", 2, ""),
        ("output", "bvalid", 1, ""),
        ("input", "bready", 1, ""),
        ("input", "araddr", bits, "in bytes"),
        ("input", "arprot", 3, "not looked at"),
        ("input", "arvalid", 1, ""),
        ("output", "arready", 1, ""),
        ("output", "rdata", 32, ""),
        ("output", "rresp", 2, ""),
        ("output", "rvalid", 1, ""),
        ("input", "rready", 1, ""),
    )
    for direction, name, width, note in rows:
        kind = "reg" if name in ("bresp", "bvalid", "rdata", "rresp", "rvalid") else "wire"
        yield Port(direction=direction, name=f"s_axi_{name}", width=width, kind=kind, note=note)


def _address(machine: Machine, name: str) -> str:
    """The address of register ``name`` as a literal."""
    found = {each.name: each.address for each in registers(machine)}
    return hexadecimal(found[name], address_width(machine))


def _control(machine: Machine) -> str:
    """What runs the machine: its control bits, and the count of its sweeps."""
    clocks = machine.wiring.n_slots * machine.clocks_per_slot
    width = bits_for(clocks)
    over = " & ~done" if machine.is_annealed else ""
    ends, count, begin, step = "running", "", "", ""
    if clocks > 1:
        count = f"  reg{span(width)} clocks;  // of the sweep, that have ended; it has {clocks}\n"
        ends = f"running & (clocks == {unsigned(clocks - 1, width)})"
        begin = f"      clocks <= {unsigned(0, width)};\n"
        zero, one = unsigned(0, width), unsigned(1, width)
        step = f"    end else if (running) begin\n      clocks <= sweep_ends ? {zero} : clocks + {one};\n"
    done = "  wire done;  // the anneal is over\n" if over else ""
    counts = "      if (sweep_ends) sweeps_done <= sweeps_done + 32'd1;\n"
    step = step + counts if step else f"    end else begin\n{counts}"
    return f"""  wire clk = s_axi_aclk;
  reg run;      // bit 0 of control
  reg restart;  // bit 1 of control, for one clock
  wire rst = ~s_axi_aresetn | restart;
  reg [31:0] target_sweeps, sweeps_done;  // as in the table above
{count}{done}  wire running = run & ~restart & (sweeps_done < target_sweeps){over};
  wire sweep_ends = {ends};

  always @(posedge clk) begin
    if (rst) begin
{begin}      sweeps_done <= 32'd0;
{step}    end
  end
"""


def _exists(machine: Machine) -> str:
    """The function that knows the addresses."""
    bits, every = address_width(machine), registers(machine)
    first, end = every[-1].address, every[-1].address + 4 * every[-1].words
    after = every[-2].address + 4
    many = f"{every[-1].words} words" if every[-1].words > 1 else "one word"
    return f"""  function is_states(input [{bits - 1}:0] address);  // {many} from {first:03x} on
    is_states = (address >= {hexadecimal(first, bits)}) & (address < {hexadecimal(end, bits)});
  endfunction

  function exists(input [{bits - 1}:0] address);  // the registers end before {after:03x}; words lie at multiples of 4
    exists = (address[1:0] == 2'b00) & ((address < {hexadecimal(after, bits)}) | is_states(address));
  endfunction
"""


def _write(machine: Machine) -> str:
    """The write channels."""
    bits = address_width(machine)
    nets, taken, stored, first = "", "is_control | is_target", "", ""
    if machine.is_writable:
        wide = machine.address_bits
        nets = f"""  wire is_address = write_address == {_address(machine, "weight_address")};
  wire is_data = write_address == {_address(machine, "weight_data")};
  wire fits = ~|write_data[31:{wide}];  // an address beyond the write port's is refused, not cut
  reg [{wide - 1}:0] weight_address;  // p-bit number, and in the lowest {machine.word_bits} bits the word
  wire write = commit & whole & is_data;
  wire refused;  // by the write port, of the clock before
"""
        taken += " | (is_address & fits) | (is_data & ~refused)"
        first = f"      weight_address <= {unsigned(0, wide)};\n"
        stored = f"      if (is_address & fits) weight_address <= write_data[{wide - 1}:0];\n"
    return f"""  // write: address and data come in either order and are held until the response is taken
  reg address_held, data_held;    // write_address, write_data are taken
  reg written;                    // and their register is written, or refused
  reg [{bits - 1}:0] write_address;
  reg [31:0] write_data;
  reg whole;                      // all four octets of write_data count
  assign s_axi_awready = ~address_held;
  assign s_axi_wready = ~data_held;

  wire commit = address_held & data_held & ~written;  // for one clock; the response follows
  wire is_control = write_address == {_address(machine, "control")};
  wire is_target = write_address == {_address(machine, "target_sweeps")};
{nets}  // response: 00 is OKAY, 10 is SLVERR, 11 is DECERR
  wire accepted = whole & ({taken});

  always @(posedge clk) begin
    restart <= 1'b0;
    if (~s_axi_aresetn) begin
      address_held <= 1'b0;
      data_held <= 1'b0;
      written <= 1'b0;
      s_axi_bvalid <= 1'b0;
      s_axi_bresp <= {_OKAY};
      run <= 1'b0;
      target_sweeps <= 32'd0;
{first}    end else begin
      if (s_axi_awvalid & s_axi_awready) begin
        address_held <= 1'b1;
        write_address <= s_axi_awaddr;
      end
      if (s_axi_wvalid & s_axi_wready) begin
        data_held <= 1'b1;
        write_data <= s_axi_wdata;
        whole <= &s_axi_wstrb;
      end
      if (commit) written <= 1'b1;
      if (written & ~s_axi_bvalid) begin
        s_axi_bvalid <= 1'b1;
        s_axi_bresp <= ~exists(write_address) ? {_DECERR} : accepted ? {_OKAY} : {_SLVERR};
      end
      if (s_axi_bvalid & s_axi_bready) begin
        s_axi_bvalid <= 1'b0;
        address_held <= 1'b0;
        data_held <= 1'b0;
        written <= 1'b0;
      end
    end
    if (s_axi_aresetn & commit & whole) begin
      if (is_control) begin
        run <= write_data[0];
        restart <= write_data[1];
      end
      if (is_target) target_sweeps <= write_data;
{stored}    end
  end
"""


def _read(machine: Machine) -> str:
    """The read channels."""
    bits, words = address_width(machine), registers(machine)[-1].words
    n, pad = machine.n, 32 * words - machine.n
    status = "{30'd0, done, running}" if machine.is_annealed else "{31'd0, running}"
    values = {
        "control": "{31'd0, run}",
        "status": status,
        "target_sweeps": "target_sweeps",
        "sweeps_done": "sweeps_done",
        "pbits": unsigned(n, 32),
    }
    errors = f"~exists(s_axi_araddr) ? {_DECERR} : {_OKAY}"
    if machine.is_writable:
        values["weight_address"] = f"{{{32 - machine.address_bits}'d0, weight_address}}"
        is_data = f"s_axi_araddr == {_address(machine, 'weight_data')}"
        errors = f"~exists(s_axi_araddr) ? {_DECERR} : ({is_data}) ? {_SLVERR} : {_OKAY}"
    cases = "\n".join(f"      {_address(machine, name)}: read_value = {value};" for name, value in values.items())
    chosen = "all_states"
    if words > 1:  # from 0x100 on; the addresses beyond the last word do not come here
        number = bits_for(words)
        chosen = "all_states[{read_word, 5'd0} +: 32]"
        chosen_word = f"  wire [{number - 1}:0] read_word = {_word(bits, number)};  // number of the word of states\n"
    else:
        chosen_word = ""
    padded = f"{{{pad}'d0, states}}" if pad else "states"
    return f"""  // read: one at a time
  wire{span(n)} states;  // bit k: p-bit k
  wire [{32 * words - 1}:0] all_states = {padded};  // in whole words
{chosen_word}  reg [31:0] read_value;
  assign s_axi_arready = ~s_axi_rvalid;

  always @* begin
    case (s_axi_araddr)
{cases}
      default: read_value = exists(s_axi_araddr) & is_states(s_axi_araddr) ? {chosen} : 32'd0;
    endcase
  end

  always @(posedge clk) begin
    if (~s_axi_aresetn) begin
      s_axi_rvalid <= 1'b0;
      s_axi_rdata <= 32'd0;
      s_axi_rresp <= {_OKAY};
    end else if (s_axi_arvalid & s_axi_arready) begin
      s_axi_rvalid <= 1'b1;
      s_axi_rdata <= read_value;
      s_axi_rresp <= {errors};
    end else if (s_axi_rready) s_axi_rvalid <= 1'b0;
  end
"""


def _word(bits: int, number: int) -> str:
    """The number of the word of states at the read address: above bit 8 the address less 1, as 0x100 is the first."""
    if number <= 6:
        return f"s_axi_araddr[{number + 1}:2]"
    upper = f"s_axi_araddr[{number + 1}:8] - {unsigned(1, number - 6)}"
    return f"{{{upper}, s_axi_araddr[7:2]}}"


def _machine(machine: Machine, words: list[tuple[str, int]]) -> str:
    """The top, its read-out chain unused."""
    wires = [("clk", "clk"), ("rst", "rst"), ("run", "running")]
    wires += [("load", "1'b0"), ("shift", "1'b0"), ("serial_in", "1'b0"), *((name, name) for name, _ in words)]
    if machine.is_writable:
        wires += [("write", "write"), ("address", "weight_address"), ("data", "write_data"), ("refused", "refused")]
    wires += [("serial_out", "serial_out"), *([("done", "done")] if machine.is_annealed else []), ("states", "states")]
    return f"""  wire serial_out;  // of the read-out chain, which the bus does not need
{instance("top", "machine", wires)}

  wire unused = &{{1'b0, s_axi_awprot, s_axi_arprot, serial_out}};  // for lint
"""
