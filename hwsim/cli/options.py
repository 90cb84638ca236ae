"""Options that ``compare`` and ``run`` share, and how they become chips, anneals and targets."""

import argparse
import sys
import time
from typing import Any

from hwsim.errors import InputError
from hwsim.units import format_si, seconds

_CHIP = "generic-all-to-all"


def add_common(parser: argparse.ArgumentParser) -> None:
    """Problem, chip, overrides, anneal, reads, output."""
    parser.add_argument("problem", metavar="PROBLEM", help="a file, or a generator such as ea3d:L=8,seed=1 or karate")
    parser.add_argument("--chip", default=_CHIP, help="name or file of a chip card (see hwsim chips)")
    add_card_options(parser)
    for name, help_text in (
        ("synapse-tau", "RC time constant of every input"),
        ("period", "one clock round, when it differs from tau"),
        ("jitter", "period jitter of a free-running clock"),
    ):
        parser.add_argument(f"--{name}", metavar="TIME", help=help_text)
    for name, help_text in (
        ("gain-dtod", "relative gain spread"),
        ("offset-dtod", "offset spread"),
        ("tau-dtod", "relative spread of the update interval"),
        ("dac-limit", "input DAC range on beta*I"),
    ):
        parser.add_argument(f"--{name}", metavar="X", help=help_text)
    parser.add_argument("--dac-bits", metavar="N", help="input DAC on beta*I, levels end to end")
    parser.add_argument("--weight-bits", metavar="N", help="signed weight registers")
    parser.add_argument(
        "--beta",
        metavar="B | B0:B1",
        help="inverse temperature, constant or start:end; sigma is the problem's coupling scale "
        "(0.1/sigma:10/sigma; the chip's own where its hardware fixes it, ramped from 0 by an annealer)",
    )
    parser.add_argument("--anneal", choices=("linear", "geometric"), default="linear", help="shape of start:end")
    parser.add_argument("--time", default="1us", help="device time of one read (%(default)s)")
    parser.add_argument("--reads", default="256", metavar="N", help="independent runs (%(default)s)")
    parser.add_argument("--schedules", default="4", metavar="N", help="realisations of the clock (%(default)s)")
    parser.add_argument(
        "--target",
        metavar="E|known|exact|best",
        help="target energy for success and time to solution: a number, known, exact (proved by branch and bound, some "
        "60 dense or 150 sparse spins), or best (found by a long ideal anneal)",
    )
    parser.add_argument("--seed", default="0", metavar="N", help="seed of everything random (%(default)s)")
    parser.add_argument(
        "--die-seed", default="0", metavar="N", help="which die, where the chip has spread (%(default)s)"
    )
    parser.add_argument("--engine", default="auto", help="auto, lanes or reference (%(default)s)")
    parser.add_argument("--threads", metavar="N", help="threads (all cores); results do not depend on it")
    parser.add_argument("--plot", metavar="FILE", help="picture: energy against device time (png, svg, pdf)")
    parser.add_argument("--vcd", metavar="FILE", help="waveform of one read, for GTKWave or Surfer")
    parser.add_argument("--json", metavar="FILE|-", help="the numbers as JSON, to a file or standard output")


def add_card_options(parser: argparse.ArgumentParser) -> None:
    """What changes a chip card."""
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[],
        help="any parameter of the cards, such as --set noise_white=0.1; repeat for more (hwsim show lists them)",
    )  # fmt: skip
    parser.add_argument(
        "--without", metavar="FAULT,...", help="switch faults off, such as gain-spread or weight-quantisation"
    )


def add_scheme(parser: argparse.ArgumentParser) -> None:
    """One clock, tau and delay instead of the chip's own."""
    parser.add_argument("--clock", default=None, metavar="C", help="instead of the chip's own clock")
    parser.add_argument("--participation", default=None, metavar="P", help="of a synchronous clock")
    parser.add_argument("--tau", default=None, metavar="TIME", help="mean time between updates of a p-bit")
    parser.add_argument("--delay", default=None, metavar="TIME", help="commit to visible at the neighbours")


def add_partition(parser: argparse.ArgumentParser) -> None:
    """Several chips."""
    parser.add_argument("--chips", metavar="N", help="split the p-bits over N chips")
    parser.add_argument(
        "--exchange", metavar="TIME", help="interval at which chips exchange their boundaries (at once)"
    )


def partition(arguments: argparse.Namespace) -> dict[str, Any]:
    """Arguments of `hwsim.compile` from what `add_partition` added."""
    if arguments.exchange is not None and arguments.chips is None:
        raise InputError("--exchange is between chips: give --chips too")
    given: dict[str, Any] = {}
    if arguments.chips is not None:
        given["parts"] = integer(arguments.chips, "chips", least=1)
    if arguments.exchange is not None:
        given["exchange_s"] = seconds(arguments.exchange, name="exchange")
    return given


