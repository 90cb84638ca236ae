"""What the emulation makes of a p-bit's numbers where a card alone leaves it open: one sentence for each.

Enters: a PBit. Leaves: the sentences that concern it. `hwsim show` prints them; whoever builds the same p-bit in logic
must take the same steps in the same order.
"""

from hwsim.cell.codes import LAWS, NO_LIMIT
from hwsim.cell.model import PBit, input_quantiser


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
    if pbit.stuck_fraction > 0:
        said.append("stuck p-bits: they tick, count as updates and pay like any other.")
    if LAWS[pbit.law].own_clock:
        said.append(
            "energy: an update is a proposal at the largest rate that the input allows, not an event of the device, so "
            "energy_per_update is not counted."
        )
    return said
