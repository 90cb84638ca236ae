"""What ``hwsim run`` says of chains: how often they break, and chain strengths side by side."""

import argparse
from typing import Any

from hwsim.cli.output import problem_facts, record, write_json
from hwsim.cli.progress import Progress
from hwsim.cli.target import find_target
from hwsim.errors import InputError


def print_chains(program: Any, facts: dict[str, Any]) -> None:
    """Chains broken, and the energies by each way of reading them."""
    print(
        f"chains: {program.n_variables} spins on {program.n_pbits} p-bits, {facts['broken_chains']:.1%} of chains "
        f"broken, {facts['whole_reads']:.1%} of reads whole"
    )
    for method, row in facts["by_unembedding"].items():
        print(f"  read by {method:<9} {_energies(row)}")


def run_scan(
    arguments: argparse.Namespace, problem: Any, machine: Any, program: Any, anneal: Any, placed: Any, strengths: list
) -> int:
    """Run every strength, print a line each, write the JSON."""
    from hwsim.analysis.chains import scan_chain_strength

    if program.readout.chain is None:
        raise InputError(f"{problem.name} sits on {machine.name} as it is: there are no chains to give a strength")
    for name in ("vcd", "samples", "plot", "dies"):
        if getattr(arguments, name):
            raise InputError(f"--{name} is for one chain strength, got {len(strengths)}")
    target = find_target(arguments, problem)
    with Progress(len(strengths)) as progress:
        rows = scan_chain_strength(
            problem, machine, strengths, anneal=anneal, embedding=placed, target=target, reads=arguments.reads,
            schedules=arguments.schedules, seed=arguments.seed, die_seed=arguments.die_seed,
            progress=lambda k: progress.watch(f"chain strength {strengths[k]}"),
        )  # fmt: skip
    if arguments.json:
        facts = {"problem": problem_facts(problem), "chip": machine.name, "target": target}
        made = record(arguments, programs=[program], anneal=anneal)
        write_json(facts | {"strengths": rows, "interrupted": len(rows) < len(strengths)}, arguments.json, made)
    if arguments.json != "-":
        print(f"{problem.name} on {machine.name}: {program.n_variables} spins on {program.n_pbits} p-bits")
        for row in rows:
            print(
                f"chain strength {row['strength']:.4g} ({row['over_torque']:.2f} of torque compensation): "
                f"{row['broken_chains']:.1%} of chains broken, {row['whole_reads']:.1%} of reads whole"
            )
            for method, read in row["by_unembedding"].items():
                print(f"  read by {method:<9} {_energies(read)}")
    return 130 if len(rows) < len(strengths) else 0


def _energies(row: dict[str, Any]) -> str:
    if row["energy_mean"] is None:
        return "no read is whole"
    success = "" if "p_success" not in row else f", P(success) {row['p_success']:.3g}"
    return f"energy mean {row['energy_mean']:.6g}, best {row['energy_best']:.6g}{success}"
