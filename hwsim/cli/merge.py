"""``hwsim merge``: join the rows of several stores in one."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.command.progress import tell
from hwsim.errors import InputError, one_line


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "merge",
        help="the results of several studies in one store",
        description="Copy the rows of the other stores into the first, or those of all into a new one. A row that is "
        "already in the store is not copied again, so merging twice changes nothing. Rows that are damaged are named "
        "and left out; exit code 1 when there are some, or when two stores have one row that differs.",
    )
    parser.add_argument("store", metavar="A.db", help="store that gets the rows, unless -o names another")
    parser.add_argument("others", nargs="*", metavar="B.db", help="stores whose rows are copied")
    parser.add_argument(
        "-o", "--output", type=options.file_out, metavar="FILE", help="store for the rows of all, A.db included"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.study.store import Store

    target = arguments.output or arguments.store
    sources = arguments.others if arguments.output is None else [arguments.store, *arguments.others]
    if not sources:
        raise InputError("merge needs another store, or -o for a new one")
    differing, damaged = 0, 0
    for path in sources if arguments.output else [target, *sources]:
        Store(path, create=False).close()  # refuse before anything is copied
    with Store(target, create=arguments.output is not None) as store:
        for path in sources:
            with Store(path, create=False) as other:
                done = store.merge(other)
            differing += done.differ
            damaged += len(done.damaged)
            print(one_line(f"{path}: {done.copied} rows copied into {target}"))
            for what in done.damaged[:_SHOWN]:
                tell(f"hwsim: {path}: {what} is damaged and left out")
        points, rows = store.count()
        print(one_line(f"{target}: {points} points, {rows} rows"))
    if damaged:
        tell(f"hwsim: {damaged} damaged parts are left out: hwsim study with --store {target} makes them again")
    if differing:
        tell(f"hwsim: {differing} rows are in both and differ, as no two runs of one hwsim do: those of {target} stay")
    return 1 if differing or damaged else 0


_SHOWN = 10
"""How many damaged rows are named."""
