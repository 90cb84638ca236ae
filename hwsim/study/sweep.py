"""A sweep: one quantity against another, as a study of one shard for each point.

Enters: a plain dict (see `checked`), a store and workers. Leaves: a Swept (`hwsim.study.swept`).

Quantities of equilibrium are taken at one temperature, beside the same problem on ideal p-bits without delay, which
have the same clock, noise and length; so what both get wrong by chance cancels. Those of a solution are taken at the
end of an anneal.
"""

from collections.abc import Callable, Mapping
from typing import Any

from hwsim.analysis.exact_laws import MAX_SPINS
from hwsim.errors import InputError, UnsupportedError
from hwsim.program import Program
from hwsim.ranges import spelt
from hwsim.study import plan as study
from hwsim.study.execute import Status, Workers, execute
from hwsim.study.plan import Plan, build, listed
from hwsim.study.store import Store
from hwsim.study.swept import QUANTITIES, Asked, Swept, swept
from hwsim.units import SI_UNIT, parse, to_seconds

READS, SCHEDULES = 2048, 16
"""Reads of a point and realisations of the clock that they share, by default."""
_OWN = ("problem", "vary", "quantity", "limit")
_PLAIN = ("reads", "schedules", "seed", "die_seed")
KEYS = (*_OWN, *(key for key in study.OWN if key != "problem"), "set")
"""Keys of the dict that asks for a sweep."""


def checked(spec: Mapping[str, Any]) -> dict[str, Any]:
    """``spec`` with its defaults filled in and its ranges spelt out. Raises InputError.

    problem, and all others that a plan has (`hwsim.study.plan.checked`), but for grid and stop
    vary : {key: list of values, or a range as text}, one key or two, any that a grid may have
    quantity : one of QUANTITIES or several, the error of the correlations by default
    limit : of the quantity, or {quantity: limit}; the correlations have one by default
    """
    unknown = [key for key in spec if key not in KEYS]
    if unknown:
        raise InputError(f"unknown key {unknown[0]!r}; known are {', '.join(KEYS)} (card parameters: set)")
    full: dict[str, Any] = {"reads": READS, "schedules": SCHEDULES, "quantity": "correlation", "limit": None}
    full |= spec
    full["vary"] = varied(full.get("vary"))
    if "problem" not in full["vary"] and len(spelt(full.get("problem"))) > 1:
        raise InputError(f"a sweep has one problem: vary it, or name one of {full['problem']}")
    given = [full["quantity"]] if isinstance(full["quantity"], str) else list(full["quantity"])
    known = [name for name, quantity in QUANTITIES.items() if not quantity.of_training]
    for name in given:
        if name not in known:
            raise InputError(f"quantity must be one of {', '.join(known)}, got {name!r}")
    full["quantity"] = list(dict.fromkeys(given))
    full["limit"] = limits_of(full["limit"], full["quantity"])
    if any(QUANTITIES[name].still for name in full["quantity"]):
        _check_clusters(full)
    return full


def varied(vary: Any) -> dict[str, list[Any]]:
    """The values of each key of ``vary``, {key: list or range}, one key or two. Raises InputError."""
    if not isinstance(vary, Mapping) or not 1 <= len(vary) <= 2:
        raise InputError("a sweep varies one key or two, such as vary = {'delay': '0:2tau:24'}")
    found = {key: listed(given, name=key) for key, given in vary.items()}
    for key, values in found.items():
        words = [str(value) for value in values]
        if len(words) < 2 or len(set(words)) < len(words):
            raise InputError(f"{key} must vary over at least two different values, got {', '.join(words)}")
    return found


def _check_clusters(full: Mapping[str, Any]) -> None:
    """Raise InputError where schedules are too few for an interval from their differences."""
    reads, schedules = full["reads"], full["schedules"]
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in (reads, schedules))
    if whole and (schedules < 4 or reads < 2 * schedules):
        raise InputError(
            f"quantities of equilibrium need at least 4 schedules of 2 reads, got {schedules} and {reads} reads"
        )


def limits_of(given: Any, quantities: list[str]) -> dict[str, float]:
    """The limit of each quantity that has one. Raises InputError."""
    limits = {name: limit for name in quantities if (limit := QUANTITIES[name].limit) is not None}
    if given is None:
        return limits
    if not isinstance(given, Mapping):
        if len(quantities) > 1:
            raise InputError(f"several quantities need limits by name, such as {quantities[0]}=0.1, got {given}")
        given = {quantities[0]: given}
    for name, value in given.items():
        if name not in quantities:
            raise InputError(f"limit names {name!r}, which is not swept: {', '.join(quantities)}")
        limits[name] = parse(value, _DIMENSION[QUANTITIES[name].unit], name=f"limit of {name}")
    return limits


