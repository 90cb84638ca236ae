"""Display: how records show themselves: a few lines of text, a small table in a notebook, a picture, a data frame.

Enters: a title and a list of facts. Leaves: text or HTML. Pictures are drawn by rooms above, whose functions are named
here and loaded when they are called, so that no import runs upward.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import fields
from functools import cached_property
from html import escape
from importlib import import_module
from typing import Any

from hwsim.errors import MissingExtraError

MOST = 480
"""Characters of a repr at most."""
_WIDE = 92
"""Characters of a line at most."""
_FEW = 4
"""Numbers of a list that are shown one by one."""

Facts = Iterable[tuple[str, Any]]
"""(word, value) pairs; a value that is None is left out."""


class Shown:
    """A record that shows its title and its facts; a dataclass that says nothing else, its fields."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = Shown.__repr__  # type: ignore[method-assign]  # else dataclasses would write one

    def _shown(self) -> tuple[str, Facts]:
        """The title, and at most five facts."""
        return type(self).__name__, packed(self)

    def __repr__(self) -> str:
        title, facts = self._shown()
        return lines(title, facts)

    def _repr_html_(self) -> str:
        title, facts = self._shown()
        return html(title, facts)


def lines(title: str, facts: Facts) -> str:
    """One line for the title and one for each fact, of at most MOST characters together."""
    known = [(word, str(value)) for word, value in facts if value is not None]
    width = max((len(word) + 2 for word, _ in known if word), default=0)
    text = [short(title), *(short(f"  {word:<{width}}{value}") for word, value in known)]
    while len(text) > 1 and len("\n".join(text)) > MOST:
        text.pop()
    return "\n".join(text)


def html(title: str, facts: Facts) -> str:
    """The same as a table of two columns."""
    rows = (
        f'<tr><th style="text-align:left">{escape(word)}</th><td style="text-align:left">{escape(str(value))}</td></tr>'
        for word, value in facts
        if value is not None
    )
    return f"<div><b>{escape(title)}</b><table>{''.join(rows)}</table></div>"


def packed(record: Any) -> list[tuple[str, str]]:
    """The fields of a dataclass as facts without words, several in a line; those that are None, False or empty are left
    out."""
    rows: list[str] = []
    for item in fields(record):
        value = getattr(record, item.name)
        empty = isinstance(value, Sized) and not hasattr(value, "shape") and not len(value)
        if value is None or value is False or empty or not item.repr:
            continue
        token = f"{item.name} {brief(value)}"
        if rows and len(rows[-1]) + len(token) + 2 <= _WIDE:
            rows[-1] += f", {token}"
        else:
            rows.append(token)
    return [("", row) for row in rows]


def brief(value: Any) -> str:
    """A value in a few characters: an array as its dtype and shape, a collection as its size, a record as its name."""
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"{value.dtype} {value.shape}" if value.shape else f"{value:g}"
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return short(value, 40)
    if isinstance(value, tuple | list) and len(value) <= _FEW and all(_is_plain(each) for each in value):
        return "(" + ", ".join(brief(each) for each in value) + ")"
    if isinstance(value, Sized):
        return f"{type(value).__name__} of {len(value)}"
    return getattr(value, "__name__", type(value).__name__)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, int | float | str)


def short(text: str, most: int = _WIDE) -> str:
    """``text`` in one line of at most ``most`` characters; what is cut is marked by dots."""
    line = " ".join(text.split()) if "\n" in text else text
    return line if len(line) <= most else line[: most - 3] + "..."


def counted(n: int, word: str, plural: str = "") -> str:
    """``n`` things in words: 1 read, 2 reads."""
    return f"{n} {word}" if n == 1 else f"{n} {plural or word + 's'}"


def picture(home: str) -> Callable[..., Any]:
    """A method that draws the record: ``home`` is the function, as ``package.module:name``, loaded at its first call.

    The method is called with the axes to draw on, or None for new ones, and returns the axes.
    """
    module, _, name = home.partition(":")

    def plot(self: Any, ax: Any = None, **how: Any) -> Any:
        """Draw on ``ax`` (matplotlib axes), or on a new figure; returns the axes. Keywords are those of the drawing."""
        return getattr(import_module(module), name)(self, ax, **how)

    return plot


def page(home: str) -> Callable[..., Any]:
    """A method that shows the record as a page of its own; ``home`` as in `picture`."""
    module, _, name = home.partition(":")

    def view(self: Any) -> Any:
        """The page on which one sees it run; ``save(path)`` writes it, and a notebook shows it."""
        return getattr(import_module(module), name)(self)

    return view


def later(home: str) -> Any:
    """A property whose value ``home``, a function of the record, gives when it is asked for, once."""
    module, _, name = home.partition(":")

    def value(self: Any) -> Any:
        return getattr(import_module(module), name)(self)

    return cached_property(value)


def data_frame(rows: Sequence[Mapping[str, Any]] | Mapping[str, Any]) -> Any:
    """``rows``, or columns by name, as a pandas DataFrame, each interval in two columns. Raises MissingExtraError
    without pandas."""
    try:
        import pandas
    except ImportError:
        raise MissingExtraError("data frames need pandas: pip install hwsim[notebook]") from None
    return pandas.DataFrame(dict(rows) if isinstance(rows, Mapping) else [flat(row) for row in rows])


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """``row`` without nesting: ``x_ci`` and ``x_ci_s`` become ``x_low`` and ``x_high``, with the unit at the end; a
    dict becomes one entry for each of its keys."""
    found: dict[str, Any] = {}
    for key, value in row.items():
        name, is_interval, unit = key.partition("_ci")
        if isinstance(value, Mapping):
            found |= {f"{key}.{inner}": each for inner, each in value.items()}
        elif is_interval and isinstance(value, Sequence) and len(value) == 2:
            found |= {f"{name}_low{unit}": value[0], f"{name}_high{unit}": value[1]}
        elif is_interval and value is None:
            found |= {f"{name}_low{unit}": None, f"{name}_high{unit}": None}
        else:
            found[key] = value
    return found
