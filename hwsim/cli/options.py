"""What commands share on the command line: typed arguments, and parent parsers that hold them.

A type turns the text of an argument into a value, or refuses it with one sentence that names the argument. A parent
holds the arguments that several commands take; each call makes a new one, as defaults differ. Changes of a card are
collected in ``arguments.card``, as keywords of `hwsim.chip` or `hwsim.modes`.
"""

import argparse
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from hwsim.command.defaults import CHIP
from hwsim.errors import HwsimError, InputError
from hwsim.text import is_whole, pairs
from hwsim.units import parse

GENERIC = CHIP
"""The default chip."""


class UsageError(HwsimError):
    """An argument is wrong. This is not a ValueError, because argparse would replace our sentence by its own."""


# types --------------------------------------------------------------------------------------------------------------


_MOST_SCHEDULES = 2**31
_MOST_DIGITS = 300
"""Of a whole number: a float holds as many."""


def whole(name: str, *, least: int = 0, most: int | None = None) -> Callable[[str], int]:
    """A whole number from ``least`` to ``most``, None for no end."""

    def number(text: str) -> int:
        if not is_whole(text.strip()):
            raise UsageError(f"{name} must be a whole number, got {text!r}")
        value = int(text)
        if value < least:
            raise UsageError(f"{name} must be >= {least}, got {value}")
        if most is not None and value > most:
            raise UsageError(f"{name} must be <= {most}, got {text}")
        if value > 10**_MOST_DIGITS:
            raise UsageError(f"{name} must have at most {_MOST_DIGITS} digits, got {len(text.strip())}")
        return value

    return number


def quantity(name: str, dimension: str = "number", *, above_zero: bool = False) -> Callable[[str], float]:
    """A finite number of SI units; text carries a unit of ``dimension`` (see `hwsim.units.parse`)."""

    def number(text: str) -> float:
        try:
            value = parse(text, dimension, name=name)
        except InputError as error:
            raise UsageError(str(error)) from None
        if above_zero and not value > 0:
            raise UsageError(f"{name} must be > 0, got {text}")
        return value

    return number


def time(name: str, *, above_zero: bool = False) -> Callable[[str], float]:
    """Seconds of text such as ``5ns``."""
    return quantity(name, "time", above_zero=above_zero)


def own_time(name: str, *, above_zero: bool = False) -> Callable[[str], Any]:
    """The same, or text such as ``0.5tau``, which the chip's own tau makes seconds."""
    plain = time(name, above_zero=above_zero)

    def one(text: str) -> Any:
        from hwsim.ranges import in_tau

        factor = in_tau(text)
        if factor is not None and (factor < 0 or (above_zero and factor == 0)):
            raise UsageError(f"{name} must be {'>' if above_zero else '>='} 0, got {text}")
        return plain(text) if factor is None else text

    return one


