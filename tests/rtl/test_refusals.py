"""What is no digital machine, and what stands in the way of a folder or a simulation, is refused in one sentence."""

import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from glasses import constant, random_glass

import hwsim
from hwsim import rtl
from hwsim.cli.main import main
from hwsim.errors import InputError, UnsupportedError
from hwsim.rtl.manifest import add, read_manifest
from hwsim.rtl.write import check_folder

GLASS = "ea3d:L=3,seed=1"
LFSR = ["--source", "lfsr32", "--beta", "1"]


def refused(words, capsys):
    """The one sentence with which ``hwsim`` refuses."""
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.startswith("hwsim: error: ")
    return said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--chip", "autonomous-pbit", *LFSR], "give --clock chromatic"),
        (["--clock", "random-sequential", *LFSR], "give --clock sequential or chromatic"),
        (["--clock", "synchronous", "--participation", "0.5", *LFSR], "give --participation 1"),
        (["--synapse-tau", "1ns", *LFSR], "give --synapse-tau 0"),
        (["--set", "noise_flicker=0.1", *LFSR], "set noise_flicker = 0"),
        (["--set", "noise_white=0.1", *LFSR], "set noise_white = 0"),
        (["--set", "temperature_drift=0.1", *LFSR], "set temperature_drift = 0"),
        (["--beta", "1"], "give --source lfsr32"),
        (["--source", "dice", "--beta", "1"], "source must be one of lfsr32"),
        (["--weights", "soft", *LFSR], "weights must be fixed or writable"),
        (["--table", "ram", *LFSR], "table must be logic or block"),
        (["--delay", "30ns", "--set", "period=100.000001ns", *LFSR], "not equally long"),
        (["--chips", "2", "--exchange", "31ns", *LFSR], "no whole number of slots: give --exchange a multiple of"),
        (["--steps", "400", "--source", "lfsr32"], "fewer --steps"),
        (["--jitter", "5ns", *LFSR], "this one is chromatic: give --jitter 0"),
        (["--tau-dtod", "0.2", *LFSR], "give --tau-dtod 0, or --without rate-spread"),
        (["--set", "stuck_fraction=1", *LFSR], "no p-bit of this machine updates"),
        (["--check", "modelsim", *LFSR], "a simulator is iverilog or verilator"),
    ],
)
def test_what_has_no_hardware_is_refused_with_what_to_set(words, says, tmp_path, capsys):
    assert says in refused(["rtl", "write", GLASS, "-o", str(tmp_path / "rtl"), *words], capsys)
    assert not any(tmp_path.iterdir())


def test_a_graph_that_the_chip_does_not_hold_is_refused(tmp_path, capsys):
    words = ["rtl", "write", "sk:n=7,seed=1", "--chip", "wobblybits", "-o", str(tmp_path / "rtl"), *LFSR]
    assert "the problem has 7 spins and chip 'wobblybits' holds 6 p-bits" in refused(words, capsys)
    assert not any(tmp_path.iterdir())


def test_laws_with_a_state_p_dits_and_biases_of_reads_are_refused(glass):
    anneal = constant(glass, 3)
    own = glass.changed(law=np.full(48, 4, dtype=np.int8))
    biased = glass.changed(read_bias=np.ones(48, dtype=bool))
    driven = glass.changed(driven=np.ones(len(glass.wires.delay), dtype=bool))
    for program, says in ((own, "own state"), (biased, "of each read's own"), (driven, "driven couplings")):
        with pytest.raises(UnsupportedError, match=says):
            hwsim.rtl.machine(program, anneal)


def test_couplings_without_a_common_unit_need_weight_bits(tmp_path):
    model = random_glass(12, 3)
    for k, (u, v) in enumerate(sorted(model.quadratic)):
        model.set_quadratic(u, v, 0.1 + 0.037 * k**0.5)
    chip = hwsim.chip("ucsb-sparse-ising", random_source="lfsr32")
    program = hwsim.compile(model, chip)
    with pytest.raises(UnsupportedError, match="give --weight-bits"):
        hwsim.rtl.machine(program, constant(program, 3))
    program = hwsim.compile(model, hwsim.chip("ucsb-sparse-ising", random_source="lfsr32", weight_bits=5))
    assert hwsim.rtl.machine(program, constant(program, 3)).weight_width == 5


def test_a_die_with_other_weights_than_its_registers_is_refused():
    chip = hwsim.chip("generic-sparse", random_source="lfsr32", weight_dtod=0.01)
    program = hwsim.compile(random_glass(12, 3), chip)
    with pytest.raises(UnsupportedError, match="without weight-error"):
        hwsim.rtl.machine(program, constant(program, 3))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("written") / "rtl"
    assert main(["rtl", "write", GLASS, "-o", str(place), "--set", "period=100ns", *LFSR]) == 0
    return place


