"""The errors of hwsim: each is one sentence that names the value and the rule.

The command line prints the sentence and exits with code 2; a library user catches :class:`HwsimError`.
"""


class HwsimError(Exception):
    """Base of every refusal. ``str(error)`` is one sentence fit for a user."""


class InputError(HwsimError, ValueError):
    """A value given by the user is outside what is allowed."""


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
