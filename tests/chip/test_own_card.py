"""Cards of a user's own: short, in one file or in Python alone, and every mistake told at once."""

import re

import networkx as nx
import pytest

import hwsim
from hwsim.cell.card import CHIP_DIMENSIONS, PBIT_DIMENSIONS
from hwsim.cell.limits import LIMITS
from hwsim.chip.check import check_file, schema
from hwsim.chip.chip import Clock
from hwsim.chip.keys import FIELDS, number_of
from hwsim.chip.library import list_chips
from hwsim.chip.read import card_keys
from hwsim.chip.topology import wires
from hwsim.chip.write import STARTING_CARD, new_card
from hwsim.cli.main import main
from hwsim.cost.ledger import ledger
from hwsim.errors import CardError, InputError

FIVE = 'topology = "king:10x10"\ntau = "5 ns"\ndelay = "1 ns"\nweight_bits = 8\nenergy_per_update = "2 pJ"\n'
LIBRARIES = r"Expected|Object|unexpected|at line|column \d|traceback|msgspec"
"""Words of the libraries that read cards."""


@pytest.fixture
def card(tmp_path):
    """Writes text as a card, and gives its path."""

    def write(text, name="mine.toml"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_a_card_of_five_lines_is_a_chip_whose_numbers_are_graded_yours(card):
    chip = hwsim.chip(card(FIVE))
    assert (chip.name, chip.clock.kind, chip.pbit.law) == ("mine", "poisson", "heat-bath")
    assert (chip.pbit.tau_s, chip.pbit.delay_s, chip.weights.bits) == (5e-9, 1e-9, 8)
    assert len(wires(chip.topology)) == 342  # of a king's graph: 2 x 9 x 10 + 2 x 9 x 9
    assert set(chip.grades.values()) == {"yours"} and chip.sources == {}
    assert {line.key: line.note for line in ledger(chip)}["energy_per_update"] == "yours"


def test_the_grade_yours_is_shown_wherever_grades_are(card, capsys):
    path = str(card(FIVE.replace("king:10x10", "all-to-all")))
    for command in (
        ["show", path],
        ["ledger", path, "--pbits", "9"],
        ["run", "ring:n=4", "--chip", path, "--reads", "4"],
    ):
        assert main(command) == 0
        assert "yours" in capsys.readouterr().out, command
    assert main(["show", path, "--json", "-"]) == 0
    assert '"grade": "yours"' in capsys.readouterr().out


MISTAKEN = """
topolgy = "king:4x4"
clock = "posson"
tau = "5 parsec"
weight_bits = 80

[parameters]
gain_dtod = { value = 0.1, source = "me", grade = "mesured" }
"""


def test_a_card_with_five_mistakes_names_five(card, capsys):
    path = card(MISTAKEN)
    wanted = [
        "unknown key topolgy; did you mean topology?",
        "tau must be a time with a unit such as '5 ns', got '5 parsec'",
        "weight_bits must be between 1 and 52, got 80",
        r"parameters.gain_dtod.grade must be one of .*, yours, got 'mesured'; did you mean measured\?",
        r"clock must be one of .*, got 'posson'; did you mean poisson\?",
    ]
    assert main(["check", str(path)]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 5 and all(line.startswith(f"{path}: ") for line in told)
    for words in wanted:
        assert any(re.search(words.replace("topology?", r"topology\?"), line) for line in told), words
    assert not re.search(LIBRARIES, "\n".join(told))
    for refuse in (lambda: hwsim.chip(path), lambda: hwsim.chip(path, tau="1 ns", delay="2 ns")):
        with pytest.raises(CardError, match=rf"^{path}: 5 mistakes\n") as refusal:
            refuse()
        assert len(refusal.value.mistakes) == 5
    for command in (["run", "ring:n=4", "--chip", str(path)], ["ledger", str(path)], ["show", str(path)]):
        assert main(command) == 2
        assert len(capsys.readouterr().err.splitlines()) == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tau = 5 ns\n", r'line 1 is not TOML, got .*: text and numbers with a unit stand in quotes, tau = "5 ns"'),
        ('tau = "5 ns"\ntau = "6 ns"\n', "line 2 gives a key or a table a second time"),
        ('tau = "5 ns"\ndelay = \n', "line 2 is not TOML.*a value is missing after delay ="),
        ('tau = "5 ns"\nname = "x\n', "line 2 is not TOML, got 'name = \"x'"),
        ('tau = "5 ns"\nname = 5\n', "name must be text in quotes, got 5"),
        ('tau = "5 ns"\n[parameters]\ntau = "6 ns"\n', "parameters.tau stands above the tables too"),
        ('tau = "5 ns"\n[wiring]\nweight_bits = 8\n', r"wiring.weight_bits; weight_bits stands above the tables"),
        (
            'topology = "king:3x3"\n[pbit]\ntau = "5 ns"\nweight_bits = 8\n',
            r"pbit.weight_bits; weight_bits belongs to .* above \[pbit\]",
        ),
        ('topology = "king:3"\ntau = "5 ns"\n', r"topology king takes 'king:16x8' or 'king:16x8x4' .*, got 'king:3'"),
        ('topology = "kng:3x3"\ntau = "5 ns"\n', "topology must be one of .*, got 'kng'; did you mean king"),
        ('topology = "king:3x0"\ntau = "5 ns"\n', "topology must have columns >= 1, got 'king:3x0'"),
        ('topology = "king:3x3"\nrows = 4\ntau = "5 ns"\n', "topology gives rows, and so does rows = 4: keep one"),
        ('topology = "king"\nrows = 4\ntau = "5 ns"\n', "a king topology needs columns"),
        ('topology = "square:3x3"\ntau = "5 ns"\ndead_pbits = [9]\n', "dead_pbits names p-bit 9"),
        ('topology = "square:3x3"\ntau = "5 ns"\ndead_wires = [3]\n', "dead_wires must be a list of pairs"),
        ("weight_bits = 8\n", "states no tau: give tau, the mean time between its updates"),
        ('pbit = "ideal-possion"\nweight_bits = 8\n', "pbit: no pbit card is called .* did you mean ideal-poisson"),
        ('pbit = "ideal-poisson"\nlaw = "linear"\n', "law belongs to a p-bit of your own, and pbit names"),
        ("pbit = 3\n", "pbit must be the name or file of a p-bit card"),
        ('tau = "5 ns"\nweight_bits = 8\nweight_integer_bits = 3\nweight_fraction_bits = 2\n', "not both"),
        ('tau = "5 ns"\nweight_integer_bits = 30\nweight_fraction_bits = 22\n', "add up to at most 51"),
        ('tau = "5 ns"\nweight_integer_bits = 3\nweight_fraction_bits = 1000000\n', "between 0 and 51"),
        ('tau = "5 ns"\nweight_bits = true\n', r"weight_bits must be a value or \{ value, source, grade \}, got True"),
        ('tau = "5 ns"\ngraph = "none.txt"\n', "no such file"),
        ('tau = "5 ns"\nlaw = "table"\n', r"law table needs a \[response\]"),
        ('tau = "5 ns"\n[response]\nfirst = 0\nstep = -1.0\nprobability = [0.5, 2]\n', "response.step must be > 0"),
        ('tau = { value = "5 ns", source = "me" }\n', "tau needs a grade beside its source"),
        ('tau = { value = "5 ns", grade = "measured" }\n', "tau needs a source, as its grade is measured; a bare"),
        ('tau = { valu = "5 ns" }\n', "unknown key tau.valu; did you mean value"),
        ('tau = "5 ns"\ncolour = 3\n', "unknown key colour; the nearest known key is "),
        ('tau = "5 ns"\nparticipants = "mine"\n', "participants must be one of shared, own, got 'mine'"),
    ],
)
def test_a_mistake_is_a_sentence_with_its_key_and_what_was_expected(card, text, said):
    path = card(text)
    _, told = check_file(path)
    assert any(re.search(said, sentence) for sentence in told), told
    assert len(told) == (2 if "probability" in text else 1)  # no mistake makes a second one
    assert not re.search(LIBRARIES, " ".join(told))


