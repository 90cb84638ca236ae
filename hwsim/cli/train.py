"""``hwsim train PLAN.toml -o model.npz``: a model learnt on an emulated chip, resumable."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, present

_EXAMPLE = """an example of a plan:
  data = "adder"                  # or a file, digits, mnist5000, bars-and-stripes:rows=4,columns=4
  chip = "generic-all-to-all"
  seed = 1
  [model]
  kind = "fully"                  # rbm, dbm, fully, chip for its own p-bits and wires; denoising for a chain
  hidden = 0
  [machine]
  set = { delay = "0.5tau" }      # parameters of the card; without, die_seed, rounding
  [train]
  rule = "pcd"                    # cd, fresh
  steps = 2000                    # or epochs
  batch = 8
  chains = 256                    # of the negative phase; betas = [0.25, 0.5, 1.0] tempers them
  negative = { warm_up = 5, looks = 1, spacing = 1 }   # sweeps
  [update]
  rate = 0.05                     # schedule, momentum, method = "adam", decay, centring, averaging, limit
  schedule = "linear"
  [judge]
  times = 20                      # judgements on the way; each is saved
"""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "train",
        help="learn a Boltzmann machine on a chip, faults included",
        description="Train the model of a plan on an emulated chip: gradients are measured by the chip as it is, under "
        "its own clock, delay, noise and registers. If the training ends early for any reason, the same command "
        "continues it, with the same result. A trained model is a problem that every command reads.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[
            options.computer(with_engine=False),
            options.outputs("the history", plot="learning curve, weights and samples"),
        ],
    )
    parser.add_argument("plan", metavar="PLAN.toml", help="data, model, chip and how to train")
    parser.add_argument(
        "-o", "--output", type=options.file_out, metavar="FILE", help="the model, saved after each part of the training"
    )
    parser.add_argument("--chip", metavar="CARD", help="in place of the plan's")
    parser.add_argument("--seed", type=options.whole("seed"), metavar="N", help="in place of the plan's")
    parser.add_argument(
        "--die-seed", type=options.whole("die-seed"), metavar="N", help="which die, in place of the plan's"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.command.train import train

    found = ask(arguments, train)
    again = f"; hwsim train {arguments.plan} -o {arguments.output} continues" if arguments.output else ""
    return present(arguments, found, again=again)
