"""Programs by feature: small ones that ask one thing of an engine, and random ones that ask many.

A builder is called with a generator and what was made so far ("couplings", and fields of a Program), and returns what
it adds or replaces. Each Feature has builders by name; a new Feature needs one, and is then asked of every engine.
"""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from hypothesis import strategies as st

from hwsim.cell.clock import CLOCKS
from hwsim.cell.codes import LINEAR, P_KIT, RELAXATION, SOURCES, TABLE
from hwsim.engine.feature import Feature
from hwsim.program import Network, Program

NS = 1_000_000  # ticks; the period and the mean interval of the programs
Made = dict[str, Any]
Builder = Callable[[np.random.Generator, Made], Made]

CLOCK_CASES = {name: {"clock": name} for name in sorted(CLOCKS)} | {
    "synchronous, some take part": {"clock": "synchronous", "participation": 0.5}
}


def network_of(couplings: np.ndarray, bias: np.ndarray) -> Network:
    """The Network of the matrix ``couplings`` (n, n)."""
    rows, columns = np.nonzero(couplings)
    return Network(
        bias=bias.astype(np.float64),
        indices=columns.astype(np.int32),
        weight=couplings[rows, columns],
        indptr=np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=len(bias))))).astype(np.int64),
    )


def integer_glass(rng: np.random.Generator, n: int, top: int = 2, density: float = 0.8, unit: float = 1.0) -> Made:
    """Couplings of up to ``top`` units, biases of up to two."""
    size = rng.integers(1, top + 1, (n, n)) * rng.choice([-1.0, 1.0], (n, n))
    upper = np.triu(size * (rng.random((n, n)) < density), 1) * unit
    return {"couplings": upper + upper.T, "bias": rng.integers(-2, 3, n) * unit}


def _n(made: Made) -> int:
    return len(made["couplings"])


def _m(made: Made) -> int:
    return int(np.count_nonzero(made["couplings"]))


def _some(rng: np.random.Generator, made: Made, values: Collection[Any]) -> np.ndarray:
    """One of ``values`` for each p-bit; the first p-bit has the last of them, which so occurs in every program."""
    found = rng.choice(np.array(values), _n(made))
    found[0] = list(values)[-1]
    return found


def _gaussian(rng: np.random.Generator, made: Made) -> Made:
    upper = np.triu(rng.normal(size=made["couplings"].shape), 1) * rng.choice([0.1, 1.0, 30.0])
    upper = upper * (made["couplings"] != 0)
    return {"couplings": upper + upper.T, "bias": rng.normal(size=_n(made))}


def _in_error(rng: np.random.Generator, made: Made) -> Made:
    """What the machine realises is not what the problem asks, and differs by direction."""
    asked = made["couplings"]
    return {
        "couplings": asked * (1 + 0.1 * rng.normal(size=asked.shape)),
        "bias": made["bias"] + 0.01,
        "problem": network_of(asked, made["bias"]),
    }


def _spread(rng: np.random.Generator, made: Made) -> Made:
    n = _n(made)
    return {
        "gain": 1 + 0.2 * rng.random(n),
        "offset": 0.1 * rng.normal(size=n),
        "tau": NS * (0.5 + rng.random(n)),
        "comparator_step": 2.0 ** rng.integers(0, 29, n),
    }


def _quantised(rng: np.random.Generator, made: Made) -> Made:
    return {"input_low": -5.0, "input_high": 5.0, "input_step": 10 / (2 ** int(rng.integers(1, 7)) - 1)}


def _limited(rng: np.random.Generator, made: Made) -> Made:
    return {"input_low": -2.0, "input_high": 2.0}


def _mixed_laws(rng: np.random.Generator, made: Made, laws: Collection[int]) -> Made:
    """Some p-bits follow ``laws``, the others what they followed before."""
    law = _some(rng, made, laws).astype(np.int8)
    before = np.broadcast_to(np.asarray(made.get("law", 0), dtype=np.int8), law.shape)
    kept = rng.random(len(law)) < 0.3
    kept[0] = False
    return {
        "law": np.where(kept, before, law).astype(np.int8),
        "parameter": rng.choice([0.3, 0.5, 1.0], len(law)),
        "table": np.sort(rng.random(9)),
        "table_first": -2.0,
        "table_step": 0.5,
    }


def _rates(rng: np.random.Generator, made: Made) -> Made:
    """Laws whose rate depends on the state tick at the largest rate, so the input must stay within limits."""
    gain, offset = made.get("gain", np.ones(_n(made))), made.get("offset", np.zeros(_n(made)))
    return _mixed_laws(rng, made, [P_KIT, RELAXATION]) | _limited(rng, made) | {"z_limit": gain * (2 + np.abs(offset))}


def _source(name: str, **how: str) -> Builder:
    return lambda rng, made: (
        {
            "source": name,
            "source_shifts": int(rng.choice([1, 8])),
            "source_share": int(rng.choice([1, 3])),
            "source_phase": int(rng.choice([0, 5])),
        }
        | {f"source_{key}": word for key, word in how.items()}
    )


