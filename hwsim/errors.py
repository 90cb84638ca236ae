"""The errors of hwsim: each is one sentence that names the value and the rule, or a line for each mistake.

The command line prints them and exits with code 2; a library user catches :class:`HwsimError`.
"""

from collections.abc import Iterable


class HwsimError(Exception):
    """Base of every refusal. ``str(error)`` is one sentence fit for a user."""


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
        if len(mistakes) == 1:
            text = f"{where}: {mistakes[0]}" if where else str(mistakes[0])
        else:
            text = "\n  ".join([f"{where + ': ' if where else ''}{len(mistakes)} mistakes", *mistakes])
        super().__init__(text)


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