_DIMENSION = {unit: dimension for dimension, unit in SI_UNIT.items()} | {"": "number"}


def run_sweep(
    spec: Mapping[str, Any],
    store: Store,
    workers: Workers,
    keep: Callable[[Program], str],
    *,
    given: Mapping[str, Any] | None = None,
    interrupt: Callable[[], bool] = lambda: False,
    preparing: Callable[[int, int, str], None] | None = None,
    progress: Callable[[Status], None] | None = None,
) -> Swept:
    """The sweep that ``spec`` (see `checked`) asks for; points that ``store`` holds are not run again.

    keep : stores a Program for the workers and returns its content hash;  given : problems, machine and threads of
    `hwsim.study.plan.build`;  preparing, progress : progress of `build` and of `execute`
    Raises InputError.
    """
    how = {"progress": preparing, "recall": store.points().get} | dict(given or {})
    asked = _built(checked(spec), keep, how)
    plan = Plan(points=list(asked.points.values()), stop=study.Stop(max_shards=1))
    done = execute(plan, store, workers, interrupt=interrupt, progress=progress)
    if len(done.refused) == len(plan.points):
        raise UnsupportedError("; ".join(sorted(set(done.refused.values()))))
    return swept(asked, store, done.refused, done.interrupted)


def _built(full: dict[str, Any], keep: Callable[[Program], str], how: Mapping[str, Any]) -> Asked:
    """The plans of the sweep ``full``. how : keywords of `build`"""
    asked = Asked(full=full)

    def kept(program: Program) -> str:
        name = keep(program)
        asked.programs[name] = program
        return name

    spec = {key: value for key, value in full.items() if key not in _OWN}
    spec |= {"grid": full["vary"], "stop": {"max_shards": 1}}
    spec |= {} if "problem" in full["vary"] else {"problem": full.get("problem")}
    if any(QUANTITIES[name].still for name in full["quantity"]):
        asked.still = build(spec | {"target": None}, kept, watched=True, as_given=True, **how)
        _add_ideal(asked, spec, kept, how)
        asked.points |= {point.key: point for point in asked.still.points}
    if any(not QUANTITIES[name].still for name in full["quantity"]):
        asked.solving = build(spec, kept, as_given=True, **how)
        asked.points |= {point.key: point for point in asked.solving.points}
        _check_targets(asked)
    if not asked.points:
        reasons = {each.reason for each in asked.combinations if each.reason}
        raise InputError(f"no point of the sweep fits its chip: {'; '.join(sorted(reasons))}")
    return asked


def _check_targets(asked: Asked) -> None:
    """Raise InputError where a solution is asked for and nobody knows the energy to reach."""
    needs = [name for name in asked.full["quantity"] if name in ("success", "tts", "joules")]
    for point in asked.solving.points if asked.solving is not None and needs else ():
        if point.target is None:
            raise InputError(
                f"{needs[0]} needs a target energy, and none of {point.facts['problem']} is on record: give target a "
                "number, exact or best"
            )


def _add_ideal(asked: Asked, spec: dict[str, Any], keep: Callable[[Program], str], how: Mapping[str, Any]) -> None:
    """Add the points of ideal p-bits, one for each problem, clock, temperature and length of the still points.

    The clock is the point's own; but where p-bits update at once, whose law is not Boltzmann's, it is Poisson's.
    """
    assert asked.still is not None
    for point in asked.still.points if "tv" in asked.full["quantity"] else ():
        if point.facts["spins"] > MAX_SPINS:
            raise InputError(
                f"tv, the distance from Boltzmann's law, needs a problem of at most {MAX_SPINS} spins, "
                f"got {point.facts['spins']}"
            )
    points = {point.key: point for point in asked.still.points}
    quiet = {key: value for key, value in how.items() if key not in ("progress", "machine")}
    made: dict[tuple[str, ...], str] = {}
    for each, (_, chosen) in zip(asked.still.combinations, study.settings(study.checked(spec)), strict=True):
        if each.key is None or each.key in asked.base:
            continue
        point = points[each.key]
        clock = asked.programs[point.program].clock
        kind = "poisson" if clock.kind == "synchronous" else clock.kind
        ask = {
            "problem": chosen["problem"],
            "as": chosen["as"],
            "beta": repr(point.beta),
            "time": point.recipe.time_s,
            "set": {"clock": kind, "tau": to_seconds(clock.round_ticks)},
        } | {key: chosen[key] for key in _PLAIN}
        key = tuple(map(str, ask.values()))
        if key not in made:
            (ideal,) = build(ask, keep, watched=True, as_given=True, **quiet).points
            asked.points[ideal.key] = ideal
            made[key] = ideal.key
        asked.base[each.key] = made[key]
