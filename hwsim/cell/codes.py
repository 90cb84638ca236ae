"""Laws and random sources of a p-bit, by name and code. To import this loads no kernel."""

import math
from dataclasses import dataclass

import numpy as np

HEAT_BATH, LINEAR, TABLE, RELAXATION, P_KIT = range(5)
"""Codes of the laws, as the kernels know them; `hwsim.cell.law.response` says what each is."""
_ALWAYS, _PERHAPS = (-math.inf, math.inf), (math.inf, -math.inf)


@dataclass(frozen=True, kw_only=True)
class LawKind:
    """The properties of a law.

    code : as the kernels know it;  remembers : an update depends on the p-bit's own state
    own_clock : its rate depends on the state; it runs on the poisson clock at its largest rate, and updates propose
    dwells : tau is the dwell time at z = 0, and the exponent of the rate is one
    rises : least and largest parameter of the law at which P(+1) never falls as the input rises, from either state
    formula : P(+1) in the long run, in words
    """

    code: int
    remembers: bool = False
    own_clock: bool = False
    dwells: bool = False
    rises: tuple[float, float] = _ALWAYS
    formula: str = "(1 + tanh z) / 2"


LAWS = {
    "heat-bath": LawKind(code=HEAT_BATH),
    "linear": LawKind(code=LINEAR, formula="(1 + z) / 2 between 0 and 1"),
    "table": LawKind(code=TABLE, rises=_PERHAPS, formula="the response on the card"),
    "arrhenius": LawKind(code=RELAXATION, remembers=True, own_clock=True, dwells=True, rises=(0.0, 2.0)),
    "low-barrier": LawKind(code=RELAXATION, remembers=True, own_clock=True, rises=(0.0, 2.0)),
    "p-kit": LawKind(code=P_KIT, remembers=True, formula="long-run share of +1 under the p-kit rule"),
}
"""Laws as cards name them. ``arrhenius`` is ``low-barrier`` with a relaxation exponent of one."""


def _by_code() -> tuple[np.ndarray, ...]:
    kinds = {kind.code: kind for kind in LAWS.values()}
    every = [kinds[code] for code in range(len(kinds))]
    ends = np.array([kind.rises for kind in every])
    return np.array([k.remembers for k in every]), np.array([k.own_clock for k in every]), ends[:, 0], ends[:, 1]


_REMEMBERS, _OWN_CLOCK, _FROM, _TO = _by_code()


def remembers(law: np.ndarray) -> np.ndarray:
    """bool (n,): whether an update depends on the p-bit's own state, by the codes ``law`` (n,)."""
    return _REMEMBERS[law]


def has_own_clock(law: np.ndarray) -> np.ndarray:
    """bool (n,): whether the rate of updates depends on the state."""
    return _OWN_CLOCK[law]


def rises(law: np.ndarray, parameter: np.ndarray) -> np.ndarray:
    """bool (n,): whether P(+1) never falls as the input rises, for laws with these parameters, float64 (n,)."""
    return (_FROM[law] <= parameter) & (parameter <= _TO[law])


IDEAL, LFSR32, LFSR16, XORSHIFT32, XOSHIRO128 = range(5)
SOURCES = {"ideal": IDEAL, "lfsr32": LFSR32, "lfsr16": LFSR16, "xorshift32": XORSHIFT32, "xoshiro128+": XOSHIRO128}
"""Random sources as cards name them, and their codes; `hwsim.cell.source` says what each is."""

NO_LIMIT = 1e300
"""Input limit of a p-bit that has none."""
