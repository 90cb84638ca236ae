"""Lists of pairs: ``i j`` or ``i j value`` a line, with or without a line ``nodes edges`` before them.

Enters: the text of a file and, where the user says it, what the values mean. Leaves: a Problem. Such a list may hold
weights of a max-cut (rudy, G-set), couplings of spins, or a QUBO. A comment ``# vartype=SPIN`` or BINARY says which.
Without it a header, exactly its number of lines, nodes from 1 and no loop are a max-cut, as published graphs are;
whatever else can be read in two ways is refused with both. Fields stand between blanks, tabs, commas or semicolons. A
first line of titles (``source,target,weight``) is passed over, networkx's ``{'weight': 1}`` is the value, and nodes may
be words instead of numbers.
"""

import ast
import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.errors import ReadError
from hwsim.problem.carrier import WEIGHTS, Entries
from hwsim.problem.problem import Problem, check_size
from hwsim.problem.reading import SAY, read_as
from hwsim.text import count, ending, is_whole, real, stem, whole


@dataclass(frozen=True)
class Pairs:
    """The entries of a list. header : (nodes, edges) or None;  lines : of the file, one for each entry

    ends : [(i, j)], as in the file, numbers or words;  texts : their values as written, None where the line has none
    values : the same as numbers, a missing one 1
    """

    header: tuple[int, int] | None
    lines: list[int]
    ends: list[tuple[Any, Any]]
    texts: list[str | None]
    values: list[float]


def read_pairs(path: Path, text: str, as_: str | None) -> Problem:
    """The problem in a list of pairs. Raises ReadError."""
    body, vartype = _body(path, text)
    if not body:
        raise ReadError(f"{path} holds no terms")
    if vartype is not None and as_ not in (None, vartype):
        raise ReadError(
            f"{path} names its vartype, {'SPIN' if vartype == 'spin' else 'BINARY'}: --as {as_} contradicts"
        )
    pairs = _entries(path, body)
    reading = vartype or as_
    assumed = None
    if reading is None:
        _refuse_two_ways(path, pairs, body)
        reading = "max-cut"
        n, m = pairs.header or (0, 0)
        assumed = f"max-cut, for it has a line 'nodes edges' ({n} {m}), that many lines, nodes from 1 and no loop"
    problem = _cut(path, pairs) if reading == "max-cut" else _quadratic(path, pairs, reading)
    return problem if assumed is None else replace(problem, reading=assumed)


def _body(path: Path, text: str) -> tuple[list[tuple[int, list[str]]], str | None]:
    """(line, fields) of each line that is no comment, and the reading that a comment names."""
    body: list[tuple[int, list[str]]] = []
    vartype = None
    for k, line in enumerate(text.split("\n"), 1):
        entry, mark, comment = line.partition("#")
        fields = _fields(path, k, entry)
        if fields:
            if len(fields) not in (2, 3):
                tried = "" if body else " (no other format fits; hwsim formats lists all)"
                raise ReadError(f"{path} line {k}: expected 'i j' or 'i j value', got {entry.strip()[:60]!r}{tried}")
            body.append((k, fields))
        found = re.search(r"vartype[\"']?\s*[:=]\s*(.*)", comment, re.IGNORECASE) if mark else None
        if found:
            word = re.match(r"[<\"']*(?:\w+\.)*(SPIN|BINARY)\b", found.group(1), re.IGNORECASE)
            if word is None:
                raise ReadError(f"{path} line {k}: the vartype must be SPIN or BINARY, got {found.group(1)[:60]!r}")
            named = "spin" if word.group(1).upper() == "SPIN" else "qubo"
            if vartype not in (None, named):
                raise ReadError(f"{path} line {k}: a second vartype contradicts the first")
            vartype = named
    if body and all(_TITLE.fullmatch(word) for word in body[0][1]):
        del body[0]
    return body, vartype


"""The formats that the content of a file tells."""

_TITLE = re.compile(
    "i|j|k|u|v|w|q|h|row|col|column|source|target|from|to|node[12]|weight|value|coupling|jij", re.IGNORECASE
)
"""A word of a line of titles."""

_ATTRIBUTES = re.compile(r"(\S+?)[\s,]+(\S+?)[\s,]+(\{.*\})")


