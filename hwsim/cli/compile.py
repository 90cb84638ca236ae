"""``hwsim compile``: put a problem on a chip, say what it took, and keep the program."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import problem_facts, record, write_json

_LABELS = {
    "spins": "spins of the problem",
    "couplings": "couplings of the problem",
    "pbits": "p-bits used",
    "couplers": "couplers used",
    "most_couplers_of_a_pbit": "most couplers of a p-bit",
    "chains": "chains of several p-bits",
    "chain_length_mean": "p-bits of a chain, mean",
    "chain_length_max": "p-bits of a chain, most",
    "pbits_by_chip": "p-bits of each chip",
    "cut_wires_by_chip": "cut wires of each chip",
    "wires_between_chips": "wires between chips",
    "clock": "clock",
    "colours": "colours",
    "weight_error_rms": "weight error, r.m.s. of the largest",
    "weight_error_max": "weight error, most",
    "law_total_variation": "total variation of the law",
    "law_total_variation_by_bits": "the same with weights of b bits",
}


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "compile",
        help="put a problem on a chip: p-bits, chains, colours, precision",
        description="Place a problem on a chip, embedding it where its couplings are not wires, and say what it took. "
        "-o keeps the program for hwsim run.",
        parents=[
            options.problem("sk:n=16,seed=1"), options.chip(), options.pace(), options.chains("compile"),
            options.partition(), options.seeds("seed of the search for an embedding"), options.outputs("the facts"),
        ],
    )  # fmt: skip
    parser.add_argument(
        "--beta", type=options.quantity("beta"), metavar="B",
        help="also how far the registers shift the law at this inverse temperature",
    )  # fmt: skip
    parser.add_argument("-o", "--output", type=options.file_out, metavar="FILE.npz", help="write the program")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.analysis.compiled import compiled_facts
    from hwsim.chip.faults import without
    from hwsim.chip.library import chip
    from hwsim.mapping.compile import compile, embed
    from hwsim.problem.read import read
    from hwsim.program import save

    machine = chip(arguments.chip, **arguments.card)
    problem = read(arguments.problem)
    placed = embed(problem, machine, seed=arguments.seed)
    shared: dict[str, Any] = {"embedding": placed, "chain_strength": arguments.chain_strength}
    given, part = options.parts(arguments), None
    exact = compile(problem, without(machine, ["weight-quantisation", "weight-error", "control-error"]), **shared)
    if "parts" in given:
        from hwsim.mapping.partition import partition
        from hwsim.mapping.registers import Network

        held = Network(bias=exact.bias, indptr=exact.indptr, indices=exact.indices, weight=exact.weight)
        part = given["parts"] = partition(held, given["parts"])
    program = compile(problem, machine, die_seed=arguments.die_seed, **shared, **given)
    facts = compiled_facts(program, exact=exact, part=part, beta=arguments.beta)
    if arguments.output:
        save(program, arguments.output)
    if arguments.json:
        beta = () if arguments.beta is None else (arguments.beta,)
        made = record(arguments, programs=[program], beta=beta)
        write_json({"problem": problem_facts(problem), "chip": machine.name, "program": facts}, arguments.json, made)
    if arguments.json != "-":
        print(f"{problem.name} on {machine.name}")
        for key, label in _LABELS.items():
            if facts[key] is not None:
                print(f"  {label:<36} {_words(facts[key])}")
    return 0


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_words(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
