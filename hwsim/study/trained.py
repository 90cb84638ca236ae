"""Trained: a plan of a training at every setting of one axis or two, and a model that moves from its die to others.

Enters: a plan (`hwsim.learn.plan.checked`), a store. Leaves: a Swept, or rows of dies. Each training and each die makes
one row of the store, whole or not at all, named by a hash of all that it depends on; so a study that was killed goes on
with the row that it lost.
"""

import hashlib
import itertools
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hwsim.analysis.interval import student_quantile
from hwsim.errors import DoesNotFitError, InputError
from hwsim.learn.model import Model
from hwsim.learn.plan import Planned, planned, with_setting
from hwsim.learn.training import Training, Watch, train
from hwsim.learn.updates import TRAINS
from hwsim.learn.worth import Exam
from hwsim.streams import NOISE_VERSION, stream_key
from hwsim.study.plan import Combination
from hwsim.study.store import Row, Store
from hwsim.study.swept import Swept, axes_of, rules_of
from hwsim.units import whole

LOADED = "loaded as it is"
"""How a model moves to another die without a training there."""
_LEARNT = ("max_h", "max_j", "device_s")
"""What a row of a training says besides what the model is worth."""


@dataclass(frozen=True, kw_only=True)
class Host:
    """What a study uses of this computer. store : of its rows;  threads : see ReadKeywords
    tell : called with (share done, words);  stop : returns whether to stop"""

    store: Store
    threads: int | None = None
    tell: Callable[[float, str], None] = lambda part, words: None
    stop: Callable[[], bool] = lambda: False

    def kept(
        self, key: str, number: int, make: Callable[[], dict[str, Any] | None], numbers: Sequence[str]
    ) -> dict[str, Any] | None:
        """The row ``number`` of ``key``: as it is stored, with ``numbers``, or as ``make`` makes it, which returns None
        when stopped. Raises InputError for a damaged row."""
        found = self.store.learnt(key, number, numbers)
        if found is not None:
            return found
        if self.stop():
            return None
        began = time.perf_counter()
        facts = make()
        if facts is not None:
            row = Row(point=key, shard=number, sizes=(), energies=np.zeros(0), activity={}, facts=facts)
            self.store.add(row, host_s=time.perf_counter() - began)
        return facts

    def train(self, asked: Planned, words: str, share: tuple[float, float], **changes: Any) -> Training | None:
        """The training of ``asked``, with ``changes`` of its model, course and keywords; None when it was stopped.
        share : of the study that is done before it, and after it"""

        def progress(part: float, of_training: str) -> None:
            self.tell(share[0] + part * (share[1] - share[0]), f"{words}  {of_training}")

        how = {"model": asked.model, "chip": asked.chip, "course": asked.course} | asked.keywords | changes
        done = train(asked.rows, watch=Watch(progress=progress, interrupt=self.stop), threads=self.threads, **how)
        return None if done.interrupted else done


def identity(asked: Planned, model: Model, *more: Any) -> str:
    """sha256 of all that a training of ``asked`` from ``model`` depends on, and of ``more``."""
    text = json.dumps([{**asked.plan, "judge": asked.course.ends}, NOISE_VERSION, more], sort_keys=True)
    hashed = hashlib.sha256(text.encode())
    arrays = (asked.rows, asked.data.weights, model.bias, model.first, model.second, model.weight, model.sites)
    for array in (*arrays, None if asked.test is None else asked.test.bits):
        hashed.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
    return hashed.hexdigest()


# along axes ---------------------------------------------------------------------------------------------------------


def trained_along(
    full: Mapping[str, Any],
    vary: Mapping[str, list[Any]],
    seeds: Sequence[int],
    host: Host,
    *,
    shown: Sequence[str] = (),
    limits: Callable[[list[str]], dict[str, float]] = lambda quantities: {},
) -> Swept:
    """``full``, a plan with its defaults, trained at each combination of ``vary`` from each of ``seeds``, on the
    machine as it is there; the quantities are means over seeds with Student's 95 % interval.

    shown : see `hwsim.learn.worth.Exam`;  limits : of the quantities that are known, by name. Raises InputError.
    """
    combinations, rows = [], []
    every = list(itertools.product(*vary.values()))
    exam = chip = None
    within: dict[str, float] = {}
    stopped = False
    for number, values in enumerate(every):
        words = dict(zip(vary, map(str, values), strict=True))
        where = ", ".join(f"{key} {word}" for key, word in words.items())
        try:
            at = dict(full)
            for key, value in zip(vary, values, strict=True):
                at = with_setting(at, key, value)
            each = []
            for k, seed in enumerate(seeds):
                asked = planned(at | {"seed": seed})
                exam, chip = Exam(asked, shown), asked.chip.name
                within = limits(exam.quantities)
                done = number * len(seeds) + k, len(every) * len(seeds)
                each.append(_trained(asked, exam, seed, host, f"{where}, seed {seed}", done))
                if each[-1] is None:
                    break
        except DoesNotFitError as error:
            combinations.append(Combination(words=words, reason=str(error)))
            continue
        except InputError as error:
            raise InputError(f"{error} (at {where})") from None
        combinations.append(Combination(words=words, key=where))
        stopped = each[-1] is None
        if stopped:
            break
        rows.append((words, _summed([facts for facts in each if facts is not None])))
    if exam is None or chip is None:
        raise InputError(f"no setting fits the chip: {combinations[0].reason}")
    combinations += [Combination(words=dict(zip(vary, map(str, v), strict=True))) for v in every[len(combinations) :]]
    axes = axes_of(vary, combinations)
    sums = [(each.words, {"does_not_fit": each.reason}) for each in combinations if each.reason] + rows
    order = {tuple(each.words.values()): k for k, each in enumerate(combinations)}
    found = Swept(
        problem=f"{exam.asked.data.name} trained",
        chip=chip,
        axes=axes,
        quantities=tuple(exam.quantities),
        rows=[
            {"words": words, "at": {axis.key: axis.at(words[axis.key]) for axis in axes}} | numbers
            for words, numbers in sorted(sums, key=lambda pair: order[tuple(pair[0].values())])
        ],
        rules=[],
        limits=within,
        facts={"seeds": list(seeds), "steps": exam.asked.course.steps, "beta": None, "target": None},
        interrupted=stopped,
    )
    found.rules.extend(rules_of(found))
    return found