def test_paths_on_a_card_are_relative_to_it(card, tmp_path, monkeypatch):
    (tmp_path / "cells").mkdir()
    card('clock = "chromatic"\ntau = "7 ns"\n', "cells/cell.toml")
    card("0 1\n1 2\n2 0\n", "cells/wires.txt")
    path = card('pbit = "cells/cell.toml"\ngraph = "cells/wires.txt"\n')
    monkeypatch.chdir("/")
    chip = hwsim.chip(path)
    assert chip.pbit.tau_s == 7e-9 and chip.clock.kind == "chromatic" and len(wires(chip.topology)) == 3


def test_p_bit_and_chip_stand_in_one_file_or_in_two(card):
    cell = 'law = "arrhenius"\ntau = "7 ns"\ninput_limit = 5.0\n'
    card('name = "cell"\n' + cell, "cell.toml")
    two = hwsim.chip(card('name = "c"\ntopology = "king:3x3"\npbit = "cell.toml"\n', "two.toml"))
    one = hwsim.chip(card(f'name = "c"\ntopology = "king:3x3"\n[pbit]\nname = "cell"\n{cell}', "one.toml"))
    assert one == two and one.pbit.law == "arrhenius"


def test_mistakes_in_the_p_bits_file_are_told_with_those_of_the_chip(card):
    cell = card('law = "magic"\ntau = "-7 ns"\n', "cell.toml")
    path = card('pbit = "cell.toml"\nweight_bits = 0\n')
    _, told = check_file(path)
    assert len(told) == 3
    assert sum(sentence.startswith(f"p-bit card {cell}: ") for sentence in told) == 2