def _fields(path: Path, line: int, entry: str) -> list[str]:
    """The fields of a line; none for a comment of MATLAB or C."""
    entry = entry.strip()
    if entry.startswith(("%", "//")):
        return []
    found = _ATTRIBUTES.fullmatch(entry) if "{" in entry else None
    if found is None:
        return entry.replace(",", " ").replace(";", " ").split()
    try:
        data = ast.literal_eval(found.group(3))
        held = [data[key] for key in WEIGHTS if key in data]
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
        held = [None, None]
    if len(held) > 1 or (held and type(held[0]) not in (int, float)):
        raise ReadError(f"{path} line {line}: expected one weight in {found.group(3)[:60]!r}")
    return [found.group(1), found.group(2), *(repr(value) for value in held)]


def _are_words(path: Path, body: list[tuple[int, list[str]]]) -> bool:
    """Whether the nodes are words, which begin with a letter. Raises ReadError where only some are."""
    words = [(k, field) for k, fields in body for field in fields[:2] if field[0].isalpha() or field[0] == "_"]
    if words and len(words) < 2 * len(body):
        k, word = words[0]
        raise ReadError(f"{path} line {k}: {word[:60]!r} names a node where others are numbers")
    return bool(words)


def _entries(path: Path, body: list[tuple[int, list[str]]]) -> Pairs:
    """The header, where there is one, and the entries; each pair at most once."""
    words = _are_words(path, body)
    header = None if words else _header(path, body)
    if header is not None:
        n, m = header
        check_size(path, body[0][0], n)
        if len(body) - 1 != m:
            raise ReadError(f"{path} line {body[0][0]} promises {m} edges, found {len(body) - 1}")
        body = body[1:]
    elif _is_size(body):
        raise ReadError(
            f"{path} line {body[0][0]}: {' '.join(body[0][1])!r} may be a size 'rows columns entries' or an entry: "
            "write # before a size, and move an entry down"
        )
    pairs = Pairs(header, [], [], [], [])
    seen: dict[tuple[Any, Any], int] = {}
    for k, fields in body:
        i, j = (end if words else count(path, k, end) for end in fields[:2])
        key = (min(i, j), max(i, j))
        if key in seen:
            raise ReadError(f"{path} line {k}: the pair {i} {j} is already in line {seen[key]}")
        seen[key] = k
        pairs.lines.append(k)
        pairs.ends.append((i, j))
        pairs.texts.append(fields[2] if len(fields) == 3 else None)
        pairs.values.append(real(path, k, fields[2]) if len(fields) == 3 else 1.0)
    if header is not None and pairs.ends:
        _check_nodes(path, pairs, header[0])
    return pairs


def _header(path: Path, body: list[tuple[int, list[str]]]) -> tuple[int, int] | None:
    """(nodes, edges) of a first line of two numbers, unless it can only be an edge."""
    first, fields = body[0]
    if len(fields) != 2:
        for k, other in body:
            if len(other) == 2:
                raise ReadError(f"{path} line {k}: expected 'i j value' as in line {first}, got {' '.join(other)!r}")
        return None
    n, m = count(path, first, fields[0]), count(path, first, fields[1])
    if any(len(other) == 3 for _, other in body[1:]):
        return n, m
    nodes = (whole(path, k, field) for k, other in body[1:] for field in other)
    return (n, m) if max(nodes, default=0) <= n else None


def _is_size(body: list[tuple[int, list[str]]]) -> bool:
    """Whether the first line may be the size line of a Matrix Market file that lost its header."""
    n, columns, entries = body[0][1] if len(body[0][1]) == 3 else ("", "", "")
    if n != columns or entries != str(len(body) - 1) or not is_whole(n):
        return False
    return all(is_whole(end) and 1 <= int(end) <= int(n) for _, fields in body[1:] for end in fields[:2])


def _check_nodes(path: Path, pairs: Pairs, n: int) -> None:
    """Nodes are 1..n, or 0..n-1."""
    start = _start(pairs)
    for k, (i, j) in zip(pairs.lines, pairs.ends, strict=True):
        if max(i, j) >= start + n:
            raise ReadError(f"{path} line {k}: an edge joins nodes of {start}..{start + n - 1}, got {i} {j}")


def _start(pairs: Pairs) -> int:
    return 0 if any(0 in ends for ends in pairs.ends) else 1


