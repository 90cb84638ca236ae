"""Digital cards against the public RTL that they cite: whole traces, from plain integer simulations of it.

Each machine below is written from its repository's files, in integers, with a table made in exact arithmetic. What is
no part of the RTL comes from hwsim: which p-bits form a colour, the seeds of the registers and the first states.
``tests/rtl/published.py`` runs the files themselves under Icarus Verilog, given clones of the repositories.
"""

from decimal import ROUND_HALF_UP, Decimal, getcontext

import dimod
import numpy as np
import pytest
from plain_registers import register, shown_before

import hwsim
from hwsim.cell.codes import SOURCES
from hwsim.engine.contract import Start
from hwsim.engine.noise import initial_states, seed_source

getcontext().prec = 60
ROUNDS, SEED = 120, 11


def word(x, unit, most):
    """``unit`` P(+1) of the input ``x``, a Decimal, to the nearest whole number, and at most ``most``."""
    up = 1 / (1 + (-2 * x).exp())
    return min(int((unit * up).to_integral_value(ROUND_HALF_UP)), most)


class SixFpga:
    """weight.sv, LUT_bias.sv, LFSR_n.sv and pbit.sv of navidaadit/distributed-p-computers; registers as MATLAB's fi
    makes them, s4.1: nearest, ties up, from -16 to 15.5."""

    chip, scale, source = "ucsb-six-fpga", 2, "lfsr32"
    table = tuple(word(Decimal(k) / 2, 2**32, 2**32 - 1) for k in range(32))

    def register_of(self, value):
        return min(max(int((Decimal(value) * 2 + Decimal("0.5")).to_integral_value("ROUND_FLOOR")), -32), 31)

    def decide(self, total, lfsr):
        total = min(max(total, -31), 31)  # nmin = 111100001, pmax = 000011111
        random = shown_before(lfsr)  # the edge that takes the state shifts the register
        lfsr.step()
        if total >= 0:
            return self.table[total] > random
        return self.table[-total] < random


class SparseIsing(SixFpga):
    """LUT_bias.sv, LFSR.sv and pbit.sv of OPUSLab/Spin-Circuit-Designs: a word for each of 256 inputs in eighths. The
    repository has no sum; sums saturate here as eight bits do, and weights are eighths."""

    chip, scale = "ucsb-sparse-ising", 8
    table = tuple(word(Decimal(k - 256 if k > 127 else k) / 8, 2**32, 2**32 - 1) for k in range(256))

    def register_of(self, value):
        assert 8 * value == int(8 * value)
        return int(8 * value)

    def decide(self, total, lfsr):
        random = shown_before(lfsr)
        lfsr.step()
        return self.table[min(max(total, -128), 127) % 256] > random


class Kv260:
    """FixedFabric of src/hdl.rs of dcharlot-physicalai-bmi/ferrotherm at beta = 1: Q.8 weights, ties away from zero,
    1,024 words at the centres of four units each, the upper half of xorshift32 after its step."""

    chip, scale, source = "kv260-fabric", 256, "xorshift32"
    table = tuple(word((Decimal(a) + Decimal("0.5")) / 64 - 8, 65535, 65535) for a in range(1024))

    def register_of(self, value):
        size = int((abs(Decimal(value)) * 256 + Decimal("0.5")).to_integral_value("ROUND_FLOOR"))
        return size if value >= 0 else -size

    def decide(self, total, generator):
        generator.step()
        return generator.word() >> 16 < self.table[(min(max(total, -2048), 2047) + 2048) >> 2]


MACHINES = [SixFpga(), SparseIsing(), Kv260()]
OTHERS = {
    "ucsb-six-fpga": ({"comparison": "below"}, {"random_shows": "stepped"}, {"weight_rounding": "half-even"}),
    "ucsb-sparse-ising": ({"random_shows": "stepped"}, {"random_shifts": 2}),
    "kv260-fabric": ({"random_shows": "held"}, {"random_shifts": 2}),
}
"""Words that a card does not say, with which its machine leaves the RTL."""


