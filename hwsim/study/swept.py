"""What a sweep found: the quantities of each point with their 95 % intervals, and the design rules that they show.

Enters: a sweep that ran, and its store. Leaves: a Swept, plain numbers.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hwsim.analysis.exact_laws import boltzmann_law, delayed_pair, energies
from hwsim.analysis.fidelity import total_variation, tv_noise_floor
from hwsim.analysis.interval import student_quantile
from hwsim.experiment.loss import crossing, jackknife, relative_error, relative_error_interval
from hwsim.program import Program
from hwsim.ranges import size
from hwsim.study.plan import Combination, Plan, Point
from hwsim.study.store import Row, Store
from hwsim.study.summed import table
from hwsim.study.tally import Z95
from hwsim.units import to_seconds


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """What a sweep measures.

    words : its name for people;  unit : SI, or "" for a plain number;  still : whether of a machine in equilibrium
    limit : by default, None for none;  least : whether the limit is the least that is good enough, not the most
    of_training : whether of a trained model, which `hwsim train` measures, not `hwsim sweep`
    """

    words: str
    unit: str = ""
    still: bool = False
    limit: float | None = None
    least: bool = False
    of_training: bool = False


QUANTITIES = {
    "correlation": Quantity(words="error of the correlations (relative)", still=True, limit=0.05),
    "tv": Quantity(words="total variation from Boltzmann's law", still=True),
    "success": Quantity(words="probability of success", least=True),
    "tts": Quantity(words="time to solution (99 %, with read-out)", unit="s"),
    "joules": Quantity(words="energy to solution (99 %, with read-out)", unit="J"),
    "energy": Quantity(words="mean energy"),
    "kl": Quantity(words="KL from the data (nats)", of_training=True),
    "right": Quantity(words="share of answers that are right", least=True, of_training=True),
}
"""The quantities by name. correlation: r.m.s. over coupled spins, relative to ideal p-bits without delay."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """What is varied.

    key : a parameter of cards or of the run;  words : each value as text;  unit : tau, SI, or "" for plain numbers
    numbers : each value as a number of that unit, None where a value is a word
    """

    key: str
    words: tuple[str, ...]
    numbers: tuple[float, ...] | None = None
    unit: str = ""

    def at(self, word: str) -> float | None:
        """The number of a value."""
        return None if self.numbers is None else self.numbers[self.words.index(word)]

    @property
    def is_whole(self) -> bool:
        """Whether nothing lies between two of its values: words, or whole numbers."""
        return self.numbers is None or (not self.unit and all(float(x).is_integer() for x in self.numbers))

    @property
    def log(self) -> bool:
        """Whether its values are better seen, and interpolated, in their logarithm."""
        if self.numbers is None or len(self.numbers) < 3 or min(self.numbers) <= 0:
            return False
        x = np.array(sorted(self.numbers))
        ratios, steps = np.diff(np.log(x)), np.diff(x)
        return bool(x[-1] > 20 * x[0] or np.ptp(ratios) < 0.01 * ratios.mean() < np.ptp(steps) / steps.mean())


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A design rule: how far the first axis may go while the quantity stays within its limit.

    series : value of the second axis, None without one;  value, ci : where the curve crosses the limit, and the 95 %
    interval, in the unit of the axis; an end beyond the measured values is None;  where the curve leaps from one value
    to the next, the interval is between the two
    side : "largest" or "smallest" value within the limit, "all" or "none" where the curve does not cross it, "several"
    where it does more than once
    """

    quantity: str
    limit: float
    series: str | None
    value: float | None
    ci: tuple[float | None, float | None]
    side: str


