"""The errors of hwsim: each is one sentence that names the value and the rule, or a line for each mistake.

The command line prints them and exits with code 2; a library user catches :class:`HwsimError`. What a user gave, and a
sentence quotes, may be long or hold line ends: a sentence is one line of at most MOST_CHARACTERS all the same.
"""

import re
from collections.abc import Iterable
from copyreg import __newobj__  # type: ignore[attr-defined]
from typing import Any

MOST_CHARACTERS, MOST_MISTAKES = 220, 20
"""Of a sentence; with the name of the command before it, it has at most 240 characters."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LONG_QUOTE = re.compile(r"'[^']{61,}'|\"[^\"]{61,}\"")
_LONG_WORD = re.compile(r"[^\s/]{61,}")
_ADDRESS = re.compile(r" at 0x[0-9a-f]+(?=>)")
"""Of an object in memory, which tells a user nothing."""
_BETWEEN = re.compile(r"[\s'\":,]+")
_MOST_OF_PATH = 255
_MOST_READ = 4000
"""Characters of a sentence that are looked at: a value of a million is not searched for quotations."""


def one_line(sentence: str, most: int = MOST_CHARACTERS) -> str:
    """``sentence`` in one line of at most ``most`` characters besides paths: controls as \\x07, quotations and words
    cut where they are long, and the middle left out if that is not enough."""
    if len(sentence) > 2 * _MOST_READ:
        sentence = f"{sentence[:_MOST_READ]}...{sentence[-_MOST_READ:]}"
    line = _ADDRESS.sub("", _CONTROL.sub(lambda found: _escaped(found.group()), sentence))
    most += sum(min(len(word), _MOST_OF_PATH) for word in _BETWEEN.split(line) if word.startswith("/"))
    if len(line) <= most:
        return line
    line = _LONG_QUOTE.sub(lambda found: f"{found.group()[:40]}...{found.group()[-1]}", line)
    line = _LONG_WORD.sub(lambda found: f"{found.group()[:40]}...", line)
    if len(line) <= most:
        return line
    end = most // 3
    return f"{line[: most - end - 7]} [...] {line[-end:]}"


def _escaped(letter: str) -> str:
    return " " if letter == "\n" else letter.encode("unicode_escape").decode()


class HwsimError(Exception):
    """Base of every refusal. ``str(error)`` is one sentence fit for a user, or a line for each that was given."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("\n  ".join(one_line(str(sentence)) for sentence in sentences))

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is, for another process: made anew, the lines of several sentences would be one."""
        return __newobj__, (type(self), *self.args), self.__dict__


class Mistake(str):
    """A sentence on one mistake. keys : of the card that it speaks of, if any."""

    keys: frozenset[str]

    def __new__(cls, sentence: str, keys: Iterable[str] = ()) -> "Mistake":
        made = super().__new__(cls, sentence)
        made.keys = frozenset(keys)
        return made


class InputError(HwsimError, ValueError):
    """One or several values given by the user are outside what is allowed.

    mistakes : a sentence each. ``str(error)`` is the only one, or a line for each; both begin with ``where``, if given
    """

    mistakes: tuple[str, ...]

    def __init__(self, *mistakes: str, where: str = "") -> None:
        self.mistakes = mistakes
        start = f"{where}: " if where else ""
        if len(mistakes) == 1:
            text = one_line(f"{start}{mistakes[0]}")
        else:
            shown = [one_line(str(mistake)) for mistake in mistakes[:MOST_MISTAKES]]
            first = f", of which these are the first {MOST_MISTAKES}" if len(mistakes) > MOST_MISTAKES else ""
            text = "\n  ".join([one_line(f"{start}{len(mistakes)} mistakes{first}"), *shown])
        Exception.__init__(self, text)


class ArgumentError(InputError, TypeError):
    """An argument of the wrong kind, or one that does not exist; for Python's own callers a TypeError too."""


class ReadError(InputError):
    """A problem file is malformed; the sentence names the file and the line."""


class CardError(InputError):
    """A device or chip card is malformed; the sentence names the file and the key."""


class DoesNotFitError(HwsimError):
    """The problem does not fit the chip; the sentence names the limit and the value."""


class UnsupportedError(HwsimError):
    """An engine cannot honour a feature of the program; the sentence names the feature and the engines that can."""


class MissingExtraError(HwsimError, ImportError):
    """An optional package is absent; the sentence says what to install."""
