"""Leaves: each table, quantiser, random source and p-bit of a machine by itself, at every row of its table and with
random words on both sides of a threshold, which a run of any length may miss.

Enters: a Machine. Leaves: a testbench of its leaf modules, and cases of one clock each.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hwsim.cell.codes import SOURCES
from hwsim.cell.source import source_next, source_shown
from hwsim.rtl.activation import around_levels
from hwsim.rtl.activation_module import activation_ports, quantiser_ports
from hwsim.rtl.control_modules import anneal_ports
from hwsim.rtl.machine import PORT, Machine
from hwsim.rtl.pbit_module import pbit_name, pbit_ports, suffix
from hwsim.rtl.source_module import MODULES, seed_of, source_ports
from hwsim.rtl.testbench import SAYS
from hwsim.rtl.verilog import Port

_ALL_FIELDS = 4096
"""Fields of a quantiser up to which each is tried; of more, those beside its steps."""
_STEPS, _PBITS, _PATTERNS = 3, 6, 8
"""Steps of an anneal, p-bits of one module and states of their neighbours that are tried."""
_SOURCE_STEPS, _ALL_SLOTS = 32, 100_000
"""Steps of a random source, and the longest anneal, that are tried."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One clock of a leaf. inputs : value of each port, 0 where none is given;  outputs : wanted at its end, a port
    that is not named may have any value;  says : the case in words
    """

    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    says: str


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A module and its cases. inputs, outputs : (port, bits), clk apart;  has_clock : whether it has a port clk"""

    module: str
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[str, int], ...]
    cases: tuple[Case, ...]
    has_clock: bool

    def line(self, case: Case) -> str:
        """``case`` as the testbench reads it: inputs, outputs, and which bits of these count."""
        cared = {name: 2**bits - 1 for name, bits in self.outputs if name in case.outputs}
        return " ".join(
            f"{_packed(ports, values):x}"
            for ports, values in ((self.inputs, case.inputs), (self.outputs, case.outputs), (self.outputs, cared))
        )


def _leaf(module: str, ports: Sequence[Port], cases: Iterable[Case]) -> Leaf:
    inputs, outputs = (
        tuple((port.name, port.width) for port in ports if port.direction == direction and port.name != "clk")
        for direction in ("input", "output")
    )
    has_clock = any(port.name == "clk" for port in ports)
    return Leaf(module=module, inputs=inputs, outputs=outputs, cases=tuple(cases), has_clock=has_clock)


def _packed(ports: tuple[tuple[str, int], ...], values: Mapping[str, int]) -> int:
    made, place = 0, 0
    for name, bits in ports:
        made |= (values.get(name, 0) & (2**bits - 1)) << place
        place += bits
    return made


def header_of(text: str, module: str) -> str | None:
    """The ports of ``module`` in ``text``, as `bare` leaves them; None where there is no such module."""
    found = re.search(rf"\bmodule {re.escape(module)} ?\((.*?)\) ?;", bare(text))
    return None if found is None else found[1].strip()


