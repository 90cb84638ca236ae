"""Arguments: what a public function was called with, checked at its border.

Enters: a function with annotated parameters. Leaves: the same, which refuses in one sentence an argument that is
missing, that it does not have, or that is no record of hwsim, path or text where it takes one.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import wraps
from inspect import BoundArguments, Parameter, Signature, isclass, signature
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, ParamSpec, TypeVar, get_args, get_origin

from hwsim.errors import ArgumentError

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
}
"""Other kinds that are checked: the class that counts, and words."""
_STARRED = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def named(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """``function`` that raises ArgumentError, in a sentence, for what `Border` refuses."""
    border: Border | None = None

    @wraps(function)
    def call(*given: _P.args, **by_name: _P.kwargs) -> _R:
        nonlocal border
        if border is None:
            border = Border(function.__name__, signature(function))
        border.crossed(given, by_name)
        return function(*given, **by_name)

    return call


class Border:
    """Where the function ``name`` is called: it refuses an argument that is missing, one that the function has not, and
    one of another kind than its annotation, where that is a record of hwsim, a path, a mapping or text."""

    def __init__(self, name: str, takes: Signature) -> None:
        self._name, self._takes = name, takes
        plain = [each for each in takes.parameters.values() if each.kind not in _STARRED]
        self._wanted = {each.name: kind for each in plain if (kind := _kind(each.annotation))}

    def crossed(self, given: Sequence[Any], by_name: Mapping[str, Any]) -> BoundArguments:
        """The arguments of a call, each at its parameter. Raises ArgumentError."""
        try:
            found = self._takes.bind(*given, **by_name)
        except TypeError as error:
            raise ArgumentError(_refusal(self._name, self._takes, given, by_name, str(error))) from None
        for name, (kinds, words) in self._wanted.items():
            if name in found.arguments and not isinstance(found.arguments[name], kinds):
                what = type(found.arguments[name]).__name__
                raise ArgumentError(f"{name} must be {words}, got an object of {what}")
        return found


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