@dataclass(frozen=True, kw_only=True)
class Swept:
    """The curve of one quantity, or of several, against one axis or two.

    rows : a dict for each point: words and at (the value on each axis as text, and as a number of its unit or None),
    each quantity, its 95 % interval as ``<quantity>_ci``, and what the study says of the point; of one that cannot
    run, the reason under ``does_not_fit``
    rules : of each quantity with a limit and each value of the second axis;  limits : by quantity
    pair : (x, error) of the exact law for two coupled p-bits at the problem's r.m.s. coupling, where the first axis is
    a delay and the clock Poisson's;  facts : reads, schedules, beta and the like;  programs : content hashes
    """

    problem: str
    chip: str
    axes: tuple[Axis, ...]
    quantities: tuple[str, ...]
    rows: list[dict[str, Any]]
    rules: list[Rule]
    limits: dict[str, float]
    pair: list[tuple[float, float]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    programs: list[str] = field(default_factory=list)
    interrupted: bool = False


Series = list[tuple[str | None, list[dict[str, Any]]]]


def series_of(axes: Sequence[Axis], rows: list[dict[str, Any]]) -> Series:
    """(value of the second axis, its rows along the first), one entry without a second axis."""
    if len(axes) == 1:
        return [(None, rows)]
    key = axes[1].key
    return [(word, [row for row in rows if row["words"][key] == word]) for word in axes[1].words]


@dataclass(kw_only=True)
class Asked:
    """A sweep that is built and not yet run.

    still, solving : plans of the quantities of either kind, None where none is asked for;  base : by the key of a
    still point, that of its ideal p-bits;  points : all of them;  programs : what the analysis needs of them, by hash
    """

    full: dict[str, Any]
    still: Plan | None = None
    solving: Plan | None = None
    base: dict[str, str] = field(default_factory=dict)
    points: dict[str, Point] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)

    @property
    def combinations(self) -> list[Combination]:
        """Those of the axes, in order."""
        chosen = self.still or self.solving
        return [] if chosen is None else chosen.combinations


def swept(asked: Asked, store: Store, refused: Mapping[str, str], interrupted: bool) -> Swept:
    """What the rows in ``store`` say of the sweep ``asked``. refused : why a point cannot run, by key"""
    full = asked.full
    rows = []
    still = asked.still.combinations if asked.still is not None else None
    solving = asked.solving.combinations if asked.solving is not None else None
    summed = {row["key"]: row for row in table(store, asked.points)}
    counted = _counted(store, asked)
    axes = axes_of(full["vary"], asked.combinations)
    for number, each in enumerate(asked.combinations):
        row: dict[str, Any] = {"words": each.words, "at": {axis.key: axis.at(each.words[axis.key]) for axis in axes}}
        keys = [plan[number].key or "" for plan in (still, solving) if plan is not None]
        reason = next((refused[key] for key in keys if key in refused), each.reason)
        if reason:
            rows.append(row | {"does_not_fit": reason})
            continue
        if any(not summed[key]["shards"] for key in keys):
            continue  # interrupted before it ran
        if still is not None:
            point = still[number].key or ""
            if asked.base.get(point) not in counted:
                continue
            row |= _still_numbers(asked, point, counted)
        if solving is not None:
            row |= _solution_numbers(summed[solving[number].key or ""])
        row |= {key: summed[keys[0]][key] for key in _SHOWN}
        rows.append(row)
    any_point = next(iter(asked.points.values()))
    found = Swept(
        problem=any_point.facts["problem"] if len(_problems(asked)) == 1 else "several problems",
        chip=_joined(point.facts["chip"] for point in _own_points(asked)),
        axes=axes,
        quantities=tuple(full["quantity"]),
        rows=rows,
        rules=[],
        limits=full["limit"],
        pair=_pair(asked, axes[0]),
        facts=_facts(asked),
        programs=list(dict.fromkeys(point.program for point in asked.points.values())),
        interrupted=interrupted,
    )
    found.rules.extend(rules_of(found))
    return found


_SHOWN = ("pbits", "spins", "clock", "reads", "schedules", "device_time_s", "delay_s", "note")
"""What a row says of its point besides the quantities."""


def _own_points(asked: Asked) -> list[Point]:
    """The points of the axes, without the ideal p-bits beside them."""
    own = {each.key for plan in (asked.still, asked.solving) if plan is not None for each in plan.combinations}
    return [point for key, point in asked.points.items() if key in own]


def _problems(asked: Asked) -> list[str]:
    return list(dict.fromkeys(point.facts["problem"] for point in asked.points.values()))


