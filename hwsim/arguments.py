"""Arguments: what a public function was called with, checked at its border.

Enters: a function with annotated parameters. Leaves: the same, which refuses in one sentence an argument that is
missing, that it does not have, or that is of another kind, such as no record of hwsim where it takes one.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import wraps
from inspect import BoundArguments, Parameter, Signature, isclass, signature
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, ParamSpec, SupportsFloat, SupportsIndex, TypeVar, get_args, get_origin

from hwsim.errors import ArgumentError, HwsimError

_P = ParamSpec("_P")
_R = TypeVar("_R")
_MADE_BY = {
    "Program": "what hwsim.compile(problem, chip) returns",
    "Problem": "what hwsim.read(source) returns",
    "Run": "what hwsim.run(program, anneal=...) returns",
    "Anneal": "an anneal such as hwsim.linear(0.1, 2.0, '1 us')",
    "Chip": "what hwsim.chip(name) returns",
    "Network": "a network such as that of what hwsim.compile returns",
    "Machine": "a machine such as hwsim.modes(name) returns",
}
"""Records in a user's words."""
_IN_WORDS: Any = {
    NoneType: (NoneType, ""),
    str: (str, "text"),
    Path: (os.PathLike, "a path"),
    os.PathLike: (os.PathLike, "a path"),
    Mapping: (Mapping, "a dict"),
    float: (SupportsFloat, "a number"),
    int: (SupportsIndex, "a whole number"),
}
"""Other kinds that are checked: the class that counts, and words."""
_STARRED = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


FOREIGN = (TypeError, ValueError, AttributeError, LookupError)
"""What Python and libraries raise of an argument that nobody expected."""


def named(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """``function`` that raises ArgumentError, in a sentence, where it fails for an argument that `Border` refuses. Its
    own sentences come first."""

    @wraps(function)
    def call(*given: _P.args, **by_name: _P.kwargs) -> _R:
        try:
            return function(*given, **by_name)
        except HwsimError:
            raise
        except FOREIGN:
            border = Border(function.__name__, signature(function))
            border.check(border.bind(given, by_name))
            raise

    return call


class Border:
    """Where the function ``name`` is called: it refuses an argument that is missing, one that the function has not, and
    one of another kind than its annotation: a record of hwsim, a path, a mapping, text, a number, an array."""

    def __init__(self, name: str, takes: Signature) -> None:
        self._name, self._takes = name, takes

    def bind(self, given: Sequence[Any], by_name: Mapping[str, Any]) -> BoundArguments:
        """The arguments of a call, each at its parameter. Raises ArgumentError."""
        try:
            return self._takes.bind(*given, **by_name)
        except TypeError as error:
            raise ArgumentError(_refusal(self._name, self._takes, given, by_name, str(error))) from None

    def check(self, found: BoundArguments) -> None:
        """Raise ArgumentError for the first of ``found`` that is of another kind than its annotation."""
        for name, value in found.arguments.items():
            parameter = self._takes.parameters[name]
            kind = None if parameter.kind in _STARRED else _kind(parameter.annotation)
            if kind is not None and not isinstance(value, kind[0]):
                what = repr(value) if isinstance(value, str | None) else f"an object of {type(value).__name__}"
                raise ArgumentError(f"{name} must be {kind[1]}, got {what}") from None


def _refusal(name: str, takes: Signature, given: Sequence[Any], by_name: Mapping[str, Any], reason: str) -> str:
    """What is wrong with a call that Python refuses for ``reason``."""
    known = [key for key, each in takes.parameters.items() if each.kind not in _STARRED]
    takes_any = any(each.kind is Parameter.VAR_KEYWORD for each in takes.parameters.values())
    for key in by_name:
        if key not in known and not takes_any:
            near = get_close_matches(key, known, n=1)
            return f"{name} has no argument {key!r}; " + (
                f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(known) or 'none'}"
            )
    places = [key for key in known if takes.parameters[key].kind is not Parameter.KEYWORD_ONLY]
    have = {*places[: len(given)], *by_name}
    missing = [key for key in known if takes.parameters[key].default is Parameter.empty and key not in have]
    if "missing" in reason and missing:
        return f"{name} needs {' and '.join(missing)}"
    if not known:
        return f"{name} takes no argument: {reason}"
    return f"{name} takes {', '.join(known)} (the first {len(places)} without a name): {reason}"


def _kind(annotation: Any) -> tuple[tuple[type, ...], str] | None:
    """(classes that an argument may have, in words) of an ``annotation`` that is checked; None for any other."""
    kinds: list[type] = []
    words: list[str] = []
    for each in _members(annotation):
        part = get_origin(each) or each
        if part in _IN_WORDS:
            part, word = _IN_WORDS[part]
        elif (getattr(part, "__module__", ""), getattr(part, "__name__", "")) == ("numpy", "ndarray"):
            kinds += [list, tuple]
            word = "an array"
        elif isclass(part) and part.__module__.startswith("hwsim."):
            word = _MADE_BY.get(part.__name__, f"a {part.__module__}.{part.__name__}")
        else:
            return None
        kinds.append(part)
        words += [word] if word else []
    return (tuple(kinds), " or ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])) if words else None


def _members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the only one."""
    return get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
