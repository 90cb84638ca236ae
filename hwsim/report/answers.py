"""The answers of reads in the problem's own terms, as a few lines of text.

Enters: parts of `hwsim.experiment.answers`. Leaves: lines.
"""

from typing import Any

from hwsim.report.table import number

_SHOWN = 8
"""How many words and constraints are listed; the JSON lists all."""


def answer_lines(found: dict[str, Any], *, reads: int, n_variables: int, n_pbits: int) -> list[str]:
    """A circuit's numbers, broken clauses or constraints, then chains."""
    lines = [_word(entry, reads) for entry in found.get("words", ())[:_SHOWN]]
    if "clauses" in found:
        lines += _clauses(found["clauses"])
    if "constraints" in found:
        lines += _constraints(found["constraints"])
    if "chains" in found:
        facts = found["chains"]
        lines.append(f"chains: {n_variables} spins on {n_pbits} p-bits, {_whole(facts)}")
        lines += _methods(facts)
    return lines


def scan_text(rows: list[dict[str, Any]]) -> str:
    """Chain strengths side by side; rows : of `hwsim.experiment.chains.scan_chain_strength`."""
    lines = []
    for row in rows:
        strength = f"chain strength {row['strength']:.4g} ({row['over_torque']:.2f} of torque compensation)"
        lines += [f"{strength}: {_whole(row)}", *_methods(row)]
    return "\n".join(lines)


def _word(entry: dict[str, Any], reads: int) -> str:
    shown = ", ".join(f"{name} = {number}" for name, number in entry["words"].items())
    return f"  {shown:<28} {entry['count'] / reads:7.1%}{'' if entry['valid'] else '  not every gate is satisfied'}"


def _clauses(facts: dict[str, Any]) -> list[str]:
    hard, soft = facts["hard_clauses"], facts["soft_clauses"]
    if not hard:
        shown = (
            f"clauses: {facts['fewest_broken']} of {soft} violated in the best read, "
            f"{facts['mean_broken']:.3g} on average; {facts['satisfied']:.1%} of reads satisfy all"
        )
        least = facts["best_soft_weight"]
        return (
            [shown] if least == facts["fewest_broken"] else [shown, f"least weight of violated clauses: {least:.15g}"]
        )
    lines = [
        f"hard clauses: {facts['hard_satisfied']:.1%} of reads keep all {hard}, "
        f"{facts['mean_hard_broken']:.3g} broken on average"
    ]
    if facts["best_soft_weight"] is None:
        return [
            *lines,
            f"soft clauses: no read counts, for each breaks {facts['fewest_hard_broken']} hard ones or more",
        ]
    return [
        *lines,
        f"soft clauses: weight {facts['best_soft_weight']:.15g} violated in the best read that keeps all hard ones "
        f"({facts['best_soft_broken']} of {soft} clauses)",
    ]


def _constraints(facts: dict[str, Any]) -> list[str]:
    best = facts["best_objective"]
    answer = f"the best read breaks {facts['fewest_broken']} (objective {number(facts['objective'])})"
    if best is not None:
        answer = f"best objective {number(best)}"
    lines = [f"constraints: {facts['feasible']:.1%} of reads keep all {len(facts['constraints'])}, {answer}"]
    shown = [entry for entry in facts["constraints"] if entry[1] > 0][:_SHOWN]
    return lines + [f"  {label:<28} broken in {share:.1%} of reads" for label, share in shown]


def _whole(facts: dict[str, Any]) -> str:
    return f"{facts['broken_chains']:.1%} of chains broken, {facts['whole_reads']:.1%} of reads whole"


def _methods(facts: dict[str, Any]) -> list[str]:
    """The energies for each way of reading broken chains."""
    return [f"  read by {method:<9} {_energies(row)}" for method, row in facts["by_unembedding"].items()]


def _energies(row: dict[str, Any]) -> str:
    if row["energy_mean"] is None:
        return "no read is whole"
    success = "" if "p_success" not in row else f", P(success) {row['p_success']:.3g}"
    return f"energy mean {number(row['energy_mean'])}, best {number(row['energy_best'])}{success}"
