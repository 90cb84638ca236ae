"""Mutations of files: by the byte, by the word, and within what holds them (JSON, TOML, zip, SQLite).

Enters: a random.Random and the bytes of a valid file. Leaves: bytes of a file that is damaged, hostile or just another.
"""

import io
import json
import re
import sqlite3
import struct
import tempfile
import warnings
import zipfile
from pathlib import Path

import numpy as np

NUMBERS = (
    *("0", "-1", "1", "2", "3", "-0", "00", "+1", "--1", "0.5", "1.5", "1,5", "0.1.2", "1e", "1e+", "0x10", "1_000"),
    *("1e308", "-1e308", "1e309", "1e400", "1e-320", "-1e-300", "1e10", "1e15", "nan", "inf", "-inf", "True", "null"),
    *("65536", "1000000000", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808"),
    *("-9223372036854775809", "99999999999999999999999", "\u0663", "\u00b2", "\uff11"),
)
WORDS = (
    "",
    "x" * 5000,
    "9" * 5000,
    "[" * 20000,
    "(" * 3000,
    "{'a':" * 3000,
    "-" * 500,
    "\\" * 50,
    "'",
    '"',
    '"""',
    "$x^$",
    "a\x07b",
    "a\x1b[31mb",
    "a\rb",
    "a\x00b",
    "a\x85b",
    "a\u2028b",
    "\ufeff",
    "\u202ea",
    "é",
    "😀",
    "{}",
    "%s%n",
    "{0.__class__}",
    "../x",
    "nan",
    "None",
    "true",
    "a b",
    "a\nb",
    "#",
    ";",
    "=",
    ",",
    "1 ns",
    "1e300 s",
    "-1 ns",
    "1 kg",
    "all-to-all",
    "king:1000000x1000000",
    "ring:n=3",
    "sk:n=100000",
    "0.1..0.2",
    "1..1e9",
    "__class__",
)
VALUES = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2,
    1.5,
    1e308,
    float("inf"),
    float("nan"),
    10**30,
    2**63,
    2**31,
    -(2**63) - 1,
    "",
    "x",
    "x" * 5000,
    "a\x07b\nc",
    "\ud83d\ude00",
    [],
    {},
    [[]],
    [1, 2],
    ["a"],
    {"a": 1},
    [None],
    {"": None},
)


def _slice(rng, size, most=64):
    start = rng.randrange(size + 1)
    return start, min(size, start + rng.randint(1, most))


def raw(rng, data):
    """``data`` after a change of bytes."""
    start, end = _slice(rng, len(data))
    how = rng.randrange(10)
    if how == 0:  # cut
        return data[: rng.randrange(len(data) + 1)]
    if how == 1:  # lost
        return data[:start] + data[end:]
    if how == 2:  # twice
        return data[:end] + data[start:end] + data[end:]
    if how == 3:  # more
        return data[:start] + rng.randbytes(rng.randint(1, 16)) + data[start:]
    if how == 4:  # of another number
        number = rng.choice((0, 1, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1, 255, 65535, 10**9))
        packed = struct.pack("<Q", number)[: rng.choice((1, 2, 4, 8))]
        return data[:start] + packed + data[start + len(packed) :]
    if how == 5:
        return data + rng.randbytes(rng.randint(1, 300))
    if how == 6 and rng.random() < 0.2:
        return rng.choice((b"", b"\0", b"\0" * 100, b"\xff\xfe" + data, b"\xef\xbb\xbf" + data, b"\x1f\x8b" + data))
    changed = bytearray(data or b"\0")
    for _ in range(rng.choice((1, 1, 1, 2, 5, 20))):
        at = rng.randrange(len(changed))
        changed[at] = rng.choice((changed[at] ^ (1 << rng.randrange(8)), 0, 255, rng.randrange(256)))
    return bytes(changed)


TOKEN = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|[+-]?[0-9][0-9.eE+-]*|[A-Za-z_][\w-]*|\s+|[^\w\s]", re.ASCII)


