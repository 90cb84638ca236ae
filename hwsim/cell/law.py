"""Names and codes of what a p-bit may follow: law, random source. Light: no kernel is loaded here."""

HEAT_BATH, LINEAR, TABLE, RELAXATION, P_KIT = range(5)
"""Codes of the laws; `hwsim.cell.rules.response` says what each is."""

LAWS = {
    "heat-bath": HEAT_BATH,
    "linear": LINEAR,
    "table": TABLE,
    "arrhenius": RELAXATION,
    "low-barrier": RELAXATION,
    "p-kit": P_KIT,
}
"""Laws as cards name them. ``arrhenius`` is ``low-barrier`` with a relaxation exponent of one."""

IDEAL, LFSR32, LFSR16, XORSHIFT32, XOSHIRO128 = range(5)
SOURCES = {"ideal": IDEAL, "lfsr32": LFSR32, "lfsr16": LFSR16, "xorshift32": XORSHIFT32, "xoshiro128+": XOSHIRO128}
"""Random sources as cards name them, and their codes; `hwsim.cell.source` says what each is."""

NO_LIMIT = 1e300
"""Input limit of a p-bit that has none."""
