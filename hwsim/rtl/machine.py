"""Machine: what the RTL implements, as integers, made once and read by the writer, the testbench and the check.

Enters: a Program, an anneal, a seed, and how the hardware shall be built. Leaves: a Machine. Its program, run by any
engine of hwsim with its anneal and seed, is the emulation that the RTL must equal.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from hwsim.anneal import Anneal
from hwsim.arguments import named
from hwsim.cell.codes import SOURCES
from hwsim.cell.source import STATE_WORDS, source_next
from hwsim.display import Facts, Shown, counted
from hwsim.engine.contract import Start
from hwsim.engine.initial import allowed
from hwsim.engine.lanes_thresholds import Cells
from hwsim.engine.noise import initial_states, seed_source, shared_draw, update_draw
from hwsim.errors import InputError
from hwsim.program import Noise, Program, content_hash
from hwsim.rtl.activation import Activation, activation, cells_of, fields_of, inputs, register_fields, thresholds
from hwsim.rtl.names import pbit_names
from hwsim.rtl.refusals import check_digital
from hwsim.rtl.whole import Whole, whole
from hwsim.rtl.wiring import Wiring, first_slot, wiring
from hwsim.units import to_seconds

PORT = "port"
"""The source of a machine whose random words come from outside."""
SOURCE_NAMES = (*(name for name in SOURCES if name != "ideal"), PORT)
TABLES = ("logic", "block")
WEIGHTS = ("fixed", "writable")
SHELLS = ("axi4-lite",)


@dataclass(frozen=True, kw_only=True, eq=False)
class Machine(Shown):
    """n p-bits and m stored connections, as RTL implements them.

    given : the program as it was given;  whole : the same with integer biases and weights
    anneal : as it was given;  seed : of the noise and the initial states
    source : of SOURCE_NAMES;  table : of TABLES;  weights : of WEIGHTS
    names : Verilog name of each p-bit;  wiring : slots and registers
    free : bool (n,), p-bits that update: neither stuck nor held;  initial : int8 (n,), +-1
    kind : int64 (n,), number of each p-bit's Activation, -1 where it has none
    step_slots : first slot of each step of the anneal, 0 first;  n_slots : of the whole run
    chip_of : int64 (n,), chip of each p-bit;  shell : of SHELLS, the bus around the top, or None
    """

    given: Program
    whole: Whole
    anneal: Anneal
    seed: int
    source: str
    table: str
    weights: str
    names: tuple[str, ...]
    wiring: Wiring
    free: np.ndarray
    initial: np.ndarray
    kind: np.ndarray
    activations: tuple[Activation, ...]
    step_slots: tuple[int, ...]
    n_slots: int
    chip_of: np.ndarray
    shell: str | None = None

    def _shown(self) -> tuple[str, Facts]:
        return f"Machine of {counted(self.program.n_pbits, 'p-bit')}", [
            ("source", self.source),
            ("slots", f"{self.n_slots} in rounds of {self.wiring.n_slots}"),
            ("table", f"{self.table}, {', '.join(str(each.n_words) for each in self.activations)} words"),
            ("weights", f"{self.weights}, {self.weight_width} bits"),
        ]

    @property
    def program(self) -> Program:
        """What engines run."""
        return self.whole.program

    @property
    def run_anneal(self) -> Anneal:
        """What engines run it under: betas in the unit of the integer field."""
        return self.whole.scaled(self.anneal)

    @property
    def n(self) -> int:
        """How many p-bits."""
        return self.program.n_pbits

    @property
    def n_chips(self) -> int:
        """How many chips."""
        return int(self.chip_of.max()) + 1

    @property
    def clocks_per_slot(self) -> int:
        """Clocks in which one colour updates."""
        return 2 if self.table == "block" else 1

    @property
    def clock_period_s(self) -> float:
        """Seconds of a clock in which a round takes the chip's period."""
        return to_seconds(self.program.clock.period) / self.wiring.n_slots / self.clocks_per_slot

    @property
    def is_annealed(self) -> bool:
        """Whether beta has several steps, and the run an end."""
        return len(self.step_slots) > 1

    @cached_property
    def members(self) -> tuple[np.ndarray, ...]:
        """The p-bits of each slot of a round that update, ascending."""
        slot = np.where(self.free, self.wiring.slot, -1)
        return tuple(np.flatnonzero(slot == k) for k in range(self.wiring.n_slots))

    @cached_property
    def labels(self) -> list[str]:
        """The problem's variable that each p-bit carries, as text."""
        names, chain = self.program.readout.names, self.program.readout.chain
        return [str(names[i if chain is None else int(chain[i])]) for i in range(self.n)]

    @property
    def digest(self) -> str:
        """40 hex digits that identify the machine's trace: of its program, anneal and seed."""
        made = hashlib.blake2b(content_hash(self.program).encode(), digest_size=20)
        made.update(f"|{self.anneal.end}|{self.seed}|{self.source}".encode())
        made.update(self.anneal.start.tobytes() + self.run_anneal.beta.tobytes())
        return made.hexdigest()

    @property
    def updates(self) -> int:
        """Of free p-bits in the whole run."""
        return self.updates_before(self.n_slots)

    def updates_before(self, slot: int) -> int:
        """Of free p-bits in all slots before ``slot``."""
        rounds, rest = divmod(slot, self.wiring.n_slots)
        sizes = [len(each) for each in self.members]
        return rounds * sum(sizes) + sum(sizes[:rest])

    @property
    def table_words(self) -> str:
        """How large the tables are, in words."""
        over = {"field" if each.over_field else "input levels" for each in self.activations}
        sizes = sorted({each.n_words for each in self.activations})
        words = f"{sizes[0]} to {sizes[-1]} words" if len(sizes) > 1 else counted(sizes[0], "word")
        said = f"{words} over the {' or the '.join(sorted(over))}"
        n = len(self.activations)
        return said if n == 1 else f"{n} tables, as devices differ, each of {said}"

    @property
    def threshold_words(self) -> str:
        """How wide a threshold is, in words."""
        first = self.activations[0]
        return f"{first.bits} bits" + (" and one for always +1" if first.wide else "")

    @cached_property
    def weight_width(self) -> int:
        """Bits of a weight, two's complement."""
        if self.weights == "writable":
            return register_bits(self.program)
        return width_of(self.whole.weight, self.whole.bias)

    @cached_property
    def weight_widths(self) -> tuple[int, ...]:
        """Bits of a weight of the p-bits of each kind."""
        if self.is_writable:
            return (self.weight_width,) * len(self.activations)
        rows = self.kind[self.program.network.rows]
        return tuple(
            width_of(self.whole.weight[rows == kind], self.whole.bias[self.kind == kind])
            for kind in range(len(self.activations))
        )

    @property
    def unit(self) -> str:
        """The unit of a field, in words."""
        return "units of the problem" if self.whole.scale == 1 else f"units of {self.whole.scale:.6g} of the problem"

    @property
    def is_writable(self) -> bool:
        """Whether biases and weights are registers."""
        return self.weights == "writable"

    @cached_property
    def word_bits(self) -> int:
        """Low bits of the address of a register: 0 the bias, k the weight of neighbour k - 1."""
        return max(1, int(self.program.network.degree.max(initial=0)).bit_length())

    @property
    def address_bits(self) -> int:
        """Bits of the address of a register: the p-bit's number above the word."""
        return max(1, (self.n - 1).bit_length()) + self.word_bits

    def registers(self) -> Iterator[tuple[int, int]]:
        """(address, value) of every register of the free p-bits."""
        for i in np.flatnonzero(self.free).tolist():
            row = self.program.network.row(i)
            values = [self.whole.bias[i], *self.whole.weight[row]]
            yield from (((i << self.word_bits) + k, -int(value)) for k, value in enumerate(values))

    @property
    def words_enter(self) -> bool:
        """Whether a p-bit takes its random word through a port: from outside, or from a register that it shares."""
        return self.source == PORT or self.has_taps

    @property
    def has_taps(self) -> bool:
        """Whether p-bits in a row read one register, each its bits turned further."""
        return self.source != PORT and self.program.noise.source_sharing == "taps"

    @property
    def by_clock(self) -> bool:
        """Whether sources step in every slot, and not at the updates of their p-bit alone."""
        return self.source != PORT and self.program.noise.source_steps == "clock"

    def turn(self, i: int) -> int:
        """Bits by which p-bit ``i`` sees the word of the register that it shares turned left."""
        noise = self.program.noise
        return i % noise.source_share * noise.bits_apart % (16 if self.source == "lfsr16" else 32)

    @cached_property
    def _cells(self) -> Cells:
        return cells_of(self.program)

    def decision(self, i: int, field: int, step: int) -> tuple[int, bool]:
        """(threshold, whether the complement of the word is below it) of p-bit ``i`` at ``field`` in ``step``."""
        made, at = self.activations[self.kind[i]], np.array([field], dtype=np.int64)
        beta = made.betas[step] * self.whole.scale
        swap = made.swapped is not None and bool(inputs(self._cells, i, at, beta)[0] < 0)
        return int(thresholds(self._cells, i, at, beta)[0]), swap

    @cached_property
    def noise_key(self) -> np.uint64:
        """Of the noise of the one replica."""
        return np.uint64(Start(reads=1, schedules=1, seed=self.seed).keys(0)[0])

    def drawn_word(self, i: int, number: int) -> int:
        """The 32-bit word from outside that p-bit ``i`` compares with in its update ``number``, 1 the first."""
        shared = self.program.noise.random_bit
        if shared is None:
            return int(update_draw(self.noise_key, i, number, 0))
        return int(shared_draw(self.noise_key, shared[i], number, 0))

    @cached_property
    def source_states(self) -> np.ndarray:
        """uint32 (n, 4): what the register of each p-bit's source holds at reset. The word of the first update follows
        from it without a step, and each update, or slot, then steps it."""
        states = np.zeros((self.n, STATE_WORDS), dtype=np.uint32)
        if self.source == PORT:
            return states
        noise, code = self.program.noise, SOURCES[self.source]
        ahead = 0
        if noise.source_shows == "stepped":  # xoshiro128+ shows a sum of its state, and then steps
            ahead = noise.source_shifts - (self.source == "xoshiro128+")
        for i in range(self.n):
            seed_source(
                self.noise_key, code, noise.source_share, noise.words_apart, noise.source_shifts, i, 0, states[i]
            )
            if ahead:
                source_next(code, ahead, states[i])
        return states


