"""Choices: the words that a parameter of a p-bit or chip card may be, by its key; the first is the usual one.

They say what digital logic does where numbers alone leave it open. To import this loads no kernel.
"""

CHOICES = {
    "random_steps": ("update", "clock"),
    "random_shows": ("stepped", "held"),
    "random_sharing": ("copies", "taps"),
}
"""random_steps : when a random source steps: at its p-bit's updates, or in every slot of the common clock
random_shows : the word that a p-bit compares: what the source shows after these steps, or before
random_sharing : random_share p-bits hold copies of one sequence, random_phase words apart; or they read one register,
whose word each sees turned left by random_phase bits more than the one before
"""


def usual(key: str) -> str:
    """The word of a card that gives none."""
    return CHOICES[key][0]
