"""Text from files: every format opens its file here, and reads its numbers here.

Enters: a path or its bytes. Leaves: bytes, unpacked where they are compressed (gzip, bzip2, xz), text with line ends
\\n, or numbers. UTF-8 with or without a byte-order mark is read; another encoding, a control character, and a number
that is not one are refused in one sentence with the line.
"""

import io
import math
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from hwsim.errors import InputError, ReadError

_UNREADABLE = {
    b"\xff\xfe\x00\x00": "UTF-32 text: save it as UTF-8",
    b"\x00\x00\xfe\xff": "UTF-32 text: save it as UTF-8",
    b"\xff\xfe": "UTF-16 text: save it as UTF-8",
    b"\xfe\xff": "UTF-16 text: save it as UTF-8",
}
_PACKED = ((b"\x1f\x8b", "gzip", "gzip"), (b"BZh", "bzip2", "bz2"), (b"\xfd7zXZ\x00", "xz", "lzma"))
"""First bytes, name and Python's module of each way to compress a file."""
PACKED_ENDINGS = (".gz", ".bz2", ".xz")
MAX_UNPACKED = 2**30
"""The largest number of bytes that a compressed file may unpack to: a small file can promise any number."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")  # all but tab and line end
_WHOLE = re.compile(r"[+-]?[0-9]{1,1000}")  # Python reads no more than 4300 digits
_DIGITS = re.compile(r"[+-]?[0-9]+")
_REAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INFINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


def read_text(path: str | Path, *, refuse: type[InputError] = ReadError) -> str:
    """The text of the file ``path``. Raises ``refuse``."""
    return decoded(path, read_data(path, refuse=refuse), refuse=refuse)


def read_data(path: str | Path, *, refuse: type[InputError] = ReadError) -> bytes:
    """The bytes of the file ``path``, unpacked, read once, so that it may be a pipe. Raises ``refuse``."""
    if not str(path):
        raise refuse("a file to read needs a name, got an empty text")
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise refuse(f"no such file: {path}") from None
    except OSError as error:
        raise refuse(f"cannot read {path}: {error.strerror}") from None
    except ValueError:  # a NUL in the name
        raise refuse(f"no such file: {str(path)!r}") from None
    for mark, name, module in _PACKED:
        if data.startswith(mark):
            return _unpacked(path, data, name, module, refuse)
    return data


def _unpacked(path: str | Path, data: bytes, name: str, module: str, refuse: type[InputError]) -> bytes:
    """The bytes that ``data`` unpacks to, at most MAX_UNPACKED. Raises ``refuse``."""
    try:
        packer = import_module(module)
    except ImportError:
        raise refuse(f"{path} is compressed ({name}), which this Python was built without: unpack it first") from None
    try:
        with packer.open(io.BytesIO(data)) as file:
            made = file.read(MAX_UNPACKED + 1)
    except Exception:  # each module has its own
        raise refuse(f"{path} is not a readable {name} file: it may be cut short") from None
    if len(made) > MAX_UNPACKED:
        raise refuse(f"{path} unpacks to more than {MAX_UNPACKED} bytes: unpack it first")
    return made


def read_toml(path: str | Path) -> dict[str, Any]:
    """The tables of the TOML file ``path``. Raises InputError."""
    import tomllib

    text = read_text(path, refuse=InputError)
    try:
        return toml_of(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not readable TOML ({error})") from None


def toml_of(text: str) -> dict[str, Any]:
    """The tables of TOML in ``text``. Raises tomllib.TOMLDecodeError, also where Python's reader raises another."""
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise tomllib.TOMLDecodeError("nested too deeply") from None
    except ValueError:  # int() of more than 4300 digits
        raise tomllib.TOMLDecodeError("a whole number has too many digits") from None


