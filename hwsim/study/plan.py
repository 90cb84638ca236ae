"""A plan: what a study runs, as a TOML file states it, and the points of its grid.

Enters: a plain dict (see `checked`). Leaves: points. A point is one problem on one chip under one recipe. Its key is
the hash of all that its results depend on, so plans that overlap share rows.
"""

import hashlib
import itertools
import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from hwsim.algorithm.recipe import PARAMETERS, Recipe, complete
from hwsim.anneal import Anneal
from hwsim.cell.card import suggestion
from hwsim.chip.chip import Chip
from hwsim.chip.library import chip
from hwsim.cost.toggles import counts_flips, flips_of, wires_of
from hwsim.errors import DoesNotFitError, InputError
from hwsim.experiment.anneals import beta_ends, length_s, make_anneal, pace_note, still_anneal
from hwsim.experiment.prepare import prepare
from hwsim.experiment.target import find_target
from hwsim.mapping.compile import Settings, embed
from hwsim.mapping.layout import area_m2, on_wires
from hwsim.memory import check_reads
from hwsim.prices import PRICES
from hwsim.problem.problem import Problem
from hwsim.problem.read import read
from hwsim.program import Program
from hwsim.ranges import expanded, seconds_in, spelt, values
from hwsim.session.pilot import AUTO, Pilot, pilot
from hwsim.streams import NOISE_VERSION, stream_key
from hwsim.text import read_toml
from hwsim.units import to_seconds, to_ticks

_COUNTS = {"reads": 2, "schedules": 1, "seed": 0, "die_seed": 0}
_DEFAULTS: dict[str, Any] = {
    "as": None,
    "chip": "generic-all-to-all",
    "target": None,
    "algorithm": "anneal",
    "beta": None,
    "anneal": "linear",
    "time": None,
    "reads": 256,
    "schedules": 4,
    "seed": 0,
    "die_seed": 0,
    "chips": None,
    "exchange": None,
    "chain_strength": None,
}
_ALGORITHM = tuple(sorted({key for parameters in PARAMETERS.values() for key in parameters}))
OWN = ("problem", *_DEFAULTS, *_ALGORITHM)
"""Keys that are not parameters of a card."""
_TABLES = ("set", "grid", "stop")


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A point is done when its interval is narrow enough and enough reads succeeded, or when its shards are spent.

    relative_width : of the 95 % interval of TTS99, or of the mean energy where there is no target
    min_success : reads at the target, at least;  max_shards : shards of ``reads`` reads each, at most
    """

    relative_width: float = 0.2
    min_success: int = 10
    max_shards: int = 16


@dataclass(frozen=True, kw_only=True)
class Point:
    """key : names the point;  samples : names its rows, sha256 of all that they depend on; points that differ only in
    prices or target share them;  facts : what a report states of the point;  program : content hash
    as_given : the first shard takes ``seed`` itself;  watched : whether its states are counted in equilibrium"""

    key: str
    samples: str
    facts: dict[str, Any]
    program: str
    recipe: Recipe
    reads: int
    schedules: int
    seed: int
    target: float | None = None
    as_given: bool = False
    watched: bool = False

    @property
    def beta(self) -> float:
        """The last inverse temperature of its anneal. Raises InputError for an algorithm without one."""
        if self.recipe.anneal is None:
            raise InputError(f"algorithm {self.recipe.algorithm} has no anneal")
        return float(self.recipe.anneal.beta[-1])

    def shard_seed(self, shard: int) -> int:
        """The seed of one shard, derived from the point's seed; with ``as_given`` the first shard takes that itself."""
        if self.as_given and shard == 0:
            return self.seed
        return stream_key(self.seed, "shard", shard) >> 1


@dataclass(frozen=True, kw_only=True)
class Combination:
    """One combination of the values of a grid.

    words : the values as text, by grid key;  key : of its point, or None where the problem does not fit the chip
    reason : why it does not fit
    """

    words: dict[str, str]
    key: str | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """points, combinations : in the order of the grid; combinations with the same settings share a point
    readings : {problem: how its file was read}, of files that could be read otherwise"""

    points: list[Point]
    stop: Stop
    combinations: list[Combination] = field(default_factory=list)
    readings: dict[str, str] = field(default_factory=dict)

    @property
    def unfit(self) -> list[tuple[dict[str, str], str]]:
        """(words, reason) of each combination that does not fit its chip."""
        return [(each.words, each.reason) for each in self.combinations if each.key is None]


