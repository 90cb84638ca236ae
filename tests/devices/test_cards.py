"""The shipped cards: complete, sourced, and every machine runs."""

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.cell.card import GRADES
from hwsim.cell.codes import SOURCES
from hwsim.chip.library import list_chips, list_modes, list_pbits
from hwsim.chip.topology import wires
from hwsim.engine.choice import NAMES, engine_of
from hwsim.program import content_hash, load, save

CHIPS = [
    "wobblybits",
    "parallel-pbit-dac",
    "ucsb-sparse-ising",
    "ucsb-six-fpga",
    "pegasus-asic-28nm",
    "million-pbit-fpga",
    "extropic-z1",
    "extropic-g8",
    "extropic-g12",
    "extropic-g16",
    "kv260-fabric",
    "dwave-advantage-6.4",
    "dwave-advantage2-1.10",
    "hitachi-king",
    "purdue-autonomous",
]
PBITS = ["smtj-inplane-ns", "smtj-perpendicular-ms", "smtj-actuated", "opuslab-digital", "extropic-transistor"]


def test_the_library_holds_the_machines_and_devices_of_the_field():
    assert {card.name for card in list_chips()} >= set(CHIPS)
    assert {card.name for card in list_pbits()} >= set(PBITS)


def test_every_number_in_every_card_has_source_and_grade():
    for card in [*list_chips(), *list_pbits(), *list_modes()]:
        numbers = [*card.parameters.values(), *card.notes.values()]
        numbers += [entry for entry in (getattr(card, "response", None), getattr(card, "wiring", None)) if entry]
        assert numbers, card.name
        for number in numbers:
            assert len(number.source.strip()) > 5 and number.grade in GRADES, card.name


def test_what_is_missing_says_what_and_who_would_know():
    entries = [entry for card in [*list_chips(), *list_pbits(), *list_modes()] for entry in card.missing.values()]
    assert len(entries) > 20 and all(entry.what and entry.ask for entry in entries)


def small_problem(chip):
    """Couplings of +-1 on a few wires of the chip, as its p-bits are numbered."""
    rng = np.random.default_rng(1)
    ring = np.array([(i, (i + 1) % 6) for i in range(6)])
    pairs = wires(chip.topology)[:9] if chip.topology.is_fixed else ring
    spins = sorted({int(v) for v in pairs.ravel()})
    bqm = dimod.BinaryQuadraticModel(dict.fromkeys(spins, 0.0), {}, "SPIN")
    bqm.add_quadratic_from({(int(a), int(b)): float(rng.choice([-1, 1])) for a, b in pairs})
    return bqm


def traces_of(program, engine, anneal):
    """The recorded trace and the energies of a short run on ``engine``."""
    how = {"reads": 2, "schedules": 1, "record": (1,), "checkpoints": 1}
    result = hwsim.run(program, anneal=anneal, engine=engine, **how)
    return [*result.traces[1], result.energies]


@pytest.mark.parametrize("name", sorted({card.name for card in list_chips()}))
def test_every_machine_compiles_saves_loads_and_runs_to_the_same_trace_on_every_engine(name, tmp_path):
    chip = hwsim.chip(name)
    if chip.topology.kind in ("pegasus", "zephyr"):
        pytest.importorskip("dwave.graphs")
    program = hwsim.compile(small_problem(chip), chip)
    save(program, tmp_path / "p.npz")
    loaded = load(tmp_path / "p.npz")
    assert content_hash(loaded) == content_hash(program)
    period_s = max(program.clock.period, 1) * 1e-15
    anneal = hwsim.constant(0.5, 2.5 * period_s)
    law = traces_of(program, "reference", anneal)
    assert len(law[0]) > 0
    able = ["auto", *(engine for engine in NAMES if engine_of(engine).why_not(program) is None)]
    for engine in able:
        assert all(np.array_equal(a, b) for a, b in zip(traces_of(loaded, engine, anneal), law, strict=True)), engine


