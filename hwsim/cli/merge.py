"""``hwsim merge``: join the rows of several stores in one."""

import argparse
import sys
from typing import Any

from hwsim.cli import options


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "merge",
        help="the results of several studies in one store",
        description="Copy the rows of the other stores into the first, or those of all into a new one. A row that is "
        "already in the store is not copied again, so merging twice changes nothing.",
    )
    parser.add_argument("store", metavar="A.db", help="store that gets the rows, unless -o names another")
    parser.add_argument("others", nargs="+", metavar="B.db", help="stores whose rows are copied")
    parser.add_argument(
        "-o", "--output", type=options.file_out, metavar="FILE", help="store for the rows of all, A.db included"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.study.store import Store

    target = arguments.output or arguments.store
    sources = arguments.others if arguments.output is None else [arguments.store, *arguments.others]
    differing = 0
    for path in sources if arguments.output else [target, *sources]:
        Store(path, create=False).close()  # refuse before anything is copied
    with Store(target, create=arguments.output is not None) as store:
        for path in sources:
            with Store(path, create=False) as other:
                taken, differ = store.merge(other)
            differing += differ
            print(f"{path}: {taken} rows copied into {target}")
        points, rows = store.count()
        print(f"{target}: {points} points, {rows} rows")
    if differing:
        print(
            f"hwsim: {differing} rows are in both and differ, as no two runs of one hwsim do: those of {target} stay",
            file=sys.stderr,
        )
        return 1
    return 0
