"""The expected trace: every update of the emulation, in the order of the hardware's slots, and the files of it.

Enters: a Machine. Leaves: an Expected, made by a fast engine, and by the reference engine on its first part.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwsim.anneal import Anneal
from hwsim.engine.schedule import slot_time
from hwsim.errors import HwsimError
from hwsim.rtl.array_module import chips
from hwsim.rtl.machine import PORT, Machine
from hwsim.session.run import run
from hwsim.units import to_seconds

BY_REFERENCE = 5_000
"""Updates that the reference engine makes too."""
LONG = 200_000
"""Updates of a run beyond which its file has a checksum for each round, not the new states of each slot."""
_FNV_START, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
"""Constants of FNV-1a, here over words of 64 bits instead of octets."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Expected:
    """bits : uint8 (updates,), new states of the free p-bits, 1 for +1, slot by slot and p-bit by p-bit
    engine : that made them;  by_reference : how many the reference engine made too, and equal
    """

    machine: Machine
    bits: np.ndarray
    engine: str
    by_reference: int

    @property
    def is_long(self) -> bool:
        """Whether files of it hold checksums."""
        return len(self.bits) > LONG

    @cached_property
    def rounds(self) -> np.ndarray:
        """uint8 (rounds, k): the new states of each round; the rest of a last one that is cut is as it was before."""
        machine = self.machine
        k = sum(len(each) for each in machine.members)
        rest = -len(self.bits) % k if k else 0
        if not rest:
            return self.bits.reshape(-1, k) if k else self.bits.reshape(0, 0)
        free = np.concatenate(machine.members)
        before = self.bits[len(self.bits) - k : len(self.bits) - k + rest]
        if len(self.bits) < k:
            before = (machine.initial[free] > 0).astype(np.uint8)[k - rest :]
        return np.concatenate((self.bits, before)).reshape(-1, k)

    def slot(self, number: int) -> np.ndarray:
        """uint8 (k,): new states of slot ``number``."""
        return self.bits[self.machine.updates_before(number) : self.machine.updates_before(number + 1)]

    def lines(self) -> list[str]:
        """A line of hexadecimal digits for each slot: bit q is the new state of its p-bit number q."""
        machine, n = self.machine, self.machine.wiring.n_slots
        begin, by_place = 0, []
        for each in machine.members:
            part = self.rounds[:, begin : begin + len(each)]
            packed = np.packbits(part, axis=1, bitorder="little")[:, ::-1]
            by_place.append([row.tobytes().hex() or "0" for row in np.ascontiguousarray(packed)])
            begin += len(each)
        return [by_place[q % n][q // n] for q in range(machine.n_slots)]

    def chain(self, *, at_end: bool) -> str:
        """What the read-out gives, in hexadecimal digits: bit k is p-bit k of the chain. at_end : after the run, else
        before it."""
        machine = self.machine
        up = machine.initial > 0
        if at_end and len(self.bits):
            up[np.concatenate(machine.members)] = self.rounds[-1]
        order = np.concatenate([chip.members for chip in chips(machine)])
        return np.packbits(up[order], bitorder="little")[::-1].tobytes().hex()

    def checksums(self) -> list[str]:
        """A line for each round: FNV-1a over the states of its free p-bits, in words of 64."""
        bits = np.pad(self.rounds, ((0, 0), (0, -self.rounds.shape[1] % 64)))
        words = np.packbits(bits, axis=1, bitorder="little").view("<u8")
        sums = np.full(len(words), _FNV_START, dtype=np.uint64)
        for column in words.T:
            sums = (sums ^ column) * np.uint64(_FNV_PRIME)
            sums ^= sums >> np.uint64(32)  # the top bits of two words would else cancel
        return [f"{value:016x}" for value in sums.tolist()]


def expected(machine: Machine) -> Expected:
    """The Expected of ``machine``. Raises HwsimError where the engines disagree, which is a fault of hwsim."""
    bits, engine = _bits(machine, machine.run_anneal, "auto")
    most = max(1, BY_REFERENCE // max(1, sum(len(each) for each in machine.members))) * machine.program.clock.period
    end = min(machine.anneal.end, most)
    part, _ = _bits(machine, _cut(machine.run_anneal, end), "reference")
    if not np.array_equal(part, bits[: len(part)]):
        raise HwsimError(f"the engines reference and {engine} of hwsim disagree on this program: please report it")
    return Expected(machine=machine, bits=bits, engine=engine, by_reference=len(part))


def _cut(anneal: Anneal, end: int) -> Anneal:
    kept = anneal.start < end
    return Anneal(start=anneal.start[kept], beta=anneal.beta[kept], end=end)


def _bits(machine: Machine, anneal: Anneal, engine: str) -> tuple[np.ndarray, str]:
    made = run(
        machine.program,
        anneal=anneal,
        reads=1,
        schedules=1,
        seed=machine.seed,
        engine=engine,
        threads=1,
        record=(0,),
        checkpoints=1,
    )
    _, pbit, value = made.traces[0]
    return (value[machine.free[pbit]] > 0).astype(np.uint8), made.engine


def random_words(machine: Machine) -> list[str]:
    """A line of hexadecimal digits for each slot: the random words that its p-bits take from outside, the first in the
    lowest bits. Empty where they have sources of their own."""
    if machine.source != PORT:
        return []
    n, lines = machine.wiring.n_slots, []
    for q in range(machine.n_slots):
        line, place = 0, 0
        for i in machine.members[q % n].tolist():
            bits = machine.activations[machine.kind[i]].bits
            line |= (machine.drawn_word(i, q // n + 1) >> (32 - bits)) << place
            place += bits
        lines.append(f"{line:0{max(1, -(-place // 4))}x}")
    return lines


def time_s(machine: Machine, slot: int) -> float:
    """Device seconds at slot number ``slot``."""
    clock = machine.program.clock
    return to_seconds(slot_time(slot, clock.period, clock.n_slots))