def register_bits(program: Program) -> int:
    """Bits of a written register, two's complement."""
    return max(2, int(program.placement.weight_bits or 2))


def width_of(*values: np.ndarray) -> int:
    """Bits of two's complement that hold all ``values`` and their negatives, at least 2."""
    most = max((int(np.abs(a).max(initial=0)) for a in values), default=0)
    return max(2, most.bit_length() + 1)


@named
def machine(
    program: Program,
    anneal: Anneal,
    *,
    seed: int = 0,
    source: str | None = None,
    table: str = "logic",
    weights: str = "fixed",
    parts: Sequence[int] | None = None,
    shell: str | None = None,
) -> Machine:
    """The Machine of ``program`` under ``anneal``.

    source : lfsr32, lfsr16, xorshift32, xoshiro128+, or port for words that come from outside; None: the program's own
    table : logic, or block for a table in block RAM, which takes two clocks a slot
    weights : fixed in the netlist, or writable registers
    parts : the chip of each p-bit, None for one chip; chips without p-bits are left out, those after them move up
    shell : axi4-lite for a shell around the top, on that bus
    Raises InputError, and UnsupportedError for what is no synchronous digital machine.
    """
    for name, value, known in (("table", table, TABLES), ("weights", weights, WEIGHTS)):
        if value not in known:
            raise InputError(f"{name} must be {' or '.join(known)}, got {value!r}")
    if shell is not None and shell not in SHELLS:
        raise InputError(f"shell must be {' or '.join(SHELLS)}, got {shell!r}")
    if source is not None and source not in SOURCE_NAMES:
        raise InputError(f"source must be one of {', '.join(SOURCE_NAMES)}, got {source!r}")
    source = program.noise.source if source is None else source
    program = _with_source(program, source)
    check_digital(program, anneal, source)
    held = whole(program, registers=weights == "writable")
    free = (program.cells.stuck == 0) & ~program.cells.held
    steps = _steps(program, anneal)
    kind, activations = _activations(held, free, [float(anneal.beta[k]) for k, _ in steps], weights)
    start = Start(reads=1, schedules=1, seed=seed)
    initial = allowed(program, start)
    if initial is None:
        initial = initial_states(np.uint64(start.keys(0)[2]), 1, program.n_pbits)
    return Machine(
        given=program,
        whole=held,
        anneal=anneal,
        seed=seed,
        source=source,
        table=table,
        weights=weights,
        names=tuple(pbit_names(program)),
        wiring=wiring(program),
        free=free,
        initial=initial[0],
        kind=kind,
        activations=activations,
        step_slots=tuple(slot for _, slot in steps),
        n_slots=first_slot(program.clock, anneal.end),
        chip_of=_chip_of(program.n_pbits, parts),
        shell=shell,
    )


