"""``hwsim layout``: where p-bits sit, what their wires cost, and how much delay the problem bears."""

import argparse
import sys
from dataclasses import asdict
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import problem_facts, record, write_json
from hwsim.cli.progress import Progress
from hwsim.cli.target import find_target
from hwsim.errors import InputError
from hwsim.units import format_si


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "layout",
        help="a floorplan: wires, crowding, delay, energy, and the design rule",
        description="Place a problem on a chip's die and say what distance costs. The design rule is the largest ratio "
        "of delay to update time at which the loss stays below --limit, found by emulation of this problem. Without "
        "a problem: the whole die of a chip with fixed wires.",
        parents=[
            options.problem("", nargs="?", words="a file or a generator; none: the die alone"),
            options.chip("generic-floorplan"), options.pace(), options.chains("layout"),
            options.anneal(
                beta="constant or start:end (1/sigma; success 0.1/sigma:10/sigma)", time_default=None,
                length="400 updates of a p-bit",
            ),
            options.target("of success"), options.sampling("1024", "16", words="reads at each ratio (%(default)s)"),
            options.seeds(), options.computer(with_engine=False), options.outputs(plot="the die"),
        ],
    )  # fmt: skip
    parser.add_argument(
        "--measure", choices=("correlation", "kl", "success", "none"), default="correlation",
        help="what delay may cost: error of the correlations, divergence from the exact law (small problems), lost "
        "success; none: no emulation (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--limit", type=options.quantity("limit"), metavar="X",
        help="how much of it (correlation 0.05, kl 0.01, success 0.1)",
    )  # fmt: skip
    parser.set_defaults(run=run)


_LIMITS = {"correlation": 0.05, "kl": 0.01, "success": 0.1}


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.analysis.layout_facts import layout_facts
    from hwsim.chip.library import chip
    from hwsim.mapping.compile import embed, laid_out
    from hwsim.problem.read import read

    machine = chip(arguments.chip, **arguments.card)
    if arguments.problem is None:
        problem, measure = _whole_die(machine), "none"
    else:
        problem, measure = read(arguments.problem), arguments.measure
    program, layout = laid_out(
        problem, machine, die_seed=arguments.die_seed, embedding=embed(problem, machine),
        chain_strength=arguments.chain_strength,
    )  # fmt: skip
    anneal = None if measure == "none" else _anneal(arguments, problem, machine, program, measure)
    rule = None if anneal is None else _rule(arguments, problem, program, measure, anneal)
    facts = layout_facts(program, layout, rule=rule)
    made = record(arguments, programs=[program], anneal=anneal)
    if arguments.json:
        write_json(
            {
                "problem": None if arguments.problem is None else problem_facts(problem), "chip": machine.name,
                "layout": facts, "rule": None if rule is None else asdict(rule),
                "place": layout.place.tolist(),
            },
            arguments.json, made,
        )  # fmt: skip
    name = machine.name if arguments.problem is None else f"{problem.name} on {machine.name}"
    if arguments.plot:
        from hwsim.report.layout import layout_picture

        drawing = _drawing(program, layout, machine, problem, rule)
        layout_picture(drawing, arguments.plot, title=_title(name, facts), provenance=made)
        print(f"picture: {arguments.plot}", file=sys.stderr)
    if arguments.json != "-":
        _print(name, program, machine, facts, rule)
    return 130 if rule is not None and rule.interrupted else 0


def _whole_die(machine: Any) -> Any:
    """A problem with a coupling on every wire of the chip."""
    import numpy as np

    from hwsim.chip.topology import sites, wires
    from hwsim.problem.problem import Problem, make_bqm

    if not machine.topology.is_fixed:
        raise InputError(f"chip {machine.name!r} has no wires of its own: give a problem to lay out")
    nodes, ends = sites(machine.topology), np.searchsorted(sites(machine.topology), wires(machine.topology))
    bqm = make_bqm(np.zeros(len(nodes)), ends[:, 0], ends[:, 1], -np.ones(len(ends)), nodes.tolist())
    return Problem(bqm=bqm, name=machine.name, kind="ising")


def _anneal(arguments: argparse.Namespace, problem: Any, machine: Any, program: Any, measure: str) -> Any:
    from hwsim.analysis.anneals import make_anneal
    from hwsim.analysis.design_rule import update_ticks
    from hwsim.units import to_seconds

    beta = arguments.beta
    if beta is None and measure != "success" and machine.fixed_beta is None:
        beta = "1/sigma"
    length = to_seconds(round(400 * update_ticks(program))) if arguments.time is None else arguments.time
    return make_anneal(problem, machine, program, beta=beta, shape=arguments.anneal, time=length)


def _rule(arguments: argparse.Namespace, problem: Any, program: Any, measure: str, anneal: Any) -> Any:
    from hwsim.analysis.design_rule import design_rule

    if measure != "success" and len(anneal.beta) > 1:
        raise InputError(f"{measure} is measured at one temperature: give --beta one number, or --measure success")
    target = find_target(arguments, problem)
    if measure == "success" and target is None:
        raise InputError(f"no known energy of {problem.name} is on record: give --target a number, exact or best")
    limit = _LIMITS[measure] if arguments.limit is None else arguments.limit
    with Progress(12) as progress:
        return design_rule(
            program, anneal=anneal, measure=measure, limit=limit, target=target, reads=arguments.reads,
            schedules=arguments.schedules, seed=arguments.seed, threads=arguments.threads,
            progress=lambda ratio: progress.watch(f"delay / update time {ratio:.3g}"),
        )  # fmt: skip


