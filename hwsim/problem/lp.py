"""LP files: an objective, linear constraints, bounds, binary and integer variables, as CPLEX and others write them.

Enters: the text of a file. Leaves: a dimod ConstrainedQuadraticModel and whether its objective is to be maximised. One
parser reads everything, and what it does not understand is refused with its line. dimod writes such files; its own
reader leaves out an objective whose keyword it does not know, and does not tell the sense.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from hwsim.errors import ReadError
from hwsim.text import real

_SECTIONS = (
    ("maximise", r"max(?:imi[sz]e|imum)?"),
    ("minimise", r"min(?:imi[sz]e|imum)?"),
    ("constraints", r"subject\s+to:?|such\s+that:?|s\.t\.:?|st\.?:?"),
    ("bounds", r"bounds?"),
    ("binary", r"binar(?:y|ies)|bin"),
    ("integer", r"generals?|gen|integers?|int"),
    ("end", r"end"),
    ("unread", r"semi-continuous|semis?|sos[12]?|lazy\s+constraints|user\s+cuts|pwlobj"),
)
_OBJECTIVES = ("maximise", "minimise")
_SECTION = re.compile("|".join(f"(?P<{name}>{words})" for name, words in _SECTIONS), re.IGNORECASE)
_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_!\"#$%&(),;?@'{}~][\w!\"#$%&(),.;?@'{}~]*(?:\[[\w,.]*\])*)"
    r"|(?P<sense><=|=<|>=|=>|<|>|=)"
    r"|(?P<sign>[+*/^:\[\]-])"
)
_SENSES = {"<=": "<=", "=<": "<=", "<": "<=", ">=": ">=", "=>": ">=", ">": ">=", "=": "=="}
_FLIPPED = {"<=": ">=", ">=": "<=", "==": "=="}
_INFINITE = ("inf", "infinity")


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


@dataclass
class _Expression:
    """A sum of terms. quadratic : {(u, v): coefficient}, u = v a square."""

    linear: dict[str, float] = field(default_factory=dict)
    quadratic: dict[tuple[str, str], float] = field(default_factory=dict)
    constant: float = 0.0


@dataclass
class _Model:
    """What has been read. bounds : {name: [low, high]};  kinds : {name: BINARY or INTEGER}, in order of the file."""

    variables: dict[str, None] = field(default_factory=dict)
    objective: _Expression = field(default_factory=_Expression)
    maximised: bool = False
    constraints: dict[Any, tuple[_Expression, str, float]] = field(default_factory=dict)
    bounds: dict[str, list[float]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


def read_lp(path: Path, text: str) -> tuple[Any, bool]:
    """(dimod ConstrainedQuadraticModel to be minimised, whether the file maximises). Raises ReadError."""
    model = _Model()
    for name, line, tokens in _sections(path, text):
        reader = _Reader(path, tokens, line, model)
        if name in _OBJECTIVES:
            model.maximised = name == "maximise"
            reader.objective()
        elif name == "constraints":
            reader.constraints()
        elif name == "bounds":
            reader.bounds()
        else:
            reader.kinds("BINARY" if name == "binary" else "INTEGER")
    try:
        return _to_dimod(path, model), model.maximised
    except ReadError:
        raise
    except (ValueError, TypeError):
        raise ReadError(f"{path} is no model that dimod holds: a name or a number is beyond what it takes") from None


def _sections(path: Path, text: str) -> Iterator[tuple[str, int, list[_Token]]]:
    """(name, line, tokens) of each section, in order: an objective first, ``End`` last."""
    name, start, ended = "", 0, False
    tokens: list[_Token] = []
    for k, line in enumerate(text.split("\n"), 1):
        rest = line.partition("\\")[0].strip()
        if not rest:
            continue
        if ended:
            raise ReadError(f"{path} line {k}: nothing may follow End, got {rest[:60]!r}")
        found = _SECTION.match(rest)
        if found and (found.end() == len(rest) or rest[found.end()].isspace()):
            if name:
                yield name, start, tokens
            new = found.lastgroup or ""
            _check_order(path, k, name, new, found.group())
            name, start, tokens, rest = new, k, [], rest[found.end() :]
            ended = new == "end"
            if ended and rest.strip():
                raise ReadError(f"{path} line {k}: nothing may follow End, got {rest.strip()[:60]!r}")
        if not name:
            raise ReadError(f"{path} line {k}: an LP file begins with Maximize or Minimize, got {rest[:60]!r}")
        tokens += _tokens(path, k, rest)
    if not ended:
        raise ReadError(f"{path} has no End: it may be cut short")


def _check_order(path: Path, line: int, before: str, new: str, words: str) -> None:
    if new == "unread":
        raise ReadError(f"{path} line {line}: the section {words!r} is not read")
    if (new in _OBJECTIVES) != (before == ""):
        if before:
            raise ReadError(f"{path} line {line}: a second objective")
        raise ReadError(f"{path} line {line}: an LP file begins with Maximize or Minimize, got {words!r}")


def _tokens(path: Path, line: int, text: str) -> list[_Token]:
    tokens, place = [], 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        found = _TOKEN.match(text, place)
        if found is None:
            raise ReadError(f"{path} line {line}: cannot read {text[place : place + 20]!r}")
        tokens.append(_Token(found.lastgroup or "", found.group(), line))
        place = found.end()
    return tokens


class _Reader:
    """Reads the tokens of one section into a model."""

    def __init__(self, path: Path, tokens: list[_Token], line: int, model: _Model) -> None:
        self.path, self.tokens, self.line, self.model = path, tokens, line, model
        self.at = 0

    def refuse(self, wanted: str) -> ReadError:
        if self.at < len(self.tokens):
            token = self.tokens[self.at]
            return ReadError(f"{self.path} line {token.line}: expected {wanted}, got {token.text[:60]!r}")
        line = self.tokens[-1].line if self.tokens else self.line
        return ReadError(f"{self.path} line {line}: expected {wanted} before the end of the section")

    def peek(self, ahead: int = 0) -> _Token:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else _Token("", "", 0)

    def take(self, text: str) -> bool:
        if self.peek().text != text:
            return False
        self.at += 1
        return True

    def name(self) -> str:
        token = self.peek()
        if token.kind != "name":
            raise self.refuse("a name")
        self.at += 1
        self.model.variables.setdefault(token.text)
        return token.text

    def number(self) -> float | None:
        token = self.peek()
        if token.kind != "number":
            return None
        self.at += 1
        return real(self.path, token.line, token.text)

    def signs(self) -> float | None:
        """The product of the signs that come next, None without one."""
        sign = None
        while self.peek().text in ("+", "-"):
            sign = (1.0 if sign is None else sign) * (-1.0 if self.peek().text == "-" else 1.0)
            self.at += 1
        return sign

    def label(self) -> str | None:
        if self.peek().kind == "name" and self.peek(1).text == ":":
            self.at += 2
            return self.peek(-2).text
        return None

    def expression(self, *, halved: bool = False, right: bool = False) -> _Expression:
        """A sum of terms, up to a comparison or the end of the section. halved : a quadratic part must be divided by 2,
        as in objectives;  right : it is the right side of ``5 >= x + y``, and ends also where a sign is missing"""
        made = _Expression()
        first = True
        while self.at < len(self.tokens) and self.peek().kind != "sense":
            start, sign = self.at, self.signs()
            if right and ((sign is None and not first) or self.peek(1).text == ":"):
                self.at = start
                break
            if sign is None and not first:
                raise self.refuse("a sign or a comparison")
            self.term(made, 1.0 if sign is None else sign, halved)
            first = False
        if right and not (made.linear or made.quadratic):
            raise self.refuse("a variable in the constraint")
        return made

    def term(self, made: _Expression, sign: float, halved: bool) -> None:
        if self.take("["):
            self.quadratic(made, sign, halved)
            return
        number = self.number()
        times = number is not None and self.take("*")
        if self.peek().kind == "name":
            name = self.name()
            made.linear[name] = made.linear.get(name, 0.0) + sign * (1.0 if number is None else number)
        elif number is not None and not times:
            made.constant += sign * number
        else:
            raise self.refuse("a number or a name")

    def quadratic(self, made: _Expression, sign: float, halved: bool) -> None:
        terms: dict[tuple[str, str], float] = {}
        first = True
        while not self.take("]"):
            own = self.signs()
            if own is None and not first:
                raise self.refuse("a sign or ]")
            number = self.number()
            u = self.name()
            if self.take("^"):
                if not self.take("2"):
                    raise self.refuse("the power 2")
                v = u
            elif self.take("*"):
                v = self.name()
            else:
                raise self.refuse("^ 2 or * and a name")
            key = (v, u) if (v, u) in terms else (u, v)
            factor = (1.0 if own is None else own) * (1.0 if number is None else number)
            terms[key] = terms.get(key, 0.0) + factor
            first = False
        if halved and not (self.take("/") and self.take("2")):
            raise self.refuse("/ 2 after the quadratic part of an objective")
        for (u, v), value in terms.items():
            key = (v, u) if (v, u) in made.quadratic else (u, v)
            made.quadratic[key] = made.quadratic.get(key, 0.0) + sign * value / (2.0 if halved else 1.0)

    def objective(self) -> None:
        self.label()
        self.model.objective = self.expression(halved=True)
        if self.at < len(self.tokens):
            raise self.refuse("a sign or the next section")

    def constraints(self) -> None:
        while self.at < len(self.tokens):
            label = self.label()
            key = len(self.model.constraints) if label is None else label
            if key in self.model.constraints:
                raise ReadError(f"{self.path} line {self.peek(-1).line}: a second constraint is called {key}")
            left = self.expression()
            sense = self.sense()
            if left.linear or left.quadratic:
                right = self.value()
            else:
                left, right, sense = self.expression(right=True), left.constant, _FLIPPED[sense]
            if self.peek().kind == "sense":
                raise self.refuse("one comparison in a constraint")
            self.model.constraints[key] = (left, sense, right)

    def sense(self) -> str:
        token = self.peek()
        if token.kind != "sense":
            raise self.refuse("a comparison")
        self.at += 1
        return _SENSES[token.text]

    def value(self, *, infinite: bool = False) -> float:
        """A number with its sign. infinite : ``inf`` will do."""
        sign = self.signs()
        if infinite and self.peek().text.lower() in _INFINITE:
            self.at += 1
            return float("inf") * (1.0 if sign is None else sign)
        number = self.number()
        if number is None:
            raise self.refuse("a number")
        if self.peek().kind == "name" and self.peek(1).text != ":" and not infinite and self.same_line():
            raise self.refuse("a number alone on the right side")
        if self.peek().text in ("+", "-", "*", "/", "^", "[") and self.same_line():
            raise self.refuse("a number alone on the right side")
        return (1.0 if sign is None else sign) * number

    def same_line(self) -> bool:
        return self.peek().line == self.peek(-1).line

    def bounds(self) -> None:
        while self.at < len(self.tokens):
            low, high = None, None
            if self.peek().kind == "name" and self.peek().text.lower() not in _INFINITE:
                name = self.name()
                if self.peek().text.lower() == "free":
                    self.at += 1
                    low, high = float("-inf"), float("inf")
                else:
                    low, high = self.side(self.sense(), self.value(infinite=True))
            else:
                value = self.value(infinite=True)
                low, high = self.side(_FLIPPED[self.sense()], value)
                name = self.name()
                if self.peek().kind == "sense":
                    other = self.side(self.sense(), self.value(infinite=True))
                    low, high = (a if a is not None else b for a, b in zip((low, high), other, strict=True))
            kept = self.model.bounds.setdefault(name, [0.0, float("inf")])
            kept[0] = kept[0] if low is None else low
            kept[1] = kept[1] if high is None else high

    def side(self, sense: str, value: float) -> tuple[float | None, float | None]:
        """(low, high) of ``x sense value``."""
        return (None if sense == "<=" else value), (None if sense == ">=" else value)

    def kinds(self, kind: str) -> None:
        while self.at < len(self.tokens):
            line, name = self.peek().line, self.name()
            if self.model.kinds.get(name, kind) != kind:
                raise ReadError(f"{self.path} line {line}: {name} is both binary and integer")
            self.model.kinds[name] = kind


def _to_dimod(path: Path, model: _Model) -> Any:
    import dimod

    cqm: Any = dimod.ConstrainedQuadraticModel()
    fixed = _fixed(model)
    for name in model.variables:
        if name in fixed:
            continue
        low, high = model.bounds.get(name, [0.0, float("inf")])
        kind = model.kinds.get(name, "REAL")
        if not low <= high:
            raise ReadError(f"{path} gives {name} the bounds {low:g} to {high:g}, which no number meets")
        if kind == "BINARY":
            if name in model.bounds and not (low <= 0 and high >= 1):
                raise ReadError(f"{path} says that {name} is binary and between {low:g} and {high:g}: keep one")
            cqm.add_variable(kind, name)
        else:
            limit = 1e30 if kind == "REAL" else 2.0**53 - 1
            cqm.add_variable(kind, name, lower_bound=max(low, -limit), upper_bound=min(high, limit))
    sign = -1.0 if model.maximised else 1.0
    cqm.set_objective(_terms(model, model.objective, sign, fixed))
    for label, (left, sense, right) in model.constraints.items():
        cqm.add_constraint_from_iterable(_terms(model, left, 1.0, fixed), sense, right, label=label)
    return cqm


def _fixed(model: _Model) -> dict[str, float]:
    """{name: value} of the continuous variables that bounds fix: Gurobi and SCIP write the constant of an objective as
    one, as in ``3 Constant`` with the bound ``Constant = 1``."""
    held = {name: bounds for name, bounds in model.bounds.items() if name not in model.kinds}
    return {name: low for name, (low, high) in held.items() if low == high}


def _terms(model: _Model, made: _Expression, sign: float, fixed: dict[str, float]) -> list[tuple]:
    """dimod's terms; the square of a binary variable is the variable, and a variable in ``fixed`` is its value."""
    linear, constant = dict(made.linear), made.constant
    terms: list[tuple] = []
    for (u, v), value in made.quadratic.items():
        if u in fixed:
            u, v = v, u
        if v in fixed:
            linear[u] = linear.get(u, 0.0) + value * fixed[v]
        elif u == v and model.kinds.get(u) == "BINARY":
            linear[u] = linear.get(u, 0.0) + value
        else:
            terms.append((u, v, sign * value))
    constant += sum(value * fixed[name] for name, value in linear.items() if name in fixed)
    terms = [(name, sign * value) for name, value in linear.items() if name not in fixed] + terms
    return [*terms, (sign * constant,)] if constant else terms
