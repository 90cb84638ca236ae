"""The page of promises: each command has its line, each test that it names exists, and those that no other file holds.

A promise that belongs to one room is tested there.
"""

import ast
import json
import re
from pathlib import Path

import corpus
import lines
import pytest

from hwsim.cli.main import main

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "examples" / "promises.md").read_text(encoding="utf-8")
KEPT = {"study": {"study.db"}, "merge": {"study.db"}}
"""Files of the fuzzer that a command adds to; what it makes anew has names that begin with ``o.`` or ``o/``."""
OF_THIS_COMPUTER = {"host_s", "host_seconds", "updates_per_ns", "run_s", "build_s"}
"""Keys of JSON that a second run may change."""


def rows(heading):
    """The cells of each row of the tables whose first column is called ``heading``."""
    for table in re.findall(rf"^\| {heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE):
        for line in table.splitlines():
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def named(cell):
    """What stands in a cell in backquotes."""
    return re.findall(r"`([^`]+)`", cell)


def test_every_command_has_a_line():
    on_page = [name for first, *_ in rows("command") for name in named(first)]
    assert len(set(on_page)) == len(on_page)
    grouped = {name.split()[0] for name in lines.commands() if " " in name}
    assert set(on_page) == set(lines.commands()) and not set(on_page) & grouped


def test_every_line_names_tests_that_exist():
    found = [cells for heading in ("promise", "command", "what") for cells in rows(heading)]
    assert len(found) > 40
    for *_, last in found:
        tests = named(last)
        assert tests, last
        for test in tests:
            file, _, function = test.partition("::")
            tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
            assert function in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}, test


# what every command promises ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The fuzzer's files, of every kind that a command reads."""
    place = tmp_path_factory.mktemp("promises")
    corpus.build(place)
    return place


def state(folder):
    """The bytes of every file, by name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def numbers(document):
    """A document without what this computer decides."""
    if isinstance(document, dict):
        return {key: numbers(value) for key, value in document.items() if key not in OF_THIS_COMPUTER}
    return [numbers(value) for value in document] if isinstance(document, list) else document


@pytest.mark.parametrize("name", lines.EXAMPLES)
def test_a_second_run_gives_the_same_numbers_and_changes_nothing_that_it_reads(name, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    words = lines.EXAMPLES[name][0].split()
    made = Path("o.second.json")
    if "--json" in lines.commands()[name].format_help():
        words += ["--json", str(made)]
    if name == "report":
        words += ["--html", "o.html"]
    if "--plot" in lines.commands()[name].format_help():
        words += ["--plot", "o.svg"]
    before, codes, found, written = state(folder), [], [], []
    for _ in range(2):
        codes.append(main(words))
        said = capsys.readouterr()
        found.append(numbers(json.loads(made.read_text())) if made.exists() else said.out)
        written.append({path.name: path.read_bytes() for path in folder.glob("o.*") if path != folder / made})
    after = state(folder)
    for path in folder.glob("o*"):
        if path.is_file():
            path.unlink()
    if name == "chip new":  # it does not write over a card
        assert codes == [0, 2] and after.pop("o.toml")
    else:
        assert codes == [0, 0], said.err
        assert found[0] == found[1] or name == "merge"
        assert written[0] == written[1]
    changed = {each for each in after if after[each] != before.get(each)}
    assert {each for each in changed if not re.match(r"o[./]", each)} <= KEPT.get(name, set())


PLAN = 'problem = "ring:n=4"\nreads = 4\nschedules = 1\ntime = "0.1 us"\n'


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("study plan.toml --store s.db --workers 1025", "workers must be at most 1024"),
        ("sweep ring:n=4 --vary delay=0:2tau:100000", "from 2 to 99,999"),
        ("sweep ring:n=4 --vary dac_bits=1..100001", "less than 100,000"),
        ("view ring:n=4 --vary delay=0:2tau:65 -o v.html", "at most 64 settings"),
        ("problem big.txt", "promises 16777217 variables; at most 16777216 are read"),
        ("thermo sample wells:barrier=4,distance=1 --time 1s --replicas 100000", "the limit is 2e+11"),
    ],
)
def test_what_is_too_large_is_refused(words, sentence, tmp_path, monkeypatch, capsys):
    """In a sentence, before anything is written."""
    monkeypatch.chdir(tmp_path)
    Path("plan.toml").write_text(PLAN)
    Path("big.txt").write_text("16777217 1\n1 2 1\n")
    assert main(words.split()) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"plan.toml", "big.txt"}