def checked(spec: Mapping[str, Any]) -> dict[str, Any]:
    """``spec`` with its defaults filled in. Raises InputError.

    problem : file or generator, in which 1..20 stands for each of these numbers;  chip : card
    as : how a file is read that can be read in two ways (see `hwsim.read`)
    target : energy, known, exact or best;  algorithm and its parameters : as in hwsim.algorithm.recipe
    beta, anneal, time, reads, schedules, seed, die_seed, chips, exchange, chain_strength : as in ``hwsim run``, where
    reads are those of one shard;  set : parameters of every card;  stop : see `Stop`
    grid : {key: list of values, or a range as text, see `hwsim.ranges`}; every combination of the values is a point. A
    key is one of these or a parameter of cards, and a value may be a table of several of them, with a ``name``
    """
    unknown = [key for key in spec if key not in OWN + _TABLES]
    if unknown:
        raise InputError(f"unknown key {unknown[0]!r}{suggestion(unknown[0], OWN + _TABLES)} (card parameters: [set])")
    full = {**{name: {} for name in _TABLES}, **_DEFAULTS, **spec}
    for name in _TABLES:
        if not isinstance(full[name], Mapping):
            raise InputError(f"{name} must be a table, got {full[name]!r}")
    full["grid"] = {key: listed(given, name=f"grid.{key}") for key, given in full["grid"].items()}
    for key in full["set"]:
        if key in OWN:
            raise InputError(f"{key} is not a parameter of a card: give it outside [set]")
    _stop(full["stop"])
    if "problem" not in full and "problem" not in full["grid"]:
        raise InputError("a plan needs problem, a file or a generator such as ea3d:L=8,seed=1..20")
    return full


def listed(given: Any, *, name: str) -> list[Any]:
    """The values of one key of a grid: a list, whose texts may be ranges, or one text (see `hwsim.ranges`). Raises
    InputError."""
    if isinstance(given, str):
        return values(given, name=name)
    if not isinstance(given, list) or not given:
        raise InputError(f"{name} must be a list of values, or a range such as 0:2tau:24, got {given!r}")
    return expanded(given, name=name)


def build(
    spec: Mapping[str, Any],
    keep: Callable[[Program], str],
    *,
    recall: Callable[[str], dict[str, Any] | None] = lambda key: None,
    threads: int | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    as_given: bool = False,
    watched: bool = False,
    problems: Mapping[str, Problem] | None = None,
    machine: Callable[..., Chip] = chip,
) -> Plan:
    """The plan of ``spec``. Each problem is read once and each program compiled once. Raises InputError.

    keep : stores a Program and returns its content hash;  recall : the facts that a store has of a key, or None
    progress : called with (done, in all, what);  as_given : the first shard of every point takes the seed itself, as
    ``hwsim run`` does
    watched : whether states are counted in equilibrium; beta is then one number, by default 1/sigma or the chip's own,
    and the length 400 updates of a p-bit;  problems : by the name that ``spec`` gives them, in place of files
    machine : makes the chip of a card's name and its parameters
    """
    full = checked(spec)
    every = list(settings(full))
    made: dict[str, Any] = {**(problems or {}), "machine of": machine}
    points: list[Point] = []
    combinations = []
    for number, (words, chosen) in enumerate(every):
        if progress is not None:
            progress(number, len(every), ", ".join(words.values()) or str(chosen["problem"]))
        where = ", ".join(f"{key} = {word}" for key, word in words.items())
        try:
            point = _point(words, chosen, made, keep, recall, threads, as_given, watched)
        except DoesNotFitError as error:
            combinations.append(Combination(words=words, reason=str(error)))
            continue
        except InputError as error:
            raise InputError(f"{error} (at {where})" if where else str(error)) from None
        combinations.append(Combination(words=words, key=_add(points, point).key))
    read_here = {text: problem for text, problem in made.items() if isinstance(problem, Problem)}
    readings = {text: problem.reading for text, problem in read_here.items() if problem.reading is not None}
    return Plan(points=points, stop=_stop(full["stop"]), combinations=combinations, readings=readings)


