"""Invertible logic: circuits whose valid states are the ground states of an Ising network, run in any direction.

Gates are three- to five-spin Hamiltonians over named wires; a circuit is their sum. A clamp fixes wires, and the
others settle to values consistent with them: forwards, backwards or sideways (Camsari et al., PRX 7, 031014 (2017)).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hwsim.errors import InputError


@dataclass(frozen=True)
class Gate:
    """h by port and J by pair of ports, dimod's sign, integers; ``least`` : energy of every valid state; ``valid`` :
    the rows of the truth table, in the order of the ports."""

    ports: tuple[str, ...]
    h: Mapping[str, int]
    j: Mapping[tuple[str, str], int]
    least: int
    valid: frozenset[tuple[int, ...]]


def _table(n: int, rule: Any) -> frozenset[tuple[int, ...]]:
    """Rows of 0 and 1: all inputs, each with the outputs of ``rule``."""
    rows = set()
    for k in range(2**n):
        bits = tuple((k >> i) & 1 for i in range(n))
        rows.add(bits + tuple(rule(*bits)))
    return frozenset(rows)


GATES = {
    "copy": Gate(("a", "c"), {}, {("a", "c"): -1}, -1, _table(1, lambda a: (a,))),
    "not": Gate(("a", "c"), {}, {("a", "c"): 1}, -1, _table(1, lambda a: (1 - a,))),
    "and": Gate(
        ("a", "b", "c"),
        {"a": -1, "b": -1, "c": 2},
        {("a", "b"): 1, ("a", "c"): -2, ("b", "c"): -2},
        -3,
        _table(2, lambda a, b: (a & b,)),
    ),
    "or": Gate(
        ("a", "b", "c"),
        {"a": 1, "b": 1, "c": -2},
        {("a", "b"): 1, ("a", "c"): -2, ("b", "c"): -2},
        -3,
        _table(2, lambda a, b: (a | b,)),
    ),
    "nand": Gate(
        ("a", "b", "c"),
        {"a": -1, "b": -1, "c": -2},
        {("a", "b"): 1, ("a", "c"): 2, ("b", "c"): 2},
        -3,
        _table(2, lambda a, b: (1 - (a & b),)),
    ),
    "nor": Gate(
        ("a", "b", "c"),
        {"a": 1, "b": 1, "c": 2},
        {("a", "b"): 1, ("a", "c"): 2, ("b", "c"): 2},
        -3,
        _table(2, lambda a, b: (1 - (a | b),)),
    ),
    # a + b = s + 2 c: the square of the difference, in spins, has its zeros at the truth table
    "half-adder": Gate(
        ("a", "b", "s", "c"),
        {"a": -1, "b": -1, "s": 1, "c": 2},
        {("a", "b"): 1, ("a", "s"): -1, ("a", "c"): -2, ("b", "s"): -1, ("b", "c"): -2, ("s", "c"): 2},
        -4,
        _table(2, lambda a, b: ((a + b) & 1, (a + b) >> 1)),
    ),
    # a + b + d = s + 2 c in the same way; that holds in spins too, so there is no field
    "full-adder": Gate(
        ("a", "b", "d", "s", "c"),
        {},
        {
            ("a", "b"): 1,
            ("a", "d"): 1,
            ("b", "d"): 1,
            ("a", "s"): -1,
            ("b", "s"): -1,
            ("d", "s"): -1,
            ("a", "c"): -2,
            ("b", "c"): -2,
            ("d", "c"): -2,
            ("s", "c"): 2,
        },
        -4,
        _table(3, lambda a, b, d: ((a + b + d) & 1, (a + b + d) >> 1)),
    ),
}
"""Gates by name. XOR, which three spins cannot hold, is the sum of a half adder (see `Circuit.add`)."""


@dataclass
class Circuit:
    """Gates over wires. words : {name: wires, the lowest bit first};  gates : (kind, {port: wire})."""

    words: dict[str, list[str]] = field(default_factory=dict)
    gates: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def add(self, kind: str, **wires: str) -> None:
        """One more gate, a wire for each of its ports; "xor" has the ports a, b, c and makes an auxiliary wire, the
        carry of its half adder. Raises InputError for an unknown kind or a missing port."""
        if kind == "xor" and set(wires) == {"a", "b", "c"}:
            kind, wires = "half-adder", {"a": wires["a"], "b": wires["b"], "s": wires["c"], "c": f"{wires['c']}.carry"}
        if kind == "xor":
            raise InputError(f"gate xor has the ports a, b, c, got {', '.join(wires)}")
        if kind not in GATES:
            raise InputError(f"gate must be one of {', '.join([*GATES, 'xor'])}, got {kind!r}")
        if set(wires) != set(GATES[kind].ports):
            raise InputError(f"gate {kind} has the ports {', '.join(GATES[kind].ports)}, got {', '.join(wires)}")
        self.gates.append((kind, wires))

    @property
    def least_energy(self) -> int:
        """Energy of every consistent state."""
        return sum(GATES[kind].least for kind, _ in self.gates)

    def bqm(self) -> Any:
        """The circuit as a dimod spin model over its wires, +1 for 1."""
        import dimod

        made = dimod.BinaryQuadraticModel("SPIN")
        for kind, wires in self.gates:
            for port in GATES[kind].ports:
                made.add_linear(wires[port], GATES[kind].h.get(port, 0))
            for (p, q), value in GATES[kind].j.items():
                if wires[p] == wires[q]:
                    made.offset += value
                else:
                    made.add_quadratic(wires[p], wires[q], value)
        return made

    def broken(self, values: Mapping[str, int]) -> list[str]:
        """Gates, by kind and wires, that ``values`` {wire: 0 or 1} do not satisfy."""
        out = []
        for kind, wires in self.gates:
            if tuple(int(values[wires[port]]) for port in GATES[kind].ports) not in GATES[kind].valid:
                out.append(f"{kind}({', '.join(wires[port] for port in GATES[kind].ports)})")
        return out

    def word(self, name: str, values: Mapping[str, int]) -> int:
        """The number that the wires of a word hold."""
        return sum(int(values[wire]) << k for k, wire in enumerate(self.words[name]))


def adder(n: int) -> Circuit:
    """a + b = s: ``n`` bits each, n + 1 in the sum; ripple carry."""
    if n < 1:
        raise InputError(f"an adder needs n >= 1 bits, got {n}")
    made = Circuit(
        {"a": [f"a{k}" for k in range(n)], "b": [f"b{k}" for k in range(n)], "s": [f"s{k}" for k in range(n)]}
    )
    made.words["s"].append(f"c{n}")
    made.add("half-adder", a="a0", b="b0", s="s0", c="c1")
    for k in range(1, n):
        made.add("full-adder", a=f"a{k}", b=f"b{k}", d=f"c{k}", s=f"s{k}", c=f"c{k + 1}")
    return made


def multiplier(n: int, m: int) -> Circuit:
    """a b = p: ``n`` and ``m`` bits, n + m in the product; rows of AND gates, added one after the other."""
    if n < 1 or m < 1:
        raise InputError(f"a multiplier needs words of at least one bit, got {n} and {m}")
    made = Circuit({"a": [f"a{k}" for k in range(n)], "b": [f"b{k}" for k in range(m)], "p": []})
    row = []
    for i in range(n):
        made.add("and", a=f"a{i}", b="b0", c=f"x{i}_0")
        row.append(f"x{i}_0")
    for j in range(1, m):
        made.words["p"].append(row[0])
        rest, new = row[1:], []
        carry: str | None = None
        for i in range(n):
            part = f"x{i}_{j}"
            made.add("and", a=f"a{i}", b=f"b{j}", c=part)
            above = rest[i] if i < len(rest) else None
            ends = [wire for wire in (part, above, carry) if wire is not None]
            total, over = f"t{i}_{j}", f"c{i}_{j}"
            if len(ends) == 3:
                made.add("full-adder", a=ends[0], b=ends[1], d=ends[2], s=total, c=over)
            elif len(ends) == 2:
                made.add("half-adder", a=ends[0], b=ends[1], s=total, c=over)
            else:
                total = ends[0]
            new.append(total)
            carry = over if len(ends) > 1 else None
        row = new + ([carry] if carry is not None else [])
    made.words["p"] += row
    return made


def clamped(circuit: Circuit, values: Mapping[str, int]) -> Any:
    """The circuit's spin model with words fixed: {word: number}. Raises InputError for a word or number not in it."""
    made = circuit.bqm()
    for name, number in values.items():
        if name not in circuit.words:
            raise InputError(f"the circuit has the words {', '.join(circuit.words)}, not {name!r}")
        wires = circuit.words[name]
        if not 0 <= number < 2 ** len(wires):
            raise InputError(f"{name} must be between 0 and {2 ** len(wires) - 1}, got {number}")
        for k, wire in enumerate(wires):
            if wire in made.variables:
                made.fix_variable(wire, 1 if (number >> k) & 1 else -1)
    return made


