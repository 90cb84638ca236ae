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
  rule = "pcd"                    # cd, fresh; conditional: labels given the rest
  steps = 2000                    # or epochs
  batch = 8
  chains = 256                    # of the negative phase; betas = [0.25, 0.5, 1.0] tempers them
  negative = { warm_up = 5, looks = 1, spacing = 1 }   # sweeps
  [update]
  rate = 0.05                     # schedule, momentum, method = "adam", decay, centring, averaging, limit
  schedule = "linear"
  [judge]
  times = 20                      # judgements on the way; each is saved
studies:
  hwsim train PLAN.toml -o m.npz --train-die 17 --dies 18..117 --retrain biases=200 --plot yield.png
  hwsim train PLAN.toml --vary delay=0:1tau:5 --store s.db --plot kl.png
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
            options.outputs("the history", plot="learning curve, weights and samples; of a study, yield or curves"),
        ],
    )
    parser.add_argument("plan", metavar="PLAN.toml", help="data, model, chip and how to train")
    parser.add_argument(
        "-o", "--output", type=options.file_out, metavar="FILE", help="the model, saved after each part of the training"
    )
    parser.add_argument("--chip", metavar="CARD", help="in place of the plan's")
    parser.add_argument("--seed", type=options.whole("seed"), metavar="N", help="in place of the plan's")
    parser.add_argument(
        "--die-seed",
        "--train-die",
        type=options.whole("die-seed"),
        metavar="N",
        help="the die of the training, in place of the plan's",
    )
    _add_studies(parser)
    parser.set_defaults(run=run)


def _add_studies(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("studies")
    group.add_argument(
        "--vary",
        action=options.Vary,
        metavar="KEY=RANGE",
        default={},
        help="train at each value of a parameter of the chip or of the plan, such as delay=0:1tau:5, weight_bits=3,4,6 "
        "or update.rate=0.02,0.05; give a second one for a family of curves or a map",
    )
    group.add_argument(
        "--seeds", type=options.whole("seeds", least=1), metavar="N", help="trainings at each value of --vary (5)"
    )
    group.add_argument(
        "--dies",
        metavar="N|RANGE",
        help="move the model to other dies: how many after its own, or which, such as 18..117",
    )
    group.add_argument(
        "--retrain",
        type=options.named_numbers("--retrain", "biases=200", least=1),
        metavar="WHAT=STEPS,...",
        help="also train again on each of --dies: biases, all, or both, for so many steps",
    )
    group.add_argument(
        "--shown",
        type=options.several(str),
        metavar="COLUMN,...",
        help="columns that are held while the machine is asked for the others (else for the class, of labelled data)",
    )
    group.add_argument(
        "--limit", type=options.limit, metavar="X|Q=X,...", help="how large KL may be (kl) or how small right"
    )
    group.add_argument(
        "--store", type=options.file_out, metavar="FILE", help="SQLite file of the rows: a rerun continues there"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.command.train import Trained, train

    found = ask(arguments, train, vary=arguments.vary or None)
    again = f"; hwsim train {arguments.plan} -o {arguments.output} continues" if arguments.output else ""
    if arguments.vary or arguments.dies:  # of which the result says how it goes on
        again = "; the same command continues" if arguments.output and isinstance(found, Trained) else ""
    return present(arguments, found, again=again)
