"""The random source of a p-bit as a module. `hwsim.cell.source` says what each generator is."""

from collections.abc import Callable

from hwsim.rtl.verilog import Port, clocked, entity

MODULES = {"lfsr32": "lfsr32", "lfsr16": "lfsr16", "xorshift32": "xorshift32", "xoshiro128+": "xoshiro128p"}
"""The module of each source."""
STATE_BITS = {"lfsr32": 32, "lfsr16": 16, "xorshift32": 32, "xoshiro128+": 128}
"""Flip-flops of each source, and bits of its seed."""


def source_module(source: str, shifts: int, by_clock: bool) -> str:
    """The file of the module of ``source``, which moves ``shifts`` steps between two words. by_clock : in every slot"""
    bits = STATE_BITS[source]
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
    when = "a slot ends" if by_clock else "the p-bit updates"
    times = "one step" if shifts == 1 else f"{shifts} steps"
    return entity(
        MODULES[source],
        [
            *clocked("take the seed"),
            Port(direction="input", name="enable", note=f"{when}: {times} on"),
            Port(direction="input", name="seed", width=bits, note="what the register holds before the first update"),
            Port(direction="output", name="word", width=32, note="what the p-bit compares with in this update"),
        ],
        body,
        about=f"Random source: {about}\nIn hwsim: random_source {source}, random_shifts {shifts}, random_steps "
        f"{'clock' if by_clock else 'update'}.",
    )


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
    ends = ", ".join(str(tap + 1) for tap in taps)
    return "\n".join(lines), before, f"Fibonacci shift register of {bits} bits, XNOR feedback from bits {ends}."


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
            f"  wire [31:0] c_{k} = {s2} ^ {s0};",
            f"  wire [31:0] d_{k} = {s3} ^ {s1};",
            f"  wire [127:0] after_{k} = {{",
            f"    d_{k}[20:0], d_{k}[31:21],                        // word 3",
            f"    c_{k} ^ {{{before}[{32 + 22}:32], 9'd0}},  // word 2",
            f"    {s1} ^ c_{k},                       // word 1",
            f"    {s0} ^ d_{k}                         // word 0",
            "  };",
        ]
        before = f"after_{k}"
    return "\n".join(lines), before, "Xoshiro128+ of Blackman and Vigna (2021). It shows the sum of words 0 and 3."


_STEPS: dict[str, Callable[[int], tuple[str, str, str]]] = {
    "lfsr32": _lfsr32,
    "lfsr16": _lfsr16,
    "xorshift32": _xorshift32,
    "xoshiro128+": _xoshiro,
}
