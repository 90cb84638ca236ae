"""The ``hwsim`` command: one file per subcommand, one sentence per refusal, exit code 2 for bad input."""

import argparse
import io
import logging
import os
import re
import shlex
import sys
from collections.abc import Sequence
from difflib import get_close_matches

from hwsim import __version__
from hwsim.cli import (
    bench,
    blame,
    check,
    chip,
    chips,
    classify,
    compare,
    compile,
    devices,
    draw,
    explore,
    fit,
    formats,
    free_energy,
    generators,
    layout,
    ledger,
    merge,
    problem,
    report,
    rtl,
    run,
    show,
    study,
    sweep,
    thermo,
    train,
    tts,
    view,
)
from hwsim.cli.output import INTERRUPTED, check_outputs
from hwsim.errors import HwsimError, one_line
from hwsim.interrupt import Signals
from hwsim.memory import refusal


class _Parser(argparse.ArgumentParser):
    """argparse that answers bad usage with one sentence, of a misspelt option with the nearest one."""

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def, override]
        """As argparse does it, but for an option that no command has."""
        found, rest = super().parse_known_args(args, namespace)
        wrong = next((word.partition("=")[0] for word in rest if word.startswith("--")), None)
        if wrong is not None:
            near = get_close_matches(wrong, self._option_string_actions, n=1)
            self.error(f"no option {wrong}" + (f"; did you mean {near[0]}?" if near else ""))
        return found, rest

    def error(self, message: str) -> None:  # type: ignore[override]
        print(one_line(f"{self.prog}: error: {message} (see {self.prog} --help)", 240), file=sys.stderr)
        raise SystemExit(2)

    def _get_values(self, action, arg_strings):  # type: ignore[no-untyped-def]
        """As argparse does it, but the value of ``--seed=--`` is text, too."""
        if not action.option_strings or action.nargs is not None or arg_strings != ["--"]:
            return super()._get_values(action, arg_strings)  # type: ignore[misc]
        value = self._get_value(action, "--")  # type: ignore[attr-defined]
        self._check_value(action, value)
        return value

    def _check_value(self, action, value):  # type: ignore[no-untyped-def]
        """As argparse does it, but of many choices the nearest one is named."""
        if action.choices is not None and value not in action.choices and len(action.choices) > _MOST_LISTED:
            near = get_close_matches(str(value), list(action.choices), n=1)
            raise argparse.ArgumentError(
                action, f"{value!r} is not known" + (f"; did you mean {near[0]}?" if near else "")
            )
        super()._check_value(action, value)


_MOST_LISTED = 12
"""Choices that a sentence may list."""


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = _Parser(
        prog="hwsim",
        description="Emulate the hardware of probabilistic-bit computers, with its clocks, delays and noise.",
    )
    top.add_argument("--version", action="version", version=f"hwsim {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=_Parser)
    modules = (
        compare,
        run,
        tts,
        sweep,
        view,
        study,
        train,
        report,
        merge,
        blame,
        compile,
        layout,
        rtl,
        explore,
        free_energy,
        draw,
        classify,
        thermo,
        problem,
        formats,
        generators,
        chips,
        devices,
        show,
        check,
        chip,
        ledger,
        fit,
        bench,
    )
    for module in modules:
        module.add_parser(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    if argv is None:
        os.environ["MPLBACKEND"] = "agg"  # a command draws files, whatever its user draws with
        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # where it keeps its fonts is no news
        _open_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without the letters of a name is no reason to stop
    with Signals() as signals:
        try:
            code = _run(list(sys.argv[1:] if argv is None else argv))
        except (KeyboardInterrupt, Exception) as error:
            signals.is_obeyed = True
            if not isinstance(error, KeyboardInterrupt) and not signals.has_ended(error):
                raise
            print("hwsim: interrupted before there was a result", file=sys.stderr)
            code = INTERRUPTED
        return signals.exit_code if code == INTERRUPTED else code


def _open_streams() -> None:
    """Let a stream that the shell has closed (``>&-``) lead nowhere: else the first file that is opened takes its
    place, and what is printed goes there."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))


def _run(words: list[str]) -> int:
    """The exit code of the command of ``words``; a refusal is said in a sentence."""
    try:
        arguments = parser().parse_args(_joined(words))
        arguments.command_line = shlex.join(["hwsim", *words])
        check_outputs(arguments)
        code = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except HwsimError as error:
        print(f"hwsim: error: {error}", file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"hwsim: error: {refusal(error)}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        lost = "the current folder" if isinstance(error, FileNotFoundError) else "standard output"
        where = error.filename or lost  # every file is named by what writes it
        print(one_line(f"hwsim: error: {error.strerror or error}: {where}", 240), file=sys.stderr)
        return 2


def _joined(argv: Sequence[str]) -> list[str]:
    """``--delay -1ns`` as ``--delay=-1ns``: a value that starts with a minus and a digit is a value, not an option."""
    words: list[str] = []
    for word in argv:
        if re.match(r"-[0-9.]", word) and words and words[-1].startswith("--") and "=" not in words[-1]:
            words[-1] += "=" + word
        else:
            words.append(word)
    return words


if __name__ == "__main__":
    sys.exit(main())
