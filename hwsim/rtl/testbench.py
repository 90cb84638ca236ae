"""The testbench: clock and stimulus in Verilog, the expected trace from a file, and a watchdog."""

import numpy as np

from hwsim.display import counted
from hwsim.rtl.array_module import chips, random_ports
from hwsim.rtl.expected import Expected
from hwsim.rtl.machine import Machine
from hwsim.rtl.verilog import instance, listed, span

SAYS = "HWSIM"
"""How each line begins that `hwsim.rtl.check` reads."""


def header(machine: Machine, what: str) -> str:
    """First line of a file of the testbench: what follows, and of which machine."""
    return f"// hwsim {what} of machine {machine.digest}"


def data_files(expected: Expected, words: list[str]) -> dict[str, str]:
    """The files that the testbench reads, by name."""
    machine = expected.machine
    lines = expected.checksums() if expected.is_long else expected.lines()
    what = "checksums by round" if expected.is_long else "states by slot"
    chains = [expected.chain(at_end=True), expected.chain(at_end=False)]
    made = {"expected.hex": "\n".join([header(machine, what), *lines, *chains, ""])}
    if words:
        made["random.hex"] = "\n".join([header(machine, "random words by slot"), *words, ""])
    if machine.is_writable:
        mask = 2**32 - 1
        lines = [f"{address:x} {value & mask:08x} {int(refused)}" for address, value, refused in writes(machine)]
        made["weights.hex"] = "\n".join([header(machine, "addresses and values of registers"), *lines, ""])
    return made


def writes(machine: Machine) -> list[tuple[int, int, bool]]:
    """(address, value, whether it is refused) of each write before the run: both ends of the range, every register, and
    then values that do not fit, and registers that there are not."""
    good = list(machine.registers())
    first, half = good[0][0], 2 ** (machine.weight_width - 1)
    ends = [(first, half - 1, False), (first, -half, False)]
    beyond = [(first, value, True) for value in (half, -half - 1, 2**31 - 1, -(2**31)) if not -half <= value < half]
    words, numbers = 2**machine.word_bits, 2 ** (machine.address_bits - machine.word_bits)
    held = np.zeros(numbers, dtype=np.int64)  # registers of each p-bit
    held[: machine.n] = np.where(machine.free, machine.program.network.degree + 1, 0)
    missing = [
        (i * words + word, -1, True)
        for i, count in enumerate(held.tolist())
        for word in sorted({count, words - 1})
        if count <= word < words
    ]
    return [*ends, *((*each, False) for each in good), *beyond, *missing]


def testbench(expected: Expected) -> str:
    """The file of the testbench."""
    machine = expected.machine
    every = [port for chip in chips(machine) for port in random_ports(machine, chip)]
    n = machine.wiring.n_slots
    widest = max(1, *(len(each) for each in machine.members))
    sizes = ", ".join(str(len(each)) for each in machine.members[:8]) + (" ..." if n > 8 else "")
    inputs = ["clk", "rst", "run"]
    nets = [(name, name) for name in inputs]
    nets += [*((name, name) for name in ("load", "shift", "serial_in")), *((name, name) for name, _ in every)]
    nets += [("serial_out", "serial_out")] + ([("done", "done")] if machine.is_annealed else [])
    if machine.is_writable:
        nets += [(name, name) for name in ("write", "address", "data", "refused")]
    nets += [("states", "")] if machine.shell else []
    declared = "".join(f"  reg{span(bits)} {name};\n" for name, bits in every)
    round_ = n * machine.clocks_per_slot
    n_reads = machine.n_slots.bit_length() + 2
    n_writes = len(writes(machine)) if machine.is_writable else 0
    return _TEXT.format(
        says=SAYS,
        sizes=sizes,
        plural="s" if n > 1 else "",
        n=n,
        round=round_,
        last=machine.n_slots,
        clocks=counted(machine.clocks_per_slot, "clock"),
        repeat=machine.clocks_per_slot,
        limit=machine.clocks_per_slot * machine.n_slots
        + n_reads * (n * machine.clocks_per_slot + machine.n + 8)
        + 100
        + n_writes,
        widest=widest,
        pbits=machine.n,
        nets=listed([f"dut.{machine.names[i]}" for chip in chips(machine) for i in chip.members][::-1], " " * 8),
        declared=declared,
        dut=instance("top", "dut", nets),
        random=_random(machine, every),
        states=_states(machine),
        check=_checksum(machine) if expected.is_long else _trace(),
        done="  wire done;\n" if machine.is_annealed else "",
        check_done=_DONE if machine.is_annealed else "",
        stop="" if machine.is_annealed else "    run = 1'b0;\n",
        next_random="      next_random;\n" if every else "",
        open_words='    open_file("random.hex", words);\n' if every else "",
        write_nets=_WRITE_NETS.format(bits=machine.address_bits) if machine.is_writable else "",
        write_registers=_WRITE_REGISTERS if machine.is_writable else "",
        word_file="  integer words;  // file of random words\n" if every else "",
        ended=f"(k + 1) % {n} == 0 || k == LAST - 1" if expected.is_long else "1",
    )


