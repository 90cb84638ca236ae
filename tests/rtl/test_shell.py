"""The AXI4-Lite shell: the rules of the bus, its registers, and a run over the bus that is the emulation."""

import json
from pathlib import Path

import numpy as np
import pytest
from glasses import constant, random_glass

import hwsim
from hwsim.cli.main import main
from hwsim.errors import InputError
from hwsim.rtl.check import checked
from hwsim.rtl.lint import lint
from hwsim.rtl.shell_module import NAME, address_width, registers, shell_module
from hwsim.rtl.simulate import build, call

OKAY, SLVERR, DECERR = 0, 2, 3
PART = 8
"""Beside a response: only a part of the word is written."""
ORDERS = (0, 1, 3, 0x80, 0x81, 0x85)
"""Clocks from the address of a write to its data; with 0x80, from the data to the address."""
CONTROL, STATUS, TARGET, DONE, PBITS, ADDRESS, DATA, STATES = 0, 4, 8, 12, 16, 20, 24, 0x100


class Script:
    """Accesses of the bus, each with the answer that is expected; their orders and waits take turns."""

    def __init__(self):
        self.lines = []

    def _add(self, kind, address, data, response):
        k = len(self.lines)
        self.lines.append(f"{kind:x} {ORDERS[k % 6]:x} {k % 4:x} {address:x} {data & (2**32 - 1):x} {response:x}")

    def write(self, address, data, response=OKAY):
        self._add(0, address, data, response)

    def read(self, address, data, response=OKAY):
        self._add(1, address, data, response)

    def run(self, sweeps, *, reset=False):
        """Up to ``sweeps`` in all, and wait for the end."""
        self.write(TARGET, sweeps)
        self.write(CONTROL, 3 if reset else 1)
        self._add(2, STATUS, 0, OKAY)
        self.read(DONE, sweeps)

    def states(self, spins):
        words = np.packbits(np.pad(spins > 0, (0, -len(spins) % 32)), bitorder="little").view("<u4")
        for w, word in enumerate(words.tolist()):
            self.read(STATES + 4 * w, word)

    def weights(self, made, network):
        """All registers of the p-bits of the Machine ``made``, as ``network`` has them."""
        for i in range(made.n):
            for k, value in enumerate([network.bias[i], *network.weight[network.row(i)]]):
                self.write(ADDRESS, (i << made.word_bits) + k)
                self.write(DATA, int(-value))


def played(script, machine, files, place, tool):
    """What the testbench says of ``script`` on the shell of ``machine`` in the Verilog ``files``."""
    (place / "script.hex").write_text("\n".join(script.lines) + "\n")
    bench = (Path(__file__).parent / "axi4_lite_testbench.v").read_text()
    bench = bench.replace("`BITS", str(address_width(machine))).replace("`LIMIT", "40000")
    (place / "testbench.v").write_text(bench)
    simulation = build([place / "testbench.v", *files], place, tool=tool)
    return call(simulation.command, place, limit_s=60)[1]


def right(script):
    return f"{len(script.lines)} accesses, 0 wrong\n"


def at(program, anneal, rounds, other=None, after=0):
    """int8 (n,): states after ``rounds``, the couplings of ``other`` from the round ``after`` on."""
    with hwsim.Session.of(program, anneal, reads=1, schedules=1, seed=0, loads=True) as session:
        if other is not None:
            session.advance(after * program.clock.period)
            session.load(other)
        session.advance(rounds * program.clock.period)
        return session.peek()[0].copy()


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """40 p-bits with written weights behind the bus, their program and anneal."""
    chip = hwsim.chip("generic-sparse", random_source="lfsr32", weight_bits=4, weight_limit=7)
    program = hwsim.compile(random_glass(40, 4, biased=True), chip)
    anneal, place = constant(program, 20, beta=0.4), tmp_path_factory.mktemp("shell") / "rtl"
    return hwsim.rtl.write(program, place, anneal=anneal, weights="writable", shell="axi4-lite"), program, anneal


