"""Small machines with one effect or two, for the comparison with the plain simulation.

An effect is called with a generator and what was made so far ("couplings", and fields of a Program), and returns what
it adds or replaces. Effects of one group exclude each other; which others go together a Program says itself.
"""

import itertools
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from hwsim.anneal import Anneal
from hwsim.program import Program

NS = 1_000_000  # ticks: the period and the mean interval of the machines
END = 8 * NS
MOMENTS = np.array([4 * NS, 5 * NS, END])
Made = dict[str, Any]
Build = Callable[[np.random.Generator, Made], Made]


class Effect(NamedTuple):
    """group : the choice that it belongs to, of which a machine makes one;  build : the fields"""

    group: str
    build: Build


def _n(made: Made) -> int:
    return len(made["couplings"])


def _m(made: Made) -> int:
    return int(np.count_nonzero(made["couplings"]))


def _fixed(**fields: Any) -> Build:
    return lambda rng, made: fields


def _drawn(name: str, draw: Callable[[np.random.Generator, int], Any]) -> Build:
    """A field of one random entry for each p-bit."""
    return lambda rng, made: {name: draw(rng, _n(made))}


def _free_running(rng: np.random.Generator, made: Made) -> Made:
    """Phases within half an interval, and so much jitter that they are forgotten."""
    n = _n(made)
    return {"clock": "free-running", "phase": rng.integers(0, NS // 2, n), "jitter": NS * rng.uniform(0.1, 0.4, n)}


def _wires(rng: np.random.Generator, made: Made, exchange: bool) -> Made:
    m = _m(made)
    delays = {"delay": rng.integers(0, NS // 2 if exchange else NS, m)}
    return delays | ({"exchange": rng.choice([0, 400_000, 700_000], m)} if exchange else {})


def _driven(rng: np.random.Generator, made: Made) -> Made:
    rows, columns = np.nonzero(made["couplings"])
    return {"driven": (rows + columns) % 2 == 1, "drives": np.array([0.2, 1.5, 0.7])}


def _spread(rng: np.random.Generator, made: Made) -> Made:
    n = _n(made)
    return {"gain": rng.uniform(0.6, 1.4, n), "offset": rng.uniform(-0.4, 0.4, n)}


def _some(values: list[Any], kind: Any) -> Callable[[np.random.Generator, int], np.ndarray]:
    """Each p-bit has one of ``values``, the first the last of them, so that none but it is left out."""

    def draw(rng: np.random.Generator, n: int) -> np.ndarray:
        found = rng.choice(np.array(values, dtype=kind), n)
        found[0] = values[-1]
        return found

    return draw


def _rates(exponent: float) -> Build:
    """Proposals come four times as often as the p-bits of other machines update; inputs lie within the limit."""
    return lambda rng, made: {
        "law": 3,
        "parameter": exponent,
        "z_limit": 2.0,
        "tau": made.get("tau", np.full(_n(made), float(NS))) / 4,
        "input_low": made.get("input_low", -1.5),
        "input_high": made.get("input_high", 1.5),
    }


def _pdits(rng: np.random.Generator, made: Made) -> Made:
    """A p-dit of three levels and p-bits."""
    pdit = np.concatenate(([0, 0, 0], np.arange(3, _n(made)))).astype(np.int32)
    return {"pdit": pdit, "couplings": made["couplings"] * (pdit[:, None] != pdit)}


def _held(rng: np.random.Generator, made: Made) -> Made:
    held = np.resize([False, False, True], _n(made))
    return {"held": held[made["pdit"]] if "pdit" in made else held}


EFFECTS = {
    "p-dit": Effect("levels", _pdits),
    "synchronous": Effect("clock", _fixed(clock="synchronous")),
    "participation": Effect("clock", _fixed(clock="synchronous", participation=0.6)),
    "own participants": Effect("clock", _fixed(clock="synchronous", participation=0.6, participants="own")),
    "chromatic": Effect("clock", _fixed(clock="chromatic")),
    "sequential": Effect("clock", _fixed(clock="sequential")),
    "random-sequential": Effect("clock", _fixed(clock="random-sequential")),
    "free-running": Effect("clock", _free_running),
    "rate spread": Effect("rates", _drawn("tau", lambda rng, n: NS * rng.uniform(0.6, 1.6, n))),
    "delay": Effect("wires", _fixed(delay=300_000)),
    "delays": Effect("wires", lambda rng, made: _wires(rng, made, False)),
    "exchange": Effect("wires", lambda rng, made: _wires(rng, made, True)),
    "synapse": Effect("synapse", _drawn("synapse", _some([0.0, 5e5, 1e6], np.float64))),
    "spread": Effect("spread", _spread),
    "dac": Effect("input", _fixed(input_low=-1.5, input_high=1.5, input_step=0.6)),
    "limit": Effect("input", _fixed(input_low=-0.6, input_high=0.5)),
    "comparator": Effect("comparator", _fixed(comparator_step=2.0**30)),
    "linear": Effect("law", _fixed(law=1)),
    "table": Effect(
        "law", _fixed(law=2, table=np.array([0.1, 0.2, 0.35, 0.8, 0.75]), table_first=-1.2, table_step=0.6)
    ),
    "p-kit": Effect("law", _fixed(law=4, parameter=0.7)),
    "arrhenius": Effect("law", _rates(1.0)),
    "low-barrier": Effect("law", _rates(0.5)),
    "white noise": Effect("white", _drawn("white", _some([0.4, 0.9], np.float64))),
    "flicker noise": Effect("flicker", _fixed(flicker=0.6, flicker_block=300_000, flicker_octaves=5)),
    "lfsr32": Effect("source", _fixed(source="lfsr32")),
    "lfsr16": Effect("source", _fixed(source="lfsr16")),
    "xorshift32": Effect("source", _fixed(source="xorshift32")),
    "xoshiro128+": Effect("source", _fixed(source="xoshiro128+", source_shifts=3)),
    "shared": Effect("source", _fixed(source="xoshiro128+", source_share=2)),
    "shared lfsr32": Effect("source", _fixed(source="lfsr32", source_shifts=2, source_share=3, source_phase=1)),
    "stuck": Effect(
        "stuck", lambda rng, made: {"stuck": np.resize([rng.choice([-1, 1]), 0, 0], _n(made)).astype(np.int8)}
    ),
    "held": Effect("held", _held),
    "drift": Effect("drift", _fixed(temperature_drift=1e8)),
    "driven": Effect("driven", _driven),
    "anneal": Effect("anneal", _fixed(betas=np.array([0.2, 1.1, 0.4, 1.6]))),
}
"""In the order in which they are applied: what replaces couplings before what counts them."""


def combinations() -> list[tuple[str, ...]]:
    """Each effect alone, and each pair from two groups."""
    pairs = itertools.combinations(EFFECTS, 2)
    return [(name,) for name in EFFECTS] + [pair for pair in pairs if EFFECTS[pair[0]].group != EFFECTS[pair[1]].group]


def seed_of(names: tuple[str, ...], turn: int = 0) -> int:
    """The seed of a machine and its runs: its name's, so that no other machine changes it, and nobody chose it."""
    return zlib.crc32(" and ".join(names).encode()) + turn


def machine(names: tuple[str, ...], build_program: Callable[..., Program], turn: int = 0) -> tuple[Program, Anneal]:
    """A glass of four or five p-bits with these effects. Raises InputError where a Program has not both."""
    rng = np.random.default_rng(seed_of(names, turn))
    n = 5 if "p-dit" in names else int(rng.integers(3, 5))
    upper = np.triu(rng.uniform(0.25, 1.0, (n, n)) * rng.choice([-1.0, 1.0], (n, n)), 1)
    made: Made = {"couplings": upper + upper.T, "bias": rng.uniform(-0.5, 0.5, n)}
    if rng.random() < 0.5:  # small multiples of one unit, for the engine that wants them
        made = {"couplings": np.ceil(made["couplings"] * 4) / 4, "bias": np.ceil(made["bias"] * 4) / 4}
        made["couplings"] = np.triu(made["couplings"], 1) + np.triu(made["couplings"], 1).T
    for name in EFFECTS:
        if name in names:
            made = made | EFFECTS[name].build(rng, made)
    betas, drives = made.pop("betas", np.array([0.8])), made.pop("drives", None)
    steps = max(len(betas), 1 if drives is None else len(drives))
    anneal = Anneal(
        start=END * np.arange(steps) // steps,
        beta=np.resize(betas, steps),
        drive=None if drives is None else np.resize(drives, steps),
        end=END,
    )
    return build_program(made.pop("couplings"), **made), anneal
