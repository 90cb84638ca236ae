"""Places: every place of a valid file or line in turn, with every hostile value.

`mutate` draws a few of all changes; this makes each of its kind: numbers of text, values of TOML and JSON, entries of
arrays, options. Enters: a Sample and its bytes, or the commands. Leaves: (what was changed, bytes), or Cases.
"""

import io
import json
import re
import zipfile

import lines
import mutate
import numpy as np
from harness import Case

NUMBERS = (
    *("0", "-1", "3", "0.5", "1e308", "1e-320", "nan", "inf", "1000000000", "4294967296", "9223372036854775807"),
    *("9223372036854775808", "99999999999999999999999", '"x"', "[]", "{}", "true", "null"),
)
REALS = (0.0, -1.0, 3.0, 1e15, 1e308, -1e308, 1e-320, np.nan, np.inf)
MOST_NUMBERS, MOST_ENTRIES = 25, 6
"""Numbers of a text, and entries of a list, that are tried."""


def changes(kind, data):
    """(what, bytes) of each change of ``data``, a file of ``kind``; none of files that are no text and no arrays."""
    if kind == "npz":
        yield from _of_archive(data)
    if kind in ("text", "toml", "json"):
        yield from _of_text(data)
    if kind == "toml":
        yield from _of_toml(data)
    if kind == "json":
        yield from ((what, made.encode("utf-8", "surrogatepass")) for what, made in _of_tree(json.loads(data)))


def _of_text(data):
    words = mutate.TOKEN.findall(data.decode("utf-8", "surrogateescape"))
    at = [k for k, word in enumerate(words) if word[0].isdigit() or (word[0] in "+-" and len(word) > 1)]
    for k in at[:: max(1, len(at) // MOST_NUMBERS)]:
        for number in NUMBERS:
            changed = "".join([*words[:k], number, *words[k + 1 :]])
            yield f"number {k} {number}", changed.encode("utf-8", "surrogateescape")


def _of_toml(data):
    listed = data.decode().split("\n")
    for k, line in enumerate(listed):
        key, equals, value = line.partition("=")
        if not equals or not re.fullmatch(r"\s*[\w-]+\s*", key):
            continue
        for hostile in mutate.HOSTILE:
            ways = [f"{key}= {hostile}"]
            if "{ value =" in value:  # also within a quantity, which keeps its source
                ways.append(re.sub(r'(\{ value = )("[^"]*"|[^,}]*)', lambda found: found[1] + hostile, line, count=1))  # noqa: B023
            for way in ways:
                yield f"line {k} {way:.60}", "\n".join([*listed[:k], way, *listed[k + 1 :]]).encode()


def _paths(value, at=()):
    """The way to each node of a tree, lists up to MOST_ENTRIES."""
    yield at
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _paths(each, (*at, key))
    if isinstance(value, list):
        for k, each in enumerate(value[:MOST_ENTRIES]):
            yield from _paths(each, (*at, k))


def _replaced(value, at, change):
    """A copy of the tree ``value`` in which ``change(node, key)`` was done at the way ``at``."""
    made = json.loads(json.dumps(value))
    node = made
    for key in at[:-1]:
        node = node[key]
    change(node, at[-1])
    return json.dumps(made)


def _of_tree(value):
    """(what, JSON) of each node with each value, and without it."""
    for at in _paths(value):
        for k, hostile in enumerate(mutate.VALUES):
            if not at:
                yield f"all {k}", json.dumps(hostile)
                continue
            yield f"{at} {k}", _replaced(value, at, lambda node, key, new=hostile: node.__setitem__(key, new))
        if at:
            yield f"{at} gone", _replaced(value, at, lambda node, key: node.__delitem__(key))


def _of_archive(data):
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        members = [(name, file.read(name)) for name in file.namelist()]
    for k, (name, content) in enumerate(members):
        array = np.load(io.BytesIO(content))
        if name == "manifest.npy":
            found = ((what, np.array(made)) for what, made in _of_tree(json.loads(str(array))))
        else:
            found = _of_array(array)
        for what, made in found:
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as file:
                for j, (each, body) in enumerate(members):
                    file.writestr(each, mutate.packed_array(made) if j == k else body)
            yield f"{name} {what}", out.getvalue()


def _of_array(array):
    """(what, array): its first, last and all entries with each extreme, and other lengths."""
    if array.dtype.kind not in "fiub" or not array.size:
        return
    info = np.iinfo(array.dtype) if array.dtype.kind in "iu" else None
    values = REALS if array.dtype.kind == "f" else (True, False)
    if info is not None:
        values = (info.min, info.max, info.max // 2, 0, 1, 7, -1 if info.min < 0 else 2)
    for value in values:
        for where in (0, array.size - 1, slice(None)):
            made = array.copy()
            made.reshape(-1)[where] = value
            yield f"[{where}] {value}", made
    flat = array.reshape(-1)
    for made in (flat[:-1], flat[:0], np.concatenate((flat, flat))):
        yield f"length {len(made)}", made


def line_cases(known):
    """A Case of each option of each command with each word. known : what `lines.commands` returns"""
    for name, (line, *_) in sorted(lines.EXAMPLES.items()):
        for action in lines.options_of(known[name]):
            option = action.option_strings[-1]
            for word in [None] if action.nargs == 0 else [*lines.WORDS, *mutate.NUMBERS, *(action.choices or ())]:
                words = [*line.split(" "), option if word is None else f"{option}={word}"]
                if name == "study" and option != "--workers":
                    words += ["--workers", "1"]
                if lines.stays_here(words[1:]):
                    yield Case(tuple(words), name, f"{option} {word!r:.40}")