def accesses(written):
    """A run, other weights in its middle, and what the bus must refuse."""
    made, program, anneal = written
    network, script = program.network, Script()
    other = network.reweighted(-2.0 * network.bias, 3.0 * network.weight)
    script.weights(made.machine, network)
    script.run(10, reset=True)
    script.states(at(program, anneal, 10))
    script.weights(made.machine, other)
    for value, answer in ((7, OKAY), (8, SLVERR), (-9, SLVERR), (int(-other.bias[39]), OKAY)):
        script.write(ADDRESS, 39 << made.machine.word_bits)
        script.write(DATA, value, answer)
    script.write(DATA, 1, SLVERR | PART)
    script.write(TARGET, 1, SLVERR | PART)
    script.write(ADDRESS, 40 << made.machine.word_bits)
    script.write(DATA, 1, SLVERR)
    script.write(ADDRESS, 1 << made.machine.address_bits, SLVERR)
    script.read(ADDRESS, 40 << made.machine.word_bits)
    script.read(DATA, 0, SLVERR)
    for address in (STATUS, DONE, PBITS, STATES, STATES + 4):
        script.write(address, 1, SLVERR)
    for address in (0x1C, 0xFC, STATES + 8, STATES + 0x100, 0x200, 0x400, 0x500, 0x808, 0xFFC, STATES + 1, 2):
        script.write(address, 3, DECERR)
        script.read(address, 0, DECERR)
    script.read(PBITS, 40)
    script.run(20)
    script.states(at(program, anneal, 20, other, after=10))
    script.run(20, reset=True)  # the reset keeps the weights
    script.states(at(program, anneal, 20, other))
    return script


def test_a_run_over_the_bus_is_the_emulation_and_what_it_cannot_do_is_answered(written, tmp_path, iverilog):
    made, script = written[0], accesses(written)
    assert checked(made.folder, made.trace, tool=iverilog).mismatches == 0
    files = sorted((made.folder / "rtl").glob("*.v"))
    assert played(script, made.machine, files, tmp_path, iverilog) == right(script)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("address_held & data_held & ~written", "address_held & ~written"),
        ("exists(input [11:0] address)", "exists(input [9:0] address)"),
        ("(is_data & ~refused)", "is_data"),
        ("if (s_axi_bvalid & s_axi_bready) begin", "if (s_axi_bvalid) begin"),
        ("end else if (s_axi_rready) s_axi", "end else s_axi"),
        ("s_axi_awready = ~address_held", "s_axi_awready = 1'b1"),
        ("sweeps_done < target_sweeps", "sweeps_done <= target_sweeps"),
        ("if (is_address & fits)", "if (is_address)"),
    ],
)
def test_a_fault_of_the_shell_is_found(old, new, written, tmp_path, iverilog):
    made, script = written[0], accesses(written)
    text = (made.folder / "rtl" / f"{NAME}.v").read_text()
    assert old in text
    (tmp_path / f"{NAME}.v").write_text(text.replace(old, new))
    files = [path for path in sorted((made.folder / "rtl").glob("*.v")) if path.stem != NAME]
    said = played(script, made.machine, [*files, tmp_path / f"{NAME}.v"], tmp_path, iverilog)
    assert "wrong: access" in said or "watchdog" in said


@pytest.mark.parametrize("build_of", ["two chips", "block table", "an anneal", "all p-bits at once"])
def test_every_machine_has_a_shell_that_runs_it(build_of, tmp_path, iverilog):
    clock = "synchronous" if build_of == "all p-bits at once" else "chromatic"
    chip = hwsim.chip("generic-sparse", random_source="xorshift32", clock=clock, weight_limit=511)
    program = hwsim.compile(random_glass(30, 4, biased=True), chip)
    anneal = constant(program, 12, beta=0.4)
    more = {"table": "block"} if build_of == "block table" else {}
    if build_of == "two chips":
        more = {"parts": [v % 2 for v in range(30)]}
    if build_of == "an anneal":
        anneal = hwsim.linear(0.05, 1.5, 12 * program.clock.period * 1e-15, steps=4)
    made = hwsim.rtl.write(program, tmp_path / "rtl", anneal=anneal, shell="axi4-lite", **more)
    assert checked(made.folder, made.trace, tool=iverilog).mismatches == 0
    script = Script()
    script.run(5, reset=True)
    script.states(at(program, anneal, 5))
    for address in (ADDRESS, DATA):  # no weights to write
        script.write(address, 0, DECERR)
        script.read(address, 0, DECERR)
    script.run(12)
    script.states(at(program, anneal, 12))
    if build_of == "an anneal":
        script.write(TARGET, 13)
        script.read(STATUS, 2)  # it is over
    assert played(script, made.machine, sorted((made.folder / "rtl").glob("*.v")), tmp_path, iverilog) == right(script)


