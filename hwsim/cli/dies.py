"""``hwsim run --dies N``: many virtual dies of one design, and the yield curve."""

import argparse
import math
import sys
from typing import Any

import numpy as np

from hwsim.cli.output import problem_facts, record, write_json
from hwsim.cli.progress import Progress
from hwsim.cli.target import given_target, target_words
from hwsim.errors import InputError
from hwsim.units import format_si

_SHARES = (0.1, 0.5, 0.9)


def run_wafer(arguments: argparse.Namespace, problem: Any, machine: Any, anneal: Any, placed: Any) -> int:
    """Run the dies, print the yield, write the picture and the JSON."""
    from hwsim.analysis.dies import has_spread, run_dies, typical_energy, yield_curve
    from hwsim.chip.faults import present_faults, without

    if arguments.vcd or arguments.samples:
        raise InputError("--vcd and --samples are for one die: give --die-seed instead of --dies")
    if not has_spread(machine):
        raise InputError(
            f"chip {machine.name!r} has no device-to-device spread, so its dies are all alike; give it some, such as "
            "--gain-dtod 0.1"
        )
    dies = arguments.dies
    shared = {
        "anneal": anneal,
        "embedding": placed,
        "reads": arguments.reads,  # of each die
        "schedules": arguments.schedules,
        "seed": arguments.seed,
        "first_die": arguments.die_seed,
        "engine": arguments.engine,
        "threads": arguments.threads,
    }
    perfect = without(machine, present_faults(machine))
    with Progress(2) as progress:
        ideal = run_dies(problem, perfect, dies=min(dies, 8), progress=progress.watch("ideal die"), **shared)
        runs = run_dies(problem, machine, dies=dies, progress=progress.watch(f"{dies} dies"), **shared) if ideal else []
    if not runs:
        print("hwsim: interrupted before a die was complete", file=sys.stderr)
        return 130
    given = given_target(arguments, problem)
    target = typical_energy(ideal) if given is None else given
    curve = yield_curve(runs, target=target)
    best = yield_curve(ideal, target=target)
    ideal_tts = float(np.median(best["tts_s"]))
    curve |= {
        "ideal_tts_s": ideal_tts if math.isfinite(ideal_tts) else None,
        "ideal_label": "a die without faults",
    }
    shares = {share: _time_of_share(curve, share) for share in _SHARES}
    made = record(arguments, anneal=anneal)
    if arguments.json:
        facts = {key: _plain(value) for key, value in curve.items()}
        facts["tts99_s_of_share"] = {f"{share:g}": value for share, value in shares.items()}
        write_json(
            {
                "problem": problem_facts(problem), "chip": machine.name, "target": target,
                "dies": facts, "interrupted": len(runs) < dies,
            },
            arguments.json, made,
        )  # fmt: skip
    if arguments.plot:
        from hwsim.report.dies import yield_picture

        title = f"{len(runs)} dies of {machine.name} on {problem.name}, target energy {target:g}"
        yield_picture(curve, arguments.plot, title=title, provenance=made)
        print(f"picture: {arguments.plot}", file=sys.stderr)
    if arguments.json != "-":
        print(f"{problem.name} on {len(runs)} dies of {machine.name}")
        print(target_words(target, given))
        success = curve["success"]
        low, high = curve["success_expected"]
        print(
            f"success of a die     mean {success.mean():.3g}, {success.min():.3g} to {success.max():.3g}; "
            f"reads alone would spread 95 % of them over {low:.3g} to {high:.3g}"
        )
        print(f"TTS99 without faults {format_si(curve['ideal_tts_s'], 's')}")
        for share, value in shares.items():
            print(f"TTS99, {share:4.0%} of dies {'not reached' if value is None else format_si(value, 's')}")
    if len(runs) < dies:
        print(f"hwsim: interrupted; {len(runs)} of {dies} dies shown", file=sys.stderr)
        return 130
    return 0


def _time_of_share(curve: dict[str, Any], share: float) -> float | None:
    """The time within which this share of the dies solves."""
    reached = np.nonzero((curve["yield"] >= share) & np.isfinite(curve["tts_s"]))[0]
    return float(curve["tts_s"][reached[0]]) if len(reached) else None


def _plain(value: Any) -> Any:
    """For JSON: lists of numbers, None where a number is infinite."""
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(x) for x in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