SOURCES_BY_NAME = {name: _source(name) for name in SOURCES if name != "ideal"} | {
    "lfsr16, held": _source("lfsr16", shows="held"),
    "xoshiro128+, by the clock": _source("xoshiro128+", steps="clock"),
    "lfsr32, by the clock, held": _source("lfsr32", steps="clock", shows="held"),
    "lfsr16 by the clock, taps": _source("lfsr16", steps="clock", sharing="taps"),
    "xorshift32 by the clock, taps, held": _source("xorshift32", steps="clock", sharing="taps", shows="held"),
}


def _white(rng: np.random.Generator, made: Made) -> Made:
    return {"white": _some(rng, made, [0.0, 0.4])}


def _loud(rng: np.random.Generator, made: Made) -> Made:
    return {"white": _some(rng, made, [0.0, 2.5])}


def _few_bits(rng: np.random.Generator, made: Made) -> Made:
    return _white(rng, made) | {"comparator_step": 2.0 ** int(rng.integers(20, 32))}


def _flicker(rng: np.random.Generator, made: Made) -> Made:
    return {"flicker": _some(rng, made, [0.0, 0.3]), "flicker_block": 300_000, "flicker_octaves": 4}


def _pdits(rng: np.random.Generator, made: Made) -> Made:
    """Lines in a row to p-dits of one to three levels; lines of one are not coupled."""
    n = _n(made)
    starts = np.concatenate(([0, 2], 2 + np.cumsum(rng.integers(1, 4, n))))
    pdit = starts[np.searchsorted(starts, np.arange(n), side="right") - 1]
    return {"pdit": pdit.astype(np.int32), "couplings": made["couplings"] * (pdit[:, None] != pdit)}


def _held(rng: np.random.Generator, made: Made) -> Made:
    held = _some(rng, made, [False, True])
    return {"held": held[made["pdit"]] if "pdit" in made else held}


def _biased(rng: np.random.Generator, made: Made) -> Made:
    return {"read_bias": _some(rng, made, [False, True])}


def read_biases(rng: np.random.Generator, program: Program, reads: int) -> np.ndarray | None:
    """Biases of ``reads`` for a Program that asks for them, small, large and those of a unit; None for another."""
    declared = program.cells.read_bias
    size = rng.choice([0.25, 1.0, 1.0, 40.0], (reads, 1))
    values = np.where(rng.random((reads, program.n_pbits)) < 0.5, rng.normal(size=declared.shape), 1.0)
    return size * values * declared if declared.any() else None


def _chains(rng: np.random.Generator, made: Made) -> Made:
    n = _n(made)
    k = (n + 1) // 2
    problem = integer_glass(rng, k)
    return {
        "chain": np.concatenate((np.arange(k), rng.integers(0, k, n - k))).astype(np.int32),
        "problem": network_of(problem["couplings"], problem["bias"]),
    }


def _zeros(rng: np.random.Generator, made: Made) -> Made:
    """Connections that are there and carry nothing: all those of the first p-bit, and of some others."""
    idle = _some(rng, made, [False, False, True])
    couplings = made["couplings"]
    return {"weight": (couplings * ~(idle[:, None] | idle))[couplings != 0]}


PLAIN: dict[str, Builder] = {
    "no delay": lambda rng, made: {"delay": 0},
    "a period of delay": lambda rng, made: {"delay": NS},
    "short comparators": lambda rng, made: {"comparator_step": 2.0 ** int(rng.integers(20, 29))},
    "another problem": lambda rng, made: {"problem": network_of(np.zeros((_n(made), _n(made))), made["bias"])},
    "a delay": lambda rng, made: {"delay": int(rng.integers(1, 2 * NS))},
}
"""Builders that ask for no Feature: every engine runs them."""

LAST: dict[str, Builder] = {"couplings of 0": _zeros}
"""What is no Feature either, and comes after what makes the couplings."""

