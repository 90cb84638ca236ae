"""What the emulation makes of a p-bit's numbers where a card alone leaves it open: one sentence for each.

Enters: a PBit. Leaves: the sentences that concern it. `hwsim show` prints them; whoever builds the same p-bit in logic
must take the same steps in the same order.
"""

from hwsim.cell.choices import usual
from hwsim.cell.codes import LAWS, NO_LIMIT
from hwsim.cell.digital import has_words
from hwsim.cell.model import PBit, input_quantiser
from hwsim.units import format_si


def meanings(pbit: PBit) -> list[str]:
    """Sentences on ``pbit``, in the order in which a value passes through it."""
    low, high, step = input_quantiser(pbit)
    said = []
    if step > 0:
        levels = f"of the levels {low:g} + k {step:g} within"
        goes = f"down to the next {levels}, as bits are dropped."
        if pbit.input_rounding == usual("input_rounding"):
            goes = f"to the nearest {levels}; half a step rounds up. Where inputs fall on halves this breaks the "
            goes += "symmetry of s and -s, also without biases."
        said.append(f"input: beta I saturates at {low:g} and {high:g}, then goes {goes}")
    elif high < NO_LIMIT:
        said.append(f"input: beta I saturates at {low:g} and {high:g}.")
    if pbit.noise_white > 0 or pbit.noise_flicker > 0:
        said.append("noise: added behind the input's quantiser and limits, so it dithers neither.")
    if pbit.noise_flicker > 0:
        said.append("1/f noise: ten octaves of equal variance, shared by the reads of a schedule.")
    if has_words(pbit):
        said.append(_table(pbit))
    elif pbit.threshold_bits < 32:
        said.append(
            f"comparator: P(+1) goes to the nearest multiple of 2^-{pbit.threshold_bits}, half a step up; the p-bit is "
            "+1 where its random word, as a fraction, lies below."
        )
    if pbit.gain_dtod > 0 or pbit.tau_dtod > 0:
        said.append(
            "spreads: normal. A gain below 1e-6 is set to that, an interval below 0.05 tau to that; a tau_dtod of 1 "
            "thus has a mean of 1.08 tau."
        )
    if pbit.random_source != "ideal":
        said.append(_source(pbit))
    own_rate = LAWS[pbit.law].own_clock
    if pbit.stuck_fraction > 0:
        said.append(
            "stuck p-bits: they neither update nor pay."
            if own_rate
            else "stuck p-bits: they tick, count as updates and pay like any other."
        )
    return [*said, *_rates(pbit)] if own_rate else said


def _table(pbit: PBit) -> str:
    """A sentence on a p-bit that reads a table of words and on its comparison."""
    bits = pbit.threshold_bits
    full = f"(2^{bits} - 1)" if pbit.threshold_top == "scaled" else f"2^{bits}"
    top = f", at most 2^{bits} - 1" if pbit.threshold_top == "saturated" else ""
    said = f"table: each level of the input has a word, P(+1) x {full} rounded {pbit.threshold_rounding}{top}; "
    if pbit.comparison == "swapped":
        return said + (
            "the p-bit is +1 where its random word lies below that of its input; for a negative one, where it lies "
            "above that of the magnitude."
        )
    return said + "the p-bit is +1 where its random word lies below."


def _source(pbit: PBit) -> str:
    """A sentence on when a random source steps and which word is seen."""
    when = "in every slot of the common clock" if pbit.random_steps == "clock" else "at each update of its p-bit"
    steps = "once" if pbit.random_shifts == 1 else f"{pbit.random_shifts} times"
    seen = "after" if pbit.random_shows == "stepped" else "before"
    said = f"random source: it steps {steps} {when}, and the p-bit compares the word that it shows {seen} that"
    if pbit.random_sharing == "taps" and pbit.random_share > 1:
        turned = f", each with its bits turned left by {pbit.random_phase} more" if pbit.random_phase else ""
        said += f". {pbit.random_share} p-bits in a row read one register{turned}"
    return said + "."


def _rates(pbit: PBit) -> list[str]:
    """Sentences on a p-bit that sets its own rate."""
    flips = "once" if LAWS[pbit.law].dwells else "every second time"
    said = [
        "updates: the p-bit sets its own rate, so an update is a time tau of it that passes (at z = 0 it then flips "
        f"{flips}, on average). Flips are counted one by one. The faster clock that bounds the rate in the emulation "
        "is neither counted nor paid."
    ]
    if pbit.attempt_time_s is not None:
        times = "dwell" if LAWS[pbit.law].dwells else "relaxation"
        said.append(
            f"attempt time: z saturates where {times} times come down to {format_si(pbit.attempt_time_s, 's')}."
        )
    return said
