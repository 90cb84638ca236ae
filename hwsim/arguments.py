"""Arguments: what a public function was called with, checked at its border.

Enters: a function with annotated parameters. Leaves: the same, which refuses in one sentence an argument that is
missing, that it does not have, or that is of another kind, such as no record of hwsim where it takes one.
"""

import math
import os
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from functools import wraps
from inspect import BoundArguments, Parameter, Signature, isclass, signature
from numbers import Integral, Rational
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, NamedTuple, ParamSpec, TypeVar, get_args, get_origin

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
_STARRED = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


FOREIGN = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, Warning)
"""What Python and libraries raise of an argument that nobody expected; Warning where a session makes errors of them."""


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
            if kind is not None and not kind.holds(value):
                raise ArgumentError(f"{name} must be {kind.words}, got {_told(value, kind)}") from None


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


class _Kind(NamedTuple):
    """What an annotation takes: whether a value is of the kind, and the kind in words."""

    holds: Callable[[Any], bool]
    words: str


def _told(value: Any, kind: _Kind) -> str:
    """``value`` as a refusal shows it: text itself, a number where one of a ``kind`` is asked for, else the class."""
    if isinstance(value, str | None) or ("number" in kind.words and isinstance(value, int | float)):
        return repr(value)
    if type(value).__module__ == "numpy" and hasattr(value, "dtype"):
        return f"numpy's {value!r}" if value.shape == () else f"an array of {value.dtype}, shape {value.shape}"
    return f"an object of {type(value).__name__}"


def _kind(annotation: Any) -> _Kind | None:
    """The kind of an ``annotation`` that is checked; None for any other."""
    parts = [_part(each) for each in _members(annotation)]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    words = [part.words for part in known if part.words]
    several = [", ".join(words[:-1])] if words[1:] else []
    return _Kind(lambda value: any(part.holds(value) for part in known), " or ".join([*several, *words[-1:]]))


def _part(annotation: Any) -> _Kind | None:
    """The kind of one member of a union."""
    part = get_origin(annotation) or annotation
    if part in _IN_WORDS:
        return _IN_WORDS[part]
    if (getattr(part, "__module__", ""), getattr(part, "__name__", "")) == ("numpy", "ndarray"):
        return _Kind(_is_array, "an array of numbers")
    if part in (Sequence, Iterable, Collection, list, tuple):
        inner = None if part is Iterable else _kind(next(iter(get_args(annotation)), Any))
        holds, of = (lambda each: True, "") if inner is None else (inner.holds, f", each {inner.words}")
        return _Kind(lambda value: _is_list(value) and (part is Iterable or all(map(holds, value))), f"a list{of}")
    if isclass(part) and part.__module__.startswith("hwsim."):
        words = _MADE_BY.get(part.__name__, f"a {part.__module__}.{part.__name__}")
        return _Kind(lambda value: isinstance(value, part), words)
    return None


def _is_number(value: Any) -> bool:
    """Whether ``value`` is one number that float64 holds, finite or infinite; fractions and decimals mix with none."""
    if isinstance(value, str | bytes | Rational | Decimal) and not isinstance(value, Integral):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return not math.isnan(float(value))
    except FOREIGN:
        return False


def _is_array(value: Any) -> bool:
    """Whether numpy makes real numbers of ``value``."""
    import numpy as np

    if not isinstance(value, list | tuple | range) and not hasattr(value, "__array__"):
        return False
    try:
        return np.asarray(value).dtype.kind in "biuf"
    except FOREIGN:
        return False


def _is_list(value: Any) -> bool:
    """Whether ``value`` can be gone through, and is no single word."""
    try:
        iter(value)
    except TypeError:  # an array without dimensions has __iter__, too
        return False
    return not isinstance(value, str | bytes)


_IN_WORDS: Any = {
    NoneType: _Kind(lambda value: value is None, ""),
    str: _Kind(lambda value: isinstance(value, str), "text"),
    Path: _Kind(lambda value: isinstance(value, os.PathLike), "a path"),
    os.PathLike: _Kind(lambda value: isinstance(value, os.PathLike), "a path"),
    Mapping: _Kind(lambda value: isinstance(value, Mapping), "a dict"),
    dict: _Kind(lambda value: isinstance(value, Mapping), "a dict"),
    float: _Kind(_is_number, "a number"),
    int: _Kind(lambda value: isinstance(value, Integral) and not isinstance(value, bool), "a whole number"),
    bool: _Kind(lambda value: isinstance(value, bool), "True or False"),
    Callable: _Kind(callable, "a function"),
}
"""Other kinds that are checked."""


def _members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the only one."""
    return get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