def _joined(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def _facts(asked: Asked) -> dict[str, Any]:
    """What all points share: reads, schedules, seed, and beta where it is one number."""
    points = _own_points(asked)
    facts: dict[str, Any] = {key: asked.full.get(key, 0) for key in ("reads", "schedules", "seed")}
    betas = {point.beta for point in points if point.watched}
    facts["beta"] = betas.pop() if len(betas) == 1 else None
    targets = {(point.target, point.facts["target_source"]) for point in points if not point.watched}
    facts["target"], facts["target_source"] = targets.pop() if len(targets) == 1 else (None, None)
    return facts


def axes_of(vary: Mapping[str, list[Any]], combinations: Sequence[Combination]) -> tuple[Axis, ...]:
    """The axes along which the keys of ``vary`` have these values, in ``combinations`` as text."""
    out = []
    for key, values in vary.items():
        words = tuple(dict.fromkeys(each.words[key] for each in combinations))
        sizes = [None if isinstance(value, Mapping) else size(value) for value in values]
        units = {unit for found in sizes if found is not None for number, unit in [found] if number != 0 or unit}
        numbers = None
        if len(units) <= 1 and len(words) == len(sizes) and all(found is not None for found in sizes):
            numbers = tuple(found[0] for found in sizes if found is not None)
        out.append(Axis(key=key, words=words, numbers=numbers, unit=next(iter(units), "") if numbers else ""))
    return tuple(out)


@dataclass(frozen=True, kw_only=True)
class _Counted:
    """What was counted of a point. products : float64 (schedules, couplings), mean of each coupled pair of spins
    states : int (reads,), the last of each, or None;  schedule : int (reads,)"""

    products: np.ndarray
    states: np.ndarray | None
    schedule: np.ndarray


def _counted(store: Store, asked: Asked) -> dict[str, _Counted]:
    """What was counted of every watched point that ran, by key."""
    out = {}
    for point in asked.points.values():
        rows: list[Row] = list(store.rows(point.samples))[:1] if point.watched else []
        if rows:
            row, watched = rows[0], store.watched(rows[0])
            sizes = np.array(row.sizes)
            out[point.key] = _Counted(
                products=watched["products"] / (sizes * watched["looks"])[:, None],
                states=watched.get("states"),
                schedule=np.repeat(np.arange(len(sizes)), sizes),
            )
    return out


def _still_numbers(asked: Asked, key: str, counted: Mapping[str, _Counted]) -> dict[str, Any]:
    """The quantities of equilibrium of one point."""
    now, base = counted[key], counted[asked.base[key]]
    groups = len(now.products)
    reach = student_quantile(0.975, groups - 1)
    out: dict[str, Any] = {}
    if "correlation" in asked.full["quantity"]:
        out["correlation"] = relative_error(base.products, now.products)
        out["correlation_ci"] = list(relative_error_interval(base.products, now.products, reach=reach))
    if "tv" in asked.full["quantity"]:
        ideal = asked.points[asked.base[key]]
        network = asked.programs[ideal.program].problem_network
        states = now.states
        assert states is not None
        law = boltzmann_law(energies(*network), ideal.beta)
        value, error = jackknife(lambda kept: total_variation(states[np.isin(now.schedule, kept)], law), groups)
        out |= {"tv": value, "tv_ci": [max(0.0, value - reach * error), value + reach * error]}
        out["tv_floor"] = tv_noise_floor(law, len(states))
    return out


def _solution_numbers(point: dict[str, Any]) -> dict[str, Any]:
    """The quantities of a solution of one summed point."""
    mean, error = point["energy_mean"], point["energy_error"]
    out = {"energy": mean, "energy_ci": [mean - Z95 * error, mean + Z95 * error]}
    out |= {"success": point["p_success"], "success_ci": point["p_success_ci"], "tts": point["tts99_total_s"]}
    out |= {"tts_ci": point["tts99_total_ci_s"], "tts_is_bound": point["tts99_is_bound"]}
    out |= {"joules": point["ets99_total_j"], "joules_ci": point["ets99_total_ci_j"]}
    out["joules_is_bound"] = point["tts99_is_bound"]
    return out | {"unknown_energy": point.get("unknown_energy")}


def _pair(asked: Asked, axis: Axis) -> list[tuple[float, float]]:
    """(x, error) of two coupled p-bits by their exact law, with delays along ``axis``; see Swept."""
    points = [point for point in _own_points(asked) if point.watched]
    if axis.key != "delay" or axis.numbers is None or "correlation" not in asked.full["quantity"]:
        return []
    kinds = {asked.programs[point.program].clock.kind for point in points}
    alike = {
        (point.beta, to_seconds(asked.programs[point.program].clock.round_ticks), point.facts["problem"])
        for point in points
    }
    if kinds != {"poisson"} or len(alike) != 1:
        return []
    ((beta, tau_s, _),) = alike
    weights = asked.programs[points[0].program].problem_network.pairs[2]
    beta_j = beta * float(np.sqrt(np.mean(weights**2)))
    x = np.linspace(min(axis.numbers), max(axis.numbers), 121)
    at_once = delayed_pair(beta_j=beta_j, delay_over_tau=0.0)
    in_tau = x if axis.unit == "tau" else x / tau_s
    return [
        (float(a), 1 - delayed_pair(beta_j=beta_j, delay_over_tau=float(d)) / at_once)
        for a, d in zip(x, in_tau, strict=True)
    ]


def rules_of(sweep: Swept) -> list[Rule]:
    """The design rules that the rows show."""
    axis = sweep.axes[0]
    if axis.numbers is None:
        return []
    out = []
    for name, limit in sweep.limits.items():
        for series, rows in series_of(sweep.axes, sweep.rows):
            points = sorted((row["at"][axis.key], *_as_loss(row, name)) for row in rows if row.get(name) is not None)
            if len(points) > 1:
                sign = -1.0 if QUANTITIES[name].least else 1.0
                found = _rule(points, sign * limit, axis)
                out.append(Rule(quantity=name, limit=limit, series=series, value=found[0], ci=found[1], side=found[2]))
    return out


def _as_loss(row: dict[str, Any], name: str) -> tuple[float, float, float]:
    """(value, low, high) of a quantity, with its sign turned where more is better."""
    value = float("inf") if row.get(f"{name}_is_bound") else row[name]
    low, high = row.get(f"{name}_ci") or (value, value)
    low, high = (value if low is None else low), (float("inf") if high is None else high)
    return (-value, -high, -low) if QUANTITIES[name].least else (value, low, high)


Crossed = tuple[float | None, tuple[float | None, float | None], str]


def _rule(points: list[tuple[float, float, float, float]], limit: float, axis: Axis) -> Crossed:
    """(value, interval, side) of a Rule. points : (x, loss, low, high) by x."""
    inside = [loss <= limit for _, loss, _, _ in points]
    turns = sum(a != b for a, b in itertools.pairwise(inside))
    if turns == 0:
        return None, (None, None), "all" if inside[0] else "none"
    if turns > 1 and not inside[0]:
        return None, (None, None), "several"
    side = "largest" if inside[0] else "smallest"
    along = points if inside[0] else points[::-1]
    if axis.is_whole:
        within = [
            x for x, good in zip([p[0] for p in along], _leading(p[1] <= limit for p in along), strict=True) if good
        ]
        return within[-1], (None, None), side
    ends = [crossing([(p[0], p[k]) for p in along], limit, log=axis.log) for k in (1, 2, 3)]
    value, late, early = ends
    out = _leading(inside if inside[0] else inside[::-1]).index(False)
    if along[out][1] - along[out - 1][1] > _LEAP * (limit - along[0][1]):
        early, late = along[out - 1][0], along[out][0]
    return value, ((early, late) if side == "largest" else (late, early)), side


_LEAP = 10.0
"""A curve that leaps by so many times the loss that is allowed crosses the limit anywhere between the two values."""


def _leading(good: Iterable[bool]) -> list[bool]:
    """True for the entries before the first that is not."""
    out: list[bool] = []
    for each in good:
        out.append(each and (not out or out[-1]))
    return out