def clamped(problem: Any, text: str | None) -> Any:
    """``problem`` with the variables of ``--clamp`` fixed."""
    if text is None:
        return problem
    from hwsim.problem.boltzmann import clamp

    named = {str(label): label for label in problem.bqm.variables}
    values = {}
    for part in filter(None, text.split(",")):
        label, equals, value = part.partition("=")
        if not equals or value.strip() not in ("-1", "0", "1", "+1"):
            raise InputError(f"--clamp takes V=S with S of -1, 0 or 1, got {part!r}")
        values[named.get(label.strip(), label.strip())] = int(value)
    return clamp(problem, values)


def chain_strengths(arguments: argparse.Namespace) -> list[float | str | None]:
    """What ``--chain-strength`` lists; [None] where it is not given."""
    if arguments.chain_strength is None:
        return [None]
    words = [word.strip() for word in arguments.chain_strength.split(",")]
    return [word if word in ("torque", "sufficient") else number(word, "chain-strength") for word in words]


def scheme(arguments: argparse.Namespace) -> dict[str, Any]:
    """Arguments of `hwsim.chip` from what `add_scheme` added."""
    names = ("clock", "tau", "delay")
    given = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    if arguments.participation is not None:
        given["participation"] = number(arguments.participation, "participation")
    return given


def card_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Arguments of `hwsim.chip` from --set and --without."""
    given: dict[str, Any] = {}
    for text in arguments.set:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise InputError(f"--set takes KEY=VALUE, got {text!r}")
        given[key.strip().replace("-", "_")] = value.strip()
    if arguments.without is not None:
        given["without"] = [name for name in arguments.without.split(",") if name]
    return given


def check_outputs(arguments: argparse.Namespace) -> None:
    """Raise InputError where an output cannot be written: before the work, not after."""
    from hwsim.files import check_writable

    for name in ("json", "plot", "vcd", "samples"):
        path = getattr(arguments, name, None)
        if path is not None and path != "-":
            check_writable(path)
    if getattr(arguments, "plot", None):
        from hwsim.report.canvas import picture_path

        picture_path(arguments.plot)


def integer(text: str, name: str, *, least: int = 0) -> int:
    """A whole number of at least ``least``."""
    try:
        value = int(text)
    except ValueError:
        raise InputError(f"{name} must be a whole number, got {text!r}") from None
    if value < least:
        raise InputError(f"{name} must be >= {least}, got {value}")
    return value


def threads(arguments: argparse.Namespace) -> int | None:
    """``--threads``, None for all cores."""
    return None if arguments.threads is None else integer(arguments.threads, "threads", least=1)


def power(text: str, *, name: str) -> float:
    """Watts, above zero, of text such as ``15W``. Raises InputError."""
    from hwsim.units import parse

    value = parse(text, "power", name=name)
    if not value > 0:
        raise InputError(f"{name} must be > 0, got {text}")
    return value


def number(text: str, name: str) -> float:
    """A finite number."""
    from hwsim.units import parse

    return parse(text, "number", name=name)


def overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    """Chip parameters given on the command line."""
    given = card_options(arguments)
    given |= {
        name: getattr(arguments, name)
        for name in ("synapse_tau", "period", "jitter", "gain_dtod", "offset_dtod", "tau_dtod", "dac_limit")
        if getattr(arguments, name) is not None
    }
    for name in ("gain_dtod", "offset_dtod", "tau_dtod", "dac_limit"):
        if name in given:
            given[name] = number(given[name], name)
    for name in ("dac_bits", "weight_bits"):
        if getattr(arguments, name) is not None:
            given[name] = integer(getattr(arguments, name), name, least=1)
    return given


def make_anneal(arguments: argparse.Namespace, problem: Any, machine: Any, program: Any) -> Any:
    """The Anneal of ``--beta``, ``--anneal`` and ``--time``."""
    from hwsim.analysis.anneals import make_anneal as of

    return of(problem, machine, program, beta=arguments.beta, shape=arguments.anneal, time=arguments.time)


def explicit_target(arguments: argparse.Namespace, problem: Any) -> float | None:
    """The energy of ``--target`` where it is given."""
    return None if arguments.target is None else target_energy(arguments.target, problem, threads=threads(arguments))


def target_words(target: float, given: float | None) -> str:
    """What a target stands for, where one was not ``given``."""
    words = "" if given is not None else ", which half of the reads without faults reach (--target sets another)"
    return f"target energy {target:g}{words}"


def target_energy(text: str | None, problem: Any, *, threads: int | None = None) -> float | None:
    """The energy of ``--target``: a number, ``known``, ``exact``, ``best`` or ``cut=N``; None: the known one."""
    if text is None:
        return problem.known_energy
    from hwsim.analysis.target import target_energy as of

    progress = Progress(1)

    def tell(found: Any) -> None:
        print(f"target {found.energy:g}: {found}", file=sys.stderr)

    energy = of(text, problem, threads=threads, progress=progress.watch("looking for a target"), tell=tell)
    progress.close()
    return energy


class Progress:
    """One line on a terminal's standard error: what runs, how much is done, the rate and the time left."""

    def __init__(self, n_runs: int) -> None:
        self._n_runs, self._done, self._updates = n_runs, 0, 0
        self._began, self._shown = time.perf_counter(), 0.0
        self._live = sys.stderr.isatty()

    def watch(self, label: str) -> Any:
        """A callback for one run."""
        base, self._label = self._updates, label

        def report(fraction: float, updates: int) -> None:
            self._updates = base + updates
            now = time.perf_counter()
            if fraction >= 1:
                self._done += 1
                fraction = 0.0
            if self._live and (now - self._shown > 0.1 or self._done == self._n_runs):
                self._shown = now
                part = (self._done + fraction) / self._n_runs
                left = (now - self._began) * (1 - part) / part if part else 0.0
                bar = "#" * round(24 * part)
                rate = self._updates / max(now - self._began, 1e-9)
                sys.stderr.write(
                    f"\r[{bar:<24}] {part:4.0%}  {label:<28.28} {format_si(rate, 'updates/s'):>16}  {left:5.1f} s left "
                )
                sys.stderr.flush()

        return report

    def close(self) -> None:
        """Erase the line."""
        if self._live:
            sys.stderr.write("\r" + " " * 100 + "\r")
            sys.stderr.flush()