def _states(machine: Machine) -> str:
    lines = []
    for k, each in enumerate(machine.members):
        names = [f"dut.{machine.names[i]}" for i in each[::-1]]
        if len(each) == 0:
            lines.append(f"        {k}: states = 0;")
            continue
        lines.append(f"        {k}: states = {{\n{listed(names, ' ' * 10)}\n        }};")
    return "\n".join(lines)


def _random(machine: Machine, every: list[tuple[str, int]]) -> str:
    if not every:
        return ""
    bits = dict(every)
    cases, most = [], 1
    for k, each in enumerate(machine.members):
        names = [f"random_{machine.names[i]}" for i in each]
        most = max(most, sum(bits[name] for name in names))
        if names:
            cases.append(f"        {k}: {{\n{listed(names[::-1], ' ' * 10)}\n        }} = word_line;")
    lines = "\n".join(cases)
    return f"""
  reg [{most - 1}:0] word_line;
  task next_random;  // the words of the slot that begins
    begin
      code = $fscanf(words, "%h\\n", word_line);
      if (code != 1) stop_short("random.hex");
      case (k % {machine.wiring.n_slots})
{lines}
        default: ;
      endcase
    end
  endtask
"""


_WRITE_NETS = """  reg write = 1'b0;
  reg [{bits}-1:0] address = 0;
  reg [31:0] data = 0;
  wire refused;
  reg no;           // whether it must be refused
  integer weights;  // file of registers
"""

_WRITE_REGISTERS = """    // write all registers, then what is refused, then reset again: it leaves them
    open_file("weights.hex", weights);
    rst = 1'b0;
    write = 1'b1;
    while ($fscanf(weights, "%h %h %b\\n", address, data, no) == 3) begin
      @(negedge clk);
      if (refused !== no) differ("the write port");
      place = place + 1;
    end
    write = 1'b0;
    rst = 1'b1;
    repeat (2) @(negedge clk);
    if (refused !== 1'b0) differ("the write port");
"""

_DONE = """      if (done !== (k == LAST - 1)) differ("done");
"""


def _trace() -> str:
    return f"""
  task compare;  // the states after slot k with those of hwsim
    begin
      code = $fscanf(file, "%h\\n", wanted);
      if (code != 1) stop_short("expected.hex");
      if (states !== wanted) begin
        $display("{SAYS} mismatch slot %0d expected %0h rtl %0h", k, wanted, states);
        stop;
      end
      compared = compared + 1;
    end
  endtask

  reg [WIDEST-1:0] wanted;
"""


