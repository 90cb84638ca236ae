"""What the emulation makes of a p-bit's numbers where a card alone leaves it open: one sentence for each.

Enters: a PBit. Leaves: the sentences that concern it. `hwsim show` prints them; whoever builds the same p-bit in logic
must take the same steps in the same order.
"""

from hwsim.cell.codes import LAWS, NO_LIMIT
from hwsim.cell.model import PBit, input_quantiser
from hwsim.units import format_si


def meanings(pbit: PBit) -> list[str]:
    """Sentences on ``pbit``, in the order in which a value passes through it."""
    low, high, step = input_quantiser(pbit)
    said = []
    if step > 0:
        said.append(
            f"input: beta I saturates at {low:g} and {high:g}, then goes to the nearest of the levels "
            f"{low:g} + k {step:g} within; half a step rounds up. Where inputs fall on halves this breaks the symmetry "
            "of s and -s, also without biases."
        )
    elif high < NO_LIMIT:
        said.append(f"input: beta I saturates at {low:g} and {high:g}.")
    if pbit.noise_white > 0 or pbit.noise_flicker > 0:
        said.append("noise: added behind the input's quantiser and limits, so it dithers neither.")
    if pbit.noise_flicker > 0:
        said.append("1/f noise: ten octaves of equal variance, shared by the reads of a schedule.")
    if pbit.threshold_bits < 32:
        said.append(
            f"comparator: P(+1) goes to the nearest multiple of 2^-{pbit.threshold_bits}, half a step up; the p-bit is "
            "+1 where its random word, as a fraction, lies below."
        )
    if pbit.gain_dtod > 0 or pbit.tau_dtod > 0:
        said.append(
            "spreads: normal. A gain below 1e-6 is set to that, an interval below 0.05 tau to that; a tau_dtod of 1 "
            "thus has a mean of 1.08 tau."
        )
    own_rate = LAWS[pbit.law].own_clock
    if pbit.stuck_fraction > 0:
        said.append(
            "stuck p-bits: they neither update nor pay."
            if own_rate
            else "stuck p-bits: they tick, count as updates and pay like any other."
        )
    return [*said, *_rates(pbit)] if own_rate else said


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
