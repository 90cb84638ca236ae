"""Lint and synthesis: what Verilator and Yosys say of the Verilog, and how it is told."""

import json

import pytest
from glasses import constant, random_glass

import hwsim
from hwsim.cli.main import main
from hwsim.rtl.lint import lint
from hwsim.rtl.machine import SOURCE_NAMES
from hwsim.rtl.synthesis import TARGETS, _lone_carries, _pairs, synthesise
from hwsim.rtl.write import modules

CARDS = {
    "generic-sparse": (lambda: random_glass(24, 5), {}),
    "kv260-fabric": (lambda: hwsim.generate("ea2d:L=4,seed=1"), {"rows": 4, "columns": 4}),
    "pegasus-asic-28nm": (lambda: random_glass(20, 6), {}),
    "million-pbit-fpga": (lambda: random_glass(24, 6, biased=True), {}),
    "ucsb-six-fpga": (lambda: random_glass(24, 6), {}),
    "ucsb-sparse-ising": (lambda: random_glass(24, 5, biased=True), {}),
    "wobblybits": (lambda: hwsim.generate("sk:n=6,seed=1"), {}),
}


def put(machine, folder):
    """The Verilog of ``machine`` in ``folder``/rtl, without a trace."""
    (folder / "rtl").mkdir()
    for name, text in modules(machine).items():
        (folder / "rtl" / f"{name}.v").write_text(text)
    return folder


def read(program, folder, anneal=None, **build):
    made = hwsim.rtl.machine(program, anneal or constant(program, 20), **build)
    return lint(put(made, folder), made)


@pytest.mark.parametrize("table", ["logic", "block"])
@pytest.mark.parametrize("weights", ["fixed", "writable"])
@pytest.mark.parametrize("card", CARDS)
def test_every_digital_card_is_lint_clean(card, weights, table, tmp_path, verilator):
    problem, changes = CARDS[card]
    if weights == "writable":
        changes = changes | {"weight_bits": 4}  # else the tables would be too large
    program = hwsim.compile(problem(), hwsim.chip(card, **({"random_source": "lfsr32"} | changes)))
    beta = 1 if program.placement.code_scale is None else 0.125 / program.placement.code_scale
    found = read(program, tmp_path, constant(program, 20, beta=beta), weights=weights, table=table)
    assert found.warnings == () and found.whole and {"top", "pbit_array", "activation"} <= set(found.tops)


@pytest.mark.parametrize("parts", [None, [0, 0, 0, 1, 1, 1]])
def test_one_slot_and_p_bits_that_no_other_chip_sees_are_lint_clean(parts, tmp_path, verilator):
    import dimod

    model = dimod.BinaryQuadraticModel.from_ising(dict.fromkeys(["top", *range(5)], 1), {})
    program = hwsim.compile(model, hwsim.chip("generic-sparse", random_source="lfsr32"))
    assert read(program, tmp_path, parts=parts).warnings == ()


@pytest.mark.parametrize("source", SOURCE_NAMES)
@pytest.mark.parametrize("chips", [1, 2])
def test_sources_anneals_links_and_late_wires_are_lint_clean(chips, source, tmp_path, verilator):
    changes = {} if source == "port" else {"random_source": source, "random_shifts": 2}
    chip = hwsim.chip("generic-sparse", period="96 ns", delay="50 ns", threshold_bits=12, **changes)
    parts = [int(v >= 12) for v in range(24)]
    links = {"parts": parts, "exchange_s": 192e-9} if chips == 2 else {}
    program = hwsim.compile(random_glass(24, 4), chip, **links)
    anneal = hwsim.linear(0.1, 1, 2e-6, steps=5)
    found = read(program, tmp_path, anneal, source=source, parts=parts if chips == 2 else None)
    assert found.warnings == () and "anneal" in found.tops


def test_of_a_large_machine_an_array_of_some_p_bits_is_read(tmp_path, verilator):
    chip = hwsim.chip("generic-sparse", random_source="lfsr32")
    program = hwsim.compile(hwsim.generate("ea2d:L=36,seed=1"), chip)
    found = read(program, tmp_path)
    assert found.warnings == () and not found.whole and "pbit_array" in found.tops and "top" not in found.tops


def test_lint_names_what_a_designer_would_be_told(glass, tmp_path, verilator):
    made = hwsim.rtl.machine(glass, constant(glass, 20))
    path = put(made, tmp_path) / "rtl" / "phases.v"
    path.write_text(
        path.read_text().replace("  assign slot_end = run;", "  wire spare;\n  assign slot_end = {1'b0, run};")
    )
    said = " ".join(lint(tmp_path, made).warnings)
    assert "phases.v" in said and "WIDTH" in said and "spare" in said


@pytest.mark.parametrize("target", TARGETS)
def test_synthesis_counts_what_a_p_bit_holds(target, tmp_path, yosys):
    """An LFSR of 32 bits and the state are 33 flip-flops, the whole has them for each p-bit, and more."""
    program = hwsim.compile(random_glass(24, 4), hwsim.chip("ucsb-six-fpga"))
    made = hwsim.rtl.machine(program, constant(program, 20, beta=1))
    costs = synthesise(put(made, tmp_path), made, target)
    (ports,), (fixed,), whole = costs.pbits, costs.constant, costs.whole
    assert ports.flip_flops == fixed.flip_flops == 33 and ports.count == fixed.count == 24
    assert 20 < fixed.luts < ports.luts < whole.luts / 24 * 1.2  # constants fold; modules by themselves do not
    assert whole.flip_flops == 24 * 33 + made.wiring.n_slots + 24
    assert 0 < fixed.levels <= ports.levels < 64 and ports.memory_bits == 0