def _trained(
    asked: Planned, exam: Exam, seed: int, host: Host, words: str, done: tuple[int, int]
) -> dict[str, Any] | None:
    """The row of one training. done : (trainings before it, trainings in all)"""
    before, of = done
    plan = asked.plan

    def make() -> dict[str, Any] | None:
        made = host.train(asked, words, (before / of, (before + 1) / of))
        if made is None:
            return None
        worth = exam.of(made.model, plan["machine"]["die_seed"], threads=host.threads)
        last = made.history[-1]
        return worth.facts | {"seed": seed} | {key: last[key] for key in _LEARNT}

    numbers = (*exam.quantities, *_LEARNT)
    return host.kept(identity(asked, asked.model, "trained", exam.shown.tolist()), seed, make, numbers)


def _summed(each: list[dict[str, Any]]) -> dict[str, Any]:
    """The numbers of one setting, from those of its trainings."""
    found: dict[str, Any] = {"max_j": float(np.mean([one["max_j"] for one in each])), "each": each}
    found["device_time_s"] = float(np.mean([one["device_s"] for one in each]))
    for name, most in (("kl", np.inf), ("right", 1.0)):
        values = np.array([one[name] for one in each if one[name] is not None])
        if len(values) < len(each):
            continue
        mean = float(values.mean())
        found[name] = mean
        found[f"{name}_is_bound"] = name == "kl" and any(one["kl_is_bound"] for one in each)
        if len(values) > 1:
            half = student_quantile(0.975, len(values) - 1) * float(values.std(ddof=1)) / len(values) ** 0.5
            found[f"{name}_ci"] = [max(0.0, mean - half), min(most, mean + half)]
    return found


# to other dies ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A model that moved to other dies. home : worth on the die of its training;  rows : a dict for each die and way:
    die_seed, way, and the fields of a Worth;  ways, quantities : in order"""

    home: dict[str, Any]
    rows: list[dict[str, Any]]
    ways: tuple[str, ...]
    quantities: tuple[str, ...]
    interrupted: bool = False


def ways_of(retrain: Mapping[str, int]) -> dict[str, tuple[str, int] | None]:
    """(what is trained again on a die, steps) by name, None for nothing, of {"biases" or "all": steps}. Raises
    InputError."""
    ways: dict[str, tuple[str, int] | None] = {LOADED: None}
    for what, steps in retrain.items():
        if what not in TRAINS:
            raise InputError(f"retrain takes {' or '.join(TRAINS)} with a number of steps, got {what!r}")
        count = whole(steps, name=f"retrain {what}", least=1)
        ways[f"{'biases' if what == 'biases' else 'all numbers'} trained again"] = (what, count)
    return ways


def moved(
    asked: Planned,
    model: Model,
    dies: Sequence[int],
    ways: Mapping[str, tuple[str, int] | None],
    exam: Exam,
    host: Host,
) -> Moved:
    """``model``, trained as ``asked`` on its die, on each of ``dies``: as it is, and trained there again.

    ways : of `ways_of`;  exam : of ``asked``. Raises InputError.
    """
    home_die = asked.plan["machine"]["die_seed"]
    every = [(home_die, LOADED), *((die, way) for die in dies for way in ways)]
    rows: list[dict[str, Any]] = []
    for number, (die, way) in enumerate(every):
        share = number / len(every), (number + 1) / len(every)
        host.tell(share[0], f"die {die}, {way}")
        found = _on_die(asked, model, die, ways[way], exam, host, share)
        if found is None:
            break
        rows.append({"die_seed": die, "way": way} | found)
    if not rows:
        return Moved(home={}, rows=[], ways=tuple(ways), quantities=tuple(exam.quantities), interrupted=True)
    return Moved(
        home=rows[0],
        rows=rows[1:],
        ways=tuple(ways),
        quantities=tuple(exam.quantities),
        interrupted=len(rows) < len(every),
    )


def _on_die(
    asked: Planned,
    model: Model,
    die: int,
    again: tuple[str, int] | None,
    exam: Exam,
    host: Host,
    share: tuple[float, float],
) -> dict[str, Any] | None:
    """The numbers of ``model`` on ``die``, after a training of what ``again`` says, for so many steps."""

    def make() -> dict[str, Any] | None:
        there, device_s = model, 0.0
        if again is not None:
            what, steps = again
            updates = replace(asked.course.updates, trains=what)
            done = host.train(
                asked,
                f"die {die}, {what}",
                share,
                model=model,
                course=replace(asked.course, steps=steps, judgements=1, updates=updates),
                die_seed=die,
                seed=stream_key(asked.plan["seed"], "another die", die) >> 1,
            )
            if done is None:
                return None
            there, device_s = done.model, done.history[-1]["device_s"]
        return exam.of(there, die, threads=host.threads).facts | {"device_s": device_s}

    key = identity(asked, model, "moved", again, exam.shown.tolist())
    return host.kept(key, die, make, (*exam.quantities, "device_s"))
