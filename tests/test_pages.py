"""The pages of ``examples/``: every command that they show runs, in order, and prints what stands below it.

In a block ``console`` a line ``$ command`` is run and the lines below it are what it prints. In a block ``python`` the
code runs, and a block ``text`` right below it is what it prints. A block with a file name, ``toml five.toml``, is that
file.
"""

import contextlib
import io
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from hwsim.cli.main import main

FOLDER = Path(__file__).parents[1] / "examples"
PAGES = ("chips.md", "devices.md", "problems.md", "python.md", "sampler.md")


def blocks(text):
    """(kind, file name or "", content) of each block of a page."""
    return re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", text, flags=re.S | re.M)


def sessions(content):
    """(command, output) of a block ``console``; a command may go on after a backslash."""
    parts = re.split(r"^\$ ", content, flags=re.M)[1:]
    for part in parts:
        found = re.match(r"(?:.*\\\n)*.*\n", part)
        yield found.group().rstrip("\n").replace("\\\n", " "), part[found.end() :]


def printed(command, folder):
    if not command.startswith("hwsim "):
        done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout + done.stderr
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        main(shlex.split(command)[1:])
    return out.getvalue()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page_prints_what_the_page_shows(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    shown = None
    for kind, name, content in blocks((FOLDER / page).read_text()):
        if name:
            Path(name).write_text(content)
        elif kind == "console":
            for command, output in sessions(content):
                assert printed(command, tmp_path) == output, command
        elif kind == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(content, page, "exec"), names)
            shown = out.getvalue()
            continue
        elif kind == "text" and shown is not None:
            assert shown == content
        shown = None
