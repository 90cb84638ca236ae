"""The one opener of text: every text format refuses the same bytes with their line, and reads the same others."""

import bz2
import gzip
import lzma

import dimod
import pytest

import hwsim
import hwsim.text as text_module
from hwsim.cell.measured import read_measured
from hwsim.chip.graph import read_graph
from hwsim.chip.library import chip, chip_card
from hwsim.chip.read import load_card
from hwsim.cli.main import main
from hwsim.command.arrays import read_array
from hwsim.errors import InputError, ReadError
from hwsim.study.plan import read_plan
from hwsim.text import count, read_text, real, whole

CARD = """# a note
name = "mine"
title = "Mine"
summary = "A chip."
pbit = "ideal-poisson"
clock = "poisson"
topology = "all-to-all"
"""
RUDY = "2 1\n1 2 1\n"
PLAN = '# a note\nproblem = "ring:n=4"\n'
FORMATS = {
    "a.lp": ("\\ a note\nMaximize\n x + y\nSubject To\n x + y <= 1\nBinary\n x y\nEnd\n", hwsim.read),
    "a.cnf": ("c a note\np cnf 2 1\n1 -2 0\n", hwsim.read),
    "a.wcnf": ("c a note\nh 1 -2 0\n", hwsim.read),
    "a.qubo": ("c a note\np qubo 0 2 1 1\n0 0 1\n0 1 1\n", hwsim.read),
    "a.coo": ("# a note\n# vartype=SPIN\n0 1 1\n", hwsim.read),
    "a.txt": ("# a note\n2 1\n1 2 1\n", hwsim.read),
    "a.mtx": ("%%MatrixMarket matrix coordinate real symmetric\n% a note\n2 2 1\n2 1 1\n", hwsim.read),
    "a.edges": ("# a note\n0 1\n", read_graph),
    "a.toml": (CARD, chip_card),
    "plan.toml": (PLAN, read_plan),
    "a.csv": ("# a note\ninput,n,p\n0,10,0.5\n1,10,0.9\n", lambda path: read_measured(path)),
    "a.rows": ("1 2\n3 4\n", lambda path: read_array(str(path), "A", 2)),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("change", ["mark", "crlf", "cr", "upper"])
def test_a_mark_line_ends_and_the_case_of_the_ending_change_nothing(tmp_path, name, change):
    text, read = FORMATS[name]
    path = tmp_path / (name.upper() if change == "upper" else name)
    ends = {"crlf": "\r\n", "cr": "\r"}.get(change, "\n")
    mark = b"\xef\xbb\xbf" if change == "mark" else b""
    plain = tmp_path / "plain" / name
    plain.parent.mkdir()
    plain.write_text(text)
    path.write_bytes(mark + text.replace("\n", ends).encode())
    assert content(read(path)) == content(read(plain))


def content(found):
    """What a reader found, without the name of the file."""
    found = getattr(found, "bqm", found)
    return found if isinstance(found, dimod.BinaryQuadraticModel) else repr(found).lower().replace("/plain/", "/")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xe9", "the byte 0xE9, which is not UTF-8"),
        (b"\x00", "the control character U\\+0000"),
        (b"\x1a", "the control character U\\+001A"),
        (b"\x0c", "the control character U\\+000C"),
        ("\x85".encode(), "the control character U\\+0085"),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "mark"])
def test_other_bytes_are_refused_with_their_line(tmp_path, name, data, words, mark):
    text, read = FORMATS[name]
    lines = text.encode().split(b"\n")
    lines[1] += data
    path = tmp_path / name
    path.write_bytes(mark + b"\n".join(lines))
    with pytest.raises(InputError, match=f"line 2 holds {words}"):
        read(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_other_encodings_are_named(tmp_path, encoding):
    (tmp_path / "a.toml").write_bytes(CARD.encode(encoding))
    with pytest.raises(InputError, match=f"is {encoding.upper()} text: save it as UTF-8"):
        load_card(tmp_path / "a.toml", "chip")


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "a.toml"])
def test_a_compressed_file_is_read_as_what_it_holds(tmp_path, name, packed):
    text, read = FORMATS[name]
    plain = tmp_path / "plain" / name
    plain.parent.mkdir()
    plain.write_text(text)
    path = tmp_path / f"{name}.{packed}"
    path.write_bytes(PACKERS[packed](text.encode()))
    found = content(read(path))
    assert (found.replace(f".{packed}", "") if isinstance(found, str) else found) == content(read(plain))


@pytest.mark.parametrize("packed", PACKERS)
def test_a_compressed_file_that_is_cut_or_too_large_is_refused(tmp_path, packed, monkeypatch):
    data = PACKERS[packed](RUDY.encode())
    (tmp_path / f"a.txt.{packed}").write_bytes(data[:-4])
    with pytest.raises(ReadError, match="it may be cut short"):
        hwsim.read(tmp_path / f"a.txt.{packed}")
    (tmp_path / f"a.txt.{packed}").write_bytes(data)
    assert hwsim.read(tmp_path / f"a.txt.{packed}").name == "a"
    monkeypatch.setattr(text_module, "MAX_UNPACKED", 4)
    with pytest.raises(ReadError, match="unpacks to more than 4 bytes"):
        hwsim.read(tmp_path / f"a.txt.{packed}")


def test_a_file_that_is_not_there_is_named(tmp_path):
    for name in ("none.txt", "a\x00b.txt", "x" * 400 + ".txt"):
        with pytest.raises(InputError, match="no such file"):
            hwsim.read(tmp_path / name)
        with pytest.raises(InputError, match=r"no such file|cannot read"):
            read_text(tmp_path / name)


@pytest.mark.parametrize("text", ["1_0", "", "0x10", "\u0661", "1.0", "one"])
def test_only_digits_are_a_whole_number(text):
    with pytest.raises(ReadError, match="f line 3: expected a whole number"):
        whole("f", 3, text)


@pytest.mark.parametrize("text", ["1_0.5", "", "0x1p3", "\u0661", "1,5", "nan", "-inf", "1e999", "1e-999", "1d3"])
def test_only_finite_decimals_are_numbers(text):
    with pytest.raises(ReadError, match="f line 3"):
        real("f", 3, text)


def test_numbers_are_read_exactly():
    assert whole("f", 1, "-9007199254740993") == -9007199254740993
    assert [real("f", 1, text) for text in ("0.1", "-.5", "5.", "+1E-3", "0e-999")] == [0.1, -0.5, 5.0, 0.001, 0.0]
    with pytest.raises(ReadError, match=r"from 0 to 2\*\*63 - 1"):
        count("f", 1, str(2**63))


def test_a_command_answers_with_one_sentence_and_code_2(tmp_path, capsys):
    (tmp_path / "a.lp").write_bytes(b"\\ caf\xe9\nMaximize\n x\nEnd\n")
    (tmp_path / "c.toml").write_bytes(CARD.replace("a note", "caf\xe9").encode("latin-1"))
    for command in (["problem", str(tmp_path / "a.lp")], ["run", "ring:n=4", "--chip", str(tmp_path / "c.toml")]):
        assert main(command) == 2
        shown = capsys.readouterr().err
        assert shown.count("\n") == 1 and "line 1 holds the byte 0xE9" in shown


def test_a_card_in_upper_case_is_a_file(tmp_path):
    (tmp_path / "MINE.TOML").write_text(CARD)
    assert chip(str(tmp_path / "MINE.TOML")).name == "mine"
