"""What a command is given, as records: a problem, chips, an anneal, a target.

Enters: what people write. Leaves: a Problem, Chips, an Anneal, a Target. Raises InputError in one sentence.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hwsim.command.defaults import CHIP, OWN
from hwsim.errors import InputError
from hwsim.units import format_si, parse, seconds

if TYPE_CHECKING:
    from hwsim.chip.chip import Chip
    from hwsim.experiment.target import Target
    from hwsim.learn.machine import LearningMachine
    from hwsim.learn.model import Model
    from hwsim.problem.problem import Problem

_LONG_S = 5.0
"""Seconds from which the bar says how long a problem takes to be made."""


def problem_of(problem: Any, how: Mapping[str, Any], *, programmed: bool = True) -> "Problem":
    """What `hwsim.read` makes of ``problem``, with the keywords as_ and progress of ``how``; of a file that could be
    read otherwise, the bar says how it was read. programmed : whether it will be compiled, too"""
    from hwsim.problem.generate import check_programmed, is_generator, seconds_of
    from hwsim.problem.problem import Problem
    from hwsim.problem.read import read

    if not isinstance(problem, Problem):
        how["progress"].show(0.0, "reading the problem")
        if programmed and isinstance(problem, str) and is_generator(problem):
            check_programmed(problem)
        if isinstance(problem, str) and is_generator(problem) and (long_s := seconds_of(problem)) > _LONG_S:
            how["progress"].show(0.0, f"making {problem}, some {format_si(long_s, 's', digits=1)}", now=True)
    found = read(problem, as_=how["as_"])
    if found.reading is not None and isinstance(problem, str | PathLike):
        how["progress"].note(f"{problem}: read as {found.reading}")
    return found


def several(value: Any) -> list[Any]:
    """A list of what is given: one value, a sequence, or text with commas; None is no value."""
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return list(value) if isinstance(value, Sequence) else [value]


def times(value: Any, name: str) -> list[Any]:
    """Seconds of one time, several, or a range (see `hwsim.ranges`), multiples of tau as text; [None] of None."""
    from hwsim.ranges import expanded, in_tau, parts

    listed = parts(value) if isinstance(value, str) else several(value)
    each = expanded(listed, name=name)
    return [one if in_tau(one) is not None else seconds(one, name=name) for one in each] or [None]


def chip_of(chip: "str | Chip", changes: Mapping[str, Any] | None, without: Iterable[str], **scheme: Any) -> "Chip":
    """The chip of a card with ``changes`` of its parameters and a ``scheme`` of clock, participation, tau and delay,
    each None for the card's own; a Chip takes the scheme alone."""
    from hwsim.chip import library
    from hwsim.chip.chip import Chip
    from hwsim.chip.faults import without as switched_off

    scheme = {name: value for name, value in scheme.items() if value is not None}
    for name in scheme:
        if name in (changes or {}):
            raise InputError(f"{name} is given twice, as an argument and by set")
    if "name" in (changes or {}):
        raise InputError("set changes parameters of cards, which a name is not: hwsim show lists them")
    if not isinstance(chip, Chip):
        faults = several(without)
        return library.chip(chip, **{**(changes or {}), **({"without": faults} if faults else {}), **scheme})
    if changes:
        raise InputError(f"set changes parameters of cards: give chip {chip.name!r} by the name of its card")
    return _paced(switched_off(chip, several(without)), **scheme)


def check_card(chip: Any) -> None:
    """Raise InputError where ``chip`` names no card, or a damaged one: before its problem is made, which may take
    long."""
    from hwsim.chip.library import chip_card

    if isinstance(chip, str | Path):
        chip_card(chip)


def machine_of(chip: "str | Chip", how: Mapping[str, Any]) -> "Chip":
    """The chip of the keywords set, without, clock, participation, tau and delay of ``how``, where they are there."""
    scheme = {name: how[name] for name in _FIELDS if name in how}
    return chip_of(chip, how["set"], how["without"], **scheme)


def own_chip(
    chip: "str | Chip", card: str | None, notes: Mapping[str, Any], how: Mapping[str, Any]
) -> "tuple[str | Chip, Mapping[str, Any]]":
    """(chip, keywords) that `machine_of` takes: of `OWN` the ``card`` on which a model was trained, with what its
    ``notes`` say was set there, unless ``how`` says otherwise; of another ``chip`` the same."""
    if chip != OWN:
        return chip, how
    kept = dict(notes.get("settings") or {})
    faults, named = several(kept.pop("without", ())), kept.pop("card", card or CHIP)
    paced = [name for name in _FIELDS if how.get(name) is not None]
    kept = {key: value for key, value in kept.items() if key not in paced}
    return named, {**how, "set": kept | dict(how["set"] or {}), "without": [*faults, *several(how["without"])]}