def problem_for(machine, rng):
    """Couplings and biases on a patch of a grid, some of them on halves of the register's unit and beyond its range."""
    wide = 32 if machine.chip == "kv260-fabric" else 5  # p-bits of the fabric are numbered by its rows
    cells = [wide * r + c for r in range(4) for c in range(5)]
    pairs = [(a, b) for a in cells for b in cells if b - a in (1, wide) and not (b - a == 1 and b % wide == 0)]
    steps = 8 if machine.chip == "ucsb-sparse-ising" else 2 * machine.scale
    values = rng.integers(-3 * steps // 2, 3 * steps // 2 + 1, len(cells) + len(pairs)) / steps
    if machine.chip == "ucsb-six-fpga":
        values[[0, -1]] = 17.0, -17.0
    return dimod.BinaryQuadraticModel(
        dict(zip(cells, values[: len(cells)], strict=True)), dict(zip(pairs, values[len(cells) :], strict=True)), "SPIN"
    )


def plain_trace(machine, bqm, program):
    """int8 (updates,): the states that p-bits take, colour after colour."""
    labels, order = list(bqm.variables), range(program.n_pbits)
    noise_key, _, initial_key = Start(reads=1, schedules=1, seed=SEED).keys(0)
    spins = dict(zip(labels, initial_states(np.uint64(initial_key), 1, len(labels))[0].tolist(), strict=True))
    registers = []
    for i in order:
        state = np.zeros(4, dtype=np.uint32)
        seed_source(np.uint64(noise_key), SOURCES[machine.source], 1, 0, 1, i, 0, state)
        registers.append(register(machine.source, [int(w) for w in state]))
    h = {v: machine.register_of(-bias) for v, bias in bqm.linear.items()}  # what a p-bit adds up
    j = {v: {u: machine.register_of(-bqm.quadratic[u, v]) for u in bqm.adj[v]} for v in labels}
    trace = []
    for _ in range(ROUNDS):
        for color in range(program.clock.n_slots):
            new = {}
            for i in order:
                if program.clock.color[i] == color:
                    v = labels[i]
                    total = h[v] + sum(weight * spins[u] for u, weight in j[v].items())
                    new[v] = 1 if machine.decide(total, registers[i]) else -1
            spins |= new
            trace += list(new.values())
    return np.array(trace, dtype=np.int8)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.chip)
def test_a_card_follows_its_public_rtl_update_by_update(machine):
    bqm = problem_for(machine, np.random.default_rng(3))
    program = hwsim.compile(bqm, machine.chip)
    anneal = hwsim.constant(1.0, f"{ROUNDS * program.clock.period} fs")
    if machine.chip != "ucsb-sparse-ising":  # which states no registers
        held = [-machine.register_of(-bqm.linear[v]) for v in bqm.variables]
        assert program.placement.bias_code.tolist() == held
    wanted = plain_trace(machine, bqm, program)
    assert len(wanted) == ROUNDS * program.n_pbits and abs(wanted.mean()) < 0.9
    for engine in ("lanes", "reference"):
        run = hwsim.run(program, anneal=anneal, reads=1, schedules=1, seed=SEED, record=(0,), engine=engine)
        assert np.array_equal(run.traces[0][2], wanted), engine
    for other in OTHERS[machine.chip]:
        program = hwsim.compile(bqm, hwsim.chip(machine.chip, **other))
        run = hwsim.run(program, anneal=anneal, reads=1, schedules=1, seed=SEED, record=(0,), engine="lanes")
        assert not np.array_equal(run.traces[0][2], wanted), other


def test_wobblybits_follows_its_public_rtl_with_one_register_for_all_bytes():
    """pbit_array.v of rats2012/WobblyBits: clamp(128 + net, 0, 255), one byte an update, p-bit after p-bit; signed
    8-bit couplings, of which -128 is one. A shift register that all p-bits read stands for its ring oscillators."""
    rng = np.random.default_rng(4)
    pairs = [(a, b) for a in range(6) for b in range(a)]
    values = [-128, 127, *rng.integers(-60, 61, 13).tolist()]
    net = dict(zip(pairs, values, strict=True))
    bqm = dimod.BinaryQuadraticModel({}, {pair: float(-value) for pair, value in net.items()}, "SPIN")
    wiring = {"random_steps": "clock", "random_sharing": "taps", "random_share": 6, "random_shifts": 8}
    program = hwsim.compile(bqm, hwsim.chip("wobblybits", random_source="lfsr32", **wiring))
    noise_key, _, initial_key = Start(reads=1, schedules=1, seed=SEED).keys(0)
    state = np.zeros(4, dtype=np.uint32)
    seed_source(np.uint64(noise_key), SOURCES["lfsr32"], 6, 0, 8, 0, 0, state)
    lfsr, order = register("lfsr32", [int(w) for w in state]), list(bqm.variables)
    spins, trace = initial_states(np.uint64(initial_key), 1, 6)[0].tolist(), []
    for update in range(6 * ROUNDS):
        i = update % 6
        for _ in range(8):
            lfsr.step()
        total = sum(net[max(order[i], order[k]), min(order[i], order[k])] * spins[k] for k in range(6) if k != i)
        threshold = 128 + min(max(total, -128), 127)
        spins[i] = 1 if lfsr.word() >> 24 < threshold else -1
        trace.append(spins[i])
    for engine in ("lanes", "reference"):
        run = hwsim.run(
            program,
            anneal=hwsim.constant(0.0078125, f"{ROUNDS * program.clock.period} fs"),
            reads=1,
            schedules=1,
            seed=SEED,
            record=(0,),
            engine=engine,
        )
        assert run.traces[0][2].tolist() == trace, engine
