"""White noise at the input: of which p-bits it is averaged into the threshold, and of which it is drawn."""

import numpy as np

from hwsim.cell.codes import HEAT_BATH
from hwsim.cell.law import MOST_AVERAGED
from hwsim.program import Program


def white_noise(program: Program) -> tuple[np.ndarray, np.ndarray]:
    """(averaged, drawn): float64 (n,) each, s.d. of the white noise of each p-bit, in one of the two.

    Averaged noise is part of the threshold; drawn noise is a random number of its own at every update. The average is
    exact where the random number is independent and full width, and the response analytic: there drawing it would
    change nothing but the trace. A stuck p-bit has none.
    """
    cells, noise = program.cells, program.noise
    white = np.where(cells.stuck != 0, 0.0, noise.white)
    exact = (cells.law == HEAT_BATH) & (cells.comparator_step == 1.0) & (np.abs(cells.gain) * white <= MOST_AVERAGED)
    averaged = np.where(exact & (noise.source == "ideal"), white, 0.0)
    return averaged, white - averaged
