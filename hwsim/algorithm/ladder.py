"""The ladder of temperatures of parallel tempering, found on the machine itself.

Enters: a Program. Leaves: betas. The energy's spread at a beta sets the step to the next one, so that neighbouring
replicas exchange about equally often everywhere.
"""

from typing import Unpack

import numpy as np

from hwsim.anneal import constant
from hwsim.errors import InputError
from hwsim.interrupt import Stopped
from hwsim.program import Program
from hwsim.session import RunKeywords, RunSettings, Session
from hwsim.units import to_seconds

STEP = 1.25
LEAST_SPREAD = 0.1
MAX_STEPS = 128


def scale(program: Program) -> float:
    """Root mean square over p-bits of the input that random neighbours make, bias included; betas are in units of its
    inverse."""
    square = program.network.bias**2 + program.network.row_sums(program.network.weight**2)
    return float(np.sqrt(square.mean())) or 1.0


def adaptive_ladder(
    program: Program,
    *,
    first: float | None = None,
    last: float | None = None,
    step: float = STEP,
    sweeps: int = 100,
    **settings: Unpack[RunKeywords],
) -> np.ndarray:
    """Betas from ``first`` on; each is ``step`` / (spread of the energy at the one before) higher.

    The spread is that of a replica's energy over ``sweeps`` sweeps, root mean square over replicas, which go on from
    one beta to the next. The ladder ends at ``last``, or where the spread falls below LEAST_SPREAD times `scale`.
    first : 1 / scale by default, the inverse of a p-bit's typical input;  settings : seed, engine and threads of
    RunSettings. Mohseni et al., arXiv:2111.13628 (2021), Sec. III, and Aadit et al., Nat. Electron. 5, 460 (2022), use
    this rule on p-bit machines. Raises InputError.
    """
    unit = scale(program)
    beta = 1.0 / unit if first is None else first
    if not (beta > 0 and step > 0 and sweeps >= 2 and (last is None or last > beta)):
        raise InputError(
            f"a ladder needs 0 < first < last, step > 0 and at least 2 sweeps, got {beta:g}, {last}, {step:g}, {sweeps}"
        )
    how = RunSettings.of(settings, reads=256, schedules=1)
    betas, looks, sweep = [beta], min(sweeps, 20), program.clock.round_ticks
    end = sweep * sweeps * MAX_STEPS + 1
    # the machine settles at the new temperature during the first half of the sweeps
    stride, settling = max(1, (sweeps * sweep) // (2 * looks)), sweeps * sweep // 2
    with Session(program, how, constant(beta, to_seconds(end)), end=end) as session:
        while len(betas) < MAX_STEPS:
            anneal, table = constant(beta, to_seconds(end)), np.empty((looks, how.reads))
            for k in range(looks):
                session.advance(session.now + stride + (settling if k == 0 else 0), anneal)
                table[k] = program.network.energies(session.read())
            if session.stopped:
                raise Stopped
            spread = float(np.sqrt(table.var(axis=0, ddof=1).mean()))
            if last is None and spread < LEAST_SPREAD * unit:
                break
            beta = beta + step / max(spread, LEAST_SPREAD * unit)
            if last is not None and beta >= last:
                betas.append(last)
                break
            betas.append(beta)
    return np.array(betas)


def ladder_of(program: Program, betas: np.ndarray | None, how: RunSettings, *, least: float = -np.inf) -> np.ndarray:
    """``betas`` as float64 (m,), or the adaptive ladder where they are None. Raises InputError unless they ascend."""
    if betas is None:
        return adaptive_ladder(program, **how.quiet)
    betas = np.asarray(betas, dtype=np.float64)
    if betas.ndim != 1 or len(betas) < 1 or np.any(np.diff(betas) <= 0) or not np.all(np.isfinite(betas)):
        raise InputError("betas must be finite and ascend")
    if betas[0] < least:
        raise InputError(f"betas must be >= {least:g}, got {betas[0]:g}")
    return betas
