"""What of a Program is no synchronous digital machine: one sentence for each, with what to set instead.

Enters: a Program and its anneal. Leaves: nothing, or an UnsupportedError.
"""

from collections.abc import Iterator

import numpy as np

from hwsim.anneal import Anneal
from hwsim.cell.codes import HEAT_BATH, LINEAR, TABLE
from hwsim.engine.white import white_noise
from hwsim.errors import UnsupportedError
from hwsim.program import Program

STATELESS = (HEAT_BATH, LINEAR, TABLE)
"""Laws whose P(+1) is a function of the input alone."""


def check_digital(program: Program, anneal: Anneal, source: str) -> None:
    """Raise UnsupportedError unless ``program`` is a digital machine under a common clock.

    source : of the random words: a key of SOURCES, or ``port`` for words that come from outside
    """
    for reason in _reasons(program, anneal, source):
        raise UnsupportedError(f"no Verilog: {reason}")


def _reasons(program: Program, anneal: Anneal, source: str) -> Iterator[str]:
    cells, noise, clock, wires = program.cells, program.noise, program.clock, program.wires
    free = (cells.stuck == 0) & ~cells.held
    if clock.is_own:
        yield f"a {clock.kind} clock has no slots, as each p-bit ticks when it likes: give --clock chromatic"
    if clock.kind == "random-sequential":
        yield "a random-sequential clock draws who updates: give --clock sequential or chromatic"
    if clock.kind == "synchronous" and clock.share < 1:
        yield (
            f"at participation {clock.share:g} the p-bits that join a tick are drawn: give --participation 1, or "
            "--clock chromatic"
        )
    if np.any(clock.jitter > 0):
        yield f"jitter moves the ticks of a free-running clock alone, and this one is {clock.kind}: give --jitter 0"
    if np.ptp(clock.tau) > 0:
        yield (
            f"update intervals that differ move the ticks of clocks of their own alone, and this one is {clock.kind}: "
            "give --tau-dtod 0, or --without rate-spread"
        )
    if not free.any():
        yield "no p-bit of this machine updates, as all are stuck or held"
    if cells.pdit is not None:
        yield "p-dits draw one of several levels: only p-bits have RTL"
    if not np.isin(cells.law[free], STATELESS).all():
        yield "the law of these p-bits depends on their own state: choose a card of the law heat-bath, linear or table"
    if np.any(cells.synapse[free] > 0):
        yield "an RC synapse is analog: give --synapse-tau 0"
    if np.any(noise.flicker[free] > 0):
        yield "1/f noise at the inputs is analog: give --without noise, or set noise_flicker = 0"
    if noise.temperature_drift != 0:
        yield "a temperature drift changes beta without steps: set temperature_drift = 0"
    if np.any(white_noise(program)[1][free] > 0):
        yield "white noise at the inputs is analog: give --without noise, or set noise_white = 0"
    if np.any(cells.read_bias):
        yield "a bias of each read's own has no register: compile the program without read_bias"
    if wires.driven is not None or anneal.drive is not None:
        yield "driven couplings change their strength during a run: a machine with fixed or written weights has none"
    if source == "ideal":
        yield (
            "the random source ideal is no hardware: give --source lfsr32, lfsr16, xorshift32 or xoshiro128+, or "
            "--source port for words that come from outside"
        )
