"""What a controller decides: which neighbouring temperatures exchange states, who meets whom, who multiplies.

Enters: energies, uniforms. Leaves: decisions. `hwsim.engine.moves` says what becomes of the states.
"""

import numpy as np


def accepted(betas: np.ndarray, energies: np.ndarray, odd: int, uniforms: np.ndarray) -> np.ndarray:
    """bool (pairs, k): which neighbouring temperatures exchange their states, in k ladders side by side.

    betas : float64 (m,);  energies : float64 (m, k);  odd : 0 for the pairs (0, 1), (2, 3) ..., 1 for (1, 2) ...
    uniforms : float64 (pairs, k). A pair exchanges with probability min(1, exp((b' - b)(E' - E))): Hukushima and
    Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996).
    """
    lower = slice(odd, len(betas) - 1, 2)
    upper = slice(odd + 1, len(betas), 2)
    gain = (betas[upper] - betas[lower])[:, None] * (energies[upper] - energies[lower])
    return uniforms < np.exp(np.minimum(gain, 0.0))


def n_meetings(many: int) -> int:
    """In how many rounds each of ``many`` players meets each other once."""
    return many + many % 2 - 1


def meeting(many: int, number: int) -> np.ndarray:
    """int64 (pairs, 2): who meets whom in round ``number`` of `n_meetings` (the circle method: all but the first player
    move on by one place). Where ``many`` is odd, one sits out in each round."""
    even = many + many % 2
    around = np.concatenate(([0], np.roll(np.arange(1, even), number)))
    pairs = np.sort(np.stack((around[: even // 2], around[: even // 2 - 1 : -1]), axis=1), axis=1)
    return pairs[pairs[:, 1] < many]


def resample(weights: np.ndarray, uniform: float) -> np.ndarray:
    """int64 (k,): rows drawn with replacement in proportion to ``weights`` (k,), by one uniform in [0, 1).

    The draw is systematic: row r comes floor or ceiling of its expected number of times. Gessert, Janke and Weigel,
    Phys. Rev. E 108, 065309 (2023), compare the ways to draw.
    """
    edges = np.cumsum(weights) / np.sum(weights)
    places = (np.arange(len(weights)) + uniform) / len(weights)
    return np.minimum(np.searchsorted(edges, places, side="right"), len(weights) - 1)


def stay(parents: np.ndarray) -> np.ndarray:
    """The same ``parents`` int64 (k,), numbers of rows, in an order in which each row that lives on keeps its place."""
    count = np.bincount(parents, minlength=len(parents))
    order = np.arange(len(parents))
    order[count == 0] = np.repeat(order, np.maximum(count - 1, 0))
    return order