def _with_source(program: Program, source: str) -> Program:
    """``program`` with random words of ``source``: ideal ones for words from outside."""
    if source == PORT and program.noise.source != "ideal":
        plain = {item.name: item.default for item in fields(Noise) if item.name.startswith("source_")}
        return program.changed(source="ideal", **plain)
    return program if source in (PORT, program.noise.source) else program.changed(source=source)


def _steps(program: Program, anneal: Anneal) -> list[tuple[int, int]]:
    """(step of the anneal, first slot that it holds in) of every step that a slot sees, without repeats of one beta."""
    slots = [first_slot(program.clock, int(tick)) for tick in (*anneal.start, anneal.end)]
    seen = [(k, slots[k]) for k in range(len(slots) - 1) if slots[k] < slots[k + 1]]
    if not seen:
        raise InputError("no Verilog: the anneal ends before the first slot")
    return [step for q, step in enumerate(seen) if q == 0 or anneal.beta[step[0]] != anneal.beta[seen[q - 1][0]]]


def _activations(
    held: Whole, free: np.ndarray, betas: list[float], weights: str
) -> tuple[np.ndarray, tuple[Activation, ...]]:
    """The number of each p-bit's activation, and the activations: one for p-bits whose devices are alike."""
    program, cells = held.program, cells_of(held.program)
    network = program.network
    devices = np.stack(
        [
            *(cells.gain, cells.offset, cells.low, cells.high, cells.step, cells.comparator_step),
            *(cells.law.astype(np.float64), cells.noise),
        ],
        axis=1,
    )
    kind = np.full(network.n, -1, dtype=np.int64)
    _, first, of = np.unique(devices[free], axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)  # numbered by their first p-bit
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    kind[free] = place[of.ravel()]
    made = []
    for k in range(len(order)):
        alike = np.flatnonzero(kind == k)
        if weights == "writable":
            fields = register_fields(int(network.degree[alike].max()), register_bits(program))
        else:
            fields = fields_of(held.bias[alike], [held.weight[network.row(i)] for i in alike.tolist()])
        made.append(activation(program, cells, int(alike[0]), fields, betas, scale=held.scale))
    return kind, tuple(made)


def _chip_of(n: int, parts: Sequence[int] | None) -> np.ndarray:
    if parts is None:
        return np.zeros(n, dtype=np.int64)
    chips = np.asarray(parts)
    if chips.shape != (n,) or chips.dtype.kind not in "iu" or chips.min() < 0:
        raise InputError(f"parts must name the chip of each of the {n} p-bits, from 0 on, got shape {chips.shape}")
    return np.unique(chips, return_inverse=True)[1].astype(np.int64)  # no chip without p-bits
