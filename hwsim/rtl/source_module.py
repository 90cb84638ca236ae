"""The random source of a p-bit as a module. `hwsim.cell.source` says what each generator is."""

from collections.abc import Callable

from hwsim.program import Noise
from hwsim.rtl.verilog import Port, clocked, entity

MODULES = {"lfsr32": "lfsr32", "lfsr16": "lfsr16", "xorshift32": "xorshift32", "xoshiro128+": "xoshiro128p"}
"""The module of each source."""
STATE_BITS = {"lfsr32": 32, "lfsr16": 16, "xorshift32": 32, "xoshiro128+": 128}
"""Flip-flops of each source, and bits of its seed."""
NEVER = {"lfsr32": "not all ones", "lfsr16": "not all ones", "xorshift32": "not 0", "xoshiro128+": "not 0"}
"""The seed from which each source would never move."""


def source_module(source: str, noise: Noise) -> str:
    """The file of the module of ``source``, which steps as ``noise`` says."""
    bits, shifts = STATE_BITS[source], noise.source_shifts
    steps, last, about = _STEPS[source](shifts)
    word = _WORD.get(source, "register")
    body = f"""  reg [{bits - 1}:0] register;

{steps}
  assign word = {word};

  always @(posedge clk) begin
    if (rst) register <= seed;
    else if (enable) register <= {last};
  end
"""
    each = "in every slot" if noise.source_steps == "clock" else "at each update of its p-bit"
    first = f"after its first {'step' if shifts == 1 else f'{shifts} steps'}"
    shows = first if noise.source_shows == "stepped" else "before any step"
    return entity(
        MODULES[source],
        source_ports(source, noise),
        body,
        about=f"Random source: {about}\n"
        f"In hwsim: random_source {source}; {_times(noise)} {each} (random_shifts {shifts}, random_steps "
        f"{noise.source_steps}).\nThe first word is what it shows {shows} (random_shows {noise.source_shows}); "
        "the seed shows it already.",
    )


def source_ports(source: str, noise: Noise) -> list[Port]:
    """The ports of the module of ``source``."""
    when = "a slot ends" if noise.source_steps == "clock" else "the p-bit updates"
    note = f"the state that shows the first word, {NEVER[source]}"
    return [
        *clocked("take the seed"),
        Port(direction="input", name="enable", note=f"{when}: {_times(noise)} on"),
        Port(direction="input", name="seed", width=STATE_BITS[source], note=note),
        Port(direction="output", name="word", width=32, note="what the p-bit compares with in this slot"),
    ]


def _times(noise: Noise) -> str:
    return "one step" if noise.source_shifts == 1 else f"{noise.source_shifts} steps"


_WORD = {"lfsr16": "{register, 16'h0000}", "xoshiro128+": "register[31:0] + register[127:96]"}


def seed_of(source: str, state: list[int]) -> int:
    """The seed port's value of a generator ``state`` of four 32-bit words, the first in the lowest bits."""
    if source == "xoshiro128+":
        return sum(word << (32 * k) for k, word in enumerate(state))
    return state[0]


def _lfsr32(shifts: int) -> tuple[str, str, str]:
    return _lfsr(32, (31, 21, 1, 0), shifts)


def _lfsr16(shifts: int) -> tuple[str, str, str]:
    steps, last, about = _lfsr(16, (15, 14, 12, 3), shifts)
    return steps, last, f"{about}\nThe register is the upper half of the word, the lower half is 0."


def _lfsr(bits: int, taps: tuple[int, ...], shifts: int) -> tuple[str, str, str]:
    lines, before = [], "register"
    for k in range(1, shifts + 1):
        feedback = " ^ ".join(f"{before}[{tap}]" for tap in taps)
        lines.append(f"  wire [{bits - 1}:0] after_{k} = {{{before}[{bits - 2}:0], ~({feedback})}};")
        before = f"after_{k}"
    ends = ", ".join(str(tap + 1) for tap in taps[:-1]) + f" and {taps[-1] + 1}"
    return (
        "\n".join(lines),
        before,
        f"Fibonacci shift register of {bits} bits, XNOR feedback from bits {ends} (1 the lowest).",
    )


def _xorshift32(shifts: int) -> tuple[str, str, str]:
    lines, before = [], "register"
    for k in range(1, shifts + 1):
        lines += [
            f"  wire [31:0] left_{k}  = {before} ^ {{{before}[18:0], 13'd0}};",
            f"  wire [31:0] right_{k} = left_{k} ^ {{17'd0, left_{k}[31:17]}};",
            f"  wire [31:0] after_{k} = right_{k} ^ {{right_{k}[26:0], 5'd0}};",
        ]
        before = f"after_{k}"
    return "\n".join(lines), before, "xorshift32 of Marsaglia (2003), shifts 13, 17, 5."


def _xoshiro(shifts: int) -> tuple[str, str, str]:
    lines, before = [], "register"
    for k in range(1, shifts + 1):
        s0, s1, s2, s3 = (f"{before}[{32 * w + 31}:{32 * w}]" for w in range(4))
        lines += [
            f"  wire [31:0] c_{k} = {s2} ^ {s0};  // s2 ^= s0",
            f"  wire [31:0] d_{k} = {s3} ^ {s1};  // s3 ^= s1",
            f"  wire [127:0] after_{k} = {{",
            *_noted(
                (f"d_{k}[20:0], d_{k}[31:21],", "word 3: s3 turned left by 11"),
                (f"c_{k} ^ {{{before}[{32 + 22}:32], 9'd0}},", "word 2: s2 ^= s1 << 9, of the old s1"),
                (f"{s1} ^ c_{k},", "word 1: s1 ^= s2"),
                (f"{s0} ^ d_{k}", "word 0: s0 ^= s3"),
            ),
            "  };",
        ]
        before = f"after_{k}"
    return (
        "\n".join(lines),
        before,
        "Xoshiro128+ of Blackman and Vigna (2021). It shows the sum of words 0, the lowest bits, and 3.",
    )


def _noted(*rows: tuple[str, str]) -> list[str]:
    """Lines with a comment each, the comments in a column."""
    longest = max(len(text) for text, _ in rows)
    return [f"    {text:<{longest}}  // {note}" for text, note in rows]


_STEPS: dict[str, Callable[[int], tuple[str, str, str]]] = {
    "lfsr32": _lfsr32,
    "lfsr16": _lfsr16,
    "xorshift32": _xorshift32,
    "xoshiro128+": _xoshiro,
}