@pytest.mark.parametrize("target", ["generic", "ice40"])
@pytest.mark.parametrize("card", CARDS)
def test_every_digital_card_is_synthesised(card, target, tmp_path, yosys):
    """Each p-bit has the flip-flops of its source and its state, alone and in the whole."""
    problem, changes = CARDS[card]
    program = hwsim.compile(problem(), hwsim.chip(card, **({"random_source": "lfsr32"} | changes)))
    made = hwsim.rtl.machine(program, constant(program, 20, beta=1))
    costs = synthesise(put(made, tmp_path), made, target)
    assert sum(cost.count for cost in costs.pbits) == made.n and len(costs.constant) == len(costs.pbits)
    for ports, fixed in zip(costs.pbits, costs.constant, strict=True):
        assert ports.flip_flops == fixed.flip_flops == 33
        assert 8 < fixed.luts < ports.luts and 0 < fixed.levels <= ports.levels < 100
    assert costs.whole.flip_flops == made.n * 33 + made.wiring.n_slots + made.n
    assert costs.whole.luts >= sum(cost.count * cost.luts for cost in costs.pbits)


def test_constant_weights_fold_through_the_carries_of_their_sum(tmp_path, yosys):
    """Four neighbours have 16 fields, however many the table has: four inputs a bit of the threshold."""
    chip = hwsim.chip("kv260-fabric", rows=4, columns=4, weight_fraction_bits=4)
    program = hwsim.compile(hwsim.generate("ea2d:L=4,seed=1,weights=gauss"), chip)
    made = hwsim.rtl.machine(program, constant(program, 20, beta=1))
    costs = synthesise(put(made, tmp_path), made, "ice40")
    assert made.activations[0].n_words > 60
    assert costs.constant[0].luts <= 16 + 32 * 1.25 + 32 < costs.pbits[0].luts / 2


def test_small_tables_share_one_of_six_inputs_if_they_have_at_most_five():
    assert _pairs({"LUT6": 3, "LUT5": 8, "LUT4": 12, "LUT3": 12, "LUT2": 36}) == 12 + 12
    assert _pairs({"LUT4": 2, "LUT3": 1, "LUT2": 1, "LUT1": 3}) == 3 and _pairs({"LUT3": 4, "SB_LUT4": 9}) == 0


def test_a_carry_shares_its_cell_with_the_table_that_reads_the_same():
    def cell(kind, *bits):
        ports = ("I0", "I1", "CI") if kind == "SB_CARRY" else ("I1", "I2", "I3")
        return {"type": kind, "connections": {port: [bit] for port, bit in zip(ports, bits, strict=True)}}

    cells = [cell("SB_CARRY", 2, 3, 4), cell("SB_LUT4", 2, 3, 4), cell("SB_CARRY", 5, 6, 7), cell("SB_LUT4", 5, 6, 8)]
    assert _lone_carries(cells) == 1


def test_registers_and_tables_in_memory_are_counted(tmp_path, yosys):
    chip = hwsim.chip("generic-sparse", random_source="lfsr32", weight_bits=5)
    program = hwsim.compile(random_glass(24, 4, real=True), chip)
    anneal = constant(program, 20, beta=0.125 / program.placement.code_scale)
    made = hwsim.rtl.machine(program, anneal, weights="writable", table="block")
    costs = synthesise(put(made, tmp_path), made, "ice40")
    assert costs.constant == () and costs.pbits[0].what.endswith("weights in registers")
    assert costs.pbits[0].flip_flops >= 33 + 5 * 5 and costs.pbits[0].memory_bits >= 255 * 32


def test_the_manifest_and_the_command_tell_both(tmp_path, capsys, verilator, yosys):
    place, facts = tmp_path / "rtl", tmp_path / "facts.json"
    words = ["rtl", "write", "ea2d:L=3,seed=1", "--source", "lfsr32", "--beta", "1", "-o", str(place)]
    assert main([*words, "--lint", "--synth", "ice40", "--json", str(facts)]) == 0
    said = capsys.readouterr().out
    assert "modules read with -Wall, 0 warnings" in said and "pbit_degree_4, weights constant" in said
    told = json.loads((place / "manifest.json").read_text())
    assert told == json.loads(facts.read_text())["rtl"]
    assert told["lint"]["warnings"] == [] and told["synthesis"][0]["target"] == "ice40"
    assert told["synthesis"][0]["constant"][0]["flip_flops"] == 33
    assert main(words) == 0  # it is still a folder of hwsim's own
    path = place / "rtl" / "phases.v"
    path.write_text(path.read_text().replace("assign slot_end = run;", "assign slot_end = run;\n  wire spare;"))
    assert main(["rtl", "check", str(place), "--lint"]) == 1
    assert "spare" in capsys.readouterr().out


@pytest.mark.parametrize(("option", "tool"), [(["--lint"], "verilator"), (["--synth", "ice40"], "yosys")])
def test_a_missing_tool_is_named_before_anything_is_written(option, tool, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PATH", "")
    words = ["rtl", "write", "ea2d:L=3,seed=1", "--source", "lfsr32", "--beta", "1", "-o", str(tmp_path / "rtl")]
    assert main([*words, *option]) == 2
    assert capsys.readouterr().err == f"hwsim: error: {tool} is not installed: apt-get install {tool}\n"
    assert not any(tmp_path.iterdir())


def test_an_unknown_target_is_refused(tmp_path, capsys):
    words = ["rtl", "write", "ea2d:L=3,seed=1", "--source", "lfsr32", "--beta", "1", "-o", str(tmp_path / "rtl")]
    assert main([*words, "--synth", "ice40,quartus"]) == 2
    assert "a target of synthesis is generic, ice40, ecp5, xilinx, got 'quartus'" in capsys.readouterr().err
