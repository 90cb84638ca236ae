"""The answers of reads in the problem's own terms: numbers of a circuit, broken clauses and constraints, chains.

Enters: a problem and a run of it. Leaves: plain data, one part for each of these that the problem has.
"""

from typing import Any

from hwsim.experiment.chains import chain_facts
from hwsim.problem.constrained import broken_clauses, broken_constraints
from hwsim.problem.logic import words_of
from hwsim.problem.problem import Problem, completed
from hwsim.session import Run


def answers(problem: Problem, run: Run, *, target: float | None = None) -> dict[str, Any]:
    """``chains`` where chains of p-bits carry spins; ``constraints`` or ``clauses``; ``words`` of a circuit, dicts of
    words, count and valid with the most frequent first."""
    found: dict[str, Any] = {}
    labels = run.program.readout.names
    if run.program.readout.chain is not None:
        found["chains"] = chain_facts(run, target=target)
    if problem.constrained is not None:
        found["constraints"] = broken_constraints(problem, labels, run.variables)
    elif problem.clauses:
        found["clauses"] = broken_clauses(problem, labels, run.variables)
    if problem.circuit is not None:
        wires, states = completed(problem, labels, run.variables)
        found["words"] = [
            {"words": numbers, "count": count, "valid": valid}
            for numbers, count, valid in words_of(problem.circuit, wires, states, problem.clamps)
        ]
    return found
