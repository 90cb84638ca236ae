"""The problem from which a program was compiled, as far as the program knows it: variables, couplings and energies."""

from hwsim.problem.problem import Problem, make_bqm
from hwsim.program import Program


def restored_problem(program: Program, *, name: str) -> Problem:
    """The problem of the network of ``program``, in spins, with what the program knows of it; called ``name`` where the
    program knows no name."""
    network, readout = program.problem_network, program.readout
    bqm = make_bqm(network.bias, *network.pairs, readout.names, offset=readout.energy_offset)
    return Problem(
        bqm=bqm,
        name=readout.problem_name or name,
        kind=readout.problem_kind or "ising",
        known_energy=readout.known_energy,
        known_source=readout.known_source,
        known_is_exact=readout.known_is_exact,
    )
