"""Keywords that commands share, and the check of them: a misspelt one is refused with the nearest name.

Times are text with a unit or seconds; numbers of a card are text with a unit or SI.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, TypedDict

from hwsim.arguments import FOREIGN, Border
from hwsim.command.progress import progress_of
from hwsim.errors import HwsimError, InputError


class ProblemKeywords(TypedDict, total=False):
    """as_ : what the values of a file mean that can be read in two ways: spin, qubo or max-cut"""

    as_: str | None


class ChipKeywords(TypedDict, total=False):
    """set : parameters of the chip's cards, by name;  without : faults to switch off;  die_seed : which die"""

    set: Mapping[str, Any] | None
    without: Iterable[str]
    die_seed: int


class PaceKeywords(TypedDict, total=False):
    """clock, participation, tau, delay : in place of the chip's own"""

    clock: str | None
    participation: float | None
    tau: str | float | None
    delay: str | float | None


class AnnealKeywords(TypedDict, total=False):
    """beta : inverse temperature, a number or text such as 0.1/sigma:10/sigma;  anneal : its shape, linear or
    geometric, or a whole Anneal;  time : of one read;  target : the energy of a success, or known, exact, best"""

    beta: str | float | None
    anneal: Any
    time: str | float | None
    target: Any


class ReadKeywords(TypedDict, total=False):
    """reads : independent runs;  schedules : realisations of the clock; for compare and tts also "auto", by a pilot
    seed : of all that is random;  engine : auto or its name;  threads : of this computer, None for all
    progress : None for a bar in terminals and notebooks, False for none"""

    reads: Any
    schedules: Any
    seed: int
    engine: str
    threads: int | None
    progress: Any


DEFAULTS: dict[str, Any] = {
    "as_": None,
    "set": None,
    "without": (),
    "die_seed": 0,
    "clock": None,
    "participation": None,
    "tau": None,
    "delay": None,
    "beta": None,
    "anneal": "linear",
    "time": None,
    "target": None,
    "reads": 256,
    "schedules": 4,
    "seed": 0,
    "engine": "auto",
    "threads": None,
    "progress": None,
}
"""Values of the shared keywords where a command names no other."""


def command(**defaults: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function a command: its typed keywords (Unpack) stand in its signature with their defaults, all are
    filled in, and a wrong argument raises InputError. Of ``progress`` it is given the bar, which has begun to speak.
    defaults : where they differ from DEFAULTS"""

    def made(function: Callable[..., Any]) -> Callable[..., Any]:
        shape = _written_out(function, DEFAULTS | defaults)
        border = Border(function.__name__, shape)

        @wraps(function)
        def checked(*args: Any, **given: Any) -> Any:
            found = border.bind(args, given)
            found.apply_defaults()
            if not isinstance(found.kwargs.get("set"), Mapping | None):
                raise InputError(
                    f"set must be parameters with their values, such as {{'tau': '5 ns'}}, got {found.kwargs['set']!r}"
                )
            try:
                if "progress" not in found.kwargs:
                    return function(*found.args, **found.kwargs)
                with progress_of(found.kwargs["progress"]) as progress, progress.compiling():
                    return function(*found.args, **found.kwargs | {"progress": progress})
            except HwsimError:
                raise
            except FOREIGN:
                border.check(found)
                raise

        checked.__signature__ = shape  # type: ignore[attr-defined]
        return checked

    return made


def _written_out(function: Callable[..., Any], defaults: Mapping[str, Any]) -> inspect.Signature:
    """The signature of ``function`` with each of its typed keywords as a parameter of its own."""
    signature = inspect.signature(function)
    parameters = []
    for parameter in signature.parameters.values():
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
            parameters.append(parameter)
            continue
        for name, kind in _unpacked(parameter.annotation).__annotations__.items():
            shape = {"default": defaults[name], "annotation": kind}
            parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, **shape))
    return signature.replace(parameters=parameters)


def _unpacked(annotation: Any) -> Any:
    """The typed dict of ``**how: Unpack[Keywords]``."""
    return annotation.__args__[0]