def _add(points: list[Point], point: Point) -> Point:
    """Add ``point``, unless the list has the same one under other words; returns the one in the list. Points with the
    same samples get different keys."""
    twins = [other for other in points if other.samples == point.samples]
    for other in twins:
        if _meant(other) == _meant(point):
            return other
    if twins:
        point = replace(point, key=f"{point.samples}-{identity(point)}")
    points.append(point)
    return point


def identity(point: Point) -> str:
    """16 hex digits, the hash of all that a summed point depends on except the version of hwsim: samples, prices,
    target, area."""
    text = json.dumps([point.samples, _meant(point)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _meant(point: Point) -> dict[str, Any]:
    """The facts in which points with the same samples may differ: prices, target, area."""
    return {key: value for key, value in point.facts.items() if key != "words"}


def _stop(table: Mapping[str, Any]) -> Stop:
    defaults = asdict(Stop())
    for key, value in table.items():
        if key not in defaults:
            raise InputError(f"unknown key stop.{key}; known are {', '.join(defaults)}")
        whole = key != "relative_width"
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not value > 0:
            raise InputError(f"stop.{key} must be a {'whole ' if whole else ''}number > 0, got {value!r}")
        if value >= 2**63:
            raise InputError(f"stop.{key} must be below 2**63, got a larger number")  # of any number of digits
    return Stop(**table)


def settings(full: Mapping[str, Any]) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """(words by grid key, all settings) of every combination; a range in a problem's text gives one for each number."""
    common = {key: value for key, value in full.items() if key not in _TABLES} | dict(full["set"])
    grid = {key: list(values) for key, values in full["grid"].items()}
    problems = [text for problem in grid.get("problem", [common.get("problem")]) for text in spelt(problem)]
    if "problem" in grid or len(problems) > 1:
        grid["problem"] = problems
    for row in itertools.product(*grid.values()):
        words, chosen = {}, dict(common)
        for key, value in zip(grid, row, strict=True):
            if isinstance(value, Mapping):
                inner = {k: v for k, v in value.items() if k != "name"}
                words[key] = str(value.get("name", ", ".join(f"{k} {v}" for k, v in inner.items())))
                if not words[key].isprintable():
                    raise InputError(f"grid.{key}: a name must hold nothing but letters and signs, got {words[key]!r}")
                chosen |= inner
            else:
                words[key] = str(value)
                chosen[key] = value
        yield words, chosen


def _point(
    words: dict[str, str],
    chosen: dict[str, Any],
    made: dict[str, Any],
    keep: Callable[[Program], str],
    recall: Callable[[str], dict[str, Any] | None],
    threads: int | None,
    as_given: bool,
    watched: bool,
) -> Point:
    auto = chosen["schedules"] == AUTO
    if isinstance(chosen["schedules"], str) and not auto:
        raise InputError(f"schedules must be a whole number or auto, got {chosen['schedules']!r}")
    for key, least in _COUNTS.items():
        if auto and key == "schedules":
            continue
        if isinstance(chosen[key], bool) or not isinstance(chosen[key], int) or chosen[key] < least:
            raise InputError(f"{key} must be a whole number >= {least}, got {chosen[key]!r}")
    if auto and chosen["algorithm"] != "anneal":
        raise InputError(f"schedules auto is for algorithm anneal: give a number for {chosen['algorithm']}")
    if auto and watched:
        raise InputError("schedules auto is not for quantities of equilibrium: give a number")
    if chosen["algorithm"] == "tempering" and chosen["reads"] % min(chosen["schedules"], chosen["reads"]):
        raise InputError(
            f"reads must be a multiple of schedules for tempering, got {chosen['reads']} and {chosen['schedules']}"
        )
    _chip(chosen, made)  # a wrong one is refused before a large problem is made
    problem = _problem(chosen, made)
    machine, program, name = _machine(chosen, problem, made, keep)
    check_reads(program.n_pbits, chosen["reads"], schedules=1 if auto else chosen["schedules"], looks=2)
    recipe = _recipe(chosen, problem, program, watched)
    trial = _pilot(chosen, recipe, program, name, made, threads) if auto else None
    if trial is not None:
        chosen = chosen | {"schedules": trial.schedules}
    key = _key(chosen, name, recipe, {"seed as given": as_given, "watched": watched})
    target, source = _target(chosen, problem, made, recall(key), threads)
    if target is not None and program.indistinct is not None:
        raise InputError(program.indistinct)
    exact = chosen["target"] == "exact" or (problem.known_is_exact and target == problem.known_energy)
    facts = {
        "problem": problem.name,
        "spins": len(problem.bqm.variables),
        "words": words,
        "target": target,
        "target_source": source,
        "target_is_exact": exact,
        "rounding": program.rounding,
        "wanted": chosen["target"],
        "algorithm": recipe.algorithm,
        "parameters": recipe.parameters,
        "time_s": recipe.time_s,
        "note": pace_note(program, recipe.time_s),
        "reads": chosen["reads"],
        "schedules": chosen["schedules"],
        "seed": chosen["seed"],
        "samples": key,
        **({} if trial is None else {"pilot": str(trial)}),
        "program": name,
        "wires_j": wires_of(program, recipe.anneal),
        "flips": None if counts_flips(program) else flips_of(program, recipe.anneal),
    }
    return Point(
        key=key,
        samples=key,
        facts=facts | _machine_facts(machine, program),
        program=name,
        recipe=recipe,
        reads=chosen["reads"],
        schedules=min(chosen["schedules"], chosen["reads"]),
        seed=chosen["seed"],
        target=target,
        as_given=as_given,
        watched=watched,
    )


def _pilot(
    chosen: dict[str, Any], recipe: Recipe, program: Program, name: str, made: dict[str, Any], threads: int | None
) -> Pilot:
    """The pilot that chooses the schedules of a point; of points that run the same, once."""
    anneal = cast(Anneal, recipe.anneal)
    key = f"pilot {name} {chosen['reads']} {anneal.start.tolist()} {anneal.beta.tolist()} {anneal.end}"
    if key not in made:
        made[key] = pilot(program, anneal, reads=chosen["reads"], threads=threads)
    return cast(Pilot, made[key])


def _recipe(chosen: dict[str, Any], problem: Any, program: Program, watched: bool) -> Recipe:
    """What a point runs."""
    algorithm = chosen["algorithm"]
    if watched:
        return _watched_recipe(chosen, problem, program)
    beta = None if chosen["beta"] is None else str(chosen["beta"])
    anneal: Anneal | None = None
    betas: tuple[float, ...] = ()
    if algorithm == "anneal":
        anneal = make_anneal(problem, program, beta=beta, shape=chosen["anneal"], time=chosen["time"])
    elif beta is not None:
        betas = beta_ends(beta, problem)
        if algorithm == "quantum" and len(betas) != 1:
            raise InputError(f"beta of algorithm quantum must be one number, got {beta!r}")
    duration = to_seconds(to_ticks(length_s(program, chosen["time"]), name="time"))
    if not duration > 0:
        raise InputError(f"time must be > 0, got {chosen['time']}")
    parameters = complete(algorithm, {key: chosen[key] for key in _ALGORITHM if key in chosen})
    return Recipe(algorithm=algorithm, time_s=duration, parameters=parameters, anneal=anneal, betas=betas)


def _watched_recipe(chosen: dict[str, Any], problem: Any, program: Program) -> Recipe:
    """What a point runs whose states are counted in equilibrium."""
    if chosen["algorithm"] != "anneal":
        raise InputError(f"equilibrium is a matter of the algorithm anneal, not of {chosen['algorithm']}")
    beta = None if chosen["beta"] is None else str(chosen["beta"])
    anneal = still_anneal(problem, program, beta=beta, shape=chosen["anneal"], time=chosen["time"])
    return Recipe(algorithm="anneal", time_s=anneal.duration_s, parameters=complete("anneal", {}), anneal=anneal)


def _key(chosen: dict[str, Any], program: str, recipe: Recipe, how: dict[str, bool]) -> str:
    """sha256 of all that the rows of a point depend on. how : by name, what is not so for every point"""
    anneal = recipe.anneal
    matter = {
        "program": program,
        "noise": NOISE_VERSION,
        "reads": chosen["reads"],
        "schedules": chosen["schedules"],
        "seed": chosen["seed"],
        "algorithm": recipe.algorithm,
        "parameters": recipe.parameters,
        "betas": recipe.betas,
        "time": to_ticks(recipe.time_s),
        "anneal": None if anneal is None else [anneal.start.tolist(), anneal.beta.tolist(), anneal.end],
    } | {name: True for name, so in how.items() if so}
    return hashlib.sha256(json.dumps(matter, sort_keys=True).encode()).hexdigest()


def _machine_facts(machine: Any, program: Program) -> dict[str, Any]:
    """What a report states of the chip of a point."""
    network = program.network
    return {
        "pbits": program.n_pbits,
        "chip": machine.name,
        "clock": program.clock.kind,
        "independent": program.reads_are_independent,
        "prices": {price.field: getattr(program.prices, price.field) for price in PRICES.values()},
        "grades": dict(machine.grades),
        "delay_s": to_seconds(int(program.wires.delay.max(initial=0))),
        "area_m2": area_m2(network.indptr, machine),
        "couplers": int(on_wires(network, machine, program.placement.sites).sum()) // 2,
    }


def _source(chosen: dict[str, Any]) -> str:
    """The problem as the plan names it, and how it is read."""
    return str(chosen["problem"]) if chosen["as"] is None else f"{chosen['problem']} as {chosen['as']}"


def _problem(chosen: dict[str, Any], made: dict[str, Any]) -> Any:
    """The problem of a point, read once."""
    text, source = chosen["problem"], _source(chosen)
    if not isinstance(text, str):
        raise InputError(f"problem must be a file or a generator, got {text!r}")
    if source not in made:
        made[source] = read(text, as_=chosen["as"])
    return made[source]


def _target(
    chosen: dict[str, Any], problem: Any, made: dict[str, Any], before: dict[str, Any] | None, threads: int | None
) -> tuple[float | None, str | None]:
    """The target energy and its source, found once for each problem, or taken from an earlier study that asked for the
    same."""
    wanted = chosen["target"]
    key = f"target {wanted} of {_source(chosen)}"
    if key not in made:
        if before is not None and before["wanted"] == wanted:
            made[key] = before["target"], before.get("target_source")
        else:
            found = find_target(None if wanted is None else str(wanted), problem, threads=threads)
            made[key] = (None, None) if found is None else (found.energy, found.source)
    return made[key]


def _chip(chosen: dict[str, Any], made: dict[str, Any]) -> Any:
    """The chip of a point, made once."""
    card = {key: value for key, value in chosen.items() if key not in OWN}
    key = f"chip {json.dumps([chosen['chip'], card], sort_keys=True, default=str)}"
    if key not in made:
        made[key] = made["machine of"](chosen["chip"], **card)
    return made[key]


def _machine(
    chosen: dict[str, Any], problem: Any, made: dict[str, Any], keep: Callable[[Program], str]
) -> tuple[Any, Program, str]:
    """(chip, program of the problem on it, content hash of the program)."""
    card = {key: value for key, value in chosen.items() if key not in OWN}
    own = {key: chosen[key] for key in ("chip", "die_seed", "chips", "exchange", "chain_strength")}
    key = f"program {_source(chosen)} {json.dumps([own, card], sort_keys=True, default=str)}"
    if key not in made:
        machine = _chip(chosen, made)
        placed = f"embedding {_source(chosen)} {hashlib.sha256(pickle.dumps(machine.topology)).hexdigest()}"
        if placed not in made:
            try:
                made[placed] = embed(problem, machine)
            except DoesNotFitError as error:  # the search takes a second, and would fail again at the next point
                made[placed] = error
        if isinstance(made[placed], DoesNotFitError):
            raise made[placed]
        exchange = chosen["exchange"]
        settings = Settings(
            die_seed=chosen["die_seed"],
            chain_strength=chosen["chain_strength"],
            parts=chosen["chips"],
            exchange_s=None if exchange is None else seconds_in(exchange, machine.round_s, name="exchange"),
            embedding=made[placed],
        )
        program = prepare(problem, machine, settings).program
        made[key] = machine, program, keep(program)
    return made[key]


def read_plan(path: str | Path) -> dict[str, Any]:
    """The TOML file of a plan. Raises InputError."""
    spec = read_toml(path)
    try:
        return checked(spec)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