def _checksum(machine: Machine) -> str:
    names = [f"dut.{machine.names[i]}" for each in machine.members for i in each]
    words = -(-len(names) // 64)
    return f"""
  reg [63:0] wanted, checksum;
  reg [{64 * words - 1}:0] all;
  integer word;
  task compare;  // a checksum of all states after a round with that of hwsim
    begin
      all = {{
{listed(names[::-1], " " * 8)}
      }};
      checksum = 64'hcbf29ce484222325;
      for (word = 0; word < {words}; word = word + 1) begin  // FNV-1a, and its upper half again below
        checksum = (checksum ^ all[64 * word +: 64]) * 64'h00000100000001b3;
        checksum = checksum ^ (checksum >> 32);
      end
      code = $fscanf(file, "%h\\n", wanted);
      if (code != 1) stop_short("expected.hex");
      if (checksum !== wanted) begin
        $display("{SAYS} mismatch round %0d", k / {machine.wiring.n_slots});
        stop;
      end
      compared = compared + 1;
    end
  endtask
"""


_TEXT = """`timescale 1ns / 1ps
`default_nettype none

// Testbench: runs the machine for {last} slots of {clocks} and compares it with the emulation.
// A round has {n} slot{plural}, of {sizes} p-bits. expected.hex holds what hwsim expects: new states of each slot, or a
// checksum of each round; then what the read-out gives after the run, and after another reset.
// +data=FOLDER/ where expected.hex is; +dump=FILE +from=SLOT +to=SLOT writes new states, a line for each slot;
// +vcd=FILE writes a waveform of all p-bits, from their initial states on.
module testbench;
  localparam LAST = {last};      // slots
  localparam WIDEST = {widest};  // most p-bits that a slot has
  localparam PBITS = {pbits};

  reg clk = 1'b0, rst = 1'b1, run = 1'b0;
  reg load = 1'b0, shift = 1'b0, serial_in = 1'b0, waves = 1'b0;
  wire serial_out;
{done}{write_nets}{declared}
{dut}

  always #5 clk = ~clk;

  integer file, dump, code, k, from, to, compared, due, place;
{word_file}  reg [8*1024-1:0] folder, path, line, token;
  reg [WIDEST-1:0] states;  // new ones of a slot, in bit k those of its p-bit number k
  reg [PBITS-1:0] nets, wanted_nets;  // in the order of the read-out

  task stop;
    begin
      $finish;
      k = LAST + 1;
    end
  endtask

  task differ(input [8*24-1:0] what);  // a port, not a p-bit
    begin
      $display("{says} mismatch at %0s, slot %0d place %0d", what, k, place);
      stop;
    end
  endtask

  task open_file(input [8*16-1:0] name, output integer opened);
    begin
      if (!$value$plusargs("data=%s", folder)) folder = "";
      $sformat(path, "%0s%0s", folder, name);
      opened = $fopen(path, "r");
      if (opened == 0) begin
        $display("{says} no file %0s", path);
        stop;
      end
      code = $fgets(line, opened);  // the header
    end
  endtask

  task stop_short(input [8*16-1:0] name);
    begin
      $display("{says} %0s ends at slot %0d", name, k);
      stop;
    end
  endtask

  task sample;  // the new states of slot k
    begin
      case (k % {n})
{states}
        default: states = 0;
      endcase
    end
  endtask
{check}{random}
  task read_out;  // the chain, p-bit by p-bit, while the machine stands; then what enters it
    begin
      repeat ({round}) @(negedge clk);  // a round
      nets = {{
{nets}
      }};
      serial_in = ~serial_in;
      load = 1'b1;
      @(negedge clk);
      load = 1'b0;
      @(negedge clk);
      shift = 1'b1;
      for (place = 0; place < PBITS; place = place + 1) begin
        if (serial_out !== nets[place]) differ("the read-out");
        @(negedge clk);
      end
      if (serial_out !== serial_in) differ("the read-out");
      shift = 1'b0;
    end
  endtask

  task read_wanted;  // the states that were read out with those of hwsim
    begin
      code = $fscanf(file, "%h\\n", wanted_nets);
      if (code != 1) stop_short("expected.hex");
      for (place = 0; place < PBITS; place = place + 1)
        if (nets[place] !== wanted_nets[place] && k <= LAST) differ("the states");
    end
  endtask

  initial begin
    k = 0;
    compared = 0;
    place = 0;
    due = 1;
    if (!$value$plusargs("token=%s", token)) token = "";
    open_file("expected.hex", file);
{open_words}    dump = 0;
    if ($value$plusargs("dump=%s", path)) begin
      dump = $fopen(path, "w");
      if (!$value$plusargs("from=%d", from)) from = 0;
      if (!$value$plusargs("to=%d", to)) to = LAST;
    end
    repeat (2) @(negedge clk);
{write_registers}    if ($value$plusargs("vcd=%s", path)) begin
      $dumpfile(path);
      $dumpvars(1, dut);
      waves = 1'b1;
    end
    rst = 1'b0;
    run = 1'b1;
    while (k < LAST) begin
{next_random}      repeat ({repeat}) @(negedge clk);
      sample;
      if (dump != 0) begin
        if (k >= from && k < to) $fdisplay(dump, "%b", states);
        if (k + 1 >= to) stop;
      end else begin
        if ({ended}) compare;
{check_done}      end
      k = k + 1;
      if (k == due && k < LAST && dump == 0 && !waves) begin  // a pause
        run = 1'b0;
        read_out;
        run = 1'b1;
        due = 2 * due + 1;
      end
    end
    if (dump != 0) $fclose(dump);
    if (waves) stop;  // the waveform ends with the run
{stop}    if (k == LAST) begin
      read_out;
      read_wanted;
    end
    if (k == LAST) begin
      rst = 1'b1;
      run = 1'b0;
      repeat (2) @(negedge clk);
      rst = 1'b0;
      k = 0;
      read_out;
      read_wanted;
      if (k == 0) $display("{says} compared slots %0d in %0d lines %0s", LAST, compared, token);
    end
    $finish;
  end

  initial begin : watchdog
    repeat ({limit}) @(posedge clk);
    $display("{says} watchdog: the run should have ended at clock {limit}");
    $finish;
  end
endmodule

`default_nettype wire
"""
