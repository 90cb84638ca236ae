"""Worth: what a model is worth on a die of a chip as it is, by its divergence and by the answers that are right.

Enters: what a plan describes, a Model, a die. Leaves: a Worth, from states that the emulated die gives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.display import Facts, Shown
from hwsim.errors import InputError
from hwsim.learn.answers import classify, complete
from hwsim.learn.exact import MAX_VISIBLE
from hwsim.learn.machine import LearningMachine
from hwsim.learn.measured import measured_divergence
from hwsim.learn.model import Model
from hwsim.learn.plan import Planned
from hwsim.streams import stream_key

CHAINS, SCHEDULES = 1024, 16
"""Chains whose states are counted, and realisations of the clock that they share."""


@dataclass(frozen=True, kw_only=True)
class Worth(Shown):
    """What a model is worth on a die.

    kl, kl_error : divergence of the die's law from that of the data and its standard error, nats, as measured; None
    where there are too many seen units;  kl_is_bound : whether a row never came, so that ``kl`` is a lower bound
    right : share of the answers that are right, None where nothing is asked
    """

    kl: float | None
    kl_error: float | None
    kl_is_bound: bool
    right: float | None

    @property
    def facts(self) -> dict[str, Any]:
        """Plain numbers by name, for JSON."""
        return dict(vars(self))

    def _shown(self) -> tuple[str, Facts]:
        return "Worth of a model on a die", [
            ("KL", None if self.kl is None else f"{'> ' if self.kl_is_bound else ''}{self.kl:.4g} nats"),
            ("right", None if self.right is None else f"{self.right:.1%}"),
        ]


class Exam:
    """What models of one plan are asked: how their law lies to that of the data, up to 20 seen units; and the class of
    each row that the plan holds back (of each row where it holds none back), or the bits that are not shown."""

    def __init__(self, asked: Planned, shown: Sequence[str] = ()) -> None:
        """shown : names of visible units that are held, while the others are asked. Raises InputError."""
        self.asked, model = asked, asked.model
        names = list(model.names[: model.n_visible])
        unknown = [name for name in shown if name not in names]
        if unknown:
            raise InputError(f"{model.name} has no column {unknown[0]!r} to show; it has {', '.join(names[:20])}")
        if shown and len(set(shown)) == len(names):
            raise InputError("all columns are shown, and nothing is left to ask")
        self.shown = np.array([name in shown for name in names])
        self.has_kl = model.n_seen <= MAX_VISIBLE
        self.has_answers = bool(len(shown)) or (model.n_label > 0 and model.code is not None)
        if not (self.has_kl or self.has_answers):
            raise InputError(
                f"{model.name} has {model.n_seen} visible units and no labels: with more than {MAX_VISIBLE} say which "
                "columns are shown, so that the others can be asked"
            )

    @property
    def quantities(self) -> list[str]:
        """Names of what is known of each model: kl, right, or both."""
        return [name for name, has in (("kl", self.has_kl), ("right", self.has_answers)) if has]

    def of(self, model: Model, die_seed: int, *, threads: int | None = None) -> Worth:
        """What ``model`` is worth on die ``die_seed`` of the plan's chip."""
        machine = self._machine(model, die_seed, threads)
        kl, error, is_bound = None, None, False
        if self.has_kl:
            asked = self.asked
            found = measured_divergence(machine, asked.rows, weights=asked.data.weights, chains=CHAINS)
            kl, is_bound = found.value, bool(found.unseen)
            error = None if is_bound else found.error
        return Worth(kl=kl, kl_error=error, kl_is_bound=is_bound, right=self._right(machine))

    def _machine(self, model: Model, die_seed: int, threads: int | None) -> LearningMachine:
        plan = self.asked.plan
        return LearningMachine(
            model,
            self.asked.chip,
            die_seed=die_seed,
            parts=self.asked.keywords["parts"],
            exchange_s=self.asked.keywords["exchange_s"],
            seed=stream_key(plan["seed"], "exam", die_seed) >> 1,
            schedules=SCHEDULES,
            engine=plan["engine"],
            threads=threads,
        )

    def _right(self, machine: LearningMachine) -> float | None:
        """The share of answers that are right."""
        if not self.has_answers:
            return None
        data = self.asked.data if self.asked.test is None else self.asked.test
        if not self.shown.any():
            found = classify(machine, data).accuracy
            return None if found is None else found.share
        hidden, times = ~self.shown, -(-CHAINS // len(data))
        rows = np.tile(data.bits, (times, 1))
        means = complete(machine, rows, self.shown)[:, hidden]
        right = ((1 + means * rows[:, hidden]) / 2).reshape(times, len(data), -1).mean(axis=(0, 2))
        return float(np.average(right, weights=data.weights))