def saved_program(arguments: argparse.Namespace) -> tuple[Any, Any]:
    """The program that ``hwsim compile -o`` wrote, and its problem. Raises InputError for options of a chip."""
    from pathlib import Path

    from hwsim.problem.problem import Problem, make_bqm
    from hwsim.program import load

    changed = [*overrides(arguments), *scheme(arguments)]
    compiled = ("dies", "chain_strength", "clamp", "chips", "exchange")
    changed += [name for name in compiled if getattr(arguments, name, None) is not None]
    if changed or arguments.chip != _CHIP:
        raise InputError("a saved program has its chip in it: give --chip and what changes it to hwsim compile")
    import numpy as np

    program = load(arguments.problem)
    bias, indptr, indices, weight = program.problem_network
    rows = np.repeat(np.arange(len(bias)), np.diff(indptr))
    once = rows < indices
    labels = program.readout.names
    bqm = make_bqm(bias, rows[once], indices[once], weight[once], labels, offset=program.readout.energy_offset)
    return program, Problem(bqm=bqm, name=Path(arguments.problem).stem, kind="ising")


def problem_facts(problem: Any) -> dict[str, Any]:
    """The ``problem`` part of the JSON."""
    return {
        "name": problem.name,
        "kind": problem.kind,
        "spins": problem.bqm.num_variables,
        "couplings": problem.bqm.num_interactions,
        "known_energy": problem.known_energy,
        "known_source": problem.known_source,
    }


def write_waveform(run: Any, path: str) -> None:
    """VCD of read 0 of ``run``: states, ticks and energy, and a GTKWave layout beside it."""
    import numpy as np

    from hwsim.engine.run import energies
    from hwsim.report.waveform import write_vcd

    times, pbits, values = run.traces[0]
    state = run.initial_states[0].copy()
    labels = [str(label) for label in run.program.readout.names]
    chain = run.program.readout.chain
    if chain is not None:  # one wire per p-bit; the energy of votes is left out
        labels = [f"{labels[variable]}.{k}" for k, variable in enumerate(chain.tolist())]
        write_vcd(
            path, n_pbits=run.program.n_pbits, initial=state, times_ticks=times, pbit=pbits, value=values,
            labels=labels,
        )  # fmt: skip
        return
    steps = [(0, float(energies(run.program, state[None])[0]))]
    bias, indptr, indices, weight = run.program.problem_network
    energy = steps[0][1]
    for k in range(len(times)):
        i = int(pbits[k])
        if values[k] != state[i]:
            row = slice(indptr[i], indptr[i + 1])
            field = bias[i] + float(np.dot(weight[row], state[indices[row]]))
            energy += 2 * float(values[k]) * field
            state[i] = values[k]
        if k + 1 == len(times) or times[k + 1] != times[k]:
            if int(times[k]) == 0:
                steps = []
            steps.append((int(times[k]), energy))
    write_vcd(
        path, n_pbits=run.program.n_pbits, initial=run.initial_states[0], times_ticks=times, pbit=pbits, value=values,
        labels=labels, energies=steps,
    )  # fmt: skip