def _refuse_two_ways(path: Path, pairs: Pairs, body: list[tuple[int, list[str]]]) -> None:
    """Raise ReadError unless the list is a max-cut by the established rule, and nothing else."""
    spins, note = "couplings of spins (-1 and +1), as a QUBO (0 and 1)", ""
    loop = next((k for k, (i, j) in zip(pairs.lines, pairs.ends, strict=True) if i == j), None)
    if ending(path) == ".coo":
        why, ways, options = (
            "it has no comment '# vartype=SPIN' or '# vartype=BINARY'",
            _two(spins),
            "spin or --as qubo",
        )
    elif loop is not None:
        why, ways, options = f"line {loop} joins a node to itself", _two(spins), "spin or --as qubo"
        note = "" if pairs.header is None else _BIQ_MAC
    elif pairs.header is None:
        why, ways, options = "it has no line 'nodes edges'", f"{spins} or as a max-cut", _ALL
    elif pairs.ends and _start(pairs) == 0:
        zero = next(k for k, ends in zip(pairs.lines, pairs.ends, strict=True) if 0 in ends)
        why, ways, options = f"its nodes count from 0 (line {zero})", f"{spins} or as a max-cut", _ALL
    else:
        other = _other_list(pairs)
        if other is None:
            return
        ways, why = f"the max-cut of a line 'nodes edges' and its edges or as {other}", f"line {body[0][0]} fits both"
        raise ReadError(f"{path} can be read as {ways} ({why}): --as max-cut chooses the first")
    raise ReadError(f"{path} can be read as {ways} ({why}): {SAY.format(options)}{note}")


_ALL = "spin, --as qubo or --as max-cut"
_BIQ_MAC = "; a list of Biq Mac ends in .sparse"


def _two(spins: str) -> str:
    return spins.replace(", as", " or as")


def _other_list(pairs: Pairs) -> str | None:
    """What else a list that looks like a max-cut may be, in words."""
    n, m = pairs.header or (0, 0)
    edges = {(min(ends), max(ends)) for ends in pairs.ends}
    if all(text is None for text in pairs.texts):
        nodes = {node for ends in pairs.ends for node in ends} | {n, m}
        # a header of fewer edges than nodes is rare; with more, the number of edges would be a node that no line names
        if 0 < m < n and (m, n) not in edges and nodes == set(range(1, n + 1)):
            return "edges from the first line on"
        if n == m and _neighbours(pairs, edges):
            return "the neighbours of each node in turn (METIS)"
        return None
    if pairs.values and not any(pairs.values):
        return "clauses that end in 0 (DIMACS without its line 'p cnf')"
    third = zip(pairs.ends, pairs.values, strict=True)
    if len(pairs.values) > 1 and all(i < j < abs(value) <= n and value.is_integer() for (i, j), value in third):
        return "clauses of three variables"
    return None


def _neighbours(pairs: Pairs, edges: set[tuple[int, int]]) -> bool:
    """Whether line k lists the neighbours of node k, and so another graph."""
    joined = [set(ends) for ends in pairs.ends]
    if any(k in ends or any(k not in joined[end - 1] for end in ends) for k, ends in enumerate(joined, 1)):
        return False
    return {(min(k, end), max(k, end)) for k, ends in enumerate(joined, 1) for end in ends} != edges


def _nodes(pairs: Pairs) -> list:
    """Nodes by the header, or in the order of the file."""
    if pairs.header is not None:
        return list(range(_start(pairs), _start(pairs) + pairs.header[0]))
    return list(dict.fromkeys(node for ends in pairs.ends for node in ends))


def _cut(path: Path, pairs: Pairs) -> Problem:
    for k, (i, j) in zip(pairs.lines, pairs.ends, strict=True):
        if i == j:
            raise ReadError(f"{path} line {k}: an edge of a max-cut joins two different nodes, got {i} {j}")
    return read_as(_entries_of(path, pairs), "max-cut", name=stem(path))


def _quadratic(path: Path, pairs: Pairs, reading: str) -> Problem:
    """Spins or a QUBO; i = j is a bias. dimod writes such text with six decimals and without the offset: a file whose
    every value looks like that is read with a warning, because digits may be gone."""
    if pairs.header is None and all(text is not None and re.fullmatch(r"-?\d+\.\d{6}", text) for text in pairs.texts):
        warnings.warn(
            f"{path} has six decimals everywhere: dimod's COO text rounds values and drops the offset", stacklevel=5
        )
    return read_as(_entries_of(path, pairs), reading, name=stem(path))


def _entries_of(path: Path, pairs: Pairs) -> Entries:
    nodes = _nodes(pairs)
    place = {node: k for k, node in enumerate(nodes)}
    ends = np.array([(place[i], place[j]) for i, j in pairs.ends], dtype=np.int64).reshape(-1, 2)
    return Entries(
        labels=nodes,
        rows=ends[:, 0],
        columns=ends[:, 1],
        values=np.array(pairs.values, dtype=np.float64),
        where=str(path),
        form="list",
        refuse=ReadError,
    )