def test_a_folder_with_other_files_stays(folder, tmp_path, capsys):
    place = tmp_path / "mine"
    place.mkdir()
    (place / "notes.txt").write_text("mine")
    assert "holds other files" in refused(["rtl", "write", GLASS, "-o", str(place), *LFSR], capsys)
    shutil.copytree(folder, tmp_path / "rtl")
    (tmp_path / "rtl" / "rtl" / "top.v").write_text("changed")
    assert "rtl/top.v, which was changed" in refused(
        ["rtl", "write", GLASS, "-o", str(tmp_path / "rtl"), *LFSR], capsys
    )
    assert (tmp_path / "rtl" / "rtl" / "top.v").read_text() == "changed"
    assert "no folder" in refused(["rtl", "write", GLASS, "-o", str(tmp_path / "no" / "rtl"), *LFSR], capsys)
    assert "no folder" in refused(["rtl", "write", GLASS, "-o", str(place / "notes.txt"), *LFSR], capsys)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_file_of_a_folder_is_not_lost_either(kind, folder, tmp_path, capsys):
    place = tmp_path / "rtl"
    shutil.copytree(folder, place)
    {"link": lambda path: path.symlink_to("nowhere"), "pipe": os.mkfifo, "folder": Path.mkdir}[kind](place / "mine")
    assert "rtl holds mine, which was" in refused(["rtl", "write", GLASS, "-o", str(place), *LFSR], capsys)
    assert os.path.lexists(place / "mine")


def test_a_link_to_a_folder_stays_and_the_folder_that_one_is_in_is_refused(tmp_path, capsys, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert main(["rtl", "write", GLASS, "-o", str(tmp_path / "link"), *LFSR]) == 0
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / "manifest.json").exists()
    monkeypatch.chdir(tmp_path / "real")
    assert "this is the one you are in" in refused(["rtl", "write", GLASS, "-o", ".", *LFSR], capsys)
    path = tmp_path / "real" / "manifest.json"
    path.write_text(path.read_text().replace('"files": {', '"files": 3, "other": {'))
    monkeypatch.chdir(tmp_path)
    assert "holds other files" in refused(["rtl", "write", GLASS, "-o", "real", *LFSR], capsys)


def test_a_read_only_folder_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write everywhere
    said = refused(["rtl", "write", GLASS, "-o", str(tmp_path / "rtl"), *LFSR], capsys)
    assert "the folder is read-only" in said


def test_a_missing_tool_is_named_with_its_package(folder, capsys, monkeypatch):
    monkeypatch.setenv("PATH", "")
    for tool in ("iverilog", "verilator"):
        said = refused(["rtl", "check", str(folder), "--tool", tool], capsys)
        assert f"{tool} is not installed: apt-get install {tool}" in said


def _changed(folder, to, name, change):
    shutil.copytree(folder, to)
    (to / name).write_text(change((to / name).read_text()))
    return ["rtl", "check", str(to)]


def test_what_is_no_folder_of_rtl_write_is_refused(folder, tmp_path, capsys, iverilog):
    assert "holds no manifest.json" in refused(["rtl", "check", str(tmp_path)], capsys)
    words = _changed(folder, tmp_path / "a", "manifest.json", lambda text: text[:100])
    assert "is not readable JSON" in refused(words, capsys)
    words = _changed(folder, tmp_path / "b", "manifest.json", lambda text: '{"format": "hwsim-rtl-1"}')
    assert "damaged" in refused(words, capsys)
    for key, wrong in {"files": "filed", "pbits": "p-bits", "readout": "read-out"}.items():
        words = _changed(
            folder, tmp_path / key, "manifest.json", lambda text, a=key, b=wrong: text.replace(f'"{a}":', f'"{b}":')
        )
        assert "damaged" in refused(words, capsys)
    words = _changed(folder, tmp_path / "c", "manifest.json", lambda text: text.replace('"seed": 0', '"seed": 1'))
    assert "is another program" in refused(words, capsys)


def test_a_trace_of_another_program_is_refused(folder, tmp_path, capsys, iverilog):
    words = _changed(folder, tmp_path / "a", "test/expected.hex", lambda text: text.replace("machine ", "machine 0"))
    assert "is the trace of another program" in refused(words, capsys)
    words = _changed(folder, tmp_path / "b", "test/expected.hex", lambda text: "\n".join(text.splitlines()[:5]) + "\n")
    assert "expected.hex was changed" in refused(words, capsys)


