"""Where results go: JSON, pictures, text, and the exit code. Files are written whole or not at all."""

import argparse
import inspect
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hwsim.cli.options import Out
from hwsim.command.given import problem_facts
from hwsim.command.progress import Progress, tell
from hwsim.errors import InputError
from hwsim.text import ending, read_toml

if TYPE_CHECKING:
    from hwsim.command.result import Result
    from hwsim.report.provenance import Provenance

__all__ = [
    "INTERRUPTED",
    "ask",
    "check_outputs",
    "give",
    "note_line",
    "present",
    "problem_facts",
    "record",
    "write_json",
]

INTERRUPTED = 130


def record(
    arguments: argparse.Namespace,
    *,
    programs: Iterable[Any] = (),
    anneal: Any = None,
    beta: Iterable[float] = (),
    seed: int | None = None,
) -> "Provenance":
    """The provenance of this command's results: the command line, its seed (or ``seed``), the programs that ran or
    their hashes, their anneal or beta."""
    from hwsim.report.provenance import provenance

    return provenance(
        command=arguments.command_line,
        seed=getattr(arguments, "seed", seed),
        anneal=anneal,
        beta=beta,
        programs=programs,
    )


def check_outputs(arguments: argparse.Namespace) -> None:
    """Raise InputError where an output of the command is also one of its inputs, or another output."""
    outputs = [(name, value) for name, value in vars(arguments).items() if isinstance(value, Out)]
    for k, (name, path) in enumerate(outputs):
        for other, earlier in outputs[:k]:
            if path == earlier or (path != "-" and _same_file(path, earlier)):
                raise InputError(
                    f"{_option(other)} and {_option(name)} would both write {path}: give each its own name"
                )
    if outputs:
        for given in _inputs(arguments):
            for name, path in outputs:
                if path != "-" and _same_file(path, given):
                    raise InputError(f"{_option(name)} would write {path}, which this command reads: give another name")


def _option(name: str) -> str:
    return "-o" if name == "output" else f"--{name.replace('_', '-')}"


def _inputs(arguments: argparse.Namespace) -> set[Path]:
    """The files that an argument names, or that a card, plan or specification among them names, and so on."""
    values = [value for name, value in vars(arguments).items() if name != "command_line"]
    found = {path for text in _texts(values) if (path := _file(text)) is not None}
    fresh = set(found)
    while fresh:
        named: set[Path] = set()
        for card in (path for path in fresh if ending(path) == ".toml" and path.is_file()):
            try:
                texts = list(_texts(read_toml(card)))
            except InputError:  # the command itself says what is wrong with it
                continue
            named |= {path for text in texts for place in (Path(), card.parent) if (path := _file(text, place))}
        fresh = named - found
        found |= fresh
    return found


def _texts(value: Any) -> Iterator[str]:
    """Every text in ``value`` that is no output."""
    if isinstance(value, str):
        if not isinstance(value, Out):
            yield value
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part)


def _file(text: str, folder: Path = Path()) -> Path | None:
    """The file that ``text`` names; None where it names none."""
    try:
        path = folder / text
        return path if path.exists() and not path.is_dir() else None
    except (OSError, ValueError):  # too long for a name, or a character that no name has
        return None


def _same_file(one: str | Path, other: str | Path) -> bool:
    """Whether both paths are one file, which need not exist yet; links are followed."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def ask(arguments: argparse.Namespace, command: Callable[..., Any], **more: Any) -> Any:
    """What the function ``command`` returns for those ``arguments`` that it takes; the terminal shows its progress.
    more : values that are no arguments, or other ones"""
    known = inspect.signature(command).parameters
    own = dict(vars(arguments))
    changes = own.get("card")
    if isinstance(changes, dict):
        own |= {"without": changes.get("without", ()), "set": {k: v for k, v in changes.items() if k != "without"}}
    own |= {"progress": Progress(is_loud=True)} | more
    return command(**{name: value for name, value in own.items() if name in known})


def present(arguments: argparse.Namespace, result: "Result", *, again: str = "") -> int:
    """Print, draw and write ``result`` as `give` does. again : after an interruption, how the command continues.
    Returns the exit code."""
    made = result.made_by(arguments.command_line)
    drawing = result.drawing() if getattr(arguments, "plot", None) else None
    return give(
        arguments,
        result.document,
        made,
        text=result.text if result.is_shown else None,
        draw=None if drawing is None else lambda path: drawing.write(path, made),
        stopped=None if result.stopped is None else result.stopped + again,
    )


def give(
    arguments: argparse.Namespace,
    document: dict[str, Any],
    made: "Provenance",
    *,
    text: Callable[[int | None], str] | None,
    draw: Callable[[str], Any] | None = None,
    stopped: str | None = None,
) -> int:
    """Write ``document`` to ``--json``, print ``text`` unless the JSON is printed, ``draw`` the picture of ``--plot``.

    text : called with the width of the terminal, None where standard output is not one;  stopped : how far an
    interrupted command got, as the end of a sentence. Returns the exit code.
    """
    if arguments.json:
        write_json(document, arguments.json, made)
    lost: BrokenPipeError | None = None
    if text is not None and arguments.json != "-":
        try:
            print(text(shutil.get_terminal_size().columns if sys.stdout.isatty() else None), flush=True)
        except BrokenPipeError as error:  # head has read enough; the picture is still wanted
            lost = error
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if draw is not None and arguments.plot:
        try:
            draw(arguments.plot)
        except KeyboardInterrupt:
            tell(f"hwsim: interrupted before {arguments.plot} was drawn")
            return INTERRUPTED
        tell(f"picture: {arguments.plot}")
    if lost is not None:
        raise lost
    if stopped is not None:
        tell(f"hwsim: interrupted{stopped}")
        return INTERRUPTED
    return 0


def write_json(document: dict[str, Any], target: str, made: "Provenance") -> None:
    """Write ``document`` to ``target``, a path or ``-``; see `hwsim.report.document`."""
    from hwsim.report.document import write_document

    write_document(document, target, made)


def note_line(note: str | None) -> str:
    """A note as a line below a table; nothing where there is none."""
    return "" if note is None else f"\nnote: {note}"