def text(rng, data):
    """``data`` after a change of a word or a line."""
    content = data.decode("utf-8", "surrogateescape")
    words = TOKEN.findall(content) or [""]
    at = rng.randrange(len(words))
    numbers = [k for k, word in enumerate(words) if word[:1].isdigit() or word[:1] in "+-"]
    how = rng.randrange(12)
    if how < 3 and numbers:
        words[rng.choice(numbers)] = rng.choice(NUMBERS)
    elif how < 5:
        words[at] = rng.choice(WORDS)
    elif how == 5:
        words[at] = rng.choice(words)
    elif how == 6:
        del words[at]
    elif how == 7:
        words.insert(at, rng.choice(WORDS + NUMBERS))
    elif how == 8:
        words.insert(at, words[at])
    else:
        lines = content.split("\n")
        a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
        if how == 9:
            del lines[a]
        elif how == 10:
            lines[a], lines[b] = lines[b], lines[a]
        else:
            lines[a:a] = [lines[b]] * rng.choice((1, 1, 2, 30))
        words = ["\n".join(lines)]
    return "".join(words).encode("utf-8", "surrogateescape")


def tree(rng, value):
    """``value`` (of JSON) after a change of a node; keys may be lost, renamed or added."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        how = rng.randrange(8)
        made = dict(value)
        if how == 0:
            del made[key]
        elif how == 1:
            made[rng.choice((key + "x", key.upper(), "", "unknown", "a\x07b"))] = made.pop(key)
        elif how == 2:
            made["unknown"] = rng.choice(VALUES)
        else:
            made[key] = tree(rng, value[key])
        return made
    if isinstance(value, list) and value and rng.random() < 0.7:
        at = rng.randrange(len(value))
        how = rng.randrange(5)
        if how == 0:
            return value[:at] + value[at + 1 :]
        if how == 1:
            return [*value, value[at]]
        return [*value[:at], tree(rng, value[at]), *value[at + 1 :]]
    return rng.choice(VALUES)


def _dumped(rng, value):
    """JSON of ``value``; now and then a key is given twice, or it is nested deeply."""
    made = json.dumps(value)
    how = rng.randrange(20)
    if how == 0:
        return re.sub(r'("\w+"): ([^,{}\[\]]+)', r"\1: \2, \1: \2", made, count=1)
    if how == 1:
        return "[" * 20000 + made
    if how == 2:
        return made[: rng.randrange(len(made) + 1)]
    return made


def of_json(rng, data):
    """A file of JSON."""
    if rng.random() < 0.3:
        return text(rng, data)
    return _dumped(rng, tree(rng, json.loads(data))).encode("utf-8", "surrogatepass")


HOSTILE = (
    '""',
    "0",
    "-1",
    "1e308",
    "inf",
    "nan",
    "true",
    "[]",
    "{}",
    "[[]]",
    "[1, 2]",
    '"x"',
    "1979-05-27",
    '["a", 1]',
    '"1e300 s"',
    '"-1 ns"',
    '"1 kg"',
    "{ value = 1 }",
    '{ value = "x", source = 3 }',
    "{ a = { b = 1 } }",
    "1" + "0" * 400,
    '"' + "x" * 3000 + '"',
    '"a\\u0007b"',
    '"a\\nb\\nc"',
    '"$x^$"',
    "[" * 20000,
    "{a=" * 3000,
    "'",
    "9" * 5000,
    "0.5",
    "1e-320",
    '"1..1e9"',
    "[1e308, -1e308]",
    '"geometric"',
    '"all-to-all"',
    '"king:100000x100000"',
    '"sk:n=20000"',
    "9223372036854775808",
    "1e15",
    "1000000000",
    '"\\u2028"',
    '"0.1..0.5"',
    '[{ name = "a" }, { name = "a" }]',
    "2",
    "3",
)


def of_toml(rng, data):
    """A card or a plan: the value, key or table of a line, or a word."""
    if rng.random() < 0.25:
        return text(rng, data)
    lines = data.decode().split("\n")
    keyed = [k for k, line in enumerate(lines) if re.match(r"\s*[\w-]+\s*=", line)]
    heads = [k for k, line in enumerate(lines) if line.startswith("[")]
    if not keyed:
        return text(rng, data)
    at = rng.choice(keyed)
    key, _, value = lines[at].partition("=")
    how = rng.randrange(9)
    if how < 5:
        lines[at] = f"{key}= {rng.choice(HOSTILE)}"
    elif how == 5:
        lines[at] = (
            f"{rng.choice((key.strip() + 'x', key.strip()[1:] or 'k', key.strip().upper(), chr(34) * 2))} ={value}"
        )
    elif how == 6:
        lines.insert(at, rng.choice((lines[at], f"unknown = {rng.choice(HOSTILE)}", "[unknown]", f"[{key.strip()}]")))
    elif how == 7:
        del lines[at]
    elif heads:
        at = rng.choice(heads)
        lines[at] = rng.choice(("", "[x]", lines[at].replace("]", "x]"), f"[{lines[at]}]", f"{lines[at]}\nx = 1"))
    return "\n".join(lines).encode()


def _array(rng, array):
    """``array`` of another shape, type or with other values."""
    how = rng.randrange(9)
    if how == 0:
        return array.astype(rng.choice(("f4", "i4", "c16", "?", "U5", "u8", "S3", "f8", "M8[s]")), copy=True)
    if how == 1:
        return array.reshape(-1)[: rng.randrange(array.size + 1)]
    if how == 2:
        return np.concatenate((array.reshape(-1), array.reshape(-1)))
    if how == 3:
        return array[None]
    if how == 4 and array.size:
        return array.reshape(-1)[::-1].reshape(array.shape)
    if how == 5:
        return np.zeros(rng.choice(((0,), (), (0, 3), (2, 2, 2))), dtype=array.dtype)
    changed = array.copy()
    if not changed.size or changed.dtype.kind not in "fiu?":
        return np.array(rng.choice((1.0, "x", True)))
    extremes = (np.nan, np.inf, -np.inf, 1e308, -1e308, 0, -1, 1e-320) if changed.dtype.kind == "f" else None
    for _ in range(rng.choice((1, 1, 3))):
        at = rng.randrange(changed.size)
        if extremes is not None:
            changed.reshape(-1)[at] = rng.choice(extremes)
        else:
            info = np.iinfo(changed.dtype) if changed.dtype.kind in "iu" else None
            limits = (0, 1) if info is None else (info.min, info.max, 0, 1, 7, info.max // 2)
            changed.reshape(-1)[at] = rng.choice(limits)
    return changed


def _header(rng, member):
    """The bytes of an npy file with a lie in its header."""
    found = re.search(rb"\{.*\}", member[:400])
    if found is None:
        return raw(rng, member)
    lies = (
        (rb"'shape': \([^)]*\)", rng.choice((b"'shape': (1000000000000,)", b"'shape': (-1,)", b"'shape': (2, 3)"))),
        (
            rb"'descr': '[^']*'",
            rng.choice((b"'descr': '|O'", b"'descr': '<f2'", b"'descr': '|V8'", b"'descr': '<U9999999'")),
        ),
        (rb"'fortran_order': \w+", rng.choice((b"'fortran_order': 3", b"'fortran_order': True"))),
        (rb"\{", b"{" + rng.choice((b"(" * 2000, b"'x': 1, ", b"**{}, "))),
    )
    pattern, made = rng.choice(lies)
    head = re.sub(pattern, lambda _: made, found.group(), count=1)
    room = struct.unpack("<H", member[8:10])[0]
    padded = head.ljust(max(room - 1, len(head))) + b"\n"
    return member[:8] + struct.pack("<H", min(len(padded), 65535)) + padded + member[10 + room :]


def of_npy(rng, data):
    """A file of one array."""
    how = rng.randrange(4)
    if how == 0:
        return raw(rng, data)
    if how == 1:
        return _header(rng, data)
    return packed_array(_array(rng, np.load(io.BytesIO(data))))


def packed_array(array):
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.save(file, array, allow_pickle=True)
    return file.getvalue()


def zipped(rng, data, change):
    """A zip in which a member is lost, renamed, given twice, or changed by ``change(name, content)``."""
    if rng.random() < 0.15:
        return raw(rng, data)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        members = [(name, file.read(name)) for name in file.namelist()]
    weights = [8 if name.startswith("manifest") or name.endswith("header") else 1 for name, _ in members]
    at = rng.choices(range(len(members)), weights)[0]
    name, content = members[at]
    how = rng.randrange(14)
    if how == 0:
        del members[at]
    elif how == 1:
        members[at] = (rng.choice((name.replace(".npy", "x.npy"), "../x", "a\x07b.npy", "x" * 3000)), content)
    elif how == 2:
        members.append((name, content))
    elif how == 3:
        members.append(("unknown.npy", packed_array(np.arange(3))))
    elif how == 4:
        members[at] = (name, members[rng.randrange(len(members))][1])
    else:
        members[at] = (name, change(name, content))
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", rng.choice((0, zipfile.ZIP_DEFLATED))) as file:
        warnings.simplefilter("ignore")
        for each, body in members:
            file.writestr(each, body)
    return out.getvalue()


def of_npz(rng, data):
    """An archive of arrays, the manifest of hwsim among them."""

    def change(name, content):
        how = rng.randrange(10)
        if how == 0:
            return raw(rng, content)
        if how == 1:
            return _header(rng, content)
        if how == 2:
            return packed_array(np.array([{"a": 1}, None], dtype=object))
        if name != "manifest.npy":
            return packed_array(_array(rng, np.load(io.BytesIO(content))))
        held = json.loads(str(np.load(io.BytesIO(content))))
        made = tree(rng, held) if how > 3 else rng.choice((None, [], "x", 3, {}, [held], {"format": held["format"]}))
        return packed_array(np.array(_dumped(rng, made)))

    return zipped(rng, data, change)


def of_zip(rng, data):
    """A zip of other files, some of them JSON."""

    def change(name, content):
        if content[:1] in (b"{", b"[") and rng.random() < 0.7:
            return of_json(rng, content)
        if content[:1] == b"\x93" and rng.random() < 0.7:
            return of_npy(rng, content)
        return headed(rng, content) if content.startswith(b"DIMOD") else raw(rng, content)

    return zipped(rng, data, change)


def headed(rng, data):
    """A file of dimod: a mark, the length of a header of JSON, the header, numbers."""
    found = re.search(rb"\{.*?\}", data[:2000], re.DOTALL)
    if found is None or rng.random() < 0.5:
        return raw(rng, data)
    head = of_json(rng, found.group()) if _is_json(found.group()) else text(rng, found.group())
    made = head.ljust(len(found.group())) if rng.random() < 0.8 else head
    return data[: found.start()] + made + data[found.end() :]


def _is_json(data):
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def of_sqlite(rng, data):
    """A database in which a value is another one; rows and tables may be lost."""
    if rng.random() < 0.2:
        return raw(rng, data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.db")
        path.write_bytes(data)
        db = sqlite3.connect(path, isolation_level=None)
        try:
            _change_database(rng, db)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            db.close()
        return path.read_bytes()


def _change_database(rng, db):
    db.text_factory = lambda held: held.decode("utf-8", "surrogateescape")
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    table = rng.choice(tables)
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    column = rng.choice(columns)
    keys = columns[:2] if table != "points" else columns[:1]
    rows = db.execute(f"SELECT {', '.join(keys)}, {column} FROM {table}").fetchall()
    how = rng.randrange(12)
    if how == 0:
        db.execute(rng.choice((f"DROP TABLE {table}", f"DELETE FROM {table}", "PRAGMA user_version = 99")))
        return
    if how == 1:
        db.execute(rng.choice((f"ALTER TABLE {table} RENAME TO other", f"ALTER TABLE {table} ADD COLUMN more TEXT")))
        return
    if not rows:
        return
    *key, value = rng.choice(rows)
    where = " AND ".join(f"{name} = ?" for name in keys)
    if how == 2:
        db.execute(f"DELETE FROM {table} WHERE {where}", key)
        return
    made = rng.choice((None, 0, -1, 2**62, 1.5, "", "x", b"\x00\xff", "a\x07b", "[" * 20000, "{}", "[]", "null"))
    if how > 4 and isinstance(value, str) and _is_json(value.encode()):
        made = _dumped(rng, tree(rng, json.loads(value))).encode("utf-8", "replace").decode()
    elif how > 4 and isinstance(value, bytes):
        made = raw(rng, value)
    db.execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {where}", [made, *key])


def binary(rng, data):
    """Any other file."""
    return raw(rng, data)


def either(rng, data):
    """A file of text, by the word or by the byte."""
    return raw(rng, data) if rng.random() < 0.2 else text(rng, data)


KINDS = {
    "text": either,
    "json": of_json,
    "toml": of_toml,
    "npy": of_npy,
    "npz": of_npz,
    "zip": of_zip,
    "headed": headed,
    "binary": binary,
    "sqlite": of_sqlite,
}


def mutated(rng, kind, data):
    """``data`` of a file of ``kind`` after one change, rarely several."""
    for _ in range(rng.choice((1, 1, 1, 1, 2))):
        try:
            data = KINDS[kind](rng, data)
        except Exception:  # the change before left nothing of the kind
            data = raw(rng, data)
    return data
