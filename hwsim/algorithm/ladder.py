"""The ladder of temperatures that parallel tempering climbs, found on the machine itself.

Enters: a Program. Leaves: betas. Each step is a fixed part of the energy's spread at the last one, so that neighbouring
replicas exchange about equally often everywhere.
"""

import numpy as np

from hwsim.anneal import constant, drifted
from hwsim.engine.contract import Start
from hwsim.engine.run import all_cores, begin
from hwsim.errors import InputError
from hwsim.program import Program
from hwsim.units import to_seconds

STEP = 1.25
LEAST_SPREAD = 0.1
MAX_STEPS = 128


def scale(program: Program) -> float:
    """Root mean square over p-bits of the field that random neighbours make, bias included: the unit of a beta."""
    square = program.network.bias**2 + program.network.row_sums(program.network.weight**2)
    return float(np.sqrt(square.mean())) or 1.0


def own_energies(program: Program, states: np.ndarray) -> np.ndarray:
    """float64 (reads,) of states int8 (reads, n) in the machine's own network, which its law knows; no offset."""
    return program.network.energies(states)


def adaptive_ladder(
    program: Program,
    *,
    first: float | None = None,
    last: float | None = None,
    step: float = STEP,
    sweeps: int = 100,
    seed: int = 0,
    engine: str = "auto",
    threads: int | None = None,
) -> np.ndarray:
    """Betas from ``first`` on, each ``step`` / (spread of the energy at the last one) above it.

    The spread is that of a replica's energy over ``sweeps`` sweeps, root mean square over replicas, which go from one
    beta to the next. The ladder ends at ``last``, or where the spread falls below LEAST_SPREAD times ``scale``. first :
    1 / scale by default, the inverse temperature of a p-bit's typical field. Mohseni et al., arXiv:2111.13628 (2021),
    Sec. III, and Aadit et al., Nat. Electron. 5, 460 (2022), use this rule on p-bit machines. Raises InputError.
    """
    unit = scale(program)
    beta = 1.0 / unit if first is None else first
    if not (beta > 0 and step > 0 and sweeps >= 2 and (last is None or last > beta)):
        raise InputError(
            f"a ladder needs 0 < first < last, step > 0 and at least 2 sweeps, got {beta:g}, {last}, {step:g}, {sweeps}"
        )
    sweep, reads, looks = program.clock.round_ticks, 256, min(sweeps, 20)
    betas, now = [beta], 0
    end = sweep * sweeps * MAX_STEPS + 1
    state = begin(
        engine,
        program,
        Start(reads=reads, schedules=1, seed=seed, threads=all_cores(threads)),
        constant(beta, to_seconds(end)),
    )
    while len(betas) < MAX_STEPS:
        anneal = drifted(constant(beta, to_seconds(end)), program.noise.temperature_drift)
        table = np.empty((looks, reads))
        # the first half settles at the new temperature
        for k in range(looks):
            now += max(1, (sweeps * sweep) // (2 * looks)) + (sweeps * sweep // 2 if k == 0 else 0)
            state.advance(now, anneal)
            table[k] = own_energies(program, state.spins())
        spread = float(np.sqrt(table.var(axis=0, ddof=1).mean()))
        if last is None and spread < LEAST_SPREAD * unit:
            break
        beta = beta + step / max(spread, LEAST_SPREAD * unit)
        if last is not None and beta >= last:
            betas.append(last)
            break
        betas.append(beta)
    return np.array(betas)
