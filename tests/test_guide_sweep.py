"""examples/sweep.md: every block of output is what the command above it prints today, and the Python block runs."""

import re
from pathlib import Path

import pytest

from hwsim.cli.main import main

FOLDER = Path(__file__).parents[1] / "examples"
PAGE = (FOLDER / "sweep.md").read_text()
PAIRS = re.findall(r"```bash\nhwsim ([^\n]*)\n```(?:(?!```).)*```text\n(.*?)```", PAGE, flags=re.S)


@pytest.mark.parametrize(("command", "block"), PAIRS, ids=[command for command, _ in PAIRS])
def test_a_command_prints_the_block_below_it(command, block, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(command.split()) == 0
    printed = capsys.readouterr().out
    first, dots, last = block.partition("...\n")
    assert printed.startswith(first) and (not dots or printed.endswith(last))
    assert dots or printed == block


def test_the_page_has_no_other_block_and_its_pictures_are_there():
    assert len(PAIRS) == 3 == PAGE.count("```text")
    assert all((FOLDER / picture).is_file() for picture in re.findall(r"!\[.*?\]\((.*?)\)", PAGE))


def test_the_python_block_runs(capsys):
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.S)
    names: dict = {}
    exec(compile(block, "examples/sweep.md", "exec"), names)
    assert names["axes"].get_xlabel() == "delay (tau)" and "design rule" in capsys.readouterr().out
