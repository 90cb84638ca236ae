"""Choices: the words that a parameter of a p-bit or chip card may be, by its key; the first is the usual one.

They say what digital logic does where numbers alone leave it open. To import this loads no kernel.
"""

CHOICES = {
    "random_steps": ("update", "clock"),
    "random_shows": ("stepped", "held"),
    "random_sharing": ("copies", "taps"),
    "input_rounding": ("half-up", "down"),
    "input_saturation": ("symmetric", "twos-complement"),
    "threshold_top": ("wide", "saturated", "scaled"),
    "threshold_rounding": ("half-up", "half-even", "half-away", "down"),
    "comparison": ("below", "swapped"),
    "weight_rounding": ("half-even", "half-up", "half-away", "down"),
    "weight_saturation": ("symmetric", "twos-complement"),
}
"""random_steps : when a random source steps: at its p-bit's updates, or in every slot of the common clock
random_shows : the word that a p-bit compares: what the source shows after these steps, or before
random_sharing : random_share p-bits hold copies of one sequence, random_phase words apart; or they read one register,
whose word each sees turned left by random_phase bits more than the one before
input_rounding, input_saturation : of beta I to its levels, and of a fixed-point input at its negative end
threshold_top, threshold_rounding : of P(+1) to a word of the table, and what P = 1 is there
comparison : +1 where the random word lies below the threshold; or, for negative inputs, above that of the magnitude
weight_rounding, weight_saturation : of weight registers, which hold what a p-bit adds up: minus the coupling or bias
See `hwsim.cell.digital` for each.
"""


def usual(key: str) -> str:
    """The word of a card that gives none."""
    return CHOICES[key][0]
