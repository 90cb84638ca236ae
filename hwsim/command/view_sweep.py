"""The settings of a view that varies a parameter: a machine for each, and the sweep that says what each costs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hwsim.command import given
from hwsim.command.viewed import MOST_SETTINGS, Asked, Machine
from hwsim.errors import InputError
from hwsim.program import Program, content_hash

if TYPE_CHECKING:
    from hwsim.study.swept import Swept

_PACE = ("clock", "participation", "tau", "delay")
_FEW = ("reads", "schedules")
"""Keywords that say how many reads the page looks at; the sweep takes its own number."""


def varied(problem: Any, ask: Asked, how: Mapping[str, Any]) -> "tuple[list[Machine], Swept]":
    """(a machine for each setting, what the sweep of them found)."""
    from hwsim.command.sweep import _maker, _spec, sweep
    from hwsim.study.plan import build
    from hwsim.study.sweep import checked

    assert ask.vary is not None
    card = {**(how["set"] or {}), **{name: how[name] for name in _PACE if how[name] is not None}}
    card |= {name: value for name, value in (("chips", ask.chips), ("exchange", ask.exchange)) if value is not None}
    own = {**how, "set": card}
    still = ":" not in (given.beta_text(how["beta"]) or "")
    quantities = [*(["correlation"] if still else []), *(["success"] if problem.known_energy is not None else [])]
    quantity = quantities or ["energy"]
    spec = _spec(
        ask.vary, _for_sweep(own), ask.chip, quantity=quantity, limit=None, algorithm=None, strength=ask.strength
    )
    spec |= {"problem": problem.name}
    full = checked(spec)
    settings = 1
    for values in full["vary"].values():
        settings *= len(values)
    if settings > MOST_SETTINGS:
        raise InputError(f"a page holds at most {MOST_SETTINGS} settings, such as 24 or 8 x 8, got {settings}")
    programs: dict[str, Program] = {}

    def keep(program: Program) -> str:
        name = content_hash(program)
        programs[name] = program
        return name

    grid = {key: value for key, value in full.items() if key not in ("vary", "quantity", "limit")}
    grid |= {"grid": full["vary"], "stop": {"max_shards": 1}, "target": None}
    maker = _maker(ask.chip)
    plan = build(grid, keep, as_given=True, watched=still, problems={problem.name: problem}, machine=maker)
    points = {point.key: point for point in plan.points}
    machines = [
        Machine(
            problem=problem,
            program=programs[points[each.key].program],
            chip=given.machine_of(ask.chip, {**how, **dict.fromkeys(_PACE)}),
            words=each.words,
        )
        for each in plan.combinations
        if each.key is not None
    ]
    if not machines:
        raise InputError(f"no setting fits its chip: {plan.unfit[0][1]}")
    found = sweep(problem, ask.vary, quantity=quantity, chip=ask.chip, chain_strength=ask.strength, **_for_sweep(own))
    if found.interrupted:
        raise KeyboardInterrupt
    return machines, found.swept


def _for_sweep(how: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of `hwsim.sweep` among ``how``."""
    kept = {key: value for key, value in how.items() if key not in (*_PACE, *_FEW, "engine")}
    return kept | {"reads": 2048, "schedules": 16}