def test_verilog_that_does_not_compile_is_refused(folder, tmp_path, capsys, iverilog):
    words = _changed(folder, tmp_path / "a", "rtl/phases.v", lambda text: text.replace("assign", "asign"))
    assert "iverilog does not compile this Verilog: " in refused(words, capsys)


def test_a_simulation_that_hangs_is_ended(folder, tmp_path, capsys, iverilog):
    loop = "  reg hang = 1'b0;\n  always @(posedge clk) while (1'b1) hang = ~hang;\n  assign slot_end = run"
    words = _changed(folder, tmp_path / "a", "rtl/phases.v", lambda text: text.replace("  assign slot_end = run", loop))
    assert "did not end within 2 s" in refused([*words, "--limit", "2s"], capsys)


def test_the_watchdog_ends_a_testbench_that_waits(folder, tmp_path, capsys, iverilog):
    never = "      repeat (1) @(negedge clk);\n      @(posedge serial_out);\n"
    words = _changed(
        folder,
        tmp_path / "a",
        "test/testbench.v",
        lambda text: text.replace("      repeat (1) @(negedge clk);\n", never),
    )
    assert "watchdog" in refused(words, capsys)


def test_a_second_run_gives_the_same_bytes_and_other_sizes_the_same_names(folder, tmp_path):
    def files(place):
        return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}

    common = ["--set", "period=100ns", *LFSR]
    assert main(["rtl", "write", GLASS, "-o", str(tmp_path / "again"), *common]) == 0
    assert files(tmp_path / "again") == files(folder)
    assert main(["rtl", "write", GLASS, "-o", str(tmp_path / "again"), *common, "--seed", "7"]) == 0  # replaced
    other = files(tmp_path / "again")
    changed = {name for name, content in files(folder).items() if other[name] != content}
    assert changed <= {"rtl/pbit_array.v", "test/expected.hex", "manifest.json"} and "rtl/pbit_array.v" in changed
    larger = ["rtl", "write", "ea3d:L=4,seed=2", "-o", str(tmp_path / "larger"), *LFSR]
    assert main(larger) == 0
    small, large = ({name for name in files(place) if name.endswith(".v")} for place in (folder, tmp_path / "larger"))
    assert small == large
    nets = [
        re.findall(r"instance_(\w+) \(", (place / "rtl/pbit_array.v").read_text())
        for place in (folder, tmp_path / "larger")
    ]
    assert nets[0] == nets[1][: len(nets[0])]


def test_of_several_that_write_one_folder_at_once_one_is_there_whole(glass, tmp_path):
    place, ramp = tmp_path / "rtl", constant(glass, 4)

    def written(seed):
        return rtl.write(glass, place, anneal=ramp, seed=seed, source="lfsr32")

    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(written, range(6)))
    check_folder(place)  # holds what one of them wrote, and nothing else
    assert read_manifest(place) in [each.manifest for each in made]
    assert [path.name for path in tmp_path.iterdir()] == ["rtl"]


def test_what_tools_tell_of_a_folder_is_not_put_into_that_of_another_process(glass, tmp_path):
    place, ramp = tmp_path / "rtl", constant(glass, 4)
    one, other = (rtl.write(glass, place, anneal=ramp, seed=seed, source="lfsr32") for seed in (1, 2))
    with pytest.raises(InputError, match=r"another process has written .*rtl meanwhile"):
        add(place, {"lint": 1}, one.manifest["files"])
    assert add(place, {"lint": 2}, other.manifest["files"])["lint"] == 2


def test_what_was_there_comes_back_where_the_new_folder_cannot_be_put_there(folder, tmp_path, monkeypatch):
    place, rename = tmp_path / "rtl", os.rename
    shutil.copytree(folder, place)
    before = read_manifest(place)

    def stopped(source, target):
        if Path(source).name == "new":
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr("os.rename", stopped)
    assert main(["rtl", "write", GLASS, "-o", str(place), *LFSR, "--seed", "9"]) == 130
    check_folder(place)
    assert read_manifest(place) == before and [path.name for path in tmp_path.iterdir()] == ["rtl"]


def test_the_command_writes_checks_and_says_so(tmp_path, capsys, iverilog):
    place, facts = tmp_path / "rtl", tmp_path / "facts.json"
    words = ["rtl", "write", GLASS, "-o", str(place), "--check", "iverilog", "--json", str(facts), *LFSR]
    assert main([*words, "--time", "100tau"]) == 0
    assert "2700 updates compared, 0 mismatches" in capsys.readouterr().out
    told = json.loads(facts.read_text())
    assert told["check"]["updates"] == 2700 and told["rtl"]["build"]["source"] == "lfsr32"
    path = place / "rtl" / "lfsr32.v"
    path.write_text(path.read_text().replace("register[21]", "register[20]"))
    assert main(["rtl", "check", str(place), "--json", str(facts)]) == 1
    assert "first difference: p-bit s" in capsys.readouterr().out
    assert json.loads(facts.read_text())["check"]["difference"]["slot"] >= 0