def solvable(circuit: Circuit, clamps: Mapping[str, int]) -> bool:
    """Whether some a and b agree with the clamps: a + b = s of an adder, a b = p of a multiplier. By trial."""
    result = "s" if "s" in circuit.words else "p"
    ranges = [[clamps[word]] if word in clamps else range(2 ** len(circuit.words[word])) for word in ("a", "b")]
    if result not in clamps:
        return True
    wanted = clamps[result]
    b_range = ranges[1]
    for a in ranges[0]:
        if result == "s":
            found = wanted - a in b_range
        else:
            found = (wanted == 0 and (a == 0 or 0 in b_range)) or (a > 0 and wanted % a == 0 and wanted // a in b_range)
        if found:
            return True
    return False


def words_of(circuit: Circuit, labels: list, states: Any, clamps: Mapping[str, int]) -> list[tuple[dict, int, bool]]:
    """[(numbers by word, how often, whether every gate holds)] of states (reads, n) of +-1, the most frequent first."""
    counts: dict[tuple, list] = {}
    for row in states:
        wires = read_out(circuit, dict(zip(labels, row.tolist(), strict=True)), clamps)
        numbers = {name: circuit.word(name, wires) for name in circuit.words}
        entry = counts.setdefault(tuple(numbers.values()), [numbers, 0, False])
        entry[1] += 1
        entry[2] = entry[2] or not circuit.broken(wires)
    return sorted(map(tuple, counts.values()), key=lambda entry: -entry[1])  # type: ignore[arg-type]


def read_out(circuit: Circuit, sample: Mapping[str, int], values: Mapping[str, int]) -> dict[str, int]:
    """{wire: 0 or 1} of all wires, from a sample of the clamped model (+-1) and the clamps."""
    out = {str(wire): (1 if value > 0 else 0) for wire, value in sample.items()}
    for name, number in values.items():
        out |= {wire: (number >> k) & 1 for k, wire in enumerate(circuit.words[name])}
    return out
