"""Whether digital cards do what the files of the public RTL do that they cite, simulated as they are by Icarus Verilog.

    git clone https://github.com/navidaadit/distributed-p-computers
    git clone https://github.com/OPUSLab/Spin-Circuit-Designs
    git clone https://github.com/rats2012/WobblyBits
    python tests/rtl/published.py .                  the folder that holds the clones

Each machine gets a problem of its size, the seeds and first states of hwsim, and a testbench that clocks it; the script
prints updates compared and mismatches, and ends with exit code 1 if there are any. It needs iverilog. The clones are no
part of hwsim: without network, tests/physics/test_published_logic.py holds the cards against the same rules in Python.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import dimod
import numpy as np

import hwsim
from hwsim.cell.codes import SOURCES
from hwsim.cell.source import source_next
from hwsim.engine.contract import Start
from hwsim.engine.noise import initial_states, seed_source

SEED = 4
UCSB = "distributed-p-computers/hardware/rtl_example"
OPUSLAB = "Spin-Circuit-Designs/LFSR p-bit/VERILOG"
Found = tuple[np.ndarray, np.ndarray]
"""(values that the RTL takes, values that the emulation takes), int8 (updates,) each."""


def emulated(program: Any, rounds: int, beta: float) -> np.ndarray:
    """int8 (updates,): the values that p-bits take in ``rounds`` of the clock."""
    anneal = hwsim.constant(beta, f"{rounds * program.clock.period} fs")
    how = {"reads": 1, "schedules": 1, "seed": SEED, "record": (0,), "engine": "reference"}
    return hwsim.run(program, anneal=anneal, **how).traces[0][2]


def seeds(program: Any) -> np.ndarray:
    """uint32 (n,): what the LFSR of each p-bit holds before its first step."""
    key, noise = np.uint64(Start(reads=1, schedules=1, seed=SEED).keys(0)[0]), program.noise
    state = np.zeros((program.n_pbits, 4), dtype=np.uint32)
    for i in range(program.n_pbits):
        seed_source(key, SOURCES["lfsr32"], noise.source_share, 0, noise.source_shifts, i, 0, state[i])
    return state[:, 0]


def first_states(program: Any) -> list[int]:
    """0 or 1 for each p-bit."""
    key = np.uint64(Start(reads=1, schedules=1, seed=SEED).keys(0)[2])
    return ((initial_states(key, 1, program.n_pbits)[0] + 1) // 2).tolist()


def simulated(files: Sequence[Path], testbench: str) -> list[str]:
    """The lines that ``testbench`` prints."""
    with tempfile.TemporaryDirectory() as folder:
        bench, built = Path(folder) / "bench.sv", Path(folder) / "built"
        bench.write_text(testbench)
        subprocess.run(["iverilog", "-g2012", "-o", built, *files, bench], check=True, timeout=120)
        done = subprocess.run(["vvp", built], check=True, timeout=600, capture_output=True, text=True)
    return done.stdout.split()


def spins(bits: str) -> np.ndarray:
    """int8 (n,) of a printed vector, whose last digit is p-bit 0."""
    return np.array([1 if bit == "1" else -1 for bit in bits[::-1]], dtype=np.int8)


def six_fpga(clones: Path, rounds: int = 300) -> Found:
    """pbit.sv, weight.sv, LUT_bias.sv and LFSR_n.sv: 40 p-bits of at most six couplings, a clock for each colour.

    Four rounds bring the enables through their synchronisers; then the LFSRs and states are set, as power-on would."""
    rng, n, couplings = np.random.default_rng(8), 40, {}
    degree = np.zeros(n, dtype=np.int64)
    for a, b in (sorted(rng.choice(n, 2, replace=False).tolist()) for _ in range(400)):
        if (a, b) not in couplings and max(degree[a], degree[b]) < 6:
            couplings[a, b] = float(rng.integers(-12, 13)) / 4
            degree[[a, b]] += 1
    biases = {i: float(rng.integers(-8, 9)) / 4 for i in range(n)} | {0: 17.0, 1: -17.0}
    program = hwsim.compile(dimod.BinaryQuadraticModel(biases, couplings, "SPIN"), "ucsb-six-fpga")
    network, codes, clock = program.network, program.placement, program.clock
    lines = [f"module bench; reg [{clock.n_slots - 1}:0] clk = 0; wire [{n - 1}:0] s; integer r, c;"]
    for i in range(n):
        row = network.row(i)
        ports = [(-int(w) & 63, f"s[{j}]") for w, j in zip(codes.weight_code[row], network.indices[row], strict=True)]
        ports += [(0, "1'b0")] * (6 - len(ports))
        wired = ", ".join(f".J_n{k}(6'd{w}), .s_in{k}({s})" for k, (w, s) in enumerate(ports))
        bias = f".h_n(6'd{-int(codes.bias_code[i]) & 63})"
        lines.append(
            f"pbit p{i} (.GE(1'b1), .weight_load_DONE(1'b1), .clk(clk[{clock.color[i]}]), {bias}, {wired}, "
            f".s_out(s[{i}]));"
        )
    each = f"for (c = 0; c < {clock.n_slots}; c = c + 1) begin #5 clk[c] = 1; #5 clk[c] = 0;"
    lines.append(f"initial begin for (r = 0; r < 4; r = r + 1) {each} end")
    for i, (seed, state) in enumerate(zip(seeds(program), first_states(program), strict=True)):
        lines.append(f"p{i}.LFSR_i.r_LFSR = 32'd{seed}; p{i}.s_out = {state};")
    lines.append(f'#1; for (r = 0; r < {rounds}; r = r + 1) {each} $display("%b", s); end $finish; end endmodule')
    names = ("PSL_pkg", "LFSR_n", "LUT_bias", "weight", "pbit")
    printed = simulated([clones / UCSB / f"{name}.sv" for name in names], "\n".join(lines))
    members = [np.flatnonzero(clock.color == c) for c in range(clock.n_slots)]
    values = [spins(line)[members[k % clock.n_slots]] for k, line in enumerate(printed)]
    return np.concatenate(values), emulated(program, rounds, 1.0)


def opuslab(clones: Path, rounds: int = 200) -> Found:
    """pbit.sv, LFSR.sv and LUT_bias.sv: 128 p-bits without couplings, as the files have no sum, at all even inputs."""
    n = 128
    problem = dimod.BinaryQuadraticModel({i: 16 - i / 4 for i in range(n)}, {}, "SPIN")
    program = hwsim.compile(problem, "ucsb-sparse-ising")
    lines = [f"module bench; reg clk = 0, rst_n = 1; wire [{n - 1}:0] s; integer r;"]
    for i, seed in enumerate(seeds(program)):
        code = -int(8 * program.network.bias[i]) & 255
        lines.append(
            f"wire [31:0] word_{i}, table_{i}; LUT_bias l{i} (.Iin(8'd{code}), .Out(table_{i}));\n"
            f"LFSR #(.seed(32'd{seed})) f{i} (.clk(clk), .reset_n(rst_n), .LFSR_out(word_{i}));\n"
            f"pbit p{i} (.GE(1'b1), .clk(clk), .LUT_out(table_{i}), .LFSR_out(word_{i}), .s_out(s[{i}]));"
        )
    lines.append(
        f"initial begin #1 rst_n = 0; #1 rst_n = 1; for (r = 0; r < {rounds}; r = r + 1) begin #5 clk = 1; "
        '#1 $display("%b", s); #4 clk = 0; end $finish; end endmodule'
    )
    printed = simulated([clones / OPUSLAB / f"{name}.sv" for name in ("LFSR", "LUT_bias", "pbit")], "\n".join(lines))
    return np.concatenate([spins(line) for line in printed]), emulated(program, rounds, 1.0)


def wobblybits(clones: Path, rounds: int = 2000) -> Found:
    """pbit_array.v, all couplings written through its port; its bytes are those of one LFSR, eight shifts each."""
    rng = np.random.default_rng(4)
    pairs = [(a, b) for a in range(6) for b in range(a + 1, 6)]
    couplings = dict(zip(pairs, [-128, 127, *rng.integers(-60, 61, 13).tolist()], strict=True))
    problem = dimod.BinaryQuadraticModel("SPIN")
    problem.add_linear_from((i, 0.0) for i in range(6))
    problem.add_quadratic_from((*pair, -float(value)) for pair, value in couplings.items())
    wiring = {"random_steps": "clock", "random_sharing": "taps", "random_share": 6, "random_shifts": 8}
    program = hwsim.compile(problem, hwsim.chip("wobblybits", random_source="lfsr32", **wiring))
    state = np.array([seeds(program)[0], 0, 0, 0], dtype=np.uint32)
    octets = [int(source_next(SOURCES["lfsr32"], 8, state)) >> 24 for _ in range(6 * rounds)]
    lines = [
        "module bench; reg clk = 0, rst_n = 0, run = 0, write = 0; reg [5:0] address = 0; reg [7:0] data = 0;",
        f"reg [7:0] octet = 0; wire [5:0] s; integer k; reg [7:0] octets [0:{len(octets) - 1}];",
        "pbit_array array (.clk(clk), .rst_n(rst_n), .run(run), .rand_init(1'b0), .trng_valid(run),",
        ".trng_data(octet), .wr_en(write), .wr_addr(address), .wr_data(data), .rd_addr(6'd0), .rd_data(),",
        ".states(s), .sweep_done()); always #5 clk = ~clk; initial begin",
        *(f"octets[{k}] = {octet};" for k, octet in enumerate(octets)),
        "#12 rst_n = 1;",
        *(f"#10 write = 1; address = {6 * a + b}; data = {v & 255}; #10 write = 0;" for (a, b), v in couplings.items()),
        f"#10 array.states = {sum(bit << i for i, bit in enumerate(first_states(program)))}; run = 1;",
        f"for (k = 0; k < {len(octets)}; k = k + 1) begin octet = octets[k];",
        '@(posedge clk) #1 $display("%b", s[k % 6]); end $finish; end endmodule',
    ]
    printed = simulated([clones / "WobblyBits/src/pbit_array.v"], "\n".join(lines))
    return np.concatenate([spins(line) for line in printed]), emulated(program, rounds, 2.0**-7)


MACHINES: dict[str, Callable[[Path], Found]] = {
    "ucsb-six-fpga": six_fpga,
    "ucsb-sparse-ising": opuslab,
    "wobblybits": wobblybits,
}


def main(folder: str) -> int:
    """Compare every machine; 1 if any update differs."""
    worst = 0
    for name, compare in MACHINES.items():
        rtl, emulation = compare(Path(folder))
        wrong = len(rtl) + len(emulation) if len(rtl) != len(emulation) else int(np.sum(rtl != emulation))
        print(f"{name}: {len(rtl):,} updates, {wrong} mismatches")
        worst = max(worst, wrong)
    return int(worst > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