@pytest.mark.parametrize(("side", "words"), [(44, 61), (46, 67), (64, 128)])
def test_many_words_of_states_stand_each_at_its_own_address(side, words, tmp_path, iverilog):
    """The shell of a large machine around a top that only holds a pattern."""
    program = hwsim.compile(f"ea2d:L={side},seed=1", hwsim.chip("generic-sparse", random_source="lfsr32"))
    made = hwsim.rtl.machine(program, constant(program, 1), shell="axi4-lite")
    assert registers(made)[-1].words == words
    spins = np.random.default_rng(side).choice((-1, 1), made.n)
    bits = "".join("1" if spin > 0 else "0" for spin in spins[::-1])
    (tmp_path / "top.v").write_text(
        "module top (input clk, rst, run, load, shift, serial_in, output serial_out,\n"
        f"  output [{made.n - 1}:0] states);\n  assign states = {made.n}'b{bits};\n"
        "  assign serial_out = 1'b0;\nendmodule\n"
    )
    (tmp_path / f"{NAME}.v").write_text(shell_module(made))
    script = Script()
    script.states(spins)
    for address in (STATES - 4, STATES + 4 * words, STATES + 4 * (words + 64), 2 ** address_width(made) - 4):
        script.read(address, 0, DECERR)
    script.read(PBITS, made.n)
    assert played(script, made, [tmp_path / "top.v", tmp_path / f"{NAME}.v"], tmp_path, iverilog) == right(script)


def test_the_folder_tells_the_registers_and_lint_reads_the_shell(written, verilator):
    made = written[0]
    found = lint(made.folder, made.machine)
    assert found.warnings == () and NAME in found.tops and found.whole
    told = json.loads((made.folder / "manifest.json").read_text())["shell"]
    addresses = [each["address"] for each in told["registers"]]
    assert addresses == [CONTROL, STATUS, TARGET, DONE, PBITS, ADDRESS, DATA, STATES]
    text = (made.folder / "README.md").read_text()
    assert all(f"| {each['name']} | {each['access']} |" in text for each in told["registers"])
    assert "s_axi_aclk" in (made.folder / "constraints" / "top.xdc").read_text()


@pytest.mark.parametrize("more", [{}, {"parts": [v % 3 for v in range(48)]}, {"source": "port"}, {"table": "block"}])
def test_shells_of_all_builds_are_lint_clean(more, glass, tmp_path, verilator):
    anneal = hwsim.linear(0.05, 1.5, 12 * glass.clock.period * 1e-15, steps=4)
    made = hwsim.rtl.write(glass, tmp_path / "rtl", anneal=anneal, shell="axi4-lite", **more)
    assert lint(made.folder, made.machine).warnings == ()


def test_a_folder_with_a_shell_is_made_again_and_an_unknown_bus_refused(glass, tmp_path, capsys):
    words = ["rtl", "write", "ea2d:L=3,seed=1", "--source", "lfsr32", "--beta", "1", "-o", str(tmp_path / "rtl")]
    assert main([*words, "--shell", "wishbone"]) == 2
    assert capsys.readouterr().err == "hwsim: error: shell must be axi4-lite, got 'wishbone'\n"
    assert main([*words, "--shell", "axi4-lite"]) == 0
    first = (tmp_path / "rtl" / "manifest.json").read_bytes()
    assert main([*words, "--shell", "axi4-lite"]) == 0 and (tmp_path / "rtl" / "manifest.json").read_bytes() == first
    assert main(words) == 0 and not (tmp_path / "rtl" / "rtl" / f"{NAME}.v").exists()
    with pytest.raises(InputError, match="shell must be axi4-lite"):
        hwsim.rtl.machine(glass, constant(glass, 1), shell="apb")
