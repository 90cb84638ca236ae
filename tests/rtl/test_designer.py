"""A designer who has the folder alone understands it: ports say what they are, and the machine can be made again."""

import json
import math
import re

import pytest
from glasses import constant, random_glass

import hwsim
from hwsim.cli.main import main

BUILDS = {
    "plain": ({}, {}),
    "swapped": ({"comparison": "swapped", "threshold_top": "saturated"}, {}),
    "written weights, block table": ({}, {"weights": "writable", "table": "block"}),
    "stepped by the clock": ({"random_shifts": 3, "random_steps": "clock", "random_shows": "held"}, {}),
    "two chips": ({}, {"parts": [int(v >= 12) for v in range(24)]}),
    "stuck p-bits": ({"stuck_fraction": 0.2}, {}),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The Written of each of BUILDS, made when it is asked for."""
    made = {}

    def of(name):
        if name not in made:
            card, build = BUILDS[name]
            chip = hwsim.chip(
                "generic-sparse", **{"random_source": "lfsr32", "period": "96 ns", "weight_bits": 5} | card
            )
            parts = {"parts": build["parts"], "exchange_s": 96e-9} if "parts" in build else {}
            program = hwsim.compile(random_glass(24, 4, biased=True), chip, **parts)
            folder = tmp_path_factory.mktemp("folder") / "rtl"
            anneal = hwsim.table((0, 20 * 96e-9), (0.25, 0.5), 40 * 96e-9)
            made[name] = hwsim.rtl.write(program, folder, anneal=anneal, seed=2, **build)
        return made[name]

    return of


def _rows(text, key):
    """(swap, threshold) by integer, of each case statement over ``key``."""
    found = []
    for part in text.split(f"case ({key})")[1:]:
        rows = re.findall(r"(-?)\d+'s?d(\d+): [^;]*?(?:1'b(\d), )?\d+'h([0-9a-f]+)}?;", part)
        found.append({int(sign + value): (swap == "1", int(word, 16)) for sign, value, swap, word in rows})
    return found


def _simulated(folder, slots):
    """The lines of expected.hex, from the manifest and the table of the Verilog, by plain integers."""
    told = json.loads((folder / "manifest.json").read_text())
    modules, pbits = told["modules"], told["pbits"]
    activation, source = modules["activation"], modules["lfsr32"]["hwsim"]
    key = "field" if activation["over"] == "field" else "level"
    tables = _rows((folder / "rtl" / "activation.v").read_text(), key)
    now = {p["net"]: p.get("initial", p.get("constant")) for p in pbits}
    seen, registers, lines = dict(now), {p["net"]: int(p["seed"], 16) for p in pbits if "seed" in p}, []
    for k in range(slots):
        if told["clock"]["exchange_slots"] and k % told["clock"]["exchange_slots"] == 0:
            seen = dict(now)
        step = max(q for q, each in enumerate(told["steps"]) if each["first_slot"] <= k)
        new = {}
        mine = [p for p in pbits if p.get("slot") == k % told["clock"]["slots_of_a_round"]]
        for p in mine:
            field = p["bias"]
            for net, weight in zip(p["neighbours"], p["weights"], strict=True):
                link = re.fullmatch(r"seen_(\w+)_link", net)
                field += weight * (seen[link[1]] if link else now[net])
            at, table = field, tables[step if len(tables) > 1 else 0]
            if key == "level":
                shift = modules["quantiser"]["shifts"][step]
                at = min(max((field + shift["add"]) >> shift["by"], 0), modules["quantiser"]["levels"] - 1)
            swap, threshold = table[at]
            word = registers[p["net"]] ^ (0xFFFFFFFF if swap else 0)
            new[p["net"]] = 1 if word >> (32 - activation["threshold"]["compared_bits"]) < threshold else -1
        for net in registers if source["random_steps"] == "clock" else new:
            for _ in range(source["random_shifts"]):
                r = registers[net]
                back = 1 ^ (r >> 31 & 1) ^ (r >> 21 & 1) ^ (r >> 1 & 1) ^ (r & 1)
                registers[net] = (r << 1 | back) & 0xFFFFFFFF
        now |= new
        lines.append(sum((new[p["net"]] > 0) << q for q, p in enumerate(mine)))
    return lines


@pytest.mark.parametrize("name", BUILDS)
def test_the_machine_is_simulated_from_manifest_and_table_alone(name, folders):
    folder = folders(name).folder
    lines = (folder / "test" / "expected.hex").read_text().splitlines()[1:-2]  # without the read-out
    assert len(lines) > 80 and _simulated(folder, len(lines)) == [int(line, 16) for line in lines]


@pytest.mark.parametrize("name", BUILDS)
def test_every_port_but_the_clock_and_the_nets_of_p_bits_says_what_it_is(name, folders):
    made = folders(name)
    nets = {fact["net"] for fact in made.manifest["pbits"]}
    for path in (made.folder / "rtl").glob("*.v"):
        for line in path.read_text().splitlines():
            port = re.fullmatch(r"  (?:input|output) .*?(\w+),? *(// .+)?", line)
            if port and port[1] not in nets | {"clk"}:
                assert port[2], f"{path.name}: {line}"
        assert max(len(line) for line in path.read_text().splitlines()) <= 120
        assert path.stem in made.manifest["modules"]


def test_readme_and_manifest_tell_what_is_not_one_for_each_p_bit(folders, tmp_path):
    stuck = folders("stuck p-bits")
    never = [fact for fact in stuck.manifest["pbits"] if "constant" in fact]
    assert never and {fact["why"] for fact in never} == {"stuck by fault"}
    assert f"{len(never)} of them never change" in " ".join((stuck.folder / "README.md").read_text().split())
    chips = " ".join((folders("two chips").folder / "README.md").read_text().split())
    assert "2 chips" in chips and "last exchange" in chips and "2 steps of beta" in chips
    spread = hwsim.compile(random_glass(12, 4), hwsim.chip("generic-sparse", random_source="lfsr32", gain_dtod=0.05))
    made = hwsim.rtl.write(spread, tmp_path / "spread", anneal=constant(spread, 2))
    tables = "12 tables, as devices differ, each of 5 words over the field"
    assert tables in " ".join((made.folder / "README.md").read_text().split())
    assert "12 tables" in made.machine.table_words and len(made.machine.activations) == 12
    words = ["rtl", "write", "ea2d:L=4,seed=1", "--source", "lfsr32", "--beta", "1", "-o", str(tmp_path / "taps")]
    for key in ("random_sharing=taps", "random_share=4", "random_phase=8", "random_steps=clock"):
        words += ["--set", key]
    assert main(words) == 0  # keys of the source that --source names, on a card whose own is ideal
    assert "lfsr32, one for 4 p-bits in a row" in (tmp_path / "taps" / "README.md").read_text()
    told = json.loads((tmp_path / "taps" / "manifest.json").read_text())["pbits"][6]
    assert (told["random"], told["turned_left"]) == ("random_1", 16)


def test_each_row_of_the_table_says_field_input_and_probability(folders):
    """s4.3 inputs: beta I goes to the nearest eighth, half a step up; P(+1) = (1 + tanh z) / 2."""
    made = folders("plain")
    text, unit = (made.folder / "rtl" / "activation.v").read_text(), made.manifest["field_unit"]
    rows = re.findall(r"(-?)\d+'sd(\d+): threshold = 33'h(\w+);  // I = (\S+), z = (\S+), P\(\+1\) = (\S+)\n", text)
    assert len(rows) == made.machine.activations[0].n_words > 40
    for k, (sign, value, word, field, z, p) in enumerate(rows):
        beta, at = (0.25 if 2 * k < len(rows) else 0.5), int(sign + value) * unit
        assert float(field) == pytest.approx(at, rel=1e-5) and float(z) == math.floor(8 * beta * at + 0.5) / 8
        assert float(p) == pytest.approx(int(word, 16) / 2**32, rel=1e-6)
        assert float(p) == pytest.approx((1 + math.tanh(float(z))) / 2, rel=1e-6)


def test_the_interval_that_a_refusal_of_an_exchange_names_is_taken(tmp_path, capsys):
    words = ["rtl", "write", "ea3d:L=3,seed=1", "--source", "lfsr32", "--beta", "1", "--chips", "2", "-o"]
    assert main([*words, str(tmp_path / "a"), "--exchange", "16.7 ns"]) == 2
    named = re.search(r"give --exchange a multiple of (\S+ \S+)\n", capsys.readouterr().err)[1]
    assert named == "16.675 ns"
    assert main([*words, str(tmp_path / "a"), "--exchange", named]) == 0


def test_constraints_hold_the_period_in_full(folders):
    made = folders("plain")
    text = (made.folder / "constraints" / "top.sdc").read_text()
    period = float(re.search(r"create_clock -name clk -period (\S+) \[get_ports clk\]", text)[1])
    assert period == pytest.approx(96 / made.machine.wiring.n_slots, rel=1e-5)
