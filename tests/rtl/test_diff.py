"""Waveforms of RTL and of the emulation: the same names, the same changes, and the first place where they part."""

import json

import pytest
from glasses import constant, random_glass

import hwsim
from hwsim.cli.main import main
from hwsim.report.waveform import write_run
from hwsim.rtl.check import checked
from hwsim.rtl.diff import diff

_HEAD = "$timescale {scale} $end\n$scope module {scope} $end\n{variables}$upscope $end\n$enddefinitions $end\n"


def wave(path, changes, *, scale="1 ns", scope="top", names="ab"):
    """A waveform of one-bit wires; changes : text after the head."""
    variables = "".join(f"$var wire 1 {name} {name} $end\n" for name in names)
    path.write_text(_HEAD.format(scale=scale, scope=scope, variables=variables) + changes)
    return path


def test_the_first_instant_and_signal_are_named_across_timescales(tmp_path):
    first = wave(tmp_path / "a.vcd", "#0\n0a\n0b\n#5\n1a\n#7\n1b\n#9\n0a\n")
    same = wave(tmp_path / "b.vcd", "#0\n0a\n0b\n#5000\n1a\n#7000\n1b\n#9000\n0a\n", scale="1 ps", scope="chip")
    assert diff(first, same).difference is None and diff(first, same).instants == 4
    late = wave(tmp_path / "c.vcd", "#0\n0a\n0b\n#5000\n1a\n#7001\n1b\n#9000\n0a\n", scale="1 ps")
    found = diff(first, late).difference
    assert (found.signal, found.time_s, found.values) == ("b", (pytest.approx(7e-9),) * 2, ("1", "0"))
    assert diff(first, late, by_order=True).difference is None
    other = wave(tmp_path / "d.vcd", "#0\n0a\n0b\n#50\n1b\n#70\n1a\n", scale="100 ps")
    assert diff(first, other).difference.others == ("b",)


def test_what_is_unknown_in_both_is_no_difference_and_bits_of_a_word_are_signals_each(tmp_path):
    early = wave(tmp_path / "a.vcd", "#0\nxa\nxb\n#2\n0a\n0b\n#5\n1a\n")
    late = wave(tmp_path / "b.vcd", "#2\n0a\n0b\n#5\n1a\n")
    assert diff(early, late).difference is None and diff(early, late).instants == 3
    bits = [wave(tmp_path / f"{k}.vcd", f"#0\n0a\n0b\n#5\n1a\n{k}b\n") for k in (0, 1)]
    for path in bits:
        path.write_text(path.read_text().replace("1 a a $", "1 a q [0] $").replace("1 b b $", "1 b q [1] $"))
    assert diff(*bits).signals == 2 and diff(*bits).difference.signal == "q[1]"


@pytest.mark.parametrize("order", [False, True])
def test_what_comes_after_the_end_of_the_shorter_is_told(order, tmp_path, capsys):
    """A design that stands still is no equal of one that runs."""
    long = wave(tmp_path / "a.vcd", "#0\n0a\n0b\n#5\n1a\n#7\n1b\n#9\n0a\n")
    short = wave(tmp_path / "b.vcd", "#0\n0a\n0b\n#5\n1a\n")
    for first, second, left in ((long, short, (2, 0)), (short, long, (0, 2))):
        assert diff(first, second, by_order=order).left == left
        assert main(["rtl", "diff", str(first), str(second), *(["--order"] if order else [])]) == 0
        assert f"2 instants of {long} after the end of {short} not compared\n" in capsys.readouterr().out
    assert diff(long, long, by_order=order).left == (0, 0)


def test_signals_of_one_file_alone_are_named(tmp_path, capsys):
    first = wave(tmp_path / "a.vcd", "#0\n0a\n0b\n#5\n1a\n")
    second = wave(tmp_path / "b.vcd", "#0\n0b\n0c\n#5\n1c\n", names="bc")
    assert main(["rtl", "diff", str(first), str(second), "--json", str(tmp_path / "d.json")]) == 0
    said = capsys.readouterr().out
    assert f"only in {first}: a\n" in said and f"only in {second}: c\n" in said and "1 signal " in said
    told = json.loads((tmp_path / "d.json").read_text())["diff"]
    assert (told["only_first"], told["only_second"], told["difference"]) == (["a"], ["c"], None)


@pytest.mark.parametrize("text", ["", "plain words\n", "$var wire 1 ! a", "#0\n0!\n"])
def test_what_is_no_waveform_is_refused(text, tmp_path, capsys):
    good = wave(tmp_path / "a.vcd", "#0\n0a\n0b\n")
    (tmp_path / "b.vcd").write_text(text)
    for second in (tmp_path / "b.vcd", tmp_path / "none.vcd"):
        assert main(["rtl", "diff", str(good), str(second)]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and second.name in said
    wave(tmp_path / "b.vcd", "#0\n0c\n", names="c")
    assert main(["rtl", "diff", str(good), str(tmp_path / "b.vcd")]) == 2
    assert "no signal in common" in capsys.readouterr().err


@pytest.fixture(scope="module")
def emulated(tmp_path_factory):
    """24 p-bits with an LFSR: the folder of RTL, and the waveform of a run of the emulation."""
    place = tmp_path_factory.mktemp("waves")
    program = hwsim.compile(random_glass(24, 4), hwsim.chip("generic-sparse", random_source="lfsr32"))
    anneal = constant(program, 60)
    made = hwsim.rtl.write(program, place / "rtl", anneal=anneal, seed=4)
    write_run(hwsim.run(program, anneal=anneal, reads=1, schedules=1, seed=4, record=(0,)), place / "run.vcd")
    return made, place / "run.vcd"


@pytest.mark.parametrize("tool", ["iverilog", "verilator"])
def test_the_rtl_and_the_run_change_the_same_signals_in_the_same_order(tool, emulated, tmp_path, request):
    request.getfixturevalue(tool)
    made, run = emulated
    assert checked(made.folder, made.trace, tool=tool, vcd=tmp_path / "rtl.vcd").mismatches == 0
    found = diff(tmp_path / "rtl.vcd", run, by_order=True)
    assert found.difference is None and found.signals == 24 and found.instants > 50
    assert set(made.machine.names).isdisjoint(found.only_first + found.only_second) and "clk" in found.only_first


def test_a_fault_in_the_rtl_is_where_the_waveforms_part(emulated, tmp_path, capsys, iverilog):
    made, run = emulated
    path = made.folder / "rtl" / "pbit_array.v"
    before = path.read_text()
    path.write_text(before.replace(".seed(32'h", ".seed(32'h0 ^ 32'h8000_0000 ^ 32'h", 1))
    try:
        words = [
            "rtl",
            "check",
            str(made.folder),
            "--vcd",
            str(tmp_path / "rtl.vcd"),
            "--json",
            str(tmp_path / "c.json"),
        ]
        assert main(words) == 1
    finally:
        path.write_text(before)
    capsys.readouterr()
    assert main(["rtl", "diff", str(tmp_path / "rtl.vcd"), str(run), "--order"]) == 1
    told = json.loads((tmp_path / "c.json").read_text())["check"]["difference"]
    assert f"first difference: {told['net']} at " in capsys.readouterr().out