def bare(text: str) -> str:
    """Verilog ``text`` without its comments, and one space wherever there are some."""
    return " ".join(re.sub(r"//[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL).split())


def leaves(machine: Machine) -> list[Leaf]:
    """The leaves of ``machine``: of each kind of device, and its random source."""
    found = [] if machine.source == PORT else [_source(machine)]
    for kind in range(len(machine.activations)):
        found.append(_activation(machine, kind))
        if not machine.activations[kind].over_field:
            found.append(_quantiser(machine, kind))
        for degree in np.unique(machine.program.network.degree[machine.kind == kind]).tolist():
            cases = _pbit_cases(machine, kind, degree)
            found.append(_leaf(pbit_name(machine, kind, degree), pbit_ports(machine, kind, degree), cases))
    if machine.is_annealed and machine.n_slots <= _ALL_SLOTS:
        found.append(_anneal(machine))
    return found


def _anneal(machine: Machine) -> Leaf:
    steps = np.searchsorted(machine.step_slots, np.arange(machine.n_slots + 2), side="right") - 1
    cases = [Case(inputs={"rst": 1}, outputs={"step": 0, "done": 0}, says="step or done is wrong after a reset")]
    for slot in range(1, machine.n_slots + 2):  # one beyond the end
        step, done = int(steps[slot]), int(slot >= machine.n_slots)
        says = f"the step is not {step} after {slot} slots, or done is wrong"
        cases.append(Case(inputs={"slot_end": 1}, outputs={"step": step, "done": done}, says=says))
    return _leaf("anneal", anneal_ports(machine), cases)


def _activation(machine: Machine, kind: int) -> Leaf:
    made = machine.activations[kind]
    of, stepped, cases = "field" if made.over_field else "level", len(made.words) > 1, []
    for k, words in enumerate(made.words.tolist()):
        swapped = [None] * len(words) if made.swapped is None else made.swapped[k].tolist()
        for value, word, swap in zip(made.integers.tolist(), words, swapped, strict=True):
            outputs = {"threshold": word} | ({} if swap is None else {"swap": int(swap)})
            at = f" in step {k}" if stepped else ""
            says = f"the threshold of {of} {value}{at} is not {word} of 2**{made.bits}"
            cases.append(Case(inputs={of: value, "step": k, "look_up": 1}, outputs=outputs, says=says))
    return _leaf(f"activation{suffix(machine, kind)}", activation_ports(machine, kind), cases)


def _quantiser(machine: Machine, kind: int) -> Leaf:
    made = machine.activations[kind]
    least, most = made.reach
    cases = []
    for k in range(len(made.shifts)):
        fields = np.arange(least, most + 1) if most - least < _ALL_FIELDS else around_levels(made, k)
        for field, level in zip(fields.tolist(), made.levels(fields, k).tolist(), strict=True):
            says = f"the level of field {field}{f' in step {k}' if len(made.shifts) > 1 else ''} is not {level}"
            cases.append(Case(inputs={"field": field, "step": k}, outputs={"level": level}, says=says))
    return _leaf(f"quantiser{suffix(machine, kind)}", quantiser_ports(machine, kind), cases)


def _source(machine: Machine) -> Leaf:
    code, shifts = SOURCES[machine.source], machine.program.noise.source_shifts
    cases = []
    for i in np.flatnonzero(machine.free)[:_PBITS].tolist():
        state = machine.source_states[i].copy()
        seed = seed_of(machine.source, state.tolist())
        for step in range(_SOURCE_STEPS):
            word = int(source_shown(code, state))
            says = f"the word after {step} updates from the seed {seed} is not {word}"
            cases.append(
                Case(inputs={"rst": int(step == 0), "enable": 1, "seed": seed}, outputs={"word": word}, says=says)
            )
            if step == 1:
                cases.append(Case(inputs={"seed": seed}, outputs={"word": word}, says="the word moves without enable"))
            source_next(code, shifts, state)
    return _leaf(MODULES[machine.source], source_ports(machine.source, machine.program.noise), cases)


def _pbit_cases(machine: Machine, kind: int, degree: int) -> Iterator[Case]:
    network, draw = machine.program.network, np.random.default_rng(kind)
    alike = np.flatnonzero((machine.kind == kind) & (network.degree == degree))
    some = alike[np.unique(np.linspace(0, len(alike) - 1, _PBITS).astype(int))].tolist()
    held = [(i, [-int(machine.whole.bias[i]), *(-machine.whole.weight[network.row(i)]).tolist()]) for i in some]
    if machine.is_writable:
        held.append((some[0], [-(2 ** (machine.weight_width - 1))] * (degree + 1)))
    patterns = np.concatenate((np.zeros((1, degree)), np.ones((1, degree)), draw.integers(0, 2, (_PATTERNS, degree))))
    patterns = np.unique(patterns.astype(np.int64), axis=0)
    steps = np.unique(np.linspace(0, max(1, len(machine.step_slots)) - 1, _STEPS).astype(int)).tolist()
    for i, (bias, *weights) in held:
        if machine.is_writable:
            for k, value in enumerate((bias, *weights)):
                yield Case(inputs={"store": 1, "register_number": k, "data": value}, outputs={}, says="")
            fixed = {}
        else:
            fixed = {"bias": bias} | {f"weight_{k}": weight for k, weight in enumerate(weights)}
        for pattern in patterns.tolist():
            field = bias + sum(w if up else -w for w, up in zip(weights, pattern, strict=True))
            seen = fixed | {f"neighbour_{k}": up for k, up in enumerate(pattern)}
            for step in steps:
                yield from _decisions(machine, kind, i, field, seen | {"step": step})


def _decisions(machine: Machine, kind: int, i: int, field: int, given: dict[str, int]) -> Iterator[Case]:
    """A p-bit like ``i`` at ``field`` with the random words next to its threshold."""
    bits = machine.activations[kind].bits
    (threshold, swap), every = machine.decision(i, field, given["step"]), 2**bits - 1
    unit = 2 ** max(0, bits - 16) if machine.source == "lfsr16" and not machine.words_enter else 1
    first = unit - 1 if swap else 0  # the least word that the source can show, as it is compared
    below = (threshold - first - 1) // unit * unit + first
    for compared in (below, below + unit):
        if not 0 <= compared <= every:
            continue
        word, up = compared ^ every if swap else compared, int(compared < threshold)
        says = (
            f"at field {field}, threshold {threshold} and random word {word} of 2**{bits}, the state is not "
            f"{2 * up - 1:+d}"
        )
        source = {"random": word, "seed": _seed(machine.source, word << (32 - bits))}
        start = given | source | {"initial_state": 1 - up}
        yield Case(inputs=start | {"rst": 1}, outputs={"state": 1 - up}, says="a reset leaves another state")
        if machine.table == "block":
            yield Case(inputs=start | {"look_up": 1}, outputs={"state": 1 - up}, says="the state changes at look_up")
        yield Case(inputs=start | {"update": 1, "slot_end": 1}, outputs={"state": up}, says=says)


def _seed(source: str, word: int) -> int:
    """A state of ``source`` that shows the 32-bit ``word``."""
    if source == PORT:
        return 0
    return seed_of(source, [word >> 16 if source == "lfsr16" else word, 1, 0, 0])


def bench(chosen: list[Leaf]) -> tuple[str, str]:
    """The testbench of the leaves ``chosen``, and the cases that it reads."""
    most_in = max(sum(bits for _, bits in leaf.inputs) for leaf in chosen)
    most_out = max(sum(bits for _, bits in leaf.outputs) for leaf in chosen)
    nets = "\n".join(_instance(k, leaf) for k, leaf in enumerate(chosen))
    runs = "\n".join(_RUN.format(k=k, module=leaf.module, n=len(leaf.cases)) for k, leaf in enumerate(chosen))
    text = _TEXT.format(says=SAYS, most_in=most_in - 1, most_out=most_out - 1, nets=nets, runs=runs)
    return text, "\n".join([*(leaf.line(case) for leaf in chosen for case in leaf.cases), ""])


def _instance(k: int, leaf: Leaf) -> str:
    ports, lines = [f".clk(clk_{k})"] if leaf.has_clock else [], []
    for net, listed in (("in", leaf.inputs), ("out", leaf.outputs)):
        place = 0
        for name, bits in listed:
            ports.append(f".{name}({net}_{k}[{place + bits - 1}:{place}])")
            place += bits
        lines.append(f"  {'reg' if net == 'in' else 'wire'} [{place - 1}:0] {net}_{k};")
    return "\n".join([f"  reg clk_{k} = 1'b0;", *lines, f"  {leaf.module} leaf_{k} ({', '.join(ports)});"])


_RUN = """    for (k = 0; k < {n}; k = k + 1) begin  // {module}
      next;
      in_{k} = in;
      #5 clk_{k} = 1'b1;
      #5 clk_{k} = 1'b0;
      out = out_{k};
      compare({k});
    end"""

_TEXT = """`timescale 1ns / 1ps
`default_nettype none

module leaves;
  integer file, code, k, compared;
  reg [8*64-1:0] token;
  reg [{most_in}:0] in;
  reg [{most_out}:0] out, wanted, cared;

{nets}

  task next;
    begin
      code = $fscanf(file, "%h %h %h\\n", in, wanted, cared);
    end
  endtask

  task compare(input integer leaf);
    begin
      if (code != 3 || ((out ^ wanted) & cared) !== 0) begin
        $display("{says} leaf %0d case %0d", leaf, k);
        $finish;
      end else compared = compared + 1;
      #1;
    end
  endtask

  initial begin
    compared = 0;
    if (!$value$plusargs("token=%s", token)) token = "";
    file = $fopen("leaves.txt", "r");
{runs}
    $display("{says} compared cases %0d %0s", compared, token);
    $finish;
  end
endmodule

`default_nettype wire
"""