def test_the_card_of_a_p_bit_is_a_chip_of_such_p_bits(card, capsys):
    path = card('tau = "7 ns"\n')
    assert check_file(path) == ("p-bit", [])
    assert hwsim.chip(path).topology.kind == "all-to-all"
    assert main(["run", "ring:n=4", "--chip", str(path), "--reads", "4"]) == 0
    assert "tau 7 ns" in capsys.readouterr().out
    assert hwsim.chip("smtj-inplane-ns") == hwsim.Chip(
        name="smtj-inplane-ns", pbit="smtj-inplane-ns", **_words(hwsim.chip("smtj-inplane-ns"))
    )


def _words(chip):
    return {"title": chip.title, "summary": chip.summary}


KEYS = {
    "topology": "king:10x10",
    "tau": "5 ns",
    "delay": "1 ns",
    "weight_bits": 8,
    "energy_per_update": "2 pJ",
    "dead_pbits": [3, 17],
    "clock": "synchronous",
    "participation": 0.25,
    "participants": "own",
    "wire_energy": "0.3 pJ/mm",
    "cell_pitch": "10 um",
    "coupling_area": "2.5 um2",
}


def test_a_chip_made_in_python_is_the_chip_of_the_card_with_the_same_lines(card):
    lines = [f"{key} = {value!r}".replace("'", '"') for key, value in KEYS.items()]
    assert hwsim.Chip(name="mine", **KEYS) == hwsim.chip(card("\n".join(lines)))


@pytest.mark.parametrize(
    "keys",
    [
        KEYS,
        {"tau": 1 / 3 * 1e-9, "gain": 1 / 3, "law": "low-barrier", "input_limit": 4, "random_source": "ideal"},
        {"pbit": "wobblybits-cell", "topology": "all-to-all:6", "gain_dtod": 0.1},
        {"tau": "1 ns", "response": {"first": -1.0, "step": 1.0, "probability": [0.1, 0.5, 0.9]}},
        {"tau": "1 ns", "graph": nx.Graph([(0, 1), (1, 5)]), "dead_wires": [(1, 5)]},
        {"tau": "1 ns", "graph": nx.Graph(), "title": 'of "mine"'},
        {"tau": "1 ns", "topology": "offset-grid:5x5", "offsets": [(1, 0), (2, 1)], "rotations": 4},
        {"pbit": {"name": "p", "tau": "1 ns", "dac_bits": 5}, "missing": {"power": {"what": "its power", "ask": "me"}}},
    ],
    ids=" ".join,
)
def test_a_chip_is_saved_and_read_back(keys, tmp_path):
    if isinstance(keys.get("graph"), nx.Graph) and not keys["graph"]:
        keys["graph"].add_node(0, x=1.5, y=0.1)
        keys["graph"].add_node(7, x=0.0, y=1 / 3)
        keys["graph"].add_edge(0, 7)
    chip = hwsim.Chip(name="mine", **keys)
    chip.save(tmp_path / "c.toml")
    assert main(["check", str(tmp_path / "c.toml")]) == 0
    assert hwsim.chip(tmp_path / "c.toml") == chip


def test_every_chip_of_the_library_is_saved_and_read_back(tmp_path):
    for known in list_chips():
        if known.topology in ("pegasus", "zephyr"):
            pytest.importorskip("dwave.graphs")
        chip = hwsim.chip(known.name)
        chip.save(tmp_path / "c.toml")
        assert hwsim.chip(tmp_path / "c.toml") == chip, known.name


def test_a_chip_is_saved_as_a_card_alone(tmp_path):
    with pytest.raises(InputError, match=r"a card's name ends in \.toml, got .*c\.txt"):
        hwsim.Chip(tau="1 ns").save(tmp_path / "c.txt")