BUILDERS: dict[Feature, dict[str, Builder]] = {
    Feature.REAL_COUPLINGS: {"gaussian": _gaussian, "in error": _in_error},
    Feature.PDITS: {"levels": _pdits},
    Feature.DIFFERENT_DELAYS: {"per edge": lambda rng, made: {"delay": rng.integers(0, 2 * NS, _m(made))}},
    Feature.EXCHANGE: {
        "two rates": lambda rng, made: {
            "exchange": rng.choice([0, 300_000, 2_500_000], _m(made)),
            "delay": rng.integers(0, 700_000, _m(made)),
        }
    },
    Feature.SYNAPSE: {"some": lambda rng, made: {"synapse": _some(rng, made, [0.0, 3e5, 1e6])}},
    Feature.DRIVEN: {"a third": lambda rng, made: {"driven": _driven(made["couplings"])}},
    Feature.QUANTISED_INPUT: {"dac": _quantised},
    Feature.INPUT_LIMIT: {"clipped": _limited},
    Feature.PARTICIPANTS: {
        "own participants": lambda rng, made: {
            "participants": "own",
            "participation": float(rng.choice([0.5, 1 / 3, 0.8125])),
        }
    },
    Feature.SHARED_WORDS: {"some": lambda rng, made: {"random_bit": rng.permutation(3 * _n(made))[: _n(made)]}},
    Feature.SPREAD: {"all": _spread},
    Feature.OTHER_LAWS: {
        "linear": lambda rng, made: _mixed_laws(rng, made, [LINEAR]),
        "table": lambda rng, made: _mixed_laws(rng, made, [LINEAR, TABLE]),
    },
    Feature.SWAPPED: {
        "any input": lambda rng, made: {"comparison": "swapped"},
        "a table": lambda rng, made: (
            _mixed_laws(rng, made, [TABLE]) | _quantised(rng, made) | {"comparison": "swapped"}
        ),
    },
    Feature.OWN_STATE: {"p-kit": lambda rng, made: _mixed_laws(rng, made, [P_KIT]), "rates": _rates},
    Feature.NOISE: {
        "white": _white,
        "flicker": _flicker,
        "both": lambda rng, made: _white(rng, made) | _flicker(rng, made),
    },
    Feature.DRAWN_NOISE: {
        "loud": _loud,
        "few bits": _few_bits,
        "loud, and flicker": lambda rng, made: _loud(rng, made) | _flicker(rng, made),
    },
    Feature.SOURCE: SOURCES_BY_NAME,
    Feature.STUCK: {"some": lambda rng, made: {"stuck": _some(rng, made, [0, 0, -1, 1]).astype(np.int8)}},
    Feature.HELD: {"some": _held},
    Feature.READ_BIAS: {"some": _biased},
    Feature.DRIFT: {"warms": lambda rng, made: {"temperature_drift": 1e8}},
    Feature.CHAINS: {"pairs": _chains},
}
"""Builders by Feature, in the order in which they are applied: some replace the couplings, later ones count them."""

APART = {
    Feature.PDITS: {
        Feature.OTHER_LAWS,
        Feature.OWN_STATE,
        Feature.SYNAPSE,
        Feature.STUCK,
        Feature.NOISE,
        Feature.DRAWN_NOISE,
        Feature.SOURCE,
        Feature.DRIVEN,
        Feature.SHARED_WORDS,
        Feature.SWAPPED,
    },
    Feature.DRIVEN: {Feature.SYNAPSE},
    Feature.SHARED_WORDS: {Feature.SOURCE},
}
"""Features that a Program refuses to combine."""


def _driven(couplings: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(couplings)
    return (rows + columns) % 3 == 0


def made_by(rng: np.random.Generator, made: Made, builders: Collection[Builder]) -> Made:
    """``made`` with what each of ``builders`` adds."""
    for builder in builders:
        made = made | builder(rng, made)
    return made


def goes_with(name: str, clock: str) -> bool:
    """Whether the builder ``name`` means something under a clock of CLOCK_CASES."""
    if "by the clock" in name:
        return clock not in ("poisson", "free-running")
    return {"rates": clock == "poisson", "own participants": clock.startswith("synchronous")}.get(name, True)


def one_of_each(clock: str) -> list[tuple[Feature | None, str, Builder]]:
    """(feature, name, builder) of every builder that ``clock`` allows; feature is None where it asks for none."""
    found: list[tuple[Feature | None, str, Builder]] = [(None, name, make) for name, make in (LAST | PLAIN).items()]
    for feature, builders in BUILDERS.items():
        found += [(feature, name, make) for name, make in builders.items() if goes_with(name, clock)]
    return found


@st.composite
def arguments(draw: Any, honoured: Collection[Feature]) -> Made:
    """Arguments of a random Program that asks for nothing but what is ``honoured``: couplings, clock and fields.

    White noise may ask for more, as beside few bits of a comparator it is drawn.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    clock = draw(st.sampled_from(sorted(CLOCK_CASES)))
    chosen = draw(st.sets(st.sampled_from([feature for feature in BUILDERS if feature in honoured])))
    for feature, others in APART.items():
        if feature in chosen and chosen & others:
            chosen = chosen - others if draw(st.booleans()) else chosen - {feature}
    builders = [draw(st.sampled_from(list(PLAIN.values())))]
    for feature, named in BUILDERS.items():
        if feature in chosen:
            names = [name for name in named if goes_with(name, clock)]
            builders += [named[draw(st.sampled_from(names))]] if names else []
    builders += [LAST[name] for name in draw(st.sets(st.sampled_from(sorted(LAST))))]
    n, top = draw(st.sampled_from([2, 3, 5, 8, 12, 34])), draw(st.sampled_from([1, 1, 3, 7, 130]))
    density, unit = draw(st.sampled_from([0.3, 1.0])), draw(st.sampled_from([1.0, 0.5, 1 / 64]))
    return made_by(rng, integer_glass(rng, n, top, density, unit), builders) | CLOCK_CASES[clock]