def learning_machine(model: "Model", chip: "str | Chip", how: Mapping[str, Any]) -> "LearningMachine":
    """``model`` on ``chip``, `OWN` for the one that it was trained on, with the keywords of ``how``."""
    from hwsim.errors import DoesNotFitError
    from hwsim.learn.machine import LearningMachine

    machine = machine_of(*own_chip(chip, model.chip, model.notes, how))
    if machine.topology.is_fixed and model.sites is None:
        raise DoesNotFitError(
            f"{model.name} has couplings of its own and {machine.name} has fixed wires: train it there, or let hwsim "
            "run embed it as a problem"
        )
    settings = {name: how[name] for name in ("schedules", "seed", "engine", "threads")}
    how["progress"].show(0.0, f"placing the model on {machine.name}")
    return LearningMachine(model, machine, die_seed=how["die_seed"], **settings)


def _paced(chip: "Chip", **scheme: Any) -> "Chip":
    """``chip`` under another clock, participation, tau or delay."""
    from hwsim.cell.card import YOURS
    from hwsim.ranges import in_tau, seconds_in

    given = dict(scheme)
    for name, value in scheme.items():  # tau comes before delay
        if name == "clock":
            continue
        if name == "participation":
            scheme[name] = parse(value, "number", name=name)
        elif name == "tau" and in_tau(value) is not None:
            raise InputError(f"tau cannot be a multiple of tau, got {value!r}")
        else:
            tau_s = chip.clock.period_s or scheme.get("tau", chip.pbit.tau_s)
            scheme[name] = seconds_in(value, tau_s, name=name)
    clock = {_FIELDS[name]: value for name, value in scheme.items() if name in ("clock", "participation")}
    pbit = {_FIELDS[name]: value for name, value in scheme.items() if name in ("tau", "delay")}
    grades = dict(chip.grades) | {name: YOURS for name in scheme if name != "clock"}
    sources = {key: source for key, source in chip.sources.items() if key not in scheme}
    paced, cell = replace(chip.clock, **clock), replace(chip.pbit, **pbit)
    kept = {**chip.settings, **given}
    return replace(chip, clock=paced, pbit=cell, grades=grades, sources=sources, settings=kept)


_FIELDS = {"clock": "kind", "participation": "participation", "tau": "tau_s", "delay": "delay_s"}
"""What a scheme changes of a Chip."""


def anneal_of(problem: Any, program: Any, how: Mapping[str, Any], *, time: str | float | None) -> Any:
    """The Anneal of the keywords beta and anneal of ``how``, of length ``time``."""
    from hwsim.anneal import Anneal
    from hwsim.experiment.anneals import make_anneal

    if isinstance(how["anneal"], Anneal):
        if how["beta"] is not None or how["time"] is not None:
            raise InputError("anneal is a whole anneal: beta and time are its own")
        return how["anneal"]
    return make_anneal(problem, program, beta=beta_text(how["beta"]), shape=how["anneal"], time=time)


def beta_text(beta: Any) -> str | None:
    """Beta as text; a number, or a pair of numbers for a ramp."""
    if beta is None or isinstance(beta, str):
        return beta
    return ":".join(repr(float(end)) for end in beta) if isinstance(beta, Sequence) else repr(float(beta))


def target_of(problem: "Problem", how: Mapping[str, Any]) -> "Target | None":
    """The Target of the keyword target of ``how``: a number, known, exact or best; of None: the known one, or None."""
    from hwsim.experiment.target import Target, find_target
    from hwsim.report.table import number

    target, progress = how["target"], how["progress"]
    if target is None or isinstance(target, Target):
        return find_target(None, problem) if target is None else target
    text = target if isinstance(target, str) else repr(float(target))
    watch: Callable[[float, int], None] = progress.watch("looking for a target")

    def tell(found: Any) -> None:
        progress.note(f"target {number(found.energy)}: {found}")

    return find_target(text, problem, threads=how["threads"], progress=watch, tell=tell)


def needed_target(problem: "Problem", how: Mapping[str, Any]) -> "Target":
    """The same. Raises InputError where there is none."""
    found = target_of(problem, how)
    if found is None:
        raise InputError(f"no known energy of {problem.name} is on record: give a target, a number, exact or best")
    return found


def target_facts(found: "Target | None") -> dict[str, Any]:
    """``target_energy`` and ``target_source``, for documents; None where there is none."""
    if found is None:
        return {"target_energy": None, "target_source": None}
    return {"target_energy": found.energy, "target_source": found.source}


def target_words(facts: Mapping[str, Any]) -> str:
    """The target of `target_facts` in words, with what it means where nobody gave one."""
    from hwsim.experiment.target import TYPICAL
    from hwsim.report.table import number

    more = ", which half of the reads without faults reach (--target sets another)"
    return f"target energy {number(facts['target_energy'])}{more if facts['target_source'] == TYPICAL else ''}"


def problem_facts(problem: Any) -> dict[str, Any]:
    """The ``problem`` part of a document."""
    return {
        "name": problem.name,
        "kind": problem.kind,
        "reading": problem.reading,
        "spins": problem.bqm.num_variables,
        "couplings": problem.bqm.num_interactions,
        "known_energy": problem.known_energy,
        "known_source": problem.known_source,
    }
