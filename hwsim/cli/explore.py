"""``hwsim explore SPEC.toml``: one problem on many designs: a table, and a picture that marks the best designs."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, present

_EXAMPLE = """an example of a spec:
  problem = "sk:n=24,seed=1"
  chip = "generic-floorplan"
  target = "exact"
  time = "2 us"
  [set]
  energy_per_update = "2 fJ"
  energy_per_read = "1 pJ"
  [sweep]
  max_degree = [4, 6, 23]
  weight_bits = [3, 8]
  wiring = [
    { name = "short wires", wire_delay = "100 ps/mm" },
    { name = "slow wires", wire_delay = "10 ns/mm" },
  ]
a range as text is several values: delay = "0:2tau:5", dac_bits = "1..8", tau = "1ns:1us:4log"
"""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "explore",
        help="one problem on many designs: time and energy to solution against area",
        description="Run every combination of the swept parameters: topology, degree, weight bits, delay, chips, "
        "clock, any parameter of a card.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[options.computer(with_engine=False), options.outputs("all rows", plot="time, energy and area")],
    )
    parser.add_argument("spec", metavar="SPEC.toml", help="problem, chip, target and what to sweep")
    parser.add_argument(
        "-o",
        "--output",
        type=options.file_out,
        metavar="FILE",
        help="rows as JSON, saved one by one: a rerun continues there",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.command.explore import explore

    found = ask(arguments, explore)
    again = f"; hwsim explore {arguments.spec} -o {arguments.output} continues" if arguments.output else ""
    return present(arguments, found, again=again)