def test_wrong_keys_of_a_chip_in_python_are_all_told():
    with pytest.raises(InputError) as refusal:
        hwsim.Chip(topolgy="king:10x10", tau="5 parsec", weigth_bits=8, graph=5)
    assert refusal.value.mistakes == (
        "unknown key topolgy; did you mean topology?",
        "unknown key weigth_bits; did you mean weight_bits?",
        "tau must be a time with a unit such as '5 ns', got '5 parsec'",
        "graph must be a file, a networkx graph, or pairs of numbers of p-bits, such as [(0, 1), (1, 2)], got 5",
    )
    with pytest.raises(InputError, match="unknown part 'tau' of a chip made of records"):
        hwsim.Chip(pbit=hwsim.chip("kv260-fabric").pbit, tau="5 ns")


def test_changes_of_a_card_are_all_told_too(capsys):
    changes = [
        "--set",
        "gian=2",
        "--set",
        "tau=5parsec",
        "--set",
        "clock=dial",
        "--set",
        "delay",
        "--without",
        "gremlin",
    ]
    assert main(["run", "karate", *changes]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "hwsim: error: 5 mistakes" and len(told) == 6
    words = ("did you mean gain", "got '5parsec'", "got 'dial'", "got ''", "unknown fault 'gremlin'")
    assert all(any(part in line for line in told) for part in words)


def test_what_a_fault_changed_keeps_no_source():
    chip = hwsim.chip("kv260-fabric", without=["comparator"])
    assert "threshold_bits" not in chip.grades and "threshold_bits" not in chip.sources
    assert chip.grades["energy_per_update"] == "measured"


def test_a_new_card_is_checked_and_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["chip", "new", "-o", "c.toml"]) == 0
    assert main(["check", "c.toml"]) == 0
    assert main(["run", "karate", "--chip", "c.toml", "--reads", "16"]) == 0
    assert "tau 5 ns, delay 500 ps" in capsys.readouterr().out
    assert main(["chip", "new", "--like", "kv260-writable", "-o", "k.toml"]) == 0
    assert main(["check", "k.toml"]) == 0
    copy, known = hwsim.chip("k.toml"), hwsim.chip("kv260-writable")
    assert copy.name == "k" and {key: number_of(copy, key) for key in FIELDS} == {
        key: number_of(known, key) for key in FIELDS
    }
    assert copy.sources == known.sources and copy.missing == known.missing
    assert main(["chip", "new", "--like", "kv260"]) == 2


def test_a_new_card_does_not_take_the_place_of_one_that_is_there(tmp_path, capsys):
    mine = tmp_path / "c.toml"
    mine.write_text(FIVE)
    assert main(["chip", "new", "-o", str(mine)]) == 2
    assert "is there already" in capsys.readouterr().err and mine.read_text() == FIVE


def test_each_line_of_the_starting_card_is_good_without_its_mark(card):
    """Each ``# key = value`` alone, with what its own words say that it needs."""
    needs = {
        "participation": ('clock = "poisson"', 'clock = "synchronous"'),
        "dead_pbits": ('topology = "all-to-all"', 'topology = "king:9x9"'),
        "graph": ('topology = "all-to-all"', ""),
        "law": None,
    }
    card("0 1\n1 17\n3 1\n", "wires.txt")
    offered = re.findall(r"^# ((\w+) = .*)$", STARTING_CARD, flags=re.M)
    assert len(offered) > 20
    for line, key in offered:
        text = STARTING_CARD.replace(f"# {line}", line)
        if needs.get(key):
            text = text.replace(*needs[key])
        if "with cell_pitch" in line:
            text = text.replace("# cell_pitch", "cell_pitch")
        assert check_file(card(text))[1] == [], line
    assert new_card(path="a/b.toml").count("a/b.toml") == 3 and 'name = "b"' in new_card(path="a/b.toml")


def test_the_schema_knows_bare_values_and_keys_above_the_tables():
    made = schema("chip")["$defs"]
    assert made["ChipCard"]["required"] == [] and set(made["ChipCard"]["properties"]) == set(card_keys("chip"))
    bare, full = made["ChipCard"]["properties"]["tau"]["anyOf"]
    assert bare == {"type": ["string", "number"]} and full == {"$ref": "#/$defs/Quantity"}
    assert re.fullmatch(made["ChipCard"]["properties"]["topology"]["pattern"], "king:10x10")
    assert set(made["PBitCard"]["properties"]) == set(card_keys("pbit"))


def test_each_number_of_a_card_has_a_field_and_each_limit_a_key():
    assert FIELDS.keys() == PBIT_DIMENSIONS.keys() | CHIP_DIMENSIONS.keys()
    assert LIMITS.keys() <= FIELDS.keys()


def test_a_clock_that_is_a_list_is_refused():
    with pytest.raises(InputError, match=r"clock must be one of .*, got \[\]$"):
        Clock(kind=[])