def several(one: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    """A list, from text with commas and ranges (see `hwsim.ranges`)."""

    def each(text: str) -> list[Any]:
        from hwsim.ranges import expanded, parts

        try:
            return [one(str(part)) for part in expanded(parts(text), name="a list")]
        except InputError as error:
            raise UsageError(str(error)) from None

    return each


def clock(text: str) -> str:
    """The name of a clock."""
    from hwsim.cell.clock import CLOCKS

    return one_of("clock", CLOCKS)(text)


def clock_or_own(text: str) -> str:
    """The name of a clock, or ``own`` for the chip's."""
    return text if text == "own" else clock(text)


def engine(text: str) -> str:
    """The name of an engine."""
    from hwsim.engine.names import ENGINES

    return one_of("engine", ENGINES)(text)


def one_of(name: str, known: Collection[str], *, rule: str = "must be one of") -> Callable[[str], str]:
    """One of the words ``known``."""

    def word(text: str) -> str:
        if text not in known:
            raise UsageError(f"{name} {rule} {', '.join(known)}, got {text!r}")
        return text

    return word


def reading(text: str) -> str:
    """What the values of a file mean."""
    from hwsim.problem.reading import READINGS

    return one_of("--as", READINGS)(text)


def chain_strength(text: str) -> float | str:
    """A chain strength: a number, or the name of a rule."""
    return text if text in ("torque", "sufficient") else quantity("chain-strength")(text)


def one_chain_strength(command: str) -> Callable[[str], float | str]:
    """The same, for a command that does not compare several."""

    def one(text: str) -> float | str:
        if "," in text:
            raise UsageError(f"{command} takes one --chain-strength; hwsim run compares several")
        return chain_strength(text)

    return one


def named_numbers(option: str, example: str, *, least: int = 0) -> Callable[[str], dict[str, int]]:
    """Whole numbers by name, from text such as ``example``."""

    def wrong(_: str) -> UsageError:
        return UsageError(f"{option} takes NAME=N,..., such as {example}")

    def each(text: str) -> dict[str, int]:
        return {key: whole(f"{option} {key}", least=least)(value) for key, value in pairs(text, wrong).items()}

    return each


_CLAMP = re.compile(r"""\s*("[^"]*"|'[^']*'|[(\[].*?[)\]]|[^=,]*?)\s*=\s*([^,]*?)\s*(?:,+|$)""")


def clamps(text: str) -> dict[str, int]:
    """Values by the label of a variable, from ``V=S,...``; quotes around a label keep its commas and = signs."""
    found: dict[str, int] = {}
    at = 0
    while at < len(text):
        part = _CLAMP.match(text, at)
        if part is None or not part[1] or part[2] not in ("-1", "0", "1", "+1"):
            got = text[at:].partition(",")[0] if part is None else part[0].strip(" ,")
            raise UsageError(f"--clamp takes V=S with S of -1, 0 or 1, got {got!r}")
        label = part[1][1:-1] if part[1][0] in "'\"" else part[1]
        if found.get(label, int(part[2])) != int(part[2]):
            raise UsageError(f"--clamp gives {label!r} two values")
        found[label] = int(part[2])
        at = part.end()
    return found


class Vary(argparse.Action):
    """Put the KEY=RANGE of ``--vary`` into a dict."""

    def __call__(self, parser: Any, namespace: Any, value: Any, option: str | None = None) -> None:
        key, equals, text = value.partition("=")
        if not equals or not key.strip() or not text.strip():
            raise UsageError(f"--vary takes KEY=RANGE such as delay=0:2tau:24, got {value!r}")
        name = key.strip().replace("-", "_")
        if name in namespace.vary:
            raise UsageError(f"{name} is varied twice")
        namespace.vary = namespace.vary | {name: text.strip()}


def limit(text: str) -> Any:
    """One limit, or several by quantity."""
    if "=" not in text:
        return text
    return pairs(text, lambda _: UsageError(f"--limit takes a value, or QUANTITY=VALUE,..., got {text!r}"))


class Out(str):
    """The path of an output, which `hwsim.cli.output.check_outputs` compares with the inputs and with other outputs."""


def file_out(text: str) -> Out:
    """A file to write; one that cannot be written is refused before the work begins."""
    from hwsim.files import check_writable

    if text == "-":
        raise UsageError("only --json takes -, which is standard output: name a file here")
    _check_no_option(text)
    try:
        check_writable(text)
    except InputError as error:
        raise UsageError(str(error)) from None
    return Out(text)


def stream_out(text: str) -> Out:
    """A file to write, or ``-`` for standard output."""
    return Out(text) if text == "-" else file_out(text)


def picture(text: str) -> Out:
    """The file of a picture."""
    from hwsim.report.canvas import picture_path

    if not text:
        raise UsageError("a file to write needs a name, got an empty text")
    _check_no_option(text)
    try:
        picture_path(text)
    except InputError as error:
        raise UsageError(str(error)) from None
    return Out(text)


def folder_out(text: str) -> str:
    """A folder to write; what may be in it, its command knows."""
    _check_no_option(text)
    return text


def _check_no_option(text: str) -> None:
    """Raise UsageError where a file to write has the name of an option: its own name is missing."""
    if text.startswith("-"):
        raise UsageError(f"a file to write needs a name, got {text!r}; if that is its name, give ./{text}")


# what changes a card ------------------------------------------------------------------------------------------------


class _OfCard(argparse.Action):
    """Put a value into the dict ``card`` under ``key``."""

    def __init__(self, option_strings: Sequence[str], dest: str, key: str, **how: Any) -> None:
        super().__init__(option_strings, "card", **how)
        self.key = key

    def __call__(self, parser: Any, namespace: Any, value: Any, option: str | None = None) -> None:
        _put(namespace, self.key, value, named=True)


class _Setting(argparse.Action):
    """Put the KEY=VALUE of ``--set`` into the dict ``card``; of two values for one key the later one counts."""

    def __call__(self, parser: Any, namespace: Any, value: Any, option: str | None = None) -> None:
        key, _, text = value.partition("=")
        if not key.strip():
            raise UsageError(f"--set takes KEY=VALUE, got {value!r}")
        if key.strip() == "name":
            raise UsageError("--set changes parameters of cards, which a name is not: hwsim show lists them")
        _put(namespace, key.strip().replace("-", "_"), text.strip(), named=False)


def _put(namespace: Any, key: str, value: Any, *, named: bool) -> None:
    by_name: frozenset[str] = getattr(namespace, "card_named", frozenset())
    if key in (namespace.card if named else by_name) and key not in (by_name if named else ()):
        raise UsageError(f"{key} is given twice, by --{key.replace('_', '-')} and --set {key}")
    namespace.card = namespace.card | {key: value}
    if named:
        namespace.card_named = by_name | {key}


def of_card(group: Any, key: str, metavar: str, kind: Callable[[str], Any], words: str) -> None:
    """Add the option ``--key``, a keyword of the card."""
    group.add_argument(
        f"--{key.replace('_', '-')}", action=_OfCard, key=key, type=kind, metavar=metavar, default={}, help=words
    )


def card_changes(group: Any) -> None:
    """Add ``--set`` and ``--without``."""
    group.add_argument(
        "--set",
        action=_Setting,
        dest="card",
        metavar="KEY=VALUE",
        default={},
        help="any parameter of the cards, such as --set noise_white=0.1; repeat for more (hwsim show lists them)",
    )
    of_card(group, "without", "FAULT,...", _names, "switch faults off, such as gain-spread or weight-quantisation")


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


# parents ------------------------------------------------------------------------------------------------------------


def _parent(title: str) -> tuple[argparse.ArgumentParser, Any]:
    parent = argparse.ArgumentParser(add_help=False)
    return parent, parent.add_argument_group(title)


def problem(example: str, *, nargs: str | None = None, words: str = "") -> argparse.ArgumentParser:
    """The problem."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "problem", metavar="PROBLEM", nargs=nargs, help=words or f"a file, or a generator such as {example}"
    )
    parent.add_argument(
        "--as",
        dest="as_",
        type=reading,
        metavar="R",
        help="what the values of a file mean that can be read in two ways: spin (couplings of -1 and +1), p-bit (the "
        "same with the sign of the p-bit papers), qubo (of 0 and 1) or max-cut",
    )
    return parent


def chip(default: str = GENERIC, *, several: bool = False) -> argparse.ArgumentParser:
    """The chip, or several, and all parameters of their cards."""
    parent, group = _parent("the chip")
    what = "names or files of chip cards, with commas between them" if several else "name or file of a chip card"
    group.add_argument("--chip", default=default, help=f"{what} (%(default)s; see hwsim chips)")
    of_card(group, "die", "FILE.csv", str, "the p-bits of a measured die, as hwsim fit --devices writes them")
    card_changes(group)
    return parent


def pace(*, own_clock: bool = True) -> argparse.ArgumentParser:
    """A clock, tau and delay that replace the chip's own."""
    parent, group = _parent("the chip")
    if own_clock:
        of_card(group, "clock", "C", clock, "replaces the chip's own clock")
        of_card(group, "participation", "P", quantity("participation"), "share of p-bits that join a synchronous tick")
    of_card(group, "tau", "TIME", time("tau"), "mean time between updates of a p-bit")
    of_card(group, "delay", "TIME", own_time("delay"), "time until the neighbours see a commit, such as 1ns or 0.2tau")
    return parent


def cells() -> argparse.ArgumentParser:
    """Parameters of the p-bits that users often change."""
    parent, group = _parent("the chip")
    for key, words in (
        ("synapse_tau", "RC time constant of every input"),
        ("period", "length of a clock round, if it differs from tau"),
        ("jitter", "period jitter of a free-running clock"),
    ):
        of_card(group, key, "TIME", time(key) if key == "period" else own_time(key), words)
    for key, words in (
        ("gain_dtod", "relative gain spread"),
        ("offset_dtod", "offset spread"),
        ("tau_dtod", "relative spread of the update interval"),
        ("dac_limit", "input DAC range on beta*I"),
    ):
        of_card(group, key, "X", quantity(key), words)
    of_card(group, "dac_bits", "N", whole("dac_bits", least=1), "bits of the input DAC on beta*I, both ends included")
    of_card(group, "weight_bits", "N", whole("weight_bits", least=1), "bits of the signed weight registers")
    return parent


def partition() -> argparse.ArgumentParser:
    """Several chips."""
    parent, group = _parent("several chips")
    group.add_argument("--chips", type=whole("chips", least=1), metavar="N", help="split the p-bits over N chips")
    group.add_argument(
        "--exchange",
        type=own_time("exchange"),
        metavar="TIME",
        help="interval at which chips exchange their boundaries, such as 5ns or 4tau (at once)",
    )
    return parent


def parts(arguments: argparse.Namespace, tau_s: float) -> dict[str, Any]:
    """Keywords of `hwsim.compile` from the arguments that `partition` added. tau_s : of the chip"""
    from hwsim.ranges import seconds_in

    if arguments.exchange is not None and arguments.chips is None:
        raise InputError("--exchange needs several chips: give --chips too")
    given: dict[str, Any] = {} if arguments.chips is None else {"parts": arguments.chips}
    if arguments.exchange is not None:
        given["exchange_s"] = seconds_in(arguments.exchange, tau_s, name="exchange")
    return given


def chains(command: str) -> argparse.ArgumentParser:
    """How strongly the p-bits of one chain are coupled: one strength, or several that ``hwsim run`` compares."""
    parent, group = _parent("the chip")
    many = command == "run"
    group.add_argument(
        "--chain-strength",
        type=several(chain_strength) if many else one_chain_strength(command),
        metavar="J[,J...]" if many else "J|torque|sufficient",
        help="coupling within chains: a number, torque (uniform torque compensation, the default), or sufficient "
        f"(no ground state breaks a chain){'; several are compared' if many else ''}",
    )
    return parent


def anneal(*, beta: str = "", length: str = "200 updates of a p-bit") -> argparse.ArgumentParser:
    """The anneal of a read: beta, its shape, the device time. beta, length : what the help says of their defaults; an
    empty ``length`` leaves ``--time`` out"""
    parent, group = _parent("the anneal")
    beta = beta or (
        "constant or start:end; sigma is the problem's coupling scale (0.1/sigma:10/sigma, or the chip's own where its "
        "hardware fixes it; an annealer ramps up to that from 0)"
    )
    group.add_argument("--beta", metavar="B | B0:B1", help=f"inverse temperature, {beta}")
    group.add_argument("--anneal", choices=("linear", "geometric"), default="linear", help="shape of start:end")
    if length:
        group.add_argument(
            "--time",
            type=own_time("time", above_zero=True),
            metavar="TIME",
            help=f"device time of one read, such as 1us or 500tau ({length})",
        )
    return parent


def ramp(arguments: argparse.Namespace) -> Any:
    """The anneal from the arguments that `anneal` added."""
    from hwsim.experiment.anneals import Ramp

    return Ramp(beta=arguments.beta, shape=arguments.anneal, time=arguments.time)


def target(words: str = "for success and time to solution") -> argparse.ArgumentParser:
    """The energy to reach."""
    parent, group = _parent("the anneal")
    group.add_argument(
        "--target",
        metavar="E|known|exact|best",
        help=f"target energy {words}: a number, known, exact (proved by branch and bound, up to some 60 dense or 150 "
        "sparse spins), or best (found by a long ideal anneal)",
    )
    return parent


def _schedules(least: int) -> Callable[[str], int | str]:
    """A number of schedules, or auto."""
    number = whole("schedules", least=least, most=_MOST_SCHEDULES)

    def schedules(text: str) -> int | str:
        if text == "auto":
            return text
        if not is_whole(text.strip()):
            raise UsageError(f"schedules must be a whole number or auto, got {text!r}")
        return number(text)

    return schedules


def sampling(
    reads: str | None,
    schedules: str,
    *,
    least: tuple[int, int] = (1, 1),
    words: str = "independent runs (%(default)s)",
    auto: bool = False,
) -> argparse.ArgumentParser:
    """How often: reads and schedules, at least ``least`` of each. auto : whether a pilot may choose the schedules"""
    parent, group = _parent("how often")
    group.add_argument("--reads", type=whole("reads", least=least[0]), default=reads, metavar="N", help=words)
    group.add_argument(
        "--schedules",
        type=_schedules(least[1]) if auto else whole("schedules", least=least[1], most=_MOST_SCHEDULES),
        default=schedules,
        metavar="N|auto" if auto else "N",
        help=f"realisations of the clock (%(default)s){'; auto: a pilot chooses' if auto else ''}",
    )
    return parent


def seeds(words: str = "seed of all random numbers", *, die: bool = True) -> argparse.ArgumentParser:
    """The seed, and the seed of the die."""
    parent, group = _parent("how often")
    group.add_argument("--seed", type=whole("seed"), default="0", metavar="N", help=f"{words} (%(default)s)")
    if die:
        group.add_argument(
            "--die-seed",
            type=whole("die-seed"),
            default="0",
            metavar="N",
            help="which die, if devices differ (%(default)s)",
        )
    return parent


def computer(*, with_engine: bool = True, threads: str | None = None) -> argparse.ArgumentParser:
    """How this computer does the work; no result depends on it."""
    parent, group = _parent("this computer")
    if with_engine:
        group.add_argument(
            "--engine",
            type=engine,
            default="auto",
            metavar="E",
            help="auto, bitplanes, dense, lanes or reference (%(default)s)",
        )
    group.add_argument(
        "--threads",
        type=whole("threads", least=1),
        default=threads,
        metavar="N",
        help=f"threads ({'all cores' if threads is None else threads}); results do not depend on it",
    )
    return parent


def outputs(json: str = "the numbers", *, plot: str | None = None, vcd: bool = False) -> argparse.ArgumentParser:
    """Where results go besides the terminal. json, plot : what the JSON and the picture hold, for the help."""
    parent, group = _parent("output")
    if plot is not None:
        group.add_argument("--plot", type=picture, metavar="FILE", help=f"picture: {plot} (png, svg, pdf)")
    if vcd:
        group.add_argument("--vcd", type=file_out, metavar="FILE", help="waveform of one read, for GTKWave or Surfer")
    group.add_argument(
        "--json", type=stream_out, metavar="FILE|-", help=f"{json} as JSON, to a file or standard output"
    )
    return parent
