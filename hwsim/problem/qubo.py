"""qbsolv's QUBO files: ``p qubo TOPOLOGY maxNodes nDiagonals nElements``, then ``i j value``; i = j is a bias.

Enters: the text of a file. Leaves: a Problem. Comments ``c offset : X`` and ``c scale : X``, which bqpjson writes,
count: E = scale (sum Q x x + offset). A node below maxNodes that no line names is no variable, and the reading says so.
"""

import re
from pathlib import Path

from hwsim.errors import ReadError
from hwsim.problem.problem import Problem
from hwsim.text import count, real, stem

_COMMENT = re.compile(r"c\s+(offset|scale)\s*[:=\s]\s*(.*)", re.IGNORECASE)


def is_qubo(text: str) -> bool:
    """Whether a line of ``text`` begins with ``p qubo``."""
    return re.search(r"^p[ \t]+qubo\b", text, re.MULTILINE) is not None


def read_qubo(path: Path, text: str) -> Problem:
    """The problem in a qbsolv file. Raises ReadError, also for a file with fewer or more lines than it promises."""
    import dimod

    header: tuple[int, int, int] | None = None
    linear: dict[int, float] = {}
    quadratic: dict[tuple[int, int], float] = {}
    said: dict[str, float] = {}
    for k, line in enumerate(text.split("\n"), 1):
        parts = line.split()
        if not parts:
            continue
        if parts[0][0] in "cC":
            _comment(path, k, line.strip(), said)
        elif parts[0] == "p":
            if header is not None:
                raise ReadError(f"{path} line {k}: a second 'p' line")
            if len(parts) != 6 or parts[1] != "qubo":
                raise ReadError(f"{path} line {k}: the header must be 'p qubo 0 maxNodes nDiagonals nElements'")
            header = (count(path, k, parts[3]), count(path, k, parts[4]), count(path, k, parts[5]))
        elif header is None or len(parts) != 3:
            raise ReadError(f"{path} line {k}: expected a header and then 'i j value', got {line.strip()[:60]!r}")
        else:
            _entry(path, k, parts, header[0], linear, quadratic)
    if header is None:
        raise ReadError(f"{path} has no 'p qubo' line")
    for what, promised, found in (("diagonals", header[1], linear), ("elements", header[2], quadratic)):
        if len(found) != promised:
            raise ReadError(f"{path} promises {promised} {what}, found {len(found)}")
    bqm = dimod.BinaryQuadraticModel(linear, quadratic, said.get("offset", 0.0), "BINARY")
    bqm.scale(said.get("scale", 1.0))
    return Problem(bqm=bqm, name=stem(path), kind="qubo", reading=_unnamed(header[0], bqm.num_variables))


def _comment(path: Path, line: int, text: str, said: dict[str, float]) -> None:
    """An offset or a scale, put into ``said``."""
    found = _COMMENT.fullmatch(text)
    if found is None:
        return
    word = found.group(1).lower()
    if word in said:
        raise ReadError(f"{path} line {line}: a second {word}")
    said[word] = real(path, line, found.group(2))
    if word == "scale" and not said[word] > 0:
        raise ReadError(f"{path} line {line}: the scale must be > 0, got {found.group(2)}")


def _entry(
    path: Path,
    line: int,
    parts: list[str],
    nodes: int,
    linear: dict[int, float],
    quadratic: dict[tuple[int, int], float],
) -> None:
    i, j, value = count(path, line, parts[0]), count(path, line, parts[1]), real(path, line, parts[2])
    if max(i, j) >= nodes:
        raise ReadError(f"{path} line {line}: node outside 0..{nodes - 1}")
    key = (min(i, j), max(i, j))
    if (i in linear) if i == j else (key in quadratic):
        raise ReadError(f"{path} line {line}: the entry {i} {j} is given twice")
    if i == j:
        linear[i] = value
    else:
        quadratic[key] = value


def _unnamed(nodes: int, named: int) -> str | None:
    if named == nodes:
        return None
    return f"a QUBO of {named} variables: no line names the other {nodes - named} of the {nodes} nodes"
