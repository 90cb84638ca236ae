"""Random registers bit by bit, as their designs are published; a word is a list of bits, the leading one first.

Written from the designs, not from hwsim: the shift registers from LFSR_n.sv of navidaadit/distributed-p-computers
(``r_LFSR <= {r_LFSR[n:1], feedback}``, XNOR of the taps of Xilinx XAPP 052), xorshift32 from src/hdl.rs of
dcharlot-physicalai-bmi/ferrotherm, Xoshiro128+ from Blackman and Vigna's C code.
"""

TAPS = {"lfsr32": (32, 22, 2, 1), "lfsr16": (16, 15, 13, 4)}
"""Bits of XAPP 052, of which 1 is the last of the register."""
_ALL = 2**32 - 1


class ShiftRegister:
    """A Fibonacci register of XNOR feedback; a p-bit of 32-bit words reads a shorter one as the leading bits."""

    def __init__(self, name, seed):
        self.taps, size = TAPS[name], TAPS[name][0]
        self.bits = [seed >> (size - 1 - k) & 1 for k in range(size)]

    def step(self):
        feedback = 1  # the XNOR of an even number of bits is one where an even number of them is one
        for tap in self.taps:
            feedback ^= self.bits[len(self.bits) - tap]
        self.bits = [*self.bits[1:], feedback]

    def word(self, turn=0):
        turn %= len(self.bits)
        turned = self.bits[turn:] + self.bits[:turn]
        return int("".join(map(str, turned)), 2) << (32 - len(turned))


class Xorshift32:
    """``a = x ^ (x << 13); b = a ^ (a >> 17); xs32 = b ^ (b << 5)`` of 32-bit words."""

    def __init__(self, name, seed):
        self.x = seed

    def step(self):
        a = (self.x ^ (self.x << 13)) & _ALL
        b = a ^ (a >> 17)
        self.x = (b ^ (b << 5)) & _ALL

    def word(self, turn=0):
        return _turned(self.x, turn)


class Xoshiro128:
    """``next`` of xoshiro128plus.c returns s[0] + s[3], then moves: its word is shown before the step that it makes.
    A p-bit reads it in that step, so after n steps the word that they showed last is seen, and before them the next."""

    def __init__(self, name, seeds):
        self.s, self.shown = list(seeds), None

    def step(self):
        s = self.s
        self.shown = (s[0] + s[3]) & _ALL
        t = s[1] << 9 & _ALL
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = _turned(s[3], 11)

    def next_word(self, turn=0):
        return _turned((self.s[0] + self.s[3]) & _ALL, turn)

    def word(self, turn=0):
        return _turned(self.shown, turn)


def _turned(word, by):
    by %= 32
    return (word << by | word >> (32 - by)) & _ALL


def register(name, state):
    """The register ``name`` in ``state``, four 32-bit words of which all but Xoshiro use the first."""
    if name == "xoshiro128+":
        return Xoshiro128(name, state)
    return (ShiftRegister if name in TAPS else Xorshift32)(name, state[0])


def shown_before(one, turn=0):
    """What a p-bit reads at the clock edge at which the register moves, of the value that it still has."""
    return one.next_word(turn) if isinstance(one, Xoshiro128) else one.word(turn)
