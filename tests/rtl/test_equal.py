"""RTL equals the emulation, update by update: every digital card, every source, links, delays, anneals, tables."""

import json
import re

import numpy as np
import pytest
from glasses import constant, random_glass

import hwsim
from hwsim.cell.codes import TABLE
from hwsim.rtl.check import checked
from hwsim.rtl.machine import SOURCE_NAMES
from hwsim.rtl.simulate import build, call

CARDS = {
    "generic-sparse": (lambda: random_glass(96, 8), {}),
    "kv260-fabric": (lambda: hwsim.generate("ea2d:L=8,seed=1"), {"rows": 8, "columns": 8}),
    "pegasus-asic-28nm": (lambda: random_glass(64, 15), {}),
    "million-pbit-fpga": (lambda: random_glass(64, 6, biased=True), {}),
    "ucsb-six-fpga": (lambda: random_glass(64, 6), {}),
    "ucsb-sparse-ising": (lambda: random_glass(64, 5, biased=True), {}),
    "wobblybits": (lambda: hwsim.generate("sk:n=6,seed=1"), {}),
}
UPDATES = 100_000


@pytest.mark.parametrize("source", [name for name in SOURCE_NAMES if name != "port"])
@pytest.mark.parametrize("card", CARDS)
def test_every_digital_card_and_source_is_the_emulation(card, source, tmp_path, iverilog):
    problem, changes = CARDS[card]
    program = hwsim.compile(problem(), hwsim.chip(card, random_source=source, **changes))
    rounds = -(-UPDATES // program.n_pbits)
    made = hwsim.rtl.write(program, tmp_path / "rtl", anneal=constant(program, rounds), seed=3)
    found = checked(made.folder, made.trace, tool=iverilog)
    assert (found.updates, found.mismatches) == (rounds * program.n_pbits, 0)
    assert found.updates >= UPDATES and found.by_reference > 4000
    assert 0.02 < made.trace.bits.mean() < 0.98  # both values occur


TAPS = {"random_steps": "clock", "random_sharing": "taps"}
BUILDS = {
    "words from outside": ({}, {"source": "port"}),
    "words from outside instead of a register's": (
        {"random_source": "lfsr32", "random_share": 4, "random_phase": 7} | TAPS,
        {"source": "port"},
    ),
    "block table": ({}, {"table": "block", "source": "lfsr32"}),
    "block table, words from outside": ({}, {"table": "block", "source": "port"}),
    "several steps of a source": ({"random_source": "lfsr32", "random_shifts": 5}, {}),
    "several steps of a wide source": ({"random_source": "xoshiro128+", "random_shifts": 3}, {}),
    "a source with copies": ({"random_source": "lfsr16", "random_share": 4, "random_phase": 3}, {}),
    "a source that steps with the clock": ({"random_source": "lfsr32", "random_steps": "clock"}, {}),
    "the same, held": ({"random_source": "xoshiro128+", "random_steps": "clock", "random_shows": "held"}, {}),
    "a source that is held": ({"random_source": "xorshift32", "random_shows": "held", "random_shifts": 2}, {}),
    "taps": ({"random_source": "lfsr32", "random_share": 4, "random_phase": 7} | TAPS, {}),
    "taps of a short register": ({"random_source": "lfsr16", "random_share": 16, "random_phase": 3} | TAPS, {}),
    "taps, few bits, block table": (
        {"random_source": "xoshiro128+", "random_share": 5, "random_phase": 11, "threshold_bits": 9} | TAPS,
        {"table": "block"},
    ),
    "a swapped comparison": ({"comparison": "swapped", "threshold_top": "saturated"}, {"source": "lfsr32"}),
    "a swapped comparison of few bits": ({"comparison": "swapped", "threshold_bits": 7}, {"source": "port"}),
    "a saturated table": ({"threshold_top": "saturated", "threshold_bits": 6}, {"source": "lfsr32"}),
    "a scaled table": ({"threshold_top": "scaled", "threshold_bits": 16}, {"source": "xorshift32"}),
    "inputs rounded down": ({"input_rounding": "down", "input_saturation": "twos-complement"}, {"source": "lfsr32"}),
    "registers of two's complement": (
        {"weight_bits": 3, "weight_limit": 1, "weight_saturation": "twos-complement", "weight_rounding": "half-up"},
        {"source": "lfsr32"},
    ),
    "few bits": ({"threshold_bits": 9}, {"source": "xorshift32"}),
    "all p-bits at once": ({"clock": "synchronous"}, {"source": "xorshift32"}),
    "one p-bit at a time": ({"clock": "sequential"}, {"source": "lfsr32"}),
    "wires of several slots": ({"clock": "sequential", "delay": "5 ns"}, {"source": "lfsr16"}),
    "stuck p-bits": ({"stuck_fraction": 0.1}, {"source": "lfsr32"}),
    "weights of few bits": ({"weight_bits": 3, "weight_limit": 2}, {"source": "lfsr32"}),
}


@pytest.mark.parametrize("name", BUILDS)
def test_every_way_to_build_it_is_the_emulation(name, tmp_path, iverilog):
    card, build = BUILDS[name]
    chip = hwsim.chip("generic-sparse", **{"period": "96 ns", "weight_limit": 511} | card)  # a slot of 48 is 2 ns
    program = hwsim.compile(random_glass(48, 4, biased=True), chip)
    anneal = constant(program, 100, beta=0.5)
    made = hwsim.rtl.write(program, tmp_path / "rtl", anneal=anneal, seed=1, **build)
    found = checked(made.folder, made.trace, tool=iverilog)
    assert (found.updates, found.mismatches) == (100 * int(made.machine.free.sum()), 0)


@pytest.mark.parametrize(("most", "bits"), [(0.99999, 4), (0.99999, 20), (1.0, 4)])
def test_a_measured_response_whose_top_is_rounded_to_one_is_the_emulation(most, bits, tmp_path, iverilog):
    """A threshold of 2**bits takes one bit more, also where the response itself stays below 1."""
    chip = hwsim.chip("generic-sparse", random_source="lfsr32", weight_limit=511, threshold_bits=bits)
    program = hwsim.compile(random_glass(20, 4, biased=True), chip).changed(
        law=np.full(20, TABLE, dtype=np.int8), table=np.linspace(0, most, 33), table_first=-4.0, table_step=0.25
    )
    made = hwsim.rtl.write(program, tmp_path / "rtl", anneal=constant(program, 20, beta=1.0))
    assert made.machine.activations[0].wide == (made.machine.activations[0].words.max() == 2**bits)
    assert checked(made.folder, made.trace, tool=iverilog).mismatches == 0


@pytest.mark.parametrize(("chips", "table"), [(1, "logic"), (3, "block")])
def test_an_anneal_is_the_emulation(chips, table, glass, tmp_path, iverilog):
    anneal = hwsim.linear(0.05, 1.5, 300.3 * glass.clock.period * 1e-15, steps=23)
    parts = [v % chips for v in range(48)]
    made = hwsim.rtl.write(glass, tmp_path / "rtl", anneal=anneal, parts=parts, table=table)
    found = checked(made.folder, made.trace, tool=iverilog)
    assert found.mismatches == 0 and found.updates > 300 * 48
    assert len(made.machine.step_slots) == 23 and "case (next_slot)" in (made.folder / "rtl" / "anneal.v").read_text()


@pytest.fixture(scope="session")
def wide():
    """48 p-bits with real weights in 10 bits, and a beta at which a field is shifted."""
    chip = hwsim.chip("generic-sparse", random_source="lfsr32")
    program = hwsim.compile(random_glass(48, 4, biased=True, real=True), chip)
    return program, 0.125 * 2.0**-6 / program.placement.code_scale


@pytest.mark.parametrize("comparison", ["below", "swapped"])
@pytest.mark.parametrize("table", ["logic", "block"])
def test_a_table_over_the_input_levels_is_the_emulation(table, comparison, wide, tmp_path, iverilog):
    program, beta = wide
    program = program.changed(comparison=comparison)
    anneal = hwsim.table((0, 20e-9, 1e-6, 3e-6), (beta / 8, beta, beta / 2, beta * 64), 5e-6)
    made = hwsim.rtl.write(program, tmp_path / "rtl", anneal=anneal, table=table)
    assert [shift.by for shift in made.machine.activations[0].shifts] == [9, 6, 7, 0]
    assert made.machine.activations[0].n_words == 255  # s4.3
    assert checked(made.folder, made.trace, tool=iverilog).mismatches == 0


@pytest.mark.parametrize(("rounds", "slots"), [(1, 0), (3, 0), (0, 1), (0, 7)])
@pytest.mark.parametrize("delay", ["0 ns", "30 ns"])
def test_chips_with_links_are_the_emulation(rounds, slots, delay, tmp_path, iverilog):
    """Two chips, three colours: exchange at every slot, every few slots, every few rounds; links that take time."""
    chip = hwsim.chip("generic-sparse", random_source="lfsr32", period="96 ns", delay=delay)
    model = random_glass(48, 4)
    plain = hwsim.compile(model, chip)
    slot = plain.clock.period // plain.clock.n_slots
    parts = [int(v >= 24) for v in range(48)]
    every = (rounds * plain.clock.period + slots * slot) * 1e-15
    program = hwsim.compile(model, chip, parts=parts, exchange_s=every)
    made = hwsim.rtl.write(program, tmp_path / "rtl", anneal=constant(program, 200), parts=parts)
    found = checked(made.folder, made.trace, tool=iverilog)
    assert (found.updates, found.mismatches) == (200 * 48, 0)
    assert made.machine.wiring.exchange == rounds * plain.clock.n_slots + slots
    assert {"chip_0.v", "chip_1.v", "link.v"} <= {path.name for path in (made.folder / "rtl").iterdir()}


def test_a_scale_that_is_a_power_of_two_leaves_the_trace_of_the_program_as_it_is(glass):
    """The machine's program has integers for weights; its run is that of the program it was made of."""
    half = glass.with_network(glass.network.reweighted(glass.network.bias / 4, glass.network.weight / 4))
    anneal = constant(half, 50, beta=2.9)
    made = hwsim.rtl.machine(half, anneal, seed=5)
    assert made.whole.is_exact and made.whole.scale == 0.25
    runs = [
        hwsim.run(program, anneal=each, reads=1, schedules=1, seed=5, record=(0,))
        for program, each in ((half, anneal), (made.program, made.run_anneal))
    ]
    assert all(np.array_equal(a, b) for a, b in zip(runs[0].traces[0], runs[1].traces[0], strict=True))
    assert np.array_equal(runs[0].energies, runs[1].energies)


def test_the_manifest_maps_every_net_to_its_meaning(glass, tmp_path):
    made = hwsim.rtl.write(glass, tmp_path / "rtl", anneal=constant(glass, 3))
    told = json.loads((tmp_path / "rtl" / "manifest.json").read_text())
    for i, fact in enumerate(told["pbits"]):
        row = glass.network.row(i)
        assert (fact["pbit"], fact["net"], fact["slot"]) == (i, f"s{i}", glass.clock.color[i])
        neighbours = [f"s{j}" for j in glass.network.indices[row]]
        assert fact["neighbours"] == neighbours and fact["weights"] == (-glass.network.weight[row]).tolist()
    text = (made.folder / "rtl" / "pbit_array.v").read_text()
    assert all(f"instance_{fact['net']} (" in text for fact in told["pbits"])


_READ = """`timescale 1ns / 1ps
module testbench;
  reg clk = 1'b0, rst = 1'b1, run = 1'b0, load = 1'b0, shift = 1'b0;
  wire serial_out;
  integer k;
  top dut (.clk(clk), .rst(rst), .run(run), .load(load), .shift(shift), .serial_in(1'b0), .serial_out(serial_out));
  always #5 clk = ~clk;
  initial begin
    repeat (2) @(negedge clk);
    rst = 1'b0;
    run = 1'b1;
    repeat (CLOCKS) @(negedge clk);
    load = 1'b1;  // the machine runs on
    @(negedge clk);
    load = 1'b0;
    shift = 1'b1;
    for (k = 0; k < 48; k = k + 1) begin
      $write("%b", serial_out);
      @(negedge clk);
    end
    $display("");
    $finish;
  end
endmodule
"""


@pytest.mark.parametrize("chips", [1, 2])
def test_the_shift_chain_reads_the_states_of_one_moment(chips, glass, tmp_path, iverilog):
    parts = None if chips == 1 else [v % 2 for v in range(48)]
    made = hwsim.rtl.write(glass, tmp_path / "rtl", anneal=constant(glass, 20), parts=parts)
    slots = 5 * glass.clock.n_slots + 1
    (tmp_path / "testbench.v").write_text(_READ.replace("CLOCKS", str(slots)))
    files = [tmp_path / "testbench.v", *sorted((made.folder / "rtl").glob("*.v"))]
    _, out = call(build(files, tmp_path, tool=iverilog).command, tmp_path, limit_s=60)
    states = hwsim.run(glass, anneal=constant(glass, 20), reads=1, schedules=1, seed=0, record=(0,), checkpoints=1)
    times, pbits, values = states.traces[0]
    now = states.initial_states[0].copy()
    for time, pbit, value in zip(times, pbits, values, strict=True):
        if time < 5 * glass.clock.period + 1:  # the slots before the load, and the one after five rounds
            now[pbit] = value
    order = [name for chain in made.manifest["readout"] for name in chain]
    wanted = "".join("1" if now[made.machine.names.index(name)] > 0 else "0" for name in order)
    assert out.split()[0] == wanted


@pytest.mark.parametrize("chips", [1, 2])
@pytest.mark.parametrize("table", ["logic", "block"])
def test_written_weights_are_the_emulation(chips, table, tmp_path, iverilog):
    """The fabric of the KV260: 12-bit registers, 1,024 words over the input, two clocks a colour where they are RAM."""
    chip = hwsim.chip("kv260-writable", rows=8, columns=8, random_source="xorshift32")
    parts = None if chips == 1 else [v // 32 for v in range(64)]
    program = hwsim.compile(hwsim.generate("ea2d:L=8,seed=1,weights=gauss"), chip)
    anneal = constant(program, 150, beta=1.0)
    made = hwsim.rtl.write(program, tmp_path / "rtl", anneal=anneal, weights="writable", table=table, parts=parts)
    assert made.machine.activations[0].n_words == 1024 and made.machine.weight_width == 12
    found = checked(made.folder, made.trace, tool=iverilog)
    assert (found.updates, found.mismatches) == (150 * 64, 0)


def test_written_weights_of_unlike_degrees_and_stuck_p_bits_are_the_emulation(tmp_path, iverilog):
    chip = hwsim.chip(
        "generic-sparse", random_source="lfsr32", weight_bits=5, stuck_fraction=0.1, weight_saturation="twos-complement"
    )
    program = hwsim.compile("karate", chip)
    made = hwsim.rtl.write(program, tmp_path / "rtl", anneal=constant(program, 100, beta=0.5), weights="writable")
    assert checked(made.folder, made.trace, tool=iverilog).mismatches == 0


_REFUSE = """`timescale 1ns / 1ps
module testbench;
  reg clk = 1'b0, rst = 1'b1, write = 1'b0;
  reg [31:0] data = 0, a = 0;
  wire refused, serial_out;
  integer file;
  top dut (
    .clk(clk), .rst(rst), .run(1'b0), .load(1'b0), .shift(1'b0), .serial_in(1'b0), .serial_out(serial_out),
    .write(write), .address(a[BITS-1:0]), .data(data), .refused(refused)
  );
  always #5 clk = ~clk;
  initial begin
    repeat (2) @(negedge clk);
    rst = 1'b0;
    write = 1'b1;
    file = $fopen("writes.hex", "r");
    while ($fscanf(file, "%h %h\\n", a, data) == 2) begin
      @(negedge clk);
      $display("%b %0d %0d", refused, dut.array.instance_s3.bias, dut.array.instance_s3.weight_1);
    end
    $finish;
  end
endmodule
"""


def test_a_write_that_does_not_fit_is_refused_and_changes_nothing(tmp_path, iverilog):
    chip = hwsim.chip("generic-sparse", random_source="lfsr32", weight_bits=5)
    program = hwsim.compile(random_glass(20, 4), chip)
    made = hwsim.rtl.write(program, tmp_path / "rtl", anneal=constant(program, 5), weights="writable")
    base = made.manifest["pbits"][3]["address"]
    writes = [
        (base, 7),
        (base + 2, -16),
        (base, 15),
        (base, 16),
        (base + 2, -17),
        (base + 5, 1),
        (20 << 3, 1),
        (base, -1),
    ]
    lines = [f"{address:x} {value & (2**32 - 1):x}" for address, value in writes]
    (tmp_path / "writes.hex").write_text("\n".join(lines) + "\n")
    (tmp_path / "testbench.v").write_text(_REFUSE.replace("BITS", str(made.manifest["write"]["address_bits"])))
    files = [tmp_path / "testbench.v", *sorted((made.folder / "rtl").glob("*.v"))]
    _, out = call(build(files, tmp_path, tool=iverilog).command, tmp_path, limit_s=60)
    told = [line.split() for line in out.splitlines() if len(line.split()) == 3]
    assert [each[0] for each in told] == list("00011110")
    assert [each[1] for each in told] == ["7", "7", *["15"] * 5, "-1"]
    assert [each[2] for each in told][1:] == ["-16"] * 7


def test_weights_that_are_written_in_mid_run_are_those_of_a_session_that_loads(tmp_path, iverilog):
    """Ten rounds on the first weights, then other ones, written while the machine stands still, and ten more."""
    chip = hwsim.chip("generic-sparse", random_source="lfsr32", weight_bits=4, weight_limit=7)
    model = random_glass(20, 4, biased=True)
    program = hwsim.compile(model, chip)
    anneal = constant(program, 20, beta=0.4)
    made = hwsim.rtl.write(program, tmp_path / "rtl", anneal=anneal, weights="writable")
    network = program.network
    other = network.reweighted(-2.0 * network.bias, 3.0 * network.weight)
    with hwsim.Session.of(program, anneal, reads=1, schedules=1, seed=0, loads=True) as session:
        session.advance(10 * program.clock.period)
        session.load(other)
        session.advance(20 * program.clock.period)
        wanted = session.peek()[0]
    bench = (made.folder / "test" / "testbench.v").read_text()
    bench = bench.replace("      sample;\n", "      if (k == 10 * ROUND - 1) rewrite;\n      sample;\n", 1)
    task = """
  task rewrite;
    begin
      run = 1'b0;
      write = 1'b1;
      open_file("other.hex", weights);
      while ($fscanf(weights, "%h %h\\n", address, data) == 2) @(negedge clk);
      write = 1'b0;
      run = 1'b1;
    end
  endtask
"""
    bench = bench.replace("  task sample;", task + "\n  task sample;", 1).replace("ROUND", str(program.clock.n_slots))
    bench = re.sub(r"repeat \(\d+\) @\(posedge clk\)", "repeat (5000) @(posedge clk)", bench)  # the watchdog
    (made.folder / "test" / "testbench.v").write_text(bench)
    lines = ["// header"]
    for i in range(program.n_pbits):
        values = [other.bias[i], *other.weight[other.row(i)]]
        lines += [
            f"{(i << made.machine.word_bits) + k:x} {int(-value) & (2**32 - 1):x}" for k, value in enumerate(values)
        ]
    (made.folder / "test" / "other.hex").write_text("\n".join(lines) + "\n")
    assert np.array_equal(hwsim.rtl.states(made.folder, tool=iverilog)[-1], wanted)
    assert not np.array_equal(made.trace.rounds[-1], (wanted > 0)[np.concatenate(made.machine.members)])
