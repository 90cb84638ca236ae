"""The README and the pages of examples/: outputs are what their commands print today, pictures are what they draw.

In a block ``console`` a line ``$ command`` is run, and the lines below it are what it prints, errors included. A block
``text`` is what the blocks ``bash`` and ``python`` above it print, back to the last one; ``bash`` without an output is
not run. What this computer's speed decides is masked, a line ``...`` leaves lines out, and a comment
``<!-- too long for a test: ... -->`` above a block says that nothing runs it here. A line
``<!-- needs TOOL ... -->`` names programs without which the page is skipped. All blocks of a page run in one
folder, which has examples/; a block with a name, as ``toml board.toml``, is a file there.
"""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from hwsim.cli.main import main

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
PAGES = [ROOT / "README.md", *sorted(EXAMPLES.glob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
_BLOCK = re.compile(r"^(<!--[^\n]*-->\n)?```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_HOST = re.compile(r" [\d.]+ (s|ms|us) [\d.e+-]+$")
"""The last two columns of a table of runs: the time of this computer, and updates per ns."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page. kind : console, bash, python, text, toml ...;  file : the name of the file that it is

    runs : whether a test makes it.
    """

    kind: str
    file: str
    text: str
    runs: bool


def blocks(page):
    """The fenced blocks of a page, in order."""
    found = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return [Block(kind, file, text, "too long for a test" not in note) for note, kind, file, text in found]


def sessions(block):
    """(command, output) of a block ``console``; a command may go on after a backslash."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command = re.match(r"(?:.*\\\n)*.*\n", part).group()
        yield command.rstrip("\n").replace("\\\n", " "), part[len(command) :]


def commands(block):
    """The commands of a block ``bash`` as words, without comments; a line that ends in a backslash goes on."""
    lines = block.text.replace("\\\n", " ").splitlines()
    words = [shlex.split(part, comments=True) for line in lines for part in line.split("&&")]
    return [command for command in words if command]


def squeezed(text):
    """The lines with single spaces, host times as #, and rules, whose length depends on them, as three dashes."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    return ["---" if not line.strip("-") else _HOST.sub(" #", line) for line in lines]


def assert_holds(printed, shown):
    """The lines ``shown`` are ``printed`` in that order, without a gap but for lines ``...``; both ends may miss."""
    found, at, gap = squeezed(printed), 0, True
    for line in squeezed(shown):
        if line == "...":
            gap = True
            continue
        later = found[at:] if gap else found[at : at + 1]
        assert line in later, f"not printed here: {line}\nprinted:\n{printed}"
        at, gap = at + later.index(line) + 1, False


class Reader:
    """Someone who types what a page shows, in one folder."""

    def __init__(self, folder):
        self.folder, self.names = folder, {}

    def python(self, code):
        """What a block ``python`` prints."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, "page", "exec"), self.names)
        return out.getvalue()

    def typed(self, words, *, errors=False):
        """What one command prints. errors : it may fail, and standard error counts."""
        if words[:2] == ["python", "-m"]:  # the installation
            return ""
        if words[0] == "hwsim":
            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out if errors else io.StringIO()):
                code = main(words[1:])
            assert errors or code == 0, words
            return out.getvalue()
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        given = [sys.executable, *words[1:]] if words[0] == "python" else words
        where = {"cwd": self.folder, "env": os.environ | {"PYTHONPATH": path}}
        done = subprocess.run(given, capture_output=True, text=True, check=not errors, timeout=300, **where)
        return done.stdout + (done.stderr if errors else "")

    def session(self, command, *, errors):
        """What a line of a block ``console`` prints, by whatever means."""
        words = shlex.split(command)
        simple = words[0] == "hwsim" and not {"|", ">", "&&"} & set(words)
        return self.typed(words if simple else ["bash", "-c", command], errors=errors)


def metadata(picture):
    """The texts of a PNG file, by name."""
    data, at, found = picture.read_bytes(), 8, {}
    while at < len(data):
        (size,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        if kind == b"tEXt":
            name, _, text = data[at + 8 : at + 8 + size].partition(b"\0")
            found[name.decode()] = text.decode("latin-1")
        at += 12 + size
    return found


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_the_outputs_of_the_page_are_printed_today(page, tmp_path, monkeypatch):
    for tools in re.findall(r"^<!-- needs (.+) -->$", page.read_text(encoding="utf-8"), re.MULTILINE):
        missing = [tool for tool in tools.split() if shutil.which(tool) is None]
        if missing:
            pytest.skip(f"not installed: {', '.join(missing)}")
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns("*.png", "*.ipynb"))
    monkeypatch.chdir(tmp_path)
    reader, printed, waiting = Reader(tmp_path), "", []
    for block in blocks(page):
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
        elif block.kind == "console" and block.runs:
            for command, output in sessions(block):
                assert_holds(reader.session(command, errors=bool(output.strip())), output)
        elif block.kind == "python" and block.runs:
            printed += reader.python(block.text)
            assert printed or "print(" not in block.text
        elif block.kind == "bash":
            waiting.append(block)
        elif block.kind == "text":
            if not waiting or any(maker.runs for maker in waiting):
                makers = [maker for maker in waiting if maker.runs]
                printed += "".join(reader.typed(words) for maker in makers for words in commands(maker))
                assert_holds(printed, block.text)
            printed, waiting = "", []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_the_pictures_of_the_page_are_those_of_its_commands(page):
    """Each is drawn by Python, a script of its name or the page itself, or by a command, which the file repeats."""
    drawn = {}
    for block in blocks(page):
        lines = [command for command, _ in sessions(block)] if block.kind == "console" else block.text.splitlines()
        for line in lines:
            if "--plot" in line and "hwsim " in line:
                words = shlex.split(line[line.index("hwsim ") :], comments=True)
                drawn[words[words.index("--plot") + 1]] = words
            if line.startswith("hwsim view "):  # whose page is photographed by tests/report/view/pictures.py
                words = shlex.split(line, comments=True)
                name = words[words.index("-o") + 1].removesuffix(".html")
                drawn |= {f"{name}.png": words, f"{name}_400.png": words}
    for name in re.findall(r"!\[[^\]]+\]\((\S+?)\)", page.read_text(encoding="utf-8")):
        picture = page.parent / name
        assert picture.is_file(), name
        by_python = f'"{picture.name}"' in "".join(block.text for block in blocks(page) if block.kind == "python")
        if not by_python and not (EXAMPLES / f"{picture.stem}.py").is_file():
            facts = json.loads(metadata(picture)["Description"])
            assert shlex.split(facts["command"]) == drawn[picture.name], f"{name} was drawn by {facts['command']}"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_the_links_of_the_page_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_no_line_of_output_is_padded(page):
    assert all(line == line.rstrip() for block in blocks(page) for line in block.text.splitlines())


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 180