def test_a_saved_program_is_written_with_its_chip(tmp_path, capsys):
    program = tmp_path / "p.npz"
    assert main(["compile", GLASS, "--chip", "ucsb-six-fpga", "-o", str(program)]) == 0
    assert main(["rtl", "write", str(program), "-o", str(tmp_path / "rtl"), "--beta", "1"]) == 0
    assert "random source     lfsr32" in capsys.readouterr().out
    said = refused(["rtl", "write", str(program), "-o", str(tmp_path / "rtl"), "--chips", "2"], capsys)
    assert "contains its chip" in said


def test_names_that_are_changed_stay_apart():
    from hwsim.rtl.names import _legal

    assert _legal(["pbit_5", "pbit_5_", "s_pbit_5"]) == ["s_pbit_5_", "s_pbit_5__", "s_pbit_5"]


def test_names_that_verilog_reserves_are_changed(glass):
    import dimod

    model = dimod.BinaryQuadraticModel.from_ising(
        {"wire": 1, "clk": 1, "s_wire": 1, "random_x": 0, "a": 0}, {("wire", "a"): 1}
    )
    program = hwsim.compile(model, hwsim.chip("generic-sparse", random_source="lfsr32"))
    names = hwsim.rtl.machine(program, constant(program, 2)).names
    assert len(set(names)) == 5 and "a" in names and "s_wire" in names
    assert not set(names) & {"wire", "clk"} and not any(name.startswith("random_") for name in names)


def test_labels_of_any_characters_and_names_of_own_nets_are_the_emulation_on_chips_of_few_p_bits(tmp_path, iverilog):
    import dimod

    labels = ["a\n;", "1'b0", "[0]", "\\", "//", "top", "value", "unused", "chain_1", "chip_0", "done_of_chip"]
    ring = {(a, b): 1 for a, b in zip(labels, [*labels[1:], labels[0]], strict=True)}
    model = dimod.BinaryQuadraticModel.from_ising({}, ring)
    chip = hwsim.chip("generic-sparse", random_source="lfsr32", weight_bits=4)
    program = hwsim.compile(model, chip)
    anneal = constant(program, 20, beta=0.125 / program.placement.code_scale)
    for k, parts in enumerate((None, [0, 2, *[3] * 9])):  # chip 1 has no p-bit
        place = tmp_path / str(k)
        made = hwsim.rtl.write(program, place, anneal=anneal, weights="writable", parts=parts).machine
        assert made.n_chips == (1 if parts is None else 3)
        assert hwsim.rtl.check(place).mismatches == 0


def test_a_beta_that_is_no_shift_is_told_apart_from_the_nearest_that_is_one():
    chip = hwsim.chip("generic-sparse", random_source="lfsr32", weight_bits=10)
    program = hwsim.compile(random_glass(12, 3, real=True), chip)
    unit = 0.125 / program.placement.code_scale  # beta at which a unit of the field is a level
    for beta in (1.001 * unit, 0.5 * unit / (1 + 1e-5), 2 * unit):
        with pytest.raises(UnsupportedError) as error:
            hwsim.rtl.machine(program, constant(program, 3, beta=beta), weights="writable")
        given, near = re.search(r"beta (\S+) is no shift of the input \((\S+) is\)", str(error.value)).groups()
        assert float(given) == beta != float(near)
        made = hwsim.rtl.machine(program, constant(program, 3, beta=float(near)), weights="writable")
        assert not made.activations[0].over_field


def test_chips_that_the_partition_leaves_empty_are_told(tmp_path, capsys):
    pytest.importorskip("pymetis")
    words = ["rtl", "write", "ea2d:L=3,seed=1", "-o", str(tmp_path / "rtl"), "--chips", "9", *LFSR]
    assert main([*words, "--json", str(tmp_path / "facts.json")]) == 0
    used = len(json.loads((tmp_path / "facts.json").read_text())["rtl"]["readout"])
    assert used < 9
    assert f"9 on {used} of 9 chips, as the partition leaves the others empty\n" in capsys.readouterr().out


def test_a_seed_must_be_a_number(glass):
    with pytest.raises(InputError, match="seed must be an integer"):
        hwsim.rtl.machine(glass, constant(glass, 2), seed="one")