def json_of(path: str | Path, text: str) -> Any:
    """The document in ``text``, the content of ``path``. Raises ReadError, also for a key given twice."""
    import json

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in pairs:
            if key in made:
                raise ReadError(f"{path} gives the key {key[:60]!r} twice")
            made[key] = value
        return made

    try:
        return json.loads(text, object_pairs_hook=once)
    except ReadError:
        raise
    except json.JSONDecodeError as error:
        raise ReadError(f"{path} line {error.lineno} is not readable JSON ({error.msg})") from None
    except RecursionError:
        raise ReadError(f"{path} is not readable JSON (nested too deeply)") from None
    except ValueError:
        raise ReadError(f"{path} is not readable JSON (a whole number is too long)") from None


def is_json(text: str) -> bool:
    """Whether ``text`` begins as JSON does."""
    return text.lstrip()[:1] in ("{", "[")


def decoded(path: str | Path, data: bytes, *, refuse: type[InputError] = ReadError) -> str:
    """The text in ``data``, the bytes of ``path``. Raises ``refuse``."""
    for mark, what in _UNREADABLE.items():
        if data.startswith(mark):
            raise refuse(f"{path} is {what}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]  # without the byte-order mark, unlike data
        raise refuse(
            f"{path} line {line} holds the byte 0x{byte:02X}, which is not UTF-8: save the file as UTF-8"
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found = _CONTROL.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise refuse(f"{path} line {line} holds the control character U+{ord(found.group()):04X}")
    return text


def ending(path: str | Path) -> str:
    """The ending of a file's name in lower case, such as ``.lp``; of a compressed file's, the one before ``.gz``."""
    return _plain(path).suffix.lower()


def stem(path: str | Path) -> str:
    """A file's name without its ending, and without ``.gz`` and the like; what cannot be printed, such as bytes that
    are no UTF-8, as question marks."""
    return "".join(letter if letter.isprintable() else "?" for letter in _plain(path).stem)


def _plain(path: str | Path) -> Path:
    name = Path(path)
    return name.with_suffix("") if name.suffix.lower() in PACKED_ENDINGS else name


def is_whole(text: str) -> bool:
    """Whether ``text`` spells a whole number in digits, of which int() takes as many."""
    return _WHOLE.fullmatch(text) is not None


def is_real(text: str) -> bool:
    """Whether ``text`` spells a finite decimal number."""
    return _REAL.fullmatch(text) is not None


def pairs(text: str, wrong: Callable[[str], Exception]) -> dict[str, str]:
    """{key: value} of ``key=value,...``, blanks around them left out. wrong : the exception for a part that is no such
    pair"""
    found = {}
    for part in filter(None, text.split(",")):
        key, equals, value = (each.strip() for each in part.partition("="))
        if not (equals and key and value):
            raise wrong(part)
        found[key] = value
    return found


def whole(path: str | Path, line: int, text: str) -> int:
    """The whole number that ``text`` spells. Raises ReadError with the line."""
    if not _DIGITS.fullmatch(text):
        raise ReadError(f"{path} line {line}: expected a whole number, got {text[:60]!r}")
    if not is_whole(text):
        raise ReadError(f"{path} line {line}: a whole number of {len(text)} digits is too long")
    return int(text)


def count(path: str | Path, line: int, text: str) -> int:
    """The whole number >= 0, of 63 bits, that ``text`` spells. Raises ReadError with the line."""
    number = whole(path, line, text)
    if not 0 <= number < 2**63:
        raise ReadError(f"{path} line {line}: expected a whole number from 0 to 2**63 - 1, got {text[:60]}")
    return number


def real(path: str | Path, line: int, text: str) -> float:
    """The number that ``text`` spells, as float64. Raises ReadError with the line."""
    if _INFINITE.fullmatch(text):
        raise ReadError(f"{path} line {line}: a number must be finite, got {text!r}")
    if not is_real(text):
        raise ReadError(f"{path} line {line}: expected a number, got {text[:60]!r}")
    value = float(text)
    if not math.isfinite(value) or (value == 0.0 and re.search("[1-9]", re.split("[eE]", text)[0])):
        raise ReadError(f"{path} line {line}: {text[:60]} is outside the range of 64-bit numbers")
    return value
