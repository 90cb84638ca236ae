"""Planted faults are found, and the first update that differs is named."""

import re
import shutil
from dataclasses import replace

import dimod
import numpy as np
import pytest
from glasses import constant, random_glass

import hwsim
from hwsim.cli.main import main
from hwsim.errors import InputError
from hwsim.report.rtl import checked_text
from hwsim.rtl.check import _by_themselves, checked

SIMPLE = {"random_source": "lfsr32", "weight_limit": 511, "period": "96 ns"}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """One chip, a table over the field, an LFSR."""
    program = hwsim.compile(random_glass(48, 4, biased=True), hwsim.chip("generic-sparse", **SIMPLE))
    return hwsim.rtl.write(program, tmp_path_factory.mktemp("plain") / "rtl", anneal=constant(program, 200))


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """One chip whose input quantiser saturates at 1.5, its table over the levels."""
    chip = hwsim.chip("generic-sparse", random_source="lfsr32", input_integer_bits=1, input_fraction_bits=1)
    program = hwsim.compile(random_glass(48, 6, biased=True, real=True), chip)
    anneal = constant(program, 200, beta=0.5 * 2.0**-7 / program.placement.code_scale)
    return hwsim.rtl.write(program, tmp_path_factory.mktemp("narrow") / "rtl", anneal=anneal)


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """Two chips that exchange values once a round."""
    model, parts = random_glass(48, 4), [int(v >= 24) for v in range(48)]
    program = hwsim.compile(model, hwsim.chip("generic-sparse", **SIMPLE), parts=parts, exchange_s=96e-9)
    folder = tmp_path_factory.mktemp("linked") / "rtl"
    return hwsim.rtl.write(program, folder, anneal=constant(program, 200), parts=parts)