@pytest.mark.parametrize("name", sorted({card.name for card in list_pbits()}))
def test_every_device_runs_and_all_engines_tell_the_same(name):
    card = next(card for card in list_pbits() if card.name == name)
    chip = hwsim.chip("generic-all-to-all", pbit=name, clock=card.clock)
    program = hwsim.compile(small_problem(chip), chip)
    anneal = hwsim.constant(0.5, 2.5 * program.clock.tau.max() * 1e-15)
    traces = [
        hwsim.run(program, anneal=anneal, reads=2, schedules=1, engine=engine, record=(1,), checkpoints=1).traces[1]
        for engine in ("reference", "lanes")
    ]
    assert len(traces[0][0]) > 0
    assert all(np.array_equal(a, b) for a, b in zip(*traces, strict=True))


DIGITAL = (
    "generic-sparse",
    "kv260-fabric",
    "kv260-writable",
    "pegasus-asic-28nm",
    "million-pbit-fpga",
    "ucsb-six-fpga",
    "ucsb-sparse-ising",
    "wobblybits",
)


@pytest.mark.parametrize("name", DIGITAL)
def test_every_digital_machine_takes_every_source(name):
    problem, traces = small_problem(hwsim.chip(name)), []
    for source in SOURCES:
        chip = hwsim.chip(name, random_source=source)
        program = hwsim.compile(problem, chip)
        assert program.noise.source == source
        if source == "ideal":
            assert chip.pbit.random_shows == "stepped" and chip.pbit.random_shifts == 1
        anneal = hwsim.constant(0.5, f"{20 * program.clock.period} fs")
        run = hwsim.run(program, anneal=anneal, reads=1, schedules=1, record=(0,), engine="lanes")
        traces.append(run.traces[0][2].tobytes())
    assert len(set(traces)) == len(SOURCES)


@pytest.mark.parametrize(("name", "integer", "fraction"), [("six-fpga-digital", 4, 1), ("opuslab-digital", 4, 3)])
def test_the_look_up_table_of_a_digital_p_bit_bit_for_bit(name, integer, fraction):
    """Every input code: round(2**32 (1 + tanh x) / 2), at most all ones, and rounding to the nearest code between. The
    six-FPGA p-bit has words of magnitudes: at -x it is +1 for the 2**32 - 1 - word random words above that of x. The
    other has one code more at the negative end.

    0xFE496098 at x = 2.5 is the entry of repository navidaadit/distributed-p-computers (d5e8326, LUT_bias).
    """
    from decimal import Decimal, getcontext

    from hwsim.cell.law import law_threshold

    getcontext().prec = 40
    program = hwsim.compile(
        dimod.BinaryQuadraticModel({0: 1.0}, {}, "SPIN"), hwsim.chip("generic-all-to-all", pbit=name)
    )

    def threshold(x):
        p = program.cells
        return law_threshold(
            1,
            x,
            1.0,
            p.gain[0],
            p.offset[0],
            p.input_low[0],
            p.input_high[0],
            p.input_step[0],
            p.comparator_step[0],
            p.law[0],
            p.parameter[0],
            p.z_limit[0],
            program.noise.white[0],
            p.points,
            p.table_first,
            p.table_step,
        )

    swapped = name == "six-fpga-digital"

    def entry(code):
        if swapped and code < 0:
            return 2**32 - 1 - entry(-code)
        x = Decimal(code) / 2**fraction
        word = int((Decimal(2**32) / (1 + (-2 * x).exp()) + Decimal("0.5")).to_integral_value(rounding="ROUND_FLOOR"))
        return min(word, 2**32 - 1)

    top = 2 ** (integer + fraction) - 1
    least = -top if swapped else -top - 1
    for code in range(least, top + 1):
        x = code / 2**fraction
        assert threshold(x) == entry(code), x
        assert threshold(x + 0.4 / 2**fraction) == entry(code)
    assert threshold(1000.0) == entry(top) and threshold(-1000.0) == entry(least)
    assert threshold(2.5) == 0xFE496098
