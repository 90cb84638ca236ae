"""The model of one p-bit: numbers only, SI units, checked once."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from hwsim.cell.choices import CHOICES, usual
from hwsim.cell.codes import LAWS, NO_LIMIT, SOURCES
from hwsim.cell.limits import beyond
from hwsim.display import Shown
from hwsim.errors import InputError, Mistake


@dataclass(frozen=True, kw_only=True)
class Table(Shown):
    """A measured response: P(+1) at z = first + k step, interpolated between, constant beyond."""

    first: float
    step: float
    probability: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.probability) < 2 or not all(0 <= p <= 1 for p in self.probability):
            raise InputError("a measured response needs at least two probabilities, each between 0 and 1")
        if not self.step > 0:
            raise InputError(f"the step of a measured response must be > 0, got {self.step:g}")


@dataclass(frozen=True, kw_only=True)
class PBit(Shown):
    """What one cell does, and how cells differ. It sees x = beta I through its input, and z = gain (x + offset).

    law : a key of hwsim.cell.codes.LAWS, ideally P(+1) = (1 + tanh z) / 2;  response : of the law ``table``
    tau_s : mean time between updates; for ``arrhenius`` the dwell time at z = 0, for ``low-barrier`` the relaxation
    time at z = 0;  relaxation_exponent : of ``low-barrier``;  step_ratio : of ``p-kit``, tick / dwell time
    attempt_time_s : the shortest that dwell (or relaxation) times become, however large the input: where z would make
    them shorter it saturates (None: only input_limit does)
    delay_s : from a commit until neighbours see it;  jitter_s : s.d. of one period of a free-running clock
    gain, offset : of the sigmoid, dimensionless;  *_dtod : device-to-device s.d. (gain and tau relative)
    synapse_tau_s : RC time constant of the input, 0 for none
    dac_bits, dac_limit : input DAC on beta I, 2**bits levels from -limit to limit
    input_integer_bits, input_fraction_bits : fixed-point input s<integer>.<fraction>, instead of a DAC
    input_low, input_high, input_step : any other quantiser;  input_limit : the input is clipped to +-limit
    threshold_bits : width of the comparison with the random number, 1 to 32
    input_rounding, input_saturation, threshold_top, threshold_rounding, comparison : what logic makes of numbers, in
    the words of hwsim.cell.choices
    random_source : a key of hwsim.cell.codes.SOURCES;  random_shifts : steps between two numbers
    random_share : p-bits that share a source, random_phase apart;  random_steps, random_shows, random_sharing : when
    the source steps, which word it shows and how p-bits share it, in the words of hwsim.cell.choices
    noise_white : s.d. of x, fresh at each update;  noise_flicker : s.d. of 1/f noise of x, whose fastest part changes
    every flicker_shortest_s (None: tau)
    stuck_fraction : share of cells that never change;  temperature_drift_per_s : relative warming per second
    """

    name: str
    tau_s: float
    law: str = "heat-bath"
    response: Table | None = None
    relaxation_exponent: float = 1.0
    attempt_time_s: float | None = None
    step_ratio: float = 1.0
    delay_s: float = 0.0
    gain: float = 1.0
    offset: float = 0.0
    gain_dtod: float = 0.0
    offset_dtod: float = 0.0
    tau_dtod: float = 0.0
    jitter_s: float = 0.0
    synapse_tau_s: float = 0.0
    dac_bits: int | None = None
    dac_limit: float = 5.0
    input_integer_bits: int | None = None
    input_fraction_bits: int | None = None
    input_low: float | None = None
    input_high: float | None = None
    input_step: float | None = None
    input_limit: float | None = None
    threshold_bits: int = 32
    input_rounding: str = usual("input_rounding")
    input_saturation: str = usual("input_saturation")
    threshold_top: str = usual("threshold_top")
    threshold_rounding: str = usual("threshold_rounding")
    comparison: str = usual("comparison")
    random_source: str = "ideal"
    random_shifts: int = 1
    random_share: int = 1
    random_phase: int = 0
    random_steps: str = usual("random_steps")
    random_shows: str = usual("random_shows")
    random_sharing: str = usual("random_sharing")
    noise_white: float = 0.0
    noise_flicker: float = 0.0
    flicker_shortest_s: float | None = None
    stuck_fraction: float = 0.0
    temperature_drift_per_s: float = 0.0

    def __post_init__(self) -> None:
        found = [*self._out_of_range(), *self._at_odds()]
        if found:
            raise InputError(*found)

    def _out_of_range(self) -> Iterator[Mistake]:
        for name, value in vars(self).items():
            if isinstance(value, int | float):
                yield from beyond(card_key(name), value, name=name)
        words: dict[str, Collection[str]] = {name: known for name, known in CHOICES.items() if name in vars(self)}
        for name, known in (words | {"law": LAWS, "random_source": SOURCES}).items():
            if not isinstance(getattr(self, name), str) or getattr(self, name) not in known:
                yield Mistake(f"{name} must be one of {', '.join(known)}, got {getattr(self, name)!r}", (name,))

    def _at_odds_with_source(self) -> Iterator[Mistake]:
        """Mistakes of what says how a random source is used."""
        beside = [key for key, value in OF_SOURCE.items() if getattr(self, key) != value]
        if isinstance(self.random_source, str) and self.random_source == "ideal" and beside:
            verb = "needs" if len(beside) == 1 else "need"
            yield Mistake(
                f"{' and '.join(beside)} {verb} a random_source with a state of its own", ("random_source", *beside)
            )
        if self.random_sharing == "taps" and self.random_steps != "clock":
            words = "taps of one register need a source that steps with the clock: random_steps = clock"
            yield Mistake(words, ("random_sharing", "random_steps"))

    def _at_odds_with_table(self) -> Iterator[Mistake]:
        """Mistakes of words on a quantised input and on the table behind it."""
        fixed, steps = self.input_integer_bits is not None, input_quantiser(self)[2] > 0
        if self.input_saturation != usual("input_saturation") and not fixed:
            words = "input_saturation is of a fixed-point input: give input_integer_bits and input_fraction_bits"
            yield Mistake(words, ("input_saturation", "input_integer_bits", "input_fraction_bits"))
        beside = [key for key in ("input_rounding", *_OF_TABLE) if getattr(self, key) != usual(key)]
        if beside and not steps:
            verb = "needs" if len(beside) == 1 else "need"
            words = f"{' and '.join(beside)} {verb} a quantised input: input_integer_bits, input_step or dac_bits"
            yield Mistake(words, (*beside, "input_integer_bits", "input_step", "dac_bits"))
        table = [key for key in beside if key in _OF_TABLE]
        if table and self.law in LAWS and LAWS[self.law].remembers:
            yield Mistake(f"{' and '.join(table)} is of a law that does not depend on the own state", ("law", *table))
        if table and steps and n_levels(self) > MAX_WORDS:
            words = f"a table of words has {MAX_WORDS:,} at most, and the input has {n_levels(self):,} levels"
            yield Mistake(words, (*table, "input_integer_bits", "input_fraction_bits", "input_step", "dac_bits"))

    def _at_odds(self) -> Iterator[Mistake]:
        """Mistakes of values that do not go together."""
        if self.law == "table" and self.response is None:
            yield Mistake("law table needs a measured response", ("law", "response"))
        if self.attempt_time_s is not None and self.law in LAWS:
            if not LAWS[self.law].own_clock:
                words = f"attempt_time is of a law that sets its own rate, not of {self.law}"
                yield Mistake(words, ("attempt_time", "law"))
            if not self.attempt_time_s < self.tau_s:
                words = f"attempt_time must be below tau, got {self.attempt_time_s:g} s and {self.tau_s:g} s"
                yield Mistake(words, ("attempt_time", "tau"))
        yield from self._at_odds_with_source()
        yield from self._at_odds_with_table()
        bits = ("input_integer_bits", "input_fraction_bits")
        if (self.input_integer_bits is None) != (self.input_fraction_bits is None):
            yield Mistake("a fixed-point input needs both input_integer_bits and input_fraction_bits", bits)
        steps = ("input_low", "input_high", "input_step")
        given = [getattr(self, name) is not None for name in steps]
        if any(given) and not all(given):
            yield Mistake("a quantised input needs all of input_low, input_high and input_step", steps)
        if self.input_low is not None and self.input_high is not None and self.input_low >= self.input_high:
            yield Mistake(
                f"input_low must be below input_high, got {self.input_low:g} and {self.input_high:g}", steps[:2]
            )
        if sum(v is not None for v in (self.dac_bits, self.input_integer_bits, self.input_step)) > 1:
            yield Mistake(
                "an input is quantised by a DAC, by fixed point or by steps, not by two of them",
                ("dac_bits", "input_integer_bits", "input_step"),
            )


OF_SOURCE = {"random_shifts": 1, "random_share": 1, "random_phase": 0} | {
    key: usual(key) for key in ("random_steps", "random_shows", "random_sharing")
}
"""What says how a random source is used, and its value where there is none."""


_OF_TABLE = ("threshold_top", "threshold_rounding", "comparison")
MAX_WORDS = 2**16
"""Words of the largest table."""


def card_key(field: str) -> str:
    """The key on a card of a field of PBit, whose name ends in its unit."""
    return field.removesuffix("_s").removesuffix("_per")


def input_quantiser(pbit: PBit) -> tuple[float, float, float]:
    """(low, high, step) of what the input does to beta I: limits, and step 0 where it does not round."""
    if pbit.dac_bits is not None:
        return -pbit.dac_limit, pbit.dac_limit, 2 * pbit.dac_limit / (2**pbit.dac_bits - 1)
    if pbit.input_integer_bits is not None and pbit.input_fraction_bits is not None:
        step = 2.0**-pbit.input_fraction_bits
        high = 2.0**pbit.input_integer_bits - step
        return -high - step if pbit.input_saturation == "twos-complement" else -high, high, step
    if pbit.input_low is not None and pbit.input_high is not None and pbit.input_step is not None:
        return pbit.input_low, pbit.input_high, pbit.input_step
    limit = NO_LIMIT if pbit.input_limit is None else pbit.input_limit
    return -limit, limit, 0.0


def n_levels(pbit: PBit) -> int:
    """How many levels the quantised input has: up to the highest that is not above the limit, but for rounding; at most
    2**53, beyond which float64 does not tell them apart."""
    low, high, step = input_quantiser(pbit)
    return int(min(max((high - low) / step, 0.0), 2.0**53) + 2.0**-10) + 1