FAULTS = {
    "a bit of the table": ("plain", "activation.v", "threshold = 33'h0f", "threshold = 33'h0b"),
    "an LFSR tap off by one": ("plain", "lfsr32.v", "register[21]", "register[22]"),
    "a seed": ("plain", "pbit_array.v", ".seed(32'h1", ".seed(32'h9"),
    "a wrong saturation": ("narrow", "quantiser.v", "above ? 3'd6", "above ? 3'd5"),
    "two's complement where it is symmetric": ("narrow", "quantiser.v", "below ? 3'd0", "below ? 3'd7"),
    "a swapped comparison": (
        "plain",
        "pbit_degree_4.v",
        "is_below = {1'b0, word} < threshold",
        "is_below = {1'b0, word} > threshold",
    ),
    "a threshold that is a little high": (
        "plain",
        "pbit_degree_4.v",
        "word} < threshold",
        "word} < threshold + 33'd8388608",
    ),
    "a link one clock late": ("linked", "link.v", "seen = exchange ? live : held", "seen = held"),
    "a weight": ("plain", "pbit_array.v", ".weight_0(3'sd1)", ".weight_0(-3'sd1)"),
    "an initial state": ("plain", "pbit_array.v", ".initial_state(1'b1)", ".initial_state(1'b0)"),
    "a phase that waits": ("plain", "phases.v", "slot_end = run", "slot_end = run & ~turn[1]"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_and_named(name, request, iverilog):
    machine, file, right, wrong = FAULTS[name]
    made = request.getfixturevalue(machine)
    path = made.folder / "rtl" / file
    before = path.read_text()
    assert right in before
    path.write_text(before.replace(right, wrong, -1 if "initial" in name else 1))
    try:
        found = checked(made.folder, made.trace, tool=iverilog)
    finally:
        path.write_text(before)
    assert found.mismatches > 0
    told = found.difference
    states, field, threshold, word = _by_hand(made, told.slot, told.pbit)
    assert (told.field, told.threshold, told.word) == (field, threshold, word)
    assert told.emulated == (1 if word < threshold else -1) == states and told.rtl == f"{-told.emulated:+d}"
    assert told.net == f"s{told.pbit}" and f"slot {told.slot}" in str(told)


def test_a_flipped_table_bit_is_found_where_its_row_is_read(plain, iverilog):
    """The field of the first difference is that of the row which was changed, and its word lies between both."""
    path = plain.folder / "rtl" / "activation.v"
    before = path.read_text()
    row = next(line for line in before.splitlines() if "4'sd0:" in line or "'sd0: " in line)
    path.write_text(before.replace(row, row.replace("080000000", "080800000")))
    try:
        told = checked(plain.folder, plain.trace, tool=iverilog).difference
    finally:
        path.write_text(before)
    assert told.field == 0 and 2**31 <= told.word < 2**31 + 2**23 and told.rtl == "+1"


def test_a_long_run_compares_checksums_and_names_the_update(plain, tmp_path, monkeypatch, iverilog):
    machine = plain.machine
    monkeypatch.setattr("hwsim.rtl.expected.LONG", 1000)
    made = hwsim.rtl.write(machine.given, tmp_path / "rtl", anneal=machine.anneal)
    assert (
        len((made.folder / "test" / "expected.hex").read_text().splitlines()) == 203
    )  # a header, 200 rounds, 2 read-outs
    assert checked(made.folder, made.trace, tool=iverilog).mismatches == 0
    faults = []
    for folder, trace in ((made.folder, made.trace), (plain.folder, plain.trace)):
        path = folder / "rtl" / "pbit_array.v"
        before = path.read_text()
        path.write_text(before.replace(".seed(32'h8", ".seed(32'h0", 1))
        faults.append(checked(folder, trace, tool=iverilog).difference)
        monkeypatch.undo()
        path.write_text(before)
    assert faults[0] == faults[1] is not None


def test_the_checksum_of_a_long_run_finds_two_p_bits_in_each_others_place(tmp_path, monkeypatch, iverilog):
    """The top bits of two words of 64 p-bits: in plain FNV-1a two flips of them cancel."""
    monkeypatch.setattr("hwsim.rtl.expected.LONG", 1000)
    model = dimod.BinaryQuadraticModel.from_ising(dict.fromkeys(range(130), 0), {})
    program = hwsim.compile(model, hwsim.chip("generic-sparse", random_source="lfsr32"))
    made = hwsim.rtl.write(program, tmp_path / "rtl", anneal=constant(program, 20))
    path = made.folder / "rtl" / "pbit_array.v"
    swapped = {".state(s63)": ".state(s127)", ".state(s127)": ".state(s63)"}
    path.write_text(re.sub(r"\.state\(s(63|127)\)", lambda found: swapped[found[0]], path.read_text()))
    found = checked(made.folder, made.trace, tool=iverilog)
    assert found.mismatches == 2 and (found.difference.pbit, found.difference.others) == (63, 1)


@pytest.fixture(scope="module")
def ports(tmp_path_factory):
    """Written weights, an anneal, two chips: every port that a machine may have."""
    program = hwsim.compile(random_glass(20, 4), hwsim.chip("generic-sparse", random_source="lfsr32", weight_bits=4))
    anneal = hwsim.linear(0.1, 1, 40 * program.clock.period * 1e-15, steps=3)
    parts = [int(v >= 11) for v in range(20)]
    place = tmp_path_factory.mktemp("ports") / "rtl"
    return hwsim.rtl.write(program, place, anneal=anneal, weights="writable", parts=parts)


@pytest.mark.parametrize(
    ("file", "right", "wrong", "says"),
    [
        ("readout_1.v", "chain[8:1]}", "chain[8:2], chain[2]}", "the read-out is wrong after"),
        ("readout_0.v", "else if (shift)", "else", "the read-out is wrong after"),
        ("top.v", ".serial_in(serial_in)", ".serial_in(1'b1)", "at place 20, what follows the last p-bit"),
        ("top.v", ".serial_in(chain_1)", ".serial_in(serial_in)", "the read-out is wrong after"),
        ("pbit_array_0.v", ".initial_state(1'b0)", ".initial_state(1'b1)", "the state of p-bit s"),
        ("chip_0.v", "run & ~done", "run", "is wrong after the run"),
        ("anneal.v", "done = slots == ", "done = slots + 1 == ", "done is wrong after slot"),
        ("write_port.v", "&data[31:3]", "&data[31:4]", "the write port takes the value -9 at address"),
        ("write_port.v", "exists = {1'b0, word} < words", "exists = 1'b1", "the write port takes the value -1 at"),
        ("write_port.v", "~|data[31:3]", "~|data[31:2]", "the write port refuses the value 7 at address"),
        ("write_port.v", "refused <= 1'b0", "refused <= 1'b1", "still says refused after a reset"),
    ],
)
def test_a_fault_of_a_port_is_found_though_no_update_differs(file, right, wrong, says, ports, iverilog):
    path = ports.folder / "rtl" / file
    before = path.read_text()
    assert right in before
    path.write_text(before.replace(right, wrong, 1))
    try:
        found = checked(ports.folder, ports.trace, tool=iverilog)
    finally:
        path.write_text(before)
    told = str(found.difference) if found.port is None else found.port
    assert found.mismatches == 1 and says in told


@pytest.mark.parametrize(
    ("machine", "file", "right", "wrong", "says"),
    [
        ("plain", "activation.v", r"(-4'sd3: .*)[02468ace];", r"\g<1>b;", "the threshold of field -3 is not"),
        ("plain", "pbit_degree_4.v", r"word\} < threshold", "word} <= threshold", "at field"),
        ("ports", "anneal.v", r"\d+(?=: step <= 2'd2)", lambda slot: str(int(slot[0]) + 1), "the step is not 2 after"),
    ],
)
def test_what_no_run_is_long_enough_for_is_found_in_a_module_by_itself(
    machine, file, right, wrong, says, request, iverilog
):
    """The lowest bit of a threshold matters in one update of 2**32."""
    made = request.getfixturevalue(machine)
    path = made.folder / "rtl" / file
    before = path.read_text()
    path.write_text(re.sub(right, wrong, before, count=1))
    assert path.read_text() != before
    try:
        found = checked(made.folder, made.trace, tool=iverilog)
    finally:
        path.write_text(before)
    assert found.mismatches == 1
    assert found.port.startswith(f"module {file.removesuffix('.v')} by itself: {says}") and found.difference is None
    assert found.changed == (f"rtl/{file}",)


def test_modules_with_other_ports_are_left_out_and_told(plain, tmp_path, capsys, iverilog):
    shutil.copytree(plain.folder, tmp_path / "rtl")
    path = tmp_path / "rtl" / "rtl" / "lfsr32.v"
    text = path.read_text().replace("input  wire        enable,", "input  wire        go,").replace("(enable)", "(go)")
    path.write_text(text)
    path = tmp_path / "rtl" / "rtl" / "pbit_degree_4.v"
    path.write_text(path.read_text().replace(".enable(", ".go("))
    assert main(["rtl", "check", str(tmp_path / "rtl")]) == 0
    said = capsys.readouterr().out
    assert (
        "not tried by themselves, as their ports were changed or iverilog is not installed: lfsr32\n" in said
        and "not as hwsim writes them: rtl/lfsr32.v, rtl/pbit" in said
    )


def test_without_icarus_no_module_is_tried_by_itself_and_it_is_told(plain, tmp_path, monkeypatch, iverilog):
    found = checked(plain.folder, plain.trace, tool=iverilog)
    assert found.cases > 200 and found.untried == ()
    monkeypatch.setattr("shutil.which", lambda tool: None)
    found = _by_themselves(replace(found, cases=0), plain.machine, {}, {}, tmp_path, 60)
    assert found.cases == 0 and found.untried == ("lfsr32", "activation", "pbit_degree_4")
    assert "iverilog is not installed: lfsr32, activation, pbit_degree_4" in checked_text(found)


@pytest.mark.parametrize(
    ("says", "error"),
    [
        ('$display("HWSIM compared slots SLOTS in SLOTS lines "); $finish;', "to its end: compared slots"),
        ("$finish;", "did not come to its end: it printed no result"),
        ("while (1'b1) $display(clk);", "printed more than 1 MB"),
    ],
)
def test_a_design_that_ends_the_simulation_itself_proves_nothing(says, error, plain, monkeypatch, iverilog):
    monkeypatch.setattr("hwsim.rtl.simulate._MOST_PRINTED", 2**20)
    says = says.replace("SLOTS", str(plain.machine.n_slots))
    path = plain.folder / "rtl" / "phases.v"
    before = path.read_text()
    path.write_text(before.replace("endmodule", f"  initial begin #40 {says} end\nendmodule"))
    try:
        with pytest.raises(InputError, match=error):
            checked(plain.folder, plain.trace, tool=iverilog)
    finally:
        path.write_text(before)


def test_a_changed_testbench_is_told_and_a_trace_that_the_rtl_made_is_refused(
    plain, tmp_path, capsys, monkeypatch, iverilog
):
    """Expected states that the RTL itself gives would make any RTL equal."""
    shutil.copytree(plain.folder, tmp_path / "rtl")
    bench = tmp_path / "rtl" / "test" / "testbench.v"
    bench.write_text(bench.read_text().replace("if (states !== wanted)", "if (1'b0)"))
    assert main(["rtl", "check", str(tmp_path / "rtl")]) == 0
    assert "testbench.v is not the one that hwsim writes: it says itself" in capsys.readouterr().out
    source = tmp_path / "rtl" / "rtl" / "lfsr32.v"
    source.write_text(source.read_text().replace("register[21]", "register[20]"))
    shutil.copyfile(plain.folder / "test" / "testbench.v", bench)
    path = tmp_path / "rtl" / "test" / "expected.hex"
    head, *before = path.read_text().splitlines()
    states = hwsim.rtl.states(tmp_path / "rtl", tool=iverilog)
    bits = np.concatenate([states[:, members] for members in plain.machine.members], axis=1).ravel() > 0
    own = replace(plain.trace, bits=bits.astype(np.uint8))
    path.write_text("\n".join([head, *own.lines(), own.chain(at_end=True), before[-1], ""]))
    with pytest.raises(InputError, match="was changed, and is no longer what hwsim expects"):
        hwsim.rtl.check(tmp_path / "rtl", tool=iverilog)
    monkeypatch.setitem(checked.__globals__, "_check_data", lambda place, trace: None)
    found = checked(tmp_path / "rtl", plain.trace, tool=iverilog)
    assert found.difference is None and found.port.startswith("module lfsr32 by itself")  # all updates would be equal


def _by_hand(made, slot, pbit):
    """(state, field, threshold, word) of an update, from the reference engine's run and plain arithmetic."""
    from hwsim.cell.source import source_next
    from hwsim.engine.noise import seed_source
    from hwsim.engine.schedule import slot_time
    from hwsim.streams import stream_key

    machine = made.machine
    program, clock = machine.program, machine.program.clock
    time = slot_time(slot, clock.period, clock.n_slots)
    run = hwsim.run(
        program, anneal=machine.run_anneal, reads=1, schedules=1, seed=0, record=(0,), engine="reference", checkpoints=1
    )
    times, pbits, values = run.traces[0]
    total = machine.whole.bias[pbit]
    row = program.network.row(pbit)
    exchange = np.zeros(len(program.wires.delay)) if program.wires.exchange is None else program.wires.exchange
    for k in range(row.start, row.stop):
        j, every = program.network.indices[k], exchange[k]
        left = time // every * every if every else time
        heard = np.flatnonzero((pbits == j) & (times < left))
        value = values[heard[-1]] if len(heard) else run.initial_states[0][j]
        total += machine.whole.weight[k] * value
    state, word = np.zeros(4, dtype=np.uint32), 0
    seed_source(np.uint64(stream_key(0, "noise", 0)), 1, 1, 0, 1, pbit, 0, state)
    for _ in range(slot // clock.n_slots + 1):
        word = int(source_next(1, 1, state))
    z = float(machine.run_anneal.beta[0]) * -total
    step, high = program.cells.input_step[0], program.cells.input_high[0]
    z = min(max(np.floor(z / step + 0.5) * step, -high), high)
    threshold = int(np.floor((1 + np.tanh(z)) / 2 * 2.0**32 + 0.5))
    chosen = values[(times == time) & (pbits == pbit)]
    return int(chosen[0]), int(-total), threshold, word
