"""The problem that a program was compiled from, as far as the program tells: its variables, couplings and energies."""

import numpy as np

from hwsim.decode import decode_labels
from hwsim.problem.problem import Problem, make_bqm
from hwsim.program import Program


def restored_problem(program: Program, *, name: str) -> Problem:
    """An Ising problem of the network of ``program``, called ``name``; its kind and known energy are not kept."""
    bias, indptr, indices, weight = program.problem_network
    rows = np.repeat(np.arange(len(bias)), np.diff(indptr))
    once = rows < indices
    labels = decode_labels(program.labels)
    bqm = make_bqm(bias, rows[once], indices[once], weight[once], labels, offset=program.energy_offset)
    return Problem(bqm=bqm, name=name, kind="ising")
