"""``hwsim layout``: where p-bits sit, what their wires cost, and how much delay the problem tolerates."""

import argparse
from dataclasses import asdict
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import INTERRUPTED, give, problem_facts, record
from hwsim.cli.source import given_problem
from hwsim.cli.target import energy_of, find_target, target_facts
from hwsim.command.progress import Progress
from hwsim.errors import InputError


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "layout",
        help="a floorplan: wires, crowding, delay, energy, and the design rule",
        description="Place a problem on a chip's die and print what distance costs. The design rule is the largest "
        "ratio of delay to update time at which the loss stays below --limit; emulation of this problem finds it. "
        "Without a problem: the whole die of a chip with fixed wires.",
        parents=[
            options.problem("", nargs="?", words="a file or a generator; without one, the die alone"),
            options.chip("generic-floorplan"),
            options.pace(),
            options.chains("layout"),
            options.anneal(
                beta="constant or start:end (1/sigma; success 0.1/sigma:10/sigma)", length="400 updates of a p-bit"
            ),
            options.target("of success"),
            options.sampling("1024", "16", words="reads at each ratio (%(default)s)"),
            options.seeds(),
            options.computer(with_engine=False),
            options.outputs(plot="the die"),
        ],
    )
    parser.add_argument(
        "--measure",
        choices=("correlation", "kl", "success", "none"),
        default="correlation",
        help="the loss that the rule limits: error of the correlations, divergence from the exact law (small "
        "problems), lost success; none: no emulation (%(default)s)",
    )
    parser.add_argument(
        "--limit",
        type=options.quantity("limit"),
        metavar="X",
        help="how large the loss may be (correlation 0.05, kl 0.01, success 0.1)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.chip.library import chip
    from hwsim.experiment.design_rule import rule_anneal
    from hwsim.experiment.layout_facts import drawing, layout_facts
    from hwsim.mapping.compile import embed, laid_out
    from hwsim.mapping.layout import whole_die
    from hwsim.report.layout import layout_picture, layout_text, layout_title

    machine = chip(arguments.chip, **arguments.card)
    alone = arguments.problem is None
    if alone and arguments.as_ is not None:
        raise InputError("--as says how a problem file is read: give a problem")
    problem = whole_die(machine) if alone else given_problem(arguments)
    measure = "none" if alone else arguments.measure
    program, layout = laid_out(
        problem,
        machine,
        die_seed=arguments.die_seed,
        embedding=embed(problem, machine),
        chain_strength=arguments.chain_strength,
    )
    anneal, rule, wanted = None, None, None
    if measure != "none":
        anneal = rule_anneal(
            problem, program, measure=measure, beta=arguments.beta, shape=arguments.anneal, time=arguments.time
        )
        wanted = find_target(arguments, problem)
        rule = _rule(arguments, problem, program, measure, anneal, energy_of(wanted))
    facts = layout_facts(program, layout, rule=rule)
    document = {
        "problem": None if alone else problem_facts(problem),
        "chip": machine.name,
        "layout": facts,
        "rule": None if rule is None else asdict(rule),
        "place": layout.place.tolist(),
    } | target_facts(wanted)
    made = record(arguments, programs=[program], anneal=anneal)
    title = layout_title(machine.name if alone else f"{problem.name} on {machine.name}", facts)

    def draw(path: str) -> None:
        die = drawing(program, layout, machine, roles=problem.roles, rule=rule)
        layout_picture(die, path, title=title, provenance=made)

    code = give(arguments, document, made, text=lambda _: layout_text(title, facts, rule), draw=draw)
    return INTERRUPTED if rule is not None and rule.interrupted else code


def _rule(
    arguments: argparse.Namespace, problem: Any, program: Any, measure: str, anneal: Any, target: float | None
) -> Any:
    from hwsim.experiment.design_rule import LIMITS, design_rule

    if measure == "success" and target is None:
        raise InputError(f"no known energy of {problem.name} is on record: give --target a number, exact or best")
    limit = LIMITS[measure] if arguments.limit is None else arguments.limit
    with Progress(12) as progress:
        return design_rule(
            program,
            anneal=anneal,
            measure=measure,
            limit=limit,
            target=target,
            reads=arguments.reads,
            schedules=arguments.schedules,
            seed=arguments.seed,
            threads=arguments.threads,
            progress=lambda ratio: progress.watch(f"delay / update time {ratio:.3g}"),
        )