def _drawing(program: Any, layout: Any, machine: Any, problem: Any, rule: Any) -> dict[str, Any]:
    import numpy as np

    from hwsim.chip.topology import dead_positions, positions, sites
    from hwsim.mapping.layout import congestion

    rows = program.network.rows
    once = (rows < program.network.indices) & layout.wired
    # a wire's slower direction counts: the readers may differ in fan-in
    back = np.lexsort((rows, program.network.indices))
    slower = np.maximum(program.wires.delay, program.wires.delay[back])
    labels = program.readout.names
    role_of = {label: name for name, members in getattr(problem, "roles", {}).items() for label in members}
    variable = np.arange(program.n_pbits) if program.readout.chain is None else program.readout.chain
    die = {
        "place": layout.place,
        "role": [role_of.get(labels[k], "p-bit") for k in variable],
        "chain": program.readout.chain,
        "first": rows[once],
        "second": program.network.indices[once],
        "length": layout.length[once],
        "delay_s": slower[once] * 1e-15,
        "crowding": congestion(layout, program.network.indptr, program.network.indices),
        "corner": np.rint(layout.place).min(axis=0),
        "rule": None if rule is None else asdict(rule) | {"here": rule.critical_delay_s / rule.update_s},
    }
    if layout.sites is not None:
        die["unused"] = positions(machine.topology)[~np.isin(sites(machine.topology), layout.sites)]
        die["dead"] = dead_positions(machine.topology)
    return die


def _title(name: str, facts: dict[str, Any]) -> str:
    area = "" if facts["area_m2"] is None else f", {_area(facts['area_m2'])}"
    return f"{name}: {facts['pbits']} p-bits on {facts['columns']} x {facts['rows']} cells{area}"


def _area(area_m2: float) -> str:
    return f"{area_m2 * 1e6:.3g} mm2"


def _print(name: str, program: Any, machine: Any, facts: dict[str, Any], rule: Any) -> None:
    pitch, critical = facts["cell_pitch_m"], facts["critical_delay_s"]

    def line(label: str, text: str) -> None:
        print(f"  {label:<30} {text}")

    print(_title(name, facts))
    unit = "pitches" if pitch is None else f"pitches of {format_si(pitch, 'm')}"
    total = "" if pitch is None else f", {format_si(facts['wire_total_m'], 'm')}"
    x, y = facts["crowded_cell"]
    line("couplings", f"{facts['wires']}")
    line("wire of a coupling", f"mean {facts['wire_length_mean']:.2f}, longest {facts['wire_length_max']:.0f} {unit}")
    line("wire in all", f"{facts['wire_length_total']:.0f} pitches{total}")
    line("wires through a cell", f"mean {facts['crowding_mean']:.1f}, most {facts['crowding_max']:.0f} at ({x}, {y})")
    delay = "unknown: this chip states no wire_delay, stage_delay or delay"
    if critical > 0:
        mean, share = format_si(facts["delay_mean_s"], "s"), facts["delay_over_update"]
        delay = f"mean {mean}, longest {format_si(critical, 's')} ({share:.3g} of an update)"
    line("delay of a coupling", delay)
    toggle = facts["toggle_j_mean"]
    unknown = "unknown: this chip states no wire_energy"
    line("energy of a toggle's wires", unknown if toggle is None else f"mean {format_si(toggle, 'J')}")
    if facts["chromatic_hz"] is not None:
        rate, phases = format_si(facts["chromatic_hz"], "Hz"), facts["colours"]
        line("chromatic clock, exact", f"up to {rate} sweeps, {phases} phases no shorter than the longest delay")
    if rule is None:
        return
    what = {"correlation": "correlation error", "kl": "KL divergence", "success": "success lost"}[rule.measure]
    print(f"design rule: {what} below {rule.limit:g}")
    line("delay / update time", _ratio(rule))
    if facts["update_hz"] is not None:
        most, now = format_si(facts["update_hz"], "Hz"), format_si(1 / rule.update_s, "Hz")
        line("updates of a p-bit", f"up to {most} under this clock, here {now}")
    if rule.loss_here is not None:
        loss, error = rule.loss_here
        line(f"{what}, this layout", f"{loss:.3g} +- {error:.2g}")


def _ratio(rule: Any) -> str:
    if rule.ratio is None:
        return f"no limit up to {rule.curve[-1][0]:.3g}" if rule.curve else "not measured"
    if rule.is_bound:
        return f"below {rule.curve[0][0]:.3g}, the least that was tried"
    low, high = rule.ratio_ci
    least = f"below {rule.curve[0][0]:.2g}" if low is None or low <= rule.curve[0][0] else f"{low:.3g}"
    return f"at most {rule.ratio:.3g} [{least}, {'no limit' if high is None else format(high, '.3g')}]"
