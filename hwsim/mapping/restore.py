"""The problem from which a program was compiled, as far as the program knows it: variables, couplings and energies."""

from typing import Any

from hwsim.problem.problem import Problem, make_bqm
from hwsim.program import Network, Program


def restored_problem(program: Program, *, name: str) -> Problem:
    """The problem of ``program``, in spins where these count energies as exactly, with what the program knows of it;
    called ``name`` where the program knows no name."""
    readout = program.readout
    parts = None
    if readout.own is None or readout.violations is not None:
        network = program.problem_network
        bqm = make_bqm(network.bias, *network.pairs, readout.names or range(network.n), offset=readout.energy_offset)
    else:
        bqm = _binary(readout.own, readout.names, readout.own_offset)
    if readout.own is not None and readout.violations is not None:
        bqm.change_vartype("BINARY", inplace=True)
        objective, broken = (
            _binary(network, readout.names, offset)
            for network, offset in ((readout.own, readout.own_offset), (readout.violations, readout.violations_offset))
        )
        parts = objective, broken, readout.penalty
    return Problem(
        bqm=bqm,
        parts=parts,
        name=readout.problem_name or name,
        kind=readout.problem_kind or "ising",
        known_energy=readout.known_energy,
        known_source=readout.known_source,
        known_is_exact=readout.known_is_exact,
    )


def _binary(network: Network, names: list, offset: float) -> Any:
    """The BQM of ``network`` over values of 0 and 1."""
    import dimod

    return dimod.BinaryQuadraticModel.from_numpy_vectors(
        network.bias, network.pairs, offset, dimod.BINARY, variable_order=list(names)
    )
