"""Features: what a program may ask of an engine, by name. Refusals and the table of examples/engines.md say them."""

from collections.abc import Set
from enum import Enum

import numpy as np

from hwsim.cell.codes import HEAT_BATH, NO_LIMIT
from hwsim.engine.white import white_noise
from hwsim.program import Program


class Feature(Enum):
    """Each with the words of a refusal. An engine honours a feature or refuses the program; it never approximates."""

    REAL_COUPLINGS = "couplings or biases that are not small multiples of one power of two"
    DIFFERENT_DELAYS = "delays that differ"
    EXCHANGE = "chips that exchange their boundaries at intervals"
    SYNAPSE = "an RC synapse"
    DRIVEN = "couplings that are driven during the anneal"
    QUANTISED_INPUT = "a quantised input"
    INPUT_LIMIT = "an input limit"
    OTHER_LAWS = "a law other than the heat bath"
    SWAPPED = "a comparison that is swapped for negative inputs"
    OWN_STATE = "a law that depends on the p-bit's own state (arrhenius, low-barrier, p-kit)"
    NOISE = "noise at the input"
    DRAWN_NOISE = "white noise that is drawn (few comparator bits, a random source, another law, gain x noise above 1)"
    SOURCE = "a random source with a state of its own"
    PDITS = "a p-dit (a cell of more than two levels)"
    PARTICIPANTS = "participants of a synchronous tick that each read draws"
    SHARED_WORDS = "random words that p-bits share"
    SPREAD = "devices that differ"
    STUCK = "stuck p-bits"
    HELD = "held p-bits"
    READ_BIAS = "a bias of each read's own"
    DRIFT = "a temperature that drifts"
    CHAINS = "chains and copies"


ALL = frozenset(Feature)
SHARED = frozenset({Feature.SPREAD, Feature.STUCK, Feature.HELD, Feature.DRIFT, Feature.CHAINS})
"""Features that cost a fast engine nothing: thresholds are by p-bit, held p-bits never tick, anneals drift."""


def asked(program: Program) -> list[Feature]:
    """The features that ``program`` asks for, in the order of Feature."""
    network, wires, cells, noise = program.network, program.wires, program.cells, program.noise
    devices = (cells.gain, cells.offset, cells.comparator_step)
    present = {
        Feature.REAL_COUPLINGS: program.network.unit is None,
        Feature.DIFFERENT_DELAYS: wires.exchange is None and wires.uniform_delay is None,
        Feature.EXCHANGE: wires.exchange is not None,
        Feature.SYNAPSE: bool(np.any(cells.synapse > 0)),
        Feature.DRIVEN: wires.driven is not None,
        Feature.QUANTISED_INPUT: bool(np.any(cells.input_step > 0)),
        Feature.INPUT_LIMIT: bool(np.any(cells.input_high < NO_LIMIT)),
        Feature.OTHER_LAWS: bool(np.any(cells.law != HEAT_BATH)),
        Feature.SWAPPED: cells.comparison == "swapped",
        Feature.OWN_STATE: cells.remembers,
        Feature.NOISE: bool(np.any(noise.white > 0) or np.any(noise.flicker > 0)),
        Feature.DRAWN_NOISE: bool(np.any(white_noise(program)[1] > 0)),
        Feature.SOURCE: noise.source != "ideal",
        Feature.PDITS: cells.pdit is not None,
        Feature.PARTICIPANTS: program.clock.own_share is not None,
        Feature.SHARED_WORDS: noise.random_bit is not None,
        Feature.SPREAD: network.n > 1 and any(bool(np.any(values != values[0])) for values in devices),
        Feature.STUCK: bool(np.any(cells.stuck)),
        Feature.HELD: bool(np.any(cells.held)),
        Feature.READ_BIAS: bool(np.any(cells.read_bias)),
        Feature.DRIFT: noise.temperature_drift != 0,
        Feature.CHAINS: program.readout.chain is not None,
    }
    return [feature for feature in Feature if present[feature]]


def lacking(program: Program, honoured: Set[Feature]) -> list[str]:
    """The features that ``program`` asks for and ``honoured`` lacks, in words."""
    found = [feature for feature in asked(program) if feature not in honoured]
    if Feature.OWN_STATE in found:
        found = [feature for feature in found if feature is not Feature.OTHER_LAWS]
    return [f"{f.value} ({program.noise.source})" if f is Feature.SOURCE else f.value for f in found]


def missing(program: Program, honoured: Set[Feature]) -> str | None:
    """The same in one text; None where it lacks none."""
    return " and ".join(lacking(program, honoured)) or None
